//! Both bridges to stateright: its searches over our models agree with ours, and its models get
//! verdicts that its own checkers cannot give.

mod commands; // `--engine stateright` and `squall explore`
mod leases; // a protocol written for stateright, and what both say of it
mod oracle; // our models searched by stateright
mod rust_models; // what a Rust model can say of its actions, and what follows

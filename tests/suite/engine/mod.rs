//! Exploration and verdicts against textbook searches, on random small worlds and some large ones.
//!
//! The seed is printed on failure and is taken from `SQUALL_SEED` if that is set.

mod exploring;
mod rates;
mod recoveries;
mod storms;
mod temporal;
mod textbook;
mod totals;
pub mod worlds;

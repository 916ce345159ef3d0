//! Exploration and verdicts against textbook searches, on random small worlds and some large ones.
//!
//! The seed is printed on failure and is taken from `SQUALL_SEED` if that is set.

mod exploring;
pub mod heights;
mod peeling;
mod quotients;
pub mod rates;
pub mod recoveries;
mod renamed;
pub mod slopes;
mod storms;
pub mod tableau;
pub mod temporal;
pub mod textbook;
mod totals;
pub mod worlds;

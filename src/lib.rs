//! squall: a model checker for cascading failures.

pub mod base;
pub mod explore;
pub mod syntax;
pub mod system;
pub mod trace;
pub mod verdict;

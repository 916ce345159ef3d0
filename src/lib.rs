//! squall: a model checker for cascading failures.

pub mod base;
pub mod model;
pub mod syntax;
pub mod system;
pub mod trace;

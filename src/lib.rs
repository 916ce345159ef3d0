//! squall: a model checker for cascading failures.

pub mod base;
pub mod compile;
pub mod model;
pub mod syntax;
pub mod system;

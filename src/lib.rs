//! squall: a model checker for cascading failures.

pub mod base;
pub mod syntax;

pub mod model;

pub mod system;

pub mod explore;

pub mod trace;

pub mod verdict;

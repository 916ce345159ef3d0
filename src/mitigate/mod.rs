//! What would have helped: the same claims about other configurations of one model.

pub mod sweep;

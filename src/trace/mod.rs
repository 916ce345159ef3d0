//! Behaviours: a start, the actions taken from there, and where they repeat if they do.

pub mod aim;
pub mod explain;
pub mod rebuild;
pub mod replay;
pub mod shorten;
pub mod word;

use crate::system::{ActionId, Word};

/// A behaviour, as small as it can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The packed initial state.
    pub start: Vec<Word>,
    /// The action of each step.
    pub actions: Vec<ActionId>,
    /// If it repeats, the first step of the cycle: the state after the last step is the one before it.
    pub repeats_from: Option<u32>,
}

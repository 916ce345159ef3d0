//! What is known of a system's actions without looking at a state: their roles and their fairness.

use super::ActionId;
use crate::base::IdVec;

/// Static facts, by action and by fairness obligation.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Every action instance; number 0 is the tick.
    pub actions: IdVec<ActionId, ActionFacts>,
    /// Every fairness obligation.
    pub fairness: IdVec<FairnessId, Fairness>,
    /// How many meters there are, the tick's included.
    pub meter_count: usize,
}

/// What is known of one action instance.
#[derive(Clone, Debug)]
pub struct ActionFacts {
    /// What kind of step it is.
    pub role: Role,
    /// The fairness obligations that it enables, and discharges when taken; ascending.
    pub obligations: Vec<FairnessId>,
}

/// The kinds of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A unit of time.
    Tick,
    /// An `action`: time does not pass while one is enabled.
    Urgent,
    /// An `eventually action`.
    Eventually,
    /// A `may action`.
    May,
    /// A `fault`.
    Fault,
    /// An `operator action`.
    Operator,
}

crate::id!(
    /// A fairness obligation: something that must not be put off forever.
    FairnessId
);

/// One fairness obligation. It is enabled where one of its actions is, and discharged by taking one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fairness {
    /// How strong it is.
    pub strength: Strength,
}

/// How strong a fairness obligation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// What is enabled from some point on is taken again and again.
    Weak,
    /// What is enabled again and again is taken again and again.
    Strong,
}

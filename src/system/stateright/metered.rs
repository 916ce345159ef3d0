//! What a `stateright::Model` has to say beside its steps, to be asked for storms.

use std::fmt::Debug;
use std::hash::Hash;

use stateright::Model;

use crate::system::{Role, Strength};

/// A `stateright::Model` that says what its actions are: what is counted, what is a fault, what must
/// not be put off for ever, and when the trigger is over.
///
/// Every method has a default, so a model can begin with `impl Metered for MyModel {}` and
/// [`count`](Self::count).
pub trait Metered:
    Model<State: Eq + Hash + Send + Sync, Action: Clone + Eq + Hash + Debug + Send + Sync> + Sync
{
    /// What an action is; asked of the action alone, so it is the same in every state.
    fn kind(&self, _action: &Self::Action) -> Kind {
        Kind::may()
    }

    /// How much one step counts.
    fn count(&self, _before: &Self::State, _action: &Self::Action, _after: &Self::State) -> u64 {
        0
    }

    /// Whether the trigger is over and the environment is well again. A storm counts in calm states.
    fn is_calm(&self, _state: &Self::State) -> bool {
        true
    }

    /// Whether the system is well. A storm from which nothing healthy can be reached without a
    /// further fault is a trap. `None`, always, if the model does not say what that means.
    fn is_healthy(&self, _state: &Self::State) -> Option<bool> {
        None
    }
}

/// What kind of step an action is, and what taking it discharges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    pub(super) role: Role,
    /// None for what follows from the role.
    owed: Option<Vec<Owed>>,
}

/// Something that must not be put off for ever: enabled where one of its actions is, and discharged
/// by taking one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Actions with the same name share it.
    pub name: String,
    /// How strong it is.
    pub strength: Strength,
}

impl Kind {
    /// A unit of time: it does not pass while something urgent is enabled. A state has one at most.
    pub fn tick() -> Kind {
        Kind { role: Role::Tick, owed: None }
    }
    /// It takes no time, and is owed: weakly, and on its own.
    pub fn urgent() -> Kind {
        Kind { role: Role::Urgent, owed: None }
    }
    /// It happens at a moment nobody controls, and is owed: weakly, and on its own.
    pub fn eventually() -> Kind {
        Kind { role: Role::Eventually, owed: None }
    }
    /// It may happen or not.
    pub fn may() -> Kind {
        Kind { role: Role::May, owed: None }
    }
    /// It may happen or not, and is one of the bad things.
    pub fn fault() -> Kind {
        Kind { role: Role::Fault, owed: None }
    }
    /// What people could do: hidden from every claim.
    pub fn operator() -> Kind {
        Kind { role: Role::Operator, owed: None }
    }

    /// The same, owed together with the other actions of this name, in place of on its own: whatever
    /// is enabled from some point on is taken again and again.
    pub fn weakly(self, name: impl Into<String>) -> Kind {
        self.with(name.into(), Strength::Weak)
    }
    /// As [`weakly`](Self::weakly), but what is enabled again and again is taken again and again.
    pub fn strongly(self, name: impl Into<String>) -> Kind {
        self.with(name.into(), Strength::Strong)
    }

    fn with(mut self, name: String, strength: Strength) -> Kind {
        self.owed.get_or_insert_default().push(Owed { name, strength });
        self
    }

    /// What taking this action discharges; a tick discharges the tick's own obligation alone.
    pub fn owed(&self, action: &impl Debug) -> Vec<Owed> {
        let alone = || Owed { name: format!("{action:?}"), strength: Strength::Weak };
        match (&self.owed, self.role) {
            (_, Role::Tick) => Vec::new(),
            (Some(owed), _) => owed.clone(),
            (None, Role::Urgent | Role::Eventually) => vec![alone()],
            (None, _) => Vec::new(),
        }
    }
}

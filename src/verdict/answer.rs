//! The answer to one property: it holds, it fails, or nobody knows.
//!
//! The wrong thing cannot be written down: `Holds` over all behaviour needs the engine's proof that
//! everything was seen, and whatever is shown was walked in the reference meaning first.

use super::storm::Grade;
use crate::explore::{Exhausted, Unfinished};
use crate::system::stateright::Drained;
use crate::trace::replay::Replayed;

/// The answer to one property.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It holds.
    Holds {
        /// Why that is known.
        ground: Ground,
        /// The most that was found, where the claim has a worst value.
        worst: Option<Worst>,
        /// A trace that shows it: a state that is possible, or where the worst is reached.
        witness: Option<Replayed>,
    },
    /// It fails.
    Fails {
        /// What shows it.
        evidence: Evidence,
        /// The most that was found, where the claim has a worst value.
        worst: Option<Worst>,
        /// What the storm is like, where it is one.
        storm: Option<Storm>,
    },
    /// Neither is known.
    Unknown(Reason),
}

impl Verdict {
    /// The trace that shows it, if there is one: of a failure, or of what is possible or worst.
    pub fn trace(&self) -> Option<&Replayed> {
        match self {
            Verdict::Holds { witness, .. } => witness.as_ref(),
            Verdict::Fails { evidence: Evidence::Trace(trace), .. } => Some(trace),
            Verdict::Fails { .. } | Verdict::Unknown(_) => None,
        }
    }

    /// Has another trace show it, if one does.
    pub fn show(&mut self, trace: Replayed) {
        match self {
            Verdict::Holds { witness: Some(shown), .. }
            | Verdict::Fails { evidence: Evidence::Trace(shown), .. } => *shown = trace,
            Verdict::Holds { .. } | Verdict::Fails { .. } | Verdict::Unknown(_) => {}
        }
    }
}

/// Why a claim is known to hold.
#[derive(Clone, Debug)]
pub enum Ground {
    /// All of the reachable graph was seen, and nothing speaks against it.
    Everything(Exhausted),
    /// A search of stateright saw nothing that speaks against it, up to states with one fingerprint.
    Fingerprints(Drained),
    /// One state is enough, and it is shown.
    Witness,
}

/// What shows that a claim fails.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// A behaviour.
    Trace(Replayed),
    /// That nothing of the kind exists in all of the reachable graph.
    Everything(Exhausted),
    /// That a search of stateright saw nothing of the kind, up to states with one fingerprint.
    Fingerprints(Drained),
}

/// The most that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worst {
    /// Exactly this.
    Exactly(i64),
    /// This at least: not everything was seen.
    AtLeast(i64),
    /// Exactly this fraction, in lowest terms; if not attained, it is only approached.
    Ratio {
        /// Its numerator.
        numerator: i64,
        /// Its denominator, positive.
        denominator: i64,
        /// Whether an execution has it, or only ones that come ever closer.
        is_attained: bool,
    },
    /// This fraction at least, in lowest terms: not everything was seen.
    RatioAtLeast {
        /// Its numerator.
        numerator: i64,
        /// Its denominator, positive.
        denominator: i64,
    },
    /// Infinitely many in no time.
    NoTick,
    /// There is no most.
    Unbounded,
}

/// What a storm is like. Where not everything was seen, it may be worse, and need fewer faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storm {
    /// How much one turn of the loop counts.
    pub count_per_turn: u64,
    /// How many ticks one turn takes; 0 if it takes no time.
    pub ticks_per_turn: u64,
    /// The faults on the way into the loop that is shown.
    pub faults: u32,
    /// The fewest faults that lead into any storm.
    pub fewest_faults: u32,
    /// How bad it is.
    pub grade: Grade,
}

/// Why nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The exploration was cut short.
    Unfinished(Unfinished),
    /// The graph was complete, but the question about it was interrupted.
    Interrupted,
    /// The model breaks its own rules somewhere, so that no statement about all of it is worth much.
    ModelBreaches,
    /// The assumptions leave no start: there is nothing to judge.
    NoStart,
    /// The automaton of a temporal formula would be too large.
    FormulaTooLarge,
    /// This kind of claim cannot be decided.
    NotSupported,
    /// The engine that was asked for cannot decide this kind of claim.
    NotByStateright,
    /// Steps lead out of the boundary that a Rust model draws, and what comes there was not seen.
    Boundary,
}

//! Exploration to findings: what is true of the states and executions that a graph holds.
//!
//! Every analysis here is a function of a system and a graph, returns plain data with traces that
//! nobody has replayed yet, and asks an observer now and then whether to go on. What one finds in an
//! unfinished graph is so; what one does not find there means nothing, and only a caller who holds an
//! [`Exhausted`] may say that it does not exist.
//!
//! [`Exhausted`]: crate::explore::Exhausted

pub mod answer;
pub mod bound;
pub mod by_stateright;
pub mod calm;
pub mod certificate;
mod chase;
pub mod components;
mod cycle_ratio;
#[cfg(test)]
mod drawn;
pub mod fairness;
mod families;
pub mod judge;
mod lasso;
mod lift;
pub mod net;
mod order;
pub mod persistence;
pub mod possible;
pub mod rate;
pub mod reach;
pub mod recovery;
pub mod regions;
pub mod rescue;
mod round;
pub mod safety;
pub mod sanity;
pub mod stopped_time;
pub mod storm;
pub mod temporal;
mod threads;
pub mod twists;
mod way_in;
mod window;

pub use answer::{Evidence, Ground, Reason, Storm, Verdict, Worst};
pub use by_stateright::SecondOpinion;
pub use judge::{Answer, BreachFinding, Judge, Judgement, Note, StoppedFinding};
pub use sanity::{Oddity, Sanity};

use crate::system::{Breach, FigureId};
use crate::trace::Trace;

/// The first state in which a figure cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureBreach {
    /// A shortest trace to the state.
    pub trace: Trace,
    /// The figure.
    pub figure: FigureId,
    /// The rule that reading it breaks.
    pub breach: Breach,
}

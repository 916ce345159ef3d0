//! Claims decided on one state for all that differ in the names of instances only.
//!
//! No claim can tell instances apart, so what one state is, what a step counts and where it leads is the
//! same of all that a renaming turns into each other. That is all that most of judging asks: what can be
//! reached and how soon, which ways and cycles count how much. The exception is fairness, which is owed to
//! each instance; there who is who is tracked, see `verdict/threads.rs`. Should a state have more than one
//! representative, which happens where very many orders tie, no verdict changes by it, but a trace
//! may have more faults than it needs.
//!
//! What is found there is a trace of representatives; it is unfolded into one of the model before the
//! plain meaning walks it. Where a step breaches or time stops, the order of instances could decide
//! which place in the text is named first, so then all is explored as it is. Certificates are about all
//! states, and so are never made here.

use super::PartOfAnswers;
use super::job::Job;
use crate::compile::Symmetry;
use crate::explore::Observer;
use crate::system::{Quotient, System};

/// The answers, if renaming is sound for all of these properties and nothing but they is to be told.
pub(super) fn part(
    job: &Job<'_>,
    (system, symmetry): (&dyn System, &Symmetry),
    observer: &mut dyn Observer,
) -> Option<PartOfAnswers> {
    let quotient = Quotient::new(system, symmetry);
    job.tell_unless_order_shows(&quotient, Some(&quotient), observer)
}

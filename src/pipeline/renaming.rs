//! Claims about single states, decided on one state for all that differ in the names of instances only.
//!
//! What is found there is a trace of representatives; it is unfolded into one of the model before the
//! plain meaning walks it. Where a step breaches or time stops, the order of instances could decide
//! which place in the text is named first, so then all is explored as it is.

use itertools::Itertools;

use super::{
    Engine, Operators, PartOfAnswers, Request, Summary, Work, is_about_states, note_vacuous, plan,
    with_judge_of,
};
use crate::compile::Symmetry;
use crate::explore::Observer;
use crate::model::PropertyId;
use crate::system::{Quotient, System};
use crate::trace::Trace;
use crate::verdict::{Judge, Sanity};

/// The answers, if renaming is sound for all of these properties and nothing but they is to be told.
pub(super) fn part(
    work: &Work<'_>,
    (system, symmetry): (&dyn System, &Symmetry),
    properties: &[PropertyId],
    operators: Operators,
    request: &Request,
    observer: &mut dyn Observer,
) -> Option<PartOfAnswers> {
    let model = &work.prepared.model;
    let claims = properties.iter().map(|&id| &model.properties[id].claim).collect_vec();
    if !claims.iter().all(|claim| is_about_states(claim)) {
        return None;
    }
    let quotient = Quotient::new(system, symmetry);
    let plan = plan(work.prepared, properties, request);
    let exploration = work.prepared.explore(&quotient, &plan, observer);
    let unfold = |trace: &Trace| {
        let unfolded = quotient.unfold(&trace.start, &trace.actions);
        let (start, actions) = unfolded.expect("every step of a representative has its like");
        Trace { start, actions, repeats_from: None }
    };
    if exploration.breach_count > 0 {
        return None;
    }
    let mut judgement = with_judge_of(work, |judge| {
        let judge = Judge { unfold: Some(&unfold), ..*judge };
        judge.judge(&quotient, &exploration, &claims, observer)
    });
    if !judgement.breaches.is_empty() || judgement.stopped.is_some() {
        return None;
    }
    for (&property, answer) in properties.iter().zip(&mut judgement.answers) {
        let premise = model.properties[property].premise;
        note_vacuous(&quotient, &exploration, premise, answer, observer);
    }
    let sanity = work.sanity(&exploration).map(Sanity::up_to_renaming);
    Some(PartOfAnswers {
        properties: properties.to_vec(),
        operators,
        engine: Engine::of(&exploration),
        summary: Summary::of(&exploration),
        unread: work.unread(),
        ordered: Vec::new(),
        renamed: symmetry.machines().map(|(machine, _)| machine).collect(),
        judgement,
        sanity,
    })
}

//! Claims about single states, decided with urgent steps taken in one order where none can tell which.
//!
//! Where a step breaches, a figure cannot be read or time stops, the order could decide what is told of it,
//! so then all orders are explored; unless a limit cut the one before that was seen.
//!
//! In one order it may take more steps to get somewhere. So wherever a trace is to be shown, all orders are
//! explored as deep as that trace is long, and a shortest one is found. A limit on depth would cut off other
//! states in one order than in all: then nothing is done in one order.

use std::collections::BTreeSet;

use itertools::Itertools;

use super::job::Job;
use super::{PartOfAnswers, Request, question, with_judge_of};
use crate::compile::confluent;
use crate::explore::{Limits, Observer};
use crate::model::{ActionDefinitionId, Claim};
use crate::system::{Ordered, Quotient, System};
use crate::verdict::{Answer, Judge, Note, Verdict, Worst};

/// The answers, if there is an order to choose for these properties, and nothing but they is to be told.
pub(super) fn part(
    job: &Job<'_>,
    system: &dyn System,
    observer: &mut dyn Observer,
) -> Option<PartOfAnswers> {
    let work = job.work;
    if !work.prepared.is_ordered || job.request.limits.depth.is_some() {
        return None;
    }
    let model = &work.prepared.model;
    let explored_model = work.lean.map_or(model, |lean| &lean.model);
    let comes_first = confluent(explored_model, &question(model, job.properties, job.operators))?;
    let ordered = Ordered::new(system, &comes_first);
    // Up to renaming, a step stands for others; they are looked for among all.
    let all = work.symmetry.map(|symmetry| Quotient::new(system, symmetry));
    let quotient = work.symmetry.map(|symmetry| Quotient::new(&ordered, symmetry));
    let explored: &dyn System = match &quotient {
        Some(quotient) => quotient,
        None => &ordered,
    };
    let mut part = job.tell_unless_order_shows(explored, all.as_ref(), observer)?;
    show_shortest(job, (system, all.as_ref()), &mut part.judgement.answers, observer)?;
    let ordered = model.instances.iter().filter(|(id, _)| comes_first[*id]);
    let ordered: BTreeSet<ActionDefinitionId> = ordered.map(|(_, it)| it.action).collect();
    Some(PartOfAnswers { ordered: ordered.into_iter().collect(), ..part })
}

/// Has shortest traces shown; none if all orders show what one does not, a breach.
fn show_shortest(
    job: &Job<'_>,
    (system, quotient): (&dyn System, Option<&Quotient<'_>>),
    answers: &mut [Answer],
    observer: &mut dyn Observer,
) -> Option<()> {
    let mut shown = Vec::new();
    for (&property, answer) in job.properties.iter().zip(answers) {
        let Some(length) = answer.verdict.trace().map(|trace| trace.steps().len()) else {
            continue;
        };
        match is_cut_short(&answer.verdict) {
            true => answer.notes.push(Note::PerhapsLonger),
            false => shown.push((length, property, answer)),
        }
    }
    let Some(longest) = shown.iter().map(|(length, ..)| *length).max() else { return Some(()) };
    let model = &job.work.prepared.model;
    let claims = shown.iter().map(|(_, property, answer)| {
        asked_again(&model.properties[*property].claim, &answer.verdict)
    });
    let claims = claims.collect_vec();
    let properties = shown.iter().map(|(_, property, _)| *property).collect_vec();
    let limits = Limits { depth: Some(longest as u64), ..job.request.limits.clone() };
    let request = Request { limits, ..job.request.clone() };
    let explored = quotient.map_or(system, |quotient| quotient);
    let again = Job { properties: &properties, request: &request, ..*job };
    let exploration = again.explore(explored, observer);
    let again = with_judge_of(job.work, |judge| {
        let judge = Judge { quotient, ..*judge };
        judge.judge(explored, &exploration, &claims.iter().collect_vec(), observer)
    });
    if !again.breaches.is_empty() {
        return None;
    }
    for ((length, _, answer), again) in shown.iter_mut().zip(&again.answers) {
        match again.verdict.trace().filter(|trace| trace.steps().len() <= *length) {
            Some(trace) => answer.verdict.show(trace.clone()),
            None => answer.notes.push(Note::PerhapsLonger),
        }
    }
    Some(())
}

/// Whether something worse may come: then another search may show that, and nothing is said of it here.
fn is_cut_short(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Fails { worst: Some(Worst::AtLeast(_)), .. })
}

/// The claim, put so that what shows its verdict can be found without seeing everything.
fn asked_again(claim: &Claim, verdict: &Verdict) -> Claim {
    match (claim, verdict) {
        // What a peak that is kept to is, is shown where it would break a lower one.
        (
            Claim::Peak(figure, _),
            Verdict::Holds { worst: Some(Worst::Exactly(worst)), .. }
            | Verdict::Fails { worst: Some(Worst::Exactly(worst)), .. },
        ) if *worst > i64::MIN => Claim::Peak(*figure, worst - 1),
        _ => claim.clone(),
    }
}

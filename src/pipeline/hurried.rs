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

use super::lean::question;
use super::{
    Engine, Operators, PartOfAnswers, Request, Summary, Work, note_vacuous, plan, with_judge_of,
};
use crate::compile::confluent;
use crate::explore::{Limits, Observer};
use crate::model::{ActionDefinitionId, Claim, PropertyId};
use crate::system::{Hurried, Quotient, System};
use crate::verdict::{Answer, Judge, Note, Sanity, Verdict, Worst};

/// The answers, if there is an order to choose for these properties, and nothing but they is to be told.
pub(super) fn part(
    work: &Work<'_>,
    system: &dyn System,
    properties: &[PropertyId],
    operators: Operators,
    request: &Request,
    observer: &mut dyn Observer,
) -> Option<PartOfAnswers> {
    if !work.prepared.is_hurried || request.limits.depth.is_some() {
        return None;
    }
    let model = &work.prepared.model;
    let explored_model = work.lean.map_or(model, |lean| &lean.model);
    let comes_first = confluent(explored_model, &question(model, properties, operators))?;
    let claims = properties.iter().map(|&id| &model.properties[id].claim).collect_vec();
    let hurried = Hurried::new(system, &comes_first);
    // Up to renaming, a step stands for others; they are looked for among all.
    let all = work.symmetry.map(|symmetry| Quotient::new(system, symmetry));
    let quotient = work.symmetry.map(|symmetry| Quotient::new(&hurried, symmetry));
    let explored: &dyn System = match &quotient {
        Some(quotient) => quotient,
        None => &hurried,
    };
    let plan = plan(work.prepared, properties, request);
    let exploration = work.prepared.explore(explored, &plan, observer);
    if exploration.breach_count > 0 {
        return None;
    }
    let mut judgement = with_judge_of(work, |judge| {
        let judge = Judge { quotient: all.as_ref(), ..*judge };
        judge.judge(explored, &exploration, &claims, observer)
    });
    if !judgement.breaches.is_empty() || judgement.stopped.is_some() {
        return None;
    }
    for (&property, answer) in properties.iter().zip(&mut judgement.answers) {
        let premise = model.properties[property].premise;
        note_vacuous(explored, &exploration, premise, answer, observer);
    }
    let sanity = work.sanity(&exploration);
    let sanity = match work.symmetry {
        Some(_) => sanity.map(Sanity::up_to_renaming),
        None => sanity,
    };
    let (engine, summary) = (Engine::of(&exploration), Summary::of(&exploration));
    drop(exploration);
    let all_orders = (system, all.as_ref());
    show_shortest(work, all_orders, (properties, &mut judgement.answers), request, observer)?;
    let ordered = model.instances.iter().filter(|(id, _)| comes_first[*id]);
    let ordered: BTreeSet<ActionDefinitionId> = ordered.map(|(_, it)| it.action).collect();
    let machines = work.symmetry.iter().flat_map(|symmetry| symmetry.machines());
    Some(PartOfAnswers {
        properties: properties.to_vec(),
        operators,
        engine,
        summary,
        renamed: machines.map(|(machine, _)| machine).collect(),
        unread: work.unread(),
        ordered: ordered.into_iter().collect(),
        judgement,
        sanity,
    })
}

/// Has shortest traces shown; none if all orders show what one does not, a breach.
fn show_shortest(
    work: &Work<'_>,
    (system, quotient): (&dyn System, Option<&Quotient<'_>>),
    (properties, answers): (&[PropertyId], &mut [Answer]),
    request: &Request,
    observer: &mut dyn Observer,
) -> Option<()> {
    let with_length = |(property, answer): (PropertyId, _)| {
        let answer: &mut Answer = answer;
        let length = answer.verdict.trace()?.steps().len();
        Some((length, property, answer))
    };
    let mut shown = properties.iter().copied().zip(answers).filter_map(with_length).collect_vec();
    let Some(longest) = shown.iter().map(|(length, ..)| *length).max() else { return Some(()) };
    let model = &work.prepared.model;
    let claims = shown.iter().map(|(_, property, answer)| {
        asked_again(&model.properties[*property].claim, &answer.verdict)
    });
    let claims = claims.collect_vec();
    let properties = shown.iter().map(|(_, property, _)| *property).collect_vec();
    let limits = Limits { depth: Some(longest as u64), ..request.limits.clone() };
    let plan = plan(work.prepared, &properties, &Request { limits, ..request.clone() });
    let explored = quotient.map_or(system, |quotient| quotient);
    let exploration = work.prepared.explore(explored, &plan, observer);
    let again = with_judge_of(work, |judge| {
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

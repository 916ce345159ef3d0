//! Claims about single states, decided with urgent steps taken in one order where none can tell which.
//!
//! Where a step breaches, a figure cannot be read or time stops, the order could decide what is told of it,
//! so then all orders are explored.

use std::collections::BTreeSet;

use itertools::Itertools;

use super::lean::question;
use super::{
    Engine, Operators, PartOfAnswers, Request, Summary, Work, note_vacuous, plan, with_judge_of,
};
use crate::compile::confluent;
use crate::explore::Observer;
use crate::model::{ActionDefinitionId, PropertyId};
use crate::system::{Hurried, Quotient, System};
use crate::verdict::{Judge, Sanity};

/// The answers, if there is an order to choose for these properties, and nothing but they is to be told.
pub(super) fn part(
    work: &Work<'_>,
    system: &dyn System,
    properties: &[PropertyId],
    operators: Operators,
    request: &Request,
    observer: &mut dyn Observer,
) -> Option<PartOfAnswers> {
    if !work.prepared.is_hurried {
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
    let ordered = model.instances.iter().filter(|(id, _)| comes_first[*id]);
    let ordered: BTreeSet<ActionDefinitionId> = ordered.map(|(_, it)| it.action).collect();
    let machines = work.symmetry.iter().flat_map(|symmetry| symmetry.machines());
    Some(PartOfAnswers {
        properties: properties.to_vec(),
        operators,
        engine: Engine::of(&exploration),
        summary: Summary::of(&exploration),
        renamed: machines.map(|(machine, _)| machine).collect(),
        unread: work.unread(),
        ordered: ordered.into_iter().collect(),
        judgement,
        sanity,
    })
}

//! The same question for stateright: claims about single states, judged by its own search.

use std::sync::Arc;

use itertools::Itertools;

use super::{Answers, Engine, Operators, PartOfAnswers, Prepared, Summary, with_judge};
use crate::compile::{Compiled, compile};
use crate::explore::Observer;
use crate::model::{Claim, PropertyId};
use crate::system::Restricted;
use crate::verdict::{Answer, Evidence, Note, SecondOpinion, Verdict};

/// Has stateright search the model breadth first, in one thread and without limits; the observer may
/// end it. Claims that it cannot decide are unknown.
pub fn run_in_stateright(
    prepared: &Prepared,
    properties: &[PropertyId],
    observer: &mut dyn Observer,
) -> Answers {
    // The threads of stateright outlive what they borrow, so they get a system of their own.
    let system = Arc::new(compile(&prepared.model));
    let with_operators = |id: &PropertyId| prepared.model.properties[*id].with_operators;
    let (with, without): (Vec<_>, Vec<_>) = properties.iter().copied().partition(with_operators);
    let mut parts = Vec::new();
    if !without.is_empty() || with.is_empty() {
        parts.push(part(prepared, &system, without, Operators::Absent, observer));
    }
    if !with.is_empty() {
        parts.push(part(prepared, &system, with, Operators::Present, observer));
    }
    Answers { parts }
}

fn part(
    prepared: &Prepared,
    system: &Arc<Compiled>,
    properties: Vec<PropertyId>,
    operators: Operators,
    observer: &mut dyn Observer,
) -> PartOfAnswers {
    let declared = properties.iter().map(|&id| &prepared.model.properties[id]).collect_vec();
    // A claim holds for nothing where what it is about is not possible: that is asked beside it.
    let premises = declared.iter().filter_map(|one| one.premise).map(Claim::Possible).collect_vec();
    let claims = declared.iter().map(|one| &one.claim).chain(&premises).collect_vec();
    let mut opinion = with_judge(prepared, |judge| {
        let system = Arc::clone(system);
        match operators {
            Operators::Absent => judge.ask_stateright(Restricted::new(system), &claims, observer),
            Operators::Present => judge.ask_stateright(system, &claims, observer),
        }
    });
    let answers = &mut opinion.judgement.answers;
    let mut of_premises = answers.split_off(properties.len()).into_iter();
    for (answer, property) in answers.iter_mut().zip(declared) {
        if property.premise.is_some() && of_premises.next().is_some_and(is_impossible) {
            note_vacuous(answer);
        }
    }
    let summary = Summary::from(&opinion);
    let (engine, judgement) = (Engine::Stateright, opinion.judgement);
    let (renamed, unread) = (Vec::new(), Vec::new());
    PartOfAnswers {
        properties,
        operators,
        engine,
        summary,
        renamed,
        unread,
        ordered: Vec::new(),
        judgement,
        sanity: None,
    }
}

fn is_impossible(premise: Answer) -> bool {
    matches!(premise.verdict, Verdict::Fails { evidence: Evidence::Fingerprints(_), .. })
}

fn note_vacuous(answer: &mut Answer) {
    if matches!(answer.verdict, Verdict::Holds { .. }) {
        answer.notes.push(Note::NoSuchStates);
    }
}

impl From<&SecondOpinion> for Summary {
    fn from(opinion: &SecondOpinion) -> Summary {
        Summary {
            start_count: opinion.start_count,
            state_count: opinion.state_count,
            step_count: opinion.step_count,
            tick_count: opinion.tick_count,
            depth: opinion.depth,
            cut: opinion.cut,
        }
    }
}

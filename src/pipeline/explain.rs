//! Explains a trace: what its ending needs, what keeps its loop going, and which mitigation alone would
//! have broken it where.

use itertools::Itertools;

use super::aftermath::Aftermath;
use super::fate::{Fate, fate};
use super::{Operators, Prepared, prepare};
use crate::base::Source;
use crate::model::{Claim, Interpreter, MitigationId, Model, PropertyId, Settings};
use crate::system::Breach;
use crate::trace::aim::{Aim, Subject};
use crate::trace::explain::{Explanation, explain as explain_trace};
use crate::trace::replay::Replayed;
use crate::trace::shorten::shorten;

/// A trace, and what it shows.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What it shows.
    pub topic: Topic,
    /// Whether operators could act where it was found.
    pub operators: Operators,
    /// The trace.
    pub trace: &'a Replayed,
}

/// What a trace shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// That a property fails.
    Property(PropertyId),
    /// That the model breaks this rule.
    Breach(Breach),
    /// That time stops.
    StoppedTime,
}

/// A trace explained.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The trace that is explained: without the steps that its ending does not need.
    pub trace: Replayed,
    /// How many steps were dropped.
    pub dropped_count: usize,
    /// What its ending depended on.
    pub explanation: Explanation,
    /// What each mitigation that is not applied, alone, makes of it.
    pub mitigations: Vec<(MitigationId, Fate)>,
}

impl<'a> Case<'a> {
    /// The trace of a property.
    pub fn of_property(model: &Model, property: PropertyId, trace: &'a Replayed) -> Case<'a> {
        let operators = match model.properties[property].with_operators {
            true => Operators::Present,
            false => Operators::Absent,
        };
        Case { topic: Topic::Property(property), operators, trace }
    }
}

impl Topic {
    /// The same in one configuration of the text.
    pub(super) fn subject(self, model: &Model) -> Subject<'_> {
        match self {
            Topic::Property(id) => Subject::Claim(&model.properties[id].claim),
            Topic::Breach(breach) => Subject::Breach(breach),
            Topic::StoppedTime => Subject::StoppedTime,
        }
    }
}

/// The trace without the steps that its ending does not need; none if it needs all.
pub fn shortened(prepared: &Prepared, case: &Case<'_>) -> Option<Replayed> {
    let model = &prepared.model;
    let meaning = Interpreter::new(model);
    let subject = case.topic.subject(model);
    let aim = Aim::of(&meaning, model, subject, case.trace);
    let aftermath = Aftermath::of(prepared, case.operators);
    let grade = |trace: &Replayed| match subject {
        Subject::Claim(Claim::Finite(meter, _) | Claim::Total { meter, .. })
            if trace.repeats_from().is_some() =>
        {
            let state = trace.states().last()?;
            aftermath.is_trap(state, *meter)
        }
        _ => None,
    };
    let wanted = grade(case.trace);
    shorten(&meaning, case.trace, &aim, &|shorter| grade(shorter) == wanted)
}

/// Explains a trace.
pub fn explain(
    prepared: &Prepared,
    sources: &[Source],
    settings: &Settings,
    case: &Case<'_>,
) -> Explained {
    let model = &prepared.model;
    let step_count = case.trace.steps().len();
    let shorter = shortened(prepared, case).unwrap_or_else(|| case.trace.clone());
    let meaning = Interpreter::new(model);
    let aim = Aim::of(&meaning, model, case.topic.subject(model), &shorter);
    let explanation = explain_trace(&meaning, model, &shorter, &aim);
    let case = Case { trace: &shorter, ..*case };
    let others = model.mitigations.iter_with_ids().filter(|(_, one)| !one.applied);
    let mitigations = others.map(|(id, one)| {
        let mut settings = settings.clone();
        settings.mitigations.push(one.name.clone());
        let fate = match prepare(sources, &settings) {
            Ok(mitigated) => fate(model, &mitigated, &case),
            Err(_) => Fate::Impossible,
        };
        (id, fate)
    });
    let mitigations = mitigations.collect_vec();
    let dropped_count = step_count - shorter.steps().len();
    Explained { trace: shorter, dropped_count, explanation, mitigations }
}

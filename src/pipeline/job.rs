//! One exploration, of a model or of what stands for it, and what it tells.

use std::ops::ControlFlow;

use itertools::Itertools;

use super::lean::Lean;
use super::{
    Engine, Operators, PartOfAnswers, Prepared, Request, Summary, note_vacuous, plan, with_judge_of,
};
use crate::compile::{Compiled, Symmetry};
use crate::explore::{Exploration, Observer};
use crate::model::{Initial, PropertyId, Values, VariableId};
use crate::system::{Quotient, Start, System, Word};
use crate::verdict::{Judge, Sanity};

/// What one exploration is about: a model, or a leaner one.
pub(super) struct Work<'a> {
    pub(super) prepared: &'a Prepared,
    /// What is explored.
    pub(super) compiled: &'a Compiled,
    /// What was left out of it.
    pub(super) lean: Option<&'a Lean>,
    pub(super) symmetry: Option<&'a Symmetry>,
}

impl Work<'_> {
    /// A packed state of what is explored as the plain meaning sees it.
    pub(super) fn decode(&self, words: &[Word]) -> Values {
        self.compiled.legend().values(words)
    }

    /// What was seen at work: of what is left out nobody knows how full it becomes.
    fn sanity(&self, exploration: &Exploration, is_renamed: bool) -> Option<Sanity> {
        let sanity = Sanity::of(&self.prepared.model, exploration, &|words| self.decode(words))?;
        let sanity = match self.lean {
            Some(lean) => sanity.without(&lean.variables),
            None => sanity,
        };
        Some(match is_renamed {
            true => sanity.up_to_renaming(self.has_one_start(exploration)),
            false => sanity,
        })
    }

    /// Whether the model has one start, where starts were counted up to renaming. If nothing is `any`, that
    /// is known; else they are looked for.
    fn has_one_start(&self, exploration: &Exploration) -> bool {
        let could_differ =
            self.prepared.model.variables.iter().any(|it| it.initial == Initial::Any);
        exploration.graph.start_count() == 1 && (!could_differ || has_one_start(self.compiled))
    }

    /// The variables of which some values were left out.
    fn unread(&self) -> Vec<VariableId> {
        self.lean.map(|lean| lean.variables.clone()).unwrap_or_default()
    }
}

fn has_one_start(system: &dyn System) -> bool {
    let mut first: Option<Vec<Word>> = None;
    let mut has_others = false;
    system.initial(&mut |start| {
        if let Start::State(words) = start {
            has_others = first.get_or_insert_with(|| words.to_vec()) != words;
        }
        if has_others { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    first.is_some() && !has_others
}

/// Properties that are judged together, by one exploration.
pub(super) struct Job<'a> {
    pub(super) work: &'a Work<'a>,
    pub(super) properties: &'a [PropertyId],
    pub(super) operators: Operators,
    pub(super) request: &'a Request,
}

impl Job<'_> {
    /// Visits all states that matter.
    pub(super) fn explore(&self, system: &dyn System, observer: &mut dyn Observer) -> Exploration {
        let plan = plan(self.work.prepared, self.properties, self.request);
        self.work.prepared.explore(system, &plan, observer)
    }

    /// What an exploration of a system tells; if that is one up to renaming, of which.
    pub(super) fn tell(
        &self,
        system: &dyn System,
        renaming: Option<&Quotient<'_>>,
        exploration: &Exploration,
        observer: &mut dyn Observer,
    ) -> PartOfAnswers {
        let model = &self.work.prepared.model;
        let claims = self.properties.iter().map(|&id| &model.properties[id].claim).collect_vec();
        let mut judgement = with_judge_of(self.work, |judge| {
            let judge = Judge { quotient: renaming, ..*judge };
            judge.judge(system, exploration, &claims, observer)
        });
        for (&property, answer) in self.properties.iter().zip(&mut judgement.answers) {
            let premise = model.properties[property].premise;
            note_vacuous(system, exploration, premise, answer, observer);
        }
        let symmetry = renaming.and(self.work.symmetry);
        let machines = symmetry.iter().flat_map(|symmetry| symmetry.machines());
        PartOfAnswers {
            properties: self.properties.to_vec(),
            operators: self.operators,
            engine: Engine::of(exploration),
            summary: Summary::of(exploration),
            renamed: machines.map(|(machine, _)| machine).collect(),
            unread: self.work.unread(),
            ordered: Vec::new(),
            judgement,
            sanity: self.work.sanity(exploration, renaming.is_some()),
        }
    }

    /// The same, of an exploration that may have left out some order of steps or of instances; none where
    /// the order could decide what is told beside the answers.
    pub(super) fn tell_unless_order_shows(
        &self,
        system: &dyn System,
        renaming: Option<&Quotient<'_>>,
        observer: &mut dyn Observer,
    ) -> Option<PartOfAnswers> {
        let exploration = self.explore(system, observer);
        if exploration.breach_count > 0 {
            return None;
        }
        let told = self.tell(system, renaming, &exploration, observer);
        let shows = !told.judgement.breaches.is_empty() || told.judgement.stopped.is_some();
        (!shows).then_some(told)
    }
}

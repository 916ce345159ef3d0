//! Every property under every set of mitigations.
//!
//! All sets up to a size are run, the small ones first. Where that cannot be done (a limit, two
//! mitigations that contradict each other, no start), a row says so: nothing is inferred from others.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::batch::{Batch, Outcome};
use crate::base::{Diagnostic, Severity, Source};
use crate::explore::{Limits, Observer};
use crate::model::{MitigationId, Model, PropertyId, Settings};
use crate::pipeline::{Answers, Prepared, Summary};
use crate::trace::replay::Replayed;
use crate::verdict::storm::Grade;
use crate::verdict::{Answer, Note, Reason, Storm, Verdict, Worst};

/// The most configurations that are run unless a person asks for more. By taste.
pub const ROWS_MAX: usize = 1024;

/// The most configurations that are run at all. By taste.
pub const ROWS_LIMIT: usize = 100_000;

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The mitigations and parameters that every configuration has.
    pub base: Settings,
    /// The mitigations to try, ascending.
    pub mitigations: Vec<MitigationId>,
    /// The properties to judge.
    pub properties: Vec<PropertyId>,
    /// How many mitigations are applied together at most; none for as many as [`ROWS_MAX`] allows.
    pub up_to: Option<usize>,
    /// The grade of storm that counts as holding.
    pub forgiven: Forgiven,
    /// How far each configuration is explored.
    pub limits: Limits,
    /// How many threads there are.
    pub threads: usize,
}

/// The worst that a claim may show and still count as one that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgiven {
    /// Nothing, not even a loop that puts off something owed.
    Nothing,
    /// A loop that puts off something owed: the claim holds.
    Loop,
    /// A storm that is no trap.
    Storm,
}

/// Every property under every set of mitigations.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The mitigations that are tried, in the order of the text.
    pub mitigations: Vec<MitigationId>,
    /// The properties, in the order of the text.
    pub properties: Vec<PropertyId>,
    /// How many mitigations are applied together at most.
    pub up_to: usize,
    /// The sets, small ones first, each size in the order of the text; the first is the bare design.
    pub rows: Vec<Row>,
}

/// One set of mitigations.
#[derive(Clone, Debug)]
pub struct Row {
    /// The set, ascending.
    pub set: Vec<MitigationId>,
    /// What became of it.
    pub outcome: Outcome<Judged>,
}

/// What was found of a configuration.
#[derive(Clone, Debug)]
pub struct Judged {
    /// A cell for each property.
    pub cells: Vec<Cell>,
    /// The numbers of each exploration; the second one is with operators.
    pub summaries: Vec<Summary>,
    /// Of the bare design, the traces that show a failure, in the order of the properties.
    pub traces: Vec<(PropertyId, Replayed)>,
    /// The assumptions leave no start, or one of them breaches: nothing was judged.
    pub has_no_start: bool,
    /// The model breaks its own rules.
    pub breaches: bool,
}

/// A claim in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Whether it holds.
    pub standing: Standing,
    /// Whether it counts as holding: what is forgiven does. None if nobody knows.
    pub is_good: Option<bool>,
    /// The worst value, where the claim has one.
    pub worst: Option<Worst>,
    /// What the storm is like, if it fails by one.
    pub storm: Option<Storm>,
    /// A claim that holds has a loop beside it that puts off something owed.
    pub has_loop: bool,
    /// Nothing that can happen could have violated it.
    pub is_vacuous: bool,
    /// No storm speaks against it, but one does not stay in the states that the claim is about.
    pub storms_while_not_calm: bool,
}

/// A verdict without what shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds,
    /// It fails.
    Fails,
    /// Nobody knows.
    Unknown(Reason),
}

/// Runs every set of mitigations.
///
/// The rows are as many as [`row_count`] says.
pub fn matrix(
    sources: &[Source],
    model: &Model,
    plan: &Plan,
    observer: &mut (dyn Observer + Send),
) -> Matrix {
    let mitigations = plan.mitigations.clone();
    let up_to = plan.up_to.unwrap_or_else(|| size_that_fits(mitigations.len()));
    let up_to = up_to.min(mitigations.len());
    let sets = (0..=up_to).flat_map(|size| mitigations.iter().copied().combinations(size));
    let sets = sets.collect_vec();
    let configurations = sets.iter().map(|set| with(model, &plan.base, set)).collect_vec();
    let batch = Batch {
        sources,
        configurations: &configurations,
        properties: &plan.properties,
        limits: plan.limits.clone(),
        threads: plan.threads,
    };
    let is_bare = |it: &Model| {
        let mut pairs = it.mitigations.iter().zip(model.mitigations.iter());
        pairs.all(|(one, bare)| one.applied == bare.applied)
    };
    let digest = |prepared: &Prepared, answers: &Answers| Judged {
        traces: if is_bare(&prepared.model) { failing_traces(answers) } else { Vec::new() },
        ..judged(answers, plan.forgiven)
    };
    let outcomes = batch.run(digest, observer);
    let rows = sets.into_iter().zip(outcomes).map(|(set, outcome)| Row { set, outcome }).collect();
    Matrix { mitigations, properties: plan.properties.clone(), up_to, rows }
}

/// The mitigations that are not applied everywhere.
pub fn free(model: &Model, base: &Settings) -> Vec<MitigationId> {
    let all = model.mitigations.iter_with_ids();
    all.filter(|(_, one)| !base.mitigations.contains(&one.name)).map(|(id, _)| id).collect()
}

/// How many sets of at most `up_to` out of `count` mitigations there are.
pub fn row_count(count: usize, up_to: usize) -> usize {
    let mut sets = 1_usize;
    let mut total = 1_usize;
    for size in 1..=up_to.min(count) {
        sets = sets.saturating_mul(count - size + 1) / size;
        total = total.saturating_add(sets);
    }
    total
}

/// The greatest size of set for which there are not too many; each mitigation alone is always tried.
fn size_that_fits(count: usize) -> usize {
    let fits = |size: &usize| row_count(count, *size) <= ROWS_MAX;
    (1..=count).take_while(fits).last().unwrap_or(1)
}

/// A configuration with a set applied as well.
pub fn with(model: &Model, base: &Settings, set: &[MitigationId]) -> Settings {
    let mut settings = base.clone();
    settings.mitigations.extend(set.iter().map(|&id| model.mitigations[id].name.clone()));
    settings
}

fn failing_traces(answers: &Answers) -> Vec<(PropertyId, Replayed)> {
    let all = answers.by_property();
    let failing = all.into_iter().filter_map(|(id, answer)| match &answer.verdict {
        Verdict::Fails { .. } => Some((id, answer.verdict.trace()?.clone())),
        _ => None,
    });
    failing.collect()
}

fn judged(answers: &Answers, forgiven: Forgiven) -> Judged {
    let judgements = || answers.parts.iter().map(|part| &part.judgement);
    Judged {
        cells: answers.by_property().iter().map(|(_, answer)| Cell::of(answer, forgiven)).collect(),
        summaries: answers.parts.iter().map(|part| part.summary).collect(),
        traces: Vec::new(),
        has_no_start: judgements().any(|one| one.no_start || one.start_breach.is_some()),
        breaches: judgements().any(|one| !one.breaches.is_empty()),
    }
}

impl Cell {
    /// An answer without its traces.
    pub fn of(answer: &Answer, forgiven: Forgiven) -> Cell {
        let has = |is_it: fn(&Note) -> bool| answer.notes.iter().any(is_it);
        let has_loop = has(|note| matches!(note, Note::UnfairLoop(_)));
        let is_vacuous = has(|note| matches!(note, Note::NeverCounted | Note::NoSuchStates));
        let storms_while_not_calm = has(|note| matches!(note, Note::StormWhileNotCalm(..)));
        let (standing, worst, storm) = match &answer.verdict {
            Verdict::Holds { worst, .. } => (Standing::Holds, *worst, None),
            Verdict::Fails { worst, storm, .. } => (Standing::Fails, *worst, *storm),
            Verdict::Unknown(reason) => (Standing::Unknown(*reason), None, None),
        };
        let is_mere_storm = storm.is_some_and(|storm| storm.grade == Grade::Storm);
        let is_good = match standing {
            Standing::Holds => Some(!has_loop || forgiven != Forgiven::Nothing),
            Standing::Fails => Some(is_mere_storm && forgiven == Forgiven::Storm),
            Standing::Unknown(_) => None,
        };
        Cell { standing, is_good, worst, storm, has_loop, is_vacuous, storms_while_not_calm }
    }
}

impl Matrix {
    /// The bare design: what is always applied, and nothing else.
    pub fn bare(&self) -> &Row {
        &self.rows[0]
    }

    /// How many different designs were explored.
    pub fn design_count(&self) -> usize {
        let is_first = |row: &&Row| matches!(row.outcome, Outcome::Run { same_as: None, .. });
        self.rows.iter().filter(is_first).count()
    }
}

/// The row of each set.
pub fn places(matrix: &Matrix) -> BTreeMap<Vec<MitigationId>, usize> {
    matrix.rows.iter().enumerate().map(|(at, row)| (row.set.clone(), at)).collect()
}

impl Row {
    /// What was found, if it could be judged.
    pub fn judged(&self) -> Option<&Judged> {
        match &self.outcome {
            Outcome::Run { found, .. } if !found.has_no_start => Some(found),
            _ => None,
        }
    }

    /// Whether a claim counts as holding; nothing where that is not known, or there is nothing to judge.
    pub fn is_good(&self, property: usize) -> Option<bool> {
        self.judged()?.cells[property].is_good
    }

    /// Whether every claim counts as holding.
    pub fn is_all_good(&self) -> Option<bool> {
        let judged = self.judged()?;
        let mut cells = judged.cells.iter();
        if judged.breaches || cells.clone().any(|cell| cell.is_good == Some(false)) {
            return Some(false);
        }
        cells.all(|cell| cell.is_good == Some(true)).then_some(true)
    }

    /// Whether something about it was not found out, though there is something to find.
    pub fn is_open(&self) -> bool {
        match &self.outcome {
            Outcome::Run { found, .. } => {
                !found.has_no_start && found.cells.iter().any(|cell| cell.is_good.is_none())
            }
            Outcome::Refused(_) => false,
            Outcome::NotRun => true,
        }
    }

    /// The diagnostics of a text that is wrong with this set, if it is more than a conflict of its
    /// mitigations.
    pub fn mistakes(&self) -> Option<&[Diagnostic]> {
        match &self.outcome {
            Outcome::Refused(diagnostics) if !is_conflict(diagnostics) => Some(diagnostics),
            _ => None,
        }
    }
}

/// Whether mitigations that contradict each other are all that is wrong.
fn is_conflict(diagnostics: &[Diagnostic]) -> bool {
    let mut errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
    errors.all(|one| one.code.0 == "conflict")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_counted() {
        assert_eq!(row_count(0, 3), 1);
        assert_eq!(row_count(5, 5), 32);
        assert_eq!(row_count(8, 2), 1 + 8 + 28);
        assert_eq!(row_count(200, 100), usize::MAX);
        assert_eq!([0, 3, 10, 11, 5000].map(size_that_fits), [1, 3, 10, 5, 1]);
    }
}

//! The whole tool on one screen: text to model to system, exploration, judgement.
//!
//! Every front door calls [`prepare`] and [`run`]; nothing below this file knows of files or terminals,
//! and nothing above it decides anything.

mod explain;
pub mod rescue;
mod second_opinion;

pub use explain::{Departure, Difference, Explained, Fate, explain, shortened};
pub use second_opinion::run_in_stateright;

use itertools::Itertools;

use crate::base::{Diagnostic, Severity, Source};
use crate::compile::{Compiled, compile};
use crate::explore::{Edges, Exploration, Limits, Observer, Plan, Stop, Unfinished, explore};
use crate::model::{
    self, Analysis, Claim, FigureId, Interpreter, MitigationId, Model, PropertyId, Settings,
};
use crate::syntax;
use crate::system::{Restricted, System};
use crate::verdict::safety::first_where;
use crate::verdict::{Answer, Judge, Judgement, Note, Oddity, Sanity, Verdict};

/// A model, ready to be explored.
pub struct Prepared {
    /// The typed model, its parameters fixed.
    pub model: Model,
    /// The same as a system.
    pub compiled: Compiled,
    /// What there is to say about the text.
    pub warnings: Vec<Diagnostic>,
    /// The mitigations that are applied and change nothing: without one of them, the model behaves alike.
    pub idle_mitigations: Vec<MitigationId>,
}

/// From text to a system; or everything that is wrong with the text.
///
/// The first source is the model, the others are the libraries it uses.
pub fn prepare(sources: &[Source], settings: &Settings) -> Result<Prepared, Vec<Diagnostic>> {
    let parsed = sources.iter().map(syntax::parse).collect_vec();
    let mut diagnostics = parsed.iter().flat_map(|one| one.diagnostics.clone()).collect_vec();
    let is_readable = diagnostics.iter().all(|one| one.severity == Severity::Warning);
    let files = parsed.into_iter().map(|one| one.file).collect_vec();
    let analyse = |settings: &Settings| model::analyse(sources, &files, settings);
    let analysis = analyse(settings);
    // What was not understood cannot be called unused.
    let is_worth_telling = |one: &&Diagnostic| is_readable || one.severity == Severity::Error;
    diagnostics.extend(analysis.diagnostics.iter().filter(is_worth_telling).cloned());
    diagnostics.sort_by_key(|one| one.primary.0);
    match analysis.into_model() {
        Ok(model) if is_readable => {
            let compiled = compile(&model);
            let idle_mitigations = idle_mitigations(&model, settings, &analyse);
            Ok(Prepared { model, compiled, warnings: diagnostics, idle_mitigations })
        }
        _ => Err(diagnostics),
    }
}

/// The applied mitigations without which the model behaves alike.
fn idle_mitigations(
    model: &Model,
    settings: &Settings,
    analyse: &dyn Fn(&Settings) -> Analysis,
) -> Vec<MitigationId> {
    let is_idle = |name: &String| {
        let mut others = settings.clone();
        others.mitigations.retain(|other| other != name);
        analyse(&others).model().is_some_and(|without| model.behaves_like(without))
    };
    let applied = model.mitigations.iter_with_ids().filter(|(_, one)| one.applied);
    applied.filter(|(_, one)| is_idle(&one.name)).map(|(id, _)| id).collect()
}

/// What to judge, and how far to go.
#[derive(Clone, Debug)]
pub struct Request {
    /// The properties to judge.
    pub properties: Vec<PropertyId>,
    /// How far to explore.
    pub limits: Limits,
    /// How many threads explore.
    pub workers: usize,
}

/// Explores what the properties are about and judges them. Only claims that ask for operators see
/// their steps, so there can be two explorations.
pub fn run(prepared: &Prepared, request: &Request, observer: &mut dyn Observer) -> Answers {
    let Prepared { model, compiled, .. } = prepared;
    let with_operators = |property: &PropertyId| model.properties[*property].with_operators;
    let (with, without): (Vec<_>, Vec<_>) =
        request.properties.iter().copied().partition(with_operators);
    let mut parts = Vec::new();
    if !without.is_empty() || with.is_empty() {
        let system = Restricted::new(compiled);
        parts.push(part(prepared, &system, without, Operators::Absent, request, observer));
    }
    if !with.is_empty() {
        parts.push(part(prepared, compiled, with, Operators::Present, request, observer));
    }
    Answers { parts }
}

fn part(
    prepared: &Prepared,
    system: &dyn System,
    properties: Vec<PropertyId>,
    operators: Operators,
    request: &Request,
    observer: &mut dyn Observer,
) -> PartOfAnswers {
    let model = &prepared.model;
    let claims = properties.iter().map(|&id| &model.properties[id].claim).collect_vec();
    let exploration = explore(system, &plan(&claims, request), observer);
    let mut judgement =
        with_judge(prepared, |judge| judge.judge(system, &exploration, &claims, observer));
    for (&property, answer) in properties.iter().zip(&mut judgement.answers) {
        let premise = model.properties[property].premise;
        note_vacuous(system, &exploration, premise, answer, observer);
    }
    let summary = Summary::of(&exploration);
    let decode = |words: &[u64]| prepared.compiled.legend().values(words);
    let sanity = Sanity::of(model, &exploration, &decode);
    PartOfAnswers { properties, operators, engine: Engine::Squall, summary, judgement, sanity }
}

/// Whatever is found is judged by the plain meaning of the model.
fn with_judge<T>(prepared: &Prepared, work: impl FnOnce(&Judge<'_>) -> T) -> T {
    let Prepared { model, compiled, .. } = prepared;
    let meaning = Interpreter::new(model);
    let decode = |words: &[u64]| compiled.legend().values(words);
    let calm = model.calm.filter(|_| model.calm_declared);
    work(&Judge { meaning: &meaning, decode: &decode, calm, healthy: model.healthy })
}

/// Says so where a claim holds because nothing it is about ever comes about.
fn note_vacuous(
    system: &dyn System,
    exploration: &Exploration,
    premise: Option<FigureId>,
    answer: &mut Answer,
    observer: &mut dyn Observer,
) {
    let (Some(premise), Verdict::Holds { .. }) = (premise, &answer.verdict) else { return };
    let found = first_where(system, &exploration.graph, premise, true, observer);
    if found.is_ok_and(|first| first.found.is_none()) {
        answer.notes.push(Note::NoSuchStates);
    }
}

/// Edges are kept where a claim about executions needs them, and where time waits.
fn plan(claims: &[&Claim], request: &Request) -> Plan {
    let is_about_states = |claim: &&Claim| {
        matches!(claim, Claim::Always(_) | Claim::Never(_) | Claim::Possible(_) | Claim::Peak(..))
    };
    let needs_edges = !claims.iter().all(is_about_states);
    let edges = if needs_edges { Edges::Everywhere } else { Edges::WhereTimeWaits };
    Plan { edges, limits: request.limits.clone(), workers: request.workers }
}

/// All that is known after a run.
#[derive(Clone, Debug)]
pub struct Answers {
    /// One for each exploration.
    pub parts: Vec<PartOfAnswers>,
}

impl Answers {
    /// What one would expect to see in all that can be reached, and did not; nothing if not
    /// everything was seen.
    pub fn oddities(&self, model: &Model) -> Option<Vec<Oddity>> {
        let parts = self.parts.iter().map(|part| part.sanity.as_ref());
        let seen: Vec<&Sanity> = parts.collect::<Option<_>>()?;
        let (first, rest) = seen.split_first()?;
        let seen = rest.iter().fold((*first).clone(), |seen, other| seen.or(other));
        let operators_act = self.parts.iter().any(|part| part.operators == Operators::Present);
        Some(seen.oddities(model, operators_act))
    }

    /// Every property with its answer, in the order of the properties.
    pub fn by_property(&self) -> Vec<(PropertyId, &Answer)> {
        let parts = self.parts.iter();
        let all =
            parts.flat_map(|part| part.properties.iter().copied().zip(&part.judgement.answers));
        all.sorted_by_key(|(property, _)| *property).collect()
    }
}

/// What one exploration told.
#[derive(Clone, Debug)]
pub struct PartOfAnswers {
    /// The properties it was about.
    pub properties: Vec<PropertyId>,
    /// Whether operators could act.
    pub operators: Operators,
    /// Who explored.
    pub engine: Engine,
    /// Its numbers.
    pub summary: Summary,
    /// What is known: an answer for each property, and findings about the model itself.
    pub judgement: Judgement,
    /// What of the model was seen at work, if all of its behaviour was seen.
    pub sanity: Option<Sanity>,
}

/// Who explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Our own engine, which tells states apart by comparing them.
    Squall,
    /// stateright, which tells them apart by fingerprints of 64 bits.
    Stateright,
}

/// Whether operators could act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operators {
    /// No claim sees their steps, unless it asks for them.
    Absent,
    /// `with operators`.
    Present,
}

/// An exploration in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Initial states.
    pub start_count: usize,
    /// States.
    pub state_count: usize,
    /// Steps, ticks apart.
    pub step_count: u64,
    /// Ticks.
    pub tick_count: u64,
    /// The number of the last level; the starts are level 0.
    pub depth: usize,
    /// What cut it short, if anything did.
    pub cut: Option<Unfinished>,
}

impl Summary {
    /// The numbers of an exploration.
    pub fn of(exploration: &Exploration) -> Summary {
        let graph = &exploration.graph;
        Summary {
            start_count: graph.start_count(),
            state_count: graph.state_count(),
            step_count: graph.step_count(),
            tick_count: graph.tick_count(),
            depth: graph.depth(),
            cut: match exploration.stop {
                Stop::Exhausted(_) => None,
                Stop::Unfinished(unfinished) => Some(unfinished),
            },
        }
    }
}

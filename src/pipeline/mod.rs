//! The whole tool on one screen: text to model to system, exploration, judgement.
//!
//! Every front door calls [`prepare`] and [`run`]; nothing below this file knows of files or terminals,
//! and nothing above it decides anything.

mod aftermath;
mod explain;
mod fate;
mod profile;
mod renaming;
pub mod rescue;
mod second_opinion;

pub use explain::{Case, Explained, Topic, explain, shortened};
pub use fate::{Departure, Difference, Different, Fate, fate};
pub use profile::{ActionShare, Part, PartShare, Profile, profile};
pub use second_opinion::run_in_stateright;

use itertools::Itertools;

use crate::base::{Diagnostic, Severity, Source};
use crate::certificate::{self, Proof};
use crate::compile::{Compiled, Evaluator, Symmetry, compile};
use crate::explore::{
    Edges, Exploration, Limits, Observer, Plan, Stop, Unfinished, explore, explore_compactly,
};
use crate::model::{
    self, Claim, FigureId, Interpreter, MachineId, MitigationId, Model, PropertyId, Settings,
};
use crate::syntax::{self, ast};
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
    /// Whether states are told apart by fingerprints, which takes less memory and may miss some.
    pub is_compact: bool,
    /// How instances can be renamed, if states are to be explored up to that where it is sound.
    pub symmetry: Option<Symmetry>,
    /// The mitigations that are applied and change nothing: without one of them, the model behaves alike.
    pub idle_mitigations: Vec<MitigationId>,
}

impl Prepared {
    /// A typed model, compiled; whether some of its mitigations change nothing is not looked at.
    pub fn of(model: Model, warnings: Vec<Diagnostic>) -> Prepared {
        let compiled = compile(&model);
        let (symmetry, idle_mitigations) = (None, Vec::new());
        Prepared { model, compiled, warnings, is_compact: false, symmetry, idle_mitigations }
    }

    /// The same, without generating machine code.
    pub fn interpreted(self) -> Prepared {
        self.evaluated(Evaluator::Interpreted)
    }

    /// The same, explored up to renaming of instances where the claims cannot tell.
    pub fn up_to_renaming(self) -> Prepared {
        let symmetry = Symmetry::of(&self.model, &self.compiled);
        Prepared { symmetry, ..self }
    }

    /// The same, states told apart by fingerprints and forgotten once they are expanded; only for claims
    /// about single states.
    pub fn compact(self) -> Prepared {
        Prepared { is_compact: true, ..self }
    }

    /// Visits all states, in the way that was chosen.
    fn explore(
        &self,
        system: &dyn System,
        plan: &Plan,
        observer: &mut dyn Observer,
    ) -> Exploration {
        let explore = if self.is_compact { explore_compactly } else { explore };
        explore(system, plan, observer)
    }

    /// The same, evaluated in another way.
    pub fn evaluated(self, evaluator: Evaluator) -> Prepared {
        Prepared { compiled: self.compiled.evaluated(evaluator), ..self }
    }
}

/// From text to a system; or everything that is wrong with the text.
///
/// The first source is the model, the others are the libraries it uses.
pub fn prepare(sources: &[Source], settings: &Settings) -> Result<Prepared, Vec<Diagnostic>> {
    let texts = Texts::read(sources);
    let (model, warnings) = texts.understand(settings)?;
    let idle_mitigations = idle_mitigations(&model, &texts, settings);
    Ok(Prepared { idle_mitigations, ..Prepared::of(model, warnings) })
}

/// From text to a typed model, and what there is to say about the text; or everything that is wrong
/// with it.
pub fn understand(
    sources: &[Source],
    settings: &Settings,
) -> Result<(Model, Vec<Diagnostic>), Vec<Diagnostic>> {
    Texts::read(sources).understand(settings)
}

/// The texts of a model, read once for any number of configurations.
pub struct Texts<'a> {
    sources: &'a [Source],
    files: Vec<ast::File>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Texts<'a> {
    /// Reads the texts: the first is the model, the others are the libraries it uses.
    pub fn read(sources: &'a [Source]) -> Texts<'a> {
        let parsed = sources.iter().map(syntax::parse).collect_vec();
        let diagnostics = parsed.iter().flat_map(|one| one.diagnostics.clone()).collect();
        let files = parsed.into_iter().map(|one| one.file).collect();
        Texts { sources, files, diagnostics }
    }

    /// From the texts to a typed model in one configuration, as [`understand`] does it.
    pub fn understand(
        &self,
        settings: &Settings,
    ) -> Result<(Model, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut diagnostics = self.diagnostics.clone();
        let is_readable = diagnostics.iter().all(|one| one.severity == Severity::Warning);
        let analysis = model::analyse(self.sources, &self.files, settings);
        // What was not understood cannot be called unused.
        let is_worth_telling = |one: &&Diagnostic| is_readable || one.severity == Severity::Error;
        diagnostics.extend(analysis.diagnostics.iter().filter(is_worth_telling).cloned());
        diagnostics.sort_by_key(|one| one.primary.0);
        match analysis.into_model() {
            Ok(model) if is_readable => Ok((model, diagnostics)),
            _ => Err(diagnostics),
        }
    }
}

/// The applied mitigations without which the model behaves alike.
fn idle_mitigations(model: &Model, texts: &Texts<'_>, settings: &Settings) -> Vec<MitigationId> {
    let is_idle = |name: &String| {
        let mut others = settings.clone();
        others.mitigations.retain(|other| other != name);
        texts.understand(&others).is_ok_and(|(without, _)| model.behaves_like(&without))
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
    run_parts(prepared, request, observer, None)
}

/// The same, with what is needed to believe each `holds`.
pub fn run_with_proofs(
    prepared: &Prepared,
    request: &Request,
    observer: &mut dyn Observer,
) -> (Answers, Vec<certificate::Part>) {
    let mut proofs = Vec::new();
    let answers = run_parts(prepared, request, observer, Some(&mut proofs));
    (answers, proofs)
}

fn run_parts(
    prepared: &Prepared,
    request: &Request,
    observer: &mut dyn Observer,
    mut proofs: Option<&mut Vec<certificate::Part>>,
) -> Answers {
    let Prepared { model, compiled, .. } = prepared;
    let with_operators = |property: &PropertyId| model.properties[*property].with_operators;
    let (with, without): (Vec<_>, Vec<_>) =
        request.properties.iter().copied().partition(with_operators);
    let restricted = Restricted::new(compiled);
    let mut jobs: Vec<(Operators, &dyn System, Vec<PropertyId>)> = Vec::new();
    if !without.is_empty() || with.is_empty() {
        jobs.push((Operators::Absent, &restricted, without));
    }
    if !with.is_empty() {
        jobs.push((Operators::Present, compiled, with));
    }
    let mut parts = Vec::new();
    for (operators, system, properties) in jobs {
        // Proofs are about all states.
        let symmetry = prepared.symmetry.as_ref().filter(|_| proofs.is_none());
        let reduced = symmetry.and_then(|symmetry| {
            renaming::part(prepared, (system, symmetry), &properties, operators, request, observer)
        });
        if let Some(reduced) = reduced {
            parts.push(reduced);
            continue;
        }
        let (answered, exploration) =
            part(prepared, system, properties, operators, request, observer);
        if let Some(proofs) = &mut proofs {
            proofs.push(prove(prepared, system, &exploration, &answered, observer));
        }
        parts.push(answered);
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
) -> (PartOfAnswers, Exploration) {
    let model = &prepared.model;
    let claims = properties.iter().map(|&id| &model.properties[id].claim).collect_vec();
    let plan = plan(prepared, &properties, request);
    let exploration = prepared.explore(system, &plan, observer);
    let mut judgement =
        with_judge(prepared, |judge| judge.judge(system, &exploration, &claims, observer));
    for (&property, answer) in properties.iter().zip(&mut judgement.answers) {
        let premise = model.properties[property].premise;
        note_vacuous(system, &exploration, premise, answer, observer);
    }
    let summary = Summary::of(&exploration);
    let decode = |words: &[u64]| prepared.compiled.legend().values(words);
    let sanity = Sanity::of(model, &exploration, &decode);
    let engine = Engine::of(&exploration);
    let renamed = Vec::new();
    let answered =
        PartOfAnswers { properties, operators, engine, summary, renamed, judgement, sanity };
    (answered, exploration)
}

/// What is needed to believe each `holds` of a part. What an interrupt keeps from being proved is
/// left out.
fn prove(
    prepared: &Prepared,
    system: &dyn System,
    exploration: &Exploration,
    answered: &PartOfAnswers,
    observer: &mut dyn Observer,
) -> certificate::Part {
    with_judge(prepared, |judge| {
        let mut proofs = Vec::new();
        for (&property, answer) in answered.properties.iter().zip(&answered.judgement.answers) {
            let property = &prepared.model.properties[property];
            let question = (&property.claim, &answer.verdict);
            if let Ok(Some(proof)) = judge.prove(system, exploration, question, observer) {
                proofs.push((property.name.clone(), proof));
            }
        }
        let needs_states = |(_, proof): &(String, Proof)| !matches!(proof, Proof::Trace(..));
        let states = match proofs.iter().any(needs_states) {
            true => judge.states(&exploration.graph),
            false => Vec::new(),
        };
        let with_operators = answered.operators == Operators::Present;
        certificate::Part { with_operators, states, proofs }
    })
}

/// Whatever is found is judged by the plain meaning of the model.
fn with_judge<T>(prepared: &Prepared, work: impl FnOnce(&Judge<'_>) -> T) -> T {
    let Prepared { model, compiled, .. } = prepared;
    let meaning = Interpreter::new(model);
    let decode = |words: &[u64]| compiled.legend().values(words);
    let calm = model.calm.filter(|_| model.calm_declared);
    let healthy = model.healthy;
    work(&Judge { meaning: &meaning, decode: &decode, quotient: None, calm, healthy })
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
    let found = first_where(system, exploration, premise, true, observer);
    if found.is_ok_and(|first| first.found.is_none()) {
        answer.notes.push(Note::NoSuchStates);
    }
}

/// Edges are kept where a claim about executions needs them, and where time waits.
fn plan(prepared: &Prepared, properties: &[PropertyId], request: &Request) -> Plan {
    let properties = || properties.iter().map(|&id| &prepared.model.properties[id]);
    let claims = || properties().map(|property| &property.claim);
    let needs_edges = !claims().all(is_about_states);
    let edges = if needs_edges { Edges::Everywhere } else { Edges::WhereTimeWaits };
    let asked = claims().filter_map(|claim| match claim {
        Claim::Always(figure)
        | Claim::Never(figure)
        | Claim::Possible(figure)
        | Claim::Peak(figure, _) => Some(*figure),
        _ => None,
    });
    // What shows that a claim is vacuous can be asked later, unless states are forgotten.
    let premises = properties().filter(|_| prepared.is_compact).filter_map(|it| it.premise);
    let figures = asked.chain(premises).unique().collect();
    Plan { edges, figures, limits: request.limits.clone(), workers: request.workers }
}

/// Whether single states decide a claim.
pub fn is_about_states(claim: &Claim) -> bool {
    matches!(claim, Claim::Always(_) | Claim::Never(_) | Claim::Possible(_) | Claim::Peak(..))
}

/// All that is known after a run.
#[derive(Clone, Debug)]
pub struct Answers {
    /// One for each exploration.
    pub parts: Vec<PartOfAnswers>,
}

impl Answers {
    /// What was seen of the model at work; nothing if not everything was seen.
    pub fn sanity(&self) -> Option<Sanity> {
        let parts = self.parts.iter().map(|part| part.sanity.as_ref());
        let seen: Vec<&Sanity> = parts.collect::<Option<_>>()?;
        let (first, rest) = seen.split_first()?;
        Some(rest.iter().fold((*first).clone(), |seen, other| seen.or(other)))
    }

    /// What one would expect to see in all that can be reached, and did not; nothing if not
    /// everything was seen.
    pub fn oddities(&self, model: &Model) -> Option<Vec<Oddity>> {
        let operators_act = self.parts.iter().any(|part| part.operators == Operators::Present);
        Some(self.sanity()?.oddities(model, operators_act))
    }

    /// Whether all that can be reached was seen where a property was judged.
    pub fn is_whole(&self, property: PropertyId) -> bool {
        let mut parts = self.parts.iter().filter(|part| part.properties.contains(&property));
        parts.all(|part| part.summary.cut.is_none())
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
    /// The machines up to whose renaming states were explored; the numbers are of representatives.
    pub renamed: Vec<MachineId>,
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
    /// The same, but it told states apart by fingerprints; the odds that one was missed are at most one
    /// in so many.
    Compact(u64),
    /// stateright, which tells them apart by fingerprints of 64 bits.
    Stateright,
}

impl Engine {
    fn of(exploration: &Exploration) -> Engine {
        exploration.graph.missed_one_in().map_or(Engine::Squall, Engine::Compact)
    }
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

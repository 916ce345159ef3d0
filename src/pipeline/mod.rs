//! The whole tool on one screen: text to model to system, exploration, judgement.
//!
//! Every front door calls [`prepare`] and [`run`]; nothing below this file knows of files or terminals,
//! and nothing above it decides anything.

mod aftermath;
mod explain;
mod fate;
mod job;
mod lean;
mod ordered;
mod profile;
mod renaming;
pub mod rescue;
mod second_opinion;

pub use explain::{Case, Explained, Topic, explain, shortened};
pub use fate::{Departure, Difference, Different, Fate, fate};
pub use profile::{ActionShare, Part, PartShare, Profile, profile};
pub use second_opinion::run_in_stateright;

use itertools::Itertools;

use job::{Job, Work};
use lean::Lean;

use crate::base::{Diagnostic, Severity, Source};
use crate::certificate::{self, Proof};
use crate::compile::{Compiled, Evaluator, Question, Symmetry, compile};
use crate::explore::{
    Edges, Exploration, Limits, Observer, Plan, Stop, Unfinished, explore, explore_compactly,
};
use crate::model::{
    self, ActionDefinitionId, Claim, FigureId, Interpreter, MachineId, MitigationId, Model,
    PropertyId, Settings, VariableId,
};
use crate::syntax::{self, ast};
use crate::system::{Restricted, System, Word};
use crate::trace::Trace;
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
    /// Whether states are to be explored up to values that nothing reads.
    pub is_lean: bool,
    /// Whether steps are to be taken in one order where claims cannot tell which.
    pub is_ordered: bool,
    /// The mitigations that are applied and change nothing: without one of them, the model behaves alike.
    pub idle_mitigations: Vec<MitigationId>,
}

impl Prepared {
    /// A typed model, compiled; whether some of its mitigations change nothing is not looked at.
    pub fn of(model: Model, warnings: Vec<Diagnostic>) -> Prepared {
        let compiled = compile(&model);
        Prepared {
            model,
            compiled,
            warnings,
            is_compact: false,
            symmetry: None,
            is_lean: false,
            is_ordered: false,
            idle_mitigations: Vec::new(),
        }
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

    /// The same, explored without what nothing reads.
    pub fn up_to_unread_values(self) -> Prepared {
        Prepared { is_lean: true, ..self }
    }

    /// The same, urgent steps taken in one order where claims cannot tell which.
    pub fn up_to_order(self) -> Prepared {
        Prepared { is_ordered: true, ..self }
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
    let with_operators =
        |property: &PropertyId| prepared.model.properties[*property].with_operators;
    let (with, without): (Vec<_>, Vec<_>) =
        request.properties.iter().copied().partition(with_operators);
    let mut jobs = Vec::new();
    if !without.is_empty() || with.is_empty() {
        jobs.push((Operators::Absent, without));
    }
    if !with.is_empty() {
        jobs.push((Operators::Present, with));
    }
    let mut parts = Vec::new();
    for (operators, properties) in jobs {
        // Proofs are about all states.
        let is_reducing = proofs.is_none();
        let lean = is_reducing.then(|| Lean::of(prepared, &properties, operators)).flatten();
        let work = Work {
            prepared,
            compiled: lean.as_ref().map_or(&prepared.compiled, |lean| &lean.compiled),
            lean: lean.as_ref(),
            symmetry: match &lean {
                Some(lean) => lean.symmetry.as_ref(),
                None => prepared.symmetry.as_ref().filter(|_| is_reducing),
            },
        };
        let restricted = Restricted::new(work.compiled);
        let system = acting(&work, &restricted, operators);
        let job = Job { work: &work, properties: &properties, operators, request };
        let mut reduced = || {
            let ordered = ordered::part(&job, system, observer);
            ordered.or_else(|| renaming::part(&job, (system, work.symmetry?), observer))
        };
        if let Some(part) = is_reducing.then(&mut reduced).flatten() {
            parts.push(part);
            continue;
        }
        let exploration = job.explore(system, observer);
        let answered = job.tell(system, None, &exploration, observer);
        if let Some(proofs) = &mut proofs {
            proofs.push(prove(&work, system, &exploration, &answered, observer));
        }
        let is_told = work.lean.is_none() || answered.judgement.stopped.is_none();
        parts.push(if is_told {
            answered
        } else {
            drop(exploration);
            plain_part(prepared, job, observer)
        });
    }
    Answers { parts }
}

/// The answers without any reduction: in how many states of the model time stops is to be told.
fn plain_part(prepared: &Prepared, job: Job<'_>, observer: &mut dyn Observer) -> PartOfAnswers {
    let work = Work { prepared, compiled: &prepared.compiled, lean: None, symmetry: None };
    let restricted = Restricted::new(work.compiled);
    let system = acting(&work, &restricted, job.operators);
    let job = Job { work: &work, ..job };
    let exploration = job.explore(system, observer);
    job.tell(system, None, &exploration, observer)
}

/// What is explored, with or without what operators do.
fn acting<'a>(
    work: &Work<'a>,
    restricted: &'a Restricted<&'a Compiled>,
    operators: Operators,
) -> &'a dyn System {
    match operators {
        Operators::Absent => restricted,
        Operators::Present => work.compiled,
    }
}

/// What is needed to believe each `holds` of a part. What an interrupt keeps from being proved is
/// left out.
fn prove(
    work: &Work<'_>,
    system: &dyn System,
    exploration: &Exploration,
    answered: &PartOfAnswers,
    observer: &mut dyn Observer,
) -> certificate::Part {
    with_judge_of(work, |judge| {
        let mut proofs = Vec::new();
        for (&property, answer) in answered.properties.iter().zip(&answered.judgement.answers) {
            let property = &work.prepared.model.properties[property];
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
    let compiled = &prepared.compiled;
    with_judge_of(&Work { prepared, compiled, lean: None, symmetry: None }, work)
}

/// The same for what a leaner model shows: its loops go round until they close in the model.
fn with_judge_of<T>(of: &Work<'_>, work: impl FnOnce(&Judge<'_>) -> T) -> T {
    let model = &of.prepared.model;
    let meaning = Interpreter::new(model);
    let decode = |words: &[Word]| of.decode(words);
    let closing = |trace: &Trace| lean::closing(&meaning, decode(&trace.start), trace);
    let closing = of.lean.map(|_| &closing as &dyn Fn(&Trace) -> Trace);
    let calm = model.calm.filter(|_| model.calm_declared);
    let healthy = model.healthy;
    work(&Judge { meaning: &meaning, decode: &decode, quotient: None, closing, calm, healthy })
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

/// What judging these properties asks of a model.
fn question(model: &Model, properties: &[PropertyId], operators: Operators) -> Question {
    let judged = || properties.iter().map(|&id| &model.properties[id]);
    let figures = judged().flat_map(|one| one.claim.figures().into_iter().chain(one.premise));
    let is_about_executions = !judged().all(|one| is_about_states(&one.claim));
    let regions = model.calm.into_iter().chain(model.healthy).filter(|_| is_about_executions);
    Question {
        figures: figures.chain(regions).collect(),
        has_operators: operators == Operators::Present,
        is_about_executions,
    }
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
    /// The variables of which values that nothing reads were not told apart.
    pub unread: Vec<VariableId>,
    /// The actions of which only one order was explored.
    pub ordered: Vec<ActionDefinitionId>,
    /// What is known: an answer for each property, and findings about the model itself.
    pub judgement: Judgement,
    /// What of the model was seen at work, if all of its behaviour was seen.
    pub sanity: Option<Sanity>,
}

impl PartOfAnswers {
    /// Whether a state that was explored can stand for others.
    pub fn is_reduced(&self) -> bool {
        !(self.renamed.is_empty() && self.unread.is_empty() && self.ordered.is_empty())
    }
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

//! What operators can still do where a trace ends: `squall rescue`.
//!
//! The graph is explored once more with all operator steps; and from that place on, once with each
//! operator action alone, so that it can be said which of them heals and which only stops something.
//! Every plan is walked by the plain meaning from the very start.

use itertools::Itertools;

use super::{Prepared, Request, Summary, run, with_judge};
use crate::explore::{Edges, Exploration, Observer, Plan, explore};
use crate::model::{ActionDefinitionId, ActionKind, PropertyId};
use crate::system::{ActionId, Restricted, Rooted, System, Word};
use crate::trace::Trace;
use crate::trace::replay::{Ending, Replayed};
use crate::verdict::regions::{Prospect, RegionsQuestion, regions, states_of};
use crate::verdict::rescue::{Advice, Rescue, RescuePlan};
use crate::verdict::{Evidence, Verdict};

/// What can be done where a trace ends.
#[derive(Clone, Debug)]
pub struct Rescued {
    /// The way to the state that is to be rescued.
    pub way: Replayed,
    /// How recovery stands there.
    pub prospect: Prospect,
    /// To where recovery is sure, whatever the system does.
    pub guaranteed: Option<Planned>,
    /// To where recovery is sure, if the system does what the plan says.
    pub cooperative: Option<Planned>,
    /// To a healthy state, if the system does what the plan says.
    pub hopeful: Option<Planned>,
    /// What each operator action could do if it were the only one.
    pub alone: Vec<(ActionDefinitionId, Alone)>,
    /// From how many calm states 0, 1, 2 … interventions guarantee recovery.
    pub by_interventions: Vec<usize>,
    /// From how many calm states no plan exists.
    pub hopeless_count: usize,
    /// What was explored, operators included.
    pub summary: Summary,
}

/// A plan, walked from the start of the trace on.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The way there and the plan behind it.
    pub trace: Replayed,
    /// How many operator steps it needs.
    pub interventions: u32,
}

/// What an operator action can do on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// It guarantees recovery.
    Guarantees,
    /// It makes a way back to a healthy state.
    Helps,
    /// No way back appears.
    HealsNothing,
}

/// Why there is nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRescue {
    /// The model does not say what healthy is.
    HealthyUnknown,
    /// The property does not fail with a trace.
    NothingFails,
    /// The exploration was cut short.
    Unfinished,
    /// The model breaks its own rules: what comes then is unknown.
    ModelBreaches,
}

/// Which trace is meant.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// The one that shows that a property fails.
    Property(PropertyId),
    /// This one.
    Trace(&'a Replayed),
}

/// Finds out what operators can do where a trace ends; for a lasso, where its loop begins; for one that
/// breaches, before its last step.
pub fn rescue(
    prepared: &Prepared,
    from: Origin<'_>,
    request: &Request,
    observer: &mut dyn Observer,
) -> Result<Rescued, NoRescue> {
    let healthy = prepared.model.healthy.ok_or(NoRescue::HealthyUnknown)?;
    let calm = prepared.model.calm.filter(|_| prepared.model.calm_declared);
    let question = RegionsQuestion { calm, healthy };
    let way = match from {
        Origin::Property(id) => way_to_end(&failing_trace(prepared, id, request, observer)?),
        Origin::Trace(trace) => way_to_end(trace),
    };
    let all = everything(&prepared.compiled, request, observer)?;
    let (advice, place) = advise(&prepared.compiled, &all, question, &way, observer)?;
    let planned = |plan: Option<RescuePlan>| {
        plan.map(|plan| Planned {
            trace: walk(prepared, &way, &plan.actions),
            interventions: plan.interventions,
        })
    };
    let mut alone = Vec::new();
    let here = Trace { start: place.words, actions: Vec::new(), repeats_from: None };
    for id in operator_actions(prepared) {
        let system = Restricted::to(&prepared.compiled, |action| is_of(prepared, action, id));
        let system = Rooted::at(system, here.start.clone());
        let exploration = everything(&system, request, observer)?;
        let (advice, _) = advise(&system, &exploration, question, &here, observer)?;
        alone.push((
            id,
            match (advice.guaranteed, advice.hopeful) {
                (Some(_), _) => Alone::Guarantees,
                (None, Some(_)) => Alone::Helps,
                (None, None) => Alone::HealsNothing,
            },
        ));
    }
    Ok(Rescued {
        way: walk(prepared, &way, &[]),
        prospect: place.prospect,
        guaranteed: planned(advice.guaranteed),
        cooperative: planned(advice.cooperative),
        hopeful: planned(advice.hopeful),
        alone,
        by_interventions: place.by_interventions,
        hopeless_count: place.hopeless_count,
        summary: Summary::of(&all),
    })
}

/// The way to the end of a trace, or to the beginning of its loop. A step that breaches leads nowhere.
fn way_to_end(trace: &Replayed) -> Trace {
    let mut way = trace.trace().clone();
    let loop_from = way.repeats_from.take().map(|first| first as usize);
    way.actions.truncate(loop_from.unwrap_or(trace.states().len() - 1));
    way
}

/// The trace that shows that a property fails.
fn failing_trace(
    prepared: &Prepared,
    property: PropertyId,
    request: &Request,
    observer: &mut dyn Observer,
) -> Result<Replayed, NoRescue> {
    let request = Request { properties: vec![property], ..request.clone() };
    let answers = run(prepared, &request, observer);
    let answer = answers.by_property().first().map(|(_, answer)| answer.verdict.clone());
    let Some(Verdict::Fails { evidence: Evidence::Trace(trace), .. }) = answer else {
        let is_cut = answers.parts.iter().any(|part| part.summary.cut.is_some());
        return Err(if is_cut { NoRescue::Unfinished } else { NoRescue::NothingFails });
    };
    Ok(trace)
}

/// The whole graph with its edges, if it is all there is.
fn everything(
    system: &dyn System,
    request: &Request,
    observer: &mut dyn Observer,
) -> Result<Exploration, NoRescue> {
    let limits = request.limits.clone();
    let plan =
        Plan { edges: Edges::Everywhere, figures: Vec::new(), limits, workers: request.workers };
    let exploration = explore(system, &plan, observer);
    match exploration.exhausted() {
        Some(_) if exploration.breach_count > 0 => Err(NoRescue::ModelBreaches),
        Some(_) => Ok(exploration),
        None => Err(NoRescue::Unfinished),
    }
}

/// What is known of the place and of all places, beside the advice.
struct Place {
    words: Vec<Word>,
    prospect: Prospect,
    by_interventions: Vec<usize>,
    hopeless_count: usize,
}

fn advise(
    system: &dyn System,
    exploration: &Exploration,
    question: RegionsQuestion,
    way: &Trace,
    observer: &mut dyn Observer,
) -> Result<(Advice, Place), NoRescue> {
    let graph = &exploration.graph;
    let interrupted = |_| NoRescue::Unfinished;
    let regions = regions(system, graph, question, observer).map_err(interrupted)?;
    if regions.breach.is_some() {
        return Err(NoRescue::ModelBreaches);
    }
    let rescue = Rescue::new(system, graph, &regions, observer).map_err(interrupted)?;
    let states = states_of(graph, way).expect("operators only add to what can be reached");
    let end = *states.last().expect("a trace has a start");
    let advice = rescue.advice(end, observer).map_err(interrupted)?;
    let place = Place {
        words: graph.words(end).to_vec(),
        prospect: regions.prospect(end),
        by_interventions: rescue.state_counts(),
        hopeless_count: rescue.hopeless_count(),
    };
    Ok((advice, place))
}

/// A way with more behind it, walked by the plain meaning.
fn walk(prepared: &Prepared, way: &Trace, behind: &[ActionId]) -> Replayed {
    let actions = way.actions.iter().chain(behind).copied().collect();
    let trace = Trace { start: way.start.clone(), actions, repeats_from: None };
    with_judge(prepared, |judge| judge.certify(&trace, Ending::State))
}

fn operator_actions(prepared: &Prepared) -> Vec<ActionDefinitionId> {
    let actions = prepared.model.actions.iter_with_ids();
    actions.filter(|(_, one)| one.kind == ActionKind::Operator).map(|(id, _)| id).collect_vec()
}

fn is_of(prepared: &Prepared, action: ActionId, of: ActionDefinitionId) -> bool {
    prepared.model.instances.get(action).is_some_and(|instance| instance.action == of)
}

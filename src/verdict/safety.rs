//! What single states say: where a predicate first holds or fails, and the most a figure reaches.
//!
//! States are numbered in breadth-first order, so the first one found has a shortest trace. A state in
//! which the figure cannot be read is passed over, and the first such state is told beside the answer.

use super::FigureBreach;
use crate::explore::{
    Exploration, Extremes, Graph, Interrupted, Observer, Patience, StateId, StateSet,
};
use crate::system::{Breach, FigureId, System};
use crate::trace::Trace;
use crate::trace::rebuild::rebuild;

/// A state, and a shortest trace to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFinding {
    /// The state.
    pub state: StateId,
    /// A shortest way to it.
    pub trace: Trace,
}

/// The first state of a kind, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstState {
    /// The state.
    pub found: Option<StateFinding>,
    /// Where the figure cannot be read, of the states before the one that was found.
    pub breach: Option<FigureBreach>,
}

/// The most a figure reaches, and the first state in which it does; none if there is no state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peak {
    /// The value and the state.
    pub highest: Option<(i64, StateFinding)>,
    /// Where the figure cannot be read.
    pub breach: Option<FigureBreach>,
}

/// The states in which a predicate holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatesWhere {
    /// The states.
    pub states: StateSet,
    /// The states in which it cannot be read.
    pub unreadable: StateSet,
    /// The first of these.
    pub breach: Option<FigureBreach>,
}

/// The first state in which the predicate, a truth, is `wanted`.
pub fn first_where(
    system: &dyn System,
    exploration: &Exploration,
    predicate: FigureId,
    wanted: bool,
    observer: &mut dyn Observer,
) -> Result<FirstState, Interrupted> {
    let first = |seen: &Extremes| {
        let (value, state) = if wanted { seen.most } else { seen.least }?;
        ((value != 0) == wanted).then_some(state)
    };
    let seen = extremes(system, exploration, predicate, observer, |seen| first(seen).is_some())?;
    let found = first(&seen);
    let is_before = |(state, _): &(StateId, Breach)| found.is_none_or(|found| *state < found);
    let graph = &exploration.graph;
    Ok(FirstState {
        found: found.map(|state| finding(system, graph, state)),
        breach: seen.breach.filter(is_before).map(|at| figure_breach(system, graph, predicate, at)),
    })
}

/// What a figure is in all states, or in the first of them until that is `enough`.
fn extremes(
    system: &dyn System,
    exploration: &Exploration,
    figure: FigureId,
    observer: &mut dyn Observer,
    enough: impl Fn(&Extremes) -> bool,
) -> Result<Extremes, Interrupted> {
    let graph = &exploration.graph;
    let known = exploration.extremes.iter().find(|one| one.figure == figure);
    let first_unknown = known.map_or(0, |_| graph.expanded_count());
    let mut seen = known.cloned().unwrap_or_else(|| Extremes::of(figure));
    let mut patience = Patience::new(observer);
    for state in graph.states().skip(first_unknown) {
        if enough(&seen) {
            break;
        }
        patience.spend()?;
        seen.note(state, system.read(figure, &graph.words(state)));
    }
    Ok(seen)
}

/// The most that a figure reaches.
pub fn peak(
    system: &dyn System,
    exploration: &Exploration,
    figure: FigureId,
    observer: &mut dyn Observer,
) -> Result<Peak, Interrupted> {
    let seen = extremes(system, exploration, figure, observer, |_| false)?;
    let graph = &exploration.graph;
    Ok(Peak {
        highest: seen.most.map(|(value, state)| (value, finding(system, graph, state))),
        breach: seen.breach.map(|at| figure_breach(system, graph, figure, at)),
    })
}

/// All states in which the predicate holds.
pub fn states_where(
    system: &dyn System,
    graph: &Graph,
    predicate: FigureId,
    patience: &mut Patience<'_>,
) -> Result<StatesWhere, Interrupted> {
    let mut states = StateSet::with_room(graph.state_count());
    let mut unreadable = StateSet::default();
    let mut breach = None;
    for state in graph.states() {
        patience.spend()?;
        match system.read(predicate, &graph.words(state)) {
            Ok(0) => {}
            Ok(_) => states.insert(state),
            Err(rule) => {
                unreadable.insert(state);
                let told = || figure_breach(system, graph, predicate, (state, rule));
                breach.get_or_insert_with(told);
            }
        }
    }
    Ok(StatesWhere { states, unreadable, breach })
}

fn finding(system: &dyn System, graph: &Graph, state: StateId) -> StateFinding {
    StateFinding { state, trace: rebuild(system, graph, state) }
}

/// A state in which a figure cannot be read.
fn figure_breach(
    system: &dyn System,
    graph: &Graph,
    figure: FigureId,
    (state, breach): (StateId, Breach),
) -> FigureBreach {
    FigureBreach { trace: rebuild(system, graph, state), figure, breach }
}

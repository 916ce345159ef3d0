//! What single states say: where a predicate first holds or fails, and the most a figure reaches.
//!
//! States are numbered in breadth-first order, so the first one found has a shortest trace. A state in
//! which the figure cannot be read is passed over, and the first such state is told beside the answer.

use super::FigureBreach;
use crate::explore::{Graph, Interrupted, Observer, Patience, StateId, StateSet};
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

/// The first state in which the predicate is `wanted`.
pub fn first_where(
    system: &dyn System,
    graph: &Graph,
    predicate: FigureId,
    wanted: bool,
    observer: &mut dyn Observer,
) -> Result<FirstState, Interrupted> {
    let mut patience = Patience::new(observer);
    let mut breach = None;
    for state in graph.states() {
        patience.spend()?;
        match system.read(predicate, &graph.words(state)) {
            Ok(value) if (value != 0) == wanted => {
                return Ok(FirstState { found: Some(finding(system, graph, state)), breach });
            }
            Ok(_) => {}
            Err(rule) => note(&mut breach, (system, graph), state, (predicate, rule)),
        }
    }
    Ok(FirstState { found: None, breach })
}

/// The most that a figure reaches.
pub fn peak(
    system: &dyn System,
    graph: &Graph,
    figure: FigureId,
    observer: &mut dyn Observer,
) -> Result<Peak, Interrupted> {
    let mut patience = Patience::new(observer);
    let mut highest: Option<(i64, StateId)> = None;
    let mut breach = None;
    for state in graph.states() {
        patience.spend()?;
        match system.read(figure, &graph.words(state)) {
            Ok(value) if highest.is_none_or(|(most, _)| value > most) => {
                highest = Some((value, state));
            }
            Ok(_) => {}
            Err(rule) => note(&mut breach, (system, graph), state, (figure, rule)),
        }
    }
    Ok(Peak {
        highest: highest.map(|(value, state)| (value, finding(system, graph, state))),
        breach,
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
                note(&mut breach, (system, graph), state, (predicate, rule));
            }
        }
    }
    Ok(StatesWhere { states, unreadable, breach })
}

fn finding(system: &dyn System, graph: &Graph, state: StateId) -> StateFinding {
    StateFinding { state, trace: rebuild(system, graph, state) }
}

/// Keeps the first breach only.
fn note(
    first: &mut Option<FigureBreach>,
    (system, graph): (&dyn System, &Graph),
    state: StateId,
    (figure, breach): (FigureId, Breach),
) {
    let trace = || rebuild(system, graph, state);
    first.get_or_insert_with(|| FigureBreach { trace: trace(), figure, breach });
}

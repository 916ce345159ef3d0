//! Whether the trigger is ever over again: a calm state behind a fault.

use crate::explore::{Graph, Interrupted, Observer, Patience, StateId, StateSet};
use crate::system::{FigureId, Role, System};

/// Whether a calm state can be reached after a fault; nothing if no fault ever happens.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn calm_behind_fault(
    system: &dyn System,
    graph: &Graph,
    calm: FigureId,
    observer: &mut dyn Observer,
) -> Result<Option<bool>, Interrupted> {
    let mut patience = Patience::new(observer);
    let mut seen = StateSet::with_room(graph.state_count());
    let mut pending: Vec<StateId> = Vec::new();
    let mut visit = |target: StateId, pending: &mut Vec<StateId>| {
        if !seen.contains(target) {
            seen.insert(target);
            pending.push(target);
        }
    };
    let mut any_fault = false;
    for state in graph.states() {
        patience.spend()?;
        for edge in graph.edges(state) {
            let action = graph.action(edge.label);
            if system.facts().actions[action].role == Role::Fault {
                any_fault = true;
                edge.target().into_iter().for_each(|target| visit(target, &mut pending));
            }
        }
    }
    while let Some(state) = pending.pop() {
        patience.spend()?;
        if system.read(calm, &graph.words(state)) == Ok(1) {
            return Ok(Some(true));
        }
        let targets = graph.edges(state).iter().filter_map(|edge| edge.target());
        targets.for_each(|target| visit(target, &mut pending));
    }
    Ok(any_fault.then_some(false))
}

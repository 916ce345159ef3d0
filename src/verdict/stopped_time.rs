//! Where time stops: states from which no tick can be reached.
//!
//! While the tick is enabled it is among the steps, so such states lie where it is not, and only the
//! edges out of states where time waits matter. A tick that breaches is enabled: time does not stop
//! there, the model breaks.

use super::reach::can_reach;
use crate::explore::{Edges, Graph, Interrupted, Observer, Patience};
use crate::trace::Trace;
use crate::trace::rebuild::rebuild;

/// States from which no tick can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedTime {
    /// How many there are.
    pub state_count: usize,
    /// A shortest trace to the first of them.
    pub trace: Trace,
}

/// Whether time stops anywhere.
///
/// # Panics
/// If the graph does not keep the edges where time waits.
pub fn stopped_time(
    graph: &Graph,
    observer: &mut dyn Observer,
) -> Result<Option<StoppedTime>, Interrupted> {
    assert!(graph.edges_kept() >= Edges::WhereTimeWaits, "needs the edges where time waits");
    let mut patience = Patience::new(observer);
    let passes = |state| graph.is_tick_enabled(state);
    let moving = can_reach(graph, &passes, &|state, _| !passes(state), &mut patience)?;
    let first = graph.states().find(|&state| !moving.contains(state));
    Ok(first.map(|state| StoppedTime {
        state_count: graph.state_count() - moving.len(),
        trace: rebuild(graph, state),
    }))
}

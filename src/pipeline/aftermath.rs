//! What can come after one state: small searches for questions that a trace alone cannot answer.

use super::{Operators, Prepared};
use crate::compile::Compiled;
use crate::explore::{Edges, Exploration, Limits, Plan, Silent, explore};
use crate::model::{FigureId, Meter, Values};
use crate::system::{Restricted, Rooted, System};
use crate::verdict::judge::meter_id;
use crate::verdict::safety::first_where;
use crate::verdict::storm::is_endless;

/// The most states that are looked at for one question. By taste: explanations are asked for, and may take
/// a moment.
const STATES_MAX: u64 = 50_000;

/// What can come after a state of a model. Nothing is said where that would take too long, or where a
/// figure cannot be read.
#[derive(Clone, Copy)]
pub(super) struct Aftermath<'a> {
    prepared: &'a Prepared,
    operators: Operators,
}

impl<'a> Aftermath<'a> {
    /// Asks about a model, with operators or without.
    pub(super) fn of(prepared: &'a Prepared, operators: Operators) -> Aftermath<'a> {
        Aftermath { prepared, operators }
    }

    /// Whether no tick can be reached.
    pub(super) fn is_time_stopped(&self, state: &Values) -> Option<bool> {
        let system = self.system(state)?;
        let exploration = explored(&system, Edges::Nowhere);
        let graph = &exploration.graph;
        let moves = graph.states().any(|state| graph.is_tick_enabled(state));
        moves.then_some(false).or_else(|| exploration.exhausted().map(|_| true))
    }

    /// Whether no state in which this holds can be reached without a fault.
    pub(super) fn is_out_of_reach(&self, state: &Values, goal: FigureId) -> Option<bool> {
        let system = Restricted::without_faults(self.system(state)?);
        let exploration = explored(&system, Edges::Nowhere);
        let first = first_where(&system, &exploration, goal, true, &mut Silent).ok()?;
        let is_all = exploration.exhausted().is_some() && first.breach.is_none();
        first.found.map(|_| false).or(is_all.then_some(true))
    }

    /// Whether a loop through a state that counts on a meter is a trap: out of reach of anything healthy;
    /// or, where nobody says what healthy is, of anything that stops counting.
    pub(super) fn is_trap(&self, state: &Values, meter: Meter) -> Option<bool> {
        if let Some(healthy) = self.prepared.model.healthy {
            return self.is_out_of_reach(state, healthy);
        }
        let system = self.system(state)?;
        let exploration = explored(&system, Edges::Everywhere);
        exploration.exhausted()?;
        is_endless(&system, &exploration.graph, meter_id(meter), &mut Silent).ok()
    }

    /// The model from a state on.
    fn system(&self, state: &Values) -> Option<Rooted<Restricted<&'a Compiled>>> {
        let compiled = &self.prepared.compiled;
        let acts = self.operators == Operators::Present;
        let system = Restricted::to(compiled, |_| acts);
        Some(Rooted::at(system, compiled.legend().state(state)?))
    }
}

fn explored(system: &dyn System, edges: Edges) -> Exploration {
    let limits = Limits { states: Some(STATES_MAX), ..Limits::NONE };
    explore(system, &Plan { edges, figures: Vec::new(), limits, workers: 1 }, &mut Silent)
}

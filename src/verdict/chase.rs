//! The search for executions that count for ever: storms with their grades, and loops that are not fair.
//!
//! What counts, and which edges such an execution may take in the end, is up to the claim: a chase is
//! given both, and a region that the execution does not leave from some point on. The way in may lead
//! anywhere.

use super::FigureBreach;
use super::components::Keep;
use super::fairness::{Count, components_on_course, fair_components};
use super::lasso::{Demand, Lasso, Scene, fewest_faults};
use super::net::{Course, Net};
use super::reach::can_reach;
use super::safety::states_where;
use super::way_in::{WayIn, faults_are_dear};
use crate::explore::{Edge, Graph, Interrupted, Patience, StateId, StateSet};
use crate::system::{Facts, FairnessId, FigureId, MeterId, Role, System};
use crate::trace::Trace;

/// A fair lasso that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StormFinding {
    /// The way in, with as few faults as lead to a storm of this grade, and the cycle.
    pub trace: Trace,
    /// How much one turn of the cycle counts.
    pub meter_per_turn: u64,
    /// How many ticks one turn takes; 0 if it takes no time at all.
    pub ticks_per_turn: u64,
    /// The faults on the way in.
    pub faults: u32,
    /// The fewest faults that lead to a storm of any grade.
    pub fewest_faults: u32,
    /// How bad it is.
    pub grade: Grade,
}

/// A cycle that counts and puts something off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopFinding {
    /// The way in and the cycle.
    pub trace: Trace,
    /// How much one turn of the cycle counts.
    pub meter_per_turn: u64,
    /// How many ticks one turn takes.
    pub ticks_per_turn: u64,
    /// An obligation that going round for ever violates.
    pub put_off: FairnessId,
}

/// How bad a storm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// A fair cycle counts.
    Storm,
    /// And no healthy state can be reached from it without a further fault; or, where nobody says what
    /// healthy is, no fair execution without a further fault stops counting.
    Trap,
}

/// What is hunted.
#[derive(Clone, Copy)]
pub(super) struct Chase<'a> {
    pub(super) system: &'a dyn System,
    pub(super) graph: &'a Graph,
    /// The same as a net, which knows who is who.
    pub(super) net: &'a dyn Net,
    /// The edges that an execution may take for ever.
    pub(super) keep: &'a Keep<'a>,
    /// How much each of them counts.
    pub(super) count: &'a Count<'a>,
}

impl<'a> Chase<'a> {
    pub(super) fn facts(&self) -> &'a Facts {
        self.system.facts()
    }

    /// The worst storm in a region. A state in which `healthy` cannot be read is not known not to be
    /// healthy, and the first such state is noted.
    pub(super) fn storm(
        &self,
        region: Vec<StateId>,
        healthy: Option<FigureId>,
        breach: &mut Option<FigureBreach>,
        patience: &mut Patience<'_>,
    ) -> Result<Option<StormFinding>, Interrupted> {
        let storms = self.fair(region, patience)?;
        if storms.is_empty() {
            return Ok(None);
        }
        let curable = match healthy {
            Some(figure) => self.curable(figure, breach, patience)?,
            None => self.stoppable(patience)?,
        };
        let caught = storms.iter().flatten().copied().filter(|&state| !curable.contains(state));
        let traps = self.fair(caught.collect(), patience)?;
        let way_in = WayIn::new(self.graph, self.facts(), faults_are_dear, patience)?;
        let Some(fewest) = fewest_faults(&way_in, &storms) else { return Ok(None) };
        let (grade, worst) =
            if traps.is_empty() { (Grade::Storm, storms) } else { (Grade::Trap, traps) };
        let lasso = self.lasso(&way_in, &worst, Demand::Fair, patience)?;
        Ok(lasso.map(|lasso| StormFinding {
            trace: lasso.trace,
            meter_per_turn: lasso.meter_per_turn,
            ticks_per_turn: lasso.ticks_per_turn,
            faults: lasso.faults,
            fewest_faults: fewest,
            grade,
        }))
    }

    /// A cycle that counts, in a region without storms.
    pub(super) fn unfair_loop(
        &self,
        region: &[StateId],
        patience: &mut Patience<'_>,
    ) -> Result<Option<LoopFinding>, Interrupted> {
        let lasso = self.counting_lasso(region, patience)?;
        Ok(lasso.map(|lasso| LoopFinding {
            trace: lasso.trace,
            meter_per_turn: lasso.meter_per_turn,
            ticks_per_turn: lasso.ticks_per_turn,
            put_off: lasso.put_off.expect("a fair cycle that counts would be a storm"),
        }))
    }

    /// A fair lasso that counts.
    pub(super) fn fair_lasso(
        &self,
        region: Vec<StateId>,
        patience: &mut Patience<'_>,
    ) -> Result<Option<Lasso>, Interrupted> {
        let components = self.fair(region, patience)?;
        self.lasso_in(&components, Demand::Fair, patience)
    }

    /// A lasso that counts, fair or not.
    pub(super) fn counting_lasso(
        &self,
        region: &[StateId],
        patience: &mut Patience<'_>,
    ) -> Result<Option<Lasso>, Interrupted> {
        let components = self.counting(region, patience)?;
        self.lasso_in(&components, Demand::Any, patience)
    }

    /// The fair components of a region that count.
    pub(super) fn fair(
        &self,
        region: Vec<StateId>,
        patience: &mut Patience<'_>,
    ) -> Result<Vec<Vec<StateId>>, Interrupted> {
        let course =
            Course { keep: self.keep, needs: 1, met: &|state, edge| self.counts(state, edge) };
        fair_components(self.net, self.facts(), region, course, patience)
    }

    /// The components of a region with an edge of their own that counts, fair or not.
    pub(super) fn counting(
        &self,
        region: &[StateId],
        patience: &mut Patience<'_>,
    ) -> Result<Vec<Vec<StateId>>, Interrupted> {
        let course =
            Course { keep: self.keep, needs: 1, met: &|state, edge| self.counts(state, edge) };
        components_on_course(self.net, self.facts(), region, course, patience)
    }

    /// What an edge does of the only thing that is needed: to count.
    fn counts(&self, state: StateId, edge: Edge) -> u64 {
        u64::from((self.count)(state, edge) > 0)
    }

    fn lasso_in(
        &self,
        components: &[Vec<StateId>],
        demand: Demand,
        patience: &mut Patience<'_>,
    ) -> Result<Option<Lasso>, Interrupted> {
        if components.is_empty() {
            return Ok(None);
        }
        let way_in = WayIn::new(self.graph, self.facts(), faults_are_dear, patience)?;
        self.lasso(&way_in, components, demand, patience)
    }

    fn lasso(
        &self,
        way_in: &WayIn<'_>,
        components: &[Vec<StateId>],
        demand: Demand,
        patience: &mut Patience<'_>,
    ) -> Result<Option<Lasso>, Interrupted> {
        let course =
            Course { keep: self.keep, needs: 1, met: &|state, edge| self.counts(state, edge) };
        let scene = Scene { net: self.net, facts: self.facts(), way_in, course, demand };
        let cycle = scene.cycle(components, patience)?;
        Ok(cycle.map(|cycle| cycle.lasso(self.graph, way_in, self.count)))
    }

    /// The states from which a healthy state can be reached without a fault, or might be.
    fn curable(
        &self,
        healthy: FigureId,
        breach: &mut Option<FigureBreach>,
        patience: &mut Patience<'_>,
    ) -> Result<StateSet, Interrupted> {
        let found = states_where(self.system, self.graph, healthy, patience)?;
        if breach.is_none() {
            *breach = found.breach;
        }
        let goal = |state| found.states.contains(state) || found.unreadable.contains(state);
        can_reach(self.graph, &goal, &|_, edge| !self.is_fault(edge), patience)
    }

    /// The states from which a fair execution without a fault stops counting, or might.
    pub(super) fn stoppable(&self, patience: &mut Patience<'_>) -> Result<StateSet, Interrupted> {
        let quiet = |state, edge| !self.is_fault(edge) && (self.count)(state, edge) == 0;
        let all = self.graph.states().collect();
        let course = Course { keep: &quiet, needs: 1, met: &|_, _| 1 };
        let ends = fair_components(self.net, self.facts(), all, course, patience)?;
        let ends: StateSet = ends.into_iter().flatten().collect();
        can_reach(self.graph, &|state| ends.contains(state), &|_, e| !self.is_fault(e), patience)
    }

    fn is_fault(&self, edge: Edge) -> bool {
        self.facts().actions[self.graph.action(edge.label)].role == Role::Fault
    }
}

/// The states in which a claim's p holds, all of them if it has none, and the first in which it cannot be
/// read.
pub(super) fn region(
    system: &dyn System,
    graph: &Graph,
    figure: Option<FigureId>,
    patience: &mut Patience<'_>,
) -> Result<(StateSet, Option<FigureBreach>), Interrupted> {
    match figure {
        None => Ok((graph.states().collect(), None)),
        Some(figure) => {
            let found = states_where(system, graph, figure, patience)?;
            Ok((found.states, found.breach))
        }
    }
}

/// By label: how much it counts on a meter.
pub(super) fn counts_by_label(graph: &Graph, meter: MeterId) -> Vec<u64> {
    graph.labels().map(|label| graph.count(label, meter)).collect()
}

/// Every edge may be taken for ever.
pub(super) fn every_edge(_: StateId, _: Edge) -> bool {
    true
}

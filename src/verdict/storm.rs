//! Failures that keep themselves alive: `finite m when p`, its grades, and a lasso that shows it.
//!
//! The claim fails if a fair execution, from some point on in p-states only, counts m again and again:
//! if a fair component of the p-states has an edge of its own that counts m. Both ends of every edge of
//! the cycle lie where p holds; the way in may lead anywhere.
//!
//! Three things are said beside the verdict. A *loop*: only cycles that put off something owed count m,
//! so the claim holds, but no bound follows. A *trap*: the cycle lies where no healthy state can be
//! reached without a further fault. A storm *beyond the region*: where p does not stay true a fair
//! execution counts m for ever, which the claim does not see.

use super::FigureBreach;
use super::components::Components;
use super::fairness::fair_components;
use super::lasso::{Demand, Lasso, Scene, fewest_faults};
use super::reach::can_reach;
use super::safety::states_where;
use super::way_in::WayIn;
use crate::base::Id;
use crate::explore::{
    Edge, Edges, Graph, Interrupted, LabelId, Observer, Patience, StateId, StateSet,
};
use crate::system::{FairnessId, FigureId, MeterId, Role, System};
use crate::trace::Trace;

/// What is asked: whether a meter counts without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StormQuestion {
    /// The meter.
    pub meter: MeterId,
    /// The p of the claim; every state, if none is given.
    pub region: Option<FigureId>,
    /// What recovering means; without it no storm is a trap.
    pub healthy: Option<FigureId>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StormAnswer {
    /// A storm: the claim fails.
    pub storm: Option<StormFinding>,
    /// There is no storm, but cycles that are not fair count.
    pub unfair_loop: Option<LoopFinding>,
    /// There is no storm in the region, but one that does not stay in it.
    pub beyond_region: Option<StormFinding>,
    /// Where `region` or `healthy` cannot be read. Such a state is outside the region, and is not known
    /// not to be healthy.
    pub breach: Option<FigureBreach>,
}

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
    /// And no healthy state can be reached from it without a further fault.
    Trap,
}

/// Looks for storms.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn storm(
    system: &dyn System,
    graph: &Graph,
    question: StormQuestion,
    observer: &mut dyn Observer,
) -> Result<StormAnswer, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "storms need all edges");
    let mut chase = Chase {
        system,
        graph,
        question,
        counting: graph.labels().map(|label| graph.count(label, question.meter) > 0).collect(),
        breach: None,
        patience: Patience::new(observer),
    };
    let region = chase.region()?;
    let storm = chase.storm(&region)?;
    let unfair_loop = if storm.is_none() { chase.unfair_loop(&region)? } else { None };
    let beyond_region = match (&storm, question.region) {
        (None, Some(_)) => chase.storm(&graph.states().collect::<Vec<_>>())?,
        _ => None,
    };
    Ok(StormAnswer { storm, unfair_loop, beyond_region, breach: chase.breach })
}

/// A search for storms under way.
struct Chase<'a> {
    system: &'a dyn System,
    graph: &'a Graph,
    question: StormQuestion,
    /// By label: whether it counts.
    counting: Vec<bool>,
    breach: Option<FigureBreach>,
    patience: Patience<'a>,
}

impl Chase<'_> {
    fn region(&mut self) -> Result<Vec<StateId>, Interrupted> {
        let Some(figure) = self.question.region else { return Ok(self.graph.states().collect()) };
        let found = states_where(self.system, self.graph, figure, &mut self.patience)?;
        self.breach = found.breach;
        Ok(found.states.iter().collect())
    }

    /// The worst storm in a region.
    fn storm(&mut self, region: &[StateId]) -> Result<Option<StormFinding>, Interrupted> {
        let storms = self.fair(region.to_vec())?;
        if storms.is_empty() {
            return Ok(None);
        }
        let traps = self.traps(&storms)?;
        let way_in = WayIn::new(self.graph, self.system.facts(), &mut self.patience)?;
        let Some(fewest) = fewest_faults(&way_in, &storms) else { return Ok(None) };
        let (grade, worst) =
            if traps.is_empty() { (Grade::Storm, storms) } else { (Grade::Trap, traps) };
        let lasso = self.lasso(&way_in, &worst, Demand::Fair)?;
        Ok(lasso.map(|lasso| StormFinding {
            trace: lasso.trace,
            meter_per_turn: lasso.meter_per_turn,
            ticks_per_turn: lasso.ticks_per_turn,
            faults: lasso.faults,
            fewest_faults: fewest,
            grade,
        }))
    }

    /// The fair components of a region that count.
    fn fair(&mut self, region: Vec<StateId>) -> Result<Vec<Vec<StateId>>, Interrupted> {
        let counts = |label: LabelId| self.counting[label.index()];
        fair_components(self.graph, self.system.facts(), region, &counts, &mut self.patience)
    }

    /// The fair components inside storms from which no healthy state can be reached.
    fn traps(&mut self, storms: &[Vec<StateId>]) -> Result<Vec<Vec<StateId>>, Interrupted> {
        let Some(figure) = self.question.healthy else { return Ok(Vec::new()) };
        let curable = self.curable(figure)?;
        let states = storms.iter().flatten().copied();
        self.fair(states.filter(|&state| !curable.contains(state)).collect())
    }

    /// The states from which a healthy state can be reached without a fault, or might be.
    fn curable(&mut self, healthy: FigureId) -> Result<StateSet, Interrupted> {
        let found = states_where(self.system, self.graph, healthy, &mut self.patience)?;
        if self.breach.is_none() {
            self.breach = found.breach;
        }
        let goal = |state| found.states.contains(state) || found.unreadable.contains(state);
        let actions = &self.system.facts().actions;
        let keep = |_, edge: Edge| actions[self.graph.action(edge.label)].role != Role::Fault;
        can_reach(self.graph, &goal, &keep, &mut self.patience)
    }

    /// A cycle that counts, in a region without storms.
    fn unfair_loop(&mut self, region: &[StateId]) -> Result<Option<LoopFinding>, Interrupted> {
        let components = self.counting_components(region)?;
        if components.is_empty() {
            return Ok(None);
        }
        let way_in = WayIn::new(self.graph, self.system.facts(), &mut self.patience)?;
        let lasso = self.lasso(&way_in, &components, Demand::Counting)?;
        Ok(lasso.map(|lasso| LoopFinding {
            trace: lasso.trace,
            meter_per_turn: lasso.meter_per_turn,
            ticks_per_turn: lasso.ticks_per_turn,
            put_off: lasso.put_off.expect("a fair cycle that counts would be a storm"),
        }))
    }

    /// The components of a region with an edge of their own that counts, fair or not.
    fn counting_components(
        &mut self,
        region: &[StateId],
    ) -> Result<Vec<Vec<StateId>>, Interrupted> {
        let mut counting = Vec::new();
        let mut finder = Components::new(self.graph);
        finder.search(region, &|_, _| true, &mut self.patience, &mut |component| {
            let mut component = component.to_vec();
            component.sort_unstable();
            let counts = |edge: &Edge| {
                let inside = |target| component.binary_search(&target).is_ok();
                self.counting[edge.label.index()] && edge.target().is_some_and(inside)
            };
            if component.iter().any(|&state| self.graph.edges(state).iter().any(counts)) {
                counting.push(component);
            }
        })?;
        Ok(counting)
    }

    fn lasso(
        &mut self,
        way_in: &WayIn<'_>,
        components: &[Vec<StateId>],
        demand: Demand,
    ) -> Result<Option<Lasso>, Interrupted> {
        let (graph, facts, meter) = (self.graph, self.system.facts(), self.question.meter);
        Scene { graph, facts, way_in, meter, demand }.lasso(components, &mut self.patience)
    }
}

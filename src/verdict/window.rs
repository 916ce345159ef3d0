//! The most that is counted in a stretch of an execution: `total m within n ticks`.
//!
//! A stretch is a run of consecutive steps of which at most n are ticks; it may begin anywhere, and ends
//! anywhere before the tick too many. There is always a most, unless a loop without a tick counts: going
//! round it takes no time, so a stretch has room for as many turns as one likes, whether or not they put
//! something off. Otherwise the steps that take no time form no counting cycle, and the most with k
//! ticks is found from that with k - 1 by one sweep over their components.
//!
//! Cost: time and 8 bytes a component, both times the ticks, or fewer if more ticks change nothing.

use std::collections::HashSet;

use super::FigureBreach;
use super::bound::{Most, Total, endless};
use super::chase::Chase;
use super::components::Condensation;
use crate::explore::{Edge, Interrupted, Patience, StateId};
use crate::system::{ActionId, FigureId};
use crate::trace::rebuild::rebuild;

/// The most that is counted within a number of ticks; the chase keeps only edges that take no time.
pub(super) fn window(
    chase: &Chase<'_>,
    ticks: u64,
    healthy: Option<FigureId>,
    breach: &mut Option<FigureBreach>,
    patience: &mut Patience<'_>,
) -> Result<Total, Interrupted> {
    if let Some(total) = endless(chase, healthy, breach, patience)? {
        return Ok(total);
    }
    let layers = Layers::new(chase, ticks, patience)?;
    Ok(Total::Exactly(layers.way_down(ticks, patience)?))
}

/// By ticks left, then by state: the most that can be counted. The last list serves for more ticks, if
/// there are not as many as there can be ticks left.
pub(super) fn still_to_count(
    chase: &Chase<'_>,
    ticks: u64,
    patience: &mut Patience<'_>,
) -> Result<Vec<Vec<u64>>, Interrupted> {
    let layers = Layers::new(chase, ticks, patience)?;
    let of_states = |heights: &Vec<u64>| {
        let height = |state| heights[layers.condensation.component_of(state)];
        chase.graph.states().map(height).collect()
    };
    Ok(layers.heights.iter().map(of_states).collect())
}

/// What can be counted, by ticks left.
struct Layers<'a> {
    chase: &'a Chase<'a>,
    /// Of the edges that take no time.
    condensation: Condensation,
    /// By ticks left, then by component: the most that can be counted. If there are fewer than the
    /// ticks of the window, more ticks than the last has do not change it.
    heights: Vec<Vec<u64>>,
}

/// A place in a stretch: a state, and the ticks that are left.
type Place = (StateId, u64);

impl<'a> Layers<'a> {
    fn new(
        chase: &'a Chase<'a>,
        ticks: u64,
        patience: &mut Patience<'_>,
    ) -> Result<Layers<'a>, Interrupted> {
        let condensation = Condensation::new(chase.graph, chase.keep, patience)?;
        let mut layers = Layers { chase, condensation, heights: Vec::new() };
        layers.climb(ticks, patience)?;
        Ok(layers)
    }

    fn climb(&mut self, ticks: u64, patience: &mut Patience<'_>) -> Result<(), Interrupted> {
        for left in 0..=ticks {
            let heights = self.layer(patience)?;
            if self.heights.last() == Some(&heights) {
                break;
            }
            assert_eq!(self.heights.len() as u64, left, "one layer a tick");
            self.heights.push(heights);
        }
        Ok(())
    }

    /// The layer above those that are known.
    fn layer(&self, patience: &mut Patience<'_>) -> Result<Vec<u64>, Interrupted> {
        let mut heights = Vec::new();
        for component in self.condensation.components() {
            let mut highest = 0;
            for &state in component {
                patience.spend()?;
                for &edge in self.chase.graph.edges(state) {
                    let Some(target) = edge.target() else { continue };
                    let below = self.condensation.component_of(target);
                    let after = match self.is_tick(edge) {
                        true => self.heights.last().map(|after| after[below]),
                        // Within a component nothing counts, and nothing is gained.
                        false => Some(heights.get(below).copied().unwrap_or(0)),
                    };
                    let counted = (self.chase.count)(state, edge);
                    highest =
                        after.map_or(highest, |after| highest.max(counted.saturating_add(after)));
                }
            }
            heights.push(highest);
        }
        Ok(heights)
    }

    fn is_tick(&self, edge: Edge) -> bool {
        self.chase.graph.action(edge.label) == ActionId::TICK
    }

    fn height(&self, (state, left): Place) -> u64 {
        let last = self.heights.len() - 1;
        let layer = usize::try_from(left).map_or(last, |left| left.min(last));
        self.heights[layer][self.condensation.component_of(state)]
    }

    /// From the first state from which most is counted, a shortest stretch that counts as much.
    fn way_down(&self, ticks: u64, patience: &mut Patience<'_>) -> Result<Most, Interrupted> {
        let graph = self.chase.graph;
        let count = graph.states().map(|state| self.height((state, ticks))).max().unwrap_or(0);
        let first = graph.states().find(|&state| self.height((state, ticks)) == count);
        let Some(first) = first.filter(|_| count > 0) else { return Ok(Most::NOTHING) };
        let mut trace = rebuild(self.chase.system, graph, first);
        let counts_from = trace.actions.len() as u32;
        trace.actions.extend(self.stretch((first, ticks), patience)?);
        Ok(Most { count, trace: Some(trace), counts_from })
    }

    /// A shortest way over tight edges to where nothing more is counted.
    fn stretch(
        &self,
        first: Place,
        patience: &mut Patience<'_>,
    ) -> Result<Vec<ActionId>, Interrupted> {
        let mut places = vec![(first, None)];
        let mut seen = HashSet::from([first]);
        let mut next = 0;
        while let Some(&(place, parent)) = places.get(next) {
            patience.spend()?;
            if self.height(place) == 0 {
                return Ok(actions_to(parent, &places));
            }
            for &edge in self.chase.graph.edges(place.0) {
                let Some(target) = self.after(place, edge) else { continue };
                let counted = (self.chase.count)(place.0, edge);
                let is_tight = counted.saturating_add(self.height(target)) == self.height(place);
                if is_tight && seen.insert(target) {
                    places.push((target, Some((next, self.chase.graph.action(edge.label)))));
                }
            }
            next += 1;
        }
        unreachable!("what can be counted can be counted on some way")
    }

    fn after(&self, (_, left): Place, edge: Edge) -> Option<Place> {
        let left = if self.is_tick(edge) { left.checked_sub(1)? } else { left };
        edge.target().map(|target| (target, left))
    }
}

/// How a place was reached: the number of the one before it, and the action from there.
type Parent = Option<(usize, ActionId)>;

fn actions_to(mut parent: Parent, places: &[(Place, Parent)]) -> Vec<ActionId> {
    let mut actions = Vec::new();
    while let Some((before, action)) = parent {
        actions.push(action);
        parent = places[before].1;
    }
    actions.reverse();
    actions
}

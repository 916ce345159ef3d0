//! Takes a region apart into the levels of a certificate, as the search for fair components does.
//!
//! Components come out after those that they lead to, so the numbers of their states do not rise along
//! an edge. Of each one in which no fair execution stays on its course it is written down why. What
//! remains of those that strong obligations make an execution leave is the region of the next level.

use super::components::Components;
use super::fairness::{Judge, Judgement, sorted};
use super::net::{Course, Net};
use crate::base::Id;
use crate::certificate::{Level, Reason};
use crate::explore::{Interrupted, Patience, StateId, StateSet};
use crate::system::Facts;

/// Which executions are not to stay anywhere.
pub(super) struct Order<'a> {
    pub(super) net: &'a dyn Net,
    pub(super) facts: &'a Facts,
    pub(super) course: Course<'a>,
    /// What is said of a component whose edges lack some of what the course needs.
    pub(super) lacks: &'a dyn Fn(u64) -> Option<Reason>,
}

/// A level, and the components in which a fair execution can stay, by number. Their states ascend.
pub(super) struct Sorted {
    pub(super) level: Level,
    pub(super) fair: Vec<(u32, Vec<StateId>)>,
}

impl Order<'_> {
    /// The levels of a region; the numbers are in its order.
    pub(super) fn levels(
        &self,
        mut region: Vec<StateId>,
        patience: &mut Patience<'_>,
    ) -> Result<Vec<Sorted>, Interrupted> {
        let mut finder = Components::new(self.net);
        let mut judge = Judge::new(self.net, self.facts, self.course);
        let mut number_of = vec![0; self.net.state_count()];
        let mut levels = Vec::new();
        while !region.is_empty() {
            let mut level = Level::default();
            let (mut number, mut fair) = (0, Vec::new());
            let mut left = StateSet::with_room(self.net.state_count());
            finder.search(&region, self.course.keep, patience, &mut |component| {
                component.iter().for_each(|state| number_of[state.index()] = number);
                let reason = match judge.judge(component) {
                    Judgement::Quiet(missing) => (self.lacks)(missing),
                    Judgement::Fair => {
                        fair.push((number, sorted(component)));
                        None
                    }
                    Judgement::Unfair(weak) => Some(Reason::Weak(weak)),
                    Judgement::Perhaps(strong, rest) => {
                        rest.into_iter().for_each(|state| left.insert(state));
                        Some(Reason::Strong(strong))
                    }
                };
                level.reasons.extend(reason.map(|reason| (number, reason)));
                number += 1;
            })?;
            level.numbers = region.iter().map(|state| number_of[state.index()]).collect();
            levels.push(Sorted { level, fair });
            region.retain(|&state| left.contains(state));
        }
        Ok(levels)
    }
}

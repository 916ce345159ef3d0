//! What the engine is compared with: definitions, spelled out by brute force over tiny systems.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use squall::explore::{Exploration, StateId};
use squall::system::{
    Arrow, FairnessId, FigureId, HandDrawn, MeterId, Role, Strength, System, Word,
};
use squall::trace::Trace;

/// The distance of each reachable state from the given starts.
pub fn distances(system: &dyn System, starts: &[Vec<Word>]) -> BTreeMap<Vec<Word>, usize> {
    let mut distances: BTreeMap<Vec<Word>, usize> =
        starts.iter().map(|start| (start.clone(), 0)).collect();
    let mut queue: VecDeque<Vec<Word>> = starts.to_vec().into();
    while let Some(state) = queue.pop_front() {
        let distance = distances[&state] + 1;
        system.steps(&state, &mut |step| {
            if let Ok(next) = step.next
                && !distances.contains_key(next)
            {
                distances.insert(next.to_vec(), distance);
                queue.push_back(next.to_vec());
            }
        });
    }
    distances
}

/// A hand-drawn system with its reachable states.
pub struct Textbook<'a> {
    pub system: &'a HandDrawn,
    pub states: Vec<Word>,
    starts: Vec<Word>,
}

impl<'a> Textbook<'a> {
    pub fn new(system: &'a HandDrawn, exploration: &Exploration) -> Textbook<'a> {
        let graph = &exploration.graph;
        let number = |state: StateId| graph.words(state)[0];
        let states = graph.states().map(number).collect();
        let starts = graph.states().take(graph.start_count()).map(number).collect();
        Textbook { system, states, starts }
    }

    pub fn holds(&self, predicate: FigureId, state: Word) -> bool {
        self.system.read(predicate, &[state]) == Ok(1)
    }

    pub fn role(&self, arrow: &Arrow) -> Role {
        self.system.facts().actions[arrow.action].role
    }

    /// The fewest faults on the way to each state, by relaxing until nothing changes.
    pub fn faults(&self) -> BTreeMap<Word, u32> {
        let mut faults: BTreeMap<Word, u32> = self.starts.iter().map(|&s| (s, 0)).collect();
        loop {
            let before = faults.clone();
            for &state in &self.states {
                let Some(&so_far) = faults.get(&state) else { continue };
                for arrow in self.system.arrows(state) {
                    let Ok(next) = arrow.next else { continue };
                    let cost = so_far + u32::from(self.role(arrow) == Role::Fault);
                    let known = faults.entry(next).or_insert(cost);
                    *known = cost.min(*known);
                }
            }
            if faults == before {
                return faults;
            }
        }
    }

    /// The states from which a goal can be reached over wanted arrows, by a fixpoint.
    pub fn can_reach(
        &self,
        goal: impl Fn(Word) -> bool,
        is_wanted: impl Fn(&Arrow) -> bool,
    ) -> BTreeSet<Word> {
        let mut reaching: BTreeSet<Word> =
            self.states.iter().copied().filter(|&state| goal(state)).collect();
        loop {
            let leads_on = |state: &&Word| {
                let mut arrows = self.system.arrows(**state).iter();
                arrows.any(|a| is_wanted(a) && a.next.is_ok_and(|next| reaching.contains(&next)))
            };
            let more: Vec<Word> = self.states.iter().filter(leads_on).copied().collect();
            let before = reaching.len();
            reaching.extend(more);
            if reaching.len() == before {
                return reaching;
            }
        }
    }

    /// Every set of allowed states that an execution can visit for ever: the sets that are strongly
    /// connected by their own arrows, of which there is one at least.
    pub fn visited_sets(&self, allowed: &BTreeSet<Word>) -> Vec<BTreeSet<Word>> {
        let allowed: Vec<Word> = allowed.iter().copied().collect();
        let subsets = 1..1_usize << allowed.len();
        let subset = |bits: usize| -> BTreeSet<Word> {
            let chosen = allowed.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
            chosen.map(|(_, &state)| state).collect()
        };
        let goes_on = |set: &BTreeSet<Word>| self.inside(set).next().is_some();
        subsets.map(subset).filter(|set| goes_on(set) && self.is_connected(set)).collect()
    }

    /// Those of them in which it counts for ever.
    pub fn counting_sets(&self, allowed: &BTreeSet<Word>, meter: MeterId) -> Vec<BTreeSet<Word>> {
        let counts = |set: &BTreeSet<Word>| {
            self.inside(set).any(|(_, arrow)| arrow.counts[meter.0 as usize] > 0)
        };
        self.visited_sets(allowed).into_iter().filter(counts).collect()
    }

    fn inside<'s>(&'s self, set: &'s BTreeSet<Word>) -> impl Iterator<Item = (Word, &'s Arrow)> {
        let arrows = set.iter().flat_map(|&state| self.arrows_from(state));
        arrows.filter(|(_, arrow)| arrow.next.is_ok_and(|next| set.contains(&next)))
    }

    fn arrows_from(&self, state: Word) -> impl Iterator<Item = (Word, &Arrow)> {
        self.system.arrows(state).iter().map(move |arrow| (state, arrow))
    }

    /// Whether each state of the set is reached from each other without leaving it.
    fn is_connected(&self, set: &BTreeSet<Word>) -> bool {
        set.iter().all(|&from| {
            let mut reached = BTreeSet::from([from]);
            for _ in set {
                let more: Vec<Word> = self
                    .inside(set)
                    .filter(|(state, _)| reached.contains(state))
                    .filter_map(|(_, arrow)| arrow.next.ok())
                    .collect();
                reached.extend(more);
            }
            reached == *set
        })
    }

    /// Whether visiting all of a set for ever, by all of its arrows, is fair.
    pub fn is_fair_set(&self, set: &BTreeSet<Word>) -> bool {
        let taken = self.inside(set).flat_map(|(_, arrow)| self.obligations(arrow)).collect();
        self.is_fair(set.iter().copied().collect(), &taken)
    }

    /// The definition: of what is visited and taken for ever.
    pub fn is_fair(&self, visited: Vec<Word>, taken: &BTreeSet<FairnessId>) -> bool {
        let facts = self.system.facts();
        facts.fairness.iter_with_ids().all(|(id, fairness)| {
            let is_enabled = |&state: &Word| {
                self.system.arrows(state).iter().any(|arrow| self.obligations(arrow).contains(&id))
            };
            let is_owed = match fairness.strength {
                Strength::Weak => visited.iter().all(is_enabled),
                Strength::Strong => visited.iter().any(is_enabled),
            };
            !is_owed || taken.contains(&id)
        })
    }

    pub fn obligations(&self, arrow: &Arrow) -> Vec<FairnessId> {
        self.system.facts().actions[arrow.action].obligations.clone()
    }

    /// Walks a lasso: the arrows of the way in, and those of the cycle with the states they leave.
    pub fn walk(&self, trace: &Trace) -> (Vec<Arrow>, Vec<(Word, Arrow)>) {
        let repeats_from = trace.repeats_from.expect("a lasso repeats") as usize;
        let mut state = trace.start[0];
        assert!(self.starts.contains(&state), "a lasso begins in a start");
        let mut walked = Vec::new();
        for action in &trace.actions {
            let mut arrows = self.system.arrows(state).iter();
            let arrow = arrows.find(|arrow| arrow.action == *action).expect("a step exists");
            walked.push((state, arrow.clone()));
            state = arrow.next.expect("a lasso does not breach");
        }
        let cycle = walked.split_off(repeats_from);
        assert_eq!(Some(state), cycle.first().map(|(state, _)| *state), "a lasso closes");
        (walked.into_iter().map(|(_, arrow)| arrow).collect(), cycle)
    }
}

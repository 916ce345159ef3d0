//! What the engine is compared with: definitions, spelled out by brute force over small systems.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;

use squall::base::Id;
use squall::system::{
    ActionId, Arrow, FairnessId, FigureId, HandDrawn, Role, Start, Strength, System, Word,
};
use squall::trace::Trace;
use squall::verdict::storm::{Grade, LoopFinding, StormFinding};

use super::peeling::{Ground, Owed, Stride};

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

/// Which arrows an execution takes for ever, and what they count.
pub struct Course<'a> {
    pub keep: &'a dyn Fn(Word, &Arrow) -> bool,
    pub count: &'a dyn Fn(Word, &Arrow) -> u64,
}

/// What the definitions say of storms.
pub struct Expected {
    /// The fewest faults to a storm, and to a trap.
    pub storm: Option<u32>,
    pub trap: Option<u32>,
    pub is_counted: bool,
}

/// What a lasso amounts to.
pub struct Lap {
    pub faults: u32,
    pub counted: u64,
    pub ticks: u64,
    pub is_fair: bool,
    pub taken: BTreeSet<FairnessId>,
}

/// All sets of these states, but the empty one.
pub fn subsets(states: &BTreeSet<Word>) -> impl Iterator<Item = BTreeSet<Word>> {
    let states: Vec<Word> = states.iter().copied().collect();
    (1..1_usize << states.len()).map(move |bits| {
        let chosen = states.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
        chosen.map(|(_, &state)| state).collect()
    })
}

/// Whether arrows lead from each state of a set to each, in one step or more.
pub fn is_strong(set: &BTreeSet<Word>, arrows: &[(Word, &Arrow)]) -> bool {
    set.iter().all(|&from| {
        let mut reached = BTreeSet::new();
        for _ in 0..=set.len() {
            let known = |state: &Word| *state == from || reached.contains(state);
            let next = arrows.iter().filter(|(state, _)| known(state));
            let more: Vec<Word> = next.filter_map(|(_, arrow)| arrow.next.ok()).collect();
            reached.extend(more);
        }
        reached == *set
    })
}

/// Of more states than this not every set is tried.
const FEW: usize = 7;

/// A hand-drawn system with its reachable states, the nearest first.
pub struct Textbook<'a> {
    pub system: &'a HandDrawn,
    pub states: Vec<Word>,
    pub starts: Vec<Word>,
    /// How far each state is from a start.
    pub depths: BTreeMap<Word, usize>,
}

impl<'a> Textbook<'a> {
    pub fn new(system: &'a HandDrawn) -> Textbook<'a> {
        let mut starts: Vec<Vec<Word>> = Vec::new();
        system.initial(&mut |start| {
            if let Start::State(state) = start
                && !starts.iter().any(|known| known == state)
            {
                starts.push(state.to_vec());
            }
            ControlFlow::Continue(())
        });
        let depths = distances(system, &starts).into_iter().map(|(state, far)| (state[0], far));
        let depths: BTreeMap<Word, usize> = depths.collect();
        let mut states: Vec<Word> = depths.keys().copied().collect();
        states.sort_by_key(|state| depths[state]);
        let starts = starts.into_iter().map(|start| start[0]).collect();
        Textbook { system, states, starts, depths }
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

    /// Every set of allowed states that an execution can visit for ever, by wanted arrows, while it
    /// counts: the sets that are strongly connected by such arrows of their own, one of which counts.
    pub fn counting_sets(
        &self,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
    ) -> Vec<BTreeSet<Word>> {
        let counts = |set: &BTreeSet<Word>| {
            self.inside(set, course).any(|(state, arrow)| (course.count)(state, arrow) > 0)
        };
        let sets = subsets(allowed).filter(|set| counts(set));
        sets.filter(|set| self.is_connected(set, course)).collect()
    }

    /// Those of them that are fair; all of them, or where the states are many, the largest.
    pub fn fair_sets(&self, allowed: &BTreeSet<Word>, course: &Course<'_>) -> Vec<BTreeSet<Word>> {
        match allowed.len() <= FEW {
            true => self.every_fair_set(allowed, course),
            false => self.largest_fair_sets(allowed, course),
        }
    }

    /// The definition.
    pub fn every_fair_set(
        &self,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
    ) -> Vec<BTreeSet<Word>> {
        let sets = self.counting_sets(allowed, course).into_iter();
        sets.filter(|set| self.is_fair_set(set, course)).collect()
    }

    /// The largest of the fair sets.
    pub fn largest_fair_sets(
        &self,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
    ) -> Vec<BTreeSet<Word>> {
        self.sets_of(&self.ground(course).fair_sets(&self.places_of(allowed)))
    }

    /// Whether an execution can count for ever, by steps between these states, fair or not.
    pub fn is_counted(&self, allowed: &BTreeSet<Word>, course: &Course<'_>) -> bool {
        match allowed.len() <= FEW {
            true => !self.counting_sets(allowed, course).is_empty(),
            false => self.is_counted_in_many(allowed, course),
        }
    }

    /// The same without trying every set.
    pub fn is_counted_in_many(&self, allowed: &BTreeSet<Word>, course: &Course<'_>) -> bool {
        !self.counting_parts(allowed, course).is_empty()
    }

    /// The largest sets that an execution can visit for ever while it counts, fair or not.
    pub fn counting_parts(
        &self,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
    ) -> Vec<BTreeSet<Word>> {
        let mut ground = self.ground(course);
        let counting = ground.owed.len() - 1;
        ground.owed[..counting].iter_mut().for_each(|owed| owed.enabled.fill(false));
        self.sets_of(&ground.fair_sets(&self.places_of(allowed)))
    }

    /// The places are the numbers of the states, and the steps the wanted arrows. What is owed last is
    /// that something counts.
    fn ground(&self, course: &Course<'_>) -> Ground {
        let mut owed = self.owed();
        let counting = owed.len();
        owed.push(Owed { strength: Strength::Weak, enabled: vec![true; self.states.len()] });
        let stride = |(state, arrow): (Word, &Arrow)| {
            let next = self.place_of(arrow.next.ok()?);
            let mut meets = self.meets(arrow);
            meets.extend(((course.count)(state, arrow) > 0).then_some(counting));
            (course.keep)(state, arrow).then_some(Stride { next, meets })
        };
        let steps = |&state: &Word| self.arrows_from(state).filter_map(stride).collect();
        Ground { steps: self.states.iter().map(steps).collect(), owed }
    }

    /// All obligations, by their numbers, on the numbers of the states.
    pub fn owed(&self) -> Vec<Owed> {
        let facts = self.system.facts();
        let owed = facts.fairness.iter_with_ids().map(|(id, fairness)| {
            let is_enabled = |&state: &Word| self.is_enabled(id, state);
            let enabled = self.states.iter().map(is_enabled).collect();
            Owed { strength: fairness.strength, enabled }
        });
        owed.collect()
    }

    /// The numbers of the obligations that an arrow discharges.
    pub fn meets(&self, arrow: &Arrow) -> Vec<usize> {
        self.obligations(arrow).iter().map(|id| id.index()).collect()
    }

    pub fn place_of(&self, state: Word) -> usize {
        self.states.iter().position(|&other| other == state).expect("it is reached")
    }

    fn places_of(&self, states: &BTreeSet<Word>) -> Vec<usize> {
        states.iter().map(|&state| self.place_of(state)).collect()
    }

    fn sets_of(&self, found: &[Vec<usize>]) -> Vec<BTreeSet<Word>> {
        let set = |places: &Vec<usize>| places.iter().map(|&place| self.states[place]).collect();
        found.iter().map(set).collect()
    }

    pub fn inside<'s>(
        &'s self,
        set: &'s BTreeSet<Word>,
        course: &'s Course<'_>,
    ) -> impl Iterator<Item = (Word, &'s Arrow)> {
        let arrows = set.iter().flat_map(|&state| self.arrows_from(state));
        let arrows = arrows.filter(|(state, arrow)| (course.keep)(*state, arrow));
        arrows.filter(|(_, arrow)| arrow.next.is_ok_and(|next| set.contains(&next)))
    }

    pub fn arrows_from(&self, state: Word) -> impl Iterator<Item = (Word, &Arrow)> {
        self.system.arrows(state).iter().map(move |arrow| (state, arrow))
    }

    /// Whether each state of the set is reached from each other without leaving it.
    fn is_connected(&self, set: &BTreeSet<Word>, course: &Course<'_>) -> bool {
        set.iter().all(|&from| {
            let mut reached = BTreeSet::from([from]);
            for _ in set {
                let more: Vec<Word> = self
                    .inside(set, course)
                    .filter(|(state, _)| reached.contains(state))
                    .filter_map(|(_, arrow)| arrow.next.ok())
                    .collect();
                reached.extend(more);
            }
            reached == *set
        })
    }

    /// Whether visiting all of a set for ever, by all of its wanted arrows, is fair.
    fn is_fair_set(&self, set: &BTreeSet<Word>, course: &Course<'_>) -> bool {
        let taken = self.inside(set, course).flat_map(|(_, arrow)| self.obligations(arrow));
        let taken = taken.copied();
        self.is_fair(set.iter().copied().collect(), &taken.collect())
    }

    /// What the definitions say of executions that count and stay in allowed states. A trap has no
    /// state in common with the curable ones.
    pub fn expected(
        &self,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
        curable: &BTreeSet<Word>,
    ) -> Expected {
        let faults = self.faults();
        let cheapest = |set: &BTreeSet<Word>| set.iter().map(|state| faults[state]).min();
        let hopeless: BTreeSet<Word> = allowed.difference(curable).copied().collect();
        let fewest = |states| self.fair_sets(states, course).iter().filter_map(cheapest).min();
        let storm = fewest(allowed);
        Expected { storm, trap: fewest(&hopeless), is_counted: self.is_counted(allowed, course) }
    }

    /// The states from which a healthy one, or one that cannot be read, is reached without a fault.
    pub fn curable(&self, healthy: FigureId) -> BTreeSet<Word> {
        let goal = |state| self.system.read(healthy, &[state]) != Ok(0);
        self.can_reach(goal, |arrow| self.role(arrow) != Role::Fault)
    }

    /// The states from which a fair execution without a fault stops counting.
    pub fn stoppable(&self, course: &Course<'_>) -> BTreeSet<Word> {
        let is_calm = |arrow: &Arrow| self.role(arrow) != Role::Fault;
        let keep = |state, arrow: &Arrow| is_calm(arrow) && (course.count)(state, arrow) == 0;
        let quiet = self.fair_sets(&self.all(), &Course { keep: &keep, count: &|_, _| 1 });
        let quiet: BTreeSet<Word> = quiet.into_iter().flatten().collect();
        self.can_reach(|state| quiet.contains(&state), is_calm)
    }

    /// All reachable states.
    pub fn all(&self) -> BTreeSet<Word> {
        self.states.iter().copied().collect()
    }

    /// The reachable states in which a predicate holds.
    pub fn all_where(&self, predicate: FigureId) -> BTreeSet<Word> {
        self.states.iter().copied().filter(|&state| self.holds(predicate, state)).collect()
    }

    /// Walks a trace that does not repeat: its steps with the states they leave, and where it ends.
    pub fn walk_path(&self, trace: &Trace) -> (Vec<(Word, Arrow)>, Word) {
        assert!(self.starts.contains(&trace.start[0]), "a trace begins in a start");
        self.walk_from(trace.start[0], &trace.actions)
    }

    /// Walks some actions: the steps with the states they leave, and where they end.
    pub fn walk_from(&self, mut state: Word, actions: &[ActionId]) -> (Vec<(Word, Arrow)>, Word) {
        let mut walked = Vec::new();
        for action in actions {
            let mut arrows = self.system.arrows(state).iter();
            let arrow = arrows.find(|arrow| arrow.action == *action).expect("a step exists");
            walked.push((state, arrow.clone()));
            state = arrow.next.expect("a trace does not breach");
        }
        (walked, state)
    }

    /// Checks a lasso whose cycle stays in allowed states, and returns how many faults lead in, what a
    /// turn counts, its ticks, and whether it is fair.
    pub fn check_lasso(&self, trace: &Trace, allowed: &BTreeSet<Word>, course: &Course<'_>) -> Lap {
        let (way_in, cycle) = self.walk(trace);
        assert!(cycle.iter().all(|(state, _)| allowed.contains(state)), "stays in the region");
        let is_wanted = |(state, arrow): &(Word, Arrow)| (course.keep)(*state, arrow);
        assert!(cycle.iter().all(is_wanted), "takes wanted arrows");
        let is_fault = |arrow: &&Arrow| self.role(arrow) == Role::Fault;
        let taken: BTreeSet<FairnessId> =
            cycle.iter().flat_map(|(_, arrow)| self.obligations(arrow)).copied().collect();
        let counts = cycle.iter().map(|(state, arrow)| (course.count)(*state, arrow));
        Lap {
            faults: way_in.iter().filter(is_fault).count() as u32,
            counted: counts.fold(0, u64::saturating_add),
            ticks: cycle.iter().map(|(_, arrow)| arrow.counts[0]).sum(),
            is_fair: self.is_fair(cycle.iter().map(|(state, _)| *state).collect(), &taken),
            taken,
        }
    }

    /// Checks a storm against what the definitions say.
    pub fn check_storm(
        &self,
        found: Option<&StormFinding>,
        expected: &Expected,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
    ) {
        assert_eq!(found.map(|found| found.fewest_faults), expected.storm);
        let Some(found) = found else { return };
        assert_eq!(found.grade == Grade::Trap, expected.trap.is_some());
        assert_eq!(Some(found.faults), expected.trap.or(expected.storm));
        let lap = self.check_lasso(&found.trace, allowed, course);
        assert_eq!((lap.faults, lap.counted), (found.faults, found.meter_per_turn));
        assert_eq!(lap.ticks, found.ticks_per_turn);
        assert!(lap.counted > 0 && lap.is_fair);
    }

    /// Checks a loop that puts something off.
    pub fn check_loop(
        &self,
        found: Option<&LoopFinding>,
        expected: &Expected,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
    ) {
        assert_eq!(found.is_some(), expected.is_counted && expected.storm.is_none());
        let Some(found) = found else { return };
        let lap = self.check_lasso(&found.trace, allowed, course);
        assert_eq!((lap.counted, lap.ticks), (found.meter_per_turn, found.ticks_per_turn));
        assert!(!lap.taken.contains(&found.put_off), "what is put off is not taken");
        assert!(lap.counted > 0 && !lap.is_fair);
    }

    /// The definition: of what is visited and taken for ever.
    pub fn is_fair(&self, visited: Vec<Word>, taken: &BTreeSet<FairnessId>) -> bool {
        let facts = self.system.facts();
        facts.fairness.iter_with_ids().all(|(id, fairness)| {
            let is_enabled = |&state: &Word| self.is_enabled(id, state);
            let is_owed = match fairness.strength {
                Strength::Weak => visited.iter().all(is_enabled),
                Strength::Strong => visited.iter().any(is_enabled),
            };
            !is_owed || taken.contains(&id)
        })
    }

    fn is_enabled(&self, owed: FairnessId, state: Word) -> bool {
        self.system.arrows(state).iter().any(|arrow| self.obligations(arrow).contains(&owed))
    }

    pub fn obligations(&self, arrow: &Arrow) -> &'a [FairnessId] {
        &self.system.facts().actions[arrow.action].obligations
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

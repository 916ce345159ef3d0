//! The loop, the only one: level by level, state by state.
//!
//! States are numbered in the order in which their steps are seen, level by level, so the way to a state
//! that was found first is a shortest one.
//!
//! The state on which a limit cuts keeps no edges and counts as not expanded: a row of the graph is
//! complete or absent. Whenever what was seen but not looked up could pass a limit, it is looked up
//! before another state is expanded; so where a limit cuts, nothing has been seen of the states behind.
//!
//! Cost: one expansion a state, one look at the table a step.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use super::crew::Crew;
use super::extremes::Extremes;
use super::findings::Findings;
use super::graph::{Graph, NO_STATE, Size, StateId};
use super::observer::{Interrupted, Observer, Patience, Progress};
use super::plan::{Limits, Plan};
use super::seen::Seen;
use super::stop::{Exhausted, Limit, Stop, Unfinished};
use super::{BreachHit, Exploration};
use crate::system::{ActionId, Breach, Shape, Start, Stepper, System};

/// Visits every state that `system` can reach, as far as `plan` allows and `observer` has patience.
pub fn explore(system: &dyn System, plan: &Plan, observer: &mut dyn Observer) -> Exploration {
    explore_shared(system, plan, &Sharing::WORTHWHILE, observer)
}

/// The same, but states of several words are told apart by fingerprints, and forgotten once they are
/// expanded: with small odds, one is taken for another and missed. See [`Graph::missed_one_in`].
pub fn explore_compactly(
    system: &dyn System,
    plan: &Plan,
    observer: &mut dyn Observer,
) -> Exploration {
    explore_compactly_shared(system, plan, &Sharing::WORTHWHILE, observer)
}

pub(super) fn explore_compactly_shared(
    system: &dyn System,
    plan: &Plan,
    sharing: &Sharing,
    observer: &mut dyn Observer,
) -> Exploration {
    let mut graph = Graph::new(system.width(), system.facts().meter_count, plan.edges);
    graph.states = Seen::compact(system.width());
    explore_into(graph, system, plan, sharing, observer)
}

/// The same, with another view of what is worth sharing, which changes nothing but the time it takes.
pub(super) fn explore_shared(
    system: &dyn System,
    plan: &Plan,
    sharing: &Sharing,
    observer: &mut dyn Observer,
) -> Exploration {
    let graph = Graph::new(system.width(), system.facts().meter_count, plan.edges);
    explore_into(graph, system, plan, sharing, observer)
}

fn explore_into(
    graph: Graph,
    system: &dyn System,
    plan: &Plan,
    sharing: &Sharing,
    observer: &mut dyn Observer,
) -> Exploration {
    let mut search = Search {
        limits: &plan.limits,
        sharing,
        graph,
        next_level: 0,
        allowed: Size::default(),
        spent: BETWEEN_QUESTIONS,
        breaches: Vec::new(),
        breaches_known: BTreeSet::new(),
        breach_count: 0,
        extremes: plan.figures.iter().copied().map(Extremes::of).collect(),
        start_breach: None,
    };
    let stop = match search.run(system, plan, observer) {
        Ok(()) => Stop::Exhausted(Exhausted::new()),
        Err(unfinished) => Stop::Unfinished(unfinished),
    };
    observer.progress(search.progress());
    let Search { graph, breaches, breach_count, extremes, start_breach, .. } = search;
    let most_memory_bytes = plan.limits.memory_bytes;
    Exploration { graph, breaches, breach_count, extremes, start_breach, stop, most_memory_bytes }
}

/// How much work is worth sharing.
pub(super) struct Sharing {
    /// With fewer steps in sight, waking others takes longer than it saves.
    pub(super) fewest_steps: u64,
    /// Steps per worker and batch: more, and what is in hand leaves the caches; fewer, and workers wait
    /// for each other too often.
    pub(super) steps_per_worker: u64,
}

impl Sharing {
    /// By trying some.
    const WORTHWHILE: Sharing = Sharing { fewest_steps: 4096, steps_per_worker: 1 << 16 };
}

/// An exploration under way.
struct Search<'a> {
    limits: &'a Limits,
    sharing: &'a Sharing,
    graph: Graph,
    /// The level of the states that are found next.
    next_level: usize,
    /// A size that is known to be within all limits.
    allowed: Size,
    /// States and steps since the observer was asked.
    spent: usize,
    breaches: Vec<BreachHit>,
    breaches_known: BTreeSet<(ActionId, Breach)>,
    breach_count: u64,
    extremes: Vec<Extremes>,
    start_breach: Option<Breach>,
}

/// Where a limit cuts what was found.
struct Cut {
    /// The new state that would pass it.
    target: usize,
    limit: Limit,
}

/// So many targets are looked up together: enough to wait for them together, few enough for the caches.
/// By taste.
pub(super) const TARGETS_AT_ONCE: usize = 64;

/// Between two questions to the observer, in states and steps. By taste.
const BETWEEN_QUESTIONS: usize = 512;

/// Who sees the steps out of states: one worker in order, or several together.
struct Hands<'s> {
    stepper: Box<dyn Stepper + 's>,
    findings: Findings,
    crew: Option<Crew>,
}

/// Before any state is expanded, as if this many had been, with 64 steps each: a first level of many
/// starts should not be one batch. By taste.
const STATES_IMAGINED: u64 = 16;

impl Search<'_> {
    fn run(
        &mut self,
        system: &dyn System,
        plan: &Plan,
        observer: &mut dyn Observer,
    ) -> Result<(), Unfinished> {
        self.enter_starts(system, observer)?;
        let shape = Shape::of(system);
        let mut hands = Hands {
            stepper: system.stepper(),
            findings: Findings::new(shape, &plan.figures),
            crew: (plan.workers > 1).then(|| Crew::new(plan.workers, shape, &plan.figures)),
        };
        let mut level = 0..self.graph.state_count() as u32;
        let mut outcome = Ok(());
        while !level.is_empty() && outcome.is_ok() {
            self.next_level += 1;
            self.allowed = Size::default();
            outcome = self.expand_level(system, &mut hands, level.clone(), observer);
            self.note_level(level.end);
            if outcome.is_ok() {
                self.graph.states.forget_before(level.end);
            }
            level = level.end..self.graph.state_count() as u32;
        }
        self.graph.note_taken(&hands.findings.taken);
        self.note_extremes(&hands.findings);
        outcome
    }

    fn expand_level(
        &mut self,
        system: &dyn System,
        hands: &mut Hands<'_>,
        level: Range<u32>,
        observer: &mut dyn Observer,
    ) -> Result<(), Unfinished> {
        let Hands { stepper, findings, crew } = hands;
        let Some(crew) = crew else {
            return self.expand(&mut **stepper, findings, level, observer);
        };
        let mut start = level.start;
        while start < level.end {
            let most_steps = self.sharing.steps_per_worker * crew.workers() as u64;
            let length = (most_steps / self.steps_foreseen()).clamp(1, 1 << 24) as u32;
            let batch = start..level.end.min(start.saturating_add(length));
            start = batch.end;
            let steps = batch.len() as u64 * self.steps_foreseen();
            let is_done = steps >= self.sharing.fewest_steps
                && self.expand_together(system, crew, batch.clone(), observer)?;
            if !is_done {
                self.expand(&mut **stepper, findings, batch, observer)?;
            }
        }
        Ok(())
    }

    /// How many steps a state may have, going by those seen so far.
    fn steps_foreseen(&self) -> u64 {
        let seen = self.graph.step_count() + self.graph.tick_count() + 64 * STATES_IMAGINED;
        seen / (u64::from(self.graph.expanded) + STATES_IMAGINED) + 1
    }

    /// Sees all steps out of some states together; unless something has to be done in order.
    fn expand_together(
        &mut self,
        system: &dyn System,
        crew: &mut Crew,
        states: Range<u32>,
        observer: &mut dyn Observer,
    ) -> Result<bool, Unfinished> {
        observer.progress(self.progress());
        let expanded = crew.expand(system, &self.graph, states, observer);
        expanded.map_err(|Interrupted| Unfinished::Interrupted)?;
        let size = crew.size_with(&self.graph);
        let has_numbers = self.graph.states.is_numbered() || size.edges == self.graph.edge_count();
        if !has_numbers || !self.is_allowed(&size) {
            return Ok(false);
        }
        for findings in crew.findings() {
            self.graph.label(findings);
            self.graph.finish_rows(findings);
            self.graph.note_taken(&findings.taken);
            self.note_extremes(findings);
            self.note_breaches(findings, usize::MAX);
        }
        crew.settle(&mut self.graph);
        Ok(true)
    }

    fn enter_starts(
        &mut self,
        system: &dyn System,
        observer: &mut dyn Observer,
    ) -> Result<(), Unfinished> {
        let mut patience = Patience::new(observer);
        let mut outcome = Ok(());
        system.initial(&mut |start| {
            outcome = patience.spend().map_err(|_| Unfinished::Interrupted);
            outcome = outcome.and_then(|()| self.enter_start(start));
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        self.graph.start_count = self.graph.state_count();
        self.note_level(0);
        outcome
    }

    fn enter_start(&mut self, start: Start<'_>) -> Result<(), Unfinished> {
        match start {
            Start::Searching => Ok(()),
            Start::State(words) if self.graph.states.contains(words) => Ok(()),
            Start::State(words) => {
                let size = self.graph.size_with(&[]);
                let last_word = words.last().copied().unwrap_or(0);
                let size = Size { states: size.states + 1, last_word, ..size };
                self.check_limits(&size).map_err(Unfinished::Limit)?;
                let hash = self.graph.states.view().hash(words);
                self.graph.states.append(hash, words);
                Ok(())
            }
            Start::Breach(breach) => {
                self.start_breach = Some(breach);
                Err(Unfinished::StartBreach)
            }
        }
    }

    /// The states from here on, if there are any, are a level.
    fn note_level(&mut self, first: u32) {
        if self.graph.state_count() > first as usize {
            self.graph.level_starts.push(first);
        }
    }

    /// Sees all steps out of some states.
    fn expand(
        &mut self,
        stepper: &mut dyn Stepper,
        findings: &mut Findings,
        states: Range<u32>,
        observer: &mut dyn Observer,
    ) -> Result<(), Unfinished> {
        for state in states.map(StateId) {
            self.ask(observer)?;
            if Graph::begins_block(state) {
                self.settle(findings)?;
                self.graph.begin_block();
            }
            let steps = findings.expand(stepper, &self.graph, state);
            self.spent += 1 + steps;
            if findings.targets.len() >= TARGETS_AT_ONCE || !self.allows(findings) {
                self.settle(findings)?;
            }
        }
        self.settle(findings)
    }

    /// Now and then, tells the observer how far this is, and asks whether to go on.
    fn ask(&mut self, observer: &mut dyn Observer) -> Result<(), Unfinished> {
        if self.spent < BETWEEN_QUESTIONS {
            return Ok(());
        }
        self.spent = 0;
        observer.progress(self.progress());
        if observer.should_stop() { Err(Unfinished::Interrupted) } else { Ok(()) }
    }

    /// Makes what was found part of the graph, up to where a limit cuts.
    fn settle(&mut self, findings: &mut Findings) -> Result<(), Unfinished> {
        let is_allowed = self.allows(findings);
        if !findings.edges.is_empty() {
            self.graph.states.number();
        }
        self.graph.label(findings);
        let cut = self.take_in(findings, is_allowed);
        findings.lead();
        self.note_breaches(findings, cut.as_ref().map_or(usize::MAX, |cut| cut.target));
        if cut.is_some() {
            // All rows but the last were allowed.
            findings.rows.pop();
        }
        self.graph.finish_rows(findings);
        findings.clear();
        match cut {
            Some(cut) => Err(Unfinished::Limit(cut.limit)),
            None if is_allowed => Ok(()),
            None => self.check_memory(&self.graph.size_with(&[])).map_err(Unfinished::Limit),
        }
    }

    /// Makes the new ones of the targets in hand states.
    fn take_in(&mut self, findings: &mut Findings, is_allowed: bool) -> Option<Cut> {
        if is_allowed && !self.graph.states.is_numbered() {
            let targets = &findings.targets;
            self.graph.states.admit(&targets.hashes, targets.all_words());
            return None;
        }
        findings.look_up(self.graph.states.view());
        for target in 0..findings.targets.len() {
            if findings.numbers[target] != NO_STATE {
                continue;
            }
            let hash = findings.targets.hashes[target];
            let words = findings.targets.words(target, self.graph.states.width());
            // One of the targets before may be the same.
            let known = self.graph.states.view().find(hash, words);
            if known.is_none()
                && !is_allowed
                && let Err(limit) = self.check_new(findings, target)
            {
                return Some(Cut { target, limit });
            }
            let number = known.unwrap_or_else(|| self.graph.states.append(hash, words));
            findings.numbers[target] = number;
        }
        None
    }

    /// Notes the breaches that come before a target.
    fn note_breaches(&mut self, findings: &Findings, target: usize) {
        let before = findings.breaches.iter().take_while(|(behind, _)| *behind <= target);
        for &(_, hit) in before {
            self.breach_count += 1;
            if self.breaches_known.insert((hit.action, hit.breach)) {
                self.breaches.push(hit);
            }
        }
    }

    /// Takes into account what figures are in the states that were seen.
    fn note_extremes(&mut self, findings: &Findings) {
        let pairs = self.extremes.iter_mut().zip(&findings.extremes);
        pairs.for_each(|(all, seen)| all.join(seen));
    }

    /// Whether the state that is this target, one more of the last row, is within all limits.
    fn check_new(&self, findings: &Findings, target: usize) -> Result<(), Limit> {
        let (_, rows_before) = findings.rows.split_last().expect("a target is found in a row");
        let size = self.graph.size_with(rows_before);
        let last_word = findings.targets.last_word(target, self.graph.states.width());
        self.check_limits(&Size { states: size.states + 1, last_word, ..size })
    }

    /// Whether all that was found may become part of the graph.
    fn allows(&mut self, findings: &Findings) -> bool {
        let states = self.graph.state_count() + findings.targets.len();
        self.is_allowed(&Size {
            states,
            last_word: findings.targets.last_bits,
            rows: states,
            edges: self.graph.edge_count() + findings.edges.len(),
        })
    }

    /// Whether the graph may become so large.
    fn is_allowed(&mut self, size: &Size) -> bool {
        if size.is_within(&self.allowed) {
            return true;
        }
        let further = [1 << 20, 1 << 14, 0].map(|further| Size {
            states: size.states + further,
            last_word: size.last_word | self.allowed.last_word,
            rows: size.rows + further,
            edges: size.edges + 8 * further,
        });
        let allowed = further.into_iter().find(|size| self.is_within_limits(size));
        self.allowed = allowed.unwrap_or_default();
        allowed.is_some()
    }

    fn is_within_limits(&self, size: &Size) -> bool {
        let Limits { depth, memory_bytes, .. } = *self.limits;
        let is_too_deep = depth.is_some_and(|depth| self.next_level as u64 > depth);
        size.states as u64 <= self.most_states()
            && !(is_too_deep && size.states > self.graph.state_count())
            && memory_bytes.is_none_or(|most| self.graph.memory_bytes_with(size) <= most)
    }

    fn most_states(&self) -> u64 {
        self.limits.states.unwrap_or(u64::MAX).min(u64::from(NO_STATE))
    }

    /// Whether a graph that has one more state is within all limits.
    fn check_limits(&self, size: &Size) -> Result<(), Limit> {
        if size.states as u64 > self.most_states() {
            return Err(Limit::States);
        }
        if self.limits.depth.is_some_and(|depth| self.next_level as u64 > depth) {
            return Err(Limit::Depth);
        }
        self.check_memory(size)
    }

    /// Whether the memory that so large a graph would take is within its limit.
    fn check_memory(&self, size: &Size) -> Result<(), Limit> {
        match self.limits.memory_bytes {
            Some(most) if self.graph.memory_bytes_with(size) > most => Err(Limit::Memory),
            _ => Ok(()),
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            states: self.graph.state_count() as u64,
            steps: self.graph.step_count() + self.graph.tick_count(),
            frontier: (self.graph.state_count() - self.graph.expanded as usize) as u64,
            depth: self.graph.depth() as u64,
            memory_bytes: self.graph.memory_bytes(),
        }
    }
}

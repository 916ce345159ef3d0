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

use super::findings::Findings;
use super::graph::{Graph, NO_STATE, Size, StateId};
use super::observer::{Observer, Patience, Progress};
use super::plan::{Limits, Plan};
use super::seen::hash;
use super::stop::{Exhausted, Limit, Stop, Unfinished};
use super::{BreachHit, Exploration};
use crate::system::{ActionId, Breach, Start, Stepper, System};

/// Visits every state that `system` can reach, as far as `plan` allows and `observer` has patience.
pub fn explore(system: &dyn System, plan: &Plan, observer: &mut dyn Observer) -> Exploration {
    let graph = Graph::new(system.width(), system.facts().meter_count, plan.edges);
    let mut search = Search {
        limits: &plan.limits,
        graph,
        next_level: 0,
        allowed: Size::default(),
        spent: BETWEEN_QUESTIONS,
        numbers: Vec::new(),
        breaches: Vec::new(),
        breaches_known: BTreeSet::new(),
        breach_count: 0,
        start_breach: None,
    };
    let stop = match search.run(system, plan.workers, observer) {
        Ok(()) => Stop::Exhausted(Exhausted::new()),
        Err(unfinished) => Stop::Unfinished(unfinished),
    };
    observer.progress(search.progress());
    let Search { graph, breaches, breach_count, start_breach, .. } = search;
    let most_memory_bytes = plan.limits.memory_bytes;
    Exploration { graph, breaches, breach_count, start_breach, stop, most_memory_bytes }
}

/// An exploration under way.
struct Search<'a> {
    limits: &'a Limits,
    graph: Graph,
    /// The level of the states that are found next.
    next_level: usize,
    /// A size that is known to be within all limits.
    allowed: Size,
    /// States and steps since the observer was asked.
    spent: usize,
    /// For each target in hand, the state that it is, or may be.
    numbers: Vec<u32>,
    breaches: Vec<BreachHit>,
    breaches_known: BTreeSet<(ActionId, Breach)>,
    breach_count: u64,
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
const TARGETS_AT_ONCE: usize = 64;

/// Between two questions to the observer, in states and steps. By taste.
const BETWEEN_QUESTIONS: usize = 512;

impl Search<'_> {
    fn run(
        &mut self,
        system: &dyn System,
        workers: usize,
        observer: &mut dyn Observer,
    ) -> Result<(), Unfinished> {
        self.enter_starts(system, observer)?;
        let _ = workers;
        let mut level = 0..self.graph.state_count() as u32;
        let mut stepper = system.stepper();
        let mut findings = Findings::new();
        let mut outcome = Ok(());
        while !level.is_empty() && outcome.is_ok() {
            self.next_level += 1;
            self.allowed = Size::default();
            outcome = self.expand(&mut *stepper, &mut findings, level.clone(), observer);
            self.note_level(level.end);
            level = level.end..self.graph.state_count() as u32;
        }
        self.graph.note_taken(&findings.taken);
        outcome
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
                self.graph.states.append(hash(words), words);
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
            let before = findings.targets.len();
            findings.expand(stepper, &self.graph, state);
            self.spent += 1 + findings.targets.len() - before;
            if findings.targets.len() >= TARGETS_AT_ONCE || !self.is_allowed(findings) {
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
        let is_allowed = self.is_allowed(findings);
        if !findings.edges.is_empty() {
            self.graph.states.number();
        }
        self.graph.label(findings);
        let cut = match self.graph.states.is_numbered() {
            true => self.look_up_numbers(findings, is_allowed),
            false => self.look_up(findings, is_allowed),
        };
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

    /// Looks up targets whose numbers nobody needs.
    fn look_up(&mut self, findings: &Findings, is_allowed: bool) -> Option<Cut> {
        let targets = &findings.targets;
        let mut behind = 0;
        while let Some(new) = self.graph.states.view().first_new(&targets.hashes[behind..]) {
            let target = behind + new;
            if !is_allowed && let Err(limit) = self.check_new(findings, target) {
                return Some(Cut { target, limit });
            }
            self.graph.states.append(targets.hashes[target], targets.words(target, 1));
            behind = target + 1;
        }
        None
    }

    /// Looks up targets, and says where edges lead.
    fn look_up_numbers(&mut self, findings: &mut Findings, is_allowed: bool) -> Option<Cut> {
        let mut numbers = std::mem::take(&mut self.numbers);
        let view = self.graph.states.view();
        let guess = |&hash: &u64| view.guess(hash).unwrap_or(NO_STATE);
        numbers.clear();
        numbers.extend(findings.targets.hashes.iter().map(guess));
        let cut = self.find_numbers(findings, &mut numbers, is_allowed);
        findings.lead(&numbers);
        self.numbers = numbers;
        cut
    }

    /// Finds the numbers of targets; those that are given may be right.
    fn find_numbers(
        &mut self,
        findings: &Findings,
        numbers: &mut [u32],
        is_allowed: bool,
    ) -> Option<Cut> {
        let targets = &findings.targets;
        let width = self.graph.states.width();
        let mut view = self.graph.states.view();
        for (target, number) in numbers.iter_mut().enumerate() {
            let words = targets.words(target, width);
            if *number != NO_STATE && view.is(*number, words) {
                continue;
            }
            let hash = targets.hashes[target];
            if let Some(known) = view.number(hash, words) {
                *number = known;
                continue;
            }
            if !is_allowed && let Err(limit) = self.check_new(findings, target) {
                return Some(Cut { target, limit });
            }
            *number = self.graph.states.append(hash, words);
            view = self.graph.states.view();
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

    /// Whether the state that is this target, one more of the last row, is within all limits.
    fn check_new(&self, findings: &Findings, target: usize) -> Result<(), Limit> {
        let (_, rows_before) = findings.rows.split_last().expect("a target is found in a row");
        let size = self.graph.size_with(rows_before);
        let last_word = findings.targets.last_word(target, self.graph.states.width());
        self.check_limits(&Size { states: size.states + 1, last_word, ..size })
    }

    /// Whether all that was found may become part of the graph.
    fn is_allowed(&mut self, findings: &Findings) -> bool {
        let states = self.graph.state_count() + findings.targets.len();
        let size = Size {
            states,
            last_word: findings.targets.last_bits,
            rows: states,
            edges: self.graph.edge_count() + findings.edges.len(),
        };
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

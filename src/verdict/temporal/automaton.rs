//! A formula as a generalised Büchi automaton with marks on its turns.
//!
//! The states of the automaton are called stages, its transitions turns. A stage is a set of formulas
//! that must be true from here on; a letter says what each figure is in one state, and only letters
//! that occur somewhere are considered. Reading a letter, each formula falls apart into alternatives:
//! what must be true from the next state on, and what was promised, namely the second part of an `until`
//! that was put off (Couvreur, *On-the-fly Verification of Linear Temporal Logic*, 1999; the pruning is
//! that of Gastin and Oddoux, *Fast LTL to Büchi Automata Translation*, 2001). There is a mark for each
//! `until`, on every turn that does not put it off, and one on every turn whatever; an execution
//! satisfies the formula if some path of the automaton reads it and meets every mark again and again.
//!
//! What keeps automata small:
//!
//! - An alternative that asks for more than another, and promises as much, is dropped.
//! - What is asked for by the other formulas of a stage anyhow is no part of it.
//! - Stages that lie on no accepted path are removed, and stages with the same turns are one.
//! - Two turns between the same stages on the same letter are one with the marks of both, since what is
//!   taken again and again can be taken either way in turn.
//! - A mark that comes with another one is not needed.
//!
//! Formulas can be exponentially smaller than any automaton of theirs, so the work is limited; what
//! passes the limit is too large, always at the same place.

use std::collections::BTreeMap;

use super::normal_form::{NormalForm, Part, PartId};
use crate::base::Id;

crate::id!(
    /// A state of an automaton.
    StageId
);

/// What the figures of a formula are in one state, one bit each.
pub(super) type Letter = u64;

/// As many figures as a letter has bits.
pub(super) const MOST_FIGURES: usize = Letter::BITS as usize;

/// As many `until`s as there are bits for marks, but for the one that every turn bears.
const MOST_PROMISES: usize = 63;

/// Stages before the automaton is made smaller. By taste.
const MOST_STAGES: usize = 1 << 10;

/// Comparisons of alternatives, over the whole translation. By taste: about a second.
const MOST_WORK: u32 = 1 << 24;

/// The automaton would pass a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// A transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub(super) to: StageId,
    /// The marks that it bears, one bit each.
    pub(super) marks: u64,
}

/// An automaton that was not made smaller, so that it can be said what it reads.
pub(super) struct Plain {
    /// All of its stages count as accepting; it begins in the first.
    pub(super) automaton: Automaton,
    /// By stage: the formulas that must be true.
    pub(super) stages: Vec<Vec<PartId>>,
    /// By mark, but for the last: the `until` that does not put it off.
    pub(super) promises: Vec<PartId>,
}

impl Plain {
    /// The automaton of all executions that satisfy a formula from their start on.
    pub(super) fn new(
        form: &NormalForm,
        formula: PartId,
        letters: &[Letter],
    ) -> Result<Plain, TooLarge> {
        let mut draft = Draft::new(form)?;
        let at_start = Some(draft.stage(formula)?);
        let turns = draft.turns(letters)?;
        let automaton = Automaton {
            letter_count: letters.len(),
            turns: turns.iter().map(|turns| joined(turns, &|stage| stage)).collect(),
            accepting: vec![true; draft.stages.len()],
            marks: draft.marks(),
            at_start,
            anywhere: None,
        };
        Ok(Plain { automaton, stages: draft.stages, promises: draft.promises })
    }
}

/// A generalised Büchi automaton over letters that are numbered from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Automaton {
    letter_count: usize,
    /// By stage and letter. Invariant: ascending, each stage at most once.
    turns: Vec<Vec<Turn>>,
    /// By stage: whether it lies in a component that bears every mark.
    accepting: Vec<bool>,
    /// The marks to be met again and again, one bit each, from the lowest.
    marks: u64,
    /// Where it begins to read an execution at its start.
    at_start: Option<StageId>,
    /// Where it begins to read what remains of an execution at any of its states.
    anywhere: Option<StageId>,
}

impl Automaton {
    /// The automaton of all executions that satisfy a formula.
    pub(super) fn new(
        form: &mut NormalForm,
        formula: PartId,
        letters: &[Letter],
    ) -> Result<Automaton, TooLarge> {
        let (at_start, anywhere) = form.split(formula);
        let mut draft = Draft::new(form)?;
        let at_start = draft.stage(at_start)?;
        let anywhere = draft.stage(anywhere)?;
        let turns = draft.turns(letters)?;
        let mut automaton = Automaton {
            letter_count: letters.len(),
            turns,
            accepting: Vec::new(),
            marks: draft.marks(),
            at_start: Some(at_start),
            anywhere: Some(anywhere),
        };
        automaton.trim();
        automaton.thin_out();
        automaton.merge();
        Ok(automaton)
    }

    pub(super) fn turns(&self, stage: StageId, letter: usize) -> &[Turn] {
        &self.turns[stage.index() * self.letter_count + letter]
    }

    /// The marks of the turn that leads to a stage.
    pub(super) fn marks_to(&self, stage: StageId, letter: usize, to: StageId) -> u64 {
        let turns = self.turns(stage, letter);
        turns.iter().find(|turn| turn.to == to).map_or(0, |turn| turn.marks)
    }

    pub(super) fn stages(&self) -> impl Iterator<Item = StageId> + use<> {
        (0..self.accepting.len()).map(StageId::from_index)
    }

    pub(super) fn is_accepting(&self, stage: StageId) -> bool {
        self.accepting[stage.index()]
    }

    pub(super) fn marks(&self) -> u64 {
        self.marks
    }

    pub(super) fn at_start(&self) -> Option<StageId> {
        self.at_start
    }

    pub(super) fn anywhere(&self) -> Option<StageId> {
        self.anywhere
    }

    /// The turns out of a stage, over all letters.
    fn all_turns(&self, stage: StageId) -> &[Vec<Turn>] {
        let first = stage.index() * self.letter_count;
        &self.turns[first..first + self.letter_count]
    }

    /// Removes what no accepted path goes through, and marks that are met outside of components that
    /// can be accepted.
    fn trim(&mut self) {
        let count = self.turns.len().checked_div(self.letter_count).unwrap_or(0);
        self.accepting = vec![false; count];
        let reach = self.find_accepting();
        let leads_on = |stage: StageId, goal: StageId| stage == goal || reach.leads(stage, goal);
        let is_useful = |stage: &StageId| {
            self.stages().any(|goal| self.is_accepting(goal) && leads_on(*stage, goal))
        };
        let kept: Vec<StageId> = self.stages().filter(is_useful).collect();
        for (row, turns) in self.turns.iter_mut().enumerate() {
            let from = StageId::from_index(row / self.letter_count);
            turns.retain(|turn| kept.binary_search(&turn.to).is_ok());
            for turn in turns {
                if !(self.accepting[from.index()] && reach.leads(turn.to, from)) {
                    turn.marks = 0;
                }
            }
        }
        let number = |stage: StageId| kept.binary_search(&stage).ok().map(StageId::from_index);
        self.renumber(&kept, &number);
    }

    /// Finds out which stages are accepting.
    fn find_accepting(&mut self) -> Reach {
        let reach = Reach::of(self);
        self.accepting = self.stages().map(|stage| self.bears_all(stage, &reach)).collect();
        reach
    }

    /// Whether the turns of a stage's component bear every mark, and there is one at all.
    fn bears_all(&self, stage: StageId, reach: &Reach) -> bool {
        let inside = |other: &StageId| reach.leads(stage, *other) && reach.leads(*other, stage);
        let turns = self.stages().filter(inside).flat_map(|from| self.all_turns(from));
        let borne = turns.flatten().filter(|turn| inside(&turn.to));
        inside(&stage) && borne.fold(0, |marks, turn| marks | turn.marks) == self.marks
    }

    /// Makes one of stages that have the same turns, as coarsely as possible.
    fn merge(&mut self) {
        let mut class: Vec<usize> = vec![0; self.accepting.len()];
        let mut class_count = class.len().min(1);
        loop {
            let mut known: BTreeMap<(usize, Vec<Vec<Turn>>), usize> = BTreeMap::new();
            let refined: Vec<usize> = self
                .stages()
                .map(|stage| {
                    let number = |stage: StageId| StageId::from_index(class[stage.index()]);
                    let turns = self.all_turns(stage).iter();
                    let turns = turns.map(|turns| joined(turns, &number)).collect();
                    let next = known.len();
                    *known.entry((class[stage.index()], turns)).or_insert(next)
                })
                .collect();
            let refined_count = known.len();
            class = refined;
            if refined_count == class_count {
                break;
            }
            class_count = refined_count;
        }
        let first = |of: usize| class.iter().position(|&one| one == of);
        let kept: Vec<StageId> =
            (0..class_count).filter_map(first).map(StageId::from_index).collect();
        self.renumber(&kept, &|stage| Some(StageId::from_index(class[stage.index()])));
        self.find_accepting();
    }

    /// Drops every mark that comes with another one wherever it counts.
    fn thin_out(&mut self) {
        let reach = Reach::of(self);
        let mut borne: Vec<u64> = Vec::new();
        for from in self.stages().filter(|&from| self.is_accepting(from)) {
            let turns = self.all_turns(from).iter().flatten();
            let inside = turns.filter(|turn| reach.leads(turn.to, from));
            borne.extend(inside.map(|turn| turn.marks));
        }
        let mut wanted: Vec<u64> = bits(self.marks).collect();
        let comes_with = |mark: u64, other: u64| {
            mark != other && borne.iter().all(|marks| marks & other == 0 || marks & mark != 0)
        };
        for mark in bits(self.marks) {
            if wanted.iter().any(|&other| comes_with(mark, other)) {
                wanted.retain(|&one| one != mark);
            }
        }
        let thinned = |marks: u64| {
            let kept = wanted.iter().enumerate().filter(|&(_, mark)| marks & mark != 0);
            kept.fold(0, |bits, (index, _)| bits | 1 << index)
        };
        self.marks = thinned(self.marks);
        self.turns.iter_mut().flatten().for_each(|turn| turn.marks = thinned(turn.marks));
    }

    /// Keeps these stages, under the numbers given to all stages; those without one are gone.
    fn renumber(&mut self, kept: &[StageId], number: &dyn Fn(StageId) -> Option<StageId>) {
        let known = |stage: StageId| number(stage).expect("no turn leads to a stage that is gone");
        let rows = kept.iter().flat_map(|&stage| self.all_turns(stage));
        self.turns = rows.map(|turns| joined(turns, &known)).collect();
        self.accepting = kept.iter().map(|&stage| self.is_accepting(stage)).collect();
        self.at_start = self.at_start.and_then(number);
        self.anywhere = self.anywhere.and_then(number);
    }
}

/// Turns to stages by other numbers; those to the same one become one with the marks of all.
fn joined(turns: &[Turn], number: &dyn Fn(StageId) -> StageId) -> Vec<Turn> {
    let turns = turns.iter().map(|turn| Turn { to: number(turn.to), marks: turn.marks });
    let mut turns: Vec<Turn> = turns.collect();
    turns.sort_unstable();
    turns.dedup_by(|later, first| {
        let is_same = later.to == first.to;
        if is_same {
            first.marks |= later.marks;
        }
        is_same
    });
    turns
}

fn bits(set: u64) -> impl Iterator<Item = u64> {
    (0..u64::BITS).map(|bit| 1 << bit).filter(move |bit| set & bit != 0)
}

/// Which stages lead to which by one turn or more.
struct Reach {
    words: usize,
    rows: Vec<u64>,
}

impl Reach {
    /// The closure, as by Warshall (1962).
    fn of(automaton: &Automaton) -> Reach {
        let count = automaton.accepting.len();
        let words = count.div_ceil(64);
        let mut reach = Reach { words, rows: vec![0; count * words] };
        for stage in automaton.stages() {
            for turn in automaton.all_turns(stage).iter().flatten() {
                reach.rows[stage.index() * words + turn.to.index() / 64] |=
                    1 << (turn.to.index() % 64);
            }
        }
        for middle in automaton.stages() {
            let onwards = reach.row(middle).to_vec();
            for from in automaton.stages().filter(|&from| from != middle) {
                if reach.leads(from, middle) {
                    let row = &mut reach.rows[from.index() * words..][..words];
                    row.iter_mut().zip(&onwards).for_each(|(word, more)| *word |= more);
                }
            }
        }
        reach
    }

    fn row(&self, stage: StageId) -> &[u64] {
        &self.rows[stage.index() * self.words..][..self.words]
    }

    fn leads(&self, from: StageId, to: StageId) -> bool {
        self.row(from)[to.index() / 64] >> (to.index() % 64) & 1 == 1
    }
}

/// One way to make formulas true: what they ask of the next state on, and what was put off.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternative {
    /// Ascending; all of them.
    next: Vec<PartId>,
    /// The marks that this is not to bear.
    promised: u64,
}

impl Alternative {
    /// Whether it asks for no more than another one, and promises no more.
    fn is_as_easy_as(&self, other: &Alternative) -> bool {
        self.promised & !other.promised == 0
            && self.next.iter().all(|part| other.next.binary_search(part).is_ok())
    }
}

/// An automaton in the making.
struct Draft<'a> {
    form: &'a NormalForm,
    /// Every `until`; its mark is the bit of its place.
    promises: Vec<PartId>,
    stages: Vec<Vec<PartId>>,
    numbers: BTreeMap<Vec<PartId>, StageId>,
    /// By part: its alternatives on the letter that is being read, if they are known.
    known: Vec<Option<Vec<Alternative>>>,
    work_left: u32,
}

impl<'a> Draft<'a> {
    fn new(form: &'a NormalForm) -> Result<Draft<'a>, TooLarge> {
        let parts = (0..form.len()).map(PartId::from_index);
        let promises: Vec<PartId> =
            parts.filter(|&part| matches!(form.part(part), Part::Until(..))).collect();
        if promises.len() > MOST_PROMISES {
            return Err(TooLarge);
        }
        let (stages, numbers) = (Vec::new(), BTreeMap::new());
        Ok(Draft { form, promises, stages, numbers, known: Vec::new(), work_left: MOST_WORK })
    }

    fn marks(&self) -> u64 {
        u64::MAX >> (MOST_PROMISES - self.promises.len())
    }

    /// The stage of a formula.
    fn stage(&mut self, formula: PartId) -> Result<StageId, TooLarge> {
        self.number(self.without_needless(self.conjuncts(formula)))
    }

    fn number(&mut self, stage: Vec<PartId>) -> Result<StageId, TooLarge> {
        if let Some(&id) = self.numbers.get(&stage) {
            return Ok(id);
        }
        if self.stages.len() == MOST_STAGES {
            return Err(TooLarge);
        }
        let id = StageId::from_index(self.stages.len());
        self.stages.push(stage.clone());
        self.numbers.insert(stage, id);
        Ok(id)
    }

    /// All turns of all stages that can be met, by stage and letter.
    fn turns(&mut self, letters: &[Letter]) -> Result<Vec<Vec<Turn>>, TooLarge> {
        let mut rows = Vec::new();
        let mut next = 0;
        while let Some(stage) = self.stages.get(next).cloned() {
            for &letter in letters {
                rows.push(self.turns_of(&stage, letter)?);
            }
            next += 1;
        }
        Ok(rows)
    }

    fn turns_of(&mut self, stage: &[PartId], letter: Letter) -> Result<Vec<Turn>, TooLarge> {
        self.known = vec![None; self.form.len()];
        let mut all = vec![Alternative { next: Vec::new(), promised: 0 }];
        for &part in stage {
            let alternatives = self.alternatives(part, letter)?;
            all = self.both(&all, &alternatives)?;
        }
        let marks = self.marks();
        let turn = |Alternative { next, promised }| {
            Ok(Turn { to: self.number(next)?, marks: marks & !promised })
        };
        all.into_iter().map(turn).collect()
    }

    /// The ways to make a part true that begin by reading a letter; none of them needless.
    fn alternatives(&mut self, part: PartId, letter: Letter) -> Result<Vec<Alternative>, TooLarge> {
        if let Some(known) = &self.known[part.index()] {
            return Ok(known.clone());
        }
        self.work(1)?;
        let later = |next, promised| vec![Alternative { next, promised }];
        let found = match self.form.part(part) {
            Part::Constant(true) => later(Vec::new(), 0),
            Part::Constant(false) => Vec::new(),
            Part::Is(place, wanted) if (letter >> place & 1 == 1) == wanted => later(Vec::new(), 0),
            Part::Is(..) => Vec::new(),
            Part::And(left, right) => {
                let (left, right) =
                    (self.alternatives(left, letter)?, self.alternatives(right, letter)?);
                self.both(&left, &right)?
            }
            Part::Or(left, right) => {
                let left = self.alternatives(left, letter)?;
                let right = self.alternatives(right, letter)?;
                self.either(left, right)?
            }
            Part::Next(operand) => later(self.conjuncts(operand), 0),
            Part::Until(left, right) => {
                let comes = self.alternatives(right, letter)?;
                let waits = self.alternatives(left, letter)?;
                let put_off = later(vec![part], self.mark(part));
                let waits = self.both(&waits, &put_off)?;
                self.either(comes, waits)?
            }
            Part::Release(left, right) => {
                let holds = self.alternatives(right, letter)?;
                let ends = self.alternatives(left, letter)?;
                let goes_on = later(vec![part], 0);
                let ends_or_goes_on = self.either(ends, goes_on)?;
                self.both(&holds, &ends_or_goes_on)?
            }
        };
        self.known[part.index()] = Some(found.clone());
        Ok(found)
    }

    fn mark(&self, until: PartId) -> u64 {
        1 << self.promises.binary_search(&until).expect("every `until` has a mark")
    }

    fn both(
        &mut self,
        left: &[Alternative],
        right: &[Alternative],
    ) -> Result<Vec<Alternative>, TooLarge> {
        let mut all = Vec::new();
        for one in left {
            for other in right {
                let mut next = [&one.next[..], &other.next].concat();
                next.sort_unstable();
                next.dedup();
                let next = self.without_needless(next);
                let promised = one.promised | other.promised;
                self.offer(&mut all, Alternative { next, promised })?;
            }
        }
        Ok(all)
    }

    fn either(
        &mut self,
        mut all: Vec<Alternative>,
        more: Vec<Alternative>,
    ) -> Result<Vec<Alternative>, TooLarge> {
        for one in more {
            self.offer(&mut all, one)?;
        }
        Ok(all)
    }

    /// Adds an alternative, unless another one is as easy; drops those that it makes needless.
    fn offer(&mut self, all: &mut Vec<Alternative>, one: Alternative) -> Result<(), TooLarge> {
        self.work(1 + all.len() as u32)?;
        if !all.iter().any(|other| other.is_as_easy_as(&one)) {
            all.retain(|other| !one.is_as_easy_as(other));
            all.push(one);
        }
        Ok(())
    }

    /// The formulas that a formula asks for at the same time.
    fn conjuncts(&self, formula: PartId) -> Vec<PartId> {
        let mut conjuncts = Vec::new();
        let mut pending = vec![formula];
        while let Some(part) = pending.pop() {
            match self.form.part(part) {
                Part::And(left, right) => pending.extend([left, right]),
                Part::Constant(true) => {}
                _ => conjuncts.push(part),
            }
        }
        conjuncts.sort_unstable();
        conjuncts.dedup();
        conjuncts
    }

    /// Formulas without those that the second part of a `release` among them asks for now anyhow.
    fn without_needless(&self, formulas: Vec<PartId>) -> Vec<PartId> {
        let mut asked_for = Vec::new();
        for &formula in &formulas {
            if let Part::Release(_, right) = self.form.part(formula) {
                asked_for.extend(self.conjuncts(right));
            }
        }
        formulas.into_iter().filter(|formula| !asked_for.contains(formula)).collect()
    }

    fn work(&mut self, amount: u32) -> Result<(), TooLarge> {
        self.work_left = self.work_left.checked_sub(amount).ok_or(TooLarge)?;
        Ok(())
    }
}

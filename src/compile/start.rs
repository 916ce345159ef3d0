//! Enumerates the initial states.
//!
//! All that is not `any` has one initial value, worked out when the model is compiled. The leaves of the
//! `any` variables are then set one by one, in the order of the cells. Assumptions are taken apart into
//! conjuncts, and each is tested as soon as the last leaf that it reads is set: a false one discards all
//! that could follow. What breaches early is not said: only a complete candidate is judged as the file
//! says, one whole assumption after the other.
//! The cost is the number of partial candidates that pass what can be tested of them.

use std::ops::ControlFlow;

use super::layout::{Domain, Layout, Shape};
use super::lower::{Conjunct, Lowering};
use super::machine::Machine;
use super::program::{Position, Program};
use crate::model::{Cell, Initial, Model};
use crate::system::{Breach, Start, Word};

/// After how many candidates the visitor is asked whether to go on. Chosen by taste.
const CANDIDATES_BETWEEN_QUESTIONS: u32 = 4096;

/// What the initial states of a model are made from.
#[derive(Clone, Debug, Default)]
pub struct Starts {
    /// All slots, with what is not `any` in place.
    pub slots: Vec<i64>,
    /// An initial value that breaches.
    breach: Option<Breach>,
    /// The leaves to enumerate.
    leaves: Vec<Leaf>,
    /// What can be tested once so many leaves are set.
    tests: Vec<Vec<Position>>,
    /// The assumptions as written.
    assumptions: Vec<Position>,
}

/// A leaf of a variable that starts with any value.
#[derive(Clone, Debug)]
struct Leaf {
    slot: u32,
    values: LeafValues,
}

#[derive(Clone, Debug)]
enum LeafValues {
    Scalar(Domain),
    /// All sets over so many elements.
    Sets(u64),
}

impl LeafValues {
    fn count(&self) -> u128 {
        match self {
            LeafValues::Scalar(domain) => u128::from(domain.size()),
            LeafValues::Sets(members) => 1 << members,
        }
    }
    fn code(&self, rank: u64) -> i64 {
        match self {
            LeafValues::Scalar(domain) => domain.code(rank),
            LeafValues::Sets(_) => rank as i64,
        }
    }
}

impl Starts {
    /// Lowers all that enumerating needs, and works out what is not `any`.
    pub fn of(model: &Model, layout: &Layout, lowering: &mut Lowering<'_>) -> Starts {
        let mut starts = Starts { slots: fixed_slots(model, layout), ..Starts::default() };
        let initial = initial_values(model, layout, lowering);
        starts.settle(&initial, lowering.program(), layout);
        starts.leaves = leaves(model, layout);
        starts.tests = vec![Vec::new(); starts.leaves.len() + 1];
        for assumption in &model.assumptions {
            for conjunct in lowering.conjuncts(assumption) {
                let after = starts.leaves_read(&conjunct);
                starts.tests[after].push(conjunct.routine);
            }
            starts.assumptions.push(lowering.assumption(assumption));
        }
        starts
    }

    /// Runs what gives variables their initial values, each after those that it reads.
    fn settle(&mut self, initial: &[(u32, u32, Conjunct)], program: &Program, layout: &Layout) {
        let mut machine = Machine::new(program, layout, 1);
        machine.place_all(&self.slots);
        let mut order = Vec::new();
        let mut met = vec![false; initial.len()];
        (0..initial.len()).for_each(|at| order_after_reads(at, initial, &mut met, &mut order));
        for at in order {
            if let Err(breach) = machine.run(program, initial[at].2.routine) {
                self.breach.get_or_insert(breach);
            }
        }
        for (slot, value) in (0..).zip(&mut self.slots) {
            *value = machine.frame.at(slot);
        }
    }

    /// How many leaves must be set before a conjunct has all that it reads.
    fn leaves_read(&self, conjunct: &Conjunct) -> usize {
        let reads = |leaf: &Leaf| {
            conjunct.reads.iter().any(|&(start, end)| (start..end).contains(&leaf.slot))
        };
        self.leaves.iter().rposition(reads).map_or(0, |last| last + 1)
    }

    /// Visits all initial states.
    pub fn visit(
        &self,
        program: &Program,
        layout: &Layout,
        machine: &mut Machine,
        visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>,
    ) {
        if let Some(breach) = self.breach {
            let _ = visit(Start::Breach(breach));
            return;
        }
        machine.place_all(&self.slots);
        let words = vec![0; layout.width()];
        let mut search =
            Search { starts: self, program, layout, machine, words, candidates: 0, visit };
        // Stopping early is the visitor's wish, and nothing more is to be done about it.
        let _ = search.descend(0, true);
    }
}

/// The enumeration while it runs.
struct Search<'a> {
    starts: &'a Starts,
    program: &'a Program,
    layout: &'a Layout,
    machine: &'a mut Machine,
    words: Vec<Word>,
    candidates: u32,
    visit: &'a mut dyn FnMut(Start<'_>) -> ControlFlow<()>,
}

/// What the tests at one leaf say.
enum Verdict {
    Discarded,
    /// Nothing is false; whether nothing breached either.
    Passed(bool),
}

impl Search<'_> {
    /// Tests what can be tested with so many leaves set, then sets the next one to each of its values.
    fn descend(&mut self, set_count: usize, unbreached: bool) -> ControlFlow<()> {
        self.candidates += 1;
        if self.candidates.is_multiple_of(CANDIDATES_BETWEEN_QUESTIONS) {
            (self.visit)(Start::Searching)?;
        }
        let unbreached = match self.test(set_count) {
            Verdict::Discarded => return ControlFlow::Continue(()),
            Verdict::Passed(without_breach) => unbreached && without_breach,
        };
        let Some(leaf) = self.starts.leaves.get(set_count) else {
            return self.complete(unbreached);
        };
        let mut rank = 0;
        while u128::from(rank) < leaf.values.count() {
            self.machine.frame.place(leaf.slot, leaf.values.code(rank));
            self.descend(set_count + 1, unbreached)?;
            rank += 1;
        }
        ControlFlow::Continue(())
    }

    fn test(&mut self, set_count: usize) -> Verdict {
        let mut without_breach = true;
        for &routine in &self.starts.tests[set_count] {
            match self.machine.run(self.program, routine) {
                Ok(true) => {}
                Ok(false) => return Verdict::Discarded,
                Err(_) => without_breach = false,
            }
        }
        Verdict::Passed(without_breach)
    }

    /// Visits a complete candidate; one on which a conjunct breached is judged as the file says.
    fn complete(&mut self, unbreached: bool) -> ControlFlow<()> {
        if !unbreached {
            for &assumption in &self.starts.assumptions {
                match self.machine.run(self.program, assumption) {
                    Ok(true) => {}
                    Ok(false) => return ControlFlow::Continue(()),
                    Err(breach) => return (self.visit)(Start::Breach(breach)),
                }
            }
        }
        let slots = self.machine.frame.block(0, self.layout.slot_count());
        self.layout.pack_all(slots, &mut self.words);
        (self.visit)(Start::State(&self.words))
    }
}

/// The slots before any variable has its initial value: first control states, whole budgets.
fn fixed_slots(model: &Model, layout: &Layout) -> Vec<i64> {
    let mut slots = Vec::with_capacity(layout.slot_count() as usize);
    for (id, cell) in model.cells.iter() {
        let (_, shape) = layout.place(id);
        match cell {
            Cell::Budget(action, _) => {
                let limit = model.actions[action].budget.map_or(0, |budget| budget.limit);
                slots.push(i64::from(limit));
            }
            Cell::Control(..) | Cell::Variable(..) => lowest(shape, &mut slots),
        }
    }
    slots
}

/// The lowest value of each leaf; of a set and a queue the empty one.
fn lowest(shape: &Shape, slots: &mut Vec<i64>) {
    match shape {
        Shape::Scalar(domain) => slots.push(domain.code(0)),
        Shape::Set(_) => slots.push(0),
        Shape::Queue { element, capacity } => {
            slots.push(0);
            slots.extend(std::iter::repeat_n(element.code(0), *capacity as usize));
        }
        Shape::Array { index, element } => (0..index.size()).for_each(|_| lowest(element, slots)),
    }
}

/// The first slot and one past the last of each variable that is not `any`, with what sets it.
fn initial_values(
    model: &Model,
    layout: &Layout,
    lowering: &mut Lowering<'_>,
) -> Vec<(u32, u32, Conjunct)> {
    let mut found = Vec::new();
    for (id, cell) in model.cells.iter() {
        let Cell::Variable(variable, owner) = cell else { continue };
        let (base, shape) = layout.place(id);
        if let Some(initial) = lowering.initial(variable, owner) {
            found.push((base, base + shape.slot_count(), initial));
        }
    }
    found
}

/// Appends what a value reads, then the value itself, unless they are there already.
fn order_after_reads(
    at: usize,
    initial: &[(u32, u32, Conjunct)],
    met: &mut [bool],
    order: &mut Vec<usize>,
) {
    if std::mem::replace(&mut met[at], true) {
        return;
    }
    for &(start, end) in &initial[at].2.reads {
        // Variables and what is read lie in the same order, so this is found by bisection.
        let from = initial.partition_point(|&(_, until, _)| until <= start);
        let until = initial.partition_point(|&(base, _, _)| base < end);
        (from..until).for_each(|other| order_after_reads(other, initial, met, order));
    }
    order.push(at);
}

fn leaves(model: &Model, layout: &Layout) -> Vec<Leaf> {
    let mut found = Vec::new();
    for (id, cell) in model.cells.iter() {
        let Cell::Variable(variable, _) = cell else { continue };
        if !matches!(model.variables[variable].initial, Initial::Any) {
            continue;
        }
        let (base, shape) = layout.place(id);
        for (slot, part) in shape.parts(base) {
            let values = match part {
                Shape::Scalar(domain) => LeafValues::Scalar(domain.clone()),
                Shape::Set(domain) => LeafValues::Sets(domain.size()),
                Shape::Queue { .. } | Shape::Array { .. } => {
                    unreachable!("analysis admits `any` only for scalars, sets and arrays of them")
                }
            };
            found.push(Leaf { slot, values });
        }
    }
    found
}

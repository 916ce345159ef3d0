//! One representative for all states that differ in the names of instances only.
//!
//! Instances of a machine may be renamed freely (scalarsets: Ip & Dill, "Better verification through
//! symmetry", 1996): no step can tell them apart, so of all states that a renaming turns into each other
//! one need be explored. Which one does not matter for soundness; that it is always the same one makes
//! the reduction as large as it can be.
//!
//! The representative is found as in graph canonisation (McKay, "Practical graph isomorphism", 1981):
//! every instance gets a colour, a hash of all that is said of it, refined by the colours of the instances
//! it is related to. Instances of one machine are put in the order of their colours. Where colours tie,
//! either swapping the two changes nothing, so that any order will do, or each of the tied ones is
//! tried as the first and the least packed state wins. A collision of hashes only makes a tie.
//!
//! Cost: one look at a table for each record of bits, a few passes over what relates instances; more where
//! ties have to be tried out, up to a number of tries that is limited. Beyond it a state may have more
//! than one representative.

use std::ops::Range;

use super::Compiled;
use super::layout::{Domain, Kind as ValueKind, Layout, Shape};
use super::program::StateSet;
use crate::model::{Cell, MachineId, Model};
use crate::system::{ActionId, FairnessId, Permutation, Renamer, Renaming};

mod canonizer;
mod naming;
mod record;

use canonizer::Canonizer;
use naming::Naming;
use record::Records;

/// The renamings of a model's instances that no step can tell.
#[derive(Debug)]
pub struct Symmetry {
    layout: Layout,
    kinds: Vec<Kind>,
    /// By slot.
    entries: Vec<Entry>,
    records: Records,
    naming: Naming,
    /// How many instances can be renamed.
    instance_count: usize,
}

/// A machine whose instances can be renamed.
#[derive(Clone, Copy, Debug)]
struct Kind {
    machine: MachineId,
    /// Its first instance among all that can be renamed.
    first: usize,
    count: usize,
}

impl Kind {
    fn instances(&self) -> Range<usize> {
        self.first..self.first + self.count
    }
}

/// A slot, and what renaming does to it.
#[derive(Debug)]
struct Entry {
    slot: u32,
    /// The first of all slots that it can be renamed to.
    first: u32,
    /// The instances that it belongs to, with the distance to the same slot of the next one.
    homes: Vec<Home>,
    content: Content,
    /// The slot of the control state on which it depends whether it has a meaning, and where it has.
    alive: Option<(u32, StateSet)>,
    /// For an element of a queue: the slot of the length, and the element's position.
    in_queue: Option<(u32, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Home {
    instance: usize,
    /// Its number among its kind.
    index: usize,
    stride: u32,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug)]
enum Content {
    /// Nothing that is renamed.
    Plain,
    /// An instance of a kind, or `none`; the first instance of the kind.
    Instance(usize),
    /// A set of them: the first instance of the kind, and how many there are.
    Set(usize, usize),
}

impl Symmetry {
    /// The symmetry of a model; none if no machine has instances that can be renamed.
    pub fn of(model: &Model, compiled: &Compiled) -> Option<Symmetry> {
        let mut kinds: Vec<Kind> = Vec::new();
        let mut instance_count = 0;
        for (machine, declared) in model.machines.iter_with_ids() {
            let count = declared.count as usize;
            if count > 1 {
                kinds.push(Kind { machine, first: instance_count, count });
                instance_count += count;
            }
        }
        let layout = compiled.layout.clone();
        if kinds.is_empty() {
            return None;
        }
        let naming = Naming::of(model, &compiled.facts, &kinds);
        let (entries, records) = (Vec::new(), Records::default());
        let mut symmetry = Symmetry { layout, kinds, entries, records, naming, instance_count };
        for (id, cell) in model.cells.iter() {
            let homes = symmetry.homes_of(cell, model);
            let (base, shape) = compiled.layout.place(id);
            symmetry.add(base, &shape.clone(), &homes, None);
        }
        symmetry.mark_dead(compiled);
        symmetry.records = Records::of(&symmetry.layout, &symmetry.entries);
        Some(symmetry)
    }

    /// The machines whose instances can be renamed, with how many each has.
    pub fn machines(&self) -> impl Iterator<Item = (MachineId, usize)> + '_ {
        self.kinds.iter().map(|kind| (kind.machine, kind.count))
    }

    fn kind(&self, machine: MachineId) -> Option<Kind> {
        self.kinds.iter().copied().find(|kind| kind.machine == machine)
    }

    /// Whose a cell is.
    fn homes_of(&self, cell: Cell, model: &Model) -> Vec<Home> {
        let (machine, index, stride) = match cell {
            Cell::Control(machine, index) => (machine, index, self.layout.stride(machine)),
            Cell::Variable(variable, Some(index)) => {
                let Some(machine) = model.variables[variable].machine else { return Vec::new() };
                (machine, index, self.layout.stride(machine))
            }
            Cell::Budget(action, Some(index)) => {
                let Some(machine) = model.actions[action].machine else { return Vec::new() };
                let slot =
                    |index| model.cells.budget(action, index).map(|cell| self.layout.place(cell).0);
                let stride = slot(1).zip(slot(0)).map_or(0, |(second, first)| second - first);
                (machine, index, stride)
            }
            _ => return Vec::new(),
        };
        let home = |kind: Kind| {
            let index = index as usize;
            Home { instance: kind.first + index, index, stride }
        };
        self.kind(machine).map(home).into_iter().collect()
    }

    fn add(&mut self, base: u32, shape: &Shape, homes: &[Home], in_queue: Option<(u32, i64)>) {
        match shape {
            Shape::Scalar(domain) => {
                let content = match domain.kind {
                    ValueKind::Instance(machine) => {
                        self.kind(machine).map_or(Content::Plain, |it| Content::Instance(it.first))
                    }
                    _ => Content::Plain,
                };
                self.push(base, homes, content, in_queue);
            }
            Shape::Set(domain) => {
                let content = match domain.kind {
                    ValueKind::Instance(machine) => self
                        .kind(machine)
                        .map_or(Content::Plain, |kind| Content::Set(kind.first, kind.count)),
                    _ => Content::Plain,
                };
                self.push(base, homes, content, in_queue);
            }
            Shape::Queue { element, capacity } => {
                self.push(base, homes, Content::Plain, None);
                for at in 0..*capacity {
                    let element = Shape::Scalar(element.clone());
                    self.add(base + 1 + at, &element, homes, Some((base, i64::from(at))));
                }
            }
            Shape::Array { index, element } => {
                let stride = element.slot_count();
                for rank in 0..index.size() {
                    let mut homes = homes.to_vec();
                    homes.extend(self.home_of_index(index, rank, stride));
                    self.add(base + rank as u32 * stride, element, &homes, None);
                }
            }
        }
    }

    /// Whose an element of an array is, if instances index it.
    fn home_of_index(&self, index: &Domain, rank: u64, stride: u32) -> Option<Home> {
        let ValueKind::Instance(machine) = index.kind else { return None };
        let kind = self.kind(machine)?;
        let index = rank as usize;
        (index < kind.count).then(|| Home { instance: kind.first + index, index, stride })
    }

    fn push(&mut self, slot: u32, homes: &[Home], content: Content, in_queue: Option<(u32, i64)>) {
        let first = homes.iter().fold(slot, |slot, home| slot - home.index as u32 * home.stride);
        let homes = homes.to_vec();
        self.entries.push(Entry { slot, first, homes, content, alive: None, in_queue });
    }

    /// Where it has no meaning, a `while` variable holds what it starts with: analysis admits one value for
    /// all instances, which names none of them.
    fn mark_dead(&mut self, compiled: &Compiled) {
        for reset in compiled.program.resets.iter().flatten() {
            for slot in (reset.base..).take(reset.initial.len()) {
                let alive = (reset.control, reset.alive.clone());
                self.entries[slot as usize].alive = Some(alive);
            }
        }
    }
}

impl Renaming for Symmetry {
    fn renamer(&self) -> Box<dyn Renamer + '_> {
        Box::new(Canonizer::new(self))
    }

    fn thing_count(&self) -> usize {
        self.instance_count
    }

    fn peers(&self, thing: usize) -> Range<usize> {
        let mut kinds = self.kinds.iter().map(Kind::instances);
        kinds.find(|instances| instances.contains(&thing)).unwrap_or(thing..thing + 1)
    }

    fn action(&self, action: ActionId, by: &Permutation) -> ActionId {
        self.naming.action(action, by)
    }

    fn owner(&self, owed: FairnessId) -> Option<usize> {
        self.naming.owner(owed)
    }

    fn owed_to(&self, owed: FairnessId, owner: usize) -> FairnessId {
        self.naming.owed_to(owed, owner)
    }
}

impl Entry {
    /// What its slot says; none where it has no meaning, or its queue is not that long.
    fn code(&self, slots: &[i64]) -> Option<i64> {
        if let Some((control, alive)) = &self.alive
            && !alive.has(slots[*control as usize])
        {
            return None;
        }
        match self.in_queue {
            Some((length, position)) if slots[length as usize] <= position => None,
            _ => Some(slots[self.slot as usize]),
        }
    }

    /// The slots on which it depends whether it says anything.
    fn conditions(&self) -> impl Iterator<Item = u32> + '_ {
        let control = self.alive.as_ref().map(|(control, _)| *control);
        control.into_iter().chain(self.in_queue.map(|(length, _)| length))
    }
}

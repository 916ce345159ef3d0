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
//! Cost: a few passes over the slots for each state; more where ties have to be tried out, up to a
//! number of tries that is limited. Beyond it a state may have more than one representative.

use super::Compiled;
use super::layout::{Domain, Kind as ValueKind, Layout, NONE, Shape};
use super::program::StateSet;
use crate::base::hash::mix;
use crate::model::{Cell, MachineId, Model};
use crate::system::{Renamer, Renaming, Word};

/// The most orders that are tried for one state. By taste.
const MOST_TRIES: usize = 720;

/// The renamings of a model's instances that no step can tell.
#[derive(Debug)]
pub struct Symmetry {
    layout: Layout,
    kinds: Vec<Kind>,
    entries: Vec<Entry>,
    /// The entries that say something of one instance alone, by position.
    own: Vec<usize>,
    /// Those that relate instances to each other.
    related: Vec<usize>,
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

/// A slot, and what renaming does to it.
#[derive(Debug)]
struct Entry {
    slot: u32,
    /// The same for all slots that it can be renamed to.
    field: u64,
    /// The instances that it belongs to, with the distance to the same slot of the next one.
    homes: Vec<Home>,
    content: Content,
    /// The slot of the control state on which it depends whether it has a meaning, and where it has.
    alive: Option<(u32, StateSet)>,
    /// What it holds where it has none.
    dead: i64,
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
        let (entries, own, related) = (Vec::new(), Vec::new(), Vec::new());
        let mut symmetry = Symmetry { layout, kinds, entries, own, related, instance_count };
        if symmetry.kinds.is_empty() {
            return None;
        }
        for (id, cell) in model.cells.iter() {
            let homes = symmetry.homes_of(cell, model);
            let (base, shape) = compiled.layout.place(id);
            symmetry.add(base, &shape.clone(), &homes, None);
        }
        symmetry.mark_dead(compiled);
        for (at, entry) in symmetry.entries.iter().enumerate() {
            match (entry.homes.len(), entry.content) {
                (0, Content::Plain) => {}
                (1, Content::Plain) => symmetry.own.push(at),
                _ => symmetry.related.push(at),
            }
        }
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
        let field = mix(u64::from(first), homes.len() as u64);
        let homes = homes.to_vec();
        let alive = None;
        self.entries.push(Entry { slot, field, homes, content, alive, dead: 0, in_queue });
    }

    /// Analysis lets a `while` variable start with one value for all instances, which names none of them.
    fn mark_dead(&mut self, compiled: &Compiled) {
        for reset in compiled.program.resets.iter().flatten() {
            for (slot, &initial) in (reset.base..).zip(&reset.initial) {
                let entry = &mut self.entries[slot as usize];
                entry.alive = Some((reset.control, reset.alive.clone()));
                entry.dead = initial;
            }
        }
    }
}

impl Renaming for Symmetry {
    fn renamer(&self) -> Box<dyn Renamer + '_> {
        let slots = vec![0; self.layout.slot_count() as usize];
        Box::new(Canonizer {
            symmetry: self,
            renamed: slots.clone(),
            slots,
            names: vec![0; self.instance_count],
            colours: vec![0; self.instance_count],
            sums: vec![0; self.instance_count],
            packed: vec![0; self.layout.width()],
            least: vec![0; self.layout.width()],
            tries: 0,
        })
    }
}

/// Finds representatives, one after the other.
struct Canonizer<'s> {
    symmetry: &'s Symmetry,
    slots: Vec<i64>,
    renamed: Vec<i64>,
    /// The new number of each instance among its kind.
    names: Vec<usize>,
    /// By instance, before ties are broken.
    colours: Vec<u64>,
    sums: Vec<u64>,
    packed: Vec<Word>,
    /// The least packed state so far, once there was a try.
    least: Vec<Word>,
    tries: usize,
}

impl Renamer for Canonizer<'_> {
    fn represent(&mut self, state: &mut [Word]) {
        self.symmetry.layout.unpack(state, &mut self.slots);
        let mut colours = std::mem::take(&mut self.colours);
        self.colour(&mut colours);
        self.tries = 0;
        self.order(&mut colours);
        self.colours = colours;
        state.copy_from_slice(&self.least);
    }
}

impl Canonizer<'_> {
    /// Gives each instance the colour of its kind and of what is said of it alone.
    fn colour(&self, colours: &mut [u64]) {
        for (number, kind) in (1..).zip(&self.symmetry.kinds) {
            colours[kind.first..kind.first + kind.count].fill(number);
        }
        for &at in &self.symmetry.own {
            let entry = &self.symmetry.entries[at];
            if let Meaning::Value(code) = entry.meaning(&self.slots) {
                let colour = &mut colours[entry.homes[0].instance];
                *colour = colour.wrapping_add(mix(entry.field, code as u64));
            }
        }
    }

    /// Orders the instances by their colours, and tries what colours leave open.
    fn order(&mut self, colours: &mut [u64]) {
        self.refine(colours);
        let Some(tied) = self.first_tie(colours) else { return self.try_order(colours) };
        let are_twins = tied.windows(2).all(|pair| self.is_swap_unseen(pair[0], pair[1]));
        if are_twins {
            for (number, &instance) in (1..).zip(&tied) {
                colours[instance] = mix(colours[instance], number);
            }
            return self.order(colours);
        }
        for &first in &tied {
            if self.tries >= MOST_TRIES {
                return;
            }
            let mut colours = colours.to_vec();
            colours[first] = mix(colours[first], 1);
            self.order(&mut colours);
        }
    }

    /// Mixes into each colour what is said of the instance, until that tells no more of them apart.
    fn refine(&mut self, colours: &mut [u64]) {
        let mut told_apart = self.count(colours);
        while told_apart < colours.len() {
            self.sums.fill(0);
            for &at in &self.symmetry.related {
                let entry = &self.symmetry.entries[at];
                add_to_sums(entry, &self.slots, colours, &mut self.sums);
            }
            for (colour, &sum) in colours.iter_mut().zip(&self.sums) {
                *colour = mix(*colour, sum);
            }
            let now = self.count(colours);
            if now == told_apart {
                return;
            }
            told_apart = now;
        }
    }

    /// How many colours there are.
    fn count(&self, colours: &[u64]) -> usize {
        let is_first = |&at: &usize| !colours[..at].contains(&colours[at]);
        (0..colours.len()).filter(is_first).count()
    }

    /// The instances of the least colour that several have, of the first kind where there is one.
    fn first_tie(&self, colours: &[u64]) -> Option<Vec<usize>> {
        self.symmetry.kinds.iter().find_map(|kind| {
            let instances = kind.first..kind.first + kind.count;
            let of_colour = |colour: u64| {
                instances.clone().filter(move |&instance| colours[instance] == colour)
            };
            let is_tied = |&instance: &usize| of_colour(colours[instance]).count() > 1;
            let tied = instances.clone().filter(is_tied).map(|instance| colours[instance]);
            tied.min().map(|colour| of_colour(colour).collect())
        })
    }

    /// Whether two instances of a kind can be swapped without a change.
    fn is_swap_unseen(&mut self, one: usize, other: usize) -> bool {
        for kind in &self.symmetry.kinds {
            for index in 0..kind.count {
                self.names[kind.first + index] = index;
            }
        }
        self.names.swap(one, other);
        self.rename();
        self.renamed == self.slots
    }

    /// Renames by the order of colours, which all differ, and keeps the result if it is the least.
    fn try_order(&mut self, colours: &[u64]) {
        self.tries += 1;
        for kind in &self.symmetry.kinds {
            let instances = kind.first..kind.first + kind.count;
            for instance in instances.clone() {
                let before = instances.clone().filter(|&it| colours[it] < colours[instance]);
                self.names[instance] = before.count();
            }
        }
        self.rename();
        self.symmetry.layout.pack_all(&self.renamed, &mut self.packed);
        if self.tries == 1 || self.packed < self.least {
            self.least.copy_from_slice(&self.packed);
        }
    }

    /// Gives every instance its new name.
    fn rename(&mut self) {
        let entries = &self.symmetry.entries;
        for entry in entries {
            let mut slot = entry.slot;
            for home in &entry.homes {
                let new = self.names[home.instance] as u32;
                slot = slot + new * home.stride - home.index as u32 * home.stride;
            }
            self.renamed[slot as usize] = match entry.meaning(&self.slots) {
                Meaning::Dead => entries[slot as usize].dead,
                Meaning::Unused => self.slots[entry.slot as usize],
                Meaning::Value(code) => self.renamed_code(entry.content, code),
            };
        }
    }

    fn renamed_code(&self, content: Content, code: i64) -> i64 {
        match content {
            Content::Instance(first) if code != NONE => self.names[first + code as usize] as i64,
            Content::Plain | Content::Instance(_) => code,
            Content::Set(first, count) => {
                let rest = code & !(((1_u128 << count) - 1) as i64);
                let members = (0..count).filter(|member| code >> member & 1 == 1);
                members.fold(rest, |set, member| set | 1 << self.names[first + member])
            }
        }
    }
}

/// What a slot says.
enum Meaning {
    /// Nothing, where its owner is.
    Dead,
    /// Nothing: its queue is not that long.
    Unused,
    Value(i64),
}

impl Entry {
    fn meaning(&self, slots: &[i64]) -> Meaning {
        if let Some((control, alive)) = &self.alive
            && !alive.has(slots[*control as usize])
        {
            return Meaning::Dead;
        }
        match self.in_queue {
            Some((length, position)) if slots[length as usize] <= position => Meaning::Unused,
            _ => Meaning::Value(slots[self.slot as usize]),
        }
    }
}

/// What one slot says of the instances that it belongs to, and of those that it holds.
fn add_to_sums(entry: &Entry, slots: &[i64], colours: &[u64], sums: &mut [u64]) {
    let Meaning::Value(code) = entry.meaning(slots) else { return };
    let value = match entry.content {
        Content::Instance(first) if code != NONE => colours[first + code as usize],
        Content::Plain | Content::Instance(_) => code as u64,
        Content::Set(first, count) => {
            let members = (0..count).filter(|member| code >> member & 1 == 1);
            let colours = members.map(|member| mix(colours[first + member], entry.field));
            colours.fold(code.count_ones().into(), u64::wrapping_add)
        }
    };
    let mut place = entry.field;
    for home in &entry.homes {
        place = mix(place, colours[home.instance]);
    }
    for (position, home) in (1..).zip(&entry.homes) {
        let said = mix(place.wrapping_add(position), value);
        sums[home.instance] = sums[home.instance].wrapping_add(said);
    }
    let said = mix(place, u64::MAX);
    match entry.content {
        Content::Instance(first) if code != NONE => {
            let sum = &mut sums[first + code as usize];
            *sum = sum.wrapping_add(said);
        }
        Content::Plain | Content::Instance(_) => {}
        Content::Set(first, count) => {
            for member in (0..count).filter(|member| code >> member & 1 == 1) {
                sums[first + member] = sums[first + member].wrapping_add(said);
            }
        }
    }
}

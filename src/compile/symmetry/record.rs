//! The packed state cut into records, each of which belongs to the same instances as a whole.
//!
//! A record has few bits and so few values. What a value says is found out once, see [`Row`]; from then
//! on colouring and renaming a state are a look at a table for each record, and the slots are not unpacked.

use std::collections::BTreeMap;

use super::super::layout::{Layout, NONE};
use super::{Content, Entry};
use crate::base::hash::mix;
use crate::system::Word;

/// Records are cut so that they have no more bits, where that is possible. By taste.
const MOST_BITS: u32 = 12;

/// All records of a state.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Those of one class stand together, in the order of the instances that they belong to.
    pub records: Vec<Record>,
    /// Those that may relate instances to each other, by position.
    pub relating: Vec<usize>,
    /// The bits that are no record's: no renaming changes them.
    pub fixed: Vec<Word>,
    /// How many rows they need.
    pub row_count: usize,
}

/// Some bits of the packed state.
#[derive(Debug)]
pub(super) struct Record {
    /// The same for all records that it can be renamed to.
    pub class: u64,
    /// The first of these, by position.
    first: usize,
    /// The instances that it belongs to, with the distance between the records of one and of the next.
    pub homes: Vec<(usize, usize)>,
    members: Vec<Member>,
    /// Where its bits are; then, where those are on which it depends whether its members say anything.
    runs: Vec<Run>,
    /// How many runs are its own.
    own: usize,
    rows: Rows,
}

/// Which rows the values of a record have.
#[derive(Clone, Copy, Debug)]
enum Rows {
    /// One for each value, from this one on, which the whole class shares.
    Shared(usize),
    /// One of its own, for the value that it had last.
    Last(usize),
    /// One of its own, for the present value: it takes more than a word to tell it from others.
    Present(usize),
}

/// A slot that is part of a record.
#[derive(Clone, Copy, Debug)]
struct Member {
    slot: u32,
    /// How many bits are below it in the record, or below the joint that it is packed in.
    offset: u32,
}

/// Bits that lie together in a word.
#[derive(Clone, Copy, Debug)]
struct Run {
    word: u32,
    shift: u32,
    mask: u64,
    /// How many bits are below it in the record.
    offset: u32,
}

/// What a value of a record says.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// The value, once there was one.
    key: Option<u64>,
    /// The record's bits without the instances that it names, which no renaming changes.
    base: u64,
    /// The same as a colour.
    pub colour: u64,
    /// Those instances.
    pub named: Vec<Named>,
}

/// An instance that a record names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    pub instance: usize,
    /// As what it is named.
    pub role: u64,
    /// Whether it is named by its bit in a set.
    in_set: bool,
    /// What its number, or its bit, is multiplied with to get the bits of the record.
    weight: u64,
}

/// Slots whose bits cannot be parted, and where these are.
struct Atom<'e> {
    entries: Vec<&'e Entry>,
    run: Run,
}

/// The new numbers of instances, among their kinds.
pub(super) type Names = [u32];

impl Records {
    /// Cuts the states of a layout.
    pub fn of(layout: &Layout, entries: &[Entry]) -> Records {
        let mut cut = Records { fixed: vec![0; layout.width()], ..Records::default() };
        // By the kinds that they belong to, then by the numbers of the instances.
        let mut groups: BTreeMap<Vec<usize>, BTreeMap<Vec<usize>, Vec<Atom<'_>>>> = BTreeMap::new();
        for atom in atoms(layout, entries) {
            let homes = &atom.entries[0].homes;
            let is_plain = |entry: &&Entry| matches!(entry.content, Content::Plain);
            if homes.is_empty() && atom.entries.iter().all(is_plain) {
                cut.fixed[atom.run.word as usize] |= atom.run.mask << atom.run.shift;
                continue;
            }
            let kinds = homes.iter().map(|home| home.instance - home.index).collect();
            let indices = homes.iter().map(|home| home.index).collect();
            groups.entry(kinds).or_default().entry(indices).or_default().push(atom);
        }
        for group in groups.values_mut() {
            for atoms in group.values_mut() {
                atoms.sort_by_key(|atom| atom.entries[0].first);
            }
            cut.add_group(layout, group);
        }
        cut
    }

    /// Cuts what belongs to instances of the same kinds.
    fn add_group(&mut self, layout: &Layout, group: &BTreeMap<Vec<usize>, Vec<Atom<'_>>>) {
        let Some((last, atoms)) = group.last_key_value() else { return };
        // The numbers of the last instances say how many there are.
        let weight = |at: usize| last[at + 1..].iter().map(|last| last + 1).product();
        let weights: Vec<usize> = (0..last.len()).map(weight).collect();
        let mut rest = 0..atoms.len();
        while !rest.is_empty() {
            let fits = |&end: &usize| bits_of(layout, &atoms[rest.start..end]) <= MOST_BITS;
            let end = (rest.start + 2..=rest.end).take_while(fits).last();
            let part = rest.start..end.unwrap_or(rest.start + 1);
            self.add_class(layout, group.values().map(|atoms| &atoms[part.clone()]), &weights);
            rest.start = part.end;
        }
    }

    /// Makes a record of each of these.
    fn add_class<'a, 'e: 'a>(
        &mut self,
        layout: &Layout,
        parts: impl Iterator<Item = &'a [Atom<'e>]>,
        weights: &[usize],
    ) {
        let first = self.records.len();
        let first_row = self.row_count;
        for atoms in parts {
            let at = self.records.len();
            let bits = bits_of(layout, atoms);
            let rows = if bits <= MOST_BITS {
                Rows::Shared(first_row)
            } else if bits <= u64::BITS {
                Rows::Last(first_row + at - first)
            } else {
                Rows::Present(first_row + at - first)
            };
            let (mut members, mut runs, mut offset) = (Vec::new(), Vec::new(), 0);
            for Atom { entries, run } in atoms {
                members.extend(entries.iter().map(|entry| Member { slot: entry.slot, offset }));
                add_run(&mut runs, *run, &mut offset);
            }
            let own = runs.len();
            if !matches!(rows, Rows::Present(_)) {
                let mut conditions = Vec::new();
                for run in conditions_of(layout, atoms) {
                    add_run(&mut conditions, run, &mut offset);
                }
                runs.append(&mut conditions);
            }
            let entries = || atoms.iter().flat_map(|atom| &atom.entries);
            let homes = atoms[0].entries[0].homes.iter().map(|home| home.instance);
            let homes: Vec<_> = homes.zip(weights.iter().copied()).collect();
            if homes.len() > 1 || !entries().all(|entry| matches!(entry.content, Content::Plain)) {
                self.relating.push(at);
            }
            let class = first as u64 + 1;
            self.row_count = match rows {
                Rows::Shared(first) => first + (1 << bits),
                Rows::Last(row) | Rows::Present(row) => row + 1,
            };
            self.records.push(Record { class, first, homes, members, runs, own, rows });
        }
    }
}

impl Record {
    /// The value that it has in a state, and which row that has.
    #[inline]
    pub fn key(&self, words: &[Word]) -> (u64, usize) {
        let key = self.runs.iter().fold(0, |key, run| {
            key | ((words[run.word as usize] >> run.shift) & run.mask) << run.offset
        });
        let row = match self.rows {
            Rows::Shared(first) => first + key as usize,
            Rows::Last(row) | Rows::Present(row) => row,
        };
        (key, row)
    }

    /// Whether a row says what this value says.
    #[inline]
    pub fn is_told(&self, row: &Row, key: u64) -> bool {
        row.key == Some(key) && !matches!(self.rows, Rows::Present(_))
    }

    /// Finds out what the value in a state says.
    pub fn tell(
        &self,
        key: u64,
        (slots, entries): (&[i64], &[Entry]),
        layout: &Layout,
        row: &mut Row,
    ) {
        let own = self.runs[..self.own].iter().map(|run| run.mask << run.offset).sum::<u64>();
        row.key = Some(key);
        row.base = key & own;
        row.named.clear();
        for (number, member) in (1..).zip(&self.members) {
            let entry = &entries[member.slot as usize];
            let Some(code) = entry.code(slots) else { continue };
            let role = mix(self.class, number);
            let weight = weight(layout, member.slot, slots) << member.offset;
            let mut name = |instance, in_set, bits: u64| {
                row.base -= bits * weight;
                row.named.push(Named { instance, role, in_set, weight });
            };
            match entry.content {
                Content::Instance(first) if code != NONE => {
                    name(first + code as usize, false, code as u64);
                }
                Content::Plain | Content::Instance(_) => {}
                Content::Set(first, count) => {
                    for member in (0..count).filter(|member| code >> member & 1 == 1) {
                        name(first + member, true, 1 << member);
                    }
                }
            }
        }
        row.colour = mix(self.class, row.base);
    }

    /// Writes it, renamed, to where it is then; `records` are all.
    #[inline]
    pub fn rename(&self, row: &Row, names: &Names, records: &[Record], words: &mut [Word]) {
        let value = row.named.iter().fold(row.base, |value, named| {
            let name = names[named.instance];
            let code = if named.in_set { 1 << name } else { u64::from(name) };
            value + code * named.weight
        });
        let steps = self.homes.iter().map(|&(home, weight)| names[home] as usize * weight);
        let renamed = &records[self.first + steps.sum::<usize>()];
        for run in &renamed.runs[..renamed.own] {
            words[run.word as usize] |= ((value >> run.offset) & run.mask) << run.shift;
        }
    }
}

/// The parts of a state that are packed apart.
fn atoms<'e>(layout: &Layout, entries: &'e [Entry]) -> impl Iterator<Item = Atom<'e>> {
    entries.iter().filter_map(|entry| {
        let entries = match layout.joint(entry.slot) {
            None => vec![entry],
            Some((joint, _)) if joint.slots[0] == entry.slot => {
                joint.slots.iter().map(|&slot| &entries[slot as usize]).collect()
            }
            Some(_) => return None,
        };
        Some(Atom { entries, run: run_of(layout, entry.slot) })
    })
}

/// Where a slot is, or the joint that it is packed in.
fn run_of(layout: &Layout, slot: u32) -> Run {
    let field = layout.field(slot);
    let (word, shift, mask) = match layout.joint(slot) {
        Some((joint, _)) => (joint.word, joint.shift, joint.mask),
        None => (field.word, field.shift, field.mask),
    };
    Run { word, shift, mask, offset: 0 }
}

/// Puts bits on top of a record, which has `offset` bits so far.
fn add_run(runs: &mut Vec<Run>, run: Run, offset: &mut u32) {
    let bits = run.mask.count_ones();
    match runs.last_mut() {
        _ if bits == 0 => {}
        Some(last) if last.word == run.word && last.shift + last.mask.count_ones() == run.shift => {
            last.mask |= run.mask << (run.shift - last.shift);
        }
        _ => runs.push(Run { offset: *offset, ..run }),
    }
    *offset += bits;
}

/// Where the bits are, other than their own, on which it depends whether these say anything.
fn conditions_of(layout: &Layout, atoms: &[Atom<'_>]) -> Vec<Run> {
    let places = |run: &Run| (run.word, run.shift);
    let own: Vec<_> = atoms.iter().map(|atom| places(&atom.run)).collect();
    let entries = atoms.iter().flat_map(|atom| &atom.entries);
    let slots = entries.flat_map(|entry| entry.conditions());
    let mut runs: Vec<Run> = slots.map(|slot| run_of(layout, slot)).collect();
    runs.retain(|run| run.mask > 0 && !own.contains(&places(run)));
    runs.sort_by_key(places);
    runs.dedup_by_key(|run| places(run));
    runs
}

/// How many bits tell what these say.
fn bits_of(layout: &Layout, atoms: &[Atom<'_>]) -> u32 {
    let conditions = conditions_of(layout, atoms);
    let runs = atoms.iter().map(|atom| &atom.run).chain(&conditions);
    runs.map(|run| run.mask.count_ones()).sum()
}

/// What a slot's code weighs in the bits of the slot, or of the joint that it is packed in.
fn weight(layout: &Layout, slot: u32, slots: &[i64]) -> u64 {
    let Some((joint, tables)) = layout.joint(slot) else { return 1 };
    let control = slots[joint.slots[0] as usize] as usize;
    let variable = joint.slots[1..].iter().position(|&member| member == slot);
    variable
        .map_or(0, |variable| tables.weights[control * tables.variables.len() + variable] as u64)
}

//! The search for a state's representative: colours, and orders where they leave a choice.

use std::ops::Range;

use super::Symmetry;
use super::record::{Record, Row};
use crate::base::hash::mix;
use crate::system::{Permutation, Renamer, Word};

/// The most orders that are tried for one state. By taste.
const MOST_TRIES: usize = 720;

/// Finds representatives, one after the other.
pub(super) struct Canonizer<'s> {
    symmetry: &'s Symmetry,
    /// What the values of records say, as far as there was occasion to find out.
    rows: Vec<Row>,
    state: Vec<Word>,
    /// The row of each record of the state.
    said: Vec<usize>,
    slots: Vec<i64>,
    /// The new number of each instance among its kind.
    names: Vec<u32>,
    /// By instance, before ties are broken.
    colours: Vec<u64>,
    /// By instance: what is said of it, while that is added up.
    sums: Vec<u64>,
    /// By kind: how many of its instances have the colour of one before them.
    tied: Vec<usize>,
    renamed: Vec<Word>,
    /// The least renamed state so far, once there was a try; and the names that made it.
    least: Vec<Word>,
    least_names: Vec<u32>,
    tries: usize,
}

impl Renamer for Canonizer<'_> {
    fn represent(&mut self, state: &mut [Word]) {
        self.state.copy_from_slice(state);
        let mut colours = std::mem::take(&mut self.colours);
        self.read(&mut colours);
        self.tries = 0;
        self.order(&mut colours);
        self.colours = colours;
        state.copy_from_slice(&self.least);
    }

    fn last(&self) -> Permutation {
        let kinds = self.symmetry.kinds.iter();
        let places = kinds.flat_map(|kind| {
            let names = self.least_names[kind.instances()].iter();
            names.map(|&name| kind.first + name as usize)
        });
        Permutation::from_places(places)
    }

    fn rename(&mut self, state: &mut [Word], by: &Permutation) {
        self.state.copy_from_slice(state);
        let mut colours = std::mem::take(&mut self.colours);
        self.read(&mut colours);
        self.colours = colours;
        for kind in &self.symmetry.kinds {
            for instance in kind.instances() {
                self.names[instance] = (by.of(instance) - kind.first) as u32;
            }
        }
        self.write();
        state.copy_from_slice(&self.renamed);
    }
}

impl<'s> Canonizer<'s> {
    /// One that has seen no state yet.
    pub fn new(symmetry: &'s Symmetry) -> Canonizer<'s> {
        let words = vec![0; symmetry.layout.width()];
        Canonizer {
            symmetry,
            rows: vec![Row::default(); symmetry.records.row_count],
            state: words.clone(),
            said: vec![0; symmetry.records.records.len()],
            slots: vec![0; symmetry.layout.slot_count() as usize],
            names: vec![0; symmetry.instance_count],
            colours: vec![0; symmetry.instance_count],
            sums: vec![0; symmetry.instance_count],
            tied: vec![0; symmetry.kinds.len()],
            renamed: words.clone(),
            least: words,
            least_names: vec![0; symmetry.instance_count],
            tries: 0,
        }
    }

    /// Finds the rows of the state's records, and gives each instance the colour of its kind and of what
    /// is said of it alone.
    fn read(&mut self, colours: &mut [u64]) {
        let Symmetry { layout, entries, records, kinds, .. } = self.symmetry;
        for (number, kind) in (1..).zip(kinds) {
            colours[kind.instances()].fill(number);
        }
        let mut is_unpacked = false;
        for (record, said) in records.records.iter().zip(&mut self.said) {
            let (key, at) = record.key(&self.state);
            let row = &mut self.rows[at];
            if !record.is_told(row, key) {
                if !is_unpacked {
                    layout.unpack(&self.state, &mut self.slots);
                    is_unpacked = true;
                }
                record.tell(key, (&self.slots, entries), layout, row);
            }
            *said = at;
            if let [(home, _)] = record.homes[..] {
                colours[home] = colours[home].wrapping_add(row.colour);
            }
        }
    }

    /// Orders the instances by their colours, and tries what colours leave open.
    fn order(&mut self, colours: &mut [u64]) {
        if !self.refine(colours) {
            return self.try_order(colours);
        }
        let Some(tied) = self.first_tie(colours) else { return };
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

    /// Mixes into the colours what is said of the instances, one kind after the other, until that tells no
    /// more of them apart; says whether some are tied then.
    fn refine(&mut self, colours: &mut [u64]) -> bool {
        self.tied.fill(usize::MAX);
        let mut is_finer = true;
        while is_finer {
            is_finer = false;
            for (number, kind) in self.symmetry.kinds.iter().enumerate() {
                let before = self.tied[number];
                if before > 0 {
                    self.refine_kind(kind.instances(), colours);
                    self.tied[number] = count_tied(&colours[kind.instances()]);
                    is_finer |= self.tied[number] < before;
                }
            }
        }
        self.tied.iter().any(|&tied| tied > 0)
    }

    /// Mixes into the colours of a kind's instances what is said of them.
    fn refine_kind(&mut self, kind: Range<usize>, colours: &mut [u64]) {
        for &at in &self.symmetry.records.relating {
            let record = &self.symmetry.records.records[at];
            let row = &self.rows[self.said[at]];
            add_to_sums(record, row, colours, (&kind, &mut self.sums));
        }
        for (colour, sum) in colours[kind.clone()].iter_mut().zip(&mut self.sums[kind]) {
            *colour = mix(*colour, std::mem::take(sum));
        }
    }

    /// The instances of the least colour that several have, of the first kind where there is one.
    fn first_tie(&self, colours: &[u64]) -> Option<Vec<usize>> {
        self.symmetry.kinds.iter().find_map(|kind| {
            let instances = kind.instances();
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
            for (name, number) in self.names[kind.instances()].iter_mut().zip(0..) {
                *name = number;
            }
        }
        self.names.swap(one, other);
        self.write();
        self.renamed == self.state
    }

    /// Renames by the order of colours, which all differ, and keeps the result if it is the least.
    fn try_order(&mut self, colours: &[u64]) {
        self.tries += 1;
        for kind in &self.symmetry.kinds {
            rank(&colours[kind.instances()], &mut self.names[kind.instances()]);
        }
        self.write();
        if self.tries == 1 || self.renamed < self.least {
            std::mem::swap(&mut self.least, &mut self.renamed);
            std::mem::swap(&mut self.least_names, &mut self.names);
        }
    }

    /// Writes the state with the new names.
    fn write(&mut self) {
        let records = &self.symmetry.records;
        for ((renamed, word), fixed) in self.renamed.iter_mut().zip(&self.state).zip(&records.fixed)
        {
            *renamed = word & fixed;
        }
        for (record, &said) in records.records.iter().zip(&self.said) {
            record.rename(&self.rows[said], &self.names, &records.records, &mut self.renamed);
        }
    }
}

/// How many are the same as one before them.
fn count_tied(colours: &[u64]) -> usize {
    let is_tied = |&at: &usize| colours[..at].iter().any(|&before| before == colours[at]);
    (1..colours.len()).filter(is_tied).count()
}

/// Numbers colours, which all differ, in ascending order.
fn rank(colours: &[u64], names: &mut [u32]) {
    for (at, &colour) in colours.iter().enumerate() {
        let mut name = 0;
        for (&before, name_before) in colours[..at].iter().zip(&mut *names) {
            name += u32::from(before < colour);
            *name_before += u32::from(before > colour);
        }
        names[at] = name;
    }
}

/// Adds what one record says of the instances of a kind: of those that it belongs to, and of those that it
/// names.
fn add_to_sums(
    record: &Record,
    row: &Row,
    colours: &[u64],
    (kind, sums): (&Range<usize>, &mut [u64]),
) {
    let mut add = |instance: usize, said: u64| sums[instance] = sums[instance].wrapping_add(said);
    // What it says of its only home by itself is in the colour already.
    if let [(home, _)] = record.homes[..] {
        if kind.contains(&home) {
            let said = row.named.iter().map(|named| mix(named.role, colours[named.instance]));
            add(home, said.fold(0, u64::wrapping_add));
        }
        for named in row.named.iter().filter(|named| kind.contains(&named.instance)) {
            add(named.instance, mix(!named.role, colours[home]));
        }
        return;
    }
    let homes = record.homes.iter().map(|&(home, _)| home);
    let place = homes.clone().fold(record.class, |place, home| mix(place, colours[home]));
    let said = row.named.iter().map(|named| mix(named.role, mix(place, colours[named.instance])));
    let said = said.fold(mix(place, row.colour), u64::wrapping_add);
    for (position, home) in (1..).zip(homes).filter(|(_, home)| kind.contains(home)) {
        add(home, mix(position, said));
    }
    for named in row.named.iter().filter(|named| kind.contains(&named.instance)) {
        add(named.instance, mix(!named.role, place));
    }
}

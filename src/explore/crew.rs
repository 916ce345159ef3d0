//! Seeing the steps out of many states at once, as if one worker had seen them in order.
//!
//! A batch of states goes through four rounds. In each of them any worker may take any job, and who does
//! a job decides nothing; so neither does the number of workers.
//!
//! 1. The batch is cut into chunks, one behind the other. A job sees the steps out of the states of a
//!    chunk, and keeps those targets that the graph does not know.
//! 2. The new targets are parted by their hashes. A job finds out which ones of a part are the same, and
//!    which of these comes first, in order of chunks.
//! 3. Now it is known how many states each chunk is the first to find. A job numbers those of a chunk, and
//!    writes them where all states are kept.
//! 4. A job enters the states of a part into that stretch of the table to which their hashes lead, or
//!    says where the edges of a chunk lead.
//!
//! Where numbers cannot be found, there is less to do: nobody looks a target up in the first round, and in the
//! second one who has a part has that stretch of the table for himself, and tells what is new by entering it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::extremes::Extremes;
use super::findings::{Findings, Targets};
use super::graph::{Edge, Graph, NO_STATE, Size, StateId};
use super::observer::{Interrupted, Observer};
use super::search::TARGETS_AT_ONCE;
use super::seen::{Door, Writer};
use super::team::{Jobs, Team};
use crate::system::{FigureId, Shape, Stepper, System, Word};

/// The workers, and the buffers that they fill again and again.
pub(super) struct Crew {
    team: Team,
    chunks: Vec<Chunk>,
    parts: Vec<Part>,
    /// By new target, those of one chunk behind those of the other: the first that is the same.
    firsts: Vec<AtomicU32>,
    /// By new target that is the first: its number.
    numbers: Vec<AtomicU32>,
}

/// What was found in some states.
struct Chunk {
    findings: Findings,
    /// The targets that the graph does not know, or of which nobody has asked that yet.
    new: Targets,
    /// By part, the places of these.
    by_part: Vec<Vec<u32>>,
    /// How many new targets the chunks before it have.
    offset: usize,
    /// For each block that begins in it, how many new targets come before; later, how many states.
    blocks: Vec<u32>,
}

/// The new targets whose hashes are in one range.
#[derive(Default)]
struct Part {
    /// A table with open addressing: the chunks and places of targets that are the first.
    firsts: Vec<(u32, u32)>,
    /// By chunk, how many of its targets are the first.
    counts: Vec<usize>,
    /// Hashes and numbers for which there was no room in their stretch of the table.
    left: Vec<(u64, u32)>,
    /// The chunks and places of targets of which their stretch does not tell whether they are known.
    untold: Vec<(u32, u32)>,
    /// Room to work in.
    perhaps_new: Vec<u32>,
}

/// A job of the last round.
enum Last<'a> {
    Enter(usize, &'a mut Part, Door<'a>),
    Lead(&'a Chunk, &'a mut [Edge]),
}

/// The chunk and place of no target.
const NOWHERE: (u32, u32) = (u32::MAX, u32::MAX);

/// Chunks per worker and batch: enough that no worker waits long for another. By taste.
const CHUNKS_PER_WORKER: usize = 4;

/// States and steps between two questions whether to go on. By taste.
const BETWEEN_QUESTIONS: usize = 512;

/// Targets that are entered while others are on their way to the caches. By taste.
const ENTERED_AHEAD: usize = 16;

impl Crew {
    pub(super) fn new(workers: usize, shape: Shape, figures: &[FigureId]) -> Crew {
        Crew {
            team: Team::new(workers),
            chunks: (0..workers * CHUNKS_PER_WORKER)
                .map(|_| Chunk::new(workers, shape, figures))
                .collect(),
            parts: (0..workers).map(|_| Part::default()).collect(),
            firsts: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Sees all steps out of some states, and tells new targets from known ones.
    pub(super) fn expand(
        &mut self,
        system: &dyn System,
        graph: &Graph,
        states: Range<u32>,
        observer: &mut dyn Observer,
    ) -> Result<(), Interrupted> {
        let is_stopped = AtomicBool::new(false);
        let jobs = Jobs::new(split(states, self.chunks.len()).zip(&mut self.chunks));
        let work = |goes_on: &mut dyn FnMut() -> bool| {
            let mut stepper = system.stepper();
            while let Some((states, chunk)) = jobs.next() {
                chunk.fill(&mut *stepper, graph, states, goes_on);
            }
        };
        let mut ask = || {
            is_stopped.fetch_or(observer.should_stop(), Ordering::Relaxed);
            !is_stopped.load(Ordering::Relaxed)
        };
        self.team.work(|| work(&mut || !is_stopped.load(Ordering::Relaxed)), || work(&mut ask));
        if is_stopped.into_inner() {
            return Err(Interrupted);
        }
        self.place_chunks();
        if graph.states.is_numbered() {
            // Where fingerprints tell states apart, no word does.
            let is_compact = graph.states.is_compact();
            self.compare(if is_compact { 0 } else { graph.states.width() });
        }
        Ok(())
    }

    /// How many workers there are.
    pub(super) fn workers(&self) -> usize {
        self.team.workers()
    }

    /// Puts the targets of the chunks behind each other.
    fn place_chunks(&mut self) {
        let mut count = 0;
        for chunk in &mut self.chunks {
            chunk.offset = count;
            count += chunk.new.len();
        }
        self.firsts.resize_with(count.max(self.firsts.len()), AtomicU32::default);
        self.numbers.resize_with(count.max(self.numbers.len()), AtomicU32::default);
    }

    /// How many targets there are that may be new.
    fn target_count(&self) -> usize {
        self.chunks.last().map_or(0, |chunk| chunk.offset + chunk.new.len())
    }

    /// Finds out which new targets are the same.
    fn compare(&mut self, width: usize) {
        let Crew { team, chunks, parts, firsts, .. } = self;
        let (chunks, firsts) = (&*chunks, &*firsts);
        team.share(parts.iter_mut().enumerate(), |(at, part)| {
            part.compare(at, width, chunks, firsts);
        });
    }

    /// Finds out which targets are new, and lets them be found.
    fn admit(&mut self, graph: &mut Graph) {
        let further = self.target_count();
        let Crew { team, chunks, parts, firsts, .. } = self;
        let (chunks, firsts) = (&*chunks, &*firsts);
        let doors = graph.states.doors(parts.len(), further, team).into_iter();
        team.share(parts.iter_mut().zip(doors).enumerate(), |(at, (part, door))| {
            part.admit(door, at, chunks, firsts);
        });
        for part in parts {
            for (chunk, place) in part.untold.drain(..) {
                let at = &chunks[chunk as usize];
                let hash = at.new.hashes[place as usize];
                if !graph.states.view().has(hash) {
                    graph.states.let_in(hash, NO_STATE);
                    note_first(at.offset + place as usize, firsts);
                    part.counts[chunk as usize] += 1;
                }
            }
        }
    }

    /// What was found, in order of states.
    pub(super) fn findings(&mut self) -> impl Iterator<Item = &mut Findings> {
        self.chunks.iter_mut().map(|chunk| &mut chunk.findings)
    }

    /// How large the graph will be, or may be.
    pub(super) fn size_with(&self, graph: &Graph) -> Size {
        let is_told = graph.states.is_numbered();
        let new = if is_told { self.counts().sum() } else { self.target_count() };
        let states = graph.state_count() + new;
        let edges = self.chunks.iter().map(|chunk| chunk.findings.edges.len()).sum::<usize>();
        let last_word = self.last_bits();
        Size { states, last_word, rows: states, edges: graph.edge_count() + edges }
    }

    /// By chunk, how many states it is the first to find.
    fn counts(&self) -> impl Iterator<Item = usize> {
        let of = |chunk: usize| self.parts.iter().map(move |part| part.counts[chunk]).sum();
        (0..self.chunks.len()).map(of)
    }

    /// No last word of a new state has a bit that is not set here.
    fn last_bits(&self) -> Word {
        self.chunks.iter().fold(0, |bits, chunk| bits | chunk.new.last_bits)
    }

    /// Makes the new states part of the graph, whose last edges are those that were found.
    pub(super) fn settle(&mut self, graph: &mut Graph) {
        if !graph.states.is_numbered() {
            self.admit(graph);
            return self.number(graph);
        }
        self.number(graph);
        self.enter(graph);
        for (hash, number) in self.parts.iter_mut().flat_map(|part| part.left.drain(..)) {
            graph.states.let_in(hash, number);
        }
    }

    /// Numbers the new states, and adds their words.
    fn number(&mut self, graph: &mut Graph) {
        let counts: Vec<usize> = self.counts().collect();
        let last_bits = self.last_bits();
        let Crew { team, chunks, firsts, numbers, .. } = self;
        let (firsts, numbers) = (&*firsts, &*numbers);
        let mut known = graph.state_count() as u32;
        let writers = graph.states.writers(&counts, last_bits).into_iter();
        let jobs = chunks.iter_mut().zip(writers).zip(&counts).map(|((chunk, writer), &count)| {
            let known_before = known;
            known += count as u32;
            (chunk, writer, known_before)
        });
        team.share(jobs, |(chunk, writer, known)| chunk.number(writer, known, firsts, numbers));
        for chunk in chunks {
            graph.known_before.extend_from_slice(&chunk.blocks);
        }
    }

    /// Lets the new states be found, and edges lead to them.
    fn enter(&mut self, graph: &mut Graph) {
        let Crew { team, chunks, parts, firsts, numbers } = self;
        let (chunks, firsts, numbers) = (&*chunks, &*firsts, &*numbers);
        let doors = graph.states.doors(parts.len(), 0, team).into_iter();
        let parts = parts.iter_mut().zip(doors).enumerate();
        let parts = parts.map(|(at, (part, door))| Last::Enter(at, part, door));
        let edge_count = chunks.iter().map(|chunk| chunk.findings.edges.len()).sum::<usize>();
        let first_edge = graph.edges.len() - edge_count;
        let mut edges = &mut graph.edges[first_edge..];
        let leads = chunks.iter().map(move |chunk| {
            let own = edges.split_off_mut(..chunk.findings.edges.len());
            Last::Lead(chunk, own.expect("each edge is that of a chunk"))
        });
        team.share(parts.chain(leads), |job| match job {
            Last::Enter(at, part, door) => part.enter(door, at, chunks, (firsts, numbers)),
            Last::Lead(chunk, edges) => chunk.lead(edges, firsts, numbers),
        });
    }
}

impl Chunk {
    fn new(parts: usize, shape: Shape, figures: &[FigureId]) -> Chunk {
        Chunk {
            findings: Findings::new(shape, figures),
            new: Targets::default(),
            by_part: vec![Vec::new(); parts],
            offset: 0,
            blocks: Vec::new(),
        }
    }

    /// Forgets everything, and sees the steps out of some states.
    fn fill(
        &mut self,
        stepper: &mut dyn Stepper,
        graph: &Graph,
        states: Range<u32>,
        goes_on: &mut dyn FnMut() -> bool,
    ) {
        self.findings.clear();
        self.findings.taken.fill(false);
        self.findings.extremes.iter_mut().for_each(|it| *it = Extremes::of(it.figure));
        self.new.clear();
        self.by_part.iter_mut().for_each(Vec::clear);
        self.blocks.clear();
        self.findings.targets.is_for_others = !graph.states.is_numbered();
        let mut spent = BETWEEN_QUESTIONS;
        for state in states.map(StateId) {
            if spent >= BETWEEN_QUESTIONS {
                spent = 0;
                if !goes_on() {
                    return;
                }
            }
            if Graph::begins_block(state) {
                self.sift(graph);
                self.blocks.push(self.new.len() as u32);
            }
            spent += 1 + self.findings.expand(stepper, graph, state);
            if self.findings.targets.len() >= TARGETS_AT_ONCE {
                self.sift(graph);
            }
        }
        self.sift(graph);
    }

    /// Looks up the targets in hand, and keeps those that are new; or keeps all, if others will do that.
    fn sift(&mut self, graph: &Graph) {
        let Chunk { findings, new, by_part, .. } = self;
        let view = graph.states.view();
        if !view.is_numbered() {
            let part_count = by_part.len();
            for (place, &hash) in (new.len() as u32..).zip(&findings.targets.hashes) {
                by_part[part_of(hash, part_count)].push(place);
            }
            return new.append(&mut findings.targets);
        }
        let width = graph.states.width();
        findings.look_up(view);
        let Findings { targets, numbers, edges, .. } = findings;
        let mut leads = targets.edges.iter().peekable();
        for (target, &number) in numbers.iter().enumerate() {
            let lead = leads.next_if(|lead| lead.0 as usize == target).map(|lead| lead.1);
            if number == NO_STATE {
                let hash = targets.hashes[target];
                let part = part_of(hash, by_part.len());
                by_part[part].push(new.len() as u32);
                new.edges.extend(lead.map(|edge| (new.len() as u32, edge)));
                new.note(hash, targets.words(target, width));
            } else if let Some(edge) = lead {
                edges[edge as usize].target = number;
            }
        }
        targets.clear();
    }

    /// Numbers those new targets that are the first, from `known` on, and writes them.
    fn number(
        &mut self,
        mut writer: Writer<'_>,
        mut known: u32,
        firsts: &[AtomicU32],
        numbers: &[AtomicU32],
    ) {
        let mut blocks = self.blocks.iter_mut().peekable();
        for place in 0..self.new.len() {
            while let Some(block) = blocks.next_if(|block| **block as usize == place) {
                *block = known;
            }
            let target = self.offset + place;
            if firsts[target].load(Ordering::Relaxed) as usize == target {
                numbers[target].store(known, Ordering::Relaxed);
                known += 1;
                writer.push(self.new.hashes[place], self.new.words(place, writer.width()));
            }
        }
        blocks.for_each(|block| *block = known);
    }

    /// Says where edges lead whose targets were new.
    fn lead(&self, edges: &mut [Edge], firsts: &[AtomicU32], numbers: &[AtomicU32]) {
        for &(target, edge) in &self.new.edges {
            let first = firsts[self.offset + target as usize].load(Ordering::Relaxed);
            edges[edge as usize].target = numbers[first as usize].load(Ordering::Relaxed);
        }
    }
}

impl Part {
    /// Finds out which targets of this part are the same.
    fn compare(&mut self, at: usize, width: usize, chunks: &[Chunk], firsts: &[AtomicU32]) {
        let count = chunks.iter().map(|chunk| chunk.by_part[at].len()).sum::<usize>();
        let part_count = chunks.first().map_or(1, |chunk| chunk.by_part.len()) as u64;
        self.firsts.clear();
        self.firsts.resize(2 * count + 1, NOWHERE);
        self.counts.clear();
        self.counts.resize(chunks.len(), 0);
        for (number, chunk) in chunks.iter().enumerate() {
            for &place in &chunk.by_part[at] {
                let hash = chunk.new.hashes[place as usize];
                let words = chunk.new.words(place as usize, width);
                // What is left of the hash when all parts are alike.
                let mut slot = part_of(hash.wrapping_mul(part_count), self.firsts.len());
                let is_same = |(chunk, place): (u32, u32)| {
                    let other = &chunks[chunk as usize].new;
                    other.hashes[place as usize] == hash
                        && other.words(place as usize, width) == words
                };
                while self.firsts[slot] != NOWHERE && !is_same(self.firsts[slot]) {
                    slot = (slot + 1) % self.firsts.len();
                }
                if self.firsts[slot] == NOWHERE {
                    self.firsts[slot] = (number as u32, place);
                    self.counts[number] += 1;
                }
                let (first_chunk, first_place) = self.firsts[slot];
                let first = chunks[first_chunk as usize].offset + first_place as usize;
                firsts[chunk.offset + place as usize].store(first as u32, Ordering::Relaxed);
            }
        }
    }

    /// Finds out which targets of this part are new, and lets them be found.
    fn admit(&mut self, mut door: Door<'_>, at: usize, chunks: &[Chunk], firsts: &[AtomicU32]) {
        self.counts.clear();
        self.counts.resize(chunks.len(), 0);
        for (number, chunk) in chunks.iter().enumerate() {
            let hash = |&place: &u32| chunk.new.hashes[place as usize];
            let mut places = chunk.by_part[at].chunks(TARGETS_AT_ONCE).peekable();
            let ask = |places: &[u32], door: &Door<'_>| {
                places.iter().for_each(|place| door.prefetch(hash(place)));
            };
            places.peek().into_iter().for_each(|places| ask(places, &door));
            while let Some(together) = places.next() {
                places.peek().into_iter().for_each(|next| ask(next, &door));
                for &place in together {
                    firsts[chunk.offset + place as usize].store(NO_STATE, Ordering::Relaxed);
                }
                door.sift(together.iter().map(hash), &mut self.perhaps_new);
                for &perhaps_new in &self.perhaps_new {
                    let place = together[perhaps_new as usize];
                    match door.admit(hash(&place)) {
                        Some(true) => {
                            note_first(chunk.offset + place as usize, firsts);
                            self.counts[number] += 1;
                        }
                        Some(false) => {}
                        None => self.untold.push((number as u32, place)),
                    }
                }
            }
        }
    }

    /// Lets the new states of this part be found.
    fn enter(
        &mut self,
        mut door: Door<'_>,
        at: usize,
        chunks: &[Chunk],
        (firsts, numbers): (&[AtomicU32], &[AtomicU32]),
    ) {
        for chunk in chunks {
            let places = &chunk.by_part[at];
            for (index, &place) in places.iter().enumerate() {
                if let Some(&ahead) = places.get(index + ENTERED_AHEAD) {
                    door.prefetch(chunk.new.hashes[ahead as usize]);
                }
                let target = chunk.offset + place as usize;
                if firsts[target].load(Ordering::Relaxed) as usize != target {
                    continue;
                }
                let hash = chunk.new.hashes[place as usize];
                let number = numbers[target].load(Ordering::Relaxed);
                if !door.let_in(hash, number) {
                    self.left.push((hash, number));
                }
            }
        }
    }
}

/// Notes that a target is the first.
fn note_first(target: usize, firsts: &[AtomicU32]) {
    firsts[target].store(target as u32, Ordering::Relaxed);
}

/// Which of so many equal ranges a hash is in.
fn part_of(hash: u64, count: usize) -> usize {
    ((u128::from(hash) * count as u128) >> 64) as usize
}

/// Cuts a range into `count` parts, as equal as can be.
fn split(range: Range<u32>, count: usize) -> impl Iterator<Item = Range<u32>> {
    let length = range.len() as u64;
    let cut = move |part: usize| range.start + (length * part as u64 / count as u64) as u32;
    (0..count).map(move |part| cut(part)..cut(part + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_range_once_and_in_order() {
        let parts: Vec<_> = split(10..17, 3).collect();
        assert_eq!(parts, [10..12, 12..14, 14..17]);
        assert_eq!(split(5..6, 4).map(|part| part.len()).sum::<usize>(), 1);
    }
}

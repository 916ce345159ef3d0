//! What was seen of the next states and is not part of the graph yet.
//!
//! While steps are enumerated, the place where each target would be found is only asked for; targets are
//! looked up together, later, when it has arrived.

use super::BreachHit;
use super::extremes::Extremes;
use super::graph::{Edge, Graph, NO_STATE, StateId};
use super::labels::{LabelId, Labels};
use super::plan::Edges;
use super::seen::{View, hash};
use crate::base::Id;
use crate::system::{ActionId, Breach, FigureId, Step, Stepper, Word};

/// What was seen in some states, one after the other.
pub(super) struct Findings {
    /// For each state.
    pub(super) rows: Vec<Row>,
    /// The steps that are kept. Those whose target is still to be looked up lead nowhere yet.
    pub(super) edges: Vec<Edge>,
    /// The targets in hand, which are to be looked up.
    pub(super) targets: Targets,
    /// For each of them that was looked up, its number, or [`NO_STATE`] if it is not known. Where states
    /// cannot be found by number, any number but that.
    pub(super) numbers: Vec<u32>,
    /// The edges whose label has no number yet, and these labels.
    pub(super) unlabelled: Vec<(usize, ActionId, Box<[u64]>)>,
    /// The steps that breach, each with the number of targets before it.
    pub(super) breaches: Vec<(usize, BreachHit)>,
    /// The figures to read, and what they are in all states so far.
    pub(super) extremes: Vec<Extremes>,
    /// By action, as far as any was taken: whether a step of it was seen.
    pub(super) taken: Vec<bool>,
    /// By action, as far as any edge was kept: the label of its last edge.
    last_labels: Vec<LabelId>,
    /// The state in hand, its row, and whether its edges are kept, as far as that is known.
    state: Vec<Word>,
    row: Row,
    keeps: Edges,
}

/// What was seen in one state.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) state: StateId,
    pub(super) step_count: u64,
    pub(super) is_tick_enabled: bool,
    /// Where its edges end.
    pub(super) edge_end: usize,
}

/// States to look up: targets of steps.
#[derive(Default)]
pub(super) struct Targets {
    len: usize,
    pub(super) hashes: Vec<u64>,
    /// Their words, one after the other.
    words: Vec<Word>,
    /// The kept edges to a target, each as the target and the edge, ascending.
    pub(super) edges: Vec<(u32, u32)>,
    /// No last word of a target has a bit that is not set here.
    pub(super) last_bits: Word,
}

/// The number that no label has.
const NO_LABEL: LabelId = LabelId(u32::MAX);

impl Default for Row {
    fn default() -> Row {
        Row { state: StateId(NO_STATE), step_count: 0, is_tick_enabled: false, edge_end: 0 }
    }
}

impl Findings {
    /// Nothing yet.
    pub(super) fn new(figures: &[FigureId]) -> Findings {
        Findings {
            rows: Vec::new(),
            edges: Vec::new(),
            targets: Targets::default(),
            numbers: Vec::new(),
            unlabelled: Vec::new(),
            breaches: Vec::new(),
            extremes: figures.iter().copied().map(Extremes::of).collect(),
            taken: Vec::new(),
            last_labels: Vec::new(),
            state: Vec::new(),
            row: Row::default(),
            keeps: Edges::Nowhere,
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.edges.clear();
        self.targets.clear();
        self.unlabelled.clear();
        self.breaches.clear();
    }

    /// Notes all steps out of a state, and returns how many there are.
    pub(super) fn expand(
        &mut self,
        stepper: &mut dyn Stepper,
        graph: &Graph,
        state: StateId,
    ) -> usize {
        let mut words = std::mem::take(&mut self.state);
        words.clear();
        words.extend(graph.states.words(state.0));
        self.row = Row { state, ..Row::default() };
        self.keeps = graph.kept;
        stepper.steps(&words, &mut |step| self.note(&graph.labels, &words, &step));
        self.targets.ask_for(graph.states.view(), words.len());
        for figure in &mut self.extremes {
            figure.read(stepper, state, &words);
        }
        self.state = words;
        self.row.edge_end = self.edges.len();
        self.rows.push(self.row);
        self.row.step_count as usize
    }

    #[inline]
    fn note(&mut self, labels: &Labels, from: &[Word], step: &Step<'_>) {
        let is_tick = step.action == ActionId::TICK;
        if self.keeps == Edges::WhereTimeWaits {
            // Ticks come first: so much is known of all other steps.
            self.keeps = if is_tick { Edges::Nowhere } else { Edges::Everywhere };
        }
        self.row.is_tick_enabled |= is_tick;
        self.row.step_count += 1;
        self.note_taken(step.action);
        let is_kept = self.keeps == Edges::Everywhere;
        let target = match step.next {
            Ok(next) if is_same(next, from) => self.row.state.0,
            Ok(next) => {
                self.targets.push(next, is_kept.then_some(self.edges.len()));
                NO_STATE
            }
            Err(breach) => {
                self.note_breach(self.row.state, step.action, breach);
                NO_STATE
            }
        };
        if is_kept {
            let label = self.label(labels, step);
            self.edges.push(Edge { target, label });
        }
    }

    fn note_taken(&mut self, action: ActionId) {
        if self.taken.len() <= action.index() {
            self.taken.resize(action.index() + 1, false);
        }
        self.taken[action.index()] = true;
    }

    fn note_breach(&mut self, state: StateId, action: ActionId, breach: Breach) {
        self.breaches.push((self.targets.len(), BreachHit { state, action, breach }));
    }

    /// The label of the step that is kept next. Most often it is that of the last such step.
    #[inline]
    fn label(&mut self, labels: &Labels, step: &Step<'_>) -> LabelId {
        let action = step.action.index();
        let last = self.last_labels.get(action).copied().unwrap_or(NO_LABEL);
        if last != NO_LABEL && is_same(labels.counts(last), step.counts) {
            return last;
        }
        let Some(found) = labels.find(step.action, step.counts) else {
            self.unlabelled.push((self.edges.len(), step.action, step.counts.into()));
            return NO_LABEL;
        };
        if self.last_labels.len() <= action {
            self.last_labels.resize(action + 1, NO_LABEL);
        }
        self.last_labels[action] = found;
        found
    }

    /// Looks the targets in hand up.
    pub(super) fn look_up(&mut self, view: View<'_>) {
        let Findings { targets, numbers, .. } = self;
        numbers.clear();
        if !view.is_numbered() {
            let number = |&hash: &u64| if view.has(hash) { 0 } else { NO_STATE };
            return numbers.extend(targets.hashes.iter().map(number));
        }
        numbers.extend(targets.hashes.iter().map(|&hash| view.guess(hash).unwrap_or(NO_STATE)));
        for (target, number) in numbers.iter_mut().enumerate().filter(|(_, n)| **n != NO_STATE) {
            let words = targets.words(target, view.width());
            if !view.is(*number, words) {
                let hash = targets.hashes[target];
                *number = view.number(hash, words).unwrap_or(NO_STATE);
            }
        }
    }

    /// Says that edges lead to the targets in hand.
    pub(super) fn lead(&mut self) {
        for &(target, edge) in &self.targets.edges {
            self.edges[edge as usize].target = self.numbers[target as usize];
        }
    }
}

impl Targets {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn clear(&mut self) {
        self.hashes.clear();
        self.words.clear();
        self.edges.clear();
        self.len = 0;
        self.last_bits = 0;
    }

    /// The words of a target.
    #[inline]
    pub(super) fn words(&self, target: usize, width: usize) -> &[Word] {
        &self.words[target * width..][..width]
    }

    /// The last word of a target.
    pub(super) fn last_word(&self, target: usize, width: usize) -> Word {
        self.words(target, width).last().copied().unwrap_or(0)
    }

    /// A further target, to which perhaps a kept edge leads.
    #[inline]
    fn push(&mut self, words: &[Word], edge: Option<usize>) {
        if let Some(edge) = edge {
            self.edges.push((self.len as u32, edge as u32));
        }
        self.len += 1;
        match words {
            [word] => self.words.push(*word),
            [first, second] => self.words.extend_from_slice(&[*first, *second]),
            _ => self.words.extend_from_slice(words),
        }
    }

    /// A further target whose hash is known, and which nobody needs to ask for.
    pub(super) fn note(&mut self, hash: u64, words: &[Word], edge: Option<u32>) {
        self.push(words, edge.map(|edge| edge as usize));
        self.hashes.push(hash);
        self.last_bits |= words.last().copied().unwrap_or(0);
    }

    /// Asks for the places where further targets would be found.
    fn ask_for(&mut self, view: View<'_>, width: usize) {
        let further = &self.words[self.hashes.len() * width..];
        let mut ask = |words: &[Word]| {
            self.last_bits |= words[width - 1];
            let hash = hash(words);
            view.prefetch(hash);
            hash
        };
        match width {
            // A single state has no targets but itself.
            0 => {}
            1 => self.hashes.extend(further.as_chunks::<1>().0.iter().map(|words| ask(words))),
            2 => self.hashes.extend(further.as_chunks::<2>().0.iter().map(|words| ask(words))),
            _ => self.hashes.extend(further.chunks_exact(width).map(ask)),
        }
    }
}

/// Whether two lists of one length are equal; most are short, and not worth a call.
#[inline]
fn is_same(one: &[u64], other: &[u64]) -> bool {
    match (one, other) {
        ([a], [b]) => a == b,
        ([a, b], [c, d]) => (a ^ c) | (b ^ d) == 0,
        _ => one == other,
    }
}

//! What was seen of the next states and is not part of the graph yet.
//!
//! While steps are enumerated, the place where each target would be found is only asked for; targets are
//! looked up together, later, when it has arrived.

use super::BreachHit;
use super::extremes::Extremes;
use super::graph::{Edge, Graph, NO_STATE, StateId};
use super::labels::{LabelId, Labels};
use super::plan::Edges;
use super::seen::View;
use crate::base::Id;
use crate::system::{ActionId, Breach, FigureId, Shape, Step, Stepper, Steps, Word};

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
    /// None only while its steps are noted.
    hand: Option<Box<Hand>>,
}

/// The state in hand, and the steps out of it.
struct Hand {
    state: Vec<Word>,
    steps: Steps,
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
    pub(super) hashes: Vec<u64>,
    /// Their words, one after the other.
    words: Vec<Word>,
    /// The kept edges to a target, each as the target and the edge, ascending.
    pub(super) edges: Vec<(u32, u32)>,
    /// No last word of a target has a bit that is not set here.
    pub(super) last_bits: Word,
    /// Whether others will look them up, who ask for their places themselves.
    pub(super) is_for_others: bool,
}

/// The number that no label has.
const NO_LABEL: LabelId = LabelId(u32::MAX);

impl Findings {
    /// Nothing yet of a system whose steps have this shape.
    pub(super) fn new(shape: Shape, figures: &[FigureId]) -> Findings {
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
            hand: Some(Box::new(Hand { state: Vec::new(), steps: Steps::new(shape) })),
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
        let mut hand = self.hand.take().expect("it was put back");
        let Hand { state: words, steps } = &mut *hand;
        graph.states.read(state.0, words);
        stepper.steps(words, steps);
        // The tick comes first.
        let is_tick_enabled = steps.iter().next().is_some_and(|it| it.action == ActionId::TICK);
        let is_kept = match graph.kept {
            Edges::Everywhere => true,
            Edges::WhereTimeWaits => !is_tick_enabled,
            Edges::Nowhere => false,
        };
        let step_count = match (is_kept, words.len()) {
            (true, _) => self.keep(graph, (state, words), steps),
            (_, 1) => self.note_wide::<1>(graph, (state, words), steps),
            (_, 2) => self.note_wide::<2>(graph, (state, words), steps),
            _ => self.note(graph, (state, words), steps),
        };
        for figure in &mut self.extremes {
            figure.read(stepper, state, words);
        }
        let edge_end = self.edges.len();
        self.rows.push(Row { state, step_count, is_tick_enabled, edge_end });
        self.hand = Some(hand);
        step_count as usize
    }

    /// Notes steps whose edges are not kept, of states of `WIDTH` words, and returns how many there are.
    #[inline(always)]
    fn note_wide<const WIDTH: usize>(
        &mut self,
        graph: &Graph,
        (state, words): (StateId, &[Word]),
        steps: &Steps,
    ) -> u64 {
        let Some(sound) = steps.iter_sound::<WIDTH>() else {
            return self.note(graph, (state, words), steps);
        };
        let view = graph.states.view();
        let own: &[Word; WIDTH] = words.first_chunk().expect("it has so many words");
        let mut step_count = 0;
        for (action, next) in sound {
            step_count += 1;
            self.note_taken(action);
            if next != own {
                self.targets.push(view, next);
            }
        }
        step_count
    }

    /// Notes steps whose edges are not kept, and returns how many there are.
    fn note(&mut self, graph: &Graph, (state, words): (StateId, &[Word]), steps: &Steps) -> u64 {
        let view = graph.states.view();
        let mut step_count = 0;
        for step in steps.iter() {
            step_count += 1;
            self.note_taken(step.action);
            match step.next {
                Ok(next) if next == words => {}
                Ok(next) => self.targets.push(view, next),
                Err(breach) => self.note_breach(state, step.action, breach),
            }
        }
        step_count
    }

    /// Notes steps, keeps their edges, and returns how many there are.
    fn keep(&mut self, graph: &Graph, (state, words): (StateId, &[Word]), steps: &Steps) -> u64 {
        let view = graph.states.view();
        let edges_before = self.edges.len();
        for step in steps.iter() {
            self.note_taken(step.action);
            let target = match step.next {
                Ok(next) if is_same(next, words) => state.0,
                Ok(next) => {
                    let lead = (self.targets.len() as u32, self.edges.len() as u32);
                    self.targets.edges.push(lead);
                    self.targets.push(view, next);
                    NO_STATE
                }
                Err(breach) => {
                    self.note_breach(state, step.action, breach);
                    NO_STATE
                }
            };
            let label = self.label(&graph.labels, &step);
            self.edges.push(Edge { target, label });
        }
        (self.edges.len() - edges_before) as u64
    }

    #[inline]
    fn note_taken(&mut self, action: ActionId) {
        match self.taken.get_mut(action.index()) {
            Some(taken) => *taken = true,
            None => self.note_first_taken(action),
        }
    }

    #[cold]
    fn note_first_taken(&mut self, action: ActionId) {
        self.taken.resize(action.index(), false);
        self.taken.push(true);
    }

    #[cold]
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
            let (hash, words) = (targets.hashes[target], targets.words(target, view.width()));
            if !view.is(*number, hash, words) {
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
        self.hashes.len()
    }

    pub(super) fn clear(&mut self) {
        self.hashes.clear();
        self.words.clear();
        self.edges.clear();
        self.last_bits = 0;
    }

    /// The words of a target.
    #[inline]
    pub(super) fn words(&self, target: usize, width: usize) -> &[Word] {
        &self.words[target * width..][..width]
    }

    /// The words of all targets, one after the other.
    pub(super) fn all_words(&self) -> &[Word] {
        &self.words
    }

    /// The last word of a target.
    pub(super) fn last_word(&self, target: usize, width: usize) -> Word {
        self.words(target, width).last().copied().unwrap_or(0)
    }

    /// Takes all targets out of others, none of which an edge leads to.
    pub(super) fn append(&mut self, others: &mut Targets) {
        self.last_bits |= others.last_bits;
        self.hashes.append(&mut others.hashes);
        self.words.append(&mut others.words);
        others.clear();
    }

    /// A further target; asks for the place where it would be found.
    #[inline(always)]
    fn push(&mut self, view: View<'_>, words: &[Word]) {
        let hash = view.hash(words);
        if !self.is_for_others {
            view.prefetch(hash);
        }
        self.note(hash, words);
    }

    /// A further target whose hash is known, and which nobody needs to ask for.
    #[inline(always)]
    pub(super) fn note(&mut self, hash: u64, words: &[Word]) {
        self.last_bits |= words.last().copied().unwrap_or(0);
        self.hashes.push(hash);
        match words {
            [word] => self.words.push(*word),
            [first, second] => self.words.extend_from_slice(&[*first, *second]),
            _ => self.words.extend_from_slice(words),
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

//! Runs one of stateright's own searches until nothing is left.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};

use stateright::{Checker, Model, Path};

use super::as_model::{AsModel, Labelled, Packed, Sign};
use crate::system::{ActionId, System, Word};

/// In which order states are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Nearest first: every walk is a shortest one.
    BreadthFirst,
    /// Deepest first.
    DepthFirst,
}

/// Proof that a search of stateright ran until nothing was left.
///
/// It is worth less than one that compares states: a state whose 64-bit fingerprint is that of
/// another one was taken for it, and what only lies behind it was not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drained {
    // Private, so that nothing but a search can claim it.
    seal: (),
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// By question: a walk to the first state that decides it, if there is one.
    pub walks: Vec<Option<Walk>>,
    /// By question: the most that its figure was; none if it could not be read anywhere.
    pub highest: Vec<Option<i64>>,
    /// By question: whether its figure cannot be read somewhere.
    pub is_unreadable: Vec<bool>,
    /// A walk to the first state in which some question cannot be answered.
    pub unreadable: Option<Walk>,
    /// A walk to the first state out of which a step breaches.
    pub breaching: Option<Walk>,
    /// How many fingerprints there are.
    pub state_count: usize,
    /// Steps, ticks apart.
    pub step_count: u64,
    /// Ticks.
    pub tick_count: u64,
    /// How far the furthest state was from a start, on the way that was taken to it.
    pub depth: usize,
    /// Whether nothing was left; nothing if it was interrupted.
    pub drained: Option<Drained>,
}

/// A way through a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The start.
    pub start: Vec<Word>,
    /// The action of each step.
    pub actions: Vec<ActionId>,
    /// The state at its end.
    pub last: Vec<Word>,
}

/// Runs a search in one thread of its own, so that it is the same each time. `watch` is told now and
/// then how many states there are, and may end it.
pub fn search<S: System + Send + 'static>(
    model: AsModel<S>,
    order: Order,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Found {
    let (sender, signs) = channel();
    let is_new = model.noted.watcher.set(sender.clone()).is_ok();
    assert!(is_new, "a model is searched once");
    match order {
        Order::BreadthFirst => watched(model.checker().spawn_bfs(), signs, sender, watch),
        Order::DepthFirst => watched(model.checker().spawn_dfs(), signs, sender, watch),
    }
}

fn watched<S: System>(
    mut checker: impl Checker<AsModel<S>>,
    signs: Receiver<Sign>,
    is_over: Sender<Sign>,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Found {
    let handles = checker.handles();
    std::thread::spawn(move || {
        let ended = handles.into_iter().try_for_each(|handle| handle.join());
        // Whoever is no longer there does not wait for the end either.
        let _ = is_over.send(Sign::IsOver(ended));
    });
    let stop = &checker.model().noted.is_stopped;
    loop {
        match signs.recv().expect("the last sign is that it is over") {
            Sign::IsOver(Ok(())) => break,
            Sign::IsOver(Err(panic)) => std::panic::resume_unwind(panic),
            Sign::GoesOn if watch(checker.unique_state_count()).is_break() => {
                stop.store(true, Ordering::Relaxed);
            }
            Sign::GoesOn => {}
        }
    }
    // The walks are rebuilt from the steps, which a stopped model does not have.
    let is_stopped = stop.swap(false, Ordering::Relaxed);
    found(&checker, (!is_stopped).then_some(Drained { seal: () }))
}

fn found<S: System>(checker: &impl Checker<AsModel<S>>, drained: Option<Drained>) -> Found {
    let model = checker.model();
    let mut discoveries = checker.discoveries();
    let mut walk = |property| discoveries.remove(model.name(property)).map(Walk::from);
    let questions = 0..model.question_count();
    let noted = &model.noted;
    let highest = noted.highest.iter().map(|most| most.load(Ordering::Relaxed));
    Found {
        walks: questions.clone().map(&mut walk).collect(),
        highest: highest.map(|most| (most != i64::MIN).then_some(most)).collect(),
        is_unreadable: noted.unreadable.iter().map(|one| one.load(Ordering::Relaxed)).collect(),
        breaching: walk(questions.end),
        unreadable: walk(questions.end + 1),
        state_count: checker.unique_state_count(),
        step_count: noted.steps.load(Ordering::Relaxed),
        tick_count: noted.ticks.load(Ordering::Relaxed),
        depth: checker.max_depth().saturating_sub(1),
        drained,
    }
}

impl From<Path<Packed, Labelled>> for Walk {
    fn from(path: Path<Packed, Labelled>) -> Walk {
        let steps = path.into_vec();
        let words = |step: Option<&(Packed, _)>| {
            step.map(|(state, _)| state.words().to_vec()).expect("a path has a state")
        };
        let actions = steps.iter().filter_map(|(_, action)| action.as_ref());
        Walk {
            start: words(steps.first()),
            actions: actions.map(Labelled::id).collect(),
            last: words(steps.last()),
        }
    }
}

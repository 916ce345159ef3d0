//! Any system as a `stateright::Model`.
//!
//! An action carries where it leads, since the waist hands out all steps of a state at once and
//! stateright asks for them one by one. A step that breaches leads nowhere; that there is one is a
//! finding about the state before it. So the states are exactly those of the system.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

use stateright::{Expectation, Model, Property};

use crate::system::{ActionId, Breach, FigureId, Start, System, Word};

/// A system as a `stateright::Model`, for one run of a checker.
///
/// It has a property for each question, and three of its own: [`KEEPS_ITS_RULES`](Self::KEEPS_ITS_RULES),
/// [`READABLE`](Self::READABLE) and [`VISITED`](Self::VISITED). Each is reported once, for the first
/// state that a checker looks at; later ones are passed over.
pub struct AsModel<S> {
    system: S,
    starts: Vec<Packed>,
    questions: Vec<Asked>,
    names: Vec<&'static str>,
    telling: Option<Arc<Telling>>,
    pub(super) noted: Noted,
}

/// A question, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name, different from those of the others.
    pub name: String,
    /// What is asked.
    pub asked: Asked,
}

/// What is asked about single states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Is the predicate true in every state?
    Always(FigureId),
    /// Is it true in none?
    Never(FigureId),
    /// Is it true in one?
    Sometimes(FigureId),
    /// Is the number at most this in every state?
    AtMost(FigureId, i64),
    /// Is it at least this in one?
    Reaches(FigureId, i64),
}

impl Asked {
    /// What it is about.
    pub fn figure(self) -> FigureId {
        match self {
            Asked::Always(figure)
            | Asked::Never(figure)
            | Asked::Sometimes(figure)
            | Asked::AtMost(figure, _)
            | Asked::Reaches(figure, _) => figure,
        }
    }
}

/// What a run has noted about the states it visited.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// By property: whether it was reported.
    reported: Vec<AtomicBool>,
    /// By question: whether its figure cannot be read somewhere.
    pub(super) unreadable: Vec<AtomicBool>,
    /// By question: the most that its figure was.
    pub(super) highest: Vec<AtomicI64>,
    /// Steps, ticks apart; those that breach are among them.
    pub(super) steps: AtomicU64,
    pub(super) ticks: AtomicU64,
    /// Whether to end: then no state has a step any more.
    pub(super) is_stopped: AtomicBool,
    /// States that were looked at.
    visited: AtomicU64,
    /// Who is told now and then that the search goes on.
    pub(super) watcher: OnceLock<Sender<Sign>>,
}

/// What a search lets its watcher know.
#[derive(Debug)]
pub(super) enum Sign {
    /// It goes on.
    GoesOn,
    /// It is over: its threads have ended, well or in a panic.
    IsOver(std::thread::Result<()>),
}

/// Between two signs, in states; by taste: an interrupt should be felt at once.
const SIGN_INTERVAL: u64 = 1024;

/// How states and steps are shown; the system layer itself knows no names.
pub struct Telling {
    /// A state, a line for each thing in it.
    pub state: Box<Tell<[Word]>>,
    /// An action.
    pub action: Box<Tell<ActionId>>,
    /// What a step changed, a line for each thing: the state before it, and the one after.
    pub step: Box<TellStep>,
    /// A broken rule.
    pub breach: Box<Tell<Breach>>,
}

/// Turns a state and the one after it into lines.
pub type TellStep = dyn Fn(&[Word], &[Word]) -> Vec<String> + Send + Sync;

/// Turns something into lines.
pub type Tell<T> = dyn Fn(&T) -> Vec<String> + Send + Sync;

/// A packed state that can show itself.
#[derive(Clone)]
pub struct Packed {
    words: Box<[Word]>,
    telling: Option<Arc<Telling>>,
}

/// An action instance, as enabled in one state: with what it leads to.
#[derive(Clone)]
pub struct Labelled {
    id: ActionId,
    next: Result<Box<[Word]>, Breach>,
    telling: Option<Arc<Telling>>,
}

impl<S: System> AsModel<S> {
    /// The property that no step breaches.
    pub const KEEPS_ITS_RULES: &str = "the model keeps its own rules";
    /// The property that every question can be answered in every state.
    pub const READABLE: &str = "what is asked can be read";
    /// The property that is true of every state, and keeps a checker going.
    pub const VISITED: &str = "every state is visited";

    /// How many questions one model can have.
    pub const QUESTIONS_MAX: usize = CONDITIONS - 3;

    /// A system with questions about its states; or the breach of an assumption about its starts.
    ///
    /// # Panics
    /// With more than [`QUESTIONS_MAX`](Self::QUESTIONS_MAX) questions, or two of the same name.
    pub fn new(system: S, questions: Vec<Question>) -> Result<AsModel<S>, Breach> {
        assert!(questions.len() <= Self::QUESTIONS_MAX, "one run has room for fewer questions");
        let starts = starts(&system)?;
        let (names, questions): (Vec<_>, Vec<_>) =
            questions.into_iter().map(|one| (one.name, one.asked)).unzip();
        let own = [Self::KEEPS_ITS_RULES, Self::READABLE, Self::VISITED];
        let names: Vec<&'static str> =
            names.into_iter().map(|name| &*name.leak()).chain(own).collect();
        let distinct = names.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!(distinct, names.len(), "questions have different names");
        let noted = Noted {
            reported: names.iter().map(|_| AtomicBool::new(false)).collect(),
            unreadable: questions.iter().map(|_| AtomicBool::new(false)).collect(),
            highest: questions.iter().map(|_| AtomicI64::new(i64::MIN)).collect(),
            ..Noted::default()
        };
        Ok(AsModel { system, starts, questions, names, telling: None, noted })
    }

    /// The same, with names for what it shows.
    pub fn told(mut self, telling: Telling) -> AsModel<S> {
        let telling = Arc::new(telling);
        for start in &mut self.starts {
            start.telling = Some(Arc::clone(&telling));
        }
        self.telling = Some(telling);
        self
    }

    /// The system.
    pub fn system(&self) -> &S {
        &self.system
    }

    /// How many different starts there are.
    pub fn start_count(&self) -> usize {
        self.starts.len()
    }

    /// How many questions there are.
    pub(super) fn question_count(&self) -> usize {
        self.questions.len()
    }

    /// The name of a question, or of one of the properties behind them.
    pub(super) fn name(&self, property: usize) -> &'static str {
        self.names[property]
    }

    fn packed(&self, words: Box<[Word]>) -> Packed {
        Packed { words, telling: self.telling.clone() }
    }

    /// The condition of one property.
    fn condition<const PROPERTY: usize>(&self, state: &Packed) -> bool {
        self.decide(PROPERTY, state)
    }

    /// Whether a property is true of a state, or what comes to the same for it: already reported.
    fn decide(&self, property: usize, state: &Packed) -> bool {
        if self.noted.is_stopped.load(Ordering::Relaxed) {
            return self.expectation(property) != Expectation::Sometimes;
        }
        let is_true = match property.checked_sub(self.questions.len()) {
            None => self.answer(property, state),
            Some(0) => self.keeps_its_rules(state),
            Some(1) => self.questions.iter().all(|one| self.read(*one, state).is_ok()),
            Some(_) => {
                self.give_a_sign();
                return true;
            }
        };
        let is_discovery = is_true == (self.expectation(property) == Expectation::Sometimes);
        match is_discovery && self.noted.reported[property].swap(true, Ordering::Relaxed) {
            true => !is_true,
            false => is_true,
        }
    }

    /// The answer to a question in one state. Where it cannot be read, nothing is discovered.
    fn answer(&self, question: usize, state: &Packed) -> bool {
        let asked = self.questions[question];
        let Ok(value) = self.read(asked, state) else {
            self.noted.unreadable[question].store(true, Ordering::Relaxed);
            return self.expectation(question) != Expectation::Sometimes;
        };
        self.noted.highest[question].fetch_max(value, Ordering::Relaxed);
        match asked {
            Asked::Always(_) | Asked::Sometimes(_) => value != 0,
            Asked::Never(_) => value == 0,
            Asked::AtMost(_, bound) => value <= bound,
            Asked::Reaches(_, goal) => value >= goal,
        }
    }

    fn read(&self, asked: Asked, state: &Packed) -> Result<i64, Breach> {
        self.system.read(asked.figure(), &state.words)
    }

    /// Whether no step out of a state breaches. A checker asks this once of each state, so it is
    /// here that steps are counted.
    fn keeps_its_rules(&self, state: &Packed) -> bool {
        let (mut steps, mut ticks, mut breaches) = (0, 0, 0);
        self.system.steps(&state.words, &mut |step| {
            *(if step.action == ActionId::TICK { &mut ticks } else { &mut steps }) += 1;
            breaches += u32::from(step.next.is_err());
        });
        self.noted.steps.fetch_add(steps, Ordering::Relaxed);
        self.noted.ticks.fetch_add(ticks, Ordering::Relaxed);
        breaches == 0
    }

    /// Asked once of each state, whoever listens hears of the first and of some of the others.
    fn give_a_sign(&self) {
        let visited = self.noted.visited.fetch_add(1, Ordering::Relaxed);
        if let (true, Some(watcher)) =
            (visited.is_multiple_of(SIGN_INTERVAL), self.noted.watcher.get())
        {
            // A watcher that went away wants to hear no more.
            let _ = watcher.send(Sign::GoesOn);
        }
    }

    fn expectation(&self, property: usize) -> Expectation {
        match self.questions.get(property) {
            Some(Asked::Sometimes(_) | Asked::Reaches(..)) => Expectation::Sometimes,
            _ => Expectation::Always,
        }
    }
}

/// Every start, once, in the order of the system.
fn starts(system: &impl System) -> Result<Vec<Packed>, Breach> {
    let mut seen = std::collections::BTreeSet::new();
    let mut starts: Vec<Packed> = Vec::new();
    let mut broken = Ok(());
    system.initial(&mut |start| {
        match start {
            Start::Searching => {}
            Start::State(words) => {
                if seen.insert(Box::<[Word]>::from(words)) {
                    starts.push(Packed { words: words.into(), telling: None });
                }
            }
            Start::Breach(breach) => broken = Err(breach),
        }
        if broken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    broken.map(|()| starts)
}

impl<S: System> Model for AsModel<S> {
    type State = Packed;
    type Action = Labelled;

    fn init_states(&self) -> Vec<Packed> {
        self.starts.clone()
    }

    fn actions(&self, state: &Packed, actions: &mut Vec<Labelled>) {
        if self.noted.is_stopped.load(Ordering::Relaxed) {
            return;
        }
        self.system.steps(&state.words, &mut |step| {
            let next = step.next.map(Box::from);
            actions.push(Labelled { id: step.action, next, telling: self.telling.clone() });
        });
    }

    fn next_state(&self, _: &Packed, action: Labelled) -> Option<Packed> {
        action.next.ok().map(|words| self.packed(words))
    }

    fn format_step(&self, before: &Packed, action: Labelled) -> Option<String> {
        let after = action.next.ok()?;
        Some(match &self.telling {
            Some(telling) => (telling.step)(&before.words, &after).join("\n"),
            None => format!("{:#?}", self.packed(after)),
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let properties = self.names.iter().enumerate().map(|(at, &name)| Property {
            expectation: self.expectation(at),
            name,
            condition: Self::TABLE[at],
        });
        properties.collect()
    }
}

/// How many properties one model can have.
const CONDITIONS: usize = 64;

/// A function for each number: a property can hold nothing but a function.
macro_rules! conditions {
    ($($number:literal)*) => { [$(Self::condition::<$number>),*] };
}

impl<S: System> AsModel<S> {
    const TABLE: [fn(&Self, &Packed) -> bool; CONDITIONS] = conditions![
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
        32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60
        61 62 63
    ];
}

impl Packed {
    /// The packed state.
    pub fn words(&self) -> &[Word] {
        &self.words
    }
}

impl PartialEq for Packed {
    fn eq(&self, other: &Packed) -> bool {
        self.words == other.words
    }
}

impl Eq for Packed {}

impl Hash for Packed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.words.hash(state);
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = match &self.telling {
            Some(telling) => (telling.state)(&self.words),
            None => vec![format!("{:x?}", self.words)],
        };
        f.write_str(&lines.join(if f.alternate() { "\n" } else { ", " }))
    }
}

impl Labelled {
    /// Which action instance.
    pub fn id(&self) -> ActionId {
        self.id
    }
}

impl PartialEq for Labelled {
    fn eq(&self, other: &Labelled) -> bool {
        (self.id, &self.next) == (other.id, &other.next)
    }
}

impl Eq for Labelled {}

impl fmt::Debug for Labelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(telling) = &self.telling else {
            return write!(f, "action {}", self.id.0);
        };
        f.write_str(&(telling.action)(&self.id).join(" "))?;
        match self.next {
            Ok(_) => Ok(()),
            Err(breach) => write!(f, " (breaches: {})", (telling.breach)(&breach).join(" ")),
        }
    }
}

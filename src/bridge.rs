//! Storms in models that were written in Rust for the crate `stateright`.
//!
//! stateright asks whether something bad is reachable. [`check_storm`] asks the same model what its
//! checkers cannot: whether it can go on counting retries, elections or copies for ever, fairly, after
//! what triggered them is over. All it takes is to say which step counts and what the actions are:
//! [`Metered`].
//!
//! A client sends a request; the server is overloaded while more than one waits for it, and then
//! answers none. A client whose request is not answered in time sends it again. Will they ever stop?
//!
//! ```
//! use squall::bridge::{Effort, Kind, Metered, check_storm};
//! use squall::explore::Silent;
//! use stateright::Model;
//!
//! struct Retries { queue_max: u8, gives_up: bool }
//!
//! #[derive(Clone, Debug, PartialEq, Eq, Hash)]
//! enum Act { Spike, Serve, TimeOut }
//!
//! impl Model for Retries {
//!     type State = (bool, u8); // whether the spike was, and how many requests wait
//!     type Action = Act;
//!     fn init_states(&self) -> Vec<(bool, u8)> {
//!         vec![(false, 1)]
//!     }
//!     fn actions(&self, &(spiked, waiting): &(bool, u8), actions: &mut Vec<Act>) {
//!         if !spiked { actions.push(Act::Spike) }
//!         if waiting == 1 { actions.push(Act::Serve) }
//!         if waiting > 1 { actions.push(Act::TimeOut) }
//!     }
//!     fn next_state(&self, &(spiked, waiting): &(bool, u8), action: Act) -> Option<(bool, u8)> {
//!         Some(match action {
//!             Act::Spike => (true, self.queue_max),
//!             Act::Serve => (spiked, 0),
//!             Act::TimeOut if self.gives_up => (spiked, waiting - 1),
//!             Act::TimeOut => (spiked, waiting), // the same request, again
//!         })
//!     }
//! }
//!
//! impl Metered for Retries {
//!     fn kind(&self, action: &Act) -> Kind {
//!         match action {
//!             Act::Spike => Kind::fault(),
//!             Act::Serve | Act::TimeOut => Kind::eventually(),
//!         }
//!     }
//!     fn count(&self, _: &(bool, u8), action: &Act, _: &(bool, u8)) -> u64 {
//!         u64::from(*action == Act::TimeOut)
//!     }
//! }
//!
//! let found = check_storm(Retries { queue_max: 3, gives_up: false }, &Effort::UNLIMITED, &mut Silent);
//! let storm = found.storm().expect("one spike, and they never stop");
//! assert_eq!(storm.fewest_faults, 1);
//! println!("{found}");
//!
//! let found = check_storm(Retries { queue_max: 3, gives_up: true }, &Effort::UNLIMITED, &mut Silent);
//! assert!(found.holds());
//! ```
//!
//! What holds was checked over all states, compared in full; what fails comes with a trace that was
//! walked once more by asking the model itself for each of its steps.

use std::fmt;
use std::ops::ControlFlow;

use itertools::Itertools;
use stateright::Expectation;

use crate::base::{Id, IdVec};
use crate::explore::{Edges, Exploration, Limits, Observer, Plan, Progress, Unfinished, explore};
use crate::model::{Claim, Meter, ModelMeterId, Move, Value, Values};
use crate::pipeline::Summary;
use crate::report::number::counted;
use crate::report::words;
use crate::system::stateright::{Cut, Indexed};
use crate::system::{ActionId, Breach, FairnessId, FigureId, Restricted, Strength, System};
use crate::trace::replay::{Meaning, Obligation, Replayed};
use crate::verdict::{Answer, Evidence, Ground, Judge, Judgement, Note, Reason, Storm, Verdict};

pub use crate::system::stateright::{Kind, Metered, Owed};

/// How far to go, and with how many hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effort {
    /// The most states to know.
    pub states: Option<u64>,
    /// How many threads explore, once one of them has numbered the states. No answer depends on it.
    pub workers: usize,
}

impl Effort {
    /// As far as it takes, with one thread.
    pub const UNLIMITED: Effort = Effort { states: None, workers: 1 };
}

/// Asks a model whether it can storm; and, since all its states are known then, whatever it claims
/// itself.
///
/// Operators' actions are hidden. What its own `always` and `sometimes` claim is judged over all
/// states; `eventually` is not judged.
///
/// # Panics
/// If the model offers two different ticks in one state, or different steps when it is asked again.
pub fn check_storm<M: Metered>(
    model: M,
    effort: &Effort,
    observer: &mut dyn Observer,
) -> Checked<M> {
    let indexed = Indexed::new(model, effort.states, &mut |states| {
        observer.progress(Progress { states: states as u64, ..Progress::default() });
        if observer.should_stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if indexed.cut() == Some(Cut::Interrupted) {
        return Checked::interrupted(indexed);
    }
    let claims = claims(&indexed);
    // Numbering ended where it would have had to pass the limit; exploring ends at the same place.
    let limits = Limits { states: effort.states, ..Limits::NONE };
    let plan =
        Plan { edges: Edges::Everywhere, figures: Vec::new(), limits, workers: effort.workers };
    let system = Restricted::new(&indexed);
    let exploration = explore(&system, &plan, observer);
    let judgement = judge(&indexed, &system, &exploration, &claims, observer);
    Checked { summary: Some(Summary::of(&exploration)), judgement, indexed }
}

/// Whether it storms while calm; then what the model claims itself, as far as that can be judged.
fn claims<M: Metered>(indexed: &Indexed<M>) -> Vec<Claim> {
    let storm = Claim::Finite(Meter::Declared(ModelMeterId(0)), Indexed::<M>::CALM);
    let own = indexed.properties().filter_map(|(figure, property)| match property.expectation {
        Expectation::Always => Some(Claim::Always(figure)),
        Expectation::Sometimes => Some(Claim::Possible(figure)),
        Expectation::Eventually => None,
    });
    std::iter::once(storm).chain(own).collect()
}

fn judge<M: Metered>(
    indexed: &Indexed<M>,
    system: &dyn System,
    exploration: &Exploration,
    claims: &[Claim],
    observer: &mut dyn Observer,
) -> Judgement {
    let says_healthy = |state: &M::State| indexed.model().is_healthy(state).is_some();
    let healthy = indexed.state(0).is_some_and(says_healthy).then_some(Indexed::<M>::HEALTHY);
    let decode = |words: &[u64]| vec![Value::Number(words[0] as i64)];
    let calm = Some(Indexed::<M>::CALM);
    let judge =
        Judge { meaning: indexed, decode: &decode, quotient: None, closing: None, calm, healthy };
    let claims = claims.iter().collect_vec();
    let mut judgement = judge.judge(system, exploration, &claims, observer);
    if indexed.boundary_count() > 0 {
        for answer in &mut judgement.answers {
            answer.verdict = within_boundary(answer.verdict.clone());
        }
    }
    judgement
}

/// What was seen to be so stays so; what was not seen may be beyond the boundary.
fn within_boundary(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Holds { ground: Ground::Everything(_), .. }
        | Verdict::Fails { evidence: Evidence::Everything(_), .. } => {
            Verdict::Unknown(Reason::Boundary)
        }
        other => other,
    }
}

/// The model is its own plain meaning: whatever is asked of a state, the model itself is asked again.
/// A state is one value, its number.
impl<M: Metered> Meaning for Indexed<M> {
    fn is_start(&self, values: &Values) -> Result<bool, Breach> {
        let starts = self.model().init_states();
        Ok(state_of(self, values).is_some_and(|state| starts.contains(state)))
    }

    fn moves(&self, values: &Values) -> Vec<Move> {
        let Some(state) = state_of(self, values) else { return Vec::new() };
        let steps = self.steps_from(state).into_iter();
        let in_numbers = steps.map(|step| Move {
            action: step.action,
            counts: step.counts.to_vec(),
            next: Ok(match step.next {
                None => values.clone(),
                Some(next) => match self.number(&next) {
                    Some(number) => vec![Value::Number(number as i64)],
                    None => vec![Value::None],
                },
            }),
        });
        in_numbers.collect()
    }

    fn obligations(&self) -> IdVec<FairnessId, Obligation> {
        let tick = Owed { name: "tick".to_owned(), strength: Strength::Weak };
        let mut owed = vec![(tick, vec![ActionId::TICK])];
        for (index, action) in self.actions().iter().enumerate() {
            let id = ActionId::from_index(index + 1);
            for one in self.model().kind(action).owed(action) {
                match owed.iter_mut().find(|(known, _)| *known == one) {
                    Some((_, actions)) if actions.last() == Some(&id) => {}
                    Some((_, actions)) => actions.push(id),
                    None => owed.push((one, vec![id])),
                }
            }
        }
        let obligations = owed.into_iter();
        obligations.map(|(owed, actions)| Obligation { strength: owed.strength, actions }).collect()
    }

    fn figure(&self, figure: FigureId, values: &Values) -> Result<i64, Breach> {
        match values[0] {
            Value::Number(number) => self.read(figure, &[number as u64]),
            _ => unreachable!("nothing is read in a state that was not numbered"),
        }
    }
}

fn state_of<'i, M: Metered>(indexed: &'i Indexed<M>, values: &Values) -> Option<&'i M::State> {
    match values.first() {
        Some(Value::Number(number)) => indexed.state(*number as usize),
        _ => None,
    }
}

/// What is known of a model after it was asked.
pub struct Checked<M: Metered> {
    indexed: Indexed<M>,
    /// What was explored; nothing if the numbering of the states was interrupted.
    pub summary: Option<Summary>,
    /// The first answer is about the storm, the others about the claims of the model itself.
    pub judgement: Judgement,
}

impl<M: Metered> Checked<M> {
    fn interrupted(indexed: Indexed<M>) -> Checked<M> {
        let unknown = |_| Answer {
            verdict: Verdict::Unknown(Reason::Unfinished(Unfinished::Interrupted)),
            notes: Vec::new(),
            no_return: None,
        };
        let answers = claims(&indexed).into_iter().map(unknown).collect();
        let judgement = Judgement { answers, ..Judgement::default() };
        Checked { indexed, summary: None, judgement }
    }

    /// The model.
    pub fn model(&self) -> &M {
        self.indexed.model()
    }

    /// Whether no fair execution that stays calm counts for ever; or that nobody knows.
    pub fn verdict(&self) -> &Verdict {
        &self.answer().verdict
    }

    /// The same, with what is to be said beside it.
    pub fn answer(&self) -> &Answer {
        &self.judgement.answers[0]
    }

    /// Whether it is known that there is no storm.
    pub fn holds(&self) -> bool {
        matches!(self.verdict(), Verdict::Holds { .. })
    }

    /// What the storm is like, if there is one.
    pub fn storm(&self) -> Option<Storm> {
        match self.verdict() {
            Verdict::Fails { storm, .. } => *storm,
            _ => None,
        }
    }

    /// A trace into the storm and once round its loop, if there is one.
    pub fn trace(&self) -> Option<ToldWalk<'_, M>> {
        match self.verdict() {
            Verdict::Fails { evidence: Evidence::Trace(trace), .. } => Some(self.tell(trace)),
            _ => None,
        }
    }

    /// What is known of each claim of the model itself; `eventually` is left out.
    pub fn properties(&self) -> impl Iterator<Item = (&'static str, &Answer)> {
        let own = self.indexed.properties();
        let judged = own.filter(|(_, one)| one.expectation != Expectation::Eventually);
        judged.map(|(_, one)| one.name).zip(&self.judgement.answers[1..])
    }

    /// A trace in the model's own states and actions.
    pub fn tell(&self, trace: &Replayed) -> ToldWalk<'_, M> {
        let states = trace.states().iter().map(|values| {
            state_of(&self.indexed, values).expect("a trace leads through states with numbers")
        });
        let states = states.collect_vec();
        let taken = states.iter().zip(trace.steps());
        let actions = taken.map(|(state, step)| self.indexed.action(state, step.action));
        ToldWalk { actions: actions.collect(), states, repeats_from: trace.repeats_from() }
    }
}

/// A trace in a model's own states and actions.
pub struct ToldWalk<'c, M: Metered> {
    /// The start, and the state after each step.
    pub states: Vec<&'c M::State>,
    /// The action of each step; none where time passes and changes nothing.
    pub actions: Vec<Option<M::Action>>,
    /// The first step of the loop that it ends in, if it ends in one: the state before that step is
    /// the last one.
    pub repeats_from: Option<usize>,
}

impl<M: Metered<State: fmt::Debug>> fmt::Display for ToldWalk<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "      start  {:?}", self.states[0])?;
        for (index, (action, state)) in self.actions.iter().zip(&self.states[1..]).enumerate() {
            if self.repeats_from == Some(index) {
                writeln!(f, "  ┌─ the loop")?;
            }
            let gutter =
                if self.repeats_from.is_some_and(|first| index >= first) { '│' } else { ' ' };
            let name = action.as_ref().map_or("time passes".to_owned(), |one| format!("{one:?}"));
            writeln!(f, "  {gutter} {:>3}  {name}  {state:?}", index + 1)?;
        }
        match self.repeats_from {
            Some(first) => writeln!(f, "  └─ and so on from step {}, for ever", first + 1),
            None => Ok(()),
        }
    }
}

/// The answer as a person reads it: what was found, the trace that shows it, and what was explored.
impl<M: Metered<State: fmt::Debug>> fmt::Display for Checked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.verdict() {
            Verdict::Holds { .. } => writeln!(f, "no storm: what is counted while calm ends")?,
            Verdict::Fails { .. } => writeln!(f, "a storm")?,
            Verdict::Unknown(reason) => {
                writeln!(f, "unknown whether it storms: {}", words::reason(*reason))?
            }
        }
        if let Some(storm) = self.storm() {
            writeln!(
                f,
                "  each turn of its loop counts {} in {}; the fewest faults that start one: {}",
                storm.count_per_turn,
                counted(storm.ticks_per_turn, "tick"),
                storm.fewest_faults
            )?;
        }
        self.trace().map_or(Ok(()), |trace| write!(f, "{trace}"))?;
        for note in &self.answer().notes {
            self.write_note(note, f)?;
        }
        for (name, answer) in self.properties() {
            let word = match &answer.verdict {
                Verdict::Holds { .. } => "holds",
                Verdict::Fails { .. } => "fails",
                Verdict::Unknown(_) => "unknown",
            };
            writeln!(f, "{name}: {word}")?;
            if let Verdict::Fails { evidence: Evidence::Trace(trace), .. } = &answer.verdict {
                write!(f, "{}", self.tell(trace))?;
            }
        }
        match &self.summary {
            Some(Summary { state_count, cut: None, .. }) => {
                writeln!(f, "{state_count} states: everything that can be reached")
            }
            _ => writeln!(f, "{} states: not everything", self.indexed.state_count()),
        }
    }
}

impl<M: Metered<State: fmt::Debug>> Checked<M> {
    fn write_note(&self, note: &Note, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match note {
            Note::UnfairLoop(trace) => {
                let owed = trace.put_off().iter().map(|&one| self.indexed.owed(one)).join(", ");
                writeln!(f, "  note: a loop counts for as long as {owed} is put off")?;
                write!(f, "{}", self.tell(trace))
            }
            Note::StormWhileNotCalm(trace, _) => {
                writeln!(f, "  note: a storm while not calm")?;
                write!(f, "{}", self.tell(trace))
            }
            Note::ByFaults(most) => {
                writeln!(f, "  with 0, 1, 2 … faults: {}", most.iter().join(", "))
            }
            Note::Unbounded(trace) => {
                writeln!(f, "  note: there is no bound on how long it takes")?;
                write!(f, "{}", self.tell(trace))
            }
            Note::NeverCounted => writeln!(f, "  note: vacuous: nothing that can happen counts"),
            Note::NoSuchStates => writeln!(f, "  note: vacuous: no calm state can be reached"),
            Note::PerhapsLonger => writeln!(f, "  note: there may be a shorter trace"),
            Note::TimeStops(count) => writeln!(f, "  note: time stops in {count} states"),
        }
    }
}

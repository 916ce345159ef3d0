//! The narrow waist: all that the engine and the verdicts may know of a model.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::base::Span;

pub mod facts;
pub mod hand_drawn;
pub mod ordered;
pub mod permutation;
pub mod quotient;
pub mod restricted;
pub mod rooted;
pub mod stateright;
pub mod steps;

pub use facts::{ActionFacts, Facts, Fairness, FairnessId, Role, Strength};
pub use hand_drawn::{Arrow, Drawn, HandDrawn};
pub use ordered::Ordered;
pub use permutation::Permutation;
pub use quotient::{Quotient, Renamer, Renaming, Tracker};
pub use restricted::Restricted;
pub use rooted::Rooted;
pub use steps::{Shape, Steps};

/// One word of a packed state.
pub type Word = u64;

crate::id!(
    /// One action instance: a declared action, for one machine instance and one choice of parameters.
    /// Number 0 is the tick.
    ActionId
);

crate::id!(
    /// An expression over one state that the system can be asked for: a predicate or a number.
    FigureId
);

crate::id!(
    /// A meter. Number 0 counts the ticks.
    MeterId
);

impl ActionId {
    /// The tick.
    pub const TICK: ActionId = ActionId(0);
}

impl MeterId {
    /// What counts the ticks.
    pub const TICKS: MeterId = MeterId(0);
}

/// A finite transition system.
///
/// Enumerating is pure and repeats in the same order for the same state, and an action leads to at
/// most one state, so a trace can be kept as action ids. It is not meant for presentation: names
/// and values live elsewhere.
pub trait System: Sync {
    /// Words in one packed state, the same for every state.
    fn width(&self) -> usize;

    /// What is known of the actions without looking at a state.
    fn facts(&self) -> &Facts;

    /// Visits every initial state, each perhaps more than once, in a fixed order.
    ///
    /// The visitor may stop the enumeration, and is asked from time to time while none is found.
    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>);

    /// Visits every step out of `state`, in ascending [`ActionId`].
    ///
    /// A tick is among them exactly when no urgent action is enabled.
    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>));

    /// The value of a figure in `state`; a predicate is 0 or 1.
    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach>;

    /// What one worker enumerates steps with, state after state.
    fn stepper(&self) -> Box<dyn Stepper + '_> {
        Box::new(Plain(self))
    }

    /// This system as one up to renaming, if it is one: then fairness is judged by who is who.
    fn quotient(&self) -> Option<&Quotient<'_>> {
        None
    }
}

/// Enumerates steps for one worker, and may keep what it needs from one state to the next.
pub trait Stepper {
    /// Fills `steps`, which is of the system's shape, with what [`System::steps`] visits.
    fn steps(&mut self, state: &[Word], steps: &mut Steps);
    /// The same as [`System::read`]; cheapest for the state whose steps were enumerated last.
    fn read(&mut self, figure: FigureId, state: &[Word]) -> Result<i64, Breach>;
}

/// The stepper that keeps nothing.
struct Plain<'a, S: ?Sized>(&'a S);

impl<S: System + ?Sized> Stepper for Plain<'_, S> {
    fn steps(&mut self, state: &[Word], steps: &mut Steps) {
        steps.clear();
        self.0.steps(state, &mut |step| steps.push(step));
    }
    fn read(&mut self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.0.read(figure, state)
    }
}

/// A system that somebody else keeps.
impl<S: System + ?Sized> System for &S {
    fn width(&self) -> usize {
        (**self).width()
    }
    fn facts(&self) -> &Facts {
        (**self).facts()
    }
    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        (**self).initial(visit);
    }
    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        (**self).steps(state, visit);
    }
    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        (**self).read(figure, state)
    }
    fn stepper(&self) -> Box<dyn Stepper + '_> {
        (**self).stepper()
    }
    fn quotient(&self) -> Option<&Quotient<'_>> {
        (**self).quotient()
    }
}

/// A system that several keep together.
impl<S: System + ?Sized + Send> System for Arc<S> {
    fn width(&self) -> usize {
        (**self).width()
    }
    fn facts(&self) -> &Facts {
        (**self).facts()
    }
    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        (**self).initial(visit);
    }
    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        (**self).steps(state, visit);
    }
    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        (**self).read(figure, state)
    }
    fn stepper(&self) -> Box<dyn Stepper + '_> {
        (**self).stepper()
    }
    fn quotient(&self) -> Option<&Quotient<'_>> {
        (**self).quotient()
    }
}

/// What the enumeration of initial states meets.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// An initial state.
    State(&'a [Word]),
    /// A candidate on which an assumption breaches: the model is wrong.
    Breach(Breach),
    /// Nothing yet; the visitor may stop the search.
    Searching,
}

/// One step: which action instance, what it counts, and where it leads.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The action instance.
    pub action: ActionId,
    /// How much it counts on each meter, by [`MeterId`]; a tick counts 1 on meter 0.
    pub counts: &'a [u64],
    /// The state after it, or the rule of its own that the model broke on the way there.
    pub next: Result<&'a [Word], Breach>,
}

/// The model breaking its own rules: which rule, and where in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Breach {
    /// Which rule.
    pub rule: Rule,
    /// Where; an empty span for systems that were not made from a text.
    pub place: Span,
}

/// The rules a model can break while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A value left its range.
    Range,
    /// `none` was read as a value.
    NoneRead,
    /// Division, or `mod`, by zero; or a negative power.
    Division,
    /// A number left the 64-bit range.
    Overflow,
    /// A queue took more than it holds.
    QueueFull,
    /// An empty queue was asked for an element.
    QueueEmpty,
    /// A meter was told to count a negative amount.
    NegativeCount,
    /// A variable was read in a control state in which it has no meaning.
    Meaningless,
    /// Two turns of an unordered loop assigned the same thing.
    Conflict,
    /// A rule of a system that was not made from a model text.
    Foreign,
}

//! A system up to renaming: of all states that a renaming turns into each other, one.
//!
//! Sound for what single states say and for which steps lead where, as long as what is said is the same
//! under every renaming: a state is reachable exactly if its representative is, in as few steps, and
//! what is counted on the way is the same. Fairness is owed to each instance, and a representative does
//! not say which one that was before: so a step out of a representative is known by its action in the
//! words of that state, no two steps are made one, and a [`Tracker`] tells by which renaming the state
//! that it leads to became a representative.
//!
//! A trace of the quotient goes from representative to representative, each of its actions in the words of
//! the state that it starts in. [`Quotient::unfold`] keeps account of who is who and so finds the like of
//! it in the system itself.

use std::ops::{ControlFlow, Range};

use super::permutation::Permutation;
use super::{
    ActionId, Breach, Facts, FairnessId, FigureId, Shape, Start, Step, Stepper, Steps, System, Word,
};

/// Renamings of a system's states that no step and no figure can tell.
pub trait Renaming: Sync {
    /// What one worker renames with.
    fn renamer(&self) -> Box<dyn Renamer + '_>;
    /// How many things can be renamed.
    fn thing_count(&self) -> usize;
    /// All things that one can be renamed to.
    fn peers(&self, thing: usize) -> Range<usize>;
    /// What an action is after a renaming: a step of it leads between the states that are renamed alike.
    fn action(&self, action: ActionId, by: &Permutation) -> ActionId;
    /// The thing to which an obligation is owed; none if no renaming changes it.
    fn owner(&self, owed: FairnessId) -> Option<usize>;
    /// The same obligation, owed to another thing. Those of one kind ascend as the things do, and no
    /// other is between them.
    fn owed_to(&self, owed: FairnessId, owner: usize) -> FairnessId;
}

/// Renames states for one worker.
pub trait Renamer {
    /// Replaces a state by the representative of all that it can be renamed to.
    fn represent(&mut self, state: &mut [Word]);
    /// The renaming that made the last state a representative.
    fn last(&self) -> Permutation;
    /// Renames a state.
    fn rename(&mut self, state: &mut [Word], by: &Permutation);
}

/// Another system up to renaming.
#[derive(Clone, Copy)]
pub struct Quotient<'a> {
    system: &'a dyn System,
    renaming: &'a dyn Renaming,
}

impl<'a> Quotient<'a> {
    /// `system` up to `renaming`.
    pub fn new(system: &'a dyn System, renaming: &'a dyn Renaming) -> Quotient<'a> {
        Quotient { system, renaming }
    }

    /// The renamings.
    pub fn renaming(&self) -> &'a dyn Renaming {
        self.renaming
    }

    /// What tells who is who after a step.
    pub fn tracker(&self) -> Tracker<'a> {
        Tracker {
            stepper: self.system.stepper(),
            steps: Steps::new(Shape::of(self.system)),
            renamer: self.renaming.renamer(),
            representative: vec![0; self.system.width()],
            unchanged: Permutation::identity(self.renaming.thing_count()),
        }
    }

    /// The behaviour of the system itself that looks, up to renaming, like this one of the quotient: its
    /// start and its actions. None if the quotient has no such behaviour.
    pub fn unfold(
        &self,
        start: &[Word],
        actions: &[ActionId],
    ) -> Option<(Vec<Word>, Vec<ActionId>)> {
        let mut tracker = self.tracker();
        let mut found = None;
        self.system.initial(&mut |candidate| match candidate {
            Start::State(state) => {
                let by = tracker.represent(state);
                match tracker.representative == start {
                    true => {
                        found = Some((state.to_vec(), by.inverse()));
                        ControlFlow::Break(())
                    }
                    false => ControlFlow::Continue(()),
                }
            }
            _ => ControlFlow::Continue(()),
        });
        // By what renaming the representative becomes the state of the system.
        let (concrete_start, mut names) = found?;
        let (mut representative, mut taken) = (start.to_vec(), Vec::new());
        for &action in actions {
            taken.push(self.renaming.action(action, &names));
            let (next, by) = tracker.follow(&representative, action)?;
            representative = next;
            names = by.inverse().then(&names);
        }
        Some((concrete_start, taken))
    }

    /// The representatives of the states that a behaviour of the system itself passes; none if it has no
    /// such behaviour.
    pub fn fold(&self, start: &[Word], actions: &[ActionId]) -> Option<Vec<Vec<Word>>> {
        let mut renamer = self.renaming.renamer();
        let mut representatives = Vec::new();
        let mut pass = |state: &[Word]| {
            let mut state = state.to_vec();
            renamer.represent(&mut state);
            representatives.push(state);
        };
        pass(start);
        let mut state = start.to_vec();
        for &action in actions {
            let mut next = None;
            self.system.steps(&state, &mut |step| {
                if step.action == action {
                    next = step.next.ok().map(<[Word]>::to_vec);
                }
            });
            state = next?;
            pass(&state);
        }
        Some(representatives)
    }
}

impl System for Quotient<'_> {
    fn width(&self) -> usize {
        self.system.width()
    }

    fn facts(&self) -> &Facts {
        self.system.facts()
    }

    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        let mut renamer = self.renaming.renamer();
        let mut representative = vec![0; self.width()];
        self.system.initial(&mut |start| match start {
            Start::State(state) => {
                representative.copy_from_slice(state);
                renamer.represent(&mut representative);
                visit(Start::State(&representative))
            }
            other => visit(other),
        });
    }

    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        let mut steps = Steps::new(Shape::of(self));
        self.stepper().steps(state, &mut steps);
        steps.iter().for_each(visit);
    }

    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.system.read(figure, state)
    }

    fn stepper(&self) -> Box<dyn Stepper + '_> {
        Box::new(Representing { stepper: self.system.stepper(), renamer: self.renaming.renamer() })
    }

    fn quotient(&self) -> Option<&Quotient<'_>> {
        Some(self)
    }
}

/// Enumerates steps to representatives.
struct Representing<'a> {
    stepper: Box<dyn Stepper + 'a>,
    renamer: Box<dyn Renamer + 'a>,
}

impl Stepper for Representing<'_> {
    fn steps(&mut self, state: &[Word], steps: &mut Steps) {
        self.stepper.steps(state, steps);
        steps.redirect(|next| {
            // A step that changes nothing, as most ticks, leads to the state itself.
            if next != state {
                self.renamer.represent(next);
            }
        });
    }

    fn read(&mut self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.stepper.read(figure, state)
    }
}

/// Tells who is who after a step of a quotient.
pub struct Tracker<'a> {
    stepper: Box<dyn Stepper + 'a>,
    steps: Steps,
    renamer: Box<dyn Renamer + 'a>,
    representative: Vec<Word>,
    unchanged: Permutation,
}

impl Tracker<'_> {
    /// Visits every step out of a representative that leads somewhere: its action, the representative that
    /// it leads to, and by which renaming the state became that.
    pub fn steps(
        &mut self,
        state: &[Word],
        visit: &mut dyn FnMut(ActionId, &[Word], &Permutation),
    ) {
        let Tracker { stepper, steps, renamer, representative, unchanged } = self;
        stepper.steps(state, steps);
        for step in steps.iter() {
            match step.next {
                // As where steps to representatives are enumerated.
                Ok(next) if next == state => visit(step.action, next, unchanged),
                Ok(next) => {
                    representative.copy_from_slice(next);
                    renamer.represent(representative);
                    visit(step.action, representative, &renamer.last());
                }
                Err(_) => {}
            }
        }
    }

    /// Renames a state.
    pub fn rename(&mut self, state: &mut [Word], by: &Permutation) {
        self.renamer.rename(state, by);
    }

    fn represent(&mut self, state: &[Word]) -> Permutation {
        self.representative.copy_from_slice(state);
        self.renamer.represent(&mut self.representative);
        self.renamer.last()
    }

    fn follow(&mut self, state: &[Word], action: ActionId) -> Option<(Vec<Word>, Permutation)> {
        let mut found = None;
        self.steps(state, &mut |taken, next, by| {
            if taken == action {
                found = Some((next.to_vec(), by.clone()));
            }
        });
        found
    }
}

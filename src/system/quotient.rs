//! A system up to renaming: of all states that a renaming turns into each other, one.
//!
//! Sound for what single states say, as long as what is said is the same under every renaming: a
//! state is reachable exactly if its representative is, in as few steps. A trace of the quotient goes from
//! representative to representative; [`Quotient::unfold`] finds one of the system itself.

use std::ops::ControlFlow;

use super::{ActionId, Breach, Facts, FigureId, Shape, Start, Step, Stepper, Steps, System, Word};

/// Renamings of a system's states that no step and no figure can tell.
pub trait Renaming: Sync {
    /// What one worker renames with.
    fn renamer(&self) -> Box<dyn Renamer + '_>;
}

/// Renames states for one worker.
pub trait Renamer {
    /// Replaces a state by the representative of all that it can be renamed to.
    fn represent(&mut self, state: &mut [Word]);
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

    /// A behaviour of the system itself that looks, up to renaming, like this one of the quotient: its
    /// start and its actions. None if the quotient has no such behaviour.
    pub fn unfold(
        &self,
        start: &[Word],
        actions: &[ActionId],
    ) -> Option<(Vec<Word>, Vec<ActionId>)> {
        let mut renamer = self.renaming.renamer();
        let mut represent = |state: &[Word]| {
            let mut state = state.to_vec();
            renamer.represent(&mut state);
            state
        };
        let mut concrete_start = None;
        self.system.initial(&mut |found| match found {
            Start::State(state) if represent(state) == start => {
                concrete_start = Some(state.to_vec());
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        });
        let (mut concrete, mut representative) = (concrete_start?, start.to_vec());
        let (concrete_start, mut taken) = (concrete.clone(), Vec::new());
        for &action in actions {
            let mut next_representative = None;
            self.system.steps(&representative, &mut |step| {
                if let (true, Ok(next)) = (step.action == action, step.next) {
                    next_representative = Some(represent(next));
                }
            });
            representative = next_representative?;
            let mut next = None;
            self.system.steps(&concrete, &mut |step| {
                if let (None, Ok(state)) = (&next, step.next)
                    && represent(state) == representative
                {
                    next = Some((step.action, state.to_vec()));
                }
            });
            let (action, state) = next?;
            taken.push(action);
            concrete = state;
        }
        Some((concrete_start, taken))
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

//! A system without some of its steps: what every claim sees that does not ask for operators.

use std::ops::ControlFlow;

use super::{ActionId, Breach, Facts, FigureId, Role, Start, Step, Stepper, Steps, System, Word};
use crate::base::IdVec;

/// Another system, some steps hidden. Operators and faults are never owed and never hold up time, so hiding
/// their steps changes nothing about the others.
#[derive(Clone, Debug)]
pub struct Restricted<S> {
    system: S,
    /// By action: whether its steps are hidden.
    hidden: IdVec<ActionId, bool>,
}

impl<S: System> Restricted<S> {
    /// `system` without its operator steps.
    pub fn new(system: S) -> Restricted<S> {
        Restricted::to(system, |_| false)
    }

    /// `system` with only those operator steps that are allowed.
    pub fn to(system: S, is_allowed: impl Fn(ActionId) -> bool) -> Restricted<S> {
        Restricted::hiding(system, |id, role| role == Role::Operator && !is_allowed(id))
    }

    /// `system` without faults.
    pub fn without_faults(system: S) -> Restricted<S> {
        Restricted::hiding(system, |_, role| role == Role::Fault)
    }

    fn hiding(system: S, is_hidden: impl Fn(ActionId, Role) -> bool) -> Restricted<S> {
        let actions = system.facts().actions.iter_with_ids();
        let hidden = actions.map(|(id, known)| is_hidden(id, known.role)).collect();
        Restricted { system, hidden }
    }
}

impl<S: System> System for Restricted<S> {
    fn width(&self) -> usize {
        self.system.width()
    }

    fn facts(&self) -> &Facts {
        self.system.facts()
    }

    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        self.system.initial(visit);
    }

    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        self.system.steps(state, &mut |step| {
            if !self.hidden[step.action] {
                visit(step);
            }
        });
    }

    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.system.read(figure, state)
    }

    fn stepper(&self) -> Box<dyn Stepper + '_> {
        let stepper = self.system.stepper();
        if self.hidden.iter().any(|&hidden| hidden) {
            Box::new(Hiding { stepper, hidden: &self.hidden })
        } else {
            stepper
        }
    }
}

/// Enumerates the steps that are not hidden.
struct Hiding<'a> {
    stepper: Box<dyn Stepper + 'a>,
    hidden: &'a IdVec<ActionId, bool>,
}

impl Stepper for Hiding<'_> {
    fn steps(&mut self, state: &[Word], steps: &mut Steps) {
        self.stepper.steps(state, steps);
        steps.retain(|action| !self.hidden[action]);
    }

    fn read(&mut self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.stepper.read(figure, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{ActionFacts, Arrow, HandDrawn};

    #[test]
    fn only_the_steps_of_the_role_are_hidden() {
        let roles = [Role::Tick, Role::Operator, Role::May, Role::Fault];
        let known = |role| ActionFacts { role, obligations: Vec::new() };
        let facts = Facts { actions: roles.map(known).into_iter().collect(), ..Facts::default() };
        let arrow = |action| Arrow { action: ActionId(action), counts: Vec::new(), next: Ok(0) };
        let drawn = (0..4).fold(HandDrawn::new(facts), |drawn, a| drawn.arrow(0, arrow(a)));
        let seen = |system: &dyn System| {
            let mut seen = Vec::new();
            system.steps(&[0], &mut |step| seen.push(step.action.0));
            seen
        };
        assert_eq!(seen(&Restricted::new(&drawn)), [0, 2, 3]);
        assert_eq!(seen(&Restricted::without_faults(&drawn)), [0, 1, 2]);
    }
}

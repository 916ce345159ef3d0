//! A system in which some steps, where they are enabled, are taken before all others.

use std::ops::ControlFlow;

use super::steps::Shape;
use super::{ActionId, Breach, Facts, FigureId, Start, Step, Stepper, Steps, System, Word};
use crate::base::IdVec;

/// Another system: out of a state in which one of the given actions is enabled, and does not breach, only
/// the first of these steps is left.
///
/// Ticks are as before, as long as all of the given actions are urgent.
#[derive(Clone, Copy)]
pub struct Ordered<'a> {
    system: &'a dyn System,
    /// By action: whether it is taken before all others.
    comes_first: &'a IdVec<ActionId, bool>,
}

impl<'a> Ordered<'a> {
    /// `system`, some actions taken before all others.
    pub fn new(system: &'a dyn System, comes_first: &'a IdVec<ActionId, bool>) -> Ordered<'a> {
        Ordered { system, comes_first }
    }
}

impl System for Ordered<'_> {
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
        let mut steps = Steps::new(Shape::of(self));
        self.stepper().steps(state, &mut steps);
        steps.iter().for_each(visit);
    }

    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.system.read(figure, state)
    }

    fn stepper(&self) -> Box<dyn Stepper + '_> {
        Box::new(Ordering { stepper: self.system.stepper(), comes_first: self.comes_first })
    }
}

/// Enumerates the steps that are left.
struct Ordering<'a> {
    stepper: Box<dyn Stepper + 'a>,
    comes_first: &'a IdVec<ActionId, bool>,
}

impl Stepper for Ordering<'_> {
    fn steps(&mut self, state: &[Word], steps: &mut Steps) {
        self.stepper.steps(state, steps);
        let may = |step: &Step<'_>| self.comes_first[step.action] && step.next.is_ok();
        let first = steps.iter().find(may).map(|step| step.action);
        if let Some(first) = first {
            steps.retain(|action| action == first);
        }
    }

    fn read(&mut self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.stepper.read(figure, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::system::{ActionFacts, Arrow, HandDrawn, Role, Rule};

    /// The actions that are left of those out of a state, each with whether it breaches. 2 and 3 may come
    /// first.
    fn left(actions: &[(u32, bool)]) -> Vec<(u32, bool)> {
        let known = |role| ActionFacts { role, obligations: Vec::new() };
        let roles = [Role::Tick, Role::Urgent, Role::Urgent, Role::Urgent, Role::May];
        let facts = Facts { actions: roles.map(known).into_iter().collect(), ..Facts::default() };
        let breach = Breach { rule: Rule::Foreign, place: Span::default() };
        let drawn = actions.iter().fold(HandDrawn::new(facts), |drawn, &(action, breaches)| {
            let next = if breaches { Err(breach) } else { Ok(0) };
            drawn.arrow(7, Arrow { action: ActionId(action), counts: Vec::new(), next })
        });
        let comes_first = [false, false, true, true, false].into_iter().collect();
        let mut seen = Vec::new();
        Ordered::new(&drawn, &comes_first)
            .steps(&[7], &mut |step| seen.push((step.action.0, step.next.is_err())));
        seen
    }

    #[test]
    fn the_first_of_those_that_may_comes_alone() {
        assert_eq!(left(&[(1, false), (2, false), (3, false), (4, false)]), [(2, false)]);
        assert_eq!(left(&[(1, false), (3, false)]), [(3, false)]);
    }

    #[test]
    fn without_one_all_are_left() {
        assert_eq!(left(&[(1, false), (4, false)]), [(1, false), (4, false)]);
        assert_eq!(left(&[(0, false), (4, false)]), [(0, false), (4, false)]);
        assert_eq!(left(&[]), []);
    }

    #[test]
    fn what_breaches_does_not_come_first() {
        let all = [(1, true), (2, true), (4, false)];
        assert_eq!(left(&all), all);
        assert_eq!(left(&[(1, true), (2, true), (3, false)]), [(3, false)]);
    }
}

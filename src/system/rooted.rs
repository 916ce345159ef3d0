//! A system from one of its states on: what can still come, whatever led there.

use std::ops::ControlFlow;

use super::{Breach, Facts, FigureId, Start, Step, Stepper, System, Word};

/// Another system, begun in one state.
#[derive(Clone, Debug)]
pub struct Rooted<S> {
    system: S,
    root: Vec<Word>,
}

impl<S: System> Rooted<S> {
    /// `system`, begun in `root`, which must be one of its states.
    pub fn at(system: S, root: Vec<Word>) -> Rooted<S> {
        Rooted { system, root }
    }
}

impl<S: System> System for Rooted<S> {
    fn width(&self) -> usize {
        self.system.width()
    }

    fn facts(&self) -> &Facts {
        self.system.facts()
    }

    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        let _ = visit(Start::State(&self.root));
    }

    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        self.system.steps(state, visit);
    }

    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.system.read(figure, state)
    }

    fn stepper(&self) -> Box<dyn Stepper + '_> {
        self.system.stepper()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::{Edges, Limits, Plan, Silent, explore};
    use crate::system::{ActionFacts, ActionId, Arrow, Drawn, HandDrawn, Role};

    #[test]
    fn only_what_can_still_come_is_reached() {
        let known = ActionFacts { role: Role::Tick, obligations: Vec::new() };
        let actions = [known].into_iter().collect();
        let facts = Facts { actions, meter_count: 1, ..Facts::default() };
        let tick = |next| Arrow { action: ActionId::TICK, counts: vec![1], next: Ok(next) };
        let drawn = HandDrawn::new(facts).start(Drawn::State(0));
        let drawn = drawn.arrow(0, tick(1)).arrow(1, tick(2)).arrow(2, tick(1));
        let reached = |system: &dyn System| {
            let plan = Plan {
                edges: Edges::Everywhere,
                figures: Vec::new(),
                limits: Limits::NONE,
                workers: 1,
            };
            explore(system, &plan, &mut Silent).graph.state_count()
        };
        assert_eq!((reached(&drawn), reached(&Rooted::at(&drawn, vec![1]))), (3, 2));
    }
}

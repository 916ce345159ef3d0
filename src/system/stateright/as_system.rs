//! Any `stateright::Model` that knows its [`Metered`] actions as a [`System`].
//!
//! A system knows its actions before anyone looks at a state, and a Rust model does not. So it is
//! walked through once, in breadth-first order and by one thread: states and actions get numbers in
//! the order in which they come up, states by comparing them in full. The numbers are all that is
//! kept; whoever asks for steps afterwards asks the model again.
//!
//! Time. A tick is enabled exactly where no urgent action is, as in every system: a tick that the
//! model offers beside something urgent is hidden, and where it offers none, time passes and changes
//! nothing. So every execution is infinite, and what can stop does so by ticking idly. An idle tick
//! leads back to where it was and so takes nothing away from a loop.
//!
//! What stateright's own checkers do not follow is no step here either: an action for which the model
//! has no next state, or one that leads out of its boundary. An attempt that fails and changes
//! nothing is a step if its next state is the same state, not if it is `None`.

use std::ops::ControlFlow;

use stateright::Property;

use super::metered::{Metered, Owed};
use super::numbered::Numbered;
use crate::base::Id;
use crate::system::{
    ActionFacts, ActionId, Breach, Facts, Fairness, FairnessId, FigureId, Role, Start, Step,
    Strength, System, Word,
};

/// A Rust model with its states and actions numbered.
pub struct Indexed<M: Metered> {
    model: M,
    properties: Vec<Property<M>>,
    states: Numbered<M::State>,
    start_count: usize,
    /// Those but the ticks; their ids are greater by one.
    actions: Numbered<M::Action>,
    /// All of them have the same id.
    ticks: Numbered<M::Action>,
    facts: Facts,
    /// By obligation; the first is the tick's.
    owed: Vec<Owed>,
    boundary_count: u64,
    cut: Option<Cut>,
}

/// What kept the states from being numbered to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// There are more than were asked for.
    States,
    /// Somebody outside.
    Interrupted,
}

/// A step out of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken<S> {
    /// Which action; all ticks are one.
    pub action: ActionId,
    /// Ticks, then what the model counts.
    pub counts: [u64; 2],
    /// The state after it; none for an idle tick, which changes nothing.
    pub next: Option<S>,
}

impl<M: Metered> Indexed<M> {
    /// Whether the trigger is over.
    pub const CALM: FigureId = FigureId(0);
    /// Whether the system is well; false where the model does not say.
    pub const HEALTHY: FigureId = FigureId(1);

    /// Numbers all states and actions of a model, or as many as are asked for. `watch` is told how
    /// many there are so far, and may end it.
    pub fn new(
        model: M,
        states_max: Option<u64>,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Indexed<M> {
        let properties = model.properties();
        let mut indexed = Indexed {
            model,
            properties,
            states: Numbered::new(),
            start_count: 0,
            actions: Numbered::new(),
            ticks: Numbered::new(),
            facts: Facts { meter_count: 2, ..Facts::default() },
            owed: Vec::new(),
            boundary_count: 0,
            cut: None,
        };
        let tick = indexed.owe(Owed { name: "tick".to_owned(), strength: Strength::Weak });
        indexed.facts.actions.push(ActionFacts { role: Role::Tick, obligations: vec![tick] });
        indexed.cut = indexed
            .number_all(states_max.unwrap_or(u64::MAX).min(u64::from(u32::MAX)), watch)
            .err();
        indexed
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// What the model claims itself, in its order; the figure of each is its condition.
    pub fn properties(&self) -> impl Iterator<Item = (FigureId, &Property<M>)> {
        let first = Self::HEALTHY.index() + 1;
        self.properties
            .iter()
            .enumerate()
            .map(move |(at, one)| (FigureId::from_index(first + at), one))
    }

    /// How many states have a number.
    pub fn state_count(&self) -> usize {
        self.states.len()
    }

    /// A state by its number.
    pub fn state(&self, number: usize) -> Option<&M::State> {
        self.states.items().get(number)
    }

    /// The number of a state, if it has one.
    pub fn number(&self, state: &M::State) -> Option<usize> {
        self.states.number(state)
    }

    /// Whether the model starts in a state.
    pub fn is_start(&self, number: usize) -> bool {
        number < self.start_count
    }

    /// How many steps lead out of the model's boundary.
    pub fn boundary_count(&self) -> u64 {
        self.boundary_count
    }

    /// What kept the states from being numbered to the end, if anything did.
    pub fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// What an obligation is called.
    pub fn owed(&self, obligation: FairnessId) -> &str {
        &self.owed[obligation.index()].name
    }

    /// The number of an action, if it has one.
    pub fn id(&self, action: &M::Action) -> Option<ActionId> {
        let other = self.actions.number(action).map(|number| ActionId::from_index(number + 1));
        other.or_else(|| self.ticks.number(action).map(|_| ActionId::TICK))
    }

    /// The action that a step out of a state takes; none for an idle tick.
    pub fn action(&self, state: &M::State, id: ActionId) -> Option<M::Action> {
        let mut offered = self.offered(state).steps.into_iter();
        offered.find(|(action, _)| self.id(action) == Some(id)).map(|(action, _)| action)
    }

    /// Every action but the ticks, in order of their numbers, which begin with 1.
    pub fn actions(&self) -> &[M::Action] {
        self.actions.items()
    }

    /// Every step out of a state, in order of the numbers of their actions.
    ///
    /// # Panics
    /// If the model offers two ticks that lead to different states.
    pub fn steps_from(&self, state: &M::State) -> Vec<Taken<M::State>> {
        self.arrange(state, self.offered(state).steps)
    }

    fn number_all(
        &mut self,
        states_max: u64,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<(), Cut> {
        for start in self.model.init_states() {
            if self.model.within_boundary(&start) {
                self.enter(start, states_max)?;
            }
        }
        self.start_count = self.states.len();
        let mut at = 0;
        while let Some(state) = self.state(at) {
            if watch(self.states.len()).is_break() {
                return Err(Cut::Interrupted);
            }
            let offered = self.offered(state);
            self.boundary_count += offered.boundary_count;
            offered.steps.iter().for_each(|(action, _)| self.enter_action(action));
            let steps = self.arrange(&self.states.items()[at], offered.steps);
            for next in steps.into_iter().filter_map(|step| step.next) {
                self.enter(next, states_max)?;
            }
            at += 1;
        }
        Ok(())
    }

    fn enter(&mut self, state: M::State, states_max: u64) -> Result<(), Cut> {
        if self.states.number(&state).is_some() {
            return Ok(());
        }
        if self.states.len() as u64 >= states_max {
            return Err(Cut::States);
        }
        self.states.push(state);
        Ok(())
    }

    fn enter_action(&mut self, action: &M::Action) {
        if self.id(action).is_some() {
            return;
        }
        let kind = self.model.kind(action);
        if kind.role == Role::Tick {
            self.ticks.push(action.clone());
            return;
        }
        let owed = kind.owed(action);
        let mut obligations: Vec<_> = owed.into_iter().map(|one| self.owe(one)).collect();
        obligations.sort_unstable();
        obligations.dedup();
        self.facts.actions.push(ActionFacts { role: kind.role, obligations });
        self.actions.push(action.clone());
    }

    /// The number of an obligation, which it may get here.
    fn owe(&mut self, owed: Owed) -> FairnessId {
        let known = self.owed.iter().position(|one| *one == owed);
        let at = known.unwrap_or_else(|| {
            self.facts.fairness.push(Fairness { strength: owed.strength });
            self.owed.push(owed);
            self.owed.len() - 1
        });
        FairnessId::from_index(at)
    }

    /// What the model itself offers in a state.
    fn offered(&self, state: &M::State) -> Offered<M> {
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        let mut offered = Offered { steps: Vec::new(), boundary_count: 0 };
        for action in actions {
            match self.model.next_state(state, action.clone()) {
                Some(next) if self.model.within_boundary(&next) => {
                    offered.steps.push((action, next));
                }
                Some(_) => offered.boundary_count += 1,
                None => {}
            }
        }
        offered
    }

    /// The steps of a system from those that the model offers. An action without a number comes up
    /// only behind the place where numbering was cut short, and is passed over.
    fn arrange(
        &self,
        state: &M::State,
        offered: Vec<(M::Action, M::State)>,
    ) -> Vec<Taken<M::State>> {
        let mut steps = Vec::new();
        for (action, next) in offered {
            let Some(id) = self.id(&action) else { continue };
            let counts = [u64::from(id == ActionId::TICK), self.model.count(state, &action, &next)];
            steps.push(Taken { action: id, counts, next: Some(next) });
        }
        let is_urgent = |step: &Taken<_>| self.facts.actions[step.action].role == Role::Urgent;
        if steps.iter().any(is_urgent) {
            steps.retain(|step| step.action != ActionId::TICK);
        } else if steps.iter().all(|step| step.action != ActionId::TICK) {
            steps.push(Taken { action: ActionId::TICK, counts: [1, 0], next: None });
        }
        steps.sort_by_key(|step| step.action);
        let is_again = |later: &mut Taken<_>, earlier: &mut Taken<_>| {
            let is_again = later.action == earlier.action;
            assert!(!is_again || later == earlier, "a state has one tick at most");
            is_again
        };
        steps.dedup_by(is_again);
        steps
    }
}

/// What a model offers in a state, and how many steps lead out of its boundary.
struct Offered<M: Metered> {
    steps: Vec<(M::Action, M::State)>,
    boundary_count: u64,
}

impl<M: Metered> System for Indexed<M> {
    fn width(&self) -> usize {
        1
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        for number in 0..self.start_count {
            if visit(Start::State(&[number as Word])).is_break() {
                return;
            }
        }
    }

    /// A state without a number has the first number that is free, where exploration ends as
    /// numbering did.
    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        let Some(state) = self.state(state[0] as usize) else { return };
        for Taken { action, counts, next } in self.steps_from(state) {
            let next = self.number(next.as_ref().unwrap_or(state)).unwrap_or(self.states.len());
            visit(Step { action, counts: &counts, next: Ok(&[next as Word]) });
        }
    }

    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        let Some(state) = self.state(state[0] as usize) else { return Ok(0) };
        Ok(i64::from(match figure {
            figure if figure == Self::CALM => self.model.is_calm(state),
            figure if figure == Self::HEALTHY => self.model.is_healthy(state) == Some(true),
            figure => {
                let property = &self.properties[figure.index() - Self::HEALTHY.index() - 1];
                (property.condition)(&self.model, state)
            }
        }))
    }
}

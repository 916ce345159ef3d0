//! The reference meaning: one state in, its steps out, written to be read.
//!
//! This folder is the definition of what a model means. It is slow on purpose: it works on plain
//! [`Values`], copies states freely, keeps nothing between two calls, and enumerates wherever that is
//! the shortest way to say what is meant. The compiled system says the same a second time and fast;
//! the two share no code but the lists of cells and of action instances, and every trace is walked
//! here before anyone sees it.
//!
//! The meaning in short. A *state* is a value for each cell. A *step* is one action instance or a
//! tick. An action instance is enabled where its owner is in one of its `from` states, its budget
//! is not used up, the filters of its parameters are true, in order, and its guard is true. It then
//! runs its body, draws on its budget, follows its arrow, and at last every `while` variable whose
//! instance has left the states in which it means something goes back to its initial value. A tick
//! is enabled where no urgent action is. Whatever breaks a rule on the way is a *breach*: the step
//! is enabled all the same, and leads nowhere.

mod evaluate;
mod execute;
mod location;
mod start;
#[cfg(test)]
mod tests;
mod why;

pub use self::why::{Obstacle, Part};

use self::evaluate::{Names, Scope};
use self::execute::Execution;
use self::location::View;
use super::{
    ActionInstance, ActionKind, Cell, CellId, DocPiece, FigureId, MachineId, Model, Value, Values,
    Variable,
};
use crate::base::Id;
use crate::system::{ActionId, Breach};

/// The tick, which comes before all other steps.
const TICK: ActionId = ActionId(0);

/// The reference meaning of one model.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter<'m> {
    model: &'m Model,
}

/// One step out of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The action instance; number 0 is the tick.
    pub action: ActionId,
    /// How much it counts: ticks first, then each meter of the model. A step that breaches does not
    /// come about, so it counts nothing.
    pub counts: Vec<u64>,
    /// The state after it, or the rule that the model broke on the way there.
    pub next: Result<Values, Breach>,
}

impl<'m> Interpreter<'m> {
    /// The reference meaning of `model`.
    pub fn new(model: &'m Model) -> Interpreter<'m> {
        Interpreter { model }
    }

    /// The model whose meaning it is.
    pub fn model(&self) -> &'m Model {
        self.model
    }
}

/// How it goes on.
impl Interpreter<'_> {
    /// Every step out of a state, in the order of action instances; the tick is the first, and among
    /// them exactly when no urgent action is enabled.
    pub fn moves(&self, values: &Values) -> Vec<Move> {
        let actions = (0..self.model.instances.len()).map(ActionId::from_index);
        actions.filter_map(|action| self.step(action, values)).collect()
    }

    /// The step of one action instance out of a state, if it is enabled there.
    pub fn step(&self, action: ActionId, values: &Values) -> Option<Move> {
        let Some(instance) = self.model.instances.get(action) else {
            let waits = self.is_any_enabled(&[ActionKind::Urgent], values);
            return (!waits).then(|| self.tick(values));
        };
        match self.is_enabled(instance, values) {
            Ok(false) => None,
            Ok(true) => Some(self.act(action, instance, values)),
            Err(breach) => Some(self.settle(action, Err(breach))),
        }
    }

    /// Whether an action instance is enabled. A breach means that it is, and leads nowhere.
    fn is_enabled(&self, instance: &ActionInstance, values: &Values) -> Result<bool, Breach> {
        let action = &self.model.actions[instance.action];
        if let (Some(machine), Some(from)) = (action.machine, &action.from)
            && !self.is_in(values, machine, instance.index, from)
        {
            return Ok(false);
        }
        let budget = self.model.cells.budget(instance.action, instance.index);
        if budget.is_some_and(|cell| values[cell.index()] == Value::Number(0)) {
            return Ok(false);
        }
        let names = self.names_of(instance);
        let scope = Scope { state: Some(values), names: &names };
        let filters = action.parameters.iter().filter_map(|parameter| parameter.filter.as_ref());
        for condition in filters.chain(&action.guard) {
            if !self.is_true(condition, scope)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_any_enabled(&self, kinds: &[ActionKind], values: &Values) -> bool {
        self.model.instances.iter().any(|(_, instance)| {
            kinds.contains(&self.model.actions[instance.action].kind)
                && self.is_enabled(instance, values) != Ok(false)
        })
    }

    /// The step of an action instance that is enabled. While its body runs, its owner is in the control
    /// state it started from; the arrow comes after the body.
    fn act(&self, id: ActionId, instance: &ActionInstance, values: &Values) -> Move {
        let action = &self.model.actions[instance.action];
        let mut execution = Execution::new(self);
        let mut view = View::of(self.model, values.clone());
        let done = execution.run(&action.body, &mut self.names_of(instance), &mut view);
        let after = |()| (execution.counts, self.after_body(instance, view.into_values()));
        self.settle(id, done.map(after))
    }

    /// The budget is drawn on, and the arrow followed.
    fn after_body(&self, instance: &ActionInstance, mut after: Values) -> Values {
        let action = &self.model.actions[instance.action];
        if let Some(cell) = self.model.cells.budget(instance.action, instance.index)
            && let Value::Number(left) = &mut after[cell.index()]
        {
            *left -= 1;
        }
        if let (Some(machine), Some(to)) = (action.machine, action.to)
            && let Some(cell) = self.model.cells.control(machine, instance.index)
        {
            after[cell.index()] = Value::Control(machine, to);
        }
        after
    }

    /// One unit of time: timers run down; then the `on tick` blocks outside machines run one after the
    /// other; then, as the turns of one unordered loop, each instance runs the blocks of its machine.
    fn tick(&self, values: &Values) -> Move {
        let mut execution = Execution::new(self);
        execution.counts[0] = 1;
        let mut view = View::of(self.model, self.timers_run_down(values));
        let done = self.run_tick_blocks(&mut execution, &mut view);
        self.settle(TICK, done.map(|()| (execution.counts, view.into_values())))
    }

    fn run_tick_blocks(&self, execution: &mut Execution, view: &mut View) -> Result<(), Breach> {
        self.run_tick_blocks_of(None, execution, view)?;
        let mut turns = Vec::new();
        for (machine, declared) in self.model.machines.iter_with_ids() {
            for index in 0..declared.count {
                let mut turn = view.turn();
                self.run_tick_blocks_of(Some((machine, index)), execution, &mut turn)?;
                turns.push(turn);
            }
        }
        view.merge(&turns)
    }

    fn run_tick_blocks_of(
        &self,
        instance: Option<(MachineId, u32)>,
        execution: &mut Execution,
        view: &mut View,
    ) -> Result<(), Breach> {
        let machine = instance.map(|(machine, _)| machine);
        for block in self.model.on_tick.iter().filter(|block| block.machine == machine) {
            execution.run(&block.body, &mut Names::of(instance), view)?;
        }
        Ok(())
    }

    /// The state with every timer that has a meaning one lower, or still at 0.
    fn timers_run_down(&self, values: &Values) -> Values {
        let run_down = |(cell, what): (CellId, Cell)| {
            let value = &values[cell.index()];
            match what {
                Cell::Variable(variable, owner) => {
                    let declared = &self.model.variables[variable];
                    let runs = self.has_meaning(declared, owner, values);
                    if runs { location::run_down(value, &declared.ty) } else { value.clone() }
                }
                _ => value.clone(),
            }
        };
        self.model.cells.iter().map(run_down).collect()
    }

    /// A step from what it counts and leads to: at its end, every variable that has no meaning any more
    /// goes back to its initial value.
    fn settle(&self, action: ActionId, done: Result<(Vec<u64>, Values), Breach>) -> Move {
        let settled = done.and_then(|(counts, mut after)| {
            for (cell, what) in self.model.cells.iter() {
                if let Cell::Variable(variable, owner) = what
                    && !self.has_meaning(&self.model.variables[variable], owner, &after)
                    && let Some(initial) = self.initial(cell)?
                {
                    after[cell.index()] = initial;
                }
            }
            Ok((counts, after))
        });
        match settled {
            Ok((counts, after)) => Move { action, counts, next: Ok(after) },
            Err(breach) => {
                Move { action, counts: vec![0; 1 + self.model.meters.len()], next: Err(breach) }
            }
        }
    }

    /// Whether a variable means something: it has no `while`, or its instance is in such a state.
    fn has_meaning(&self, variable: &Variable, owner: Option<u32>, values: &Values) -> bool {
        match (variable.machine, owner, &variable.alive) {
            (Some(machine), Some(index), Some(alive)) => self.is_in(values, machine, index, alive),
            _ => true,
        }
    }

    /// Whether an instance is in one of these control states.
    fn is_in(&self, values: &Values, machine: MachineId, index: u32, states: &[u32]) -> bool {
        let control = self.model.cells.control(machine, index);
        let is_one = |state: &u32| {
            control.is_some_and(|cell| values[cell.index()] == Value::Control(machine, *state))
        };
        states.iter().any(is_one)
    }

    /// What an action instance can name: its owner, and its arguments.
    fn names_of(&self, instance: &ActionInstance) -> Names {
        let action = &self.model.actions[instance.action];
        let mut names = Names::of(action.machine.map(|machine| (machine, instance.index)));
        for (parameter, argument) in action.parameters.iter().zip(&instance.arguments) {
            names.bind(parameter.local, argument.clone());
        }
        names
    }
}

/// What can be asked of one state.
impl Interpreter<'_> {
    /// The value of a figure in a state.
    pub fn figure(&self, figure: FigureId, values: &Values) -> Result<Value, Breach> {
        let scope = Scope { state: Some(values), names: &Names::of(None) };
        self.evaluate(&self.model.figures[figure].expression, scope)
    }

    /// Nothing is owed, and a tick would change nothing. An owed action that breaches is owed; a tick
    /// that breaches is not at rest.
    fn is_resting(&self, values: &Values) -> bool {
        !self.is_any_enabled(&[ActionKind::Urgent, ActionKind::Eventually], values)
            && self.tick(values).next.as_ref() == Ok(values)
    }

    /// The sentence that documents an action, filled in for one of its instances as it was in the state
    /// before the step; none for the tick and for an action without a sentence. A variable that has no
    /// meaning there is shown as `none`.
    pub fn fill_doc(
        &self,
        action: ActionId,
        before: &Values,
        show: &dyn Fn(&Value) -> String,
    ) -> Option<String> {
        let instance = self.model.instances.get(action)?;
        let doc = &self.model.actions[instance.action].doc;
        let names = self.names_of(instance);
        let fill = |piece: &DocPiece| match piece {
            DocPiece::Text(text) => text.clone(),
            DocPiece::Shown(expression) => {
                let value = self.evaluate(expression, Scope { state: Some(before), names: &names });
                show(&value.unwrap_or(Value::None))
            }
        };
        (!doc.is_empty()).then(|| doc.iter().map(fill).collect())
    }
}

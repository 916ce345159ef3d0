//! Actions, the tick, figures and resets: what a program has routines for.

use std::collections::BTreeMap;

use super::column::Column;
use super::independent::{Own, Turn, are_independent};
use super::{KnownControl, Lowering, Operand, Scope};
use crate::compile::layout::{Domain, Shape, code_of};
use crate::compile::program::{
    ActionGroup, Figure, Haste, InstanceCode, Instruction, Position, Reset, StateSet,
};
use crate::model::{
    Action, ActionDefinitionId, ActionInstance, ActionKind, Binary, Cell, Edge, Expression,
    ExpressionKind, LocalId, OnTick, Statement, StatementKind, Type,
};
use crate::system::ActionId;

impl<'m> Lowering<'m> {
    /// Lowers all actions, group by group.
    pub fn actions(&mut self) {
        let model = self.model;
        let instances: Vec<(ActionId, &ActionInstance)> = model.instances.iter().collect();
        let same = |a: &(ActionId, &ActionInstance), b: &(ActionId, &ActionInstance)| {
            (a.1.action, a.1.index) == (b.1.action, b.1.index)
        };
        for group in instances.chunk_by(same) {
            if let Some(lowered) = self.group(group) {
                self.program.groups.push(lowered);
            }
        }
    }

    /// One action of one machine instance; none if it can never be enabled.
    fn group(&mut self, instances: &[(ActionId, &ActionInstance)]) -> Option<ActionGroup> {
        let ActionInstance { action: id, index, .. } = *instances[0].1;
        let action = &self.model.actions[id];
        let known = self.known_control(action, index);
        let (shared, rest) = split_guard(action);
        let shared_guard = match self.guard(&shared, &self.scope(action, index, known.clone())) {
            Guard::Never(_) => return None,
            Guard::Always => None,
            Guard::Asks(position) => Some(position),
        };
        let mut columns = BTreeMap::new();
        let codes: Vec<InstanceCode> = instances
            .iter()
            .filter_map(|&(id, instance)| {
                self.instance(id, instance, (&shared, &rest), &known, &mut columns)
            })
            .collect();
        let from = action.from.as_ref().zip(self.control_slot(action, index));
        (!codes.is_empty()).then(|| ActionGroup {
            haste: match action.kind {
                ActionKind::Urgent => Haste::Urgent,
                ActionKind::Eventually => Haste::Eventually,
                ActionKind::May | ActionKind::Fault | ActionKind::Operator => Haste::Never,
            },
            from: from.map(|(states, slot)| (slot, StateSet::of(states))),
            budget: self.budget_slot(id, index),
            shared_guard,
            instances: codes,
        })
    }

    fn instance(
        &mut self,
        id: ActionId,
        instance: &ActionInstance,
        (shared, rest): (&[&Expression], &[&Expression]),
        known: &Option<KnownControl>,
        columns: &mut BTreeMap<Vec<i64>, Option<Column>>,
    ) -> Option<InstanceCode> {
        let action = &self.model.actions[instance.action];
        let mut scope = self.scope(action, instance.index, known.clone());
        for (parameter, value) in action.parameters.iter().zip(&instance.arguments) {
            let code = Operand::Constant(code_of(value));
            scope.bind(parameter.local, super::Binding::Scalar(code));
        }
        let filters = action.parameters.iter().filter_map(|parameter| parameter.filter.as_ref());
        let conditions: Vec<&Expression> = filters.chain(rest.iter().copied()).collect();
        let column = self.guard_column(action, instance, &conditions, &scope, columns);
        // What has a lane is judged for itself only where that gives up.
        let guard = match column.is_some() {
            true => self.after_giving_up(|lowering| lowering.guard(&conditions, &scope)),
            false => self.guard(&conditions, &scope),
        };
        let guard = match guard {
            // Where the shared part breaches, every instance is enabled, and breaches.
            Guard::Never(position) if shared.iter().any(|one| self.estimates.may_breach(one)) => {
                Some(position)
            }
            Guard::Never(_) => return None,
            Guard::Always => None,
            Guard::Asks(position) => Some(position),
        };
        let body = self.body(instance, action, scope);
        let lane = guard.and(column).map(|(column, lane)| column.at(lane));
        Some(InstanceCode { id, guard, lane, body })
    }

    /// Whether an instance's conditions hold, for all values of its last parameter; and which one it has.
    fn guard_column(
        &mut self,
        action: &Action,
        instance: &ActionInstance,
        conditions: &[&Expression],
        scope: &Scope,
        columns: &mut BTreeMap<Vec<i64>, Option<Column>>,
    ) -> Option<(Column, u64)> {
        let (last, others) = instance.arguments.split_last()?;
        let local = action.parameters.last()?.local;
        let domain = Domain::of(&action.locals[local.0 as usize].ty, self.model);
        let lane = domain.rank(code_of(last))?;
        let column = match columns.get(&others.iter().map(code_of).collect::<Vec<i64>>()) {
            Some(known) => known.clone(),
            None => {
                let mut scope = scope.clone();
                scope.bind(local, super::Binding::Unbound);
                let column = self.column_of_conditions((local, &domain), conditions, &scope);
                columns.insert(others.iter().map(code_of).collect(), column.clone());
                column
            }
        };
        if let Some(column) = &column {
            self.program.derived[column.at(lane).column].is_spare = false;
        }
        column.zip(Some(lane))
    }

    /// Conditions that must all be true, judged in order.
    fn guard(&mut self, conditions: &[&Expression], scope: &Scope) -> Guard {
        let mut scope = scope.clone();
        let (position, verdict) = self.routine(|lowering| {
            let reject = lowering.routine.label();
            for condition in conditions {
                lowering.releasing(|lowering| {
                    lowering.branch(condition, false, reject, &mut scope);
                });
            }
            let is_always = lowering.routine.is_empty();
            // All that was emitted may be the jump to where it is rejected.
            let is_never = !lowering.routine.is_reachable() && lowering.routine.is_only_jump();
            lowering.emit(Instruction::Finish(true));
            lowering.routine.place(reject);
            lowering.emit(Instruction::Finish(false));
            (is_always, is_never)
        });
        match verdict {
            (true, _) => Guard::Always,
            (_, true) => Guard::Never(position),
            _ => Guard::Asks(position),
        }
    }

    /// What an action instance does: its statements, then its budget, then the control state it leads to.
    fn body(&mut self, instance: &ActionInstance, action: &Action, mut scope: Scope) -> Position {
        if sets_control(&action.body) {
            scope.known_control = None;
        }
        let budget = self.budget_slot(instance.action, instance.index);
        let target = action.to.zip(self.control_slot(action, instance.index));
        let (position, ()) = self.routine(|lowering| {
            lowering.statements(&action.body, &mut scope);
            if let Some(slot) = budget {
                lowering.emit(Instruction::RunDown { slot });
            }
            if let Some((state, slot)) = target {
                let value = lowering.register(Operand::Constant(i64::from(state)));
                lowering.emit(Instruction::Store { slot, value });
            }
            lowering.emit(Instruction::Finish(true));
        });
        position
    }

    fn scope(&self, action: &Action, index: u32, known_control: Option<KnownControl>) -> Scope {
        Scope {
            self_instance: action.machine.map(|_| Operand::Constant(i64::from(index))),
            locals: vec![super::Binding::Unbound; action.locals.len()],
            known_control,
        }
    }

    /// While an action is judged and done, its owner is in one of the states it starts from.
    fn known_control(&self, action: &Action, index: u32) -> Option<KnownControl> {
        let (machine, states) = action.machine.zip(action.from.clone())?;
        Some(KnownControl { machine, index, states })
    }

    fn control_slot(&self, action: &Action, index: u32) -> Option<u32> {
        let cell = self.model.cells.control(action.machine?, index)?;
        Some(self.layout.place(cell).0)
    }

    fn budget_slot(&self, action: ActionDefinitionId, index: u32) -> Option<u32> {
        self.model.actions[action].budget?;
        let cell = self.model.cells.budget(action, index)?;
        Some(self.layout.place(cell).0)
    }

    /// Lowers the tick: timers, then blocks outside machines, then one unordered loop over all instances.
    pub fn tick(&mut self) {
        let (position, ()) = self.routine(|lowering| {
            lowering.run_timers_down();
            for block in lowering.blocks(None) {
                lowering.block(block, None);
            }
            if lowering.are_instances_independent() {
                lowering.turns_of_instances();
            } else {
                lowering.in_turn = true;
                lowering.emit(Instruction::BeginLoop);
                lowering.turns_of_instances();
                lowering.emit(Instruction::EndLoop);
                lowering.in_turn = false;
            }
            lowering.emit(Instruction::Finish(true));
        });
        self.program.tick = position;
    }

    fn are_instances_independent(&self) -> bool {
        let of_machines = self.model.on_tick.iter().filter(|block| block.machine.is_some());
        let turn = |block: &'m OnTick| Turn { own: Own::Receiver, filter: None, body: &block.body };
        are_independent(&of_machines.map(turn).collect::<Vec<_>>(), self.model)
    }

    fn turns_of_instances(&mut self) {
        for (machine, declared) in self.model.machines.iter_with_ids() {
            let blocks = self.blocks(Some(machine));
            if blocks.is_empty() {
                continue;
            }
            for index in 0..declared.count {
                if self.in_turn {
                    self.emit(Instruction::BeginTurn);
                }
                for block in &blocks {
                    self.block(block, Some(Operand::Constant(i64::from(index))));
                }
                if self.in_turn {
                    self.emit(Instruction::EndTurn);
                }
            }
        }
    }

    fn block(&mut self, block: &OnTick, self_instance: Option<Operand>) {
        let locals = vec![super::Binding::Unbound; block.locals.len()];
        let mut scope = Scope { self_instance, locals, known_control: None };
        self.statements(&block.body, &mut scope);
    }

    fn run_timers_down(&mut self) {
        for (id, cell) in self.model.cells.iter() {
            let Cell::Variable(variable, owner) = cell else { continue };
            let (base, shape) = self.layout.place(id);
            let timers = timers(base, shape);
            if timers.is_empty() {
                continue;
            }
            let declared = &self.model.variables[variable];
            let stopped = self.routine.label();
            if let (Some(alive), Some(machine), Some(index)) =
                (&declared.alive, declared.machine, owner)
            {
                let control = self.control(machine, Operand::Constant(i64::from(index)));
                self.branch_on_control(control, alive, false, stopped);
            }
            for slot in timers {
                self.emit(Instruction::RunDown { slot });
            }
            self.routine.place(stopped);
        }
    }

    /// Lowers all figures.
    pub fn figures(&mut self) {
        for figure in self.model.figures.iter() {
            self.resting = None;
            let mut scope = Scope {
                locals: vec![super::Binding::Unbound; figure.locals.len()],
                ..Scope::default()
            };
            let (routine, value) = self.routine(|lowering| {
                let value = lowering.value(&figure.expression, &mut scope);
                let value = lowering.register(value);
                lowering.emit(Instruction::Finish(true));
                value
            });
            let resting = self.resting.take();
            let may_be_none = matches!(figure.expression.ty, Type::Optional(_));
            self.program.figures.push(Figure { routine, value, resting, may_be_none });
        }
    }

    /// Says what is to be reset where, given the slots of any initial state.
    pub fn resets(&mut self, initial: &[i64]) {
        let slots = self.layout.slot_count() as usize;
        self.program.reset_of_slot = vec![None; slots];
        for (machine, declared) in self.model.machines.iter_with_ids() {
            for index in 0..declared.count {
                let Some(cell) = self.model.cells.control(machine, index) else { continue };
                let control = self.layout.place(cell).0;
                let resets = self.resets_of(machine, index, control, initial);
                self.add_resets(control, resets);
            }
        }
    }

    fn add_resets(&mut self, control: u32, resets: Vec<Reset>) {
        if resets.is_empty() {
            return;
        }
        let group = Some(self.program.resets.len() as u32);
        self.program.reset_of_slot[control as usize] = group;
        for reset in &resets {
            let slots = reset.base as usize..reset.base as usize + reset.initial.len();
            self.program.reset_of_slot[slots].fill(group);
        }
        self.program.resets.push(resets);
    }

    fn resets_of(
        &self,
        machine: crate::model::MachineId,
        index: u32,
        control: u32,
        initial: &[i64],
    ) -> Vec<Reset> {
        let variables = self.model.variables.iter_with_ids();
        let own = variables.filter(|(_, variable)| variable.machine == Some(machine));
        own.filter_map(|(id, variable)| {
            let alive = StateSet::of(variable.alive.as_deref()?);
            let (base, shape) = self.layout.place(self.model.cells.variable(id, index));
            let slots = base as usize..(base + shape.slot_count()) as usize;
            Some(Reset { control, alive, base, initial: initial[slots].to_vec() })
        })
        .collect()
    }
}

impl<'m> Lowering<'m> {
    fn blocks(&self, machine: Option<crate::model::MachineId>) -> Vec<&'m OnTick> {
        self.model.on_tick.iter().filter(|block| block.machine == machine).collect()
    }
}

/// What is known of a guard once it is lowered.
enum Guard {
    Always,
    /// What is there says so.
    Never(Position),
    Asks(Position),
}

/// The conjuncts of a guard that can be judged once for all parameters, and the rest. Filters come
/// before the guard, so only an action without them has any of the first kind.
fn split_guard(action: &Action) -> (Vec<&Expression>, Vec<&Expression>) {
    let conjuncts = action.guard.as_ref().map_or(Vec::new(), conjuncts);
    let has_filters = action.parameters.iter().any(|parameter| parameter.filter.is_some());
    let locals: Vec<LocalId> = action.parameters.iter().map(|parameter| parameter.local).collect();
    let reads_parameter = |one: &&Expression| has_filters || mentions(one, &locals);
    let shared = conjuncts.iter().position(reads_parameter).unwrap_or(conjuncts.len());
    let rest = conjuncts[shared..].to_vec();
    (conjuncts[..shared].to_vec(), rest)
}

/// What top-level `and`s connect, in order.
pub(in crate::compile) fn conjuncts(expression: &Expression) -> Vec<&Expression> {
    match &expression.kind {
        ExpressionKind::Binary(Binary::And, left, right) => {
            [conjuncts(left), conjuncts(right)].concat()
        }
        _ => vec![expression],
    }
}

fn mentions(expression: &Expression, locals: &[LocalId]) -> bool {
    match &expression.kind {
        ExpressionKind::Local(local) => locals.contains(local),
        _ => expression.children().into_iter().any(|part| mentions(part, locals)),
    }
}

/// Whether statements set a control state other than by their action's arrow.
pub(in crate::compile) fn sets_control(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StatementKind::SetControl { .. } => true,
        StatementKind::If { branches, otherwise } => {
            branches.iter().any(|(_, body)| sets_control(body)) || sets_control(otherwise)
        }
        StatementKind::For { body, .. } => sets_control(body),
        _ => false,
    })
}

/// The slots of the timers in a shape that begins at `base`.
fn timers(base: u32, shape: &Shape) -> Vec<u32> {
    let is_timer = |domain: &Domain| domain.edge == Edge::Timer;
    let scalars = shape.parts(base).into_iter().filter_map(|(slot, part)| match part {
        Shape::Scalar(domain) if is_timer(domain) => Some(slot),
        _ => None,
    });
    scalars.collect()
}

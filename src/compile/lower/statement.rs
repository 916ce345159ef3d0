//! Statements. Inside a turn of an unordered loop every write says first what it is about to touch.

use super::cost::{interval, is_inside};
use super::independent::{Own, Turn, are_independent};
use super::place::Access;
use super::set::SetValue;
use super::{Address, Binding, Lowering, Operand, Scope};
use crate::base::Span;
use crate::compile::layout::{Domain, Shape};
use crate::compile::program::{Instruction, Register};
use crate::model::{
    Binary, Expression, Interval, LocalId, ModelMeterId, Place, Statement, StatementKind, Type,
};
use crate::system::Rule;

/// A value on its way into a place.
enum Source {
    /// A scalar, with the numbers that it can be.
    Scalar(Operand, Option<Interval>),
    Set(SetValue),
    Composite(Address, Shape),
}

/// What happens to an element of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
}

impl Lowering<'_> {
    /// Lowers statements in order; their `let`s end with them.
    pub(super) fn statements(&mut self, statements: &[Statement], scope: &mut Scope) {
        self.releasing(|lowering| {
            statements.iter().for_each(|statement| lowering.statement(statement, scope));
        });
    }

    fn statement(&mut self, statement: &Statement, scope: &mut Scope) {
        if !self.routine.is_reachable() {
            return;
        }
        if let StatementKind::Let(local, value) = &statement.kind {
            // Its register lives on, so nothing is released here.
            return self.bind_let(*local, value, scope);
        }
        self.releasing(|lowering| lowering.effect(statement, scope));
    }

    fn effect(&mut self, statement: &Statement, scope: &mut Scope) {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Assign(place, value) => self.assign(place, value, scope, span),
            StatementKind::Add(place, value) => {
                self.accumulate(place, (Binary::Add, value), scope, span);
            }
            StatementKind::Subtract(place, value) => {
                self.accumulate(place, (Binary::Subtract, value), scope, span);
            }
            StatementKind::SetControl { instance, control } => {
                self.set_control(instance, *control, scope, span);
            }
            StatementKind::Count(meter, amount) => {
                self.count_on(*meter, amount.as_ref(), scope, span);
            }
            StatementKind::Let(local, value) => self.bind_let(*local, value, scope),
            StatementKind::If { branches, otherwise } => {
                self.if_chain(branches, otherwise, scope);
            }
            StatementKind::For { local, domain, filter, body } => {
                let turns = ForTurns { local: *local, domain, filter: filter.as_ref(), body };
                self.for_each(&turns, scope);
            }
            StatementKind::Push(place, value) => {
                let (value, queue) = self.element_for(place, value, scope, span);
                let (queue, capacity, _) = self.queue(place, queue, span);
                let site = self.site(Rule::QueueFull, span);
                self.emit(Instruction::Push { queue, capacity, value, site });
            }
            StatementKind::PopFirst(place) => {
                let address = self.place(place, scope, Access::ReadAndWrite);
                let (queue, _, blank) = self.queue(place, address, span);
                let site = self.site(Rule::QueueEmpty, span);
                self.emit(Instruction::PopFirst { queue, blank, site });
            }
            StatementKind::PopLast(place) => {
                let address = self.place(place, scope, Access::ReadAndWrite);
                let (queue, _, blank) = self.queue(place, address, span);
                let site = self.site(Rule::QueueEmpty, span);
                self.emit(Instruction::PopLast { queue, blank, site });
            }
            StatementKind::RemoveFromQueue(place, value) => {
                let value = self.value(value, scope);
                let address = self.place(place, scope, Access::ReadAndWrite);
                let (queue, _, blank) = self.queue(place, address, span);
                let value = self.register(value);
                self.emit(Instruction::Remove { queue, value, blank });
            }
            StatementKind::AddToSet(place, value) => {
                self.change_member(place, value, Change::Add, scope, span);
            }
            StatementKind::RemoveFromSet(place, value) => {
                self.change_member(place, value, Change::Remove, scope, span);
            }
        }
    }

    fn assign(&mut self, place: &Place, value: &Expression, scope: &mut Scope, span: Span) {
        let shape = Shape::of(&place.ty, self.model);
        let source = self.source(value, &shape, scope);
        let address = self.place(place, scope, Access::Write);
        self.put(source, &address, &shape, span);
    }

    /// Gives a variable its initial value; an array may start with one value for all its elements.
    pub(super) fn initialize(
        &mut self,
        value: &Expression,
        ty: &Type,
        address: &Address,
        scope: &mut Scope,
    ) {
        let shape = Shape::of(ty, self.model);
        if matches!(value.ty, Type::Array { .. }) {
            let source = self.source(value, &shape, scope);
            return self.put(source, address, &shape, value.span);
        }
        for (offset, part) in shape.parts(0) {
            let source = self.source(value, part, scope);
            let address = address.clone().moved(Operand::Constant(i64::from(offset)), 1);
            self.put(source, &address, part, value.span);
        }
    }

    /// Evaluates what is to be assigned to a place of some shape.
    fn source(&mut self, value: &Expression, shape: &Shape, scope: &mut Scope) -> Source {
        match (shape, &value.ty) {
            (Shape::Set(domain), _) => Source::Set(self.set(value, domain, scope)),
            (_, Type::Array { .. } | Type::Queue { .. }) => {
                Source::Composite(self.locate(value, scope), Shape::of(&value.ty, self.model))
            }
            _ => Source::Scalar(self.value(value, scope), known_interval(value)),
        }
    }

    /// Writes a value to a place, confined to what it may hold.
    fn put(&mut self, source: Source, address: &Address, shape: &Shape, span: Span) {
        match (source, shape) {
            (Source::Scalar(value, known), Shape::Scalar(domain)) => {
                let value = self.confine(value, (known, domain), span);
                self.touch_whole(address, 1, span);
                self.store(address, value);
            }
            (Source::Set(set), Shape::Set(_)) => self.put_set(set, address, span),
            (Source::Composite(from, from_shape), _) => {
                let pairs = from_shape.parts(0).into_iter().zip(shape.parts(0));
                for ((from_offset, from_part), (offset, part)) in pairs {
                    let from = from.clone().moved(Operand::Constant(i64::from(from_offset)), 1);
                    let to = address.clone().moved(Operand::Constant(i64::from(offset)), 1);
                    self.releasing(|lowering| {
                        lowering.put_part((from, from_part), (&to, part), span);
                    });
                }
            }
            _ => unreachable!("analysis assigns only what fits the place"),
        }
    }

    fn put_part(
        &mut self,
        (from, from_shape): (Address, &Shape),
        (to, shape): (&Address, &Shape),
        span: Span,
    ) {
        match (from_shape, shape) {
            (Shape::Queue { capacity, .. }, Shape::Queue { .. }) => {
                self.put_queue((from, *capacity), (to, shape), span);
            }
            (Shape::Set(own), Shape::Set(domain)) => {
                let mask = self.load(&from);
                let set = self.converted(mask, own, domain);
                self.put_set(set, to, span);
            }
            (Shape::Scalar(own), _) => {
                let value = self.load(&from);
                self.put(Source::Scalar(value, own.interval()), to, shape, span);
            }
            _ => unreachable!("analysis assigns only what fits the place"),
        }
    }

    fn put_set(&mut self, set: SetValue, address: &Address, span: Span) {
        self.require_range(set.stray, 0, 0, (Rule::Range, span));
        self.touch_whole(address, 1, span);
        self.store(address, set.mask);
    }

    /// Copies a queue element by element; behind its last element all places are blank.
    fn put_queue(
        &mut self,
        (from, from_capacity): (Address, u32),
        (to, shape): (&Address, &Shape),
        span: Span,
    ) {
        let Shape::Queue { element, capacity } = shape else {
            unreachable!("a queue is assigned to a queue")
        };
        self.touch_whole(to, 1 + capacity, span);
        let length = self.load(&from);
        for at in 0..from_capacity.max(*capacity) {
            let next = Operand::Constant(i64::from(at) + 1);
            let (value, blank) = (self.temporary(), self.routine.label());
            self.copy(value, Operand::Constant(element.code(0)));
            if at < from_capacity {
                let position = self.register(Operand::Constant(i64::from(at)));
                let (length, end) = (self.register(length), super::routine::target(blank));
                self.emit(Instruction::JumpAtMost(length, position, end));
                let read = self.load(&from.clone().moved(next, 1));
                // A literal has the type that is wanted of it, whatever its elements are.
                let read = self.confine(read, (None, element), span);
                self.copy(value, read);
            }
            self.routine.place(blank);
            if at < *capacity {
                self.store(&to.clone().moved(next, 1), Operand::Register(value));
            }
        }
        if from_capacity > *capacity {
            self.require_range(length, 0, i64::from(*capacity), (Rule::QueueFull, span));
        }
        self.store(to, length);
    }

    /// `x += e` or `x -= e`
    fn accumulate(
        &mut self,
        place: &Place,
        (operator, value): (Binary, &Expression),
        scope: &mut Scope,
        span: Span,
    ) {
        let amount = self.value(value, scope);
        let address = self.place(place, scope, Access::ReadAndWrite);
        let domain = Domain::of(&place.ty, self.model);
        let held = domain.interval().expect("only numbers are accumulated");
        if self.in_turn {
            return self.accumulate_in_turn(&address, (operator, amount), held, span);
        }
        let before = self.load(&address);
        let held_type = Expression { ty: Type::Number(held), ..value.clone() };
        let held_type = Expression {
            // Only its interval is looked at.
            kind: crate::model::ExpressionKind::SelfInstance,
            ..held_type
        };
        let after = self.arithmetic(operator, (&held_type, before), (value, amount), span);
        let confined = self.confine(after, (None, &domain), span);
        self.store(&address, confined);
    }

    fn accumulate_in_turn(
        &mut self,
        address: &Address,
        (operator, amount): (Binary, Operand),
        held: Interval,
        span: Span,
    ) {
        let address = self.address_register(address);
        let amount = self.register(amount);
        let interval = self.interval(held);
        let site = self.site(Rule::Range, span);
        self.emit(if operator == Binary::Add {
            Instruction::Accumulate { address, amount, interval, site }
        } else {
            Instruction::Deplete { address, amount, interval, site }
        });
    }

    fn set_control(&mut self, instance: &Expression, control: u32, scope: &mut Scope, span: Span) {
        let (Type::Instance(machine), owner) = (&instance.ty, self.value(instance, scope)) else {
            unreachable!("analysis wants an instance here")
        };
        let base = self.layout.control(*machine, self.model);
        let base = base.expect("only a machine with control states has them set");
        let address = Address::fixed(base).moved(owner, self.layout.stride(*machine));
        self.touch_whole(&address, 1, span);
        self.store(&address, Operand::Constant(i64::from(control)));
    }

    fn count_on(
        &mut self,
        meter: ModelMeterId,
        amount: Option<&Expression>,
        scope: &mut Scope,
        span: Span,
    ) {
        let amount = amount.map_or(Operand::Constant(1), |amount| self.value(amount, scope));
        let amount = self.register(amount);
        let sites = [self.site(Rule::NegativeCount, span), self.site(Rule::Overflow, span)];
        // The meter 0 of a system is the tick's.
        self.emit(Instruction::Count { meter: meter.0 + 1, amount, sites });
    }

    /// `let x = e`: a copy, for what it was read from may change.
    fn bind_let(&mut self, local: LocalId, value: &Expression, scope: &mut Scope) {
        let shape = Shape::of(&value.ty, self.model);
        let binding = match shape {
            Shape::Scalar(_) | Shape::Set(_) => {
                let operand = self.value(value, scope);
                match operand {
                    Operand::Constant(_) => Binding::Scalar(operand),
                    Operand::Register(_) => {
                        let to = self.temporary();
                        self.copy(to, operand);
                        Binding::Scalar(Operand::Register(to))
                    }
                }
            }
            Shape::Queue { .. } | Shape::Array { .. } => {
                let block = self.fresh_block(shape.slot_count());
                self.copy_block(value, &shape, block, scope);
                Binding::Composite(Address::fixed(block))
            }
        };
        scope.bind(local, binding);
    }

    fn if_chain(
        &mut self,
        branches: &[(Expression, Vec<Statement>)],
        otherwise: &[Statement],
        scope: &mut Scope,
    ) {
        let end = self.routine.label();
        for (condition, body) in branches {
            let next = self.routine.label();
            self.releasing(|lowering| lowering.branch(condition, false, next, scope));
            self.statements(body, scope);
            self.routine.jump(end);
            self.routine.place(next);
        }
        self.statements(otherwise, scope);
        self.routine.place(end);
    }

    fn for_each(&mut self, turns: &ForTurns<'_>, scope: &mut Scope) {
        let filter_cost = turns.filter.map_or(0, |filter| self.estimates.cost(filter));
        let cost = self.estimates.statements_cost(turns.body).saturating_add(filter_cost);
        let turn = Turn { own: Own::Local(turns.local), filter: turns.filter, body: turns.body };
        let is_plain = !self.in_turn
            && matches!(turns.domain, Type::Instance(_))
            && are_independent(&[turn], self.model);
        let is_unordered = turns.domain.machine().is_some() && !is_plain;
        let was_in_turn = self.in_turn;
        self.in_turn |= is_unordered;
        if is_unordered {
            self.emit(Instruction::BeginLoop);
        }
        self.each((turns.local, turns.domain), cost, scope, |lowering, scope, _| {
            if is_unordered {
                lowering.emit(Instruction::BeginTurn);
            }
            let end = lowering.routine.label();
            if let Some(filter) = turns.filter {
                lowering.branch(filter, false, end, scope);
            }
            lowering.statements(turns.body, scope);
            lowering.routine.place(end);
            if is_unordered {
                lowering.emit(Instruction::EndTurn);
            }
        });
        if is_unordered {
            self.emit(Instruction::EndLoop);
        }
        self.in_turn = was_in_turn;
    }

    /// The element that a queue is to take, and where the queue is.
    fn element_for(
        &mut self,
        place: &Place,
        value: &Expression,
        scope: &mut Scope,
        span: Span,
    ) -> (Register, Address) {
        let operand = self.value(value, scope);
        let address = self.place(place, scope, Access::ReadAndWrite);
        let Shape::Queue { element, .. } = Shape::of(&place.ty, self.model) else {
            unreachable!("analysis pushes only to queues")
        };
        let operand = self.confine(operand, (known_interval(value), &element), span);
        (self.register(operand), address)
    }

    /// A queue about to be changed: its address, its capacity and what its unused places hold.
    fn queue(&mut self, place: &Place, address: Address, span: Span) -> (Register, u32, Register) {
        let Shape::Queue { element, capacity } = Shape::of(&place.ty, self.model) else {
            unreachable!("analysis wants a queue here")
        };
        self.touch_whole(&address, 1 + capacity, span);
        let blank = self.register(Operand::Constant(element.code(0)));
        (self.address_register(&address), capacity, blank)
    }

    /// `add(s, e)` or `remove(s, e)`
    fn change_member(
        &mut self,
        place: &Place,
        value: &Expression,
        change: Change,
        scope: &mut Scope,
        span: Span,
    ) {
        let code = self.value(value, scope);
        let address = self.place(place, scope, Access::ReadAndWrite);
        let Shape::Set(domain) = Shape::of(&place.ty, self.model) else {
            unreachable!("analysis wants a set here")
        };
        let inside = is_inside(value, &domain);
        let code = match change {
            Change::Add => self.confine(code, (known_interval(value), &domain), span),
            Change::Remove => code,
        };
        let end = self.routine.label();
        let Some(rank) = self.rank(code, &domain, inside) else {
            // What cannot be in the set is not in it.
            return;
        };
        if change == Change::Remove && !inside {
            let outside = Operand::Constant(-1);
            let is_outside = self.compare(Binary::Equal, rank, outside);
            self.branch_on_value(is_outside, true, end);
        }
        let element = self.register(rank);
        if self.in_turn {
            let (address, site) =
                (self.address_register(&address), self.site(Rule::Conflict, span));
            self.emit(Instruction::TouchElement { address, element, site });
        }
        let before = self.load(&address);
        let make = match change {
            Change::Add => Instruction::With,
            Change::Remove => Instruction::Without,
        };
        let after = self.combine(make, before, Operand::Register(element));
        self.store(&address, after);
        self.routine.place(end);
    }

    fn touch_whole(&mut self, address: &Address, width: u32, span: Span) {
        if self.in_turn {
            let (address, site) = (self.address_register(address), self.site(Rule::Conflict, span));
            self.emit(Instruction::TouchWhole { address, width, site });
        }
    }
}

/// A `for`.
struct ForTurns<'e> {
    local: LocalId,
    domain: &'e Type,
    filter: Option<&'e Expression>,
    body: &'e [Statement],
}

/// The numbers that an expression can have, if it is a number or an optional one.
fn known_interval(value: &Expression) -> Option<Interval> {
    interval(value).or(match &value.ty {
        Type::Optional(inner) => match **inner {
            Type::Number(interval) => Some(interval),
            _ => None,
        },
        _ => None,
    })
}

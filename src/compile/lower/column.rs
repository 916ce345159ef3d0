//! Conditions and numbers for all values of one name at once: *columns*.
//!
//! "Which nodes are eligible?" is one question, not one for each node. A column is a word with a *lane* of
//! some bits for each value that the name can have: 0 or 1 for a condition, a small number for a count.
//! What connects conditions works on all lanes together; `n == e` sets the lane of one value; counts
//! add lanes; and numbers are compared by borrowing from a bit that they leave free (Lamport,
//! "Multiple byte processing with full-word instructions", 1975).
//!
//! A column judges more than the meaning does, which skips what `and` and `or` make needless. Where what
//! it judges breaches, it gives up: it is negative then, and whoever asks judges value by value.

use super::cost::{DERIVED_COST, interval};
use super::routine::{Label, Routine, target};
use super::{Binding, Lowering, Operand, Scope};
use crate::base::Id;
use crate::compile::layout::{Domain, Shape, code_of};
use crate::compile::program::{DerivedId, Instruction, Lane};
use crate::model::{
    Binary, DefinitionId, Expression, ExpressionKind, LocalId, Quantifier, Type, VariableId,
};

/// Bits of all lanes together: few enough that no column looks like one that gave up.
const COLUMN_BITS: u64 = 62;

/// The most bits of a lane.
const LANE_BITS: u64 = 16;

/// How many instructions, about, may go through the values one by one in the midst of a column. By taste.
const GATHERED_COST: u64 = 60;

/// A column that is kept as a derived value.
#[derive(Clone, Debug)]
pub(super) struct Column {
    derived: DerivedId,
    lanes: Lanes,
    /// Whether it can give up.
    may_give_up: bool,
    reads: Vec<(u32, u32)>,
}

impl Column {
    /// One lane of it.
    pub(super) fn at(&self, lane: u64) -> Lane {
        Lane { column: self.derived, bit: lane as u32 * self.lanes.stride }
    }
}

/// What a column is of, as far as it is asked for in several places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// A definition for all values of its last parameter, or all receivers if it has none; the codes are
    /// those of the receiver and the parameters before.
    Definition(DefinitionId, Vec<i64>),
    /// A variable of all instances.
    Variable(VariableId),
}

/// The values of a domain as lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lanes {
    domain: Domain,
    /// Bits of a lane.
    stride: u32,
}

/// The name that is free, by all that it is called.
#[derive(Clone, Debug, Default)]
struct Free {
    locals: Vec<LocalId>,
    is_self: bool,
}

impl Lanes {
    /// Lanes for the values of a domain, if there is room for them.
    fn of(domain: &Domain) -> Option<Lanes> {
        let has_room = !domain.optional && (2..=COLUMN_BITS).contains(&domain.count);
        has_room.then(|| Lanes {
            domain: domain.clone(),
            stride: (COLUMN_BITS / domain.count).min(LANE_BITS) as u32,
        })
    }

    /// One in each lane.
    fn ones(&self) -> i64 {
        (0..self.domain.count).map(|lane| self.one(lane)).sum()
    }

    /// One in one lane.
    fn one(&self, lane: u64) -> i64 {
        1 << (lane * u64::from(self.stride))
    }

    /// The greatest number that leaves the upper bit of a lane free.
    fn most(&self) -> i64 {
        (1 << (self.stride - 1)) - 1
    }

    /// Whether all values of an expression are numbers that fit.
    fn hold(&self, expression: &Expression) -> bool {
        interval(expression).is_some_and(|it| it.low >= 0 && it.high <= self.most())
    }
}

impl Free {
    fn local(local: LocalId) -> Free {
        Free { locals: vec![local], is_self: false }
    }

    /// Whether an expression is the free name.
    fn is(&self, expression: &Expression) -> bool {
        match &expression.kind {
            ExpressionKind::Local(local) => self.locals.contains(local),
            ExpressionKind::SelfInstance => self.is_self,
            _ => false,
        }
    }

    /// Whether an expression mentions the free name.
    fn is_in(&self, expression: &Expression) -> bool {
        self.is(expression) || expression.children().into_iter().any(|part| self.is_in(part))
    }

    /// The constant that an expression is, or none if it is the free name; nothing if it is neither.
    fn key(&self, expression: &Expression, scope: &Scope) -> Option<Option<Operand>> {
        if self.is(expression) {
            return Some(None);
        }
        let known = match &expression.kind {
            ExpressionKind::Constant(value) => Some(Operand::Constant(code_of(value))),
            ExpressionKind::SelfInstance => scope.self_instance,
            ExpressionKind::Local(local) => match scope.locals.get(local.index()) {
                Some(Binding::Scalar(operand)) => Some(*operand),
                _ => None,
            },
            _ => None,
        };
        known.filter(|operand| matches!(operand, Operand::Constant(_))).map(Some)
    }

    /// The same scope, where the free name has a value.
    fn bound(&self, scope: &Scope, code: i64) -> Scope {
        let mut scope = scope.clone();
        for &local in &self.locals {
            scope.bind(local, Binding::Scalar(Operand::Constant(code)));
        }
        if self.is_self {
            scope.self_instance = Some(Operand::Constant(code));
        }
        scope
    }
}

/// Columns of definitions and variables, and of conditions that stand in one place.
impl Lowering<'_> {
    /// The column of a definition, and the lane that a call of it asks for, if it is worth having.
    pub(super) fn column_of_call(
        &mut self,
        definition: DefinitionId,
        key: &[Operand],
    ) -> Option<(Column, Operand)> {
        let (&last, others) = key.split_last()?;
        let constant = |operand: &Operand| match operand {
            Operand::Constant(code) => Some(*code),
            Operand::Register(_) => None,
        };
        let others = others.iter().map(constant).collect::<Option<Vec<i64>>>()?;
        let column = self.column_of(Subject::Definition(definition, others))?;
        let lane = self.rank(last, &column.lanes.domain, true)?;
        Some((column, lane))
    }

    /// The column of a condition that must hold for each value of a local, in this scope.
    pub(super) fn column_of_conditions(
        &mut self,
        (local, domain): (LocalId, &Domain),
        conditions: &[&Expression],
        scope: &Scope,
    ) -> Option<Column> {
        let lanes = Lanes::of(domain)?;
        let free = Free::local(local);
        if let [Expression { kind: ExpressionKind::Call { definition, owner, arguments }, .. }] =
            conditions
            && self.is_kept(*definition, arguments)
        {
            let parts: Vec<&Expression> = owner.iter().map(|it| &**it).chain(arguments).collect();
            let key = parts.iter().map(|part| free.key(part, scope)).collect::<Option<Vec<_>>>();
            let own = key.and_then(|key| self.own_column(*definition, &key));
            return own.filter(|own| own.lanes == lanes);
        }
        let is_known = |binding: &Binding| {
            matches!(binding, Binding::Unbound | Binding::Scalar(Operand::Constant(_)))
        };
        let self_is_known = !matches!(scope.self_instance, Some(Operand::Register(_)));
        let cost = conditions.iter().map(|one| self.estimates.cost(one)).sum::<u64>();
        if !self_is_known
            || !scope.locals.iter().all(is_known)
            || cost * domain.count < DERIVED_COST
        {
            return None;
        }
        let may_give_up = conditions.iter().any(|one| self.estimates.may_breach(one));
        self.keep(lanes.clone(), may_give_up, |lowering| {
            let mut scope = scope.clone();
            lowering.all_of(conditions, &free, &lanes, &mut scope)
        })
    }

    fn column_of(&mut self, subject: Subject) -> Option<Column> {
        if let Some(known) = self.columns.get(&subject) {
            return known.clone();
        }
        let column = match &subject {
            Subject::Definition(definition, others) => self.definition(*definition, others),
            Subject::Variable(variable) => self.variable_column(*variable),
        };
        self.columns.insert(subject, column.clone());
        column
    }

    fn definition(&mut self, definition: DefinitionId, others: &[i64]) -> Option<Column> {
        let declared = &self.model.definitions[definition];
        let domains = self.domains_of(definition);
        let lanes = Lanes::of(domains.last()?)?;
        let mut others = others.iter().map(|&code| Operand::Constant(code));
        let mut free = Free::default();
        let mut scope = Scope::default();
        let mut locals = Vec::with_capacity(declared.locals.len());
        if declared.machine.is_some() {
            scope.self_instance = others.next();
            free.is_self = scope.self_instance.is_none();
        }
        locals.extend(others.map(Binding::Scalar));
        if !free.is_self {
            free.locals.push(LocalId(locals.len() as u32));
        }
        locals.resize(declared.locals.len(), Binding::Unbound);
        scope.locals = locals;
        let may_give_up = self.estimates.may_breach(&declared.value);
        self.keep(lanes.clone(), may_give_up, |lowering| {
            lowering.column(&declared.value, &free, &lanes, &mut scope)
        })
    }

    /// A variable of all instances.
    fn variable_column(&mut self, variable: VariableId) -> Option<Column> {
        let declared = &self.model.variables[variable];
        let (machine, alive) = (declared.machine?, &declared.alive);
        let lanes = Lanes::of(&Domain::of(&Type::Instance(machine), self.model))?;
        let Shape::Scalar(domain) = Shape::of(&declared.ty, self.model) else { return None };
        let fits = !domain.optional && domain.low >= 0 && domain.high() <= lanes.most().max(1);
        if !fits || alive.is_some() {
            return None;
        }
        self.keep(lanes.clone(), false, |lowering| {
            let owners = (0..lanes.domain.count).map(|lane| lanes.domain.code(lane));
            let values: Vec<Operand> = owners
                .map(|owner| {
                    let owner = Some(Operand::Constant(owner));
                    lowering.note_read(variable, owner);
                    let address = lowering.variable(variable, owner);
                    lowering.load(&address)
                })
                .collect();
            Some(lowering.gathered(&values, &lanes))
        })
    }

    /// Keeps what `write` yields as a derived value; unless it yields nothing.
    fn keep(
        &mut self,
        lanes: Lanes,
        may_give_up: bool,
        write: impl FnOnce(&mut Self) -> Option<Operand>,
    ) -> Option<Column> {
        let outer = std::mem::take(&mut self.routine);
        let outer_gave_up = std::mem::take(&mut self.after_giving_up);
        let written = write(self).map(|operand| {
            let derived = self.reserve_derived(1);
            self.program.derived[derived].gives_up = may_give_up;
            self.copy(self.program.derived[derived].value, operand);
            self.emit(Instruction::Finish(true));
            derived
        });
        self.after_giving_up = outer_gave_up;
        let routine: Routine = std::mem::replace(&mut self.routine, outer);
        let derived = written?;
        let reads = routine.reads.clone();
        self.program.derived[derived].routine = Some(self.append(routine));
        Some(Column { derived, lanes, may_give_up, reads })
    }

    /// The column itself; goes to `unless` if it gave up.
    pub(super) fn ask(&mut self, column: &Column, unless: Label) -> Operand {
        self.note_reads(&column.reads);
        self.program.derived[column.derived].is_spare &= self.after_giving_up;
        self.emit(Instruction::Derive(column.derived));
        let value = self.program.derived[column.derived].value;
        if column.may_give_up {
            let zero = self.register(Operand::Constant(0));
            self.emit(Instruction::JumpLess(value, zero, target(unless)));
        }
        Operand::Register(value)
    }

    /// Where a lane begins.
    fn position(&mut self, lane: Operand, lanes: &Lanes) -> Operand {
        match lane {
            Operand::Constant(lane) => Operand::Constant(lane * i64::from(lanes.stride)),
            Operand::Register(_) if lanes.stride == 1 => lane,
            Operand::Register(_) => {
                let stride = Operand::Constant(i64::from(lanes.stride));
                self.combine(Instruction::Multiply, lane, stride)
            }
        }
    }

    /// Goes to `label` if the condition is `when` in a lane, and to `unless` if the column gave up.
    pub(super) fn branch_on_lane(
        &mut self,
        (column, lane): (&Column, Operand),
        (when, label): (bool, Label),
        unless: Label,
    ) {
        let word = self.ask(column, unless);
        let position = self.position(lane, &column.lanes);
        self.branch_on_bit(word, position, when, label);
    }

    /// The number in a lane; goes to `unless` if the column gave up.
    pub(super) fn lane(&mut self, column: &Column, lane: Operand, unless: Label) -> Operand {
        let word = self.ask(column, unless);
        let position = self.position(lane, &column.lanes);
        let shifted = self.combine(Instruction::ShiftRight, word, position);
        let bits = Operand::Constant((1 << column.lanes.stride) - 1);
        self.combine(Instruction::And, shifted, bits)
    }

    /// What a column is if its condition holds in all lanes.
    pub(super) fn full(column: &Column) -> Operand {
        Operand::Constant(column.lanes.ones())
    }
}

/// Columns of expressions. None where values had better be taken one by one.
impl Lowering<'_> {
    /// The column of a condition, or of a number that fits.
    fn column(
        &mut self,
        expression: &Expression,
        free: &Free,
        lanes: &Lanes,
        scope: &mut Scope,
    ) -> Option<Operand> {
        if expression.ty != Type::Bool && !lanes.hold(expression) {
            return None;
        }
        if !free.is_in(expression) {
            let value = self.value(expression, scope);
            return Some(self.in_all(value, lanes));
        }
        match &expression.kind {
            ExpressionKind::Not(inner) => {
                let column = self.column(inner, free, lanes, scope)?;
                Some(self.complement(column, lanes))
            }
            ExpressionKind::Binary(Binary::And | Binary::Or | Binary::Implies, left, right)
                if free.is_in(left) && self.breaches_by_lane(right, free) =>
            {
                self.one_by_one(expression, free, lanes, scope)
            }
            ExpressionKind::Binary(Binary::And, left, right) => {
                self.connected((left, right), (Binary::And, true), (free, lanes), scope)
            }
            ExpressionKind::Binary(Binary::Or, left, right) => {
                self.connected((left, right), (Binary::Or, false), (free, lanes), scope)
            }
            ExpressionKind::Binary(Binary::Implies, left, right) => {
                self.connected((left, right), (Binary::Implies, true), (free, lanes), scope)
            }
            ExpressionKind::Binary(operator, left, right) => {
                let known = self.compared(*operator, (left, right), (free, lanes), scope);
                known.or_else(|| self.one_by_one(expression, free, lanes, scope))
            }
            ExpressionKind::Variable { variable, owner: Some(owner) } if free.is(owner) => {
                let column = self.column_of(Subject::Variable(*variable));
                let column = column.filter(|column| column.lanes == *lanes);
                let known = column.map(|column| self.demand_column(&column));
                known.or_else(|| self.one_by_one(expression, free, lanes, scope))
            }
            ExpressionKind::Call { definition, owner, arguments } => {
                let known =
                    self.called(*definition, owner.as_deref(), arguments, (free, lanes), scope);
                known.or_else(|| self.one_by_one(expression, free, lanes, scope))
            }
            ExpressionKind::Quantifier { quantifier, local, domain, filter, body } => {
                let parts: Vec<&Expression> = filter.iter().chain(body).map(|it| &**it).collect();
                let turns = (*local, Domain::of(domain, self.model));
                let filters = filter.iter().len();
                self.quantified(*quantifier, turns, (&parts, filters), (free, lanes), scope)
            }
            _ => self.one_by_one(expression, free, lanes, scope),
        }
    }

    /// Whether an expression may breach for some values of the name and not for others. To judge it where
    /// the meaning would not would be to give up all too often.
    fn breaches_by_lane(&self, expression: &Expression, free: &Free) -> bool {
        if !self.estimates.may_breach(expression) {
            return false;
        }
        let parts = expression.children();
        if let ExpressionKind::Call { definition, owner, arguments } = &expression.kind {
            let is_passed = |(_, argument): &(u32, &Expression)| free.is(argument);
            let passed = (0..).zip(arguments).filter(is_passed).map(|(at, _)| LocalId(at));
            let is_self = owner.as_ref().is_some_and(|owner| free.is(owner));
            let passed = Free { locals: passed.collect(), is_self };
            return self.breaches_by_lane(&self.model.definitions[*definition].value, &passed)
                || parts.iter().any(|part| self.breaches_by_lane(part, free));
        }
        let is_whole = !parts.iter().any(|part| self.estimates.may_breach(part));
        is_whole && free.is_in(expression)
            || parts.iter().any(|part| self.breaches_by_lane(part, free))
    }

    /// Where all conditions hold; an empty list does everywhere.
    fn all_of(
        &mut self,
        conditions: &[&Expression],
        free: &Free,
        lanes: &Lanes,
        scope: &mut Scope,
    ) -> Option<Operand> {
        let Some((first, rest)) = conditions.split_first() else {
            return Some(Operand::Constant(lanes.ones()));
        };
        if free.is_in(first) {
            if rest.iter().any(|one| self.breaches_by_lane(one, free)) {
                return None;
            }
            let left = self.column(first, free, lanes, scope)?;
            let right = self.all_of(rest, free, lanes, scope)?;
            return Some(self.both(left, right, lanes));
        }
        self.unless_decided((first, true), 0, scope, |lowering, scope| {
            lowering.all_of(rest, free, lanes, scope)
        })
    }

    /// What `operator` makes of two conditions. Where the left, which is the same in all lanes, is not as
    /// the right needs it, the right is not judged.
    fn connected(
        &mut self,
        (left, right): (&Expression, &Expression),
        (operator, needed): (Binary, bool),
        (free, lanes): (&Free, &Lanes),
        scope: &mut Scope,
    ) -> Option<Operand> {
        if !free.is_in(left) {
            let decided = if operator == Binary::And { 0 } else { lanes.ones() };
            return self.unless_decided((left, needed), decided, scope, |lowering, scope| {
                lowering.column(right, free, lanes, scope)
            });
        }
        let left = self.column(left, free, lanes, scope)?;
        let right = self.column(right, free, lanes, scope)?;
        Some(match operator {
            Binary::And => self.both(left, right, lanes),
            Binary::Or => self.either(left, right, lanes),
            _ => {
                let not_left = self.complement(left, lanes);
                self.either(not_left, right, lanes)
            }
        })
    }

    /// What `column` writes if a condition is as needed, and `decided` if it is not.
    fn unless_decided(
        &mut self,
        (condition, needed): (&Expression, bool),
        decided: i64,
        scope: &mut Scope,
        column: impl FnOnce(&mut Self, &mut Scope) -> Option<Operand>,
    ) -> Option<Operand> {
        let (to, end) = (self.temporary(), self.routine.label());
        self.copy(to, Operand::Constant(decided));
        self.branch(condition, !needed, end, scope);
        let column = column(self, scope);
        self.copy(to, column.unwrap_or(Operand::Constant(0)));
        self.routine.place(end);
        column.map(|_| Operand::Register(to))
    }

    /// A comparison in which the name is mentioned.
    fn compared(
        &mut self,
        operator: Binary,
        (left, right): (&Expression, &Expression),
        (free, lanes): (&Free, &Lanes),
        scope: &mut Scope,
    ) -> Option<Operand> {
        if matches!(operator, Binary::Equal | Binary::Different) {
            let other = match (free.is(left), free.is(right)) {
                (true, false) if !free.is_in(right) => Some(right),
                (false, true) if !free.is_in(left) => Some(left),
                _ => None,
            };
            if let Some(other) = other
                && other.ty.is_scalar()
            {
                let code = self.value(other, scope);
                let equal = match code {
                    Operand::Constant(code) => {
                        let rank = lanes.domain.rank(code);
                        Operand::Constant(rank.map_or(0, |rank| lanes.one(rank)))
                    }
                    Operand::Register(code) => {
                        let (stride, to) = (lanes.stride, self.temporary());
                        let domain = self.domain(&lanes.domain);
                        self.emit(Instruction::Lane { to, code, domain, stride });
                        Operand::Register(to)
                    }
                };
                let is_different = operator == Binary::Different;
                return Some(if is_different { self.complement(equal, lanes) } else { equal });
            }
        }
        if operator == Binary::Add {
            let left = self.column(left, free, lanes, scope)?;
            let right = self.column(right, free, lanes, scope)?;
            return Some(self.sum(left, right));
        }
        let is_comparison = !matches!(
            operator,
            Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo | Binary::Power
        );
        if !is_comparison || !lanes.hold(left) || !lanes.hold(right) {
            return None;
        }
        let left = self.column(left, free, lanes, scope)?;
        let right = self.column(right, free, lanes, scope)?;
        Some(match operator {
            Binary::AtLeast => self.at_least(left, right, lanes),
            Binary::AtMost => self.at_least(right, left, lanes),
            Binary::Less => {
                let at_least = self.at_least(left, right, lanes);
                self.complement(at_least, lanes)
            }
            Binary::Greater => {
                let at_least = self.at_least(right, left, lanes);
                self.complement(at_least, lanes)
            }
            _ => {
                let sides = [(left, right), (right, left)];
                let [one, other] = sides.map(|(a, b)| self.at_least(a, b, lanes));
                let equal = self.both(one, other, lanes);
                if operator == Binary::Equal { equal } else { self.complement(equal, lanes) }
            }
        })
    }

    /// A definition: its own column, or its value with the name passed on.
    fn called(
        &mut self,
        definition: DefinitionId,
        owner: Option<&Expression>,
        arguments: &[Expression],
        (free, lanes): (&Free, &Lanes),
        scope: &mut Scope,
    ) -> Option<Operand> {
        let declared = &self.model.definitions[definition];
        let mut inner = Scope { known_control: scope.known_control.clone(), ..Scope::default() };
        let mut passed = Free::default();
        let mut key = Vec::new();
        if let Some(owner) = owner {
            passed.is_self = free.is(owner);
            if !passed.is_self {
                inner.self_instance = Some(self.invariant(owner, free, scope)?);
            }
            key.push(inner.self_instance);
        }
        for (at, (argument, parameter)) in arguments.iter().zip(&declared.locals).enumerate() {
            if free.is(argument) {
                passed.locals.push(LocalId(at as u32));
                inner.locals.push(Binding::Unbound);
                key.push(None);
                continue;
            }
            if !parameter.ty.is_scalar() {
                return None;
            }
            let operand = self.invariant(argument, free, scope)?;
            inner.locals.push(Binding::Scalar(operand));
            key.push(Some(operand));
        }
        inner.locals.resize(declared.locals.len(), Binding::Unbound);
        if self.is_kept(definition, arguments)
            && let Some(column) = self.own_column(definition, &key)
            && column.lanes == *lanes
        {
            return Some(self.demand_column(&column));
        }
        self.column(&declared.value, &passed, lanes, &mut inner)
    }

    /// The column of a definition whose last parameter alone is the name.
    fn own_column(&mut self, definition: DefinitionId, key: &[Option<Operand>]) -> Option<Column> {
        let (None, others) = key.split_last()? else { return None };
        let constant = |operand: &Option<Operand>| match operand {
            Some(Operand::Constant(code)) => Some(*code),
            _ => None,
        };
        let others = others.iter().map(constant).collect::<Option<Vec<i64>>>()?;
        self.column_of(Subject::Definition(definition, others))
    }

    /// A value that is the same in all lanes.
    fn invariant(
        &mut self,
        expression: &Expression,
        free: &Free,
        scope: &mut Scope,
    ) -> Option<Operand> {
        (!free.is_in(expression)).then(|| self.value(expression, scope))
    }

    /// A column in the midst of another, which gives up if this one did.
    fn demand_column(&mut self, column: &Column) -> Operand {
        let (given_up, end) = (self.routine.label(), self.routine.label());
        let word = self.ask(column, given_up);
        if column.may_give_up {
            self.routine.jump(end);
            self.routine.place(given_up);
            self.fail(crate::system::Rule::Foreign, crate::base::Span::default());
            self.routine.place(end);
        }
        word
    }

    /// A quantifier of its own name, turn by turn.
    fn quantified(
        &mut self,
        quantifier: Quantifier,
        (local, domain): (LocalId, Domain),
        (parts, filters): (&[&Expression], usize),
        (free, lanes): (&Free, &Lanes),
        scope: &mut Scope,
    ) -> Option<Operand> {
        let cost = parts.iter().map(|part| self.estimates.cost(part)).sum::<u64>();
        if domain.size().saturating_mul(cost + 1) > super::cost::UNROLLED_COST {
            return None;
        }
        let conjunction = quantifier == Quantifier::All;
        let mut total = Operand::Constant(if conjunction { lanes.ones() } else { 0 });
        for rank in 0..domain.size() {
            scope.bind(local, Binding::Scalar(Operand::Constant(domain.code(rank))));
            let turn = match quantifier {
                Quantifier::Sum => self.summand(parts, filters, (free, lanes), scope),
                Quantifier::All if filters == 1 && !free.is_in(parts[0]) => {
                    let ones = lanes.ones();
                    self.unless_decided((parts[0], true), ones, scope, |lowering, scope| {
                        lowering.column(parts[1], free, lanes, scope)
                    })
                }
                Quantifier::All => {
                    let (filter, body) = parts.split_at(filters);
                    let passes = self.all_of(filter, free, lanes, scope);
                    let holds = self.all_of(body, free, lanes, scope);
                    passes.zip(holds).map(|(passes, holds)| {
                        let fails = self.complement(passes, lanes);
                        self.either(fails, holds, lanes)
                    })
                }
                _ => self.all_of(parts, free, lanes, scope),
            };
            scope.bind(local, Binding::Unbound);
            let turn = turn?;
            total = match quantifier {
                Quantifier::All => self.both(total, turn, lanes),
                Quantifier::Some | Quantifier::No => self.either(total, turn, lanes),
                Quantifier::Count | Quantifier::Sum => self.sum(total, turn),
            };
        }
        Some(if quantifier == Quantifier::No { self.complement(total, lanes) } else { total })
    }

    /// What a turn adds, where its filter lets it.
    fn summand(
        &mut self,
        parts: &[&Expression],
        filters: usize,
        (free, lanes): (&Free, &Lanes),
        scope: &mut Scope,
    ) -> Option<Operand> {
        let (filter, body) = parts.split_at(filters);
        let number =
            |lowering: &mut Self, scope: &mut Scope| lowering.column(body[0], free, lanes, scope);
        match filter {
            [] => number(self, scope),
            [filter] if !free.is_in(filter) => {
                self.unless_decided((filter, true), 0, scope, number)
            }
            _ => None,
        }
    }

    /// The values one by one, each put into its lane.
    fn one_by_one(
        &mut self,
        expression: &Expression,
        free: &Free,
        lanes: &Lanes,
        scope: &Scope,
    ) -> Option<Operand> {
        if self.estimates.cost(expression).saturating_mul(lanes.domain.count) > GATHERED_COST {
            return None;
        }
        let values: Vec<Operand> = (0..lanes.domain.count)
            .map(|lane| {
                let mut scope = free.bound(scope, lanes.domain.code(lane));
                self.value(expression, &mut scope)
            })
            .collect();
        Some(self.gathered(&values, lanes))
    }

    /// Each value in its lane.
    fn gathered(&mut self, values: &[Operand], lanes: &Lanes) -> Operand {
        let mut column = Operand::Constant(0);
        for (lane, &value) in (0..).zip(values) {
            let factor = Operand::Constant(lanes.one(lane));
            let own = self.product(value, factor);
            column = self.either(column, own, lanes);
        }
        column
    }

    /// The same value in all lanes.
    fn in_all(&mut self, value: Operand, lanes: &Lanes) -> Operand {
        self.product(value, Operand::Constant(lanes.ones()))
    }

    fn product(&mut self, left: Operand, right: Operand) -> Operand {
        match (left, right) {
            (Operand::Constant(a), Operand::Constant(b)) => Operand::Constant(a.wrapping_mul(b)),
            (Operand::Constant(0), _) | (_, Operand::Constant(0)) => Operand::Constant(0),
            (Operand::Constant(1), other) | (other, Operand::Constant(1)) => other,
            _ => self.combine(Instruction::Multiply, left, right),
        }
    }

    fn complement(&mut self, column: Operand, lanes: &Lanes) -> Operand {
        match column {
            Operand::Constant(column) => Operand::Constant(lanes.ones() - column),
            _ => {
                let ones = Operand::Constant(lanes.ones());
                self.combine(Instruction::Subtract, ones, column)
            }
        }
    }

    fn both(&mut self, left: Operand, right: Operand, lanes: &Lanes) -> Operand {
        match (left, right) {
            (Operand::Constant(a), Operand::Constant(b)) => Operand::Constant(a & b),
            (Operand::Constant(0), _) | (_, Operand::Constant(0)) => Operand::Constant(0),
            (Operand::Constant(all), other) | (other, Operand::Constant(all))
                if all == lanes.ones() =>
            {
                other
            }
            _ => self.combine(Instruction::And, left, right),
        }
    }

    fn either(&mut self, left: Operand, right: Operand, lanes: &Lanes) -> Operand {
        match (left, right) {
            (Operand::Constant(a), Operand::Constant(b)) => Operand::Constant(a | b),
            (Operand::Constant(0), other) | (other, Operand::Constant(0)) => other,
            (Operand::Constant(all), _) | (_, Operand::Constant(all)) if all == lanes.ones() => {
                Operand::Constant(all)
            }
            _ => self.combine(Instruction::Or, left, right),
        }
    }

    /// Where the left number is at least the right: the upper bit of a lane stays if nothing is borrowed
    /// from it.
    fn at_least(&mut self, left: Operand, right: Operand, lanes: &Lanes) -> Operand {
        let upper_bits = Operand::Constant(lanes.ones() << (lanes.stride - 1));
        let raised = self.combine(Instruction::Or, left, upper_bits);
        let difference = self.combine(Instruction::Subtract, raised, right);
        let kept = self.combine(Instruction::And, difference, upper_bits);
        let down = Operand::Constant(i64::from(lanes.stride) - 1);
        self.combine(Instruction::ShiftRight, kept, down)
    }
}

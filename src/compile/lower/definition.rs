//! Definitions: inlined, or kept as derived values.

use super::cost::{DERIVED_COST, DERIVED_COUNT, is_inside};
use super::routine::{Label, Routine};
use super::{Binding, Family, Lowering, Member, Operand, Scope};
use crate::compile::layout::{Domain, Shape};
use crate::compile::program::{DerivedId, Instruction};
use crate::model::{DefinitionId, Expression, Type};

impl Lowering<'_> {
    /// The value of a definition that yields a scalar or a set.
    pub(super) fn call(
        &mut self,
        definition: DefinitionId,
        owner: Option<&Expression>,
        arguments: &[Expression],
        scope: &mut Scope,
    ) -> Operand {
        let mut inner = self.bind_call(definition, owner, arguments, scope);
        if self.is_kept(definition, arguments) {
            return self.kept(definition, &inner);
        }
        self.value(&self.model.definitions[definition].value, &mut inner)
    }

    /// Goes to `label` if a definition that yields a truth value is `when`.
    pub(super) fn branch_on_call(
        &mut self,
        (definition, owner, arguments): (DefinitionId, Option<&Expression>, &[Expression]),
        (when, label): (bool, Label),
        scope: &mut Scope,
    ) {
        let mut inner = self.bind_call(definition, owner, arguments, scope);
        if !self.is_kept(definition, arguments) {
            let value = &self.model.definitions[definition].value;
            return self.branch(value, when, label, &mut inner);
        }
        let (alone, end) = (self.routine.label(), self.routine.label());
        if let Some((column, lane)) = self.column_of_call(definition, &key(&inner)) {
            self.branch_on_lane((&column, lane), (when, label), alone);
            self.routine.jump(end);
            self.routine.place(alone);
            if self.routine.is_reachable() {
                let truth = self.after_giving_up(|it| it.kept_alone(definition, &inner));
                self.branch_on_value(truth, when, label);
            }
        } else {
            let truth = self.kept_alone(definition, &inner);
            self.branch_on_value(truth, when, label);
        }
        self.routine.place(end);
    }

    /// The names inside a definition: its receiver and arguments are evaluated first, from the left.
    pub(super) fn bind_call(
        &mut self,
        definition: DefinitionId,
        owner: Option<&Expression>,
        arguments: &[Expression],
        scope: &mut Scope,
    ) -> Scope {
        let self_instance = owner.map(|owner| self.value(owner, scope));
        let declared = &self.model.definitions[definition];
        let mut locals: Vec<Binding> = Vec::with_capacity(declared.locals.len());
        for (argument, parameter) in arguments.iter().zip(&declared.locals) {
            locals.push(self.bind(argument, &parameter.ty, scope));
        }
        locals.resize(declared.locals.len(), Binding::Unbound);
        Scope { self_instance, locals, known_control: scope.known_control.clone() }
    }

    /// What a local of some type stands for, without a copy.
    pub(super) fn bind(&mut self, value: &Expression, ty: &Type, scope: &mut Scope) -> Binding {
        match Shape::of(ty, self.model) {
            Shape::Scalar(_) => Binding::Scalar(self.value(value, scope)),
            Shape::Set(domain) => Binding::Scalar(self.set(value, &domain, scope).mask),
            Shape::Queue { .. } | Shape::Array { .. } => {
                Binding::Composite(self.locate(value, scope))
            }
        }
    }

    /// Whether a definition's values are worth keeping, and few enough.
    pub(super) fn is_kept(&self, definition: DefinitionId, arguments: &[Expression]) -> bool {
        let declared = &self.model.definitions[definition];
        let parameters = || declared.locals.iter().take(declared.parameter_count);
        if self.estimates.definition_cost(definition) < DERIVED_COST
            || parameters().any(|parameter| !parameter.ty.is_scalar())
        {
            return false;
        }
        let domains = self.domains_of(definition);
        let count = domains.iter().map(Domain::size).fold(1, u64::saturating_mul);
        let of_arguments = &domains[domains.len() - arguments.len()..];
        let inside = |(argument, domain)| is_inside(argument, domain);
        count <= DERIVED_COUNT && arguments.iter().zip(of_arguments).all(inside)
    }

    /// The domains of the receiver, if there is one, and the arguments.
    pub(super) fn domains_of(&self, definition: DefinitionId) -> Vec<Domain> {
        let declared = &self.model.definitions[definition];
        let receiver = declared.machine.map(Type::Instance);
        let parameters = declared.locals.iter().take(declared.parameter_count);
        let types = receiver.iter().chain(parameters.map(|parameter| &parameter.ty));
        types.map(|ty| Domain::of(ty, self.model)).collect()
    }

    /// The value of a definition for a receiver and arguments: from its column if it has one.
    fn kept(&mut self, definition: DefinitionId, scope: &Scope) -> Operand {
        let Some((column, lane)) = self.column_of_call(definition, &key(scope)) else {
            return self.kept_alone(definition, scope);
        };
        let (alone, end) = (self.routine.label(), self.routine.label());
        let value = self.lane(&column, lane, alone);
        if !self.routine.is_jumped_to(alone) {
            return value;
        }
        let to = self.temporary();
        self.copy(to, value);
        self.routine.jump(end);
        self.routine.place(alone);
        let value = self.after_giving_up(|lowering| lowering.kept_alone(definition, scope));
        self.copy(to, value);
        self.routine.place(end);
        Operand::Register(to)
    }

    /// The derived value of a definition for a receiver and arguments.
    fn kept_alone(&mut self, definition: DefinitionId, scope: &Scope) -> Operand {
        let domains = self.domains_of(definition);
        let key = key(scope);
        let first = self.family(definition, &domains);
        let mut index = Operand::Constant(0);
        for (&code, domain) in key.iter().zip(&domains) {
            let Some(rank) = self.rank(code, domain, true) else { return Operand::Constant(0) };
            index = self.next_digit(index, domain.size(), rank);
        }
        match index {
            Operand::Constant(index) => self.kept_member(definition, first, index as usize),
            Operand::Register(index) => {
                self.lower_all(definition);
                self.emit(Instruction::DeriveAt { first, index });
                let base = self.program.derived[first].value.0;
                let to = self.temporary();
                self.emit(Instruction::Load { to, base, index, stride: 1 });
                Operand::Register(to)
            }
        }
    }

    /// `index * size + rank`
    fn next_digit(&mut self, index: Operand, size: u64, rank: Operand) -> Operand {
        match (index, rank) {
            (Operand::Constant(0), rank) => rank,
            (Operand::Constant(index), Operand::Constant(rank)) => {
                Operand::Constant(index * size as i64 + rank)
            }
            _ => {
                let (base, index) = (self.register(rank), self.register(index));
                let to = self.temporary();
                self.emit(Instruction::Scale { to, base, index, stride: size as u32 });
                Operand::Register(to)
            }
        }
    }

    fn family(&mut self, definition: DefinitionId, domains: &[Domain]) -> DerivedId {
        if let Some(family) = self.families.get(&definition) {
            return family.first;
        }
        let count = domains.iter().map(Domain::size).product();
        let first = self.reserve_derived(count);
        let members = vec![None; count as usize];
        self.families.insert(definition, Family { first, domains: domains.to_vec(), members });
        first
    }

    fn kept_member(&mut self, definition: DefinitionId, first: DerivedId, at: usize) -> Operand {
        let member = self.member(definition, at);
        self.note_reads(&member.reads);
        if let Some(constant) = member.constant {
            return Operand::Constant(constant);
        }
        let derived = DerivedId(first.0 + at as u32);
        self.emit(Instruction::Derive(derived));
        Operand::Register(self.program.derived[derived].value)
    }

    fn lower_all(&mut self, definition: DefinitionId) {
        let count = self.families.get(&definition).map_or(0, |family| family.members.len());
        for at in 0..count {
            let member = self.member(definition, at);
            self.note_reads(&member.reads);
        }
    }

    pub(super) fn note_reads(&mut self, reads: &[(u32, u32)]) {
        for read in reads {
            if !self.routine.reads.contains(read) {
                self.routine.reads.push(*read);
            }
        }
    }

    /// One derived value of a definition, lowered when it is first asked for.
    fn member(&mut self, definition: DefinitionId, at: usize) -> Member {
        let family = &self.families[&definition];
        self.program.derived[DerivedId(family.first.0 + at as u32)].is_spare &=
            self.after_giving_up;
        if let Some(member) = &family.members[at] {
            return member.clone();
        }
        let derived = DerivedId(family.first.0 + at as u32);
        let codes = digits(&family.domains, at as u64);
        let member = self.lower_member(definition, derived, &codes);
        if let Some(family) = self.families.get_mut(&definition) {
            family.members[at] = Some(member.clone());
        }
        member
    }

    /// Lowers one derived value; its temporaries are its own, since it runs in the midst of other routines.
    fn lower_member(
        &mut self,
        definition: DefinitionId,
        derived: DerivedId,
        codes: &[i64],
    ) -> Member {
        let declared = &self.model.definitions[definition];
        let mut constants = codes.iter().map(|&code| Operand::Constant(code));
        let self_instance = declared.machine.and_then(|_| constants.next());
        let mut locals: Vec<Binding> = constants.map(Binding::Scalar).collect();
        locals.resize(declared.locals.len(), Binding::Unbound);
        let mut scope = Scope { self_instance, locals, known_control: None };

        let outer = std::mem::take(&mut self.routine);
        let operand = self.value(&declared.value, &mut scope);
        let value = self.program.derived[derived].value;
        let constant = match operand {
            Operand::Constant(constant) if self.routine.is_empty() => Some(constant),
            _ => None,
        };
        if let Some(constant) = constant {
            self.program.frame[value.0 as usize] = constant;
        } else {
            self.copy(value, operand);
            self.emit(Instruction::Finish(true));
        }
        let routine: Routine = std::mem::replace(&mut self.routine, outer);
        let reads = routine.reads.clone();
        if constant.is_none() {
            self.program.derived[derived].routine = Some(self.append(routine));
        }
        Member { constant, reads }
    }
}

/// The receiver, if there is one, and the arguments.
fn key(scope: &Scope) -> Vec<Operand> {
    let arguments = scope.locals.iter().filter_map(|binding| match binding {
        Binding::Scalar(operand) => Some(*operand),
        _ => None,
    });
    scope.self_instance.into_iter().chain(arguments).collect()
}

/// The codes of the receiver and the arguments with a number; the last varies fastest.
fn digits(domains: &[Domain], number: u64) -> Vec<i64> {
    let mut left = number;
    let mut codes: Vec<i64> = domains
        .iter()
        .rev()
        .map(|domain| {
            let rank = left % domain.size();
            left /= domain.size();
            domain.code(rank)
        })
        .collect();
    codes.reverse();
    codes
}

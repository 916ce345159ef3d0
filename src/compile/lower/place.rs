//! Where things lie: variables of constant and dynamic owners, elements of arrays, and composite values
//! that are nowhere until they are put into temporaries.

use super::cost::is_inside;
use super::{Address, Binding, KnownControl, Lowering, Operand, Scope};
use crate::base::Span;
use crate::compile::layout::{Domain, Shape, code_of};
use crate::compile::program::{Instruction, Register};
use crate::model::{
    Edge, Expression, ExpressionKind, Interval, MachineId, Place, Type, VariableId,
};
use crate::system::Rule;

impl Address {
    /// A fixed place.
    pub(super) fn fixed(base: u32) -> Address {
        Address { base, terms: Vec::new() }
    }

    /// The place `index` strides further on.
    pub(super) fn moved(mut self, index: Operand, stride: u32) -> Address {
        match index {
            Operand::Constant(index) => self.base += index as u32 * stride,
            Operand::Register(_) if stride == 0 => {}
            Operand::Register(index) => self.terms.push((index, stride)),
        }
        self
    }
}

impl Lowering<'_> {
    /// What lies at an address.
    pub(super) fn load(&mut self, address: &Address) -> Operand {
        let (index, stride) = match address.terms[..] {
            [] => return Operand::Register(Register(address.base)),
            [one] => one,
            _ => (self.offset(&address.terms, 0), 1),
        };
        let to = self.temporary();
        self.emit(Instruction::Load { to, base: address.base, index, stride });
        Operand::Register(to)
    }

    /// Writes a slot.
    pub(super) fn store(&mut self, address: &Address, value: Operand) {
        let value = self.register(value);
        if address.terms.is_empty() {
            self.emit(Instruction::Store { slot: address.base, value });
        } else {
            let address = self.address_register(address);
            self.emit(Instruction::StoreAt { address, value });
        }
    }

    /// The address itself, as a value.
    pub(super) fn address_register(&mut self, address: &Address) -> Register {
        if address.terms.is_empty() {
            return self.register(Operand::Constant(i64::from(address.base)));
        }
        self.offset(&address.terms, address.base)
    }

    /// `base` plus all terms.
    fn offset(&mut self, terms: &[(Register, u32)], base: u32) -> Register {
        let start = self.register(Operand::Constant(i64::from(base)));
        terms.iter().fold(start, |base, &(index, stride)| {
            let to = self.temporary();
            self.emit(Instruction::Scale { to, base, index, stride });
            to
        })
    }

    /// Where a variable lies; reading it there breaches where it has no meaning.
    pub(super) fn variable_to_read(
        &mut self,
        variable: VariableId,
        owner: Option<Operand>,
        scope: &Scope,
        place: Span,
    ) -> Address {
        self.require_meaning(variable, owner, scope, place);
        self.note_read(variable, owner);
        self.variable(variable, owner)
    }

    /// Where a variable lies.
    pub(super) fn variable(&mut self, variable: VariableId, owner: Option<Operand>) -> Address {
        let (base, _) = self.layout.variable(variable, self.model);
        let address = Address::fixed(base);
        match (self.model.variables[variable].machine, owner) {
            (Some(machine), Some(owner)) => address.moved(owner, self.layout.stride(machine)),
            _ => address,
        }
    }

    /// Remembers that the routine reads a variable, whole; of every instance if the owner is not constant.
    pub(super) fn note_read(&mut self, variable: VariableId, owner: Option<Operand>) {
        let (base, shape) = self.layout.variable(variable, self.model);
        self.note_slots(base, shape.slot_count(), self.model.variables[variable].machine, owner);
    }

    fn note_slots(
        &mut self,
        base: u32,
        width: u32,
        machine: Option<MachineId>,
        owner: Option<Operand>,
    ) {
        let stride = machine.map_or(0, |machine| self.layout.stride(machine));
        let count = machine.map_or(1, |machine| self.model.machines[machine].count);
        let owners = match owner {
            Some(Operand::Constant(index)) => index as u32..index as u32 + 1,
            _ => 0..count,
        };
        for index in owners {
            let start = base + index * stride;
            if !self.routine.reads.contains(&(start, start + width)) {
                self.routine.reads.push((start, start + width));
            }
        }
    }

    /// The control state of an instance of a machine that has control states.
    pub(super) fn control(&mut self, machine: MachineId, instance: Operand) -> Operand {
        let base = self.layout.control(machine, self.model);
        let base = base.expect("only a machine with control states has them looked at");
        self.note_slots(base, 1, Some(machine), Some(instance));
        self.load(&Address::fixed(base).moved(instance, self.layout.stride(machine)))
    }

    /// Breaches unless the variable's owner is where the variable has a meaning.
    pub(super) fn require_meaning(
        &mut self,
        variable: VariableId,
        owner: Option<Operand>,
        scope: &Scope,
        place: Span,
    ) {
        let declared = &self.model.variables[variable];
        let (Some(alive), Some(machine), Some(owner)) = (&declared.alive, declared.machine, owner)
        else {
            return;
        };
        if is_known_alive(scope.known_control.as_ref(), machine, owner, alive) {
            return;
        }
        let control = self.control(machine, owner);
        let site = self.site(Rule::Meaningless, place);
        if alive.iter().all(|&state| state < 64) {
            let mask = alive.iter().fold(0, |mask, state| mask | 1 << state);
            let mask = self.register(Operand::Constant(mask));
            let control = self.register(control);
            return self.emit(Instruction::RequireMember(mask, control, site));
        }
        let alive_here = self.routine.label();
        self.branch_on_control(control, alive, true, alive_here);
        self.emit(Instruction::Fail(site));
        self.routine.place(alive_here);
    }

    /// Where a composite value lies; it is put into temporaries if it is nowhere else.
    pub(super) fn locate(&mut self, expression: &Expression, scope: &mut Scope) -> Address {
        match &expression.kind {
            ExpressionKind::Variable { variable, owner } => {
                let owner = owner.as_ref().map(|owner| self.value(owner, scope));
                self.variable_to_read(*variable, owner, scope, expression.span)
            }
            ExpressionKind::Element { array, index } => {
                let address = self.locate(array, scope);
                let index = (&**index, self.value(index, scope));
                self.element(address, &array.ty, index, expression.span)
            }
            ExpressionKind::Local(local) => match &scope.locals[local.0 as usize] {
                Binding::Composite(address) => address.clone(),
                _ => unreachable!("a local of composite type is bound to a place"),
            },
            _ => self.build(expression, scope),
        }
    }

    /// Where an element of an array lies.
    fn element(
        &mut self,
        array: Address,
        ty: &Type,
        (index_expression, index): (&Expression, Operand),
        place: Span,
    ) -> Address {
        let Type::Array { index: domain, element } = ty else {
            unreachable!("analysis lets only arrays be indexed")
        };
        let stride = Shape::of(element, self.model).slot_count();
        let domain = Domain::of(domain, self.model);
        let rank = self.rank(index, &domain, is_inside(index_expression, &domain));
        let rank = match rank {
            Some(rank) => rank,
            None => {
                self.fail(Rule::Range, place);
                Operand::Constant(0)
            }
        };
        if !is_inside(index_expression, &domain) {
            self.require_range(rank, 0, domain.size() as i64 - 1, (Rule::Range, place));
        }
        array.moved(rank, stride)
    }

    /// The rank of a code in a domain; none if it is a constant outside, and a dynamic one is -1 there.
    pub(super) fn rank(&mut self, code: Operand, domain: &Domain, inside: bool) -> Option<Operand> {
        match code {
            Operand::Constant(code) => domain.rank(code).map(|rank| Operand::Constant(rank as i64)),
            Operand::Register(_) if inside && !domain.optional && domain.low == 0 => Some(code),
            Operand::Register(register) => {
                let to = self.temporary();
                let domain = self.domain(domain);
                self.emit(Instruction::Rank { to, code: register, domain });
                Some(Operand::Register(to))
            }
        }
    }

    /// Where a statement's place lies: its owner first, then its indices, then whether it has a meaning.
    pub(super) fn place(&mut self, place: &Place, scope: &mut Scope, access: Access) -> Address {
        let owner = place.owner.as_ref().map(|owner| self.value(owner, scope));
        let mut address = self.variable(place.variable, owner);
        let mut ty = &self.model.variables[place.variable].ty;
        for index in &place.indices {
            let value = self.value(index, scope);
            address = self.element(address, ty, (index, value), place.span);
            if let Type::Array { element, .. } = ty {
                ty = element;
            }
        }
        if access == Access::ReadAndWrite {
            self.require_meaning(place.variable, owner, scope, place.span);
        }
        address
    }

    /// A value as its place keeps it: clamped if the place saturates, and a breach if it is outside.
    pub(super) fn confine(
        &mut self,
        value: Operand,
        (known, domain): (Option<Interval>, &Domain),
        place: Span,
    ) -> Operand {
        let Some(interval) = domain.interval() else { return value };
        if value == Operand::Constant(code_of(&crate::model::Value::None)) && domain.optional {
            return value;
        }
        if !matches!(value, Operand::Constant(_)) && known.is_some_and(|it| interval.covers(&it)) {
            return value;
        }
        if !domain.optional {
            return self.confine_number(value, interval, place);
        }
        self.confine_optional(value, interval, place)
    }

    fn confine_number(&mut self, value: Operand, interval: Interval, place: Span) -> Operand {
        use super::arithmetic::Extreme;
        if interval.edge == Edge::Clamp {
            let raised = self.extreme(Extreme::Greatest, value, Operand::Constant(interval.low));
            return self.extreme(Extreme::Least, raised, Operand::Constant(interval.high));
        }
        self.require_range(value, interval.low, interval.high, (Rule::Range, place));
        value
    }

    fn confine_optional(&mut self, value: Operand, interval: Interval, place: Span) -> Operand {
        let to = self.temporary();
        let none = self.register(Operand::Constant(crate::compile::layout::NONE));
        let end = self.routine.label();
        self.copy(to, value);
        self.emit(Instruction::JumpEqual(to, none, super::routine::target(end)));
        let confined = self.confine_number(Operand::Register(to), interval, place);
        self.copy(to, confined);
        self.routine.place(end);
        Operand::Register(to)
    }
}

/// What a statement does with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    ReadAndWrite,
}

fn is_known_alive(
    known: Option<&KnownControl>,
    machine: MachineId,
    owner: Operand,
    alive: &[u32],
) -> bool {
    known.is_some_and(|known| {
        known.machine == machine
            && owner == Operand::Constant(i64::from(known.index))
            && known.states.iter().all(|state| alive.contains(state))
    })
}

//! Sets as masks. A set literal is lowered over the domain of what it meets, since its own type may be
//! wider than a word; what is not in that domain is told apart as a stray.

use super::cost::is_inside;
use super::{Binding, Lowering, Operand, Scope};
use crate::compile::layout::{Domain, code_of};
use crate::compile::program::{Instruction, Register};
use crate::model::{Edge, Expression, ExpressionKind, Type, Value};

/// A set over some domain.
#[derive(Clone, Copy, Debug)]
pub(super) struct SetValue {
    /// Its members that are in the domain.
    pub mask: Operand,
    /// Whether it has one that is not, 0 or 1.
    pub stray: Operand,
}

impl SetValue {
    fn inside(mask: Operand) -> SetValue {
        SetValue { mask, stray: Operand::Constant(0) }
    }
}

impl Lowering<'_> {
    /// The value of a set over a domain that need not be its own.
    pub(super) fn set(
        &mut self,
        expression: &Expression,
        domain: &Domain,
        scope: &mut Scope,
    ) -> SetValue {
        let Type::Set(own) = &expression.ty else { unreachable!("analysis wants a set here") };
        let own = || Domain::of(own, self.model);
        match &expression.kind {
            ExpressionKind::SetOf(members) => self.set_of(members, domain, scope),
            ExpressionKind::Constant(Value::Set(members)) => {
                let ranks = members.iter().map(|member| domain.rank(code_of(member)));
                let (mask, stray) = ranks.fold((0, 0), |(mask, stray), rank| match rank {
                    Some(rank) => (mask | 1 << rank, stray),
                    None => (mask, 1),
                });
                SetValue { mask: Operand::Constant(mask), stray: Operand::Constant(stray) }
            }
            ExpressionKind::If(condition, then, otherwise) => {
                self.choose_set(condition, (then, otherwise), domain, scope)
            }
            ExpressionKind::Local(local) => match scope.locals[local.0 as usize] {
                Binding::Scalar(mask) => {
                    let own = own();
                    self.converted(mask, &own, domain)
                }
                _ => unreachable!("a local set is bound before it is read"),
            },
            ExpressionKind::Call { definition, owner, arguments } => {
                let own = own();
                let mask = self.call(*definition, owner.as_deref(), arguments, scope);
                self.converted(mask, &own, domain)
            }
            _ => {
                let own = own();
                let address = self.locate(expression, scope);
                let mask = self.load(&address);
                self.converted(mask, &own, domain)
            }
        }
    }

    /// `{a, b}`
    fn set_of(&mut self, members: &[Expression], domain: &Domain, scope: &mut Scope) -> SetValue {
        let mut set = SetValue::inside(Operand::Constant(0));
        let codes: Vec<Operand> = members.iter().map(|one| self.value(one, scope)).collect();
        for (member, code) in members.iter().zip(codes) {
            let inside = is_inside(member, domain);
            let code = match domain.edge {
                Edge::Clamp => self.confine(code, (None, domain), member.span),
                Edge::Breach | Edge::Timer => code,
            };
            set = match (self.rank(code, domain, inside), set.mask) {
                (None, _) => SetValue { stray: Operand::Constant(1), ..set },
                (Some(Operand::Constant(rank)), Operand::Constant(mask)) => {
                    SetValue { mask: Operand::Constant(mask | 1 << rank), ..set }
                }
                (Some(rank), mask) if inside || is_constant(rank) => {
                    SetValue { mask: self.combine(Instruction::With, mask, rank), ..set }
                }
                (Some(rank), _) => self.with_perhaps(set, rank),
            };
        }
        set
    }

    /// The set with a rank that is -1 if it is a stray.
    fn with_perhaps(&mut self, set: SetValue, rank: Operand) -> SetValue {
        let (mask, stray) = (self.temporary(), self.temporary());
        self.copy(mask, set.mask);
        self.copy(stray, set.stray);
        let rank = self.register(rank);
        let zero = self.register(Operand::Constant(0));
        let (outside, end) = (self.routine.label(), self.routine.label());
        self.emit(Instruction::JumpLess(rank, zero, super::routine::target(outside)));
        self.emit(Instruction::With(mask, mask, rank));
        self.routine.jump(end);
        self.routine.place(outside);
        self.copy(stray, Operand::Constant(1));
        self.routine.place(end);
        SetValue { mask: Operand::Register(mask), stray: Operand::Register(stray) }
    }

    fn choose_set(
        &mut self,
        condition: &Expression,
        (then, otherwise): (&Expression, &Expression),
        domain: &Domain,
        scope: &mut Scope,
    ) -> SetValue {
        let (mask, stray) = (self.temporary(), self.temporary());
        let (not_so, end) = (self.routine.label(), self.routine.label());
        self.branch(condition, false, not_so, scope);
        self.copy_set(then, domain, (mask, stray), scope);
        self.routine.jump(end);
        self.routine.place(not_so);
        self.copy_set(otherwise, domain, (mask, stray), scope);
        self.routine.place(end);
        SetValue { mask: Operand::Register(mask), stray: Operand::Register(stray) }
    }

    fn copy_set(
        &mut self,
        from: &Expression,
        domain: &Domain,
        (mask, stray): (Register, Register),
        scope: &mut Scope,
    ) {
        if self.routine.is_reachable() {
            let set = self.set(from, domain, scope);
            self.copy(mask, set.mask);
            self.copy(stray, set.stray);
        }
    }

    /// A mask over one domain as one over another.
    pub(super) fn converted(&mut self, mask: Operand, from: &Domain, to: &Domain) -> SetValue {
        if from.same_values(to) {
            return SetValue::inside(mask);
        }
        let mut set = SetValue::inside(Operand::Constant(0));
        for rank in 0..from.size() {
            let target = to.rank(from.code(rank)).map_or(-1, |rank| rank as i64);
            set = self.with_if_member(set, (mask, rank as i64), target);
        }
        set
    }

    /// The set with `target`, or a stray if that is -1, if `mask` has `rank`.
    fn with_if_member(
        &mut self,
        set: SetValue,
        (mask, rank): (Operand, i64),
        target: i64,
    ) -> SetValue {
        let (to, stray) = (self.temporary(), self.temporary());
        self.copy(to, set.mask);
        self.copy(stray, set.stray);
        let end = self.routine.label();
        self.branch_on_bit(mask, Operand::Constant(rank), false, end);
        if target < 0 {
            self.copy(stray, Operand::Constant(1));
        } else {
            let target = self.register(Operand::Constant(target));
            self.emit(Instruction::With(to, to, target));
        }
        self.routine.place(end);
        SetValue { mask: Operand::Register(to), stray: Operand::Register(stray) }
    }

    /// How many members a set has.
    pub(super) fn size(&mut self, set: &Expression, scope: &mut Scope) -> Operand {
        if let ExpressionKind::SetOf(members) = &set.kind {
            return self.distinct(members, scope);
        }
        match self.value(set, scope) {
            Operand::Constant(mask) => Operand::Constant(i64::from(mask.count_ones())),
            Operand::Register(mask) => {
                let to = self.temporary();
                self.emit(Instruction::Size(to, mask));
                Operand::Register(to)
            }
        }
    }

    /// How many different values there are among some.
    fn distinct(&mut self, members: &[Expression], scope: &mut Scope) -> Operand {
        let codes: Vec<Operand> = members.iter().map(|one| self.value(one, scope)).collect();
        let total = self.temporary();
        let one = self.register(Operand::Constant(1));
        self.copy(total, Operand::Constant(0));
        for (at, &code) in codes.iter().enumerate() {
            let next = self.routine.label();
            for &earlier in &codes[..at] {
                let same = self.compare(crate::model::Binary::Equal, earlier, code);
                self.branch_on_value(same, true, next);
            }
            self.emit(Instruction::Add(total, total, one));
            self.routine.place(next);
        }
        Operand::Register(total)
    }

    /// Whether two sets are equal, 0 or 1.
    pub(super) fn same_set(
        &mut self,
        left: &Expression,
        right: &Expression,
        scope: &mut Scope,
    ) -> Operand {
        let is_literal = |one: &Expression| matches!(one.kind, ExpressionKind::SetOf(_));
        if let (ExpressionKind::SetOf(left), ExpressionKind::SetOf(right)) =
            (&left.kind, &right.kind)
        {
            return self.same_listed(left, right, scope);
        }
        let (Type::Set(of_left), Type::Set(of_right)) = (&left.ty, &right.ty) else {
            unreachable!("analysis compares sets with sets")
        };
        let ty = if is_literal(left) { of_right } else { of_left };
        let domain = Domain::of(ty, self.model).strict();
        let left = self.set(left, &domain, scope);
        let right = self.set(right, &domain, scope);
        self.same_masks(left, right)
    }

    /// Whether two masks are equal, neither with a stray, 0 or 1.
    pub(super) fn same_masks(&mut self, left: SetValue, right: SetValue) -> Operand {
        let (to, end) = (self.temporary(), self.routine.label());
        self.copy(to, Operand::Constant(0));
        self.branch_on_value(left.stray, true, end);
        self.branch_on_value(right.stray, true, end);
        let same = self.compare(crate::model::Binary::Equal, left.mask, right.mask);
        self.copy(to, same);
        self.routine.place(end);
        Operand::Register(to)
    }

    /// Whether two literals have the same members: each is among the others.
    fn same_listed(
        &mut self,
        left: &[Expression],
        right: &[Expression],
        scope: &mut Scope,
    ) -> Operand {
        let left: Vec<Operand> = left.iter().map(|one| self.value(one, scope)).collect();
        let right: Vec<Operand> = right.iter().map(|one| self.value(one, scope)).collect();
        let (to, end) = (self.temporary(), self.routine.label());
        self.copy(to, Operand::Constant(0));
        for (ones, others) in [(&left, &right), (&right, &left)] {
            for &one in ones {
                let found = self.routine.label();
                for &other in others {
                    let same = self.compare(crate::model::Binary::Equal, one, other);
                    self.branch_on_value(same, true, found);
                }
                self.routine.jump(end);
                self.routine.place(found);
            }
        }
        self.copy(to, Operand::Constant(1));
        self.routine.place(end);
        Operand::Register(to)
    }
}

fn is_constant(operand: Operand) -> bool {
    matches!(operand, Operand::Constant(_))
}

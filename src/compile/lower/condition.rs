//! Conditions as jumps.
//!
//! [`Lowering::branch`] goes elsewhere if a condition is as asked, and falls through if it is not. `and`,
//! `or`, `implies` and `not` cost no instruction of their own that way, and what constants decide
//! emits nothing.

use super::arithmetic::judge;
use super::routine::{Label, target};
use super::{Lowering, Operand, Scope};
use crate::compile::layout::{Domain, NONE};
use crate::compile::program::Instruction;
use crate::model::{Binary, Expression, ExpressionKind, Quantifier, Type};

impl Lowering<'_> {
    /// Goes to `label` if the condition is `when`.
    pub(super) fn branch(
        &mut self,
        condition: &Expression,
        when: bool,
        label: Label,
        scope: &mut Scope,
    ) {
        if !self.routine.is_reachable() {
            return;
        }
        match &condition.kind {
            ExpressionKind::Not(inner) => self.branch(inner, !when, label, scope),
            ExpressionKind::Binary(Binary::And, left, right) => {
                self.branch_both((left, true), (right, true), when, label, scope);
            }
            ExpressionKind::Binary(Binary::Or, left, right) => {
                self.branch_both((left, false), (right, false), !when, label, scope);
            }
            ExpressionKind::Binary(Binary::Implies, left, right) => {
                self.branch_both((left, true), (right, false), !when, label, scope);
            }
            ExpressionKind::Binary(_, left, right) if could_seem_none(left, right) => {
                let truth = self.truth(condition, scope);
                self.branch_on_value(truth, when, label);
            }
            ExpressionKind::Binary(operator, left, right) if left.ty.is_scalar() => {
                let left = self.value(left, scope);
                let right = self.value(right, scope);
                self.branch_on_comparison(*operator, (left, right), when, label);
            }
            ExpressionKind::Is(instance, states) => {
                self.branch_on_state(instance, states, when, label, scope);
            }
            ExpressionKind::Contains { set, element } => {
                self.branch_on_member(set, element, when, label, scope);
            }
            ExpressionKind::Within(value, low, high) => {
                self.branch_on_interval([value, low, high], when, label, scope);
            }
            ExpressionKind::If(choice, then, otherwise) => {
                let (not_so, end) = (self.routine.label(), self.routine.label());
                self.branch(choice, false, not_so, scope);
                self.branch(then, when, label, scope);
                self.routine.jump(end);
                self.routine.place(not_so);
                self.branch(otherwise, when, label, scope);
                self.routine.place(end);
            }
            ExpressionKind::Quantifier { quantifier, local, domain, filter, body }
                if matches!(quantifier, Quantifier::All | Quantifier::Some | Quantifier::No) =>
            {
                let turns = (*local, domain, filter.as_deref(), body.as_deref());
                self.branch_on_all(*quantifier, turns, (when, label), scope);
            }
            ExpressionKind::Binary(operator, left, right) => {
                let equal = self.same(left, right, scope);
                self.branch_on_value(equal, when == (*operator == Binary::Equal), label);
            }
            ExpressionKind::Call { definition, owner, arguments } => {
                let call = (*definition, owner.as_deref(), &arguments[..]);
                self.branch_on_call(call, (when, label), scope);
            }
            _ => {
                let truth = self.value(condition, scope);
                self.branch_on_value(truth, when, label);
            }
        }
    }

    /// Goes to `label` if it is `when` that both sides are as asked; the right is judged only if the left is.
    fn branch_both(
        &mut self,
        (left, left_wanted): (&Expression, bool),
        (right, right_wanted): (&Expression, bool),
        when: bool,
        label: Label,
        scope: &mut Scope,
    ) {
        if when {
            let end = self.routine.label();
            self.branch(left, !left_wanted, end, scope);
            self.branch(right, right_wanted, label, scope);
            self.routine.place(end);
        } else {
            self.branch(left, !left_wanted, label, scope);
            self.branch(right, !right_wanted, label, scope);
        }
    }

    /// The value of a condition, 0 or 1.
    pub(super) fn truth(&mut self, condition: &Expression, scope: &mut Scope) -> Operand {
        if let ExpressionKind::Binary(operator, left, right) = &condition.kind
            && !matches!(operator, Binary::And | Binary::Or | Binary::Implies)
            && left.ty.is_scalar()
        {
            let seems_none = could_seem_none(left, right);
            let left_is_optional = matches!(left.ty, Type::Optional(_) | Type::Nothing);
            let left = self.value(left, scope);
            let right = self.value(right, scope);
            let plain = if left_is_optional { right } else { left };
            return match seems_none {
                true => self.compare_with_optional(*operator, left, right, plain),
                false => self.compare(*operator, left, right),
            };
        }
        let (to, end) = (self.temporary(), self.routine.label());
        self.copy(to, Operand::Constant(0));
        self.branch(condition, false, end, scope);
        let is_always_false = !self.routine.is_reachable();
        let is_always_true = !self.routine.is_jumped_to(end);
        self.copy(to, Operand::Constant(1));
        self.routine.place(end);
        match (is_always_false, is_always_true) {
            (true, _) => Operand::Constant(0),
            (_, true) => Operand::Constant(1),
            _ => Operand::Register(to),
        }
    }

    /// Whether two scalars are equal, of which one may be `none` and the other, a plain number, may be
    /// what stands for `none`.
    fn compare_with_optional(
        &mut self,
        operator: Binary,
        left: Operand,
        right: Operand,
        plain: Operand,
    ) -> Operand {
        let equal = self.compare(Binary::Equal, left, right);
        let is_code_of_none = self.compare(Binary::Equal, plain, Operand::Constant(NONE));
        match operator {
            Binary::Equal => self.compare(Binary::Less, is_code_of_none, equal),
            _ => self.compare(Binary::AtMost, equal, is_code_of_none),
        }
    }

    /// Goes to `label` if a truth value is `when`.
    pub(super) fn branch_on_value(&mut self, truth: Operand, when: bool, label: Label) {
        let zero = Operand::Constant(0);
        self.branch_on_comparison(Binary::Different, (truth, zero), when, label);
    }

    /// Goes to `label` if it is `when` that a comparison holds.
    pub(super) fn branch_on_comparison(
        &mut self,
        operator: Binary,
        (left, right): (Operand, Operand),
        when: bool,
        label: Label,
    ) {
        if let (Operand::Constant(left), Operand::Constant(right)) = (left, right) {
            if judge(operator, left, right) == when {
                self.routine.jump(label);
            }
            return;
        }
        let (left, right) = (self.register(left), self.register(right));
        let to = target(label);
        let jump = match (operator, when) {
            (Binary::Equal, true) | (Binary::Different, false) => {
                Instruction::JumpEqual(left, right, to)
            }
            (Binary::Equal, false) | (Binary::Different, true) => {
                Instruction::JumpDifferent(left, right, to)
            }
            (Binary::Less, true) | (Binary::AtLeast, false) => {
                Instruction::JumpLess(left, right, to)
            }
            (Binary::Less, false) | (Binary::AtLeast, true) => {
                Instruction::JumpAtMost(right, left, to)
            }
            (Binary::AtMost, true) | (Binary::Greater, false) => {
                Instruction::JumpAtMost(left, right, to)
            }
            (Binary::AtMost, false) | (Binary::Greater, true) => {
                Instruction::JumpLess(right, left, to)
            }
            _ => unreachable!("only comparisons come here"),
        };
        self.emit(jump);
    }

    /// Goes to `label` if it is `when` that an instance is in one of some control states; `none` is in none.
    fn branch_on_state(
        &mut self,
        instance: &Expression,
        states: &[u32],
        when: bool,
        label: Label,
        scope: &mut Scope,
    ) {
        let end = self.routine.label();
        let if_none = if when { end } else { label };
        let machine = match &instance.ty {
            Type::Instance(machine) => *machine,
            Type::Optional(inner) if matches!(**inner, Type::Instance(_)) => {
                let Type::Instance(machine) = **inner else { unreachable!("matched above") };
                machine
            }
            _ => {
                // The literal `none` is all that is left.
                self.value(instance, scope);
                return self.branch_on_value(Operand::Constant(0), when, label);
            }
        };
        let instance_value = self.value(instance, scope);
        if matches!(instance.ty, Type::Optional(_)) {
            let none = (instance_value, Operand::Constant(NONE));
            self.branch_on_comparison(Binary::Equal, none, true, if_none);
        }
        if self.routine.is_reachable() {
            let control = self.control(machine, instance_value);
            self.branch_on_control(control, states, when, label);
        }
        self.routine.place(end);
    }

    /// Goes to `label` if it is `when` that a control state is one of some.
    pub(super) fn branch_on_control(
        &mut self,
        control: Operand,
        states: &[u32],
        when: bool,
        label: Label,
    ) {
        if let [state] = states {
            let state = Operand::Constant(i64::from(*state));
            return self.branch_on_comparison(Binary::Equal, (control, state), when, label);
        }
        if states.iter().all(|&state| state < 64) {
            let mask = states.iter().fold(0, |mask, state| mask | 1 << state);
            return self.branch_on_bit(Operand::Constant(mask), control, when, label);
        }
        let end = self.routine.label();
        let found = if when { label } else { end };
        for &state in states {
            let state = Operand::Constant(i64::from(state));
            self.branch_on_comparison(Binary::Equal, (control, state), true, found);
        }
        if !when {
            self.routine.jump(label);
        }
        self.routine.place(end);
    }

    /// Goes to `label` if it is `when` that a mask has the bit of a rank.
    pub(super) fn branch_on_bit(&mut self, mask: Operand, rank: Operand, when: bool, label: Label) {
        if let (Operand::Constant(mask), Operand::Constant(rank)) = (mask, rank) {
            let has = (0..64).contains(&rank) && mask >> rank & 1 == 1;
            return self.branch_on_value(Operand::Constant(i64::from(has)), when, label);
        }
        let (mask, rank) = (self.register(mask), self.register(rank));
        let to = target(label);
        self.emit(if when {
            Instruction::JumpMember(mask, rank, to)
        } else {
            Instruction::JumpNotMember(mask, rank, to)
        });
    }

    fn branch_on_member(
        &mut self,
        set: &Expression,
        element: &Expression,
        when: bool,
        label: Label,
        scope: &mut Scope,
    ) {
        if let ExpressionKind::SetOf(members) = &set.kind {
            return self.branch_on_listed(members, element, when, label, scope);
        }
        let Type::Set(domain) = &set.ty else { unreachable!("analysis wants a set here") };
        let domain = Domain::of(domain, self.model).strict();
        let mask = self.set(set, &domain, scope).mask;
        let code = self.value(element, scope);
        let inside = super::cost::is_inside(element, &domain);
        let rank = self.rank(code, &domain, inside).unwrap_or(Operand::Constant(-1));
        self.branch_on_bit(mask, rank, when, label);
    }

    /// `x in {a, b}`: all are evaluated, then compared.
    fn branch_on_listed(
        &mut self,
        members: &[Expression],
        element: &Expression,
        when: bool,
        label: Label,
        scope: &mut Scope,
    ) {
        let members: Vec<Operand> =
            members.iter().map(|member| self.value(member, scope)).collect();
        let element = self.value(element, scope);
        let end = self.routine.label();
        let found = if when { label } else { end };
        for member in members {
            self.branch_on_comparison(Binary::Equal, (element, member), true, found);
        }
        if !when {
            self.routine.jump(label);
        }
        self.routine.place(end);
    }

    fn branch_on_interval(
        &mut self,
        parts: [&Expression; 3],
        when: bool,
        label: Label,
        scope: &mut Scope,
    ) {
        let [value, low, high] = parts.map(|part| self.value(part, scope));
        let end = self.routine.label();
        let outside = if when { end } else { label };
        self.branch_on_comparison(Binary::Less, (value, low), true, outside);
        self.branch_on_comparison(Binary::AtMost, (value, high), when, label);
        self.routine.place(end);
    }
}

/// Whether a plain number that may be the code of `none` is compared with something that may be `none`.
fn could_seem_none(left: &Expression, right: &Expression) -> bool {
    let seems = |plain: &Expression, optional: &Expression| {
        let is_low = super::cost::interval(plain).is_some_and(|one| one.low == NONE);
        is_low && matches!(optional.ty, Type::Optional(_) | Type::Nothing)
    };
    seems(left, right) || seems(right, left)
}

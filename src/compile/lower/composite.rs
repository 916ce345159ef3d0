//! Arrays and queues that are nowhere until they are built, and their comparison.

use super::{Address, Lowering, Operand, Scope};
use crate::base::Id;
use crate::compile::layout::{Shape, encode};
use crate::compile::program::{Instruction, Register};
use crate::model::{Binary, Expression, ExpressionKind, Type};

impl Lowering<'_> {
    /// Puts a composite value into registers of its own.
    pub(super) fn build(&mut self, expression: &Expression, scope: &mut Scope) -> Address {
        let shape = Shape::of(&expression.ty, self.model);
        match &expression.kind {
            ExpressionKind::Constant(value) => {
                let codes = encode(value, &shape).expect("a constant is of its type");
                let base = self.program.frame.len() as u32;
                self.program.frame.extend(codes);
                Address::fixed(base)
            }
            ExpressionKind::QueueOf(members) => {
                let codes: Vec<Operand> =
                    members.iter().map(|member| self.value(member, scope)).collect();
                let block = self.fresh_block(1 + codes.len() as u32);
                self.copy(Register(block), Operand::Constant(codes.len() as i64));
                for (register, code) in (block + 1..).zip(codes) {
                    self.copy(Register(register), code);
                }
                Address::fixed(block)
            }
            ExpressionKind::ArrayOf(elements) => {
                let block = self.fresh_block(shape.slot_count());
                for ((offset, part), element) in shape.parts(0).into_iter().zip(elements) {
                    if element.ty.is_scalar() {
                        let code = self.value(element, scope);
                        self.copy(Register(block + offset), code);
                    } else {
                        self.copy_block(element, part, block + offset, scope);
                    }
                }
                Address::fixed(block)
            }
            ExpressionKind::If(condition, then, otherwise) => {
                let block = self.fresh_block(shape.slot_count());
                let (not_so, end) = (self.routine.label(), self.routine.label());
                self.branch(condition, false, not_so, scope);
                self.copy_block(then, &shape, block, scope);
                self.routine.jump(end);
                self.routine.place(not_so);
                self.copy_block(otherwise, &shape, block, scope);
                self.routine.place(end);
                Address::fixed(block)
            }
            ExpressionKind::Call { definition, owner, arguments } => {
                let mut inner = self.bind_call(*definition, owner.as_deref(), arguments, scope);
                self.locate(&self.model.definitions[*definition].value, &mut inner)
            }
            _ => unreachable!("no other expression is composite"),
        }
    }

    /// Copies a composite value into a block of temporaries; queues may be shorter than there is room for.
    pub(super) fn copy_block(
        &mut self,
        from: &Expression,
        to_shape: &Shape,
        block: u32,
        scope: &mut Scope,
    ) {
        if !self.routine.is_reachable() {
            return;
        }
        let source = self.locate(from, scope);
        let shape = Shape::of(&from.ty, self.model);
        for ((offset, part), (to, to_part)) in shape.parts(0).into_iter().zip(to_shape.parts(block))
        {
            let address = source.clone().moved(Operand::Constant(i64::from(offset)), 1);
            if let (Shape::Set(from), Shape::Set(wanted)) = (part, to_part) {
                let mask = self.load(&address);
                let mask = self.converted(mask, from, wanted).mask;
                self.copy(Register(to), mask);
                continue;
            }
            for at in 0..part.slot_count().min(to_part.slot_count()) {
                let value = self.load(&address.clone().moved(Operand::Constant(i64::from(at)), 1));
                self.copy(Register(to + at), value);
            }
        }
    }

    /// Registers of their own, one after the other.
    pub(super) fn fresh_block(&mut self, width: u32) -> u32 {
        let base = Register::from_index(self.program.frame.len());
        (0..width).for_each(|_| self.program.frame.push(0));
        base.0
    }

    /// Whether two sets, queues or arrays are equal, 0 or 1.
    pub(super) fn same(
        &mut self,
        left: &Expression,
        right: &Expression,
        scope: &mut Scope,
    ) -> Operand {
        if matches!(left.ty, Type::Set(_)) {
            return self.same_set(left, right, scope);
        }
        let left_shape = Shape::of(&left.ty, self.model);
        let right_shape = Shape::of(&right.ty, self.model);
        let left = self.locate(left, scope);
        let right = self.locate(right, scope);
        let (to, end) = (self.temporary(), self.routine.label());
        self.copy(to, Operand::Constant(0));
        let pairs = left_shape.parts(0).into_iter().zip(right_shape.parts(0));
        for ((left_offset, left_part), (right_offset, right_part)) in pairs {
            let left = left.clone().moved(Operand::Constant(i64::from(left_offset)), 1);
            let right = right.clone().moved(Operand::Constant(i64::from(right_offset)), 1);
            let same = self.same_part((&left, left_part), (&right, right_part));
            self.branch_on_value(same, false, end);
        }
        self.copy(to, Operand::Constant(1));
        self.routine.place(end);
        Operand::Register(to)
    }

    fn same_part(&mut self, left: (&Address, &Shape), right: (&Address, &Shape)) -> Operand {
        match (left.1, right.1) {
            (Shape::Queue { .. }, Shape::Queue { .. }) => {
                let (left, right) = (self.address_register(left.0), self.address_register(right.0));
                let to = self.temporary();
                self.emit(Instruction::SameQueue(to, left, right));
                Operand::Register(to)
            }
            (Shape::Set(from), Shape::Set(to)) => {
                let mask = self.load(left.0);
                let left = self.converted(mask, from, to);
                let mask = self.load(right.0);
                let right = self.converted(mask, to, to);
                self.same_masks(left, right)
            }
            _ => {
                let (left, right) = (self.load(left.0), self.load(right.0));
                self.compare(Binary::Equal, left, right)
            }
        }
    }
}

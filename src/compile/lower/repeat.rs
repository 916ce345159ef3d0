//! Turns over the values of a domain: unrolled with constants where that stays small, else a loop.

use super::cost::UNROLLED_COST;
use super::routine::target;
use super::{Binding, Lowering, Operand, Scope};
use crate::compile::layout::Domain;
use crate::compile::program::Instruction;
use crate::model::{LocalId, Type};

/// How often the code of a turn is run, each time that the loop is.
pub(super) type Times = u64;

impl Lowering<'_> {
    /// Lowers `turn` for every value of a domain, in order, bound to `local`.
    pub(super) fn each(
        &mut self,
        (local, domain): (LocalId, &Type),
        turn_cost: u64,
        scope: &mut Scope,
        mut turn: impl FnMut(&mut Self, &mut Scope, Times),
    ) {
        let domain = Domain::of(domain, self.model);
        if domain.size() <= 1 || domain.size().saturating_mul(turn_cost + 1) <= UNROLLED_COST {
            for rank in 0..domain.size() {
                scope.bind(local, Binding::Scalar(Operand::Constant(domain.code(rank))));
                self.releasing(|lowering| turn(lowering, scope, 1));
            }
        } else {
            self.loop_over(&domain, |lowering, value| {
                scope.bind(local, Binding::Scalar(value));
                turn(lowering, scope, domain.size());
            });
        }
        scope.bind(local, Binding::Unbound);
    }

    /// A loop over a domain that is not empty.
    fn loop_over(&mut self, domain: &Domain, mut turn: impl FnMut(&mut Self, Operand)) {
        self.releasing(|lowering| {
            let (rank, top) = (lowering.temporary(), lowering.routine.label());
            let is_rank = domain.low == 0 && !domain.optional;
            let value = if is_rank { rank } else { lowering.temporary() };
            let one = lowering.register(Operand::Constant(1));
            let count = lowering.register(Operand::Constant(domain.size() as i64));
            lowering.copy(rank, Operand::Constant(0));
            lowering.routine.place(top);
            if !is_rank {
                let domain = lowering.domain(domain);
                lowering.emit(Instruction::Unrank { to: value, rank, domain });
            }
            lowering.releasing(|lowering| turn(lowering, Operand::Register(value)));
            lowering.emit(Instruction::Add(rank, rank, one));
            lowering.emit(Instruction::JumpLess(rank, count, target(top)));
        });
    }
}

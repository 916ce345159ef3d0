//! What the enumeration of initial states runs: initial values, assumptions, and their conjuncts.

use super::action::conjuncts;
use super::{Binding, Lowering, Operand, Scope};
use crate::compile::layout::Domain;
use crate::compile::program::{Instruction, Position};
use crate::model::{Expression, ExpressionKind, Figure, Initial, Quantifier, VariableId};

/// A routine with the slots that it reads, in ranges; perhaps more than it does.
#[derive(Clone, Debug)]
pub struct Conjunct {
    /// A condition, or what sets a variable.
    pub routine: Position,
    /// What it reads.
    pub reads: Vec<(u32, u32)>,
}

impl Lowering<'_> {
    /// What gives a variable its initial value, confined to its range; none if it is `any`.
    pub fn initial(&mut self, variable: VariableId, owner: Option<u32>) -> Option<Conjunct> {
        let declared = &self.model.variables[variable];
        let Initial::Value(value) = &declared.initial else { return None };
        let self_instance = owner.map(|index| Operand::Constant(i64::from(index)));
        let mut scope = Scope { self_instance, ..Scope::default() };
        let (routine, reads) = self.routine(|lowering| {
            let address = lowering.variable(variable, self_instance);
            lowering.initialize(value, &declared.ty, &address, &mut scope);
            lowering.emit(Instruction::Finish(true));
            std::mem::take(&mut lowering.routine.reads)
        });
        Some(Conjunct { routine, reads })
    }

    /// A whole assumption.
    pub fn assumption(&mut self, assumption: &Figure) -> Position {
        let scope = scope_of(assumption);
        self.condition(&assumption.expression, &scope).routine
    }

    /// The parts of an assumption that must all be true: `and`s and quantifiers taken apart.
    pub fn conjuncts(&mut self, assumption: &Figure) -> Vec<Conjunct> {
        let mut found = Vec::new();
        self.take_apart(&assumption.expression, &scope_of(assumption), &mut found);
        found
    }

    fn take_apart(&mut self, whole: &Expression, scope: &Scope, found: &mut Vec<Conjunct>) {
        for conjunct in conjuncts(whole) {
            let ExpressionKind::Quantifier {
                quantifier: Quantifier::All,
                local,
                domain,
                filter: None,
                body: Some(body),
            } = &conjunct.kind
            else {
                found.push(self.condition(conjunct, scope));
                continue;
            };
            let domain = Domain::of(domain, self.model);
            for rank in 0..domain.size() {
                let mut scope = scope.clone();
                let code = Operand::Constant(domain.code(rank));
                scope.bind(*local, Binding::Scalar(code));
                self.take_apart(body, &scope, found);
            }
        }
    }

    fn condition(&mut self, condition: &Expression, scope: &Scope) -> Conjunct {
        let mut scope = scope.clone();
        let (routine, reads) = self.routine(|lowering| {
            let reject = lowering.routine.label();
            lowering.branch(condition, false, reject, &mut scope);
            lowering.emit(Instruction::Finish(true));
            lowering.routine.place(reject);
            lowering.emit(Instruction::Finish(false));
            std::mem::take(&mut lowering.routine.reads)
        });
        Conjunct { routine, reads }
    }
}

fn scope_of(assumption: &Figure) -> Scope {
    Scope { locals: vec![Binding::Unbound; assumption.locals.len()], ..Scope::default() }
}

//! Where a model can start: what every cell starts with, and what is assumed.

use std::ops::ControlFlow;

use itertools::Itertools;

use super::Interpreter;
use super::evaluate::{Names, Scope};
use super::location::fit;
use crate::base::Id;
use crate::model::{
    Binary, Cell, CellId, Expression, ExpressionKind, Initial, Quantifier, Type, Value, Values,
};
use crate::system::Breach;

impl Interpreter<'_> {
    /// Whether the model can start in this state: every cell has a value it may start with, and every
    /// assumption is true. They are taken apart at `and` and `all`: a part that is false decides, whatever
    /// else breaches; if none is, the first breach is one.
    pub fn is_start(&self, values: &Values) -> Result<bool, Breach> {
        if values.len() != self.model.cells.len() {
            return Ok(false);
        }
        for (cell, what) in self.model.cells.iter() {
            let value = &values[cell.index()];
            let may_have = match self.initial(cell)? {
                Some(initial) => *value == initial,
                None => self.is_of_type(value, self.type_of(what)),
            };
            if !may_have {
                return Ok(false);
            }
        }
        self.is_assumed(values)
    }

    /// Visits every state that the model can start in, and every candidate that breaches, by trying all
    /// values of all variables that start with `any`. Meant for small models.
    pub fn starts(&self, visit: &mut dyn FnMut(Result<Values, Breach>) -> ControlFlow<()>) {
        let choices = |(cell, what)| match self.initial(cell) {
            Ok(Some(value)) => Ok(vec![value]),
            Ok(None) => Ok(self.all_of_type(self.type_of(what))),
            Err(breach) => Err(breach),
        };
        let candidates = match self.model.cells.iter().map(choices).collect::<Result<Vec<_>, _>>() {
            Ok(choices) => choices.into_iter().multi_cartesian_product(),
            Err(breach) => {
                let _ = visit(Err(breach));
                return;
            }
        };
        for candidate in candidates {
            let judged = match self.is_assumed(&candidate) {
                Ok(true) => Ok(candidate),
                Ok(false) => continue,
                Err(breach) => Err(breach),
            };
            if visit(judged).is_break() {
                return;
            }
        }
    }

    /// What a cell starts with; none if it is any value of its type.
    ///
    /// Control states start with the first, budgets full. An initial value that reads another variable
    /// works out that one's initial value first; the checker has made sure that this comes to an end.
    pub fn initial(&self, cell: CellId) -> Result<Option<Value>, Breach> {
        match self.model.cells.cell(cell) {
            Cell::Control(machine, _) => Ok(Some(Value::Control(machine, 0))),
            Cell::Budget(action, _) => {
                let budget = self.model.actions[action].budget;
                Ok(budget.map(|budget| Value::Number(budget.limit.into())))
            }
            Cell::Variable(variable, owner) => {
                let declared = &self.model.variables[variable];
                let Initial::Value(expression) = &declared.initial else { return Ok(None) };
                let names = Names::of(declared.machine.zip(owner));
                let value = self.evaluate(expression, Scope { state: None, names: &names })?;
                fit(value, &declared.ty, expression.span).map(Some)
            }
        }
    }

    fn is_assumed(&self, values: &Values) -> Result<bool, Breach> {
        let names = Names::of(None);
        let scope = Scope { state: Some(values), names: &names };
        let mut breach = None;
        let mut assumed = self.model.assumptions.iter();
        let is_possible = assumed.all(|one| self.may_be(&one.expression, scope, &mut breach));
        breach.filter(|_| is_possible).map_or(Ok(is_possible), Err)
    }

    /// Whether no part of an assumption is false; the first breach of a part is noted.
    fn may_be(&self, whole: &Expression, scope: Scope, breach: &mut Option<Breach>) -> bool {
        match &whole.kind {
            ExpressionKind::Binary(Binary::And, left, right) => {
                self.may_be(left, scope, breach) && self.may_be(right, scope, breach)
            }
            ExpressionKind::Quantifier {
                quantifier: Quantifier::All,
                local,
                domain,
                filter: None,
                body: Some(body),
            } => domain.values(self.model).all(|value| {
                let names = scope.names.with(*local, value);
                self.may_be(body, Scope { names: &names, ..scope }, breach)
            }),
            _ => self.is_true(whole, scope).unwrap_or_else(|found| {
                breach.get_or_insert(found);
                true
            }),
        }
    }

    /// The type of a variable's cell.
    fn type_of(&self, cell: Cell) -> &Type {
        match cell {
            Cell::Variable(variable, _) => &self.model.variables[variable].ty,
            _ => unreachable!("only variables start with any value"),
        }
    }

    fn is_of_type(&self, value: &Value, ty: &Type) -> bool {
        match (ty, value) {
            (Type::Set(domain), Value::Set(elements)) => {
                elements.iter().all(|element| self.is_of_type(element, domain))
            }
            (Type::Array { index, element }, Value::Array(items)) => {
                items.len() == index.values(self.model).count()
                    && items.iter().all(|item| self.is_of_type(item, element))
            }
            _ => ty.values(self.model).any(|one| one == *value),
        }
    }

    fn all_of_type(&self, ty: &Type) -> Vec<Value> {
        match ty {
            Type::Set(domain) => {
                let sets = domain.values(self.model).powerset();
                sets.map(|elements| Value::Set(elements.into_iter().collect())).collect()
            }
            Type::Array { index, element } => {
                let items = index.values(self.model).map(|_| self.all_of_type(element));
                items.multi_cartesian_product().map(Value::Array).collect()
            }
            _ => ty.values(self.model).collect(),
        }
    }
}

//! What statements do: in order, each seeing the ones before.

use super::Interpreter;
use super::evaluate::{Names, Scope, as_instance, as_number, as_queue};
use super::location::{Location, View, fit};
use crate::base::Span;
use crate::model::{Cell, Expression, LocalId, Place, Statement, StatementKind, Type, Value};
use crate::system::{Breach, Rule};

/// A run of statements, and what they have counted; nothing reads it, so turns count as they come.
pub(super) struct Execution<'i> {
    interpreter: &'i Interpreter<'i>,
    /// By meter, the ticks first.
    pub counts: Vec<u64>,
}

impl<'i> Execution<'i> {
    /// Nothing has run.
    pub fn new(interpreter: &'i Interpreter<'i>) -> Execution<'i> {
        Execution { interpreter, counts: vec![0; 1 + interpreter.model.meters.len()] }
    }

    /// Runs statements one after the other.
    pub fn run(
        &mut self,
        body: &[Statement],
        names: &mut Names,
        view: &mut View,
    ) -> Result<(), Breach> {
        body.iter().try_for_each(|statement| self.step(statement, names, view))
    }

    fn step(
        &mut self,
        statement: &Statement,
        names: &mut Names,
        view: &mut View,
    ) -> Result<(), Breach> {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Assign(place, value) => {
                let value = self.evaluate(value, names, view)?;
                let location = self.locate(place, names, view)?;
                view.assign(&location, value, span)
            }
            StatementKind::Add(place, amount) => {
                let amount = as_number(self.evaluate(amount, names, view)?);
                let location = self.locate_to_change(place, names, view)?;
                view.add(&location, i128::from(amount), span)
            }
            StatementKind::Subtract(place, amount) => {
                let amount = as_number(self.evaluate(amount, names, view)?);
                let location = self.locate_to_change(place, names, view)?;
                view.add(&location, -i128::from(amount), span)
            }
            StatementKind::SetControl { instance, control } => {
                let (machine, index) = as_instance(self.evaluate(instance, names, view)?);
                let cell = self.interpreter.model.cells.control(machine, index);
                let location = Location::of(cell.expect("the machine has control states"));
                view.assign(&location, Value::Control(machine, *control), span)
            }
            StatementKind::Count(meter, amount) => {
                let amount = match amount {
                    Some(amount) => as_number(self.evaluate(amount, names, view)?),
                    None => 1,
                };
                self.count(1 + meter.0 as usize, amount)
                    .map_err(|rule| Breach { rule, place: span })
            }
            StatementKind::Let(local, value) => {
                let value = self.evaluate(value, names, view)?;
                names.bind(*local, value);
                Ok(())
            }
            StatementKind::If { branches, otherwise } => {
                for (condition, then) in branches {
                    if self.is_true(condition, names, view)? {
                        return self.run(then, names, view);
                    }
                }
                self.run(otherwise, names, view)
            }
            StatementKind::For { local, domain, filter, body } => {
                let turns = Turns { local: *local, domain, filter: filter.as_ref(), body };
                if turns.have_order() {
                    self.run_in_order(&turns, names, view)
                } else {
                    self.run_without_order(&turns, names, view)
                }
            }
            StatementKind::Push(place, element) => {
                let element = self.evaluate(element, names, view)?;
                self.change_queue(place, span, names, view, |queue| {
                    queue.push(element);
                    Ok(())
                })
            }
            StatementKind::PopFirst(place) => {
                self.change_queue(place, span, names, view, |queue| {
                    if queue.is_empty() {
                        return Err(Rule::QueueEmpty);
                    }
                    queue.remove(0);
                    Ok(())
                })
            }
            StatementKind::PopLast(place) => self.change_queue(place, span, names, view, |queue| {
                queue.pop().map(|_| ()).ok_or(Rule::QueueEmpty)
            }),
            StatementKind::RemoveFromQueue(place, element) => {
                let element = self.evaluate(element, names, view)?;
                self.change_queue(place, span, names, view, |queue| {
                    let first = queue.iter().position(|one| *one == element);
                    first.map(|at| queue.remove(at));
                    Ok(())
                })
            }
            StatementKind::AddToSet(place, element) => {
                let element = self.evaluate(element, names, view)?;
                let set = self.locate_to_change(place, names, view)?;
                let element = fit(element, domain_of(&place.ty), span)?;
                view.assign(&set.member(element), Value::Bool(true), span)
            }
            StatementKind::RemoveFromSet(place, element) => {
                let element = self.evaluate(element, names, view)?;
                let set = self.locate_to_change(place, names, view)?;
                // What cannot be in the set is not in it.
                match self.interpreter.rank(&element, domain_of(&place.ty)) {
                    Some(_) => view.assign(&set.member(element), Value::Bool(false), span),
                    None => Ok(()),
                }
            }
        }
    }

    fn count(&mut self, meter: usize, amount: i64) -> Result<(), Rule> {
        let amount = u64::try_from(amount).map_err(|_| Rule::NegativeCount)?;
        let sum = self.counts[meter].checked_add(amount);
        self.counts[meter] = sum.ok_or(Rule::Overflow)?;
        Ok(())
    }

    /// Reads a queue, changes it, and assigns it as a whole.
    fn change_queue(
        &self,
        place: &Place,
        span: Span,
        names: &Names,
        view: &mut View,
        change: impl FnOnce(&mut Vec<Value>) -> Result<(), Rule>,
    ) -> Result<(), Breach> {
        let location = self.locate_to_change(place, names, view)?;
        let mut queue = as_queue(view.value(&location));
        change(&mut queue).map_err(|rule| Breach { rule, place: span })?;
        view.assign(&location, Value::Queue(queue), span)
    }

    fn evaluate(&self, value: &Expression, names: &Names, view: &View) -> Result<Value, Breach> {
        self.interpreter.evaluate(value, Scope { state: Some(view.values()), names })
    }

    fn is_true(&self, condition: &Expression, names: &Names, view: &View) -> Result<bool, Breach> {
        self.interpreter.is_true(condition, Scope { state: Some(view.values()), names })
    }
}

/// The turns of a `for`.
struct Turns<'s> {
    local: LocalId,
    domain: &'s Type,
    filter: Option<&'s Expression>,
    body: &'s [Statement],
}

impl Turns<'_> {
    /// Instances have no order, so turns over them have none.
    fn have_order(&self) -> bool {
        match self.domain {
            Type::Instance(_) => false,
            Type::Optional(inner) => !matches!(**inner, Type::Instance(_)),
            _ => true,
        }
    }
}

/// Loops.
impl Execution<'_> {
    /// Each turn sees the ones before.
    fn run_in_order(
        &mut self,
        turns: &Turns,
        names: &Names,
        view: &mut View,
    ) -> Result<(), Breach> {
        for value in turns.domain.values(self.interpreter.model) {
            self.run_turn(turns, names.with(turns.local, value), view)?;
        }
        Ok(())
    }

    /// Each turn sees the state before the loop and what it has changed itself.
    fn run_without_order(
        &mut self,
        turns: &Turns,
        names: &Names,
        view: &mut View,
    ) -> Result<(), Breach> {
        let mut done = Vec::new();
        for value in turns.domain.values(self.interpreter.model) {
            let mut turn = view.turn();
            self.run_turn(turns, names.with(turns.local, value), &mut turn)?;
            done.push(turn);
        }
        view.merge(&done)
    }

    fn run_turn(&mut self, turns: &Turns, mut names: Names, view: &mut View) -> Result<(), Breach> {
        let passes = turns.filter.map_or(Ok(true), |filter| self.is_true(filter, &names, view))?;
        if passes { self.run(turns.body, &mut names, view) } else { Ok(()) }
    }
}

/// Places.
impl Execution<'_> {
    /// Where a place is: its owner first, then its indices.
    fn locate(&self, place: &Place, names: &Names, view: &View) -> Result<Location, Breach> {
        let model = self.interpreter.model;
        let owner = match &place.owner {
            Some(owner) => as_instance(self.evaluate(owner, names, view)?).1,
            None => 0,
        };
        let mut location = Location::of(model.cells.variable(place.variable, owner));
        let mut ty = &model.variables[place.variable].ty;
        for index in &place.indices {
            let Type::Array { index: domain, element } = ty else {
                unreachable!("the checker lets only arrays be indexed")
            };
            let rank = self.interpreter.rank(&self.evaluate(index, names, view)?, domain);
            location = location.at(rank.ok_or(Breach { rule: Rule::Range, place: place.span })?);
            ty = element;
        }
        Ok(location)
    }

    /// Where a place is that is read as well as written, so that it must have a meaning.
    fn locate_to_change(
        &self,
        place: &Place,
        names: &Names,
        view: &View,
    ) -> Result<Location, Breach> {
        let location = self.locate(place, names, view)?;
        let variable = &self.interpreter.model.variables[place.variable];
        let owner = match self.interpreter.model.cells.cell(location.cell) {
            Cell::Variable(_, owner) => owner,
            Cell::Control(..) | Cell::Budget(..) => None,
        };
        if self.interpreter.has_meaning(variable, owner, view.values()) {
            Ok(location)
        } else {
            Err(Breach { rule: Rule::Meaningless, place: place.span })
        }
    }
}

fn domain_of(set: &Type) -> &Type {
    match set {
        Type::Set(domain) => domain,
        _ => unreachable!("the checker lets elements be added only to sets"),
    }
}

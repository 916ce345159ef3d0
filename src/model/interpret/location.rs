//! What statements change, location by location, and how the turns of an unordered loop are merged.
//!
//! A *location* is the smallest thing that a turn can change by itself: a control state, a scalar, a
//! queue, or whether one element is in a set. A set as a whole is a location as well, above those of its
//! elements. In a plain sequence every change is judged and done at once. A turn of an unordered loop
//! works on a copy of the state and notes what it touches:
//!
//! - `=`, and all that is done to sets and queues, *assigns*: the value is judged at once.
//! - `+=` and `-=` on what the turn has not assigned only *accumulate*: the turn sees the result, which
//!   may be outside the range of the variable, and nobody judges it yet.
//!
//! After all turns, the loop does to the state before it one thing for each location: it assigns what
//! one turn has assigned, or adds what all turns together have accumulated, clamped or judged there,
//! once. Where one turn assigned and another touched the same location as well, the model breaches,
//! even if they assigned the same value; only that an element is in a set, or not, several turns may say.
//! If the loop itself stands in a turn of another one, this is what that turn does to the location.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::as_number;
use crate::base::{Id, Span};
use crate::model::{Cell, CellId, Edge, Interval, Model, Type, Value, Values};
use crate::system::{Breach, Rule};

/// A location; they are merged in ascending order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Location {
    /// The cell it is in.
    pub cell: CellId,
    /// The ranks of the indices that lead to it, outermost first.
    pub ranks: Vec<usize>,
    /// The element, if it is the membership of one.
    pub element: Option<Value>,
}

impl Location {
    /// All of a cell.
    pub fn of(cell: CellId) -> Location {
        Location { cell, ranks: Vec::new(), element: None }
    }

    /// An element of the array that is here.
    pub fn at(&self, rank: usize) -> Location {
        Location { ranks: [&self.ranks[..], &[rank]].concat(), ..self.clone() }
    }

    /// The membership of an element in the set that is here.
    pub fn member(&self, element: Value) -> Location {
        Location { element: Some(element), ..self.clone() }
    }

    /// The set whose element it is; else itself.
    fn whole(&self) -> Location {
        Location { element: None, ..self.clone() }
    }
}

/// What a turn has done to a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// It has assigned the value that it sees there.
    Assigned,
    /// It has added this much, all in all.
    Added(i128),
    /// It has assigned the membership of some elements, but not the set.
    InPart,
}

/// What a turn has done to a location, and the first of its statements that touched it.
#[derive(Clone, Copy, Debug)]
struct Touch {
    change: Change,
    first: Span,
}

/// The state as statements see it, with everything done that they have done.
#[derive(Clone, Debug)]
pub(super) struct View<'m> {
    model: &'m Model,
    values: Values,
    /// What a turn has touched; none in a plain sequence.
    touched: Option<BTreeMap<Location, Touch>>,
}

/// Reading, and changing one location.
impl<'m> View<'m> {
    /// A plain sequence that starts with these values.
    pub fn of(model: &'m Model, values: Values) -> View<'m> {
        View { model, values, touched: None }
    }

    /// The state as it is seen.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The state after the last statement.
    pub fn into_values(self) -> Values {
        self.values
    }

    /// The value at a location; for the membership of an element, whether it is in the set.
    pub fn value(&self, location: &Location) -> Value {
        let mut value = &self.values[location.cell.index()];
        for &rank in &location.ranks {
            let Value::Array(items) = value else { unreachable!("only arrays are indexed") };
            value = &items[rank];
        }
        match (&location.element, value) {
            (Some(element), Value::Set(elements)) => Value::Bool(elements.contains(element)),
            _ => value.clone(),
        }
    }

    /// Assigns: clamped, or judged at once. An array is assigned element by element.
    pub fn assign(&mut self, location: &Location, value: Value, place: Span) -> Result<(), Breach> {
        if let Value::Array(items) = value {
            for (rank, item) in items.into_iter().enumerate() {
                self.assign(&location.at(rank), item, place)?;
            }
            return Ok(());
        }
        let value = match self.type_of(location) {
            Some(ty) => fit(value, ty, place)?,
            None => value,
        };
        self.set(location, value);
        self.note_assigned(location, place);
        Ok(())
    }

    /// Adds: in a turn that has not assigned the location this is only accumulated.
    pub fn add(&mut self, location: &Location, amount: i128, place: Span) -> Result<(), Breach> {
        let sum = i128::from(as_number(self.value(location))) + amount;
        let sum = i64::try_from(sum).map_err(|_| Breach { rule: Rule::Overflow, place })?;
        match self.accumulated(location) {
            None => self.assign(location, Value::Number(sum), place),
            Some(before) => {
                self.set(location, Value::Number(sum));
                self.note(location.clone(), Change::Added(before + amount), place);
                Ok(())
            }
        }
    }

    /// Puts a value where it belongs.
    fn set(&mut self, location: &Location, value: Value) {
        let mut target = &mut self.values[location.cell.index()];
        for &rank in &location.ranks {
            let Value::Array(items) = target else { unreachable!("only arrays are indexed") };
            target = &mut items[rank];
        }
        match (&location.element, target) {
            (Some(element), Value::Set(elements)) if value == Value::Bool(true) => {
                elements.insert(element.clone());
            }
            (Some(element), Value::Set(elements)) => {
                elements.remove(element);
            }
            (_, target) => *target = value,
        }
    }

    /// The type of what is at a location; none for a control state or a membership.
    fn type_of(&self, location: &Location) -> Option<&'m Type> {
        let (Cell::Variable(variable, _), None) =
            (self.model.cells.cell(location.cell), &location.element)
        else {
            return None;
        };
        let declared = &self.model.variables[variable].ty;
        Some(location.ranks.iter().fold(declared, |ty, _| match ty {
            Type::Array { element, .. } => element,
            _ => unreachable!("only arrays are indexed"),
        }))
    }
}

/// Turns of an unordered loop.
impl<'m> View<'m> {
    /// A turn that starts from what is seen here, and has touched nothing.
    pub fn turn(&self) -> View<'m> {
        View { touched: Some(BTreeMap::new()), ..self.clone() }
    }

    /// Does what the turns of an unordered loop have done, all of which started from here.
    pub fn merge(&mut self, turns: &[View]) -> Result<(), Breach> {
        let touched = turns.iter().flat_map(|turn| &turn.touched);
        let locations: BTreeSet<&Location> = touched.flat_map(BTreeMap::keys).collect();
        locations.into_iter().try_for_each(|location| self.merge_location(location, turns))
    }

    fn merge_location(&mut self, location: &Location, turns: &[View]) -> Result<(), Breach> {
        let touch_of = |turn: &View| turn.touched.as_ref()?.get(location).copied();
        let touches: Vec<Touch> = turns.iter().filter_map(touch_of).collect();
        let place = touches[0].first;
        let added: Option<i128> = touches.iter().map(Touch::added).sum();
        let has_assigned =
            |turn: &&View| touch_of(turn).is_some_and(|touch| touch.change == Change::Assigned);
        let assigned = turns.iter().filter(has_assigned).map(|turn| turn.value(location));
        match (&assigned.collect::<Vec<_>>()[..], added) {
            ([], Some(amount)) => self.add(location, amount, place),
            ([], None) => {
                // The elements of the set follow, one by one.
                self.note_part(location.clone(), place);
                Ok(())
            }
            ([value], _) if touches.len() == 1 => self.assign(location, value.clone(), place),
            ([value, others @ ..], _)
                if location.element.is_some() && others.iter().all(|other| other == value) =>
            {
                self.assign(location, value.clone(), place)
            }
            _ => Err(Breach { rule: Rule::Conflict, place }),
        }
    }

    /// What a turn has accumulated at a location so far; none if it has assigned it, or is no turn.
    fn accumulated(&self, location: &Location) -> Option<i128> {
        let touched = self.touched.as_ref()?;
        touched.get(location).map_or(Some(0), Touch::added)
    }

    fn note(&mut self, location: Location, change: Change, place: Span) {
        if let Some(touched) = &mut self.touched {
            touched.entry(location).or_insert(Touch { change, first: place }).change = change;
        }
    }

    /// Notes a set of which an element is assigned; a set that was assigned before stays so.
    fn note_part(&mut self, set: Location, place: Span) {
        if let Some(touched) = &mut self.touched {
            touched.entry(set).or_insert(Touch { change: Change::InPart, first: place });
        }
    }

    /// A set that is assigned stands for all its elements, from then on.
    fn note_assigned(&mut self, location: &Location, place: Span) {
        let whole = location.whole();
        if location.element.is_some() {
            self.note_part(whole.clone(), place);
        }
        let Some(touched) = &mut self.touched else { return };
        if location.element.is_none() {
            touched.retain(|other, _| other == location || other.whole() != whole);
        } else if touched.get(&whole).is_some_and(|set| set.change == Change::Assigned) {
            return;
        }
        self.note(location.clone(), Change::Assigned, place);
    }
}

impl Touch {
    /// How much it has added; none if it did something else.
    fn added(&self) -> Option<i128> {
        match self.change {
            Change::Added(amount) => Some(amount),
            Change::Assigned | Change::InPart => None,
        }
    }
}

/// A value as a variable of this type takes it: clamped if the type says so; else a breach if it is
/// outside, or longer than a queue may be.
pub(super) fn fit(value: Value, ty: &Type, place: Span) -> Result<Value, Breach> {
    let each = |items: Vec<Value>, ty: &Type| {
        items.into_iter().map(|item| fit(item, ty, place)).collect::<Result<Vec<_>, _>>()
    };
    match (ty, value) {
        (Type::Number(interval), Value::Number(number)) => {
            let fitting = fit_number(number, interval);
            Ok(Value::Number(fitting.ok_or(Breach { rule: Rule::Range, place })?))
        }
        (Type::Optional(inner), value) => fit(value, inner, place),
        (Type::Set(domain), Value::Set(elements)) => {
            let elements = elements.into_iter().map(|element| fit(element, domain, place));
            elements.collect::<Result<_, _>>().map(Value::Set)
        }
        (Type::Array { element, .. }, Value::Array(items)) => {
            each(items, element).map(Value::Array)
        }
        (Type::Queue { element, capacity }, Value::Queue(items)) => {
            let items = each(items, element)?;
            if items.len() > *capacity as usize {
                return Err(Breach { rule: Rule::QueueFull, place });
            }
            Ok(Value::Queue(items))
        }
        (_, value) => Ok(value),
    }
}

/// None if it is outside.
fn fit_number(number: i64, interval: &Interval) -> Option<i64> {
    let fitting = number.clamp(interval.low, interval.high);
    (fitting == number || interval.edge == Edge::Clamp).then_some(fitting)
}

/// A value of this type after one unit of time: every timer in it is one lower, or still at 0.
pub(super) fn run_down(value: &Value, ty: &Type) -> Value {
    match (ty, value) {
        (Type::Number(interval), Value::Number(left)) if interval.edge == Edge::Timer => {
            Value::Number((left - 1).max(0))
        }
        (Type::Optional(inner), value) => run_down(value, inner),
        (Type::Array { element, .. }, Value::Array(items)) => {
            Value::Array(items.iter().map(|item| run_down(item, element)).collect())
        }
        _ => value.clone(),
    }
}

//! Types, and how many values each has.

use super::value::Value;
use super::{EnumId, MachineId, Model};

/// A type. Numbers carry the interval they are known to lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A number.
    Number(Interval),
    /// One of the values of an enum.
    Enum(EnumId),
    /// One of the instances of a machine.
    Instance(MachineId),
    /// A value or `none`; never nested. The literal `none` alone has the type `Optional(Nothing)`.
    Optional(Box<Type>),
    /// The type of what `none` could have been, where nothing says so; it has no values.
    Nothing,
    /// A set over a scalar type with at most [`SET_DOMAIN_MAX`] values.
    Set(Box<Type>),
    /// An array, indexed by a scalar type.
    Array {
        /// What indexes it.
        index: Box<Type>,
        /// What it holds.
        element: Box<Type>,
    },
    /// A queue of scalars.
    Queue {
        /// What it holds.
        element: Box<Type>,
        /// How many at most.
        capacity: u32,
    },
}

/// The most values that the elements of a set may be chosen from, so that a set fits one word.
pub const SET_DOMAIN_MAX: u64 = 64;

/// The numbers from `low` to `high`, both included, and what happens at their ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The lowest.
    pub low: i64,
    /// The highest.
    pub high: i64,
    /// What happens to a variable of this type when a value would leave the interval. For
    /// expressions, which are only known to lie in it, always [`Edge::Breach`].
    pub edge: Edge,
}

/// What happens where a number would leave its range, and whether time runs it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The model breaches.
    Breach,
    /// The value is clamped (`saturating`).
    Clamp,
    /// The model breaches; and each tick runs the value down by one, stopping at 0 (`timer`).
    Timer,
}

impl Interval {
    /// From low to high, for an expression.
    pub fn new(low: i64, high: i64) -> Interval {
        Interval { low, high, edge: Edge::Breach }
    }
    /// All 64-bit numbers.
    pub const ALL: Interval = Interval { low: i64::MIN, high: i64::MAX, edge: Edge::Breach };

    /// Whether every number of `other` is in it.
    pub fn covers(&self, other: &Interval) -> bool {
        self.low <= other.low && other.high <= self.high
    }
}

impl Type {
    /// A number known to lie between the two.
    pub fn number(low: i64, high: i64) -> Type {
        Type::Number(Interval::new(low, high))
    }

    /// Whether it is a scalar: a bool, number, enum, instance, or an optional one.
    pub fn is_scalar(&self) -> bool {
        match self {
            Type::Bool | Type::Number(_) | Type::Enum(_) | Type::Instance(_) => true,
            // What is optional is a scalar, also where only `none` is known of it.
            Type::Optional(_) => true,
            _ => false,
        }
    }

    /// The machine of an instance that it holds, or may hold. The turns of a loop over it have no order.
    pub fn machine(&self) -> Option<MachineId> {
        match self {
            Type::Instance(machine) => Some(*machine),
            Type::Optional(inner) => inner.machine(),
            _ => None,
        }
    }

    /// How many values a scalar type has, saturating; 0 for all others.
    pub fn value_count(&self, model: &Model) -> u64 {
        match self {
            Type::Bool => 2,
            Type::Number(interval) => {
                let span = i128::from(interval.high) - i128::from(interval.low) + 1;
                u64::try_from(span.max(0)).unwrap_or(u64::MAX)
            }
            Type::Enum(id) => model.enums[*id].values.len() as u64,
            Type::Instance(id) => u64::from(model.machines[*id].count),
            Type::Optional(inner) => inner.value_count(model).saturating_add(1),
            _ => 0,
        }
    }

    /// The value of a scalar type with the given rank, in the order in which they are enumerated:
    /// `false` before `true`, numbers ascending, names as declared, instances by index, `none` last.
    pub fn value_at(&self, rank: u64, model: &Model) -> Option<Value> {
        if rank >= self.value_count(model) {
            return None;
        }
        Some(match self {
            Type::Bool => Value::Bool(rank == 1),
            Type::Number(interval) => {
                Value::Number((i128::from(interval.low) + i128::from(rank)) as i64)
            }
            Type::Enum(id) => Value::Enum(*id, rank as u32),
            Type::Instance(id) => Value::Instance(*id, rank as u32),
            Type::Optional(inner) => inner.value_at(rank, model).unwrap_or(Value::None),
            _ => return None,
        })
    }

    /// All values of a scalar type, in order of their ranks.
    pub fn values<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = Value> + 'a {
        (0..self.value_count(model)).filter_map(|rank| self.value_at(rank, model))
    }
}

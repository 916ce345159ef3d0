//! Values, as the reference meaning and every report see them.

use std::collections::BTreeSet;

use super::{EnumId, MachineId};

/// A value. An optional value that is there is the value itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(i64),
    /// A value of an enum, by its position.
    Enum(EnumId, u32),
    /// An instance of a machine, by its index from 0.
    Instance(MachineId, u32),
    /// A control state of a machine, by its position.
    Control(MachineId, u32),
    /// `none`.
    None,
    /// A set.
    Set(BTreeSet<Value>),
    /// An array, by the rank of the index.
    Array(Vec<Value>),
    /// A queue, its first element first.
    Queue(Vec<Value>),
}

/// A state as the reference meaning sees it: a value for each [`Cell`](super::Cell), in their order.
pub type Values = Vec<Value>;

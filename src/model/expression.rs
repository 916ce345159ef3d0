//! Typed expressions.

use super::types::Type;
use super::value::Value;
use super::{DefinitionId, LocalId, MachineId, VariableId};
use crate::base::Span;

/// An expression with its type.
///
/// Invariant: what an operator takes has the types it needs; where a `T?` stands for a `T` there is
/// a [`Demand`](ExpressionKind::Demand). The interval of a numeric type holds every value that
/// the expression can have without breaching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// Where it stands.
    pub span: Span,
    /// What it yields.
    pub ty: Type,
    /// Which one.
    pub kind: ExpressionKind,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// A literal, a parameter, an enum value, the instance of a single machine.
    Constant(Value),
    /// A parameter of the action or definition, a quantifier's or loop's value, or a `let`.
    Local(LocalId),
    /// `self`.
    SelfInstance,
    /// `e.index`, from 0; only in initial values and assumptions.
    IndexOf(Box<Expression>),
    /// `Node(i)`; only in initial values and assumptions. Out of range it breaches.
    InstanceAt(MachineId, Box<Expression>),
    /// A variable, of an instance if it belongs to a machine.
    Variable {
        /// Which.
        variable: VariableId,
        /// Whose; none if it stands outside machines.
        owner: Option<Box<Expression>>,
    },
    /// `a[i]`.
    Element {
        /// The array.
        array: Box<Expression>,
        /// The index, of the array's index type or an interval not inside it (then it may breach).
        index: Box<Expression>,
    },
    /// A `T?` where a `T` is wanted; `none` breaches.
    Demand(Box<Expression>),
    /// A definition, its arguments evaluated first, from the left.
    Call {
        /// Which.
        definition: DefinitionId,
        /// Of which instance, if it belongs to a machine.
        owner: Option<Box<Expression>>,
        /// Its arguments.
        arguments: Vec<Expression>,
    },
    /// `not e`.
    Not(Box<Expression>),
    /// `-e`.
    Negate(Box<Expression>),
    /// An operator between two.
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// `v is a | b`; false for `none`. The control states by position.
    Is(Box<Expression>, Vec<u32>),
    /// `x in s`.
    Contains {
        /// The set.
        set: Box<Expression>,
        /// The element; perhaps outside the set's domain, then it is not in it.
        element: Box<Expression>,
    },
    /// `x in low..high`, each evaluated once, from the left.
    Within(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `if p then a else b`.
    If(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `all x: T [where p]: q` and its like: every value of the domain that passes the filter is
    /// judged, in the order of [`Type::values`].
    Quantifier {
        /// Which.
        quantifier: Quantifier,
        /// The value of each turn.
        local: LocalId,
        /// A scalar type.
        domain: Type,
        /// `where p`.
        filter: Option<Box<Expression>>,
        /// What is asked or summed; absent for `count`.
        body: Option<Box<Expression>>,
    },
    /// `{a, b}`.
    SetOf(Vec<Expression>),
    /// `[a, b]`.
    QueueOf(Vec<Expression>),
    /// `[a, b]` where an array is wanted: a value for each index, in their order.
    ArrayOf(Vec<Expression>),
    /// `min(a, b, …)`, of one at least.
    Min(Vec<Expression>),
    /// `max(a, b, …)`, of one at least.
    Max(Vec<Expression>),
    /// `first(q)`; breaches if empty.
    First(Box<Expression>),
    /// `last(q)`; breaches if empty.
    Last(Box<Expression>),
    /// `length(q)`.
    Length(Box<Expression>),
    /// `size(s)`.
    Size(Box<Expression>),
    /// `resting`: no `action` or `eventually action` is enabled (a breaching one is), and a tick
    /// would change nothing. Only in figures.
    Resting,
}

impl Expression {
    /// The expressions directly inside it.
    pub fn children(&self) -> Vec<&Expression> {
        use ExpressionKind as Kind;
        match &self.kind {
            Kind::Constant(_) | Kind::Local(_) | Kind::SelfInstance | Kind::Resting => Vec::new(),
            Kind::IndexOf(one)
            | Kind::InstanceAt(_, one)
            | Kind::Demand(one)
            | Kind::Not(one)
            | Kind::Negate(one)
            | Kind::Is(one, _)
            | Kind::First(one)
            | Kind::Last(one)
            | Kind::Length(one)
            | Kind::Size(one) => vec![one],
            Kind::Variable { owner, .. } => owner.iter().map(|owner| &**owner).collect(),
            Kind::Element { array: a, index: b }
            | Kind::Contains { set: a, element: b }
            | Kind::Binary(_, a, b) => vec![a, b],
            Kind::Within(a, b, c) | Kind::If(a, b, c) => vec![a, b, c],
            Kind::Call { owner, arguments, .. } => {
                owner.iter().map(|owner| &**owner).chain(arguments).collect()
            }
            Kind::Quantifier { filter, body, .. } => {
                filter.iter().chain(body).map(|part| &**part).collect()
            }
            Kind::SetOf(all)
            | Kind::QueueOf(all)
            | Kind::ArrayOf(all)
            | Kind::Min(all)
            | Kind::Max(all) => all.iter().collect(),
        }
    }
}

/// Operators between two. `And`, `Or` and `Implies` judge the right side only if the left does not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // Their names say it.
pub enum Binary {
    Implies,
    Or,
    And,
    /// Of any two of the same type, `none` included.
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Add,
    Subtract,
    Multiply,
    /// Rounds down.
    Divide,
    /// Has the divisor's sign.
    Modulo,
    /// A negative exponent breaches.
    Power,
}

/// Quantifiers and their like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // Their names say it.
pub enum Quantifier {
    All,
    Some,
    No,
    Count,
    Sum,
}

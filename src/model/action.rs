//! Typed actions, statements and what each unit of time does.

use super::expression::Expression;
use super::types::Type;
use super::{LocalId, MachineId, ModelMeterId, VariableId};
use crate::base::Span;

/// A declared action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// Its documentation, a sentence with places to fill in.
    pub doc: Vec<DocPiece>,
    /// Where its name stands.
    pub span: Span,
    /// The machine whose instances have it; none outside.
    pub machine: Option<MachineId>,
    /// Which kind.
    pub kind: ActionKind,
    /// Whether it is strongly fair.
    pub strong: bool,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// `at most k [each]`.
    pub budget: Option<Budget>,
    /// The control states it starts from, by position; none for all.
    pub from: Option<Vec<u32>>,
    /// The control state it leads to.
    pub to: Option<u32>,
    /// `when p`.
    pub guard: Option<Expression>,
    /// What it does.
    pub body: Vec<Statement>,
    /// Everything that is local to it, parameters first.
    pub locals: Vec<Local>,
}

/// The kinds of action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names are the language's words.
pub enum ActionKind {
    Urgent,
    Eventually,
    May,
    Fault,
    Operator,
}

/// A piece of an action's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocPiece {
    /// Words.
    Text(String),
    /// `{name}`: its value before the step.
    Shown(Expression),
}

/// A parameter of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The local that holds it.
    pub local: LocalId,
    /// Its type, a scalar.
    pub ty: Type,
    /// `where p`, which may read the parameters before it.
    pub filter: Option<Expression>,
}

/// How often an action may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How often.
    pub limit: u32,
    /// Whether each machine instance has a budget of its own.
    pub each: bool,
}

/// A name inside an action, definition or figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// `on tick { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnTick {
    /// The machine for whose instances it runs; none outside.
    pub machine: Option<MachineId>,
    /// All of it.
    pub span: Span,
    /// What it does.
    pub body: Vec<Statement>,
    /// Everything that is local to it.
    pub locals: Vec<Local>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands.
    pub span: Span,
    /// Which one.
    pub kind: StatementKind,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `x = e`. The value is evaluated before the place's owner and indices.
    Assign(Place, Expression),
    /// `x += e`.
    Add(Place, Expression),
    /// `x -= e`.
    Subtract(Place, Expression),
    /// `v.state = s`, the control state by position.
    SetControl {
        /// Of which instance.
        instance: Expression,
        /// To which control state.
        control: u32,
    },
    /// `count m [+= e]`; one if no amount is given.
    Count(ModelMeterId, Option<Expression>),
    /// `let x = e`
    Let(LocalId, Expression),
    /// `if p { … } else if … else { … }`
    If {
        /// Conditions with what they lead to, in order.
        branches: Vec<(Expression, Vec<Statement>)>,
        /// What happens if none is true.
        otherwise: Vec<Statement>,
    },
    /// `for x: T [where p] { … }`
    For {
        /// The value of each turn.
        local: LocalId,
        /// A scalar type. Over instances (optional or not) the turns have no order; over all
        /// other types they run in the order of [`Type::values`], each seeing the ones before.
        domain: Type,
        /// `where p`, judged for each turn in the state that the turn sees.
        filter: Option<Expression>,
        /// Each turn.
        body: Vec<Statement>,
    },
    /// `push(q, e)`; breaches if full.
    Push(Place, Expression),
    /// `pop_first(q)`; breaches if empty.
    PopFirst(Place),
    /// `pop_last(q)`; breaches if empty.
    PopLast(Place),
    /// `remove(q, e)` for a queue: its first such element, if there is one.
    RemoveFromQueue(Place, Expression),
    /// `add(s, e)`
    AddToSet(Place, Expression),
    /// `remove(s, e)` for a set.
    RemoveFromSet(Place, Expression),
}

/// What a statement changes: a variable, or an element of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The variable.
    pub variable: VariableId,
    /// Whose; none if it stands outside machines.
    pub owner: Option<Expression>,
    /// The indices, outermost first; each may breach if it is outside.
    pub indices: Vec<Expression>,
    /// The type of what is changed, with its edge.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
}

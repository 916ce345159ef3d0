//! The tree as written: every part of the language, a span on every node, nothing resolved.
//!
//! A place where the text made no sense holds an `Error` node, about which a diagnostic has been given,
//! so later passes stay silent about it.

use crate::base::Span;

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name itself.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Documentation: the lines of `///` before a declaration, or behind it on its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// The lines, without the slashes and one space after them.
    pub lines: Vec<Name>,
    /// Whether it stands behind the declaration rather than before it.
    pub trailing: bool,
}

/// A whole file.
#[derive(Clone, Debug)]
pub struct File {
    /// What the first word says it is.
    pub kind: FileKind,
    /// Its name.
    pub name: Name,
    /// The documentation before its first word.
    pub doc: Option<Doc>,
    /// The libraries it uses, in order.
    pub uses: Vec<Use>,
    /// Its declarations, in order.
    pub declarations: Vec<Declaration>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `model NAME`.
    Model,
    /// `library NAME`.
    Library,
}

/// `use "path"`: a library, by its path relative to this file.
#[derive(Clone, Debug)]
pub struct Use {
    /// The path as written, without its quotes.
    pub path: Name,
    /// The whole line.
    pub span: Span,
}

/// One declaration at the top level or inside a machine.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// What is said about it.
    pub doc: Option<Doc>,
    /// All of it, without its documentation.
    pub span: Span,
    /// Which one.
    pub kind: DeclarationKind,
}

/// The kinds of declaration.
#[derive(Clone, Debug)]
pub enum DeclarationKind {
    /// `param NAME = value [in low..high]`
    Parameter {
        /// Its name.
        name: Name,
        /// Its value unless overridden.
        value: Expression,
        /// Its legal range.
        range: Option<(Expression, Expression)>,
    },
    /// `type NAME = T`
    Type {
        /// Its name.
        name: Name,
        /// What it stands for.
        ty: Type,
    },
    /// `mitigation NAME [cost N] [{ param = value … }]`
    Mitigation {
        /// Its name.
        name: Name,
        /// What it costs.
        cost: Option<Expression>,
        /// The parameters it changes, with their values.
        changes: Vec<(Name, Expression)>,
    },
    /// `enum NAME { a, b }`
    Enum {
        /// Its name.
        name: Name,
        /// Its values, in order.
        values: Vec<Name>,
    },
    /// `[fair] machine NAME [* count] { … }`
    Machine {
        /// Whether process fairness is asked for.
        fair: bool,
        /// Its name.
        name: Name,
        /// How many instances; one if not given.
        count: Option<Expression>,
        /// What it is made of.
        members: Vec<Declaration>,
    },
    /// `state a, b, c`
    States {
        /// The control states, the first is the initial one.
        states: Vec<Name>,
    },
    /// `var x: T [= value | any] [while a | b]`
    Variable {
        /// Its name.
        name: Name,
        /// Its type.
        ty: Type,
        /// How it starts.
        initial: Initial,
        /// The control states in which it has a meaning, if not all.
        alive: Option<Vec<Name>>,
    },
    /// `def NAME[(x: T, …)] = value`
    Definition {
        /// Its name.
        name: Name,
        /// Its parameters.
        parameters: Vec<Parameter>,
        /// What it stands for.
        value: Expression,
    },
    /// An action of any kind.
    Action(Box<Action>),
    /// `on tick { … }`
    OnTick {
        /// What each unit of time does.
        body: Block,
    },
    /// `meter m`
    Meter {
        /// Its name.
        name: Name,
    },
    /// `assume p`
    Assume(Expression),
    /// `calm when p`
    Calm(Expression),
    /// `healthy when p`
    Healthy(Expression),
    /// `watch NAME = value`
    Watch {
        /// Its name.
        name: Name,
        /// The figure.
        value: Expression,
    },
    /// `property NAME: claim [with operators]`
    Property {
        /// Its name.
        name: Name,
        /// What must hold.
        claim: Claim,
        /// The span of `with operators`, if it is there.
        with_operators: Option<Span>,
    },
    /// `expect NAME holds … ` or `expect NAME == value …`
    Expect {
        /// The property it is about.
        property: Name,
        /// What is promised.
        outcome: Outcome,
        /// The mitigations to apply.
        mitigations: Vec<Name>,
        /// The parameters to set.
        settings: Vec<(Name, Expression)>,
    },
    /// What could not be read; a diagnostic has been given.
    Error,
}

/// How a variable starts.
#[derive(Clone, Debug)]
pub enum Initial {
    /// Nothing is said.
    Default,
    /// `= value`
    Value(Expression),
    /// `= any`
    Any(Span),
}

/// What an `expect` promises.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// `holds`
    Holds,
    /// `fails`
    Fails,
    /// `unknown`
    Unknown,
    /// `== value`
    Worst(Expression),
}

/// A parameter of an action (which may be filtered) or of a definition.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// `where p`
    pub filter: Option<Expression>,
}

/// An action: `[kind] action NAME [(…)] [at most k [each]] [: FROM [-> TO]] [when guard] { … }`
#[derive(Clone, Debug)]
pub struct Action {
    /// The word before `action`, or `fault`.
    pub kind: ActionKind,
    /// The span of `strong`, if it is there.
    pub strong: Option<Span>,
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// `at most k [each]`
    pub budget: Option<Budget>,
    /// The control states it starts from; empty if in all.
    pub from: Vec<Name>,
    /// The control state it leads to.
    pub to: Option<Name>,
    /// `when p`
    pub guard: Option<Expression>,
    /// What it does.
    pub body: Block,
}

/// The kinds of action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// `action`
    Urgent,
    /// `eventually action`
    Eventually,
    /// `may action`
    May,
    /// `fault`
    Fault,
    /// `operator action`
    Operator,
}

/// `at most k [each]`
#[derive(Clone, Debug)]
pub struct Budget {
    /// How often.
    pub limit: Expression,
    /// Whether each machine instance has a budget of its own.
    pub each: bool,
    /// All of it.
    pub span: Span,
}

/// `{ statement … }`
#[derive(Clone, Debug)]
pub struct Block {
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// From the opening to the closing brace.
    pub span: Span,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// All of it.
    pub span: Span,
    /// Which one.
    pub kind: StatementKind,
}

/// The kinds of statement.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// `x = e`, `x += e`, `x -= e`; also `v.state = s`, whose place is a field named `state`.
    Assign {
        /// What is changed.
        place: Expression,
        /// How.
        operator: AssignOperator,
        /// By what.
        value: Expression,
    },
    /// `count m [+= e]`
    Count {
        /// The meter.
        meter: Name,
        /// How much; one if not given.
        amount: Option<Expression>,
    },
    /// `let x = e`
    Let {
        /// Its name.
        name: Name,
        /// Its value.
        value: Expression,
    },
    /// `if p { … } [else if p { … }] [else { … }]`
    If {
        /// Conditions with their blocks, in order.
        branches: Vec<(Expression, Block)>,
        /// The last `else`.
        otherwise: Option<Block>,
    },
    /// `for x: T [where p] { … }`
    For {
        /// The name of the turn's value.
        name: Name,
        /// Over what.
        ty: Type,
        /// `where p`
        filter: Option<Expression>,
        /// Each turn.
        body: Block,
    },
    /// `push(q, e)`, `pop_first(q)`, `add(s, e)`, …
    Call {
        /// What is called.
        function: Name,
        /// With what.
        arguments: Vec<Expression>,
    },
    /// What could not be read.
    Error,
}

/// How an assignment changes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignOperator {
    /// `=`
    Set,
    /// `+=`
    Add,
    /// `-=`
    Subtract,
}

/// A type as written.
#[derive(Clone, Debug)]
pub struct Type {
    /// All of it.
    pub span: Span,
    /// Which one.
    pub kind: TypeKind,
}

/// The kinds of type.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `bool`
    Bool,
    /// `low..high [saturating]`
    Range {
        /// The lowest value.
        low: Box<Expression>,
        /// The highest value.
        high: Box<Expression>,
        /// Whether it clamps.
        saturating: bool,
    },
    /// The name of an enum, a machine or a type.
    Name(String),
    /// `T?`
    Optional(Box<Type>),
    /// `set of T`
    Set(Box<Type>),
    /// `[I] T`
    Array {
        /// What indexes it.
        index: Box<Type>,
        /// What it holds.
        element: Box<Type>,
    },
    /// `queue of T max n`
    Queue {
        /// What it holds.
        element: Box<Type>,
        /// How many at most.
        capacity: Box<Expression>,
    },
    /// `timer(max)`
    Timer(Box<Expression>),
    /// What could not be read.
    Error,
}

/// An expression as written.
#[derive(Clone, Debug)]
pub struct Expression {
    /// All of it, its own parentheses included.
    pub span: Span,
    /// Whether it stands in parentheses of its own.
    pub parenthesised: bool,
    /// Which one.
    pub kind: ExpressionKind,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub enum ExpressionKind {
    /// A number.
    Number(i64),
    /// `true` or `false`
    Bool(bool),
    /// `none`
    None,
    /// `self`
    SelfInstance,
    /// `resting`
    Resting,
    /// A name.
    Name(String),
    /// `base.field`: a variable, a definition, an enum value, or `index`.
    Field {
        /// Of what.
        base: Box<Expression>,
        /// What.
        field: Name,
    },
    /// `base[index]`
    Element {
        /// Of what.
        base: Box<Expression>,
        /// Which.
        index: Box<Expression>,
    },
    /// `f(a, b)` or `v.f(a)`: a definition, a machine's instance by number, or a built-in function.
    Call {
        /// What is called: a `Name` or a `Field`.
        function: Box<Expression>,
        /// With what.
        arguments: Vec<Expression>,
    },
    /// `{a, b}`
    Set(Vec<Expression>),
    /// `[a, b]`, mostly `[]`
    Queue(Vec<Expression>),
    /// A prefix operator.
    Prefix {
        /// Which.
        operator: Prefix,
        /// Of what.
        operand: Box<Expression>,
    },
    /// An operator between two.
    Infix {
        /// Which.
        operator: Infix,
        /// The left side.
        left: Box<Expression>,
        /// The right side.
        right: Box<Expression>,
    },
    /// `v is a | b`
    Is {
        /// Of which instance.
        subject: Box<Expression>,
        /// The control states.
        states: Vec<Name>,
    },
    /// `x in s` for a set, or `x in low..high`
    In {
        /// What.
        element: Box<Expression>,
        /// The set, or the lowest value.
        set: Box<Expression>,
        /// The highest value, if a range.
        high: Option<Box<Expression>>,
    },
    /// `if p then a else b`
    If {
        /// The condition.
        condition: Box<Expression>,
        /// If it is true.
        then: Box<Expression>,
        /// If it is false.
        otherwise: Box<Expression>,
    },
    /// `all x: T [where p]: q` and its like
    Quantifier {
        /// Which.
        quantifier: Quantifier,
        /// The name of the value.
        name: Name,
        /// Over what.
        ty: Box<Type>,
        /// `where p`
        filter: Option<Box<Expression>>,
        /// What is asked or summed; none for `count`.
        body: Option<Box<Expression>>,
    },
    /// What could not be read.
    Error,
}

/// Prefix operators; the last four only in claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `not`
    Not,
    /// `-`
    Negate,
    /// `always`
    Always,
    /// `never`
    Never,
    /// `eventually`
    Eventually,
    /// `next`
    Next,
}

/// Operators between two; the last two only in claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say it.
pub enum Infix {
    Implies,
    Or,
    And,
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Until,
    LeadsTo,
}

/// Quantifiers and their like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say it.
pub enum Quantifier {
    All,
    Some,
    No,
    Count,
    Sum,
}

/// What a property claims.
#[derive(Clone, Debug)]
pub enum Claim {
    /// A temporal formula: `always p`, `never p`, `p leads to q`, …
    Formula(Expression),
    /// `possible p`
    Possible(Expression),
    /// `always possible p`
    AlwaysPossible(Expression),
    /// `recovers [within n ticks]`
    Recovers {
        /// The bound in ticks.
        within: Option<Expression>,
    },
    /// `finite m [when p]`
    Finite {
        /// The meter.
        meter: Name,
        /// `when p`
        when: Option<Expression>,
    },
    /// `total m [within n ticks] <= k [when p]`
    Total {
        /// The meter.
        meter: Name,
        /// The window in ticks.
        within: Option<Expression>,
        /// The bound.
        bound: Expression,
        /// `when p`
        when: Option<Expression>,
    },
    /// `rate m <= r [when p]`
    Rate {
        /// The meter.
        meter: Name,
        /// The bound, an exact fraction.
        bound: Expression,
        /// `when p`
        when: Option<Expression>,
    },
    /// `peak e <= k`
    Peak {
        /// The figure.
        figure: Expression,
        /// The bound.
        bound: Expression,
    },
    /// What could not be read.
    Error,
}

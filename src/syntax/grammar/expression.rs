//! Expressions.
//!
//! Operators are parsed by precedence climbing: one loop for all levels, so that a level of nesting
//! costs few stack frames. Quantifiers and `if … then … else` may be the last operand of any
//! operator, and reach as far right as they can.

use super::types::ty;
use super::{list, names};
use crate::base::Span;
use crate::syntax::ast::{Expression, ExpressionKind, Infix, Name, Prefix, Quantifier, Type};
use crate::syntax::errors;
use crate::syntax::parser::{Parser, Surroundings};
use crate::syntax::token::TokenKind as T;

/// How tightly an operator binds, the loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `leads to`, to the right.
    LeadsTo,
    /// `until`, to the right.
    Until,
    /// `implies`, to the right.
    Implies,
    /// `or`.
    Or,
    /// `and`.
    And,
    /// `not`, `always`, `never`, `eventually`, `next`.
    Not,
    /// `== != < <= > >= is in`, which do not chain.
    Comparison,
    /// `+ -`.
    Sum,
    /// `* / mod`.
    Product,
    /// The `-` of one operand.
    Negation,
    /// `^`, to the right.
    Power,
}

impl Level {
    /// The level of an operator between two.
    pub fn of(operator: Infix) -> Level {
        match operator {
            Infix::LeadsTo => Level::LeadsTo,
            Infix::Until => Level::Until,
            Infix::Implies => Level::Implies,
            Infix::Or => Level::Or,
            Infix::And => Level::And,
            Infix::Equal | Infix::Different | Infix::Less => Level::Comparison,
            Infix::AtMost | Infix::Greater | Infix::AtLeast => Level::Comparison,
            Infix::Add | Infix::Subtract => Level::Sum,
            Infix::Multiply | Infix::Divide | Infix::Modulo => Level::Product,
            Infix::Power => Level::Power,
        }
    }

    /// Whether `a ∘ b ∘ c` is `a ∘ (b ∘ c)`.
    pub fn groups_to_the_right(self) -> bool {
        matches!(self, Level::LeadsTo | Level::Until | Level::Implies | Level::Power)
    }

    /// The level of a right operand.
    fn of_right_operand(self) -> Level {
        match self {
            _ if self.groups_to_the_right() => self,
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Sum => Level::Product,
            Level::Product => Level::Negation,
            _ => Level::Sum,
        }
    }
}

/// Any expression about one state.
pub fn expression(parser: &mut Parser) -> Expression {
    surrounded(parser, Surroundings::State, Level::LeadsTo)
}

/// An expression that ends before `in`, unless that stands in parentheses.
pub fn expression_before_in(parser: &mut Parser) -> Expression {
    surrounded(parser, Surroundings::BeforeIn, Level::LeadsTo)
}

/// An expression with temporal operators.
pub fn formula(parser: &mut Parser) -> Expression {
    surrounded(parser, Surroundings::Claim, Level::LeadsTo)
}

/// A sum, product, or what binds tighter: where `=`, `<=`, `in` or `..` belong to what comes
/// behind.
pub fn additive(parser: &mut Parser) -> Expression {
    surrounded(parser, Surroundings::State, Level::Sum)
}

fn surrounded(parser: &mut Parser, surroundings: Surroundings, level: Level) -> Expression {
    let outside = std::mem::replace(&mut parser.surroundings, surroundings);
    let expression = operators(parser, level);
    parser.surroundings = outside;
    expression
}

/// `operand (operator operand)*`, where all operators bind at least as tightly as `level`.
pub fn operators(parser: &mut Parser, level: Level) -> Expression {
    let start = parser.span();
    parser.nested(|parser| operators_within(parser, level)).unwrap_or_else(|| error(parser, start))
}

fn operators_within(parser: &mut Parser, level: Level) -> Expression {
    let start = parser.span();
    let mut left = prefixed(parser, level);
    while !parser.is_lost() {
        let Some(operator) = operator_ahead(parser, level) else { break };
        take_operator(parser, operator);
        let height = parser.height;
        let kind = match operator {
            Operator::Infix(infix) => right_side(parser, infix, left),
            Operator::Is => states(parser, left),
            Operator::In => membership(parser, left),
        };
        let height = 1 + height.max(parser.height);
        left = node(parser, start, kind);
        if !parser.is_lost() && !parser.grow_to(height) {
            return error(parser, start);
        }
        if operator.level() == Level::Comparison {
            refuse_chain(parser);
        }
    }
    if level == Level::LeadsTo && parser.at(T::Question) {
        parser.fail(errors::foreign_condition(parser.span()));
    }
    left
}

#[derive(Clone, Copy, PartialEq)]
enum Operator {
    Infix(Infix),
    Is,
    In,
}

impl Operator {
    fn level(self) -> Level {
        match self {
            Operator::Infix(infix) => Level::of(infix),
            Operator::Is | Operator::In => Level::Comparison,
        }
    }
}

/// The operator ahead, if it binds at least as tightly as `level`.
fn operator_ahead(parser: &Parser, level: Level) -> Option<Operator> {
    let infix = match parser.kind() {
        T::Implies | T::FatArrow => Infix::Implies,
        T::Or | T::OrOr | T::Bar | T::Vee => Infix::Or,
        T::And | T::AndAnd | T::Ampersand | T::Wedge => Infix::And,
        T::Equal | T::Assign => Infix::Equal,
        T::Different | T::Diamond => Infix::Different,
        T::Less => Infix::Less,
        T::AtMost => Infix::AtMost,
        T::Greater => Infix::Greater,
        T::AtLeast => Infix::AtLeast,
        T::Plus => Infix::Add,
        T::Minus => Infix::Subtract,
        T::Star => Infix::Multiply,
        T::Slash => Infix::Divide,
        T::Mod | T::Percent => Infix::Modulo,
        T::Caret => Infix::Power,
        T::Until => Infix::Until,
        T::WavyArrow => Infix::LeadsTo,
        T::Name if parser.at_names("leads", "to") => Infix::LeadsTo,
        T::Is => return Some(Operator::Is).filter(|_| level <= Level::Comparison),
        T::Name if at_in(parser) => {
            return Some(Operator::In).filter(|_| level <= Level::Comparison);
        }
        _ => return None,
    };
    Some(Operator::Infix(infix)).filter(|operator| level <= operator.level())
}

/// `in` is an operator, but not at the beginning of `in = 3`.
fn at_in(parser: &Parser) -> bool {
    let changes = matches!(parser.kind_after(), T::Assign | T::AddAssign | T::SubtractAssign);
    parser.at_name("in") && !changes && parser.surroundings != Surroundings::BeforeIn
}

/// Takes an operator, and reports it if it is not how it should be written, or out of place.
fn take_operator(parser: &mut Parser, operator: Operator) {
    let (kind, text) = parser.found();
    let temporal = matches!(operator, Operator::Infix(Infix::Until | Infix::LeadsTo));
    if kind == T::Assign {
        parser.report(errors::assignment_for_comparison(parser.span()));
    } else if let Some(ours) = ours_for(kind) {
        parser.report(errors::foreign_operator(parser.span(), text, ours));
    } else if temporal {
        refuse_temporal(parser);
    }
    parser.take();
    if operator == Operator::Infix(Infix::LeadsTo) && kind == T::Name {
        parser.take();
    }
}

/// What we write for the operators of other languages.
fn ours_for(foreign: T) -> Option<&'static str> {
    Some(match foreign {
        T::AndAnd | T::Ampersand | T::Wedge => "and",
        T::OrOr | T::Bar | T::Vee => "or",
        T::WavyArrow => "leads to",
        T::Diamond => "!=",
        T::Exclamation => "not",
        T::Percent => "mod",
        T::FatArrow => "implies",
        _ => return None,
    })
}

fn refuse_temporal(parser: &mut Parser) {
    if parser.surroundings != Surroundings::Claim {
        let word = if parser.at(T::Name) { "leads to" } else { parser.text() };
        parser.report(errors::temporal_outside_claim(parser.span(), word));
    }
}

fn right_side(parser: &mut Parser, operator: Infix, left: Expression) -> ExpressionKind {
    let right = operators(parser, Level::of(operator).of_right_operand());
    ExpressionKind::Infix { operator, left: Box::new(left), right: Box::new(right) }
}

/// `subject 'is' STATE ('|' STATE)*`, where `is` has been taken.
fn states(parser: &mut Parser, subject: Expression) -> ExpressionKind {
    if parser.at(T::Not) {
        return is_not(parser);
    }
    parser.height = 0;
    let states = names(parser, T::Bar, "a control state");
    ExpressionKind::Is { subject: Box::new(subject), states }
}

/// Reports `x is not a`, and passes over it.
fn is_not(parser: &mut Parser) -> ExpressionKind {
    let not = parser.take();
    let name = parser.at(T::Name).then(|| parser.text());
    parser.report(errors::is_not(not, name));
    match name {
        Some(_) => drop(names(parser, T::Bar, "a control state")),
        None => drop(operators(parser, Level::Sum)),
    }
    parser.height = 0;
    ExpressionKind::Error
}

/// `element 'in' set` or `element 'in' low '..' high`, where `in` has been taken.
fn membership(parser: &mut Parser, element: Expression) -> ExpressionKind {
    let set = operators(parser, Level::Sum);
    let height = parser.height;
    let high = parser.eat(T::DotDot).then(|| Box::new(operators(parser, Level::Sum)));
    parser.height = parser.height.max(height);
    ExpressionKind::In { element: Box::new(element), set: Box::new(set), high }
}

/// Reports `a < b < c` once, and passes over all of it.
fn refuse_chain(parser: &mut Parser) {
    let height = parser.height;
    let mut reported = false;
    while !parser.is_lost() {
        match operator_ahead(parser, Level::Comparison) {
            Some(operator) if operator.level() == Level::Comparison => {
                if !reported {
                    parser.report(errors::chained_comparison(parser.span()));
                    reported = true;
                }
                parser.take();
                operators(parser, Level::Sum);
            }
            _ => break,
        }
    }
    parser.height = height;
}

/// `('not' | '-' | 'always' | 'never' | 'eventually' | 'next') expression`, or an operand.
fn prefixed(parser: &mut Parser, level: Level) -> Expression {
    let start = parser.span();
    read_temporal_signs(parser, level);
    let (operator, operand_level) = match parser.kind() {
        T::Not | T::Exclamation => (Prefix::Not, Level::Not),
        T::Always => (Prefix::Always, Level::Not),
        T::Never => (Prefix::Never, Level::Not),
        T::Eventually if parser.kind_after() != T::Action => (Prefix::Eventually, Level::Not),
        T::Next => (Prefix::Next, Level::Not),
        T::Minus => (Prefix::Negate, Level::Negation),
        _ => return operand(parser),
    };
    let is_loose = refuse_prefix(parser, operator, level);
    let foreign = parser.at(T::Exclamation);
    parser.take();
    // `!a == b` was meant as `(!a) == b`; there is a message anyway, so read it like that.
    let operand_level = if foreign { Level::Power } else { operand_level };
    let operand = operators(parser, operand_level);
    let height = 1 + parser.height;
    let kind = match is_loose {
        true => ExpressionKind::Error,
        false => ExpressionKind::Prefix { operator, operand: Box::new(operand) },
    };
    let prefixed = node(parser, start, kind);
    if parser.is_lost() || parser.grow_to(height) { prefixed } else { error(parser, start) }
}

/// Reads `[]` before an operand as `always`, and `<>` as `eventually`.
fn read_temporal_signs(parser: &mut Parser, level: Level) {
    if parser.at(T::Diamond) {
        parser.report(errors::foreign_operator(parser.span(), "<>", "eventually"));
        parser.read_as(T::Eventually);
    }
    let is_box = parser.at(T::OpenBracket)
        && parser.kind_beside() == Some(T::CloseBracket)
        && parser.surroundings == Surroundings::Claim
        && level <= Level::Not;
    let begins_operand = |(kind, text): (T, &str)| match kind {
        T::Name => !["in", "leads", "with"].contains(&text),
        T::OpenParen | T::OpenBracket | T::Not | T::Exclamation | T::Diamond => true,
        T::All | T::Some | T::No | T::Count | T::Sum | T::Always | T::Never => true,
        kind => matches!(kind, T::Eventually | T::Next | T::True | T::False | T::Calm | T::Healthy),
    };
    if is_box && parser.third_beside().is_some_and(begins_operand) {
        let span = parser.take().to(parser.span());
        parser.report(errors::foreign_operator(span, "[]", "always"));
        parser.read_as(T::Always);
    }
}

/// Reads a quantifier of another language as ours.
fn read_foreign_quantifier(parser: &mut Parser) {
    if !parser.at(T::Name) || parser.kind_beside() != Some(T::Name) {
        return;
    }
    let (ours, kind) = match parser.text() {
        "exists" => ("some", T::Some),
        "forall" => ("all", T::All),
        _ => return,
    };
    parser.report(errors::foreign_operator(parser.span(), parser.text(), ours));
    parser.read_as(kind);
}

/// Reports a prefix that is foreign, out of place, or looser than the operator before it; whether it is
/// looser, so that what it applies to is not clear.
fn refuse_prefix(parser: &mut Parser, operator: Prefix, level: Level) -> bool {
    let (kind, text) = parser.found();
    match operator {
        Prefix::Not if kind == T::Exclamation => {
            parser.report(errors::foreign_operator(parser.span(), "!", "not"));
        }
        Prefix::Negate => {}
        Prefix::Always | Prefix::Never | Prefix::Eventually | Prefix::Next
            if parser.surroundings != Surroundings::Claim =>
        {
            refuse_temporal(parser);
        }
        _ if level > Level::Not => {
            parser.report(errors::loose_prefix(parser.span(), text));
            return true;
        }
        _ => {}
    }
    false
}

/// `'if' …`, a quantifier, or a primary with what is behind it.
fn operand(parser: &mut Parser) -> Expression {
    read_foreign_quantifier(parser);
    let quantifier = match parser.kind() {
        T::If => return conditional(parser),
        T::All => Quantifier::All,
        T::Some => Quantifier::Some,
        T::No => Quantifier::No,
        T::Count => Quantifier::Count,
        T::Sum => Quantifier::Sum,
        _ => return postfixed(parser),
    };
    quantified(parser, quantifier)
}

/// `'if' expression 'then' expression 'else' expression`
fn conditional(parser: &mut Parser) -> Expression {
    let start = parser.take();
    let condition = operators(parser, Level::LeadsTo);
    let mut height = parser.height;
    if !parser.eat(T::Then) && !parser.is_lost() {
        parser.report(errors::missing_then(parser.span()));
    }
    let then = operators(parser, Level::LeadsTo);
    height = height.max(parser.height);
    let otherwise = if parser.eat(T::Else) {
        operators(parser, Level::LeadsTo)
    } else {
        parser.report(errors::missing_else(start));
        error(parser, parser.span())
    };
    height = height.max(parser.height) + 1;
    let kind = ExpressionKind::If {
        condition: Box::new(condition),
        then: Box::new(then),
        otherwise: Box::new(otherwise),
    };
    let conditional = node(parser, start, kind);
    if parser.is_lost() || parser.grow_to(height) { conditional } else { error(parser, start) }
}

/// `('all' | 'some' | 'no' | 'sum') NAME ':' type ['where' expression] ':' expression`, or
/// `'count' NAME ':' type ['where' expression]`
fn quantified(parser: &mut Parser, quantifier: Quantifier) -> Expression {
    let start = parser.take();
    let Some(Binding { name, ty, filter }) = binding(parser) else { return error(parser, start) };
    let mut height = parser.height;
    let body = match quantifier {
        Quantifier::Count => None,
        _ => {
            let colon = parser.expect(T::Colon);
            let body = colon.then(|| operators(parser, Level::LeadsTo));
            height = height.max(parser.height);
            Some(Box::new(body.unwrap_or_else(|| error(parser, start))))
        }
    };
    let kind = ExpressionKind::Quantifier {
        quantifier,
        name,
        ty: Box::new(ty),
        filter: filter.map(Box::new),
        body,
    };
    let quantified = node(parser, start, kind);
    if parser.is_lost() || parser.grow_to(height + 1) { quantified } else { error(parser, start) }
}

/// A name with its type, and which of its values are meant.
pub struct Binding {
    /// The name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// `where p`
    pub filter: Option<Expression>,
}

/// `NAME ':' type ['where' expression]`
pub fn binding(parser: &mut Parser) -> Option<Binding> {
    let name = parser.name("a name for the value")?;
    if !parser.expect(T::Colon) {
        return None;
    }
    let ty = ty(parser);
    let height = parser.height;
    let filter = parser.eat(T::Where).then(|| operators(parser, Level::LeadsTo));
    parser.height = parser.height.max(height);
    Some(Binding { name, ty, filter })
}

/// `primary ('.' NAME | '[' expression ']' | '(' arguments ')')*`
pub fn postfixed(parser: &mut Parser) -> Expression {
    let start = parser.span();
    let mut base = primary(parser);
    let mut height = parser.height;
    while !parser.is_lost() {
        let boxed = Box::new(base);
        let kind = match parser.kind() {
            T::Dot => {
                parser.take();
                field(parser, boxed)
            }
            T::OpenBracket => {
                parser.take();
                let index = Box::new(inside(parser));
                parser.expect(T::CloseBracket);
                ExpressionKind::Element { base: boxed, index }
            }
            T::OpenParen => {
                parser.take();
                let arguments = arguments(parser, T::CloseParen);
                ExpressionKind::Call { function: boxed, arguments }
            }
            _ => return *boxed,
        };
        height = 1 + height.max(parser.height);
        base = node(parser, start, kind);
        if !parser.is_lost() && !parser.grow_to(height) {
            return error(parser, start);
        }
    }
    base
}

/// The name behind a dot, which may be any word.
fn field(parser: &mut Parser, base: Box<Expression>) -> ExpressionKind {
    parser.height = 0;
    if parser.at(T::Name) || parser.kind().is_word() && !parser.starts_line() {
        return ExpressionKind::Field { base, field: parser.word() };
    }
    parser.fail(errors::expected_name(parser.span(), "a name behind the dot", parser.found()));
    base.kind
}

/// Expressions up to `close`; the height is that of the highest.
fn arguments(parser: &mut Parser, close: T) -> Vec<Expression> {
    let mut height = 0;
    let arguments = list(parser, close, |parser| {
        let argument = inside(parser);
        height = height.max(parser.height);
        Some(argument)
    });
    parser.height = height;
    arguments
}

/// An expression inside brackets of any kind, where an `in` can belong to nothing outside.
pub fn inside(parser: &mut Parser) -> Expression {
    let surroundings = match parser.surroundings {
        Surroundings::BeforeIn => Surroundings::State,
        other => other,
    };
    surrounded(parser, surroundings, Level::LeadsTo)
}

/// A number, a constant, a name, `(…)`, `{…}` or `[…]`.
fn primary(parser: &mut Parser) -> Expression {
    let start = parser.span();
    parser.height = 1;
    let kind = match parser.kind() {
        T::Number => number(parser),
        T::True => ExpressionKind::Bool(true),
        T::False => ExpressionKind::Bool(false),
        T::None => ExpressionKind::None,
        T::SelfInstance => ExpressionKind::SelfInstance,
        T::Resting => ExpressionKind::Resting,
        T::Name => ExpressionKind::Name(parser.text().to_string()),
        // What is declared under these words may be asked for.
        T::Calm | T::Healthy if parser.kind_after() != T::When => {
            ExpressionKind::Name(parser.text().to_string())
        }
        T::OpenParen => return parenthesised(parser),
        T::OpenBrace | T::OpenBracket => return collection(parser),
        _ => {
            parser.fail(errors::expected_expression(start, parser.found()));
            return error(parser, start);
        }
    };
    parser.take();
    node(parser, start, kind)
}

/// The number ahead, which is not taken yet.
fn number(parser: &mut Parser) -> ExpressionKind {
    let digits = parser.text();
    match digits.parse() {
        Ok(number) => ExpressionKind::Number(number),
        Err(_) => {
            // Anything but digits has been reported before.
            if digits.bytes().all(|digit| digit.is_ascii_digit()) {
                parser.report(errors::number_too_large(parser.span()));
            }
            ExpressionKind::Error
        }
    }
}

/// `'(' expression ')'`
fn parenthesised(parser: &mut Parser) -> Expression {
    let start = parser.take();
    let inner = inside(parser);
    parser.expect(T::CloseParen);
    Expression { span: parser.span_since(start), parenthesised: true, kind: inner.kind }
}

/// `'{' expressions '}'` or `'[' expressions ']'`
fn collection(parser: &mut Parser) -> Expression {
    let set = parser.at(T::OpenBrace);
    let start = parser.take();
    let items = arguments(parser, if set { T::CloseBrace } else { T::CloseBracket });
    let height = 1 + parser.height;
    let kind = if set { ExpressionKind::Set(items) } else { ExpressionKind::Queue(items) };
    let collection = node(parser, start, kind);
    if parser.is_lost() || parser.grow_to(height) { collection } else { error(parser, start) }
}

/// A node from `start` to where the parser is.
fn node(parser: &Parser, start: Span, kind: ExpressionKind) -> Expression {
    Expression { span: parser.span_since(start), parenthesised: false, kind }
}

fn error(parser: &Parser, start: Span) -> Expression {
    node(parser, start, ExpressionKind::Error)
}

//! Actions, blocks and statements.

use super::expression::{Binding, additive, binding, expression, postfixed};
use super::types::ty;
use super::{declaration, list, names, pass_separators};
use crate::base::Span;
use crate::syntax::ast::{
    Action, ActionKind, AssignOperator, Block, Budget, DeclarationKind, Expression, ExpressionKind,
    Name, Parameter, Statement, StatementKind,
};
use crate::syntax::errors;
use crate::syntax::parser::Parser;
use crate::syntax::token::TokenKind as T;

/// How messages call what happens at a tick.
pub const ON_TICK: &str = "`on tick`";

/// `['strong'] ['eventually' | 'may' | 'operator'] 'action' NAME head block`, or
/// `['strong'] 'fault' NAME head block`
pub fn action(parser: &mut Parser) -> Option<DeclarationKind> {
    let strong = parser.at(T::Strong).then(|| parser.take());
    let kind = kind(parser)?;
    let word = if kind == ActionKind::Fault { "fault" } else { "action" };
    let head = matches!(parser.kind(), T::Colon | T::OpenBrace | T::OpenParen | T::When | T::Arrow);
    if head || parser.at_names("at", "most") {
        parser.fail(errors::missing_name(parser.previous_span(), word));
        return None;
    }
    let name = parser.name("the action's name")?;
    let parameters = if parser.eat(T::OpenParen) { parameters(parser) } else { Vec::new() };
    let budget = budget(parser);
    let (from, to) = arrow(parser);
    let guard = guard(parser);
    let body = body(parser, word);
    let action = Action { kind, strong, name, parameters, budget, from, to, guard, body };
    Some(DeclarationKind::Action(Box::new(action)))
}

/// `['eventually' | 'may' | 'operator'] 'action'`, or `'fault'`
fn kind(parser: &mut Parser) -> Option<ActionKind> {
    let kind = match parser.kind() {
        T::Action => ActionKind::Urgent,
        T::Eventually => ActionKind::Eventually,
        T::May => ActionKind::May,
        T::Operator => ActionKind::Operator,
        T::Fault => ActionKind::Fault,
        _ => {
            let wanted = "`action`, `eventually action` or `fault`";
            parser.fail(errors::expected_token(parser.span(), wanted, parser.found()));
            return None;
        }
    };
    parser.take();
    let complete = matches!(kind, ActionKind::Urgent | ActionKind::Fault);
    (complete || parser.expect(T::Action)).then_some(kind)
}

/// `(NAME ':' type ['where' expression]) (',' …)* ')'`, where the opening parenthesis has been
/// taken.
fn parameters(parser: &mut Parser) -> Vec<Parameter> {
    list(parser, T::CloseParen, |parser| {
        let Binding { name, ty, filter } = binding(parser)?;
        Some(Parameter { name, ty, filter })
    })
}

/// `['at' 'most' limit ['each']]`
fn budget(parser: &mut Parser) -> Option<Budget> {
    let start = parser.span();
    if parser.is_lost() || !parser.eat_names("at", "most") {
        return None;
    }
    let limit = additive(parser);
    let each = parser.eat_name("each");
    Some(Budget { limit, each, span: parser.span_since(start) })
}

/// `[':' STATE ('|' STATE)* ['->' STATE]]`
fn arrow(parser: &mut Parser) -> (Vec<Name>, Option<Name>) {
    if parser.is_lost() || !(parser.at(T::Colon) || parser.at(T::Arrow)) {
        return (Vec::new(), None);
    }
    let colon = parser.eat(T::Colon);
    let from = match parser.kind() {
        T::Name => names(parser, T::Bar, "a control state"),
        _ => {
            let (span, sign) =
                if colon { (parser.previous_span(), ":") } else { (parser.span(), "->") };
            parser.report(errors::missing_state(span, sign));
            Vec::new()
        }
    };
    if parser.is_lost() || !parser.eat(T::Arrow) {
        return (from, None);
    }
    if parser.at(T::OpenBrace) || parser.at(T::When) {
        parser.report(errors::missing_state(parser.previous_span(), "->"));
        return (from, None);
    }
    let to = parser.name("a control state");
    (from, to)
}

/// `['when' expression]`
fn guard(parser: &mut Parser) -> Option<Expression> {
    if !parser.is_lost() && parser.at(T::If) {
        parser.report(errors::if_for_when(parser.span()));
        parser.read_as(T::When);
    }
    parser.eat(T::When).then(|| expression(parser))
}

/// The block of an action or of `on tick`. A mistake in the head does not spoil it.
pub fn body(parser: &mut Parser, word: &str) -> Block {
    let start = parser.previous_span();
    if !parser.is_lost() && !parser.at(T::OpenBrace) {
        if declaration::begins(parser) || matches!(parser.kind(), T::End | T::CloseBrace) {
            parser.report(errors::missing_body(start, word));
            return Block { statements: Vec::new(), span: parser.span_since(start) };
        }
        parser.fail(match word {
            ON_TICK => errors::unexpected_on_tick(parser.span(), parser.found()),
            _ => errors::unexpected_in_head(parser.span(), parser.found()),
        });
    }
    if find_block(parser) {
        return block(parser);
    }
    Block { statements: Vec::new(), span: parser.span_since(start) }
}

/// Goes to the brace that opens a block, past what was not understood before it.
fn find_block(parser: &mut Parser) -> bool {
    if parser.is_lost() {
        parser.skip_until(|parser, _| parser.at(T::OpenBrace) || declaration::begins(parser));
    }
    let found = parser.at(T::OpenBrace);
    if found {
        parser.is_found();
    }
    found
}

/// `'{' statement* '}'`, where the opening brace is ahead.
pub fn block(parser: &mut Parser) -> Block {
    let start = parser.span();
    let statements = parser.nested(statements).unwrap_or_else(|| {
        skip_block(parser);
        Vec::new()
    });
    Block { statements, span: parser.span_since(start) }
}

/// Passes over a block that is too deep, and whatever is in it.
fn skip_block(parser: &mut Parser) {
    parser.take();
    parser.skip_until(|parser, _| parser.starts_line() && declaration::begins(parser));
    if parser.eat(T::CloseBrace) {
        parser.is_found();
    }
}

fn statements(parser: &mut Parser) -> Vec<Statement> {
    let open = parser.take();
    let mut statements = Vec::new();
    while !parser.eat(T::CloseBrace) {
        if parser.at(T::End) || ends_unclosed_block(parser) {
            parser.fail(errors::unclosed_brace(open, parser.previous_span()));
            break;
        }
        let before = parser.position();
        statements.push(statement(parser));
        pass_separators(parser);
        recover(parser, before);
    }
    statements
}

/// Whether a declaration begins, so that the brace before must have been forgotten. A word that is
/// then assigned to is only a bad name.
fn ends_unclosed_block(parser: &Parser) -> bool {
    let changes = matches!(
        parser.kind_after(),
        T::Assign | T::AddAssign | T::SubtractAssign | T::Dot | T::Equal
    );
    declaration::begins(parser) && !changes
}

/// After an error: goes to the next statement, or to the end of the block.
fn recover(parser: &mut Parser, before: usize) {
    if !parser.is_lost() {
        return;
    }
    if parser.position() == before && !parser.at(T::CloseBrace) && !ends_unclosed_block(parser) {
        parser.take();
    }
    parser.skip_until(|parser, open| {
        ends_unclosed_block(parser) || open == 0 && parser.starts_line() && begins_statement(parser)
    });
    if !parser.at(T::End) && !ends_unclosed_block(parser) {
        parser.is_found();
    }
}

fn begins_statement(parser: &Parser) -> bool {
    match parser.kind() {
        T::If | T::For | T::Let | T::Count => true,
        T::Name | T::SelfInstance => matches!(
            parser.kind_after(),
            T::Assign | T::AddAssign | T::SubtractAssign | T::Dot | T::OpenBracket | T::OpenParen
        ),
        _ => false,
    }
}

/// `count`, `let`, `if`, `for`, or what begins with a place.
fn statement(parser: &mut Parser) -> Statement {
    let start = parser.span();
    let kind = match parser.kind() {
        T::Count => count(parser),
        T::Let => bind(parser),
        T::If => branch(parser),
        T::For => turns(parser),
        T::Name | T::SelfInstance => change(parser),
        kind if kind.is_word() && ends_in_change(parser) => {
            parser.report(errors::reserved_word(start, parser.text()));
            parser.read_as(T::Name);
            change(parser)
        }
        _ => {
            parser.fail(errors::expected_statement(start, parser.found()));
            None
        }
    };
    Statement { span: parser.span_since(start), kind: kind.unwrap_or(StatementKind::Error) }
}

fn ends_in_change(parser: &Parser) -> bool {
    matches!(parser.kind_after(), T::Assign | T::AddAssign | T::SubtractAssign | T::Dot)
}

/// `'count' METER ['+=' expression]`
fn count(parser: &mut Parser) -> Option<StatementKind> {
    parser.take();
    let meter = parser.name("a meter")?;
    let amount = parser.eat(T::AddAssign).then(|| expression(parser));
    Some(StatementKind::Count { meter, amount })
}

/// `'let' NAME '=' expression`
fn bind(parser: &mut Parser) -> Option<StatementKind> {
    parser.take();
    let name = parser.name("a name for the value")?;
    assign_sign(parser)?;
    Some(StatementKind::Let { name, value: expression(parser) })
}

/// `'='`, also if it was doubled.
fn assign_sign(parser: &mut Parser) -> Option<()> {
    if parser.at(T::Equal) {
        parser.report(errors::comparison_for_assignment(parser.span()));
        parser.take();
        return Some(());
    }
    parser.expect(T::Assign).then_some(())
}

/// `'if' expression block ('else' 'if' expression block)* ['else' block]`
fn branch(parser: &mut Parser) -> Option<StatementKind> {
    let mut branches = Vec::new();
    let mut otherwise = None;
    loop {
        parser.take();
        let condition = expression(parser);
        branches.push((condition, inner_block(parser, "the condition")));
        if parser.is_lost() || !parser.eat(T::Else) {
            break;
        }
        if !parser.at(T::If) {
            otherwise = Some(inner_block(parser, "`else`"));
            break;
        }
    }
    Some(StatementKind::If { branches, otherwise })
}

/// `'for' NAME ':' type ['where' expression] block`
fn turns(parser: &mut Parser) -> Option<StatementKind> {
    parser.take();
    let name = parser.name("a name for the value")?;
    if !parser.expect(T::Colon) {
        return None;
    }
    let ty = ty(parser);
    let filter = parser.eat(T::Where).then(|| expression(parser));
    let body = inner_block(parser, "the head of `for`");
    Some(StatementKind::For { name, ty, filter, body })
}

/// A block inside a block; a single statement without its braces is taken for one.
fn inner_block(parser: &mut Parser, after: &str) -> Block {
    if find_block(parser) {
        return block(parser);
    }
    let start = parser.previous_span();
    let mut statements = Vec::new();
    if !parser.is_lost() {
        parser.report(errors::missing_braces(start, after));
        parser.eat(T::Then);
        if begins_statement(parser) {
            statements.extend(parser.nested(statement));
        }
    }
    Block { statements, span: parser.span_since(start) }
}

/// `place ('=' | '+=' | '-=') expression`, or a call.
fn change(parser: &mut Parser) -> Option<StatementKind> {
    let start = parser.span();
    let mut place = postfixed(parser);
    parser.read_becomes();
    let operator = match parser.kind() {
        T::AddAssign => AssignOperator::Add,
        T::SubtractAssign => AssignOperator::Subtract,
        T::Assign | T::Equal => AssignOperator::Set,
        _ if parser.is_lost() => return None,
        _ => return call(parser, place),
    };
    if parser.at(T::Equal) {
        parser.report(errors::comparison_for_assignment(parser.span()));
    }
    if !is_place(&place) {
        parser.report(errors::not_a_place(parser.span_since(start)));
        place.kind = ExpressionKind::Error;
    }
    parser.take();
    Some(StatementKind::Assign { place, operator, value: expression(parser) })
}

/// `++` or `--`, and what we write for it.
fn doubled(parser: &Parser) -> Option<(&'static str, &'static str)> {
    match (parser.kind(), parser.kind_beside()?) {
        (T::Plus, T::Plus) => Some(("++", "+= 1")),
        (T::Minus, T::Minus) => Some(("--", "-= 1")),
        _ => None,
    }
}

fn is_place(place: &Expression) -> bool {
    matches!(
        place.kind,
        ExpressionKind::Name(_)
            | ExpressionKind::Field { .. }
            | ExpressionKind::Element { .. }
            | ExpressionKind::Error
    )
}

/// `FUNCTION '(' arguments ')'`, which has been parsed as an expression.
fn call(parser: &mut Parser, place: Expression) -> Option<StatementKind> {
    if let ExpressionKind::Call { function, arguments } = place.kind {
        if let ExpressionKind::Name(text) = function.kind {
            let function = Name { text, span: function.span };
            return Some(StatementKind::Call { function, arguments });
        }
        parser.report(errors::statement_without_effect(place.span));
        return None;
    }
    if parser.at(T::Semicolon) || parser.at(T::CloseBrace) || parser.starts_line() {
        parser.report(errors::statement_without_effect(place.span));
    } else if let Some((foreign, ours)) = doubled(parser) {
        let span = parser.span();
        parser.fail(errors::foreign_operator(Span { end: span.end + 1, ..span }, foreign, ours));
    } else {
        let wanted = "`=`, `+=` or `-=`";
        parser.fail(errors::expected_token(parser.span(), wanted, parser.found()));
    }
    None
}

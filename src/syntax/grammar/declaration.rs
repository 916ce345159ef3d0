//! Declarations, at the top level and in machines.

use super::action::{self, body};
use super::expression::{additive, binding, expression, expression_before_in};
use super::types::ty;
use super::{list, names, pass_separators, property};
use crate::base::Span;
use crate::syntax::ast::{Declaration, DeclarationKind, Expression, Initial, Name, Parameter};
use crate::syntax::errors;
use crate::syntax::parser::Parser;
use crate::syntax::token::TokenKind as T;

/// One declaration outside machines, or past whatever stands in its place.
pub fn top_level(parser: &mut Parser, declarations: &mut Vec<Declaration>) {
    if parser.at(T::CloseBrace) {
        parser.report(errors::stray_brace(parser.span()));
        parser.take();
        parser.is_found();
        return;
    }
    if parser.at(T::State) {
        parser.report(errors::outside_machine(parser.span()));
    }
    declarations.push(declaration(parser));
}

/// Whether a declaration begins ahead. Words that can also stand in an expression need behind them
/// what makes them a declaration.
pub fn begins(parser: &Parser) -> bool {
    match parser.kind() {
        T::Calm | T::Healthy => parser.kind_after() == T::When,
        T::Eventually => parser.kind_after() == T::Action,
        kind => begins_member(kind) || begins_only_outside(kind),
    }
}

fn begins_member(kind: T) -> bool {
    use T::*;
    matches!(kind, State | Var | Def | Strong | Eventually | May | Operator | Action | Fault | On)
}

fn begins_only_outside(kind: T) -> bool {
    use T::*;
    matches!(
        kind,
        Model
            | Library
            | Use
            | Param
            | Type
            | Mitigation
            | Enum
            | Fair
            | Machine
            | Meter
            | Assume
            | Calm
            | Healthy
            | Watch
            | Property
            | Expect
    )
}

/// A declaration with its documentation, and past its end.
fn declaration(parser: &mut Parser) -> Declaration {
    guess_word(parser);
    let doc = parser.doc();
    let start = parser.span();
    let column = parser.indentation().unwrap_or(usize::MAX);
    let before = parser.position();
    let kind = parser.nested(kind).flatten().unwrap_or(DeclarationKind::Error);
    let span = parser.span_since(start);
    end(parser, before, column);
    Declaration { doc, span, kind }
}

fn kind(parser: &mut Parser) -> Option<DeclarationKind> {
    match parser.kind() {
        T::Param => param(parser),
        T::Type => type_name(parser),
        T::Mitigation => mitigation(parser),
        T::Enum => enumeration(parser),
        T::Fair | T::Machine => machine(parser),
        T::State => states(parser),
        T::Var => variable(parser),
        T::Def => definition(parser),
        T::Strong | T::Eventually | T::May | T::Operator | T::Action | T::Fault => {
            action::action(parser)
        }
        T::On => on_tick(parser),
        T::Meter => meter(parser),
        T::Assume => assume(parser),
        T::Calm | T::Healthy => condition(parser),
        T::Watch => watch(parser),
        T::Property => property::property(parser),
        T::Expect => property::expect(parser),
        T::Model | T::Library => second_header(parser),
        T::Semicolon | T::Comma => Some(DeclarationKind::Error),
        _ => {
            parser.fail(match foreign_declaration(parser.text()) {
                Some(ours) => errors::foreign_declaration(parser.span(), parser.text(), ours),
                None => errors::expected_declaration(parser.span(), parser.found(), None),
            });
            None
        }
    }
}

/// Reads a misspelt first word as what it was meant to be.
fn guess_word(parser: &mut Parser) {
    if !parser.at(T::Name) || !parser.starts_line() {
        return;
    }
    let text = parser.text();
    let meant = T::WORDS.iter().copied().find(|&word| {
        let candidate = begins_member(word) || begins_only_outside(word);
        candidate && word.text().is_some_and(|right| is_misspelt(text, right))
    });
    if let Some(word) = meant {
        let error = errors::expected_declaration(parser.span(), parser.found(), word.text());
        parser.report(error);
        parser.read_as(word);
    }
}

/// What we write for the declarations of other languages.
fn foreign_declaration(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "invariant" | "invariants" | "assert" | "safety" => "property NAME: always p",
        "liveness" => "property NAME: always eventually p",
        "const" | "constant" | "constants" => "param NAME = value",
        "variable" | "variables" => "var NAME: type = value",
        "process" | "proctype" | "module" | "class" => "machine NAME { … }",
        "rule" | "transition" | "event" => "action NAME when p { … }",
        "define" | "macro" | "function" | "fn" => "def NAME = value",
        _ => return None,
    })
}

/// Whether one letter too many, too few, wrong, or two in the wrong order tell `text` from `right`.
fn is_misspelt(text: &str, right: &str) -> bool {
    let (text, right) = (text.as_bytes(), right.as_bytes());
    let same_start = text.iter().zip(right).take_while(|(one, other)| one == other).count();
    let (text, right) = (&text[same_start..], &right[same_start..]);
    let same_end = text.iter().rev().zip(right.iter().rev());
    let same_end = same_end.take_while(|(one, other)| one == other).count();
    let (text, right) = (&text[..text.len() - same_end], &right[..right.len() - same_end]);
    let swapped = text.len() == 2 && right.len() == 2 && text[0] == right[1] && text[1] == right[0];
    same_start + same_end >= 2 && (swapped || text.len() <= 1 && right.len() <= 1)
}

/// Goes past the end of what began at this token and in this column, to where the next declaration
/// may begin.
pub fn end(parser: &mut Parser, before: usize, column: usize) {
    refuse_rest(parser);
    recover(parser, before, column);
}

/// What other languages write at the end of a declaration, or too much.
fn refuse_rest(parser: &mut Parser) {
    pass_separators(parser);
    let ends = begins(parser) || matches!(parser.kind(), T::End | T::CloseBrace | T::Use);
    if !parser.is_lost() && !ends && !parser.starts_line() {
        let wanted = "the end of the declaration";
        parser.fail(errors::expected_token(parser.span(), wanted, parser.found()));
    }
}

/// After an error: goes to the next declaration that stands no deeper than the broken one.
fn recover(parser: &mut Parser, before: usize, column: usize) {
    if !parser.is_lost() {
        return;
    }
    if parser.position() == before && !parser.at(T::CloseBrace) {
        parser.take();
    }
    parser.skip_until(|parser, open| {
        let level =
            open == 0 || parser.indentation().is_some_and(|indentation| indentation <= column);
        level && begins(parser)
    });
    // At the end of the file all that is open is so for the same reason.
    if !parser.at(T::End) {
        parser.is_found();
    }
}

/// `'model'` in the middle of a file.
fn second_header(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.report(errors::second_header(parser.span(), parser.text()));
    parser.take();
    parser.name("a name for the file")?;
    Some(DeclarationKind::Error)
}

/// `'param' NAME '=' value ['in' low '..' high]`
fn param(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let name = parser.name("the parameter's name")?;
    if !parser.expect(T::Assign) {
        return None;
    }
    let value = expression_before_in(parser);
    let range = if parser.eat_name("in") { range(parser) } else { None };
    Some(DeclarationKind::Parameter { name, value, range })
}

/// `low '..' high`
fn range(parser: &mut Parser) -> Option<(Expression, Expression)> {
    let low = additive(parser);
    parser.expect(T::DotDot).then(|| (low, additive(parser)))
}

/// `'type' NAME '=' type`
fn type_name(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let name = parser.name("the type's name")?;
    parser.expect(T::Assign).then(|| DeclarationKind::Type { name, ty: ty(parser) })
}

/// `'mitigation' NAME ['cost' N] ['{' (NAME '=' expression)* '}']`
fn mitigation(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let name = parser.name("the mitigation's name")?;
    let cost = parser.eat_name("cost").then(|| additive(parser));
    let mut changes = Vec::new();
    let open = parser.span();
    if parser.eat(T::OpenBrace) {
        while !parser.eat(T::CloseBrace) {
            if parser.at(T::End) || begins(parser) && parser.kind_after() != T::Assign {
                parser.fail(errors::unclosed_brace(open, parser.previous_span()));
                break;
            }
            changes.push(change(parser)?);
        }
    }
    Some(DeclarationKind::Mitigation { name, cost, changes })
}

/// `NAME '=' expression`
fn change(parser: &mut Parser) -> Option<(Name, Expression)> {
    let name = parser.name("a parameter")?;
    if parser.at(T::Equal) {
        parser.report(errors::comparison_for_assignment(parser.span()));
        parser.read_as(T::Assign);
    }
    if !parser.expect(T::Assign) {
        return None;
    }
    let value = expression(parser);
    pass_separators(parser);
    Some((name, value))
}

/// `'enum' NAME '{' NAME (',' NAME)* '}'`
fn enumeration(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let name = parser.name("the enum's name")?;
    if !parser.expect(T::OpenBrace) {
        return None;
    }
    let values = list(parser, T::CloseBrace, |parser| parser.name("a value's name"));
    Some(DeclarationKind::Enum { name, values })
}

/// `['fair'] 'machine' NAME ['*' count] '{' member* '}'`
fn machine(parser: &mut Parser) -> Option<DeclarationKind> {
    let column = parser.indentation().unwrap_or(0);
    let fair = parser.eat(T::Fair);
    if !parser.expect(T::Machine) {
        return None;
    }
    let name = parser.name("the machine's name")?;
    let count = if parser.eat(T::Star) { count(parser) } else { None };
    if parser.is_lost() {
        parser.skip_until(|parser, _| parser.at(T::OpenBrace) || begins(parser));
    }
    let open = parser.span();
    if !parser.expect(T::OpenBrace) {
        return None;
    }
    let members = members(parser, open, column);
    Some(DeclarationKind::Machine { fair, name, count, members })
}

/// A number of instances, unless the members follow at once.
fn count(parser: &mut Parser) -> Option<Expression> {
    if parser.at(T::OpenBrace) {
        parser.report(errors::expected_expression(parser.span(), parser.found()));
        return None;
    }
    Some(additive(parser))
}

/// `member* '}'` of a machine that begins in this column, where the opening brace has been taken.
fn members(parser: &mut Parser, open: Span, column: usize) -> Vec<Declaration> {
    let mut members = Vec::new();
    while !parser.eat(T::CloseBrace) {
        let outside = begins_only_outside(parser.kind());
        let unclosed =
            outside && parser.indentation().is_some_and(|indentation| indentation <= column);
        if parser.at(T::End) || unclosed {
            parser.fail(errors::unclosed_brace(open, parser.previous_span()));
            break;
        }
        if outside {
            parser.report(errors::inside_machine(parser.span(), parser.text()));
        }
        members.push(declaration(parser));
    }
    members
}

/// `'state' NAME (',' NAME)*`
fn states(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let mut states = names(parser, T::Comma, "a control state");
    while !parser.is_lost() && parser.at(T::Name) && !parser.starts_line() {
        parser.report(errors::missing_comma(parser.span()));
        states.extend(names(parser, T::Comma, "a control state"));
    }
    Some(DeclarationKind::States { states })
}

/// `'var' NAME ':' type ['=' ('any' | expression)] ['while' STATE ('|' STATE)*]`
fn variable(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let name = parser.name("the variable's name")?;
    if !parser.expect(T::Colon) {
        return None;
    }
    let ty = ty(parser);
    let initial = initial(parser);
    let alive = (!parser.is_lost() && parser.eat(T::While))
        .then(|| names(parser, T::Bar, "a control state"));
    Some(DeclarationKind::Variable { name, ty, initial, alive })
}

/// `['=' ('any' | expression)]`
fn initial(parser: &mut Parser) -> Initial {
    parser.read_becomes();
    if parser.is_lost() || !parser.eat(T::Assign) {
        Initial::Default
    } else if parser.at_name("any") {
        Initial::Any(parser.take())
    } else {
        Initial::Value(expression(parser))
    }
}

/// `'def' NAME ['(' NAME ':' type (',' …)* ')'] '=' expression`
fn definition(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let name = parser.name("the definition's name")?;
    let mut parameters = Vec::new();
    if parser.eat(T::OpenParen) {
        parameters = list(parser, T::CloseParen, definition_parameter);
    }
    parser.expect(T::Assign).then(|| {
        let value = expression(parser);
        DeclarationKind::Definition { name, parameters, value }
    })
}

/// `NAME ':' type`
fn definition_parameter(parser: &mut Parser) -> Option<Parameter> {
    let bound = binding(parser)?;
    if let Some(filter) = &bound.filter {
        parser.report(errors::filtered_definition(filter.span));
    }
    Some(Parameter { name: bound.name, ty: bound.ty, filter: None })
}

/// `'on' 'tick' block`
fn on_tick(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    if !parser.eat_name("tick") {
        parser.fail(errors::expected_token(parser.span(), "`tick`", parser.found()));
    }
    Some(DeclarationKind::OnTick { body: body(parser, action::ON_TICK) })
}

/// `'meter' NAME`
fn meter(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    parser.name("the meter's name").map(|name| DeclarationKind::Meter { name })
}

/// `'assume' expression`
fn assume(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    Some(DeclarationKind::Assume(expression(parser)))
}

/// `('calm' | 'healthy') 'when' expression`
fn condition(parser: &mut Parser) -> Option<DeclarationKind> {
    let calm = parser.at(T::Calm);
    parser.take();
    if !parser.expect(T::When) {
        return None;
    }
    let condition = expression(parser);
    Some(match calm {
        true => DeclarationKind::Calm(condition),
        false => DeclarationKind::Healthy(condition),
    })
}

/// `'watch' NAME '=' expression`
fn watch(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let name = parser.name("the figure's name")?;
    parser.expect(T::Assign).then(|| DeclarationKind::Watch { name, value: expression(parser) })
}

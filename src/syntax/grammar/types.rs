//! The grammar of types, one function per production.

use super::expression::{Level, inside, operators};
use crate::syntax::ast::{ExpressionKind, Type, TypeKind};
use crate::syntax::errors;
use crate::syntax::parser::Parser;
use crate::syntax::token::TokenKind as T;

/// A type: `basic '?'`. The `?` belongs to the innermost type: `set of T?` is a set of optional
/// things.
pub fn ty(parser: &mut Parser) -> Type {
    let start = parser.span();
    let inner = parser.nested(basic_type).unwrap_or(TypeKind::Error);
    let ty = Type { span: parser.span_since(start), kind: inner };
    if parser.is_lost() || !parser.at(T::Question) {
        return ty;
    }
    parser.take();
    let span = parser.span_since(start);
    if parser.at(T::Question) {
        parser.report(errors::doubly_optional(parser.span()));
        while parser.eat(T::Question) {}
    }
    parser.height += 1;
    Type { span, kind: TypeKind::Optional(Box::new(ty)) }
}

/// `'bool' | 'set' 'of' type | '[' type ']' type | 'queue' … | 'timer' … | NAME | low '..' high`
fn basic_type(parser: &mut Parser) -> TypeKind {
    parser.height = 1;
    if parser.at(T::OpenBracket) {
        return array(parser);
    }
    if parser.eat_names("set", "of") {
        let element = Box::new(ty(parser));
        parser.height += 1;
        return TypeKind::Set(element);
    }
    if parser.eat_names("queue", "of") {
        return queue(parser);
    }
    if parser.at_name("timer") && parser.kind_after() == T::OpenParen {
        return timer(parser);
    }
    if parser.at_name("bool") && parser.kind_after() != T::DotDot {
        parser.take();
        return TypeKind::Bool;
    }
    if !begins_operand(parser) {
        parser.fail(errors::expected_type(parser.span(), parser.found()));
        return TypeKind::Error;
    }
    name_or_range(parser)
}

/// `'[' type ']' type`
fn array(parser: &mut Parser) -> TypeKind {
    parser.take();
    let index = Box::new(ty(parser));
    let height = parser.height;
    if !parser.expect(T::CloseBracket) {
        return TypeKind::Error;
    }
    let element = Box::new(ty(parser));
    parser.height = 1 + height.max(parser.height);
    TypeKind::Array { index, element }
}

/// `'queue' 'of' type 'max' expression`, where the first two words have been taken.
fn queue(parser: &mut Parser) -> TypeKind {
    let element = Box::new(ty(parser));
    let height = parser.height;
    if !parser.eat_name("max") {
        let wanted = "`max` and the length of the queue";
        parser.fail(errors::expected_token(parser.span(), wanted, parser.found()));
        return TypeKind::Error;
    }
    let capacity = Box::new(operators(parser, Level::Sum));
    parser.height = 1 + height.max(parser.height);
    TypeKind::Queue { element, capacity }
}

/// `'timer' '(' expression ')'`
fn timer(parser: &mut Parser) -> TypeKind {
    parser.take();
    parser.take();
    let full = Box::new(inside(parser));
    parser.height += 1;
    parser.expect(T::CloseParen);
    TypeKind::Timer(full)
}

/// Whether an operand that can bound a range begins ahead.
fn begins_operand(parser: &Parser) -> bool {
    matches!(
        parser.kind(),
        T::Name | T::Number | T::Minus | T::OpenParen | T::If | T::Count | T::Sum
    )
}

/// `NAME`, or `low '..' high ['saturating']` with additive bounds.
fn name_or_range(parser: &mut Parser) -> TypeKind {
    let (start, found) = (parser.span(), parser.found());
    let low = operators(parser, Level::Sum);
    if !parser.eat(T::DotDot) {
        return match low.kind {
            ExpressionKind::Name(name) if !low.parenthesised => TypeKind::Name(name),
            _ => {
                if !parser.is_lost() {
                    parser.fail(errors::expected_type(start, found));
                }
                TypeKind::Error
            }
        };
    }
    let height = parser.height;
    let high = operators(parser, Level::Sum);
    parser.height = 1 + height.max(parser.height);
    let saturating = parser.eat_name("saturating");
    TypeKind::Range { low: Box::new(low), high: Box::new(high), saturating }
}

//! The grammar, one function per production, and the entry production.
//!
//! ```text
//! file        = ('model' | 'library') NAME  use*  declaration*
//! use         = 'use' "path"
//! declaration = 'param' … | 'type' … | 'mitigation' … | 'enum' … | 'machine' … | 'state' …
//!             | 'var' … | 'def' … | action | 'on' 'tick' block | 'meter' … | 'assume' …
//!             | 'calm' … | 'healthy' … | 'watch' … | 'property' … | 'expect' …
//! action      = ['strong'] (['eventually' | 'may' | 'operator'] 'action' | 'fault') head block
//! block       = '{' statement* '}'
//! statement   = assignment | 'count' … | 'let' … | 'if' … | 'for' … | call
//! expression  = operators around operands; the loosest first: leads to, until, implies, or, and,
//!               not and the temporal prefixes, comparisons, + -, * / mod, unary -, ^
//! type        = 'bool' | low '..' high ['saturating'] | NAME | type '?' | 'set' 'of' type
//!             | '[' type ']' type | 'queue' 'of' type 'max' n | 'timer' '(' n ')'
//! ```
//!
//! Reserved are the words that begin a declaration, a statement or an expression, the operators,
//! and five words that go on where an expression has ended: `then`, `else`, `where`, `when`,
//! `while`. All others (`in`, `of`, `max`, `at`, `with`, `within`, …) are special in their places
//! only. Behind a dot every word is a name. Lists in brackets may end in a comma.

mod action;
mod declaration;
mod expression;
mod property;
mod types;

pub use expression::Level;

use crate::base::Span;
use crate::syntax::ast::{Doc, File, FileKind, Name, Use};
use crate::syntax::errors;
use crate::syntax::parser::Parser;
use crate::syntax::token::TokenKind as T;

/// `('model' | 'library') NAME use* declaration*`
pub fn file(parser: &mut Parser) -> File {
    let (kind, name, doc) = header(parser);
    let mut uses = Vec::new();
    let mut declarations = Vec::new();
    while !parser.at(T::End) {
        if parser.at(T::Use) {
            if !declarations.is_empty() {
                parser.report(errors::late_use(parser.span()));
            }
            uses.extend(use_line(parser));
        } else {
            declaration::top_level(parser, &mut declarations);
        }
    }
    File { kind, name, doc, uses, declarations }
}

/// `('model' | 'library') NAME`
fn header(parser: &mut Parser) -> (FileKind, Name, Option<Doc>) {
    let kind = match parser.kind() {
        T::Library => FileKind::Library,
        _ => FileKind::Model,
    };
    let nameless = Name { text: String::new(), span: parser.span() };
    if !matches!(parser.kind(), T::Model | T::Library) {
        parser.fail(errors::missing_header(parser.span()));
        parser.is_found();
        return (kind, nameless, None);
    }
    let doc = parser.doc();
    let before = parser.position();
    parser.take();
    let name = parser.name("a name for the file");
    declaration::end(parser, before, 0);
    (kind, name.unwrap_or(nameless), doc)
}

/// `'use' "path"`
fn use_line(parser: &mut Parser) -> Option<Use> {
    let before = parser.position();
    let start = parser.take();
    let path = path(parser);
    let line = path.map(|path| Use { path, span: parser.span_since(start) });
    declaration::end(parser, before, 0);
    line
}

/// A path in quotes; its span is without them.
fn path(parser: &mut Parser) -> Option<Name> {
    if !parser.at(T::Text) {
        let wanted = "a path in quotes, like `\"parts/retry.squall\"`";
        parser.fail(errors::expected_token(parser.span(), wanted, parser.found()));
        return None;
    }
    let text = parser.text().trim_matches('"').to_string();
    let quoted = parser.take();
    let span = Span { start: quoted.start + 1, end: quoted.end - 1, ..quoted };
    Some(Name { text, span })
}

/// `item (',' item)* [','] close`, where the opening sign has been taken.
fn list<Item>(
    parser: &mut Parser,
    close: T,
    mut item: impl FnMut(&mut Parser) -> Option<Item>,
) -> Vec<Item> {
    let mut items = Vec::new();
    while !parser.at(close) && !parser.at(T::End) {
        let before = parser.position();
        items.extend(item(parser));
        if parser.is_lost() && !parser.at(T::Comma) {
            break;
        }
        parser.is_found();
        if !parser.eat(T::Comma) && !parser.at(close) {
            if !continues_list(parser, close) || parser.position() == before {
                break;
            }
            parser.report(errors::missing_comma(parser.span()));
        }
    }
    parser.expect(close);
    items
}

/// Whether what is ahead looks like the next part of a list whose comma was forgotten.
fn continues_list(parser: &Parser, close: T) -> bool {
    match close {
        // In braces the names of an enum may stand one below the other.
        T::CloseBrace => parser.at(T::Name),
        _ => matches!(parser.kind(), T::Name | T::Number) && !parser.starts_line(),
    }
}

/// Passes over what other languages write at the end of a declaration or statement.
fn pass_separators(parser: &mut Parser) {
    while !parser.is_lost() && (parser.at(T::Semicolon) || parser.at(T::Comma)) {
        parser.report(errors::separator(parser.span(), parser.text()));
        parser.take();
    }
}

/// `NAME (separator NAME)*`
fn names(parser: &mut Parser, separator: T, what: &str) -> Vec<Name> {
    let mut names: Vec<Name> = parser.name(what).into_iter().collect();
    while !parser.is_lost() && parser.eat(separator) {
        names.extend(parser.name(what));
    }
    names
}

#[cfg(test)]
mod tests;

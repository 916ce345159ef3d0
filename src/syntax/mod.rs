//! Text to tree. It cannot fail: there is always a tree, perhaps with diagnostics.

pub mod ast;
mod errors;
mod format;
mod grammar;
mod lexer;
mod parser;
mod token;

pub use format::format;

use crate::base::{Diagnostic, Source};

/// A text as a tree, and what is wrong with the text.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; what made no sense is an `Error` in it.
    pub file: ast::File,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a text. There is always a tree.
pub fn parse(source: &Source) -> Parsed {
    let mut parser = parser::Parser::new(source, lexer::lex(source));
    let file = grammar::file(&mut parser);
    Parsed { file, diagnostics: parser.finish() }
}

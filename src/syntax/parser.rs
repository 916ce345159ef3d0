//! The cursor over the tokens: look, take, expect, recover; knows no grammar.
//!
//! After an error from which it cannot simply go on the parser is *lost*: until some production
//! finds its place again, further errors are consequences of the first one and are not reported.

use crate::base::{Diagnostic, Source, Span};
use crate::syntax::ast::{Doc, Name};
use crate::syntax::errors::{self, Reported};
use crate::syntax::lexer::Lexed;
use crate::syntax::token::{Comment, Token, TokenKind};

/// How many levels a tree may have. The parser needs about 5 KB of stack for each in a debug build,
/// so this is safe on the 2 MB of a thread, and leaves room for hungrier passes.
pub const LEVEL_LIMIT: usize = 200;

/// Where parsing has come to.
pub struct Parser<'s> {
    /// Levels of the tree that was built last; whoever builds on it adds its own.
    pub height: usize,
    /// What the surroundings allow in an expression.
    pub surroundings: Surroundings,
    source: &'s Source,
    tokens: Vec<Token>,
    docs: Vec<Comment>,
    next_doc: usize,
    position: usize,
    depth: usize,
    lost: bool,
    reported: Reported,
}

/// What the surroundings allow in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// Everything about one state.
    State,
    /// Everything about one state, but an `in` belongs to what comes behind.
    BeforeIn,
    /// Temporal operators too.
    Claim,
}

impl<'s> Parser<'s> {
    /// A parser at the beginning of a text.
    pub fn new(source: &'s Source, lexed: Lexed) -> Parser<'s> {
        Parser {
            height: 0,
            surroundings: Surroundings::State,
            source,
            tokens: lexed.tokens,
            docs: lexed.comments.into_iter().filter(|comment| comment.documents).collect(),
            next_doc: 0,
            position: 0,
            depth: 0,
            lost: false,
            reported: lexed.reported,
        }
    }

    /// What was reported, in the order of the text.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.stray_docs_before(u32::MAX);
        self.reported.into_diagnostics(self.source.id)
    }

    // Looking.

    fn token(&self) -> Token {
        self.tokens[self.position]
    }

    /// The kind of the token ahead.
    pub fn kind(&self) -> TokenKind {
        self.token().kind
    }

    /// The kind of the token behind the one ahead.
    pub fn kind_after(&self) -> TokenKind {
        self.tokens.get(self.position + 1).map_or(TokenKind::End, |token| token.kind)
    }

    /// Whether the token ahead is of this kind.
    pub fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    /// Whether the token ahead is this word, which is special in some places only.
    pub fn at_name(&self, text: &str) -> bool {
        self.at(TokenKind::Name) && self.text() == text
    }

    /// Whether the two tokens ahead are these words.
    pub fn at_names(&self, first: &str, second: &str) -> bool {
        self.at_name(first) && self.text_after() == second
    }

    /// The kind of the token behind the one ahead, if it stands on the same line.
    pub fn kind_beside(&self) -> Option<TokenKind> {
        let after = self.tokens.get(self.position + 1)?;
        (after.line == self.token().line).then_some(after.kind)
    }

    /// The token behind the next two, if it stands on the line of the first.
    pub fn third_beside(&self) -> Option<(TokenKind, &'s str)> {
        let third = *self.tokens.get(self.position + 2)?;
        (third.line == self.token().line).then(|| (third.kind, self.text_of(third)))
    }

    /// The text of the token ahead.
    pub fn text(&self) -> &'s str {
        self.text_of(self.token())
    }

    /// The text of the token behind the one ahead.
    pub fn text_after(&self) -> &'s str {
        self.tokens.get(self.position + 1).map_or("", |&token| self.text_of(token))
    }

    fn text_of(&self, token: Token) -> &'s str {
        &self.source.text[token.start as usize..token.end as usize]
    }

    /// The token ahead as messages need it.
    pub fn found(&self) -> (TokenKind, &'s str) {
        (self.kind(), self.text())
    }

    fn span_of(&self, token: Token) -> Span {
        Span { source: self.source.id, start: token.start, end: token.end }
    }

    /// The place of the token ahead.
    pub fn span(&self) -> Span {
        self.span_of(self.token())
    }

    /// The place of the token taken last; the very beginning if there is none.
    pub fn previous_span(&self) -> Span {
        match self.position.checked_sub(1) {
            Some(previous) => self.span_of(self.tokens[previous]),
            None => Span::new(self.source.id, 0, 0),
        }
    }

    /// From the beginning of `start` to the end of the token taken last.
    pub fn span_since(&self, start: Span) -> Span {
        let previous = self.previous_span();
        if previous.end <= start.start { start } else { start.to(previous) }
    }

    /// Whether the token ahead is the first of its line.
    pub fn starts_line(&self) -> bool {
        self.position == 0 || self.tokens[self.position - 1].line != self.token().line
    }

    /// The column of the token ahead if it is the first of its line.
    pub fn indentation(&self) -> Option<usize> {
        self.starts_line().then(|| self.source.line_and_column(self.token().start).1)
    }

    /// How many tokens have been taken.
    pub fn position(&self) -> usize {
        self.position
    }

    // Taking.

    /// Takes the token ahead, whatever it is; the end of the file stays.
    pub fn take(&mut self) -> Span {
        let span = self.span();
        if self.position + 1 < self.tokens.len() {
            self.position += 1;
        }
        span
    }

    /// Takes a token of this kind if it is ahead.
    pub fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.take();
        }
        found
    }

    /// Takes this word if it is ahead.
    pub fn eat_name(&mut self, text: &str) -> bool {
        let found = self.at_name(text);
        if found {
            self.take();
        }
        found
    }

    /// Takes these two words if they are ahead.
    pub fn eat_names(&mut self, first: &str, second: &str) -> bool {
        let found = self.at_names(first, second);
        if found {
            self.take();
            self.take();
        }
        found
    }

    /// Takes a token of this kind, or reports that it is missing. Who finds it is not lost any
    /// more.
    pub fn expect(&mut self, kind: TokenKind) -> bool {
        if kind == TokenKind::Assign {
            self.read_becomes();
        }
        let found = self.eat(kind);
        if found {
            self.lost = false;
        } else {
            let wanted = kind.text().map_or("a token".to_string(), |text| format!("`{text}`"));
            self.fail(errors::expected_token(self.span(), &wanted, self.found()));
        }
        found
    }

    /// Takes a name. `what` says whose it is. A reserved word on the same line is taken for the
    /// name it was meant to be.
    pub fn name(&mut self, what: &str) -> Option<Name> {
        let kind = self.kind();
        if kind.is_word() && !self.starts_line() {
            self.report(errors::reserved_word(self.span(), self.text()));
        } else if kind != TokenKind::Name {
            self.fail(errors::expected_name(self.span(), what, self.found()));
            return None;
        }
        Some(self.word())
    }

    /// Takes the token ahead as a name, even if it is a reserved word.
    pub fn word(&mut self) -> Name {
        let text = self.text().to_string();
        Name { text, span: self.take() }
    }

    /// Lets the token ahead be read as another kind, after a slip has been reported.
    pub fn read_as(&mut self, kind: TokenKind) {
        self.tokens[self.position].kind = kind;
    }

    /// Reads `:=` as `=`.
    pub fn read_becomes(&mut self) {
        if self.at(TokenKind::Becomes) {
            self.report(errors::foreign_operator(self.span(), ":=", "="));
            self.read_as(TokenKind::Assign);
        }
    }

    // Going wrong.

    /// Reports something after which parsing goes on as if it had been right.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if !self.lost {
            self.reported.push(diagnostic);
        }
    }

    /// Reports something after which the parser is lost. Characters that mean nothing have been
    /// reported before.
    pub fn fail(&mut self, diagnostic: Diagnostic) {
        if !self.at(TokenKind::Unknown) {
            self.report(diagnostic);
        }
        self.lost = true;
    }

    /// Whether the parser is lost.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// Says that the parser is in a place that it knows.
    pub fn is_found(&mut self) {
        self.lost = false;
    }

    /// Skips tokens up to one that `stop` accepts; it is told how many braces were opened on the
    /// way. A closing brace that was not opened on the way and the end of the file stop too.
    pub fn skip_until(&mut self, stop: impl Fn(&Parser, usize) -> bool) {
        let mut open = 0;
        while !self.at(TokenKind::End) && !stop(self, open) {
            match self.kind() {
                TokenKind::OpenBrace => open += 1,
                TokenKind::CloseBrace if open == 0 => return,
                TokenKind::CloseBrace => open -= 1,
                _ => {}
            }
            self.take();
        }
    }

    // Levels.

    /// Runs a production one level deeper; none, with an error reported, if that is too deep.
    pub fn nested<T>(&mut self, production: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth == LEVEL_LIMIT {
            self.fail(errors::nested_too_deeply(self.span(), LEVEL_LIMIT));
            return None;
        }
        self.depth += 1;
        let result = production(self);
        self.depth -= 1;
        Some(result)
    }

    /// Notes how high the tree is that was just built; false, with an error reported, if too high.
    pub fn grow_to(&mut self, height: usize) -> bool {
        self.height = height;
        if height > LEVEL_LIMIT {
            self.fail(errors::nested_too_deeply(self.span(), LEVEL_LIMIT));
        }
        height <= LEVEL_LIMIT
    }

    // Documentation.

    /// The documentation of the declaration that begins ahead: the lines before it, or else the
    /// line behind the beginning of it. What is passed over belongs to nothing.
    pub fn doc(&mut self) -> Option<Doc> {
        let previous_end = self.previous_span().end;
        self.stray_docs_before(previous_end);
        if self.docs.get(self.next_doc).is_some_and(|doc| doc.trailing && self.is_before(doc)) {
            self.stray_docs_before(self.docs[self.next_doc].start + 1);
        }
        let mut lines = Vec::new();
        while let Some(doc) = self.docs.get(self.next_doc).filter(|doc| self.is_before(doc)) {
            lines.push(self.doc_line(*doc));
            self.next_doc += 1;
        }
        if !lines.is_empty() {
            return Some(Doc { lines, trailing: false });
        }
        let line = self.token().line;
        let behind =
            *self.docs.get(self.next_doc).filter(|doc| doc.line == line && doc.trailing)?;
        self.next_doc += 1;
        Some(Doc { lines: vec![self.doc_line(behind)], trailing: true })
    }

    fn is_before(&self, doc: &Comment) -> bool {
        doc.start < self.token().start
    }

    fn doc_line(&self, doc: Comment) -> Name {
        let text = &self.source.text[doc.start as usize + 3..doc.end as usize];
        let blank = usize::from(text.starts_with(' '));
        let start = doc.start as usize + 3 + blank;
        Name {
            text: text[blank..].to_string(),
            span: Span::new(self.source.id, start, doc.end as usize),
        }
    }

    fn stray_docs_before(&mut self, end: u32) {
        while let Some(doc) = self.docs.get(self.next_doc).filter(|doc| doc.start < end) {
            let span = Span { source: self.source.id, start: doc.start, end: doc.end };
            self.reported.push(errors::stray_documentation(span));
            self.next_doc += 1;
        }
    }
}

//! The one canonical layout of a text.
//!
//! It is made from the tree, so the same tree with the same comments always gives the same bytes.
//! Of the text it was read from only this remains: comments, documentation, and that there was a
//! blank line between two things. Whatever fits stands on one line of at most 100 columns; a longer
//! expression breaks behind its loosest operators. Neighbours of the same kind stand in columns,
//! and so do the comments behind them. A body of one plain statement stays on the line of its `if`,
//! `for` or `on tick`; that of an action always has lines of its own.

mod declaration;
mod expression;
mod layout;
mod rows;
mod statement;

use crate::base::{Diagnostic, Severity, Source, Span};
use crate::syntax::ast::{Declaration, DeclarationKind, Doc, File, FileKind};
use crate::syntax::lexer::lex;
use crate::syntax::token::Comment;
use crate::syntax::{Parsed, parse};
use layout::{Layout, STEP, WIDTH};
use rows::Row;

/// So often a layout is laid out again at most. Two are enough for all that we have seen.
const ROUND_LIMIT: usize = 8;

/// The canonical layout of a text, or what is wrong with it.
pub fn format(source: &Source) -> Result<String, Vec<Diagnostic>> {
    let mut laid_out = lay_out(source)?;
    for _ in 0..ROUND_LIMIT {
        // Only a comment amid an expression can come to stand where the next reading finds it in
        // another place: behind a bracket, or at the end of what has become one line.
        if !laid_out.moved_comments {
            break;
        }
        let again = lay_out(&Source::new(source.id, source.name.as_str(), laid_out.text.as_str()))?;
        let settled = again.text == laid_out.text;
        laid_out = again;
        if settled {
            break;
        }
    }
    Ok(laid_out.text)
}

struct LaidOut {
    text: String,
    /// Whether there were comments inside of what is laid out as a whole.
    moved_comments: bool,
}

/// One reading, and one layout of it.
fn lay_out(source: &Source) -> Result<LaidOut, Vec<Diagnostic>> {
    let Parsed { file, diagnostics } = parse(source);
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(diagnostics);
    }
    let mut formatter = Formatter::new(source, &file);
    formatter.file(&file);
    let moved_comments = formatter.moved_comments;
    Ok(LaidOut { text: rows::write(formatter.rows), moved_comments })
}

/// All documentation of declarations, in order.
fn collect_documentation<'a>(declarations: &'a [Declaration], documentation: &mut Vec<&'a Doc>) {
    for declaration in declarations {
        documentation.extend(declaration.doc.iter());
        if let DeclarationKind::Machine { members, .. } = &declaration.kind {
            collect_documentation(members, documentation);
        }
    }
}

/// Writes a tree as rows, and takes the comments along in their order.
struct Formatter<'s> {
    source: &'s Source,
    comments: Vec<Comment>,
    next_comment: usize,
    /// Where the lines of documentation end that belong to something, in order.
    documentation_ends: Vec<u32>,
    line_ends: Vec<u32>,
    rows: Vec<Row>,
    indent: usize,
    /// The line on which the thing before ended in the source; none at the beginning of a block.
    last_line: Option<usize>,
    moved_comments: bool,
}

impl<'s> Formatter<'s> {
    fn new(source: &'s Source, file: &File) -> Formatter<'s> {
        let mut documentation: Vec<&Doc> = file.doc.iter().collect();
        collect_documentation(&file.declarations, &mut documentation);
        let lines = documentation.iter().flat_map(|doc| &doc.lines);
        let line_ends = source.text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Formatter {
            source,
            comments: lex(source).comments,
            next_comment: 0,
            documentation_ends: lines.map(|line| line.span.end).collect(),
            line_ends: line_ends.map(|(at, _)| at as u32).collect(),
            rows: Vec::new(),
            indent: 0,
            last_line: None,
            moved_comments: false,
        }
    }

    fn file(&mut self, file: &File) {
        let word = match file.kind {
            FileKind::Model => "model",
            FileKind::Library => "library",
        };
        self.begin(file.name.span);
        self.rows.push(Row::text(0, format!("{word} {}", file.name.text)));
        self.finish(file.name.span);
        for line in &file.uses {
            self.begin(line.span);
            self.rows.push(Row::text(0, format!("use \"{}\"", line.path.text)));
            self.finish(line.span);
        }
        for declaration in &file.declarations {
            self.declaration(declaration);
        }
        self.comments_until(u32::MAX);
    }

    // Comments and blank lines.

    /// Before a thing: its comments, and a blank line if there was one.
    fn begin(&mut self, span: Span) {
        self.comments_until(span.start);
        self.blank_before(self.line_of(span.start));
    }

    /// Behind a thing.
    fn finish(&mut self, span: Span) {
        self.last_line = Some(self.line_of(span.end.saturating_sub(1)));
    }

    fn line_of(&self, offset: u32) -> usize {
        self.line_ends.partition_point(|&end| end < offset)
    }

    fn blank_before(&mut self, line: usize) {
        if self.last_line.is_some_and(|last| line > last + 1) {
            self.rows.push(Row::default());
        }
    }

    /// The comments before an offset, behind the row before or on rows of their own.
    fn comments_until(&mut self, end: u32) {
        while let Some(comment) = self.take_comment_before(end) {
            let line = comment.line as usize;
            let text = self.comment_text(comment);
            match self.rows.last_mut() {
                Some(row) if comment.trailing && row.has_room() => {
                    row.comment = Some(text);
                    self.last_line = self.last_line.map(|last| last.max(line));
                }
                _ => {
                    self.moved_comments |= comment.trailing;
                    self.blank_before(line);
                    self.rows.push(Row::text(self.indent, text));
                    self.last_line = Some(line);
                }
            }
        }
    }

    fn take_comment_before(&mut self, end: u32) -> Option<Comment> {
        let comment = *self.comments.get(self.next_comment).filter(|next| next.start < end)?;
        self.next_comment += 1;
        Some(comment)
    }

    fn has_comment_before(&self, end: u32) -> bool {
        self.comments.get(self.next_comment).is_some_and(|next| next.start < end)
    }

    /// A comment as it is written. Documentation that belongs to nothing is a mere comment, and
    /// stays one wherever it comes to stand.
    fn comment_text(&self, comment: Comment) -> String {
        let text = &self.source.text[comment.start as usize..comment.end as usize];
        let Some(words) = text.strip_prefix("///").filter(|_| comment.documents) else {
            return text.to_string();
        };
        let belongs = self.documentation_ends.binary_search(&comment.end).is_ok();
        let slashes = if belongs { "///" } else { "//" };
        let blank = if words.is_empty() || words.starts_with(' ') { "" } else { " " };
        format!("{slashes}{blank}{words}")
    }

    /// The comments before an offset inside an expression; where they stand a line must end.
    fn inner_comments(&mut self, end: u32) -> Layout {
        let mut parts = Vec::new();
        while let Some(comment) = self.take_comment_before(end) {
            self.moved_comments = true;
            let text = self.comment_text(comment);
            if comment.trailing {
                parts.push(Layout::Suffix(text));
            } else {
                parts.extend([Layout::Break, Layout::Suffix(text)]);
            }
        }
        Layout::All(parts)
    }

    /// Takes the documentation that stands behind a declaration, before anything else in it is
    /// written.
    fn take_doc_behind(&mut self, doc: Option<&Doc>) -> Option<String> {
        let doc = doc.filter(|doc| doc.trailing)?;
        let comment = self.take_comment_before(doc.lines[0].span.end + 1)?;
        Some(self.comment_text(comment))
    }

    /// Puts that documentation behind the first row of its declaration.
    fn put_doc_behind(&mut self, doc: Option<String>, first_row: usize) {
        let Some(doc) = doc else { return };
        let row = &mut self.rows[first_row];
        if let Some(other) = row.comment.replace(doc) {
            let below = Row::text(row.indent, other);
            self.rows.insert(first_row + 1, below);
        }
    }

    // Rows.

    /// A layout as rows.
    fn push(&mut self, layout: &Layout) {
        self.push_before(layout, "");
    }

    /// A layout as rows, broken as if `ending` stood behind it too.
    fn push_before(&mut self, layout: &Layout, ending: &str) {
        let lines = layout.lines(self.indent, ending.len());
        self.rows.extend(lines.into_iter().flat_map(Row::of_line));
    }

    /// A layout with a brace behind it, or below it if the layout takes more than one line.
    fn push_opening(&mut self, layout: &Layout) {
        let one_line = layout.on_one_line().filter(|line| self.fits(&format!("{line} {{")));
        match one_line {
            Some(line) => self.rows.push(Row::text(self.indent, line + " {")),
            None => {
                self.push_before(layout, " {");
                self.rows.push(Row::text(self.indent, "{"));
            }
        }
    }

    /// Whether a text fits on a line of its own.
    fn fits(&self, text: &str) -> bool {
        self.indent + text.chars().count() <= WIDTH
    }

    /// What stands between braces, one step further in, up to where the closing brace stands.
    fn inside(&mut self, close: u32, write: impl FnOnce(&mut Self)) {
        self.indent += STEP;
        self.last_line = None;
        write(self);
        self.comments_until(close);
        self.indent -= STEP;
    }
}

#[cfg(test)]
mod tests;

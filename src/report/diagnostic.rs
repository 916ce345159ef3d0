//! Diagnostics drawn under the lines they are about, in the way that users of rustc know.
//!
//! Only the lines that are marked, and the few between them, are handed to the drawing; a line that
//! nobody wrote by hand is cut around its mark. So a text of many megabytes, on one line or on many,
//! is complained about as fast and as shortly as any other.

use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
};
use itertools::Itertools;

use super::number::{counted, grouped};
use crate::base::{Diagnostic, Severity, Source, Span};

/// The most diagnostics that are drawn. By taste: nobody reads so many.
const DRAWN_MAX: usize = 100;

/// The most characters of a line before, in and after a mark. By taste.
const AROUND_MAX: usize = 60;

/// The most characters of a message. A name in it can be as long as the text.
const MESSAGE_MAX: usize = 300;

/// The most bytes from the first to the last marked line that are looked at in one piece. By taste.
const STRETCH_MAX: usize = 100_000;

/// Draws all diagnostics, in their order, and counts them in a last line.
pub fn draw(sources: &[Source], diagnostics: &[Diagnostic]) -> String {
    let renderer = Renderer::styled();
    let mut page = String::new();
    for diagnostic in diagnostics.iter().take(DRAWN_MAX) {
        page.push_str(&draw_one(&renderer, sources, diagnostic));
        page.push_str("\n\n");
    }
    if diagnostics.len() > DRAWN_MAX {
        let rest = grouped((diagnostics.len() - DRAWN_MAX) as u64);
        page.push_str(&format!("… and {rest} more\n"));
    }
    if let Some(model) = sources.first().filter(|_| !diagnostics.is_empty()) {
        page.push_str(&format!("{} in {}\n", count(diagnostics), model.name));
    }
    page
}

/// `3 errors, 1 warning`
pub fn count(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| diagnostics.iter().filter(|one| one.severity == severity).count() as u64;
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let parts = [(errors, "error"), (warnings, "warning")];
    parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| counted(*number, what))
        .join(", ")
}

fn draw_one(renderer: &Renderer, sources: &[Source], diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(shortened(&diagnostic.message)).id(diagnostic.code.0);
    let mut elements: Vec<Element<'_>> = Vec::new();
    for (source, marks) in by_source(sources, diagnostic) {
        match in_one_piece(source, &marks) {
            Some(snippet) => elements.push(snippet.into()),
            None => marks.iter().for_each(|mark| elements.extend(cut_out(source, mark))),
        }
    }
    if let Some(help) = &diagnostic.help {
        elements.push(Level::HELP.message(shortened(help)).into());
    }
    renderer.render(&[Group::with_title(title).elements(elements)])
}

/// A place to mark, on one line.
struct Mark {
    line_number: usize,
    column: usize,
    /// The bytes of the line, without its end.
    line: Range<usize>,
    /// The bytes to mark, inside the line.
    place: Range<usize>,
    label: String,
    is_primary: bool,
}

impl Mark {
    /// The mark in a piece of text, at the given bytes.
    fn annotation(&self, place: Range<usize>) -> Annotation<'static> {
        let kind = if self.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let label = (!self.label.is_empty()).then(|| self.label.clone());
        kind.span(place).label(label)
    }
}

/// The places of a diagnostic, those first that are in the same text as the most important one.
fn by_source<'a>(sources: &'a [Source], diagnostic: &Diagnostic) -> Vec<(&'a Source, Vec<Mark>)> {
    let primary = (&diagnostic.primary, true);
    let places =
        std::iter::once(primary).chain(diagnostic.secondary.iter().map(|one| (one, false)));
    let mut found: Vec<(&Source, Vec<Mark>)> = Vec::new();
    for ((span, label), is_primary) in places {
        let Some(source) = sources.iter().find(|source| source.id == span.source) else { continue };
        let mark = mark(source, *span, label, is_primary);
        match found.iter_mut().find(|(known, _)| known.id == source.id) {
            Some((_, marks)) => marks.push(mark),
            None => found.push((source, vec![mark])),
        }
    }
    found
}

/// A span that goes on over several lines is marked on its first.
fn mark(source: &Source, span: Span, label: &str, is_primary: bool) -> Mark {
    let text = &source.text;
    let start = text.floor_char_boundary((span.start as usize).min(text.len()));
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line_end = line_start + text[line_start..line_end].trim_end_matches('\r').len();
    let start = start.min(line_end);
    let end = text.ceil_char_boundary((span.end as usize).min(text.len())).clamp(start, line_end);
    let (line_number, column) = source.line_and_column(start as u32);
    let label = shortened(label);
    Mark { line_number, column, line: line_start..line_end, place: start..end, label, is_primary }
}

/// The lines from the first mark to the last, if they are few and short.
fn in_one_piece<'a>(source: &'a Source, marks: &[Mark]) -> Option<Snippet<'a, Annotation<'a>>> {
    let first = marks.iter().min_by_key(|mark| mark.line.start)?;
    let end = marks.iter().map(|mark| mark.line.end).max()?;
    let text = &source.text[first.line.start..end];
    let longest = text.lines().map(str::len).max().unwrap_or(0);
    if text.len() > STRETCH_MAX || longest > 4 * AROUND_MAX {
        return None;
    }
    let annotation = |mark: &Mark| {
        let start = mark.place.start - first.line.start;
        mark.annotation(start..start + mark.place.len())
    };
    let snippet = Snippet::source(text).path(source.name.clone()).line_start(first.line_number);
    Some(snippet.annotations(marks.iter().map(annotation)))
}

/// What is near a mark on a line that may be long, below the true place of the mark.
fn cut_out<'a>(source: &'a Source, mark: &Mark) -> [Element<'a>; 2] {
    let before = &source.text[mark.line.start..mark.place.start];
    let inside = &source.text[mark.place.clone()];
    let after = &source.text[mark.place.end..mark.line.end];
    let from = before.char_indices().rev().nth(AROUND_MAX - 1).map_or(0, |(at, _)| at);
    let left = if from > 0 { format!("…{}", &before[from..]) } else { before.to_owned() };
    let middle = head(inside, AROUND_MAX);
    let is_whole = middle.len() == inside.len();
    let right = if is_whole { ellipsis(after, AROUND_MAX) } else { "…".to_owned() };
    let annotation = mark.annotation(left.len()..left.len() + middle.len());
    let origin = Origin::path(source.name.clone()).line(mark.line_number).char_column(mark.column);
    let snippet = Snippet::source(format!("{left}{middle}{right}")).line_start(mark.line_number);
    [origin.into(), snippet.annotation(annotation).into()]
}

/// The first characters of a text.
fn head(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(at, _)| &text[..at])
}

/// The first characters of a text, and a sign if there are more.
fn ellipsis(text: &str, count: usize) -> String {
    let head = head(text, count);
    if head.len() < text.len() { format!("{head}…") } else { text.to_owned() }
}

fn shortened(message: &str) -> String {
    ellipsis(message, MESSAGE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SourceId;

    /// Draws diagnostics about `text`, without their colours.
    fn check(text: &str, diagnostics: &[Diagnostic], expected: &str) {
        let source = Source::new(SourceId(0), "m.squall", text);
        let drawn = anstream::adapter::strip_str(&draw(&[source], diagnostics)).to_string();
        assert_eq!(drawn.trim_end(), expected.trim_matches('\n'), "\n{drawn}");
    }

    fn span(range: Range<usize>) -> Span {
        Span::new(SourceId(0), range.start, range.end)
    }

    #[test]
    fn each_stands_under_its_line_and_the_last_line_counts_them() {
        let text = "model m\nvar a: bool\nvar b: bool\nvar a: bool\n";
        let twice = Diagnostic::error("declared-twice", span(36..37), "`a` is declared twice")
            .label("again here")
            .also(span(12..13), "first declared here")
            .help("rename one of them");
        let unused = Diagnostic::warning("unused", span(24..25), "variable `b` is never read");
        check(
            text,
            &[unused, twice],
            "
warning[unused]: variable `b` is never read
 --> m.squall:3:5
  |
3 | var b: bool
  |     ^

error[declared-twice]: `a` is declared twice
 --> m.squall:4:5
  |
2 | var a: bool
  |     - first declared here
3 | var b: bool
4 | var a: bool
  |     ^ again here
  |
  = help: rename one of them

1 error, 1 warning in m.squall",
        );
    }

    #[test]
    fn a_line_nobody_wrote_by_hand_is_cut_around_the_mark() {
        let text = format!("model m\n{}?{}\n", "ä".repeat(100_000), "b".repeat(100_000));
        let odd = Diagnostic::error("odd", span(200_008..200_009), "x".repeat(1000));
        let (before, after) = ("ä".repeat(60), "b".repeat(60));
        let (message, indent) = ("x".repeat(300), " ".repeat(61));
        let expected = format!(
            "
error[odd]: {message}…
 --> m.squall:2:100001
  |
 :::\x20
2 | …{before}?{after}…
  | {indent}^

1 error in m.squall"
        );
        check(&text, &[odd], &expected);
    }

    #[test]
    fn a_mark_at_the_end_of_the_text_stands_behind_its_last_line() {
        let end = Diagnostic::error("end", span(7..7), "the text ends here");
        check(
            "model m",
            &[end],
            "
error[end]: the text ends here
 --> m.squall:1:8
  |
1 | model m
  |        ^

1 error in m.squall",
        );
    }

    #[test]
    fn what_lies_between_two_places_is_left_out() {
        let text = format!("model m\nfirst\n{}second\n", "\n".repeat(1000));
        let far = Diagnostic::error("far", span(1014..1020), "far apart").also(span(8..13), "this");
        check(
            &text,
            &[far],
            "
error[far]: far apart
    --> m.squall:1003:1
     |
   2 | first
     | ----- this
...
1003 | second
     | ^^^^^^

1 error in m.squall",
        );
    }

    #[test]
    fn the_first_hundred_are_enough() {
        let one = Diagnostic::error("end", span(0..5), "again");
        let source = Source::new(SourceId(0), "m.squall", "model m");
        let drawn = draw(&[source], &vec![one; 1234]);
        assert_eq!(drawn.matches("again").count(), DRAWN_MAX);
        assert!(drawn.ends_with("… and 1,134 more\n1,234 errors in m.squall\n"), "{drawn}");
    }
}

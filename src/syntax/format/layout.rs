//! A text that may be laid out on one line or on several.
//!
//! The algorithm is the usual one for such documents (Wadler, *A prettier printer*, 2003; Oppen,
//! 1980): a group stands on one line if that fits, otherwise all its own separators become line
//! breaks. A comment is a suffix: it goes to the end of the line it falls on, and forces that line
//! to end.

/// Lines are not longer than this if something in them can be broken.
pub const WIDTH: usize = 100;

/// How far a block or a continued line is set in.
pub const STEP: usize = 2;

/// A piece of text with its possible line breaks.
#[derive(Clone, Debug)]
pub enum Layout {
    /// Text without a line break.
    Text(String),
    /// A blank, or a line break if the group around is broken.
    Space,
    /// Nothing, or a line break if the group around is broken.
    Nothing,
    /// A line break, which breaks all groups around.
    Break,
    /// A comment for the end of the line, which breaks all groups around.
    Suffix(String),
    /// One after the other.
    All(Vec<Layout>),
    /// What may stand on one line.
    Group(Box<Layout>),
    /// What is set in if it is broken.
    Indent(Box<Layout>),
}

impl Layout {
    /// Text without a line break.
    pub fn text(text: impl Into<String>) -> Layout {
        Layout::Text(text.into())
    }

    /// What may stand on one line.
    pub fn group(parts: Vec<Layout>) -> Layout {
        Layout::Group(Box::new(Layout::All(parts)))
    }

    /// What is set in if it is broken.
    pub fn indent(parts: Vec<Layout>) -> Layout {
        Layout::Indent(Box::new(Layout::All(parts)))
    }

    /// All of it on one line, if nothing in it forces a break.
    pub fn on_one_line(&self) -> Option<String> {
        let mut line = String::new();
        self.write_flat(&mut line, usize::MAX).then_some(line)
    }

    /// Adds the text without breaks; false if it cannot be without, or is longer than `limit`
    /// bytes.
    fn write_flat(&self, line: &mut String, limit: usize) -> bool {
        match self {
            Layout::Text(text) => line.push_str(text),
            Layout::Space => line.push(' '),
            Layout::Nothing => {}
            Layout::Break | Layout::Suffix(_) => return false,
            Layout::All(parts) => return parts.iter().all(|part| part.write_flat(line, limit)),
            Layout::Group(inner) | Layout::Indent(inner) => return inner.write_flat(line, limit),
        }
        line.len() <= limit
    }

    /// Lays it out from a column on, with `reserved` columns for what will follow on its last line.
    pub fn lines(&self, column: usize, reserved: usize) -> Vec<Line> {
        let mut printer = Printer { lines: vec![Line::at(column)] };
        printer.print(self, Mode { indent: column, broken: true, reserved });
        printer.lines
    }
}

/// One line of a layout.
#[derive(Debug, Default)]
pub struct Line {
    /// How far it is set in.
    pub indent: usize,
    /// Its text.
    pub text: String,
    /// Comments for its end.
    pub suffixes: Vec<String>,
}

impl Line {
    fn at(indent: usize) -> Line {
        Line { indent, ..Line::default() }
    }
}

/// What the surroundings ask of a piece.
#[derive(Clone, Copy)]
struct Mode {
    indent: usize,
    broken: bool,
    /// Columns needed behind it on its last line.
    reserved: usize,
}

struct Printer {
    lines: Vec<Line>,
}

impl Printer {
    fn line(&mut self) -> &mut Line {
        self.lines.last_mut().expect("a layout has at least one line")
    }

    fn print(&mut self, layout: &Layout, mode: Mode) {
        match layout {
            Layout::Text(text) => self.line().text.push_str(text),
            Layout::Space | Layout::Nothing if mode.broken => self.end_line(mode.indent),
            Layout::Space => self.line().text.push(' '),
            Layout::Nothing => {}
            Layout::Break => self.end_line(mode.indent),
            Layout::Suffix(comment) => self.line().suffixes.push(comment.clone()),
            Layout::All(parts) => self.print_all(parts, mode),
            Layout::Indent(inner) => {
                self.print(inner, Mode { indent: mode.indent + STEP, ..mode });
            }
            Layout::Group(inner) => self.print_group(inner, mode),
        }
    }

    fn end_line(&mut self, indent: usize) {
        let blanks = self.line().text.trim_end().len();
        self.line().text.truncate(blanks);
        self.lines.push(Line::at(indent));
    }

    /// Each part must leave room for what comes behind it up to the next break.
    fn print_all(&mut self, parts: &[Layout], mode: Mode) {
        let mut reserved = mode.reserved;
        let mut rooms: Vec<usize> = Vec::with_capacity(parts.len());
        for part in parts.iter().rev() {
            rooms.push(reserved);
            reserved = match first_width(part, mode.broken) {
                (width, true) => width,
                (width, false) => reserved.saturating_add(width).min(WIDTH),
            };
        }
        for (part, &reserved) in parts.iter().zip(rooms.iter().rev()) {
            self.print(part, Mode { reserved, ..mode });
        }
    }

    fn print_group(&mut self, inner: &Layout, mode: Mode) {
        let used = self.line().indent + self.line().text.chars().count() + mode.reserved;
        let mut flat = String::new();
        // A letter has at most four bytes.
        let short = inner.write_flat(&mut flat, 4 * WIDTH);
        if short && used + flat.chars().count() <= WIDTH {
            self.line().text.push_str(&flat);
        } else {
            self.print(inner, Mode { broken: true, ..mode });
        }
    }
}

/// How wide a piece is up to its first certain break, and whether it has one.
fn first_width(layout: &Layout, broken: bool) -> (usize, bool) {
    match layout {
        Layout::Text(text) => (text.chars().count(), false),
        Layout::Space | Layout::Nothing if broken => (0, true),
        Layout::Space => (1, false),
        Layout::Nothing | Layout::Suffix(_) => (0, false),
        Layout::Break => (0, true),
        Layout::Group(inner) => first_width(inner, false),
        Layout::Indent(inner) => first_width(inner, broken),
        Layout::All(parts) => {
            let mut width = 0;
            for part in parts {
                let (more, ends) = first_width(part, broken);
                width += more;
                if ends || width > WIDTH {
                    return (width, ends);
                }
            }
            (width, false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(layout: &Layout, column: usize, expected: &[&str]) {
        let lines = layout.lines(column, 0).into_iter().map(|line| {
            let suffixes: String =
                line.suffixes.iter().map(|suffix| format!(" {suffix}")).collect();
            format!("{}{}{suffixes}", " ".repeat(line.indent), line.text)
        });
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }

    fn sum(parts: Vec<Layout>) -> Layout {
        let mut all = vec![Layout::text("a =")];
        all.push(Layout::indent(parts));
        Layout::group(all)
    }

    #[test]
    fn a_group_breaks_only_if_it_must() {
        let parts = || vec![Layout::Space, Layout::text("b +"), Layout::Space, Layout::text("c")];
        check(&sum(parts()), 0, &["a = b + c"]);
        check(&sum(parts()), 91, &[&format!("{}a = b + c", " ".repeat(91))]);
        let broken = ["a =", "  b +", "  c"].map(|line| " ".repeat(92) + line);
        check(&sum(parts()), 92, &[&broken[0], &broken[1], &broken[2]]);
    }

    #[test]
    fn a_comment_ends_its_line() {
        let comment = Layout::Suffix("// why".to_string());
        check(
            &sum(vec![
                Layout::Space,
                Layout::text("b +"),
                comment,
                Layout::Space,
                Layout::text("c"),
            ]),
            0,
            &["a =", "  b + // why", "  c"],
        );
    }
}

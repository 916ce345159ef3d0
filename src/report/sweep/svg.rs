//! A sweep as a picture for a design review: a heat map for each claim, the line between holding and
//! failing, and a witness on each side of it.
//!
//! Written by hand: rectangles and words are all there is, and the same sweep gives the same bytes. The
//! colours are those that the colour-blind tell apart (Okabe and Ito, Color Universal Design, 2008), from
//! light for what holds to dark for a trap, so that grey paper is enough; and every cell says its word.

use std::fmt::Write as _;

use itertools::Itertools;

use super::text::{values_words, witness_words};
use super::{Mark, PointReport, Sign, SweepReport};
use crate::mitigate::sweep::{Axis, Standing};
use crate::report::number::{counted, grouped};

/// Around everything.
const MARGIN: f64 = 36.0;
/// What is left of the cells, for the names of the rows.
const LEFT: f64 = 92.0;
/// The least width of a picture, so that words have room.
const WIDTH_MIN: f64 = 720.0;
/// The most that the cells of a row take together, unless they would become too narrow.
const CELLS_WIDTH: f64 = 860.0;
/// A letter's width as a part of its height, on average in the fonts below; by taste, rather too much.
const LETTER: f64 = 0.56;
const FONTS: &str = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";
const INK: &str = "#1d2433";
const FAINT: &str = "#5b6475";

/// Whether a grid can be drawn: it has one parameter or two.
pub fn is_drawable(axes: &[Axis]) -> bool {
    matches!(axes, [_] | [_, _])
}

/// The picture of a sweep over one parameter or two.
pub fn write(report: &SweepReport) -> String {
    let shape = Layout::of(report);
    let mut body = String::new();
    let mut top = MARGIN;
    for property in 0..report.properties.len() {
        let mut panel = Panel { report, property, layout: &shape, body: String::new(), y: top };
        panel.write();
        top = panel.y + MARGIN;
        body.push_str(&panel.body);
    }
    let (width, height) = (shape.width, top);
    let names = report.properties.iter().map(|one| one.name.as_str()).join(", ");
    let axes = report.grid.axes.iter().map(|axis| axis.name.as_str()).join(" and ");
    let title = escaped(&format!("{}: {names} over {axes}", report.model));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONTS}\">\n\
         <title>{title}</title>\n{DEFINITIONS}\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

/// The hatching of what is not known.
const DEFINITIONS: &str = "<defs><pattern id=\"open\" width=\"8\" height=\"8\" \
    patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" \
    fill=\"#ffffff\"/><rect width=\"3\" height=\"8\" fill=\"#d5d9e0\"/></pattern></defs>\n";

/// The sizes that all claims share.
struct Layout {
    columns: usize,
    rows: usize,
    cell_width: f64,
    cell_height: f64,
    width: f64,
}

impl Layout {
    fn of(report: &SweepReport) -> Layout {
        let columns = report.grid.row_length();
        let rows = report.points.len() / columns;
        let cell_width = (CELLS_WIDTH / columns as f64).floor().clamp(26.0, 76.0);
        let cell_height = if rows > 16 { 28.0 } else { 46.0 };
        let cells = LEFT + cell_width * columns as f64;
        let width = (cells + 2.0 * MARGIN).max(WIDTH_MIN);
        Layout { columns, rows, cell_width, cell_height, width }
    }

    /// Whether whole words fit into a cell.
    fn is_wide(&self) -> bool {
        self.cell_width >= 48.0
    }
}

/// The picture of one claim, from top to bottom.
struct Panel<'a> {
    report: &'a SweepReport,
    property: usize,
    layout: &'a Layout,
    body: String,
    /// Where the next thing begins.
    y: f64,
}

impl Panel<'_> {
    fn write(&mut self) {
        self.write_head();
        let top = self.y;
        self.write_cells(top);
        self.write_line(top);
        self.write_witness_marks(top);
        self.write_axes(top);
        self.write_legend();
        self.write_witnesses();
        self.write_foot();
    }

    /// Words that begin at `x`, the next thing below them.
    fn words(&mut self, x: f64, size: f64, style: &str, words: &str) {
        let room = self.layout.width - MARGIN - x;
        for line in wrapped(words, (room / (size * LETTER)) as usize) {
            self.y += size * 1.25;
            let (y, text) = (self.y - size * 0.25, escaped(&line));
            let _ = writeln!(
                self.body,
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" {style}>{text}</text>"
            );
        }
    }

    /// The claim, what is said about it, and in which configuration.
    fn write_head(&mut self) {
        let claimed = &self.report.properties[self.property];
        let bold = format!("font-weight=\"bold\" fill=\"{INK}\"");
        let faint = format!("fill=\"{FAINT}\"");
        self.words(MARGIN, 21.0, &bold, &format!("{}: {}", claimed.name, claimed.claim));
        if let Some(doc) = &claimed.doc {
            self.words(MARGIN, 14.0, &format!("fill=\"{INK}\""), doc);
        }
        let chosen = self.report.mitigations.iter().map(|name| format!("with {name}"));
        let set = self.report.settings.iter().map(|(name, value)| format!("{name} = {value}"));
        let chosen = std::iter::once(self.report.model.clone()).chain(chosen).chain(set).join(", ");
        self.words(MARGIN, 13.0, &faint, &chosen);
        self.y += 18.0;
    }

    /// The left upper corner of a place; the second parameter grows upwards.
    fn corner(&self, top: f64, place: usize) -> (f64, f64) {
        let layout = self.layout;
        let (row, column) = (place / layout.columns, place % layout.columns);
        let x = MARGIN + LEFT + column as f64 * layout.cell_width;
        (x, top + (layout.rows - 1 - row) as f64 * layout.cell_height)
    }

    fn sign(&self, place: usize) -> Sign {
        self.report.points[place].sign(self.property)
    }

    fn write_cells(&mut self, top: f64) {
        let Layout { cell_width: width, cell_height: height, .. } = *self.layout;
        for (place, point) in self.report.points.iter().enumerate() {
            let (x, y) = self.corner(top, place);
            let sign = self.sign(place);
            let (fill, ink) = colours(sign);
            let cell = point.cell(self.property);
            let star = if cell.is_some_and(|cell| !cell.caveats.is_empty()) { "*" } else { "" };
            let word = match self.layout.is_wide() {
                true => sign.word().to_owned(),
                false => sign.word().chars().take(1).collect(),
            };
            let below = cell.filter(|_| self.layout.is_wide() && height > 40.0);
            let below = below.map(|cell| match &cell.figure {
                Some(figure) => figure.clone(),
                None => grouped(cell.states as u64),
            });
            let hover = escaped(&self.place_words(place));
            let _ = writeln!(
                self.body,
                "<g><title>{hover}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" \
                 height=\"{height}\" fill=\"{fill}\" stroke=\"#ffffff\" stroke-width=\"2\"/>"
            );
            let middle = x + width / 2.0;
            let base = y + height / 2.0 + if below.is_some() { -1.0 } else { 5.0 };
            let _ = writeln!(
                self.body,
                "<text x=\"{middle}\" y=\"{base}\" font-size=\"14\" font-weight=\"bold\" \
                 text-anchor=\"middle\" fill=\"{ink}\">{word}{star}</text>"
            );
            if let Some(below) = below {
                let base = base + 15.0;
                let _ = writeln!(
                    self.body,
                    "<text x=\"{middle}\" y=\"{base}\" font-size=\"11\" text-anchor=\"middle\" \
                     fill=\"{ink}\">{}</text>",
                    escaped(&below)
                );
            }
            self.body.push_str("</g>\n");
        }
    }

    /// What is known at a place, in a line.
    fn place_words(&self, place: usize) -> String {
        let at = self.at(place);
        match &self.report.points[place] {
            PointReport::Judged(cells) => {
                let cell = &cells[self.property];
                let reason = if cell.mark == Mark::Unknown { &cell.reason } else { "" };
                format!("{at}: {} {reason}", witness_words(cell)).trim_end().to_owned()
            }
            PointReport::Refused { because } => format!("{at}: refused: {because}"),
            PointReport::NoStart | PointReport::NotReached => {
                format!("{at}: {}", self.sign(place).meaning())
            }
        }
    }

    fn at(&self, place: usize) -> String {
        let values = self.report.grid.values(place);
        let named = self.report.grid.axes.iter().zip(values);
        named.map(|(axis, value)| format!("{} = {value}", axis.name)).join(", ")
    }

    /// The line between neighbours of which one holds and the other fails.
    fn write_line(&mut self, top: f64) {
        let Layout { columns, cell_width: width, cell_height: height, .. } = *self.layout;
        let differ = |one: Sign, other: Sign| {
            matches!(
                (one.standing(), other.standing()),
                (Standing::Holds, Standing::Fails) | (Standing::Fails, Standing::Holds)
            )
        };
        let mut path = String::new();
        for place in 0..self.report.points.len() {
            let (x, y) = self.corner(top, place);
            let is_last = (place + 1).is_multiple_of(columns);
            if !is_last && differ(self.sign(place), self.sign(place + 1)) {
                let _ = write!(path, "M{} {y}v{height}", x + width);
            }
            let above = place + columns;
            if above < self.report.points.len() && differ(self.sign(place), self.sign(above)) {
                let _ = write!(path, "M{x} {y}h{width}");
            }
        }
        if !path.is_empty() {
            let _ = writeln!(
                self.body,
                "<path d=\"{path}\" fill=\"none\" stroke=\"#ffffff\" stroke-width=\"8\" \
                 stroke-linecap=\"round\"/>\n<path d=\"{path}\" fill=\"none\" stroke=\"{INK}\" \
                 stroke-width=\"4\" stroke-linecap=\"round\"/>"
            );
        }
    }

    /// The letters of the two witnesses, in the corners of their cells.
    fn write_witness_marks(&mut self, top: f64) {
        let Some((holds, fails)) = self.report.line(self.property) else { return };
        for (letter, place) in [("A", holds), ("B", fails)] {
            let (x, y) = self.corner(top, place);
            self.write_badge(letter, x + 13.0, y + self.layout.cell_height - 12.0);
        }
    }

    fn write_badge(&mut self, letter: &str, x: f64, y: f64) {
        let base = y + 3.8;
        let _ = writeln!(
            self.body,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"8\" fill=\"{INK}\" stroke=\"#ffffff\"/><text x=\"{x}\" \
             y=\"{base}\" font-size=\"10.5\" font-weight=\"bold\" text-anchor=\"middle\" \
             fill=\"#ffffff\">{letter}</text>"
        );
    }

    /// The values beside and below the cells, the names and what the model says of them.
    fn write_axes(&mut self, top: f64) {
        let report = self.report;
        let Layout { columns, rows, cell_width, cell_height, .. } = *self.layout;
        let left = MARGIN + LEFT;
        let bottom = top + rows as f64 * cell_height;
        let axes = &report.grid.axes;
        for (column, value) in axes[0].values.iter().enumerate() {
            let x = left + (column as f64 + 0.5) * cell_width;
            self.write_value(x, bottom + 19.0, "middle", value);
        }
        let middle = left + columns as f64 * cell_width / 2.0;
        let y = bottom + 42.0;
        let _ = writeln!(
            self.body,
            "<text x=\"{middle}\" y=\"{y}\" font-size=\"14\" text-anchor=\"middle\" fill=\"{INK}\">{}</text>",
            axis_name(&axes[0])
        );
        if let Some(down) = axes.get(1) {
            for (row, value) in down.values.iter().enumerate() {
                let y = top + (rows - row) as f64 * cell_height - cell_height / 2.0 + 5.0;
                self.write_value(left - 10.0, y, "end", value);
            }
            self.write_side_name(down, top, bottom);
        }
        self.y = bottom + 56.0;
    }

    fn write_value(&mut self, x: f64, y: f64, anchor: &str, value: &str) {
        let _ = writeln!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"13\" text-anchor=\"{anchor}\" \
             fill=\"{INK}\">{}</text>",
            escaped(value)
        );
    }

    /// The name of the second parameter, upright beside the cells; what is said of it in as many
    /// lines as it needs.
    fn write_side_name(&mut self, axis: &Axis, top: f64, bottom: f64) {
        let middle = (top + bottom) / 2.0;
        let room = ((bottom - top) / (12.0 * LETTER)) as usize;
        let doc = axis.doc.as_deref().map(|doc| wrapped(doc, room.max(12))).unwrap_or_default();
        let names = std::iter::once((escaped(&axis.name), "font-size=\"14\" font-weight=\"bold\""));
        let docs = doc.iter().take(2).map(|line| (escaped(line), "font-size=\"12\""));
        for (number, (words, style)) in names.chain(docs).enumerate() {
            let x = MARGIN + 10.0 + 16.0 * number as f64;
            let _ = writeln!(
                self.body,
                "<text transform=\"translate({x} {middle}) rotate(-90)\" text-anchor=\"middle\" \
                 fill=\"{INK}\" {style}>{words}</text>"
            );
        }
    }

    /// What the words mean that occur, and how often they do.
    fn write_legend(&mut self) {
        let signs = (0..self.report.points.len()).map(|place| self.sign(place));
        for (count, sign) in signs.sorted().dedup_with_count() {
            let (x, y) = (MARGIN, self.y);
            let (fill, ink) = colours(sign);
            let _ = writeln!(
                self.body,
                "<rect x=\"{x}\" y=\"{y}\" width=\"52\" height=\"20\" fill=\"{fill}\" \
                 stroke=\"#c3c8d1\"/><text x=\"{}\" y=\"{}\" font-size=\"12\" font-weight=\"bold\" \
                 text-anchor=\"middle\" fill=\"{ink}\">{}</text>",
                x + 26.0,
                y + 14.5,
                sign.word(),
            );
            let points = counted(count as u64, "point");
            self.y += 1.0;
            let ink = format!("fill=\"{INK}\"");
            self.words(MARGIN + 64.0, 13.0, &ink, &format!("{points}: {}", sign.meaning()));
            self.y += 8.0;
        }
        self.y += 4.0;
    }

    /// A witness on each side of the line.
    fn write_witnesses(&mut self) {
        let Some((holds, fails)) = self.report.line(self.property) else { return };
        for (letter, place) in [("A", holds), ("B", fails)] {
            self.write_badge(letter, MARGIN + 9.0, self.y + 10.0);
            self.y += 1.0;
            let ink = format!("fill=\"{INK}\"");
            let words = self.place_words(place);
            self.words(MARGIN + 64.0, 13.0, &ink, &words);
            self.y += 6.0;
        }
    }

    /// What was checked and what the small numbers are; stars, each once.
    fn write_foot(&mut self) {
        self.y += 6.0;
        let report = self.report;
        let faint = format!("fill=\"{FAINT}\"");
        let property = self.property;
        let cells = report.points.iter().filter_map(|point| point.cell(property));
        let caveats = cells.clone().flat_map(|cell| &cell.caveats).unique().collect_vec();
        for caveat in caveats {
            self.words(MARGIN, 12.0, &faint, &format!("* {caveat}"));
        }
        let has_figures = cells.clone().any(|cell| cell.figure.is_some());
        let below = match has_figures {
            true => "Below each verdict: the worst value.",
            false => "Below each verdict: how many states were seen.",
        };
        let below =
            if self.layout.is_wide() && self.layout.cell_height > 40.0 { below } else { "" };
        let over = report.grid.axes.iter();
        let mut over = over.map(|axis| format!("{} = {}", axis.name, values_words(&axis.values)));
        let checked = format!(
            "Each of the {} was checked by itself; nothing is said of others. {below}",
            counted(report.points.len() as u64, "point"),
        );
        self.words(MARGIN, 12.0, &faint, &format!("{}. {checked}", over.join(", ")));
    }
}

/// A name in bold with what is said about it.
fn axis_name(axis: &Axis) -> String {
    let doc = axis.doc.as_ref().map(|doc| format!(": {}", escaped(doc))).unwrap_or_default();
    format!("<tspan font-weight=\"bold\">{}</tspan>{doc}", escaped(&axis.name))
}

/// The colour of a cell, and that of the words on it.
fn colours(sign: Sign) -> (&'static str, &'static str) {
    match sign {
        Sign::Marked(Mark::Holds) => ("#cfe8f7", INK),
        Sign::Marked(Mark::Loop) => ("#f5ee9e", INK),
        Sign::Marked(Mark::Fails) => ("#efb66b", INK),
        Sign::Marked(Mark::Storm) => ("#dd7d2a", INK),
        Sign::Marked(Mark::Trap) => ("#a63a00", "#ffffff"),
        Sign::Marked(Mark::Unknown) | Sign::NotReached => ("url(#open)", INK),
        Sign::NoStart => ("#f0f2f5", FAINT),
        Sign::Refused => ("#d5d9e0", INK),
    }
}

/// Words in lines of at most so many letters, where no word is longer.
fn wrapped(words: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("immeasurable", 3), ["immeasurable"]);
        assert!(wrapped("", 3).is_empty());
    }

    #[test]
    fn no_text_can_become_markup() {
        assert_eq!(escaped("a <= b & \"c\""), "a &lt;= b &amp; &quot;c&quot;");
    }
}

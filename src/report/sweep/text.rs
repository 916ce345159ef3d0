//! A sweep for a terminal: two parameters as a table, others as a list; the frontier beside it, and what
//! the words mean below.
//!
//! Nothing depends on colour, and a page is at most 100 characters wide where words can be made shorter.

use anstyle::{AnsiColor, Style};
use itertools::Itertools;

use super::{CellReport, Mark, PointReport, Sign, SweepReport};
use crate::mitigate::sweep::{Axis, Row, Shape, Standing};
use crate::report::number::{counted, grouped};

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();

/// How wide a page may become.
const WIDTH: usize = 100;

/// Lays out a sweep. The conclusion is that of growing sizes.
pub fn write(report: &SweepReport, conclusion: Option<&str>) -> String {
    let mut page = format!("{STRONG}{}{STRONG:#}", report.model);
    let choices = report.mitigations.iter().map(|name| format!("with {name}"));
    let settings = report.settings.iter().map(|(name, value)| format!("{name} = {value}"));
    let choices = choices.chain(settings).join(", ");
    if !choices.is_empty() {
        page.push_str(&format!(", {choices}"));
    }
    page.push('\n');
    for axis in &report.grid.axes {
        let doc = axis.doc.as_ref().map(|doc| format!("  {FAINT}{doc}{FAINT:#}"));
        let said = format!("  over {} = {}", axis.name, values_words(&axis.values));
        line(&mut page, &format!("{said}{}", doc.unwrap_or_default()));
    }
    let mut is_short = false;
    for property in 0..report.properties.len() {
        is_short |= write_claim(&mut page, report, property) == Some(Words::Letters);
    }
    write_legend(&mut page, report, is_short);
    write_reasons(&mut page, report);
    if let Some(conclusion) = conclusion {
        line(&mut page, &format!("\n{conclusion}"));
    }
    line(&mut page, &format!("\n{}", summary(report)));
    page
}

fn line(page: &mut String, text: &str) {
    page.push_str(text.trim_end());
    page.push('\n');
}

/// Whole numbers that follow each other as a range, anything else one by one.
pub(super) fn values_words(values: &[String]) -> String {
    let numbers = values.iter().map(|value| value.parse::<i64>().ok()).collect::<Option<Vec<_>>>();
    let is_range = |numbers: &Vec<i64>| {
        numbers.len() > 1 && numbers.iter().tuple_windows().all(|(one, next)| one + 1 == *next)
    };
    match numbers.filter(is_range) {
        Some(numbers) => format!("{}..{}", numbers[0], numbers[numbers.len() - 1]),
        None => values.join(", "),
    }
}

/// How verdicts are written in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// Whole, with the worst value.
    Whole,
    /// By their first letters.
    Letters,
}

/// Writes what is known of a claim; as a table, where there are two parameters and room for it.
fn write_claim(page: &mut String, report: &SweepReport, property: usize) -> Option<Words> {
    let claimed = &report.properties[property];
    line(page, &format!("\n{STRONG}{}{STRONG:#}: {}", claimed.name, claimed.claim));
    let words = write_table(page, report, property);
    if words.is_none() {
        write_list(page, report, property);
    }
    if let Some((holds, fails)) = report.line(property) {
        line(page, &format!("  at the line: {}", side(report, property, holds)));
        line(page, &format!("               {}", side(report, property, fails)));
    }
    words
}

/// One side of the line.
fn side(report: &SweepReport, property: usize, place: usize) -> String {
    let named = report.grid.axes.iter().zip(report.grid.values(place));
    let at = named.map(|(axis, value)| format!("{} = {value}", axis.name)).join(", ");
    let Some(cell) = report.points[place].cell(property) else { return at };
    format!("{at}  {}", witness_words(cell))
}

/// A verdict with what shows it: `trap after 12 steps, in a loop of 3`, `holds in all of 25 states`.
pub(super) fn witness_words(cell: &CellReport) -> String {
    let word = Sign::Marked(cell.mark).word();
    let states = counted(cell.states as u64, "state");
    let worst = cell.worst.as_ref().map(|worst| format!(", worst {worst}")).unwrap_or_default();
    let shown = match (cell.mark, cell.trace) {
        (Mark::Holds | Mark::Loop, _) if cell.is_complete => format!("in all of {states}"),
        (Mark::Holds | Mark::Loop, _) => format!("with {states} seen, and not all"),
        (_, Some(trace)) => {
            let way = trace.steps - trace.loop_steps;
            match trace.loop_steps {
                0 => format!("after {}", counted(way as u64, "step")),
                turn => {
                    let way = counted(way as u64, "step");
                    format!("after {way}, in a loop of {}", counted(turn as u64, "step"))
                }
            }
        }
        (_, None) => format!("with {states} seen"),
    };
    format!("{word} {shown}{worst}")
}

/// What stands in a table: the sign, whether something is to be said beside it, and the worst value.
struct Place {
    sign: Sign,
    text: String,
}

impl Place {
    fn of(point: &PointReport, property: usize, words: Words) -> Place {
        let sign = point.sign(property);
        let word = sign.word();
        let mut text = match words {
            Words::Letters => letter(sign),
            Words::Whole => word.to_owned(),
        };
        if let Some(cell) = point.cell(property) {
            if !cell.caveats.is_empty() {
                text.push('*');
            }
            if let Some(figure) = cell.figure.as_ref().filter(|_| words == Words::Whole) {
                text.push_str(&format!(" {figure}"));
            }
        }
        Place { sign, text }
    }

    fn drawn(&self, width: usize) -> String {
        let style = style(self.sign);
        let padding = width.saturating_sub(self.text.chars().count());
        format!("{style}{}{style:#}{:padding$}", self.text, "")
    }
}

/// The first letter of a word.
fn letter(sign: Sign) -> String {
    sign.word().chars().take(1).collect()
}

fn style(sign: Sign) -> Style {
    match sign {
        Sign::Marked(Mark::Holds) => GOOD,
        Sign::Marked(Mark::Fails | Mark::Storm | Mark::Trap) => BAD,
        Sign::Marked(Mark::Loop | Mark::Unknown) | Sign::NotReached => OPEN,
        Sign::NoStart | Sign::Refused => FAINT,
    }
}

/// A table: the first parameter across, the second down, the frontier drawn between the cells and told
/// beside each row. Nothing if it becomes too wide even with single letters.
fn write_table(page: &mut String, report: &SweepReport, property: usize) -> Option<Words> {
    let [across, down] = report.grid.axes.as_slice() else { return None };
    let table = |words: Words| {
        let places = report.points.iter().map(|point| Place::of(point, property, words));
        let places = places.collect_vec();
        let texts = places.iter().map(|place| place.text.chars().count());
        let heads = across.values.iter().map(|value| value.chars().count());
        let width = texts.chain(heads).max().unwrap_or(0);
        (words, places, width)
    };
    let shapes = report.rows().into_iter().map(|row| {
        let standings = report.standings(property, row);
        shape_words(across, &Row::of(&standings))
    });
    let shapes = shapes.collect_vec();
    let beside = shapes.iter().map(|words| words.chars().count()).max().unwrap_or(0).min(24);
    let labels = down.values.iter().chain([&down.name]).map(|value| value.chars().count());
    let labels = labels.max().unwrap_or(0);
    let fits = |width: usize| labels + (width + 2) * across.values.len() + beside + 6 <= WIDTH;
    let all = [Words::Whole, Words::Letters].map(table);
    let (words, places, width) = all.into_iter().find(|(.., width)| fits(*width))?;
    let heads = across.values.iter().map(|value| format!("{value:<width$}  ")).join("");
    line(page, &format!("  {FAINT}{:>labels$}    {}{FAINT:#}", "", across.name));
    line(page, &format!("  {STRONG}{:>labels$}{STRONG:#}    {heads}", down.name));
    for ((row, value), shape) in report.rows().into_iter().zip(&down.values).zip(&shapes) {
        let mut drawn = format!("  {value:>labels$}    ");
        for (place, next) in places[row].iter().map(Some).chain([None]).tuple_windows() {
            let Some(place) = place else { continue };
            let between = if next.is_some_and(|next| is_line(place, next)) { "│ " } else { "  " };
            drawn.push_str(&place.drawn(width));
            drawn.push_str(between);
        }
        line(page, &format!("{drawn} {shape}"));
    }
    Some(words)
}

/// Whether the line between holding and failing runs between two places.
fn is_line(place: &Place, next: &Place) -> bool {
    matches!(
        (place.sign.standing(), next.sign.standing()),
        (Standing::Holds, Standing::Fails) | (Standing::Fails, Standing::Holds)
    )
}

/// A line for each point, and one for each row.
fn write_list(page: &mut String, report: &SweepReport, property: usize) {
    let axes = &report.grid.axes;
    let mut lines = vec![axes.iter().map(|axis| axis.name.clone()).collect_vec()];
    lines[0].extend(["verdict", "worst", "faults", "states", "trace"].map(str::to_owned));
    for (place, point) in report.points.iter().enumerate() {
        let mut fields = report.grid.values(place).into_iter().map(str::to_owned).collect_vec();
        let star = if point.cell(property).is_some_and(|cell| !cell.caveats.is_empty()) {
            "*"
        } else {
            ""
        };
        fields.push(format!("{}{star}", point.sign(property).word()));
        fields.extend(point.cell(property).map(list_fields).unwrap_or_default());
        lines.push(fields);
    }
    let widths = (0..lines[0].len()).map(|column| {
        let texts = lines.iter().map(|line| line[column].chars().count());
        texts.max().unwrap_or(0)
    });
    let widths = widths.collect_vec();
    // A column that says nothing is left out.
    let says = |column: usize| {
        column <= axes.len() || lines[1..].iter().any(|line| !line[column].is_empty())
    };
    for (number, fields) in lines.iter().enumerate() {
        let sign = number.checked_sub(1).map(|place| report.points[place].sign(property));
        let fields = fields.iter().enumerate().filter(|(column, _)| says(*column));
        let drawn = fields.map(|(column, text)| {
            let padding = widths[column] - text.chars().count();
            let is_right = column < axes.len() || text.starts_with(|c: char| c.is_ascii_digit());
            let (left, right) =
                if is_right && column != axes.len() + 4 { (padding, 0) } else { (0, padding) };
            let style = match sign {
                None => FAINT,
                Some(sign) if column == axes.len() => style(sign),
                Some(_) => Style::new(),
            };
            format!("{:left$}{style}{text}{style:#}{:right$}", "", "")
        });
        line(page, &format!("  {}", drawn.collect_vec().join("  ")));
    }
    for row in report.rows() {
        let shape = shape_words(&axes[0], &Row::of(&report.standings(property, row.clone())));
        let others = axes.iter().zip(report.grid.values(row.start)).skip(1);
        let others = others.map(|(axis, value)| format!("{} = {value}", axis.name)).join(", ");
        let others = if others.is_empty() { String::new() } else { format!("{others}: ") };
        line(page, &format!("  {others}{shape} (over {})", axes[0].name));
    }
}

/// The worst value, the fewest faults, the states, and how long the trace is.
fn list_fields(cell: &CellReport) -> [String; 4] {
    let trace = cell.trace.map(|trace| match trace.loop_steps {
        0 => counted(trace.steps as u64, "step"),
        turn => {
            let way = counted((trace.steps - turn) as u64, "step");
            format!("{way}, then a loop of {turn}")
        }
    });
    [
        cell.worst.clone().unwrap_or_default(),
        cell.fewest_faults.map(|faults| faults.to_string()).unwrap_or_default(),
        grouped(cell.states as u64),
        trace.unwrap_or_default(),
    ]
}

/// A row in words: `holds from 3`, or all that it changes to where it changes more than once.
pub(super) fn shape_words(axis: &Axis, row: &Row) -> String {
    let value = |position: usize| axis.values[position].as_str();
    let stretch = |first: usize, last: usize| match first == last {
        true => value(first).to_owned(),
        false => format!("{}..{}", value(first), value(last)),
    };
    let unknown = row.runs.iter().filter(|run| run.standing == Standing::Open);
    let unknown = unknown.map(|run| stretch(run.first, run.last)).join(", ");
    let words = match row.shape {
        Shape::Empty if row.is_open => return format!("unknown at {unknown}"),
        Shape::Empty => return "no such system".to_owned(),
        Shape::Holds => "holds".to_owned(),
        Shape::Fails => "fails".to_owned(),
        Shape::Rises(from) => format!("holds from {}", value(from)),
        Shape::Falls(to) => format!("holds up to {}", value(to)),
        Shape::NotMonotone => {
            let known = row.runs.iter().filter_map(|run| {
                let word = match run.standing {
                    Standing::Holds => "holds",
                    Standing::Fails => "fails",
                    Standing::Open | Standing::Absent => return None,
                };
                Some(format!("{word} {}", stretch(run.first, run.last)))
            });
            format!("not monotone: {}", known.collect_vec().join(", "))
        }
    };
    if unknown.is_empty() { words } else { format!("{words}; unknown at {unknown}") }
}

/// What the words mean that occur.
fn write_legend(page: &mut String, report: &SweepReport, is_short: bool) {
    let signs = report.points.iter().cartesian_product(0..report.properties.len());
    let signs = signs.map(|(point, property)| point.sign(property)).sorted().dedup();
    page.push('\n');
    for sign in signs {
        let style = style(sign);
        let letter = if is_short { format!("{} ", letter(sign)) } else { String::new() };
        let word = format!("{style}{letter}{}{style:#}", sign.word());
        let padding = 6_usize.saturating_sub(sign.word().chars().count());
        line(page, &format!("  {word}{:padding$} {}", "", sign.meaning()));
    }
}

/// Why points are unknown, refused, or starred: each reason once, with where it was met first.
fn write_reasons(page: &mut String, report: &SweepReport) {
    let mut reasons: Vec<(String, usize, usize)> = Vec::new();
    let mut meet = |reason: String, place: usize| match reasons
        .iter_mut()
        .find(|(known, ..)| *known == reason)
    {
        Some((_, _, count)) => *count += 1,
        None => reasons.push((reason, place, 1)),
    };
    for (place, point) in report.points.iter().enumerate() {
        match point {
            PointReport::Refused { because } => meet(format!("× {because}"), place),
            PointReport::Judged(cells) => {
                for (cell, claimed) in cells.iter().zip(&report.properties) {
                    if cell.mark == Mark::Unknown {
                        meet(format!("? {}: {}", claimed.name, cell.reason), place);
                    }
                    for caveat in &cell.caveats {
                        meet(format!("* {}: {caveat}", claimed.name), place);
                    }
                }
            }
            PointReport::NoStart | PointReport::NotReached => {}
        }
    }
    for (reason, place, count) in reasons {
        let named = report.grid.axes.iter().zip(report.grid.values(place));
        let at = named.map(|(axis, value)| format!("{} = {value}", axis.name)).join(", ");
        let more = match count {
            1 => String::new(),
            count => format!(" and {}", counted(count as u64 - 1, "more point")),
        };
        line(page, &format!("  {reason} (at {at}{more})"));
    }
}

/// How many points, and how many states.
fn summary(report: &SweepReport) -> String {
    let states = report.points.iter().filter_map(|point| point.cell(0)).map(|cell| cell.states);
    let points = counted(report.points.len() as u64, "point");
    let states = match states.minmax().into_option() {
        Some((least, most)) if least != most => {
            format!(", from {} to {}", grouped(least as u64), counted(most as u64, "state"))
        }
        Some((_, most)) => format!(", {}", counted(most as u64, "state")),
        None => String::new(),
    };
    let reached = report.points.iter().filter(|point| **point != PointReport::NotReached).count();
    match reached == report.points.len() {
        true => format!("{points}{states}"),
        false => format!("{} of {points}{states}", grouped(reached as u64)),
    }
}

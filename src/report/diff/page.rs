//! The comparison for a terminal or a pull request: what is worse first, then all of it side by side.

use anstyle::{AnsiColor, Style};
use itertools::Itertools;

use super::{ChoiceDiff, ClaimDiff, DiffReport, Direction};
use crate::report::mitigate::CellReport;
use crate::report::mitigate::page::{STARRED, cell_words, listed, wrapped};
use crate::report::number::grouped;
use crate::report::text::write_trace;

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();

/// Lays out a comparison; `names` are those of the versions.
pub fn write(report: &DiffReport, names: [&str; 2], command: &str) -> String {
    let mut page = format!("{STRONG}{} → {}{STRONG:#}\n\n", names[0], names[1]);
    for sentence in &report.breaches {
        page.push_str(&format!("{BAD}✗ worse{BAD:#}: {sentence}, and did not before\n"));
    }
    page.push_str(&summary(report));
    page.push_str(&table(report));
    page.push_str(&choices(report));
    let mut told = Vec::new();
    for one in report.claims.iter().filter(|one| one.direction == Direction::Worse) {
        page.push_str(&story(one, command, &mut told));
    }
    page
}

/// Which claims became what, a line for each direction; the worse first.
fn summary(report: &DiffReport) -> String {
    let kinds = [
        (Direction::Worse, BAD, "✗ worse"),
        (Direction::Unknown, OPEN, "? unknown"),
        (Direction::Better, GOOD, "✓ better"),
        (Direction::Changed, OPEN, "~ changed"),
        (Direction::Added, OPEN, "+ added"),
        (Direction::Removed, OPEN, "- removed"),
    ];
    let lines = kinds.into_iter().filter_map(|(direction, style, words)| {
        let claims = report.claims.iter().filter(|one| one.direction == direction);
        let names = claims.map(|one| one.name.clone()).collect_vec();
        let text = wrapped("", 2, &format!("{words}: {}", listed(&names)));
        let text = text.trim_start_matches("  ").to_owned();
        (!names.is_empty()).then(|| text.replacen(words, &format!("{style}{words}{style:#}"), 1))
    });
    let lines = lines.collect_vec();
    match lines.is_empty() && report.breaches.is_empty() {
        true => "every answer is the same\n".to_owned(),
        false => lines.concat(),
    }
}

fn table(report: &DiffReport) -> String {
    let mut rows: Vec<[(String, Style); 4]> = Vec::new();
    let plain = Style::new();
    for one in &report.claims {
        let [old, new] = one.cells.each_ref().map(|cell| match cell {
            Some(cell) => cell_words(cell),
            None => ("–".to_owned(), FAINT),
        });
        let style = match one.direction {
            Direction::Worse => BAD,
            Direction::Better => GOOD,
            Direction::Same => FAINT,
            _ => OPEN,
        };
        let word = if one.direction == Direction::Same { "" } else { one.direction.word() };
        rows.push([(one.name.clone(), plain), old, new, (word.to_owned(), style)]);
    }
    let [old, new] = report.states.each_ref().map(|counts| {
        (counts.iter().max().map(|&count| grouped(count as u64)).unwrap_or_default(), FAINT)
    });
    rows.push([("states, none merged".to_owned(), plain), old, new, (String::new(), plain)]);
    let heads = ["", "old", "new", ""];
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].0.chars().count());
        cells.chain([heads[at].chars().count()]).max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    let line = |cells: [(&str, Style); 4]| {
        let said = cells.into_iter().zip(widths).map(|((text, style), width)| {
            let padding = width - text.chars().count();
            match text.is_empty() {
                true => " ".repeat(width + 2),
                false => format!("  {style}{text}{style:#}{:padding$}", ""),
            }
        });
        format!("{}\n", said.collect::<String>().trim_end())
    };
    let mut page = format!("\n{}", line(heads.map(|head| (head, STRONG))));
    for row in &rows {
        page.push_str(&line(row.each_ref().map(|(text, style)| (text.as_str(), *style))));
    }
    let mut cells = report.claims.iter().flat_map(|one| one.cells.iter().flatten());
    if cells.any(|cell| cell.storms_while_not_calm) {
        page.push_str(&format!("\n  {OPEN}{STARRED}{OPEN:#}\n"));
    }
    page
}

fn choices(report: &DiffReport) -> String {
    let mut page = String::new();
    for ChoiceDiff { kind, name, values } in &report.choices {
        let alone = |value: &String| match (*kind, value.as_str()) {
            ("param", value) => format!("param {name} = {value}"),
            (_, "applied") => format!("mitigation {name}, which is applied"),
            _ => format!("mitigation {name}"),
        };
        let said = match values {
            [None, Some(new)] => format!("added: {}", alone(new)),
            [Some(old), None] => format!("removed: {}", alone(old)),
            [Some(old), Some(new)] => format!("{name}: {old} → {new}"),
            [None, None] => continue,
        };
        page.push_str(&format!("  {FAINT}{said}{FAINT:#}\n"));
    }
    if page.is_empty() { page } else { format!("\n{page}") }
}

/// How the new version does worse; a trace that was told is not told again.
fn story(one: &ClaimDiff, command: &str, told: &mut Vec<String>) -> String {
    let mut page = format!("\n{STRONG}{} is worse{STRONG:#}: {}\n", one.name, change(one));
    let Some(story) = &one.story else { return page };
    let again = format!("  {FAINT}to see it: {command} --property {}{FAINT:#}\n", story.name);
    let Some(trace) = story.trace.as_ref().or(story.witness.as_ref()) else { return page + &again };
    let mut text = String::new();
    write_trace(&mut text, trace);
    if told.contains(&text) {
        page.push_str("  the same trace shows it\n");
    } else {
        page.push_str(&format!("\n{text}\n"));
        told.push(text);
    }
    page + &again
}

fn change(one: &ClaimDiff) -> String {
    if let ([Some(old), Some(new)], [Some(before), Some(after)]) = (&one.cells, &one.texts)
        && before == after
    {
        let is_same = old.verdict == new.verdict && old.grade == new.grade;
        if let (true, Some(old), Some(new)) = (is_same, &old.short_worst, &new.short_worst) {
            return format!("{after}; worst {old} → {new}");
        }
        return format!("{after}; {} → {}", answer(old), answer(new));
    }
    let said = |at: usize| match (&one.texts[at], one.cells[at].as_ref().map(answer)) {
        (Some(text), Some(answer)) => format!("{text} ({answer})"),
        _ => "claimed no more".to_owned(),
    };
    format!("{} → {}", said(0), said(1))
}

/// An answer in words.
fn answer(cell: &CellReport) -> String {
    cell_words(cell).0.replace('✓', "holds").replace('✗', "fails").replace('?', "unknown")
}

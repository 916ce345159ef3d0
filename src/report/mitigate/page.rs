//! The page of a design review: first what a further mitigation makes worse, then the table, then which
//! sets suffice, and what each mitigation does alone.

use anstyle::{AnsiColor, Style};
use itertools::Itertools;

use super::{CellReport, EffectReport, MitigateReport, RowReport, SetbackReport, SufficientReport};
use crate::report::explain::{self, ExplainedReport};
use crate::report::number::{counted, grouped};

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();

/// How wide a page is, in characters.
const WIDTH: usize = 96;

/// The most rows of a table, unless all are asked for: whole sizes of sets are shown up to that.
const ROWS_MAX: usize = 40;

/// The most setbacks, sets and additions that are listed one by one. By taste.
const LISTED_MAX: usize = 12;

/// How many rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// The small sets.
    Small,
    /// All.
    All,
}

/// Lays out a report. `command` is what checks one configuration, without its mitigations.
pub fn write(report: &MitigateReport, rows: Rows, command: &str) -> String {
    let mut page = heading(report);
    page.push_str(&setbacks(report, command));
    page.push_str(&table(report, rows));
    page.push_str(&sufficient(report));
    page.push_str(&fronts(report));
    page.push_str(&redundant(report));
    page.push_str(&effects(report));
    page
}

fn title(text: &str) -> String {
    format!("\n{STRONG}{text}{STRONG:#}\n")
}

/// What a star behind a mark says.
pub(in crate::report) const STARRED: &str =
    "* but a storm while not calm, of which it says nothing";

/// A star, if something is so.
fn star(is_so: bool) -> &'static str {
    if is_so { "*" } else { "" }
}

/// A set as a person says it.
fn said(set: &[String]) -> String {
    if set.is_empty() { "nothing".to_owned() } else { set.join(" + ") }
}

/// `a, b and c`.
pub(in crate::report) fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A text in lines of the page's width; lines behind the first stand below `indent` blanks.
pub(in crate::report) fn wrapped(head: &str, indent: usize, text: &str) -> String {
    let mut lines = String::new();
    let mut line = format!("{head:<indent$}");
    let mut is_fresh = true;
    for word in text.split(' ') {
        if !is_fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line = " ".repeat(indent);
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(word);
        is_fresh = false;
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines
}

fn heading(report: &MitigateReport) -> String {
    let sets = report.rows.len() as u64;
    let which = match report.is_whole() {
        true => format!("all {} of them", counted(sets, "set")),
        false => format!(
            "the {} of at most {}; larger ones were not tried",
            counted(sets, "set"),
            report.up_to
        ),
    };
    let mut page = format!(
        "{STRONG}{}{STRONG:#}: {} and {}, {which}\n",
        report.model,
        counted(report.properties.len() as u64, "claim"),
        counted(report.mitigations.len() as u64, "mitigation"),
    );
    if !report.always.is_empty() {
        page.push_str(&format!("always applied: {}\n", report.always.join(", ")));
    }
    let alike = report.rows.iter().filter(|row| row.same_as.is_some()).count() as u64;
    let alike = match alike {
        0 => String::new(),
        1 => "; 1 other set behaves like one of them".to_owned(),
        more => format!("; the {} other sets behave like one of them", grouped(more)),
    };
    let designs = counted(report.design_count as u64, "design");
    page.push_str(&format!("{FAINT}{designs} explored{alike}{FAINT:#}\n"));
    let cases = [
        ("conflict", "contradict themselves"),
        ("no_start", "leave no start"),
        ("wrong", "make the model wrong"),
        ("not_run", "were not run"),
    ];
    for (status, what) in cases {
        let count = report.rows.iter().filter(|row| row.status == status).count();
        if count > 0 {
            let sets = counted(count as u64, "set");
            page.push_str(&format!("{OPEN}{sets} {what}: nothing is claimed there{OPEN:#}\n"));
        }
    }
    page
}

fn setbacks(report: &MitigateReport, command: &str) -> String {
    if report.setbacks.is_empty() {
        let open = report.rows.iter().any(|row| {
            row.status == "not_run" || row.cells.iter().any(|cell| cell.is_good.is_none())
        });
        let known = if open { ", as far as is known" } else { "" };
        let text = "no mitigation breaks a claim that holds without it";
        return format!("\n{text}{known}\n");
    }
    let mut page = title("Adding makes it worse");
    for setback in report.setbacks.iter().take(LISTED_MAX) {
        page.push_str(&wrapped("", 2, &setback_words(report, setback)));
    }
    let more = report.setbacks.len().saturating_sub(LISTED_MAX);
    if more > 0 {
        page.push_str(&format!("  and {}\n", counted(more as u64, "more pair like these")));
    }
    for setback in &report.setbacks {
        page.push_str(&story(setback, command));
    }
    page
}

fn setback_words(report: &MitigateReport, setback: &SetbackReport) -> String {
    let (added, broken) = (&setback.added, listed(&setback.broken));
    let stormy = stormy(report, &setback.before, &setback.broken);
    let to = match setback.before.is_empty() {
        true => "to the bare design".to_owned(),
        false => format!("to {}", said(&setback.before)),
    };
    let larger = match setback.larger_count {
        0 => String::new(),
        count => format!(" (and in {})", counted(count as u64, "larger set")),
    };
    format!("✗ {added}, added {to}, breaks {broken}{larger}{stormy}")
}

/// Which of the claims a set keeps only because they say nothing of a storm that does not stay calm.
fn stormy(report: &MitigateReport, set: &[String], claims: &[String]) -> String {
    let row = report.rows.iter().find(|row| row.set == set);
    let cells = row.map(|row| &row.cells[..]).unwrap_or_default();
    let names = report.properties.iter().map(|(name, _)| name);
    let stormy =
        names.zip(cells).filter(|(name, cell)| cell.storms_while_not_calm && claims.contains(name));
    let stormy = stormy.map(|(name, _)| name.clone()).collect_vec();
    match stormy.is_empty() {
        true => String::new(),
        false => format!("; without it {} storms too, while not calm", listed(&stormy)),
    }
}

/// Why the first claim breaks: the chain of causes of its counterexample.
fn story(setback: &SetbackReport, command: &str) -> String {
    let Some(story) = &setback.story else { return String::new() };
    let before = match setback.before.is_empty() {
        true => "alone".to_owned(),
        false => format!("together with {}", said(&setback.before)),
    };
    let mut page = title(&format!("Why {} fails with {} {before}", story.name, setback.added));
    if let Some(explained) = &story.explained {
        let chain = ExplainedReport {
            deeds: Vec::new(),
            mitigations: Vec::new(),
            faults: Vec::new(),
            ..explained.clone()
        };
        page.push_str(explain::write(&chain).trim_start_matches('\n'));
    } else if !story.reason.is_empty() {
        page.push_str(&format!("  {}\n", story.reason));
    }
    let with = setback.before.iter().chain([&setback.added]).join(",");
    page.push_str(&format!(
        "\n  {FAINT}step by step: {command} --with {with} --property {}{FAINT:#}\n",
        story.name
    ));
    page
}

/// One column of the table.
struct Column {
    head: String,
    /// A cell for each row: the text, and its style.
    cells: Vec<(String, Style)>,
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|(text, _)| text.chars().count());
        cells.chain([self.head.chars().count()]).max().unwrap_or(0)
    }
}

fn table(report: &MitigateReport, rows: Rows) -> String {
    let shown = match rows {
        Rows::All => report.rows.len(),
        Rows::Small => small_rows(report),
    };
    let rows = &report.rows[..shown];
    let claims = 0..report.properties.len();
    let is_always_good = |at: &usize| {
        let mut judged = report.rows.iter().filter(|row| row.status == "judged").peekable();
        judged.peek().is_some() && judged.all(|row| row.cells[*at].is_good == Some(true))
    };
    let (steady, moving): (Vec<_>, Vec<_>) = claims.partition(is_always_good);
    let mut page = title("Every claim under every set");
    if !moving.is_empty() {
        page.push_str(&format!(
            "{FAINT}✓ holds, ✗ fails, ? unknown; behind it the storm or the worst value\n\
             states: all that were explored for these claims, none merged{FAINT:#}\n\n"
        ));
        page.push_str(&columns(report, rows, &moving));
    }
    let mut cells = report.rows.iter().flat_map(|row| &row.cells);
    let is_starred = cells.any(|cell| cell.storms_while_not_calm);
    let left = report.rows.len() - shown;
    if left > 0 {
        let sets = counted(left as u64, "larger set");
        page.push_str(&format!("  {FAINT}and {sets}, all shown with --all{FAINT:#}\n"));
    }
    if !steady.is_empty() {
        let said = steady.iter().map(|&at| steady_words(report, at)).join(", ");
        let judged = if report.rows.iter().all(|row| row.status == "judged") {
            "under every set"
        } else {
            "under every set that was judged"
        };
        page.push('\n');
        page.push_str(&wrapped("", 2, &format!("✓ {judged}: {said}")));
    }
    if is_starred {
        page.push_str(&format!("\n  {OPEN}{STARRED}{OPEN:#}\n"));
    }
    page
}

/// The rows of whole sizes that fit.
fn small_rows(report: &MitigateReport) -> usize {
    let up_to = |size: usize| report.rows.iter().filter(|row| row.set.len() <= size).count();
    let fits = |size: &usize| up_to(*size) <= ROWS_MAX;
    let size = (1..=report.up_to).take_while(fits).last().unwrap_or(1);
    up_to(size)
}

/// A claim that holds everywhere, and between what its worst value lies.
fn steady_words(report: &MitigateReport, at: usize) -> String {
    let mut cells = report.rows.iter().filter_map(|row| row.cells.get(at));
    let star = star(cells.any(|cell| cell.storms_while_not_calm));
    let name = format!("{}{star}", report.properties[at].0);
    let worst = report.rows.iter().filter_map(|row| row.cells.get(at)?.short_worst.as_ref());
    let number = |text: &String| text.parse::<i64>().ok();
    let numbers = worst.filter_map(number).minmax().into_option();
    match numbers {
        Some((least, most)) if least == most => format!("{name} ({least})"),
        Some((least, most)) => format!("{name} ({least} to {most})"),
        None => name,
    }
}

/// The table, in several parts where it is too wide for one.
fn columns(report: &MitigateReport, rows: &[RowReport], claims: &[usize]) -> String {
    let names = rows.iter().map(|row| match row.set.is_empty() {
        true => "bare design".to_owned(),
        false => row.set.join(" + "),
    });
    let names = names.collect_vec();
    let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut all = claims.iter().map(|&at| claim_column(report, rows, at)).collect_vec();
    all.push(Column {
        head: "states".to_owned(),
        cells: rows.iter().map(|row| (states(row), FAINT)).collect(),
    });
    let mut parts: Vec<Vec<Column>> = vec![Vec::new()];
    let mut width = name_width + 2;
    for column in all {
        let needed = column.width() + 2;
        let is_full = width + needed > WIDTH && !parts.last().is_none_or(Vec::is_empty);
        if is_full {
            parts.push(Vec::new());
            width = name_width + 2;
        }
        width += needed;
        parts.last_mut().expect("there is a part").push(column);
    }
    let part = |part: &Vec<Column>| {
        let widths = part.iter().map(Column::width).collect_vec();
        let heads =
            part.iter().zip(&widths).map(|(column, width)| format!("  {:<width$}", column.head));
        let heads = heads.collect::<String>();
        let mut page = format!("  {:<name_width$}{STRONG}{}{STRONG:#}\n", "", heads.trim_end());
        for (at, name) in names.iter().enumerate() {
            let cells = part.iter().zip(&widths).map(|(column, width)| {
                let (text, style) = &column.cells[at];
                let padding = width - text.chars().count();
                match text.is_empty() {
                    true => " ".repeat(width + 2),
                    false => format!("  {style}{text}{style:#}{:padding$}", ""),
                }
            });
            let cells = cells.collect::<String>();
            page.push_str(format!("  {name:<name_width$}{cells}").trim_end());
            page.push('\n');
        }
        page
    };
    parts.iter().map(part).join("\n")
}

fn claim_column(report: &MitigateReport, rows: &[RowReport], at: usize) -> Column {
    let cells = rows.iter().map(|row| match row.cells.get(at) {
        Some(cell) => cell_words(cell),
        None => (status_words(row.status).to_owned(), OPEN),
    });
    Column { head: report.properties[at].0.clone(), cells: cells.collect() }
}

fn status_words(status: &str) -> &str {
    match status {
        "no_start" => "no start",
        "not_run" => "not run",
        other => other,
    }
}

/// A cell as short as can be, and its style.
pub(in crate::report) fn cell_words(cell: &CellReport) -> (String, Style) {
    let (mark, style) = match cell.is_good {
        Some(true) => ("✓", GOOD),
        Some(false) => ("✗", BAD),
        None => ("?", OPEN),
    };
    let vacuous = cell.is_vacuous.then_some("vacuous");
    let behind = cell.grade.or(vacuous).or(cell.short_worst.as_deref());
    let mark = format!("{mark}{}", star(cell.storms_while_not_calm));
    let text = behind.map_or(mark.clone(), |behind| format!("{mark} {behind}"));
    (text, style)
}

fn states(row: &RowReport) -> String {
    match &row.same_as {
        Some(set) if set.is_empty() => "as the bare design".to_owned(),
        Some(set) => format!("as {}", set.join(" + ")),
        None => {
            let breaches = if row.breaches { ", breaks its own rules" } else { "" };
            let most = row.states.iter().max().map(|&count| grouped(count as u64));
            format!("{}{breaches}", most.unwrap_or_default())
        }
    }
}

fn sufficient(report: &MitigateReport) -> String {
    let names = report.properties.iter().map(|(name, _)| name.clone());
    let claims = names.zip(&report.sufficient);
    let every = ("every claim together".to_owned(), &report.sufficient_for_all);
    let all = claims.chain((report.properties.len() > 1).then_some(every)).collect_vec();
    let is_plain = |one: &SufficientReport| one.set.is_empty() && !one.storms_while_not_calm;
    let is_told = |sets: &[SufficientReport]| !matches!(sets, [one] if is_plain(one));
    let told = all.into_iter().filter(|(_, sets)| is_told(sets)).collect_vec();
    if told.is_empty() {
        return "\nthe bare design makes every claim hold\n".to_owned();
    }
    let mut page = title("The smallest sets that make a claim hold");
    for (names, sets) in alike(told) {
        page.push_str(&wrapped("", 2, &listed(&names)));
        if sets.is_empty() {
            page.push_str(&format!("    {BAD}no set does{BAD:#}\n"));
        }
        for (behind, sets) in by_what_is_behind(report, sets) {
            let shown = sets.iter().take(LISTED_MAX).map(|one| starred(one)).join(", ");
            let more = sets.len().saturating_sub(LISTED_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            page.push_str(&wrapped("", 4, &format!("{shown}{more}: {behind}")));
        }
    }
    page
}

/// Names of which the same is told, together; in the order of the first of each.
fn alike<T: PartialEq>(told: impl IntoIterator<Item = (String, T)>) -> Vec<(Vec<String>, T)> {
    let mut groups: Vec<(Vec<String>, T)> = Vec::new();
    for (name, one) in told {
        match groups.iter_mut().find(|(_, known)| *known == one) {
            Some((names, _)) => names.push(name),
            None => groups.push((vec![name], one)),
        }
    }
    groups
}

/// The sets of which the same is to be said, in the order of the first of each kind.
fn by_what_is_behind<'a>(
    report: &MitigateReport,
    sets: &'a [SufficientReport],
) -> Vec<(String, Vec<&'a SufficientReport>)> {
    let mut kinds: Vec<(String, Vec<&SufficientReport>)> = Vec::new();
    for one in sets {
        let behind = behind(report, one);
        match kinds.iter_mut().find(|(known, _)| *known == behind) {
            Some((_, sets)) => sets.push(one),
            None => kinds.push((behind, vec![one])),
        }
    }
    kinds
}

/// A set that suffices, with a star if it storms while not calm.
fn starred(one: &SufficientReport) -> String {
    format!("{}{}", said(&one.set), star(one.storms_while_not_calm))
}

/// What is to be said of a set that suffices.
fn behind(report: &MitigateReport, one: &SufficientReport) -> String {
    let mut said_of = Vec::new();
    if !one.is_certain {
        said_of.push("perhaps less does: a smaller set is unknown".to_owned());
    }
    match one.spoiled_by.as_slice() {
        [] if one.is_settled && report.is_whole() => {
            said_of.push("whatever can be added".to_owned())
        }
        [] if one.set.len() == report.up_to => {
            said_of.push("larger sets were not tried".to_owned());
        }
        [] if one.is_settled => said_of.push("whatever was tried with it".to_owned()),
        [] => said_of.push("a larger set is unknown".to_owned()),
        spoilers => {
            let names = spoilers.iter().take(LISTED_MAX).map(|set| said(set)).collect_vec();
            let more = spoilers.len().saturating_sub(LISTED_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            said_of.push(format!("but not with {}{more}", names.join(", or with ")));
        }
    }
    said_of.join("; ")
}

/// What is worth its cost.
fn fronts(report: &MitigateReport) -> String {
    if report.fronts.is_empty() {
        return String::new();
    }
    let mut page =
        title("What is worth its cost: no set does as well for less, or better for as much");
    let names = report.properties.iter().map(|(name, _)| name.clone());
    for (names, front) in alike(names.zip(&report.fronts)) {
        page.push_str(&wrapped("", 2, &listed(&names)));
        let costs = front.points.iter().map(|point| grouped(point.cost)).collect_vec();
        let cells = front.points.iter().map(|point| cell_words(&point.cell)).collect_vec();
        let cost_width = costs.iter().map(String::len).max().unwrap_or(0);
        let width = cells.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
        for ((point, cost), (text, style)) in front.points.iter().zip(costs).zip(cells) {
            let mut shown = point.sets.iter().take(LISTED_MAX).map(|set| match set.is_empty() {
                true => "the bare design".to_owned(),
                false => said(set),
            });
            let more = point.sets.len().saturating_sub(LISTED_MAX);
            let more = if more > 0 { format!(", or {more} more") } else { String::new() };
            let indent = 4 + cost_width + 2 + width + 2;
            let sets = wrapped("", indent, &format!("{}{more}", shown.join(", or ")));
            let padding = width - text.chars().count();
            page.push_str(&format!(
                "    {cost:>cost_width$}  {style}{text}{style:#}{:padding$}  ",
                ""
            ));
            page.push_str(sets.trim_start());
        }
        if front.open_count > 0 {
            let sets = counted(front.open_count as u64, "set");
            page.push_str(&format!("    {OPEN}{sets} may do better: not all is known{OPEN:#}\n"));
        }
    }
    if report.properties.len() > 1 {
        page.push_str(&wrapped("", 2, &cheapest(report)));
    }
    if !report.uncosted.is_empty() {
        let text = format!("not weighed, since they have no cost: {}", listed(&report.uncosted));
        page.push_str(&wrapped("", 2, &text));
    }
    page
}

/// The least that makes every claim hold.
fn cheapest(report: &MitigateReport) -> String {
    match &report.cheapest_for_all {
        None => "no set with a cost makes every claim hold".to_owned(),
        Some((cost, sets)) => {
            let sets = sets.iter().take(LISTED_MAX).map(|set| said(set)).join(", or ");
            format!("the cheapest set for every claim together costs {}: {sets}", grouped(*cost))
        }
    }
}

/// Pairs of which one is enough.
fn redundant(report: &MitigateReport) -> String {
    let names = report.properties.iter().map(|(name, _)| name.clone());
    let told = names.zip(&report.redundant).filter(|(_, pairs)| !pairs.is_empty()).collect_vec();
    if told.is_empty() {
        return String::new();
    }
    let mut page = title("Redundant pairs: each of the two is enough alone, and so are both");
    for (names, pairs) in alike(told) {
        let in_pairs = pairs.iter().flatten().unique().cloned().collect_vec();
        let all_pairs = in_pairs.len() * (in_pairs.len() - 1) / 2;
        let text = match (pairs.len(), all_pairs) {
            (1, _) => said(&pairs[0]),
            (found, all) if found == all => format!("any two of {}", listed(&in_pairs)),
            _ => pairs.iter().map(|pair| said(pair)).join(", "),
        };
        page.push_str(
            &wrapped("", 4, &format!("{}: {text}", listed(&names))).replacen("    ", "  ", 1),
        );
    }
    page
}

fn effects(report: &MitigateReport) -> String {
    if report.mitigations.is_empty() {
        return "\nthe model has no mitigations to try\n".to_owned();
    }
    let mut page = title("What each does alone, and to the counterexamples of the bare design");
    let width = report.mitigations.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    for effect in &report.mitigations {
        for (at, text) in effect_words(report, effect).iter().enumerate() {
            let name = if at == 0 { effect.name.as_str() } else { "" };
            page.push_str(&wrapped(&format!("  {name:<width$}"), width + 4, text));
        }
    }
    page
}

fn effect_words(report: &MitigateReport, effect: &EffectReport) -> Vec<String> {
    if effect.changes_nothing {
        return vec!["changes nothing: the design behaves the same".to_owned()];
    }
    let with = |words: &[&str]| {
        let fates = effect.fates.iter().filter(|(_, word)| words.contains(word));
        fates.map(|(name, _)| name.clone()).collect_vec()
    };
    let mut lines = Vec::new();
    if !effect.breaks.is_empty() {
        let stormy = stormy(report, &[], &effect.breaks);
        lines.push(format!("breaks {}{stormy}", listed(&effect.breaks)));
    }
    let mut say = |names: &[String], words: &str| {
        if !names.is_empty() {
            lines.push(format!("{words} {}", listed(names)));
        }
    };
    say(&effect.mends, "mends");
    say(&effect.fails_anew, "removes the counterexample, but another one breaks");
    say(&with(&["untouched", "bent"]), "leaves the counterexample of");
    let unclear = with(&["unclear"]).into_iter().filter(|name| !effect.mends.contains(name));
    say(&unclear.collect_vec(), "may leave the counterexample of");
    if !with(&["impossible"]).is_empty() {
        lines.push("cannot be applied alone, or leaves no start".to_owned());
    }
    if lines.is_empty() {
        lines.push("changes no verdict".to_owned());
    }
    lines
}

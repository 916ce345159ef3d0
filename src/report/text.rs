//! A report for a terminal: stories first, the verdicts in a table after them, what was explored last.
//!
//! Nothing depends on colour. The styles are written as escape sequences, which the outermost layer
//! strips where nobody wants them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use itertools::Itertools;

use super::explain::ExplainedReport;
use super::number::{counted, grouped};
use super::sanity::SanityReport;
use super::{
    Explored, Finding, Grade, PropertyReport, RegionReport, Report, StormReport, ToldStep,
    ToldTrace, VerdictWord,
};
use crate::base::Source;
use crate::verdict::regions::Prospect;

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();

/// Lays out a report.
///
/// `command` is what was called, without the choice of a property: it is told how to see one trace again.
pub fn write(report: &Report, sources: &[Source], command: &str) -> String {
    let mut page = String::new();
    for error in &report.errors {
        line(&mut page, &format!("{BAD}error{BAD:#}: {error}"));
    }
    for finding in &report.findings {
        write_finding(&mut page, finding, sources);
    }
    for (at, property) in report.properties.iter().enumerate() {
        write_story(&mut page, property, &report.properties[..at], command);
    }
    for warning in &report.warnings {
        line(&mut page, &format!("{OPEN}warning{OPEN:#}: {warning}\n"));
    }
    write_verdicts(&mut page, &report.properties);
    if !report.regions.is_empty() {
        let is_merged = report.explored.iter().any(Explored::is_merged);
        line(&mut page, &regions_words(&report.regions, is_merged));
    }
    if let Some(why) = &report.regions_unknown {
        line(&mut page, &format!("\nwhile calm, recovery is unknown: {why}"));
    }
    for explored in &report.explored {
        line(&mut page, &explored_words(explored));
    }
    if let Some(sanity) = &report.sanity {
        write_sanity(&mut page, sanity);
    }
    if let Some(fairness) = &report.fairness {
        line(&mut page, &fairness.in_short());
    }
    page
}

fn line(page: &mut String, text: &str) {
    page.push_str(text.trim_end());
    page.push('\n');
}

fn write_finding(page: &mut String, finding: &Finding, sources: &[Source]) {
    line(page, &format!("{BAD}finding{BAD:#}: {}", finding.sentence));
    let place = finding.place.and_then(|span| {
        let source = sources.iter().find(|source| source.id == span.source)?;
        let (row, column) = source.line_and_column(span.start);
        Some(format!("  at {}:{row}:{column}: {}", source.name, source.slice(span).trim()))
    });
    if let Some(place) = place {
        line(page, place.lines().next().unwrap_or(""));
    }
    page.push('\n');
    write_trace(page, &finding.trace);
    if let Some(explained) = &finding.explained {
        write_explained(page, explained);
    }
    page.push('\n');
}

/// The story of a property that fails, and the stories beside one that holds.
fn write_story(
    page: &mut String,
    property: &PropertyReport,
    earlier: &[PropertyReport],
    command: &str,
) {
    let stories = property.trace.iter().chain(property.notes.iter().filter_map(worth_telling));
    if stories.count() == 0 {
        return;
    }
    let word = verdict_word(property.verdict);
    line(page, &format!("{STRONG}{}{STRONG:#} {word}: {}", property.name, property.claim));
    if let Some(doc) = &property.doc {
        line(page, &format!("  {FAINT}{doc}{FAINT:#}"));
    }
    if let Some(storm) = &property.storm {
        line(page, &format!("  {}", storm_words(storm)));
    }
    if let Some(worst) = &property.worst {
        line(page, &format!("  The most that is reached: {worst}."));
    }
    if property.storm.is_none() && property.worst.is_none() && property.trace.is_some() {
        write_reason(page, &property.reason);
    }
    page.push('\n');
    if let Some(trace) = &property.trace {
        match earlier.iter().find_map(|one| Some((one, shared(one.trace.as_ref()?, trace)?))) {
            Some((one, steps)) => write_rest(page, trace, &one.name, steps),
            None => write_trace(page, trace),
        }
    }
    if let Some(explained) = &property.explained {
        write_explained(page, explained);
    }
    for note in &property.notes {
        if let Some(trace) = worth_telling(note) {
            line(page, &format!("  note: {}\n", note.0));
            write_trace(page, trace);
        }
    }
    line(
        page,
        &format!("\n  {FAINT}to see this again: {command} --property {}{FAINT:#}\n", property.name),
    );
}

/// Why it fails, as a sentence.
fn write_reason(page: &mut String, reason: &str) {
    let mut letters = reason.chars();
    if let Some(first) = letters.next() {
        line(page, &format!("  {}{}.", first.to_uppercase(), letters.as_str()));
    }
}

/// The fewest steps that are worth leaving out. By taste.
const SHARED_MIN: usize = 4;

/// How many steps a trace has in common with one that was told before, if it begins with the whole way of
/// that one into its loop, or to its end.
fn shared(told: &ToldTrace, trace: &ToldTrace) -> Option<usize> {
    let way = told.loop_from.unwrap_or(told.steps.len());
    let is_same = told.start == trace.start
        && trace.steps.len() >= way
        && told.steps[..way] == trace.steps[..way]
        && trace.loop_from.is_none_or(|first| first >= way);
    let is_all = told.steps == trace.steps && told.loop_from == trace.loop_from;
    let steps = if is_all { told.steps.len() } else { way };
    (is_same && told.breach.is_none() && steps >= SHARED_MIN).then_some(steps)
}

/// A trace without the steps with which it begins like another one.
fn write_rest(page: &mut String, trace: &ToldTrace, other: &str, steps: usize) {
    if steps == trace.steps.len() {
        let steps = counted(steps as u64, "step");
        line(page, &format!("  the same {steps} as {other} show it"));
        return;
    }
    let columns = Columns::of(trace);
    write_header(page, &columns);
    line(
        page,
        &format!("  {FAINT}the same {} as {other}, then:{FAINT:#}", counted(steps as u64, "step")),
    );
    write_some_steps(page, trace, &columns, steps);
}

/// The explanation of a trace, with the shorter trace that it is about if there is one.
fn write_explained(page: &mut String, explained: &ExplainedReport) {
    if let Some(shorter) = &explained.shorter {
        let dropped = counted(explained.dropped_count as u64, "step");
        line(
            page,
            &format!(
                "\n  {STRONG}The same without {dropped} that the ending does not need{STRONG:#}\n"
            ),
        );
        write_trace(page, shorter);
    }
    page.push_str(&super::explain::write(explained));
}

/// What a storm is like, in one or two sentences.
fn storm_words(storm: &StormReport) -> String {
    let what = match storm.grade {
        Grade::Loop => "A loop: it goes on only as long as something owed is put off.",
        Grade::Storm if !storm.is_whole => {
            "A storm at least: a loop that keeps itself going, and puts off nothing that is owed."
        }
        Grade::Storm => {
            "A storm: a loop that keeps itself going, and puts off nothing that is owed."
        }
        Grade::Trap => "A trap: a storm without a way back, unless a further fault opens one.",
    };
    let what = match &storm.optional[..] {
        _ if storm.grade == Grade::Loop => what.to_owned(),
        [] => what.to_owned(),
        optional => {
            // What nobody has to do does not keep itself going.
            let what = what.replace("keeps itself going, and puts", "puts");
            format!("{what} Optional steps take part in it: {}.", optional.join(", "))
        }
    };
    let faults = match storm.fewest_faults {
        0 => "No fault is needed to start it.".to_owned(),
        1 => "One fault is enough to start it.".to_owned(),
        number => format!("{} are enough to start one.", counted(number.into(), "fault")),
    };
    let turn = turn_words(&[(storm.meter.clone(), storm.count_per_turn)], storm.ticks_per_turn);
    format!("{what}\n  Each turn of its loop {turn}. {faults}")
}

/// What one turn of a loop does: it counts, and takes time.
fn turn_words(counts: &[(String, u64)], ticks: u64) -> String {
    match counts {
        [] if ticks == 0 => "takes no tick".to_owned(),
        [] => format!("takes {}", counted(ticks, "tick")),
        counts => format!("counts {}", count_words(counts, ticks)),
    }
}

/// What one turn of a loop counts, and how long it takes.
fn count_words(counts: &[(String, u64)], ticks: u64) -> String {
    let counts = counts.iter().map(|(meter, count)| format!("{} {meter}", grouped(*count)));
    let counts = counts.collect_vec().join(", ");
    match ticks {
        0 => format!("{counts} without a tick"),
        ticks => format!("{counts} in {}", counted(ticks, "tick")),
    }
}

/// The columns of a told trace.
struct Columns {
    /// How wide the action's part is.
    action: usize,
    /// The watched figures with the widths of their columns.
    watches: Vec<(String, usize)>,
}

/// The widest that the part of the action becomes before the watched figures.
const ACTION_WIDTH_MAX: usize = 58;

impl Columns {
    fn of(trace: &ToldTrace) -> Columns {
        let heads = trace.steps.iter().map(|step| step_head(step).chars().count());
        let action = heads.max().unwrap_or(0).clamp(24, ACTION_WIDTH_MAX);
        let widths = trace.start_watches.iter().enumerate().map(|(index, (name, start))| {
            let values = trace.steps.iter().filter_map(|step| step.watches.get(index));
            let widest = values.map(|(_, value)| value.chars().count()).max().unwrap_or(0);
            (name.clone(), widest.max(name.chars().count()).max(start.chars().count()))
        });
        Columns { action, watches: widths.collect() }
    }

    /// Values under their names.
    fn row(&self, values: &[(String, String)]) -> String {
        let columns = values.iter().zip(&self.watches);
        columns.map(|((_, value), (_, width))| format!("  {value:>width$}")).collect()
    }
}

/// A trace, told step by step.
pub fn write_trace(page: &mut String, trace: &ToldTrace) {
    let columns = Columns::of(trace);
    write_header(page, &columns);
    let start = format!(
        "     0     0  {:<width$}{}",
        "the start",
        columns.row(&trace.start_watches),
        width = columns.action
    );
    line(page, &start);
    write_start(page, &trace.start);
    write_no_return(page, trace, 0);
    write_all_steps(page, trace, &columns);
}

/// The steps of a trace without its start, as something that goes on.
pub fn write_steps(page: &mut String, trace: &ToldTrace) {
    let columns = Columns::of(trace);
    write_header(page, &columns);
    write_all_steps(page, trace, &columns);
}

fn write_header(page: &mut String, columns: &Columns) {
    let names = columns.watches.iter().map(|(name, width)| format!("  {name:>width$}"));
    let names = names.collect::<String>();
    let header = format!("  step  tick  {:<width$}{names}", "", width = columns.action);
    line(page, &format!("{FAINT}{}{FAINT:#}", header.trim_end()));
}

fn write_all_steps(page: &mut String, trace: &ToldTrace, columns: &Columns) {
    write_some_steps(page, trace, columns, 0);
}

fn write_some_steps(page: &mut String, trace: &ToldTrace, columns: &Columns, from: usize) {
    for (index, step) in trace.steps.iter().enumerate().skip(from) {
        if trace.loop_from == Some(index) {
            line(page, &format!("  {STRONG}┌─ the loop{STRONG:#}"));
        }
        let gutter = if trace.loop_from.is_some_and(|first| index >= first) { "│" } else { " " };
        write_step(page, step, gutter, columns);
        write_no_return(page, trace, index + 1);
    }
    if let Some(broken) = &trace.breach {
        line(page, &format!("  {BAD}✗{BAD:#} {broken}"));
    }
    if let Some(first) = trace.loop_from {
        let turn = turn_words(&trace.loop_counts, trace.loop_ticks);
        let owed = match trace.put_off.as_slice() {
            [] => String::new(),
            owed => format!(", while {} is put off", owed.join(", ")),
        };
        let text = format!("and so on from step {}, for ever: each turn {turn}{owed}", first + 1);
        line(page, &format!("  {STRONG}└─ {text}{STRONG:#}"));
    }
}

/// Marks the point of no return behind the state with this number.
fn write_no_return(page: &mut String, trace: &ToldTrace, state: usize) {
    let what = match (trace.last_sure == Some(state), trace.last_possible == Some(state)) {
        (true, true) => "up to here recovery was sure; from here on it is impossible",
        (true, false) => "up to here recovery was sure",
        (false, true) => "up to here recovery was possible: the point of no return",
        (false, false) => return,
    };
    line(page, &format!("      {OPEN}── {what}{OPEN:#}"));
}

/// The values at the start, one line for each instance.
fn write_start(page: &mut String, start: &[(String, String)]) {
    let owner = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
    let groups = start.iter().chunk_by(|(name, _)| owner(name));
    for (owner, values) in &groups {
        let parts = values.map(|(name, value)| match name.split_once('.') {
            Some((_, field)) => format!("{field} = {value}"),
            None if *name == owner => value.clone(),
            None => format!("{name} = {value}"),
        });
        let parts = parts.collect_vec();
        line(page, &format!("              {FAINT}{owner}: {}{FAINT:#}", parts.join(", ")));
    }
}

fn write_step(page: &mut String, step: &ToldStep, gutter: &str, columns: &Columns) {
    let head = step_head(step);
    let padding = columns.action.saturating_sub(head.chars().count());
    let watches = format!("{:padding$}{}", "", columns.row(&step.watches));
    let styled = match step.role {
        "fault" => format!("{BAD}{head}{BAD:#}"),
        "tick" => format!("{FAINT}{head}{FAINT:#}"),
        _ => format!("{STRONG}{head}{STRONG:#}"),
    };
    line(page, &format!("  {gutter}{:>3}  {:>4}  {styled}{watches}", step.number, step.time));
    if let Some(sentence) = &step.sentence {
        line(page, &format!("  {gutter}           {sentence}"));
    }
    let width = step.changes.iter().map(|change| change.name.chars().count()).max().unwrap_or(0);
    for change in &step.changes {
        let text = format!("{:<width$}  {} → {}", change.name, change.before, change.after);
        line(page, &format!("  {gutter}             {FAINT}{text}{FAINT:#}"));
    }
}

/// The action, its kind where that matters, and what it counts.
fn step_head(step: &ToldStep) -> String {
    let mut head = step.action.clone();
    if matches!(step.role, "fault" | "operator") {
        let _ = write!(head, " ({})", step.role);
    }
    for (meter, count) in &step.counts {
        let _ = write!(head, "  +{} {meter}", grouped(*count));
    }
    head
}

/// All verdicts, one below the other.
fn write_verdicts(page: &mut String, properties: &[PropertyReport]) {
    let name_width = properties.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    for property in properties {
        let word = verdict_word(property.verdict);
        let padding = 8_usize.saturating_sub(plain_word(property.verdict).len());
        let mut said = vec![property.claim.clone()];
        if let Some(storm) = &property.storm {
            let turn =
                count_words(&[(storm.meter.clone(), storm.count_per_turn)], storm.ticks_per_turn);
            let until = match storm.grade {
                Grade::Loop => "while something owed is put off",
                Grade::Storm | Grade::Trap => "for ever",
            };
            let least = match storm.grade {
                Grade::Loop | Grade::Storm if !storm.is_whole => " at least",
                _ => "",
            };
            said.push(format!("{}{least}: {turn}, {until}", storm.grade.word()));
        }
        said.extend(while_not_calm(property));
        said.extend(property.worst.iter().map(|worst| format!("worst {worst}")));
        if !property.reason.is_empty() {
            said.push(property.reason.clone());
        }
        let said = said.join("; ");
        let name = format!("{:<name_width$}", property.name);
        line(page, &format!("{STRONG}{name}{STRONG:#}  {word}{:padding$}{said}", ""));
        for note in property.notes.iter().filter(|note| worth_telling(note).is_none()) {
            line(page, &format!("{:name_width$}    {OPEN}note{OPEN:#}: {}", "", note.0));
        }
    }
}

/// A storm that the claim does not speak of.
pub fn while_not_calm(property: &PropertyReport) -> Option<String> {
    let storm = property.storm_while_not_calm.as_ref()?;
    let turn = count_words(&[(storm.meter.clone(), storm.count_per_turn)], storm.ticks_per_turn);
    let place = match property.claim.contains(" when ") {
        true => "outside its `when`",
        false => "while not calm",
    };
    Some(format!("but a storm {place}: {turn}, for ever"))
}

/// The trace of a note, if it is told step by step. A loop that puts something off is named only: it
/// speaks against nothing.
fn worth_telling(note: &(String, Option<ToldTrace>)) -> Option<&ToldTrace> {
    note.1.as_ref().filter(|trace| trace.put_off.is_empty())
}

fn plain_word(verdict: VerdictWord) -> &'static str {
    match verdict {
        VerdictWord::Holds => "holds",
        VerdictWord::Fails => "fails",
        VerdictWord::Unknown => "unknown",
    }
}

fn verdict_word(verdict: VerdictWord) -> String {
    let style = match verdict {
        VerdictWord::Holds => GOOD,
        VerdictWord::Fails => BAD,
        VerdictWord::Unknown => OPEN,
    };
    format!("{style}{}{style:#}", plain_word(verdict))
}

/// From how many calm states recovery is sure, possible, or out of reach.
fn regions_words(regions: &[RegionReport], are_merged: bool) -> String {
    let state = if are_merged { "merged state" } else { "state" };
    let parts = regions.iter().map(|region| {
        let faults = match region.fewest_faults {
            0 => String::new(),
            faults => format!(" ({} away)", counted(faults.into(), "fault")),
        };
        let states = counted(region.state_count as u64, state);
        let recovery = match region.prospect {
            Prospect::Sure => "sure",
            Prospect::WithLuck => "possible but not guaranteed",
            Prospect::NeedsOperators => "possible only with operators",
            Prospect::OutOfReach if region.sees_operators => "out of reach",
            Prospect::OutOfReach => "out of reach without operators",
        };
        format!("{recovery} from {states}{faults}")
    });
    format!("\nwhile calm, recovery is {}", parts.collect_vec().join(", "))
}

/// What is odd about the model; one line if nothing is.
fn write_sanity(page: &mut String, sanity: &SanityReport) {
    if sanity.notes.is_empty() {
        line(page, "sanity: ok");
    }
    for note in &sanity.notes {
        line(page, &format!("sanity: {}", note.text));
    }
}

/// What was explored, in one sentence.
fn explored_words(explored: &Explored) -> String {
    let by = explored.other_engine.map(|engine| format!("by {engine}: ")).unwrap_or_default();
    let who = if explored.with_operators { "with operators: " } else { "" };
    let merged = [
        ("names of", &explored.up_to_renaming),
        ("unread values of", &explored.up_to_unread),
        ("orders of", &explored.up_to_order),
    ];
    let merged = merged.iter().filter(|(_, names)| !names.is_empty());
    let merged = merged.map(|(what, names)| format!("{what} {}", listed(names))).collect_vec();
    let merged = match &merged[..] {
        [] => String::new(),
        merged => format!(" (merged: {})", merged.join(", ")),
    };
    let how = match &explored.cut {
        None if explored.other_engine.is_some() => {
            "all that can be reached and told apart; where time stops was not looked at".to_owned()
        }
        None if explored.missed_one_in.is_some() => {
            "everything that can be reached and told apart".to_owned()
        }
        None => "complete".to_owned(),
        Some(cut) => format!("incomplete: {cut}"),
    };
    let apart = if explored.missed_one_in.is_some() { " by fingerprints" } else { "" };
    format!(
        "\n{by}{who}{}{apart}{merged}, {}, {}, {}, depth {}: {how}",
        counted(explored.state_count as u64, "state"),
        counted(explored.step_count, "step"),
        counted(explored.tick_count, "tick"),
        counted(explored.start_count as u64, "start"),
        explored.depth,
    )
}

/// Names one after the other.
fn listed(names: &[String]) -> String {
    match names {
        [before @ .., one, last] if !before.is_empty() => {
            format!("{}, {one} and {last}", before.join(", "))
        }
        names => names.join(" and "),
    }
}

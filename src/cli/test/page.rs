//! What became of the expectations, for people and for programs.

use anstyle::{AnsiColor, Style};

use super::compare::Comparison;
use super::{Line, Tested};
use crate::cli::exit::Exit;
use crate::report::diagnostic;
use crate::report::json::{self, ExpectationResult, FileResult, TestResult, TestSummary};
use crate::report::number::counted;
use crate::syntax::ast::FileKind;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const FAINT: Style = Style::new().dimmed();

impl Tested {
    /// The lines of one file.
    pub fn page(&self) -> String {
        let mut page = String::new();
        for line in &self.lines {
            let (style, word) = match line.result {
                Comparison::Met => (GOOD, "ok     "),
                Comparison::Wrong => (BAD, "FAILED "),
                Comparison::Open => (OPEN, "unknown"),
            };
            page.push_str(&format!(
                "{style}{word}{style:#}  {}:{}  {}\n",
                self.file, line.line_number, line.text
            ));
            if line.result != Comparison::Met {
                page.push_str(&format!("         found: {}\n", line.found));
            } else if let Some(caveat) = &line.caveat {
                page.push_str(&format!("         {OPEN}{caveat}{OPEN:#}\n"));
            }
            if line.result != Comparison::Met || line.caveat.is_some() {
                page.push_str(&format!("         {FAINT}see: {}{FAINT:#}\n", line.command));
            }
        }
        if self.exit == Exit::Wrong && self.lines.is_empty() {
            let what = match &self.refusal {
                Some(_) => "it cannot be read".to_owned(),
                None => diagnostic::count(&self.diagnostics),
            };
            page.push_str(&format!("{BAD}wrong  {BAD:#}  {}  {what}\n", self.file));
        }
        for note in &self.notes {
            page.push_str(&format!("{OPEN}note   {OPEN:#}  {}  {note}\n", self.file));
        }
        page
    }
}

/// All of it in numbers.
pub fn summary(all: &[Tested]) -> TestSummary {
    let count =
        |result| all.iter().flat_map(|one| &one.lines).filter(|line| line.result == result).count();
    TestSummary {
        models: all.iter().filter(|one| one.kind == FileKind::Model).count(),
        libraries: all.iter().filter(|one| one.kind == FileKind::Library).count(),
        wrong: all.iter().filter(|one| one.exit == Exit::Wrong).count(),
        ok: count(Comparison::Met),
        failed: count(Comparison::Wrong),
        unknown: count(Comparison::Open),
    }
}

/// `42 expectations of 9 models: 40 ok, 1 failed, 1 unknown`
pub fn summary_line(summary: &TestSummary) -> String {
    let TestSummary { models, libraries: _, wrong, ok, failed, unknown } = *summary;
    let expectations = counted((ok + failed + unknown) as u64, "expectation");
    let mut line = format!("\n{expectations} of {}: {ok} ok", counted(models as u64, "model"));
    let others = [(failed, "failed", BAD), (unknown, "unknown", OPEN)];
    for (number, what, style) in others.iter().filter(|(number, ..)| *number > 0) {
        line.push_str(&format!(", {style}{number} {what}{style:#}"));
    }
    if wrong > 0 {
        line.push_str(&format!(", {BAD}{} wrong{BAD:#}", counted(wrong as u64, "file")));
    }
    line.push('\n');
    line
}

/// The document for programs.
pub fn document(all: &[Tested], summary: TestSummary, exit: Exit) -> String {
    let line = |line: &'_ Line| ExpectationResult {
        line: line.line_number,
        text: line.text.clone(),
        result: match line.result {
            Comparison::Met => "ok",
            Comparison::Wrong => "failed",
            Comparison::Open => "unknown",
        },
        found: line.found.clone(),
        command: line.command.clone(),
    };
    let file = |one: &Tested| FileResult {
        file: one.file.clone(),
        kind: match one.kind {
            FileKind::Model => "model",
            FileKind::Library => "library",
        },
        error: one.refusal.clone(),
        expectations: one.lines.iter().map(line).collect(),
        notes: one.notes.clone(),
        diagnostics: Vec::new(),
    };
    let diagnosed = all.iter().map(|one| FileResult {
        diagnostics: json::diagnostics(&one.sources, &one.diagnostics),
        ..file(one)
    });
    let files = diagnosed.collect();
    json::test(&TestResult { files, summary }, exit.code())
}

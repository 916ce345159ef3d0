//! `squall test`: compares what models expect of themselves with what is found, a line for each.

use std::collections::BTreeMap;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use itertools::Itertools;

use super::args::{Effort, OutputFormat, Test};
use super::exit::Exit;
use super::load::{self, Loaded};
use super::progress::{self, Watch};
use super::{find, output, tell_diagnostics};
use crate::base::{Diagnostic, Source};
use crate::model::{Expectation, Model, Outcome, PropertyId, Setting, Settings, Value};
use crate::pipeline::{self, Request, prepare};
use crate::report::json::{self, ExpectationResult, FileResult, TestResult, TestSummary};
use crate::report::number::counted;
use crate::report::words::Naming;
use crate::report::{FindingKind, PropertyReport, Report, VerdictWord};
use crate::syntax;
use crate::syntax::ast::FileKind;
use crate::verdict::{Reason, Verdict, Worst};

/// Judges every expectation of every model under the paths.
pub fn test(arguments: &Test) -> anyhow::Result<Exit> {
    let files = find::models(&arguments.paths)?;
    progress::catch_interrupts();
    let is_text = arguments.output.format == OutputFormat::Text;
    let mut exit = Exit::Fine;
    let mut all = Vec::new();
    for file in &files {
        let tested = Tested::of(file, &arguments.effort);
        if is_text {
            output::result(&tested.page())?;
        }
        exit = exit.max(tested.exit);
        all.push(tested);
    }
    let summary = summary(&all);
    output::result(&match is_text {
        true => summary_line(&summary),
        false => document(&all, summary, exit),
    })?;
    Ok(exit)
}

/// What became of one file.
struct Tested {
    file: String,
    kind: FileKind,
    sources: Vec<Source>,
    /// Why it could not be read at all.
    refusal: Option<String>,
    /// What is wrong with its text.
    diagnostics: Vec<Diagnostic>,
    /// In the order of the file.
    lines: Vec<Line>,
    /// What is to be said beside the lines.
    notes: Vec<String>,
    exit: Exit,
}

/// One expectation, and what became of it.
struct Line {
    line_number: usize,
    text: String,
    result: Comparison,
    /// What was found, in words.
    found: String,
    /// What shows it.
    command: String,
}

/// How what was found compares with what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Met,
    Wrong,
    Open,
}

impl Tested {
    fn of(path: &Path, effort: &Effort) -> Tested {
        let mut tested = Tested {
            file: path.display().to_string(),
            kind: FileKind::Model,
            sources: Vec::new(),
            refusal: None,
            diagnostics: Vec::new(),
            lines: Vec::new(),
            notes: Vec::new(),
            exit: Exit::Fine,
        };
        match load::load(path) {
            Ok(loaded) => tested.read(loaded, effort),
            Err(error) => {
                output::note(&format!("{BAD}error{BAD:#}: {error:#}\n"));
                tested.refusal = Some(format!("{error:#}"));
                tested.exit = Exit::Wrong;
            }
        }
        tested
    }

    fn read(&mut self, loaded: Loaded, effort: &Effort) {
        let Loaded { sources, kind, diagnostics } = loaded;
        self.kind = kind;
        self.sources = sources;
        if !diagnostics.is_empty() {
            return self.is_wrong(diagnostics);
        }
        if kind == FileKind::Library {
            let wrong = self.sources.iter().flat_map(|one| syntax::parse(one).diagnostics);
            let wrong = wrong.collect_vec();
            return if wrong.is_empty() { () } else { self.is_wrong(wrong) };
        }
        match prepare(&self.sources, &Settings::default()) {
            Ok(prepared) => self.judge_all(&prepared.model, effort),
            Err(diagnostics) => self.is_wrong(diagnostics),
        }
    }

    fn is_wrong(&mut self, diagnostics: Vec<Diagnostic>) {
        tell_diagnostics(&self.sources, &diagnostics);
        self.diagnostics.extend(diagnostics);
        self.exit = Exit::Wrong;
    }

    /// Explores each configuration once, for the properties that something is expected of.
    fn judge_all(&mut self, model: &Model, effort: &Effort) {
        if model.expectations.is_empty() {
            self.notes.push("it expects nothing of itself".to_owned());
        }
        let mut groups: BTreeMap<_, Vec<(usize, &Expectation)>> = BTreeMap::new();
        for (index, one) in model.expectations.iter().enumerate() {
            groups.entry((&one.mitigations, &one.settings)).or_default().push((index, one));
        }
        let mut judged = Vec::new();
        for group in groups.into_values().sorted_by_key(|group| group[0].0) {
            let (indices, expectations): (Vec<usize>, Vec<&Expectation>) = group.into_iter().unzip();
            judged.extend(indices.into_iter().zip(self.judge(model, &expectations, effort)));
        }
        judged.sort_by_key(|(index, _)| *index);
        self.lines = judged.into_iter().map(|(_, line)| line).collect();
    }

    /// Judges the expectations of one configuration.
    fn judge(&mut self, model: &Model, expectations: &[&Expectation], effort: &Effort) -> Vec<Line> {
        let configuration = Configuration::of(model, expectations[0], &self.file);
        let prepared = match prepare(&self.sources, &configuration.settings) {
            Ok(prepared) => prepared,
            Err(diagnostics) => {
                self.is_wrong(diagnostics);
                let found = "the model is wrong in this configuration".to_owned();
                return self.lines_of(model, expectations, &configuration, |_| (Comparison::Wrong, found.clone()));
            }
        };
        let request = Request {
            properties: expectations.iter().map(|one| one.property).sorted().dedup().collect(),
            limits: effort.limits(),
            workers: effort.workers(),
        };
        let mut watch = Watch::start(effort.timeout, &format!("{}  ", configuration.title));
        let answers = pipeline::run(&prepared, &request, &mut watch);
        watch.finish();
        let report = Report::of(&prepared, &answers);
        if let Some(error) = report.errors.first() {
            self.exit = Exit::Wrong;
            return self.lines_of(model, expectations, &configuration, |_| (Comparison::Wrong, error.clone()));
        }
        self.note_breaches(&report, expectations, &configuration);
        let verdicts = answers.by_property();
        let verdict = |property: PropertyId| {
            let found = verdicts.iter().zip(&report.properties).find(|((id, _), _)| *id == property);
            found.expect("every property asked for has an answer")
        };
        self.lines_of(model, expectations, &configuration, |expectation| {
            let ((_, answer), told) = verdict(expectation.property);
            (compare(expectation.outcome, &answer.verdict), found(told))
        })
    }

    /// Says that a model breaches where none of its expectations can mean that.
    fn note_breaches(&mut self, report: &Report, expectations: &[&Expectation], configuration: &Configuration) {
        let is_expected = expectations.iter().any(|one| one.outcome == Outcome::Unknown);
        let breach = report.findings.iter().find(|one| one.kind == FindingKind::Breach);
        if let Some(breach) = breach.filter(|_| !is_expected) {
            self.notes.push(format!("{} ({})", breach.sentence, configuration.command));
        }
    }

    fn lines_of(
        &mut self,
        model: &Model,
        expectations: &[&Expectation],
        configuration: &Configuration,
        mut judge: impl FnMut(&Expectation) -> (Comparison, String),
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        for expectation in expectations {
            let (result, found) = judge(expectation);
            let property = &model.properties[expectation.property].name;
            let place = expectation.span;
            let source = self.sources.iter().find(|source| source.id == place.source);
            self.exit = self.exit.max(match result {
                Comparison::Met => Exit::Fine,
                Comparison::Open => Exit::Unknown,
                Comparison::Wrong => Exit::Fails,
            });
            lines.push(Line {
                line_number: source.map_or(0, |source| source.line_and_column(place.start).0),
                text: expectation.text.clone(),
                result,
                found,
                command: format!("{} --property {property}", configuration.command),
            });
        }
        lines
    }
}

/// What is chosen outside the text, for one group of expectations.
struct Configuration {
    settings: Settings,
    title: String,
    /// What shows the same.
    command: String,
}

impl Configuration {
    fn of(model: &Model, expectation: &Expectation, file: &str) -> Configuration {
        let naming = Naming::of(model);
        let mitigations = expectation.mitigations.iter().map(|&id| model.mitigations[id].name.clone());
        let mitigations = mitigations.collect_vec();
        let parameters: Vec<(String, Value)> = expectation
            .settings
            .iter()
            .map(|(id, value)| (model.parameters[*id].name.clone(), value.clone()))
            .collect();
        let mut choice = Vec::new();
        if !mitigations.is_empty() {
            choice.push(format!("--with {}", mitigations.join(",")));
        }
        choice.extend(parameters.iter().map(|(name, value)| format!("--set {name}={}", naming.value(value))));
        let words = std::iter::once(output::quoted(file)).chain(choice).join(" ");
        let parameters = parameters.into_iter().map(|(name, value)| (name, Setting::Value(value)));
        Configuration {
            settings: Settings { mitigations, parameters: parameters.collect() },
            command: format!("squall check {words}"),
            title: words,
        }
    }
}

fn compare(expected: Outcome, verdict: &Verdict) -> Comparison {
    let is = |truth: bool| if truth { Comparison::Met } else { Comparison::Wrong };
    match (expected, verdict) {
        (Outcome::Unknown, verdict) => is(matches!(verdict, Verdict::Unknown(_))),
        // A model that breaks its own rules will do so the next time as well.
        (_, Verdict::Unknown(Reason::ModelBreaches)) => Comparison::Wrong,
        (_, Verdict::Unknown(_)) => Comparison::Open,
        (Outcome::Holds, verdict) => is(matches!(verdict, Verdict::Holds { .. })),
        (Outcome::Fails, verdict) => is(matches!(verdict, Verdict::Fails { .. })),
        (
            Outcome::Worst { numerator, denominator },
            Verdict::Holds { worst, .. } | Verdict::Fails { worst, .. },
        ) => match worst {
            Some(Worst::Exactly(found)) => is(denominator == 1 && *found == numerator),
            Some(Worst::AtLeast(found)) => {
                let is_passed = i128::from(*found) * i128::from(denominator) > i128::from(numerator);
                if is_passed { Comparison::Wrong } else { Comparison::Open }
            }
            None => Comparison::Wrong,
        },
    }
}

/// What was found of a property, in words.
fn found(told: &PropertyReport) -> String {
    let verdict = match told.verdict {
        VerdictWord::Holds => "it holds",
        VerdictWord::Fails => "it fails",
        VerdictWord::Unknown => "it is unknown",
    };
    let worst = told.worst.as_ref().map(|worst| format!(", the worst is {worst}")).unwrap_or_default();
    let reason = if told.reason.is_empty() { String::new() } else { format!(": {}", told.reason) };
    format!("{verdict}{worst}{reason}")
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const FAINT: Style = Style::new().dimmed();

impl Tested {
    /// The lines of one file.
    fn page(&self) -> String {
        let mut page = String::new();
        for line in &self.lines {
            let (style, word) = match line.result {
                Comparison::Met => (GOOD, "ok     "),
                Comparison::Wrong => (BAD, "FAILED "),
                Comparison::Open => (OPEN, "unknown"),
            };
            page.push_str(&format!("{style}{word}{style:#}  {}:{}  {}\n", self.file, line.line_number, line.text));
            if line.result != Comparison::Met {
                page.push_str(&format!("         found: {}\n", line.found));
                page.push_str(&format!("         {FAINT}see: {}{FAINT:#}\n", line.command));
            }
        }
        if self.exit == Exit::Wrong && self.lines.is_empty() {
            let what = match &self.refusal {
                Some(_) => "it cannot be read".to_owned(),
                None => crate::report::diagnostic::count(&self.diagnostics),
            };
            page.push_str(&format!("{BAD}wrong  {BAD:#}  {}  {what}\n", self.file));
        }
        for note in &self.notes {
            page.push_str(&format!("{OPEN}note   {OPEN:#}  {}  {note}\n", self.file));
        }
        page
    }
}

fn summary(all: &[Tested]) -> TestSummary {
    let count = |result| {
        all.iter().flat_map(|one| &one.lines).filter(|line| line.result == result).count()
    };
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
fn summary_line(summary: &TestSummary) -> String {
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

fn document(all: &[Tested], summary: TestSummary, exit: Exit) -> String {
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

//! `squall test`: compares what models expect of themselves with what is found, a line for each.

mod compare;
mod configuration;
mod page;

use std::collections::BTreeMap;
use std::path::Path;

use itertools::Itertools;

use self::compare::{Comparison, compare};
use self::configuration::Configuration;
use super::args::{Effort, OutputFormat, Test};
use super::exit::Exit;
use super::load::{self, Loaded};
use super::progress::{self, Watch};
use super::{find, output, tell_diagnostics, tell_error};
use crate::base::{Diagnostic, Source};
use crate::model::{Expectation, Model, Outcome, PropertyId, Settings};
use crate::pipeline::{self, Request, prepare};
use crate::report::text::while_not_calm;
use crate::report::{FindingKind, PropertyReport, Report, VerdictWord};
use crate::syntax;
use crate::syntax::ast::FileKind;

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
    let summary = page::summary(&all);
    output::result(&match is_text {
        true => page::summary_line(&summary),
        false => page::document(&all, summary, exit),
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
    /// What is to be said beside it, though it is as expected.
    caveat: Option<String>,
    /// What shows it.
    command: String,
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
                tell_error(&error);
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
            if !wrong.is_empty() {
                self.is_wrong(wrong);
            }
            return;
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
            self.notes.push("no `expect` lines".to_owned());
        }
        let mut groups: BTreeMap<_, Vec<(usize, &Expectation)>> = BTreeMap::new();
        for (index, one) in model.expectations.iter().enumerate() {
            groups.entry((&one.mitigations, &one.settings)).or_default().push((index, one));
        }
        let mut judged = Vec::new();
        for group in groups.into_values().sorted_by_key(|group| group[0].0) {
            let (indices, expectations): (Vec<usize>, Vec<&Expectation>) =
                group.into_iter().unzip();
            judged.extend(indices.into_iter().zip(self.judge(model, &expectations, effort)));
        }
        judged.sort_by_key(|(index, _)| *index);
        self.lines = judged.into_iter().map(|(_, line)| line).collect();
    }

    /// Judges the expectations of one configuration.
    fn judge(
        &mut self,
        model: &Model,
        expectations: &[&Expectation],
        effort: &Effort,
    ) -> Vec<Line> {
        let configuration = Configuration::of(model, expectations[0], &self.file);
        let prepared = match prepare(&self.sources, &configuration.settings) {
            Ok(prepared) => prepared,
            Err(diagnostics) => {
                self.is_wrong(diagnostics);
                let found = "the model is wrong in this configuration".to_owned();
                return self.lines_of(model, expectations, &configuration, |_| {
                    (Comparison::Wrong, found.clone(), None)
                });
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
        let report = Report::of(&prepared, &answers).ended(watch.ended());
        if let Some(error) = report.errors.first() {
            self.exit = Exit::Wrong;
            return self.lines_of(model, expectations, &configuration, |_| {
                (Comparison::Wrong, error.clone(), None)
            });
        }
        self.note_breaches(&report, expectations, &configuration);
        let verdicts = answers.by_property();
        let verdict = |property: PropertyId| {
            let found =
                verdicts.iter().zip(&report.properties).find(|((id, _), _)| *id == property);
            found.expect("every property asked for has an answer")
        };
        self.lines_of(model, expectations, &configuration, |expectation| {
            let ((_, answer), told) = verdict(expectation.property);
            (compare(expectation.outcome, &answer.verdict), found(told), while_not_calm(told))
        })
    }

    /// Says that a model breaches where none of its expectations can mean that.
    fn note_breaches(
        &mut self,
        report: &Report,
        expectations: &[&Expectation],
        configuration: &Configuration,
    ) {
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
        mut judge: impl FnMut(&Expectation) -> (Comparison, String, Option<String>),
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        for expectation in expectations {
            let (result, found, caveat) = judge(expectation);
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
                caveat,
                command: format!("{} --property {property}", configuration.command),
            });
        }
        lines
    }
}

/// What was found of a property, in words.
fn found(told: &PropertyReport) -> String {
    let verdict = match told.verdict {
        VerdictWord::Holds => "it holds",
        VerdictWord::Fails => "it fails",
        VerdictWord::Unknown => "it is unknown",
    };
    let worst =
        told.worst.as_ref().map(|worst| format!(", the worst is {worst}")).unwrap_or_default();
    let reason = if told.reason.is_empty() { String::new() } else { format!(": {}", told.reason) };
    let but = while_not_calm(told).map(|but| format!(", {but}")).unwrap_or_default();
    format!("{verdict}{worst}{but}{reason}")
}

//! Reads traces back from the documents for programs that `check` and `simulate` write.

use std::fmt;

use itertools::Itertools;
use serde::Deserialize;

use super::Change;
use super::compose::parameters;
use super::json::VERSION;
use crate::base::Source;
use crate::model::{Setting, Settings};
use crate::pipeline::understand;

/// What a document holds of traces, and the configuration of the model that they are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    mitigations: Vec<String>,
    parameters: Vec<(String, String)>,
    /// The traces, in the order of the document.
    pub traces: Vec<SavedTrace>,
}

/// A trace as it was told. Whether any model has it is for [`retrace`](super::retrace) to find out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedTrace {
    /// Its name in the document: a property's, `no_storm.note1`, `finding1`, or `walk`.
    pub name: String,
    /// The property that it is told with.
    pub property: Option<String>,
    /// The value of everything at the start, by name.
    pub start: Vec<(String, String)>,
    /// The steps.
    pub steps: Vec<SavedStep>,
    /// The loop it ends in.
    pub repeats: Option<SavedLoop>,
    /// The rule that its last step breaks, in words.
    pub breach: Option<String>,
}

/// A step as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedStep {
    /// The action with its instances, like `volume2.claim(node3)`.
    pub action: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// What it counted, by meter, ticks apart.
    pub counts: Vec<(String, u64)>,
}

/// A loop as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedLoop {
    /// The number of its first step, from 1.
    pub from_step: usize,
    /// Whether it puts nothing off that is owed.
    pub is_fair: bool,
}

/// Why a text holds no traces.
#[derive(Debug)]
pub enum Unreadable {
    /// It is none of our documents.
    Foreign(serde_json::Error),
    /// It has another version.
    OtherVersion(u32),
    /// It is a document without traces; of this command, if it came to a result.
    NoTraces(Option<String>),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Foreign(error) => {
                write!(f, "it is not what `squall check --format json` writes: {error}")
            }
            Unreadable::OtherVersion(found) => {
                write!(f, "its version is {found}, and this program reads version {VERSION}")
            }
            Unreadable::NoTraces(Some(command)) => {
                write!(f, "this document of `squall {command}` holds no trace")
            }
            Unreadable::NoTraces(None) => write!(f, "it tells of an error, and holds no trace"),
        }
    }
}

impl std::error::Error for Unreadable {}

impl Saved {
    /// Reads a document.
    pub fn read(text: &str) -> Result<Saved, Unreadable> {
        let head: Head = serde_json::from_str(text).map_err(Unreadable::Foreign)?;
        if head.version != VERSION {
            return Err(Unreadable::OtherVersion(head.version));
        }
        let saved = match head.command.as_deref() {
            Some("check") => serde_json::from_str(text).map(CheckDocument::saved),
            Some("simulate") => serde_json::from_str(text).map(SimulateDocument::saved),
            _ => return Err(Unreadable::NoTraces(head.command)),
        };
        let saved = saved.map_err(Unreadable::Foreign)?;
        if saved.traces.is_empty() {
            return Err(Unreadable::NoTraces(head.command));
        }
        Ok(saved)
    }

    /// The configuration that the traces are of, but for what is chosen otherwise: other mitigations
    /// replace all of its own, and parameters win over it.
    ///
    /// Of its parameters those are set that would have another value in this text.
    pub fn settings(&self, sources: &[Source], chosen: &Settings) -> Settings {
        let mut settings =
            Settings { mitigations: self.mitigations.clone(), parameters: Vec::new() };
        // A value that is set can change those that are computed from it.
        while let Some((name, value)) = self.first_different(sources, &settings) {
            settings.parameters.push((name.clone(), Setting::Text(value.clone())));
        }
        if !chosen.mitigations.is_empty() {
            settings.mitigations = chosen.mitigations.clone();
        }
        let is_chosen = |name: &String| chosen.parameters.iter().any(|(other, _)| other == name);
        settings.parameters.retain(|(name, _)| !is_chosen(name));
        settings.parameters.extend(chosen.parameters.iter().cloned());
        settings
    }

    /// The first parameter that is not set yet and has another value; none if the text is wrong.
    fn first_different(
        &self,
        sources: &[Source],
        settings: &Settings,
    ) -> Option<&(String, String)> {
        let (model, _) = understand(sources, settings).ok()?;
        let found = parameters(&model);
        let is_set = |name: &String| settings.parameters.iter().any(|(known, _)| known == name);
        self.parameters.iter().find(|wanted| !found.contains(wanted) && !is_set(&wanted.0))
    }
}

#[derive(Deserialize)]
struct Head {
    version: u32,
    command: Option<String>,
}

#[derive(Deserialize)]
struct CheckDocument {
    report: Option<ReportPart>,
}

#[derive(Deserialize)]
struct SimulateDocument {
    mitigations: Option<Vec<String>>,
    parameters: Option<Vec<NamedPart>>,
    walk: Option<TracePart>,
}

#[derive(Deserialize)]
struct ReportPart {
    mitigations: Vec<String>,
    parameters: Vec<NamedPart>,
    findings: Vec<FindingPart>,
    properties: Vec<PropertyPart>,
}

#[derive(Deserialize)]
struct NamedPart {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct FindingPart {
    trace: TracePart,
}

#[derive(Deserialize)]
struct PropertyPart {
    name: String,
    trace: Option<TracePart>,
    witness: Option<TracePart>,
    notes: Vec<NotePart>,
}

#[derive(Deserialize)]
struct NotePart {
    trace: Option<TracePart>,
}

#[derive(Deserialize)]
struct TracePart {
    start: Vec<NamedPart>,
    steps: Vec<StepPart>,
    repeats: Option<LoopPart>,
    breach: Option<String>,
}

#[derive(Deserialize)]
struct LoopPart {
    from_step: usize,
    put_off: Vec<String>,
}

#[derive(Deserialize)]
struct StepPart {
    action: String,
    changes: Vec<ChangePart>,
    counts: Vec<CountPart>,
}

#[derive(Deserialize)]
struct ChangePart {
    name: String,
    before: String,
    after: String,
}

#[derive(Deserialize)]
struct CountPart {
    meter: String,
    count: u64,
}

impl CheckDocument {
    fn saved(self) -> Saved {
        let Some(report) = self.report else {
            return Saved { mitigations: Vec::new(), parameters: Vec::new(), traces: Vec::new() };
        };
        let findings = report.findings.into_iter().enumerate();
        let findings =
            findings.map(|(at, finding)| finding.trace.saved(format!("finding{}", at + 1), None));
        Saved {
            mitigations: report.mitigations,
            parameters: named(report.parameters),
            traces: findings
                .chain(report.properties.into_iter().flat_map(PropertyPart::saved))
                .collect(),
        }
    }
}

impl SimulateDocument {
    fn saved(self) -> Saved {
        Saved {
            mitigations: self.mitigations.unwrap_or_default(),
            parameters: named(self.parameters.unwrap_or_default()),
            traces: self.walk.map(|walk| walk.saved("walk".to_owned(), None)).into_iter().collect(),
        }
    }
}

impl PropertyPart {
    fn saved(self) -> Vec<SavedTrace> {
        let PropertyPart { name, trace, witness, notes } = self;
        let shown = trace.or(witness).map(|trace| (name.clone(), trace));
        let notes = notes.into_iter().filter_map(|note| note.trace).enumerate();
        let notes = notes.map(|(at, trace)| (format!("{name}.note{}", at + 1), trace));
        let all = shown.into_iter().chain(notes);
        all.map(|(called, trace)| trace.saved(called, Some(name.clone()))).collect()
    }
}

impl TracePart {
    fn saved(self, name: String, property: Option<String>) -> SavedTrace {
        let repeats = self.repeats.map(|repeats| SavedLoop {
            from_step: repeats.from_step,
            is_fair: repeats.put_off.is_empty(),
        });
        SavedTrace {
            name,
            property,
            start: named(self.start),
            steps: self.steps.into_iter().map(StepPart::saved).collect(),
            repeats,
            breach: self.breach,
        }
    }
}

impl StepPart {
    fn saved(self) -> SavedStep {
        let change = |ChangePart { name, before, after }| Change { name, before, after };
        SavedStep {
            action: self.action,
            changes: self.changes.into_iter().map(change).collect(),
            counts: self.counts.into_iter().map(|one| (one.meter, one.count)).collect(),
        }
    }
}

fn named(parts: Vec<NamedPart>) -> Vec<(String, String)> {
    parts.into_iter().map(|one| (one.name, one.value)).collect_vec()
}

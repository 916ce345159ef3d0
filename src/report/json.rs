//! The same documents for programs: one JSON object each, its keys in a fixed order.
//!
//! `version` changes when a key changes its meaning or goes away; further keys may come at any time.
//!
//! A trace holds all that is needed to walk it again, and [`saved`](super::saved) does: in `start` the
//! value of everything that has a meaning there, by its name; in `steps` for each step its `action` with
//! the values of its parameters, what it `changes` and what it `counts`; in `repeats` the number of the
//! first step of the loop, from 1, and the obligations that the loop puts off; in `breach` the rule that
//! the last step breaks. `mitigations` and `parameters` say in which configuration of the model.

mod diff;
mod explain;
mod mitigate;
mod rescue;
mod why;

pub use diff::diff;
pub use mitigate::mitigate;
pub use rescue::rescue;
pub use why::{Answered, why};

use serde::Serialize;

use self::explain::ExplainedView;
use super::fairness::FairnessReport;
use super::sanity::SanityNote;
use super::{
    Change, Explored, Finding, FindingKind, PropertyReport, RegionReport, Report, StormReport,
    ToldStep, ToldTrace, VerdictWord, WalkReport,
};
use crate::base::{Diagnostic, Severity, Source, Span};
use crate::verdict::regions::Prospect;

/// The version of all documents.
pub const VERSION: u32 = 1;

/// The document of a check. Without a report, the diagnostics say why there is none.
pub fn check(
    file: &str,
    exit_code: u8,
    sources: &[Source],
    diagnostics: &[Diagnostic],
    report: Option<&Report>,
) -> String {
    document(&CheckDocument {
        version: VERSION,
        command: "check",
        file,
        exit_code,
        diagnostics: self::diagnostics(sources, diagnostics),
        report: report.map(|report| ReportView::of(report, sources)),
    })
}

/// The document of a simulation. Without a walk, the diagnostics say why there is none.
pub fn simulate(
    file: &str,
    exit_code: u8,
    sources: &[Source],
    diagnostics: &[Diagnostic],
    walk: Option<&WalkReport>,
) -> String {
    document(&SimulateDocument {
        version: VERSION,
        command: "simulate",
        file,
        exit_code,
        diagnostics: self::diagnostics(sources, diagnostics),
        mitigations: walk.map(|walk| &walk.mitigations[..]),
        parameters: walk.map(|walk| named(&walk.parameters)),
        seed: walk.and_then(|walk| walk.seed),
        walk: walk.map(|walk| TraceView::of(&walk.trace)),
    })
}

/// The document of a test.
pub fn test(result: &TestResult<'_>, exit_code: u8) -> String {
    document(&TestDocument { version: VERSION, command: "test", exit_code, result })
}

/// The document of a run that could not begin.
pub fn refusal(error: &str, exit_code: u8) -> String {
    document(&Refusal { version: VERSION, error, exit_code })
}

/// Diagnostics as objects.
pub fn diagnostics<'a>(
    sources: &'a [Source],
    diagnostics: &'a [Diagnostic],
) -> Vec<DiagnosticView<'a>> {
    diagnostics.iter().map(|one| DiagnosticView::of(sources, one)).collect()
}

/// One value, laid out for people as well, with a line end behind it.
pub fn document(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("strings and numbers only");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct CheckDocument<'a> {
    version: u32,
    command: &'static str,
    file: &'a str,
    exit_code: u8,
    diagnostics: Vec<DiagnosticView<'a>>,
    report: Option<ReportView<'a>>,
}

#[derive(Serialize)]
struct SimulateDocument<'a> {
    version: u32,
    command: &'static str,
    file: &'a str,
    exit_code: u8,
    diagnostics: Vec<DiagnosticView<'a>>,
    mitigations: Option<&'a [String]>,
    parameters: Option<Vec<NamedView<'a>>>,
    seed: Option<u64>,
    walk: Option<TraceView<'a>>,
}

#[derive(Serialize)]
struct TestDocument<'a> {
    version: u32,
    command: &'static str,
    exit_code: u8,
    #[serde(flatten)]
    result: &'a TestResult<'a>,
}

/// What became of every file that was tested.
#[derive(Serialize)]
pub struct TestResult<'a> {
    /// The files, in order.
    pub files: Vec<FileResult<'a>>,
    /// All of it in numbers.
    pub summary: TestSummary,
}

/// What became of one file.
#[derive(Serialize)]
pub struct FileResult<'a> {
    /// Its path.
    pub file: String,
    /// `model` or `library`.
    pub kind: &'static str,
    /// Why it could not be read.
    pub error: Option<String>,
    /// What is wrong with its text.
    pub diagnostics: Vec<DiagnosticView<'a>>,
    /// Its expectations, in order.
    pub expectations: Vec<ExpectationResult>,
    /// What is to be said beside them.
    pub notes: Vec<String>,
}

/// What became of one expectation.
#[derive(Serialize)]
pub struct ExpectationResult {
    /// The line it stands on.
    pub line: usize,
    /// Itself, as written.
    pub text: String,
    /// `ok`, `failed` or `unknown`.
    pub result: &'static str,
    /// What was found.
    pub found: String,
    /// The command that shows it.
    pub command: String,
}

/// A test in numbers.
#[derive(Serialize)]
pub struct TestSummary {
    /// Models.
    pub models: usize,
    /// Libraries.
    pub libraries: usize,
    /// Files with something wrong in their text.
    pub wrong: usize,
    /// Expectations that are met.
    pub ok: usize,
    /// Expectations that are not.
    pub failed: usize,
    /// Expectations of which nobody knows.
    pub unknown: usize,
}

#[derive(Serialize)]
struct Refusal<'a> {
    version: u32,
    error: &'a str,
    exit_code: u8,
}

/// A diagnostic as an object.
#[derive(Serialize)]
pub struct DiagnosticView<'a> {
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    place: Option<PlaceView<'a>>,
    label: &'a str,
    related: Vec<RelatedView<'a>>,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct RelatedView<'a> {
    place: Option<PlaceView<'a>>,
    label: &'a str,
}

/// Lines and columns from 1, columns in characters; the end is one past the last character.
#[derive(Serialize)]
struct PlaceView<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct ReportView<'a> {
    model: &'a str,
    mitigations: &'a [String],
    parameters: Vec<NamedView<'a>>,
    errors: &'a [String],
    findings: Vec<FindingView<'a>>,
    warnings: &'a [String],
    properties: Vec<PropertyView<'a>>,
    regions: Vec<RegionView>,
    explored: Vec<ExploredView<'a>>,
    /// Why there are no regions, though the model says what healthy is.
    regions_unknown: Option<&'a str>,
    sanity: Option<Vec<SanityView<'a>>>,
    fairness: Option<FairnessView<'a>>,
}

#[derive(Serialize)]
struct FairnessView<'a> {
    weak: &'a [String],
    strong: &'a [String],
    machines: &'a [String],
    never_enabled: Option<&'a [String]>,
}

#[derive(Serialize)]
struct SanityView<'a> {
    kind: &'static str,
    names: &'a [String],
    text: &'a str,
}

#[derive(Serialize)]
struct NamedView<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct FindingView<'a> {
    kind: &'static str,
    sentence: &'a str,
    place: Option<PlaceView<'a>>,
    trace: TraceView<'a>,
    explained: Option<ExplainedView<'a>>,
}

#[derive(Serialize)]
struct PropertyView<'a> {
    name: &'a str,
    claim: &'a str,
    doc: Option<&'a str>,
    verdict: &'static str,
    reason: &'a str,
    worst: Option<&'a str>,
    storm: Option<StormView<'a>>,
    storm_while_not_calm: Option<StormView<'a>>,
    trace: Option<TraceView<'a>>,
    witness: Option<TraceView<'a>>,
    explained: Option<ExplainedView<'a>>,
    notes: Vec<NoteView<'a>>,
}

#[derive(Serialize)]
struct NoteView<'a> {
    text: &'a str,
    trace: Option<TraceView<'a>>,
}

#[derive(Serialize)]
struct StormView<'a> {
    grade: &'a str,
    meter: &'a str,
    count_per_turn: u64,
    ticks_per_turn: u64,
    faults: u32,
    fewest_faults: u32,
    /// The optional actions (`may`) that the loop takes.
    optional: &'a [String],
    /// Whether everything was seen; if not, the grade may be worse, and the faults may be fewer.
    whole: bool,
}

#[derive(Serialize)]
struct TraceView<'a> {
    start: Vec<NamedView<'a>>,
    start_watches: Vec<NamedView<'a>>,
    steps: Vec<StepView<'a>>,
    repeats: Option<LoopView<'a>>,
    breach: Option<&'a str>,
    /// The last state in which recovery was sure, if it is not in the end; state n is behind step n.
    last_sure: Option<usize>,
    /// The same for the last state in which it was possible: the point of no return.
    last_possible: Option<usize>,
}

#[derive(Serialize)]
struct LoopView<'a> {
    from_step: usize,
    counts: Vec<CountView<'a>>,
    ticks: u64,
    put_off: &'a [String],
}

#[derive(Serialize)]
struct StepView<'a> {
    number: usize,
    time: u64,
    action: &'a str,
    role: &'static str,
    sentence: Option<&'a str>,
    changes: Vec<ChangeView<'a>>,
    counts: Vec<CountView<'a>>,
    watches: Vec<NamedView<'a>>,
}

#[derive(Serialize)]
struct ChangeView<'a> {
    name: &'a str,
    before: &'a str,
    after: &'a str,
}

#[derive(Serialize)]
struct CountView<'a> {
    meter: &'a str,
    count: u64,
}

/// The calm states from which recovery stands alike.
#[derive(Serialize)]
struct RegionView {
    recovery: &'static str,
    /// Whether it is known that operators cannot help.
    operators_seen: bool,
    states: usize,
    fewest_faults: u32,
}

#[derive(Serialize)]
struct ExploredView<'a> {
    with_operators: bool,
    engine: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    missed_one_in: Option<u64>,
    up_to_renaming: &'a [String],
    up_to_unread: &'a [String],
    up_to_order: &'a [String],
    starts: usize,
    states: usize,
    steps: u64,
    ticks: u64,
    depth: usize,
    cut: Option<&'a str>,
}

impl<'a> DiagnosticView<'a> {
    fn of(sources: &'a [Source], one: &'a Diagnostic) -> DiagnosticView<'a> {
        let related = |(span, label): &'a (Span, String)| RelatedView {
            place: PlaceView::of(sources, *span),
            label,
        };
        DiagnosticView {
            severity: match one.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: one.code.0,
            message: &one.message,
            place: PlaceView::of(sources, one.primary.0),
            label: &one.primary.1,
            related: one.secondary.iter().map(related).collect(),
            help: one.help.as_deref(),
        }
    }
}

impl<'a> PlaceView<'a> {
    fn of(sources: &'a [Source], span: Span) -> Option<PlaceView<'a>> {
        let source = sources.iter().find(|source| source.id == span.source)?;
        let (line, column) = source.line_and_column(span.start);
        let (end_line, end_column) = source.line_and_column(span.end);
        Some(PlaceView { file: &source.name, line, column, end_line, end_column })
    }
}

impl<'a> ReportView<'a> {
    fn of(report: &'a Report, sources: &'a [Source]) -> ReportView<'a> {
        ReportView {
            model: &report.model,
            mitigations: &report.mitigations,
            parameters: named(&report.parameters),
            errors: &report.errors,
            findings: report.findings.iter().map(|one| FindingView::of(one, sources)).collect(),
            warnings: &report.warnings,
            properties: report.properties.iter().map(PropertyView::of).collect(),
            regions: report.regions.iter().map(RegionView::of).collect(),
            explored: report.explored.iter().map(ExploredView::of).collect(),
            regions_unknown: report.regions_unknown.as_deref(),
            fairness: report.fairness.as_ref().map(FairnessView::of),
            sanity: report
                .sanity
                .as_ref()
                .map(|sanity| sanity.notes.iter().map(SanityView::of).collect()),
        }
    }
}

impl<'a> ChangeView<'a> {
    fn of(change: &'a Change) -> ChangeView<'a> {
        ChangeView { name: &change.name, before: &change.before, after: &change.after }
    }
}

impl<'a> SanityView<'a> {
    fn of(note: &'a SanityNote) -> SanityView<'a> {
        SanityView { kind: note.kind, names: &note.names, text: &note.text }
    }
}

impl<'a> FindingView<'a> {
    fn of(finding: &'a Finding, sources: &'a [Source]) -> FindingView<'a> {
        FindingView {
            kind: match finding.kind {
                FindingKind::Breach => "breach",
                FindingKind::TimeStops => "time_stops",
            },
            sentence: &finding.sentence,
            place: finding.place.and_then(|span| PlaceView::of(sources, span)),
            trace: TraceView::of(&finding.trace),
            explained: finding.explained.as_ref().map(ExplainedView::of),
        }
    }
}

impl<'a> PropertyView<'a> {
    fn of(property: &'a PropertyReport) -> PropertyView<'a> {
        let note = |(text, trace): &'a (String, Option<ToldTrace>)| NoteView {
            text,
            trace: trace.as_ref().map(TraceView::of),
        };
        PropertyView {
            name: &property.name,
            claim: &property.claim,
            doc: property.doc.as_deref(),
            verdict: match property.verdict {
                VerdictWord::Holds => "holds",
                VerdictWord::Fails => "fails",
                VerdictWord::Unknown => "unknown",
            },
            reason: &property.reason,
            worst: property.worst.as_deref(),
            storm: property.storm.as_ref().map(StormView::of),
            storm_while_not_calm: property.storm_while_not_calm.as_ref().map(StormView::of),
            trace: property.trace.as_ref().map(TraceView::of),
            witness: property.witness.as_ref().map(TraceView::of),
            explained: property.explained.as_ref().map(ExplainedView::of),
            notes: property.notes.iter().map(note).collect(),
        }
    }
}

impl<'a> StormView<'a> {
    fn of(storm: &'a StormReport) -> StormView<'a> {
        StormView {
            grade: storm.grade.word(),
            meter: &storm.meter,
            count_per_turn: storm.count_per_turn,
            ticks_per_turn: storm.ticks_per_turn,
            faults: storm.faults,
            fewest_faults: storm.fewest_faults,
            optional: &storm.optional,
            whole: storm.is_whole,
        }
    }
}

impl<'a> TraceView<'a> {
    fn of(trace: &'a ToldTrace) -> TraceView<'a> {
        let repeats = trace.loop_from.map(|first| LoopView {
            from_step: first + 1,
            counts: counts(&trace.loop_counts),
            ticks: trace.loop_ticks,
            put_off: &trace.put_off,
        });
        TraceView {
            start: named(&trace.start),
            start_watches: named(&trace.start_watches),
            steps: trace.steps.iter().map(StepView::of).collect(),
            repeats,
            breach: trace.breach.as_deref(),
            last_sure: trace.last_sure,
            last_possible: trace.last_possible,
        }
    }
}

impl<'a> StepView<'a> {
    fn of(step: &'a ToldStep) -> StepView<'a> {
        StepView {
            number: step.number,
            time: step.time,
            action: &step.action,
            role: step.role,
            sentence: step.sentence.as_deref(),
            changes: step.changes.iter().map(ChangeView::of).collect(),
            counts: counts(&step.counts),
            watches: named(&step.watches),
        }
    }
}

impl<'a> FairnessView<'a> {
    fn of(fairness: &'a FairnessReport) -> FairnessView<'a> {
        FairnessView {
            weak: &fairness.weak,
            strong: &fairness.strong,
            machines: &fairness.machines,
            never_enabled: fairness.never_enabled.as_deref(),
        }
    }
}

impl RegionView {
    fn of(region: &RegionReport) -> RegionView {
        RegionView {
            recovery: prospect(region.prospect),
            operators_seen: region.sees_operators,
            states: region.state_count,
            fewest_faults: region.fewest_faults,
        }
    }
}

fn prospect(prospect: Prospect) -> &'static str {
    match prospect {
        Prospect::Sure => "sure",
        Prospect::WithLuck => "with_luck",
        Prospect::NeedsOperators => "needs_operators",
        Prospect::OutOfReach => "out_of_reach",
    }
}

impl<'a> ExploredView<'a> {
    fn of(explored: &'a Explored) -> ExploredView<'a> {
        ExploredView {
            with_operators: explored.with_operators,
            engine: explored.other_engine.unwrap_or("squall"),
            missed_one_in: explored.missed_one_in,
            up_to_renaming: &explored.up_to_renaming,
            up_to_unread: &explored.up_to_unread,
            up_to_order: &explored.up_to_order,
            starts: explored.start_count,
            states: explored.state_count,
            steps: explored.step_count,
            ticks: explored.tick_count,
            depth: explored.depth,
            cut: explored.cut.as_deref(),
        }
    }
}

fn named(pairs: &[(String, String)]) -> Vec<NamedView<'_>> {
    pairs.iter().map(|(name, value)| NamedView { name, value }).collect()
}

fn counts(pairs: &[(String, u64)]) -> Vec<CountView<'_>> {
    pairs.iter().map(|(meter, count)| CountView { meter, count: *count }).collect()
}

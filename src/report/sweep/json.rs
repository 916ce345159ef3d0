//! The document of a sweep for programs.

use itertools::Itertools;
use serde::Serialize;

use super::csv::{grade_word, verdict_word};
use super::{PointReport, SweepReport, TraceLength};
use crate::base::{Diagnostic, Source};
use crate::mitigate::sweep::{Row, Shape, Standing};
use crate::report::json::{self, DiagnosticView, VERSION};

/// The document of a sweep. Without a report, the diagnostics say why there is none. The conclusion is
/// that of growing sizes.
pub fn write(
    file: &str,
    exit_code: u8,
    sources: &[Source],
    diagnostics: &[Diagnostic],
    report: Option<&SweepReport>,
    conclusion: Option<&str>,
) -> String {
    json::document(&Document {
        version: VERSION,
        command: "sweep",
        file,
        exit_code,
        diagnostics: json::diagnostics(sources, diagnostics),
        sweep: report.map(|report| SweepView::of(report, conclusion)),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    command: &'static str,
    file: &'a str,
    exit_code: u8,
    diagnostics: Vec<DiagnosticView<'a>>,
    sweep: Option<SweepView<'a>>,
}

#[derive(Serialize)]
struct SweepView<'a> {
    model: &'a str,
    mitigations: &'a [String],
    /// What is set at all points.
    settings: Vec<ValueView<'a>>,
    over: Vec<AxisView<'a>>,
    properties: Vec<PropertyView<'a>>,
    /// What growing sizes showed, if that was asked.
    conclusion: Option<&'a str>,
}

#[derive(Serialize)]
struct ValueView<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct AxisView<'a> {
    name: &'a str,
    doc: Option<&'a str>,
    values: &'a [String],
}

#[derive(Serialize)]
struct PropertyView<'a> {
    name: &'a str,
    claim: &'a str,
    doc: Option<&'a str>,
    points: Vec<PointView<'a>>,
    rows: Vec<RowView<'a>>,
}

#[derive(Serialize)]
struct PointView<'a> {
    at: Vec<ValueView<'a>>,
    /// `holds`, `fails`, `unknown`, `no start`, `refused` or `not reached`.
    verdict: &'static str,
    grade: Option<&'static str>,
    worst: Option<&'a str>,
    reason: &'a str,
    states: Option<usize>,
    /// Whether these are all that can be reached.
    complete: Option<bool>,
    steps: Option<u64>,
    depth: Option<usize>,
    trace: Option<TraceLength>,
    fewest_faults: Option<u32>,
    caveats: &'a [String],
}

/// The points that differ in the first parameter alone.
#[derive(Serialize)]
struct RowView<'a> {
    /// What they have in common.
    at: Vec<ValueView<'a>>,
    /// `holds`, `fails`, `rises`, `falls`, `not monotone`, or `unknown`.
    shape: &'static str,
    monotone: bool,
    /// Whether all of the row is known.
    complete: bool,
    smallest_holding: Option<&'a str>,
    /// Neighbours of which one holds and the other fails.
    flips: Vec<(&'a str, &'a str)>,
    words: String,
}

impl<'a> SweepView<'a> {
    fn of(report: &'a SweepReport, conclusion: Option<&'a str>) -> SweepView<'a> {
        SweepView {
            model: &report.model,
            mitigations: &report.mitigations,
            settings: report
                .settings
                .iter()
                .map(|(name, value)| ValueView { name, value })
                .collect(),
            over: report
                .grid
                .axes
                .iter()
                .map(|axis| AxisView {
                    name: &axis.name,
                    doc: axis.doc.as_deref(),
                    values: &axis.values,
                })
                .collect(),
            properties: (0..report.properties.len())
                .map(|property| PropertyView::of(report, property))
                .collect(),
            conclusion,
        }
    }
}

impl<'a> PropertyView<'a> {
    fn of(report: &'a SweepReport, property: usize) -> PropertyView<'a> {
        let claimed = &report.properties[property];
        let points = report.points.iter().enumerate();
        PropertyView {
            name: &claimed.name,
            claim: &claimed.claim,
            doc: claimed.doc.as_deref(),
            points: points
                .map(|(place, point)| PointView::of(report, place, point, property))
                .collect(),
            rows: report.rows().into_iter().map(|row| RowView::of(report, row, property)).collect(),
        }
    }
}

/// The values of the parameters from number `first` on.
fn at(report: &SweepReport, place: usize, first: usize) -> Vec<ValueView<'_>> {
    let named = report.grid.axes.iter().zip(report.grid.values(place)).skip(first);
    named.map(|(axis, value)| ValueView { name: &axis.name, value }).collect()
}

impl<'a> PointView<'a> {
    fn of(
        report: &'a SweepReport,
        place: usize,
        point: &'a PointReport,
        property: usize,
    ) -> PointView<'a> {
        let cell = point.cell(property);
        let sign = point.sign(property);
        let reason = match (point, cell) {
            (PointReport::Refused { because }, _) => because.as_str(),
            (_, Some(cell)) => &cell.reason,
            _ => "",
        };
        PointView {
            at: at(report, place, 0),
            verdict: verdict_word(sign),
            grade: Some(grade_word(sign)).filter(|grade| !grade.is_empty()),
            worst: cell.and_then(|cell| cell.worst.as_deref()),
            reason,
            states: cell.map(|cell| cell.states),
            complete: cell.map(|cell| cell.is_complete),
            steps: cell.map(|cell| cell.steps),
            depth: cell.map(|cell| cell.depth),
            trace: cell.and_then(|cell| cell.trace),
            fewest_faults: cell.and_then(|cell| cell.fewest_faults),
            caveats: cell.map(|cell| &cell.caveats[..]).unwrap_or_default(),
        }
    }
}

impl<'a> RowView<'a> {
    fn of(report: &'a SweepReport, row: std::ops::Range<usize>, property: usize) -> RowView<'a> {
        let standings = report.standings(property, row.clone());
        let value = |position: usize| report.grid.axes[0].values[position].as_str();
        let found = Row::of(&standings);
        RowView {
            at: at(report, row.start, 1),
            shape: match found.shape {
                Shape::Empty if standings.contains(&Standing::Open) => "unknown",
                Shape::Empty => "empty",
                Shape::Holds => "holds",
                Shape::Fails => "fails",
                Shape::Rises(_) => "rises",
                Shape::Falls(_) => "falls",
                Shape::NotMonotone => "not monotone",
            },
            monotone: found.shape.is_monotone(),
            complete: !found.is_open,
            smallest_holding: found.first_holding.map(value),
            flips: Row::flips(&standings)
                .into_iter()
                .map(|(left, right)| (value(left), value(right)))
                .collect_vec(),
            words: report.shape_words(&found),
        }
    }
}

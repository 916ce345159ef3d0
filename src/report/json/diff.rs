//! The document of a comparison of two versions.

use serde::Serialize;

use super::mitigate::CellView;
use super::{DiagnosticView, PropertyView, VERSION, document};
use crate::base::{Diagnostic, Source};
use crate::report::diff::{ClaimDiff, DiffReport};

/// The document of a comparison. Without a report, the diagnostics say why there is none.
pub fn diff(
    files: [&str; 2],
    exit_code: u8,
    sources: &[Source],
    diagnostics: &[Diagnostic],
    report: Option<&DiffReport>,
) -> String {
    document(&Document {
        version: VERSION,
        command: "diff",
        old: files[0],
        new: files[1],
        exit_code,
        diagnostics: super::diagnostics(sources, diagnostics),
        diff: report.map(DiffView::of),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    command: &'static str,
    old: &'a str,
    new: &'a str,
    exit_code: u8,
    diagnostics: Vec<DiagnosticView<'a>>,
    diff: Option<DiffView<'a>>,
}

#[derive(Serialize)]
struct DiffView<'a> {
    claims: Vec<ClaimView<'a>>,
    new_breaches: &'a [String],
    choices: Vec<ChoiceView<'a>>,
    old_states: &'a [usize],
    new_states: &'a [usize],
}

#[derive(Serialize)]
struct ClaimView<'a> {
    name: &'a str,
    direction: &'static str,
    old_claim: Option<&'a str>,
    new_claim: Option<&'a str>,
    old: Option<CellView<'a>>,
    new: Option<CellView<'a>>,
    /// The property in the new version, where it is worse.
    story: Option<PropertyView<'a>>,
}

/// A parameter or mitigation; null where a version does not have it.
#[derive(Serialize)]
struct ChoiceView<'a> {
    kind: &'static str,
    name: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

impl<'a> DiffView<'a> {
    fn of(report: &'a DiffReport) -> DiffView<'a> {
        let choices = report.choices.iter().map(|one| ChoiceView {
            kind: one.kind,
            name: &one.name,
            old: one.values[0].as_deref(),
            new: one.values[1].as_deref(),
        });
        DiffView {
            claims: report.claims.iter().map(ClaimView::of).collect(),
            new_breaches: &report.breaches,
            choices: choices.collect(),
            old_states: &report.states[0],
            new_states: &report.states[1],
        }
    }
}

impl<'a> ClaimView<'a> {
    fn of(claim: &'a ClaimDiff) -> ClaimView<'a> {
        let [old_claim, new_claim] = claim.texts.each_ref().map(Option::as_deref);
        let [old, new] = claim.cells.each_ref().map(|cell| cell.as_ref().map(CellView::of));
        ClaimView {
            name: &claim.name,
            direction: claim.direction.word(),
            old_claim,
            new_claim,
            old,
            new,
            story: claim.story.as_ref().map(PropertyView::of),
        }
    }
}

//! The document of every claim under every set of mitigations.

use serde::Serialize;

use super::{DiagnosticView, PropertyView, VERSION, document};
use crate::base::{Diagnostic, Source};
use crate::report::VerdictWord;
use crate::report::mitigate::{
    CellReport, EffectReport, FrontReport, MitigateReport, PointReport, RowReport, SetbackReport,
    SufficientReport,
};

/// The document of a matrix. Without a report, the diagnostics say why there is none.
pub fn mitigate(
    file: &str,
    exit_code: u8,
    sources: &[Source],
    diagnostics: &[Diagnostic],
    report: Option<&MitigateReport>,
) -> String {
    document(&Document {
        version: VERSION,
        command: "mitigate",
        file,
        exit_code,
        diagnostics: super::diagnostics(sources, diagnostics),
        matrix: report.map(MatrixView::of),
    })
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    command: &'static str,
    file: &'a str,
    exit_code: u8,
    diagnostics: Vec<DiagnosticView<'a>>,
    matrix: Option<MatrixView<'a>>,
}

#[derive(Serialize)]
struct MatrixView<'a> {
    model: &'a str,
    always: &'a [String],
    up_to: usize,
    is_whole: bool,
    designs: usize,
    claims: Vec<ClaimView<'a>>,
    setbacks: Vec<SetbackView<'a>>,
    sufficient_for_every_claim: Vec<SufficientView<'a>>,
    mitigations: Vec<EffectView<'a>>,
    /// The least that makes every claim hold; null where no mitigation has a cost, or no set does.
    cheapest_for_every_claim: Option<CheapestView<'a>>,
    /// Mitigations without a cost, where others have one.
    uncosted: &'a [String],
    rows: Vec<RowView<'a>>,
}

#[derive(Serialize)]
struct CheapestView<'a> {
    cost: u64,
    sets: &'a [Vec<String>],
}

/// Cost against worst case.
#[derive(Serialize)]
struct FrontView<'a> {
    points: Vec<PointView<'a>>,
    /// Sets whose worst case is not known.
    open: usize,
}

#[derive(Serialize)]
struct PointView<'a> {
    cost: u64,
    sets: &'a [Vec<String>],
    cell: CellView<'a>,
}

#[derive(Serialize)]
struct ClaimView<'a> {
    name: &'a str,
    claim: &'a str,
    sufficient: Vec<SufficientView<'a>>,
    redundant: &'a [[String; 2]],
    /// What is worth its cost; null where no mitigation has one.
    front: Option<FrontView<'a>>,
}

#[derive(Serialize)]
struct SufficientView<'a> {
    set: &'a [String],
    /// Whether every smaller set is known not to do.
    is_certain: bool,
    /// What breaks it again when it is added, the smallest sets.
    spoiled_by: &'a [Vec<String>],
    /// Whether every larger set is known.
    is_settled: bool,
    storms_while_not_calm: bool,
}

#[derive(Serialize)]
struct SetbackView<'a> {
    before: &'a [String],
    added: &'a str,
    breaks: &'a [String],
    larger_sets: usize,
    story: Option<PropertyView<'a>>,
}

#[derive(Serialize)]
struct EffectView<'a> {
    name: &'a str,
    doc: Option<&'a str>,
    changes_nothing: bool,
    mends: &'a [String],
    breaks: &'a [String],
    /// Failing with another counterexample than the bare design.
    fails_anew: &'a [String],
    counterexamples: Vec<FateView<'a>>,
}

/// What becomes of a counterexample of the bare design.
#[derive(Serialize)]
struct FateView<'a> {
    claim: &'a str,
    fate: &'static str,
}

#[derive(Serialize)]
struct RowView<'a> {
    set: &'a [String],
    status: &'static str,
    same_as: Option<&'a [String]>,
    /// What its mitigations cost together; null where that is not known.
    cost: Option<u64>,
    breaches: bool,
    states: &'a [usize],
    /// One for each claim, in their order.
    cells: Vec<CellView<'a>>,
}

#[derive(Serialize)]
pub(super) struct CellView<'a> {
    verdict: &'static str,
    /// Whether it counts as holding; null where nobody knows.
    is_good: Option<bool>,
    reason: Option<&'a str>,
    grade: Option<&'static str>,
    worst: Option<&'a str>,
    is_vacuous: bool,
    /// Whether there is a storm that does not stay calm, which the claim does not speak of.
    storms_while_not_calm: bool,
}

impl<'a> MatrixView<'a> {
    fn of(report: &'a MitigateReport) -> MatrixView<'a> {
        let claims = report.properties.iter().zip(&report.sufficient).zip(&report.redundant);
        let claims = claims.enumerate();
        let claims = claims.map(|(at, (((name, claim), sufficient), redundant))| ClaimView {
            name,
            claim,
            sufficient: sufficient.iter().map(SufficientView::of).collect(),
            redundant,
            front: report.fronts.get(at).map(FrontView::of),
        });
        MatrixView {
            model: &report.model,
            always: &report.always,
            up_to: report.up_to,
            is_whole: report.is_whole(),
            designs: report.design_count,
            claims: claims.collect(),
            setbacks: report.setbacks.iter().map(SetbackView::of).collect(),
            sufficient_for_every_claim: report
                .sufficient_for_all
                .iter()
                .map(SufficientView::of)
                .collect(),
            mitigations: report.mitigations.iter().map(EffectView::of).collect(),
            cheapest_for_every_claim: report
                .cheapest_for_all
                .as_ref()
                .map(|(cost, sets)| CheapestView { cost: *cost, sets }),
            uncosted: &report.uncosted,
            rows: report.rows.iter().map(RowView::of).collect(),
        }
    }
}

impl<'a> FrontView<'a> {
    fn of(front: &'a FrontReport) -> FrontView<'a> {
        let point = |point: &'a PointReport| PointView {
            cost: point.cost,
            sets: &point.sets,
            cell: CellView::of(&point.cell),
        };
        FrontView { points: front.points.iter().map(point).collect(), open: front.open_count }
    }
}

impl<'a> SufficientView<'a> {
    fn of(one: &'a SufficientReport) -> SufficientView<'a> {
        SufficientView {
            set: &one.set,
            is_certain: one.is_certain,
            spoiled_by: &one.spoiled_by,
            is_settled: one.is_settled,
            storms_while_not_calm: one.storms_while_not_calm,
        }
    }
}

impl<'a> SetbackView<'a> {
    fn of(setback: &'a SetbackReport) -> SetbackView<'a> {
        SetbackView {
            before: &setback.before,
            added: &setback.added,
            breaks: &setback.broken,
            larger_sets: setback.larger_count,
            story: setback.story.as_ref().map(PropertyView::of),
        }
    }
}

impl<'a> EffectView<'a> {
    fn of(effect: &'a EffectReport) -> EffectView<'a> {
        let fates = effect.fates.iter().map(|(claim, fate)| FateView { claim, fate });
        EffectView {
            name: &effect.name,
            doc: effect.doc.as_deref(),
            changes_nothing: effect.changes_nothing,
            mends: &effect.mends,
            breaks: &effect.breaks,
            fails_anew: &effect.fails_anew,
            counterexamples: fates.collect(),
        }
    }
}

impl<'a> RowView<'a> {
    fn of(row: &'a RowReport) -> RowView<'a> {
        RowView {
            set: &row.set,
            status: row.status,
            same_as: row.same_as.as_deref(),
            cost: row.cost,
            breaches: row.breaches,
            states: &row.states,
            cells: row.cells.iter().map(CellView::of).collect(),
        }
    }
}

impl<'a> CellView<'a> {
    pub(super) fn of(cell: &'a CellReport) -> CellView<'a> {
        CellView {
            verdict: match cell.verdict {
                VerdictWord::Holds => "holds",
                VerdictWord::Fails => "fails",
                VerdictWord::Unknown => "unknown",
            },
            is_good: cell.is_good,
            reason: cell.reason.as_deref(),
            grade: cell.grade,
            worst: cell.worst.as_deref(),
            is_vacuous: cell.is_vacuous,
            storms_while_not_calm: cell.storms_while_not_calm,
        }
    }
}

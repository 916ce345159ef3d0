//! The document of a rescue.

use serde::Serialize;

use super::{DiagnosticView, ExploredView, TraceView, VERSION, document, prospect};
use crate::base::{Diagnostic, Source};
use crate::pipeline::rescue::{Alone, NoRescue};
use crate::report::rescue::{OperatorReport, PlanReport, Promise, RescueReport};

/// The document of a rescue. Without an outcome, the diagnostics say why there is none.
pub fn rescue(
    file: &str,
    exit_code: u8,
    sources: &[Source],
    diagnostics: &[Diagnostic],
    outcome: Option<Result<&RescueReport, NoRescue>>,
) -> String {
    let reason = outcome.and_then(Result::err).map(|reason| match reason {
        NoRescue::HealthyUnknown => "healthy_unknown",
        NoRescue::NothingFails => "nothing_fails",
        NoRescue::Unfinished => "unfinished",
        NoRescue::ModelBreaches => "model_breaches",
    });
    let rescue = outcome.and_then(Result::ok).map(RescueView::of);
    let diagnostics = super::diagnostics(sources, diagnostics);
    let command = "rescue";
    document(&Document { version: VERSION, command, file, exit_code, diagnostics, reason, rescue })
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    command: &'static str,
    file: &'a str,
    exit_code: u8,
    diagnostics: Vec<DiagnosticView<'a>>,
    /// Why there is no rescue.
    reason: Option<&'static str>,
    rescue: Option<RescueView<'a>>,
}

/// The step numbers of plans go on from those of the way.
#[derive(Serialize)]
struct RescueView<'a> {
    from: &'a str,
    way: TraceView<'a>,
    recovery: &'static str,
    plans: Vec<PlanView<'a>>,
    operators: Vec<OperatorView<'a>>,
    guaranteed_by_interventions: &'a [usize],
    hopeless: usize,
    explored: ExploredView<'a>,
}

#[derive(Serialize)]
struct PlanView<'a> {
    promise: &'static str,
    interventions: u32,
    trace: TraceView<'a>,
}

#[derive(Serialize)]
struct OperatorView<'a> {
    action: &'a str,
    alone: &'static str,
    when: &'a str,
}

impl<'a> RescueView<'a> {
    fn of(report: &'a RescueReport) -> RescueView<'a> {
        RescueView {
            from: &report.from,
            way: TraceView::of(&report.way),
            recovery: prospect(report.prospect),
            plans: report.plans.iter().map(PlanView::of).collect(),
            operators: report.operators.iter().map(OperatorView::of).collect(),
            guaranteed_by_interventions: &report.by_interventions,
            hopeless: report.hopeless_count,
            explored: ExploredView::of(&report.explored),
        }
    }
}

impl<'a> PlanView<'a> {
    fn of(plan: &'a PlanReport) -> PlanView<'a> {
        PlanView {
            promise: match plan.promise {
                Promise::Guaranteed => "guaranteed",
                Promise::Cooperative => "cooperative",
                Promise::Hopeful => "hopeful",
            },
            interventions: plan.interventions,
            trace: TraceView::of(&plan.trace),
        }
    }
}

impl<'a> OperatorView<'a> {
    fn of(operator: &'a OperatorReport) -> OperatorView<'a> {
        OperatorView {
            action: &operator.action,
            alone: match operator.alone {
                Alone::Guarantees => "guarantees",
                Alone::Helps => "helps",
                Alone::HealsNothing => "heals_nothing",
            },
            when: &operator.when,
        }
    }
}

//! The document of a question why.

use serde::Serialize;

use super::{DiagnosticView, NamedView, PlaceView, VERSION, document, named};
use crate::base::{Diagnostic, Source};
use crate::report::why::{ToldPart, ToldValue, WhyReport};

/// The document of a question why. Without an answer, the diagnostics say why there is none.
pub fn why(
    file: &str,
    exit_code: u8,
    sources: &[Source],
    diagnostics: &[Diagnostic],
    answer: Option<&Answered<'_>>,
) -> String {
    document(&WhyDocument {
        version: VERSION,
        command: "why",
        file,
        exit_code,
        diagnostics: super::diagnostics(sources, diagnostics),
        answer: answer.map(|answer| AnswerView::of(answer, sources)),
    })
}

/// What was asked, and the answer.
pub struct Answered<'a> {
    /// Whose trace was asked about, like `no_storm`.
    pub from: &'a str,
    /// After which step, from 1; 0 is the start.
    pub step: usize,
    /// The answer.
    pub report: &'a WhyReport,
}

#[derive(Serialize)]
struct WhyDocument<'a> {
    version: u32,
    command: &'static str,
    file: &'a str,
    exit_code: u8,
    diagnostics: Vec<DiagnosticView<'a>>,
    #[serde(flatten)]
    answer: Option<AnswerView<'a>>,
}

#[derive(Serialize)]
struct AnswerView<'a> {
    from: &'a str,
    step: usize,
    action: &'a str,
    enabled: bool,
    sentence: &'a str,
    condition: Option<PartView<'a>>,
}

impl<'a> AnswerView<'a> {
    fn of(answer: &'a Answered<'a>, sources: &'a [Source]) -> AnswerView<'a> {
        let Answered { from, step, report } = *answer;
        AnswerView {
            from,
            step,
            action: &report.action,
            enabled: report.enabled,
            sentence: &report.sentence,
            condition: report.condition.as_ref().map(|part| PartView::of(part, sources)),
        }
    }
}

/// A condition or value; `value` is `true` or `false` for a condition.
#[derive(Serialize)]
struct PartView<'a> {
    text: &'a str,
    value: String,
    names: Vec<NamedView<'a>>,
    place: Option<PlaceView<'a>>,
    inside: Vec<PartView<'a>>,
}

impl<'a> PartView<'a> {
    fn of(part: &'a ToldPart, sources: &'a [Source]) -> PartView<'a> {
        PartView {
            text: &part.text,
            value: match &part.value {
                ToldValue::Truth(truth) => truth.to_string(),
                ToldValue::Value(value) | ToldValue::State(value) => value.clone(),
                ToldValue::Unreadable(why) => (*why).to_owned(),
            },
            names: named(&part.names),
            place: PlaceView::of(sources, part.place),
            inside: part.inside.iter().map(|inner| PartView::of(inner, sources)).collect(),
        }
    }
}

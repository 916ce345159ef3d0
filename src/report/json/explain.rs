//! Explained traces as objects.

use serde::Serialize;

use super::{ChangeView, TraceView};
use crate::report::explain::{Deeds, ExplainedReport, ToldFate, ToldLink};

/// An explained trace; steps have the numbers of `shorter` if it is there, else of the trace.
#[derive(Serialize)]
pub(super) struct ExplainedView<'a> {
    dropped: usize,
    shorter: Option<TraceView<'a>>,
    chain: Vec<LinkView<'a>>,
    around: Vec<LinkView<'a>>,
    held_by: Vec<LinkView<'a>>,
    faults: &'a [String],
    deeds: Vec<DeedsView<'a>>,
    mitigations: Vec<FateView<'a>>,
}

#[derive(Serialize)]
struct LinkView<'a> {
    step: usize,
    action: &'a str,
    changes: Vec<ChangeView<'a>>,
}

#[derive(Serialize)]
struct DeedsView<'a> {
    owner: &'a str,
    steps: Vec<DeedView<'a>>,
}

#[derive(Serialize)]
struct DeedView<'a> {
    step: usize,
    action: &'a str,
    needed: bool,
}

#[derive(Serialize)]
struct FateView<'a> {
    mitigation: &'a str,
    fate: &'static str,
    step: Option<usize>,
    sentence: &'a str,
}

impl<'a> ExplainedView<'a> {
    pub(super) fn of(explained: &'a ExplainedReport) -> ExplainedView<'a> {
        let links = |links: &'a [ToldLink]| links.iter().map(LinkView::of).collect();
        let fate = |fate: &'a ToldFate| FateView {
            mitigation: &fate.mitigation,
            fate: fate.kind,
            step: fate.step,
            sentence: &fate.sentence,
        };
        ExplainedView {
            dropped: explained.dropped_count,
            shorter: explained.shorter.as_ref().map(TraceView::of),
            chain: links(&explained.chain),
            around: links(&explained.around),
            held_by: links(&explained.held_by),
            faults: &explained.faults,
            deeds: explained.deeds.iter().map(DeedsView::of).collect(),
            mitigations: explained.mitigations.iter().map(fate).collect(),
        }
    }
}

impl<'a> LinkView<'a> {
    fn of(link: &'a ToldLink) -> LinkView<'a> {
        let changes = link.changes.iter().map(ChangeView::of).collect();
        LinkView { step: link.number, action: &link.action, changes }
    }
}

impl<'a> DeedsView<'a> {
    fn of(deeds: &'a Deeds) -> DeedsView<'a> {
        let deed = |(step, action, needed): &'a (usize, String, bool)| DeedView {
            step: *step,
            action,
            needed: *needed,
        };
        DeedsView { owner: &deeds.owner, steps: deeds.steps.iter().map(deed).collect() }
    }
}

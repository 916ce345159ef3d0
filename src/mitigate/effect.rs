//! What each mitigation alone does to the counterexamples of the bare design.
//!
//! A claim that holds with a mitigation says that no counterexample is left; one that fails says nothing of
//! the old one. So each trace of the bare design is walked in the mitigated one: if it cannot be, the
//! failure that is left is another one.

use super::matrix::{Plan, with};
use crate::base::Source;
use crate::explore::Observer;
use crate::model::{MitigationId, PropertyId};
use crate::pipeline::{Case, Fate, Prepared, Request, Texts, fate, run, shortened};
use crate::verdict::Verdict;

/// What a mitigation does to the counterexamples of the bare design.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The mitigation.
    pub mitigation: MitigationId,
    /// Each property that the bare design breaks with a trace, and what becomes of this trace; in
    /// the order of the properties.
    pub fates: Vec<(PropertyId, Fate)>,
}

/// Walks every counterexample of the bare design under each mitigation alone.
pub fn effects(
    sources: &[Source],
    bare: &Prepared,
    mitigations: &[MitigationId],
    plan: &Plan,
    observer: &mut dyn Observer,
) -> Vec<Effect> {
    let request = Request {
        properties: plan.properties.clone(),
        limits: plan.limits.clone(),
        workers: plan.threads,
    };
    let answers = run(bare, &request, observer);
    let mut traces = Vec::new();
    for (property, answer) in answers.by_property() {
        if let (Verdict::Fails { .. }, Some(trace)) = (&answer.verdict, answer.verdict.trace()) {
            let case = Case::of_property(&bare.model, property, trace);
            let trace = shortened(bare, &case).unwrap_or_else(|| trace.clone());
            traces.push((property, trace));
        }
    }
    let texts = Texts::read(sources);
    let effect = |&mitigation: &MitigationId| {
        let settings = with(&bare.model, &plan.base, &[mitigation]);
        let mitigated = texts.understand(&settings);
        let mitigated = mitigated.map(|(model, warnings)| Prepared::of(model, warnings));
        let fates = traces.iter().map(|(property, trace)| {
            let case = Case::of_property(&bare.model, *property, trace);
            let fate = match &mitigated {
                Ok(mitigated) => fate(&bare.model, mitigated, &case),
                Err(_) => Fate::Impossible,
            };
            (*property, fate)
        });
        Effect { mitigation, fates: fates.collect() }
    };
    mitigations.iter().map(effect).collect()
}

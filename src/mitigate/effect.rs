//! What each mitigation alone does to the counterexamples of the bare design.
//!
//! A claim that holds with a mitigation says that no counterexample is left; one that fails says nothing of
//! the old one. So each trace of the bare design is walked in the mitigated one: if it cannot be, the
//! failure that is left is another one.

use super::batch::in_parallel;
use super::matrix::{Matrix, Plan, with};
use crate::base::Source;
use crate::model::{MitigationId, Model, PropertyId};
use crate::pipeline::{Case, Fate, Prepared, Texts, fate};

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
pub fn effects(sources: &[Source], bare: &Model, matrix: &Matrix, plan: &Plan) -> Vec<Effect> {
    let traces = matrix.bare().judged().map_or(&[][..], |judged| &judged.traces);
    let texts = Texts::read(sources);
    in_parallel(matrix.mitigations.clone(), plan.threads, |mitigation| {
        let mitigated = texts.understand(&with(bare, &plan.base, &[mitigation]));
        let mitigated = mitigated.map(|(model, warnings)| Prepared::of(model, warnings));
        let fates = traces.iter().map(|(property, trace)| {
            let case = Case::of_property(bare, *property, trace);
            let fate = match &mitigated {
                Ok(mitigated) => fate(bare, mitigated, &case),
                Err(_) => Fate::Impossible,
            };
            (*property, fate)
        });
        Effect { mitigation, fates: fates.collect() }
    })
}

//! One choice of mitigations and parameters, and the command that makes the same choice.

use itertools::Itertools;

use crate::cli::output;
use crate::model::{Expectation, Model, Setting, Settings, Value};
use crate::report::words::Naming;

/// What is chosen outside the text, for one group of expectations.
pub struct Configuration {
    /// As the model is prepared.
    pub settings: Settings,
    /// In a few words.
    pub title: String,
    /// What shows the same.
    pub command: String,
}

impl Configuration {
    /// That of an expectation in a model read from `file`.
    pub fn of(model: &Model, expectation: &Expectation, file: &str) -> Configuration {
        let naming = Naming::of(model);
        let mitigations =
            expectation.mitigations.iter().map(|&id| model.mitigations[id].name.clone());
        let mitigations = mitigations.collect_vec();
        let parameters: Vec<(String, Value)> = expectation
            .settings
            .iter()
            .map(|(id, value)| (model.parameters[*id].name.clone(), value.clone()))
            .collect();
        let mut choice = Vec::new();
        if !mitigations.is_empty() {
            choice.push(format!("--with {}", mitigations.join(",")));
        }
        choice.extend(
            parameters.iter().map(|(name, value)| format!("--set {name}={}", naming.value(value))),
        );
        let words = std::iter::once(output::quoted(file)).chain(choice).join(" ");
        let parameters = parameters.into_iter().map(|(name, value)| (name, Setting::Value(value)));
        Configuration {
            settings: Settings { mitigations, parameters: parameters.collect() },
            command: format!("squall check {words}"),
            title: words,
        }
    }
}

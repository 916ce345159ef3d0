//! `squall audit`: checks a certificate without exploring.

use std::path::Path;

use anyhow::Context;
use itertools::Itertools;

use super::args::Audit;
use super::exit::Exit;
use super::load::{self, Loaded};
use super::{output, tell_diagnostics};
use crate::audit::{Outcome, Refusal, audit as audited};
use crate::certificate::{Certificate, text_hash};
use crate::model::{Model, Setting, Settings};
use crate::pipeline::understand;
use crate::report::words::Naming;

/// Audits a certificate and says of each property what came of it.
pub fn audit(arguments: &Audit) -> anyhow::Result<Exit> {
    let Loaded { sources, diagnostics, .. } = load::load(&arguments.path)?;
    let text = read(&arguments.certificate)?;
    let certificate = match Certificate::read(&text) {
        Ok(certificate) => certificate,
        Err(broken) => return refuse(&format!("{}, line {}", broken.why, broken.line_number)),
    };
    if certificate.text_hash != text_hash(&sources) {
        return refuse("the model has changed since: the certificate is about another text");
    }
    let understood = match diagnostics.is_empty() {
        true => understand(&sources, &settings(&certificate)),
        false => Err(diagnostics),
    };
    let model = match understood {
        Ok((model, _)) => model,
        Err(diagnostics) => {
            tell_diagnostics(&sources, &diagnostics);
            return refuse("the model cannot be read in this configuration");
        }
    };
    let outcomes = audited(&model, &certificate);
    let mut told = header(&model, &certificate);
    let width = model.properties.iter().map(|property| property.name.len()).max().unwrap_or(0);
    for (property, outcome) in &outcomes {
        let name = &model.properties[*property].name;
        told += &format!("{name:width$}  {}\n", in_words(&model, outcome));
    }
    output::result(&told)?;
    let exit = outcomes.iter().map(|(_, outcome)| match outcome {
        Outcome::Ok => Exit::Fine,
        Outcome::Refused(_) => Exit::Fails,
        Outcome::NotCertified => Exit::Unknown,
    });
    Ok(exit.max().unwrap_or(Exit::Fine))
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Refuses the certificate as a whole.
fn refuse(why: &str) -> anyhow::Result<Exit> {
    output::result(&format!("refused: {why}\n"))?;
    Ok(Exit::Fails)
}

/// The configuration that a certificate is about.
fn settings(certificate: &Certificate) -> Settings {
    let text = |(name, value): &(String, String)| (name.clone(), Setting::Text(value.clone()));
    Settings {
        mitigations: certificate.mitigations.clone(),
        parameters: certificate.settings.iter().map(text).collect(),
    }
}

/// What is audited, as far as a reader must know it to make use of the answer.
fn header(model: &Model, certificate: &Certificate) -> String {
    let with = certificate.mitigations.iter().map(|name| format!("with {name}"));
    let set = certificate.settings.iter().map(|(name, value)| format!("{name} = {value}"));
    let configuration = with.chain(set).map(|one| format!(", {one}")).join("");
    format!("audit of `{}`{configuration}\n", model.name)
}

fn in_words(model: &Model, outcome: &Outcome) -> String {
    let Refusal { why, state, step } = match outcome {
        Outcome::Ok => return "ok".to_owned(),
        Outcome::NotCertified => return "not certified".to_owned(),
        Outcome::Refused(refusal) => refusal,
    };
    let state = state.map(|state| format!("state {}", state + 1));
    let step = step.map(|action| Naming::of(model).action(action));
    match state.into_iter().chain(step).join(", ").as_str() {
        "" => format!("refused: {why}"),
        place => format!("refused: {why} ({place})"),
    }
}

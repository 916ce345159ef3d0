//! `squall check`: judges the properties of one model in one configuration.

use anyhow::{anyhow, bail};
use itertools::Itertools;

use super::args::{Check, Engine, OutputFormat};
use super::exit::Exit;
use super::load::{self, Opened};
use super::progress::{self, Watch};
use super::{output, tell_diagnostics};
use crate::model::{Model, PropertyId, nearest};
use crate::pipeline::{self, Answers, Prepared, Request};
use crate::report::{Report, json, text};

/// Judges the properties of a model and writes the report.
pub fn check(arguments: &Check) -> anyhow::Result<Exit> {
    progress::catch_interrupts();
    let file = arguments.model.path.display().to_string();
    let format = arguments.output.format;
    let Opened { sources, outcome } =
        load::open(&arguments.model.path, &arguments.model.settings())?;
    let prepared = match outcome {
        Ok(prepared) => prepared,
        Err(diagnostics) => {
            tell_diagnostics(&sources, &diagnostics);
            if format == OutputFormat::Json {
                let document = json::check(&file, Exit::Wrong.code(), &sources, &diagnostics, None);
                output::result(&document)?;
            }
            return Ok(Exit::Wrong);
        }
    };
    let request = Request {
        properties: chosen(&prepared.model, &arguments.properties)?,
        limits: arguments.effort.limits(),
        workers: arguments.effort.workers(),
    };
    tell_diagnostics(&sources, &prepared.warnings);
    let mut watch = Watch::start(arguments.effort.timeout, "");
    let answers = match arguments.engine {
        Engine::Squall => pipeline::run(&prepared, &request, &mut watch),
        Engine::Stateright => run_in_stateright(&prepared, &request)?,
    };
    watch.finish();
    let report = Report::of(&prepared, &answers);
    let exit = Exit::of(&report);
    output::result(&match format {
        OutputFormat::Text => {
            text::write(&report, &sources, &output::command_line_without("--property"))
        }
        OutputFormat::Json => {
            json::check(&file, exit.code(), &sources, &prepared.warnings, Some(&report))
        }
    })?;
    watch.tell();
    Ok(exit)
}

/// The properties with these names, or all if none is named.
fn chosen(model: &Model, names: &[String]) -> anyhow::Result<Vec<PropertyId>> {
    if names.is_empty() {
        return Ok(model.properties.ids().collect());
    }
    let known = || model.properties.iter().map(|property| property.name.as_str());
    let find = |name: &String| {
        let found = model.properties.iter_with_ids().find(|(_, property)| property.name == *name);
        found.map(|(id, _)| id).ok_or_else(|| {
            let help = match nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known().next().is_none() => "it has none".to_owned(),
                None => format!("its properties are {}", known().join(", ")),
            };
            anyhow!("the model has no property `{name}`: {help}")
        })
    };
    let found: Vec<PropertyId> = names.iter().map(find).collect::<anyhow::Result<_>>()?;
    Ok(found.into_iter().sorted().dedup().collect())
}

/// The same question for the engine of stateright.
fn run_in_stateright(_prepared: &Prepared, _request: &Request) -> anyhow::Result<Answers> {
    bail!("the engine `stateright` is not part of this version; leave `--engine` out")
}

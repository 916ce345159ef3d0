//! `squall diff`: what a new version of a design makes better and worse.

use super::args::{Diff, ModelArguments, OutputFormat};
use super::exit::Exit;
use super::load::{self, Opened};
use super::progress::{self, Watch};
use super::{output, property, tell_diagnostics};
use crate::model::{Model, PropertyId};
use crate::pipeline::{self, Request};
use crate::report::diff::{DiffReport, Version, page};
use crate::report::{Report, json};

/// Judges both versions and writes how the answers differ.
pub fn diff(arguments: &Diff) -> anyhow::Result<Exit> {
    progress::catch_interrupts();
    let names = [&arguments.old, &arguments.new].map(|path| path.display().to_string());
    let names = names.each_ref().map(String::as_str);
    let mut watch = Watch::start(arguments.effort.timeout, "");
    let mut opened = Vec::new();
    for path in [&arguments.old, &arguments.new] {
        let choice = ModelArguments {
            path: path.clone(),
            mitigations: arguments.mitigations.clone(),
            settings: arguments.settings.clone(),
        };
        let Opened { sources, outcome } = load::open(path, &choice.settings())?;
        let prepared = match outcome {
            Ok(prepared) => prepared,
            Err(diagnostics) => {
                watch.finish();
                tell_diagnostics(&sources, &diagnostics);
                if arguments.output.format == OutputFormat::Json {
                    let code = Exit::Wrong.code();
                    let document = json::diff(names, code, &sources, &diagnostics, None);
                    output::result(&document)?;
                }
                return Ok(Exit::Wrong);
            }
        };
        opened.push(prepared);
    }
    let models = [&opened[0].model, &opened[1].model];
    let mut versions = Vec::new();
    for prepared in &opened {
        let request = Request {
            properties: chosen(&prepared.model, models, &arguments.properties)?,
            limits: arguments.effort.limits(),
            workers: arguments.effort.workers(),
        };
        let answers = pipeline::run(prepared, &request, &mut watch);
        let report = Report::of(prepared, &answers);
        versions.push((prepared, answers, report));
    }
    watch.finish();
    let version = |at: usize| {
        let (prepared, answers, report) = &versions[at];
        Version { prepared, answers, report }
    };
    let report = DiffReport::of(&version(0), &version(1)).ended(watch.ended());
    let exit = exit(&report, &versions.iter().flat_map(|it| &it.2.errors).collect::<Vec<_>>());
    output::result(&match arguments.output.format {
        OutputFormat::Text => page::write(&report, names, &command(arguments)),
        OutputFormat::Json => json::diff(names, exit.code(), &[], &[], Some(&report)),
    })?;
    for (_, _, told) in &versions {
        told.errors.iter().for_each(|error| output::note(&format!("error: {error}\n")));
    }
    watch.tell();
    Ok(exit)
}

/// The properties of a version that are to be compared; one that only the other has is none of them.
fn chosen(model: &Model, models: [&Model; 2], names: &[String]) -> anyhow::Result<Vec<PropertyId>> {
    if names.is_empty() {
        return property::chosen(model, names);
    }
    let has = |model: &Model, name: &str| model.properties.iter().any(|one| one.name == name);
    let is_unknown = |name: &&String| !models.iter().any(|model| has(model, name));
    if let Some(unknown) = names.iter().find(is_unknown) {
        property::named(models[1], unknown)?;
    }
    let own = names.iter().filter(|name| has(model, name)).cloned().collect::<Vec<_>>();
    if own.is_empty() { Ok(Vec::new()) } else { property::chosen(model, &own) }
}

fn exit(report: &DiffReport, errors: &[&String]) -> Exit {
    if !errors.is_empty() {
        Exit::Wrong
    } else if report.is_worse() {
        Exit::Fails
    } else if report.is_open() {
        Exit::Unknown
    } else {
        Exit::Fine
    }
}

/// What checks the new version alone.
fn command(arguments: &Diff) -> String {
    let mut words =
        vec![format!("squall check {}", output::quoted(&arguments.new.display().to_string()))];
    words.extend(arguments.mitigations.iter().map(|name| format!("--with {name}")));
    words.extend(
        arguments
            .settings
            .iter()
            .map(|(name, value)| format!("--set {}", output::quoted(&format!("{name}={value}")))),
    );
    words.join(" ")
}

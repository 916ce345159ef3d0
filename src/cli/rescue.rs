//! `squall rescue`: what operators can still do where a trace ends.

use anyhow::{anyhow, bail};

use super::args::{OutputFormat, Rescue};
use super::exit::Exit;
use super::load::{self, Opened};
use super::progress::{self, Watch};
use super::trace::{self, Wanted};
use super::{output, property, tell_diagnostics};
use crate::model::{Claim, Model};
use crate::pipeline::Request;
use crate::pipeline::rescue::{NoRescue, Origin, rescue as find_rescue};
use crate::report::json;
use crate::report::rescue::{RescueReport, write};

/// Finds the operator actions that lead back to healthy, and writes them.
pub fn rescue(arguments: &Rescue) -> anyhow::Result<Exit> {
    let file = arguments.model.path.display().to_string();
    let format = arguments.output.format;
    let trace = arguments.trace.as_deref().or(arguments.from.as_deref());
    let name = trace::name(trace, arguments.property.as_deref())?;
    let (Opened { sources, outcome }, wanted) = match name {
        Some(name) => {
            trace::open(&arguments.model, &name).map(|(opened, it)| (opened, Some(it)))?
        }
        None => (load::open(&arguments.model.path, &arguments.model.settings())?, None),
    };
    let prepared = match outcome {
        Ok(prepared) => prepared,
        Err(diagnostics) => {
            tell_diagnostics(&sources, &diagnostics);
            if format == OutputFormat::Json {
                let code = Exit::Wrong.code();
                output::result(&json::rescue(&file, code, &sources, &diagnostics, None))?;
            }
            return Ok(Exit::Wrong);
        }
    };
    let model = &prepared.model;
    let saved;
    let (origin, name) = match wanted {
        Some(Wanted::Saved(trace, file)) => {
            saved = trace::walk(&prepared, &sources, &trace, &file)?;
            (Origin::Trace(&saved), format!("{} in {}", trace.name, file.display()))
        }
        Some(Wanted::Property(name)) => (Origin::Property(property::named(model, &name)?), name),
        None => {
            let name = first_storm(model)?;
            (Origin::Property(property::named(model, &name)?), name)
        }
    };
    let request = Request {
        properties: Vec::new(),
        limits: arguments.effort.limits(),
        workers: arguments.effort.workers(),
    };
    progress::catch_interrupts();
    let mut watch = Watch::start(arguments.effort.timeout, "");
    let found = find_rescue(&prepared, origin, &request, &mut watch);
    watch.finish();
    if let Err(NoRescue::HealthyUnknown) = found {
        bail!("the model does not say what healthy is: declare it with `healthy when …`");
    }
    let report = found.map(|rescued| RescueReport::of(model, &name, &rescued, &sources));
    let exit = match &report {
        Ok(report) if report.plans.is_empty() => Exit::Fails,
        Ok(_) | Err(NoRescue::NothingFails) => Exit::Fine,
        Err(_) => Exit::Unknown,
    };
    output::result(&match format {
        OutputFormat::Text => page(&report, &name),
        OutputFormat::Json => {
            let outcome = report.as_ref().map_err(|&reason| reason);
            json::rescue(&file, exit.code(), &sources, &prepared.warnings, Some(outcome))
        }
    })?;
    watch.tell();
    Ok(exit)
}

fn page(report: &Result<RescueReport, NoRescue>, name: &str) -> String {
    match report {
        Ok(report) => write(report),
        Err(NoRescue::NothingFails) => {
            format!("{name} shows no trace that fails: nothing is to be rescued\n")
        }
        Err(NoRescue::ModelBreaches) => "unknown: the model breaks its own rules\n".to_owned(),
        Err(NoRescue::Unfinished | NoRescue::HealthyUnknown) => {
            "unknown: not everything was explored\n".to_owned()
        }
    }
}

/// The first property that looks for a storm.
fn first_storm(model: &Model) -> anyhow::Result<String> {
    let storm = model.properties.iter().find(|one| matches!(one.claim, Claim::Finite(..)));
    let storm = storm.map(|one| one.name.clone());
    storm.ok_or_else(|| {
        anyhow!("no property of the model is `finite …`: name one with `--property`")
    })
}

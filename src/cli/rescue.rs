//! `squall rescue`: what operators can still do where a failing trace ends.

use anyhow::{anyhow, bail};

use super::args::Rescue;
use super::exit::Exit;
use super::load::{self, Opened};
use super::progress::{self, Watch};
use super::{output, property, tell_diagnostics};
use crate::model::{Claim, Model, PropertyId};
use crate::pipeline::Request;
use crate::pipeline::rescue::{NoRescue, rescue as find_rescue};
use crate::report::rescue::write;

/// Finds the operator actions that lead back to healthy, and writes them.
pub fn rescue(arguments: &Rescue) -> anyhow::Result<Exit> {
    let Opened { sources, outcome } =
        load::open(&arguments.model.path, &arguments.model.settings())?;
    let prepared = match outcome {
        Ok(prepared) => prepared,
        Err(diagnostics) => {
            tell_diagnostics(&sources, &diagnostics);
            return Ok(Exit::Wrong);
        }
    };
    let wanted = chosen(&prepared.model, arguments.from.as_deref())?;
    let request = Request {
        properties: vec![wanted],
        limits: arguments.effort.limits(),
        workers: arguments.effort.workers(),
    };
    progress::catch_interrupts();
    let mut watch = Watch::start(arguments.effort.timeout, "");
    let found = find_rescue(&prepared, wanted, &request, &mut watch);
    watch.tell();
    let name = &prepared.model.properties[wanted].name;
    match found {
        Ok(rescued) => {
            output::result(&write(&prepared.model, name, &rescued, &sources))?;
            let has_plan = rescued.hopeful.is_some();
            Ok(if has_plan { Exit::Fine } else { Exit::Fails })
        }
        Err(NoRescue::HealthyUnknown) => {
            bail!("the model does not say what healthy is: declare it with `healthy when …`")
        }
        Err(NoRescue::NothingFails) => {
            output::result(&format!(
                "{name} shows no trace that fails: nothing is to be rescued\n"
            ))?;
            Ok(Exit::Fine)
        }
        Err(NoRescue::Unfinished) => {
            output::result("unknown: not everything was explored\n")?;
            Ok(Exit::Unknown)
        }
    }
}

/// The property whose trace is meant: the one that is named, or the first that looks for a storm.
fn chosen(model: &Model, name: Option<&str>) -> anyhow::Result<PropertyId> {
    if let Some(name) = name {
        return property::named(model, name);
    }
    let storms = model.properties.iter_with_ids();
    let storm =
        storms.filter(|(_, one)| matches!(one.claim, Claim::Finite(..))).map(|(id, _)| id).next();
    storm.ok_or_else(|| anyhow!("no property of the model is `finite …`: name one with `--from`"))
}

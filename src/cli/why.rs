//! `squall why`: what keeps an action from being taken at a step of a told trace.

use anyhow::{anyhow, bail};
use itertools::Itertools;

use super::args::{OutputFormat, Why};
use super::exit::Exit;
use super::load::{self, Opened};
use super::output;
use super::progress::{self, Watch};
use super::property::chosen;
use crate::model::{Model, PropertyId, nearest};
use crate::pipeline::{self, Prepared, Request};
use crate::report::json;
use crate::report::why::{self, Asker};
use crate::report::words::Naming;
use crate::system::ActionId;
use crate::trace::replay::Replayed;

/// Answers why an action can or cannot be taken after a step of a trace.
pub fn why(arguments: &Why) -> anyhow::Result<Exit> {
    progress::catch_interrupts();
    let Opened { sources, outcome } =
        load::open(&arguments.model.path, &arguments.model.settings())?;
    let prepared = match outcome {
        Ok(prepared) => prepared,
        Err(diagnostics) => {
            super::tell_diagnostics(&sources, &diagnostics);
            bail!("`{}` is no sound model", arguments.model.path.display());
        }
    };
    let model = &prepared.model;
    let property = chosen(model, std::slice::from_ref(&arguments.property))?[0];
    let action = action_called(model, &arguments.action)?;
    let mut trace = trace_of(&prepared, property, arguments)?;
    if arguments.explained {
        trace = pipeline::shortened(&prepared, property, &trace).unwrap_or(trace);
    }
    let step_count = trace.states().len() - 1;
    if arguments.step > step_count {
        bail!(
            "the trace of `{}` has no step {}: its last state is the one after step {step_count}",
            arguments.property,
            arguments.step
        );
    }
    let report = Asker::of(model, &sources).ask(action, &trace.states()[arguments.step]);
    let place = match arguments.step.checked_sub(1) {
        None => "at the start".to_owned(),
        Some(before) => {
            let taken = Naming::of(model).action(trace.steps()[before].action);
            format!("after step {} ({taken})", arguments.step)
        }
    };
    output::result(&match arguments.output.format {
        OutputFormat::Text => why::write(&report, &place, &sources),
        OutputFormat::Json => json::why(&arguments.property, arguments.step, &sources, &report),
    })?;
    Ok(Exit::Fine)
}

/// The trace that shows that a property fails, or what is possible.
fn trace_of(
    prepared: &Prepared,
    property: PropertyId,
    arguments: &Why,
) -> anyhow::Result<Replayed> {
    let request = Request {
        properties: vec![property],
        limits: arguments.effort.limits(),
        workers: arguments.effort.workers(),
    };
    let mut watch = Watch::start(arguments.effort.timeout, "");
    let answers = pipeline::run(prepared, &request, &mut watch);
    watch.finish();
    let (_, answer) = answers.by_property()[0];
    let trace = answer.verdict.trace().cloned();
    trace.ok_or_else(|| {
        let name = &arguments.property;
        anyhow!("there is no trace of `{name}` to ask about: `squall check` tells its verdict")
    })
}

/// The action instance with this name in told traces.
fn action_called(model: &Model, name: &str) -> anyhow::Result<ActionId> {
    let naming = Naming::of(model);
    let all =
        (0..model.instances.len() as u32).map(|id| (ActionId(id), naming.action(ActionId(id))));
    let all = all.collect_vec();
    let plain: String = name.split_whitespace().collect();
    let is_it = |told: &str| told.split_whitespace().collect::<String>() == plain;
    if let Some((id, _)) = all.iter().find(|(_, told)| is_it(told)) {
        return Ok(*id);
    }
    // Without its parameters, or without its instance, it may still be clear what is meant.
    let stem = plain.split('(').next().unwrap_or(&plain);
    let bare = stem.rsplit('.').next().unwrap_or(stem);
    let alike = |part: &str| {
        let is_alike = |told: &&String| {
            let told = told.split('(').next().unwrap_or(told);
            told == part || told.rsplit('.').next() == Some(part)
        };
        all.iter().map(|(_, told)| told).filter(is_alike).collect_vec()
    };
    let found = [alike(stem), alike(bare)].into_iter().find(|found| !found.is_empty());
    let help = match (nearest(&plain, all.iter().map(|(_, told)| told.as_str())), found) {
        (_, Some(found)) if found.len() <= NAMES_MAX => {
            format!("there is {}", found.iter().join(", "))
        }
        (_, Some(found)) => {
            format!("there is {}, …", found.iter().take(NAMES_MAX).join(", "))
        }
        (Some(near), None) => format!("did you mean `{near}`?"),
        (None, None) => {
            let kinds = model.actions.iter().map(|one| one.name.as_str()).unique();
            format!("its actions are {}", kinds.format(", "))
        }
    };
    Err(anyhow!("the model has no action `{name}`: {help}"))
}

/// The most names that help lists. By taste.
const NAMES_MAX: usize = 6;

//! `squall why`: what keeps an action from being taken at a step of a told trace.

use anyhow::{anyhow, bail};
use itertools::Itertools;

use super::args::{OutputFormat, Why};
use super::exit::Exit;
use super::load::Opened;
use super::progress::{self, Watch};
use super::property::named;
use super::trace::{self, Wanted};
use super::{output, tell_diagnostics};
use crate::base::Source;
use crate::model::{Model, PropertyId, nearest};
use crate::pipeline::{self, Case, Prepared, Request};
use crate::report::json::{self, Answered};
use crate::report::why::{self, Asker};
use crate::report::words::Naming;
use crate::system::ActionId;
use crate::trace::replay::Replayed;

/// Answers why an action can or cannot be taken after a step of a trace.
pub fn why(arguments: &Why) -> anyhow::Result<Exit> {
    progress::catch_interrupts();
    let file = arguments.model.path.display().to_string();
    let format = arguments.output.format;
    let question = Question::of(arguments)?;
    let (Opened { sources, outcome }, wanted) = trace::open(&arguments.model, &question.trace)?;
    let prepared = match outcome {
        Ok(prepared) => prepared,
        Err(diagnostics) => {
            tell_diagnostics(&sources, &diagnostics);
            if format == OutputFormat::Json {
                let code = Exit::Wrong.code();
                output::result(&json::why(&file, code, &sources, &diagnostics, None))?;
            }
            return Ok(Exit::Wrong);
        }
    };
    let model = &prepared.model;
    let action = action_called(model, &question.action)?;
    let asked = asked(&prepared, &sources, &wanted, arguments)?;
    let Asked { name, trace } = &asked;
    let step_count = trace.states().len() - 1;
    if question.step > step_count {
        bail!(
            "the trace of `{name}` has no step {}: its last state is the one after step {step_count}",
            question.step
        );
    }
    let report = Asker::of(model, &sources).ask(action, &trace.states()[question.step]);
    let place = match question.step.checked_sub(1) {
        None => "at the start".to_owned(),
        Some(before) => {
            let taken = Naming::of(model).action(trace.steps()[before].action);
            format!("after step {} ({taken})", question.step)
        }
    };
    output::result(&match format {
        OutputFormat::Text => why::write(&report, &place, &sources),
        OutputFormat::Json => {
            let answer = Answered { from: name, step: question.step, report: &report };
            let code = Exit::Fine.code();
            json::why(&file, code, &sources, &prepared.warnings, Some(&answer))
        }
    })?;
    Ok(Exit::Fine)
}

/// What is asked.
struct Question {
    trace: String,
    step: usize,
    action: String,
}

impl Question {
    /// Reads `[TRACE] STEP ACTION`; without TRACE, there is a property in its place.
    fn of(arguments: &Why) -> anyhow::Result<Question> {
        let Why { trace, step, action, property, .. } = arguments;
        let (trace, step, action) = match action {
            Some(action) => (Some(trace.as_str()), step, action),
            None if property.is_some() => (None, trace, step),
            None => bail!(
                "what is asked looks like `TRACE STEP ACTION`, or `STEP ACTION --property NAME`"
            ),
        };
        let trace = trace::name(trace, arguments.property.as_deref())?;
        let Ok(number) = step.parse() else {
            bail!("`{step}` is no step of a trace: steps are numbers, and 0 is the start")
        };
        let trace = trace.expect("a trace or a property is named");
        Ok(Question { trace, step: number, action: action.clone() })
    }
}

/// The trace that is asked about, and whose it is.
struct Asked {
    name: String,
    trace: Replayed,
}

fn asked(
    prepared: &Prepared,
    sources: &[Source],
    wanted: &Wanted,
    arguments: &Why,
) -> anyhow::Result<Asked> {
    let model = &prepared.model;
    let (property, asked) = match wanted {
        Wanted::Property(name) => {
            let property = named(model, name)?;
            let trace = trace_of(prepared, property, arguments)?;
            (Some(property), Asked { name: name.clone(), trace })
        }
        Wanted::Saved(saved, file) => {
            let trace = trace::walk(prepared, sources, saved, file)?;
            let property = saved.property.as_ref().filter(|_| arguments.explained);
            let property = property.map(|name| named(model, name)).transpose()?;
            (property, Asked { name: format!("{} in {}", saved.name, file.display()), trace })
        }
    };
    let shorter = property
        .filter(|_| arguments.explained)
        .map(|property| Case::of_property(model, property, &asked.trace))
        .and_then(|case| pipeline::shortened(prepared, &case));
    Ok(Asked { trace: shorter.unwrap_or(asked.trace), ..asked })
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
        let name = &prepared.model.properties[property].name;
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

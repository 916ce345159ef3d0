//! `squall mitigate`: every claim under every set of mitigations.

use anyhow::bail;
use itertools::Itertools;

use super::args::{Accept, Mitigate, OutputFormat};
use super::exit::Exit;
use super::load::{self, Opened};
use super::progress::{self, Watch};
use super::{output, property, tell_diagnostics};
use crate::base::Source;
use crate::mitigate::matrix::{ROWS_LIMIT, free, row_count, with};
use crate::mitigate::{Forgiven, Matrix, Plan, Row, Setback, effects, matrix, setbacks};
use crate::model::{MitigationId, Model, Settings, nearest};
use crate::pipeline::{self, Request, prepare};
use crate::report::mitigate::MitigateReport;
use crate::report::mitigate::page::{self, Rows};
use crate::report::{PropertyReport, Report, json};

/// Judges the properties of a model under every set of its mitigations and writes the report.
pub fn mitigate(arguments: &Mitigate) -> anyhow::Result<Exit> {
    progress::catch_interrupts();
    let file = arguments.model.path.display().to_string();
    let format = arguments.output.format;
    let base = arguments.model.settings();
    let Opened { sources, outcome } = load::open(&arguments.model.path, &base)?;
    let refuse = |diagnostics: &[_]| {
        tell_diagnostics(&sources, diagnostics);
        if format == OutputFormat::Json {
            let code = Exit::Wrong.code();
            output::result(&json::mitigate(&file, code, &sources, diagnostics, None))?;
        }
        Ok(Exit::Wrong)
    };
    let bare = match outcome {
        Ok(prepared) => prepared,
        Err(diagnostics) => return refuse(&diagnostics),
    };
    let plan = Plan {
        mitigations: tried(&bare.model, &base, &arguments.among)?,
        properties: property::chosen(&bare.model, &arguments.properties)?,
        up_to: arguments.up_to,
        forgiven: forgiven(arguments.accept),
        limits: arguments.effort.limits_side_by_side(),
        threads: arguments.effort.workers(),
        base,
    };
    refuse_too_many(&plan)?;
    tell_diagnostics(&sources, &bare.warnings);
    let mut watch = Watch::start(arguments.effort.timeout, "");
    let matrix = matrix(&sources, &bare.model, &plan, &mut watch);
    if let Some(mistakes) = matrix.rows.iter().find_map(Row::mistakes) {
        watch.finish();
        return refuse(mistakes);
    }
    let setbacks = setbacks(&matrix);
    let effects = effects(&sources, &bare.model, &matrix, &plan);
    let mut report =
        MitigateReport::of(&bare.model, &matrix, &setbacks, &effects).ended(watch.ended());
    // One story for each mitigation that does harm, and none twice.
    let told = setbacks.iter().enumerate().unique_by(|(_, setback)| setback.added);
    let told = told.unique_by(|(_, setback)| setback.after);
    for (at, setback) in told.collect_vec() {
        let story = story(&sources, &bare.model, &plan, &matrix, setback, &mut watch);
        report.setbacks[at].story = story;
    }
    watch.finish();
    let exit = exit(&matrix);
    let rows = if arguments.all { Rows::All } else { Rows::Small };
    output::result(&match format {
        OutputFormat::Text => page::write(&report, rows, &command(arguments)),
        OutputFormat::Json => {
            json::mitigate(&file, exit.code(), &sources, &bare.warnings, Some(&report))
        }
    })?;
    watch.tell();
    Ok(exit)
}

fn forgiven(accept: Accept) -> Forgiven {
    match accept {
        Accept::None => Forgiven::Nothing,
        Accept::Loop => Forgiven::Loop,
        Accept::Storm => Forgiven::Storm,
    }
}

fn refuse_too_many(plan: &Plan) -> anyhow::Result<()> {
    let count = plan.mitigations.len();
    let sets = row_count(count, plan.up_to.unwrap_or(1));
    if sets > ROWS_LIMIT {
        bail!(
            "that are more than {ROWS_LIMIT} sets of {count} mitigations: choose a smaller `--up-to`"
        );
    }
    Ok(())
}

/// The mitigations with these names, or all that are not applied anyway.
fn tried(model: &Model, base: &Settings, names: &[String]) -> anyhow::Result<Vec<MitigationId>> {
    let free = free(model, base);
    let known = || free.iter().map(|&id| model.mitigations[id].name.as_str());
    if let Some(unknown) = names.iter().find(|name| !known().contains(&name.as_str())) {
        if base.mitigations.contains(unknown) {
            bail!("`{unknown}` is always applied, and cannot be tried");
        }
        match nearest(unknown, known()) {
            Some(near) => {
                bail!("there is no mitigation `{unknown}` to try: did you mean `{near}`?")
            }
            None => {
                bail!("there is no mitigation `{unknown}` to try: there are {}", known().join(", "))
            }
        }
    }
    let is_wanted =
        |id: &MitigationId| names.is_empty() || names.contains(&model.mitigations[*id].name);
    Ok(free.iter().copied().filter(is_wanted).collect())
}

/// How the first claim that a mitigation breaks fails.
fn story(
    sources: &[Source],
    model: &Model,
    plan: &Plan,
    matrix: &Matrix,
    setback: &Setback,
    watch: &mut Watch,
) -> Option<PropertyReport> {
    let settings = with(model, &plan.base, &matrix.rows[setback.after].set);
    let prepared = prepare(sources, &settings).ok()?;
    let request = Request {
        properties: vec![matrix.properties[setback.broken[0]]],
        limits: plan.limits.clone(),
        workers: plan.threads,
    };
    let answers = pipeline::run(&prepared, &request, watch);
    let mut report = Report::of(&prepared, &answers);
    report.explain(&prepared, sources, &settings, &answers);
    report.properties.pop()
}

/// What checks one configuration, but for the mitigations of a set.
fn command(arguments: &Mitigate) -> String {
    let path = output::quoted(&arguments.model.path.display().to_string());
    let with = arguments.model.mitigations.iter().map(|name| format!(" --with {name}"));
    let set = arguments.model.settings.iter();
    let set =
        set.map(|(name, value)| format!(" --set {}", output::quoted(&format!("{name}={value}"))));
    format!("squall check {path}{}", with.chain(set).join(""))
}

/// Whether some set makes every claim hold: that is the question, and one set that does is an answer,
/// whatever is unknown of others or fails under them.
fn exit(matrix: &Matrix) -> Exit {
    let mut all = matrix.rows.iter();
    match all.clone().any(|row| row.is_all_good() == Some(true)) {
        true => Exit::Fine,
        false if all.any(|row| row.is_all_good().is_none() && row.is_open()) => Exit::Unknown,
        false => Exit::Fails,
    }
}

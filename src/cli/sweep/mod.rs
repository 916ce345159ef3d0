//! `squall sweep`: properties over ranges of parameters, and the frontier between holding and failing.

mod axes;
mod point;
mod record;
mod stable;

use std::fs::OpenOptions;
use std::path::Path;

use anyhow::{Context, bail};
use itertools::Itertools;

use self::point::{Counter, Found, Judging};
use self::record::Record;
use super::args::{Sweep, SweepFormat};
use super::exit::Exit;
use super::load::{self, Loaded};
use super::progress;
use super::{output, property, tell_diagnostics};
use crate::base::{Diagnostic, Source};
use crate::certificate::text_hash;
use crate::mitigate::sweep::{Grid, visit};
use crate::model::{Model, Setting, Settings};
use crate::pipeline::understand;
use crate::report::sweep::saved::Question;
use crate::report::sweep::{Claimed, PointReport, SweepReport, csv, json, svg, text};
use crate::syntax::ast::FileKind;

/// Judges properties at every point of a grid and writes what was found.
pub fn sweep(arguments: &Sweep) -> anyhow::Result<Exit> {
    let path = &arguments.model.path;
    let Loaded { sources, kind, diagnostics } = load::load(path)?;
    if kind == FileKind::Library {
        bail!("`{}` is a library: it says nothing by itself, name a model instead", path.display());
    }
    let everywhere = arguments.model.settings();
    let understood = match diagnostics.is_empty() {
        true => sound_model(&sources, &everywhere, arguments),
        false => Err(diagnostics),
    };
    let (model, warnings) = match understood {
        Ok(understood) => understood,
        Err(diagnostics) => return wrong(arguments, &sources, &diagnostics),
    };
    let over = stable::chosen(arguments, &model)?;
    let grid = axes::grid(&model, &over, &sources, &everywhere)?;
    let properties = property::chosen(&model, &arguments.properties)?;
    if properties.is_empty() {
        bail!("the model has no property that could be judged");
    }
    let properties = properties.into_iter().map(|id| &model.properties[id]).collect_vec();
    if arguments.svg.is_some() && !svg::is_drawable(&grid.axes) {
        bail!("`--svg` draws one parameter or two, and {} are varied", grid.axes.len());
    }
    let files = [&arguments.csv, &arguments.json, &arguments.svg];
    files.into_iter().flatten().try_for_each(|path| must_be_writable(path))?;
    let names = properties.iter().map(|one| one.name.clone()).collect_vec();
    let mut record = match &arguments.resume {
        None => Record::none(),
        Some(path) => Record::open(path, &question(arguments, &model, &sources, &names))?,
    };
    progress::catch_interrupts();
    tell_diagnostics(&sources, &warnings);
    let judging = Judging {
        sources: &sources,
        everywhere: &everywhere,
        properties: &names,
        limits: arguments.effort.limits_side_by_side(),
        timeout: arguments.effort.timeout,
    };
    let threads = arguments.effort.workers();
    let claimed = properties.iter().map(|one| Claimed {
        name: one.name.clone(),
        claim: one.text.clone(),
        doc: one.doc.clone(),
    });
    let mut report = SweepReport {
        model: model.name.clone(),
        mitigations: arguments.model.mitigations.clone(),
        settings: arguments.model.settings.clone(),
        points: vec![PointReport::NotReached; grid.point_count()],
        grid,
        properties: claimed.collect(),
    };
    let conclusion = match arguments.until_stable {
        true => Some(stable::grow(&mut report, &judging, threads, &mut record)?),
        false => {
            visit_all(&mut report, &judging, threads, &mut record)?;
            None
        }
    };
    let said = conclusion.as_ref().map(|conclusion| conclusion.words.as_str());
    let exit = match &conclusion {
        Some(conclusion) if !conclusion.is_stable => Exit::Unknown,
        _ => exit(&report),
    };
    tell_interrupt(&report, arguments);
    let file = path.display().to_string();
    let write_json = || json::write(&file, exit.code(), &sources, &warnings, Some(&report), said);
    output::result(&match arguments.format {
        SweepFormat::Text => text::write(&report, said),
        SweepFormat::Json => write_json(),
        SweepFormat::Csv => csv::write(&report),
    })?;
    // Whatever becomes of the files, the result is there.
    if let Some(path) = &arguments.csv {
        write(path, &csv::write(&report))?;
    }
    if let Some(path) = &arguments.json {
        write(path, &write_json())?;
    }
    if let Some(path) = &arguments.svg {
        write(path, &svg::write(&report))?;
    }
    Ok(exit)
}

/// The model in a configuration in which it is sound: without the sweep, or where it begins.
fn sound_model(
    sources: &[Source],
    everywhere: &Settings,
    arguments: &Sweep,
) -> Result<(Model, Vec<Diagnostic>), Vec<Diagnostic>> {
    understand(sources, everywhere).or_else(|wrong| {
        let mut first = everywhere.clone();
        let begins = arguments.over.iter().filter_map(axes::first_value);
        first.parameters.extend(begins.map(|(name, value)| (name, Setting::Text(value))));
        understand(sources, &first).map_err(|_| wrong)
    })
}

/// The text of the model is wrong.
fn wrong(
    arguments: &Sweep,
    sources: &[Source],
    diagnostics: &[Diagnostic],
) -> anyhow::Result<Exit> {
    tell_diagnostics(sources, diagnostics);
    if arguments.format == SweepFormat::Json {
        let file = arguments.model.path.display().to_string();
        let code = Exit::Wrong.code();
        output::result(&json::write(&file, code, sources, diagnostics, None, None))?;
    }
    Ok(Exit::Wrong)
}

/// All that an answer may depend on, but its point and the clock.
fn question(arguments: &Sweep, model: &Model, sources: &[Source], names: &[String]) -> Question {
    let effort = &arguments.effort;
    Question {
        squall: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name.clone(),
        text: format!("{:016x}", text_hash(sources)),
        mitigations: arguments.model.mitigations.clone(),
        settings: arguments.model.settings.clone(),
        properties: names.to_vec(),
        max_states: effort.max_states,
        max_depth: effort.max_depth,
        max_memory: effort.max_memory,
    }
}

/// Judges every point that the record does not know.
fn visit_all(
    report: &mut SweepReport,
    judging: &Judging<'_>,
    threads: usize,
    record: &mut Record,
) -> anyhow::Result<()> {
    let grid = &report.grid;
    let mut unknown = Vec::new();
    for (point, place) in report.points.iter_mut().enumerate() {
        match record.known(grid, point) {
            Some(known) => *place = known.clone(),
            None => unknown.push(point),
        }
    }
    // Threads that no point needs help with the others.
    let workers = threads / unknown.len().max(1);
    let mut counter = Counter::start(grid.point_count(), grid.point_count() - unknown.len());
    let points = &mut report.points;
    let outcome = visit(
        &unknown,
        threads,
        |point| judging.judge(grid, point, workers.max(1)),
        |point, found| {
            counter.advance();
            keep(record, grid, point, &found)?;
            points[point] = found.report;
            anyhow::Ok(())
        },
    );
    counter.finish();
    outcome
}

/// Writes down what will be the same the next time.
fn keep(record: &mut Record, grid: &Grid, point: usize, found: &Found) -> anyhow::Result<()> {
    if found.is_repeatable { record.keep(grid, point, &found.report) } else { Ok(()) }
}

fn exit(report: &SweepReport) -> Exit {
    let is_refused = |point: &PointReport| matches!(point, PointReport::Refused { .. });
    if report.points.iter().all(is_refused) {
        return Exit::Wrong;
    }
    if report.is_open() { Exit::Unknown } else { Exit::Fine }
}

/// Says what an interrupt left, and how to go on.
fn tell_interrupt(report: &SweepReport, arguments: &Sweep) {
    if !progress::is_interrupted() {
        return;
    }
    let left = report.points.iter().filter(|point| **point == PointReport::NotReached).count();
    let how = match &arguments.resume {
        Some(path) => format!("the same call goes on with what `{}` keeps", path.display()),
        None => "`--resume FILE` would have kept what is known".to_owned(),
    };
    output::note(&format!(
        "interrupted: {left} of {} points were not reached; {how}\n",
        report.points.len()
    ));
}

/// Says so before the work, if a file cannot be written; leaves what is in it.
fn must_be_writable(path: &Path) -> anyhow::Result<()> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map(|_| ()).with_context(|| format!("cannot write `{}`", path.display()))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

//! Which trace is meant: the one that is found for a property, or one that `check` has saved.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use itertools::Itertools;

use super::args::ModelArguments;
use super::load::{self, Opened};
use super::output;
use crate::base::Source;
use crate::model::{Setting, Settings};
use crate::pipeline::Prepared;
use crate::report::retrace::retrace;
use crate::report::saved::{Saved, SavedTrace};
use crate::trace::replay::Replayed;

/// The name of a trace, looked up.
pub enum Wanted {
    /// Whatever is found for the property of this name.
    Property(String),
    /// This one, of a file.
    Saved(Box<SavedTrace>, PathBuf),
}

/// The name of a trace that is given by a property, by a file, or by both.
pub fn name(trace: Option<&str>, property: Option<&str>) -> anyhow::Result<Option<String>> {
    match (trace, property) {
        (Some(trace), Some(property)) if is_property(trace) && trace != property => {
            bail!("two properties are named, `{trace}` and `{property}`: leave one of them out")
        }
        (Some(file), Some(property)) if !is_property(file) => {
            Ok(Some(format!("{file}:{property}")))
        }
        (trace, property) => Ok(trace.or(property).map(str::to_owned)),
    }
}

/// A name of a property is one word; everything else names a file.
fn is_property(name: &str) -> bool {
    name.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
}

/// Opens the model in the configuration of a trace: that of the file which holds it, as far as nothing
/// else is chosen.
pub fn open(arguments: &ModelArguments, name: &str) -> anyhow::Result<(Opened, Wanted)> {
    let chosen = arguments.settings();
    if is_property(name) {
        return Ok((load::open(&arguments.path, &chosen)?, Wanted::Property(name.to_owned())));
    }
    let (file, part) = match name.rsplit_once(':') {
        Some((file, part)) if !Path::new(name).exists() => (file, Some(part)),
        _ => (name, None),
    };
    let text = load::read(Path::new(file))?;
    let saved = Saved::read(&text).with_context(|| format!("cannot use `{file}`"))?;
    let trace = pick(&saved, file, part)?.clone();
    let opened = load::open_in(&arguments.path, |sources| {
        let settings = saved.settings(sources, &chosen);
        output::note(&configuration(file, &settings));
        settings
    })?;
    Ok((opened, Wanted::Saved(Box::new(trace), PathBuf::from(file))))
}

/// The trace of that name, or the only one.
fn pick<'s>(saved: &'s Saved, file: &str, part: Option<&str>) -> anyhow::Result<&'s SavedTrace> {
    let names = saved.traces.iter().map(|one| one.name.as_str()).join(", ");
    let first = saved.traces.first().context("a document that was read holds a trace")?;
    let Some(part) = part else {
        if saved.traces.len() > 1 {
            let count = saved.traces.len();
            bail!("`{file}` holds {count} traces; name one, like `{file}:{}`: {names}", first.name);
        }
        return Ok(first);
    };
    let found = saved.traces.iter().find(|one| one.name == part);
    found.with_context(|| format!("`{file}` holds no trace of `{part}`: there is {names}"))
}

/// In which configuration a saved trace is walked.
fn configuration(file: &str, settings: &Settings) -> String {
    let with = settings.mitigations.iter().map(|name| format!(" --with {name}"));
    let set = settings.parameters.iter().filter_map(|(name, value)| match value {
        Setting::Text(value) => Some(format!(" --set {name}={value}")),
        Setting::Value(_) => None,
    });
    match with.chain(set).join("").as_str() {
        "" => String::new(),
        choice => format!("the trace in `{file}` is walked in this configuration:{choice}\n"),
    }
}

/// Walks a saved trace in the model.
pub fn walk(
    prepared: &Prepared,
    sources: &[Source],
    saved: &SavedTrace,
    file: &Path,
) -> anyhow::Result<Replayed> {
    retrace(prepared, sources, saved).with_context(|| {
        let file = file.display();
        format!("the trace in `{file}` is of another version or configuration of the model")
    })
}

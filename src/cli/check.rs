//! `squall check`: judges the properties of one model in one configuration.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use itertools::Itertools;

use super::args::{Check, Effort, Engine, OutputFormat};
use super::exit::Exit;
use super::load::{self, Opened};
use super::progress::{self, Watch};
use super::{output, property, tell_diagnostics};
use crate::certificate::{Certificate, text_hash};
use crate::pipeline::{self, Prepared, Request};
use crate::report::{Report, json, profile, text};

/// Judges the properties of a model and writes the report.
pub fn check(arguments: &Check) -> anyhow::Result<Exit> {
    if arguments.engine == Engine::Stateright {
        refuse_limits(&arguments.effort)?;
        if arguments.compact {
            bail!("`--compact` cannot be used with `--engine stateright`, which does so anyway");
        }
        if arguments.certificate.is_some() {
            bail!(
                "`--certificate` cannot be used with `--engine stateright`, which certifies nothing"
            );
        }
    }
    if arguments.profile && arguments.output.format == OutputFormat::Json {
        bail!("`--profile` is told as text: leave out `--format json`");
    }
    progress::catch_interrupts();
    let file = arguments.model.path.display().to_string();
    let format = arguments.output.format;
    let Opened { sources, outcome } =
        load::open(&arguments.model.path, &arguments.model.settings())?;
    let prepared = match outcome {
        Ok(prepared) if arguments.engine == Engine::Interpreted => prepared.interpreted(),
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
    let prepared = if arguments.no_symmetry { prepared } else { prepared.up_to_renaming() };
    let prepared = match arguments.no_dead_values {
        true => prepared,
        false => prepared.up_to_unread_values(),
    };
    let prepared = if arguments.no_partial_order { prepared } else { prepared.up_to_order() };
    let request = Request {
        properties: property::chosen(&prepared.model, &arguments.properties)?,
        limits: arguments.effort.limits(),
        workers: arguments.effort.workers(),
    };
    let prepared = if arguments.compact { compact(prepared, &request)? } else { prepared };
    tell_diagnostics(&sources, &prepared.warnings);
    let mut watch = Watch::start(arguments.effort.timeout, "");
    let mut certificate = None;
    let answers = match arguments.engine {
        Engine::Squall | Engine::Interpreted if arguments.certificate.is_some() => {
            let (answers, parts) = pipeline::run_with_proofs(&prepared, &request, &mut watch);
            certificate = Some(Certificate {
                text_hash: text_hash(&sources),
                mitigations: arguments.model.mitigations.clone(),
                settings: arguments.model.settings.clone(),
                parts,
            });
            answers
        }
        Engine::Squall | Engine::Interpreted => pipeline::run(&prepared, &request, &mut watch),
        Engine::Stateright => {
            pipeline::run_in_stateright(&prepared, &request.properties, &mut watch)
        }
    };
    watch.finish();
    let mut report = Report::of(&prepared, &answers).ended(watch.ended());
    if arguments.explain {
        report.explain(&prepared, &sources, &arguments.model.settings(), &answers);
    }
    let exit = Exit::of(&report, arguments.accept);
    output::result(&match format {
        OutputFormat::Text => {
            // The same bytes for any number of threads.
            let again = output::command_line_without(&["--property", "--threads"]);
            text::write(&report, &sources, &again)
        }
        OutputFormat::Json => {
            json::check(&file, exit.code(), &sources, &prepared.warnings, Some(&report))
        }
    })?;
    if arguments.profile {
        tell_profile(&prepared, &request, arguments.effort.timeout)?;
    }
    if let (Some(certificate), Some(path)) = (&certificate, &arguments.certificate) {
        write_certificate(certificate, path)?;
    }
    watch.tell();
    Ok(exit)
}

/// The same, states told apart by fingerprints; unless a claim has to look at states again.
fn compact(prepared: Prepared, request: &Request) -> anyhow::Result<Prepared> {
    let properties = request.properties.iter().map(|&id| &prepared.model.properties[id]);
    let others = properties.filter(|property| !pipeline::is_about_states(&property.claim));
    let names = others.map(|property| format!("`{}`", property.name)).join(", ");
    if !names.is_empty() {
        bail!(
            "`--compact` forgets states once they are expanded, so only claims about single states \
             (`always`, `never`, `possible`, `peak`) can be judged: leave out {names}, by naming the \
             others with `--property`"
        );
    }
    Ok(prepared.compact())
}

/// Explores once more, without leaving anything out, and tells where the states come from.
fn tell_profile(
    prepared: &Prepared,
    request: &Request,
    timeout: Option<Duration>,
) -> anyhow::Result<()> {
    let mut watch = Watch::start(timeout, "profile  ");
    let counted = pipeline::profile(prepared, request, &mut watch);
    watch.finish();
    output::result(&match &counted {
        Some(counted) => profile::write(counted, &prepared.model),
        None => "\nno profile: interrupted\n".to_owned(),
    })
}

fn write_certificate(certificate: &Certificate, path: &Path) -> anyhow::Result<()> {
    std::fs::write(path, certificate.write())
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    let count: usize = certificate.parts.iter().map(|part| part.proofs.len()).sum();
    let properties = if count == 1 { "property" } else { "properties" };
    output::note(&format!("certified {count} {properties} in `{}`\n", path.display()));
    Ok(())
}

/// What stateright would not honour is refused: of its limits it does not say whether they were reached.
fn refuse_limits(effort: &Effort) -> anyhow::Result<()> {
    let given = [
        ("--max-states", effort.max_states.is_some()),
        ("--max-depth", effort.max_depth.is_some()),
        ("--max-memory", effort.max_memory.is_some()),
        ("--threads", effort.threads.is_some()),
    ];
    let Some((flag, _)) = given.into_iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
    bail!(
        "`{flag}` cannot be used with `--engine stateright`, which searches all states in one \
         thread; `--timeout` and Ctrl-C end it"
    )
}

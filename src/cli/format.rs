//! `squall format`: the one canonical layout, in place, or only asked for.

use std::fs;
use std::io::stdin;
use std::path::{Path, PathBuf};

use anyhow::Context;
use itertools::Itertools;

use super::args::Format;
use super::exit::Exit;
use super::{find, load, output, tell_diagnostics};
use crate::base::{Source, SourceId};
use crate::report::number::counted;
use crate::syntax;

/// Formats files; the worst of what happened to them is the answer.
pub fn format(arguments: &Format) -> anyhow::Result<Exit> {
    let (standard, named): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.files.iter().cloned().partition(|file| file == Path::new("-"));
    let mut exit = Exit::Fine;
    if !standard.is_empty() {
        exit = exit.max(pass_through(arguments.check)?);
    }
    let files = if named.is_empty() { Vec::new() } else { find::models(&named)? };
    let mut changed = Vec::new();
    for file in &files {
        let source = load::read_one(file)?;
        match syntax::format(&source) {
            Ok(text) if text == source.text => {}
            Ok(text) => {
                if !arguments.check {
                    replace(file, &text)?;
                }
                changed.push(file.display().to_string());
            }
            Err(diagnostics) => {
                tell_diagnostics(&[source], &diagnostics);
                exit = Exit::Wrong;
            }
        }
    }
    if arguments.check {
        output::result(&changed.iter().map(|file| format!("{file}\n")).join(""))?;
        return Ok(if changed.is_empty() { exit } else { exit.max(Exit::Fails) });
    }
    if !files.is_empty() {
        let (all, some) = (counted(files.len() as u64, "file"), changed.len());
        output::note(&format!("{all}, {some} laid out anew\n"));
    }
    Ok(exit)
}

/// From the standard input to the standard output.
fn pass_through(is_check: bool) -> anyhow::Result<Exit> {
    let text = load::text_from(stdin().lock()).context("cannot read the standard input")?;
    let source = Source::new(SourceId(0), "<stdin>", text);
    match syntax::format(&source) {
        Ok(text) if !is_check => output::result(&text).map(|()| Exit::Fine),
        Ok(text) if text == source.text => Ok(Exit::Fine),
        Ok(_) => output::result("<stdin>\n").map(|()| Exit::Fails),
        Err(diagnostics) => {
            tell_diagnostics(&[source], &diagnostics);
            Ok(Exit::Wrong)
        }
    }
}

/// Replaces a file in one step, so that whatever happens, one of the two versions is there.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("cannot write `{}`", file.display());
    // A link stays a link: what it leads to is replaced.
    let target = file.canonicalize().with_context(failed)?;
    let permissions = fs::metadata(&target).with_context(failed)?.permissions();
    let name = target.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let beside = target.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, permissions))
        .and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        // Nothing more can be done if even that fails.
        let _ = fs::remove_file(&beside);
    }
    written.with_context(failed)
}

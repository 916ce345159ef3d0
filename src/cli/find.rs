//! Finds the models that paths stand for: files as they are, folders with all that is below them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The ending of model files.
const EXTENSION: &str = "squall";

/// All files meant by these paths, each once, in the order of their names.
pub fn models(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        match path.is_dir() {
            true => below(path, &mut found)?,
            false => found.push(path.clone()),
        }
        if found.len() == before {
            bail!("there is no `.{EXTENSION}` file below `{}`", path.display());
        }
    }
    // Names are told, and read again: `./` says nothing.
    for path in &mut found {
        if let Ok(plain) = path.strip_prefix(".") {
            *path = plain.to_owned();
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Hidden folders are left alone, and links to folders are not followed: they can lead in circles.
fn below(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let failed = || format!("cannot read the folder `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().with_context(failed)?);
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !is_hidden {
            below(&path, found)?;
        } else if !kind.is_dir() && !is_hidden && path.extension().is_some_and(|it| it == EXTENSION)
        {
            found.push(path);
        }
    }
    Ok(())
}

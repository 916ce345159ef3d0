//! Reads a model and, from library to library, everything it uses: the only place that reads model text.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use crate::base::{Diagnostic, Source, SourceId, Span};
use crate::model::Settings;
use crate::pipeline::{Prepared, prepare};
use crate::syntax::ast::{FileKind, Use};
use crate::syntax::{Parsed, parse};

/// The longest text that is read: offsets are 32 bits wide, and nobody writes a model this long.
const BYTES_MAX: u64 = 16_000_000;

/// The most files that one model may consist of. By taste.
const FILES_MAX: usize = 1000;

/// The texts of a model, and what is wrong with the way they hang together.
pub struct Loaded {
    /// The model first, then its libraries, each before those it uses itself.
    pub sources: Vec<Source>,
    /// What the first file says it is.
    pub kind: FileKind,
    /// Libraries that cannot be used.
    pub diagnostics: Vec<Diagnostic>,
}

/// A model that was read, with its texts.
pub struct Opened {
    /// The model first, then its libraries.
    pub sources: Vec<Source>,
    /// The model, ready to be explored; or everything that is wrong with its text.
    pub outcome: Result<Prepared, Vec<Diagnostic>>,
}

/// Reads a model with its libraries and prepares it in one configuration.
pub fn open(path: &Path, settings: &Settings) -> anyhow::Result<Opened> {
    open_in(path, |_| settings.clone())
}

/// The same in a configuration that depends on the text.
pub fn open_in(path: &Path, choose: impl FnOnce(&[Source]) -> Settings) -> anyhow::Result<Opened> {
    let Loaded { sources, kind, diagnostics } = load(path)?;
    if kind == FileKind::Library {
        bail!("`{}` is a library: it says nothing by itself, name a model instead", path.display());
    }
    let outcome = match diagnostics.is_empty() {
        true => prepare(&sources, &choose(&sources)),
        false => Err(diagnostics),
    };
    Ok(Opened { sources, outcome })
}

/// Reads the file at `path` and the libraries it uses.
pub fn load(path: &Path) -> anyhow::Result<Loaded> {
    let text = read(path)?;
    let mut loader = Loader::default();
    let kind = loader.take(path.to_owned(), text);
    loader.known.insert(identity(path), 0);
    loader.follow(0);
    Ok(loader.finish(kind))
}

/// A text and nothing that it uses.
pub fn read_one(path: &Path) -> anyhow::Result<Source> {
    Ok(Source::new(SourceId(0), path.display().to_string(), read(path)?))
}

/// Reads one text; the error says what, on which path, and why.
pub fn read(path: &Path) -> anyhow::Result<String> {
    let failed = || format!("cannot read `{}`", path.display());
    if path.is_dir() {
        return Err(anyhow!("it is a folder, not a file").context(failed()));
    }
    let file = File::open(path).map_err(|error| plain(&error)).with_context(failed)?;
    text_from(file).with_context(failed)
}

/// Reads a text from wherever it comes.
pub fn text_from(reader: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let mut limited = reader.take(BYTES_MAX + 1);
    limited.read_to_end(&mut bytes).map_err(|error| plain(&error))?;
    if bytes.len() as u64 > BYTES_MAX {
        bail!("it is longer than {} MB, the most that is read", BYTES_MAX / 1_000_000);
    }
    if bytes.contains(&0) {
        bail!("it is a binary file, not a text");
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let row = error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count() + 1;
        anyhow!("it is not UTF-8 text: line {row} holds the byte 0x{:02x}", error.as_bytes()[valid])
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// An error of the operating system without its number.
fn plain(error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::NotFound => anyhow!("there is no such file"),
        ErrorKind::PermissionDenied => anyhow!("permission denied"),
        ErrorKind::IsADirectory => anyhow!("it is a folder, not a file"),
        _ => anyhow!("{error}"),
    }
}

/// What tells two files apart, however their paths are written.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The files found so far, in the order in which they were found.
#[derive(Default)]
struct Loader {
    files: Vec<Loading>,
    known: BTreeMap<PathBuf, usize>,
    /// The files whose libraries are all known, those first that use nothing more.
    done: Vec<usize>,
    /// Place and words of every library that cannot be used.
    problems: Vec<(usize, Span, Problem)>,
}

struct Loading {
    path: PathBuf,
    text: String,
    uses: Vec<Use>,
}

struct Problem {
    code: &'static str,
    message: String,
    help: &'static str,
}

impl Loader {
    fn take(&mut self, path: PathBuf, text: String) -> FileKind {
        let source = Source::new(SourceId(0), "", text);
        let Parsed { file, .. } = parse(&source);
        self.files.push(Loading { path, text: source.text, uses: file.uses });
        file.kind
    }

    /// Reads what a file uses. Libraries are followed from the last to the first, so that turning
    /// `done` around brings every file before those it uses, and these in the order of their use.
    fn follow(&mut self, user: usize) {
        for one in self.files[user].uses.clone().iter().rev() {
            let folder = self.files[user].path.parent().unwrap_or(Path::new(""));
            let path = folder.join(&one.path.text);
            match self.library(&path) {
                Ok(Some(index)) => self.follow(index),
                Ok(None) => {}
                Err(problem) => self.problems.push((user, one.path.span, problem)),
            }
        }
        self.done.push(user);
    }

    /// The number of a library, unless it is known already.
    fn library(&mut self, path: &Path) -> Result<Option<usize>, Problem> {
        let identity = identity(path);
        match self.known.get(&identity) {
            Some(0) => return Err(not_a_library(path)),
            Some(_) => return Ok(None),
            None => {}
        }
        if self.files.len() == FILES_MAX {
            let message = format!("the model uses more than {FILES_MAX} libraries");
            return Err(Problem { code: "too-large", message, help: "join some of them" });
        }
        let text = read(path).map_err(|error| Problem {
            code: "unreadable-library",
            message: format!("{error:#}"),
            help: "a library is named by its path, seen from the file that uses it",
        })?;
        let index = self.files.len();
        self.known.insert(identity, index);
        match self.take(path.to_owned(), text) {
            FileKind::Library => Ok(Some(index)),
            FileKind::Model => Err(not_a_library(path)),
        }
    }

    fn finish(self, kind: FileKind) -> Loaded {
        let order: Vec<usize> = self.done.into_iter().rev().collect();
        let new_id = |old: usize| {
            let index = order.iter().position(|&one| one == old);
            SourceId(index.expect("a file that uses something was followed to its end") as u16)
        };
        let complaint = |(user, span, problem): &(usize, Span, Problem)| {
            let span = Span { source: new_id(*user), ..*span };
            Diagnostic::error(problem.code, span, problem.message.clone()).help(problem.help)
        };
        let mut diagnostics: Vec<_> = self.problems.iter().map(complaint).collect();
        diagnostics.sort_by_key(|one| one.primary.0);
        let source = |(index, &old): (usize, &usize)| {
            let Loading { path, text, .. } = &self.files[old];
            Source::new(SourceId(index as u16), path.display().to_string(), text.clone())
        };
        let sources = order.iter().enumerate().map(source).collect();
        Loaded { sources, kind, diagnostics }
    }
}

fn not_a_library(path: &Path) -> Problem {
    Problem {
        code: "not-a-library",
        message: format!("`{}` is a model, not a library", path.display()),
        help: "only files that begin with `library` can be used; move what both need into one",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loads `m.squall` among these files; the names in order, or the messages.
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let folder = tempfile::tempdir().expect("a scratch folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a writable folder");
        }
        let loaded = load(&folder.path().join("m.squall")).expect("a readable model");
        let prefix = format!("{}/", folder.path().display());
        let said = match loaded.diagnostics.as_slice() {
            [] => loaded.sources.iter().map(|one| one.name.clone()).collect::<Vec<_>>(),
            all => all.iter().map(|one| one.message.clone()).collect(),
        };
        let said: Vec<_> = said.iter().map(|one| one.replace(&prefix, "")).collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn every_library_comes_once_and_before_those_it_uses() {
        check(
            &[
                ("m.squall", "model m\nuse \"c.squall\"\nuse \"b.squall\"\n"),
                ("b.squall", "library b\nuse \"c.squall\"\nuse \"./b.squall\"\n"),
                ("c.squall", "library c\n"),
            ],
            &["m.squall", "b.squall", "c.squall"],
        );
    }

    #[test]
    fn unusable_libraries_are_told_at_the_place_that_names_them() {
        check(
            &[
                (
                    "m.squall",
                    "model m\nuse \"none.squall\"\nuse \"other.squall\"\nuse \"m.squall\"\n",
                ),
                ("other.squall", "model other\n"),
            ],
            &[
                "cannot read `none.squall`: there is no such file",
                "`other.squall` is a model, not a library",
                "`m.squall` is a model, not a library",
            ],
        );
    }
}

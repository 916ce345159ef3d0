//! The file in which a sweep keeps what it knows: read once, and then only added to.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::mitigate::sweep::Grid;
use crate::report::sweep::PointReport;
use crate::report::sweep::saved::{Known, Question, point_line, whole_lines};

/// What is known, and where it is kept, if it is.
pub struct Record {
    known: Known,
    file: Option<(File, PathBuf)>,
}

impl Record {
    /// Knows and keeps nothing.
    pub fn none() -> Record {
        Record { known: Known::new(), file: None }
    }

    /// Reads what a file knows, or begins it. A file of another sweep is refused, and left as it is.
    pub fn open(path: &Path, question: &Question) -> anyhow::Result<Record> {
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read.with_context(|| format!("cannot read `{}`", path.display()))?,
        };
        let cannot_go_on = || format!("cannot go on with `{}`", path.display());
        let whole = whole_lines(&bytes);
        // The first line itself may have been cut off; any other text without a line end is not ours.
        if whole.is_empty() && !question.line().as_bytes().starts_with(&bytes) {
            bail!("{}: it is not what `squall sweep --resume` writes", cannot_go_on());
        }
        let text = str::from_utf8(whole).with_context(cannot_go_on)?;
        let known = question.known(text).with_context(cannot_go_on)?;
        let failed = || format!("cannot write `{}`", path.display());
        let opened = OpenOptions::new().append(true).create(true).open(path);
        let mut file = opened.with_context(failed)?;
        if whole.len() < bytes.len() {
            file.set_len(whole.len() as u64).with_context(failed)?;
        }
        if whole.is_empty() {
            file.write_all(question.line().as_bytes()).with_context(failed)?;
        }
        Ok(Record { known, file: Some((file, path.to_owned())) })
    }

    /// What is known of a point.
    pub fn known(&self, grid: &Grid, point: usize) -> Option<&PointReport> {
        self.known.get(&at(grid, point))
    }

    /// Keeps what was found at a point, in one piece.
    pub fn keep(&mut self, grid: &Grid, point: usize, found: &PointReport) -> anyhow::Result<()> {
        let Some((file, path)) = &mut self.file else { return Ok(()) };
        let written = file.write_all(point_line(&at(grid, point), found).as_bytes());
        written.with_context(|| format!("cannot write `{}`", path.display()))
    }
}

/// The values at a point, by name.
fn at(grid: &Grid, point: usize) -> BTreeMap<String, String> {
    let named = grid.axes.iter().zip(grid.values(point));
    named.map(|(axis, value)| (axis.name.clone(), value.to_owned())).collect()
}

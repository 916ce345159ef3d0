//! Files beside the cases that hold what people read: told reports and drawn diagnostics.

use std::path::PathBuf;

use squall::explore::Limits;
use squall::report::{Report, diagnostic, text};

use super::expectation::{Case, answers};

/// Whether the files are to be rewritten.
pub fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Folders whose cases have their whole report beside them.
const TOLD: [&str; 4] = ["breach/", "mitigation/", "storm/", "trace/"];

/// Compares what a person would read with the files beside the case.
pub fn check(case: &Case) -> Result<(), String> {
    match case.prepare() {
        Err(diagnostics) => {
            compare(case, "diagnostics", &plain(&diagnostic::draw(&case.sources, &diagnostics)))
        }
        Ok(prepared) => {
            if !prepared.warnings.is_empty() {
                let drawn = diagnostic::draw(&case.sources, &prepared.warnings);
                compare(case, "diagnostics", &plain(&drawn))?;
            }
            if !TOLD.iter().any(|folder| case.name.starts_with(folder)) {
                return Ok(());
            }
            let answers = answers(&prepared, 1, Limits::NONE);
            let report = Report::of(&prepared, &answers);
            let command = format!("squall check {}", case.sources[0].name);
            compare(case, "report", &plain(&text::write(&report, &case.sources, &command)))
        }
    }
}

/// What is written for a terminal, without its colours.
pub fn plain(styled: &str) -> String {
    let mut plain = String::new();
    let mut signs = styled.chars();
    while let Some(sign) = signs.next() {
        if sign == '\u{1b}' {
            signs.find(|sign| *sign == 'm');
        } else {
            plain.push(sign);
        }
    }
    let lines: Vec<&str> = plain.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

fn compare(case: &Case, kind: &str, found: &str) -> Result<(), String> {
    let path: PathBuf = case.path.with_extension(format!("{kind}.txt"));
    if is_updating() {
        return std::fs::write(&path, found).map_err(|error| error.to_string());
    }
    let expected = std::fs::read_to_string(&path)
        .map_err(|error| format!("{kind}: {error}; `UPDATE=1 cargo test` writes it"))?;
    if expected == found {
        return Ok(());
    }
    let lines = expected.lines().zip(found.lines());
    let first = lines.take_while(|(one, other)| one == other).count() + 1;
    Err(format!("{kind} differs from line {first} on\nexpected:\n{expected}\nfound:\n{found}"))
}

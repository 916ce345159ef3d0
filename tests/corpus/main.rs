//! The corpus: every case file says what must happen, and every way to check a model must agree.
//!
//! One named test for each case and treatment. `UPDATE=1 cargo test` rewrites what the files expect,
//! which is then read in review; `SLOW=1` checks the large models in full.

mod expectation;
mod golden;
mod treatment;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use expectation::Case;
use treatment::Treatment;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every model text below a folder of the project, in order of their paths.
fn texts_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![root().join(folder)];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder can be listed");
            pending.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "squall") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for path in texts_below("tests/cases") {
        let case = Arc::new(Case::read(&path));
        // Messages are checked through the command line, which draws them.
        if case.is_library || case.name.starts_with("messages/") {
            continue;
        }
        if golden::is_updating() {
            // First what it expects, then what people read of it.
            expectation::rewrite(&case);
        }
        for treatment in Treatment::ALL {
            let case = Arc::new(Case::read(&path));
            let name = format!("cases/{}::{}", case.name, treatment.name());
            trials.push(Trial::test(name, move || Ok(treatment.check(&case)?)));
        }
    }
    for path in texts_below("models") {
        let case = Arc::new(Case::read(&path));
        if case.is_library {
            continue;
        }
        trials.push(Trial::test(format!("models/{}", case.name), move || {
            Ok(treatment::check_model(&case)?)
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

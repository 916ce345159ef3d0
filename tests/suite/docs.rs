//! What the documents say is so: every shown output is real, every shown model is sound.

use std::path::{Path, PathBuf};
use std::process::Command;

use squall::base::{Severity, Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::Settings;
use squall::pipeline::{self, Request};
use squall::report::number::grouped;
use squall::verdict::{Answer, Verdict};

/// The fenced blocks of a document that begin with ```` ```language ````.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in document.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.trim().to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks.into_iter().filter(|(found, _)| found == language).map(|(_, text)| text).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    let path: PathBuf = root().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether the lines of an output are as shown, where a line `…` stands for any number of lines.
fn matches(shown: &[&str], real: &[&str]) -> bool {
    match shown.split_first() {
        None => real.is_empty(),
        Some((&"…", rest)) => (0..=real.len()).any(|skipped| matches(rest, &real[skipped..])),
        Some((line, rest)) => {
            real.split_first().is_some_and(|(found, behind)| found == line && matches(rest, behind))
        }
    }
}

/// Runs what stands behind each `$ ` and compares its standard output with the lines below it.
fn check_console(block: &str, folder: &Path) {
    assert!(block.starts_with("$ "), "a console block begins with a command: {block}");
    let block = format!("\n{block}");
    block.split("\n$ ").skip(1).for_each(|part| check_command(part, folder));
}

/// A command, and below it what it prints. A model that the document shows is read from a folder of its own.
fn check_command(part: &str, folder: &Path) {
    let mut lines = part.lines();
    let command = lines.next().unwrap_or_default();
    let arguments = command
        .strip_prefix("cargo run --release -- ")
        .or_else(|| command.strip_prefix("squall "))
        .unwrap_or_else(|| panic!("not a command of this program: {command}"));
    let mut words = arguments.split_whitespace();
    let is_shown = words.any(|word| word.ends_with(".squall") && folder.join(word).exists());
    let output = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(arguments.split_whitespace())
        .current_dir(if is_shown { folder } else { root() })
        .output()
        .expect("the program can be started");
    let real = String::from_utf8(output.stdout).expect("the output is text");
    let shown: Vec<&str> = lines.map(str::trim_end).collect();
    let real_lines: Vec<&str> = real.lines().map(str::trim_end).collect();
    assert!(matches(&shown, &real_lines), "`{command}` prints something else:\n{real}");
}

#[test]
fn outputs_in_the_readme_are_real() {
    let consoles = blocks(&read("README.md"), "console");
    assert!(consoles.len() >= 2, "the README shows what the program does");
    let folder = tempfile::tempdir().expect("a scratch folder");
    for model in blocks(&read("README.md"), "squall") {
        let name = model.lines().find_map(|line| line.strip_prefix("model "));
        let name = name.expect("a model says its name");
        let path = folder.path().join(format!("{name}.squall"));
        std::fs::write(path, model).expect("a writable file");
    }
    consoles.iter().for_each(|block| check_console(block, folder.path()));
}

#[test]
fn models_in_the_documents_are_sound() {
    for document in ["README.md", "models/LANGUAGE.md"] {
        let examples = blocks(&read(document), "squall");
        assert!(!examples.is_empty(), "{document} shows a model");
        for example in examples {
            let sources = [Source::new(SourceId(0), document, example)];
            let diagnostics = match pipeline::prepare(&sources, &Settings::default()) {
                Ok(prepared) => prepared.warnings,
                Err(diagnostics) => diagnostics,
            };
            let bad = diagnostics
                .iter()
                .find(|one| one.severity == Severity::Error || one.code.0 != "unused");
            assert!(bad.is_none(), "{document}: {bad:?}");
        }
    }
}

/// The cells of a row of a table, without their blanks.
fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split(" | ").map(str::trim).collect()
}

/// What the table of models says of a model: its properties with their verdicts, its states, its steps.
fn found(path: &str) -> (String, String, String) {
    let sources = [Source::new(SourceId(0), path, read(path))];
    let prepared = pipeline::prepare(&sources, &Settings::default())
        .unwrap_or_else(|diagnostics| panic!("{path}: {diagnostics:?}"));
    let request = Request {
        properties: prepared.model.properties.ids().collect(),
        limits: Limits::NONE,
        workers: 1,
    };
    let answers = pipeline::run(&prepared, &request, &mut Silent);
    let word = |answer: &Answer| match answer.verdict {
        Verdict::Holds { .. } => "holds",
        Verdict::Fails { .. } => "fails",
        Verdict::Unknown(_) => "unknown",
    };
    let properties = answers
        .by_property()
        .into_iter()
        .map(|(id, answer)| format!("{} {}", prepared.model.properties[id].name, word(answer)));
    let summary = &answers.parts[0].summary;
    let properties = properties.collect::<Vec<_>>().join(", ");
    (properties, grouped(summary.state_count as u64), grouped(summary.step_count))
}

#[test]
fn the_table_of_models_is_true_and_whole() {
    let document = read("models/README.md");
    let rows = document.lines().filter(|line| line.starts_with("| [")).map(cells);
    let mut listed = Vec::new();
    for row in rows {
        let path = row[0].split_once('(').and_then(|(_, link)| link.strip_suffix(')'));
        let path = format!("models/{}", path.expect("the first cell is a link"));
        let said = (row[2].to_owned(), row[3].to_owned(), row[4].to_owned());
        assert_eq!(said, found(&path), "models/README.md is wrong about {path}");
        listed.push(path);
    }
    let mut there = Vec::new();
    for folder in ["tour", "incidents", "scale"] {
        let entries = std::fs::read_dir(root().join("models").join(folder)).expect("it exists");
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        there.extend(names.map(|name| format!("models/{folder}/{name}")));
    }
    there.sort();
    listed.sort();
    assert_eq!(listed, there, "the table lists every model");
}

#[test]
fn a_line_of_dots_stands_for_any_lines() {
    assert!(matches(&["a", "…", "d"], &["a", "b", "c", "d"]));
    assert!(matches(&["…"], &[]));
    assert!(!matches(&["a", "…", "d"], &["a", "b"]));
    assert!(!matches(&["a"], &["a", "b"]));
}

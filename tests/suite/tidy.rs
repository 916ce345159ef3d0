//! Rules about our own files that nothing else checks: layers, openings, leftovers, lengths, names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project: its path from the root, with `/`, and its text.
struct File {
    path: String,
    text: String,
}

impl File {
    /// The code and comments before the tests at the end of the file.
    fn without_tests(&self) -> &str {
        self.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(&self.text)
    }

    fn is_test(&self) -> bool {
        ["tests", "agreement"].iter().any(|part| {
            self.path.contains(&format!("/{part}/")) || self.path.ends_with(&format!("/{part}.rs"))
        })
    }

    /// The numbered lines that `is_bad`, as `path:line: text`.
    fn lines_where(&self, is_bad: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.text.lines().enumerate().filter(|(_, line)| is_bad(line));
        lines.map(|(at, line)| format!("{}:{}: {}", self.path, at + 1, line.trim())).collect()
    }
}

fn files_below(folder: &str, extension: &str) -> Vec<File> {
    let mut files = Vec::new();
    let mut pending = vec![root().join(folder)];
    while let Some(path) = pending.pop() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        if path.is_dir() {
            if name.as_deref() == Some("target") {
                continue;
            }
            let entries = std::fs::read_dir(&path).expect("a folder can be listed");
            pending.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = std::fs::read_to_string(&path).expect("a source file is text");
            files.push(File { path: below_root(&path), text });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!files.is_empty(), "nothing to check in {folder}");
    files
}

fn below_root(path: &Path) -> String {
    let parts: PathBuf = path.strip_prefix(root()).expect("it lies below the root").to_owned();
    parts.to_string_lossy().replace('\\', "/")
}

fn sources() -> Vec<File> {
    files_below("src", "rs")
}

fn rust() -> Vec<File> {
    [sources(), files_below("tests", "rs")].into_iter().flatten().collect()
}

fn nothing_found(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// What each room may import, as the table in `src/lib.rs` says. None for the rooms that may import all.
fn allowed(room: &str) -> Option<BTreeSet<&'static str>> {
    let rooms: &[&str] = match room {
        "base" => &[],
        "syntax" | "system" => &["base"],
        "model" => &["base", "syntax", "system"],
        "explore" => &["base", "system"],
        "compile" => &["base", "model", "system"],
        "trace" => &["base", "syntax", "system", "model", "explore", "compile"],
        "certificate" => &["base", "system", "model"],
        "verdict" => {
            &["base", "syntax", "system", "model", "explore", "compile", "trace", "certificate"]
        }
        "audit" => &["base", "syntax", "system", "model", "trace", "certificate"],
        "pipeline" => &[
            "base",
            "syntax",
            "system",
            "model",
            "explore",
            "compile",
            "trace",
            "verdict",
            "certificate",
            "audit",
        ],
        "mitigate" => &[
            "base",
            "syntax",
            "system",
            "model",
            "explore",
            "compile",
            "trace",
            "verdict",
            "pipeline",
            "certificate",
            "audit",
        ],
        "report" => &[
            "base",
            "syntax",
            "system",
            "model",
            "explore",
            "compile",
            "trace",
            "verdict",
            "pipeline",
            "mitigate",
            "certificate",
            "audit",
        ],
        "bridge" => &[
            "base", "syntax", "system", "model", "explore", "compile", "trace", "verdict",
            "pipeline", "report",
        ],
        _ => return None,
    };
    Some(rooms.iter().copied().chain([]).collect())
}

fn room_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split(['/', '.']).next().unwrap_or(inside)
}

#[test]
fn layers_import_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for file in sources() {
        let room = room_of(&file.path);
        let (Some(allowed), false) = (allowed(room), file.is_test()) else { continue };
        for (at, line) in file.without_tests().lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for path in line.split("crate::").skip(1) {
                let name: String = path
                    .chars()
                    .take_while(|sign| sign.is_ascii_lowercase() || *sign == '_')
                    .collect();
                let is_own = name == room || name.is_empty() || path.starts_with("id!");
                if !is_own && !allowed.contains(name.as_str()) {
                    wrong.push(format!("{}:{}: {room} must not know {name}", file.path, at + 1));
                }
            }
        }
    }
    nothing_found("imports against the table in src/lib.rs", wrong);
}

#[test]
fn the_layer_table_names_every_room() {
    let tour = std::fs::read_to_string(root().join("src/lib.rs")).expect("there is a tour");
    let rooms = tour.lines().filter_map(|line| line.strip_prefix("pub mod "));
    for room in rooms.map(|line| line.trim_end_matches(';')) {
        let is_told = tour.contains(&format!("[`{room}`]"));
        assert!(is_told, "`{room}` is not in the table of src/lib.rs");
        let is_checked = allowed(room).is_some() || ["cli", "bridge"].contains(&room);
        assert!(is_checked, "`{room}` has no line in `allowed`");
    }
}

#[test]
fn every_file_opens_with_a_sentence() {
    let opens = |file: &File| {
        let first = file.text.lines().take_while(|line| line.starts_with("//!"));
        let opening: Vec<&str> = first.take_while(|line| line.trim() != "//!").collect();
        let opening = opening.join(" ");
        opening.len() > 10 && (opening.contains(['.', '!', '?']) || opening.ends_with(':'))
    };
    let wrong = rust().into_iter().filter(|file| !opens(file)).map(|file| file.path).collect();
    nothing_found("files that do not say in a first sentence what they are for", wrong);
}

#[test]
fn nothing_is_left_over() {
    // Put together here, so that this file does not hold them itself.
    let leftovers = ["todo", "unimplemented", "dbg"].map(|word| format!("{word}!("));
    let marks = ["TO-DO", "FIX-ME", "XX-X"].map(|mark| mark.replace('-', ""));
    let bare = format!(".unwrap{}", "()");
    let mut wrong = Vec::new();
    for file in rust() {
        wrong.extend(file.lines_where(|line| {
            leftovers.iter().chain(&marks).chain([&bare]).any(|word| line.contains(word.as_str()))
        }));
    }
    nothing_found("leftovers; `expect(\"why it cannot fail\")` instead of a bare unwrap", wrong);
}

#[test]
fn only_the_outermost_layer_touches_the_world() {
    let worldly = [
        "std::fs",
        "std::env",
        "time::Instant",
        "std::process",
        "std::net",
        "SystemTime",
        "Instant::now",
        "println!",
        "eprintln!",
        "stdout()",
        "stderr()",
    ];
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| allowed(room_of(&file.path)).is_some()) {
        if !file.is_test() {
            let text = file.without_tests().to_owned();
            let file = File { path: file.path.clone(), text };
            wrong.extend(file.lines_where(|line| {
                !line.trim_start().starts_with("//")
                    && worldly.iter().any(|word| line.contains(word))
            }));
        }
    }
    nothing_found("files, clock, environment or terminal below `cli`", wrong);
}

#[test]
fn no_order_comes_from_hash_maps() {
    let mut wrong = Vec::new();
    // These only look things up; that nobody iterates is checked by a lint.
    let unordered = [
        "src/system/stateright/as_system.rs",
        "src/verdict/lasso.rs",
        "src/verdict/rescue.rs",
        "src/verdict/window.rs",
    ];
    for file in sources().iter().filter(|file| !unordered.contains(&file.path.as_str())) {
        wrong.extend(file.lines_where(|line| {
            let is_code = !line.trim_start().starts_with("//");
            is_code && (line.contains("HashMap") || line.contains("HashSet"))
        }));
    }
    nothing_found("std hash maps have an order of their own; use BTreeMap or an IdVec", wrong);
}

#[test]
fn nothing_below_report_is_serialized() {
    let mut wrong = Vec::new();
    for file in sources() {
        if !matches!(room_of(&file.path), "report" | "cli") {
            wrong.extend(file.lines_where(|line| {
                line.contains("Serialize") || line.contains("serde") && !line.starts_with("//")
            }));
        }
    }
    nothing_found("serializers below `report`", wrong);
}

#[test]
fn lines_and_files_are_short_enough_to_read() {
    let mut wrong = Vec::new();
    for file in rust() {
        // Tables, pictures and models in tests are as wide as they must be.
        let is_prose = |line: &str| !line.starts_with("//!") && line.chars().count() > 110;
        if file.path.starts_with("src/") && !file.is_test() {
            wrong.extend(file.lines_where(is_prose));
        }
        let lines = file.without_tests().lines().count();
        // The checker of expressions is one thing, and one file until it finds its seam.
        let most = match file.path.as_str() {
            "src/model/check/expression.rs" => 1300,
            _ => 800,
        };
        if lines > most {
            wrong.push(format!("{}: {lines} lines, but {most} are the most", file.path));
        }
    }
    nothing_found("too long", wrong);
}

#[test]
fn the_project_holds_only_its_own_words() {
    // Put together here, so that this file does not hold them itself.
    let foreign = [
        "/wo-rk/",
        "/ro-ot/",
        "/ho-me/",
        "/tm-p/",
        "Clau-de",
        "Chat-GPT",
        "Copi-lot",
        "Anthro-pic",
    ]
    .map(|word| word.replace('-', ""));
    let mut wrong = Vec::new();
    let mut files = rust();
    for (folder, extension) in [("tests", "squall"), ("tests", "txt"), ("models", "squall")] {
        if root().join(folder).is_dir() {
            files.extend(files_below(folder, extension));
        }
    }
    for file in files {
        wrong.extend(
            file.lines_where(|line| foreign.iter().any(|word| line.contains(word.as_str()))),
        );
    }
    nothing_found("paths of a machine, or names of tools outside the project", wrong);
}

#[test]
fn cases_have_a_name_of_their_own_and_say_why_they_exist() {
    let mut paths_by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in files_below("tests/cases", "squall") {
        let name =
            file.path.rsplit('/').next().unwrap_or("").trim_end_matches(".squall").to_owned();
        if name.ends_with(|sign: char| sign.is_ascii_digit()) {
            wrong.push(format!("{}: the name ends in a digit; say the point", file.path));
        }
        let why: usize = file
            .text
            .lines()
            .take_while(|line| line.starts_with("//"))
            .filter(|line| !line.starts_with("//=") && !line.starts_with("//:"))
            .map(str::len)
            .sum();
        if why < 25 {
            wrong.push(format!("{}: does not say why it exists", file.path));
        }
        paths_by_name.entry(name).or_default().push(file.path);
    }
    let repeated = paths_by_name.into_values().filter(|paths| paths.len() > 1);
    wrong.extend(repeated.map(|paths| format!("the same name: {}", paths.join(", "))));
    nothing_found("cases", wrong);
}

#[test]
fn every_golden_file_belongs_to_a_case() {
    let mut wrong = Vec::new();
    for file in files_below("tests/cases", "txt") {
        let stem = file.path.trim_end_matches(".txt");
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
        if !root().join(format!("{stem}.squall")).is_file() {
            wrong.push(file.path);
        }
    }
    nothing_found("golden files without a case", wrong);
}

#[test]
fn every_message_about_a_text_is_shown_by_a_case() {
    let mut codes = BTreeSet::new();
    for path in ["src/model/errors.rs", "src/syntax/errors.rs"] {
        let text = std::fs::read_to_string(root().join(path)).expect("messages have a file");
        let text: String = text.split_whitespace().collect();
        for start in ["Diagnostic::error(\"", "Diagnostic::warning(\""] {
            let found = text.split(start).skip(1).filter_map(|rest| rest.split('"').next());
            codes.extend(found.map(str::to_owned));
        }
    }
    assert!(codes.len() > 60, "the messages' codes are found: {codes:?}");
    let drawn: String =
        files_below("tests/cases", "txt").into_iter().map(|file| file.text).collect();
    // More mistakes than anybody reads would fill a file that nobody reads.
    codes.remove("too-many-errors");
    let is_shown = |code: &String| drawn.contains(&format!("[{code}]"));
    let missing = codes.into_iter().filter(|code| !is_shown(code)).collect();
    nothing_found("messages that no golden file shows", missing);
}

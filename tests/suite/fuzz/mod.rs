//! Texts of the corpus, mangled: whatever they say, nothing panics and nothing takes long.
//!
//! `SQUALL_SEED` says with which seed to begin, `SQUALL_SECONDS` for how long to go on. A text that is
//! found is made smaller before it is printed; it is then kept as a case.

mod survive;

use std::path::Path;
use std::time::{Duration, Instant};

use survive::survive;

use crate::engine::worlds::Dice;
use crate::quiet::quietly;

/// Nothing so small may take longer, on a slow machine and without optimization.
const PATIENCE: Duration = Duration::from_secs(20);

fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    let mut pending = ["tests/cases", "models"]
        .map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .to_vec();
    pending.retain(|folder| folder.is_dir());
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder can be listed");
            let mut paths: Vec<_> =
                entries.map(|entry| entry.expect("an entry can be read").path()).collect();
            paths.sort();
            pending.extend(paths);
        } else if path.extension().is_some_and(|extension| extension == "squall") {
            texts.push(std::fs::read_to_string(&path).expect("a case is text"));
        }
    }
    assert!(texts.len() > 50, "there is a corpus to mangle");
    texts
}

/// Words, signs and blanks, as pieces that can be put in other places.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let kind = |sign: char| match sign {
        _ if sign.is_alphanumeric() || sign == '_' => 0,
        _ if sign == ' ' => 1,
        '\n' => 2,
        _ => 3,
    };
    let mut last = None;
    for sign in text.chars() {
        let this = kind(sign);
        match pieces.last_mut() {
            Some(piece) if last == Some(this) && this < 2 => piece.push(sign),
            _ => pieces.push(sign.to_string()),
        }
        last = Some(this);
    }
    pieces
}

const STRANGE: [&str; 24] = [
    "-9223372036854775808",
    "9223372036854775807",
    "0",
    "1",
    "none",
    "self",
    "any",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "..",
    "é",
    "\u{0}",
    "\r\n",
    "///",
    "//",
    "\"",
    "?",
    "saturating",
    "resting",
    "in",
];

/// A text, mangled a few times.
fn mangle(dice: &mut Dice, texts: &[String]) -> String {
    let any = |dice: &mut Dice| pieces(&texts[dice.below(texts.len())]);
    let mut mangled = any(dice);
    for _ in 0..1 + dice.below(6) {
        if mangled.is_empty() {
            break;
        }
        let at = dice.below(mangled.len());
        let until = (at + 1 + dice.below(8)).min(mangled.len());
        match dice.below(8) {
            0 => drop(mangled.drain(at..until)),
            1 => {
                let copy = mangled[at..until].to_vec();
                let to = dice.below(mangled.len());
                drop(mangled.splice(to..to, copy));
            }
            2 => {
                let other = dice.below(mangled.len());
                mangled.swap(at, other);
            }
            3 => mangled.insert(at, STRANGE[dice.below(STRANGE.len())].to_owned()),
            4 => mangled[at] = STRANGE[dice.below(STRANGE.len())].to_owned(),
            5 => {
                let other = any(dice);
                let from = dice.below(other.len().max(1));
                let until = (from + dice.below(40)).min(other.len());
                drop(mangled.splice(at..at, other[from.min(until)..until].to_vec()));
            }
            6 => {
                let other = any(dice);
                if !other.is_empty() {
                    mangled[at] = other[dice.below(other.len())].clone();
                }
            }
            _ if dice.chance(1, 6) => mangled.truncate(at),
            _ => {}
        }
    }
    mangled.concat()
}

fn survives(text: &str) -> bool {
    let start = Instant::now();
    quietly(|| survive(text)).is_ok() && start.elapsed() < PATIENCE
}

/// Fewer lines, then fewer pieces, as long as it still fails.
fn shrink(text: &str) -> String {
    let mut parts: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for _ in 0..2 {
        let mut width = parts.len().div_ceil(2);
        while width > 0 {
            let mut at = 0;
            while at < parts.len() {
                let mut fewer = parts.clone();
                drop(fewer.drain(at..(at + width).min(parts.len())));
                if survives(&fewer.concat()) { at += width } else { parts = fewer }
            }
            width /= 2;
        }
        parts = pieces(&parts.concat());
    }
    parts.concat()
}

#[test]
fn mangled_texts_neither_panic_nor_take_long() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (mut seed, seconds) =
        (number("SQUALL_SEED").unwrap_or(0), number("SQUALL_SECONDS").unwrap_or(3));
    let texts = texts();
    let start = Instant::now();
    let first = seed;
    while start.elapsed() < Duration::from_secs(seconds) {
        let text = mangle(&mut Dice::from_seed(seed), &texts);
        if !survives(&text) {
            let smallest = shrink(&text);
            let why = quietly(|| survive(&smallest)).err().unwrap_or("takes too long".to_owned());
            panic!("SQUALL_SEED={seed}: {why}\n{smallest}\n---\n{smallest:?}");
        }
        seed += 1;
    }
    assert!(seed > first + 20, "only {} texts in {seconds} seconds", seed - first);
    println!("{} texts", seed - first);
}

#[test]
fn all_texts_of_the_corpus_survive() {
    for text in texts() {
        survive(&text);
    }
}

#[test]
fn hostile_texts_survive() {
    let deep = |open: &str, close: &str| {
        format!("model m\ndef d = {}1{}\n", open.repeat(100_000), close.repeat(100_000))
    };
    let texts = [
        String::new(),
        "\u{feff}model m\n".to_owned(),
        "\u{0}\u{1}\u{7f}\u{fffd}".repeat(100),
        deep("(", ")"),
        deep("not ", ""),
        deep("-", ""),
        deep("if true then ", " else 1"),
        deep("(", ""),
        format!("model m\n{}", "machine M {\n".repeat(10_000)),
        format!("model m\naction a {{ {} {} }}", "if true {".repeat(20_000), "}".repeat(20_000)),
        format!("model m\nvar x: {} 0..1\n", "set of ".repeat(50_000)),
        format!("model m\nvar x: {} bool\n", "[bool] ".repeat(50_000)),
        format!("model m\ndef d = {}\n", vec!["1"; 50_000].join(" + ")),
        format!("model m\n// {}\n", "x".repeat(1_000_000)),
        format!("model {}\n", "x".repeat(1_000_000)),
    ];
    for text in texts {
        let start = Instant::now();
        survive(&text);
        let shown: String = text.chars().take(60).collect();
        assert!(start.elapsed() < PATIENCE, "takes {:?}: {shown}…", start.elapsed());
    }
}

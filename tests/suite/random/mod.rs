//! Generated models: both meanings state by state, every answer against a textbook, certificates,
//! layouts, workers, machine code, and another engine.
//!
//! `scenario` makes small systems that are about something, `generate` uses all of the language; `claims`
//! makes claims of every kind about both. The textbook is that of `tests/suite/engine`, on the graph that
//! the reference meaning draws (`book`); `examine` compares verdicts, worst values, notes, regions and what
//! is shown with it.
//!
//! `SQUALL_MODELS` says how many, `SQUALL_SEED` with which to begin; by default some seconds' worth. A
//! night's worth, an hour or less of it:
//!
//! ```text
//! SQUALL_MODELS=100000 SQUALL_SEED=1000000 cargo test --release --test suite generated_models -- --nocapture
//! ```
//!
//! A model on which two sides differ is made as small as it goes before it is printed with its seed.
//! What was wrong then gets a case in `tests/cases`.

mod agree;
mod book;
mod claims;
mod examine;
pub mod generate;
pub mod scenario;
mod tally;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use agree::{Outcome, agree};
use generate::generate;
use scenario::scenario;
use tally::{Gist, KINDS, Tally};
use tree::{Text, shrink};

use squall::compile::Evaluator;

use crate::engine::worlds::Dice;
use crate::quiet::quietly;

/// Some seconds of work for a test run.
const MODELS: u64 = 1000;

/// Three of four models are about something; the fourth may say anything.
fn model(seed: u64) -> Text {
    let mut dice = Dice::from_seed(seed);
    if dice.chance(3, 4) { scenario(&mut dice) } else { generate(&mut dice) }
}

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// One of ten models runs as machine code, which takes its time to make.
fn evaluator(seed: u64) -> Evaluator {
    if seed.is_multiple_of(10) { Evaluator::NATIVE } else { Evaluator::Interpreted }
}

/// Compares the text of a seed, or a smaller one; a panic is a disagreement as well.
fn outcome(seed: u64, text: &Text) -> Result<Outcome, String> {
    let compare = || agree(&text.to_string(), evaluator(seed));
    quietly(compare).unwrap_or_else(|words| Err(format!("panics: {words}")))
}

/// The first words of a disagreement, by which a smaller text fails in the same way.
fn kind(disagreement: &str) -> String {
    disagreement.chars().take(60).take_while(|sign| !sign.is_ascii_digit()).collect()
}

fn report(seed: u64, text: Text, disagreement: &str) -> String {
    let wanted = kind(disagreement);
    let fails = |text: &Text| outcome(seed, text).is_err_and(|why| kind(&why) == wanted);
    let smallest = shrink(text, &fails);
    let why = outcome(seed, &smallest).expect_err("it still fails");
    format!("SQUALL_SEED={seed} SQUALL_MODELS=1\n{smallest}\n{why}\n")
}

/// What came of all models.
#[derive(Default)]
struct Findings {
    /// Why texts were no models, and how often.
    invalid: BTreeMap<String, usize>,
    partly: usize,
    agreed: usize,
    tally: Tally,
    /// The kinds of disagreement, each told once.
    kinds: BTreeSet<String>,
    reports: Vec<String>,
}

impl Findings {
    fn add(&mut self, seed: u64) {
        let text = model(seed);
        match outcome(seed, &text) {
            Ok(Outcome::Invalid(why)) => *self.invalid.entry(why).or_default() += 1,
            Ok(Outcome::Partly) => self.partly += 1,
            Ok(Outcome::Agreed(of_one)) => {
                self.agreed += 1;
                self.tally.join(of_one);
            }
            Err(disagreement) if self.kinds.insert(kind(&disagreement)) => {
                let report = report(seed, text, &disagreement);
                eprintln!("{report}");
                self.reports.push(report);
            }
            Err(_) => {}
        }
    }

    fn print(&self) {
        let invalid: usize = self.invalid.values().sum();
        println!("{invalid} invalid, {} in part, {} in full", self.partly, self.agreed);
        let mut reasons: Vec<_> = self.invalid.iter().collect();
        reasons.sort_by_key(|(why, count)| (usize::MAX - **count, *why));
        reasons.iter().take(8).for_each(|(why, count)| println!("{count} times: {why}"));
        println!("{}", self.tally);
    }
}

#[test]
fn generated_models_mean_the_same_however_they_are_checked() {
    let first = number_from("SQUALL_SEED").unwrap_or(0);
    let count = number_from("SQUALL_MODELS").unwrap_or(MODELS);
    let mut findings = Findings::default();
    (first..first + count).for_each(|seed| findings.add(seed));
    findings.print();
    assert!(findings.reports.is_empty(), "two sides differ:\n{}", findings.reports.join("\n"));
    if count >= MODELS {
        check_variety(&findings, count as usize);
    }
}

/// Every kind of claim both holds and fails, of what comes about.
fn check_variety(findings: &Findings, count: usize) {
    assert!(findings.agreed * 2 > count, "most models should be valid and small");
    let tally = &findings.tally;
    for kind in KINDS {
        let holds = tally.count(kind, &[Gist::Holds]);
        let fails = tally.count(kind, &[Gist::Fails, Gist::Storm, Gist::Trap]);
        let enough = count / 150;
        assert!(holds >= enough && fails >= enough, "`{kind}` holds {holds}, fails {fails} times");
    }
    for (kind, gist) in [
        ("finite", Gist::Storm),
        ("finite", Gist::Trap),
        ("total", Gist::Storm),
        ("total", Gist::Trap),
        ("total", Gist::Fails),
    ] {
        let found = tally.count(kind, &[gist]);
        assert!(found >= count / 150, "`{kind}` is a {gist:?} {found} times");
    }
    let rare = tally.breaching.min(tally.stopping);
    assert!(rare >= count / 20, "rules are broken and time stops in {rare} graphs");
    let Tally { leaner, ordered, .. } = *tally;
    assert!(leaner >= count / 50, "{leaner} models have values that nothing reads");
    assert!(ordered >= count / 100, "{ordered} models have steps of which one order is enough");
}

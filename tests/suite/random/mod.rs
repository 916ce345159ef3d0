//! Generated models: both meanings state by state, verdicts against a textbook, layouts, workers.
//!
//! `SQUALL_MODELS` says how many, `SQUALL_SEED` with which to begin. A model on which two sides differ is
//! made as small as it goes before it is printed.

mod agree;
mod book;
pub mod generate;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use agree::{Outcome, agree};
use generate::generate;
use tree::{Text, shrink};

use crate::engine::worlds::Dice;
use crate::quiet::quietly;

/// Some seconds of work for a test run.
const MODELS: u64 = 1000;

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// Compares a text; a panic is a disagreement as well.
fn outcome(text: &str) -> Result<Outcome, String> {
    quietly(|| agree(text)).unwrap_or_else(|words| Err(format!("panics: {words}")))
}

/// The first words of a disagreement, by which a smaller text fails in the same way.
fn kind(disagreement: &str) -> String {
    disagreement.chars().take(60).take_while(|sign| !sign.is_ascii_digit()).collect()
}

fn report(seed: u64, text: Text, disagreement: &str) -> String {
    let wanted = kind(disagreement);
    let fails = |text: &Text| outcome(&text.to_string()).is_err_and(|why| kind(&why) == wanted);
    let smallest = shrink(text, &fails);
    let why = outcome(&smallest.to_string()).expect_err("it still fails");
    format!("SQUALL_SEED={seed} SQUALL_MODELS=1\n{smallest}\n{why}\n")
}

#[test]
fn generated_models_mean_the_same_however_they_are_checked() {
    let first = number_from("SQUALL_SEED").unwrap_or(0);
    let count = number_from("SQUALL_MODELS").unwrap_or(MODELS);
    let (mut invalid, mut partly, mut agreed) = (0, 0, 0);
    let (mut all_holds, mut all_fails, mut all_breaches) = (0, 0, 0);
    let mut reports = Vec::new();
    let mut kinds = BTreeSet::new();
    let mut reasons = BTreeMap::new();
    for seed in first..first + count {
        let text = generate(&mut Dice::from_seed(seed));
        match outcome(&text.to_string()) {
            Ok(Outcome::Invalid(why)) => {
                invalid += 1;
                *reasons.entry(why).or_insert(0) += 1;
            }
            Ok(Outcome::Partly) => partly += 1,
            Ok(Outcome::Agreed { holds, fails, breaches, .. }) => {
                agreed += 1;
                all_holds += holds;
                all_fails += fails;
                all_breaches += breaches;
            }
            Err(disagreement) if kinds.insert(kind(&disagreement)) => {
                let report = report(seed, text, &disagreement);
                eprintln!("{report}");
                reports.push(report);
            }
            Err(_) => {}
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().map(|(why, count)| (count, why)).collect();
    reasons.sort_unstable_by(|one, other| other.cmp(one));
    reasons.truncate(12);
    println!("{invalid} invalid, {partly} in part, {agreed} in full; {reasons:#?}");
    println!("{all_holds} holds, {all_fails} fails, {all_breaches} breaches");
    assert!(reports.is_empty(), "two sides differ:\n{}", reports.join("\n"));
    if count >= 200 {
        assert!(agreed * 4 > count, "most models should be valid and small");
        let rare = [all_holds, all_fails, all_breaches].into_iter().min();
        assert!(rare > Some(50), "every kind of answer should occur");
    }
}

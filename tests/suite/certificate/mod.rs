//! Certificates: those of every `holds` are accepted, and forged ones are refused.

mod temporal; // certificates of temporal claims

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use squall::audit::{Outcome, audit};
use squall::base::{Source, SourceId};
use squall::certificate::{Certificate, Level, Proof, Reason, text_hash};
use squall::explore::{Limits, Silent};
use squall::model::{MitigationId, Model, ParameterId, Setting, Settings, Value};
use squall::pipeline::{self, Prepared, Request};
use squall::system::FairnessId;
use squall::verdict::Verdict;

/// Claims of every kind, all of which hold.
const WORKSHOP: &str = "\
model workshop

param budget = 1 in 0..2

machine Press {
  state idle, busy, jammed
  var wait: timer(2) = 0
  var oiled: bool

  may action start: idle -> busy when wait == 0 {
    count started
    wait = 2
  }
  action finish: busy -> idle when wait == 0 { }
  fault jam at most budget: busy -> jammed {
    count jams
    wait = 2
  }
  may action hit: jammed -> jammed { count hits }
  action clear: jammed -> idle when wait == 0 { }
  operator action oil when not oiled { oiled = true }
}

machine Door {
  state shut, ajar, locked

  may action swing: shut -> ajar { count swings }
  may action fall: ajar -> shut { }
  strong eventually action lock: ajar -> locked { }
}

meter started
meter jams
meter hits
meter swings

healthy when Press is idle | busy

property dry: never Press.oiled
property short: always Press.wait <= 2
property waits: peak Press.wait <= 2
property jams_once: possible Press is jammed and Door is ajar
property hits_end: finite hits
property swings_end: finite swings
property steady: rate started <= 1/2
property few_jams: total jams <= 1
property few_starts: total started within 3 ticks <= 2
property heals: recovers
property heals_soon: recovers within 2 ticks
property free: always possible Press is idle
property oily: possible Press.oiled with operators
property free_too: always possible Press is idle with operators
property ends: Press is busy leads to Press is idle | jammed
";

fn prepare(text: &str, settings: &Settings) -> Option<Prepared> {
    pipeline::prepare(&[Source::new(SourceId(0), "m.squall", text)], settings).ok()
}

/// More states than these are not audited in a test; all models that ship have fewer.
const MOST_STATES: u64 = 30_000;

/// The certificate of a model, and for each property whether it holds for all that was explored.
fn certified(prepared: &Prepared) -> (Certificate, Vec<bool>) {
    let properties = prepared.model.properties.ids().collect();
    let limits = Limits { states: Some(MOST_STATES), ..Limits::NONE };
    let request = Request { properties, limits, workers: 1 };
    let (answers, parts) = pipeline::run_with_proofs(prepared, &request, &mut Silent);
    let holds = |verdict: &Verdict| matches!(verdict, Verdict::Holds { .. });
    let holds = answers.by_property().iter().map(|(_, answer)| holds(&answer.verdict)).collect();
    let certificate = Certificate { text_hash: 0, mitigations: vec![], settings: vec![], parts };
    let read = Certificate::read(&certificate.write());
    assert_eq!(read.as_ref(), Ok(&certificate), "what was written is read");
    (certificate, holds)
}

/// Accepts the certificate of each claim that holds. How many there were.
fn check_accepted(path: &Path, text: &str, settings: &Settings) -> usize {
    let Some(prepared) = prepare(text, settings) else { return 0 };
    let (certificate, holds) = certified(&prepared);
    let outcomes = audit(&prepared.model, &certificate);
    for ((property, outcome), &holds) in outcomes.iter().zip(&holds) {
        let property = &prepared.model.properties[*property];
        let expected = if holds { Outcome::Ok } else { Outcome::NotCertified };
        assert_eq!(outcome, &expected, "{} of {}", property.name, path.display());
    }
    outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Ok).count()
}

fn models_below(folder: &str) -> Vec<PathBuf> {
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut models = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a readable folder");
            pending.extend(entries.map(|entry| entry.expect("a readable entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "squall") {
            models.push(path);
        }
    }
    models.sort();
    models
}

/// Mitigations, and parameters with their values.
type Choice = (Vec<String>, Vec<(String, Value)>);

/// As the text stands, with each mitigation by itself, and as the model itself expects something.
fn configurations(model: &Model) -> Vec<Settings> {
    let name = |mitigation: &MitigationId| model.mitigations[*mitigation].name.clone();
    let alone = model.mitigations.ids().map(|one| (vec![name(&one)], vec![]));
    let expected = model.expectations.iter().map(|one| {
        let set = |(parameter, value): &(ParameterId, Value)| {
            (model.parameters[*parameter].name.clone(), value.clone())
        };
        (one.mitigations.iter().map(name).collect(), one.settings.iter().map(set).collect())
    });
    let all: BTreeSet<Choice> =
        std::iter::once_with(Default::default).chain(alone).chain(expected).collect();
    let set = |(name, value)| (name, Setting::Value(value));
    let settings = all.into_iter().map(|(mitigations, parameters)| Settings {
        mitigations,
        parameters: parameters.into_iter().map(set).collect(),
    });
    settings.collect()
}

#[test]
fn certificates_of_what_holds_are_accepted() {
    let mut accepted = 0;
    for path in models_below("models").into_iter().chain(models_below("tests/cases")) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let Some(prepared) = prepare(&text, &Settings::default()) else { continue };
        for settings in configurations(&prepared.model) {
            accepted += check_accepted(&path, &text, &settings);
        }
    }
    assert!(accepted > 600, "only {accepted} claims were certified");
    let all = check_accepted(Path::new("workshop"), WORKSHOP, &Settings::default());
    assert_eq!(all, 15);
}

/// The certificate of a model.
fn sound(text: &str) -> (Prepared, Certificate) {
    let prepared = prepare(text, &Settings::default()).expect("a sound model");
    let (certificate, _) = certified(&prepared);
    (prepared, certificate)
}

fn is_refused(prepared: &Prepared, certificate: &Certificate, name: &str) -> bool {
    let outcomes = audit(&prepared.model, certificate);
    let mut own = outcomes.iter().filter(|(id, _)| prepared.model.properties[*id].name == name);
    matches!(own.next(), Some((_, Outcome::Refused(_))))
}

/// Refuses each of the proofs that are made from that of a property.
fn check_refused(name: &str, forge: impl Fn(&Proof) -> Vec<Proof>) {
    check_refused_in(WORKSHOP, name, forge);
}

fn check_refused_in(text: &str, name: &str, forge: impl Fn(&Proof) -> Vec<Proof>) {
    let (prepared, certificate) = sound(text);
    let find = |certificate: &Certificate| {
        let parts = certificate.parts.iter().enumerate();
        let mut all = parts.flat_map(|(part, one)| (0..one.proofs.len()).map(move |at| (part, at)));
        all.find(|&(part, at)| certificate.parts[part].proofs[at].0 == name)
    };
    let (part, at) = find(&certificate).expect("it is certified");
    let forged = forge(&certificate.parts[part].proofs[at].1);
    assert!(!forged.is_empty(), "nothing to forge in {name}");
    for proof in forged {
        let mut certificate = certificate.clone();
        certificate.parts[part].proofs[at].1 = proof.clone();
        assert!(is_refused(&prepared, &certificate, name), "{name} with {proof:?}");
    }
}

/// All that comes of changing one level of an order, by a change that may do nothing.
fn each_level(
    proof: &Proof,
    change: impl Fn(&mut Level, usize) -> bool,
    choices: usize,
) -> Vec<Proof> {
    let (Proof::Order(levels) | Proof::Recovery(levels, _)) = proof else {
        panic!("no order: {proof:?}");
    };
    let mut forged = Vec::new();
    for at in 0..levels.len() {
        for choice in 0..choices {
            let mut levels = levels.clone();
            if change(&mut levels[at], choice) {
                forged.push(match proof {
                    Proof::Recovery(_, most) => Proof::Recovery(levels, most.clone()),
                    _ => Proof::Order(levels),
                });
            }
        }
    }
    forged
}

#[test]
fn no_state_may_be_missing_or_changed() {
    let (prepared, certificate) = sound(WORKSHOP);
    let states = certificate.parts[0].states.len();
    let names = ["dry", "hits_end", "steady", "few_jams", "heals", "free"];
    for at in 0..states {
        let mut dropped = certificate.clone();
        dropped.parts[0].states.remove(at);
        let mut doubled = certificate.clone();
        doubled.parts[0].states[at] = certificate.parts[0].states[(at + 1) % states].clone();
        let mut ragged = certificate.clone();
        ragged.parts[0].states[at].pop();
        for forged in [dropped, doubled, ragged] {
            assert!(names.iter().all(|name| is_refused(&prepared, &forged, name)), "state {at}");
        }
    }
    let mut more = certificate.clone();
    more.parts[0].states.push(certificate.parts[1].states.last().expect("a state").clone());
    assert!(names.iter().all(|name| is_refused(&prepared, &more, name)), "an unreachable state");
}

#[test]
fn every_class_that_counts_needs_its_reason() {
    let drop = |level: &mut Level, at: usize| {
        at < level.reasons.len() && level.reasons.remove(at).0 < u32::MAX
    };
    for name in ["hits_end", "swings_end", "heals", "heals_soon"] {
        check_refused(name, |proof| each_level(proof, drop, 99));
    }
}

#[test]
fn another_obligation_does_not_do() {
    // The tick, `finish`, `clear`, `lock`, and one that does not exist. Of each class only one is put off.
    let all = [0, 1, 2, 3, 99].map(FairnessId);
    let swap = |level: &mut Level, choice: usize| {
        let Some((_, reason)) = level.reasons.get_mut(choice / all.len()) else { return false };
        let other = match reason {
            Reason::Weak(_) => Reason::Weak(all[choice % all.len()]),
            Reason::Strong(_) => Reason::Strong(vec![all[choice % all.len()]]),
            Reason::Ratio(..) | Reason::Waits(_) => return false,
        };
        let is_other = *reason != other;
        *reason = other;
        is_other
    };
    for name in ["hits_end", "swings_end", "heals"] {
        check_refused(name, |proof| each_level(proof, swap, 500));
    }
    // `lock` is not enabled all along, so to call it weak says too much.
    let weaken = |level: &mut Level, at: usize| {
        let Some((_, reason)) = level.reasons.get_mut(at) else { return false };
        let Reason::Strong(all) = reason else { return false };
        *reason = Reason::Weak(all[0]);
        true
    };
    check_refused("swings_end", |proof| each_level(proof, weaken, 99));
    check_refused("swings_end", |proof| {
        each_level(proof, |level, _| level.numbers.pop().is_some(), 1)
    });
    check_refused("swings_end", |proof| match proof {
        Proof::Order(levels) => vec![Proof::Order(levels[..levels.len() - 1].to_vec())],
        _ => Vec::new(),
    });
}

#[test]
fn no_step_leads_up() {
    let turn_around = |level: &mut Level, _: usize| {
        let highest = level.numbers.iter().copied().max().unwrap_or(0);
        level.numbers.iter_mut().for_each(|number| *number = highest - *number);
        highest > 0
    };
    for name in ["hits_end", "steady", "heals"] {
        check_refused(name, |proof| match each_level(proof, turn_around, 1) {
            all if all.is_empty() => Vec::new(),
            all => all[..1].to_vec(),
        });
    }
}

#[test]
fn a_ratio_is_proved_by_heights() {
    let slower = |level: &mut Level, _: usize| {
        let rated = level.reasons.iter_mut().filter_map(|(_, reason)| match reason {
            Reason::Ratio(count, ticks) => Some((count, ticks)),
            _ => None,
        });
        let mut any = false;
        rated.for_each(|(_, ticks)| {
            *ticks += 1;
            any = true;
        });
        any
    };
    let faster = |level: &mut Level, _: usize| {
        let is_rated = |reason: &Reason| matches!(reason, Reason::Ratio(..));
        let Some((_, reason)) = level.reasons.iter_mut().find(|(_, one)| is_rated(one)) else {
            return false;
        };
        *reason = Reason::Ratio(2, 3);
        true
    };
    let lower = |level: &mut Level, at: usize| {
        level.heights.get_mut(at).is_some_and(|height| {
            *height -= 1_000;
            true
        })
    };
    check_refused("steady", |proof| each_level(proof, slower, 1));
    check_refused("steady", |proof| each_level(proof, faster, 1));
    check_refused("steady", |proof| each_level(proof, lower, 99));
}

#[test]
fn no_number_of_a_total_may_be_smaller() {
    let lowered = |most: &[u64]| -> Vec<Vec<u64>> {
        let positive = (0..most.len()).filter(|&at| most[at] > 0);
        let lower = |at: usize| {
            let mut most = most.to_vec();
            most[at] -= 1;
            most
        };
        positive.map(lower).chain([most[1..].to_vec()]).collect()
    };
    let in_layers = |proof: &Proof| {
        let Proof::Most(layers) = proof else { panic!("no total: {proof:?}") };
        let mut forged = vec![Proof::Most(Vec::new())];
        for at in 0..layers.len() {
            for most in lowered(&layers[at]) {
                let mut layers = layers.clone();
                layers[at] = most;
                forged.push(Proof::Most(layers));
            }
        }
        forged
    };
    check_refused("few_jams", in_layers);
    check_refused("few_starts", in_layers);
    check_refused("heals_soon", |proof| match proof {
        Proof::Recovery(levels, most) => {
            let forged = lowered(most).into_iter();
            forged.map(|most| Proof::Recovery(levels.clone(), most)).collect()
        }
        _ => Vec::new(),
    });
}

#[test]
fn no_rank_may_be_smaller() {
    for name in ["free", "free_too"] {
        check_refused(name, |proof| {
            let Proof::Ranks(ranks) = proof else { panic!("no ranks: {proof:?}") };
            let far = (0..ranks.len()).filter(|&at| ranks[at] > 0);
            let lower = |at: usize| {
                let mut ranks = ranks.clone();
                ranks[at] = 0;
                Proof::Ranks(ranks)
            };
            far.map(lower).chain([Proof::Ranks(ranks[1..].to_vec())]).collect()
        });
    }
}

#[test]
fn a_way_leads_where_it_should() {
    for name in ["jams_once", "oily"] {
        check_refused(name, |proof| {
            let Proof::Trace(start, actions) = proof else { panic!("no trace: {proof:?}") };
            let mut forged = Vec::new();
            for at in 0..actions.len() {
                let rest = [&actions[..at], &actions[at + 1..]].concat();
                forged.push(Proof::Trace(start.clone(), rest));
            }
            forged.push(Proof::Trace(start[1..].to_vec(), actions.clone()));
            forged.push(Proof::States);
            forged
        });
    }
}

#[test]
fn a_proof_of_something_else_is_refused() {
    let (_, certificate) = sound(WORKSHOP);
    for name in ["hits_end", "few_jams", "heals", "heals_soon", "free"] {
        check_refused(name, |_| vec![Proof::States]);
    }
    let ranks = certificate.parts[0].proofs.iter().find(|(name, _)| name == "free");
    let (_, ranks) = ranks.expect("it is certified");
    check_refused("dry", |_| vec![ranks.clone()]);
}

#[test]
fn smaller_bounds_and_other_parameters_are_refused() {
    let (_, certificate) = sound(WORKSHOP);
    let changes = [
        ("waits", "peak Press.wait <= 2", "peak Press.wait <= 1"),
        ("steady", "<= 1/2", "<= 1/3"),
        ("few_jams", "total jams <= 1", "total jams <= 0"),
        ("few_starts", "3 ticks <= 2", "3 ticks <= 1"),
        ("few_starts", "3 ticks <= 2", "4 ticks <= 2"),
        ("heals_soon", "within 2", "within 1"),
        ("free", "free: always possible Press is idle", "free: always possible Press is jammed"),
    ];
    for (name, from, to) in changes {
        let text = WORKSHOP.replacen(from, to, 1);
        assert_ne!(text, WORKSHOP);
        let prepared = prepare(&text, &Settings::default()).expect("a sound model");
        assert!(is_refused(&prepared, &certificate, name), "{to}");
    }
    for budget in ["0", "2"] {
        let parameters = vec![("budget".to_owned(), Setting::Text(budget.to_owned()))];
        let settings = Settings { parameters, ..Settings::default() };
        let prepared = prepare(WORKSHOP, &settings).expect("a sound model");
        assert!(is_refused(&prepared, &certificate, "dry"), "budget {budget}");
    }
}

#[test]
fn the_command_audits_what_check_wrote() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let run = |line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
        command.args(line.split_whitespace()).current_dir(folder.path());
        let output = command.output().expect("the program runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a writable file");
    };
    write("m.squall", WORKSHOP);
    assert_eq!(run("check m.squall --set budget=0 --certificate c").0, Some(1), "nothing jams");
    let (code, told) = run("audit m.squall c");
    assert_eq!(code, Some(3), "{told}");
    assert!(told.starts_with("audit of `workshop`, budget = 0\n"), "{told}");
    assert!(
        told.contains("jams_once   not certified\n") && told.contains("free        ok\n"),
        "{told}"
    );

    assert_eq!(run("check m.squall --certificate c").0, Some(0));
    let (code, told) = run("audit m.squall c");
    assert_eq!((code, told.matches("ok\n").count()), (Some(0), 15), "{told}");
    let text = std::fs::read_to_string(folder.path().join("c")).expect("it was written");
    let hash = text_hash(&[Source::new(SourceId(0), "m.squall", WORKSHOP)]);
    assert!(text.contains(&format!("text {hash:016x}\n")));

    let lines: Vec<&str> = text.lines().collect();
    for kept in [0, 1, 5, lines.len() / 2, lines.len() - 1] {
        write("cut", &lines[..kept].join("\n"));
        assert_eq!(run("audit m.squall cut").0, Some(1), "{kept} lines");
    }
    write("set", &text.replacen("part\n", "set budget=2\npart\n", 1));
    assert_eq!(run("audit m.squall set").0, Some(1));
    write("n.squall", &WORKSHOP.replacen("few_jams", "no_jams", 1));
    assert_eq!(run("audit n.squall c").0, Some(1));
    assert_eq!(run("audit m.squall missing").0, Some(2));
    assert_eq!(run("audit missing.squall c").0, Some(2));
    assert_eq!(run("check m.squall --engine stateright --certificate c").0, Some(2));
}

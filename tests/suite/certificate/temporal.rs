//! Certificates of temporal claims: accepted as written, refused when forged, and never for what fails.

use std::cell::Cell;
use std::path::Path;

use squall::audit::{Outcome, audit};
use squall::certificate::{Certificate, Level, Proof, Reason, Stage, Turn};
use squall::model::Settings;
use squall::pipeline::Prepared;
use squall::system::FairnessId;

use super::{WORKSHOP, certified, check_accepted, check_refused_in, is_refused, prepare, sound};
use crate::engine::worlds::{Dice, for_seeds};

/// A lamp that the night switches on again and again; that it is put out is owed, but weakly, and not
/// for long where the sun comes and goes.
const LAMP: &str = "\
model house

machine Sun {
  state day, night

  eventually action set: day -> night { }
  eventually action rise: night -> day when not (Lamp is dark) { }
}

machine Lamp {
  state dark, bright, dim

  strong eventually action light: dark -> bright when Sun is night { }
  may action flicker: bright | dim -> dim { }
  eventually action put_out: bright | dim -> dark when Sun is day { }
}
";

/// What process fairness, faults, and two strong obligations together bring about.
const REST: &str = "
fair machine Switch {
  state left, right

  may action flip: left -> right { }
}

machine Fuse {
  state whole, blown

  fault blow at most 1: whole -> blown { }
}

machine Ring {
  state near, middle, far, out

  may action go: near -> middle { }
  may action go_on: middle -> far { }
  may action go_back: far -> middle { }
  eventually action turn: far -> near { }
  strong eventually action leave: near -> out { }
  strong eventually action hop: near | middle {
    if self is near { Ring.state = far } else { Ring.state = out }
  }
}

property nights: always eventually Sun is night
property days: Sun is night leads to Sun is day
property dusk: (Lamp is dark and Sun is day) until Sun is night
property morning: Sun is day and next (Lamp is dark)
property lit: (eventually always Sun is night) implies (eventually always not (Lamp is dark))
property flipped: eventually Switch is right
property settled: eventually always Switch is right
property away: eventually Ring is out
property blown: always (Fuse is blown implies always Fuse is blown)
property one: (always Fuse is whole) or eventually next Fuse is blown
property either: (always eventually Lamp is dark) or always eventually not (Lamp is dark)
property away_too: eventually always Ring is out with operators
";

const NAMES: [&str; 12] = [
    "nights", "days", "dusk", "morning", "lit", "flipped", "settled", "away", "blown", "one",
    "either", "away_too",
];

fn house() -> String {
    format!("{LAMP}{REST}")
}

#[test]
fn claims_of_every_operator_are_certified_under_every_fairness() {
    let accepted = check_accepted(Path::new("house"), &house(), &Settings::default());
    assert_eq!(accepted, NAMES.len());
}

/// What a temporal proof is made of.
#[derive(Clone)]
struct Made {
    stages: Vec<Stage>,
    levels: Vec<Level>,
}

impl Made {
    fn of(proof: &Proof) -> Made {
        let Proof::Temporal(stages, levels) = proof else { panic!("not temporal: {proof:?}") };
        Made { stages: stages.clone(), levels: levels.clone() }
    }

    fn proof(self) -> Proof {
        Proof::Temporal(self.stages, self.levels)
    }

    fn stages(&mut self) -> Vec<&mut Stage> {
        self.stages.iter_mut().collect()
    }

    /// The turns of each stage on each letter.
    fn rows(&mut self) -> Vec<&mut Vec<Turn>> {
        self.stages.iter_mut().flat_map(|stage| &mut stage.turns).collect()
    }

    fn turns(&mut self) -> Vec<&mut Turn> {
        self.rows().into_iter().flatten().collect()
    }

    fn levels(&mut self) -> Vec<&mut Level> {
        self.levels.iter_mut().collect()
    }

    fn reasons(&mut self) -> Vec<&mut Reason> {
        self.levels.iter_mut().flat_map(|level| &mut level.reasons).map(|(_, one)| one).collect()
    }
}

/// The proofs of a certificate, by property.
fn proofs(certificate: &Certificate) -> Vec<(&str, &Proof)> {
    let proofs = certificate.parts.iter().flat_map(|part| &part.proofs);
    proofs.map(|(name, proof)| (name.as_str(), proof)).collect()
}

/// Changes one thing after the other in the proof of each claim of the house, by a change that says
/// whether it changes anything. Expects that so many proofs come of it at least, and that all are refused.
fn check_each<T>(
    least: usize,
    things: impl Fn(&mut Made) -> Vec<&mut T>,
    change: impl Fn(&mut T) -> bool,
) {
    let (prepared, certificate) = sound(&house());
    let mut forged = 0;
    for (name, proof) in proofs(&certificate) {
        let count = things(&mut Made::of(proof)).len();
        for at in 0..count {
            let mut made = Made::of(proof);
            if change(things(&mut made)[at]) {
                forged += 1;
                let proof = made.proof();
                assert!(
                    is_refused_with(&prepared, &certificate, name, &proof),
                    "{name}: {proof:?}"
                );
            }
        }
    }
    assert!(forged >= least, "only {forged} proofs were forged");
}

/// Whether a certificate is refused when it has another proof of a property.
fn is_refused_with(
    prepared: &Prepared,
    certificate: &Certificate,
    name: &str,
    proof: &Proof,
) -> bool {
    let mut certificate = certificate.clone();
    for (of, own) in certificate.parts.iter_mut().flat_map(|part| &mut part.proofs) {
        if of == name {
            *own = proof.clone();
        }
    }
    is_refused(prepared, &certificate, name)
}

#[test]
fn no_place_may_be_missing() {
    let (prepared, certificate) = sound(&house());
    for (name, proof) in proofs(&certificate) {
        let made = Made::of(proof);
        let places = made.stages.iter().enumerate();
        let places = places.flat_map(|(at, stage)| (0..stage.states.len()).map(move |i| (at, i)));
        // Some of many, of every stage.
        for (place, (stage, state)) in places.enumerate().step_by(5) {
            let mut forged = made.clone();
            forged.stages[stage].states.remove(state);
            forged.levels[0].numbers.remove(place);
            let is_refused = is_refused_with(&prepared, &certificate, name, &forged.proof());
            assert!(is_refused, "{name} without place {place}");
        }
    }
}

#[test]
fn stages_ask_for_no_more_than_they_must_and_read_states() {
    for nonsense in [-1, 0, 99, i32::MIN, i32::MAX] {
        check_each(24, Made::stages, |stage| {
            stage.formulas.push(nonsense);
            true
        });
    }
    for nonsense in [0, 9_999, u32::MAX] {
        check_each(24, Made::stages, |stage| {
            stage.states.push(nonsense);
            true
        });
    }
}

#[test]
fn turns_are_told_for_all_that_can_happen() {
    check_each(24, Made::stages, |stage| stage.turns.pop().is_some());
    check_each(40, Made::rows, |turns| turns.pop().is_some());
    check_each(40, Made::rows, |turns| !turns.is_empty() && turns.remove(0).to < u32::MAX);
    check_each(50, Made::turns, |turn| {
        turn.to += 99;
        true
    });
    check_each(50, Made::turns, |turn| {
        let waits_already = turn.put_off.len();
        turn.put_off = (2..12).collect();
        waits_already < turn.put_off.len()
    });
}

#[test]
fn classes_that_can_be_stayed_in_need_their_reason() {
    check_each(12, Made::levels, |level| level.reasons.pop().is_some());
    check_each(12, Made::levels, |level| {
        !level.reasons.is_empty() && level.reasons.remove(0).0 < 99
    });
    for other in [
        Reason::Weak(FairnessId(99)),
        Reason::Strong(vec![FairnessId(99)]),
        Reason::Strong(Vec::new()),
        Reason::Ratio(0, 1),
        Reason::Waits(2),
        // The tick, which is taken all over.
        Reason::Weak(FairnessId(0)),
        Reason::Strong(vec![FairnessId(0)]),
    ] {
        check_each(100, Made::reasons, |reason| {
            *reason = other.clone();
            true
        });
    }
}

#[test]
fn the_order_leads_down_to_its_last_level() {
    check_each(12, Made::levels, |level| {
        let highest = level.numbers.iter().copied().max().unwrap_or(0);
        level.numbers.iter_mut().for_each(|number| *number = highest - *number);
        highest > 0
    });
    check_each(12, Made::levels, |level| level.numbers.pop().is_some());
    let (_, certificate) = sound(&house());
    for (name, proof) in proofs(&certificate) {
        check_refused_in(&house(), name, |_| {
            let Made { stages, mut levels } = Made::of(proof);
            levels.pop();
            vec![Proof::Temporal(stages, levels)]
        });
    }
    let (_, away) = proofs(&certificate).into_iter().find(|(name, _)| *name == "away").expect("so");
    assert_eq!(Made::of(away).levels.len(), 3, "two obligations are nested: {away:?}");
}

#[test]
fn proofs_of_other_claims_are_refused() {
    let (prepared, certificate) = sound(&house());
    for (name, proof) in proofs(&certificate) {
        let Made { stages, levels } = Made::of(proof);
        let others = proofs(&certificate).into_iter().filter(|(other, _)| *other != name);
        let kinds = [
            Proof::States,
            Proof::Order(levels.clone()),
            Proof::Temporal(Vec::new(), Vec::new()),
            Proof::Temporal(Vec::new(), levels.clone()),
            Proof::Temporal(stages, Vec::new()),
        ];
        for other in others.map(|(_, other)| other.clone()).chain(kinds) {
            let is_refused = is_refused_with(&prepared, &certificate, name, &other);
            assert!(is_refused, "{name} with {other:?}");
        }
        check_refused_in(WORKSHOP, "hits_end", |_| vec![proof.clone()]);
        check_refused_in(WORKSHOP, "dry", |_| vec![proof.clone()]);
    }
}

#[test]
fn what_rests_on_fairness_is_refused_without_it() {
    let (_, certificate) = sound(&house());
    let changes = [
        ("eventually action set", "may action set", "nights"),
        ("eventually action rise", "may action rise", "days"),
        ("fair machine", "machine", "flipped"),
        ("fair machine", "machine", "settled"),
        ("strong eventually action leave", "eventually action leave", "away"),
        ("strong eventually action hop", "eventually action hop", "away"),
        ("eventually action turn", "may action turn", "away"),
    ];
    for (from, to, name) in changes {
        let text = house().replacen(from, to, 1);
        let prepared = prepare(&text, &Settings::default()).expect("a sound model");
        let (own, _) = certified(&prepared);
        assert!(proofs(&own).iter().all(|(other, _)| *other != name), "{name} fails with {to}");
        assert!(is_refused(&prepared, &certificate, name), "{name} with {to}");
    }
}

#[test]
fn claims_about_other_states_are_refused() {
    let (_, certificate) = sound(&house());
    let changes = [
        ("nights", "eventually Sun is night", "eventually Lamp is dim"),
        ("nights", "always eventually", "eventually always"),
        ("days", "leads to Sun is day", "leads to Lamp is dim"),
        ("dusk", "until Sun is night", "until Sun is day and Sun is night"),
        ("morning", "next (Lamp is dark)", "next (Sun is day)"),
        ("morning", "next (Lamp is dark)", "next next (Lamp is dark)"),
        ("one", "eventually next", "next"),
    ];
    for (name, from, to) in changes {
        let head = format!("property {name}: ");
        let own = REST.lines().find(|line| line.starts_with(&head)).expect("it has a line");
        let text = house().replace(own, &own.replacen(from, to, 1));
        assert_ne!(text, house());
        let prepared = prepare(&text, &Settings::default()).expect("a sound model");
        assert!(is_refused(&prepared, &certificate, name), "{name}: {to}");
    }
}

/// Claims about the lamp alone, none of which holds.
const FALSE: [&str; 7] = [
    "always eventually Lamp is bright",
    "eventually always Sun is day",
    "Sun is night leads to Lamp is dim",
    "Lamp is dark until Lamp is dim",
    "next (Sun is night)",
    "eventually Lamp is dim",
    "always (Sun is night implies next (Lamp is bright))",
];

#[test]
fn what_fails_has_no_certificate_however_cheap() {
    for claim in FALSE {
        let text = format!("{LAMP}\nproperty holds: never false\nproperty fails: {claim}\n");
        let (prepared, certificate) = sound(&text);
        assert_eq!(proofs(&certificate).len(), 1, "{claim} fails");
        let state_count = certificate.parts[0].states.len();
        let (mut forged, mut letters_met) = (0, false);
        for proof in cheap_proofs(state_count as u32) {
            let mut certificate = certificate.clone();
            certificate.parts[0].proofs.push(("fails".to_owned(), proof.clone()));
            let outcomes = audit(&prepared.model, &certificate);
            let (_, outcome) = outcomes.last().expect("there are two");
            let Outcome::Refused(refusal) = outcome else { panic!("{claim}: {proof:?}") };
            letters_met |= !refusal.why.contains("each letter");
            forged += 1;
        }
        assert!(forged > 1000 && letters_met, "{claim}: {forged}");
    }
}

/// Proofs with one stage that asks for little and reads everything or nothing.
fn cheap_proofs(state_count: u32) -> Vec<Proof> {
    let obligations = (0..6).map(FairnessId);
    let reasons = obligations
        .flat_map(|one| [Reason::Weak(one), Reason::Strong(vec![one])])
        .chain((1..8).map(Reason::Waits))
        .chain([Reason::Ratio(0, 1)]);
    let reasons: Vec<_> = reasons.map(|reason| vec![(0, reason)]).chain([Vec::new()]).collect();
    let formulas =
        std::iter::once(Vec::new()).chain((1..8).flat_map(|one| [vec![one], vec![-one]]));
    let mut proofs = Vec::new();
    for formulas in formulas {
        for (letters, reads_all) in [(1, true), (2, true), (3, true), (4, true), (2, false)] {
            let put_offs = [Vec::new(), (2..8).collect(), formulas.clone()];
            let turns = put_offs.map(|put_off| vec![Turn { to: 0, put_off }]);
            for turns in turns.into_iter().chain([Vec::new()]) {
                let states: Vec<u32> = (0..if reads_all { state_count } else { 0 }).collect();
                let numbers = vec![0; states.len()];
                let turns = vec![turns; letters];
                let stages = vec![Stage { formulas: formulas.clone(), turns, states }];
                for reasons in &reasons {
                    let (numbers, reasons) = (numbers.clone(), reasons.clone());
                    let level = Level { numbers, reasons, heights: Vec::new() };
                    proofs.push(Proof::Temporal(stages.clone(), vec![level]));
                }
            }
        }
    }
    proofs
}

/// A model of two machines that hinder each other, with as much fairness as comes.
fn random_model(dice: &mut Dice) -> String {
    let mut text = "model dice\n".to_owned();
    for (machine, other) in [("A", "B"), ("B", "A")] {
        let fair = if dice.chance(1, 4) { "fair " } else { "" };
        text += &format!("\n{fair}machine {machine} {{\n  state x, y, z\n");
        for number in 0..2 + dice.below(4) {
            let kinds = ["eventually action", "strong eventually action", "may action", "action"];
            // What is urgent keeps time from passing, so it is rare.
            let most = if dice.chance(1, 4) { kinds.len() } else { kinds.len() - 1 };
            let kind = kinds[dice.below(most)];
            let (from, to) =
                (["x", "y", "z", "x | y"][dice.below(4)], ["x", "y", "z"][dice.below(3)]);
            let guard = match dice.chance(1, 2) {
                true => format!(" when {other} is {}", ["x", "y", "x | z"][dice.below(3)]),
                false => String::new(),
            };
            text += &format!("  {kind} act{number}: {from} -> {to}{guard} {{ }}\n");
        }
        text += "}\n";
    }
    text
}

fn random_claim(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return format!("({} is {})", ["A", "B"][dice.below(2)], ["x", "y", "z"][dice.below(3)]);
    }
    let one = random_claim(dice, depth - 1);
    let prefix = ["not", "next", "always", "eventually", "always eventually", "eventually always"];
    match dice.below(11) {
        at if at < prefix.len() => format!("({} {one})", prefix[at]),
        at => {
            let infix = ["and", "or", "implies", "until", "leads to"][at - prefix.len()];
            let other_depth = dice.below(depth);
            format!("({one} {infix} {})", random_claim(dice, other_depth))
        }
    }
}

/// A model with one claim, which is about time, and whether the claim holds in it.
fn judged(model: &str, claim: &str) -> (Prepared, Certificate, bool) {
    let text = format!("{model}\nproperty claim: {claim}\n");
    let prepared = prepare(&text, &Settings::default()).expect("a sound model");
    let (certificate, holds) = certified(&prepared);
    (prepared, certificate, holds[0])
}

/// Changes one number of a proof.
fn tamper(dice: &mut Dice, proof: &Proof) -> Proof {
    let mut made = Made::of(proof);
    let mut stage = made.stages();
    match dice.below(5) {
        0 => {
            let count = stage.len();
            let states = &mut stage[dice.below(count)].states;
            if !states.is_empty() {
                states.remove(dice.below(states.len()));
            }
        }
        1 => {
            let count = stage.len();
            stage[dice.below(count)].formulas.pop();
        }
        2 => {
            let mut turns = made.turns();
            let count = turns.len();
            if count > 0 {
                turns[dice.below(count)].put_off = vec![2 + dice.below(6) as i32];
            }
        }
        3 => {
            let mut reasons = made.reasons();
            let count = reasons.len();
            if count > 0 {
                let fairness = FairnessId(dice.below(6) as u32);
                *reasons[dice.below(count)] = match dice.below(3) {
                    0 => Reason::Weak(fairness),
                    1 => Reason::Strong(vec![fairness]),
                    _ => Reason::Waits(2 + dice.below(6) as i32),
                };
            }
        }
        _ => {
            let numbers = made.levels.iter_mut().flat_map(|level| &mut level.numbers);
            let mut numbers: Vec<_> = numbers.collect();
            let count = numbers.len();
            if count > 0 {
                *numbers[dice.below(count)] = dice.below(4) as u32;
            }
        }
    }
    made.proof()
}

#[test]
fn whatever_holds_is_certified_and_nothing_else_is() {
    let (held, failed) = (Cell::new(0), Cell::new(0));
    for_seeds(600, |dice| {
        let model = random_model(dice);
        let depth = 1 + dice.below(3);
        let claim = format!("next true implies {}", random_claim(dice, depth));
        let (prepared, certificate, holds) = judged(&model, &claim);
        let expected = if holds { Outcome::Ok } else { Outcome::NotCertified };
        assert_eq!(audit(&prepared.model, &certificate)[0].1, expected, "{claim} in\n{model}");
        // With less fairness the states are the same, and less holds.
        let less = model.replace("strong ", "").replace("fair machine", "machine");
        let less = if dice.chance(1, 2) { less.replace("eventually", "may") } else { less };
        let (other, _, still_holds) = judged(&less, &claim);
        assert!(holds || !still_holds, "less fairness, more truth: {claim} in\n{model}");
        if !holds || still_holds {
            held.set(held.get() + usize::from(holds));
            return;
        }
        failed.set(failed.get() + 1);
        let own = &certificate.parts[0].proofs[0].1;
        let mut proof = own.clone();
        for _ in 0..40 {
            let is_refused = is_refused_with(&other, &certificate, "claim", &proof);
            assert!(is_refused, "{claim} in\n{less}\n{proof:?}");
            let from = if dice.chance(1, 2) { own } else { &proof };
            proof = tamper(dice, from);
        }
    });
    if std::env::var_os("SQUALL_SEED").is_none() {
        assert!(
            held.get() > 100 && failed.get() > 20,
            "{} held, {} failed",
            held.get(),
            failed.get()
        );
    }
}

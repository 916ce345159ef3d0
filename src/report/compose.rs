//! From answers to a report: every verdict in words, every trace told.

use super::explain::ExplainedReport;
use super::fairness::FairnessReport;
use super::number::{counted, grouped};
use super::sanity::{SanityReport, action_name, variable_name};
use super::tell::Teller;
use super::words::{Ended, Naming, breach, cut, reason};
use super::{
    Explored, Finding, FindingKind, Grade, PropertyReport, RegionReport, Report, StormReport,
    ToldTrace, VerdictWord, WalkReport,
};
use itertools::Itertools;

use crate::base::{Id, Source};
use crate::model::{ActionKind, Claim, Interpreter, MachineId, Meter, Model, Property, Settings};
use crate::pipeline::{
    self, Answers, Case, Engine, Operators, PartOfAnswers, Prepared, Summary, Topic,
};
use crate::trace::replay::{Meaning, Replayed};
use crate::verdict::judge::meter_id;
use crate::verdict::storm;
use crate::verdict::{Answer, Evidence, Ground, Note, Storm, Verdict, Worst};

impl Report {
    /// The report of a run.
    pub fn of(prepared: &Prepared, answers: &Answers) -> Report {
        let model = &prepared.model;
        let composer = Composer { model, teller: Teller::of(model) };
        let asked = |part: &&PartOfAnswers| {
            !part.judgement.regions.is_empty() || part.judgement.regions_unknown.is_some()
        };
        // With operators more is known, if it is.
        let surveyed = answers.parts.iter().rev().filter(asked);
        let surveyed = surveyed.min_by_key(|part| part.judgement.regions_unknown.is_some());
        Report {
            model: model.name.clone(),
            mitigations: mitigations(model),
            parameters: parameters(model),
            errors: once(answers.parts.iter().flat_map(errors)),
            findings: once(
                answers
                    .parts
                    .iter()
                    .flat_map(|part| composer.findings(part))
                    .map(|(finding, _)| finding),
            ),
            warnings: once(answers.parts.iter().flat_map(warnings)),
            properties: answers
                .by_property()
                .into_iter()
                .map(|(id, answer)| {
                    let is_whole = answers.is_whole(id);
                    let report = composer.property(&model.properties[id], answer, is_whole);
                    let missed = answers.parts.iter().find(|part| part.properties.contains(&id));
                    unless_missed(report, answer, missed.and_then(missed_one_in))
                })
                .collect(),
            regions: surveyed.map(|part| regions(model, part)).unwrap_or_default(),
            regions_unknown: surveyed.and_then(|part| part.judgement.regions_unknown).map(reason),
            explored: answers.parts.iter().map(|part| explored(model, part)).collect(),
            sanity: SanityReport::of(prepared, answers),
            fairness: fairness(model, answers),
        }
    }
}

impl Report {
    /// The same, where it is known who would have ended the run.
    pub fn ended(mut self, ended: Ended) -> Report {
        for property in &mut self.properties {
            property.reason = ended.settle(&property.reason);
        }
        let cuts = self.explored.iter_mut().filter_map(|explored| explored.cut.as_mut());
        for reason in cuts.chain(&mut self.regions_unknown) {
            *reason = ended.settle(reason);
        }
        self
    }
}

impl Report {
    /// Explains every trace that shows a failure, a breach, or that time stops.
    pub fn explain(
        &mut self,
        prepared: &Prepared,
        sources: &[Source],
        settings: &Settings,
        answers: &Answers,
    ) {
        let model = &prepared.model;
        let explain = |case: &Case<'_>| {
            let explained = pipeline::explain(prepared, sources, settings, case);
            Some(ExplainedReport::of(model, sources, &explained))
        };
        let composer = Composer { model, teller: Teller::of(model) };
        for (finding, case) in answers.parts.iter().flat_map(|part| composer.findings(part)) {
            // What both explorations found is told once, and explained once.
            if let Some(report) = self.findings.iter_mut().find(|report| **report == finding) {
                report.explained = explain(&case);
            }
        }
        for (report, (id, answer)) in self.properties.iter_mut().zip(answers.by_property()) {
            if let (Verdict::Fails { .. }, Some(trace)) = (&answer.verdict, answer.verdict.trace())
            {
                report.explained = explain(&Case::of_property(model, id, trace));
            }
        }
    }
}

impl WalkReport {
    /// A walk in a model, told.
    pub fn of(model: &Model, trace: ToldTrace, seed: Option<u64>) -> WalkReport {
        WalkReport { mitigations: mitigations(model), parameters: parameters(model), seed, trace }
    }
}

/// The mitigations that are applied.
fn mitigations(model: &Model) -> Vec<String> {
    let applied = model.mitigations.iter().filter(|one| one.applied);
    applied.map(|one| one.name.clone()).collect()
}

/// The parameters with the values they have.
pub(super) fn parameters(model: &Model) -> Vec<(String, String)> {
    let naming = Naming::of(model);
    let parameters = model.parameters.iter();
    parameters.map(|one| (one.name.clone(), naming.value(&one.value))).collect()
}

/// Everything once, though both explorations may tell it.
fn once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut told: Vec<T> = Vec::new();
    for one in all {
        if !told.contains(&one) {
            told.push(one);
        }
    }
    told
}

/// Why nothing could be explored.
fn errors(part: &PartOfAnswers) -> Vec<String> {
    let mut errors = Vec::new();
    if part.judgement.no_start {
        errors.push("the assumptions leave no initial state: there is nothing to check".to_owned());
    }
    if let Some(broken) = part.judgement.start_breach {
        errors.push(format!("an initial value or an assumption breaches: {}", breach(broken)));
    }
    errors
}

fn warnings(part: &PartOfAnswers) -> Vec<String> {
    let never = part.judgement.never_calm_again;
    let warning = "no calm state lies behind a fault: what is claimed of calm states says nothing \
                   about what faults lead to";
    never.then(|| warning.to_owned()).into_iter().collect()
}

impl Explored {
    /// The numbers of one of our own explorations.
    pub fn of(summary: &Summary, operators: Operators) -> Explored {
        Explored {
            with_operators: operators == Operators::Present,
            other_engine: None,
            missed_one_in: None,
            up_to_renaming: Vec::new(),
            up_to_unread: Vec::new(),
            up_to_order: Vec::new(),
            start_count: summary.start_count,
            state_count: summary.state_count,
            step_count: summary.step_count,
            tick_count: summary.tick_count,
            depth: summary.depth,
            cut: summary.cut.map(|unfinished| cut(unfinished).to_owned()),
        }
    }
}

fn explored(model: &Model, part: &PartOfAnswers) -> Explored {
    let other_engine = match part.engine {
        Engine::Squall | Engine::Compact(_) => None,
        Engine::Stateright => Some("stateright"),
    };
    let name = |&machine: &MachineId| model.machines[machine].name.clone();
    let up_to_renaming = part.renamed.iter().map(name).collect();
    let up_to_unread = part.unread.iter().map(|&it| variable_name(model, it)).collect();
    let up_to_order = part.ordered.iter().map(|&it| action_name(model, it)).collect();
    let missed_one_in = missed_one_in(part);
    Explored {
        other_engine,
        missed_one_in,
        up_to_renaming,
        up_to_unread,
        up_to_order,
        ..Explored::of(&part.summary, part.operators)
    }
}

/// The odds that a state was missed.
fn missed_one_in(part: &PartOfAnswers) -> Option<u64> {
    match part.engine {
        Engine::Compact(one_in) => Some(one_in),
        Engine::Squall | Engine::Stateright => None,
    }
}

/// Says so where an answer rests on all states having been told apart.
fn unless_missed(
    report: PropertyReport,
    answer: &Answer,
    missed_one_in: Option<u64>,
) -> PropertyReport {
    let rests_on_all = matches!(
        answer.verdict,
        Verdict::Holds { ground: Ground::Everything(_), .. }
            | Verdict::Fails { evidence: Evidence::Everything(_), .. }
    );
    let Some(one_in) = missed_one_in.filter(|_| rests_on_all) else { return report };
    let odds = match one_in {
        0 | 1 => "whose odds are not small".to_owned(),
        _ => format!("of which the odds are at most 1 in {}", grouped(one_in)),
    };
    let comma = if report.reason.is_empty() { "" } else { ", " };
    let reason = format!("{}{comma}unless a state was missed, {odds}", report.reason);
    PropertyReport { reason, ..report }
}

/// Puts answers about one model into words.
struct Composer<'m> {
    model: &'m Model,
    teller: Teller<'m>,
}

impl Composer<'_> {
    /// What was found about the model itself, each with what there is to explain.
    fn findings<'a>(&self, part: &'a PartOfAnswers) -> Vec<(Finding, Case<'a>)> {
        let judgement = &part.judgement;
        let operators = part.operators;
        let breaches = judgement.breaches.iter().map(|found| {
            let finding = Finding {
                kind: FindingKind::Breach,
                sentence: format!("the model breaks its own rules: {}", breach(found.breach)),
                place: Some(found.breach.place),
                trace: self.teller.trace(&found.trace),
                explained: None,
            };
            let topic = Topic::Breach(found.breach);
            (finding, Case { topic, operators, trace: &found.trace })
        });
        let stopped = judgement.stopped.iter().map(|found| {
            let finding = Finding {
                kind: FindingKind::TimeStops,
                sentence: format!(
                    "time stops: from {} no tick can be reached any more",
                    counted(found.state_count as u64, "state")
                ),
                place: None,
                trace: self.teller.trace(&found.trace),
                explained: None,
            };
            (finding, Case { topic: Topic::StoppedTime, operators, trace: &found.trace })
        });
        breaches.chain(stopped).collect()
    }

    fn property(&self, property: &Property, answer: &Answer, is_whole: bool) -> PropertyReport {
        let mut report = PropertyReport {
            name: property.name.clone(),
            claim: property.text.clone(),
            doc: property.doc.clone(),
            verdict: VerdictWord::Unknown,
            reason: String::new(),
            worst: None,
            storm: None,
            storm_while_not_calm: answer.notes.iter().find_map(|note| match note {
                Note::StormWhileNotCalm(trace, storm) => Some(StormReport {
                    optional: self.optional(trace),
                    is_whole,
                    ..self.storm(storm, &property.claim)
                }),
                _ => None,
            }),
            trace: None,
            witness: None,
            explained: None,
            notes: answer.notes.iter().map(|note| self.note(note, &property.claim)).collect(),
        };
        match &answer.verdict {
            Verdict::Holds { ground, worst, witness } => {
                report.verdict = VerdictWord::Holds;
                report.worst = worst.map(worst_words);
                report.witness = witness.as_ref().map(|trace| self.teller.trace(trace));
                let mut loops = answer.notes.iter().filter_map(|note| match note {
                    Note::UnfairLoop(trace) => self.unfair_loop(trace, &property.claim),
                    _ => None,
                });
                report.storm = loops.next();
                report.reason = match ground {
                    Ground::Everything(_) => String::new(),
                    Ground::Fingerprints(_) => FINGERPRINTS.to_owned(),
                    Ground::Witness => "one such state is enough".to_owned(),
                };
            }
            Verdict::Fails { evidence, worst, storm } => {
                report.verdict = VerdictWord::Fails;
                report.worst = worst.map(worst_words);
                report.storm = storm
                    .map(|storm| StormReport { is_whole, ..self.storm(&storm, &property.claim) });
                match evidence {
                    Evidence::Trace(trace) => {
                        let mut told = self.teller.trace(trace);
                        mark_no_return(&mut told, answer);
                        report.reason = failure(&property.claim, trace);
                        let unfair = || self.unfair_loop(trace, &property.claim);
                        let unfair = || unfair().map(|storm| StormReport { is_whole, ..storm });
                        report.storm = report.storm.or_else(unfair);
                        if let Some(storm) = &mut report.storm {
                            storm.optional = self.optional(trace);
                        }
                        report.trace = Some(told);
                    }
                    Evidence::Everything(_) => {
                        report.reason =
                            "there is no such state in all that can be reached".to_owned();
                    }
                    Evidence::Fingerprints(_) => {
                        report.reason = format!("there is no such state: {FINGERPRINTS}");
                    }
                }
            }
            Verdict::Unknown(why) => report.reason = reason(*why),
        }
        report
    }

    fn storm(&self, storm: &Storm, claim: &Claim) -> StormReport {
        StormReport {
            grade: match storm.grade {
                storm::Grade::Storm => Grade::Storm,
                storm::Grade::Trap => Grade::Trap,
            },
            meter: self.meter(claim),
            count_per_turn: storm.count_per_turn,
            ticks_per_turn: storm.ticks_per_turn,
            faults: storm.faults,
            fewest_faults: storm.fewest_faults,
            optional: Vec::new(),
            is_whole: true,
        }
    }

    /// The optional actions that a loop takes.
    fn optional(&self, trace: &Replayed) -> Vec<String> {
        let first = trace.repeats_from().unwrap_or(trace.steps().len());
        let steps = trace.steps()[first..].iter();
        let actions = steps.filter_map(|step| self.model.instances.get(step.action));
        let actions = actions.map(|instance| &self.model.actions[instance.action]);
        let optional = actions.filter(|action| action.kind == ActionKind::May);
        optional.map(|action| action.name.clone()).unique().collect()
    }

    /// A loop that counts without end while something owed is put off.
    fn unfair_loop(&self, trace: &Replayed, claim: &Claim) -> Option<StormReport> {
        let (Claim::Finite(meter, when) | Claim::Total { meter, when, .. }) = claim else {
            return None;
        };
        let first = trace.repeats_from().filter(|_| !trace.put_off().is_empty())?;
        let meaning = Interpreter::new(self.model);
        let turn = trace.steps().iter().zip(trace.states()).skip(first);
        let counting =
            turn.clone().filter(|(_, state)| Meaning::figure(&meaning, *when, state) == Ok(1));
        let counts = counting.map(|(step, _)| step.counts[meter_id(*meter).index()]);
        let role =
            |action| self.model.instances.get(action).map(|it| self.model.actions[it.action].kind);
        let way = trace.steps()[..first].iter();
        let faults = way.filter(|step| role(step.action) == Some(ActionKind::Fault)).count() as u32;
        Some(StormReport {
            grade: Grade::Loop,
            meter: self.meter(claim),
            count_per_turn: counts.fold(0, u64::saturating_add),
            ticks_per_turn: turn.map(|(step, _)| step.counts[0]).sum(),
            faults,
            // The way in has as few as there can be.
            fewest_faults: faults,
            optional: self.optional(trace),
            is_whole: true,
        })
    }

    fn meter(&self, claim: &Claim) -> String {
        match claim {
            Claim::Finite(Meter::Declared(id), _)
            | Claim::Total { meter: Meter::Declared(id), .. }
            | Claim::Rate { meter: Meter::Declared(id), .. } => self.model.meters[*id].name.clone(),
            _ => "tick".to_owned(),
        }
    }

    fn note(&self, note: &Note, claim: &Claim) -> (String, Option<super::ToldTrace>) {
        let meter = self.meter(claim);
        match note {
            Note::UnfairLoop(trace) => {
                let told = self.teller.trace(trace);
                let owed = told.put_off.join(", ");
                let text = format!(
                    "there is no bound on `{meter}`: a loop counts it for as long as {owed} is put off"
                );
                (text, Some(told))
            }
            Note::StormWhileNotCalm(trace, _) => {
                let is_calm = self.model.calm.is_some_and(|calm| claim.figures() == [calm]);
                let place = match is_calm {
                    true => "while not calm: `{}` is counted for ever, and it never stays calm",
                    false => {
                        "outside `when`: `{}` is counted for ever, and `when` never stays true"
                    }
                };
                let text = format!("a storm {}", place.replace("{}", &meter));
                (text, Some(self.teller.trace(trace)))
            }
            Note::ByFaults(most) => {
                let most = most.iter().enumerate().map(|(faults, most)| {
                    format!("{} with {}", grouped(*most), counted(faults as u64, "fault"))
                });
                (format!("at most {}", most.collect::<Vec<_>>().join(", ")), None)
            }
            Note::Unbounded(trace) => {
                let told = self.teller.trace(trace);
                let text = match told.put_off.as_slice() {
                    [] => "there is no bound on how long it takes".to_owned(),
                    owed => format!(
                        "there is no bound on how long it takes, while {} is put off",
                        owed.join(", ")
                    ),
                };
                (text, Some(told))
            }
            Note::NeverCounted => {
                (format!("vacuous: nothing that can happen counts `{meter}`"), None)
            }
            Note::NoSuchStates => {
                let text =
                    "vacuous: no state that can be reached is of the kind the claim is about";
                (text.to_owned(), None)
            }
            Note::PerhapsLonger => {
                let text = "there may be a shorter trace: the search for one was cut short";
                (text.to_owned(), None)
            }
            Note::TimeStops(count) => {
                let states = counted(*count as u64, "state");
                (
                    format!("time stops in {states}: nothing is claimed of what would come then"),
                    None,
                )
            }
        }
    }
}

/// What an answer of stateright rests on.
const FINGERPRINTS: &str = "by stateright, which tells states apart by fingerprints of 64 bits";

/// Why a claim fails whose trace does not say it by itself.
fn failure(claim: &Claim, trace: &Replayed) -> String {
    let reason = match claim {
        Claim::AlwaysPossible(_) => {
            "behind the last step it is out of reach, unless a further fault comes"
        }
        Claim::Recovers(_) if trace.repeats_from().is_some() && trace.put_off().is_empty() => {
            "a fair loop stays calm, and is unhealthy again and again"
        }
        _ => "",
    };
    reason.to_owned()
}

/// Marks the last states of a told trace in which recovery was sure, and possible.
fn mark_no_return(told: &mut ToldTrace, answer: &Answer) {
    let Some(no_return) = answer.no_return else { return };
    let is_passed = |state: &usize| *state < told.steps.len();
    told.last_sure = no_return.last_sure.filter(is_passed);
    told.last_possible = no_return.last_possible.filter(is_passed);
}

/// How recovery stands in the calm states.
fn regions(model: &Model, part: &PartOfAnswers) -> Vec<RegionReport> {
    let mut kinds = model.actions.iter().map(|action| action.kind);
    let has_operators = kinds.any(|kind| kind == ActionKind::Operator);
    let regions = part.judgement.regions.iter().map(|region| RegionReport {
        prospect: region.prospect,
        sees_operators: part.operators == Operators::Present || !has_operators,
        state_count: region.state_count,
        fewest_faults: region.faults,
    });
    regions.collect()
}

/// The fairness that our own engine heeds, and what all explorations together saw of it.
fn fairness(model: &Model, answers: &Answers) -> Option<FairnessReport> {
    let is_ours = answers.parts.iter().all(|part| part.engine != Engine::Stateright);
    is_ours.then(|| FairnessReport::of(model, answers.sanity().as_ref()))
}

/// A worst value as reports tell it.
pub(super) fn worst_words(worst: Worst) -> String {
    match worst {
        Worst::Exactly(number) => number.to_string(),
        Worst::AtLeast(number) => format!("{number} or more"),
        Worst::RatioAtLeast { numerator, denominator } => {
            format!("{} or more", a_tick(numerator, denominator))
        }
        Worst::Ratio { numerator, denominator, is_attained } => {
            let ratio = a_tick(numerator, denominator);
            let approached = if is_attained { "" } else { ", approached but never reached" };
            format!("{ratio}{approached}")
        }
        Worst::NoTick => "infinitely many in no time".to_owned(),
        Worst::Unbounded => "without bound".to_owned(),
    }
}

fn a_tick(numerator: i64, denominator: i64) -> String {
    match denominator {
        1 => format!("{numerator} a tick"),
        _ => format!("{numerator}/{denominator} a tick"),
    }
}

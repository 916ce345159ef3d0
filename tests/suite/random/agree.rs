//! Compares everything that can be compared about one model text.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use squall::audit::{Outcome as Audited, audit};
use squall::base::{Diagnostic, Severity, Source, SourceId};
use squall::certificate::Certificate;
use squall::compile::{Compiled, Evaluator};
use squall::explore::{Limits, Silent};
use squall::model::{Interpreter, PropertyId, Settings, Values};
use squall::pipeline::{
    Answers, Operators, PartOfAnswers, Prepared, Request, prepare, run, run_in_stateright,
    run_with_proofs,
};
use squall::report::Report;
use squall::report::text;
use squall::syntax;
use squall::system::{Breach, Start, System, Word};
use squall::verdict::judge::Region;
use squall::verdict::{Answer, Note, Reason, Verdict};

use super::book::{Book, as_number};
use super::examine::Examiner;
use super::tally::Tally;
use crate::saved::walk_again;

/// What came of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is no model.
    Invalid(String),
    /// It is too large, or has no start to explore from: its steps alone agree.
    Partly,
    /// All agrees; and what the answers were.
    Agreed(Tally),
}

/// The most states that are compared one by one.
const STATES_COMPARED: usize = 160;
/// The most states of a graph whose verdicts are compared.
const STATES_JUDGED: usize = 160;

/// Two sides that say different things.
pub type Disagreement = String;

fn source(text: &str) -> Source {
    Source::new(SourceId(0), "generated.squall", text)
}

/// A line like `//: with headroom` says which mitigations are applied, as it does in a case.
fn prepared(text: &str) -> Result<Prepared, Vec<Diagnostic>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("//: with "));
    let mitigations = lines.map(str::to_owned).collect();
    prepare(&[source(text)], &Settings { mitigations, ..Settings::default() })
}

/// Compares all that is known of a text; as laid out anew, it is evaluated in the given way.
pub fn agree(text: &str, evaluator: Evaluator) -> Result<Outcome, Disagreement> {
    let prepared = match prepared(text) {
        Ok(prepared) => prepared,
        Err(diagnostics) => {
            let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
            let messages: Vec<&str> = errors.map(|one| one.message.as_str()).collect();
            expect(!messages.is_empty(), || "refused without an error".to_owned())?;
            return Ok(Outcome::Invalid(messages.join("; ")));
        }
    };
    let formatted = layouts_agree(text)?;
    if !meanings_agree(&prepared)? {
        return Ok(Outcome::Partly);
    }
    let (without, with) = (
        Book::of(&prepared.model, false, STATES_JUDGED),
        Book::of(&prepared.model, true, STATES_JUDGED),
    );
    let (Some(without), Some(with)) = (without, with) else { return Ok(Outcome::Partly) };
    let answers = certificates_agree(&prepared)?;
    let several = self::answers(&prepared, 3);
    same("one worker and three", &page(&prepared, &answers), &page(&prepared, &several))?;
    let again = self::prepared(&formatted)
        .map_err(|errors| format!("the layout is no model: {errors:#?}\n{formatted}"))?;
    let again = again.evaluated(evaluator);
    let laid_out = self::answers(&again, 2);
    same("as written and laid out", &essence(&prepared, &answers), &essence(&again, &laid_out))?;
    stateright_agrees(&prepared, &answers)?;
    walk_again(&prepared, &[source(text)], &answers)?;
    renaming_agrees(text, &answers)?;
    let saved = reduced_agrees(text, evaluator, &answers)?;
    let (leaner, ordered) = (usize::from(saved.leaner), usize::from(saved.ordered));
    let mut tally = Tally { leaner, ordered, ..Tally::default() };
    for part in &answers.parts {
        let book = if part.operators == Operators::Present { &with } else { &without };
        let examiner = Examiner::new(book);
        examiner.check(part)?;
        tally.add(&examiner, part);
    }
    Ok(Outcome::Agreed(tally))
}

pub fn expect(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), Disagreement> {
    if is_so { Ok(()) } else { Err(otherwise()) }
}

pub fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    one: &T,
    other: &T,
) -> Result<(), Disagreement> {
    expect(one == other, || format!("{what} differ:\n  {one:?}\n  {other:?}"))
}

/// The answers, with certificates that an audit accepts for all that holds.
fn certificates_agree(prepared: &Prepared) -> Result<Answers, Disagreement> {
    let (answers, parts) = run_with_proofs(prepared, &request(prepared, 1), &mut Silent);
    let certificate =
        Certificate { text_hash: 0, mitigations: Vec::new(), settings: Vec::new(), parts };
    let audited = audit(&prepared.model, &certificate).into_iter();
    for ((id, audited), (_, answer)) in audited.zip(answers.by_property()) {
        let property = &prepared.model.properties[id];
        let is_so = match (&answer.verdict, &audited) {
            (Verdict::Holds { .. }, audited) => *audited == Audited::Ok,
            (_, audited) => *audited == Audited::NotCertified,
        };
        expect(is_so, || format!("an audit says {audited:?} of {}", property.text))?;
    }
    Ok(answers)
}

/// Another engine counts the same states and steps, and decides the claims about single states alike.
fn stateright_agrees(prepared: &Prepared, ours: &Answers) -> Result<(), Disagreement> {
    let properties: Vec<PropertyId> = prepared.model.properties.ids().collect();
    let theirs = run_in_stateright(prepared, &properties, &mut Silent);
    for (part, other) in ours.parts.iter().zip(&theirs.parts) {
        same("counts of ours and of stateright", &part.summary, &other.summary)?;
    }
    for ((id, ours), (_, theirs)) in ours.by_property().iter().zip(theirs.by_property()) {
        if !matches!(theirs.verdict, Verdict::Unknown(Reason::NotByStateright)) {
            let what = format!("ours and stateright's of {}", prepared.model.properties[*id].text);
            same(&what, &gist(ours), &gist(theirs))?;
        }
    }
    Ok(())
}

/// Up to renaming of instances every answer is the same, but for how the loop goes that is shown.
fn renaming_agrees(text: &str, answers: &Answers) -> Result<(), Disagreement> {
    let again = || prepared(text).map_err(|_| "a model is none when read again".to_owned());
    let renamed = again()?.up_to_renaming();
    let renamed_and_lean = again()?.up_to_renaming().up_to_unread_values();
    let said = |answers: &Answers| {
        let said = answers.by_property().into_iter().map(|(_, answer)| match &answer.verdict {
            Verdict::Holds { worst, .. } => format!("holds {worst:?}"),
            Verdict::Fails { worst, storm, .. } => {
                let storm = storm.map(|storm| (storm.grade, storm.faults, storm.fewest_faults));
                format!("fails {worst:?} {storm:?}")
            }
            Verdict::Unknown(reason) => format!("unknown {reason:?}"),
        });
        said.collect::<Vec<_>>()
    };
    let regions = |answers: &Answers| {
        let parts = answers.parts.iter();
        let regions = parts.flat_map(|part| &part.judgement.regions);
        let steps = |region: &Region| region.trace.steps().len();
        regions.map(|region| (region.prospect, region.faults, steps(region))).collect::<Vec<_>>()
    };
    for prepared in [renamed, renamed_and_lean] {
        let reduced = self::answers(&prepared, 1);
        same("all states, and one for each renaming,", &said(answers), &said(&reduced))?;
        same("their regions", &regions(answers), &regions(&reduced))?;
    }
    Ok(())
}

/// Without what nothing reads, every answer is the same, whether all properties are judged together or
/// each by itself; and so it is in one order of urgent steps, but for the lengths of traces.
fn reduced_agrees(text: &str, evaluator: Evaluator, ours: &Answers) -> Result<Saved, Disagreement> {
    let reduced = self::prepared(text).map_err(|errors| format!("no model: {errors:#?}"))?;
    let reduced = reduced.evaluated(evaluator).up_to_unread_values();
    let together = answers(&reduced, 2);
    let again = || self::prepared(text).map(|prepared| prepared.evaluated(evaluator).up_to_order());
    let again = || again().map_err(|errors| format!("no model: {errors:#?}"));
    let ordered = [again()?, again()?.up_to_renaming().up_to_unread_values()];
    let plain = again()?;
    let plain = Prepared { is_ordered: false, ..plain };
    let mut saved = Saved::default();
    for (part, other) in ours.parts.iter().zip(&together.parts) {
        same("findings without what nothing reads", &findings(part), &findings(other))?;
        let counts = |part: &PartOfAnswers| (part.summary.start_count, part.summary.cut);
        same("starts without what nothing reads", &counts(part), &counts(other))?;
        let is_smaller = other.summary.state_count <= part.summary.state_count;
        expect(is_smaller, || "more states without what nothing reads".to_owned())?;
        let is_same = part.summary == other.summary;
        expect(is_same || !other.unread.is_empty(), || "nothing is left out".to_owned())?;
    }
    walk_again(&reduced, &[source(text)], &together)?;
    for (id, ours) in ours.by_property() {
        let request = Request { properties: vec![id], ..request(&reduced, 1) };
        let alone = run(&reduced, &request, &mut Silent);
        let what = format!("`{}` without what nothing reads", reduced.model.properties[id].text);
        same(&what, &Some(full_gist(ours)), &of(&together, id).map(full_gist))?;
        same(&what, &Some(no_return(ours)), &of(&together, id).map(no_return))?;
        same(&what, &Some(full_gist(ours)), &of(&alone, id).map(full_gist))?;
        for ordered in &ordered {
            let answers = run(ordered, &request, &mut Silent);
            let what = format!("`{}` in one order", reduced.model.properties[id].text);
            same(&what, &Some(full_gist(ours)), &of(&answers, id).map(full_gist))?;
            walk_again(ordered, &[source(text)], &answers)?;
            saved.ordered |= answers.parts.iter().any(|part| !part.ordered.is_empty());
        }
        // Whatever happens or is seen to be used is so in one order as well.
        let odd = |prepared: &Prepared| {
            let answers = run(prepared, &request, &mut Silent);
            format!("{:?}", answers.oddities(&prepared.model))
        };
        same("what is odd in one order", &odd(&plain), &odd(&ordered[0]))?;
    }
    let states = |answers: &Answers| -> usize {
        answers.parts.iter().map(|part| part.summary.state_count).sum()
    };
    saved.leaner = states(&together) < states(ours);
    Ok(saved)
}

/// What exploring less saved.
#[derive(Default)]
struct Saved {
    /// There were fewer states without what nothing reads.
    leaner: bool,
    /// Some steps were taken in one order.
    ordered: bool,
}

/// What is found about the model beside its properties.
fn findings(part: &PartOfAnswers) -> String {
    let judgement = &part.judgement;
    let breaches = judgement.breaches.iter();
    let breaches: Vec<_> = breaches.map(|it| (it.breach, it.trace.steps().len())).collect();
    let stopped = judgement.stopped.as_ref().map(|stopped| stopped.trace.steps().len());
    let regions = judgement.regions.iter();
    let regions: Vec<_> =
        regions.map(|it| (it.prospect, it.faults, it.trace.steps().len())).collect();
    let others = (judgement.start_breach, judgement.no_start, judgement.never_calm_again);
    format!("{breaches:?} {stopped:?} {regions:?} {others:?}")
}

/// A verdict with the grade of its storm and what is said beside it. Loops may be of any length.
fn full_gist(answer: &Answer) -> String {
    let finite = answer.verdict.trace().filter(|trace| trace.repeats_from().is_none());
    full_gist_with(answer, finite.map(|trace| trace.steps().len()))
}

fn full_gist_with(answer: &Answer, length: Option<usize>) -> String {
    let notes = answer.notes.iter().map(|note| match note {
        Note::UnfairLoop(_) => "an unfair loop".to_owned(),
        Note::StormWhileNotCalm(_, storm) => format!("a storm {:?} {}", storm.grade, storm.faults),
        Note::Unbounded(_) => "unbounded".to_owned(),
        Note::TimeStops(_) => "time stops".to_owned(),
        other => format!("{other:?}"),
    });
    let notes: Vec<String> = notes.collect();
    let verdict = match &answer.verdict {
        Verdict::Holds { worst, .. } => format!("holds {worst:?}"),
        Verdict::Fails { worst, storm, .. } => {
            let storm = storm.map(|storm| (storm.grade, storm.faults, storm.fewest_faults));
            format!("fails {worst:?} {storm:?}")
        }
        Verdict::Unknown(reason) => format!("unknown {reason:?}"),
    };
    format!("{verdict} {length:?} {notes:?}")
}

fn of(answers: &Answers, property: PropertyId) -> Option<&Answer> {
    answers.by_property().into_iter().find(|(id, _)| *id == property).map(|(_, answer)| answer)
}

/// Where a trace that ends passes the point of no return.
fn no_return(answer: &Answer) -> Option<(Option<usize>, Option<usize>)> {
    let no_return = answer.no_return?;
    let is_finite = answer.verdict.trace().is_some_and(|trace| trace.repeats_from().is_none());
    is_finite.then_some((no_return.last_sure, no_return.last_possible))
}

/// A verdict without what it rests on, and of what is shown only how long it is.
fn gist(answer: &Answer) -> String {
    let length = answer.verdict.trace().map(|trace| trace.steps().len());
    match &answer.verdict {
        Verdict::Holds { worst, .. } => format!("holds {worst:?} {length:?}"),
        Verdict::Fails { worst, .. } => format!("fails {worst:?} {length:?}"),
        Verdict::Unknown(reason) => format!("unknown {reason:?}"),
    }
}

fn request(prepared: &Prepared, workers: usize) -> Request {
    let properties = prepared.model.properties.ids().collect();
    Request { properties, limits: Limits::NONE, workers }
}

fn layouts_agree(text: &str) -> Result<String, Disagreement> {
    let once = syntax::format(&source(text)).map_err(|_| "a model has no layout".to_owned())?;
    let twice = syntax::format(&source(&once)).map_err(|_| format!("no layout of:\n{once}"))?;
    same("the layout and its own layout", &once, &twice)?;
    Ok(once)
}

fn answers(prepared: &Prepared, workers: usize) -> Answers {
    run(prepared, &request(prepared, workers), &mut Silent)
}

fn page(prepared: &Prepared, answers: &Answers) -> String {
    text::write(&Report::of(prepared, answers), &[], "squall check")
}

/// What does not depend on the layout of the text.
fn essence(prepared: &Prepared, answers: &Answers) -> String {
    let mut report = Report::of(prepared, answers);
    report.findings.iter_mut().for_each(|finding| finding.place = None);
    report.properties.iter_mut().for_each(|property| property.claim.clear());
    text::write(&report, &[], "squall check")
}

/// Both meanings, state by state. Whether there is something to judge.
fn meanings_agree(prepared: &Prepared) -> Result<bool, Disagreement> {
    let Prepared { model, compiled, .. } = prepared;
    let meaning = Interpreter::new(model);
    let Some(mut queue) = starts_agree(compiled, &meaning)? else { return Ok(false) };
    let mut seen: BTreeSet<Vec<Word>> = queue.iter().cloned().collect();
    let mut at = 0;
    while at < queue.len().min(STATES_COMPARED) {
        let state = queue[at].clone();
        let values = compiled.legend().values(&state);
        same("a state and what it means", &compiled.legend().state(&values), &Some(state.clone()))?;
        figures_agree(compiled, &meaning, &state, &values)?;
        for next in steps_agree(compiled, &meaning, &state, &values)? {
            if seen.insert(next.clone()) {
                queue.push(next);
            }
        }
        at += 1;
    }
    Ok(!queue.is_empty())
}

/// The starts, if none breaches.
fn starts_agree(
    compiled: &Compiled,
    meaning: &Interpreter,
) -> Result<Option<Vec<Vec<Word>>>, Disagreement> {
    let (mut expected, mut expected_breaches) = (BTreeSet::new(), BTreeSet::new());
    meaning.starts(&mut |start| {
        match start {
            Ok(values) => drop(expected.insert(values)),
            Err(breach) => drop(expected_breaches.insert(breach)),
        }
        ControlFlow::Continue(())
    });
    let (mut found, mut found_breaches) = (BTreeSet::new(), BTreeSet::new());
    compiled.initial(&mut |start| {
        match start {
            Start::State(state) => drop(found.insert(state.to_vec())),
            Start::Breach(breach) => drop(found_breaches.insert(breach)),
            Start::Searching => {}
        }
        ControlFlow::Continue(())
    });
    let decoded: BTreeSet<Values> =
        found.iter().map(|state| compiled.legend().values(state)).collect();
    same("what breaches at a start", &found_breaches, &expected_breaches)?;
    if !found_breaches.is_empty() {
        return Ok(None);
    }
    same("the starts, compiled and interpreted,", &decoded, &expected)?;
    Ok(Some(found.into_iter().collect()))
}

fn figures_agree(
    compiled: &Compiled,
    meaning: &Interpreter,
    state: &[Word],
    values: &Values,
) -> Result<(), Disagreement> {
    for figure in meaning.model().figures.ids() {
        let found = compiled.read(figure, state);
        let expected = meaning.figure(figure, values).map(|value| as_number(&value));
        expect(found == expected, || {
            format!("figure {figure:?} in {values:?}:\n  {found:?}\n  {expected:?}")
        })?;
    }
    Ok(())
}

/// The next states, on which both agree.
fn steps_agree(
    compiled: &Compiled,
    meaning: &Interpreter,
    state: &[Word],
    values: &Values,
) -> Result<Vec<Vec<Word>>, Disagreement> {
    type Step = (u32, Vec<u64>, Result<Values, Breach>);
    let (mut found, mut next_states): (Vec<Step>, Vec<Vec<Word>>) = (Vec::new(), Vec::new());
    compiled.steps(state, &mut |step| {
        let next = step.next.map(|next| compiled.legend().values(next));
        next_states.extend(step.next.ok().map(<[Word]>::to_vec));
        found.push((step.action.0, step.counts.to_vec(), next));
    });
    let moves = meaning.moves(values).into_iter();
    let expected: Vec<Step> = moves.map(|one| (one.action.0, one.counts, one.next)).collect();
    let is_same = found == expected;
    expect(is_same, || {
        let differing = found.iter().zip(&expected).find(|(one, other)| one != other);
        format!("steps out of {values:?}, compiled and interpreted:\n  {differing:?}")
    })?;
    Ok(next_states)
}

//! Compares everything that can be compared about one model text.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use squall::audit::{Outcome as Audited, audit};
use squall::base::{Diagnostic, Severity, Source, SourceId};
use squall::certificate::Certificate;
use squall::compile::Compiled;
use squall::explore::{Limits, Silent};
use squall::model::{Claim, Interpreter, Meter, Settings, Values};
use squall::pipeline::{Answers, Operators, PartOfAnswers, Prepared, Request};
use squall::pipeline::{prepare, run, run_with_proofs};
use squall::report::Report;
use squall::report::text;
use squall::syntax;
use squall::system::{Breach, Start, System, Word};
use squall::verdict::storm::Grade;
use squall::verdict::{Answer, Evidence, Note, Reason, Verdict, Worst};

use super::book::{Book, as_number};
use crate::saved::walk_again;
use squall::base::Id;

/// What came of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is no model.
    Invalid(String),
    /// It is too large, or has no start to explore from: its steps alone agree.
    Partly,
    /// All agrees.
    Agreed { holds: usize, fails: usize, unknown: usize, breaches: usize },
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

fn prepared(text: &str) -> Result<Prepared, Vec<Diagnostic>> {
    prepare(&[source(text)], &Settings::default())
}

/// Compares all that is known of a text.
pub fn agree(text: &str) -> Result<Outcome, Disagreement> {
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
    let answers = answers(&prepared, 1);
    let several = self::answers(&prepared, 3);
    same("one worker and three", &page(&prepared, &answers), &page(&prepared, &several))?;
    let again = self::prepared(&formatted)
        .map_err(|errors| format!("the layout is no model: {errors:#?}\n{formatted}"))?;
    let laid_out = self::answers(&again, 2);
    same("as written and laid out", &essence(&prepared, &answers), &essence(&again, &laid_out))?;
    audit_agrees(&prepared)?;
    walk_again(&prepared, &[source(text)], &answers)?;
    let mut breaches = 0;
    for part in &answers.parts {
        let book = if part.operators == Operators::Present { &with } else { &without };
        part_agrees(&prepared, part, book)?;
        breaches += part.judgement.breaches.len();
    }
    let word = |wanted: fn(&Verdict) -> bool| {
        answers.by_property().iter().filter(|(_, answer)| wanted(&answer.verdict)).count()
    };
    Ok(Outcome::Agreed {
        holds: word(|verdict| matches!(verdict, Verdict::Holds { .. })),
        fails: word(|verdict| matches!(verdict, Verdict::Fails { .. })),
        unknown: word(|verdict| matches!(verdict, Verdict::Unknown(_))),
        breaches,
    })
}

fn expect(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), Disagreement> {
    if is_so { Ok(()) } else { Err(otherwise()) }
}

fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    one: &T,
    other: &T,
) -> Result<(), Disagreement> {
    expect(one == other, || format!("{what} differ:\n  {one:?}\n  {other:?}"))
}

fn layouts_agree(text: &str) -> Result<String, Disagreement> {
    let once = syntax::format(&source(text)).map_err(|_| "a model has no layout".to_owned())?;
    let twice = syntax::format(&source(&once)).map_err(|_| format!("no layout of:\n{once}"))?;
    same("the layout and its own layout", &once, &twice)?;
    Ok(once)
}

fn answers(prepared: &Prepared, workers: usize) -> Answers {
    let properties = prepared.model.properties.ids().collect();
    run(prepared, &Request { properties, limits: Limits::NONE, workers }, &mut Silent)
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
    // The compiled search may discard a candidate by a false part behind one that breaches.
    expect(found_breaches.is_subset(&expected_breaches), || {
        format!("starts breach {expected_breaches:?}, compiled: {found_breaches:?}")
    })?;
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

/// The certificate of what holds against those who do not trust it.
fn audit_agrees(prepared: &Prepared) -> Result<(), Disagreement> {
    let properties = prepared.model.properties.ids().collect();
    let request = Request { properties, limits: Limits::NONE, workers: 1 };
    let (answers, parts) = run_with_proofs(prepared, &request, &mut Silent);
    let certificate = Certificate { text_hash: 0, mitigations: vec![], settings: vec![], parts };
    let outcomes = audit(&prepared.model, &certificate).into_iter();
    for ((property, answer), (_, outcome)) in answers.by_property().into_iter().zip(outcomes) {
        let holds = matches!(answer.verdict, Verdict::Holds { .. });
        let expected = if holds { Audited::Ok } else { Audited::NotCertified };
        let name = &prepared.model.properties[property].name;
        same(&format!("what is judged and audited of {name}"), &expected, &outcome)?;
    }
    Ok(())
}

/// One exploration and its verdicts against the textbook.
fn part_agrees(prepared: &Prepared, part: &PartOfAnswers, book: &Book) -> Result<(), Disagreement> {
    let ticks = book.all_edges().filter(|(_, edge)| edge.action.0 == 0).count() as u64;
    let steps = book.all_edges().count() as u64 - ticks;
    let summary = &part.summary;
    let found = (
        summary.start_count,
        summary.state_count,
        summary.step_count,
        summary.tick_count,
        summary.depth,
    );
    let depth = book.depths.iter().copied().max().unwrap_or(0);
    let expected = (book.start_count, book.states.len(), steps, ticks, depth);
    same("counts of the engine and the textbook", &found, &expected)?;
    let breaches = book.breaches();
    let told: BTreeSet<Breach> = part.judgement.breaches.iter().map(|one| one.breach).collect();
    expect(breaches.is_subset(&told), || format!("breaches {breaches:?}, told only {told:?}"))?;
    let stopped = part.judgement.stopped.as_ref().map_or(0, |found| found.state_count);
    same("states in which time has stopped", &stopped, &book.stopped())?;
    calm_agrees(prepared, part, book)?;
    for (property, answer) in part.properties.iter().zip(&part.judgement.answers) {
        let property = &prepared.model.properties[*property];
        answer_agrees(&property.claim, answer, book)
            .map_err(|why| format!("{}: {}\n{why}", property.name, property.text))?;
    }
    Ok(())
}

fn calm_agrees(prepared: &Prepared, part: &PartOfAnswers, book: &Book) -> Result<(), Disagreement> {
    let model = &prepared.model;
    let is_storm_asked =
        part.properties.iter().any(|one| matches!(model.properties[*one].claim, Claim::Finite(..)));
    let (Some(calm), true, true) = (model.calm, model.calm_declared, is_storm_asked) else {
        return Ok(());
    };
    let never = book.calm_behind_fault(calm) == Some(false);
    same("whether calm never returns", &part.judgement.never_calm_again, &never)
}

fn answer_agrees(claim: &Claim, answer: &Answer, book: &Book) -> Result<(), Disagreement> {
    let verdict = &answer.verdict;
    let first = |figure, wanted: i64| {
        let values = book.figure(figure);
        let states = (0..book.states.len()).filter(|&at| values[at] == Ok(wanted));
        let nearest = states.map(|at| book.depths[at]).min();
        (nearest, values.iter().any(Result::is_err))
    };
    match claim {
        Claim::Always(figure) | Claim::Never(figure) => {
            let bad = i64::from(matches!(claim, Claim::Never(_)));
            let (nearest, unreadable) = first(*figure, bad);
            shortest_agrees(verdict, nearest, unreadable, book)
        }
        Claim::Possible(figure) => {
            let (nearest, unreadable) = first(*figure, 1);
            match (verdict, nearest) {
                (Verdict::Holds { witness: Some(witness), .. }, Some(depth)) => {
                    same("the length of the witness", &witness.steps().len(), &depth)
                }
                (Verdict::Fails { evidence: Evidence::Everything(_), .. }, None) => {
                    expect(!breaks(book, unreadable), || "fails where the model breaches".into())
                }
                (verdict, None) => is_unknown(verdict, breaks(book, unreadable)),
                (verdict, depth) => Err(format!("{verdict:?}, but possible in {depth:?}")),
            }
        }
        Claim::Peak(figure, bound) => peak_agrees(verdict, &book.figure(*figure), *bound, book),
        Claim::Finite(meter, when) => {
            let meter = match meter {
                Meter::Tick => 0,
                Meter::Declared(id) => 1 + id.index(),
            };
            storm_agrees(answer, book, meter, &book.figure(*when))
        }
        // What holds is audited, and what fails is shown.
        Claim::Temporal(_) => Ok(()),
        _ => is_unknown_for(verdict, Reason::NotSupported),
    }
}

/// Whether nothing can be said of all states.
fn breaks(book: &Book, unreadable: bool) -> bool {
    unreadable || !book.breaches().is_empty()
}

fn is_unknown(verdict: &Verdict, breaks: bool) -> Result<(), Disagreement> {
    match breaks {
        true => is_unknown_for(verdict, Reason::ModelBreaches),
        false => Err(format!("{verdict:?}, but nothing speaks for it")),
    }
}

fn is_unknown_for(verdict: &Verdict, why: Reason) -> Result<(), Disagreement> {
    let is_so = matches!(verdict, Verdict::Unknown(reason) if *reason == why);
    expect(is_so, || format!("{verdict:?}, but it should be unknown: {why:?}"))
}

fn shortest_agrees(
    verdict: &Verdict,
    nearest: Option<usize>,
    unreadable: bool,
    book: &Book,
) -> Result<(), Disagreement> {
    match (verdict, nearest) {
        (Verdict::Fails { evidence: Evidence::Trace(trace), .. }, Some(depth)) => {
            same("the length of the trace", &trace.steps().len(), &depth)
        }
        (Verdict::Holds { .. }, None) => {
            expect(!breaks(book, unreadable), || "holds where the model breaches".to_owned())
        }
        (verdict, None) => is_unknown(verdict, breaks(book, unreadable)),
        (verdict, Some(depth)) => Err(format!("{verdict:?}, but it is violated at {depth}")),
    }
}

fn peak_agrees(
    verdict: &Verdict,
    values: &[Result<i64, Breach>],
    bound: i64,
    book: &Book,
) -> Result<(), Disagreement> {
    let highest = values.iter().filter_map(|value| value.ok()).max();
    let unreadable = values.iter().any(Result::is_err);
    let depth = |most| {
        let states = (0..values.len()).filter(|&at| values[at] == Ok(most));
        states.map(|at| book.depths[at]).min()
    };
    match (verdict, highest) {
        (Verdict::Fails { evidence: Evidence::Trace(trace), worst, .. }, Some(most)) => {
            expect(most > bound, || format!("fails, but the most is {most}"))?;
            same("the worst", worst, &Some(Worst::Exactly(most)))?;
            same("the length of the trace", &Some(trace.steps().len()), &depth(most))
        }
        (Verdict::Holds { worst, witness, .. }, highest) => {
            expect(!breaks(book, unreadable), || "holds where the model breaches".to_owned())?;
            same("the worst", worst, &highest.map(Worst::Exactly))?;
            let length = witness.as_ref().map(|trace| trace.steps().len());
            same("the length of the witness", &length, &highest.and_then(depth))?;
            expect(highest.is_none_or(|most| most <= bound), || format!("reaches {highest:?}"))
        }
        (verdict, highest) => {
            expect(highest.is_none_or(|most| most <= bound), || format!("reaches {highest:?}"))?;
            is_unknown(verdict, breaks(book, unreadable))
        }
    }
}

fn storm_agrees(
    answer: &Answer,
    book: &Book,
    meter: usize,
    when: &[Result<i64, Breach>],
) -> Result<(), Disagreement> {
    let region: Vec<bool> = when.iter().map(|value| *value == Ok(1)).collect();
    let storms = book.fair_counting(&region, meter);
    let faults = book.faults();
    let fewest = |sets: &[Vec<usize>]| sets.iter().flatten().map(|&at| faults[at]).min();
    let has = |wanted: fn(&Note) -> bool| answer.notes.iter().any(wanted);
    let everywhere = vec![true; region.len()];
    let (unfair, beyond) = (
        has(|note| matches!(note, Note::UnfairLoop(_))),
        has(|note| matches!(note, Note::StormWhileNotCalm(..))),
    );
    match &answer.verdict {
        Verdict::Fails { storm: Some(storm), .. } => {
            expect(!storms.is_empty(), || "a storm that the textbook does not have".to_owned())?;
            same("the fewest faults", &Some(storm.fewest_faults), &fewest(&storms))?;
            let curable = match book.model.healthy {
                Some(healthy) => book.curable(healthy),
                None => book.stoppable(meter),
            };
            let is_hopeless =
                |at: usize| !curable[at] && storms.iter().any(|set| set.contains(&at));
            let hopeless: Vec<bool> = (0..region.len()).map(is_hopeless).collect();
            let traps = book.fair_counting(&hopeless, meter);
            let grade = if traps.is_empty() { Grade::Storm } else { Grade::Trap };
            same("the grade", &storm.grade, &grade)?;
            let worst = if traps.is_empty() { &storms } else { &traps };
            same("the faults on the way in", &Some(storm.faults), &fewest(worst))
        }
        verdict => {
            expect(storms.is_empty(), || format!("{verdict:?}, but there is a storm: {storms:?}"))?;
            same("whether an unfair loop counts", &unfair, &book.is_counted(&region, meter))?;
            let outside = !book.fair_counting(&everywhere, meter).is_empty();
            same("whether a storm exists while not calm", &beyond, &outside)?;
            let unreadable = when.iter().any(Result::is_err);
            // Whether health can be read matters only where a storm's grade is asked for.
            let healthy = book.model.healthy.filter(|_| outside).map(|one| book.figure(one));
            let unreadable =
                unreadable || healthy.is_some_and(|values| values.iter().any(Result::is_err));
            match verdict {
                Verdict::Holds { .. } => {
                    expect(!breaks(book, unreadable), || "holds where it breaches".to_owned())?;
                    let counted = book
                        .all_edges()
                        .any(|(_, edge)| edge.next.is_ok() && edge.counts[meter] > 0);
                    let never = has(|note| matches!(note, Note::NeverCounted));
                    same("whether it is never counted", &never, &!counted)?;
                    let empty = has(|note| matches!(note, Note::NoSuchStates));
                    same("whether no state is calm", &empty, &!region.contains(&true))
                }
                verdict => is_unknown(verdict, breaks(book, unreadable)),
            }
        }
    }
}

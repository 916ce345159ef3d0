//! The compiled system, interpreted and as machine code, compared with the reference meaning: on all that
//! can be reached in texts of every feature of the language, step by step, number by number, breach by
//! breach.

mod columns;
mod features;
mod renaming;
mod statements;

use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;

use super::{Compiled, Evaluator, compile};
use crate::base::{Source, SourceId};
use crate::model::{Interpreter, Model, Settings, Value, Values, analyse};
use crate::syntax::parse;
use crate::system::{Breach, Shape, Start, Step, Stepper, Steps, System, Word};

/// Compares both meanings on at most this many states of one text; the reference meaning is slow.
const STATES_COMPARED: usize = 1500;

/// What both meanings are found to agree on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Agreement {
    states: usize,
    steps: usize,
    breaches: usize,
    renamings: usize,
}

/// Renamings are compared on at most this many states.
const STATES_RENAMED: usize = 200;

/// Compares both meanings of a text, and says how much there was to compare.
fn agreement(text: &str) -> Agreement {
    agreement_on(&model_of(text))
}

fn model_of(text: &str) -> Model {
    let source = Source::new(SourceId(0), "test.squall", format!("model test\n{text}\n"));
    let parsed = parse(&source);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let analysis = analyse(&[source], &[parsed.file], &Settings::default());
    let diagnostics = analysis.diagnostics.clone();
    analysis.into_model().unwrap_or_else(|_| panic!("{text}\n{diagnostics:#?}"))
}

fn agreement_on(model: &Model) -> Agreement {
    let compiled = compile(model).evaluated(Evaluator::Interpreted);
    let native = compile(model).evaluated(Evaluator::NATIVE);
    let mut stepper = native.stepper();
    let mut native_buffer = Steps::new(Shape::of(&native));
    let meaning = Interpreter::new(model);
    let mut found = Agreement::default();
    let mut some_states = Vec::new();
    let mut queue = VecDeque::from(starts(&compiled, &meaning));
    let mut seen: BTreeSet<Vec<Word>> = queue.iter().cloned().collect();
    while let Some(state) = queue.pop_front() {
        found.states += 1;
        if found.states > STATES_COMPARED {
            break;
        }
        if some_states.len() < STATES_RENAMED {
            some_states.push(state.clone());
        }
        let values = compiled.legend().values(&state);
        assert_eq!(compiled.legend().state(&values).as_ref(), Some(&state), "{values:?}");
        compare_figures(&compiled, &meaning, &state, &values);
        compare_figures(&native, &meaning, &state, &values);
        let steps = compare_steps(&compiled, &meaning, &state, &values);
        assert_eq!(
            native_steps(&mut *stepper, &mut native_buffer, &state),
            steps,
            "machine code in {values:?}"
        );
        for (_, _, next) in steps {
            found.steps += 1;
            match next {
                Ok(next) if seen.insert(next.clone()) => queue.push_back(next),
                Ok(_) => {}
                Err(_) => found.breaches += 1,
            }
        }
    }
    found.renamings = renaming::compare(model, &compiled, &some_states);
    found
}

/// The initial states, on which both must agree as on all else.
fn starts(compiled: &Compiled, meaning: &Interpreter) -> Vec<Vec<Word>> {
    let mut expected = BTreeSet::new();
    meaning.starts(&mut |start| {
        let start = start.expect("the texts compared have no start that breaches");
        expected.insert(compiled.legend().state(&start).expect("a start has values of its types"));
        ControlFlow::Continue(())
    });
    let mut found = BTreeSet::new();
    compiled.initial(&mut |start| {
        if let Start::State(state) = start {
            found.insert(state.to_vec());
        }
        ControlFlow::Continue(())
    });
    let shown = |states: &BTreeSet<Vec<Word>>| {
        states.iter().map(|state| compiled.legend().values(state)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&found), shown(&expected), "initial states");
    found.into_iter().collect()
}

type OwnedStep = (u32, Vec<u64>, Result<Vec<Word>, Breach>);

/// The steps out of a state, on which both agree.
fn compare_steps(
    compiled: &Compiled,
    meaning: &Interpreter,
    state: &[Word],
    values: &Values,
) -> Vec<OwnedStep> {
    let mut found = Vec::new();
    compiled.steps(state, &mut |step| {
        found.push((step.action.0, step.counts.to_vec(), step.next.map(<[Word]>::to_vec)));
    });
    let decoded = |step: &OwnedStep| {
        let next = step.2.clone().map(|next| compiled.legend().values(&next));
        (step.0, step.1.clone(), next)
    };
    let expected: Vec<_> = meaning
        .moves(values)
        .into_iter()
        .map(|step| (step.action.0, step.counts, step.next))
        .collect();
    let decoded: Vec<_> = found.iter().map(decoded).collect();
    assert_eq!(decoded, expected, "steps out of {values:?}");
    found
}

fn native_steps(stepper: &mut dyn Stepper, steps: &mut Steps, state: &[Word]) -> Vec<OwnedStep> {
    stepper.steps(state, steps);
    let owned =
        |step: Step<'_>| (step.action.0, step.counts.to_vec(), step.next.map(<[Word]>::to_vec));
    steps.iter().map(owned).collect()
}

fn compare_figures(compiled: &Compiled, meaning: &Interpreter, state: &[Word], values: &Values) {
    for figure in meaning.model().figures.ids() {
        let found = compiled.read(figure, state);
        let expected = meaning.figure(figure, values).map(|value| match value {
            Value::Bool(truth) => i64::from(truth),
            Value::Number(number) => number,
            Value::Enum(_, rank) | Value::Instance(_, rank) | Value::Control(_, rank) => {
                i64::from(rank)
            }
            _ => -1,
        });
        assert_eq!(found, expected, "figure {figure:?} in {values:?}");
    }
}

/// Compares both meanings of a text, on which there must be something to compare.
fn check(text: &str) {
    let found = agreement(text);
    assert!(found.steps > 0, "no step to compare in {text}");
}

/// The same, where some step must breach.
fn check_breaching(text: &str) {
    let found = agreement(text);
    assert!(found.breaches > 0, "no breach to compare in {text}");
}

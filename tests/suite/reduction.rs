//! Exploring without what nothing reads: how much it saves, that nothing else changes, and what is said.

use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::{Claim, Interpreter, Setting, Settings, Value};
use squall::pipeline::{Answers, Prepared, Request, prepare, run};
use squall::report::{Report, text};
use squall::verdict::{Evidence, Verdict, Worst};

fn prepared(text: &str, settings: &[(&str, &str)]) -> Prepared {
    let source = Source::new(SourceId(0), "test.squall", text.to_owned());
    let pair = |&(name, value): &(&str, &str)| (name.to_owned(), Setting::Text(value.to_owned()));
    let parameters = settings.iter().map(pair).collect();
    let settings = Settings { parameters, ..Settings::default() };
    let Ok(prepared) = prepare(&[source], &settings) else {
        panic!("the model is refused:\n{text}")
    };
    prepared
}

fn answers(prepared: &Prepared, properties: &[&str]) -> Answers {
    let all = prepared.model.properties.iter_with_ids();
    let named = all.filter(|(_, one)| properties.contains(&one.name.as_str()));
    let properties: Vec<_> = named.map(|(id, _)| id).collect();
    assert!(!properties.is_empty(), "no such property");
    run(prepared, &Request { properties, limits: Limits::NONE, workers: 2 }, &mut Silent)
}

fn states(answers: &Answers) -> usize {
    answers.parts[0].summary.state_count
}

fn page(prepared: &Prepared, answers: &Answers) -> String {
    text::write(&Report::of(prepared, answers), &[], "squall check")
}

const REMIRROR: &str = include_str!("../../models/scale/remirror.squall");

/// What a `while` says of a variable is found out where nobody says it.
#[test]
fn a_model_without_while_has_no_more_states() {
    let bare = REMIRROR.replace("= none while copying", "= none");
    assert_ne!(bare, REMIRROR);
    let properties = ["within", "no_storm"];
    let all = states(&answers(&prepared(&bare, &[]), &properties));
    let lean = states(&answers(&prepared(&bare, &[]).up_to_unread_values(), &properties));
    let said = states(&answers(&prepared(REMIRROR, &[]), &properties));
    assert_eq!((all, lean, said), (1724, 1193, 1193));
}

/// Where everything is read, nothing is different, and nothing is said.
#[test]
fn what_is_read_is_left_alone() {
    let all = prepared(REMIRROR, &[]);
    let lean = prepared(REMIRROR, &[]).up_to_unread_values();
    let properties = ["within", "no_storm"];
    let (one, other) = (answers(&all, &properties), answers(&lean, &properties));
    assert!(other.parts[0].unread.is_empty());
    assert_eq!(page(&all, &one), page(&lean, &other));
}

/// A clock that nobody looks at, and a number of jobs that only people see.
const CLOCK: &str = "model clock
machine Clock {
  var hour: 0..11
  var done: 0..9 saturating
  on tick {
    hour = (hour + 1) mod 12
    done += 1
  }
}
machine Lamp {
  state dark, lit
  may action light: dark -> lit { }
}
watch hour = Clock.hour
property dark: always Lamp is dark
property ends: eventually Lamp is lit
property late: never Clock.hour == 11
";

#[test]
fn what_only_traces_show_makes_no_states() {
    let model = prepared(CLOCK, &[]).up_to_unread_values();
    let alone = answers(&model, &["dark"]);
    assert_eq!(states(&alone), 2);
    assert!(
        page(&model, &alone)
            .contains("states (merged: unread values of Clock.hour and Clock.done)")
    );
    // A claim that reads the hour keeps it.
    assert_eq!(states(&answers(&model, &["late"])), 24);
    // A loop would have to go round twelve times before it closes: then it is read.
    assert_eq!(states(&answers(&model, &["ends"])), 24);
}

/// Traces show what the model does, unread or not.
#[test]
fn traces_are_those_of_the_model() {
    let states = |prepared: Prepared| {
        let answers = answers(&prepared, &["late"]);
        let (_, answer) = answers.by_property()[0];
        let trace = answer.verdict.trace().expect("it fails");
        trace.states().to_vec()
    };
    let all = states(prepared(CLOCK, &[]));
    assert_eq!(all, states(prepared(CLOCK, &[]).up_to_unread_values()));
    assert_eq!(all.len(), 12);
}

/// Clients give up in the same instant, each by itself.
const HERD: &str = include_str!("../cases/reduction/a-herd-that-nobody-watches.squall");

#[test]
fn one_order_is_enough_where_no_claim_sees_another() {
    let all = answers(&prepared(HERD, &[]).up_to_unread_values(), &["server"]);
    let model = prepared(HERD, &[]).up_to_unread_values().up_to_order();
    let one = answers(&model, &["server"]);
    assert_eq!((states(&all), states(&one)), (243, 112));
    let page = page(&model, &one);
    assert!(page.contains(", orders of Client.give_up), "), "{page}");
    // With renaming, what is left of the order is left out as well.
    let both = prepared(HERD, &[]).up_to_renaming().up_to_unread_values();
    let renamed = states(&answers(&both, &["server"]));
    let both = prepared(HERD, &[]).up_to_renaming().up_to_unread_values().up_to_order();
    assert!(states(&answers(&both, &["server"])) < renamed);
}

/// A claim that sees what urgent steps write, or one about executions, sees every order.
#[test]
fn every_order_is_there_for_claims_that_see_it() {
    let text = format!("{HERD}property ends: eventually Server is down\n");
    let (all, one) = (prepared(&text, &[]), prepared(&text, &[]).up_to_order());
    for property in ["gone", "tired", "ends"] {
        let (all, one) = (answers(&all, &[property]), answers(&one, &[property]));
        assert!(one.parts[0].ordered.is_empty(), "{property}");
        assert_eq!(all.parts[0].summary, one.parts[0].summary, "{property}");
    }
}

const LAMPS: &str = include_str!("../cases/reduction/a-shortest-trace-needs-no-lamp.squall");

/// A search that a limit cut short shows a state with the worst value that it tells.
#[test]
fn what_is_shown_is_as_bad_as_what_is_told() {
    let model = prepared(LAMPS, &[]).up_to_order();
    let (id, few) = model
        .model
        .properties
        .iter_with_ids()
        .find(|(_, one)| one.name == "few")
        .expect("it is there");
    let Claim::Peak(figure, _) = few.claim else { panic!("it is a peak") };
    let meaning = Interpreter::new(&model.model);
    let mut told = 0;
    for states in 1..34 {
        let limits = Limits { states: Some(states), ..Limits::NONE };
        let request = Request { properties: vec![id], limits, workers: 1 };
        let answers = run(&model, &request, &mut Silent);
        let (_, answer) = answers.by_property()[0];
        if let Verdict::Fails { evidence: Evidence::Trace(trace), worst: Some(worst), .. } =
            &answer.verdict
        {
            let (Worst::Exactly(worst) | Worst::AtLeast(worst)) = worst else {
                panic!("{worst:?}")
            };
            let last = trace.states().last().expect("a trace has a state");
            assert_eq!(meaning.figure(figure, last), Ok(Value::Number(*worst)), "{states} states");
            told += 1;
        }
    }
    assert!(told > 0);
}

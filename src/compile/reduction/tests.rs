//! Which parts of texts are found to decide nothing, and which are not.

use std::fmt::Write;

use super::*;
use crate::base::{Source, SourceId};
use crate::model::{Settings, analyse};
use crate::syntax::parse;

fn model_of(text: &str) -> Model {
    let source = Source::new(SourceId(0), "test.squall", format!("model test\n{text}\n"));
    let parsed = parse(&source);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let analysis = analyse(&[source], &[parsed.file], &Settings::default());
    let diagnostics = analysis.diagnostics.clone();
    analysis.into_model().unwrap_or_else(|_| panic!("{text}\n{diagnostics:#?}"))
}

/// All claims of a model, which are about single states.
fn question(model: &Model) -> Question {
    let figures = model.properties.iter().flat_map(|one| one.claim.figures());
    Question { figures: figures.collect(), has_operators: false, is_about_executions: false }
}

/// In how many ways things can be known of so many machines is no matter: this ends.
#[test]
fn a_definition_is_not_looked_at_in_all_ways_in_which_it_is_called() {
    const DEEP: usize = 40;
    let mut text = String::new();
    for at in 0..DEEP {
        write!(text, "machine M{at} {{ state a, b\n may action go: a -> b {{ }} }}\n").unwrap();
    }
    text += "machine Last { state a, b\n var x: 0..1\n var y: 0..1\n";
    write!(text, "may action go: a -> b when d{DEEP} {{ x = 1\n y = 1 }} }}\n").unwrap();
    text += "def d0 = Last.x == 0\n";
    for at in 0..DEEP {
        let deeper = at + 1;
        writeln!(text, "def d{deeper} = M{at} is a and d{at} or M{at} is b and d{at}").unwrap();
    }
    text += "property p: never Last is b";
    let model = model_of(&text);
    let question = question(&model);
    let left_out = lean(&model, &question).expect("something is left out").variables;
    let names = left_out.iter().map(|&it| model.variables[it].name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["y"]);
    assert!(confluent(&model, &question).is_none());
}

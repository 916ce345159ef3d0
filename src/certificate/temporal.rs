//! What shows that no fair execution violates a temporal claim: an automaton, and where it reads.
//!
//! The automaton need not be believed. Each of its stages says which formulas are to be true of what
//! remains of an execution, so whether its turns lead on as these formulas ask can be seen stage by
//! stage; whoever does that needs no automaton of his own, and it does not matter how this one was made.
//!
//! *Formulas.* A claim is written with five kinds of them and with `not`: `true`, a figure, `and`, `next`
//! and `until`. Here `p or q` is `not (not p and not q)`, `p implies q` is `not (p and not q)`, `eventually
//! p` is `true until p`, `always p` is `not eventually not p`, `next not p` is `not next p`, and `p leads
//! to q` is `always (p implies eventually q)`. Number 1 is `true`; the others follow as a walk through
//! the claim from left to right comes to the end of each, and what was met before keeps its number. A
//! number below 0 is the formula of the number above 0, negated.
//!
//! *Letters.* What all figures of the claim are in one state; numbered in order of the first states that
//! have them.
//!
//! *Stages.* The first is about executions that violate the claim: it asks for no more than the negation
//! of the claim, or than the parts of which that is the conjunction. Take an execution and a stage whose
//! formulas are true of it. Going by its letter, and by which formulas are true of its rest, each `until`
//! either has what it waits for or is put off, each `and` that is negated has a part that is false, and
//! so on; in the end it is said what is true from the next state on. On each letter a stage has a turn
//! for every such way: one to a stage that asks for no more than that, and puts off no more.
//!
//! *Places.* A state and a stage in which the automaton is about to read it; a stage without turns on the
//! letter of a state reads nothing there and needs no place. The first stage reads the starts, and where
//! a turn and a step lead together is a place again. They are numbered stage by stage, and the levels
//! of an order are about them: of each class inside of which a step leads it is told why an execution
//! does not stay there.

use itertools::Itertools;

use super::{Read, Reader, line, number, numbers};

/// What an automaton asks of the rest of an execution, where it reads, and how it goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// The numbers of the formulas that are to be true.
    pub formulas: Vec<i32>,
    /// By letter.
    pub turns: Vec<Vec<Turn>>,
    /// The states that it reads, ascending.
    pub states: Vec<u32>,
}

/// A transition of an automaton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The place of the stage to which it leads.
    pub to: u32,
    /// The numbers of the `until`s that wait on.
    pub put_off: Vec<i32>,
}

pub(super) fn write_stages(text: &mut String, stages: &[Stage]) {
    let letter_count = stages.first().map_or(0, |stage| stage.turns.len());
    line(text, "temporal", &[stages.len(), letter_count]);
    for stage in stages {
        line(text, "stage", &stage.formulas);
        for turns in &stage.turns {
            line(text, "turns", &turns.iter().map(written).collect_vec());
        }
        line(text, "reads", &stage.states);
    }
}

/// A turn as one word.
fn written(turn: &Turn) -> String {
    let put_off = turn.put_off.iter().map(|until| format!("/{until}"));
    turn.to.to_string() + &put_off.collect::<String>()
}

impl Reader<'_> {
    pub(super) fn stages(&mut self, counts: &str) -> Read<Vec<Stage>> {
        let (stages, letters) = counts.split_once(' ').ok_or("two counts were expected here")?;
        let letters: usize = number(letters)?;
        (0..number(stages)?).map(|_: usize| self.stage(letters)).collect()
    }

    fn stage(&mut self, letter_count: usize) -> Read<Stage> {
        let formulas = numbers(self.after("stage")?)?;
        let turns = (0..letter_count).map(|_| {
            let words = self.after("turns")?.split_whitespace();
            words.map(turn).collect::<Read<_>>()
        });
        let turns = turns.collect::<Read<_>>()?;
        Ok(Stage { formulas, turns, states: numbers(self.after("reads")?)? })
    }
}

fn turn(word: &str) -> Read<Turn> {
    let mut numbers = word.split('/');
    let to = numbers.next().ok_or("a turn leads somewhere").and_then(number)?;
    Ok(Turn { to, put_off: numbers.map(number).collect::<Read<_>>()? })
}

//! The states together with an automaton that reads all that violates a claim.
//!
//! Take an execution that violates the claim. It is followed by a path through the places along which all
//! that a stage asks for is true of what remains of the execution: so it is in the first stage, which asks
//! for the negation of the claim at most; of all ways in which what a stage asks for can be true one is
//! the case, and there is a turn to a stage that asks for no more than that way and puts off no more; and
//! where the turn leads there is a place, unless the stage has no turns there, and then, as nothing that
//! it asks for can be true, it is not where the path leads. An `until` that is put off from some point on
//! by all turns of the path would be true there and wait for what never comes; so there is none.
//!
//! That no fair execution has such a path is shown by an order on the places.

use std::collections::{BTreeMap, BTreeSet};

use super::formula::{Formulas, Letter, Way};
use super::order::Net;
use super::world::{Step, World};
use super::{Checked, Refusal};
use crate::certificate::{Stage, Turn};
use crate::model::Formula;

/// Places and the steps between them.
pub(super) struct Product<'a> {
    world: &'a World<'a>,
    stages: &'a [Stage],
    /// By state: the number of its letter.
    letter_of: Vec<usize>,
    /// By stage: the number of its first place.
    firsts: Vec<usize>,
    /// The stage and the state of each place, stage by stage.
    places: Vec<(usize, usize)>,
}

impl<'a> Product<'a> {
    /// Refused if an execution that violates the claim may leave the places.
    pub(super) fn of(
        world: &'a World<'a>,
        claim: &Formula,
        stages: &'a [Stage],
    ) -> Checked<Product<'a>> {
        let (formulas, claim) = Formulas::of(claim);
        let (letters, letter_of) = letters(world, &formulas)?;
        let first = stages.first().ok_or(Refusal::new("there are no stages"))?;
        if !is_among(&first.formulas, &formulas.conjuncts(-claim)?) {
            return Err(Refusal::new("the first stage asks for more than a violation"));
        }
        for stage in stages {
            check_turns(stage, stages, &formulas, &letters)?;
            check_states(stage, world.states().len())?;
        }
        let mut product =
            Product { world, stages, letter_of, firsts: Vec::new(), places: Vec::new() };
        for (stage, asks) in stages.iter().enumerate() {
            product.firsts.push(product.places.len());
            product.places.extend(asks.states.iter().map(|&state| (stage, state as usize)));
        }
        product.check_closed()?;
        Ok(product)
    }

    /// The starts are read by the first stage, and where a step and a turn lead the execution is read on.
    fn check_closed(&self) -> Checked {
        for start in self.world.starts() {
            self.check_read(0, start)?;
        }
        for &(stage, state) in &self.places {
            for step in self.world.steps(state) {
                for turn in self.turns(stage, state) {
                    self.check_read(turn.to as usize, step.target)?;
                }
            }
        }
        Ok(())
    }

    fn check_read(&self, stage: usize, state: usize) -> Checked {
        match self.turns(stage, state).is_empty() || self.place(stage, state).is_some() {
            true => Ok(()),
            false => Err(Refusal::in_state("a stage that should read it does not", state)),
        }
    }

    fn turns(&self, stage: usize, state: usize) -> &'a [Turn] {
        &self.stages[stage].turns[self.letter_of[state]]
    }

    fn place(&self, stage: usize, state: usize) -> Option<usize> {
        let found = self.stages[stage].states.binary_search(&(state as u32));
        found.ok().map(|at| self.firsts[stage] + at)
    }
}

impl Net for Product<'_> {
    fn place_count(&self) -> usize {
        self.places.len()
    }

    fn state(&self, place: usize) -> usize {
        self.places[place].1
    }

    fn steps(&self, place: usize) -> impl Iterator<Item = Step<'_>> {
        let (stage, state) = self.places[place];
        self.world.steps(state).iter().flat_map(move |step| {
            self.turns(stage, state).iter().filter_map(move |turn| {
                let target = self.place(turn.to as usize, step.target)?;
                Some(Step { target, put_off: &turn.put_off, ..*step })
            })
        })
    }
}

/// The letters, in order of the first states that have them; and by state the number of its letter.
fn letters(world: &World<'_>, formulas: &Formulas) -> Checked<(Vec<Letter>, Vec<usize>)> {
    let mut numbers: BTreeMap<Letter, usize> = BTreeMap::new();
    let mut letters = Vec::new();
    let mut letter_of = Vec::new();
    for state in world.states() {
        let figures = formulas.figures();
        let read = figures.map(|figure| Ok((figure, world.figure(figure, state)? == 1)));
        let letter = read.collect::<Checked<Letter>>()?;
        letter_of.push(*numbers.entry(letter.clone()).or_insert_with(|| {
            letters.push(letter);
            letters.len() - 1
        }));
    }
    Ok((letters, letter_of))
}

/// For each way in which what a stage asks for can be true there is a turn.
fn check_turns(
    stage: &Stage,
    stages: &[Stage],
    formulas: &Formulas,
    letters: &[Letter],
) -> Checked {
    if stage.turns.len() != letters.len() {
        return Err(Refusal::new("a stage does not tell its turns on each letter"));
    }
    for (letter, turns) in letters.iter().zip(&stage.turns) {
        if turns.iter().any(|turn| turn.to as usize >= stages.len()) {
            return Err(Refusal::new("a turn leads to no stage"));
        }
        let serves = |turn: &Turn, way: &Way| {
            is_among(&stages[turn.to as usize].formulas, &way.next)
                && is_among(&turn.put_off, &way.put_off)
        };
        for way in formulas.ways_of_all(&stage.formulas, letter)? {
            if !turns.iter().any(|turn| serves(turn, &way)) {
                return Err(Refusal::new("a stage has no turn for what can happen"));
            }
        }
    }
    Ok(())
}

fn is_among(formulas: &[i32], others: &BTreeSet<i32>) -> bool {
    formulas.iter().all(|formula| others.contains(formula))
}

fn check_states(stage: &Stage, state_count: usize) -> Checked {
    let ascends = stage.states.is_sorted_by(|one, other| one < other);
    match ascends && stage.states.last().is_none_or(|&last| (last as usize) < state_count) {
        true => Ok(()),
        false => Err(Refusal::new("the states that a stage reads are no list of states")),
    }
}

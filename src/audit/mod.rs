//! Believing a `holds` without exploring: everything in a certificate is checked, nothing is trusted.
//!
//! This folder shares nothing with what explores and judges but the reference meaning, and does not
//! search. A first sweep (`world`) works out the steps of each state of the certificate: every start is
//! among the states, every step stays among them, and each is a start or behind one that stands before
//! it; so they are the reachable states and no others. What can be seen in a state alone is then looked
//! up in each. The rest (`order`) is a second sweep along the steps: numbers on the states that cannot
//! go down for ever, or are never exceeded by what is counted. For temporal claims that sweep is one along
//! steps of both the states and an automaton (`product`), which is compared with what the formulas of
//! the claim mean (`formula`).

mod formula;
mod order;
mod product;
mod world;

use self::order::{Net, Region};
use self::product::Product;
use self::world::{Step, World};
use crate::certificate::{Certificate, Part, Proof};
use crate::model::{
    ActionKind, Claim, FigureId, Interpreter, Meter, Model, Property, PropertyId, Values,
};
use crate::system::ActionId;
use crate::trace::Trace;
use crate::trace::replay::{Ending, Meaning, replay};

/// What an audit says of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds, and that was checked.
    Ok,
    /// What the certificate says of it is not so.
    Refused(Refusal),
    /// The certificate does not say that it holds.
    NotCertified,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub why: &'static str,
    /// With which of the states, from 0.
    pub state: Option<usize>,
    /// With which step out of it.
    pub step: Option<ActionId>,
}

impl Refusal {
    fn new(why: &'static str) -> Refusal {
        Refusal { why, state: None, step: None }
    }

    fn in_state(why: &'static str, state: usize) -> Refusal {
        Refusal { why, state: Some(state), step: None }
    }

    fn at_step(why: &'static str, state: usize, step: ActionId) -> Refusal {
        Refusal { why, state: Some(state), step: Some(step) }
    }
}

type Checked<T = ()> = Result<T, Refusal>;

/// Audits what a certificate says of each property of a model, which is in the configuration that the
/// certificate names.
pub fn audit(model: &Model, certificate: &Certificate) -> Vec<(PropertyId, Outcome)> {
    let mut outcomes = vec![Outcome::NotCertified; model.properties.len()];
    for part in &certificate.parts {
        // A way to a state is walked by itself; all else stands on all states together.
        let needs_states = part.proofs.iter().any(|(_, proof)| !matches!(proof, Proof::Trace(..)));
        let world = needs_states.then(|| World::of(model, part));
        for (property, outcome) in model.properties.iter().zip(&mut outcomes) {
            let Some(proof) = proof_of(part, property) else { continue };
            let checked = match (proof, &world) {
                (Proof::Trace(start, actions), _) => walk(model, property, start, actions),
                (proof, Some(Ok(world))) => check(world, &property.claim, proof),
                (_, Some(Err(refusal))) => Err(*refusal),
                (_, None) => unreachable!("only a way does without states"),
            };
            *outcome = checked.map_or_else(Outcome::Refused, |()| Outcome::Ok);
        }
    }
    model.properties.ids().zip(outcomes).collect()
}

fn proof_of<'a>(part: &'a Part, property: &Property) -> Option<&'a Proof> {
    let is_its =
        |name: &str| part.with_operators == property.with_operators && name == property.name;
    part.proofs.iter().find(|(name, _)| is_its(name)).map(|(_, proof)| proof)
}

/// `possible p`: there is a way to such a state.
fn walk(model: &Model, property: &Property, start: &Values, actions: &[ActionId]) -> Checked {
    let Claim::Possible(goal) = property.claim else { return Err(Refusal::new(OTHER_KIND)) };
    let is_operators = |&action: &ActionId| kind(model, action) == Some(ActionKind::Operator);
    if !property.with_operators && actions.iter().any(is_operators) {
        return Err(Refusal::new("the way needs operators"));
    }
    let meaning = Interpreter::new(model);
    let trace = Trace { start: Vec::new(), actions: actions.to_vec(), repeats_from: None };
    let walked = replay(&meaning, start.clone(), &trace, Ending::State)
        .map_err(|_| Refusal::new("the model does not go this way"))?;
    let last = walked.states().last();
    match last.map(|state| Meaning::figure(&meaning, goal, state)) {
        Some(Ok(1)) => Ok(()),
        _ => Err(Refusal::new("the way leads elsewhere")),
    }
}

const OTHER_KIND: &str = "claims of this kind are not proved like this";

/// Checks a claim in the world that the first sweep has found to be all of it.
fn check(world: &World<'_>, claim: &Claim, proof: &Proof) -> Checked {
    match (claim, proof) {
        (Claim::Always(p), Proof::States) => in_each(world, *p, "it is not so", |value| value == 1),
        (Claim::Never(p), Proof::States) => in_each(world, *p, "it is so", |value| value == 0),
        (Claim::Peak(figure, bound), Proof::States) => {
            in_each(world, *figure, "it is more", |value| value <= *bound)
        }
        (Claim::AlwaysPossible(goal), Proof::Ranks(ranks)) => approaches(world, *goal, ranks),
        (Claim::Finite(meter, when), Proof::Order(levels)) => {
            let count = |_: usize, step: &Step<'_>| world.count(step, *meter);
            Region { world, net: world, count: &count, bound: None }
                .check(world.where_true(*when)?, levels)
        }
        (Claim::Rate { meter, numerator, denominator, when }, Proof::Order(levels)) => {
            let count = |_: usize, step: &Step<'_>| world.count(step, *meter);
            let bound = Some((*numerator, *denominator));
            Region { world, net: world, count: &count, bound }
                .check(world.where_true(*when)?, levels)
        }
        (Claim::Total { meter, within, bound, when }, Proof::Most(layers)) => {
            let region = world.where_true(*when)?;
            let count = |state: usize, step: &Step<'_>| match region[state] {
                true => world.count(step, *meter),
                false => 0,
            };
            match (within, layers.as_slice()) {
                (None, [most]) => at_most(world, most, &count, *bound),
                (Some(ticks), layers) => at_most_within(world, layers, &count, *ticks, *bound),
                _ => Err(Refusal::new("a total needs one list of numbers")),
            }
        }
        (Claim::Recovers(None), Proof::Order(levels)) => {
            let (calm, unwell) = calm_and_unwell(world)?;
            let count = |state: usize, _: &Step<'_>| u64::from(unwell[state]);
            Region { world, net: world, count: &count, bound: None }.check(calm, levels)
        }
        (Claim::Recovers(Some(bound)), Proof::Recovery(levels, most)) => {
            let (calm, unwell) = calm_and_unwell(world)?;
            let steps = |state: usize, _: &Step<'_>| u64::from(unwell[state]);
            Region { world, net: world, count: &steps, bound: None }.check(calm, levels)?;
            let ticks = |state: usize, step: &Step<'_>| match unwell[state] {
                true => world.count(step, Meter::Tick),
                false => 0,
            };
            at_most(world, most, &ticks, *bound)
        }
        (Claim::Temporal(formula), Proof::Temporal(stages, levels)) => {
            let net = &Product::of(world, formula, stages)?;
            let count = |_: usize, _: &Step<'_>| 1;
            let region = vec![true; net.place_count()];
            Region { world, net, count: &count, bound: None }.check(region, levels)
        }
        _ => Err(Refusal::new(OTHER_KIND)),
    }
}

fn in_each(
    world: &World<'_>,
    figure: FigureId,
    why: &'static str,
    is_fine: impl Fn(i64) -> bool,
) -> Checked {
    for state in world.states() {
        if !is_fine(world.figure(figure, state)?) {
            return Err(Refusal::in_state(why, state));
        }
    }
    Ok(())
}

/// The calm states, and those of them that are not healthy.
fn calm_and_unwell(world: &World<'_>) -> Checked<(Vec<bool>, Vec<bool>)> {
    let model = world.model();
    let healthy = model.healthy.ok_or(Refusal::new("the model does not say what healthy is"))?;
    let calm = match model.calm {
        Some(calm) => world.where_true(calm)?,
        None => vec![true; world.states().len()],
    };
    let healthy = world.where_true(healthy)?;
    let unwell = calm.iter().zip(healthy).map(|(&calm, healthy)| calm && !healthy).collect();
    Ok((calm, unwell))
}

/// Each state is at the goal, or a step that is no fault leads closer to it.
fn approaches(world: &World<'_>, goal: FigureId, ranks: &[u64]) -> Checked {
    check_length(world, ranks)?;
    for state in world.states() {
        let leads_on = |step: &Step<'_>| {
            ranks[step.target] < ranks[state]
                && kind(world.model(), step.action) != Some(ActionKind::Fault)
        };
        if world.figure(goal, state)? != 1 && !world.steps(state).iter().any(leads_on) {
            return Err(Refusal::in_state("no step leads closer to the goal", state));
        }
    }
    Ok(())
}

/// What an execution counts from a state on.
type Count<'a> = dyn Fn(usize, &Step<'_>) -> u64 + 'a;

/// Each number is at least what a step counts and the number behind it, so no execution counts more
/// than the number where it starts.
fn at_most(world: &World<'_>, most: &[u64], count: &Count<'_>, bound: i64) -> Checked {
    check_length(world, most)?;
    for state in world.states() {
        for step in world.steps(state) {
            check_step(state, step, most, most, count)?;
        }
    }
    check_bound(world.starts(), most, bound)
}

/// The same for stretches, which begin anywhere and have so many ticks left.
fn at_most_within(
    world: &World<'_>,
    layers: &[Vec<u64>],
    count: &Count<'_>,
    ticks: i64,
    bound: i64,
) -> Checked {
    let Some(last) = layers.last() else { return Err(Refusal::new("there are no numbers")) };
    let has_each = layers.len() as u64 > ticks.max(0).unsigned_abs();
    for (left, most) in layers.iter().enumerate() {
        check_length(world, most)?;
        let before = left.checked_sub(1).map(|before| &layers[before]);
        // If the last list is to serve for more ticks, a tick leads from it to itself.
        let serves_for_more = !has_each && left + 1 == layers.len();
        for state in world.states() {
            for step in world.steps(state) {
                let behind = match world.count(step, Meter::Tick) {
                    0 => Some(most),
                    _ if serves_for_more => Some(most),
                    _ => before,
                };
                behind.map_or(Ok(()), |behind| check_step(state, step, most, behind, count))?;
            }
        }
    }
    check_bound(world.states(), last, bound)
}

fn check_step(
    state: usize,
    step: &Step<'_>,
    most: &[u64],
    behind: &[u64],
    count: &Count<'_>,
) -> Checked {
    let counted = u128::from(count(state, step)) + u128::from(behind[step.target]);
    if counted <= u128::from(most[state]) {
        return Ok(());
    }
    Err(Refusal::at_step("more is counted than its number", state, step.action))
}

fn check_bound(mut from: impl Iterator<Item = usize>, most: &[u64], bound: i64) -> Checked {
    match from.find(|&state| i128::from(most[state]) > i128::from(bound)) {
        None => Ok(()),
        Some(state) => Err(Refusal::in_state("the number is above the bound", state)),
    }
}

fn check_length<T>(world: &World<'_>, numbers: &[T]) -> Checked {
    match numbers.len() == world.states().len() {
        true => Ok(()),
        false => Err(Refusal::new("there is not one number for each state")),
    }
}

/// The kind of an action instance; none for the tick, and for what is none.
fn kind(model: &Model, action: ActionId) -> Option<ActionKind> {
    model.instances.get(action).map(|instance| model.actions[instance.action].kind)
}

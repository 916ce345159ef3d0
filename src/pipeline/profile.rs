//! Where the states of a model come from: which actions find them, and which variables multiply them.
//!
//! States are numbered in the order in which they are found, so a second walk over all steps finds out
//! who found each state by comparing with the one that is next. What a variable multiplies the state space
//! by is the number of states, divided by the number that can be told apart without looking at it;
//! states are told apart by 64-bit sums over their cells, for which a collision would make a
//! figure here a little smaller and nothing else wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use itertools::Itertools;

use super::{Prepared, Request, Summary};
use crate::base::{Id, IdVec};
use crate::explore::{Edges, Graph, Interrupted, Observer, Patience, Plan, StateId, explore};
use crate::model::{ActionDefinitionId, Cell, MachineId, Model, Value, VariableId};
use crate::system::{Restricted, Shape, Steps, System};

/// The most states whose values are looked at. By taste.
const STATES_LOOKED_AT: usize = 200_000;

/// Where the states come from.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What was explored: all states, without operators, nothing left out.
    pub summary: Summary,
    /// By action, those that never happen left out; the most steps first.
    pub actions: Vec<ActionShare>,
    /// By variable; the one that multiplies most first.
    pub parts: Vec<PartShare>,
    /// Of how many states the values were looked at: the first ones.
    pub looked_at: usize,
}

/// What one action contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionShare {
    /// Which; none for the tick.
    pub action: Option<ActionDefinitionId>,
    /// How many steps of it there are.
    pub steps: u64,
    /// How many states it was the first to find.
    pub found: u64,
}

/// A part of the state, in all instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The control states of a machine.
    Control(MachineId),
    /// A variable.
    Variable(VariableId),
    /// What is left of a budget.
    Budget(ActionDefinitionId),
}

/// What one part contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartShare {
    /// Which.
    pub part: Part,
    /// How many values it has, in any instance.
    pub values: usize,
    /// How many states could be told apart without it.
    pub states_without: usize,
}

/// Explores all states, and counts; none if it was interrupted.
pub fn profile(
    prepared: &Prepared,
    request: &Request,
    observer: &mut dyn Observer,
) -> Option<Profile> {
    let system = Restricted::new(&prepared.compiled);
    let plan = Plan {
        edges: Edges::Nowhere,
        figures: Vec::new(),
        limits: request.limits.clone(),
        workers: request.workers,
    };
    let exploration = explore(&system, &plan, observer);
    let graph = &exploration.graph;
    let actions = action_shares(&prepared.model, &system, graph, observer).ok()?;
    let looked_at = graph.state_count().min(STATES_LOOKED_AT);
    let parts = part_shares(prepared, graph, looked_at, observer).ok()?;
    Some(Profile { summary: Summary::of(&exploration), actions, parts, looked_at })
}

fn action_shares(
    model: &Model,
    system: &dyn System,
    graph: &Graph,
    observer: &mut dyn Observer,
) -> Result<Vec<ActionShare>, Interrupted> {
    let none = |action| ActionShare { action, steps: 0, found: 0 };
    let mut tick = none(None);
    let mut shares: IdVec<ActionDefinitionId, ActionShare> =
        model.actions.ids().map(|id| none(Some(id))).collect();
    let mut patience = Patience::new(observer);
    let mut stepper = system.stepper();
    let mut steps = Steps::new(Shape::of(system));
    let mut found = graph.start_count();
    for state in graph.states().filter(|&state| graph.is_expanded(state)) {
        patience.spend()?;
        stepper.steps(&graph.words(state), &mut steps);
        for step in steps.iter() {
            let share = match model.instances.get(step.action) {
                Some(instance) => &mut shares[instance.action],
                None => &mut tick,
            };
            share.steps += 1;
            let is_new = found < graph.state_count()
                && step.next.is_ok_and(|next| *next == *graph.words(StateId::from_index(found)));
            found += usize::from(is_new);
            share.found += u64::from(is_new);
        }
    }
    let all = std::iter::once(&tick).chain(shares.iter()).copied();
    let happened = all.filter(|share| share.steps > 0);
    Ok(happened.sorted_by_key(|share| std::cmp::Reverse((share.found, share.steps))).collect())
}

/// The values of a part, and hashes of what stands beside it.
#[derive(Default)]
struct Seen {
    values: BTreeSet<Value>,
    rests: BTreeSet<u64>,
}

fn part_shares(
    prepared: &Prepared,
    graph: &Graph,
    looked_at: usize,
    observer: &mut dyn Observer,
) -> Result<Vec<PartShare>, Interrupted> {
    let parts: Vec<Part> = prepared.model.cells.iter().map(|(_, cell)| part_of(cell)).collect();
    let mut seen: BTreeMap<Part, Seen> = BTreeMap::new();
    let mut patience = Patience::new(observer);
    for state in graph.states().take(looked_at) {
        patience.spend()?;
        let values = prepared.compiled.legend().values(&graph.words(state));
        let hashes: Vec<u64> = values.iter().enumerate().map(hash_of).collect();
        let whole = hashes.iter().fold(0, |sum: u64, &hash| sum.wrapping_add(hash));
        let mut without: BTreeMap<Part, u64> = BTreeMap::new();
        for ((part, value), hash) in parts.iter().zip(&values).zip(hashes) {
            let rest = without.entry(*part).or_insert(whole);
            *rest = rest.wrapping_sub(hash);
            let values = &mut seen.entry(*part).or_default().values;
            if !values.contains(value) {
                values.insert(value.clone());
            }
        }
        for (part, rest) in without {
            seen.entry(part).or_default().rests.insert(rest);
        }
    }
    let share = |(part, seen): (Part, Seen)| PartShare {
        part,
        values: seen.values.len(),
        states_without: seen.rests.len(),
    };
    Ok(seen.into_iter().map(share).sorted_by_key(|share| share.states_without).collect())
}

fn part_of(cell: Cell) -> Part {
    match cell {
        Cell::Control(machine, _) => Part::Control(machine),
        Cell::Variable(variable, _) => Part::Variable(variable),
        Cell::Budget(action, _) => Part::Budget(action),
    }
}

/// The same on every machine: the hasher has fixed keys.
fn hash_of(cell: (usize, &Value)) -> u64 {
    let mut hasher = DefaultHasher::new();
    cell.hash(&mut hasher);
    hasher.finish()
}

//! Urgent steps that may be taken before all others, where claims are about single states.
//!
//! An urgent action instance is *confluent* here if no claim reads what it writes, and every other action
//! instance either neither reads nor writes what it writes and writes nothing that it reads, or needs some
//! instance in other control states than it does, even to breach. Besides, it follows an arrow to another
//! control state, sets none in its body, and the arrows of its machine's confluent actions make no circle.
//! Once it is enabled, then, nothing but itself changes whether it is, or what it does; and no tick comes
//! before it. In a state in which one is enabled, only the first such one is explored. (A persistent set of
//! one step, found statically: Godefroid, "Partial-order methods for the verification of concurrent
//! systems", 1996; for steps that nobody sees: Groote & van de Pol, "State space reduction using partial
//! τ-confluence", 2000.)
//!
//! Why nothing changes. Take a way from a state to another, and a confluent step that is enabled in the
//! first. If the way takes it, it may as well take it at once, and ends where it did. If it does not, the
//! step is still enabled at the end; taken at once instead, the same way leads to a state that differs in
//! what the step writes only, which no claim reads and no step of the way. Either way what is left to go is
//! no longer than before (but the whole way may be, by the step), and the steps taken first cannot go on
//! for ever: each takes its instance along an arrow, and those arrows make no circle. So for every state
//! that can be reached one is explored that claims read alike. It has the same steps, but for those that
//! were taken, so every action that happens is seen, and every breach; what a step taken first writes was
//! seen in the state before it. A state from which no tick can be reached leads to states of its kind only,
//! and a tick, which no confluent step is enabled beside, is reached in one where it is in the other: so
//! time stops in both or in neither.
//!
//! Nothing of this holds for executions: fairness looks at what is enabled between steps, and meters at
//! which states they are counted in. There, all orders are explored. Traces are the model's own, but there
//! may be shorter ones; so those that are shown are looked for in all orders, see `pipeline/ordered.rs`.

use std::collections::{BTreeMap, BTreeSet};

use super::footprint::{Footprint, Tracks};
use super::whereabouts::{Name, States, Whereabouts};
use super::{Question, can_be_taken, conditions};
use crate::base::{Id, IdVec};
use crate::compile::lower::action::{conjuncts, sets_control};
use crate::compile::lower::cost::Estimates;
use crate::model::{
    Action, ActionInstance, ActionKind, CellId, Expression, MachineId, Model, Value,
};
use crate::system::ActionId;

/// The most action instances that are compared with each other. By taste.
const MOST_INSTANCES: usize = 4096;

/// By action instance, whether it may be taken before all others; none if there is no such.
pub fn confluent(model: &Model, question: &Question) -> Option<IdVec<ActionId, bool>> {
    if question.is_about_executions || model.instances.len() > MOST_INSTANCES {
        return None;
    }
    let mut seen = Tracks::none(model);
    question.figures.iter().for_each(|&it| seen.read(&model.figures[it].expression));
    if seen.asks_for_rest {
        return None;
    }
    let seen = seen.footprint().reads;
    let all = Candidate::all(model, question);
    let users = users(&all);
    let mut chosen: Vec<&Candidate<'_>> = all
        .iter()
        .filter(|one| is_on_its_way(one.action))
        .filter(|one| one.print.writes.is_disjoint(&seen))
        .filter(|one| one.commutes(&all, &users))
        .collect();
    let circular = machines_with_circles(&chosen);
    chosen.retain(|one| one.action.machine.is_none_or(|machine| !circular.contains(&machine)));
    if chosen.is_empty() {
        return None;
    }
    let chosen: BTreeSet<ActionId> = chosen.iter().map(|one| one.id).collect();
    let ids = (0..model.instances.len()).map(ActionId::from_index);
    Some(ids.map(|id| chosen.contains(&id)).collect())
}

/// The control states in which instances must be.
type Places = BTreeMap<(MachineId, u32), States>;

/// An action instance with what is known of it.
struct Candidate<'m> {
    id: ActionId,
    action: &'m Action,
    print: Footprint,
    /// Where instances are when it can be taken.
    taken_in: Places,
    /// Where they are when it is enabled, and be it by a breach.
    enabled_in: Places,
}

/// Which action instances, by position, read or write a cell; and which write it.
#[derive(Default)]
struct Users {
    any: Vec<usize>,
    writers: Vec<usize>,
}

fn users(all: &[Candidate<'_>]) -> BTreeMap<CellId, Users> {
    let mut users: BTreeMap<CellId, Users> = BTreeMap::new();
    for (at, one) in all.iter().enumerate() {
        for &cell in &one.print.reads {
            users.entry(cell).or_default().any.push(at);
        }
        for &cell in &one.print.writes {
            let users = users.entry(cell).or_default();
            users.any.push(at);
            users.writers.push(at);
        }
    }
    users
}

impl<'m> Candidate<'m> {
    /// Every action instance that can be taken.
    fn all(model: &'m Model, question: &Question) -> Vec<Candidate<'m>> {
        let estimates = Estimates::of(model);
        let asked = |trusted: &dyn Fn(&Expression) -> bool| -> IdVec<_, Whereabouts> {
            model.actions.iter().map(|action| asked(action, model, trusted)).collect()
        };
        let taken_in = asked(&|_| true);
        let enabled_in = asked(&|part| !estimates.may_breach(part));
        let instances = model.instances.iter().filter_map(|(id, instance)| {
            let action = &model.actions[instance.action];
            can_be_taken(action, question).then(|| Candidate {
                id,
                action,
                print: Footprint::of(model, instance),
                taken_in: places(instance, action, &taken_in[instance.action]),
                enabled_in: places(instance, action, &enabled_in[instance.action]),
            })
        });
        instances.collect()
    }

    /// Whether whatever can be enabled beside it commutes with it.
    fn commutes(&self, all: &[Candidate<'_>], users: &BTreeMap<CellId, Users>) -> bool {
        let of = |cell| users.get(cell);
        let writes = self.print.writes.iter().filter_map(of).flat_map(|users| &users.any);
        let reads = self.print.reads.iter().filter_map(of).flat_map(|users| &users.writers);
        writes.chain(reads).all(|&at| all[at].id == self.id || self.excludes(&all[at]))
    }

    /// Whether the other is never enabled where this one can be taken.
    fn excludes(&self, other: &Candidate<'_>) -> bool {
        let of_other = |it| other.enabled_in.get(it);
        let mut both = self.taken_in.iter().filter_map(|(it, own)| Some((own, of_other(it)?)));
        both.any(|(own, other)| own.is_disjoint(other))
    }
}

/// The control states that an action asks for, as far as what it asks before, and itself, is `trusted` to
/// be answered.
fn asked(action: &Action, model: &Model, trusted: &dyn Fn(&Expression) -> bool) -> Whereabouts {
    let asked = conditions(action).flat_map(conjuncts).take_while(|&part| trusted(part));
    asked.fold(Whereabouts::of(action, model), |at, part| at.given(part, true, model))
}

/// The same of one of its instances.
fn places(instance: &ActionInstance, action: &Action, asked: &Whereabouts) -> Places {
    let place = |name: Name| match name {
        Name::Receiver => Some(instance.index),
        Name::Single => Some(0),
        Name::Local(local) => {
            let at = action.parameters.iter().position(|one| one.local == local)?;
            match instance.arguments[at] {
                Value::Instance(_, index) => Some(index),
                _ => None,
            }
        }
    };
    let mut places = Places::new();
    for ((machine, name), states) in asked.known() {
        let Some(index) = place(*name) else { continue };
        let both = places.entry((*machine, index)).or_insert_with(|| states.clone());
        *both = &*both & states;
    }
    places
}

/// Whether an urgent action does nothing to control states but to follow its arrow to another.
fn is_on_its_way(action: &Action) -> bool {
    let (Some(from), Some(to)) = (&action.from, action.to) else { return false };
    action.kind == ActionKind::Urgent && !from.contains(&to) && !sets_control(&action.body)
}

/// The machines that could go round in circles by such steps alone.
fn machines_with_circles(chosen: &[&Candidate<'_>]) -> BTreeSet<MachineId> {
    let mut arrows: BTreeMap<MachineId, BTreeSet<(u32, u32)>> = BTreeMap::new();
    for one in chosen {
        let (Some(machine), Some(from), Some(to)) =
            (one.action.machine, &one.action.from, one.action.to)
        else {
            continue;
        };
        arrows.entry(machine).or_default().extend(from.iter().map(|&from| (from, to)));
    }
    let has_circle = |arrows: &BTreeSet<(u32, u32)>| {
        // What no arrow leads out of is on no circle, and so is what leads there only.
        let mut left = arrows.clone();
        loop {
            let sources: BTreeSet<u32> = left.iter().map(|&(from, _)| from).collect();
            let before = left.len();
            left.retain(|(_, to)| sources.contains(to));
            if left.len() == before {
                return !left.is_empty();
            }
        }
    };
    let circular = arrows.iter().filter(|(_, arrows)| has_circle(arrows));
    circular.map(|(&machine, _)| machine).collect()
}

//! What can be told of fairness in a component without knowing who is who.
//!
//! A family of obligations is one that is owed to each thing of a kind. Whoever is who, each of these things is
//! some thing in every state. So if there is one state in which each member of a weak family is not
//! enabled, or else taken, nobody puts it off; nor does anybody with a strong one of which each member is
//! taken there. And if each member of a weak one is enabled in all states and none is ever taken, everybody
//! puts it off. For what is owed to nobody in particular one of the two is always so.
//!
//! That settles most components, and costs no second expansion of their states. Only of the others the
//! [`threads`](super::threads) have to be followed.

use std::collections::BTreeMap;

use super::net::{Net, Twists};
use crate::explore::{Edge, StateId};
use crate::system::{Facts, FairnessId, Strength};

/// What is known at once.
pub(super) enum Glance {
    /// Nothing is put off.
    Fair,
    /// Everybody puts off this weak obligation, or its like.
    Unfair(FairnessId),
    /// It depends on who is who.
    Unclear,
}

/// What is known of a family.
#[derive(Default)]
struct Family {
    /// How many times its members are enabled, over all the states.
    enabled: usize,
    is_taken: bool,
    /// In how many states some member is enabled and not taken.
    open: usize,
    /// Whether all of its members are taken in one state.
    is_all_taken: bool,
}

/// Looks at a component. `inside` tells where an edge leads, if that is in it and the edge may be taken.
pub(super) fn glance(
    net: &dyn Net,
    twists: &dyn Twists,
    facts: &Facts,
    component: &[StateId],
    inside: &dyn Fn(StateId, Edge) -> Option<StateId>,
) -> Glance {
    let mut families: BTreeMap<FairnessId, Family> = BTreeMap::new();
    let mut here: Vec<(FairnessId, bool)> = Vec::new();
    for &state in component {
        here.clear();
        for &edge in net.edges(state) {
            let is_taken = inside(state, edge).is_some();
            let owed = &facts.actions[net.action(edge.label)].obligations;
            here.extend(owed.iter().map(|&owed| (owed, is_taken)));
        }
        // Of each obligation the last one tells whether some step takes it.
        here.sort_unstable();
        let last_of_each = here.chunk_by(|one, other| one.0 == other.0);
        let members = last_of_each.filter_map(|same| same.last()).map(|&(owed, is_taken)| {
            let (first, _) = family(twists, owed);
            (first, is_taken)
        });
        let members: Vec<(FairnessId, bool)> = members.collect();
        for same in members.chunk_by(|one, other| one.0 == other.0) {
            let (owed, taken) = (same[0].0, same.iter().filter(|member| member.1).count());
            let known = families.entry(owed).or_default();
            known.enabled += same.len();
            known.is_taken |= taken > 0;
            known.open += usize::from(taken < same.len());
            known.is_all_taken |= taken == family(twists, owed).1;
        }
    }
    let mut is_clear = true;
    for (owed, known) in families {
        let most = component.len() * family(twists, owed).1;
        match facts.fairness[owed].strength {
            Strength::Weak if known.open < component.len() => {}
            Strength::Weak if !known.is_taken && known.enabled == most => {
                return Glance::Unfair(owed);
            }
            Strength::Strong if known.is_all_taken => {}
            _ => is_clear = false,
        }
    }
    if is_clear { Glance::Fair } else { Glance::Unclear }
}

/// The first of an obligation's family, and how many there are. They stand one behind the other.
fn family(twists: &dyn Twists, owed: FairnessId) -> (FairnessId, usize) {
    let renaming = twists.renaming();
    let Some(owner) = renaming.owner(owed) else { return (owed, 1) };
    let peers = renaming.peers(owner);
    (renaming.owed_to(owed, peers.start), peers.len())
}

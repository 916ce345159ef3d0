//! What steps are called and count, each combination kept once.

use std::collections::BTreeMap;

use crate::base::Id;
use crate::system::{ActionId, MeterId};

crate::id!(
    /// What a step is called and counts: an action instance, and an amount on each meter.
    LabelId
);

/// The labels that occur, in order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Labels {
    meter_count: usize,
    actions: Vec<ActionId>,
    /// By label, then by meter.
    counts: Vec<u64>,
    /// By action, then by counts.
    numbers: Vec<BTreeMap<Box<[u64]>, LabelId>>,
}

impl Labels {
    /// No labels yet, of steps that count on so many meters.
    pub(super) fn new(meter_count: usize) -> Labels {
        Labels { meter_count, actions: Vec::new(), counts: Vec::new(), numbers: Vec::new() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.actions.len()
    }

    /// The action of a label.
    pub(super) fn action(&self, label: LabelId) -> ActionId {
        self.actions[label.index()]
    }

    /// How much a label counts on a meter.
    pub(super) fn count(&self, label: LabelId, meter: MeterId) -> u64 {
        self.counts(label)[meter.index()]
    }

    /// How much a label counts, by meter.
    #[inline]
    pub(super) fn counts(&self, label: LabelId) -> &[u64] {
        &self.counts[label.index() * self.meter_count..][..self.meter_count]
    }

    /// The label of an action and what it counts, if it occurs.
    pub(super) fn find(&self, action: ActionId, counts: &[u64]) -> Option<LabelId> {
        self.numbers.get(action.index())?.get(counts).copied()
    }

    /// The same, which occurs from now on.
    pub(super) fn insert(&mut self, action: ActionId, counts: &[u64]) -> LabelId {
        if let Some(known) = self.find(action, counts) {
            return known;
        }
        assert_eq!(counts.len(), self.meter_count, "a step counts on every meter");
        if self.numbers.len() <= action.index() {
            self.numbers.resize(action.index() + 1, BTreeMap::new());
        }
        let label = LabelId::from_index(self.actions.len());
        self.numbers[action.index()].insert(counts.into(), label);
        self.actions.push(action);
        self.counts.extend_from_slice(counts);
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_an_action_and_what_it_counts() {
        let mut labels = Labels::new(2);
        let steps = [(5, [0, 0]), (5, [0, 1]), (0, [0, 0]), (5, [0, 1]), (5, [0, 0])];
        let found = steps.map(|(action, counts)| labels.insert(ActionId(action), &counts).0);
        assert_eq!(found, [0, 1, 2, 1, 0]);
        assert_eq!(labels.len(), 3);
        assert_eq!(labels.action(LabelId(1)), ActionId(5));
        assert_eq!(labels.count(LabelId(1), MeterId(1)), 1);
        assert_eq!(labels.find(ActionId(0), &[0, 1]), None);
        assert_eq!(labels.find(ActionId(9), &[0, 1]), None);
    }
}

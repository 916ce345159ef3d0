//! The second sweep: whether an order shows that nothing is counted for ever, or not too fast.
//!
//! Take a fair execution that stays in a region from some point on. No step inside the region leads up
//! in the order, so from some point on it stays in one class. If no step inside the class counts, the
//! execution stops counting. If something owed is enabled all over the class and discharged by no step
//! inside it, the execution is not fair. If strong obligations are discharged by no step inside it, the
//! execution comes to the states where one is enabled only finitely often, and stays from some point on
//! in what remains of the region: the next level is about that. If no step inside the class gains
//! against its heights, it counts at most its ratio in the long run. And an `until` that is put off by
//! every step inside the class would wait for ever, which it does not.
//!
//! A region is one of places: of states, or of states with the stages of an automaton, where each step is
//! taken together with a turn. What is enabled in a place is what is enabled in its state.

use std::collections::BTreeMap;

use super::world::{Step, World, discharges};
use super::{Checked, Count, Refusal};
use crate::certificate::{Level, Reason};
use crate::model::Meter;
use crate::system::{FairnessId, Strength};
use crate::trace::replay::Obligation;

/// Places and the steps between them.
pub(super) trait Net {
    /// How many places there are.
    fn place_count(&self) -> usize;
    /// The state of a place.
    fn state(&self, place: usize) -> usize;
    /// The steps out of a place.
    fn steps(&self, place: usize) -> impl Iterator<Item = Step<'_>>;
}

/// A claim about executions that stay in a region.
pub(super) struct Region<'a, N> {
    pub(super) world: &'a World<'a>,
    pub(super) net: &'a N,
    /// How much steps count.
    pub(super) count: &'a Count<'a>,
    /// How much may be counted in how many ticks; if absent, nothing without end.
    pub(super) bound: Option<(i64, i64)>,
}

/// A reason that was looked into, as far as one can without states.
enum Why<'a> {
    Weak(&'a Obligation),
    Strong(Vec<&'a Obligation>),
    Ratio(i128, i128),
    Waits(i32),
}

impl<N: Net> Region<'_, N> {
    /// Checks the claim for the places that are in the region.
    pub(super) fn check(&self, mut is_in: Vec<bool>, levels: &[Level]) -> Checked {
        for level in levels {
            is_in = self.what_remains(&is_in, level)?;
        }
        match is_in.iter().position(|&is_in| is_in) {
            None => Ok(()),
            Some(place) => {
                let state = self.net.state(place);
                Err(Refusal::in_state("the order does not tell of the state", state))
            }
        }
    }

    /// Checks a level. An execution of which it does not tell stays in what remains.
    fn what_remains(&self, is_in: &[bool], level: &Level) -> Checked<Vec<bool>> {
        let classes = spread(is_in.iter().copied(), &level.numbers)?;
        let whys = self.whys(level)?;
        let why = |place: usize| whys.get(&classes[place]?);
        let is_rated = |place| matches!(why(place), Some(Why::Ratio(..)));
        let places = 0..self.net.place_count();
        let heights = spread(places.clone().map(is_rated), &level.heights)?;
        let mut remains = vec![false; is_in.len()];
        for place in places.filter(|&place| is_in[place]) {
            let state = self.net.state(place);
            for step in self.net.steps(place) {
                if classes[step.target] > classes[place] {
                    return Err(Refusal::at_step("a step leads up", state, step.action));
                }
                if classes[step.target] == classes[place] {
                    self.check_inside(place, &step, why(place), &heights)?;
                }
            }
            match why(place) {
                Some(Why::Weak(owed)) if !self.world.is_any_enabled(&[owed], state) => {
                    return Err(Refusal::in_state("what is said to be owed is not", state));
                }
                Some(Why::Strong(owed)) => {
                    remains[place] = !self.world.is_any_enabled(owed, state);
                }
                _ => {}
            }
        }
        Ok(remains)
    }

    fn whys(&self, level: &Level) -> Checked<BTreeMap<u32, Why<'_>>> {
        let whys = level.reasons.iter().map(|(number, reason)| Ok((*number, self.why(reason)?)));
        let whys: BTreeMap<_, _> = whys.collect::<Checked<_>>()?;
        match whys.len() == level.reasons.len() {
            true => Ok(whys),
            false => Err(Refusal::new("a class has two reasons")),
        }
    }

    fn why(&self, reason: &Reason) -> Checked<Why<'_>> {
        let owed = |fairness: &FairnessId| {
            let obligation = self.world.obligations.get(*fairness);
            obligation.ok_or(Refusal::new("there is no such obligation"))
        };
        match reason {
            Reason::Weak(fairness) => Ok(Why::Weak(owed(fairness)?)),
            Reason::Waits(until) => Ok(Why::Waits(*until)),
            Reason::Strong(all) => {
                let all: Vec<_> = all.iter().map(owed).collect::<Checked<_>>()?;
                match all.iter().all(|one| one.strength == Strength::Strong) {
                    true => Ok(Why::Strong(all)),
                    false => Err(Refusal::new("an obligation is not strong")),
                }
            }
            &Reason::Ratio(count, ticks) => {
                let (most, in_ticks) = self.bound.ok_or(Refusal::new("nothing may be counted"))?;
                let claimed = i128::from(most).checked_mul(ticks);
                let found = count.checked_mul(in_ticks.into());
                match found.zip(claimed) {
                    Some((found, claimed)) if ticks > 0 && found <= claimed => {
                        Ok(Why::Ratio(count, ticks))
                    }
                    _ => Err(Refusal::new("a ratio is above the bound")),
                }
            }
        }
    }

    /// Checks a step inside a class.
    fn check_inside(
        &self,
        place: usize,
        step: &Step<'_>,
        why: Option<&Why<'_>>,
        heights: &[Option<i128>],
    ) -> Checked {
        let refused = |why| Err(Refusal::at_step(why, self.net.state(place), step.action));
        const DISCHARGES: &str = "a step discharges what is said to be put off";
        match why {
            None if (self.count)(place, step) > 0 => refused("a step inside a class counts"),
            Some(Why::Weak(owed)) if discharges(step.action, &[owed]) => refused(DISCHARGES),
            Some(Why::Strong(owed)) if discharges(step.action, owed) => refused(DISCHARGES),
            Some(Why::Waits(until)) if !step.put_off.contains(until) => {
                refused("a step does not put off what is said to wait")
            }
            Some(&Why::Ratio(count, ticks)) => {
                let counted = i128::from((self.count)(place, step)).checked_mul(ticks);
                let allowed = i128::from(self.world.count(step, Meter::Tick)).checked_mul(count);
                let gain = counted.zip(allowed).and_then(|(one, other)| one.checked_sub(other));
                let above =
                    gain.zip(heights[step.target]).and_then(|(one, of)| one.checked_add(of));
                match above.zip(heights[place]) {
                    Some((above, height)) if above <= height => Ok(()),
                    _ => refused("a step gains against the heights"),
                }
            }
            _ => Ok(()),
        }
    }
}

/// Gives each number to its place: as many as there are places that have one.
fn spread<T: Copy>(has_one: impl Iterator<Item = bool>, numbers: &[T]) -> Checked<Vec<Option<T>>> {
    let mut left = numbers.iter().copied();
    let mut is_short = false;
    let mut next = |has_one: bool| {
        let number = if has_one { left.next() } else { None };
        is_short |= has_one && number.is_none();
        number
    };
    let spread: Vec<Option<T>> = has_one.map(&mut next).collect();
    match is_short || left.next().is_some() {
        false => Ok(spread),
        true => Err(Refusal::new("there is not one number for each place of a region")),
    }
}

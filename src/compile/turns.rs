//! Unordered loops: turns that each see the state before the loop and their own changes, and what they
//! did together.
//!
//! A turn works on the frame itself. Before it changes a *location* for the first time it says so
//! ([`Turns::touch_whole`], [`Turns::touch_element`], [`Turns::accumulate`]), and the old contents are kept.
//! When it ends, what it left in each location becomes an *effect*, and the old contents go back. When
//! the loop ends, the effects are sorted by location; turns that disagree are a breach, all others are
//! done, in the enclosing turn if there is one.
//!
//! A location is a slot, a whole queue (named by its first slot), or one element's membership of a set;
//! a set that is assigned as a whole is one location, in conflict with all of its elements.
//! The cost is linear in what the turns touch, times the few locations that one turn touches.

use super::frame::Frame;
use super::program::SiteId;
use crate::model::{Edge, Interval};
use crate::system::Rule;

/// A breach found where effects meet: its rule, and the site whose place it has.
pub type Clash = (Rule, SiteId);

/// The loops that are running, the innermost last.
#[derive(Debug, Default)]
pub struct Turns {
    /// Loops beyond `depth` are kept for their memory only.
    loops: Vec<Loop>,
    depth: usize,
}

#[derive(Debug, Default)]
struct Loop {
    touches: Vec<Touch>,
    /// What the touched locations held before, block by block.
    before: Vec<i64>,
    effects: Vec<Effect>,
    /// What the assigned locations hold after their turn, block by block.
    after: Vec<i64>,
}

/// A part of the state that turns may agree or disagree on. Ordered as breaches are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Location {
    slot: u32,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    Element(u8),
}

/// What the running turn does to a location.
#[derive(Clone, Copy, Debug)]
struct Touch {
    location: Location,
    kind: TouchKind,
    /// The first statement that touched it.
    site: SiteId,
    width: u32,
    /// Where its block of `Loop::before` begins.
    before: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TouchKind {
    Assigned,
    Accumulated(Interval),
}

/// What a finished turn did to a location.
#[derive(Clone, Copy, Debug)]
struct Effect {
    location: Location,
    /// Its number among the loop's effects, in the order of the turns.
    order: usize,
    site: SiteId,
    kind: EffectKind,
}

#[derive(Clone, Copy, Debug)]
enum EffectKind {
    /// It left `width` registers from `start` of `Loop::after` on.
    Assigned { start: usize, width: u32 },
    /// It put the element in or out.
    Membership(bool),
    /// It added so much.
    Accumulated(i128, Interval),
}

impl Turns {
    /// Begins a loop inside the current turn, or outside of all.
    pub fn begin_loop(&mut self) {
        if self.depth == self.loops.len() {
            self.loops.push(Loop::default());
        }
        let innermost = &mut self.loops[self.depth];
        innermost.effects.clear();
        innermost.after.clear();
        self.depth += 1;
    }

    /// Begins the next turn.
    pub fn begin_turn(&mut self) {
        let innermost = self.innermost();
        innermost.touches.clear();
        innermost.before.clear();
    }

    /// Says that the turn is about to assign `width` slots as one location.
    pub fn touch_whole(&mut self, slot: u32, width: u32, site: SiteId, frame: &Frame) {
        let innermost = self.innermost();
        let of_slot = |touch: &Touch| touch.location.slot == slot;
        let Some(first) = innermost.touches.iter().position(of_slot) else {
            let location = Location { slot, part: Part::Whole };
            return innermost.touch(location, TouchKind::Assigned, width, site, frame);
        };
        // The first touch has the oldest contents; elements touched after it are part of the whole.
        innermost.touches[first].location.part = Part::Whole;
        innermost.touches[first].kind = TouchKind::Assigned;
        let mut at = 0;
        innermost.touches.retain(|touch| {
            at += 1;
            at - 1 <= first || !of_slot(touch)
        });
    }

    /// Says that the turn is about to put an element into the set in a slot, or out of it.
    pub fn touch_element(&mut self, slot: u32, element: u8, site: SiteId, frame: &Frame) {
        let location = Location { slot, part: Part::Element(element) };
        let whole = Location { slot, part: Part::Whole };
        let innermost = self.innermost();
        let known = |touch: &Touch| touch.location == location || touch.location == whole;
        if !innermost.touches.iter().any(known) {
            innermost.touch(location, TouchKind::Assigned, 1, site, frame);
        }
    }

    /// Adds to a number what all turns add to it in the end; on a number that this turn has assigned,
    /// it is an ordinary addition.
    pub fn accumulate(
        &mut self,
        slot: u32,
        amount: i128,
        interval: Interval,
        site: SiteId,
        frame: &mut Frame,
    ) -> Result<(), Clash> {
        let location = Location { slot, part: Part::Whole };
        let innermost = self.innermost();
        let touched = innermost.touches.iter().find(|touch| touch.location == location);
        let assigned = touched.is_some_and(|touch| touch.kind == TouchKind::Assigned);
        if touched.is_none() {
            innermost.touch(location, TouchKind::Accumulated(interval), 1, site, frame);
        }
        let sum = i128::from(frame.at(i64::from(slot))) + amount;
        let view = i64::try_from(sum).map_err(|_| (Rule::Overflow, site))?;
        frame.write(slot, if assigned { confine(view, interval, site)? } else { view });
        Ok(())
    }

    /// Ends the turn: its touches become effects, and the frame is as it was before.
    pub fn end_turn(&mut self, frame: &mut Frame) {
        let innermost = self.innermost();
        for at in 0..innermost.touches.len() {
            let effect = innermost.effect_of(innermost.touches[at], frame);
            innermost.effects.push(effect);
        }
        for touch in innermost.touches.iter().rev() {
            for offset in 0..touch.width {
                let before = innermost.before[touch.before + offset as usize];
                frame.write(touch.location.slot + offset, before);
            }
        }
    }

    /// Ends the loop: what its turns did together happens in the enclosing turn, or for good.
    pub fn end_loop(&mut self, frame: &mut Frame) -> Result<(), Clash> {
        self.depth -= 1;
        let mut finished = std::mem::take(&mut self.loops[self.depth]);
        finished.effects.sort_unstable_by_key(|effect| (effect.location, effect.order));
        let outcome = self.merge(&finished, frame);
        self.loops[self.depth] = finished;
        outcome
    }

    /// Forgets all loops, for the routine that ran them breached.
    pub fn clear(&mut self) {
        self.depth = 0;
    }

    fn innermost(&mut self) -> &mut Loop {
        let depth = self.depth.checked_sub(1).expect("turns run inside of a loop");
        &mut self.loops[depth]
    }

    fn merge(&mut self, finished: &Loop, frame: &mut Frame) -> Result<(), Clash> {
        for of_slot in finished.effects.chunk_by(|a, b| a.location.slot == b.location.slot) {
            refuse_whole_and_part(of_slot)?;
            for group in of_slot.chunk_by(|a, b| a.location == b.location) {
                refuse_disagreement(group)?;
                self.apply(finished, group, frame)?;
            }
        }
        Ok(())
    }

    /// Does what the turns did to one location.
    fn apply(&mut self, finished: &Loop, group: &[Effect], frame: &mut Frame) -> Result<(), Clash> {
        let Effect { location: Location { slot, part }, site, kind, .. } = group[0];
        match kind {
            EffectKind::Assigned { start, width } => {
                if self.depth > 0 {
                    self.touch_whole(slot, width, site, frame);
                }
                let block = &finished.after[start..start + width as usize];
                (slot..).zip(block).for_each(|(slot, &value)| frame.write(slot, value));
                Ok(())
            }
            EffectKind::Membership(is_in) => {
                let Part::Element(element) = part else { unreachable!("only elements have it") };
                if self.depth > 0 {
                    self.touch_element(slot, element, site, frame);
                }
                let bit = 1 << element;
                let set = frame.at(i64::from(slot));
                frame.write(slot, if is_in { set | bit } else { set & !bit });
                Ok(())
            }
            EffectKind::Accumulated(_, interval) => {
                let total = group.iter().map(Effect::amount).sum();
                if self.depth > 0 {
                    return self.accumulate(slot, total, interval, site, frame);
                }
                let sum = i128::from(frame.at(i64::from(slot))) + total;
                let sum = i64::try_from(sum).map_err(|_| (Rule::Overflow, site))?;
                frame.write(slot, confine(sum, interval, site)?);
                Ok(())
            }
        }
    }
}

impl Loop {
    fn touch(
        &mut self,
        location: Location,
        kind: TouchKind,
        width: u32,
        site: SiteId,
        frame: &Frame,
    ) {
        let before = self.before.len();
        self.before.extend_from_slice(frame.block(location.slot, width));
        self.touches.push(Touch { location, kind, site, width, before });
    }

    fn effect_of(&mut self, touch: Touch, frame: &Frame) -> Effect {
        let Touch { location, site, width, .. } = touch;
        let now = frame.at(i64::from(location.slot));
        let kind = match (touch.kind, location.part) {
            (TouchKind::Accumulated(interval), _) => {
                let amount = i128::from(now) - i128::from(self.before[touch.before]);
                EffectKind::Accumulated(amount, interval)
            }
            (TouchKind::Assigned, Part::Element(element)) => {
                EffectKind::Membership(now >> element & 1 == 1)
            }
            (TouchKind::Assigned, Part::Whole) => {
                let start = self.after.len();
                self.after.extend_from_slice(frame.block(location.slot, width));
                EffectKind::Assigned { start, width }
            }
        };
        Effect { location, order: self.effects.len(), site, kind }
    }
}

impl Effect {
    fn amount(&self) -> i128 {
        if let EffectKind::Accumulated(amount, _) = self.kind { amount } else { 0 }
    }
    fn assigns(&self) -> bool {
        matches!(self.kind, EffectKind::Assigned { .. })
    }
}

/// A set assigned as a whole by one turn must not be touched by another.
fn refuse_whole_and_part(of_slot: &[Effect]) -> Result<(), Clash> {
    let has_whole = of_slot.iter().any(|effect| effect.location.part == Part::Whole);
    let has_parts = of_slot.iter().any(|effect| effect.location.part != Part::Whole);
    match of_slot.iter().min_by_key(|effect| effect.order) {
        Some(first) if has_whole && has_parts => Err((Rule::Conflict, first.site)),
        _ => Ok(()),
    }
}

/// Turns that touch one location must all accumulate, or all decide alike on a membership.
fn refuse_disagreement(group: &[Effect]) -> Result<(), Clash> {
    let membership = |effect: &Effect| match effect.kind {
        EffectKind::Membership(is_in) => Some(is_in),
        _ => None,
    };
    let agree = group.iter().all(|effect| membership(effect) == membership(&group[0]));
    let assigned = group.len() > 1 && group.iter().any(Effect::assigns);
    if agree && !assigned { Ok(()) } else { Err((Rule::Conflict, group[0].site)) }
}

/// The number, if it is in the interval; or the nearest that is, if the interval saturates.
fn confine(value: i64, interval: Interval, site: SiteId) -> Result<i64, Clash> {
    match interval.edge {
        Edge::Clamp => Ok(value.clamp(interval.low, interval.high)),
        _ if interval.low <= value && value <= interval.high => Ok(value),
        _ => Err((Rule::Range, site)),
    }
}

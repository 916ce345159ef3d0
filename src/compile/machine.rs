//! Runs the instructions of a program on a frame.
//!
//! The state is unpacked once and then only looked at, until a body writes to it; the log of written
//! slots says what to pack into the successor, and what to undo after it. Derived values are computed
//! at most once a state, when a guard first asks for them. This is the portable way to run a
//! program: about a nanosecond or two for an instruction, most of it spent on guessing the next one.

use super::frame::Frame;
use super::layout::Layout;
use super::program::{
    Derived, DerivedId, InstanceCode, Instruction, Lane, Position, Program, Register, SiteId,
};
use super::turns::Turns;
use super::{Enabled, arithmetic};
use crate::base::Id;
use crate::system::{Breach, Rule, Word};

/// What one thread needs to run a program.
#[derive(Debug)]
pub struct Machine {
    /// The registers.
    pub frame: Frame,
    /// The state that the slots hold, packed; empty while there is none.
    words: Vec<Word>,
    /// The slots as they were read.
    original: Vec<i64>,
    original_epoch: u64,
    /// Whether `original` is of the state that the machine holds.
    is_original_kept: bool,
    /// The epoch in which each derived value was derived.
    pub derived_in: Vec<u64>,
    /// What was found to breach in the state, as far as somebody wants to look it up by number.
    pub breaches: Vec<Breach>,
    turns: Turns,
    counts: Vec<u64>,
    successor: Vec<Word>,
    /// The actions found enabled in the state; kept here for its memory only.
    pub enabled: Vec<Enabled>,
}

impl Machine {
    /// A machine for a program, with no state yet.
    pub fn new(program: &Program, layout: &Layout, meter_count: usize) -> Machine {
        Machine {
            frame: Frame::new(program.frame.clone()),
            words: Vec::new(),
            original: vec![0; layout.slot_count() as usize],
            original_epoch: 0,
            is_original_kept: false,
            derived_in: vec![0; program.derived.len()],
            breaches: Vec::new(),
            turns: Turns::default(),
            counts: vec![0; meter_count],
            successor: vec![0; layout.width()],
            enabled: Vec::new(),
        }
    }

    /// Reads a state, unless it is the one that the machine holds.
    pub fn show(&mut self, state: &[Word], layout: &Layout) {
        if self.words == state {
            return self.keep_original();
        }
        self.words.clear();
        self.words.extend_from_slice(state);
        let original = &mut self.original;
        self.frame.refill(original.len(), |slots| {
            layout.unpack(state, slots);
            original.copy_from_slice(slots);
        });
        self.original_epoch = self.frame.epoch();
        self.is_original_kept = true;
    }

    /// Begins a state whose slots somebody else is going to set, before anything runs; false if the
    /// machine holds that state already.
    #[inline]
    pub fn begin(&mut self, state: &[Word]) -> bool {
        match (&mut self.words[..], state) {
            // Most states are short, and not worth a call.
            ([one], [other]) if one == other => return false,
            ([one], [other]) => *one = *other,
            (ones, others) if ones == others => return false,
            _ => {
                self.words.clear();
                self.words.extend_from_slice(state);
            }
        }
        self.frame.refill(0, |_| {});
        self.original_epoch = self.frame.epoch();
        self.is_original_kept = false;
        self.breaches.clear();
        true
    }

    /// Remembers the slots of such a state, so that what a body does can be undone.
    pub fn keep_original(&mut self) {
        if !self.is_original_kept {
            let width = self.original.len() as u32;
            self.original.copy_from_slice(self.frame.block(0, width));
            self.is_original_kept = true;
        }
    }

    /// Sets all slots, to no packed state that it knows of.
    pub fn place_all(&mut self, slots: &[i64]) {
        self.words.clear();
        self.frame.refill(slots.len(), |all| all.copy_from_slice(slots));
    }

    /// Goes back to the state as it was read.
    pub fn undo(&mut self) {
        self.frame.undo(&self.original, self.original_epoch);
        self.turns.clear();
        self.counts.fill(0);
    }

    /// Forgets what was counted: a step that breaches does not come about.
    pub fn without_counts(&mut self) -> &[u64] {
        self.counts.fill(0);
        &self.counts
    }
    /// Counts a tick.
    pub fn count_tick(&mut self) {
        self.counts[0] += 1;
    }

    /// Ends a step: what has lost its meaning goes back to its initial value, and the state is packed.
    pub fn pack(&mut self, program: &Program, layout: &Layout) -> &[Word] {
        self.reset(program);
        self.successor.copy_from_slice(&self.words);
        let slots = self.frame.block(0, layout.slot_count());
        for &slot in self.frame.written() {
            layout.pack(slot, slots, &mut self.successor);
        }
        &self.successor
    }

    /// The packed state and what was counted, after [`Machine::pack`].
    pub fn step(&self) -> (&[Word], &[u64]) {
        (&self.successor, &self.counts)
    }
    /// Whether the packed successor is the state itself.
    pub fn is_unchanged(&self) -> bool {
        self.successor == self.words
    }

    fn reset(&mut self, program: &Program) {
        // Only what a step writes can lose its meaning; resetting writes no control state.
        for at in 0..self.frame.written().len() {
            let slot = self.frame.written()[at] as usize;
            let Some(group) = program.reset_of_slot[slot] else { continue };
            for reset in &program.resets[group as usize] {
                if !reset.alive.has(self.frame.at(i64::from(reset.control))) {
                    write_changes(&mut self.frame, reset.base, &reset.initial);
                }
            }
        }
    }

    /// Runs a routine to its end; the answer is that of its `Finish`.
    pub fn run(&mut self, program: &Program, routine: Position) -> Result<bool, Breach> {
        let mut at = routine.index();
        loop {
            match self.execute(program, program.code[at])? {
                Next::Following => at += 1,
                Next::To(position) => at = position.index(),
                Next::End(answer) => return Ok(answer),
            }
        }
    }

    #[inline(always)]
    fn execute(&mut self, program: &Program, instruction: Instruction) -> Result<Next, Breach> {
        use Instruction as I;
        let frame = &mut self.frame;
        let breach = |site: SiteId| program.sites[site];
        match instruction {
            I::Copy(to, from) => frame.set(to, frame.get(from)),
            I::Load { to, base, index, stride } => {
                let address = i64::from(base) + frame.get(index) * i64::from(stride);
                frame.set(to, frame.at(address));
            }
            I::Scale { to, base, index, stride } => {
                frame.set(to, frame.get(base) + frame.get(index) * i64::from(stride));
            }

            I::Add(to, a, b) => frame.set(to, frame.get(a).wrapping_add(frame.get(b))),
            I::Subtract(to, a, b) => frame.set(to, frame.get(a).wrapping_sub(frame.get(b))),
            I::Multiply(to, a, b) => frame.set(to, frame.get(a).wrapping_mul(frame.get(b))),
            I::AddChecked(to, a, b, site) => {
                let sum = arithmetic::add(frame.get(a), frame.get(b));
                frame.set(to, sum.map_err(|_| breach(site))?);
            }
            I::SubtractChecked(to, a, b, site) => {
                let difference = arithmetic::subtract(frame.get(a), frame.get(b));
                frame.set(to, difference.map_err(|_| breach(site))?);
            }
            I::MultiplyChecked(to, a, b, site) => {
                let product = arithmetic::multiply(frame.get(a), frame.get(b));
                frame.set(to, product.map_err(|_| breach(site))?);
            }
            I::Divide(to, a, b, sites) => {
                let quotient = arithmetic::divide(frame.get(a), frame.get(b));
                frame.set(to, quotient.map_err(|rule| breach(site_of(rule, sites)))?);
            }
            I::Modulo(to, a, b, site) => {
                let remainder = arithmetic::modulo(frame.get(a), frame.get(b));
                frame.set(to, remainder.map_err(|_| breach(site))?);
            }
            I::Power(to, a, b, sites) => {
                let power = arithmetic::power(frame.get(a), frame.get(b));
                frame.set(to, power.map_err(|rule| breach(site_of(rule, sites)))?);
            }
            I::Minimum(to, a, b) => frame.set(to, frame.get(a).min(frame.get(b))),
            I::Maximum(to, a, b) => frame.set(to, frame.get(a).max(frame.get(b))),

            I::Equal(to, a, b) => frame.set(to, i64::from(frame.get(a) == frame.get(b))),
            I::Different(to, a, b) => frame.set(to, i64::from(frame.get(a) != frame.get(b))),
            I::Less(to, a, b) => frame.set(to, i64::from(frame.get(a) < frame.get(b))),
            I::AtMost(to, a, b) => frame.set(to, i64::from(frame.get(a) <= frame.get(b))),

            I::Rank { to, code, domain } => {
                let rank = program.domains[domain].rank(frame.get(code));
                frame.set(to, rank.map_or(-1, |rank| rank as i64));
            }
            I::Unrank { to, rank, domain } => {
                frame.set(to, program.domains[domain].code(frame.get(rank) as u64));
            }
            I::With(to, set, rank) => frame.set(to, frame.get(set) | 1 << frame.get(rank)),
            I::Without(to, set, rank) => frame.set(to, frame.get(set) & !(1 << frame.get(rank))),
            I::Size(to, set) => frame.set(to, i64::from(frame.get(set).count_ones())),
            I::And(to, a, b) => frame.set(to, frame.get(a) & frame.get(b)),
            I::Or(to, a, b) => frame.set(to, frame.get(a) | frame.get(b)),
            I::ShiftRight(to, a, b) => {
                frame.set(to, (frame.get(a) as u64 >> frame.get(b)) as i64);
            }
            I::Lane { to, code, domain, stride } => {
                let rank = program.domains[domain].rank(frame.get(code));
                frame.set(to, rank.map_or(0, |rank| 1 << (rank * u64::from(stride))));
            }
            I::SameQueue(to, a, b) => {
                let same = queue(frame, a) == queue(frame, b);
                frame.set(to, i64::from(same));
            }

            I::Jump(position) => return Ok(Next::To(position)),
            I::JumpEqual(a, b, position) if frame.get(a) == frame.get(b) => {
                return Ok(Next::To(position));
            }
            I::JumpDifferent(a, b, position) if frame.get(a) != frame.get(b) => {
                return Ok(Next::To(position));
            }
            I::JumpLess(a, b, position) if frame.get(a) < frame.get(b) => {
                return Ok(Next::To(position));
            }
            I::JumpAtMost(a, b, position) if frame.get(a) <= frame.get(b) => {
                return Ok(Next::To(position));
            }
            I::JumpMember(set, rank, position) if has(frame.get(set), frame.get(rank)) => {
                return Ok(Next::To(position));
            }
            I::JumpNotMember(set, rank, position) if !has(frame.get(set), frame.get(rank)) => {
                return Ok(Next::To(position));
            }
            I::JumpEqual(..)
            | I::JumpDifferent(..)
            | I::JumpLess(..)
            | I::JumpAtMost(..)
            | I::JumpMember(..)
            | I::JumpNotMember(..) => {}

            I::RequireRange { value, low, high, site } => {
                let value = frame.get(value);
                if value < frame.get(low) || value > frame.get(high) {
                    return Err(breach(site));
                }
            }
            I::RequireSome(value, site) => {
                if frame.get(value) == super::layout::NONE {
                    return Err(breach(site));
                }
            }
            I::RequireMember(set, rank, site) => {
                if !has(frame.get(set), frame.get(rank)) {
                    return Err(breach(site));
                }
            }
            I::Fail(site) => return Err(breach(site)),

            I::Derive(derived) => self.derive(program, derived)?,
            I::DeriveAt { first, index } => {
                let offset = frame.get(index) as u32;
                self.derive(program, DerivedId(first.0 + offset))?;
            }

            I::Store { slot, value } => frame.write(slot, frame.get(value)),
            I::StoreAt { address, value } => {
                frame.write(frame.get(address) as u32, frame.get(value));
            }
            I::RunDown { slot } => {
                let left = frame.at(i64::from(slot));
                if left > 0 {
                    frame.write(slot, left - 1);
                }
            }
            I::Push { queue, capacity, value, site } => {
                let (base, length) = queue_at(frame, queue);
                if length == capacity {
                    return Err(breach(site));
                }
                frame.write(base + 1 + length, frame.get(value));
                frame.write(base, i64::from(length) + 1);
            }
            I::PopFirst { queue, blank, site } => {
                let (base, length) = queue_at(frame, queue);
                if length == 0 {
                    return Err(breach(site));
                }
                close_gap(frame, base, length, 0, blank);
            }
            I::PopLast { queue, blank, site } => {
                let (base, length) = queue_at(frame, queue);
                if length == 0 {
                    return Err(breach(site));
                }
                close_gap(frame, base, length, length - 1, blank);
            }
            I::Remove { queue: address, value, blank } => {
                let value = frame.get(value);
                let found = queue(frame, address).iter().position(|&element| element == value);
                let (base, length) = queue_at(frame, address);
                if let Some(gap) = found {
                    close_gap(frame, base, length, gap as u32, blank);
                }
            }
            I::Count { meter, amount, sites: [negative, overflow] } => {
                let amount = u64::try_from(frame.get(amount)).map_err(|_| breach(negative))?;
                let count = &mut self.counts[meter as usize];
                *count = count.checked_add(amount).ok_or_else(|| breach(overflow))?;
            }

            I::BeginLoop => self.turns.begin_loop(),
            I::BeginTurn => self.turns.begin_turn(),
            I::EndTurn => self.turns.end_turn(frame),
            I::EndLoop => {
                let outcome = self.turns.end_loop(frame);
                outcome.map_err(|clash| breach_of(program, clash))?;
            }
            I::TouchWhole { address, width, site } => {
                self.turns.touch_whole(frame.get(address) as u32, width, site, frame);
            }
            I::TouchElement { address, element, site } => {
                let slot = frame.get(address) as u32;
                self.turns.touch_element(slot, frame.get(element) as u8, site, frame);
            }
            I::Accumulate { address, amount, interval, site } => {
                let slot = frame.get(address) as u32;
                let amount = i128::from(frame.get(amount));
                let interval = program.intervals[interval];
                let outcome = self.turns.accumulate(slot, amount, interval, site, frame);
                outcome.map_err(|clash| breach_of(program, clash))?;
            }
            I::Deplete { address, amount, interval, site } => {
                let slot = frame.get(address) as u32;
                let amount = -i128::from(frame.get(amount));
                let interval = program.intervals[interval];
                let outcome = self.turns.accumulate(slot, amount, interval, site, frame);
                outcome.map_err(|clash| breach_of(program, clash))?;
            }

            I::Finish(answer) => return Ok(Next::End(answer)),
        }
        Ok(Next::Following)
    }

    /// What the lane of an instance says, if it has one that did not give up.
    pub fn lane(
        &mut self,
        program: &Program,
        instance: &InstanceCode,
    ) -> Result<Option<bool>, Breach> {
        let Some(Lane { column, bit }) = instance.lane else { return Ok(None) };
        self.derive(program, column)?;
        let word = self.frame.get(program.derived[column].value);
        Ok((word >= 0).then_some(word >> bit & 1 == 1))
    }

    /// Sees to it that a derived value is known.
    pub fn derive(&mut self, program: &Program, derived: DerivedId) -> Result<(), Breach> {
        if self.derived_in[derived.index()] != self.frame.epoch() {
            let Derived { value, routine, gives_up, .. } = program.derived[derived];
            if let Some(routine) = routine {
                match self.run(program, routine) {
                    Err(_) if gives_up => self.frame.set(value, -1),
                    outcome => {
                        outcome?;
                    }
                }
            }
            self.derived_in[derived.index()] = self.frame.epoch();
        }
        Ok(())
    }
}

/// Which instruction comes next.
enum Next {
    Following,
    To(Position),
    End(bool),
}

/// The first of two sites is for a division, the second for an overflow.
fn site_of(rule: Rule, sites: [SiteId; 2]) -> SiteId {
    sites[usize::from(rule == Rule::Overflow)]
}

fn breach_of(program: &Program, (rule, site): (Rule, SiteId)) -> Breach {
    Breach { rule, place: program.sites[site].place }
}

fn has(set: i64, rank: i64) -> bool {
    (0..64).contains(&rank) && set >> rank & 1 == 1
}

/// The first slot and the length of the queue at an address.
fn queue_at(frame: &Frame, address: Register) -> (u32, u32) {
    let base = frame.get(address);
    (base as u32, frame.at(base) as u32)
}

/// The elements of the queue at an address.
fn queue(frame: &Frame, address: Register) -> &[i64] {
    let (base, length) = queue_at(frame, address);
    frame.block(base + 1, length)
}

/// Removes an element: those behind it move up.
fn close_gap(frame: &mut Frame, base: u32, length: u32, gap: u32, blank: Register) {
    for at in gap..length - 1 {
        frame.write(base + 1 + at, frame.at(i64::from(base + 2 + at)));
    }
    frame.write(base + length, frame.get(blank));
    frame.write(base, i64::from(length) - 1);
}

/// Writes a block, but only what differs, so that the log stays short.
fn write_changes(frame: &mut Frame, base: u32, block: &[i64]) {
    for (slot, &value) in (base..).zip(block) {
        if frame.at(i64::from(slot)) != value {
            frame.write(slot, value);
        }
    }
}

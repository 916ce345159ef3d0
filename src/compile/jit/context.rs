//! What generated code and we share: a block of pointers, the records that it writes, and what it
//! calls back for.

use std::mem::offset_of;

use crate::base::Id;
use crate::compile::Compiled;
use crate::compile::machine::Machine;
use crate::compile::program::{DerivedId, Position};
use crate::system::{ActionId, Breach, Shape, Word};

/// A function of generated code: the context, and a number whose meaning is its own. It returns
/// [`SOUND`], or what [`status_of`] makes of a breach; a question returns [`YES`] or [`NO`] instead.
pub(super) type Generated = unsafe extern "C" fn(*mut Context, u64) -> u64;

/// Nothing went wrong.
pub(super) const SOUND: u64 = 0;
/// The answer of a question; others are a breach, two more than its site.
pub(super) const NO: u64 = 0;
/// The answer of a question.
pub(super) const YES: u64 = 1;

/// What generated code reads and writes. Field order is the memory's.
#[repr(C)]
pub(super) struct Context {
    /// The frame's registers.
    pub(super) registers: *mut i64,
    /// The packed state.
    pub(super) state: *const Word,
    /// Where the next record goes.
    pub(super) cursor: *mut u64,
    /// Where the records of all steps but the tick end, once they are written.
    pub(super) end: *mut u64,
    /// Whether a record breaches, as a number that is not 0.
    pub(super) breaches: u64,
    /// In which epoch each derived value was derived.
    pub(super) derived_in: *mut u64,
    /// The epoch of the state.
    pub(super) epoch: u64,
    /// What derives each derived value.
    pub(super) derivations: *const Generated,
    /// The value of the figure that was asked for.
    pub(super) value: i64,
    /// For what is interpreted.
    pub(super) machine: *mut Machine,
    pub(super) compiled: *const Compiled,
}

/// Byte offsets in a [`Context`].
pub(super) mod at {
    use super::{Context, offset_of};
    pub(in super::super) const REGISTERS: i32 = offset_of!(Context, registers) as i32;
    pub(in super::super) const STATE: i32 = offset_of!(Context, state) as i32;
    pub(in super::super) const CURSOR: i32 = offset_of!(Context, cursor) as i32;
    pub(in super::super) const END: i32 = offset_of!(Context, end) as i32;
    pub(in super::super) const BREACHES: i32 = offset_of!(Context, breaches) as i32;
    pub(in super::super) const DERIVED_IN: i32 = offset_of!(Context, derived_in) as i32;
    pub(in super::super) const EPOCH: i32 = offset_of!(Context, epoch) as i32;
    pub(in super::super) const DERIVATIONS: i32 = offset_of!(Context, derivations) as i32;
    pub(in super::super) const VALUE: i32 = offset_of!(Context, value) as i32;
}

/// The breach that a status tells of; none if nothing went wrong. Above the sites of the program are
/// the breaches that only the machine found.
#[inline]
pub(super) fn breach_of(status: u64, compiled: &Compiled, machine: &Machine) -> Option<Breach> {
    let number = (status as usize).checked_sub(SOUND as usize + 1)?;
    let sites = &compiled.program.sites;
    let unsited = || machine.breaches[number - sites.len()];
    Some(sites.iter().nth(number).copied().unwrap_or_else(unsited))
}

fn status_of(breach: Breach, compiled: &Compiled, machine: &mut Machine) -> u64 {
    machine.breaches.push(breach);
    SOUND + (compiled.program.sites.len() + machine.breaches.len()) as u64
}

/// What generated code calls for what it leaves to the machine.
///
/// Safety of all three: the context is the one that `Native` made for a state, and nothing else
/// holds its machine while generated code runs.
#[allow(unsafe_code)]
mod callbacks {
    use super::*;

    /// Judges a condition.
    pub(in super::super) unsafe extern "C" fn ask(context: *mut Context, routine: u64) -> u64 {
        // SAFETY: see above.
        let (compiled, machine) = unsafe { (&*(*context).compiled, &mut *(*context).machine) };
        match machine.run(&compiled.program, Position::from_index(routine as usize)) {
            Ok(answer) => u64::from(answer),
            Err(breach) => status_of(breach, compiled, machine) + YES,
        }
    }

    /// Derives a value.
    pub(in super::super) unsafe extern "C" fn derive(context: *mut Context, derived: u64) -> u64 {
        // SAFETY: see above.
        let (compiled, machine) = unsafe { (&*(*context).compiled, &mut *(*context).machine) };
        let derived = DerivedId::from_index(derived as usize);
        match machine.derive(&compiled.program, derived) {
            Ok(()) => SOUND,
            Err(breach) => status_of(breach, compiled, machine),
        }
    }

    /// Does what an action does, and writes its record. The number has the action in its upper half, the
    /// routine in its lower.
    pub(in super::super) unsafe extern "C" fn step(context: *mut Context, step: u64) -> u64 {
        // SAFETY: see above; a buffer has room for a record of each action instance.
        unsafe {
            let (compiled, machine) = (&*(*context).compiled, &mut *(*context).machine);
            let (action, routine) = (ActionId((step >> 32) as u32), Position(step as u32));
            let shape = Shape::of(compiled);
            let record = std::slice::from_raw_parts_mut((*context).cursor, shape.length());
            (*context).cursor = (*context).cursor.add(shape.length());
            machine.keep_original();
            let done = machine.run(&compiled.program, routine);
            if action == ActionId::TICK {
                machine.count_tick();
            }
            let (words, counts) = record[1..].split_at_mut(shape.width);
            match done {
                Ok(_) => {
                    machine.pack(&compiled.program, &compiled.layout);
                    let (successor, counted) = machine.step();
                    words.copy_from_slice(successor);
                    counts.copy_from_slice(counted);
                    record[0] = Shape::head(action, SOUND);
                }
                Err(breach) => {
                    counts.fill(0);
                    record[0] = Shape::head(action, status_of(breach, compiled, machine));
                    (*context).breaches = 1;
                }
            }
            machine.undo();
        }
        SOUND
    }
}

pub(super) use callbacks::{ask, derive, step};

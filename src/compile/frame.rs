//! The registers of one running program, and which slots were written since the state was read.

use super::program::Register;
use crate::base::Id;

/// The registers, the log of written slots, and the epoch in which derived values are valid.
///
/// Every write begins an epoch that never was before, so a derived value is valid exactly if it was
/// derived in the current one. Undoing all writes goes back to the first epoch, and what was derived
/// then is valid again.
#[derive(Debug, Default)]
pub struct Frame {
    registers: Vec<i64>,
    written: Vec<u32>,
    epoch: u64,
    latest_epoch: u64,
}

impl Frame {
    /// A frame that begins with the given registers.
    pub fn new(registers: Vec<i64>) -> Frame {
        Frame { registers, written: Vec::new(), epoch: 1, latest_epoch: 1 }
    }

    /// A register's value.
    #[inline]
    pub fn get(&self, register: Register) -> i64 {
        self.registers[register.index()]
    }
    /// Sets a register that is no slot.
    #[inline]
    pub fn set(&mut self, register: Register, value: i64) {
        self.registers[register.index()] = value;
    }
    /// The register at an address.
    #[inline]
    pub fn at(&self, address: i64) -> i64 {
        self.registers[address as usize]
    }
    /// Several registers from an address on.
    pub fn block(&self, address: u32, width: u32) -> &[i64] {
        &self.registers[address as usize..(address + width) as usize]
    }
    /// All registers.
    pub fn registers_mut(&mut self) -> &mut [i64] {
        &mut self.registers
    }
    /// Writes a slot.
    #[inline]
    pub fn write(&mut self, slot: u32, value: i64) {
        self.registers[slot as usize] = value;
        self.written.push(slot);
        self.latest_epoch += 1;
        self.epoch = self.latest_epoch;
    }

    /// Sets a slot for good: the write is not logged.
    pub fn place(&mut self, slot: u32, value: i64) {
        self.write(slot, value);
        self.written.pop();
    }

    /// The current epoch.
    #[inline]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
    /// The slots written since the last undoing, perhaps more than once.
    pub fn written(&self) -> &[u32] {
        &self.written
    }

    /// Lets `fill` set all slots, and begins an epoch.
    #[inline]
    pub fn refill(&mut self, slot_count: usize, fill: impl FnOnce(&mut [i64])) {
        fill(&mut self.registers[..slot_count]);
        self.written.clear();
        self.latest_epoch += 1;
        self.epoch = self.latest_epoch;
    }

    /// Undoes all writes: the slots are as in `original` again, which they had in `epoch`.
    pub fn undo(&mut self, original: &[i64], epoch: u64) {
        for &slot in &self.written {
            self.registers[slot as usize] = original[slot as usize];
        }
        self.written.clear();
        self.epoch = epoch;
    }
}

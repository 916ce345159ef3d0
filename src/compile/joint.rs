//! Bits that variables of different control states share.
//!
//! A `while` variable that has no meaning holds what it holds at first, so an instance needs bits only for
//! the variables of the control state that it is in. Its control state and its scalar `while` variables
//! are packed as one number: for each control state a run of codes, one for each choice of values that
//! its variables can have. Tables turn the number into slots and back.

use super::layout::{Domain, Field, NONE, Shape};
use crate::model::{Initial, MachineId, Model, VariableId};
use crate::system::Word;

/// The most codes of one instance; above that the tables would not stay in the cache. By taste.
const MOST_CODES: u64 = 4096;

/// The control state and the `while` variables of one instance, packed as one number.
#[derive(Clone, Debug)]
pub struct Joint {
    /// The word that it is in.
    pub word: u32,
    /// How many bits are below it there.
    pub shift: u32,
    /// As many ones as it has bits.
    pub mask: u64,
    /// The slot of the control state, then those of the variables.
    pub slots: Vec<u32>,
    /// Its tables, among those of the layout.
    pub tables: usize,
}

/// What the codes of one machine's instances mean.
#[derive(Clone, Debug)]
pub struct Tables {
    /// The variables, behind the control state.
    pub variables: Vec<VariableId>,
    /// By code, then by member: what its slot holds.
    pub values: Vec<i64>,
    /// By control state: its first code.
    pub first_codes: Vec<i64>,
    /// By control state, then by variable: what a rank weighs; 0 without a meaning.
    pub weights: Vec<i64>,
}

impl Tables {
    /// The tables of a machine; none if sharing would save no bits.
    pub fn of(machine: MachineId, model: &Model) -> Option<Tables> {
        let mut variables = candidates(machine, model);
        while let Some(largest) =
            (0..variables.len()).max_by_key(|&at| domain(variables[at], model).size())
        {
            let tables = Tables::with(machine, variables.clone(), model);
            match tables {
                Some(tables) if tables.saves_bits(machine, model) => return Some(tables),
                Some(_) => return None,
                None => variables.remove(largest),
            };
        }
        None
    }

    /// Tables for these variables, unless they would be too long.
    fn with(machine: MachineId, variables: Vec<VariableId>, model: &Model) -> Option<Tables> {
        let (values, first_codes, weights) = (Vec::new(), Vec::new(), Vec::new());
        let mut tables = Tables { variables, values, first_codes, weights };
        for control in 0..model.machines[machine].states.len() as u32 {
            let domains: Vec<Option<Domain>> =
                tables.variables.iter().map(|&id| alive(id, control, model)).collect();
            let count = domains.iter().flatten().map(Domain::size).fold(1, u64::saturating_mul);
            if tables.code_count() + count > MOST_CODES {
                return None;
            }
            tables.first_codes.push(tables.code_count() as i64);
            let mut weight = 1;
            for domain in &domains {
                tables.weights.push(if domain.is_some() { weight } else { 0 });
                weight *= domain.as_ref().map_or(1, Domain::size) as i64;
            }
            for code in 0..count {
                tables.values.push(i64::from(control));
                let mut rest = code;
                for domain in &domains {
                    // What is without a meaning is put in later, see `set_dead`.
                    let Some(domain) = domain else {
                        tables.values.push(0);
                        continue;
                    };
                    tables.values.push(domain.code(rest % domain.size()));
                    rest /= domain.size();
                }
            }
        }
        Some(tables)
    }

    /// How many codes there are.
    pub fn code_count(&self) -> u64 {
        (self.values.len() / (1 + self.variables.len())) as u64
    }

    /// How many bits a code takes.
    pub fn bits(&self) -> u32 {
        bits(self.code_count())
    }

    fn saves_bits(&self, machine: MachineId, model: &Model) -> bool {
        let control = bits(model.machines[machine].states.len() as u64);
        let apart = self.variables.iter().map(|&id| bits(domain(id, model).size()));
        self.bits() < control + apart.sum::<u32>()
    }

    /// Says what a variable holds where it has no meaning.
    pub fn set_dead(&mut self, variable: usize, code: i64) {
        let members = 1 + self.variables.len();
        for row in self.values.chunks_exact_mut(members) {
            if self.weights[row[0] as usize * (members - 1) + variable] == 0 {
                row[1 + variable] = code;
            }
        }
    }
}

impl Joint {
    /// Reads its slots out of a packed state.
    pub fn unpack(&self, tables: &Tables, words: &[Word], slots: &mut [i64]) {
        let code = (words[self.word as usize] >> self.shift) & self.mask;
        let row = code as usize * self.slots.len();
        for (&slot, &value) in self.slots.iter().zip(&tables.values[row..]) {
            slots[slot as usize] = value;
        }
    }

    /// Writes its slots into a packed state.
    pub fn pack(&self, tables: &Tables, fields: &[Field], slots: &[i64], words: &mut [Word]) {
        let control = slots[self.slots[0] as usize] as usize;
        let weights = &tables.weights[control * tables.variables.len()..];
        let mut code = tables.first_codes[control];
        for (&slot, weight) in self.slots[1..].iter().zip(weights) {
            code += fields[slot as usize].rank(slots[slot as usize]) as i64 * weight;
        }
        debug_assert!(code as u64 <= self.mask, "code {code} does not fit");
        let word = &mut words[self.word as usize];
        *word = (*word & !(self.mask << self.shift)) | ((code as u64) << self.shift);
    }
}

/// How many bits so many values take.
fn bits(count: u64) -> u32 {
    u64::BITS - count.saturating_sub(1).leading_zeros()
}

fn domain(variable: VariableId, model: &Model) -> Domain {
    Domain::of(&model.variables[variable].ty, model)
}

/// The domain of a variable, if it has a meaning in a control state.
fn alive(variable: VariableId, control: u32, model: &Model) -> Option<Domain> {
    let states = model.variables[variable].alive.as_ref()?;
    states.contains(&control).then(|| domain(variable, model))
}

/// The variables that could share: those that start with any value need not hold one value without a meaning.
fn candidates(machine: MachineId, model: &Model) -> Vec<VariableId> {
    let is_scalar = |variable: VariableId| {
        let shape = Shape::of(&model.variables[variable].ty, model);
        matches!(shape, Shape::Scalar(domain) if domain.size() <= MOST_CODES)
    };
    let own = model.variables.iter_with_ids().filter(|(id, variable)| {
        variable.machine == Some(machine)
            && variable.alive.is_some()
            && variable.initial != Initial::Any
            && is_scalar(*id)
    });
    own.map(|(id, _)| id).collect()
}

impl Field {
    /// The rank of a code that it holds.
    pub fn rank(&self, code: i64) -> u64 {
        match self.none {
            Some(rank) if code == NONE => rank,
            _ => code.wrapping_sub(self.low) as u64,
        }
    }
}

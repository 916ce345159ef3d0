//! What must be known of a program before code is generated from it: what each register is, how far a
//! routine reaches, which slots a body may write, and what is left to the machine that interprets.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Id;
use crate::compile::layout::Layout;
use crate::compile::program::{Instruction, Position, Program, Register};

/// The most slots that one computed address may mean for generated code to choose among them; above
/// that, the body is interpreted. By taste.
const MOST_CANDIDATES: usize = 16;

/// What a register is to generated code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A slot of the state, in the frame.
    Slot(u32),
    /// Never written.
    Constant(i64),
    /// Written in one routine and read in another: it stays in the frame.
    Shared,
    /// Used by one routine at a time.
    Temporary,
}

/// What is known of a program.
pub(super) struct Survey<'p> {
    pub(super) program: &'p Program,
    pub(super) layout: &'p Layout,
    roles: Vec<Role>,
}

/// The instructions that a routine may run.
pub(super) struct Extent {
    /// In order.
    pub(super) positions: Vec<usize>,
    /// Those that something jumps to.
    pub(super) targets: BTreeSet<usize>,
}

/// A body that code can be generated for.
pub(super) struct Body {
    pub(super) extent: Extent,
    /// The slots that it may write, resets included.
    pub(super) written: BTreeSet<u32>,
    /// The slots that an instruction with a computed address may mean, by its position.
    pub(super) candidates: BTreeMap<usize, Vec<u32>>,
}

impl<'p> Survey<'p> {
    pub(super) fn of(program: &'p Program, layout: &'p Layout) -> Survey<'p> {
        let slots = layout.slot_count() as usize;
        let constant = |(at, &value): (usize, &i64)| match at < slots {
            true => Role::Slot(at as u32),
            false => Role::Constant(value),
        };
        let mut roles: Vec<Role> = program.frame.iter().enumerate().map(constant).collect();
        for instruction in &program.code {
            if let Some(to) = destination(instruction)
                && let role @ Role::Constant(_) = &mut roles[to.index()]
            {
                *role = Role::Temporary;
            }
        }
        let resting = program.figures.iter().filter_map(|figure| figure.resting);
        let derived = program.derived.iter().map(|derived| derived.value);
        for register in resting.chain(derived) {
            roles[register.index()] = Role::Shared;
        }
        Survey { program, layout, roles }
    }

    pub(super) fn role(&self, register: Register) -> Role {
        self.roles[register.index()]
    }

    /// All that can be reached inside a routine.
    pub(super) fn extent(&self, routine: Position) -> Extent {
        let (mut reached, mut targets) = (BTreeSet::new(), BTreeSet::new());
        let mut pending = vec![routine.index()];
        while let Some(at) = pending.pop() {
            if !reached.insert(at) {
                continue;
            }
            let mut instruction = self.program.code[at];
            if let Some(target) = instruction.target_mut() {
                targets.insert(target.index());
                pending.push(target.index());
            }
            if !instruction.is_end() {
                pending.push(at + 1);
            }
        }
        Extent { positions: reached.into_iter().collect(), targets }
    }

    /// How far a condition or a value reaches, if code can be generated for it.
    pub(super) fn question(&self, routine: Position) -> Option<Extent> {
        let extent = self.extent(routine);
        let code = &self.program.code;
        let is_native = |&at: &usize| self.is_native(&code[at]) && !writes(&code[at]);
        extent.positions.iter().all(is_native).then_some(extent)
    }

    /// The same of what an action does. What asks for a derived value after a write is interpreted:
    /// only there could the value be another than in the state that the step starts from.
    pub(super) fn body(&self, routine: Position) -> Option<Body> {
        let extent = self.extent(routine);
        let code = &self.program.code;
        if !extent.positions.iter().all(|&at| self.is_native(&code[at])) {
            return None;
        }
        let mut body = Body { extent, written: BTreeSet::new(), candidates: BTreeMap::new() };
        for &at in &body.extent.positions {
            match code[at] {
                Instruction::Store { slot, .. } | Instruction::RunDown { slot } => {
                    body.written.insert(slot);
                }
                Instruction::StoreAt { address, .. } => {
                    let slots = self.candidates(address, at, &body.extent)?;
                    body.written.extend(&slots);
                    body.candidates.insert(at, slots);
                }
                Instruction::Load { base, stride, .. } if base < self.layout.slot_count() => {
                    body.candidates.insert(at, self.layout.alike(base, stride));
                }
                Instruction::Derive(_) | Instruction::DeriveAt { .. }
                    if !body.written.is_empty() || self.has_loop(&body.extent) =>
                {
                    return None;
                }
                _ => {}
            }
        }
        body.written.extend(self.reset_by(&body.written));
        Some(body)
    }

    /// The slots that may be reset when these are written.
    fn reset_by(&self, written: &BTreeSet<u32>) -> BTreeSet<u32> {
        let groups = written.iter().filter_map(|&slot| self.program.reset_of_slot[slot as usize]);
        let groups: BTreeSet<u32> = groups.collect();
        let resets = groups.iter().flat_map(|&group| &self.program.resets[group as usize]);
        resets.flat_map(|reset| reset.base..reset.base + reset.initial.len() as u32).collect()
    }

    fn has_loop(&self, extent: &Extent) -> bool {
        extent.positions.iter().any(|&at| {
            let mut instruction = self.program.code[at];
            instruction.target_mut().is_some_and(|target| target.index() <= at)
        })
    }

    /// The slots that an address may mean: those like the one it is computed from, a multiple of the
    /// stride further on. None if that cannot be told, or if they are many.
    fn candidates(&self, address: Register, used_at: usize, extent: &Extent) -> Option<Vec<u32>> {
        if let Role::Constant(slot) = self.role(address) {
            return Some(vec![slot as u32]);
        }
        let defined_at = self.definition(address, used_at, extent)?;
        let Instruction::Scale { base, stride, .. } = self.program.code[defined_at] else {
            return None;
        };
        let bases = self.candidates(base, defined_at, extent)?;
        let slots: BTreeSet<u32> =
            bases.iter().flat_map(|&base| self.layout.alike(base, stride)).collect();
        (slots.len() <= MOST_CANDIDATES).then(|| slots.into_iter().collect())
    }

    /// The instruction that gave a register the value that it has at a position, if no way to there
    /// leads around it.
    fn definition(&self, register: Register, used_at: usize, extent: &Extent) -> Option<usize> {
        for at in (0..used_at).rev() {
            if extent.targets.contains(&(at + 1)) || extent.positions.binary_search(&at).is_err() {
                return None;
            }
            if destination(&self.program.code[at]) == Some(register) {
                return Some(at);
            }
        }
        None
    }

    /// Whether code is generated for an instruction. What is rare, long, or works on blocks of the frame
    /// is left to the machine.
    fn is_native(&self, instruction: &Instruction) -> bool {
        use Instruction as I;
        match *instruction {
            I::Load { base, .. } => {
                matches!(self.role(Register(base)), Role::Slot(_))
                    || self.program.derived.iter().any(|derived| derived.value.0 == base)
            }
            I::Rank { domain, .. } => self.program.domains[domain].count <= i64::MAX as u64,
            I::Power(..)
            | I::SameQueue(..)
            | I::Push { .. }
            | I::PopFirst { .. }
            | I::PopLast { .. }
            | I::Remove { .. }
            | I::BeginLoop
            | I::BeginTurn
            | I::EndTurn
            | I::EndLoop
            | I::TouchWhole { .. }
            | I::TouchElement { .. }
            | I::Accumulate { .. }
            | I::Deplete { .. } => false,
            _ => true,
        }
    }
}

/// Whether an instruction changes the state or a meter.
fn writes(instruction: &Instruction) -> bool {
    use Instruction as I;
    matches!(instruction, I::Store { .. } | I::StoreAt { .. } | I::RunDown { .. } | I::Count { .. })
}

/// The register that an instruction sets, slots aside.
fn destination(instruction: &Instruction) -> Option<Register> {
    use Instruction as I;
    match *instruction {
        I::Copy(to, _)
        | I::Size(to, _)
        | I::Load { to, .. }
        | I::Scale { to, .. }
        | I::Rank { to, .. }
        | I::Unrank { to, .. }
        | I::Add(to, ..)
        | I::Subtract(to, ..)
        | I::Multiply(to, ..)
        | I::AddChecked(to, ..)
        | I::SubtractChecked(to, ..)
        | I::MultiplyChecked(to, ..)
        | I::Divide(to, ..)
        | I::Modulo(to, ..)
        | I::Power(to, ..)
        | I::Minimum(to, ..)
        | I::Maximum(to, ..)
        | I::Equal(to, ..)
        | I::Different(to, ..)
        | I::Less(to, ..)
        | I::AtMost(to, ..)
        | I::With(to, ..)
        | I::Without(to, ..)
        | I::And(to, ..)
        | I::Or(to, ..)
        | I::ShiftRight(to, ..)
        | I::Lane { to, .. }
        | I::SameQueue(to, ..) => Some(to),
        _ => None,
    }
}

//! One routine's instructions as machine instructions, in the midst of a function.
//!
//! A routine becomes a piece of the function it is needed in: where it finishes, with an answer or a
//! breach, the function goes on. Temporaries become values; so do the slots that a body writes, and the
//! frame keeps the state as it was, so nothing has to be undone. All other slots are read from the
//! frame, where they do not change while a function runs.

use std::collections::{BTreeMap, BTreeSet};

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, InstBuilder, MemFlagsData, SigRef, Value, types::I64,
};
use cranelift_frontend::{FunctionBuilder, Variable};

use super::context::at;
use super::survey::{Body, Extent, Role, Survey};
use crate::base::Id;
use crate::compile::layout::NONE;
use crate::compile::program::{DerivedId, Instruction, Position, Register, SiteId};
use crate::system::Shape;

/// Where a function goes on after a routine.
#[derive(Clone, Copy)]
pub(super) struct Exits {
    pub(super) yes: Block,
    pub(super) no: Block,
    /// Takes the status of the breach: one more than its site.
    pub(super) breach: Block,
}

/// A function that is being written.
pub(super) struct Writer<'a, 'f> {
    pub(super) survey: &'a Survey<'a>,
    pub(super) builder: &'a mut FunctionBuilder<'f>,
    pub(super) shape: Shape,
    pub(super) context: Value,
    /// The function's second argument.
    pub(super) argument: Value,
    pub(super) registers: Value,
    /// The signature of generated functions.
    pub(super) signature: SigRef,
    /// What a body has counted on each meter, and what the slots that it writes hold.
    pub(super) counts: Vec<Variable>,
    pub(super) slots: BTreeMap<u32, Variable>,
    temporaries: BTreeMap<Register, Variable>,
    /// What slots hold that no body writes, as far as jumps on the way here tell.
    known: BTreeMap<Register, i64>,
    blocks: BTreeMap<usize, Block>,
    candidates: BTreeMap<usize, Vec<u32>>,
}

/// Memory that does not change while a function runs.
pub(super) fn constant_memory() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

/// Memory that does.
pub(super) fn changing_memory() -> MemFlagsData {
    MemFlagsData::trusted()
}

impl<'a, 'f> Writer<'a, 'f> {
    /// Begins a function of generated code.
    pub(super) fn begin(
        survey: &'a Survey<'a>,
        builder: &'a mut FunctionBuilder<'f>,
        shape: Shape,
    ) -> Self {
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        let [context, argument] = [0, 1].map(|at| builder.block_params(entry)[at]);
        let registers = builder.ins().load(I64, constant_memory(), context, at::REGISTERS);
        let signature = builder.func.signature.clone();
        let signature = builder.import_signature(signature);
        Writer {
            survey,
            builder,
            shape,
            context,
            argument,
            registers,
            signature,
            counts: Vec::new(),
            slots: BTreeMap::new(),
            temporaries: BTreeMap::new(),
            known: BTreeMap::new(),
            blocks: BTreeMap::new(),
            candidates: BTreeMap::new(),
        }
    }

    pub(super) fn constant(&mut self, value: i64) -> Value {
        self.builder.ins().iconst(I64, value)
    }

    /// A fresh variable with a value.
    pub(super) fn variable(&mut self, value: Value) -> Variable {
        let variable = self.builder.declare_var(I64);
        self.builder.def_var(variable, value);
        variable
    }

    /// The blocks after a routine.
    pub(super) fn exits(&mut self) -> Exits {
        let [yes, no, breach] = std::array::from_fn(|_| self.builder.create_block());
        self.builder.append_block_param(breach, I64);
        self.builder.set_cold_block(breach);
        Exits { yes, no, breach }
    }

    /// Writes a condition or a value.
    pub(super) fn question(&mut self, routine: Position, extent: &Extent, exits: Exits) {
        self.code(routine, extent, exits);
    }

    /// Writes what an action does, on its own copies of the slots.
    pub(super) fn body(&mut self, routine: Position, body: &Body, exits: Exits) {
        for &slot in &body.written {
            let value = self.slot_before(slot);
            let variable = self.variable(value);
            self.slots.insert(slot, variable);
        }
        self.candidates.clone_from(&body.candidates);
        self.code(routine, &body.extent, exits);
    }

    /// Forgets what a body wrote.
    pub(super) fn end_body(&mut self) {
        self.slots.clear();
        self.counts.clear();
        self.candidates.clear();
    }

    fn code(&mut self, routine: Position, extent: &Extent, exits: Exits) {
        self.temporaries.clear();
        self.known.clear();
        self.blocks.clear();
        for &target in &extent.targets {
            let block = self.builder.create_block();
            self.blocks.insert(target, block);
        }
        let first = self.blocks.get(&routine.index()).copied();
        let first = first.unwrap_or_else(|| self.builder.create_block());
        self.builder.ins().jump(first, &[]);
        self.builder.switch_to_block(first);
        assert_eq!(
            extent.positions.first(),
            Some(&routine.index()),
            "a routine begins at its start"
        );
        let mut is_open = true;
        for &at in &extent.positions {
            if at != routine.index()
                && let Some(&block) = self.blocks.get(&at)
            {
                if is_open {
                    self.builder.ins().jump(block, &[]);
                }
                self.builder.switch_to_block(block);
                self.known.clear();
            }
            is_open = self.instruction(at, exits);
        }
        assert!(!is_open, "a routine ends with an instruction that ends it");
    }

    /// What a slot holds in the state that the step starts from.
    pub(super) fn slot_before(&mut self, slot: u32) -> Value {
        let offset = slot as i32 * 8;
        self.builder.ins().load(I64, constant_memory(), self.registers, offset)
    }

    /// What a slot holds now.
    pub(super) fn slot(&mut self, slot: u32) -> Value {
        match self.slots.get(&slot) {
            Some(&variable) => self.builder.use_var(variable),
            None => self.slot_before(slot),
        }
    }

    pub(super) fn read(&mut self, register: Register) -> Value {
        match self.survey.role(register) {
            Role::Slot(slot) => self.slot(slot),
            Role::Constant(value) => self.constant(value),
            Role::Shared => {
                let offset = register.index() as i32 * 8;
                self.builder.ins().load(I64, changing_memory(), self.registers, offset)
            }
            Role::Temporary => match self.temporaries.get(&register) {
                Some(&variable) => self.builder.use_var(variable),
                None => self.constant(0),
            },
        }
    }

    pub(super) fn set(&mut self, register: Register, value: Value) {
        if self.survey.role(register) == Role::Shared {
            let offset = register.index() as i32 * 8;
            self.builder.ins().store(changing_memory(), value, self.registers, offset);
            return;
        }
        let known = self.temporaries.get(&register).copied();
        let variable = known.unwrap_or_else(|| self.builder.declare_var(I64));
        self.temporaries.insert(register, variable);
        self.builder.def_var(variable, value);
    }

    /// Goes to `then` if the condition holds, and on in a new block if not.
    pub(super) fn leave_if(&mut self, condition: Value, then: Block, arguments: &[BlockArg]) {
        let on = self.builder.create_block();
        self.builder.ins().brif(condition, then, arguments, on, &[]);
        self.builder.switch_to_block(on);
    }

    fn breach_if(&mut self, condition: Value, site: SiteId, exits: Exits) {
        let status = self.constant(site.index() as i64 + 1);
        self.leave_if(condition, exits.breach, &[status.into()]);
    }

    fn compare(&mut self, code: IntCC, left: Register, right: Register) -> Value {
        let (left, right) = (self.read(left), self.read(right));
        self.builder.ins().icmp(code, left, right)
    }

    fn truth(&mut self, condition: Value) -> Value {
        self.builder.ins().uextend(I64, condition)
    }

    /// Whether a set has a rank: the rank may be anything.
    fn has(&mut self, set: Register, rank: Register) -> Value {
        let (set, rank) = (self.read(set), self.read(rank));
        let shifted = self.builder.ins().ushr(set, rank);
        let bit = self.builder.ins().band_imm_u(shifted, 1);
        let is_rank = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThan, rank, 64);
        let is_rank = self.truth(is_rank);
        self.builder.ins().band(bit, is_rank)
    }

    /// Whether a rank that is known here is in a constant set.
    fn is_known_member(&self, set: Register, rank: Register) -> bool {
        match (self.survey.role(set), self.known.get(&rank)) {
            (Role::Constant(set), Some(rank @ 0..64)) => set >> rank & 1 == 1,
            _ => false,
        }
    }

    /// Writes one instruction; returns whether the next one follows it.
    fn instruction(&mut self, position: usize, exits: Exits) -> bool {
        use Instruction as I;
        let instruction = self.survey.program.code[position];
        match instruction {
            I::Jump(to) => {
                self.builder.ins().jump(self.blocks[&to.index()], &[]);
                return false;
            }
            I::Fail(site) => {
                let status = self.constant(site.index() as i64 + 1);
                self.builder.ins().jump(exits.breach, &[status.into()]);
                return false;
            }
            I::Finish(answer) => {
                let end = if answer { exits.yes } else { exits.no };
                self.builder.ins().jump(end, &[]);
                return false;
            }

            I::JumpEqual(a, b, to) => self.jump_if(IntCC::Equal, a, b, to),
            I::JumpDifferent(a, b, to) => {
                self.jump_if(IntCC::NotEqual, a, b, to);
                let roles = (self.survey.role(a), self.survey.role(b));
                if let (Role::Slot(slot), Role::Constant(value)) = roles
                    && !self.slots.contains_key(&slot)
                {
                    self.known.insert(a, value);
                }
            }
            I::JumpLess(a, b, to) => self.jump_if(IntCC::SignedLessThan, a, b, to),
            I::JumpAtMost(a, b, to) => self.jump_if(IntCC::SignedLessThanOrEqual, a, b, to),
            I::JumpMember(set, rank, to) => {
                let has = self.has(set, rank);
                self.leave_if(has, self.blocks[&to.index()], &[]);
            }
            I::JumpNotMember(set, rank, to) => {
                let has = self.has(set, rank);
                let lacks = self.builder.ins().bxor_imm_u(has, 1);
                self.leave_if(lacks, self.blocks[&to.index()], &[]);
            }

            I::RequireRange { value, low, high, site } => {
                let too_low = self.compare(IntCC::SignedLessThan, value, low);
                let too_high = self.compare(IntCC::SignedGreaterThan, value, high);
                let outside = self.builder.ins().bor(too_low, too_high);
                self.breach_if(outside, site, exits);
            }
            I::RequireSome(value, site) => {
                let value = self.read(value);
                let none = self.constant(NONE);
                let is_none = self.builder.ins().icmp(IntCC::Equal, value, none);
                self.breach_if(is_none, site, exits);
            }
            I::RequireMember(set, rank, _) if self.is_known_member(set, rank) => {}
            I::RequireMember(set, rank, site) => {
                let has = self.has(set, rank);
                let lacks = self.builder.ins().bxor_imm_u(has, 1);
                self.breach_if(lacks, site, exits);
            }

            I::Derive(derived) => self.derive(derived, exits),
            I::DeriveAt { first, index } => self.derive_at(first, index, exits),

            I::Store { slot, value } => {
                let value = self.read(value);
                self.builder.def_var(self.slots[&slot], value);
            }
            I::RunDown { slot } => {
                let left = self.slot(slot);
                let less = self.builder.ins().iadd_imm_s(left, -1);
                let runs = self.builder.ins().icmp_imm_s(IntCC::SignedGreaterThan, left, 0);
                let after = self.builder.ins().select(runs, less, left);
                self.builder.def_var(self.slots[&slot], after);
            }
            I::StoreAt { address, value } => self.store_at(position, address, value),
            I::Count { meter, amount, sites } => self.count(meter, amount, sites, exits),

            _ => {
                let (to, value) = self.computed(position, instruction, exits);
                self.set(to, value);
            }
        }
        true
    }

    fn jump_if(&mut self, code: IntCC, left: Register, right: Register, to: Position) {
        let condition = self.compare(code, left, right);
        self.leave_if(condition, self.blocks[&to.index()], &[]);
    }

    /// The register that an instruction sets, and what to.
    fn computed(
        &mut self,
        position: usize,
        instruction: Instruction,
        exits: Exits,
    ) -> (Register, Value) {
        use Instruction as I;
        match instruction {
            I::Copy(to, from) => (to, self.read(from)),
            I::Load { to, base, index, stride } => {
                (to, self.load(position, Register(base), index, stride))
            }
            I::Scale { to, base, index, stride } => {
                let (base, index) = (self.read(base), self.read(index));
                let offset = self.builder.ins().imul_imm_s(index, i64::from(stride));
                (to, self.builder.ins().iadd(base, offset))
            }

            I::Add(to, a, b) => (to, self.two(a, b, |w, a, b| w.builder.ins().iadd(a, b))),
            I::Subtract(to, a, b) => (to, self.two(a, b, |w, a, b| w.builder.ins().isub(a, b))),
            I::Multiply(to, a, b) => (to, self.two(a, b, |w, a, b| w.builder.ins().imul(a, b))),
            I::AddChecked(to, a, b, site) => (to, self.add_checked(a, b, site, exits)),
            I::SubtractChecked(to, a, b, site) => (to, self.subtract_checked(a, b, site, exits)),
            I::MultiplyChecked(to, a, b, site) => (to, self.multiply_checked(a, b, site, exits)),
            I::Divide(to, a, b, sites) => (to, self.divide(a, b, sites, exits)),
            I::Modulo(to, a, b, site) => (to, self.modulo(a, b, site, exits)),
            I::Minimum(to, a, b) => (to, self.two(a, b, |w, a, b| w.builder.ins().smin(a, b))),
            I::Maximum(to, a, b) => (to, self.two(a, b, |w, a, b| w.builder.ins().smax(a, b))),

            I::Equal(to, a, b) => (to, self.compared(IntCC::Equal, a, b)),
            I::Different(to, a, b) => (to, self.compared(IntCC::NotEqual, a, b)),
            I::Less(to, a, b) => (to, self.compared(IntCC::SignedLessThan, a, b)),
            I::AtMost(to, a, b) => (to, self.compared(IntCC::SignedLessThanOrEqual, a, b)),

            I::Rank { to, code, domain } => {
                let domain = &self.survey.program.domains[domain];
                let (low, count, none) = (domain.low, domain.count, domain.none_rank());
                let code = self.read(code);
                let low = self.constant(low);
                let rank = self.builder.ins().isub(code, low);
                let count = self.constant(count as i64);
                let inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, rank, count);
                let outside = self.constant(-1);
                let rank = self.builder.ins().select(inside, rank, outside);
                (to, self.where_none(code, none, rank))
            }
            I::Unrank { to, rank, domain } => {
                let domain = &self.survey.program.domains[domain];
                let (low, count, optional) = (domain.low, domain.count, domain.optional);
                let rank = self.read(rank);
                let low = self.constant(low);
                let code = self.builder.ins().iadd(rank, low);
                if !optional {
                    return (to, code);
                }
                let count = self.constant(count as i64);
                let inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, rank, count);
                let none = self.constant(NONE);
                (to, self.builder.ins().select(inside, code, none))
            }
            I::With(to, set, rank) => {
                let (set, bit) = (self.read(set), self.bit(rank));
                (to, self.builder.ins().bor(set, bit))
            }
            I::Without(to, set, rank) => {
                let (set, bit) = (self.read(set), self.bit(rank));
                let rest = self.builder.ins().bnot(bit);
                (to, self.builder.ins().band(set, rest))
            }
            I::And(to, a, b) => (to, self.two(a, b, |w, a, b| w.builder.ins().band(a, b))),
            I::Or(to, a, b) => (to, self.two(a, b, |w, a, b| w.builder.ins().bor(a, b))),
            I::ShiftRight(to, a, b) => (to, self.two(a, b, |w, a, b| w.builder.ins().ushr(a, b))),
            I::Lane { to, code, domain, stride } => {
                let domain = &self.survey.program.domains[domain];
                let (low, count) = (self.constant(domain.low), self.constant(domain.count as i64));
                let (code, one, zero) = (self.read(code), self.constant(1), self.constant(0));
                let rank = self.builder.ins().isub(code, low);
                let inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, rank, count);
                let places = self.builder.ins().imul_imm_s(rank, i64::from(stride));
                let bit = self.builder.ins().ishl(one, places);
                (to, self.builder.ins().select(inside, bit, zero))
            }
            I::Size(to, set) => {
                let set = self.read(set);
                (to, self.builder.ins().popcnt(set))
            }
            _ => unreachable!("the survey leaves this to the machine"),
        }
    }

    /// The rank of `none` where the code is `none`.
    pub(super) fn where_none(&mut self, code: Value, none: Option<u64>, otherwise: Value) -> Value {
        let Some(rank) = none else { return otherwise };
        let (none, rank) = (self.constant(NONE), self.constant(rank as i64));
        let is_none = self.builder.ins().icmp(IntCC::Equal, code, none);
        self.builder.ins().select(is_none, rank, otherwise)
    }

    fn bit(&mut self, rank: Register) -> Value {
        let (rank, one) = (self.read(rank), self.constant(1));
        self.builder.ins().ishl(one, rank)
    }

    fn two(
        &mut self,
        left: Register,
        right: Register,
        operate: impl FnOnce(&mut Self, Value, Value) -> Value,
    ) -> Value {
        let (left, right) = (self.read(left), self.read(right));
        operate(self, left, right)
    }

    fn compared(&mut self, code: IntCC, left: Register, right: Register) -> Value {
        let condition = self.compare(code, left, right);
        self.truth(condition)
    }

    /// A sum overflows where its sign is that of neither part.
    fn add_checked(&mut self, a: Register, b: Register, site: SiteId, exits: Exits) -> Value {
        let (a, b) = (self.read(a), self.read(b));
        let sum = self.builder.ins().iadd(a, b);
        self.breach_if_negative([(a, sum), (b, sum)], site, exits);
        sum
    }

    /// A difference overflows where the parts differ in sign, and it from the first.
    fn subtract_checked(&mut self, a: Register, b: Register, site: SiteId, exits: Exits) -> Value {
        let (a, b) = (self.read(a), self.read(b));
        let difference = self.builder.ins().isub(a, b);
        self.breach_if_negative([(a, b), (a, difference)], site, exits);
        difference
    }

    fn breach_if_negative(&mut self, pairs: [(Value, Value); 2], site: SiteId, exits: Exits) {
        let [one, other] = pairs.map(|(a, b)| self.builder.ins().bxor(a, b));
        let both = self.builder.ins().band(one, other);
        let overflows = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, both, 0);
        self.breach_if(overflows, site, exits);
    }

    /// A product overflows where its upper half is more than the sign of its lower half.
    fn multiply_checked(&mut self, a: Register, b: Register, site: SiteId, exits: Exits) -> Value {
        let (a, b) = (self.read(a), self.read(b));
        let (low, high) = (self.builder.ins().imul(a, b), self.builder.ins().smulhi(a, b));
        let sign = self.builder.ins().sshr_imm_u(low, 63);
        let overflows = self.builder.ins().icmp(IntCC::NotEqual, high, sign);
        self.breach_if(overflows, site, exits);
        low
    }

    fn divide(&mut self, a: Register, b: Register, sites: [SiteId; 2], exits: Exits) -> Value {
        let (a, b) = (self.read(a), self.read(b));
        let is_zero = self.builder.ins().icmp_imm_s(IntCC::Equal, b, 0);
        self.breach_if(is_zero, sites[0], exits);
        let lowest = self.constant(i64::MIN);
        let is_lowest = self.builder.ins().icmp(IntCC::Equal, a, lowest);
        let is_minus_one = self.builder.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let overflows = self.builder.ins().band(is_lowest, is_minus_one);
        self.breach_if(overflows, sites[1], exits);
        let quotient = self.builder.ins().sdiv(a, b);
        let product = self.builder.ins().imul(quotient, b);
        let remainder = self.builder.ins().isub(a, product);
        let rounds_up = self.has_wrong_sign(remainder, b);
        let rounds_up = self.truth(rounds_up);
        self.builder.ins().isub(quotient, rounds_up)
    }

    fn modulo(&mut self, a: Register, b: Register, site: SiteId, exits: Exits) -> Value {
        let (a, b) = (self.read(a), self.read(b));
        let is_zero = self.builder.ins().icmp_imm_s(IntCC::Equal, b, 0);
        self.breach_if(is_zero, site, exits);
        // The hardware traps on the lowest number by -1; by 1 the remainder is 0 as well.
        let is_minus_one = self.builder.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let one = self.constant(1);
        let divisor = self.builder.ins().select(is_minus_one, one, b);
        let remainder = self.builder.ins().srem(a, divisor);
        let shifted = self.builder.ins().iadd(remainder, b);
        let is_wrong = self.has_wrong_sign(remainder, b);
        self.builder.ins().select(is_wrong, shifted, remainder)
    }

    /// Whether a remainder is not 0 and has another sign than the divisor.
    fn has_wrong_sign(&mut self, remainder: Value, divisor: Value) -> Value {
        let is_some = self.builder.ins().icmp_imm_s(IntCC::NotEqual, remainder, 0);
        let signs = self.builder.ins().bxor(remainder, divisor);
        let differ = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, signs, 0);
        self.builder.ins().band(is_some, differ)
    }

    fn load(&mut self, position: usize, base: Register, index: Register, stride: u32) -> Value {
        let index = self.read(index);
        let scaled = self.builder.ins().imul_imm_s(index, i64::from(stride));
        let offset = self.builder.ins().ishl_imm_u(scaled, 3);
        let address = self.builder.ins().iadd(self.registers, offset);
        let is_slot = matches!(self.survey.role(base), Role::Slot(_));
        let memory = if is_slot { constant_memory() } else { changing_memory() };
        let mut value = self.builder.ins().load(I64, memory, address, base.index() as i32 * 8);
        for slot in self.written_among(position) {
            let distance = i64::from(slot) - base.index() as i64;
            let is_it = self.builder.ins().icmp_imm_s(IntCC::Equal, scaled, distance);
            let now = self.slot(slot);
            value = self.builder.ins().select(is_it, now, value);
        }
        value
    }

    /// The slots that an instruction may mean and that the body writes.
    fn written_among(&self, position: usize) -> Vec<u32> {
        let candidates = self.candidates.get(&position).into_iter().flatten();
        candidates.copied().filter(|slot| self.slots.contains_key(slot)).collect()
    }

    fn store_at(&mut self, position: usize, address: Register, value: Register) {
        let (address, value) = (self.read(address), self.read(value));
        for slot in self.written_among(position) {
            let is_it = self.builder.ins().icmp_imm_s(IntCC::Equal, address, i64::from(slot));
            let before = self.slot(slot);
            let after = self.builder.ins().select(is_it, value, before);
            self.builder.def_var(self.slots[&slot], after);
        }
    }

    fn count(&mut self, meter: u32, amount: Register, sites: [SiteId; 2], exits: Exits) {
        let variable = self.counts[meter as usize];
        let (amount, before) = (self.read(amount), self.builder.use_var(variable));
        let is_negative = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, amount, 0);
        self.breach_if(is_negative, sites[0], exits);
        let after = self.builder.ins().iadd(before, amount);
        let overflows = self.builder.ins().icmp(IntCC::UnsignedLessThan, after, before);
        self.breach_if(overflows, sites[1], exits);
        self.builder.def_var(variable, after);
    }

    pub(super) fn derive(&mut self, derived: DerivedId, exits: Exits) {
        if self.survey.program.derived[derived].routine.is_some() {
            let number = self.constant(derived.index() as i64);
            self.derive_unless_known(number, exits);
        }
    }

    fn derive_at(&mut self, first: DerivedId, index: Register, exits: Exits) {
        let index = self.read(index);
        let number = self.builder.ins().iadd_imm_s(index, first.index() as i64);
        self.derive_unless_known(number, exits);
    }

    fn derive_unless_known(&mut self, number: Value, exits: Exits) {
        let [unknown, known] = std::array::from_fn(|_| self.builder.create_block());
        let offset = self.builder.ins().ishl_imm_u(number, 3);
        let table = self.builder.ins().load(I64, constant_memory(), self.context, at::DERIVED_IN);
        let place = self.builder.ins().iadd(table, offset);
        let derived_in = self.builder.ins().load(I64, changing_memory(), place, 0);
        let epoch = self.builder.ins().load(I64, constant_memory(), self.context, at::EPOCH);
        let is_known = self.builder.ins().icmp(IntCC::Equal, derived_in, epoch);
        self.builder.ins().brif(is_known, known, &[], unknown, &[]);
        self.builder.switch_to_block(unknown);
        let derivations =
            self.builder.ins().load(I64, constant_memory(), self.context, at::DERIVATIONS);
        let place = self.builder.ins().iadd(derivations, offset);
        let function = self.builder.ins().load(I64, constant_memory(), place, 0);
        let arguments = [self.context, number];
        let call = self.builder.ins().call_indirect(self.signature, function, &arguments);
        let status = self.builder.inst_results(call)[0];
        self.leave_if(status, exits.breach, &[status.into()]);
        self.builder.ins().jump(known, &[]);
        self.builder.switch_to_block(known);
    }

    /// The slots that a body may write.
    pub(super) fn written(&self) -> BTreeSet<u32> {
        self.slots.keys().copied().collect()
    }
}

//! The functions of generated code: the steps of a group of actions, a derived value, a figure, and the
//! slots of a packed state.
//!
//! A step is judged, done on values, and packed straight into its record: the packed state with the
//! fields of the written slots replaced.

use std::collections::BTreeSet;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, FuncRef, InstBuilder, Value, types::I64};

use super::context::{NO, SOUND, YES, at};
use super::emit::{Exits, Writer, changing_memory, constant_memory};
use crate::base::Id;
use crate::compile::joint::{Joint, Tables};
use crate::compile::layout::NONE;
use crate::compile::program::{
    ActionGroup, DerivedId, Haste, InstanceCode, Position, Reset, StateSet,
};
use crate::system::{ActionId, FigureId, Shape};

/// What generated code may call back for.
#[derive(Clone, Copy)]
pub(super) struct Callbacks {
    pub(super) ask: FuncRef,
    pub(super) step: FuncRef,
}

impl Writer<'_, '_> {
    /// Writes the slots of the packed state into the frame.
    pub(super) fn unpacking(&mut self) {
        let state = self.state();
        for slot in 0..self.survey.layout.slot_count() {
            if let Some((joint, tables)) = self.survey.layout.joint(slot) {
                if joint.slots[0] == slot {
                    self.unpack_joint(state, joint, tables);
                }
                continue;
            }
            let field = *self.survey.layout.field(slot);
            let word = self.word(state, field.word);
            let shifted = self.builder.ins().ushr_imm_u(word, i64::from(field.shift));
            let rank = self.builder.ins().band_imm_u(shifted, field.mask as i64);
            let low = self.constant(field.low);
            let mut value = self.builder.ins().iadd(rank, low);
            if let Some(none_rank) = field.none {
                let none = self.constant(NONE);
                let is_none = self.builder.ins().icmp_imm_s(IntCC::Equal, rank, none_rank as i64);
                value = self.builder.ins().select(is_none, none, value);
            }
            self.builder.ins().store(changing_memory(), value, self.registers, slot as i32 * 8);
        }
        self.give(SOUND);
    }

    fn unpack_joint(&mut self, state: Value, joint: &Joint, tables: &Tables) {
        let word = self.word(state, joint.word);
        let shifted = self.builder.ins().ushr_imm_u(word, i64::from(joint.shift));
        let code = self.builder.ins().band_imm_u(shifted, joint.mask as i64);
        let row = self.table_entry(&tables.values, code, joint.slots.len());
        for (member, &slot) in (0..).zip(&joint.slots) {
            let value = self.builder.ins().load(I64, constant_memory(), row, 8 * member);
            self.builder.ins().store(changing_memory(), value, self.registers, slot as i32 * 8);
        }
    }

    /// The address of a row of a table, which stays where it is as long as the code.
    fn table_entry(&mut self, table: &[i64], row: Value, row_length: usize) -> Value {
        let start = self.constant(table.as_ptr() as i64);
        let offset = self.builder.ins().imul_imm_s(row, 8 * row_length as i64);
        self.builder.ins().iadd(start, offset)
    }

    /// Writes what derives a value.
    pub(super) fn derivation(&mut self, derived: DerivedId, routine: Position) -> Option<()> {
        let extent = self.survey.question(routine)?;
        let exits = self.exits();
        self.question(routine, &extent, exits);
        let known = self.survey.program.derived[derived];
        if known.gives_up {
            self.builder.switch_to_block(exits.breach);
            let given_up = self.constant(-1);
            self.set(known.value, given_up);
            self.builder.ins().jump(exits.yes, &[]);
        } else {
            self.give_breach(exits);
        }
        self.builder.switch_to_block(exits.yes);
        let table = self.builder.ins().load(I64, constant_memory(), self.context, at::DERIVED_IN);
        let epoch = self.builder.ins().load(I64, constant_memory(), self.context, at::EPOCH);
        let place = self.builder.ins().iadd_imm_s(table, 8 * derived.index() as i64);
        self.builder.ins().store(changing_memory(), epoch, place, 0);
        self.give(SOUND);
        self.never(exits.no);
        Some(())
    }

    /// Writes what evaluates a figure.
    pub(super) fn figure(&mut self, figure: FigureId) -> Option<()> {
        let figure = self.survey.program.figures[figure];
        if figure.resting.is_some() {
            return None;
        }
        let extent = self.survey.question(figure.routine)?;
        let exits = self.exits();
        self.question(figure.routine, &extent, exits);
        self.builder.switch_to_block(exits.yes);
        let value = self.read(figure.value);
        self.builder.ins().store(changing_memory(), value, self.context, at::VALUE);
        self.give(SOUND);
        self.give_breach(exits);
        self.never(exits.no);
        Some(())
    }

    /// Writes all steps out of a state, group by group; then the tick if time passes, to the place that
    /// is the function's second argument. Answers whether it does.
    pub(super) fn all_steps(&mut self, groups: &[(&ActionGroup, Vec<FuncRef>)], tick: FuncRef) {
        let zero = self.constant(0);
        let waits = self.variable(zero);
        for (group, functions) in groups {
            let end = self.builder.create_block();
            self.leave_unless_ready(group, end);
            let before = self.cursor();
            for &function in functions {
                self.builder.ins().call(function, &[self.context, zero]);
            }
            if group.haste == Haste::Urgent {
                let after = self.cursor();
                let is_enabled = self.builder.ins().icmp(IntCC::NotEqual, before, after);
                let is_enabled = self.builder.ins().uextend(I64, is_enabled);
                let known = self.builder.use_var(waits);
                let waits_now = self.builder.ins().bor(known, is_enabled);
                self.builder.def_var(waits, waits_now);
            }
            self.builder.ins().jump(end, &[]);
            self.builder.switch_to_block(end);
        }
        let end = self.cursor();
        self.builder.ins().store(changing_memory(), end, self.context, at::END);
        let time_waits = self.builder.create_block();
        let waits = self.builder.use_var(waits);
        self.leave_if(waits, time_waits, &[]);
        self.builder.ins().store(changing_memory(), self.argument, self.context, at::CURSOR);
        self.builder.ins().call(tick, &[self.context, zero]);
        self.give(YES);
        self.builder.switch_to_block(time_waits);
        self.give(NO);
    }

    /// Leaves a group none of whose instances can be enabled: their machine instance is in another
    /// control state, or the budget is spent.
    fn leave_unless_ready(&mut self, group: &ActionGroup, end: Block) {
        if let Some((slot, states)) = &group.from {
            let is_among = self.is_among(*slot, states);
            let is_not = self.builder.ins().icmp_imm_s(IntCC::Equal, is_among, 0);
            self.leave_if(is_not, end, &[]);
        }
        if let Some(slot) = group.budget {
            let left = self.slot_before(slot);
            let is_spent = self.builder.ins().icmp_imm_s(IntCC::Equal, left, 0);
            self.leave_if(is_spent, end, &[]);
        }
    }

    /// Writes the steps of some instances of a group that is ready.
    pub(super) fn steps(
        &mut self,
        group: &ActionGroup,
        instances: &[InstanceCode],
        callbacks: Callbacks,
    ) {
        let end = self.builder.create_block();
        if let Some(guard) = group.shared_guard {
            let exits = self.judged(guard, callbacks);
            self.builder.switch_to_block(exits.no);
            self.builder.ins().jump(end, &[]);
            self.builder.switch_to_block(exits.breach);
            let status = self.builder.block_params(exits.breach)[0];
            for instance in instances {
                self.breaching_record(instance.id.0, status);
            }
            self.builder.ins().jump(end, &[]);
            self.builder.switch_to_block(exits.yes);
        }
        let column = |instance: &InstanceCode| instance.lane.map(|lane| lane.column);
        for alike in instances.chunk_by(|a, b| column(a) == column(b)) {
            match column(&alike[0]) {
                Some(column) => self.lanes(column, alike, callbacks),
                None => alike.iter().for_each(|instance| self.instance(instance, callbacks)),
            }
        }
        self.builder.ins().jump(end, &[]);
        self.builder.switch_to_block(end);
        self.give(SOUND);
    }

    /// Writes a step that nothing guards.
    pub(super) fn unguarded_step(&mut self, id: u32, body: Position, callbacks: Callbacks) {
        let end = self.builder.create_block();
        self.step(id, body, end, callbacks);
        self.builder.switch_to_block(end);
        self.give(SOUND);
    }

    fn instance(&mut self, instance: &InstanceCode, callbacks: Callbacks) {
        let end = self.builder.create_block();
        if let Some(guard) = instance.guard {
            let exits = self.judged(guard, callbacks);
            self.builder.switch_to_block(exits.no);
            self.builder.ins().jump(end, &[]);
            self.builder.switch_to_block(exits.breach);
            let status = self.builder.block_params(exits.breach)[0];
            self.breaching_record(instance.id.0, status);
            self.builder.ins().jump(end, &[]);
            self.builder.switch_to_block(exits.yes);
        }
        self.step(instance.id.0, instance.body, end, callbacks);
        self.builder.switch_to_block(end);
    }

    /// Writes the steps of instances that are lanes of one column. Where the column gives up, which is
    /// seldom, they are left to the machine.
    fn lanes(&mut self, column: DerivedId, instances: &[InstanceCode], callbacks: Callbacks) {
        let [one_by_one, end] = std::array::from_fn(|_| self.builder.create_block());
        self.builder.set_cold_block(one_by_one);
        let exits = self.exits();
        self.derive(column, exits);
        let word = self.read(self.survey.program.derived[column].value);
        let gave_up = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, word, 0);
        self.leave_if(gave_up, one_by_one, &[]);
        for InstanceCode { id, lane, body, .. } in instances {
            let next = self.builder.create_block();
            let bit = lane.map_or(0, |lane| 1 << lane.bit);
            let holds = self.builder.ins().band_imm_u(word, bit);
            let fails = self.builder.ins().icmp_imm_s(IntCC::Equal, holds, 0);
            self.leave_if(fails, next, &[]);
            self.step(id.0, *body, next, callbacks);
            self.builder.switch_to_block(next);
        }
        self.builder.ins().jump(end, &[]);

        self.builder.switch_to_block(one_by_one);
        for InstanceCode { id, guard, body, .. } in instances {
            let next = self.builder.create_block();
            let exits = self.exits();
            let guard = guard.expect("what has a lane has a guard");
            self.ask(guard, exits, callbacks);
            self.builder.switch_to_block(exits.no);
            self.builder.ins().jump(next, &[]);
            self.builder.switch_to_block(exits.yes);
            self.call_for_step(id.0, *body, callbacks);
            self.builder.ins().jump(next, &[]);
            self.builder.switch_to_block(exits.breach);
            let status = self.builder.block_params(exits.breach)[0];
            self.breaching_record(id.0, status);
            self.builder.ins().jump(next, &[]);
            self.builder.switch_to_block(next);
        }
        self.builder.ins().jump(end, &[]);
        self.never(exits.yes);
        self.never(exits.no);
        self.give_breach(exits);
        self.builder.switch_to_block(end);
    }

    /// Judges a guard here, or calls back for it.
    fn judged(&mut self, guard: Position, callbacks: Callbacks) -> Exits {
        let exits = self.exits();
        match self.survey.question(guard) {
            Some(extent) => self.question(guard, &extent, exits),
            None => self.ask(guard, exits, callbacks),
        }
        exits
    }

    /// Calls back to judge a guard.
    fn ask(&mut self, guard: Position, exits: Exits, callbacks: Callbacks) {
        let routine = self.constant(guard.index() as i64);
        let call = self.builder.ins().call(callbacks.ask, &[self.context, routine]);
        let answer = self.builder.inst_results(call)[0];
        let is_no = self.builder.ins().icmp_imm_s(IntCC::Equal, answer, NO as i64);
        self.leave_if(is_no, exits.no, &[]);
        let is_yes = self.builder.ins().icmp_imm_s(IntCC::Equal, answer, YES as i64);
        self.leave_if(is_yes, exits.yes, &[]);
        let status = self.builder.ins().iadd_imm_s(answer, -(YES as i64));
        self.builder.ins().jump(exits.breach, &[status.into()]);
    }

    /// Calls back for what an action does.
    fn call_for_step(&mut self, id: u32, routine: Position, callbacks: Callbacks) {
        let step = self.constant((u64::from(id) << 32 | u64::from(routine.0)) as i64);
        self.builder.ins().call(callbacks.step, &[self.context, step]);
    }

    /// Does what an action does, and goes to `end`.
    fn step(&mut self, id: u32, routine: Position, end: Block, callbacks: Callbacks) {
        let Some(body) = self.survey.body(routine) else {
            self.call_for_step(id, routine, callbacks);
            self.builder.ins().jump(end, &[]);
            return;
        };
        let shape = self.shape;
        for meter in 0..shape.meters {
            let counted = self.constant(i64::from(id == crate::compile::TICK.0 && meter == 0));
            let variable = self.variable(counted);
            self.counts.push(variable);
        }
        let exits = self.exits();
        self.body(routine, &body, exits);

        self.builder.switch_to_block(exits.yes);
        self.reset();
        let record = self.record();
        let head = self.constant(Shape::head(ActionId(id), SOUND) as i64);
        self.builder.ins().store(changing_memory(), head, record, 0);
        self.pack(record);
        for meter in 0..shape.meters {
            let count = self.builder.use_var(self.counts[meter]);
            let offset = 8 * (1 + shape.width + meter) as i32;
            self.builder.ins().store(changing_memory(), count, record, offset);
        }
        self.builder.ins().jump(end, &[]);

        self.builder.switch_to_block(exits.breach);
        let status = self.builder.block_params(exits.breach)[0];
        self.breaching_record(id, status);
        self.builder.ins().jump(end, &[]);
        self.never(exits.no);
        self.end_body();
    }

    /// A `while` variable outside its control states holds its initial value.
    fn reset(&mut self) {
        let program = self.survey.program;
        let written = self.written();
        let groups = written.iter().filter_map(|&slot| program.reset_of_slot[slot as usize]);
        let groups: BTreeSet<u32> = groups.collect();
        for group in groups {
            for reset in &program.resets[group as usize] {
                self.reset_one(reset);
            }
        }
    }

    fn reset_one(&mut self, reset: &Reset) {
        let is_alive = self.is_among(reset.control, &reset.alive);
        for (slot, &initial) in (reset.base..).zip(&reset.initial) {
            let (now, initial) = (self.slot(slot), self.constant(initial));
            let after = self.builder.ins().select(is_alive, now, initial);
            self.builder.def_var(self.slots[&slot], after);
        }
    }

    /// Whether the control state in a slot is in a set, as a number that is not 0.
    fn is_among(&mut self, slot: u32, states: &StateSet) -> Value {
        let control = self.slot(slot);
        let masks: Vec<u64> = states.masks().collect();
        if let [mask] = masks[..]
            && mask.is_power_of_two()
        {
            let state = i64::from(mask.trailing_zeros());
            let is_it = self.builder.ins().icmp_imm_s(IntCC::Equal, control, state);
            return self.builder.ins().uextend(I64, is_it);
        }
        // A shift takes the lower six bits for what they are.
        let is_one_block = self.survey.layout.field(slot).mask < 64;
        let mut among = self.constant(0);
        for (block, mask) in (0_i64..).zip(masks) {
            let mask = self.constant(mask as i64);
            let shifted = self.builder.ins().ushr(mask, control);
            let mut here = self.builder.ins().band_imm_u(shifted, 1);
            if !is_one_block {
                let own = self.builder.ins().sshr_imm_u(control, 6);
                let is_here = self.builder.ins().icmp_imm_s(IntCC::Equal, own, block);
                let zero = self.constant(0);
                here = self.builder.ins().select(is_here, here, zero);
            }
            among = self.builder.ins().bor(among, here);
        }
        among
    }

    /// The packed state after a body: the fields of the written slots are replaced.
    fn pack(&mut self, record: Value) {
        let state = self.state();
        let layout = self.survey.layout;
        // A joint is packed as a whole, by its first slot.
        let first_slot = |slot| layout.joint(slot).map_or(slot, |(joint, _)| joint.slots[0]);
        let written: BTreeSet<u32> = self.written().into_iter().map(first_slot).collect();
        let bits = |slot| match layout.joint(slot) {
            Some((joint, _)) => (slot, joint.word, joint.shift, joint.mask),
            None => {
                let field = layout.field(slot);
                (slot, field.word, field.shift, field.mask)
            }
        };
        for word in 0..self.shape.width {
            let mut packed = self.word(state, word as u32);
            let here = written.iter().map(|&slot| bits(slot));
            let here: Vec<_> =
                here.filter(|&(_, at, _, mask)| at as usize == word && mask != 0).collect();
            let replaced = here.iter().fold(0, |bits, (_, _, shift, mask)| bits | mask << shift);
            if replaced != 0 {
                let kept = self.constant(!replaced as i64);
                packed = self.builder.ins().band(packed, kept);
            }
            for (slot, _, shift, _) in here {
                let code = match layout.joint(slot) {
                    Some((joint, tables)) => self.joint_code(joint, tables),
                    None => self.rank_of(slot),
                };
                let bits = self.builder.ins().ishl_imm_u(code, i64::from(shift));
                packed = self.builder.ins().bor(packed, bits);
            }
            self.builder.ins().store(changing_memory(), packed, record, 8 * (1 + word) as i32);
        }
    }

    /// The rank of what a slot holds now.
    fn rank_of(&mut self, slot: u32) -> Value {
        let field = *self.survey.layout.field(slot);
        let (value, low) = (self.slot(slot), self.constant(field.low));
        let rank = self.builder.ins().isub(value, low);
        self.where_none(value, field.none, rank)
    }

    fn joint_code(&mut self, joint: &Joint, tables: &Tables) -> Value {
        let control = self.slot(joint.slots[0]);
        let mut code = self.looked_up(&tables.first_codes, control, (0, 1));
        let variables = tables.variables.len();
        for (variable, &slot) in joint.slots[1..].iter().enumerate() {
            let rank = self.rank_of(slot);
            let weight = self.looked_up(&tables.weights, control, (variable, variables));
            let weighed = self.builder.ins().imul(rank, weight);
            code = self.builder.ins().iadd(code, weighed);
        }
        code
    }

    /// One column's entry in a row of a table of numbers that are not negative. Where the column fits into
    /// a word, it is looked up there, and vanishes if the row is known.
    fn looked_up(&mut self, table: &[i64], row: Value, (column, columns): (usize, usize)) -> Value {
        let entries = || table.iter().skip(column).step_by(columns);
        let bits = (u64::BITS as usize / entries().count().max(1)).min(32);
        if entries().any(|&entry| entry >> bits != 0) {
            let entry = self.table_entry(table, row, columns);
            return self.builder.ins().load(I64, constant_memory(), entry, 8 * column as i32);
        }
        let word = (0..).zip(entries()).fold(0, |word, (row, entry)| word | entry << (row * bits));
        let (word, places) = (self.constant(word), self.builder.ins().imul_imm_s(row, bits as i64));
        let shifted = self.builder.ins().ushr(word, places);
        self.builder.ins().band_imm_u(shifted, (1 << bits) - 1)
    }

    /// Where the next record goes.
    fn cursor(&mut self) -> Value {
        self.builder.ins().load(I64, changing_memory(), self.context, at::CURSOR)
    }

    /// Takes room for a record.
    fn record(&mut self) -> Value {
        let record = self.cursor();
        let next = self.builder.ins().iadd_imm_s(record, 8 * self.shape.length() as i64);
        self.builder.ins().store(changing_memory(), next, self.context, at::CURSOR);
        record
    }

    fn breaching_record(&mut self, id: u32, status: Value) {
        let record = self.record();
        let upper = self.builder.ins().ishl_imm_u(status, 32);
        let head = self.builder.ins().bor_imm_u(upper, i64::from(id));
        self.builder.ins().store(changing_memory(), head, record, 0);
        self.builder.ins().store(changing_memory(), status, self.context, at::BREACHES);
        let zero = self.constant(0);
        for meter in 0..self.shape.meters {
            let offset = 8 * (1 + self.shape.width + meter) as i32;
            self.builder.ins().store(changing_memory(), zero, record, offset);
        }
    }

    fn state(&mut self) -> Value {
        self.builder.ins().load(I64, constant_memory(), self.context, at::STATE)
    }

    fn word(&mut self, state: Value, word: u32) -> Value {
        self.builder.ins().load(I64, constant_memory(), state, word as i32 * 8)
    }

    /// Returns from the function.
    fn give(&mut self, status: u64) {
        let status = self.constant(status as i64);
        self.builder.ins().return_(&[status]);
    }

    fn give_breach(&mut self, exits: Exits) {
        self.builder.switch_to_block(exits.breach);
        let status = self.builder.block_params(exits.breach)[0];
        self.builder.ins().return_(&[status]);
    }

    /// A block that nothing leads to still has to end.
    fn never(&mut self, block: Block) {
        self.builder.switch_to_block(block);
        self.give(SOUND);
    }
}

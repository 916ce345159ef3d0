//! Lowers a typed model to a program, each action instance with its constants folded.
//!
//! An expression becomes an [`Operand`]: a constant where all that it reads is constant, else a register,
//! which may be a slot of the state itself. Conditions become jumps. Quantifiers and loops are
//! unrolled where that stays small, so that most of a guard vanishes for a constant instance, and run as
//! loops where it would not. Definitions are inlined, their arguments first; those that cost something
//! are kept as derived values, one for each receiver and choice of arguments.

use std::collections::BTreeMap;

use super::layout::{Domain, Layout};
use super::program::{
    Derived, DerivedId, DomainId, Instruction, IntervalId, Position, Program, Register, SiteId,
};
use crate::base::{Id, Span};
use crate::model::{DefinitionId, Interval, LocalId, MachineId, Model};
use crate::system::{Breach, Rule};

mod action;
mod arithmetic;
mod column;
mod composite;
mod condition;
mod cost;
mod definition;
mod expression;
mod independent;
mod place;
mod quantifier;
mod repeat;
mod routine;
mod set;
mod start;
mod statement;

pub use start::Conjunct;

use column::{Column, Subject};
use cost::Estimates;
use routine::Routine;

/// What an expression is lowered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Always this.
    Constant(i64),
    /// What is in this register.
    Register(Register),
}

/// Where something lies: the register `base`, plus for each term an index times a stride.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    base: u32,
    terms: Vec<(Register, u32)>,
}

/// What a local name stands for.
#[derive(Clone, Debug)]
enum Binding {
    /// Nothing yet.
    Unbound,
    /// A scalar, or a set over its type's domain.
    Scalar(Operand),
    /// An array or a queue.
    Composite(Address),
}

/// What names mean in the expression that is being lowered.
#[derive(Clone, Debug, Default)]
struct Scope {
    self_instance: Option<Operand>,
    locals: Vec<Binding>,
    known_control: Option<KnownControl>,
}

impl Scope {
    fn bind(&mut self, local: LocalId, binding: Binding) {
        let at = local.index();
        if at >= self.locals.len() {
            // Initial values do not say how many locals they have.
            self.locals.resize(at + 1, Binding::Unbound);
        }
        self.locals[at] = binding;
    }
}

/// A machine instance that is known to be in one of some control states.
#[derive(Clone, Debug)]
struct KnownControl {
    machine: MachineId,
    index: u32,
    states: Vec<u32>,
}

/// The values of a definition that are kept, one for each receiver and choice of arguments.
#[derive(Clone, Debug)]
struct Family {
    first: DerivedId,
    /// The domains of the receiver, if it has one, and the arguments; the last varies fastest.
    domains: Vec<Domain>,
    members: Vec<Option<Member>>,
}

/// One of them, once it is lowered.
#[derive(Clone, Debug)]
struct Member {
    /// The value if it is constant.
    constant: Option<i64>,
    reads: Vec<(u32, u32)>,
}

/// Lowers one model.
pub struct Lowering<'m> {
    model: &'m Model,
    layout: &'m Layout,
    estimates: Estimates<'m>,
    program: Program,
    constants: BTreeMap<i64, Register>,
    sites: BTreeMap<Breach, SiteId>,
    families: BTreeMap<DefinitionId, Family>,
    /// None for what has no column.
    columns: BTreeMap<Subject, Option<Column>>,
    /// Whether what is lowered runs only where a column gave up.
    after_giving_up: bool,
    /// Temporaries that all routines share but those of derived values, which run in their midst.
    shared_pool: Vec<Register>,
    /// The routine that is being lowered.
    routine: Routine,
    /// Whether its statements are in a turn of an unordered loop.
    in_turn: bool,
    /// The register for whether the state is at rest, if the routine asks.
    resting: Option<Register>,
}

impl<'m> Lowering<'m> {
    /// Nothing is lowered yet.
    pub fn new(model: &'m Model, layout: &'m Layout) -> Lowering<'m> {
        Lowering {
            model,
            layout,
            estimates: Estimates::of(model),
            program: Program::with_slots(layout.slot_count()),
            constants: BTreeMap::new(),
            sites: BTreeMap::new(),
            families: BTreeMap::new(),
            columns: BTreeMap::new(),
            after_giving_up: false,
            shared_pool: Vec::new(),
            routine: Routine::default(),
            in_turn: false,
            resting: None,
        }
    }

    /// The program so far.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The finished program.
    pub fn finish(self) -> Program {
        self.program
    }

    /// Lowers a routine of its own, which `fill` writes.
    fn routine<T>(&mut self, fill: impl FnOnce(&mut Self) -> T) -> (Position, T) {
        let pool = std::mem::take(&mut self.shared_pool);
        let outer = std::mem::replace(&mut self.routine, Routine::with_pool(pool));
        let result = fill(self);
        let mut routine = std::mem::replace(&mut self.routine, outer);
        self.shared_pool = std::mem::take(&mut routine.pool);
        (self.append(routine), result)
    }

    fn append(&mut self, routine: Routine) -> Position {
        let start = self.program.code.len();
        self.program.code.extend(routine.finish(start));
        Position::from_index(start)
    }

    fn emit(&mut self, instruction: Instruction) {
        self.routine.emit(instruction);
    }

    /// A register that nothing else uses until the mark before it is released.
    fn temporary(&mut self) -> Register {
        if self.routine.used == self.routine.pool.len() {
            let fresh = self.fresh_register(0);
            self.routine.pool.push(fresh);
        }
        self.routine.used += 1;
        self.routine.pool[self.routine.used - 1]
    }

    /// A register of its own for the whole program, with what it holds at first.
    fn fresh_register(&mut self, value: i64) -> Register {
        self.program.frame.push(value);
        Register::from_index(self.program.frame.len() - 1)
    }

    /// Lowers what runs only where a column gave up.
    fn after_giving_up<T>(&mut self, fill: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.after_giving_up, true);
        let result = fill(self);
        self.after_giving_up = outer;
        result
    }

    /// Runs `fill`, then gives back the temporaries it took.
    fn releasing<T>(&mut self, fill: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.routine.used;
        let result = fill(self);
        self.routine.used = mark;
        result
    }

    /// The register of an operand; constants have one each.
    fn register(&mut self, operand: Operand) -> Register {
        match operand {
            Operand::Register(register) => register,
            Operand::Constant(value) => match self.constants.get(&value) {
                Some(&register) => register,
                None => {
                    let register = self.fresh_register(value);
                    self.constants.insert(value, register);
                    register
                }
            },
        }
    }

    fn copy(&mut self, to: Register, from: Operand) {
        let from = self.register(from);
        if from != to {
            self.emit(Instruction::Copy(to, from));
        }
    }

    fn site(&mut self, rule: Rule, place: Span) -> SiteId {
        let breach = Breach { rule, place };
        let sites = &mut self.program.sites;
        *self.sites.entry(breach).or_insert_with(|| sites.push(breach))
    }

    fn fail(&mut self, rule: Rule, place: Span) {
        let site = self.site(rule, place);
        self.emit(Instruction::Fail(site));
    }

    fn domain(&mut self, domain: &Domain) -> DomainId {
        let known = self.program.domains.iter().position(|known| known == domain);
        known.map_or_else(|| self.program.domains.push(domain.clone()), DomainId::from_index)
    }

    fn interval(&mut self, interval: Interval) -> IntervalId {
        let known = self.program.intervals.iter().position(|&known| known == interval);
        known.map_or_else(|| self.program.intervals.push(interval), IntervalId::from_index)
    }

    /// Breaches unless the value is between the two; nothing is emitted where constants tell.
    fn require_range(&mut self, value: Operand, low: i64, high: i64, (rule, place): (Rule, Span)) {
        match value {
            Operand::Constant(value) if (low..=high).contains(&value) => {}
            Operand::Constant(_) => self.fail(rule, place),
            Operand::Register(value) => {
                let low = self.register(Operand::Constant(low));
                let high = self.register(Operand::Constant(high));
                let site = self.site(rule, place);
                self.emit(Instruction::RequireRange { value, low, high, site });
            }
        }
    }

    /// Reserves derived values, one after the other.
    fn reserve_derived(&mut self, count: u64) -> DerivedId {
        let first = DerivedId::from_index(self.program.derived.len());
        for _ in 0..count {
            let value = self.fresh_register(0);
            self.program.derived.push(Derived {
                value,
                routine: None,
                gives_up: false,
                is_spare: true,
            });
        }
        first
    }
}

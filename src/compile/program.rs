//! The instruction set, and the program that a model is lowered to.
//!
//! Every instruction works on one array of 64-bit registers, the *frame*: first the slots of the state,
//! then constants, the values of derived definitions, and temporaries. A slot can be an operand like any
//! other register, but only the `Store` group may change it. Jumps stay inside their routine, no routine
//! calls itself, and all that can go wrong is named by a [`SiteId`]; a backend needs to know no more.

use super::layout::Domain;
use crate::base::IdVec;
use crate::model::Interval;
use crate::system::{ActionId, Breach, FigureId};

crate::id!(
    /// A register of the frame.
    Register
);
crate::id!(
    /// A position in the code.
    Position
);
crate::id!(
    /// A way to breach: which rule, and where.
    SiteId
);
crate::id!(
    /// The interval of a number that unordered turns accumulate.
    IntervalId
);
crate::id!(
    /// A domain whose codes are turned into ranks, or back.
    DomainId
);
crate::id!(
    /// A derived value: a definition for one receiver and one choice of arguments.
    DerivedId
);

/// One instruction. Where three registers are given, they are the result, the left and the right operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// The first becomes a copy of the second.
    Copy(Register, Register),
    /// Reads register `base + index * stride`.
    Load { to: Register, base: u32, index: Register, stride: u32 },
    /// `to = base + index * stride`: part of an address.
    Scale { to: Register, base: Register, index: Register, stride: u32 },

    /// Sum, known to fit.
    Add(Register, Register, Register),
    /// Difference, known to fit.
    Subtract(Register, Register, Register),
    /// Product, known to fit.
    Multiply(Register, Register, Register),
    /// Sum that may overflow.
    AddChecked(Register, Register, Register, SiteId),
    /// Difference that may overflow.
    SubtractChecked(Register, Register, Register, SiteId),
    /// Product that may overflow.
    MultiplyChecked(Register, Register, Register, SiteId),
    /// Quotient, rounded down; the first site is for a zero, the second for an overflow.
    Divide(Register, Register, Register, [SiteId; 2]),
    /// Remainder with the divisor's sign.
    Modulo(Register, Register, Register, SiteId),
    /// Power; the first site is for a negative exponent, the second for an overflow.
    Power(Register, Register, Register, [SiteId; 2]),
    /// The lesser.
    Minimum(Register, Register, Register),
    /// The greater.
    Maximum(Register, Register, Register),

    /// 1 if they are equal, else 0.
    Equal(Register, Register, Register),
    /// 1 if they differ, else 0.
    Different(Register, Register, Register),
    /// 1 if left is less, else 0.
    Less(Register, Register, Register),
    /// 1 if left is at most right, else 0.
    AtMost(Register, Register, Register),

    /// The rank of a code, or -1 if it is outside the domain.
    Rank { to: Register, code: Register, domain: DomainId },
    /// The code of a rank.
    Unrank { to: Register, rank: Register, domain: DomainId },
    /// The left, a set, with the right, a rank.
    With(Register, Register, Register),
    /// The left, a set, without the right, a rank.
    Without(Register, Register, Register),
    /// How many members a set has.
    Size(Register, Register),
    /// The bits that both have.
    And(Register, Register, Register),
    /// The bits that one of them has.
    Or(Register, Register, Register),
    /// The left with its bits so many places further down, zeros coming in.
    ShiftRight(Register, Register, Register),
    /// 1 in the lane, of so many bits, of a code's rank; 0 if the code is outside the domain.
    Lane { to: Register, code: Register, domain: DomainId, stride: u32 },
    /// 1 if the queues at two addresses are equal, else 0.
    SameQueue(Register, Register, Register),

    /// Goes on elsewhere.
    Jump(Position),
    /// Goes on elsewhere if they are equal.
    JumpEqual(Register, Register, Position),
    /// Goes on elsewhere if they differ.
    JumpDifferent(Register, Register, Position),
    /// Goes on elsewhere if the first is less.
    JumpLess(Register, Register, Position),
    /// Goes on elsewhere if the first is at most the second.
    JumpAtMost(Register, Register, Position),
    /// Goes on elsewhere if the first, a set, has the second, a rank.
    JumpMember(Register, Register, Position),
    /// Goes on elsewhere if the first, a set, does not have the second, a rank.
    JumpNotMember(Register, Register, Position),

    /// Breaches unless the value is between the two others, both included.
    RequireRange { value: Register, low: Register, high: Register, site: SiteId },
    /// Breaches if the value is `none`.
    RequireSome(Register, SiteId),
    /// Breaches unless the first, a set, has the second, a rank.
    RequireMember(Register, Register, SiteId),
    /// Breaches.
    Fail(SiteId),

    /// Sees to it that the derived value is known in its register.
    Derive(DerivedId),
    /// The same for the derived value that lies `index` after the first.
    DeriveAt { first: DerivedId, index: Register },

    /// Writes a slot.
    Store { slot: u32, value: Register },
    /// Writes the slot at an address.
    StoreAt { address: Register, value: Register },
    /// Takes one from a slot that is above 0.
    RunDown { slot: u32 },
    /// Appends to the queue at an address.
    Push { queue: Register, capacity: u32, value: Register, site: SiteId },
    /// Removes the first element; the freed place holds `blank`.
    PopFirst { queue: Register, blank: Register, site: SiteId },
    /// Removes the last element; the freed place holds `blank`.
    PopLast { queue: Register, blank: Register, site: SiteId },
    /// Removes the first element that equals `value`, if there is one.
    Remove { queue: Register, value: Register, blank: Register },
    /// Counts on a meter; the first site is for a negative amount, the second for an overflow.
    Count { meter: u32, amount: Register, sites: [SiteId; 2] },

    /// Begins an unordered loop.
    BeginLoop,
    /// Begins a turn of it.
    BeginTurn,
    /// Ends the turn: remembers what it did, and undoes it.
    EndTurn,
    /// Ends the loop: does what all turns did, if they agree.
    EndLoop,
    /// Says that the turn is about to assign `width` slots from an address on, as one location.
    TouchWhole { address: Register, width: u32, site: SiteId },
    /// Says that the turn is about to change whether the set at an address has an element.
    TouchElement { address: Register, element: Register, site: SiteId },
    /// Adds to the slot at an address what all turns add to it in the end.
    Accumulate { address: Register, amount: Register, interval: IntervalId, site: SiteId },
    /// Subtracts it.
    Deplete { address: Register, amount: Register, interval: IntervalId, site: SiteId },

    /// Ends the routine, with the answer of a condition.
    Finish(bool),
}

impl Instruction {
    /// Where it may jump to.
    pub fn target_mut(&mut self) -> Option<&mut Position> {
        match self {
            Instruction::Jump(to)
            | Instruction::JumpEqual(_, _, to)
            | Instruction::JumpDifferent(_, _, to)
            | Instruction::JumpLess(_, _, to)
            | Instruction::JumpAtMost(_, _, to)
            | Instruction::JumpMember(_, _, to)
            | Instruction::JumpNotMember(_, _, to) => Some(to),
            _ => None,
        }
    }

    /// Whether the next instruction is never the one after it.
    pub fn is_end(&self) -> bool {
        matches!(self, Instruction::Jump(_) | Instruction::Fail(_) | Instruction::Finish(_))
    }
}

/// What a model is lowered to.
#[derive(Clone, Debug)]
pub struct Program {
    /// All routines, one after the other.
    pub code: Vec<Instruction>,
    /// The frame as it is before anything runs: constants in place.
    pub frame: Vec<i64>,
    /// The ways to breach.
    pub sites: IdVec<SiteId, Breach>,
    /// The intervals of accumulated numbers.
    pub intervals: IdVec<IntervalId, Interval>,
    /// The domains.
    pub domains: IdVec<DomainId, Domain>,
    /// The derived values.
    pub derived: IdVec<DerivedId, Derived>,
    /// The actions, in the order of their instances.
    pub groups: Vec<ActionGroup>,
    /// What a tick does.
    pub tick: Position,
    /// The figures.
    pub figures: IdVec<FigureId, Figure>,
    /// What is reset when a slot was written, by slot: an index into `resets`.
    pub reset_of_slot: Vec<Option<u32>>,
    /// The `while` variables of each machine instance that has any.
    pub resets: Vec<Vec<Reset>>,
}

impl Program {
    /// A program without code, for a state of so many slots.
    pub fn with_slots(slot_count: u32) -> Program {
        Program {
            code: Vec::new(),
            frame: vec![0; slot_count as usize],
            sites: IdVec::new(),
            intervals: IdVec::new(),
            domains: IdVec::new(),
            derived: IdVec::new(),
            groups: Vec::new(),
            tick: Position(0),
            figures: IdVec::new(),
            reset_of_slot: Vec::new(),
            resets: Vec::new(),
        }
    }
}

/// A derived value.
#[derive(Clone, Copy, Debug)]
pub struct Derived {
    /// Where it is once it is known.
    pub value: Register,
    /// What puts it there; none if nobody asks for it.
    pub routine: Option<Position>,
    /// Whether it is -1 where its routine breaches, instead of a breach.
    pub gives_up: bool,
    /// Whether it is asked for only where another gave up.
    pub is_spare: bool,
}

/// All instances of one action of one machine instance: they share its control state and budget, and the
/// conditions that read no parameter.
#[derive(Clone, Debug)]
pub struct ActionGroup {
    /// Whether it makes time wait, and whether a state where it is enabled is at rest.
    pub haste: Haste,
    /// The slot of the control state and the set of those from which it starts.
    pub from: Option<(u32, StateSet)>,
    /// The slot of what is left of the budget.
    pub budget: Option<u32>,
    /// What the guard asks before it reads a parameter.
    pub shared_guard: Option<Position>,
    /// Its instances that can ever be enabled, in order.
    pub instances: Vec<InstanceCode>,
}

/// Whether an action can wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// Time does not pass while it is enabled.
    Urgent,
    /// Time may pass, but what is enabled is not at rest.
    Eventually,
    /// It need never happen.
    Never,
}

/// A set of control states, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateSet(Vec<bool>);

impl StateSet {
    /// The set of the given positions.
    pub fn of(positions: &[u32]) -> StateSet {
        let size = positions.iter().max().map_or(0, |&last| last as usize + 1);
        let mut members = vec![false; size];
        positions.iter().for_each(|&position| members[position as usize] = true);
        StateSet(members)
    }
    /// The set as bits, 64 control states a word.
    pub fn masks(&self) -> impl Iterator<Item = u64> + '_ {
        let bit = |(at, &is_in): (usize, &bool)| u64::from(is_in) << at;
        self.0.chunks(64).map(move |part| part.iter().enumerate().map(bit).sum())
    }
    /// Whether it has a control state.
    pub fn has(&self, position: i64) -> bool {
        usize::try_from(position).is_ok_and(|at| self.0.get(at).copied().unwrap_or(false))
    }
}

/// One action instance.
#[derive(Clone, Copy, Debug)]
pub struct InstanceCode {
    /// Its id.
    pub id: ActionId,
    /// The parameters' filters, and what the group's shared guard leaves to ask; none for true.
    pub guard: Option<Position>,
    /// What tells the same, unless it gave up.
    pub lane: Option<Lane>,
    /// What it does.
    pub body: Position,
}

/// A lane of a column of truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The column: a derived value that is negative where it gave up.
    pub column: DerivedId,
    /// The bit of the lane that says whether it holds.
    pub bit: u32,
}

/// An expression over one state.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// What evaluates it.
    pub routine: Position,
    /// Where its value is then.
    pub value: Register,
    /// The register in which it expects whether the state is at rest, if it asks.
    pub resting: Option<Register>,
    /// Whether it can be `none`; the code of that is a number as well.
    pub may_be_none: bool,
}

/// A `while` variable of one machine instance.
#[derive(Clone, Debug)]
pub struct Reset {
    /// The slot of the control state.
    pub control: u32,
    /// Where it has a meaning.
    pub alive: StateSet,
    /// Its first slot.
    pub base: u32,
    /// What its slots hold outside.
    pub initial: Vec<i64>,
}

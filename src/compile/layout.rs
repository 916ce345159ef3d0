//! Which slot holds which leaf of the state, and which bits of the packed state hold which slot.
//!
//! A *leaf* is a scalar, a set, or the length or an element of a queue. Each has a *slot*, an `i64` that
//! the machine works on, and a *field* of just enough bits in the packed state. Slots stand in the order
//! of the model's cells, so one machine's instances are equally long runs of slots: a dynamic receiver
//! is an index with a stride.
//!
//! A scalar is coded as the number itself, the position of an enum value, control state or instance,
//! 0 or 1 for a bool, and [`NONE`] for `none`, whatever its type; equality of values is equality of codes.
//! A set is a bit mask over the ranks of its domain.
//!
//! Invariant: equal states have equal words. Fields have one pattern for each value, unused elements of a
//! queue hold the lowest value, and all other bits are 0.

use super::joint::{Joint, Tables};
use crate::base::Id;
use crate::model::types::SET_DOMAIN_MAX;
use crate::model::{
    Cell, CellId, Edge, EnumId, Interval, MachineId, Model, Type, Value, VariableId,
};
use crate::system::Word;

/// The code of `none`. A number of this value cannot be told from it; no variable's range goes there.
pub const NONE: i64 = i64::MIN;

/// The values of a scalar type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// What the values are.
    pub kind: Kind,
    /// The code of the first.
    pub low: i64,
    /// How many there are, `none` not among them.
    pub count: u64,
    /// Whether `none` is one more, the last.
    pub optional: bool,
    /// What happens where a number would leave it.
    pub edge: Edge,
}

/// The kinds of scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say it.
pub enum Kind {
    Bool,
    Number,
    Enum(EnumId),
    Instance(MachineId),
    Control(MachineId),
    Nothing,
}

impl Domain {
    /// The domain of a scalar type.
    pub fn of(ty: &Type, model: &Model) -> Domain {
        let plain =
            |kind, count| Domain { kind, low: 0, count, optional: false, edge: Edge::Breach };
        match ty {
            Type::Bool => plain(Kind::Bool, 2),
            Type::Number(interval) => Domain {
                low: interval.low,
                edge: interval.edge,
                ..plain(Kind::Number, ty.value_count(model))
            },
            Type::Enum(id) => plain(Kind::Enum(*id), ty.value_count(model)),
            Type::Instance(id) => plain(Kind::Instance(*id), ty.value_count(model)),
            Type::Optional(inner) => Domain { optional: true, ..Domain::of(inner, model) },
            Type::Nothing => plain(Kind::Nothing, 0),
            Type::Set(_) | Type::Array { .. } | Type::Queue { .. } => {
                unreachable!("analysis admits only scalars here")
            }
        }
    }

    /// The control states of a machine.
    fn of_control(machine: MachineId, model: &Model) -> Domain {
        let count = model.machines[machine].states.len() as u64;
        let kind = Kind::Control(machine);
        Domain { kind, low: 0, count, optional: false, edge: Edge::Breach }
    }

    /// What can be left of a budget.
    fn of_budget(limit: u32) -> Domain {
        let count = u64::from(limit) + 1;
        Domain { kind: Kind::Number, low: 0, count, optional: false, edge: Edge::Breach }
    }

    /// How many values there are, `none` included.
    pub fn size(&self) -> u64 {
        self.count.saturating_add(u64::from(self.optional))
    }
    /// The code of the value of a rank.
    pub fn code(&self, rank: u64) -> i64 {
        if rank < self.count || !self.optional { self.low.wrapping_add(rank as i64) } else { NONE }
    }
    /// The highest code, `none` aside.
    pub fn high(&self) -> i64 {
        // All numbers are one more than can be counted.
        let last = if self.count == u64::MAX { self.count } else { self.count.wrapping_sub(1) };
        self.low.wrapping_add(last as i64)
    }
    /// The numbers that it admits, if it is numeric.
    pub fn interval(&self) -> Option<Interval> {
        let interval = Interval { low: self.low, high: self.high(), edge: self.edge };
        (self.kind == Kind::Number).then_some(interval)
    }
    /// The rank of `none`, if it has one.
    pub fn none_rank(&self) -> Option<u64> {
        self.optional.then_some(self.count)
    }
    /// The rank of a code, if it is in the domain.
    pub fn rank(&self, code: i64) -> Option<u64> {
        if code == NONE && self.optional {
            return Some(self.count);
        }
        let rank = i128::from(code) - i128::from(self.low);
        u64::try_from(rank).ok().filter(|&rank| rank < self.count || self.count == u64::MAX)
    }
    /// The same without saturating: for values that are only compared.
    pub fn strict(self) -> Domain {
        Domain { edge: Edge::Breach, ..self }
    }
    /// Whether it has the same values, so that sets over both have the same masks.
    pub fn same_values(&self, other: &Domain) -> bool {
        let key = |one: &Domain| (one.low, one.count, one.optional);
        key(self) == key(other)
    }

    /// The value of a code.
    pub fn value(&self, code: i64) -> Value {
        match self.kind {
            _ if code == NONE && self.optional => Value::None,
            Kind::Bool => Value::Bool(code != 0),
            Kind::Number => Value::Number(code),
            Kind::Enum(id) => Value::Enum(id, code as u32),
            Kind::Instance(id) => Value::Instance(id, code as u32),
            Kind::Control(id) => Value::Control(id, code as u32),
            Kind::Nothing => Value::None,
        }
    }
}

/// The code of a scalar value, which is the same in every domain that has it.
pub fn code_of(value: &Value) -> i64 {
    match value {
        Value::Bool(truth) => i64::from(*truth),
        Value::Number(number) => *number,
        Value::Enum(_, position) | Value::Control(_, position) => i64::from(*position),
        Value::Instance(_, index) => i64::from(*index),
        Value::None => NONE,
        Value::Set(_) | Value::Array(_) | Value::Queue(_) => {
            unreachable!("analysis admits only scalars here")
        }
    }
}

/// How a type's values lie in slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One slot.
    Scalar(Domain),
    /// One slot: a bit mask over the domain's ranks.
    Set(Domain),
    /// A slot for the length, then one for each element; unused ones hold the lowest value.
    Queue {
        /// What it holds.
        element: Domain,
        /// How many at most.
        capacity: u32,
    },
    /// Its elements, one after the other.
    Array {
        /// What indexes it.
        index: Domain,
        /// What each holds.
        element: Box<Shape>,
    },
}

impl Shape {
    /// The shape of a type.
    pub fn of(ty: &Type, model: &Model) -> Shape {
        match ty {
            Type::Set(element) => {
                let domain = Domain::of(element, model);
                assert!(domain.size() <= SET_DOMAIN_MAX, "analysis keeps sets within one word");
                Shape::Set(domain)
            }
            Type::Queue { element, capacity } => {
                Shape::Queue { element: Domain::of(element, model), capacity: *capacity }
            }
            Type::Array { index, element } => Shape::Array {
                index: Domain::of(index, model),
                element: Box::new(Shape::of(element, model)),
            },
            scalar => Shape::Scalar(Domain::of(scalar, model)),
        }
    }

    /// How many slots it takes.
    pub fn slot_count(&self) -> u32 {
        match self {
            Shape::Scalar(_) | Shape::Set(_) => 1,
            Shape::Queue { capacity, .. } => 1 + capacity,
            Shape::Array { index, element } => index.size() as u32 * element.slot_count(),
        }
    }

    /// Its parts other than arrays, with the first slot of each, if it begins at `base`.
    pub fn parts(&self, base: u32) -> Vec<(u32, &Shape)> {
        match self {
            Shape::Array { index, element } => {
                let stride = element.slot_count();
                let elements = 0..index.size() as u32;
                elements.flat_map(|rank| element.parts(base + rank * stride)).collect()
            }
            whole => vec![(base, whole)],
        }
    }
}

/// The codes that a value has in the slots of a shape; none if it does not fit.
pub fn encode(value: &Value, shape: &Shape) -> Option<Vec<i64>> {
    match (value, shape) {
        (Value::Set(members), Shape::Set(domain)) => {
            let ranks = members.iter().map(|member| domain.rank(code_of(member)));
            let mask = ranks.map(|rank| rank.map(|rank| 1 << rank));
            Some(vec![mask.sum::<Option<u64>>()? as i64])
        }
        (Value::Queue(elements), Shape::Queue { element, capacity }) => {
            let room = (*capacity as usize).checked_sub(elements.len())?;
            let codes = elements.iter().map(code_of);
            let inside = codes.clone().all(|code| element.rank(code).is_some());
            let blanks = std::iter::repeat_n(element.code(0), room);
            let length = std::iter::once(elements.len() as i64);
            inside.then(|| length.chain(codes).chain(blanks).collect())
        }
        (Value::Array(elements), Shape::Array { index, element }) => {
            let parts = elements.iter().map(|value| encode(value, element));
            let codes = parts.collect::<Option<Vec<_>>>()?.concat();
            (elements.len() as u64 == index.size()).then_some(codes)
        }
        (Value::Set(_) | Value::Queue(_) | Value::Array(_), _) => None,
        (scalar, Shape::Scalar(domain)) => {
            let code = code_of(scalar);
            domain.rank(code).map(|_| vec![code])
        }
        _ => None,
    }
}

/// The value that slots of a shape hold.
pub fn decode(codes: &[i64], shape: &Shape) -> Value {
    match shape {
        Shape::Scalar(domain) => domain.value(codes[0]),
        Shape::Set(domain) => {
            let ranks = (0..domain.size()).filter(|rank| codes[0] >> rank & 1 == 1);
            Value::Set(ranks.map(|rank| domain.value(domain.code(rank))).collect())
        }
        Shape::Queue { element, .. } => {
            let elements = codes[1..].iter().take(codes[0] as usize);
            Value::Queue(elements.map(|&code| element.value(code)).collect())
        }
        Shape::Array { element, .. } => {
            let elements = codes.chunks(element.slot_count() as usize);
            Value::Array(elements.map(|codes| decode(codes, element)).collect())
        }
    }
}

/// The bits of one slot in the packed state; of a slot packed in a joint, only what its codes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The word that it is in.
    pub word: u32,
    /// How many bits are below it there.
    pub shift: u32,
    /// As many ones as it has bits; none for a leaf with only one value.
    pub mask: u64,
    /// The code of rank 0.
    pub low: i64,
    /// The rank of `none`.
    pub none: Option<u64>,
}

impl Field {
    /// Whether another slot can hold the same codes.
    fn is_alike(&self, other: &Field) -> bool {
        (self.mask, self.low, self.none) == (other.mask, other.low, other.none)
    }
}

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The bits of each slot that has its own.
    fields: Vec<Field>,
    /// By slot, the joint that it is packed in.
    joint_of: Vec<Option<u32>>,
    joints: Vec<Joint>,
    tables: Vec<Tables>,
    /// The first slot and the shape of each cell, by [`CellId`].
    places: Vec<(u32, Shape)>,
    /// How many slots a machine's instance takes, by [`MachineId`].
    strides: Vec<u32>,
    /// Words in a packed state.
    width: usize,
}

impl Layout {
    /// Lays out the state of a model. What is without a meaning is not known yet: see [`Layout::set_dead`].
    pub fn of(model: &Model) -> Layout {
        let mut layout = Layout {
            fields: Vec::new(),
            joint_of: Vec::new(),
            joints: Vec::new(),
            tables: Vec::new(),
            places: Vec::new(),
            strides: Vec::new(),
            width: 1,
        };
        for (_, cell) in model.cells.iter() {
            let shape = shape_of_cell(cell, model);
            layout.places.push((layout.fields.len() as u32, shape.clone()));
            layout.add(&shape);
        }
        let strides = model.machines.ids().map(|machine| layout.stride_of(machine, model));
        layout.strides = strides.collect();
        layout.joint_of = vec![None; layout.fields.len()];
        for machine in model.machines.ids() {
            layout.join(machine, model);
        }
        layout.place_all_bits();
        layout
    }

    /// Lets a machine's instances share bits, where that saves any.
    fn join(&mut self, machine: MachineId, model: &Model) {
        let Some(tables) = Tables::of(machine, model) else { return };
        for index in 0..model.machines[machine].count {
            let Some(control) = model.cells.control(machine, index) else { return };
            let variables = tables.variables.iter().map(|&id| model.cells.variable(id, index));
            let cells = std::iter::once(control).chain(variables);
            let slots: Vec<u32> = cells.map(|cell| self.place(cell).0).collect();
            for &slot in &slots {
                self.joint_of[slot as usize] = Some(self.joints.len() as u32);
            }
            let tables = self.tables.len();
            self.joints.push(Joint { word: 0, shift: 0, mask: 0, slots, tables });
        }
        self.tables.push(tables);
    }

    /// Gives bits to all fields and joints, in the order of the slots.
    fn place_all_bits(&mut self) {
        let mut free = Vec::new();
        for slot in 0..self.fields.len() {
            let Some(joint) = self.joint_of[slot] else {
                let field = &mut self.fields[slot];
                (field.word, field.shift) = place_bits(field.mask.count_ones(), &mut free);
                continue;
            };
            let joint = &mut self.joints[joint as usize];
            if joint.slots[0] as usize == slot {
                let bits = self.tables[joint.tables].bits();
                joint.mask = mask_of(bits);
                (joint.word, joint.shift) = place_bits(bits, &mut free);
            }
        }
        self.width = free.len().max(1);
    }

    /// Says what variables hold where they have no meaning: what they hold at first.
    pub fn set_dead(&mut self, initial: &[i64]) {
        for joint in &self.joints {
            for (variable, &slot) in joint.slots[1..].iter().enumerate() {
                self.tables[joint.tables].set_dead(variable, initial[slot as usize]);
            }
        }
    }

    /// How many slots there are.
    pub fn slot_count(&self) -> u32 {
        self.fields.len() as u32
    }
    /// Words in a packed state.
    pub fn width(&self) -> usize {
        self.width
    }
    /// The first slot and the shape of a cell.
    pub fn place(&self, cell: CellId) -> (u32, &Shape) {
        let (base, shape) = &self.places[cell.index()];
        (*base, shape)
    }
    /// How many slots lie between a machine's instances.
    pub fn stride(&self, machine: MachineId) -> u32 {
        self.strides[machine.index()]
    }
    /// The first slot and the shape of a variable, of the machine's first instance if it belongs to one.
    pub fn variable(&self, variable: VariableId, model: &Model) -> (u32, &Shape) {
        self.place(model.cells.variable(variable, 0))
    }
    /// The slot of the first instance's control state.
    pub fn control(&self, machine: MachineId, model: &Model) -> Option<u32> {
        model.cells.control(machine, 0).map(|cell| self.place(cell).0)
    }

    /// The bits of a slot.
    pub fn field(&self, slot: u32) -> &Field {
        &self.fields[slot as usize]
    }
    /// The slots a multiple of `stride` from one on, as long as they hold the same codes: among them are
    /// all that an index into an array of such slots can mean.
    pub fn alike(&self, first: u32, stride: u32) -> Vec<u32> {
        let field = self.field(first);
        let slots = (first..self.slot_count()).step_by(stride.max(1) as usize);
        slots.take_while(|&slot| self.field(slot).is_alike(field)).collect()
    }

    /// The joint that a slot is packed in, with its tables; none if it has bits of its own.
    pub fn joint(&self, slot: u32) -> Option<(&Joint, &Tables)> {
        let joint = &self.joints[self.joint_of[slot as usize]? as usize];
        Some((joint, &self.tables[joint.tables]))
    }

    /// Reads the slots out of a packed state.
    pub fn unpack(&self, words: &[Word], slots: &mut [i64]) {
        for (slot, field) in slots.iter_mut().zip(&self.fields) {
            let rank = (words[field.word as usize] >> field.shift) & field.mask;
            let is_none = field.none == Some(rank);
            *slot = if is_none { NONE } else { field.low.wrapping_add(rank as i64) };
        }
        for joint in &self.joints {
            joint.unpack(&self.tables[joint.tables], words, slots);
        }
    }

    /// Writes one slot into a packed state, and those that share its bits; `slots` are all.
    pub fn pack(&self, slot: u32, slots: &[i64], words: &mut [Word]) {
        if let Some((joint, tables)) = self.joint(slot) {
            return joint.pack(tables, &self.fields, slots, words);
        }
        let (field, code) = (&self.fields[slot as usize], slots[slot as usize]);
        let rank = field.rank(code);
        debug_assert!(rank & !field.mask == 0, "slot {slot} holds {code}, outside its field");
        let word = &mut words[field.word as usize];
        *word = (*word & !(field.mask << field.shift)) | (rank << field.shift);
    }

    /// Writes all slots into a packed state.
    pub fn pack_all(&self, slots: &[i64], words: &mut [Word]) {
        words.fill(0);
        for slot in 0..self.slot_count() {
            let joint = self.joint(slot);
            if joint.is_none_or(|(joint, _)| joint.slots[0] == slot) {
                self.pack(slot, slots, words);
            }
        }
    }

    fn add(&mut self, shape: &Shape) {
        match shape {
            Shape::Scalar(domain) => self.add_field(domain),
            Shape::Set(domain) => {
                let mask = mask_of(domain.size() as u32);
                self.fields.push(Field { word: 0, shift: 0, mask, low: 0, none: None });
            }
            Shape::Queue { element, capacity } => {
                self.add_field(&Domain::of_budget(*capacity));
                for _ in 0..*capacity {
                    self.add_field(element);
                }
            }
            Shape::Array { index, element } => {
                for _ in 0..index.size() {
                    self.add(element);
                }
            }
        }
    }

    fn add_field(&mut self, domain: &Domain) {
        let mask = mask_of(u64::BITS - domain.size().saturating_sub(1).leading_zeros());
        let (low, none) = (domain.low, domain.none_rank());
        self.fields.push(Field { word: 0, shift: 0, mask, low, none });
    }

    fn stride_of(&self, machine: MachineId, model: &Model) -> u32 {
        let cells = model.cells.iter().map(|(id, cell)| (cell, self.place(id).0));
        let of_machine = |cell: Cell| match cell {
            Cell::Control(owner, index) => (owner == machine).then_some(index),
            Cell::Variable(id, Some(index)) => {
                (model.variables[id].machine == Some(machine)).then_some(index)
            }
            _ => None,
        };
        let mut starts = [None; 2];
        for (cell, base) in cells {
            if let Some(index @ 0..=1) = of_machine(cell) {
                starts[index as usize].get_or_insert(base);
            }
        }
        match starts {
            [Some(first), Some(second)] => second - first,
            _ => 0,
        }
    }
}

fn shape_of_cell(cell: Cell, model: &Model) -> Shape {
    match cell {
        Cell::Control(machine, _) => Shape::Scalar(Domain::of_control(machine, model)),
        Cell::Variable(variable, _) => Shape::of(&model.variables[variable].ty, model),
        Cell::Budget(action, _) => {
            let limit = model.actions[action].budget.map_or(0, |budget| budget.limit);
            Shape::Scalar(Domain::of_budget(limit))
        }
    }
}

/// So many ones.
fn mask_of(bits: u32) -> u64 {
    if bits == 0 { 0 } else { u64::MAX >> (u64::BITS - bits) }
}

/// Takes bits from the first word that has room, and says which word and how many bits are below;
/// `free` holds how many each word has left.
fn place_bits(bits: u32, free: &mut Vec<u32>) -> (u32, u32) {
    if bits == 0 {
        return (0, 0);
    }
    let word = free.iter().position(|&left| left >= bits).unwrap_or_else(|| {
        free.push(u64::BITS);
        free.len() - 1
    });
    let shift = u64::BITS - free[word];
    free[word] -= bits;
    (word as u32, shift)
}

//! What is known, at one place in a model, of the control states that instances are in.
//!
//! Conditions tell it: behind `v is searching and …` the instance `v` is searching. Only what cannot
//! change while it is known has a name here: `self`, parameters and loop values, single machines.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Action, Binary, DefinitionId, Expression, ExpressionKind, LocalId, MachineId, Model, Type,
    Value, VariableId,
};

/// Control states of one machine, by position.
pub(super) type States = BTreeSet<u32>;

/// How many definitions are looked into for what one condition tells; of the others nothing is known, which
/// is safe. Definitions that call each other twice would take twice as long with each. By taste.
const MOST_LOOKS: usize = 32;

/// How many things may be known where a definition is called, each looked at by itself. By taste.
const MOST_CALLS: usize = 16;

/// How many definitions may still be looked into.
struct Looks(usize);

impl Looks {
    fn enough() -> Looks {
        Looks(MOST_LOOKS)
    }

    fn goes_on(&mut self) -> bool {
        let goes_on = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        goes_on
    }
}

/// An instance, as a place in the model names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// `self`.
    Receiver,
    /// A parameter, a loop value or a `let`.
    Local(LocalId),
    /// The only instance of its machine.
    Single,
}

/// The name of an instance with its machine; none for what is found by way of the state.
pub(super) fn name_of(expression: &Expression, model: &Model) -> Option<(MachineId, Name)> {
    if let Type::Instance(machine) = expression.ty
        && model.machines[machine].count == 1
    {
        return Some((machine, Name::Single));
    }
    let name = match &expression.kind {
        ExpressionKind::Demand(inner) => return name_of(inner, model),
        ExpressionKind::SelfInstance => Name::Receiver,
        ExpressionKind::Local(local) => Name::Local(*local),
        _ => return None,
    };
    expression.ty.machine().map(|machine| (machine, name))
}

/// The name that an action has for the instance that it belongs to.
pub(super) fn own_name(action: &Action, model: &Model) -> Option<(MachineId, Name)> {
    action.machine.map(|machine| match model.machines[machine].count {
        1 => (machine, Name::Single),
        _ => (machine, Name::Receiver),
    })
}

/// The control states that named instances can be in.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Whereabouts {
    known: BTreeMap<(MachineId, Name), States>,
    /// The machines of which a control state was set earlier in the same step: nothing is known of them.
    unsettled: BTreeSet<MachineId>,
    /// Nobody ever comes here.
    pub(super) is_nowhere: bool,
    /// Every instance is in the first state of its machine.
    is_start: bool,
}

impl Whereabouts {
    /// Before the first step.
    pub(super) fn start() -> Whereabouts {
        Whereabouts { is_start: true, ..Whereabouts::default() }
    }

    /// Nothing is known, and no condition tells anything.
    fn anywhere(model: &Model) -> Whereabouts {
        Whereabouts { unsettled: model.machines.ids().collect(), ..Whereabouts::default() }
    }

    /// Where the instance is that an action belongs to, when it is taken.
    pub(super) fn of(action: &Action, model: &Model) -> Whereabouts {
        let at = Whereabouts::default();
        match (own_name(action, model), &action.from) {
            (Some(own), Some(from)) => at.with(own, &from.iter().copied().collect()),
            _ => at,
        }
    }

    /// All that is known.
    pub(super) fn known(&self) -> impl Iterator<Item = (&(MachineId, Name), &States)> {
        self.known.iter()
    }

    /// The control states that an instance can be in.
    pub(super) fn states(&self, owner: Option<&Expression>, model: &Model) -> States {
        let Some(owner) = owner else { return States::new() };
        if self.is_start {
            return States::from([0]);
        }
        let known = name_of(owner, model).and_then(|name| self.known.get(&name)).cloned();
        let all = || owner.ty.machine().map_or(0, |it| model.machines[it].states.len() as u32);
        known.unwrap_or_else(|| (0..all()).collect())
    }

    /// The same, with an instance in one of these states.
    pub(super) fn with(mut self, name: (MachineId, Name), states: &States) -> Whereabouts {
        if self.unsettled.contains(&name.0) {
            return self;
        }
        let both = match self.known.get(&name) {
            Some(before) => before & states,
            None if self.is_start => &States::from([0]) & states,
            None => states.clone(),
        };
        self.is_nowhere |= both.is_empty();
        self.known.insert(name, both);
        self
    }

    /// The same, with nothing known of a name that gets a new meaning.
    pub(super) fn without(&self, local: LocalId) -> Whereabouts {
        let mut other = self.clone();
        other.known.retain(|(_, name), _| *name != Name::Local(local));
        other
    }

    /// From here on, until the step ends, nothing is known of a machine.
    pub(super) fn unsettle(&mut self, machine: MachineId) {
        self.unsettled.insert(machine);
        self.known.retain(|(known, _), _| *known != machine);
    }

    /// Takes over what one of two ways has left unsettled.
    pub(super) fn unsettle_as(&mut self, other: &Whereabouts) {
        other.unsettled.iter().for_each(|&machine| self.unsettle(machine));
    }

    /// What is known if either is so.
    fn or(self, other: Whereabouts) -> Whereabouts {
        match (self.is_nowhere, other.is_nowhere) {
            (true, _) => return other,
            (_, true) => return self,
            _ => {}
        }
        let either = |(name, states): (&(MachineId, Name), &States)| {
            Some((*name, states | other.known.get(name)?))
        };
        let known = self.known.iter().filter_map(either).collect();
        Whereabouts { known, ..self }
    }

    /// What is known where a condition is true, or false.
    pub(super) fn given(&self, condition: &Expression, truth: bool, model: &Model) -> Whereabouts {
        let (if_true, if_false) = self.outcomes(condition, model, &mut Looks::enough());
        if truth { if_true } else { if_false }
    }

    /// What is known where a condition is true, and where it is false. Both at once, so that every part of
    /// the condition is looked at once.
    fn outcomes(
        &self,
        condition: &Expression,
        model: &Model,
        looks: &mut Looks,
    ) -> (Whereabouts, Whereabouts) {
        let both = || (self.clone(), self.clone());
        match &condition.kind {
            ExpressionKind::Constant(Value::Bool(value)) => {
                let never = Whereabouts { is_nowhere: true, ..self.clone() };
                if *value { (self.clone(), never) } else { (never, self.clone()) }
            }
            ExpressionKind::Is(one, states) => {
                let Some(name) = name_of(one, model) else { return both() };
                let all = 0..model.machines[name.0].states.len() as u32;
                let (inside, outside) = all.partition(|state| states.contains(state));
                let if_true = self.clone().with(name, &inside);
                match one.ty {
                    // `none` is in no state, and so not in any of those that are not asked for.
                    Type::Optional(_) => (if_true, self.clone()),
                    _ => (if_true, self.clone().with(name, &outside)),
                }
            }
            ExpressionKind::Not(inner) => {
                let (if_true, if_false) = self.outcomes(inner, model, looks);
                (if_false, if_true)
            }
            ExpressionKind::Binary(Binary::And, left, right) => {
                let (left_true, left_false) = self.outcomes(left, model, looks);
                let (if_true, right_false) = left_true.outcomes(right, model, looks);
                (if_true, left_false.or(right_false))
            }
            ExpressionKind::Binary(Binary::Or, left, right) => {
                let (left_true, left_false) = self.outcomes(left, model, looks);
                let (right_true, if_false) = left_false.outcomes(right, model, looks);
                (left_true.or(right_true), if_false)
            }
            ExpressionKind::Binary(Binary::Implies, left, right) => {
                let (left_true, left_false) = self.outcomes(left, model, looks);
                let (right_true, if_false) = left_true.outcomes(right, model, looks);
                (left_false.or(right_true), if_false)
            }
            ExpressionKind::Call { definition, owner, arguments } if looks.goes_on() => {
                let names = Renamed::of(owner.as_deref(), arguments, model);
                let body = &model.definitions[*definition].value;
                let (if_true, if_false) = names.inside(self).outcomes(body, model, looks);
                (names.outside(self, &if_true), names.outside(self, &if_false))
            }
            _ => both(),
        }
    }

    /// What is known inside a definition that is called here.
    pub(super) fn inside(
        &self,
        owner: Option<&Expression>,
        arguments: &[Expression],
        model: &Model,
    ) -> Whereabouts {
        Renamed::of(owner, arguments, model).inside(self)
    }
}

/// The names of a caller, by what they are called in the definition.
struct Renamed(Vec<((MachineId, Name), (MachineId, Name))>);

impl Renamed {
    fn of(owner: Option<&Expression>, arguments: &[Expression], model: &Model) -> Renamed {
        let receiver = owner.into_iter().map(|owner| (Name::Receiver, owner));
        let locals = (0..).map(|at| Name::Local(LocalId(at)));
        let named = receiver.chain(locals.zip(arguments)).filter_map(|(inner, expression)| {
            let outer = name_of(expression, model)?;
            Some(((outer.0, inner), outer))
        });
        Renamed(named.filter(|(_, outer)| outer.1 != Name::Single).collect())
    }

    fn inside(&self, outside: &Whereabouts) -> Whereabouts {
        let renamed = self.0.iter().filter_map(|(inner, outer)| {
            outside.known.get(outer).map(|states| (*inner, states.clone()))
        });
        let single = outside.known.iter().filter(|((_, name), _)| *name == Name::Single);
        let known = renamed.chain(single.map(|(name, states)| (*name, states.clone()))).collect();
        Whereabouts { known, ..outside.clone() }
    }

    fn outside(&self, before: &Whereabouts, inside: &Whereabouts) -> Whereabouts {
        let mut after = Whereabouts { is_nowhere: inside.is_nowhere, ..before.clone() };
        let single = inside.known.keys().filter(|(_, name)| *name == Name::Single);
        let single = single.map(|name| (*name, *name));
        for (inner, outer) in self.0.iter().copied().chain(single) {
            if let Some(states) = inside.known.get(&inner) {
                after = after.with(outer, states);
            }
        }
        after
    }
}

/// Reads, by variable and by the control state of its instance.
pub(super) struct Reads<'m> {
    model: &'m Model,
    /// By variable of a machine: the control states of its instance in which it is read.
    states: BTreeMap<VariableId, States>,
    /// All variables that are read.
    pub(super) variables: BTreeSet<VariableId>,
    /// Whether something asks if all is at rest, which every variable has a part in.
    pub(super) asks_for_rest: bool,
    /// The definitions that were looked into, with what was known there.
    seen: BTreeMap<DefinitionId, BTreeSet<Whereabouts>>,
}

impl<'m> Reads<'m> {
    /// Nothing is read yet.
    pub(super) fn none(model: &'m Model) -> Reads<'m> {
        Reads {
            model,
            states: BTreeMap::new(),
            variables: BTreeSet::new(),
            asks_for_rest: false,
            seen: BTreeMap::new(),
        }
    }

    /// The control states of its instance in which a variable is read.
    pub(super) fn states_of(&self, variable: VariableId) -> States {
        self.states.get(&variable).cloned().unwrap_or_default()
    }

    /// A variable is read where its instance can be.
    pub(super) fn note(
        &mut self,
        variable: VariableId,
        owner: Option<&Expression>,
        at: &Whereabouts,
    ) {
        self.variables.insert(variable);
        let states = at.states(owner, self.model);
        self.states.entry(variable).or_default().extend(states);
    }

    /// Adds all that evaluating an expression can read. What `and`, `or`, `implies`, `if` and `where`
    /// keep from being evaluated is not read.
    pub(super) fn add(&mut self, expression: &Expression, at: &Whereabouts) {
        if at.is_nowhere {
            return;
        }
        let model = self.model;
        match &expression.kind {
            ExpressionKind::Binary(Binary::And | Binary::Implies, left, right) => {
                self.add(left, at);
                self.add(right, &at.given(left, true, model));
            }
            ExpressionKind::Binary(Binary::Or, left, right) => {
                self.add(left, at);
                self.add(right, &at.given(left, false, model));
            }
            ExpressionKind::If(condition, then, otherwise) => {
                self.add(condition, at);
                self.add(then, &at.given(condition, true, model));
                self.add(otherwise, &at.given(condition, false, model));
            }
            ExpressionKind::Quantifier { local, filter, body, .. } => {
                let mut inside = at.without(*local);
                if let Some(filter) = filter {
                    self.add(filter, &inside);
                    inside = inside.given(filter, true, model);
                }
                body.iter().for_each(|body| self.add(body, &inside));
            }
            ExpressionKind::Call { definition, owner, arguments } => {
                owner.iter().for_each(|owner| self.add(owner, at));
                arguments.iter().for_each(|argument| self.add(argument, at));
                self.call(*definition, at.inside(owner.as_deref(), arguments, model));
            }
            ExpressionKind::Variable { variable, owner } => {
                owner.iter().for_each(|owner| self.add(owner, at));
                self.note(*variable, owner.as_deref(), at);
            }
            ExpressionKind::Resting => self.asks_for_rest = true,
            _ => expression.children().into_iter().for_each(|part| self.add(part, at)),
        }
    }
    /// Adds all that a definition can read; if it is called in very many ways, whatever is known there.
    fn call(&mut self, definition: DefinitionId, inside: Whereabouts) {
        let seen = self.seen.entry(definition).or_default();
        let inside = match seen.len() < MOST_CALLS {
            true => inside,
            false => Whereabouts::anywhere(self.model),
        };
        if seen.insert(inside.clone()) {
            self.add(&self.model.definitions[definition].value, &inside);
        }
    }
}

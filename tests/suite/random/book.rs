//! The explicit graph of the reference meaning, drawn as a system that the textbook can read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use squall::base::Id;
use squall::model::{ActionKind, Interpreter, Model, Move, Value, Values};
use squall::system::{
    ActionFacts, ActionId, Arrow, Breach, Drawn, Facts, Fairness, FairnessId, HandDrawn, Role,
    Strength, System, Word,
};
use squall::trace::Trace;
use squall::trace::replay::Replayed;

/// All that can be reached, numbered in breadth-first order, and its steps.
pub struct Book<'m> {
    pub model: &'m Model,
    pub system: HandDrawn,
    pub states: Vec<Values>,
    numbers: BTreeMap<Values, Word>,
}

impl<'m> Book<'m> {
    /// The graph, unless it has more than `most` states. With or without the steps of operators.
    pub fn of(model: &'m Model, operators: bool, most: usize) -> Option<Book<'m>> {
        let meaning = Interpreter::new(model);
        let mut system = HandDrawn::new(facts(model));
        let mut book = Book {
            model,
            system: HandDrawn::default(),
            states: Vec::new(),
            numbers: BTreeMap::new(),
        };
        meaning.starts(&mut |start| {
            // An assumption may be tested in parts: what one part discards, another may breach on.
            if let Ok(start) = start {
                book.number(start);
            }
            ControlFlow::Continue(())
        });
        for start in 0..book.states.len() as Word {
            system = system.start(Drawn::State(start));
        }
        let acts = |step: &Move| operators || role(model, step.action) != Role::Operator;
        let mut at = 0;
        while at < book.states.len() {
            for step in meaning.moves(&book.states[at]).into_iter().filter(acts) {
                let next = step.next.map(|next| book.number(next));
                system = system.arrow(at, Arrow { action: step.action, counts: step.counts, next });
            }
            if book.states.len() > most {
                return None;
            }
            at += 1;
        }
        for figure in model.figures.ids() {
            let read = |state| meaning.figure(figure, state).map(|value| as_number(&value));
            system = system.figure(book.states.iter().map(read).collect());
        }
        Some(Book { system, ..book })
    }

    fn number(&mut self, state: Values) -> Word {
        let next = self.states.len() as Word;
        let number = *self.numbers.entry(state.clone()).or_insert(next);
        if number == next {
            self.states.push(state);
        }
        number
    }

    /// The numbers of the states that a trace passes.
    pub fn passed(&self, trace: &Replayed) -> Vec<Word> {
        trace.states().iter().map(|state| self.numbers[state]).collect()
    }

    /// A trace among the numbered states.
    pub fn trace(&self, trace: &Replayed) -> Trace {
        Trace { start: vec![self.passed(trace)[0]], ..trace.trace().clone() }
    }

    pub fn arrows(&self) -> impl Iterator<Item = (Word, &Arrow)> {
        let states = 0..self.states.len() as Word;
        states.flat_map(|at| self.system.arrows(at).iter().map(move |arrow| (at, arrow)))
    }

    /// Every way in which a step breaks a rule.
    pub fn breaches(&self) -> BTreeSet<Breach> {
        self.arrows().filter_map(|(_, arrow)| arrow.next.err()).collect()
    }

    /// The value of a figure in each state.
    pub fn figure(&self, figure: squall::system::FigureId) -> Vec<Result<i64, Breach>> {
        (0..self.states.len() as Word).map(|at| self.system.read(figure, &[at])).collect()
    }
}

/// A scalar as the engine reads it.
pub fn as_number(value: &Value) -> i64 {
    match value {
        Value::Bool(truth) => i64::from(*truth),
        Value::Number(number) => *number,
        Value::Enum(_, rank) | Value::Instance(_, rank) | Value::Control(_, rank) => (*rank).into(),
        _ => -1,
    }
}

fn role(model: &Model, action: ActionId) -> Role {
    let Some(instance) = model.instances.get(action) else { return Role::Tick };
    match model.actions[instance.action].kind {
        ActionKind::Urgent => Role::Urgent,
        ActionKind::Eventually => Role::Eventually,
        ActionKind::May => Role::May,
        ActionKind::Fault => Role::Fault,
        ActionKind::Operator => Role::Operator,
    }
}

/// Something owed: how strongly, and its actions.
struct Obligation {
    strength: Strength,
    actions: BTreeSet<ActionId>,
}

fn facts(model: &Model) -> Facts {
    let obligations = obligations(model);
    let of = |action: ActionId| {
        let owed = obligations.iter().enumerate();
        let owed = owed.filter(|(_, owed)| owed.actions.contains(&action));
        owed.map(|(at, _)| FairnessId::from_index(at)).collect()
    };
    let known = |action| ActionFacts { role: role(model, action), obligations: of(action) };
    let actions = std::iter::once(ActionId::TICK).chain(model.instances.iter().map(|(id, _)| id));
    let fairness = obligations.iter().map(|owed| Fairness { strength: owed.strength });
    Facts {
        actions: actions.map(known).collect(),
        fairness: fairness.collect(),
        meter_count: 1 + model.meters.len(),
    }
}

/// All that is owed, read off the contract: the tick; each `action` and `eventually action`, for each
/// machine instance; and for each instance of a `fair` machine, any step of its own.
fn obligations(model: &Model) -> Vec<Obligation> {
    let weak = || Obligation { strength: Strength::Weak, actions: BTreeSet::new() };
    let mut of: BTreeMap<(usize, usize, u32), Obligation> = BTreeMap::new();
    of.entry((0, 0, 0)).or_insert_with(weak).actions.insert(ActionId::TICK);
    for (id, instance) in model.instances.iter() {
        let action = &model.actions[instance.action];
        let is_owed = matches!(action.kind, ActionKind::Urgent | ActionKind::Eventually);
        if is_owed {
            let owed = of.entry((1, instance.action.index(), instance.index)).or_insert_with(weak);
            owed.actions.insert(id);
            owed.strength = if action.strong { Strength::Strong } else { Strength::Weak };
        }
        if let Some(machine) = action.machine
            && model.machines[machine].fair
            && (is_owed || action.kind == ActionKind::May)
        {
            let owed = of.entry((2, machine.index(), instance.index)).or_insert_with(weak);
            owed.actions.insert(id);
        }
    }
    of.into_values().collect()
}

//! A walked trace as a story: each step with its action named, its sentence filled in, and only what
//! it changed.

use itertools::Itertools;

use super::words::{Naming, breach};
use super::{Change, ToldStep, ToldTrace};
use crate::base::Id;
use crate::model::{ActionKind, Cell, CellId, FigureId, Interpreter, Model, Type, Value, Values};
use crate::system::{ActionId, Breach};
use crate::trace::replay::{Meaning, Replayed, Taken};

/// Who tells: a model, its plain meaning and its names.
pub struct Teller<'m> {
    model: &'m Model,
    meaning: Interpreter<'m>,
    naming: Naming<'m>,
}

impl<'m> Teller<'m> {
    /// A teller for one model.
    pub fn of(model: &'m Model) -> Teller<'m> {
        Teller { model, meaning: Interpreter::new(model), naming: Naming::of(model) }
    }

    /// Tells a trace.
    pub fn trace(&self, trace: &Replayed) -> ToldTrace {
        let mut told = self.walk(trace.states(), trace.steps(), trace.breach());
        told.loop_from = trace.repeats_from();
        if let Some(first) = told.loop_from {
            let turn = &trace.steps()[first..];
            told.loop_ticks = turn.iter().map(|step| step.counts[0]).sum();
            told.loop_counts = self.counts(turn);
        }
        let obligations = self.meaning.obligations();
        let put_off = trace.put_off().iter().map(|&id| self.naming.obligation(&obligations[id]));
        told.put_off = put_off.collect();
        told
    }

    /// Tells a walk: the state before each step, and the one after the last unless it breaches.
    pub fn walk(&self, states: &[Values], steps: &[Taken], broken: Option<Breach>) -> ToldTrace {
        let mut time = 0;
        let told = steps.iter().enumerate().map(|(index, step)| {
            let told = self.step(index, time, step, &states[index], states.get(index + 1));
            time += step.counts[0];
            told
        });
        let steps = told.collect();
        let start = states.first().map(|start| self.values(start)).unwrap_or_default();
        let start_watches = states.first().map(|start| self.watches(start)).unwrap_or_default();
        ToldTrace {
            start,
            start_watches,
            steps,
            loop_from: None,
            loop_counts: Vec::new(),
            loop_ticks: 0,
            put_off: Vec::new(),
            last_sure: None,
            last_possible: None,
            breach: broken.map(|broken| breach(broken).to_owned()),
        }
    }

    fn step(
        &self,
        index: usize,
        time: u64,
        step: &Taken,
        before: &Values,
        after: Option<&Values>,
    ) -> ToldStep {
        let show = |value: &Value| self.naming.value(value);
        ToldStep {
            number: index + 1,
            time,
            action: self.naming.action(step.action),
            role: self.role(step.action),
            sentence: self.meaning.fill_doc(step.action, before, &show),
            changes: after.map(|after| self.changes(before, after)).unwrap_or_default(),
            counts: self.counts(std::slice::from_ref(step)),
            watches: after.map(|after| self.watches(after)).unwrap_or_default(),
        }
    }

    fn role(&self, action: ActionId) -> &'static str {
        let Some(instance) = self.model.instances.get(action) else { return "tick" };
        match self.model.actions[instance.action].kind {
            ActionKind::Urgent => "action",
            ActionKind::Eventually => "eventually",
            ActionKind::May => "may",
            ActionKind::Fault => "fault",
            ActionKind::Operator => "operator",
        }
    }

    /// What steps count together, ticks apart.
    fn counts(&self, steps: &[Taken]) -> Vec<(String, u64)> {
        let totals = (1..=self.model.meters.len()).map(|meter| {
            let counts = steps.iter().map(|step| step.counts[meter]);
            let total = counts.fold(0, u64::saturating_add);
            (self.naming.meter(meter), total)
        });
        totals.filter(|(_, total)| *total > 0).collect()
    }

    /// Every cell that has a meaning, budgets apart, with its value.
    pub fn values(&self, state: &Values) -> Vec<(String, String)> {
        let cells = self.model.cells.iter();
        let shown = cells.filter(|&(id, cell)| {
            !matches!(cell, Cell::Budget(..)) && self.naming.is_meaningful(id, state)
        });
        shown.map(|(id, _)| (self.naming.cell(id), self.naming.value(&state[id.index()]))).collect()
    }

    fn watches(&self, state: &Values) -> Vec<(String, String)> {
        let value = |figure: FigureId| match self.meaning.figure(figure, state) {
            Ok(value) => self.naming.value(&value),
            Err(_) => "?".to_owned(),
        };
        self.model.watches.iter().map(|watch| (watch.name.clone(), value(watch.figure))).collect()
    }

    /// What is different between two states, budgets apart.
    pub fn changes(&self, before: &Values, after: &Values) -> Vec<Change> {
        let cells = self.model.cells.iter();
        let changed = cells.filter(|&(id, cell)| {
            before[id.index()] != after[id.index()]
                && !matches!(cell, Cell::Budget(..))
                && self.naming.is_meaningful(id, after)
        });
        changed.flat_map(|(id, _)| self.change(id, before, after)).collect()
    }

    /// How one cell changed; an array element by element.
    fn change(&self, id: CellId, before: &Values, after: &Values) -> Vec<Change> {
        let mut changes = Vec::new();
        let ty = match self.model.cells.cell(id) {
            Cell::Variable(variable, _) => Some(&self.model.variables[variable].ty),
            _ => None,
        };
        let values = (&before[id.index()], &after[id.index()]);
        self.changes_inside(self.naming.cell(id), ty, values.0, values.1, &mut changes);
        changes
    }

    fn changes_inside(
        &self,
        name: String,
        ty: Option<&Type>,
        before: &Value,
        after: &Value,
        changes: &mut Vec<Change>,
    ) {
        let (Some(Type::Array { index, element }), Value::Array(old), Value::Array(new)) =
            (ty, before, after)
        else {
            if before != after {
                let (before, after) = (self.naming.value(before), self.naming.value(after));
                changes.push(Change { name, before, after });
            }
            return;
        };
        for (rank, (old, new)) in old.iter().zip_eq(new).enumerate() {
            let at = index.value_at(rank as u64, self.model).map(|value| self.naming.value(&value));
            let name = format!("{name}[{}]", at.unwrap_or_default());
            self.changes_inside(name, Some(element), old, new, changes);
        }
    }
}

//! What operators can still do, in words: plans step by step, and what each action does alone.

use itertools::Itertools;

use super::number::counted;
use super::tell::Teller;
use super::text::write_steps;
use super::{Explored, ToldTrace};
use crate::base::Source;
use crate::model::{Action, Model};
use crate::pipeline::Operators;
use crate::pipeline::rescue::{Alone, Planned, Rescued};
use crate::verdict::regions::Prospect;

/// What can be done where a trace leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescueReport {
    /// Whose trace it is, like `no_storm`.
    pub from: String,
    /// The way to where it leads; of a lasso, to where its loop begins.
    pub way: ToldTrace,
    /// How recovery stands there.
    pub prospect: Prospect,
    /// What can be done, the strongest promise first; one plan is told once.
    pub plans: Vec<PlanReport>,
    /// The operator actions, each on its own.
    pub operators: Vec<OperatorReport>,
    /// From how many calm states 0, 1, 2 … interventions guarantee recovery.
    pub by_interventions: Vec<usize>,
    /// From how many calm states no plan exists.
    pub hopeless_count: usize,
    /// What was explored.
    pub explored: Explored,
}

/// Something that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanReport {
    /// What it promises.
    pub promise: Promise,
    /// How many operator steps it needs.
    pub interventions: u32,
    /// The way and the plan behind it.
    pub trace: ToldTrace,
}

/// What a plan promises, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// It leads to where recovery is sure, whatever the system does.
    Guaranteed,
    /// It leads there if the system does its part.
    Cooperative,
    /// It leads to a healthy state if the system does its part.
    Hopeful,
}

/// An operator action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorReport {
    /// Its name.
    pub action: String,
    /// What it does alone.
    pub alone: Alone,
    /// When it may be taken, as its author wrote it.
    pub when: String,
}

impl RescueReport {
    /// A rescue in words; `from` says whose trace it is.
    pub fn of(model: &Model, from: &str, rescued: &Rescued, sources: &[Source]) -> RescueReport {
        let teller = Teller::of(model);
        let plans = [
            (Promise::Guaranteed, &rescued.guaranteed),
            (Promise::Cooperative, &rescued.cooperative),
            (Promise::Hopeful, &rescued.hopeful),
        ];
        let mut told: Vec<(Promise, &Planned)> = Vec::new();
        for (promise, plan) in plans {
            let Some(plan) = plan else { continue };
            if told.iter().all(|(_, earlier)| earlier.trace != plan.trace) {
                told.push((promise, plan));
            }
        }
        let plan = |(promise, plan): (Promise, &Planned)| PlanReport {
            promise,
            interventions: plan.interventions,
            trace: teller.trace(&plan.trace),
        };
        let operators = rescued.alone.iter().map(|&(id, alone)| OperatorReport {
            action: model.actions[id].name.clone(),
            alone,
            when: when(model, &model.actions[id], sources),
        });
        RescueReport {
            from: from.to_owned(),
            way: teller.trace(&rescued.way),
            prospect: rescued.prospect,
            plans: told.into_iter().map(plan).collect(),
            operators: operators.collect(),
            by_interventions: rescued.by_interventions.clone(),
            hopeless_count: rescued.hopeless_count,
            explored: Explored::of(&rescued.summary, Operators::Present),
        }
    }
}

/// When an action may be taken, as its author wrote it.
fn when(model: &Model, action: &Action, sources: &[Source]) -> String {
    let states = action.machine.zip(action.from.as_ref()).map(|(machine, from)| {
        let names = &model.machines[machine].states;
        let from = from.iter().filter_map(|&state| names.get(state as usize));
        format!("in {}", from.format(" | "))
    });
    let guard = action.guard.as_ref().and_then(|guard| {
        let source = sources.iter().find(|source| source.id == guard.span.source)?;
        Some(format!("when {}", source.slice(guard.span).split_whitespace().format(" ")))
    });
    let budget = action.budget.map(|budget| {
        let each = if budget.each { " by each" } else { "" };
        format!("{}{each}", counted(budget.limit.into(), "time"))
    });
    let parts = budget.into_iter().chain(states).chain(guard).collect_vec();
    if parts.is_empty() { "at any time".to_owned() } else { parts.join(", ") }
}

/// Lays out a rescue for a terminal.
pub fn write(report: &RescueReport) -> String {
    let step_count = report.way.steps.len();
    let place = match step_count {
        0 => format!("at the start of the trace of {}", report.from),
        count => {
            let steps = counted(count as u64, "step");
            format!("where the trace of {} leads, after {steps}", report.from)
        }
    };
    let mut page = format!("{place}: {}\n", prospect(report.prospect));
    for plan in &report.plans {
        let what = match plan.promise {
            Promise::Guaranteed => "guaranteed, whatever the system does",
            Promise::Cooperative => "to where recovery is sure, if the system does its part",
            Promise::Hopeful => "hopeful: to a healthy state, if the system does its part",
        };
        let interventions = match plan.interventions {
            0 => "no intervention needed".to_owned(),
            count => counted(count.into(), "intervention"),
        };
        page.push_str(&format!("\n{what}: {interventions}\n"));
        let mut behind = plan.trace.clone();
        behind.steps.drain(..step_count);
        if !behind.steps.is_empty() {
            page.push('\n');
            write_steps(&mut page, &behind);
        }
    }
    if report.plans.is_empty() {
        page.push_str("\nno plan exists: nothing that operators can do leads back to healthy\n");
    }
    page.push_str(&operators(&report.operators));
    page.push_str(&all_states(report));
    page
}

fn prospect(prospect: Prospect) -> &'static str {
    match prospect {
        Prospect::Sure => "recovery is sure without anybody's help",
        Prospect::WithLuck => "recovery is possible but not guaranteed",
        Prospect::NeedsOperators => "recovery is impossible without operators",
        Prospect::OutOfReach => "recovery is impossible, even with operators",
    }
}

/// Each operator action: when it may be taken, and what it does alone.
fn operators(operators: &[OperatorReport]) -> String {
    let lines = operators.iter().map(|one| {
        let does = match one.alone {
            Alone::Guarantees => "alone it guarantees recovery",
            Alone::Helps => "alone it makes a way back, which is not sure to be taken",
            Alone::HealsNothing => "alone it heals nothing",
        };
        format!("  {}: {does}; it may be taken {}\n", one.action, one.when)
    });
    let lines = lines.collect_vec();
    match lines.is_empty() {
        true => "\nthe model has no operator actions\n".to_owned(),
        false => format!("\nwhat operators can do\n{}", lines.concat()),
    }
}

/// How many interventions it takes from all calm states.
fn all_states(report: &RescueReport) -> String {
    let sure = report.by_interventions.iter().enumerate().filter(|(_, count)| **count > 0);
    let sure = sure.map(|(interventions, &count)| {
        let states = counted(count as u64, "state");
        match interventions {
            0 => format!("{states} without help"),
            more => format!("{states} with {}", counted(more as u64, "intervention")),
        }
    });
    let hopeless = match report.hopeless_count {
        0 => String::new(),
        count => format!("; no plan exists from {}", counted(count as u64, "state")),
    };
    let sure = match sure.collect_vec().join(", ") {
        nothing if nothing.is_empty() => "none".to_owned(),
        some => some,
    };
    format!("\nof all calm states, recovery can be guaranteed from {sure}{hopeless}\n")
}

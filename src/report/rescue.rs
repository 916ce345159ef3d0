//! What operators can still do, for a terminal: plans step by step, and what each action does alone.

use itertools::Itertools;

use super::number::counted;
use super::tell::Teller;
use super::text::write_steps;
use crate::base::Source;
use crate::model::{Action, Model};
use crate::pipeline::rescue::{Alone, Planned, Rescued};
use crate::verdict::regions::Prospect;

/// Lays out a rescue for a property of a model.
pub fn write(model: &Model, property: &str, rescued: &Rescued, sources: &[Source]) -> String {
    let teller = Teller::of(model);
    let mut page = String::new();
    let count = rescued.way.steps().len();
    page.push_str(&format!(
        "where the trace of {property} leads, after {}: {}\n",
        counted(count as u64, "step"),
        prospect(rescued.prospect)
    ));
    let plans = [
        ("guaranteed, whatever the system does", &rescued.guaranteed),
        ("to where recovery is sure, if the system does its part", &rescued.cooperative),
        ("hopeful: to a healthy state, if the system does its part", &rescued.hopeful),
    ];
    let mut told: Vec<&Planned> = Vec::new();
    for (what, plan) in plans {
        let Some(plan) = plan else { continue };
        if told.iter().any(|earlier| earlier.trace == plan.trace) {
            continue;
        }
        told.push(plan);
        let interventions = counted(plan.interventions.into(), "intervention");
        page.push_str(&format!("\n{what}: {interventions}\n\n"));
        let mut trace = teller.trace(&plan.trace);
        trace.steps.drain(..count);
        write_steps(&mut page, &trace);
    }
    if told.is_empty() {
        page.push_str("\nno plan exists: nothing that operators can do leads back to healthy\n");
    }
    page.push_str(&operators(model, rescued, sources));
    page.push_str(&all_states(rescued));
    page
}

fn prospect(prospect: Prospect) -> &'static str {
    match prospect {
        Prospect::Sure => "recovery is sure without anybody's help",
        Prospect::WithLuck => "recovery is possible with luck, and not sure",
        Prospect::NeedsOperators => "recovery is impossible without operators",
        Prospect::OutOfReach => "recovery is impossible, even with operators",
    }
}

/// Each operator action: when it may be taken, and what it does alone.
fn operators(model: &Model, rescued: &Rescued, sources: &[Source]) -> String {
    let lines = rescued.alone.iter().map(|&(id, alone)| {
        let action = &model.actions[id];
        let does = match alone {
            Alone::Guarantees => "alone it guarantees recovery",
            Alone::Helps => "alone it makes a way back, which is not sure to be taken",
            Alone::HealsNothing => "alone it heals nothing",
        };
        format!("  {}: {does}; it may be taken {}\n", action.name, when(model, action, sources))
    });
    let lines = lines.collect_vec();
    match lines.is_empty() {
        true => "\nthe model has no operator actions\n".to_owned(),
        false => format!("\nwhat operators can do\n{}", lines.concat()),
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

/// How many interventions it takes from all calm states.
fn all_states(rescued: &Rescued) -> String {
    let sure = rescued.by_interventions.iter().enumerate().filter(|(_, count)| **count > 0);
    let sure = sure.map(|(interventions, &count)| {
        let states = counted(count as u64, "state");
        match interventions {
            0 => format!("{states} without help"),
            more => format!("{states} with {}", counted(more as u64, "intervention")),
        }
    });
    let hopeless = counted(rescued.hopeless_count as u64, "state");
    let sure = sure.collect_vec().join(", ");
    format!(
        "\nof all calm states, recovery can be guaranteed from {sure}; no plan exists from {hopeless}\n"
    )
}

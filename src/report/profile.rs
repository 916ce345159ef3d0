//! Where the states of a model come from, told as two tables.

use itertools::Itertools;

use super::number::{counted, grouped};
use super::words::cut;
use crate::model::Model;
use crate::pipeline::{Part, Profile};

/// Two tables: who finds states, and what multiplies them.
pub fn write(profile: &Profile, model: &Model) -> String {
    let states = profile.summary.state_count as u64;
    let how = profile.summary.cut.map(|unfinished| format!(" (not all: {})", cut(unfinished)));
    let mut page =
        format!("\nwhere {} come from{}\n", counted(states, "state"), how.unwrap_or_default());
    let rows = profile.actions.iter().map(|share| {
        let name = share.action.map_or("tick".to_owned(), |action| {
            let action = &model.actions[action];
            let owner = action.machine.map(|machine| model.machines[machine].name.clone());
            owner.into_iter().chain([action.name.clone()]).join(".")
        });
        [name, grouped(share.steps), grouped(share.found), percent(share.found, states)]
    });
    page.push_str(&table(["action", "steps", "states found first", "of all"], rows.collect()));
    let looked_at = profile.looked_at as u64;
    page.push_str(&match looked_at == states {
        true => "\nwhat multiplies them\n".to_owned(),
        false => format!("\nwhat multiplies them, in the first {}\n", grouped(looked_at)),
    });
    let rows = profile.parts.iter().map(|share| {
        let factor = looked_at as f64 / share.states_without.max(1) as f64;
        [
            name_of(share.part, model),
            grouped(share.values as u64),
            grouped(share.states_without as u64),
            format!("{factor:.1} x"),
        ]
    });
    page.push_str(&table(["variable", "values", "states without it", "factor"], rows.collect()));
    page
}

fn name_of(part: Part, model: &Model) -> String {
    match part {
        Part::Control(machine) => format!("{}.state", model.machines[machine].name),
        Part::Variable(variable) => {
            let variable = &model.variables[variable];
            let owner = variable.machine.map(|machine| model.machines[machine].name.clone());
            owner.into_iter().chain([variable.name.clone()]).join(".")
        }
        Part::Budget(action) => format!("budget of {}", model.actions[action].name),
    }
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}

/// The first column to the left, all others to the right.
fn table(head: [&str; 4], rows: Vec<[String; 4]>) -> String {
    let rows = [head.map(str::to_owned)].into_iter().chain(rows).collect_vec();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |row: &[String; 4]| {
        format!(
            "  {:<a$}  {:>b$}  {:>c$}  {:>d$}\n",
            row[0],
            row[1],
            row[2],
            row[3],
            a = widths[0],
            b = widths[1],
            c = widths[2],
            d = widths[3],
        )
    };
    rows.iter().map(line).collect()
}

//! From what is to be varied to the parameters of a model with their values.

use anyhow::{anyhow, bail};
use itertools::Itertools;

use crate::base::Source;
use crate::cli::args::{Over, Stretch};
use crate::mitigate::sweep::{Axis, Grid};
use crate::model::{Model, ModelParameter, Settings, Value, nearest};
use crate::pipeline::understand;
use crate::report::words::Naming;

/// The most points of one sweep. By taste: a report of more is read by nobody.
const POINTS_MAX: u64 = 10_000;

/// The grid of what is to be varied; or what is wrong with it.
pub fn grid(
    model: &Model,
    over: &[Over],
    sources: &[Source],
    everywhere: &Settings,
) -> anyhow::Result<Grid> {
    if over.is_empty() {
        bail!("nothing is to be varied: name a parameter, like `--over {}`", example(model));
    }
    let mut axes: Vec<Axis> = Vec::new();
    let mut point_count = 1_u64;
    for one in over {
        if axes.iter().any(|axis| axis.name == one.name) {
            bail!("`{}` is varied twice: give all its values at once", one.name);
        }
        if everywhere.parameters.iter().any(|(name, _)| *name == one.name) {
            bail!("`{}` is both set and varied", one.name);
        }
        let parameter = parameter(model, &one.name)?;
        let stretches = stretches(model, parameter, one)?;
        point_count = point_count.saturating_mul(stretches.iter().map(length).sum());
        if point_count > POINTS_MAX {
            bail!("these are more than {POINTS_MAX} points: vary less at once");
        }
        let naming = Naming::of(model);
        axes.push(Axis {
            name: one.name.clone(),
            doc: parameter.doc.clone(),
            values: values(&parameter.value, &stretches),
            usual: naming.value(&parameter.value),
        });
    }
    let grid = Grid { axes };
    for (axis, one) in over.iter().enumerate() {
        refuse_range(model, &grid, axis, one, sources, everywhere)?;
    }
    Ok(grid)
}

/// Where a parameter begins, if that is written.
pub fn first_value(over: &Over) -> Option<(String, String)> {
    let value = match over.values.first()? {
        Stretch::One(value) => value.clone(),
        Stretch::Range(first, _) => first.to_string(),
    };
    Some((over.name.clone(), value))
}

/// A name that can be varied, for a message.
fn example(model: &Model) -> &str {
    model.parameters.iter().next().map_or("PARAM=VALUES", |one| &one.name)
}

fn parameter<'m>(model: &'m Model, name: &str) -> anyhow::Result<&'m ModelParameter> {
    let found = model.parameters.iter().find(|one| one.name == name);
    found.ok_or_else(|| {
        let mut names = model.parameters.iter().map(|one| one.name.as_str());
        let help = match nearest(name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if model.parameters.is_empty() => "it has none".to_owned(),
            None => format!("its parameters are {}", names.join(", ")),
        };
        anyhow!("the model has no parameter `{name}`: {help}")
    })
}

/// What is asked for, or all that the model allows; each fits the parameter.
fn stretches(
    model: &Model,
    parameter: &ModelParameter,
    over: &Over,
) -> anyhow::Result<Vec<Stretch>> {
    let text = &over.text;
    let words = |names: &[&str]| names.iter().map(|&one| Stretch::One(one.to_owned())).collect();
    let allowed: Vec<Stretch> = match &parameter.value {
        Value::Number(_) => {
            let range = parameter.range.map(|(low, high)| Stretch::Range(low, high));
            range.into_iter().collect()
        }
        Value::Bool(_) => words(&["false", "true"]),
        Value::Enum(id, _) => {
            words(&model.enums[*id].values.iter().map(String::as_str).collect_vec())
        }
        _ => bail!("`{}` cannot be varied: it is neither a number nor a name", over.name),
    };
    if over.values.is_empty() {
        if allowed.is_empty() {
            bail!(
                "the model declares no range for `{}`: say which values, like `--over {}=1..4`",
                over.name,
                over.name
            );
        }
        return Ok(allowed);
    }
    let is_number = matches!(parameter.value, Value::Number(_));
    for stretch in &over.values {
        match stretch {
            Stretch::Range(..) if is_number => {}
            Stretch::Range(..) => bail!("`--over {text}`: `{}` is no number", over.name),
            Stretch::One(value) if is_number => {
                if value.parse::<i64>().is_err() {
                    bail!("`--over {text}`: `{value}` is no whole number");
                }
            }
            Stretch::One(_) if allowed.contains(stretch) => {}
            Stretch::One(value) => {
                let names = allowed.iter().filter_map(|one| match one {
                    Stretch::One(name) => Some(name.as_str()),
                    Stretch::Range(..) => None,
                });
                bail!("`--over {text}`: `{value}` is none of {}", names.collect_vec().join(", "));
            }
        }
    }
    Ok(over.values.clone())
}

fn length(stretch: &Stretch) -> u64 {
    match stretch {
        Stretch::One(_) => 1,
        Stretch::Range(first, last) => last.abs_diff(*first).saturating_add(1),
    }
}

/// Every value once: numbers ascending, names as they come.
fn values(like: &Value, stretches: &[Stretch]) -> Vec<String> {
    if !matches!(like, Value::Number(_)) {
        let names = stretches.iter().filter_map(|one| match one {
            Stretch::One(name) => Some(name.clone()),
            Stretch::Range(..) => None,
        });
        return names.unique().collect();
    }
    let numbers = stretches.iter().flat_map(|stretch| match stretch {
        Stretch::One(number) => number.parse::<i64>().into_iter().collect_vec(),
        Stretch::Range(first, last) => (*first..=*last).collect_vec(),
    });
    numbers.sorted().dedup().map(|number| number.to_string()).collect()
}

/// Refuses a value that is outside the declared range at every point. (A range can depend on another
/// parameter that is varied as well: then a point outside is refused by itself.)
fn refuse_range(
    model: &Model,
    grid: &Grid,
    axis: usize,
    over: &Over,
    sources: &[Source],
    everywhere: &Settings,
) -> anyhow::Result<()> {
    let Some((low, high)) = parameter(model, &over.name)?.range else { return Ok(()) };
    let is_outside =
        |value: &str| value.parse::<i64>().is_ok_and(|value| !(low..=high).contains(&value));
    for value in grid.axes[axis].values.iter().filter(|value| is_outside(value)) {
        let mut points = (0..grid.point_count()).filter(|&it| grid.values(it)[axis] == value);
        if !points.any(|point| understand(sources, &grid.settings(everywhere, point)).is_ok()) {
            bail!(
                "`--over {}` leaves the range that the model declares for `{}`: {low}..{high}",
                over.text,
                over.name
            );
        }
    }
    Ok(())
}

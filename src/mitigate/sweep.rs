//! A claim over ranges of parameters: the grid, its points in parallel, and the frontier between
//! holding and failing.
//!
//! Every point is checked by itself, and nothing is inferred from one point about another. Under
//! fairness nothing is monotone: one more slot, or a back-off beside a fix that was enough, can
//! start a storm. So a threshold is not searched for by halving, and a row is called monotone only
//! after all of it was seen.

mod frontier;
mod trend;
mod visit;

pub use frontier::{Row, Run, Shape, Standing};
pub use trend::{ALIKE_TO_STOP, is_stable};
pub use visit::visit;

use itertools::Itertools;

use crate::base::{Diagnostic, Source};
use crate::explore::{Limits, Observer};
use crate::model::{Setting, Settings};
use crate::pipeline::{self, Answers, Prepared, Request, prepare};

/// A parameter with the values it is given, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The parameter.
    pub name: String,
    /// What is said about it in the model.
    pub doc: Option<String>,
    /// The values as a person writes them; at least one.
    pub values: Vec<String>,
    /// The value it has where it is not swept.
    pub usual: String,
}

/// All combinations of the values of some parameters. The first parameter changes fastest: the points
/// that differ in it alone are a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The parameters, at least one.
    pub axes: Vec<Axis>,
}

impl Grid {
    /// How many points there are.
    pub fn point_count(&self) -> usize {
        self.axes.iter().map(|axis| axis.values.len()).product()
    }

    /// How many points a row has.
    pub fn row_length(&self) -> usize {
        self.axes[0].values.len()
    }

    /// The values at a point, one for each parameter.
    pub fn values(&self, point: usize) -> Vec<&str> {
        let mut rest = point;
        let value = |axis: &'_ Axis| {
            let index = rest % axis.values.len();
            rest /= axis.values.len();
            index
        };
        let indices = self.axes.iter().map(value).collect_vec();
        self.axes.iter().zip(indices).map(|(axis, index)| axis.values[index].as_str()).collect()
    }

    /// The configuration at a point: what is chosen for all points, and its own values.
    pub fn settings(&self, everywhere: &Settings, point: usize) -> Settings {
        let own = self.axes.iter().zip(self.values(point));
        let own = own.map(|(axis, value)| (axis.name.clone(), Setting::Text(value.to_owned())));
        let parameters = everywhere.parameters.iter().cloned().chain(own).collect();
        Settings { mitigations: everywhere.mitigations.clone(), parameters }
    }
}

/// How each point is judged.
#[derive(Clone, Debug)]
pub struct Effort {
    /// How far to explore at each point.
    pub limits: Limits,
    /// How many threads explore one point.
    pub workers: usize,
}

/// Judges the properties with these names in one configuration, up to renaming of instances as `check`
/// does; or says why the text is wrong in it.
pub fn judge(
    sources: &[Source],
    settings: &Settings,
    properties: &[String],
    effort: &Effort,
    observer: &mut dyn Observer,
) -> Result<(Prepared, Answers), Vec<Diagnostic>> {
    let prepared = prepare(sources, settings)?.up_to_renaming();
    let named = prepared.model.properties.iter_with_ids();
    let chosen = named.filter(|(_, property)| properties.contains(&property.name));
    let request = Request {
        properties: chosen.map(|(id, _)| id).collect(),
        limits: effort.limits.clone(),
        workers: effort.workers,
    };
    let answers = pipeline::run(&prepared, &request, observer);
    Ok((prepared, answers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(name: &str, values: &[&str]) -> Axis {
        let values = values.iter().map(|&value| value.to_owned()).collect_vec();
        Axis { name: name.to_owned(), doc: None, usual: values[0].clone(), values }
    }

    #[test]
    fn the_first_parameter_changes_fastest() {
        let grid = Grid { axes: vec![axis("a", &["1", "2", "3"]), axis("b", &["x", "y"])] };
        let all = (0..grid.point_count()).map(|point| grid.values(point).concat());
        assert_eq!(all.collect_vec(), ["1x", "2x", "3x", "1y", "2y", "3y"]);
    }

    #[test]
    fn the_values_of_a_point_win_over_those_of_all_points() {
        let grid = Grid { axes: vec![axis("a", &["1", "2"])] };
        let text = |value: &str| Setting::Text(value.to_owned());
        let everywhere = Settings {
            mitigations: vec!["m".to_owned()],
            parameters: vec![("b".to_owned(), text("7"))],
        };
        let settings = grid.settings(&everywhere, 1);
        assert_eq!(settings.mitigations, ["m"]);
        let expected = [("b".to_owned(), text("7")), ("a".to_owned(), text("2"))];
        assert_eq!(settings.parameters, expected);
    }
}

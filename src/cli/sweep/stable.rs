//! Growing sizes: the same claims at one size after the other, until they say the same for long enough.

use anyhow::bail;
use itertools::Itertools;

use super::keep;
use super::point::{Counter, Judging};
use super::record::Record;
use crate::cli::args::{Over, Sweep};
use crate::cli::progress::is_interrupted;
use crate::mitigate::sweep::{ALIKE_TO_STOP, is_stable};
use crate::model::{Model, Value};
use crate::report::sweep::{Mark, PointReport, SweepReport};

/// What growing sizes showed.
pub struct Conclusion {
    /// It in words, which say no more than what was checked.
    pub words: String,
    /// Whether the last sizes were alike.
    pub is_stable: bool,
}

/// What is to be varied. Growing sizes need one number: the one that is named, or the only one that
/// has a range.
pub fn chosen(arguments: &Sweep, model: &Model) -> anyhow::Result<Vec<Over>> {
    if !arguments.until_stable {
        return Ok(arguments.over.clone());
    }
    let is_size = |name: &str| {
        let found = model.parameters.iter().find(|one| one.name == name);
        found.is_none_or(|one| matches!(one.value, Value::Number(_)))
    };
    match arguments.over.as_slice() {
        [one] if !is_size(&one.name) => {
            bail!("`--until-stable` needs a number that grows, and `{}` is none", one.name)
        }
        [_] => return Ok(arguments.over.clone()),
        [] => {}
        _ => bail!("`--until-stable` grows one parameter: name one with `--over`"),
    }
    let sizes = model.parameters.iter().filter(|one| one.range.is_some()).collect_vec();
    match sizes.as_slice() {
        [one] => {
            let name = one.name.clone();
            Ok(vec![Over { text: name.clone(), name, values: Vec::new() }])
        }
        [] => bail!("no parameter has a range: say which sizes, like `--over PARAM=1..6`"),
        many => bail!(
            "`--until-stable` grows one parameter: name one with `--over`, of {}",
            many.iter().map(|one| &one.name).join(", ")
        ),
    }
}

/// Judges size after size. The report is left with the sizes that were reached.
pub fn grow(
    report: &mut SweepReport,
    judging: &Judging<'_>,
    threads: usize,
    record: &mut Record,
) -> anyhow::Result<Conclusion> {
    let grid = report.grid.clone();
    let mut answers = Vec::new();
    let mut counter = Counter::start(grid.point_count(), 0);
    let mut is_cut = false;
    for point in 0..grid.point_count() {
        report.points[point] = match record.known(&grid, point) {
            Some(known) => known.clone(),
            None => {
                let found = judging.judge(&grid, point, threads);
                keep(record, &grid, point, &found)?;
                found.report
            }
        };
        counter.advance();
        answers.push(answer(&report.points[point]));
        is_cut = is_interrupted() || is_unknown(&report.points[point]);
        if is_cut || is_stable(&answers) {
            break;
        }
    }
    counter.finish();
    report.points.truncate(answers.len());
    report.grid.axes[0].values.truncate(answers.len());
    let is_stable = is_stable(&answers);
    Ok(Conclusion { words: words(report, is_stable, is_cut), is_stable })
}

/// Verdict and worst value of all claims; None if one is not known.
fn answer(point: &PointReport) -> Option<Vec<(Mark, Option<String>)>> {
    let PointReport::Judged(cells) = point else { return None };
    let known = cells.iter().map(|cell| (cell.mark, cell.worst.clone()));
    let known = known.collect_vec();
    known.iter().all(|(mark, _)| *mark != Mark::Unknown).then_some(known)
}

/// Larger sizes would not be known either.
fn is_unknown(point: &PointReport) -> bool {
    match point {
        PointReport::Judged(cells) => cells.iter().any(|cell| cell.mark == Mark::Unknown),
        PointReport::NotReached => true,
        PointReport::NoStart | PointReport::Refused { .. } => false,
    }
}

fn words(report: &SweepReport, is_stable: bool, is_cut: bool) -> String {
    let axis = &report.grid.axes[0];
    let last = axis.values.last().map_or("", |last| last);
    let is_answered = |point: &PointReport| answer(point).is_some();
    let answered = axis.values.iter().zip(&report.points).filter(|(_, point)| is_answered(point));
    let sizes = answered.map(|(value, _)| value).join(", ");
    let checked = match sizes.is_empty() {
        true => format!("checked for no size of {}", axis.name),
        false => format!("checked for {} = {sizes}; nothing is said of any other size", axis.name),
    };
    let outcome = match (is_stable, is_cut) {
        (true, _) => {
            format!("verdict and worst value were the same for {ALIKE_TO_STOP} sizes")
        }
        (false, true) => format!("not stable: {} = {last} has no answer", axis.name),
        (false, false) => {
            format!("not stable: no {ALIKE_TO_STOP} sizes in a row were alike up to {last}")
        }
    };
    format!("{outcome}; {checked}")
}

//! A sweep as a table for spreadsheets: a line for each claim at each point (RFC 4180, but for the line
//! ends, which are ours).

use itertools::Itertools;

use super::{PointReport, Sign, SweepReport};

/// The columns behind those of the parameters.
const COLUMNS: [&str; 12] = [
    "property",
    "verdict",
    "grade",
    "worst",
    "states",
    "steps",
    "depth",
    "trace_steps",
    "loop_steps",
    "fewest_faults",
    "reason",
    "caveats",
];

/// The lines, the names of the columns first.
pub fn write(report: &SweepReport) -> String {
    let names = report.grid.axes.iter().map(|axis| axis.name.as_str()).chain(COLUMNS);
    let mut text = line(names.map(str::to_owned));
    for (index, claimed) in report.properties.iter().enumerate() {
        for (place, point) in report.points.iter().enumerate() {
            let values = report.grid.values(place).into_iter().map(str::to_owned);
            let found = found(point, index);
            text.push_str(&line(values.chain([claimed.name.clone()]).chain(found)));
        }
    }
    text
}

/// What is behind the name of the claim.
fn found(point: &PointReport, property: usize) -> Vec<String> {
    let sign = point.sign(property);
    let mut found = vec![verdict_word(sign).to_owned(), grade_word(sign).to_owned()];
    match (point, point.cell(property)) {
        (_, Some(cell)) => {
            let trace =
                cell.trace.map(|trace| (trace.steps.to_string(), trace.loop_steps.to_string()));
            let (steps, loop_steps) = trace.unwrap_or_default();
            found.extend([
                cell.worst.clone().unwrap_or_default(),
                cell.states.to_string(),
                cell.steps.to_string(),
                cell.depth.to_string(),
                steps,
                loop_steps,
                cell.fewest_faults.map(|faults| faults.to_string()).unwrap_or_default(),
                cell.reason.clone(),
                cell.caveats.join("; "),
            ]);
        }
        (PointReport::Refused { because }, None) => {
            found.extend(std::iter::repeat_n(String::new(), 7));
            found.extend([because.clone(), String::new()]);
        }
        (_, None) => found.extend(std::iter::repeat_n(String::new(), 9)),
    }
    found
}

/// The verdict as a word: `holds`, `fails`, `unknown`, or why there is none.
pub(super) fn verdict_word(sign: Sign) -> &'static str {
    use super::Mark::{Fails, Holds, Loop, Storm, Trap, Unknown};
    match sign {
        Sign::Marked(Holds | Loop) => "holds",
        Sign::Marked(Fails | Storm | Trap) => "fails",
        Sign::Marked(Unknown) => "unknown",
        Sign::NoStart => "no start",
        Sign::Refused => "refused",
        Sign::NotReached => "not reached",
    }
}

/// The grade as a word, if there is one.
pub(super) fn grade_word(sign: Sign) -> &'static str {
    use super::Mark::{Loop, Storm, Trap};
    match sign {
        Sign::Marked(Loop | Storm | Trap) => sign.word(),
        _ => "",
    }
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let quoted = |field: String| match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    };
    let mut line = fields.map(quoted).join(",");
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let fields = ["plain", "a, b", "say \"no\"", ""].map(str::to_owned);
        assert_eq!(line(fields.into_iter()), "plain,\"a, b\",\"say \"\"no\"\"\",\n");
    }
}

//! Two versions of a design side by side: which answers changed, and in which direction.
//!
//! Claims are matched by their names. A verdict weighs most, then the grade of a storm, then the worst
//! value; where one side is unknown nothing is compared. A claim that held and is made no more counts as
//! worse: nobody watches any longer what it promised.

pub mod page;

use std::cmp::Ordering;

use itertools::Itertools;

use super::mitigate::CellReport;
use super::words::Ended;
use super::{FindingKind, PropertyReport, Report};
use crate::mitigate::{Cell, Forgiven, Standing};
use crate::model::Model;
use crate::pipeline::{Answers, Prepared};
use crate::verdict::Worst;
use crate::verdict::storm::Grade;

/// Two versions of a design side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffReport {
    /// The claims: those of the new version in its order, then those that are made no more.
    pub claims: Vec<ClaimDiff>,
    /// Ways in which only the new version breaks its own rules.
    pub breaches: Vec<String>,
    /// Parameters and mitigations that are not the same.
    pub choices: Vec<ChoiceDiff>,
    /// The states of each version, for each of its explorations.
    pub states: [Vec<usize>; 2],
}

/// A parameter or a mitigation that is not the same in both versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceDiff {
    /// `param` or `mitigation`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its value in each version that has it; of a mitigation, `applied` or `there`.
    pub values: [Option<String>; 2],
}

/// A claim in two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimDiff {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub direction: Direction,
    /// What it says in each version.
    pub texts: [Option<String>; 2],
    /// The answer in each version.
    pub cells: [Option<CellReport>; 2],
    /// How the new version does worse, if it does.
    pub story: Option<PropertyReport>,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It is the same.
    Same,
    /// It is better.
    Better,
    /// It is worse.
    Worse,
    /// Something else is asked, or it holds for another reason: neither better nor worse.
    Changed,
    /// One of the answers is unknown.
    Unknown,
    /// Only the new version makes the claim.
    Added,
    /// Only the old version makes it, and it failed or was unknown there.
    Removed,
}

/// A version: the model, its answers, and these in words.
pub struct Version<'a> {
    /// The model.
    pub prepared: &'a Prepared,
    /// What was found.
    pub answers: &'a Answers,
    /// The same in words.
    pub report: &'a Report,
}

impl DiffReport {
    /// Compares two versions.
    pub fn of(old: &Version<'_>, new: &Version<'_>) -> DiffReport {
        let before = old.claims();
        let after = new.claims();
        let mut claims = after
            .iter()
            .map(|one| claim(before.iter().find(|other| other.name == one.name), Some(one)))
            .collect_vec();
        let removed = before.iter().filter(|one| after.iter().all(|other| other.name != one.name));
        claims.extend(removed.map(|one| claim(Some(one), None)));
        let broken = |version: &Version<'_>| {
            let findings = version.report.findings.iter();
            let breaches = findings.filter(|one| one.kind == FindingKind::Breach);
            breaches.map(|one| one.sentence.clone()).unique().collect_vec()
        };
        let broken_before = broken(old);
        let mut breaches = broken(new);
        breaches.retain(|sentence| !broken_before.contains(sentence));
        DiffReport {
            claims,
            breaches,
            choices: choices(&old.prepared.model, &new.prepared.model, old.report, new.report),
            states: [old, new]
                .map(|version| version.report.explored.iter().map(|one| one.state_count).collect()),
        }
    }

    /// The same, where it is known who would have ended the run.
    pub fn ended(mut self, ended: Ended) -> DiffReport {
        let cells = self.claims.iter_mut().flat_map(|one| one.cells.iter_mut().flatten());
        for reason in cells.filter_map(|cell| cell.reason.as_mut()) {
            *reason = ended.settle(reason);
        }
        self
    }

    /// Whether something is worse.
    pub fn is_worse(&self) -> bool {
        let is_worse = |one: &ClaimDiff| one.direction == Direction::Worse;
        !self.breaches.is_empty() || self.claims.iter().any(is_worse)
    }

    /// Whether something could not be compared.
    pub fn is_open(&self) -> bool {
        self.claims.iter().any(|one| one.direction == Direction::Unknown)
    }
}

/// A claim of one version.
struct Claimed<'a> {
    name: &'a str,
    cell: Cell,
    told: &'a PropertyReport,
}

impl Version<'_> {
    fn claims(&self) -> Vec<Claimed<'_>> {
        let answers = self.answers.by_property();
        let claims = answers.iter().zip(&self.report.properties).map(|((id, answer), told)| {
            let name = &self.prepared.model.properties[*id].name;
            Claimed { name, cell: Cell::of(answer, Forgiven::Loop), told }
        });
        claims.collect()
    }
}

fn claim(old: Option<&Claimed<'_>>, new: Option<&Claimed<'_>>) -> ClaimDiff {
    let direction = match (old, new) {
        (Some(old), Some(new)) => direction(old, new),
        (None, _) => Direction::Added,
        (Some(old), None) if old.cell.standing == Standing::Holds => Direction::Worse,
        (Some(_), None) => Direction::Removed,
    };
    let both = [old, new];
    ClaimDiff {
        name: both.iter().flatten().map(|one| one.name.to_owned()).next().unwrap_or_default(),
        direction,
        texts: both.map(|side| side.map(|one| one.told.claim.clone())),
        cells: both.map(|side| side.map(|one| CellReport::of(&one.cell))),
        story: new.filter(|_| direction == Direction::Worse).map(|one| one.told.clone()),
    }
}

fn direction(old: &Claimed<'_>, new: &Claimed<'_>) -> Direction {
    let is_reworded = old.told.claim != new.told.claim;
    let Some((before, after)) = weight(&old.cell).zip(weight(&new.cell)) else {
        return Direction::Unknown;
    };
    let worst = match (old.cell.worst, new.cell.worst) {
        // Where something else is asked, the values are of different things.
        _ if is_reworded => Some(Ordering::Equal),
        (Some(before), Some(after)) => compare(before, after),
        _ => Some(Ordering::Equal),
    };
    let compared = match before.cmp(&after) {
        Ordering::Equal => worst,
        decided => Some(decided),
    };
    let is_other = is_reworded
        || old.cell.is_vacuous != new.cell.is_vacuous
        || old.cell.storms_while_not_calm != new.cell.storms_while_not_calm;
    match compared {
        None => Direction::Unknown,
        Some(Ordering::Less) => Direction::Worse,
        Some(Ordering::Greater) => Direction::Better,
        Some(Ordering::Equal) if is_other => Direction::Changed,
        Some(Ordering::Equal) => Direction::Same,
    }
}

/// How bad an answer is but for its worst value; nothing if it is unknown.
fn weight(cell: &Cell) -> Option<u8> {
    let failing = match cell.storm.map(|storm| storm.grade) {
        None => 1,
        Some(Grade::Storm) => 2,
        Some(Grade::Trap) => 3,
    };
    match cell.standing {
        Standing::Holds => Some(0),
        Standing::Fails => Some(failing),
        Standing::Unknown(_) => None,
    }
}

/// Compares worst values; nothing if one of them is not exact.
fn compare(before: Worst, after: Worst) -> Option<Ordering> {
    // A fraction, or more than any.
    let value = |worst: Worst| match worst {
        Worst::Exactly(number) => Some((i128::from(number), 1)),
        Worst::Ratio { numerator, denominator, .. } => {
            Some((i128::from(numerator), i128::from(denominator)))
        }
        Worst::NoTick | Worst::Unbounded => Some((1, 0)),
        Worst::AtLeast(_) | Worst::RatioAtLeast { .. } => None,
    };
    let ((left, below_left), (right, below_right)) = value(before).zip(value(after))?;
    Some((left * below_right).cmp(&(right * below_left)))
}

/// Parameters and mitigations that are not the same.
fn choices(old: &Model, new: &Model, before: &Report, after: &Report) -> Vec<ChoiceDiff> {
    let all = |model: &Model, report: &Report| {
        let applied = |is_applied: bool| if is_applied { "applied" } else { "there" };
        let mitigations = model.mitigations.iter();
        let mitigations = mitigations
            .map(|one| ("mitigation", one.name.clone(), applied(one.applied).to_owned()));
        let parameters = report.parameters.iter().cloned();
        let parameters = parameters.map(|(name, value)| ("param", name, value));
        parameters.chain(mitigations).collect_vec()
    };
    let (before, after) = (all(old, before), all(new, after));
    let keys = before.iter().chain(&after).map(|(kind, name, _)| (*kind, name)).unique();
    let choices = keys.map(|(kind, name)| ChoiceDiff {
        kind,
        name: name.clone(),
        values: [&before, &after].map(|side| {
            let mut own = side.iter().filter(|one| (one.0, &one.1) == (kind, name));
            own.next().map(|(_, _, value)| value.clone())
        }),
    });
    choices.filter(|choice| choice.values[0] != choice.values[1]).collect()
}

impl Direction {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Same => "same",
            Direction::Better => "better",
            Direction::Worse => "worse",
            Direction::Changed => "changed",
            Direction::Unknown => "unknown",
            Direction::Added => "added",
            Direction::Removed => "removed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_values_compare_as_fractions() {
        let ratio =
            |numerator, denominator| Worst::Ratio { numerator, denominator, is_attained: true };
        let compared = [
            compare(Worst::Exactly(3), Worst::Exactly(4)),
            compare(ratio(1, 4), ratio(1, 3)),
            compare(ratio(2, 1), ratio(3, 2)),
            compare(Worst::Exactly(i64::MAX), Worst::Unbounded),
            compare(Worst::NoTick, Worst::Unbounded),
            compare(Worst::AtLeast(3), Worst::Exactly(4)),
        ];
        use Ordering::{Equal, Greater, Less};
        let expected = [Some(Less), Some(Less), Some(Greater), Some(Less), Some(Equal), None];
        assert_eq!(compared, expected);
    }
}

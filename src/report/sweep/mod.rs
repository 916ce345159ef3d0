//! What became of claims over ranges of parameters: a cell for each claim at each point, in words.

pub mod csv;
pub mod json;
pub mod saved;
pub mod svg;
pub mod text;

use itertools::Itertools;
use serde::{Deserialize, Serialize};

use super::words::Ended;
use super::{FindingKind, Grade, PropertyReport, Report, VerdictWord};
use crate::base::{Diagnostic, Severity};
use crate::mitigate::sweep::{Grid, Row, Standing};
use crate::pipeline::{Answers, Prepared};
use crate::verdict::{Note, Verdict, Worst};

/// The document of one sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepReport {
    /// The model's name.
    pub model: String,
    /// The mitigations that are applied at all points.
    pub mitigations: Vec<String>,
    /// The parameters that are set at all points.
    pub settings: Vec<(String, String)>,
    /// The parameters that are swept.
    pub grid: Grid,
    /// The claims.
    pub properties: Vec<Claimed>,
    /// What was found, by point.
    pub points: Vec<PointReport>,
}

/// A claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its name.
    pub name: String,
    /// Itself, as written.
    pub claim: String,
    /// What is said about it in the model.
    pub doc: Option<String>,
}

/// What was found at one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointReport {
    /// A cell for each claim.
    Judged(Vec<CellReport>),
    /// The assumptions leave no start.
    NoStart,
    /// The model is wrong in this configuration.
    Refused {
        /// The first thing that is wrong with it.
        because: String,
    },
    /// The sweep ended before.
    NotReached,
}

/// What was found of one claim at one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellReport {
    /// The verdict, and how bad it is.
    pub mark: Mark,
    /// The worst value, as `check` tells it.
    pub worst: Option<String>,
    /// The same in a few signs, for a table.
    pub figure: Option<String>,
    /// Why it is unknown, or what fails; may be empty.
    pub reason: String,
    /// How many states were seen.
    pub states: usize,
    /// Whether these are all. (What holds by one state, or fails by one trace, may not need all.)
    pub is_complete: bool,
    /// How many steps and ticks.
    pub steps: u64,
    /// How far from the start.
    pub depth: usize,
    /// The trace that shows a failure, or the worst value.
    pub trace: Option<TraceLength>,
    /// The fewest faults that start a storm.
    pub fewest_faults: Option<u32>,
    /// What keeps the verdict from meaning what one would think: that it is vacuous, that time stops
    /// somewhere, that the model breaks its own rules.
    pub caveats: Vec<String>,
}

/// How long a trace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceLength {
    /// All its steps, one turn of its loop included.
    pub steps: usize,
    /// The steps of its loop; 0 if it ends.
    pub loop_steps: usize,
}

/// A verdict with its grade, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It holds.
    Holds,
    /// It holds, but without a bound while something owed is put off.
    Loop,
    /// It fails, and not by a storm.
    Fails,
    /// It fails by a storm from which there is a way back.
    Storm,
    /// It fails by a storm from which there is none.
    Trap,
    /// Nobody knows.
    Unknown,
}

/// What stands at a place of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// A verdict.
    Marked(Mark),
    /// No start.
    NoStart,
    /// Refused.
    Refused,
    /// The sweep ended before.
    NotReached,
}

impl Sign {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Sign::Marked(Mark::Holds) => "holds",
            Sign::Marked(Mark::Loop) => "loop",
            Sign::Marked(Mark::Fails) => "fails",
            Sign::Marked(Mark::Storm) => "storm",
            Sign::Marked(Mark::Trap) => "trap",
            Sign::Marked(Mark::Unknown) => "?",
            Sign::NoStart => "–",
            Sign::Refused => "×",
            Sign::NotReached => "·",
        }
    }

    /// What the word means.
    pub fn meaning(self) -> &'static str {
        match self {
            Sign::Marked(Mark::Holds) => "the claim holds",
            Sign::Marked(Mark::Loop) => {
                "holds, but without a bound while something owed is put off"
            }
            Sign::Marked(Mark::Fails) => "a trace shows it",
            Sign::Marked(Mark::Storm) => "fails: a fair loop keeps itself going",
            Sign::Marked(Mark::Trap) => "fails: a storm without a way back",
            Sign::Marked(Mark::Unknown) => "unknown",
            Sign::NoStart => "no start: the assumptions allow no such system",
            Sign::Refused => "refused: the model is wrong there",
            Sign::NotReached => "not reached: the sweep ended before",
        }
    }

    /// What is known there.
    pub fn standing(self) -> Standing {
        match self {
            Sign::Marked(Mark::Holds | Mark::Loop) => Standing::Holds,
            Sign::Marked(Mark::Fails | Mark::Storm | Mark::Trap) => Standing::Fails,
            Sign::Marked(Mark::Unknown) | Sign::NotReached => Standing::Open,
            Sign::NoStart | Sign::Refused => Standing::Absent,
        }
    }
}

impl PointReport {
    /// What a run found at a point, or why there was none.
    pub fn of(outcome: &Result<(Prepared, Answers), Vec<Diagnostic>>) -> PointReport {
        let (prepared, answers) = match outcome {
            Ok(found) => found,
            Err(diagnostics) => {
                let error = diagnostics.iter().find(|one| one.severity == Severity::Error);
                let because = error.map(|error| error.message.clone()).unwrap_or_default();
                return PointReport::Refused { because };
            }
        };
        let report = Report::of(prepared, answers);
        if answers.parts.iter().any(|part| part.judgement.no_start) {
            return PointReport::NoStart;
        }
        if let Some(error) = report.errors.first() {
            return PointReport::Refused { because: error.clone() };
        }
        let breach = report.findings.iter().find(|one| one.kind == FindingKind::Breach);
        let cells = answers.by_property().into_iter().zip(&report.properties);
        let cells = cells.map(|((id, answer), told)| {
            let part = answers.parts.iter().find(|part| part.properties.contains(&id));
            let summary = part.expect("every answer belongs to a part").summary;
            let worst = match answer.verdict {
                Verdict::Holds { worst, .. } | Verdict::Fails { worst, .. } => worst,
                Verdict::Unknown(_) => None,
            };
            let trace = answer.verdict.trace().map(|trace| TraceLength {
                steps: trace.steps().len(),
                loop_steps: trace.repeats_from().map_or(0, |first| trace.steps().len() - first),
            });
            let notes = answer.notes.iter().zip(&told.notes).filter(|(note, _)| is_caveat(note));
            let caveats = notes.map(|(_, (text, _))| text).chain(&report.warnings);
            CellReport {
                mark: mark(told),
                worst: told.worst.clone(),
                figure: worst.map(figure),
                reason: told.reason.clone(),
                states: summary.state_count,
                is_complete: summary.cut.is_none(),
                steps: summary.step_count + summary.tick_count,
                depth: summary.depth,
                trace,
                fewest_faults: told.storm.as_ref().map(|storm| storm.fewest_faults),
                caveats: caveats.chain(breach.map(|breach| &breach.sentence)).cloned().collect(),
            }
        });
        PointReport::Judged(cells.collect())
    }

    /// The same, where it is known who would have ended the run.
    pub fn ended(mut self, ended: Ended) -> PointReport {
        if let PointReport::Judged(cells) = &mut self {
            cells.iter_mut().for_each(|cell| cell.reason = ended.settle(&cell.reason));
        }
        self
    }

    /// The cell of a claim, if there is one.
    pub fn cell(&self, property: usize) -> Option<&CellReport> {
        match self {
            PointReport::Judged(cells) => cells.get(property),
            _ => None,
        }
    }

    /// What stands there in the table of a claim.
    pub fn sign(&self, property: usize) -> Sign {
        match self {
            PointReport::Judged(_) => {
                Sign::Marked(self.cell(property).map_or(Mark::Unknown, |cell| cell.mark))
            }
            PointReport::NoStart => Sign::NoStart,
            PointReport::Refused { .. } => Sign::Refused,
            PointReport::NotReached => Sign::NotReached,
        }
    }
}

fn mark(told: &PropertyReport) -> Mark {
    let grade = told.storm.as_ref().map(|storm| storm.grade);
    match told.verdict {
        VerdictWord::Holds if told.has_loop() => Mark::Loop,
        VerdictWord::Holds => Mark::Holds,
        VerdictWord::Fails if grade == Some(Grade::Trap) => Mark::Trap,
        VerdictWord::Fails if grade.is_some() => Mark::Storm,
        VerdictWord::Fails => Mark::Fails,
        VerdictWord::Unknown => Mark::Unknown,
    }
}

/// Whether a note takes something away from the verdict it stands beside, and is no grade of it.
fn is_caveat(note: &Note) -> bool {
    match note {
        Note::StormWhileNotCalm(..)
        | Note::NeverCounted
        | Note::NoSuchStates
        | Note::TimeStops(_) => true,
        Note::UnfairLoop(_) | Note::Unbounded(_) | Note::ByFaults(_) | Note::PerhapsLonger => false,
    }
}

/// A worst value in a few signs.
fn figure(worst: Worst) -> String {
    match worst {
        Worst::Exactly(number) => number.to_string(),
        Worst::AtLeast(number) => format!("≥{number}"),
        Worst::Ratio { numerator, denominator, is_attained } => {
            let approached = if is_attained { "" } else { "→" };
            let denominator =
                if denominator == 1 { String::new() } else { format!("/{denominator}") };
            format!("{approached}{numerator}{denominator}")
        }
        Worst::RatioAtLeast { numerator, denominator } => format!("≥{numerator}/{denominator}"),
        Worst::NoTick | Worst::Unbounded => "∞".to_owned(),
    }
}

impl SweepReport {
    /// The points row by row: those of a row differ in the first parameter alone.
    pub fn rows(&self) -> Vec<std::ops::Range<usize>> {
        let length = self.grid.row_length();
        let starts = (0..self.points.len()).step_by(length);
        starts.map(|start| start..start + length).collect()
    }

    /// How a claim stands along a row.
    pub fn standings(&self, property: usize, row: std::ops::Range<usize>) -> Vec<Standing> {
        self.points[row].iter().map(|point| point.sign(property).standing()).collect()
    }

    /// Whether anything was asked that has no answer.
    pub fn is_open(&self) -> bool {
        let is_open = |sign: Sign| sign.standing() == Standing::Open;
        let all = self.points.iter().cartesian_product(0..self.properties.len());
        all.into_iter().any(|(point, property)| is_open(point.sign(property)))
    }

    /// The row with its values in words: `fails at 0..2, holds from 3`.
    pub fn shape_words(&self, row: &Row) -> String {
        text::shape_words(&self.grid.axes[0], row)
    }

    /// The two sides of the line: neighbours of which one holds and the other fails, the one that holds
    /// first. Those in the row with the usual values, or in the first row that has any, or in two rows.
    pub fn line(&self, property: usize) -> Option<(usize, usize)> {
        let rows = self.rows();
        let is_usual = |row: &std::ops::Range<usize>| {
            let values = self.grid.values(row.start);
            let others = self.grid.axes.iter().zip(values).skip(1);
            others.into_iter().all(|(axis, value)| axis.usual == value)
        };
        let flip = |places: Vec<usize>| {
            let standing = |&place: &usize| self.points[place].sign(property).standing();
            let standings = places.iter().map(standing).collect_vec();
            let (left, right) = Row::flips(&standings).into_iter().next()?;
            let is_left = standings[left] == Standing::Holds;
            let (holds, fails) = if is_left { (left, right) } else { (right, left) };
            Some((places[holds], places[fails]))
        };
        let in_row = |row: &std::ops::Range<usize>| flip(row.clone().collect());
        let usual = rows.iter().filter(|row| is_usual(row)).find_map(in_row);
        let any = || rows.iter().find_map(in_row);
        // With more than two parameters, the next row need not be a neighbour.
        let columns = if self.grid.axes.len() == 2 { self.grid.row_length() } else { 0 };
        let column = |column: usize| rows.iter().map(|row| row.start + column).collect();
        usual.or_else(any).or_else(|| (0..columns).find_map(|number| flip(column(number))))
    }
}

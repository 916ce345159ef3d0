//! Answers to documents: plain data in a stable order, our words, nothing that depends on a terminal.
//!
//! [`Report::of`] turns what is known into words; [`text`] lays them out for people, [`json`] for
//! machines. Time and memory are no part of a report: the same input gives the same bytes.

mod compose;
pub mod diagnostic;
pub mod diff;
pub mod explain;
pub mod fairness;
pub mod json;
pub mod mitigate;
pub mod number;
pub mod profile;
pub mod rescue;
pub mod retrace;
pub mod sanity;
pub mod saved;
pub mod sweep;
pub mod tell;
pub mod text;
pub mod why;
pub mod words;

use self::explain::ExplainedReport;
use self::fairness::FairnessReport;
use self::sanity::SanityReport;
use crate::base::Span;
use crate::verdict::regions::Prospect;

/// The document of one check of one model in one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The model's name.
    pub model: String,
    /// The mitigations that are applied.
    pub mitigations: Vec<String>,
    /// The parameters, with the values they have.
    pub parameters: Vec<(String, String)>,
    /// What keeps the model from being explored at all, such as assumptions that leave no start.
    pub errors: Vec<String>,
    /// The ways in which the model breaks its own rules, and where time stops.
    pub findings: Vec<Finding>,
    /// What is to be said about the model as a whole.
    pub warnings: Vec<String>,
    /// Every property that was judged.
    pub properties: Vec<PropertyReport>,
    /// How recovery stands in the calm states, the best first; empty if nothing says what healthy is, or
    /// if it is unknown.
    pub regions: Vec<RegionReport>,
    /// Why that is unknown, if it is.
    pub regions_unknown: Option<String>,
    /// What was explored: one for each exploration.
    pub explored: Vec<Explored>,
    /// What one would expect to see and did not, if everything was explored.
    pub sanity: Option<SanityReport>,
    /// The fairness that verdicts rest on, if ours is the engine.
    pub fairness: Option<FairnessReport>,
}

/// The document of one walk through one model in one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkReport {
    /// The mitigations that are applied.
    pub mitigations: Vec<String>,
    /// The parameters, with the values they have.
    pub parameters: Vec<(String, String)>,
    /// What its random choices were made from, if they were made.
    pub seed: Option<u64>,
    /// The walk.
    pub trace: ToldTrace,
}

/// Something found about the model itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which kind.
    pub kind: FindingKind,
    /// What it is, in one sentence.
    pub sentence: String,
    /// Where in the text, if it is about a place.
    pub place: Option<Span>,
    /// A trace that shows it.
    pub trace: ToldTrace,
    /// The trace explained, if that was asked for.
    pub explained: Option<ExplainedReport>,
}

/// The kinds of finding about the model itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// The model breaks its own rules.
    Breach,
    /// No tick can be reached any more.
    TimeStops,
}

/// The answer to one property, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyReport {
    /// Its name.
    pub name: String,
    /// The claim as written.
    pub claim: String,
    /// What is said about it in the model.
    pub doc: Option<String>,
    /// The verdict.
    pub verdict: VerdictWord,
    /// Why it is unknown, or what fails, or why it holds, in one line; may be empty.
    pub reason: String,
    /// The worst value, like `7` or `at least 7`.
    pub worst: Option<String>,
    /// What the storm is like, if it is one; or the loop, if what is counted has no bound for it.
    pub storm: Option<StormReport>,
    /// A storm that does not stay in the states that the claim is about, and so does not speak against it.
    pub storm_while_not_calm: Option<StormReport>,
    /// The trace that shows a failure.
    pub trace: Option<ToldTrace>,
    /// The trace that shows what is possible, or where the worst is reached.
    pub witness: Option<ToldTrace>,
    /// The trace explained, if that was asked for.
    pub explained: Option<ExplainedReport>,
    /// What is to be said beside the verdict, each perhaps with a trace.
    pub notes: Vec<(String, Option<ToldTrace>)>,
}

impl PropertyReport {
    /// Whether a loop that puts off something owed is told beside it.
    pub fn has_loop(&self) -> bool {
        let traces = self.notes.iter().filter_map(|(_, trace)| trace.as_ref());
        traces.into_iter().any(|trace| !trace.put_off.is_empty())
    }
}

/// A verdict as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictWord {
    /// `holds`
    Holds,
    /// `fails`
    Fails,
    /// `unknown`
    Unknown,
}

/// How bad a storm is, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Only loops that put off something owed count for ever: no bound, and no storm.
    Loop,
    /// A fair loop counts.
    Storm,
    /// And no way back is left without a further fault.
    Trap,
}

impl Grade {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Grade::Loop => "loop",
            Grade::Storm => "storm",
            Grade::Trap => "trap",
        }
    }
}

/// What a storm is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StormReport {
    /// How bad it is.
    pub grade: Grade,
    /// The meter.
    pub meter: String,
    /// How much one turn of the loop counts.
    pub count_per_turn: u64,
    /// How many ticks one turn takes.
    pub ticks_per_turn: u64,
    /// The faults on the way into the loop that is shown.
    pub faults: u32,
    /// The fewest faults that lead into any storm.
    pub fewest_faults: u32,
    /// The optional actions (`may`) that the loop takes.
    pub optional: Vec<String>,
    /// Whether all that can be reached was seen; if not, it may be worse, and need fewer faults.
    pub is_whole: bool,
}

/// A trace, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldTrace {
    /// The values of everything at the start: its name and its value.
    pub start: Vec<(String, String)>,
    /// The watched figures at the start.
    pub start_watches: Vec<(String, String)>,
    /// The steps.
    pub steps: Vec<ToldStep>,
    /// The position in `steps` of the first step of the loop, if it ends in one.
    pub loop_from: Option<usize>,
    /// What one turn of the loop counts, by meter; those that count nothing are left out.
    pub loop_counts: Vec<(String, u64)>,
    /// How many ticks one turn of the loop takes.
    pub loop_ticks: u64,
    /// The obligations that the loop puts off, as names of actions, if it is not fair.
    pub put_off: Vec<String>,
    /// The number of the last state from which recovery was sure, if it is not sure in the end; the
    /// start is state 0, and the state behind step n is state n.
    pub last_sure: Option<usize>,
    /// The same for the last state from which recovery was possible.
    pub last_possible: Option<usize>,
    /// What breaks at the last step, if anything does.
    pub breach: Option<String>,
}

/// One step, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldStep {
    /// Its number, from 1.
    pub number: usize,
    /// How many ticks have passed before it.
    pub time: u64,
    /// The action with its instances named, like `volume2.claim(node3)`; `tick` for a tick.
    pub action: String,
    /// Its role, as a word: `tick`, `action`, `eventually`, `may`, `fault`, `operator`.
    pub role: &'static str,
    /// The sentence of its documentation, filled in.
    pub sentence: Option<String>,
    /// What changed: its name, its value before and after.
    pub changes: Vec<Change>,
    /// What it counted, by meter, ticks apart.
    pub counts: Vec<(String, u64)>,
    /// The watched figures after it.
    pub watches: Vec<(String, String)>,
}

/// A value that a step changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What changed, like `volume2.former`.
    pub name: String,
    /// Its value before.
    pub before: String,
    /// Its value after.
    pub after: String,
}

/// The calm states from which recovery stands alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionReport {
    /// How it stands.
    pub prospect: Prospect,
    /// Whether the steps of operators were looked at; where they were not, they might help.
    pub sees_operators: bool,
    /// How many states there are.
    pub state_count: usize,
    /// The fewest faults that lead to one.
    pub fewest_faults: u32,
}

/// What was explored, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explored {
    /// Whether operators could act.
    pub with_operators: bool,
    /// Who explored, if it was not our own engine.
    pub other_engine: Option<&'static str>,
    /// If it told states apart by fingerprints: the odds that one was missed are at most one in so many.
    pub missed_one_in: Option<u64>,
    /// The machines up to whose renaming states and all else were counted.
    pub up_to_renaming: Vec<String>,
    /// The variables whose values were not told apart where nothing reads them.
    pub up_to_unread: Vec<String>,
    /// The actions of which only one order was explored.
    pub up_to_order: Vec<String>,
    /// Initial states.
    pub start_count: usize,
    /// States.
    pub state_count: usize,
    /// Steps, ticks apart.
    pub step_count: u64,
    /// Ticks.
    pub tick_count: u64,
    /// The number of the last level.
    pub depth: usize,
    /// What cut it short, in words, if anything did.
    pub cut: Option<String>,
}

impl Explored {
    /// Whether one state stands for several.
    pub fn is_merged(&self) -> bool {
        !self.up_to_renaming.is_empty() || !self.up_to_unread.is_empty()
    }
}

//! The command line as data: every flag once, with its help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::memory;
use crate::explore::Limits;
use crate::model::{Setting, Settings};

/// Finds out whether one bad step can start a storm that never ends.
#[derive(Debug, Parser)]
#[command(
    name = "squall",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 all hold or as expected, 1 something fails, \
                  2 the call or a model is wrong, 3 unknown."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge the properties of a model and tell what breaks them
    Check(Check),
    /// Check a certificate without exploring: the second opinion on every `holds`
    Audit(Audit),
    /// Compare models with what they themselves expect
    Test(Test),
    /// Compare two versions of a model: which answers are better, which worse
    Diff(Diff),
    /// Judge every claim under every set of mitigations: which suffice, and which do harm
    Mitigate(Mitigate),
    /// Judge properties over ranges of parameters, and find where they begin to hold or to fail
    Sweep(Sweep),
    /// Say why an action can or cannot happen at a step of a trace that `check` tells
    Why(Why),
    /// Take one random walk through a model, or a saved one, and tell it
    Simulate(Simulate),
    /// Find the operator actions that lead back to healthy from where a trace ends
    Rescue(Rescue),
    /// Walk through a model by hand, in a browser: opens the Explorer of stateright
    Explore(Explore),
    /// Bring models into the one canonical layout
    Format(Format),
}

/// `squall check`
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub model: ModelArguments,
    /// Judge only this property (may be repeated)
    #[arg(long = "property", value_name = "NAME")]
    pub properties: Vec<String>,
    /// Explain each trace: what it needs, what keeps its loop going, and what would have broken it
    #[arg(long)]
    pub explain: bool,
    /// Which engine explores
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t = Engine::Squall)]
    pub engine: Engine,
    /// Look at every state, also where some differ in the names of instances only
    #[arg(long)]
    pub no_symmetry: bool,
    /// Look at every state, also where some differ in values only that nothing reads again
    #[arg(long)]
    pub no_dead_values: bool,
    /// Take urgent steps in every order, also where claims about single states cannot tell which
    #[arg(long)]
    pub no_partial_order: bool,
    /// Tell states of several words apart by fingerprints, which takes less memory; the verdict tells the
    /// odds that a state was missed. For claims about single states
    #[arg(long, conflicts_with_all = ["certificate", "profile"])]
    pub compact: bool,
    /// Also tell where the states come from: by action, and by variable
    #[arg(long)]
    pub profile: bool,
    /// Write what is needed to believe each `holds`, for `squall audit`. The states written down are those
    /// of the model itself: nothing is reduced, so there can be many more
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// The worst grade of storm that does not fail the run; it is told all the same
    #[arg(long, value_enum, value_name = "GRADE", default_value_t = Accept::Loop)]
    pub accept: Accept,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}

/// `squall audit`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every property is certified, 1 the certificate, or a part of it, \
                        is refused, 2 the call or the model is wrong, 3 a property is not certified."
)]
pub struct Audit {
    /// The model, a `.squall` file
    #[arg(value_name = "MODEL")]
    pub path: PathBuf,
    /// The certificate, which names the configuration of the model
    #[arg(value_name = "FILE")]
    pub certificate: PathBuf,
}

/// What a build forgives, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Accept {
    /// Not even a loop that puts off something owed
    None,
    /// A loop that puts off something owed, but no storm
    Loop,
    /// A storm, as long as it is no trap
    Storm,
}

/// `squall diff`
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing is worse, 1 something is, \
                        2 the call or a model is wrong, 3 unknown.")]
pub struct Diff {
    /// The model as it was
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The model as it is
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Compare only this property (may be repeated)
    #[arg(long = "property", value_name = "NAME")]
    pub properties: Vec<String>,
    /// Apply mitigations in both (separated by commas; may be repeated)
    #[arg(long = "with", value_name = "MITIGATION", value_delimiter = ',')]
    pub mitigations: Vec<String>,
    /// Give a parameter another value in both (may be repeated)
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = setting)]
    pub settings: Vec<(String, String)>,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}

/// `squall mitigate`
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 some set makes every claim hold, 1 none does, \
                        2 the call or the model is wrong, 3 unknown.")]
pub struct Mitigate {
    #[command(flatten)]
    pub model: ModelArguments,
    /// Judge only this property (may be repeated)
    #[arg(long = "property", value_name = "NAME")]
    pub properties: Vec<String>,
    /// Try only these mitigations (may be repeated or separated by commas; default: all but those of
    /// `--with`)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub among: Vec<String>,
    /// Apply at most so many mitigations together, beside those of `--with` (default: all, as long
    /// as there are at most 1024 sets)
    #[arg(long, value_name = "K")]
    pub up_to: Option<usize>,
    /// Show every set in the table, not only the small ones
    #[arg(long)]
    pub all: bool,
    /// The worst grade of storm that counts as holding
    #[arg(long, value_enum, value_name = "GRADE", default_value_t = Accept::Loop)]
    pub accept: Accept,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}

/// `squall rescue`
#[derive(Debug, Args)]
pub struct Rescue {
    #[command(flatten)]
    pub model: ModelArguments,
    /// The property whose failing trace is meant (default: the first that looks for a storm), or a
    /// trace that `check --format json` saved: FILE, or FILE:PROPERTY where the file holds several
    #[arg(value_name = "TRACE")]
    pub trace: Option<String>,
    /// The property whose trace is meant; of a file, if TRACE names one
    #[arg(long, value_name = "NAME")]
    pub property: Option<String>,
    /// Another way to give TRACE
    #[arg(long, value_name = "TRACE", conflicts_with = "trace")]
    pub from: Option<String>,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}

/// `squall why`
#[derive(Debug, Args)]
#[command(override_usage = "squall why [OPTIONS] <MODEL> <TRACE> <STEP> <ACTION>\n       \
                            squall why [OPTIONS] <MODEL> <STEP> <ACTION> --property <NAME>")]
pub struct Why {
    #[command(flatten)]
    pub model: ModelArguments,
    /// The property whose trace is meant, or a trace that `check --format json` saved: FILE, or
    /// FILE:PROPERTY where the file holds several
    #[arg(value_name = "TRACE")]
    pub trace: String,
    /// After which step of the trace; 0 is the start
    #[arg(value_name = "STEP")]
    pub step: String,
    /// The action as traces tell it, like `volume3.claim(node2)`
    #[arg(value_name = "ACTION")]
    pub action: Option<String>,
    /// The property whose trace is meant: in place of TRACE, or in the file that TRACE names
    #[arg(long, value_name = "NAME")]
    pub property: Option<String>,
    /// Count in the shorter trace that `check --explain` tells
    #[arg(long)]
    pub explained: bool,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}

/// `squall test`
#[derive(Debug, Args)]
pub struct Test {
    /// Models, and folders with models in them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}

/// `squall sweep`
#[derive(Debug, Args)]
#[command(
    after_help = "Every point is checked by itself, with the limits for each; nothing is inferred \
                        from one point about another.\n\n\
                        Exit codes: 0 every point has an answer, 2 the call or the model is wrong, \
                        3 something is unknown."
)]
pub struct Sweep {
    #[command(flatten)]
    pub model: ModelArguments,
    /// Vary a parameter: `slots=2..6`, `slots=2,4,8`, or `slots` for all of its declared range (may
    /// be repeated: the first goes across, the second down)
    #[arg(long = "over", value_name = "PARAM[=VALUES]", value_parser = over)]
    pub over: Vec<Over>,
    /// Judge only this property (may be repeated)
    #[arg(long = "property", value_name = "NAME")]
    pub properties: Vec<String>,
    /// Go from size to size of one parameter until verdict and worst value were the same three times
    #[arg(long)]
    pub until_stable: bool,
    /// Keep each point in this file as soon as it is known, and begin with what it knows already
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Write all points as a table for spreadsheets
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write the document for programs
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw one parameter, or two, as a picture
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    #[command(flatten)]
    pub effort: Effort,
    /// Write the result as `text` for people, or as `json` or `csv` for programs
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t = SweepFormat::Text,
        hide_possible_values = true
    )]
    pub format: SweepFormat,
}

/// For whom a sweep is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SweepFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

impl SweepFormat {
    /// The format in which a refusal is told.
    pub fn of_refusal(self) -> OutputFormat {
        match self {
            SweepFormat::Json => OutputFormat::Json,
            SweepFormat::Text | SweepFormat::Csv => OutputFormat::Text,
        }
    }
}

/// A parameter to vary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// Its name.
    pub name: String,
    /// The values it is given; none for all that it may have.
    pub values: Vec<Stretch>,
    /// Both, as written.
    pub text: String,
}

/// A value, or all whole numbers from one to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// As a person writes it.
    One(String),
    /// Both ends included; the first is not above the last.
    Range(i64, i64),
}

/// `squall simulate`
#[derive(Debug, Args)]
pub struct Simulate {
    #[command(flatten)]
    pub model: ModelArguments,
    /// Take the same walk again (default: another one each time)
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many steps to take
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub steps: usize,
    /// Let operators act as well
    #[arg(long)]
    pub operators: bool,
    /// Walk a trace that `check --format json` saved: FILE, or FILE:PROPERTY where it holds several
    #[arg(long, value_name = "TRACE", conflicts_with_all = ["seed", "steps", "operators"])]
    pub replay: Option<String>,
    /// The property whose trace of the file is meant
    #[arg(long, value_name = "NAME", requires = "replay")]
    pub property: Option<String>,
    #[command(flatten)]
    pub output: Output,
}

/// `squall explore`
#[derive(Debug, Args)]
pub struct Explore {
    #[command(flatten)]
    pub model: ModelArguments,
    /// Whose explorer to open: there is only that of stateright
    #[arg(long, value_enum, value_name = "ENGINE", default_value_t = Explorer::Stateright)]
    #[arg(hide_possible_values = true)]
    pub engine: Explorer,
    /// Where the browser finds it; port 0 is any that is free
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3000")]
    pub address: String,
    /// Let operators act as well
    #[arg(long)]
    pub operators: bool,
}

/// Whose explorer is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Explorer {
    /// That of the library stateright
    Stateright,
}

/// `squall format`
#[derive(Debug, Args)]
pub struct Format {
    /// Files, and folders with models in them; `-` reads stdin and writes stdout
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Change nothing; list what would change, and exit with 1 if anything would
    #[arg(long)]
    pub check: bool,
}

/// A model in one configuration.
#[derive(Debug, Args)]
pub struct ModelArguments {
    /// The model, a `.squall` file
    #[arg(value_name = "MODEL")]
    pub path: PathBuf,
    /// Apply mitigations (separated by commas; may be repeated)
    #[arg(long = "with", value_name = "MITIGATION", value_delimiter = ',')]
    pub mitigations: Vec<String>,
    /// Give a parameter another value (may be repeated)
    #[arg(long = "set", value_name = "PARAM=VALUE", value_parser = setting)]
    pub settings: Vec<(String, String)>,
}

impl ModelArguments {
    /// What is chosen outside the text.
    pub fn settings(&self) -> Settings {
        let chosen =
            |(name, value): &(String, String)| (name.clone(), Setting::Text(value.clone()));
        Settings {
            mitigations: self.mitigations.clone(),
            parameters: self.settings.iter().map(chosen).collect(),
        }
    }
}

/// How far to go, and with how many hands.
#[derive(Debug, Args)]
pub struct Effort {
    /// How many threads explore (default: one for each core); no result depends on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Stop where more states than this would be known
    #[arg(long, value_name = "N", help_heading = "Limits")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub max_states: Option<u64>,
    /// Stop this many steps away from the start
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_depth: Option<u64>,
    /// Stop where states and steps would take more memory, like `500MB` (default: most of what is free)
    #[arg(long, value_name = "SIZE", help_heading = "Limits", value_parser = memory)]
    pub max_memory: Option<u64>,
    /// Stop after this time; `1.5` is one second and a half
    #[arg(long, value_name = "SECONDS", help_heading = "Limits", value_parser = seconds)]
    pub timeout: Option<Duration>,
}

impl Effort {
    /// The limits, which repeat exactly where they are given.
    pub fn limits(&self) -> Limits {
        let memory_bytes = self.max_memory.or_else(memory::most_bytes);
        Limits { states: self.max_states, depth: self.max_depth, memory_bytes }
    }

    /// The same for each of several runs, as many of which go on at once as there are workers.
    pub fn limits_side_by_side(&self) -> Limits {
        let share = || memory::most_bytes().map(|all| all / self.workers().max(1) as u64);
        Limits { memory_bytes: self.max_memory.or_else(share), ..self.limits() }
    }

    /// How many threads explore.
    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}

/// How results are written.
#[derive(Debug, Args)]
pub struct Output {
    /// Write the result as `text` for people or as `json` for programs
    #[arg(
        long = "format",
        value_enum,
        value_name = "FORMAT",
        default_value_t = OutputFormat::Text,
        hide_possible_values = true
    )]
    pub format: OutputFormat,
}

/// For whom results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Which engine explores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Ours, by machine code as soon as that pays
    Squall,
    /// Ours, all by interpreting instructions: slower, with the same answers
    Interpreted,
    /// That of the library stateright, for claims about single states
    Stateright,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a setting looks like `nodes=3`")?;
    if name.trim().is_empty() || value.trim().is_empty() {
        return Err("a setting looks like `nodes=3`".to_owned());
    }
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn over(text: &str) -> Result<Over, String> {
    const HELP: &str = "what to vary looks like `slots`, `slots=2..6` or `slots=2,4,8`";
    let (name, values) = text.split_once('=').map_or((text, None), |(n, v)| (n, Some(v)));
    let stretch = |text: &str| match text.trim().split_once("..") {
        None if text.trim().is_empty() => Err(HELP.to_owned()),
        None => Ok(Stretch::One(text.trim().to_owned())),
        Some((first, last)) => {
            let number = |text: &str| text.trim().parse::<i64>().map_err(|_| HELP.to_owned());
            match (number(first)?, number(last)?) {
                (first, last) if first <= last => Ok(Stretch::Range(first, last)),
                (first, last) => Err(format!("the range {first}..{last} is empty")),
            }
        }
    };
    let values = values.map(|values| values.split(',').map(stretch).collect());
    match name.trim() {
        "" => Err(HELP.to_owned()),
        name => Ok(Over {
            name: name.to_owned(),
            values: values.unwrap_or_else(|| Ok(Vec::new()))?,
            text: text.to_owned(),
        }),
    }
}

fn memory(text: &str) -> Result<u64, String> {
    const HELP: &str = "an amount of memory looks like `500MB` or `2GB`";
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| HELP)?;
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(HELP.to_owned()),
    };
    number.checked_mul(unit).ok_or_else(|| HELP.to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<f64>().ok();
    let duration = parsed.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "a number of seconds looks like `60` or `0.5`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn what_to_vary_is_a_name_with_ranges_and_values() {
        let values = |text| over(text).map(|over| over.values);
        let one = |text: &str| Stretch::One(text.to_owned());
        assert_eq!(values("n"), Ok(Vec::new()));
        assert_eq!(values("n=-1..2, 4"), Ok(vec![Stretch::Range(-1, 2), one("4")]));
        assert_eq!(values("on = true,false"), Ok(vec![one("true"), one("false")]));
        assert_eq!(values("n=3..2"), Err("the range 3..2 is empty".to_owned()));
        for text in ["", "=1", "n=", "n=1,", "n=1..", "n=a..b", "n=1..99999999999999999999"] {
            assert!(over(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_and_times_are_read_as_people_write_them() {
        assert_eq!(memory("50MB"), Ok(50_000_000));
        assert_eq!(memory("2 GiB"), Ok(2 << 30));
        assert_eq!(memory("123"), Ok(123));
        assert!(
            ["", "MB", "1.5GB", "-1", "5 parsecs", "99999999999GB"]
                .iter()
                .all(|text| memory(text).is_err())
        );
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(["-1", "inf", "NaN", "soon"].iter().all(|text| seconds(text).is_err()));
    }
}

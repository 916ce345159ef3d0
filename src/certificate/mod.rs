//! What is needed to believe each `holds` without exploring again, and how it is kept in a file.
//!
//! A certificate is a claim, not a proof: whoever reads it trusts nothing in it and checks all of it.
//! So it holds no conclusions, only what is hard to find and easy to check: the states, and numbers
//! on them along which something cannot go on for ever.
//!
//! The file is lines of words. Its first line names the version, its last is `end`, and counts stand
//! before what they count. Each part lists the values that occur in its states, and then each state
//! by the places of its values in that list.

mod temporal;

pub use self::temporal::{Stage, Turn};

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::str::FromStr;

use itertools::Itertools;

use self::temporal::write_stages;
use crate::base::Source;
use crate::base::hash::hash_words;
use crate::model::{EnumId, MachineId, Value, Values};
use crate::system::{ActionId, FairnessId};

const FIRST_LINE: &str = "squall certificate 1";

/// Why properties of one model in one configuration hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The [`text_hash`] of the model.
    pub text_hash: u64,
    /// The mitigations that are applied.
    pub mitigations: Vec<String>,
    /// The parameters that are set, and to what.
    pub settings: Vec<(String, String)>,
    /// At most one without and one with operators.
    pub parts: Vec<Part>,
}

/// What is certified about the same states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whether operators act.
    pub with_operators: bool,
    /// All reachable states, each a start or behind one that stands before it; none where no proof
    /// needs them.
    pub states: Vec<Values>,
    /// The properties that hold, by name.
    pub proofs: Vec<(String, Proof)>,
}

/// What shows that a property holds. Numbers are in the order of the states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing more: it can be seen in each state alone.
    States,
    /// For `possible`: a way to such a state.
    Trace(Values, Vec<ActionId>),
    /// For `finite`, `rate` and `recovers`: why fair executions that stay in the region do not count
    /// without end, or not too fast.
    Order(Vec<Level>),
    /// For `total`: how much can still be counted. One list; within a number of ticks one for each
    /// number of ticks that is left, from 0, or fewer if the last serves for any number.
    Most(Vec<Vec<u64>>),
    /// For `recovers within`: an order, and how many ticks can still be counted.
    Recovery(Vec<Level>, Vec<u64>),
    /// For `always possible`: how many steps are left to the goal.
    Ranks(Vec<u64>),
    /// For temporal claims: an automaton that reads whatever violates the claim, and why no fair
    /// execution can be read. The order is on the places, and all that can be read counts.
    Temporal(Vec<Stage>, Vec<Level>),
}

/// An order on a region. No step inside the region leads up, so an execution that stays there stays in
/// one class at last: the states with one number. Most classes count nothing; where one does, there is
/// a reason why a fair execution does not stay in it, or not in all of it. What then remains is the
/// region of the next level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// The number of each state of the region.
    pub numbers: Vec<u32>,
    /// The classes that count, ascending.
    pub reasons: Vec<(u32, Reason)>,
    /// By state of a class with a ratio, its height: no step inside the class gains against it.
    pub heights: Vec<i128>,
}

/// Why a fair execution does not count for ever in a class, or not too fast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// This is enabled in all of it, and no step inside it discharges it.
    Weak(FairnessId),
    /// These are strong, and no step inside it discharges them: where one of them is enabled an
    /// execution does not return for ever.
    Strong(Vec<FairnessId>),
    /// It counts at most so much in so many ticks.
    Ratio(i128, i128),
    /// Every step inside it puts off this `until`, so what it waits for never comes.
    Waits(i32),
}

/// What tells one text from another: the model's and those of its libraries.
pub fn text_hash(sources: &[Source]) -> u64 {
    let words_of = |source: &Source| {
        let chunks = source.text.as_bytes().chunks(8);
        let word = |chunk: &[u8]| chunk.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
        std::iter::once(source.text.len() as u64).chain(chunks.map(word)).collect_vec()
    };
    hash_words(&sources.iter().flat_map(words_of).collect_vec())
}

impl Certificate {
    /// The text of the file.
    pub fn write(&self) -> String {
        let mut text = format!("{FIRST_LINE}\ntext {:016x}\n", self.text_hash);
        self.mitigations.iter().for_each(|name| line(&mut text, &format!("with {name}"), &ALONE));
        for (name, value) in &self.settings {
            line(&mut text, &format!("set {name}={value}"), &ALONE);
        }
        self.parts.iter().for_each(|part| part.write(&mut text));
        text + "end\n"
    }
}

/// No words behind the first.
const ALONE: [&str; 0] = [];

/// Adds a line of words.
fn line(text: &mut String, head: &str, words: &[impl fmt::Display]) {
    let space = if head.is_empty() || words.is_empty() { "" } else { " " };
    writeln!(text, "{head}{space}{}", words.iter().join(" ")).expect("a string takes all words");
}

impl Part {
    fn write(&self, text: &mut String) {
        line(text, if self.with_operators { "part with operators" } else { "part" }, &ALONE);
        let starts = self.proofs.iter().filter_map(|(_, proof)| match proof {
            Proof::Trace(start, _) => Some(start),
            _ => None,
        });
        let used = self.states.iter().chain(starts).flatten().sorted().dedup().collect_vec();
        line(text, "values", &used.iter().map(|value| written(value)).collect_vec());
        let places: BTreeMap<&Value, usize> = used.iter().copied().zip(0..).collect();
        let place_of = |state: &Values| state.iter().map(|value| places[value]).collect_vec();
        line(text, "states", &[self.states.len()]);
        self.states.iter().for_each(|state| line(text, "", &place_of(state)));
        for (name, proof) in &self.proofs {
            line(text, "property", &[name]);
            match proof {
                Proof::States => line(text, "states", &ALONE),
                Proof::Trace(start, actions) => {
                    line(text, "trace", &place_of(start));
                    line(text, "actions", &actions.iter().map(|action| action.0).collect_vec());
                }
                Proof::Order(levels) => write_order(text, "order", levels),
                Proof::Most(layers) => {
                    line(text, "most", &[layers.len()]);
                    layers.iter().for_each(|layer| line(text, "", layer));
                }
                Proof::Recovery(levels, most) => {
                    write_order(text, "recovery", levels);
                    line(text, "", most);
                }
                Proof::Ranks(ranks) => line(text, "ranks", ranks),
                Proof::Temporal(stages, levels) => {
                    write_stages(text, stages);
                    write_order(text, "order", levels);
                }
            }
        }
    }
}

fn write_order(text: &mut String, head: &str, levels: &[Level]) {
    line(text, head, &[levels.len()]);
    for level in levels {
        line(text, "numbers", &level.numbers);
        line(text, "heights", &level.heights);
        line(text, "classes", &[level.reasons.len()]);
        for (number, reason) in &level.reasons {
            let head = number.to_string();
            match reason {
                Reason::Weak(fairness) => line(text, &(head + " weak"), &[fairness.0]),
                Reason::Strong(all) => {
                    let all = all.iter().map(|fairness| fairness.0).collect_vec();
                    line(text, &(head + " strong"), &all);
                }
                Reason::Ratio(count, ticks) => line(text, &(head + " ratio"), &[count, ticks]),
                Reason::Waits(until) => line(text, &(head + " waits"), &[until]),
            }
        }
    }
}

/// A value as one word.
fn written(value: &Value) -> String {
    let all = |values: &[Value]| values.iter().map(written).join(",");
    match value {
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Enum(id, position) => format!("enum{}.{position}", id.0),
        Value::Instance(id, index) => format!("machine{}.{index}", id.0),
        Value::Control(id, position) => format!("state{}.{position}", id.0),
        Value::None => "none".to_owned(),
        Value::Set(members) => format!("set({})", members.iter().map(written).join(",")),
        Value::Array(items) => format!("array({})", all(items)),
        Value::Queue(elements) => format!("queue({})", all(elements)),
    }
}

/// Where a file is not a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line, from 1.
    pub line_number: usize,
    /// What is wrong there.
    pub why: &'static str,
}

impl Certificate {
    /// Reads what [`write`](Certificate::write) wrote.
    pub fn read(text: &str) -> Result<Certificate, Broken> {
        let mut reader = Reader { lines: text.lines(), line_number: 0 };
        let certificate = reader.certificate();
        certificate.map_err(|why| Broken { line_number: reader.line_number, why })
    }
}

/// A file that is being read; what is wrong is told as a sentence.
struct Reader<'t> {
    lines: std::str::Lines<'t>,
    line_number: usize,
}

type Read<T> = Result<T, &'static str>;

impl<'t> Reader<'t> {
    fn line(&mut self) -> Read<&'t str> {
        self.line_number += 1;
        self.lines.next().ok_or("the file ends too early")
    }

    /// The rest of a line that begins with a word.
    fn after(&mut self, head: &str) -> Read<&'t str> {
        rest(self.line()?, head).ok_or("another line was expected here")
    }

    fn certificate(&mut self) -> Read<Certificate> {
        if self.line()? != FIRST_LINE {
            return Err("it is no certificate of this version");
        }
        let hash = u64::from_str_radix(self.after("text")?, 16);
        let text_hash = hash.map_err(|_| "this is not the hash of a text")?;
        let mut read =
            Certificate { text_hash, mitigations: vec![], settings: vec![], parts: vec![] };
        // Those of the last part.
        let mut values = Vec::new();
        loop {
            let line = self.line()?;
            if let Some(name) = rest(line, "with") {
                read.mitigations.push(name.to_owned());
            } else if let Some(setting) = rest(line, "set") {
                let (name, value) = setting.split_once('=').ok_or("this sets nothing")?;
                read.settings.push((name.to_owned(), value.to_owned()));
            } else if let Some(operators) = rest(line, "part") {
                values =
                    self.after("values")?.split_whitespace().map(value).collect::<Read<_>>()?;
                read.parts.push(self.part(operators, &values)?);
            } else if let Some(name) = rest(line, "property") {
                let proof = self.proof(&values)?;
                let part = read.parts.last_mut().ok_or("a property belongs to a part")?;
                part.proofs.push((name.to_owned(), proof));
            } else if line == "end" {
                break;
            } else {
                return Err("another line was expected here");
            }
        }
        match self.lines.next() {
            None => Ok(read),
            Some(_) => Err("nothing should follow"),
        }
    }

    /// A part without its proofs.
    fn part(&mut self, operators: &str, values: &[Value]) -> Read<Part> {
        let with_operators = match operators {
            "" => false,
            "with operators" => true,
            _ => return Err("there is no such part"),
        };
        let count: usize = self.after("states").and_then(number)?;
        let states = (0..count).map(|_| state(values, self.line()?)).collect::<Read<_>>()?;
        Ok(Part { with_operators, states, proofs: Vec::new() })
    }

    fn proof(&mut self, values: &[Value]) -> Read<Proof> {
        let line = self.line()?;
        if line == "states" {
            Ok(Proof::States)
        } else if let Some(start) = rest(line, "trace") {
            let actions = numbers(self.after("actions")?)?.into_iter().map(ActionId).collect();
            Ok(Proof::Trace(state(values, start)?, actions))
        } else if let Some(count) = rest(line, "order") {
            Ok(Proof::Order(self.order(count)?))
        } else if let Some(count) = rest(line, "recovery") {
            Ok(Proof::Recovery(self.order(count)?, numbers(self.line()?)?))
        } else if let Some(count) = rest(line, "most") {
            let layers = (0..number(count)?).map(|_: usize| numbers(self.line()?));
            Ok(Proof::Most(layers.collect::<Read<_>>()?))
        } else if let Some(ranks) = rest(line, "ranks") {
            Ok(Proof::Ranks(numbers(ranks)?))
        } else if let Some(counts) = rest(line, "temporal") {
            let stages = self.stages(counts)?;
            let count = self.after("order")?;
            Ok(Proof::Temporal(stages, self.order(count)?))
        } else {
            Err("there is no such proof")
        }
    }

    fn order(&mut self, count: &str) -> Read<Vec<Level>> {
        (0..number(count)?).map(|_: usize| self.level()).collect()
    }

    fn level(&mut self) -> Read<Level> {
        let of_states = numbers(self.after("numbers")?)?;
        let heights = numbers(self.after("heights")?)?;
        let count: usize = self.after("classes").and_then(number)?;
        let reasons = (0..count).map(|_| reason(self.line()?)).collect::<Read<_>>()?;
        Ok(Level { numbers: of_states, reasons, heights })
    }
}

/// What stands behind the first word of a line, if it is this one.
fn rest<'t>(line: &'t str, head: &str) -> Option<&'t str> {
    let rest = line.strip_prefix(head)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

fn number<T: FromStr>(word: &str) -> Read<T> {
    word.parse().map_err(|_| "a number was expected here")
}

fn numbers<T: FromStr>(words: &str) -> Read<Vec<T>> {
    words.split(' ').filter(|word| !word.is_empty()).map(number).collect()
}

/// A state by the places of its values.
fn state(values: &[Value], words: &str) -> Read<Values> {
    let places: Vec<usize> = numbers(words)?;
    let value = |place: usize| values.get(place).cloned().ok_or("there is no such value");
    places.into_iter().map(value).collect()
}

fn reason(line: &str) -> Read<(u32, Reason)> {
    let (class, reason) = line.split_once(' ').ok_or("a class needs a reason")?;
    let reason = if let Some(fairness) = rest(reason, "weak") {
        Reason::Weak(FairnessId(number(fairness)?))
    } else if let Some(all) = rest(reason, "strong") {
        Reason::Strong(numbers(all)?.into_iter().map(FairnessId).collect())
    } else if let Some((count, ticks)) = rest(reason, "ratio").and_then(|it| it.split_once(' ')) {
        Reason::Ratio(number(count)?, number(ticks)?)
    } else if let Some(until) = rest(reason, "waits") {
        Reason::Waits(number(until)?)
    } else {
        return Err("there is no such reason");
    };
    Ok((number(class)?, reason))
}

/// A value from one word.
fn value(word: &str) -> Read<Value> {
    let mut left = word;
    let value = next_value(&mut left)?;
    if left.is_empty() { Ok(value) } else { Err("this is no value") }
}

/// The value with which a word begins; what is behind it is left.
fn next_value(left: &mut &str) -> Read<Value> {
    type MadeOf = fn(Vec<Value>) -> Value;
    let kinds: [(&str, MadeOf); 3] = [
        ("set(", |members| Value::Set(members.into_iter().collect())),
        ("array(", Value::Array),
        ("queue(", Value::Queue),
    ];
    for (head, made_of) in kinds {
        let Some(inside) = left.strip_prefix(head) else { continue };
        *left = inside;
        let mut values = Vec::new();
        while !left.starts_with(')') {
            values.push(next_value(left)?);
            *left = left.strip_prefix(',').unwrap_or(left);
        }
        *left = &left[1..];
        return Ok(made_of(values));
    }
    let (scalar, behind) = left.split_at(left.find([',', ')']).unwrap_or(left.len()));
    *left = behind;
    scalar_value(scalar)
}

fn scalar_value(word: &str) -> Read<Value> {
    let pair = |head: &str| -> Option<(u32, u32)> {
        let (id, place) = word.strip_prefix(head)?.split_once('.')?;
        Some((id.parse().ok()?, place.parse().ok()?))
    };
    Ok(if let Some((id, position)) = pair("enum") {
        Value::Enum(EnumId(id), position)
    } else if let Some((id, index)) = pair("machine") {
        Value::Instance(MachineId(id), index)
    } else if let Some((id, position)) = pair("state") {
        Value::Control(MachineId(id), position)
    } else {
        match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "none" => Value::None,
            _ => Value::Number(number(word)?),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Certificate {
        let machine = MachineId(1);
        let nested = Value::Array(vec![
            Value::Set([Value::Number(-3), Value::None].into()),
            Value::Queue(vec![]),
            Value::Queue(vec![Value::Bool(true), Value::Enum(EnumId(0), 2)]),
        ]);
        let first = vec![Value::Control(machine, 0), nested];
        let second = vec![Value::Instance(machine, 4), Value::Bool(false)];
        let level = Level {
            numbers: vec![0, 7],
            reasons: vec![
                (0, Reason::Weak(FairnessId(3))),
                (7, Reason::Strong(vec![FairnessId(1), FairnessId(2)])),
                (9, Reason::Ratio(5, 2)),
                (11, Reason::Waits(4)),
            ],
            heights: vec![-8],
        };
        let turn = |to, put_off: &[i32]| Turn { to, put_off: put_off.to_vec() };
        let turns = vec![vec![turn(1, &[]), turn(0, &[4, 5])], vec![]];
        let stages = vec![
            Stage { formulas: vec![4, -3], turns, states: vec![0, 2] },
            Stage { turns: vec![vec![]; 2], ..Stage::default() },
        ];
        let proofs = [
            ("a", Proof::States),
            ("b", Proof::Trace(first.clone(), vec![ActionId(4), ActionId(0)])),
            ("c", Proof::Order(vec![level.clone(), Level::default()])),
            ("d", Proof::Most(vec![vec![1, 2], vec![]])),
            ("e", Proof::Recovery(vec![level], vec![u64::MAX])),
            ("f", Proof::Ranks(vec![0, 1])),
            ("g", Proof::Temporal(stages, vec![Level::default()])),
        ];
        let proofs = proofs.map(|(name, proof)| (name.to_owned(), proof)).to_vec();
        let states = vec![first, second];
        let part = |with_operators| Part {
            with_operators,
            states: states.clone(),
            proofs: proofs.clone(),
        };
        Certificate {
            text_hash: 17,
            mitigations: vec!["back_off".to_owned()],
            settings: vec![("nodes".to_owned(), "2 + 1".to_owned())],
            parts: vec![part(false), part(true)],
        }
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(Certificate::read(&example().write()), Ok(example()));
    }

    #[test]
    fn a_file_that_is_cut_short_is_no_certificate() {
        let text = example().write();
        let lines = text.lines().count();
        for kept in 0..lines {
            let cut: String = text.lines().take(kept).map(|line| format!("{line}\n")).collect();
            assert!(Certificate::read(&cut).is_err(), "of {lines} lines {kept} are enough");
        }
    }

    #[test]
    fn one_sign_more_is_another_text() {
        let hash = |text: &str| text_hash(&[Source::new(crate::base::SourceId(0), "a", text)]);
        let all = ["model a", "model a\n", "model b", "mpdel a"].map(hash);
        assert!(all.iter().all_unique());
    }
}

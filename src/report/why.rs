//! Why an action can or cannot be taken somewhere: the first obstacle, and its condition taken apart.

use anstyle::{AnsiColor, Style};
use itertools::Itertools;

use super::number::counted;
use super::words::{Naming, breach};
use crate::base::{Source, Span};
use crate::model::{Interpreter, Model, Obstacle, Part, Value, Values};
use crate::system::ActionId;

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// What became of an action in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyReport {
    /// The action with its instances, like `volume2.claim(node3)`.
    pub action: String,
    /// Whether it can be taken.
    pub enabled: bool,
    /// Why, in one sentence.
    pub sentence: String,
    /// A condition that is false, taken apart.
    pub condition: Option<ToldPart>,
}

/// A condition or value, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPart {
    /// Where it stands.
    pub place: Span,
    /// Itself as written, on one line.
    pub text: String,
    /// What its names stand for, those apart that are known from around it.
    pub names: Vec<(String, String)>,
    /// What it is worth.
    pub value: ToldValue,
    /// What decides its value.
    pub inside: Vec<ToldPart>,
    /// Whether one condition inside decides it alone: the first that is worth the same, or the first.
    pub is_settled_by_one: bool,
}

/// What a part is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToldValue {
    /// A condition is true or not.
    Truth(bool),
    /// A variable or figure has a value.
    Value(String),
    /// An instance is in a control state.
    State(String),
    /// It cannot be read, and why.
    Unreadable(&'static str),
}

/// Who asks: a model, its text and its names.
pub struct Asker<'m> {
    model: &'m Model,
    sources: &'m [Source],
    naming: Naming<'m>,
}

impl<'m> Asker<'m> {
    /// Asks about a model.
    pub fn of(model: &'m Model, sources: &'m [Source]) -> Asker<'m> {
        Asker { model, sources, naming: Naming::of(model) }
    }

    /// What becomes of an action in a state.
    pub fn ask(&self, action: ActionId, state: &Values) -> WhyReport {
        let meaning = Interpreter::new(self.model);
        let name = self.naming.action(action);
        let obstacle = meaning.obstacle(action, state);
        let Some(obstacle) = obstacle else {
            let broken = meaning.step(action, state).and_then(|step| step.next.err());
            let sentence = match broken {
                Some(broken) => format!("It is enabled, and breaks a rule: {}", breach(broken)),
                None => "It is enabled there".to_owned(),
            };
            return WhyReport { action: name, enabled: true, sentence, condition: None };
        };
        let sentence = self.sentence(action, &obstacle);
        let condition = match &obstacle {
            Obstacle::Condition(part) => Some(self.tell(part, &[])),
            _ => None,
        };
        WhyReport { action: name, enabled: false, sentence, condition }
    }

    /// An obstacle in one sentence, without its full stop.
    fn sentence(&self, action: ActionId, obstacle: &Obstacle) -> String {
        let instance = self.model.instances.get(action);
        let declared = instance.map(|one| &self.model.actions[one.action]);
        match obstacle {
            Obstacle::Urgent(actions) => {
                let names = actions.iter().map(|&one| self.naming.action(one)).join(", ");
                format!("Time does not pass while an urgent action is enabled: {names}")
            }
            Obstacle::State(at) => {
                let (Some(instance), Some(declared)) = (instance, declared) else {
                    unreachable!("a tick starts from everywhere")
                };
                let machine = declared.machine.expect("only machines have control states");
                let states = &self.model.machines[machine].states;
                let from = declared.from.iter().flatten().map(|&at| states[at as usize].as_str());
                format!(
                    "{} is {}, and it starts from {}",
                    self.naming.instance(machine, instance.index),
                    states[*at as usize],
                    from.format(" | ")
                )
            }
            Obstacle::Budget => {
                let limit = declared.and_then(|one| one.budget).map_or(0, |budget| budget.limit);
                let times = counted(u64::from(limit), "time");
                format!("Its budget is spent: it happens {times} at most")
            }
            Obstacle::Condition(part) => {
                let is_guard = declared
                    .and_then(|one| one.guard.as_ref())
                    .is_some_and(|guard| guard.span == part.place);
                let what = if is_guard { "Its guard" } else { "What it asks of a parameter" };
                format!("{what} is false")
            }
        }
    }

    fn tell(&self, part: &Part, known: &[(String, Value)]) -> ToldPart {
        let is_new = |name: &&(String, Value)| !known.contains(name);
        let names = part.names.iter().filter(is_new);
        let names = names.map(|(name, value)| (name.clone(), self.naming.value(value)));
        let around = [known, &part.names].concat();
        let text = self.text(part.place);
        let inside = part.inside.iter().map(|inner| self.tell(inner, &around));
        // A literal says what it is worth by itself.
        let says_more = |inner: &ToldPart| inner.value != ToldValue::Value(inner.text.clone());
        ToldPart {
            place: part.place,
            names: names.collect(),
            value: self.value(&part.value),
            inside: inside.filter(says_more).collect(),
            is_settled_by_one: part.is_settled_by_one,
            text,
        }
    }

    fn value(&self, value: &Result<Value, crate::system::Breach>) -> ToldValue {
        match value {
            Ok(Value::Bool(truth)) => ToldValue::Truth(*truth),
            Ok(value @ Value::Control(..)) => ToldValue::State(self.naming.value(value)),
            Ok(value) => ToldValue::Value(self.naming.value(value)),
            Err(broken) => ToldValue::Unreadable(breach(*broken)),
        }
    }

    fn text(&self, place: Span) -> String {
        let source = self.sources.iter().find(|source| source.id == place.source);
        let text = source.map_or("", |source| source.slice(place));
        let without_comments = text.lines().map(|line| line.split("//").next().unwrap_or(""));
        without_comments.flat_map(str::split_whitespace).join(" ")
    }
}

impl WhyReport {
    /// The obstacle in one line: its sentence, or the smallest condition that decides alone.
    pub fn in_short(&self) -> String {
        let Some(condition) = &self.condition else { return self.sentence.clone() };
        let mut path = vec![condition];
        while let Some(inner) = path.last().and_then(|part| part.decisive()) {
            path.push(inner);
        }
        // A definition of several parts is best told by its name.
        let is_compound = |part: &&ToldPart| part.conditions().count() > 1;
        if path.len() > 1 && path.last().is_some_and(is_compound) {
            path.pop();
        }
        let reason = path[path.len() - 1];
        let values = reason.inside.iter().filter_map(ToldPart::as_equation).join(", ");
        let values = if values.is_empty() { values } else { format!(" ({values})") };
        let is_named = |part: &&&ToldPart| !part.names.is_empty();
        let names = path.iter().skip(1).filter(is_named).flat_map(|part| &part.names);
        let names = names.filter(|(name, _)| name != "self");
        let names = names.map(|(name, value)| format!("{name} = {value}")).join(", ");
        let names = if names.is_empty() { names } else { format!(" for {names}") };
        format!("`{}` is {}{names}{values}", reason.text, reason.value_words())
    }
}

impl ToldPart {
    fn conditions(&self) -> impl Iterator<Item = &ToldPart> {
        self.inside.iter().filter(|inner| matches!(inner.value, ToldValue::Truth(_)))
    }

    /// The condition inside that decides this one alone, if one does.
    fn decisive(&self) -> Option<&ToldPart> {
        let alike = self.conditions().find(|inner| inner.value == self.value);
        alike.or_else(|| self.conditions().next()).filter(|_| self.is_settled_by_one)
    }

    fn value_words(&self) -> &'static str {
        match self.value {
            ToldValue::Truth(true) => "true",
            ToldValue::Truth(false) => "false",
            _ => "not readable",
        }
    }

    /// `text = value`, of what is no condition.
    fn as_equation(&self) -> Option<String> {
        match &self.value {
            ToldValue::Truth(_) => None,
            ToldValue::Value(value) => Some(format!("{} = {value}", self.text)),
            ToldValue::State(state) => Some(format!("{} is {state}", self.text)),
            ToldValue::Unreadable(why) => Some(format!("{}: {why}", self.text)),
        }
    }
}

/// Lays out an answer; `place` says where it was asked, like `after step 12 (tick)`.
pub fn write(report: &WhyReport, place: &str, sources: &[Source]) -> String {
    let style = if report.enabled { GOOD } else { BAD };
    let can = if report.enabled { "can happen" } else { "cannot happen" };
    let head = format!("{STRONG}{}{STRONG:#} {style}{can}{style:#} {place}.", report.action);
    let mut page = format!("{head}\n\n  {}.\n", report.sentence);
    if let Some(condition) = &report.condition {
        page.push('\n');
        write_part(&mut page, condition, 1, None, sources);
    }
    page
}

/// One line for each part, with its line in the text where that is another one than around it.
fn write_part(
    page: &mut String,
    part: &ToldPart,
    depth: usize,
    line_around: Option<(u16, usize)>,
    sources: &[Source],
) {
    let source = sources.iter().find(|source| source.id == part.place.source);
    let row = source.map_or(0, |source| source.line_and_column(part.place.start).0);
    let line = Some((part.place.source.0, row));
    let mark = match &part.value {
        ToldValue::Truth(true) => format!("{GOOD}true {GOOD:#}"),
        ToldValue::Truth(false) => format!("{BAD}false{BAD:#}"),
        _ => "     ".to_owned(),
    };
    let names = part.names.iter().map(|(name, value)| format!("{name} = {value}")).join(", ");
    let names = if names.is_empty() { names } else { format!("  {FAINT}where {names}{FAINT:#}") };
    let text = part.as_equation().unwrap_or_else(|| part.text.clone());
    let place = match source {
        Some(source) if line != line_around => {
            format!("  {FAINT}{}:{row}{FAINT:#}", source.name)
        }
        _ => String::new(),
    };
    page.push_str(&format!("{:indent$}{mark}  {text}{names}{place}\n", "", indent = 2 * depth));
    for inner in &part.inside {
        write_part(page, inner, depth + 1, line, sources);
    }
}

//! An explained trace in words: what happened to whom, how one thing led to another, what keeps the
//! loop going, and what would have broken it.

use std::collections::BTreeMap;

use itertools::Itertools;

use super::number::counted;
use super::tell::Teller;
use super::why::Asker;
use super::words::{Naming, breach};
use super::{Change, ToldTrace};
use crate::base::{Id, Source};
use crate::model::{Cell, CellId, Model};
use crate::pipeline::{Departure, Difference, Different, Explained, Fate};
use crate::trace::explain::{FaultFate, Link};

/// An explained trace. Steps have the numbers of the trace that is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedReport {
    /// The trace without the steps that its ending does not need, if there were any.
    pub shorter: Option<ToldTrace>,
    /// How many were dropped.
    pub dropped_count: usize,
    /// Who did what, by instance, in the order of their first steps.
    pub deeds: Vec<Deeds>,
    /// How one thing led to another, from a fault into the loop or to the end.
    pub chain: Vec<ToldLink>,
    /// Whether the trace ends in a loop.
    pub is_loop: bool,
    /// What keeps the loop going, once around.
    pub around: Vec<ToldLink>,
    /// The loop in one line, like `search → tick → search`.
    pub around_in_short: String,
    /// What of before the loop keeps it going.
    pub held_by: Vec<ToldLink>,
    /// What is left of each fault.
    pub faults: Vec<String>,
    /// What each mitigation makes of the trace.
    pub mitigations: Vec<ToldFate>,
}

/// What one instance did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deeds {
    /// Who, like `volume2`; empty for what no machine does.
    pub owner: String,
    /// The number of each step, its name, and whether the ending depended on it.
    pub steps: Vec<(usize, String, bool)>,
}

/// A step in a chain of causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldLink {
    /// The number of the step.
    pub number: usize,
    /// The action with its instances.
    pub action: String,
    /// Its sentence.
    pub sentence: Option<String>,
    /// What of its changes matters for what follows.
    pub changes: Vec<Change>,
}

/// What a mitigation makes of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldFate {
    /// The mitigation.
    pub mitigation: String,
    /// `untouched`, `bent`, `averted`, `unclear`, `broken` or `impossible`.
    pub kind: &'static str,
    /// The number of the step that cannot be taken.
    pub step: Option<usize>,
    /// What becomes of the trace, in a sentence.
    pub sentence: String,
}

impl ExplainedReport {
    /// An explanation in words.
    pub fn of(model: &Model, sources: &[Source], explained: &Explained) -> ExplainedReport {
        let teller = Teller::of(model);
        let told = teller.trace(&explained.trace);
        let composer =
            Composer { model, naming: Naming::of(model), sources, explained, told: &told };
        let found = &explained.explanation;
        let links = |links: &[Link]| links.iter().map(|link| composer.link(link)).collect_vec();
        ExplainedReport {
            deeds: composer.deeds(),
            chain: links(&found.chain),
            is_loop: told.loop_from.is_some(),
            around: links(&found.around),
            around_in_short: composer.in_short(&found.around),
            held_by: links(&found.held_by),
            faults: found.faults.iter().map(|fault| composer.fault(fault)).collect(),
            mitigations: composer.fates(),
            shorter: (explained.dropped_count > 0).then(|| told.clone()),
            dropped_count: explained.dropped_count,
        }
    }
}

struct Composer<'a> {
    model: &'a Model,
    naming: Naming<'a>,
    sources: &'a [Source],
    explained: &'a Explained,
    told: &'a ToldTrace,
}

impl Composer<'_> {
    /// Time belongs to nobody, and is left out.
    fn deeds(&self) -> Vec<Deeds> {
        let mut deeds: Vec<Deeds> = Vec::new();
        for (at, step) in self.told.steps.iter().enumerate().filter(|(_, it)| it.role != "tick") {
            let (owner, name) = step.action.split_once('.').unwrap_or(("", &step.action));
            let known = deeds.iter().position(|one| one.owner == owner);
            let place = known.unwrap_or_else(|| {
                deeds.push(Deeds { owner: owner.to_owned(), steps: Vec::new() });
                deeds.len() - 1
            });
            let is_needed = self.explained.explanation.needed.contains(&at);
            deeds[place].steps.push((step.number, name.to_owned(), is_needed));
        }
        deeds
    }

    fn link(&self, link: &Link) -> ToldLink {
        let step = &self.told.steps[link.step];
        ToldLink {
            number: step.number,
            action: step.action.clone(),
            sentence: step.sentence.clone(),
            changes: link.cells.iter().map(|&cell| self.change(link.step, cell)).collect(),
        }
    }

    fn change(&self, step: usize, cell: CellId) -> Change {
        let states = self.explained.trace.states();
        let value = |state: usize| self.naming.value(&states[state][cell.index()]);
        let name = self.naming.cell(cell);
        Change { name, before: value(step), after: value(step + 1) }
    }

    /// The kinds of action in a chain, those that follow each other once.
    fn in_short(&self, links: &[Link]) -> String {
        let kind = |link: &Link| {
            let action = self.explained.trace.steps()[link.step].action;
            let instance = self.model.instances.get(action);
            instance.map_or("time passes", |it| self.model.actions[it.action].name.as_str())
        };
        links.iter().map(kind).dedup().join(" → ")
    }

    fn fault(&self, fate: &FaultFate) -> String {
        let step = &self.told.steps[fate.step];
        let who = format!("{} of step {}", step.action, step.number);
        let mut by = fate.overwritten_by.iter().map(|&by| {
            let by = &self.told.steps[by];
            format!("{} of step {}", by.action, by.number)
        });
        let by = by.join(", ");
        let standing = self.cells_now(&fate.standing);
        match (standing.is_empty(), by.is_empty()) {
            (true, true) => format!("{who} changed nothing that is left"),
            (true, false) => format!("nothing is left of {who}: {by} changed it all again"),
            (false, _) => format!("of {who} is left: {standing}"),
        }
    }

    /// Cells with the values they have at the end.
    fn cells_now(&self, cells: &[CellId]) -> String {
        let state = self.explained.trace.states().last().expect("a walked trace has a state");
        let mut said = cells.iter().map(|&cell| {
            let value = self.naming.value(&state[cell.index()]);
            match self.model.cells.cell(cell) {
                Cell::Control(..) => format!("{} is {value}", self.naming.cell(cell)),
                _ => format!("{} = {value}", self.naming.cell(cell)),
            }
        });
        said.join(", ")
    }

    fn fates(&self) -> Vec<ToldFate> {
        let told = self.explained.mitigations.iter().map(|(id, fate)| {
            let mitigation = self.model.mitigations[*id].name.clone();
            let (kind, step, sentence) = match fate {
                Fate::Untouched => ("untouched", None, "does not touch it".to_owned()),
                Fate::Bent(difference) => {
                    let what = self.difference(difference);
                    ("bent", None, format!("does not stop it, though {what}"))
                }
                Fate::Averted(difference) => {
                    let what = difference.as_ref().map(|it| self.difference(it));
                    let what = what.map(|it| format!(": {it}")).unwrap_or_default();
                    ("averted", None, format!("the same steps do no harm any more{what}"))
                }
                Fate::Unclear => {
                    let said =
                        "the same steps can be taken, and do not tell whether they break the claim";
                    ("unclear", None, said.to_owned())
                }
                Fate::Broken(departure) => {
                    ("broken", Some(departure.step + 1), self.departure(departure))
                }
                Fate::Impossible => {
                    ("impossible", None, "cannot be applied here, or leaves no start".to_owned())
                }
            };
            ToldFate { mitigation, kind, step, sentence }
        });
        told.collect()
    }

    fn departure(&self, departure: &Departure) -> String {
        let step = &self.told.steps[departure.step];
        let turn = match departure.turn {
            0 => String::new(),
            turn => format!(" in turn {} of the loop", turn + 1),
        };
        let head = format!("step {}, {},", step.number, step.action);
        let reason = match (departure.action, departure.breach) {
            (None, _) => "does not exist".to_owned(),
            (Some(_), Some(broken)) => format!("breaks a rule: {}", breach(broken)),
            (Some(action), None) => {
                let asker = Asker::of(&departure.model, self.sources);
                let why = asker.ask(action, &departure.state);
                if why.enabled {
                    "does not break a rule any more".to_owned()
                } else {
                    format!("cannot happen: {}", why.in_short())
                }
            }
        };
        let before = departure.difference.as_ref().map(|it| self.difference(it));
        let before = before.map(|it| format!("; before, {it}")).unwrap_or_default();
        format!("{head} {reason}{turn}{before}")
    }

    fn difference(&self, difference: &Difference) -> String {
        let number = difference.step.map(|step| self.told.steps[step].number);
        match (&difference.what, number) {
            (Different::Cell { cell, without, with }, number) => {
                let name = self.naming.cell(*cell);
                let (without, with) = (self.naming.value(without), self.naming.value(with));
                match number {
                    None => format!("{name} starts at {with}, not {without}"),
                    Some(number) => format!("step {number} makes {name} {with}, not {without}"),
                }
            }
            (Different::Count { meter, without, with }, number) => {
                let name = self.naming.meter(meter.index());
                let number = number.unwrap_or_default();
                format!("step {number} counts {with} {name}, not {without}")
            }
        }
    }
}

/// Lays out an explanation, indented below the story of its property.
pub fn write(report: &ExplainedReport) -> String {
    let mut page = String::new();
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            page.push_str(&format!("\n  {title}\n"));
            lines
                .iter()
                .for_each(|line| page.push_str(&format!("{}\n", format!("    {line}").trim_end())));
        }
    };
    section("How one thing led to another", links(&report.chain));
    if report.is_loop {
        let (title, lines) = loop_section(report);
        section(&title, lines);
    }
    let held_title =
        if report.is_loop { "Earlier steps that keep it going" } else { "What the ending needs" };
    section(held_title, held(&report.held_by));
    section("What is left of the faults", report.faults.clone());
    let mut steps = report.deeds.iter().flat_map(|deeds| &deeds.steps);
    let who = match steps.all(|(_, _, is_needed)| *is_needed) {
        true => "Who did what",
        false => "Who did what (in brackets: undone alone, it would change nothing)",
    };
    section(who, deeds(&report.deeds));
    section(
        "What each mitigation makes of it, each added alone and no two together",
        fates(&report.mitigations),
    );
    page
}

fn loop_section(report: &ExplainedReport) -> (String, Vec<String>) {
    if report.around.is_empty() {
        let alone = "No step of it needs another one of it: each can be taken again as it is.";
        return ("What keeps the loop going".to_owned(), vec![alone.to_owned()]);
    }
    (format!("What keeps the loop going: {}", report.around_in_short), links(&report.around))
}

fn links(links: &[ToldLink]) -> Vec<String> {
    let width = links.iter().map(|link| link.action.chars().count()).max().unwrap_or(0);
    let lines = links.iter().enumerate().flat_map(|(at, link)| {
        let (number, action) = (link.number, &link.action);
        let head = format!("{number:>3}  {action:<width$}  {}", changes(&link.changes));
        // Once around a loop, the last is the first again.
        let is_again =
            at > 0 && *link == ToldLink { changes: link.changes.clone(), ..links[0].clone() };
        let sentence = link.sentence.as_ref().filter(|_| !is_again);
        std::iter::once(head).chain(sentence.map(|it| format!("     {it}")))
    });
    lines.collect()
}

fn changes(changes: &[Change]) -> String {
    let said = changes
        .iter()
        .take(CHANGES_MAX)
        .map(|it| format!("{}: {} → {}", it.name, it.before, it.after));
    let more = changes.len().saturating_sub(CHANGES_MAX);
    let more = (more > 0).then(|| format!("and {}", counted(more as u64, "more change")));
    said.chain(more).join(", ")
}

/// The most changes that are told of one step. By taste.
const CHANGES_MAX: usize = 4;

fn held(held: &[ToldLink]) -> Vec<String> {
    let width = held.iter().map(|link| link.action.chars().count()).max().unwrap_or(0);
    let line = |link: &ToldLink| {
        let now = link.changes.iter().take(CHANGES_MAX).map(|it| {
            let verb = if it.name.contains('.') { "=" } else { "is" };
            format!("{} {verb} {}", it.name, it.after)
        });
        format!("{:>3}  {:<width$}  {}", link.number, link.action, now.format(", "))
    };
    held.iter().map(line).collect()
}

fn deeds(deeds: &[Deeds]) -> Vec<String> {
    let width = deeds.iter().map(|one| one.owner.chars().count()).max().unwrap_or(0);
    let lines = deeds.iter().map(|one| {
        let steps = one.steps.iter().map(|(number, name, is_needed)| match is_needed {
            true => format!("{number} {name}"),
            false => format!("({number} {name})"),
        });
        format!("{:<width$}  {}", one.owner, steps.format(", "))
    });
    lines.collect()
}

/// Those that break it first; those that have nothing to say share a line.
fn fates(fates: &[ToldFate]) -> Vec<String> {
    let mut by_kind: BTreeMap<usize, Vec<&ToldFate>> = BTreeMap::new();
    for fate in fates {
        let order = ["broken", "averted", "bent", "unclear", "untouched", "impossible"]
            .iter()
            .position(|it| *it == fate.kind);
        by_kind.entry(order.unwrap_or(usize::MAX)).or_default().push(fate);
    }
    let width = fates.iter().map(|fate| fate.mitigation.chars().count()).max().unwrap_or(0);
    let lines = by_kind.into_values().flat_map(|alike| {
        let is_plain = matches!(alike[0].kind, "untouched" | "impossible");
        if is_plain {
            let names = alike.iter().map(|fate| fate.mitigation.as_str()).join(", ");
            let verb = if alike[0].kind == "untouched" && alike.len() > 1 {
                "do not touch it"
            } else {
                &alike[0].sentence
            };
            return vec![format!("{names} {verb}")];
        }
        let line = |fate: &&ToldFate| format!("{:<width$}  {}", fate.mitigation, fate.sentence);
        alike.iter().map(line).collect()
    });
    lines.collect()
}

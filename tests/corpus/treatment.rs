//! The ways to check a model, which must all agree with the header of a case.
//!
//! A further engine is a further treatment: it names itself, and yields the facts that it can find.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use squall::compile::Evaluator;
use squall::explore::{Limits, Silent, Unfinished};
use squall::model::{ActionKind, Claim, FigureId, Interpreter, PropertyId, Value, Values};
use squall::pipeline::{
    Operators, Prepared, Request, Summary, is_about_states, run, run_in_stateright,
};
use squall::report::{Report, text};
use squall::syntax;
use squall::system::{ActionId, Breach};
use squall::verdict::Verdict;

use super::expectation::{Case, answer_facts, answers, breach_fact, facts_of, summary_fact};
use super::golden;

/// One way to check a case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// A plain search over the reference meaning.
    Interpreted,
    /// The compiled system, with so many workers.
    Compiled(usize),
    /// The compiled system as machine code, from the first state on.
    Native,
    /// Up to renaming of instances, property by property.
    Renamed,
    /// Without what nothing reads, all properties together and each by itself.
    Lean,
    /// Urgent steps in one order where claims cannot tell, property by property.
    Ordered,
    /// By fingerprints, as far as claims are about single states.
    Compact,
    /// By another engine, which decides claims about single states.
    Stateright,
    /// Laid out anew, and read again.
    Formatted,
    /// What people read of it.
    Golden,
}

impl Treatment {
    pub const ALL: [Treatment; 12] = [
        Treatment::Compiled(1),
        Treatment::Compiled(2),
        Treatment::Compiled(7),
        Treatment::Native,
        Treatment::Renamed,
        Treatment::Lean,
        Treatment::Ordered,
        Treatment::Compact,
        Treatment::Interpreted,
        Treatment::Stateright,
        Treatment::Formatted,
        Treatment::Golden,
    ];

    pub fn name(self) -> String {
        match self {
            Treatment::Interpreted => "interpreted".to_owned(),
            Treatment::Compiled(workers) => format!("compiled on {workers}"),
            Treatment::Native => "native".to_owned(),
            Treatment::Renamed => "renamed".to_owned(),
            Treatment::Lean => "lean".to_owned(),
            Treatment::Ordered => "ordered".to_owned(),
            Treatment::Compact => "compact".to_owned(),
            Treatment::Stateright => "stateright".to_owned(),
            Treatment::Formatted => "formatted".to_owned(),
            Treatment::Golden => "golden".to_owned(),
        }
    }

    pub fn check(self, case: &Case) -> Result<(), String> {
        match self {
            Treatment::Golden => golden::check(case),
            Treatment::Compiled(workers) => {
                same("facts", &case.facts, &facts_of(case, workers))?;
                same("report", &page(case, 1), &page(case, workers))
            }
            Treatment::Native => native(case),
            Treatment::Renamed => renamed(case),
            Treatment::Lean => lean(case),
            Treatment::Ordered => ordered(case),
            Treatment::Compact => compact(case),
            Treatment::Interpreted => interpreted(case),
            Treatment::Stateright => stateright(case),
            Treatment::Formatted => formatted(case),
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, one: &T, other: &T) -> Result<(), String> {
    match one == other {
        true => Ok(()),
        false => Err(format!("{what}\nexpected: {one:#?}\nfound: {other:#?}")),
    }
}

/// Instructions and machine code say the same.
fn native(case: &Case) -> Result<(), String> {
    let page = |evaluator| {
        let prepared = case.prepare().ok()?.evaluated(evaluator);
        let answers = answers(&prepared, 2, Limits::NONE);
        Some(text::write(&Report::of(&prepared, &answers), &case.sources, "squall check"))
    };
    same("report", &page(Evaluator::Interpreted), &page(Evaluator::NATIVE))
}

/// One state for all that a renaming turns into each other decides as all of them do.
fn renamed(case: &Case) -> Result<(), String> {
    let (Ok(all), Ok(reduced)) = (case.prepare(), case.prepare()) else { return Ok(()) };
    let reduced = reduced.up_to_renaming();
    for property in all.model.properties.ids() {
        let facts = |prepared| facts_without_counts(case, prepared, vec![property]);
        same("facts", &facts(&all), &facts(&reduced))?;
    }
    Ok(())
}

/// Values that nothing reads decide nothing; only loops may go round more than once or close elsewhere.
fn lean(case: &Case) -> Result<(), String> {
    let (Ok(all), Ok(reduced)) = (case.prepare(), case.prepare()) else { return Ok(()) };
    let reduced = reduced.up_to_unread_values();
    let together = all.model.properties.ids().collect();
    for properties in all.model.properties.ids().map(|id| vec![id]).chain([together]) {
        let facts = |prepared| {
            let facts = facts_without_counts(case, prepared, properties.clone());
            facts.iter().map(|fact| without_loop(fact)).collect::<Vec<_>>()
        };
        same("facts", &facts(&all), &facts(&reduced))?;
    }
    Ok(())
}

/// One order of urgent steps decides as all orders do, alone and with the other reductions.
fn ordered(case: &Case) -> Result<(), String> {
    let Ok(all) = case.prepare() else { return Ok(()) };
    let prepared = || case.prepare().map_err(|errors| format!("{errors:#?}"));
    let alone = prepared()?.up_to_order();
    let together = prepared()?.up_to_renaming().up_to_unread_values().up_to_order();
    for property in all.model.properties.ids() {
        let facts = |prepared| {
            let facts = facts_without_counts(case, prepared, vec![property]);
            facts.iter().map(|fact| without_loop(fact)).collect::<Vec<_>>()
        };
        same("facts", &facts(&all), &facts(&alone))?;
        same("facts", &facts(&all), &facts(&together))?;
    }
    Ok(())
}

/// A fact that does not say where a loop closes.
fn without_loop(fact: &str) -> String {
    let Some((before, after)) = fact.split_once(" in and ") else { return fact.to_owned() };
    let before = before.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let after = after.trim_start_matches(|sign: char| sign.is_ascii_digit());
    format!("{before}some in and some{after}")
}

fn facts_without_counts(
    case: &Case,
    prepared: &Prepared,
    properties: Vec<PropertyId>,
) -> Vec<String> {
    let request = Request { properties, limits: Limits::NONE, workers: 1 };
    let answers = run(prepared, &request, &mut Silent);
    let facts = answer_facts(case, prepared, &answers);
    let is_count = |fact: &String| fact.contains(", states ");
    let facts = facts.into_iter().filter(|fact| !is_count(fact));
    // How many states there are is a count as well.
    let uncounted = |fact: String| match fact.split_once(" states, first after ") {
        Some((_, first)) => format!("time stops, first after {first}"),
        None => fact,
    };
    facts.map(uncounted).collect()
}

/// Fingerprints tell apart what comparing does, and what is forgotten is found again.
fn compact(case: &Case) -> Result<(), String> {
    let (Ok(all), Ok(compact)) = (case.prepare(), case.prepare()) else { return Ok(()) };
    let compact = compact.compact();
    let is_judged = |id: &PropertyId| is_about_states(&all.model.properties[*id].claim);
    let properties: Vec<PropertyId> = all.model.properties.ids().filter(is_judged).collect();
    let facts = |prepared: &Prepared, workers| {
        let properties = properties.clone();
        let request = Request { properties, limits: Limits::NONE, workers };
        answer_facts(case, prepared, &run(prepared, &request, &mut Silent))
    };
    same("facts", &facts(&all, 1), &facts(&compact, 1))?;
    same("facts with two workers", &facts(&compact, 1), &facts(&compact, 2))
}

fn page(case: &Case, workers: usize) -> Option<String> {
    let prepared = case.prepare().ok()?;
    let answers = answers(&prepared, workers, Limits::NONE);
    Some(text::write(&Report::of(&prepared, &answers), &case.sources, "squall check"))
}

/// The claims that stateright decides are decided alike.
fn stateright(case: &Case) -> Result<(), String> {
    let Ok(prepared) = case.prepare() else { return Ok(()) };
    let properties: Vec<_> = prepared.model.properties.ids().collect();
    let answers = run_in_stateright(&prepared, &properties, &mut Silent);
    for (id, answer) in answers.by_property() {
        let word = match answer.verdict {
            Verdict::Holds { .. } => "holds",
            Verdict::Fails { .. } => "fails",
            Verdict::Unknown(_) => continue,
        };
        expect_fact_like(case, &format!("{} {word}", prepared.model.properties[id].name))?;
    }
    Ok(())
}

/// The same verdicts and counts after the text was laid out anew; and nothing changes a second time.
fn formatted(case: &Case) -> Result<(), String> {
    let laid_out = match syntax::format(&case.sources[0]) {
        Ok(laid_out) => case.with_text(laid_out),
        // What cannot be read has no layout, and its messages say so.
        Err(_) => return same("a refused text", &case.prepare().is_err(), &true),
    };
    let again = syntax::format(&laid_out.sources[0]).map_err(|_| "its layout has none")?;
    same("the layout of the layout", &laid_out.text().to_owned(), &again)?;
    // Blanks in the words of a place, and brackets around them, are the layout's matter.
    let squeezed = |facts: Vec<String>| -> Vec<String> {
        let squeeze = |fact: &String| fact.chars().filter(|sign| !" ()`".contains(*sign)).collect();
        facts.iter().map(squeeze).collect()
    };
    same("facts", &squeezed(case.facts.clone()), &squeezed(facts_of(&laid_out, 2)))
}

/// What the reference meaning finds: counts, breaches, and what single states say.
fn interpreted(case: &Case) -> Result<(), String> {
    let Ok(prepared) = case.prepare() else { return Ok(()) };
    let mut with_operators: BTreeSet<bool> =
        prepared.model.properties.iter().map(|one| one.with_operators).collect();
    if with_operators.is_empty() {
        with_operators.insert(false);
    }
    let mut breaches: Vec<String> = Vec::new();
    for operators in with_operators {
        let Some(walk) = Walk::of(&prepared, operators) else { continue };
        let who = if operators { Operators::Present } else { Operators::Absent };
        let count = summary_fact(who, &walk.summary());
        expect_fact(case, &count)?;
        for (breach, steps) in &walk.breaches {
            breaches.push(breach_fact(case, *breach, *steps));
        }
        for property in prepared.model.properties.iter() {
            if property.with_operators == operators
                && let Some(fact) = walk.safety_fact(&property.claim)
            {
                expect_fact_like(case, &format!("{} {fact}", property.name))?;
            }
        }
    }
    breaches.iter().try_for_each(|fact| expect_fact(case, fact))
}

fn expect_fact(case: &Case, fact: &str) -> Result<(), String> {
    match case.facts.iter().any(|one| one == fact) {
        true => Ok(()),
        false => Err(format!("the reference meaning finds `{fact}`, not in {:#?}", case.facts)),
    }
}

/// The fact is there, perhaps with more behind it.
fn expect_fact_like(case: &Case, fact: &str) -> Result<(), String> {
    match case.facts.iter().any(|one| one.starts_with(fact)) {
        true => Ok(()),
        false => Err(format!("found `{fact}`, not in {:#?}", case.facts)),
    }
}

/// All that the reference meaning reaches, breadth first.
struct Walk<'m> {
    meaning: Interpreter<'m>,
    states: Vec<Values>,
    depths: Vec<usize>,
    start_count: usize,
    step_count: u64,
    tick_count: u64,
    /// Each breach with the length of a shortest trace to it.
    breaches: BTreeMap<Breach, usize>,
}

impl<'m> Walk<'m> {
    /// Nothing, if a candidate for a start breaches.
    fn of(prepared: &'m Prepared, operators: bool) -> Option<Walk<'m>> {
        let model = &prepared.model;
        let meaning = Interpreter::new(model);
        let mut walk = Walk {
            meaning,
            states: Vec::new(),
            depths: Vec::new(),
            start_count: 0,
            step_count: 0,
            tick_count: 0,
            breaches: BTreeMap::new(),
        };
        let mut known: BTreeSet<Values> = BTreeSet::new();
        let mut start_breaches = false;
        meaning.starts(&mut |start| match start {
            Ok(start) => {
                if known.insert(start.clone()) {
                    walk.states.push(start);
                }
                ControlFlow::Continue(())
            }
            Err(_) => {
                start_breaches = true;
                ControlFlow::Break(())
            }
        });
        if start_breaches {
            return None;
        }
        walk.start_count = walk.states.len();
        walk.depths = vec![0; walk.start_count];
        let mut at = 0;
        while at < walk.states.len() {
            for step in meaning.moves(&walk.states[at]) {
                let instance = model.instances.get(step.action);
                let kind = instance.map(|instance| model.actions[instance.action].kind);
                if kind == Some(ActionKind::Operator) && !operators {
                    continue;
                }
                match step.action == ActionId::TICK {
                    true => walk.tick_count += 1,
                    false => walk.step_count += 1,
                }
                let depth = walk.depths[at] + 1;
                match step.next {
                    Ok(next) if known.insert(next.clone()) => {
                        walk.states.push(next);
                        walk.depths.push(depth);
                    }
                    Ok(_) => {}
                    Err(breach) => {
                        walk.breaches.entry(breach).or_insert(depth);
                    }
                }
            }
            at += 1;
        }
        Some(walk)
    }

    fn summary(&self) -> Summary {
        Summary {
            start_count: self.start_count,
            state_count: self.states.len(),
            step_count: self.step_count,
            tick_count: self.tick_count,
            depth: self.depths.last().copied().unwrap_or(0),
            cut: None,
        }
    }

    /// The verdict of a claim about single states, as far as states alone decide it.
    fn safety_fact(&self, claim: &Claim) -> Option<String> {
        let fails = |depth: usize| format!("fails after {depth} step");
        match claim {
            Claim::Always(figure) => self.first(*figure, &Value::Bool(false)).map(fails),
            Claim::Never(figure) => self.first(*figure, &Value::Bool(true)).map(fails),
            Claim::Possible(figure) => {
                let found = self.first(*figure, &Value::Bool(true));
                found.map(|depth| format!("holds shown after {depth} step"))
            }
            Claim::Peak(figure, bound) => {
                let values = self.states.iter().map(|state| self.meaning.figure(*figure, state));
                let numbers = values.filter_map(|value| match value {
                    Ok(Value::Number(number)) => Some(number),
                    _ => None,
                });
                let depth =
                    |most: i64| self.first(*figure, &Value::Number(most)).expect("it was found");
                numbers.max().filter(|most| most > bound).map(|most| fails(depth(most)))
            }
            _ => None,
        }
    }

    fn first(&self, figure: FigureId, wanted: &Value) -> Option<usize> {
        let mut states = self.states.iter();
        let at = states.position(|state| self.meaning.figure(figure, state).as_ref() == Ok(wanted));
        at.map(|at| self.depths[at])
    }
}

/// So many states of a large model are compared, unless `SLOW` is set.
const STATES_OF_MODELS: u64 = 3000;
/// The reference meaning is not asked for more states than this.
const STATES_INTERPRETED: usize = 2000;

/// A model that ships: one worker or several, as written or laid out anew, it says the same.
pub fn check_model(case: &Case) -> Result<(), String> {
    let is_slow = std::env::var_os("SLOW").is_some();
    let limits = match is_slow {
        true => Limits::NONE,
        false => Limits { states: Some(STATES_OF_MODELS), ..Limits::NONE },
    };
    let prepared = case.prepare().map_err(|errors| format!("{errors:#?}"))?;
    let one = answers(&prepared, 1, limits.clone());
    let report = Report::of(&prepared, &one);
    let several = Report::of(&prepared, &answers(&prepared, 3, limits.clone()));
    same("with one worker and with three", &report, &several)?;
    let laid_out = syntax::format(&case.sources[0]).map_err(|errors| format!("{errors:#?}"))?;
    let laid_out = case.with_text(laid_out);
    let again = laid_out.prepare().map_err(|errors| format!("laid out: {errors:#?}"))?;
    let same_again = answers(&again, 1, limits);
    for (part, other) in one.parts.iter().zip(&same_again.parts) {
        same("as written and laid out", &part.summary, &other.summary)?;
        let is_cut_short = matches!(part.summary.cut, Some(Unfinished::Limit(_)));
        if is_cut_short || part.summary.state_count > STATES_INTERPRETED {
            continue;
        }
        let walk = Walk::of(&prepared, part.operators == Operators::Present);
        let walk = walk.ok_or("a start breaches by the reference meaning alone")?;
        same("compiled and interpreted", &part.summary, &walk.summary())?;
    }
    Ok(())
}

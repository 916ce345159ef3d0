//! `squall simulate`: one walk in the reference meaning, random or saved, told like any other trace.

use std::ops::ControlFlow;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;

use super::args::{OutputFormat, Simulate};
use super::exit::Exit;
use super::load::{self, Opened};
use super::trace::{self, Wanted};
use super::{output, tell_diagnostics};
use crate::base::Source;
use crate::model::{ActionKind, Interpreter, Model, Move, Values};
use crate::pipeline::Prepared;
use crate::report::number::counted;
use crate::report::tell::Teller;
use crate::report::{ToldTrace, WalkReport, json, text};
use crate::system::{Breach, Start, System};
use crate::trace::replay::Taken;

/// The most starts among which one is chosen. By taste: some models have millions.
const STARTS_MAX: u64 = 10_000;

/// Takes one walk and tells it.
pub fn simulate(arguments: &Simulate) -> anyhow::Result<Exit> {
    let file = arguments.model.path.display().to_string();
    let format = arguments.output.format;
    let name = trace::name(arguments.replay.as_deref(), arguments.property.as_deref())?;
    let (Opened { sources, outcome }, wanted) = match name {
        Some(name) => {
            trace::open(&arguments.model, &name).map(|(opened, it)| (opened, Some(it)))?
        }
        None => (load::open(&arguments.model.path, &arguments.model.settings())?, None),
    };
    let prepared = match outcome {
        Ok(prepared) => prepared,
        Err(diagnostics) => {
            tell_diagnostics(&sources, &diagnostics);
            if format == OutputFormat::Json {
                let code = Exit::Wrong.code();
                output::result(&json::simulate(&file, code, &sources, &diagnostics, None))?;
            }
            return Ok(Exit::Wrong);
        }
    };
    tell_diagnostics(&sources, &prepared.warnings);
    let (report, page) = match wanted {
        None => random_walk(&prepared, arguments)?,
        Some(wanted) => saved_walk(&prepared, &sources, &wanted)?,
    };
    let exit = if report.trace.breach.is_some() { Exit::Fails } else { Exit::Fine };
    output::result(&match format {
        OutputFormat::Text => page,
        OutputFormat::Json => {
            json::simulate(&file, exit.code(), &sources, &prepared.warnings, Some(&report))
        }
    })?;
    Ok(exit)
}

/// A random walk, for programs and for people.
fn random_walk(prepared: &Prepared, arguments: &Simulate) -> anyhow::Result<(WalkReport, String)> {
    let model = &prepared.model;
    let seed = arguments.seed.unwrap_or_else(seed_of_the_moment);
    let mut random = Random::from_seed(seed);
    let start = random_start(prepared, &mut random)?;
    let walk = Walk::take(model, start, arguments, &mut random);
    let told = Teller::of(model).walk(&walk.states, &walk.steps, walk.breach);
    let page = page(model, &told, &walk, seed);
    Ok((WalkReport::of(model, told, Some(seed)), page))
}

/// A saved trace, walked again.
fn saved_walk(
    prepared: &Prepared,
    sources: &[Source],
    wanted: &Wanted,
) -> anyhow::Result<(WalkReport, String)> {
    let model = &prepared.model;
    let Wanted::Saved(saved, file) = wanted else {
        bail!("`--replay` takes a file that `squall check --format json` wrote");
    };
    let told = Teller::of(model).trace(&trace::walk(prepared, sources, saved, file)?);
    let mut page = format!("{} in {}, walked again\n\n", saved.name, file.display());
    text::write_trace(&mut page, &told);
    Ok((WalkReport::of(model, told, None), page))
}

fn page(model: &Model, told: &ToldTrace, walk: &Walk, seed: u64) -> String {
    let mut page = format!("a random walk through {}\n\n", model.name);
    text::write_trace(&mut page, told);
    let taken = counted(walk.steps.len() as u64, "step");
    let ending = match (walk.breach, walk.is_stuck) {
        (Some(_), _) => ", the last of which breaks a rule of the model",
        (None, true) => ", and then nothing can happen any more",
        (None, false) => "",
    };
    let command = output::command_line_without(&["--seed"]);
    page.push_str(&format!("\n{taken}{ending}\n\nto see this again: {command} --seed {seed}\n"));
    page
}

/// A walk in the reference meaning.
struct Walk {
    /// The state before each step, and the one after the last unless it breaches.
    states: Vec<Values>,
    steps: Vec<Taken>,
    breach: Option<Breach>,
    /// Whether it ended because no step is enabled.
    is_stuck: bool,
}

impl Walk {
    fn take(model: &Model, start: Values, arguments: &Simulate, random: &mut Random) -> Walk {
        let meaning = Interpreter::new(model);
        let mut walk =
            Walk { states: vec![start], steps: Vec::new(), breach: None, is_stuck: false };
        for _ in 0..arguments.steps {
            let here = walk.states.last().expect("it begins with a state");
            let mut moves = meaning.moves(here);
            moves.retain(|one| arguments.operators || !is_operator(model, one));
            if moves.is_empty() {
                walk.is_stuck = true;
                break;
            }
            let chosen = random.below(moves.len() as u64) as usize;
            let Move { action, counts, next } = moves.swap_remove(chosen);
            walk.steps.push(Taken { action, counts });
            match next {
                Ok(state) => walk.states.push(state),
                Err(breach) => {
                    walk.breach = Some(breach);
                    break;
                }
            }
        }
        walk
    }
}

fn is_operator(model: &Model, one: &Move) -> bool {
    let instance = model.instances.get(one.action);
    instance.is_some_and(|found| model.actions[found.action].kind == ActionKind::Operator)
}

/// One of the first starts, each as likely as the others.
fn random_start(prepared: &Prepared, random: &mut Random) -> anyhow::Result<Values> {
    let mut chosen: Option<Vec<u64>> = None;
    let mut breaches = false;
    let mut seen = 0;
    prepared.compiled.initial(&mut |start| {
        match start {
            Start::State(words) => {
                seen += 1;
                // Each new one takes the place with the chance that makes all of them alike.
                if random.below(seen) == 0 {
                    chosen = Some(words.to_vec());
                }
            }
            Start::Breach(_) => breaches = true,
            Start::Searching => {}
        }
        if breaches || seen == STARTS_MAX {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    match chosen {
        _ if breaches => bail!("an initial value or an assumption breaches: there is no start"),
        Some(words) => Ok(prepared.compiled.legend().values(&words)),
        None => bail!("the assumptions leave no initial state: there is no start"),
    }
}

fn seed_of_the_moment() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // Short seeds are easier to type again.
    now.map_or(0, |since| since.as_nanos() as u64 % 1_000_000)
}

/// Random numbers, the same on every machine: splitmix64 (Steele, Lea and Flood, 2014).
struct Random {
    state: u64,
}

impl Random {
    fn from_seed(seed: u64) -> Random {
        Random { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, by the upper half of a product: fair enough for any small bound.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_paper() {
        let mut random = Random::from_seed(1_234_567);
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn all_numbers_below_a_bound_come_up() {
        let mut random = Random::from_seed(7);
        let seen: std::collections::BTreeSet<u64> = (0..100).map(|_| random.below(5)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }
}

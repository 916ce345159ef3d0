//! What a trace shows, so that a shorter one, or one of another configuration, can be asked whether it
//! shows the same.
//!
//! Everything is read off the trace by the plain meaning. What is said of all that could come after its
//! last state, it alone cannot tell.

use std::ops::Range;

use super::replay::{Ending, Meaning, Replayed, Taken};
use super::word::Word;
use crate::base::Id;
use crate::model::{Claim, FigureId, Formula, Meter, Model, Values};
use crate::system::{ActionId, Breach};

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// That a claim fails; or, if it says that something is possible, that it holds.
    Claim(&'a Claim),
    /// That the model breaks this rule: at the last step, or where a figure is read in the last state.
    Breach(Breach),
    /// That no tick can be reached from the last state.
    StoppedTime,
}

/// A trace, and what it shows.
pub struct Aim<'a> {
    meaning: &'a dyn Meaning,
    model: &'a Model,
    subject: Subject<'a>,
    shown: &'a Replayed,
}

/// What of a trace without a loop its ending is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// That these steps are taken; positions from 0.
    Steps(Vec<usize>),
    /// What is true of these states, as [`Aim::reading`] tells; positions from 0.
    States(Vec<usize>),
}

impl<'a> Aim<'a> {
    /// What `shown` shows.
    pub fn of(
        meaning: &'a dyn Meaning,
        model: &'a Model,
        subject: Subject<'a>,
        shown: &'a Replayed,
    ) -> Aim<'a> {
        Aim { meaning, model, subject, shown }
    }

    /// How the trace ends.
    pub fn ending(&self) -> Ending {
        match (self.shown.repeats_from(), self.shown.breach()) {
            (Some(_), _) if self.shown.put_off().is_empty() => Ending::FairLoop,
            (Some(_), _) => Ending::UnfairLoop,
            (None, Some(_)) => Ending::Breach,
            (None, None) => Ending::State,
        }
    }

    /// Whether another trace, which ends in the same way, shows the same.
    pub fn is_met_by(&self, other: &Replayed) -> bool {
        let shown = self.shown;
        let claim = match self.subject {
            Subject::Breach(breach) if shown.breach().is_some() => {
                return other.breach() == Some(breach);
            }
            Subject::Breach(_) => return self.reading(last(other)) == self.reading(last(shown)),
            // From the same state the same can be reached.
            Subject::StoppedTime => return last(other) == last(shown),
            Subject::Claim(claim) => claim,
        };
        let is_loop = shown.repeats_from().is_some();
        match claim {
            Claim::Always(p) => self.read(*p, last(other)) == Some(0),
            Claim::Never(p) | Claim::Possible(p) => self.read(*p, last(other)) == Some(1),
            Claim::Peak(figure, _) => {
                self.read(*figure, last(other)) >= self.read(*figure, last(shown))
            }
            Claim::Finite(meter, when) => {
                self.stays_in(*when, other) && turn_count(other, *meter) > 0
            }
            Claim::Rate { meter, when, .. } => {
                // What is only approached, a cycle alone does not show.
                shown.put_off().is_empty()
                    && self.stays_in(*when, other)
                    && per_tick(other, *meter, shown) >= per_tick(shown, *meter, other)
            }
            Claim::Recovers(None) => self.never_recovers(other),
            Claim::Recovers(Some(_)) if is_loop => {
                let fair = self.never_recovers(shown);
                if fair { self.never_recovers(other) } else { self.unwell_ticks_of_turn(other) > 0 }
            }
            Claim::Recovers(Some(_)) => self.unwell_ticks(other) >= self.unwell_ticks(shown),
            Claim::Total { meter, when, .. } if is_loop => {
                self.turn_total(*meter, *when, other) > 0
            }
            Claim::Total { meter, within, when, .. } => {
                let most = |trace| self.stretch(*within, *meter, *when, trace).0;
                most(other) >= most(shown)
            }
            // From the same state the same can be reached.
            Claim::AlwaysPossible(_) => last(other) == last(shown),
            Claim::Temporal(formula) => self.satisfies(formula, other) == Some(false),
        }
    }

    /// Whether the trace breaks what it is about, whatever others show; nothing where it alone cannot
    /// tell.
    pub fn is_broken(&self) -> Option<bool> {
        let shown = self.shown;
        let claim = match self.subject {
            Subject::Breach(_) if shown.breach().is_some() => return Some(true),
            Subject::Breach(_) => return Some(self.reading(last(shown)) == Some(Ok(1))),
            Subject::StoppedTime => return None,
            Subject::Claim(claim) => claim,
        };
        let is_loop = shown.repeats_from().is_some();
        let is_fair = shown.put_off().is_empty();
        match claim {
            _ if shown.breach().is_some() => None,
            Claim::Always(p) => self.read(*p, last(shown)).map(|value| value == 0),
            Claim::Never(p) => self.read(*p, last(shown)).map(|value| value == 1),
            Claim::Peak(figure, bound) => self.read(*figure, last(shown)).map(|it| it > *bound),
            Claim::Finite(meter, when) => {
                Some(is_fair && self.stays_in(*when, shown) && turn_count(shown, *meter) > 0)
            }
            // Fair executions may come ever closer to what is not fair.
            Claim::Rate { .. } if !is_fair => None,
            Claim::Rate { meter, numerator, denominator, when } => {
                let counted = i128::from(turn_count(shown, *meter)) * i128::from(*denominator);
                let allowed = i128::from(turn_count(shown, Meter::Tick)) * i128::from(*numerator);
                Some(self.stays_in(*when, shown) && counted > allowed)
            }
            Claim::Recovers(None) => Some(self.never_recovers(shown)),
            Claim::Recovers(Some(bound)) => Some(
                is_loop && (self.never_recovers(shown) || self.unwell_ticks_of_turn(shown) > 0)
                    || exceeds(self.unwell_ticks(shown), *bound),
            ),
            Claim::Total { meter, within, bound, when } => {
                let (most, _) = self.stretch(*within, *meter, *when, shown);
                let in_turn = self.turn_total(*meter, *when, shown) > 0;
                let is_endless = within.is_none() || turn_count(shown, Meter::Tick) == 0;
                match is_loop && in_turn {
                    true if is_endless || exceeds(most, *bound) => Some(true),
                    // More turns may fit into the stretch.
                    true => None,
                    false => Some(exceeds(most, *bound)),
                }
            }
            Claim::Temporal(formula) => {
                self.satisfies(formula, shown).map(|truth| is_fair && !truth)
            }
            Claim::Possible(_) | Claim::AlwaysPossible(_) => None,
        }
    }

    /// What a trace without a loop shows it by.
    pub fn ground(&self) -> Ground {
        let shown = self.shown;
        let states = shown.steps().iter().zip(shown.states()).enumerate();
        match self.subject {
            Subject::Claim(Claim::Total { meter, within, when, .. }) => {
                let (_, stretch) = self.stretch(*within, *meter, *when, shown);
                let counting = states.filter(|(at, (step, state))| {
                    stretch.contains(at) && self.counted(*meter, *when, state, step) > 0
                });
                Ground::Steps(counting.map(|(at, _)| at).collect())
            }
            Subject::Claim(Claim::Recovers(Some(_))) => {
                let unwell = states.filter(|(_, (step, state))| {
                    step.action == ActionId::TICK && self.is_unwell(state)
                });
                Ground::States(unwell.map(|(at, _)| at).collect())
            }
            _ if shown.breach().is_some() => Ground::Steps(vec![shown.steps().len() - 1]),
            _ => Ground::States(vec![shown.states().len() - 1]),
        }
    }

    /// What matters of a state for which an ending follows from it: a value that stands for it. None if
    /// no single state tells.
    pub fn reading(&self, state: &Values) -> Option<Result<i64, Breach>> {
        match self.subject {
            Subject::Breach(breach) => {
                let claims = self.model.properties.iter().flat_map(|one| one.claim.figures());
                let mut asked = claims.chain(self.model.calm).chain(self.model.healthy);
                let breaks = |figure| self.meaning.figure(figure, state) == Err(breach);
                Some(Ok(asked.any(breaks).into()))
            }
            Subject::StoppedTime => {
                Some(Ok(self.meaning.step(ActionId::TICK, state).is_some().into()))
            }
            Subject::Claim(
                Claim::Always(p)
                | Claim::Never(p)
                | Claim::Possible(p)
                | Claim::AlwaysPossible(p)
                | Claim::Peak(p, _),
            ) => Some(self.meaning.figure(*p, state)),
            Subject::Claim(Claim::Recovers(_)) => Some(Ok(self.is_unwell(state).into())),
            Subject::Claim(_) => None,
        }
    }

    /// Whether a step counts what the claim is about.
    pub fn counts(&self, counts: &[u64]) -> bool {
        match self.subject {
            Subject::Claim(
                Claim::Finite(meter, _) | Claim::Total { meter, .. } | Claim::Rate { meter, .. },
            ) => counts[index(*meter)] > 0,
            _ => false,
        }
    }

    fn read(&self, figure: FigureId, state: &Values) -> Option<i64> {
        self.meaning.figure(figure, state).ok()
    }

    fn stays_in(&self, figure: FigureId, trace: &Replayed) -> bool {
        cycle(trace).iter().all(|state| self.read(figure, state) == Some(1))
    }

    /// Calm, and not healthy.
    fn is_unwell(&self, state: &Values) -> bool {
        self.model.calm.is_none_or(|calm| self.read(calm, state) == Some(1))
            && self.model.healthy.is_some_and(|healthy| self.read(healthy, state) == Some(0))
    }

    /// Whether a fair loop stays calm, and is unhealthy somewhere.
    fn never_recovers(&self, trace: &Replayed) -> bool {
        trace.repeats_from().is_some()
            && trace.put_off().is_empty()
            && self.model.calm.is_none_or(|calm| self.stays_in(calm, trace))
            && cycle(trace).iter().any(|state| self.is_unwell(state))
    }

    /// The ticks that start unwell, in the whole trace with one turn of its loop.
    fn unwell_ticks(&self, trace: &Replayed) -> u64 {
        self.sum(trace.steps(), trace, &|state, step| {
            if self.is_unwell(state) { step.counts[0] } else { 0 }
        })
    }

    fn unwell_ticks_of_turn(&self, trace: &Replayed) -> u64 {
        self.sum(turn(trace), trace, &|state, step| {
            if self.is_unwell(state) { step.counts[0] } else { 0 }
        })
    }

    /// What a turn of the loop counts by steps that start where `when` is true.
    fn turn_total(&self, meter: Meter, when: FigureId, trace: &Replayed) -> u64 {
        self.sum(turn(trace), trace, &|state, step| self.counted(meter, when, state, step))
    }

    fn counted(&self, meter: Meter, when: FigureId, state: &Values, step: &Taken) -> u64 {
        if self.read(when, state) == Some(1) { step.counts[index(meter)] } else { 0 }
    }

    /// The sum over the last so many steps of a trace.
    fn sum(
        &self,
        steps: &[Taken],
        trace: &Replayed,
        count: &dyn Fn(&Values, &Taken) -> u64,
    ) -> u64 {
        let states = &trace.states()[trace.steps().len() - steps.len()..];
        let counts = steps.iter().zip(states).map(|(step, state)| count(state, step));
        counts.fold(0, u64::saturating_add)
    }

    /// The most that is counted in a stretch with so many ticks, or in all of the trace with one turn of
    /// its loop, by steps that start where `when` is true; and the first stretch that counts as much.
    fn stretch(
        &self,
        within: Option<i64>,
        meter: Meter,
        when: FigureId,
        trace: &Replayed,
    ) -> (u64, Range<usize>) {
        let within = within.map(|ticks| u64::try_from(ticks).unwrap_or(0));
        let steps = trace.steps().iter().zip(trace.states());
        let counts = steps.map(|(step, state)| {
            (self.counted(meter, when, state, step), step.counts[index(Meter::Tick)])
        });
        let counts: Vec<(u64, u64)> = counts.collect();
        let (mut first, mut counted, mut ticks) = (0, 0_u64, 0_u64);
        let mut best = (0, 0..0);
        for (at, own) in counts.iter().enumerate() {
            (counted, ticks) = (counted.saturating_add(own.0), ticks + own.1);
            while within.is_some_and(|within| ticks > within) {
                (counted, ticks) = (counted - counts[first].0, ticks - counts[first].1);
                first += 1;
            }
            if counted > best.0 {
                best = (counted, first..at + 1);
            }
        }
        best
    }

    /// Whether a formula is true of a trace that repeats; nothing if a figure cannot be read.
    fn satisfies(&self, formula: &Formula, trace: &Replayed) -> Option<bool> {
        let repeats_from = trace.repeats_from()?;
        let length = trace.steps().len();
        let figures = formula.figures();
        let states = &trace.states()[..length];
        let is_readable =
            |figure: &FigureId| states.iter().all(|state| self.read(*figure, state).is_some());
        let holds = |figure, at: usize| self.read(figure, &states[at]) == Some(1);
        let word = Word { length, repeats_from };
        figures.iter().all(is_readable).then(|| word.satisfies(formula, &holds))
    }
}

fn exceeds(count: u64, bound: i64) -> bool {
    i128::from(count) > i128::from(bound)
}

fn index(meter: Meter) -> usize {
    match meter {
        Meter::Tick => 0,
        Meter::Declared(id) => id.index() + 1,
    }
}

/// The steps of one turn of the loop; none without a loop.
fn turn(trace: &Replayed) -> &[Taken] {
    &trace.steps()[trace.repeats_from().unwrap_or(trace.steps().len())..]
}

/// What one turn of the loop counts.
fn turn_count(trace: &Replayed, meter: Meter) -> u64 {
    let counts = turn(trace).iter().map(|step| step.counts[index(meter)]);
    counts.fold(0, u64::saturating_add)
}

/// What a turn of `trace` counts, times the ticks of a turn of `other`: rates, without a division.
fn per_tick(trace: &Replayed, meter: Meter, other: &Replayed) -> i128 {
    i128::from(turn_count(trace, meter)) * i128::from(turn_count(other, Meter::Tick))
}

fn cycle(trace: &Replayed) -> &[Values] {
    &trace.states()[trace.repeats_from().unwrap_or(trace.states().len() - 1)..]
}

fn last(trace: &Replayed) -> &Values {
    trace.states().last().expect("a walked trace has a state")
}

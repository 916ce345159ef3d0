//! What a trace shows about a claim, so that a shorter one can be asked whether it shows the same.

use super::replay::{Ending, Meaning, Replayed};
use crate::base::Id;
use crate::model::{Claim, FigureId, Meter, Model, Values};

/// What a trace shows about a claim.
pub struct Aim<'a> {
    meaning: &'a dyn Meaning,
    model: &'a Model,
    claim: &'a Claim,
    shown: &'a Replayed,
}

impl<'a> Aim<'a> {
    /// What `shown` shows about the claim; nothing if only the whole trace can tell.
    pub fn of(
        meaning: &'a dyn Meaning,
        model: &'a Model,
        claim: &'a Claim,
        shown: &'a Replayed,
    ) -> Option<Aim<'a>> {
        let is_local = match claim {
            Claim::Always(_)
            | Claim::Never(_)
            | Claim::Possible(_)
            | Claim::Peak(..)
            | Claim::AlwaysPossible(_)
            | Claim::Finite(..)
            | Claim::Rate { .. }
            | Claim::Recovers(None)
            | Claim::Total { within: None, .. } => true,
            Claim::Total { .. } | Claim::Recovers(Some(_)) | Claim::Temporal(_) => false,
        };
        let is_fair = shown.put_off().is_empty();
        (is_local && is_fair).then_some(Aim { meaning, model, claim, shown })
    }

    /// How the trace ends.
    pub fn ending(&self) -> Ending {
        match (self.shown.repeats_from(), self.shown.breach()) {
            (Some(_), _) => Ending::FairLoop,
            (None, Some(_)) => Ending::Breach,
            (None, None) => Ending::State,
        }
    }

    /// Whether another trace, which ends in the same way, shows the same.
    pub fn is_met_by(&self, other: &Replayed) -> bool {
        if self.shown.breach().is_some() {
            return other.breach() == self.shown.breach();
        }
        match self.claim {
            Claim::Always(p) => self.read(*p, last(other)) == Some(0),
            Claim::Never(p) | Claim::Possible(p) => self.read(*p, last(other)) == Some(1),
            Claim::Peak(figure, _) => {
                self.read(*figure, last(other)) >= self.read(*figure, last(self.shown))
            }
            Claim::Finite(meter, when) => {
                self.stays_in(*when, other)
                    && count(other, *meter) > 0
                    && (self.is_ever_healthy(self.shown) || !self.is_ever_healthy(other))
            }
            Claim::Rate { meter, when, .. } => {
                let product = |counting, timing| {
                    i128::from(count(counting, *meter)) * i128::from(count(timing, Meter::Tick))
                };
                self.stays_in(*when, other)
                    && product(other, self.shown) >= product(self.shown, other)
            }
            Claim::Recovers(_) => {
                self.model.calm.is_some_and(|calm| self.stays_in(calm, other))
                    && !self.is_always_healthy(other)
            }
            Claim::Total { meter, when, .. } => {
                self.total(*meter, *when, other) >= self.total(*meter, *when, self.shown)
            }
            // From the same state the same can be reached.
            Claim::AlwaysPossible(_) | Claim::Temporal(_) => last(other) == last(self.shown),
        }
    }

    /// Whether the trace that is shown breaks the claim, whatever others show; nothing where the trace
    /// alone cannot tell.
    pub fn is_broken(&self) -> Option<bool> {
        let shown = self.shown;
        Some(match self.claim {
            Claim::Always(_) | Claim::Never(_) if shown.breach().is_some() => return None,
            Claim::Always(p) => self.read(*p, last(shown)) == Some(0),
            Claim::Never(p) => self.read(*p, last(shown)) == Some(1),
            Claim::Peak(figure, bound) => self.read(*figure, last(shown)) > Some(*bound),
            Claim::Finite(meter, when) => self.stays_in(*when, shown) && count(shown, *meter) > 0,
            Claim::Recovers(None) => self.is_met_by(shown),
            Claim::Total { meter, bound, when, .. } if shown.repeats_from().is_none() => {
                i128::from(self.total(*meter, *when, shown)) > i128::from(*bound)
            }
            Claim::Rate { meter, numerator, denominator, when } => {
                let counted = i128::from(count(shown, *meter)) * i128::from(*denominator);
                let allowed = i128::from(count(shown, Meter::Tick)) * i128::from(*numerator);
                self.stays_in(*when, shown) && counted > allowed
            }
            Claim::Possible(_)
            | Claim::AlwaysPossible(_)
            | Claim::Recovers(Some(_))
            | Claim::Total { .. }
            | Claim::Temporal(_) => return None,
        })
    }

    /// What is true of a state from which an ending follows: the value of the claim's figure, if it
    /// is about the last state.
    pub fn figure(&self) -> Option<FigureId> {
        match self.claim {
            Claim::Always(p)
            | Claim::Never(p)
            | Claim::Possible(p)
            | Claim::AlwaysPossible(p)
            | Claim::Peak(p, _) => Some(*p),
            _ => None,
        }
    }

    /// Whether a step counts what the claim is about.
    pub fn counts(&self, counts: &[u64]) -> bool {
        match self.claim {
            Claim::Finite(meter, _) | Claim::Total { meter, .. } | Claim::Rate { meter, .. } => {
                counts[index(*meter)] > 0
            }
            _ => false,
        }
    }

    fn read(&self, figure: FigureId, state: &Values) -> Option<i64> {
        self.meaning.figure(figure, state).ok()
    }

    fn stays_in(&self, figure: FigureId, trace: &Replayed) -> bool {
        cycle(trace).iter().all(|state| self.read(figure, state) == Some(1))
    }

    fn is_ever_healthy(&self, trace: &Replayed) -> bool {
        let healthy = self.model.healthy;
        healthy.is_some_and(|it| cycle(trace).iter().any(|state| self.read(it, state) == Some(1)))
    }

    fn is_always_healthy(&self, trace: &Replayed) -> bool {
        self.model.healthy.is_none_or(|healthy| self.stays_in(healthy, trace))
    }

    /// What the whole trace counts by steps that start where `when` is true.
    fn total(&self, meter: Meter, when: FigureId, trace: &Replayed) -> u64 {
        let steps = trace.steps().iter().zip(trace.states());
        let counting = steps.filter(|(_, state)| self.read(when, state) == Some(1));
        counting.map(|(step, _)| step.counts[index(meter)]).sum()
    }
}

fn index(meter: Meter) -> usize {
    match meter {
        Meter::Tick => 0,
        Meter::Declared(id) => id.index() + 1,
    }
}

/// What one turn of the cycle counts.
fn count(trace: &Replayed, meter: Meter) -> u64 {
    let first = trace.repeats_from().unwrap_or(trace.steps().len());
    trace.steps()[first..].iter().map(|step| step.counts[index(meter)]).sum()
}

fn cycle(trace: &Replayed) -> &[Values] {
    &trace.states()[trace.repeats_from().unwrap_or(trace.states().len() - 1)..]
}

fn last(trace: &Replayed) -> &Values {
    trace.states().last().expect("a walked trace has a state")
}

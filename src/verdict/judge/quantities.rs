//! Claims with numbers, and claims about the way back: totals, rates, recovery, what stays possible.
//!
//! Each finding is recounted by the plain meaning: the steps that count, the ticks of a turn, that a
//! cycle stays where the claim looks. A worst value on an unfinished graph is only a lower bound.

use super::{Answer, Note, Session, last, told_turns};
use crate::base::Id;
use crate::explore::Interrupted;
use crate::model::{Meter, Values};
use crate::system::{FigureId, MeterId};
use crate::trace::Trace;
use crate::trace::replay::{Ending, Replayed};
use crate::verdict::answer::{Evidence, Reason, Storm, Verdict, Worst};
use crate::verdict::bound::{LoopFinding, Most, StormFinding, Total, TotalQuestion, total};
use crate::verdict::possible::always_possible;
use crate::verdict::rate::{Rate, RateQuestion, rate};
use crate::verdict::recovery::{RecoveryQuestion, recovery};

/// Which steps of a trace count, as the plain meaning sees it: how much, by the state before the step.
type Recount<'a> = dyn Fn(&Values, &[u64]) -> u64 + 'a;

impl Session<'_> {
    /// `total m [within n ticks] <= k when p`
    pub(super) fn total(
        &mut self,
        meter: Meter,
        within: Option<i64>,
        bound: i64,
        when: FigureId,
        notes: &mut Vec<Note>,
    ) -> Result<Verdict, Interrupted> {
        let meter = meter_id(meter);
        let question = TotalQuestion {
            meter,
            region: Some(when),
            within: within.map(|ticks| ticks.max(0) as u64),
            healthy: self.judge.healthy,
        };
        let found = total(self.system, &self.exploration.graph, question, self.observer)?;
        self.note_figure_breach(found.breach);
        if found.by_faults.len() > 1 && self.exploration.exhausted().is_some() {
            notes.push(Note::ByFaults(found.by_faults));
        }
        let meaning = self.judge.meaning;
        let recount = |state: &Values, counts: &[u64]| match meaning.figure(when, state) {
            Ok(1) => counts[meter.index()],
            _ => 0,
        };
        Ok(self.at_most(&found.total, bound, &recount))
    }

    /// The verdict of a claim that a total is at most so much.
    fn at_most(&self, found: &Total, bound: i64, recount: &Recount) -> Verdict {
        match found {
            Total::Exactly(most) => {
                let witness = self.certify_most(most, recount);
                let count = i64::try_from(most.count).unwrap_or(i64::MAX);
                let worst = Some(self.worst(count));
                match witness {
                    Some(trace) if count > bound => {
                        Verdict::Fails { evidence: Evidence::Trace(trace), worst, storm: None }
                    }
                    witness => self.holds(worst, witness),
                }
            }
            Total::Storm(storm) => {
                let (trace, storm) = self.certify_counting_storm(storm, recount);
                let evidence = Evidence::Trace(trace);
                Verdict::Fails { evidence, worst: Some(Worst::Unbounded), storm: Some(storm) }
            }
            Total::FiniteEachTime(found) => {
                let trace = self.certify_loop(found, recount);
                let evidence = Evidence::Trace(trace);
                Verdict::Fails { evidence, worst: Some(Worst::Unbounded), storm: None }
            }
        }
    }

    fn worst(&self, count: i64) -> Worst {
        let is_complete = self.exploration.exhausted().is_some();
        if is_complete { Worst::Exactly(count) } else { Worst::AtLeast(count) }
    }

    /// A trace that counts as much as is said, recounted.
    fn certify_most(&self, most: &Most, recount: &Recount) -> Option<Replayed> {
        let trace = self.judge.certify(most.trace.as_ref()?, Ending::State);
        let steps = trace.states().iter().zip(trace.steps()).skip(most.counts_from as usize);
        let counts = steps.map(|(state, step)| recount(state, &step.counts));
        let counted = counts.fold(0, u64::saturating_add);
        assert_eq!(counted, most.count, "both meanings must count alike");
        Some(trace)
    }

    /// How much the turn of a replayed lasso counts, and how many ticks it takes.
    fn recount_turn(trace: &Replayed, recount: &Recount) -> (u64, u64) {
        let first = trace.repeats_from().expect("a loop was asked for, and walked");
        let turn = trace.states().iter().zip(trace.steps()).skip(first);
        turn.fold((0, 0), |(counted, ticks), (state, step)| {
            (counted.saturating_add(recount(state, &step.counts)), ticks + step.counts[0])
        })
    }

    fn certify_counting_storm(&self, found: &StormFinding, recount: &Recount) -> (Replayed, Storm) {
        let trace = self.judge.certify(&found.trace, Ending::FairLoop);
        let (counted, ticks) = Self::recount_turn(&trace, recount);
        assert!(counted > 0, "the loop of a storm must count");
        let said = told_turns(found, &trace);
        assert_eq!((counted, ticks), said, "both meanings must count alike");
        let storm = Storm {
            count_per_turn: counted,
            ticks_per_turn: ticks,
            faults: found.faults,
            fewest_faults: found.fewest_faults,
            grade: found.grade,
        };
        (trace, storm)
    }

    fn certify_loop(&self, found: &LoopFinding, recount: &Recount) -> Replayed {
        let trace = self.judge.certify(&found.trace, Ending::UnfairLoop);
        let (counted, _) = Self::recount_turn(&trace, recount);
        assert!(counted > 0, "a loop without a bound must count");
        trace
    }

    /// `rate m <= r when p`
    pub(super) fn rate(
        &mut self,
        meter: Meter,
        bound: (i64, i64),
        when: FigureId,
    ) -> Result<Verdict, Interrupted> {
        let meter = meter_id(meter);
        let question = RateQuestion { meter, region: Some(when) };
        let found = rate(self.system, &self.exploration.graph, question, self.observer)?;
        self.note_figure_breach(found.breach);
        let recount = |_: &Values, counts: &[u64]| counts[meter.index()];
        let (trace, worst, exceeds) = match &found.rate {
            Rate::Zero => return Ok(self.holds(Some(self.worst(0)), None)),
            Rate::NoTick(lasso) => {
                let trace = self.certify_rate(&lasso.trace, lasso.put_off.is_none(), when);
                let (counted, ticks) = Self::recount_turn(&trace, &recount);
                assert!(counted > 0 && ticks == 0, "such a loop must count in no time");
                (trace, Worst::NoTick, true)
            }
            Rate::Exactly(ratio, lasso) => {
                let is_attained = lasso.put_off.is_none();
                let trace = self.certify_rate(&lasso.trace, is_attained, when);
                let (counted, ticks) = Self::recount_turn(&trace, &recount);
                let same = u128::from(counted) * u128::from(ratio.ticks)
                    == ratio.count * u128::from(ticks);
                assert!(same, "both meanings must find the same rate");
                let numerator = i64::try_from(ratio.count).unwrap_or(i64::MAX);
                let denominator = i64::try_from(ratio.ticks).unwrap_or(i64::MAX);
                let worst = match self.exploration.exhausted() {
                    Some(_) => Worst::Ratio { numerator, denominator, is_attained },
                    None => Worst::RatioAtLeast { numerator, denominator },
                };
                (trace, worst, ratio.exceeds(bound.0, bound.1))
            }
        };
        Ok(match exceeds {
            true => {
                let evidence = Evidence::Trace(trace);
                Verdict::Fails { evidence, worst: Some(worst), storm: None }
            }
            false => self.holds(Some(worst), Some(trace)),
        })
    }

    /// A lasso whose cycle stays where the claim looks; fair, or else putting something off.
    fn certify_rate(&self, trace: &Trace, is_fair: bool, when: FigureId) -> Replayed {
        let ending = if is_fair { Ending::FairLoop } else { Ending::UnfairLoop };
        let trace = self.judge.certify(trace, ending);
        let first = trace.repeats_from().expect("a loop was asked for, and walked");
        for state in &trace.states()[first..] {
            self.judge.certify_figure(when, state, Ok(1));
        }
        trace
    }

    /// `recovers [within n ticks]`
    pub(super) fn recovers(
        &mut self,
        within: Option<i64>,
        notes: &mut Vec<Note>,
    ) -> Result<Verdict, Interrupted> {
        let Some(healthy) = self.judge.healthy else {
            return Ok(Verdict::Unknown(Reason::NotSupported));
        };
        let calm = self.judge.calm;
        let question = RecoveryQuestion { calm, healthy };
        let found = recovery(self.system, &self.exploration.graph, question, self.observer)?;
        self.note_figure_breach(found.breach);
        let meaning = self.judge.meaning;
        let is_unwell = |state: &Values| {
            let is_calm = calm.is_none_or(|calm| meaning.figure(calm, state) == Ok(1));
            is_calm && meaning.figure(healthy, state) == Ok(0)
        };
        if let Some(never) = found.never {
            let recount = |state: &Values, _: &[u64]| u64::from(is_unwell(state));
            let (trace, _) = self.certify_counting_storm(&never, &recount);
            let first = trace.repeats_from().expect("a loop was asked for, and walked");
            for state in &trace.states()[first..] {
                calm.into_iter().for_each(|calm| self.judge.certify_figure(calm, state, Ok(1)));
            }
            let evidence = Evidence::Trace(trace);
            return Ok(Verdict::Fails { evidence, worst: None, storm: None });
        }
        if found.time_by_faults.len() > 1 && self.exploration.exhausted().is_some() {
            notes.push(Note::ByFaults(found.time_by_faults));
        }
        let recount = |state: &Values, counts: &[u64]| match is_unwell(state) {
            true => counts[0],
            false => 0,
        };
        let timed = self.at_most(&found.time, within.unwrap_or(i64::MAX), &recount);
        Ok(match (within, timed) {
            // Without a bound it holds, whatever is put off for however long; that is said beside it.
            (None, Verdict::Fails { evidence: Evidence::Trace(trace), worst, .. }) => {
                notes.push(Note::Unbounded(trace));
                self.holds(worst, None)
            }
            (_, timed) => timed,
        })
    }

    /// `always possible p`
    pub(super) fn always_possible(&mut self, goal: FigureId) -> Result<Verdict, Interrupted> {
        let found = always_possible(self.system, &self.exploration.graph, goal, self.observer)?;
        self.note_figure_breach(found.breach);
        let Some(traps) = found.traps else { return Ok(self.holds(None, None)) };
        let trace = self.judge.certify(&traps.first.trace, Ending::State);
        self.judge.certify_figure(goal, last(&trace), Ok(0));
        Ok(Verdict::Fails { evidence: Evidence::Trace(trace), worst: None, storm: None })
    }
}

/// A meter of the system.
pub fn meter_id(meter: Meter) -> MeterId {
    match meter {
        Meter::Tick => MeterId(0),
        Meter::Declared(id) => MeterId::from_index(id.index() + 1),
    }
}

impl Answer {
    /// An answer with nothing beside it.
    pub(super) fn plain(verdict: Verdict) -> Answer {
        Answer { verdict, notes: Vec::new(), no_return: None }
    }
}

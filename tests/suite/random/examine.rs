//! Every answer about one graph against the textbook: verdicts, worst values, notes, and what is shown.

use std::collections::{BTreeMap, BTreeSet};

use squall::base::Id;
use squall::model::{Claim, Formula, Meter};
use squall::pipeline::PartOfAnswers;
use squall::system::{ActionId, Arrow, Breach, FigureId, Role, Word};
use squall::trace::replay::Replayed;
use squall::verdict::judge::Region;
use squall::verdict::regions::Prospect;
use squall::verdict::storm::Grade;
use squall::verdict::{Answer, Evidence, Note, Reason, Storm, Verdict, Worst};

use super::agree::{Disagreement, expect, same};
use super::book::Book;
use crate::engine::heights::{ExpectedTotal, ExpectedWindow};
use crate::engine::recoveries::{Health, cheapest, no_return, prospects};
use crate::engine::slopes::{Reached, Slopes};
use crate::engine::tableau::violation;
use crate::engine::temporal::Execution;
use crate::engine::textbook::{Course, Expected, Lap, Textbook};

/// A graph with all that is asked of it again and again.
pub struct Examiner<'a> {
    pub book: &'a Book<'a>,
    pub textbook: Textbook<'a>,
    health: Option<Health>,
    prospects: BTreeMap<Word, Prospect>,
}

/// How much each step counts.
type Count<'a> = dyn Fn(Word, &Arrow) -> u64 + 'a;

impl<'a> Examiner<'a> {
    pub fn new(book: &'a Book<'a>) -> Examiner<'a> {
        let textbook = Textbook::new(&book.system);
        let calm = book.model.calm.filter(|_| book.model.calm_declared);
        let health = book.model.healthy.map(|healthy| Health { calm, healthy });
        let prospects = health.map(|health| prospects(&textbook, health)).unwrap_or_default();
        Examiner { book, textbook, health, prospects }
    }

    /// The answers about one exploration.
    pub fn check(&self, part: &PartOfAnswers) -> Result<(), Disagreement> {
        self.counts_agree(part)?;
        let claims = part.properties.iter().map(|id| &self.book.model.properties[*id]);
        let claims: Vec<_> = claims.collect();
        for (property, answer) in claims.iter().zip(&part.judgement.answers) {
            let checked = self.answer_agrees(&property.claim, answer);
            let checked = checked.and_then(|()| self.premise_agrees(property.premise, answer));
            checked.map_err(|why| format!("{why}\n{}: {}", property.name, property.text))?;
        }
        if claims.iter().any(|property| is_about_executions(&property.claim)) {
            self.calm_agrees(part)?;
            self.regions_agree(part)?;
        }
        Ok(())
    }

    fn counts_agree(&self, part: &PartOfAnswers) -> Result<(), Disagreement> {
        let (book, textbook, summary) = (self.book, &self.textbook, &part.summary);
        let ticks = book.arrows().filter(|(_, arrow)| arrow.action == ActionId::TICK).count();
        let found = (summary.start_count, summary.state_count, summary.depth);
        let depth = textbook.depths.values().copied().max().unwrap_or(0);
        let expected = (textbook.starts.len(), textbook.states.len(), depth);
        same("counts of the engine and the textbook", &found, &expected)?;
        let steps = (book.arrows().count() - ticks) as u64;
        let found = (summary.step_count, summary.tick_count);
        same("steps of the engine and the textbook", &found, &(steps, ticks as u64))?;
        let breaches = book.breaches();
        let told: BTreeSet<Breach> = part.judgement.breaches.iter().map(|one| one.breach).collect();
        let is_told = breaches.is_subset(&told);
        expect(is_told, || format!("breaches {breaches:?}, told only {told:?}"))?;
        let told = part.judgement.stopped.as_ref().map_or(0, |found| found.state_count);
        same("states in which time has stopped", &told, &self.stopped())
    }

    /// In how many states time has stopped.
    fn stopped(&self) -> usize {
        let ticks = |at| self.book.system.arrows(at).iter().any(|a| a.action == ActionId::TICK);
        self.textbook.states.len() - self.textbook.can_reach(ticks, |_| true).len()
    }

    fn calm_agrees(&self, part: &PartOfAnswers) -> Result<(), Disagreement> {
        let calm = self.book.model.calm.filter(|_| self.book.model.calm_declared);
        let never = calm.is_some_and(|calm| {
            let to_calm = self.textbook.can_reach(|at| self.textbook.holds(calm, at), |_| true);
            let faults = self.book.arrows().filter(|(_, arrow)| self.is_fault(arrow));
            let behind: Vec<_> = faults.map(|(_, arrow)| arrow.next).collect();
            let is_calm = |next: &Result<Word, _>| next.is_ok_and(|at| to_calm.contains(&at));
            !behind.is_empty() && !behind.iter().any(is_calm)
        });
        same("whether calm never returns", &part.judgement.never_calm_again, &never)
    }

    /// Whether no calm state is unhealthy.
    pub fn is_always_well(&self) -> bool {
        self.health.is_none_or(|health| {
            let calm = health.calm(&self.textbook);
            !calm.iter().any(|&state| health.is_unwell(&self.textbook, state))
        })
    }

    fn is_fault(&self, arrow: &Arrow) -> bool {
        self.textbook.role(arrow) == Role::Fault
    }

    /// The calm states by what can become of them, with the nearest; and each point of no return.
    fn regions_agree(&self, part: &PartOfAnswers) -> Result<(), Disagreement> {
        let Some(health) = self.health else { return Ok(()) };
        let figures: Vec<FigureId> = health.calm.into_iter().chain([health.healthy]).collect();
        let unknown = self.breaks(&figures).then_some(Reason::ModelBreaches);
        same("why nothing is said of regions", &part.judgement.regions_unknown, &unknown)?;
        if unknown.is_some() {
            return expect(part.judgement.regions.is_empty(), || "regions after all".to_owned());
        }
        let costs = cheapest(&self.textbook, &self.textbook.starts, |role| match role {
            Role::Operator => None,
            role => Some(u32::from(role == Role::Fault)),
        });
        let calm = health.calm(&self.textbook);
        let expected = Prospect::ALL.into_iter().filter_map(|prospect| {
            let of_prospect = |state: &&Word| self.prospects[state] == prospect;
            let costs: Vec<_> =
                calm.iter().filter(of_prospect).filter_map(|state| costs.get(state)).collect();
            let &&(faults, steps) = costs.iter().min()?;
            Some((prospect, costs.len(), faults, steps))
        });
        let told = |region: &Region| {
            (region.prospect, region.state_count, region.faults, region.trace.steps().len())
        };
        let told: Vec<_> = part.judgement.regions.iter().map(told).collect();
        same("regions with the way to the nearest state", &told, &expected.collect())?;
        for answer in &part.judgement.answers {
            let fails = matches!(answer.verdict, Verdict::Fails { .. });
            let expected = answer.verdict.trace().filter(|_| fails).map(|trace| {
                let passed = self.book.passed(trace).into_iter();
                no_return(&passed.map(|state| self.prospects[&state]).collect::<Vec<_>>())
            });
            same("the point of no return", &answer.no_return, &expected)?;
        }
        Ok(())
    }

    /// A claim with a premise says so where the premise is never true.
    fn premise_agrees(
        &self,
        premise: Option<FigureId>,
        answer: &Answer,
    ) -> Result<(), Disagreement> {
        let (Some(premise), Verdict::Holds { .. }) = (premise, &answer.verdict) else {
            return Ok(());
        };
        let told = has(answer, |note| matches!(note, Note::NoSuchStates));
        same("whether it is vacuous", &told, &self.textbook.all_where(premise).is_empty())
    }

    fn answer_agrees(&self, claim: &Claim, answer: &Answer) -> Result<(), Disagreement> {
        let verdict = &answer.verdict;
        if let Verdict::Holds { ground: squall::verdict::Ground::Everything(_), .. } = verdict {
            let told = answer.notes.iter().find_map(|note| match note {
                Note::TimeStops(count) => Some(*count),
                _ => None,
            });
            same("in how many states time stops", &told.unwrap_or(0), &self.stopped())?;
        }
        match claim {
            Claim::Always(figure) => self.shortest_agrees(verdict, *figure, 0),
            Claim::Never(figure) => self.shortest_agrees(verdict, *figure, 1),
            Claim::Possible(figure) => self.possible_agrees(verdict, *figure),
            Claim::Peak(figure, bound) => self.peak_agrees(verdict, *figure, *bound),
            Claim::Finite(meter, when) => self.finite_agrees(answer, number(*meter), *when),
            Claim::Total { meter, within, bound, when } => {
                self.total_agrees(answer, (number(*meter), *within), *bound, *when)
            }
            Claim::Rate { meter, numerator, denominator, when } => {
                self.rate_agrees(verdict, number(*meter), (*numerator, *denominator), *when)
            }
            Claim::Recovers(within) => self.recovers_agrees(answer, *within),
            Claim::AlwaysPossible(goal) => self.always_possible_agrees(verdict, *goal),
            Claim::Temporal(formula) => self.temporal_agrees(verdict, formula),
        }
    }

    /// Whether nothing can be said of all states: a step breaches, or one of these cannot be read.
    fn breaks(&self, figures: &[FigureId]) -> bool {
        let unreadable = |figure| self.book.figure(figure).iter().any(Result::is_err);
        !self.book.breaches().is_empty() || figures.iter().copied().any(unreadable)
    }

    /// What does not fail holds, unless something breaches.
    fn kept(&self, verdict: &Verdict, breaks: bool) -> Result<(), Disagreement> {
        let is_so = match verdict {
            Verdict::Holds { .. } => !breaks,
            Verdict::Unknown(reason) => breaks && *reason == Reason::ModelBreaches,
            Verdict::Fails { .. } => false,
        };
        let word = if breaks { "unknown" } else { "to hold" };
        expect(is_so, || format!("expected {word}, found {verdict:?}"))
    }

    /// How far the nearest state is in which a figure has this value.
    fn nearest(&self, figure: FigureId, wanted: i64) -> Option<usize> {
        let values = self.book.figure(figure).into_iter().zip(0..);
        let states = values.filter(|(value, _)| *value == Ok(wanted));
        states.map(|(_, at)| self.textbook.depths[&at]).min()
    }

    fn shortest_agrees(
        &self,
        verdict: &Verdict,
        figure: FigureId,
        bad: i64,
    ) -> Result<(), Disagreement> {
        match (self.nearest(figure, bad), verdict) {
            (Some(depth), Verdict::Fails { evidence: Evidence::Trace(trace), .. }) => {
                same("the length of the trace", &trace.steps().len(), &depth)
            }
            (Some(depth), verdict) => Err(format!("violated at {depth}, found {verdict:?}")),
            (None, verdict) => self.kept(verdict, self.breaks(&[figure])),
        }
    }

    fn possible_agrees(&self, verdict: &Verdict, figure: FigureId) -> Result<(), Disagreement> {
        match (self.nearest(figure, 1), verdict) {
            (Some(depth), Verdict::Holds { witness: Some(witness), .. }) => {
                same("the length of the witness", &witness.steps().len(), &depth)
            }
            (Some(depth), verdict) => Err(format!("possible in {depth}, found {verdict:?}")),
            (None, Verdict::Fails { evidence: Evidence::Everything(_), .. }) => {
                expect(!self.breaks(&[figure]), || "fails where the model breaches".to_owned())
            }
            (None, verdict) => {
                let is_so = matches!(verdict, Verdict::Unknown(Reason::ModelBreaches));
                expect(is_so && self.breaks(&[figure]), || format!("impossible: {verdict:?}"))
            }
        }
    }

    fn peak_agrees(
        &self,
        verdict: &Verdict,
        figure: FigureId,
        bound: i64,
    ) -> Result<(), Disagreement> {
        let most = self.book.figure(figure).iter().filter_map(|value| value.ok()).max();
        let exceeds = most.is_some_and(|most| most > bound);
        let depth = most.and_then(|most| self.nearest(figure, most));
        self.bounded_agrees(verdict, most, exceeds, self.breaks(&[figure]))?;
        match (verdict, shown(verdict)) {
            (Verdict::Unknown(_), _) => Ok(()),
            (_, trace) => same("its length", &trace.map(|trace| trace.steps().len()), &depth),
        }
    }

    /// A verdict with an exact worst value.
    fn bounded_agrees(
        &self,
        verdict: &Verdict,
        most: Option<i64>,
        exceeds: bool,
        breaks: bool,
    ) -> Result<(), Disagreement> {
        match verdict {
            Verdict::Fails { worst, storm, .. } => {
                let found = (exceeds, *worst, *storm);
                same("that it is too much", &found, &(true, most.map(Worst::Exactly), None))
            }
            verdict => {
                expect(!exceeds, || format!("it reaches {most:?}, found {verdict:?}"))?;
                self.kept(verdict, breaks)?;
                match verdict {
                    Verdict::Holds { worst, .. } => {
                        same("the worst", worst, &most.map(Worst::Exactly))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// The states from which a storm can be got out of.
    fn curable(&self, course: &Course<'_>) -> BTreeSet<Word> {
        match self.book.model.healthy {
            Some(healthy) => self.textbook.curable(healthy),
            None => self.textbook.stoppable(course),
        }
    }

    fn lap(&self, trace: &Replayed, allowed: &BTreeSet<Word>, course: &Course<'_>) -> Lap {
        self.textbook.check_lasso(&self.book.trace(trace), allowed, course)
    }

    fn storm_agrees(
        &self,
        (trace, storm): (&Replayed, &Storm),
        expected: &Expected,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
    ) -> Result<(), Disagreement> {
        let lap = self.lap(trace, allowed, course);
        let grade = if expected.trap.is_some() { Grade::Trap } else { Grade::Storm };
        same("the grade", &storm.grade, &grade)?;
        same("the fewest faults", &Some(storm.fewest_faults), &expected.storm)?;
        same("the faults of its grade", &Some(storm.faults), &expected.trap.or(expected.storm))?;
        let found = (storm.faults, storm.count_per_turn, storm.ticks_per_turn, true);
        same("a turn", &found, &(lap.faults, lap.counted, lap.ticks, lap.is_fair))?;
        expect(lap.counted > 0, || "a storm that does not count".to_owned())
    }

    /// A loop that counts and puts something off.
    fn loop_agrees(
        &self,
        trace: &Replayed,
        allowed: &BTreeSet<Word>,
        course: &Course<'_>,
    ) -> Result<(), Disagreement> {
        let lap = self.lap(trace, allowed, course);
        same("whether a loop counts and is fair", &(lap.counted > 0, lap.is_fair), &(true, false))
    }

    fn finite_agrees(
        &self,
        answer: &Answer,
        meter: usize,
        when: FigureId,
    ) -> Result<(), Disagreement> {
        let (calm, all) = (self.textbook.all_where(when), self.textbook.all());
        let count = |_: Word, arrow: &Arrow| arrow.counts[meter];
        let course = Course { keep: &|_, _| true, count: &count };
        let curable = self.curable(&course);
        let expected = self.textbook.expected(&calm, &course, &curable);
        if let Verdict::Fails {
            evidence: Evidence::Trace(trace),
            storm: Some(storm),
            worst: None,
        } = &answer.verdict
        {
            return self.storm_agrees((trace, storm), &expected, &calm, &course);
        }
        expect(expected.storm.is_none(), || format!("a storm, found {:?}", answer.verdict))?;
        let anywhere = self.textbook.expected(&all, &course, &curable);
        let (mut unfair, mut beyond) = (false, false);
        for note in &answer.notes {
            match note {
                Note::UnfairLoop(trace) => {
                    unfair = true;
                    self.loop_agrees(trace, &calm, &course)?;
                }
                Note::StormWhileNotCalm(trace, storm) => {
                    beyond = true;
                    self.storm_agrees((trace, storm), &anywhere, &all, &course)?;
                }
                _ => {}
            }
        }
        same("whether an unfair loop counts", &unfair, &expected.is_counted)?;
        same("whether there is a storm while not calm", &beyond, &anywhere.storm.is_some())?;
        // Whether health can be read matters only where a storm's grade is asked for.
        let asked = self.book.model.healthy.filter(|_| beyond);
        let figures: Vec<FigureId> = asked.into_iter().chain([when]).collect();
        self.kept(&answer.verdict, self.breaks(&figures))?;
        if matches!(answer.verdict, Verdict::Holds { .. }) {
            let never = has(answer, |note| matches!(note, Note::NeverCounted));
            let counted = self.book.arrows().any(|(_, arrow)| arrow.counts[meter] > 0);
            same("whether it is never counted", &never, &!counted)?;
            let empty = has(answer, |note| matches!(note, Note::NoSuchStates));
            same("whether no state is calm", &empty, &calm.is_empty())?;
        }
        Ok(())
    }

    fn total_agrees(
        &self,
        answer: &Answer,
        (meter, within): (usize, Option<i64>),
        bound: i64,
        when: FigureId,
    ) -> Result<(), Disagreement> {
        let calm = self.textbook.all_where(when);
        let count = |state: Word, arrow: &Arrow| match calm.contains(&state) {
            true => arrow.counts[meter],
            false => 0,
        };
        match within {
            None => self.sum_agrees(answer, &count, bound, &[when]),
            Some(ticks) => self.window_agrees(answer, ticks.max(0) as u64, &count, (bound, when)),
        }
    }

    /// The total of all of an execution, with what it is by faults.
    fn sum_agrees(
        &self,
        answer: &Answer,
        count: &Count<'_>,
        bound: i64,
        figures: &[FigureId],
    ) -> Result<(), Disagreement> {
        let course = Course { keep: &|_, _| true, count };
        let expected = ExpectedTotal::new(&self.textbook, &course, &self.curable(&course));
        self.by_faults_agree(answer, &expected.by_faults)?;
        let Some((most, distance)) = expected.most else {
            return self.endless_agrees(&answer.verdict, &expected.endless, &course);
        };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let verdict = &answer.verdict;
        self.bounded_agrees(verdict, Some(most), most > bound, self.breaks(figures))?;
        let Some(trace) = shown(verdict) else { return self.is_nothing(verdict, most) };
        let walked = self.textbook.walk_path(&self.book.trace(trace)).0;
        same("the length of the trace", &walked.len(), &distance)?;
        same("what it counts", &counted(&walked, count), &most)
    }

    /// Without a trace, nothing counts; or nothing is known.
    fn is_nothing(&self, verdict: &Verdict, most: i64) -> Result<(), Disagreement> {
        let is_so = most == 0 || matches!(verdict, Verdict::Unknown(_));
        expect(is_so, || format!("{most} is not shown by {verdict:?}"))
    }

    fn by_faults_agree(&self, answer: &Answer, expected: &[u64]) -> Result<(), Disagreement> {
        let told = answer.notes.iter().find_map(|note| match note {
            Note::ByFaults(counts) => Some(counts.as_slice()),
            _ => None,
        });
        same("the most by faults", &told, &Some(expected).filter(|counts| counts.len() > 1))
    }

    fn window_agrees(
        &self,
        answer: &Answer,
        ticks: u64,
        count: &Count<'_>,
        (bound, when): (i64, FigureId),
    ) -> Result<(), Disagreement> {
        let course = Course { keep: &|_, arrow| arrow.action != ActionId::TICK, count };
        let curable = self.curable(&course);
        let expected = ExpectedWindow::new(&self.textbook, ticks, &course, &curable);
        let Some((most, nearest)) = expected.most else {
            return self.endless_agrees(&answer.verdict, &expected.endless, &course);
        };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let verdict = &answer.verdict;
        self.bounded_agrees(verdict, Some(most), most > bound, self.breaks(&[when]))?;
        let Some(trace) = shown(verdict) else { return self.is_nothing(verdict, most) };
        let walked = self.textbook.walk_path(&self.book.trace(trace)).0;
        let stretch = walked.get(nearest..).unwrap_or_default();
        let Some((from, _)) = stretch.first() else { return Err("no stretch".to_owned()) };
        same("the length of the stretch", &stretch.len(), &expected.stretch(*from))?;
        let passed: u64 = stretch.iter().map(|(_, arrow)| arrow.counts[0]).sum();
        expect(passed <= ticks, || format!("{passed} ticks instead of {ticks}"))?;
        same("what it counts", &counted(stretch, count), &most)
    }

    /// There is no most: a storm, or a loop that puts something off.
    fn endless_agrees(
        &self,
        verdict: &Verdict,
        expected: &Expected,
        course: &Course<'_>,
    ) -> Result<(), Disagreement> {
        let all = self.textbook.all();
        match verdict {
            Verdict::Fails {
                evidence: Evidence::Trace(trace),
                worst: Some(Worst::Unbounded),
                storm,
            } => match storm {
                Some(storm) => self.storm_agrees((trace, storm), expected, &all, course),
                None => {
                    expect(expected.storm.is_none(), || "a loop instead of a storm".to_owned())?;
                    self.loop_agrees(trace, &all, course)
                }
            },
            verdict => Err(format!("there is no bound, found {verdict:?}")),
        }
    }

    fn rate_agrees(
        &self,
        verdict: &Verdict,
        meter: usize,
        bound: (i64, i64),
        when: FigureId,
    ) -> Result<(), Disagreement> {
        let calm = self.textbook.all_where(when);
        let slopes = Slopes::new(&self.textbook, &calm, meter);
        let breaks = self.breaks(&[when]);
        let (worst, trace) = match verdict {
            Verdict::Holds { worst, witness, .. } => (*worst, witness.as_ref()),
            Verdict::Fails { evidence: Evidence::Trace(trace), worst, storm: None } => {
                (*worst, Some(trace))
            }
            Verdict::Fails { .. } => return Err(format!("nothing shows it: {verdict:?}")),
            Verdict::Unknown(_) => {
                let (bound, ticks) = (bound.0 as u64, bound.1 as u64);
                let exceeds =
                    slopes.timeless() != Reached::Nowhere || slopes.with((bound, ticks)).is_none();
                expect(!exceeds, || format!("it is more, found {verdict:?}"))?;
                return self.kept(verdict, breaks);
            }
        };
        let (exceeds, expected) = match worst {
            Some(Worst::Exactly(0)) => {
                expect(slopes.is_flat(), || "something counts for ever".to_owned())?;
                return self.kept(verdict, breaks);
            }
            Some(Worst::NoTick) => (true, slopes.timeless()),
            Some(Worst::Ratio { numerator, denominator, is_attained }) => {
                same("timeless counting", &slopes.timeless(), &Reached::Nowhere)?;
                let slope = (numerator as u64, denominator as u64);
                let Some(reached) = slopes.with(slope) else {
                    return Err(format!("a cycle counts more than {slope:?}"));
                };
                let fairly = matches!(reached, Reached::Fairly(_));
                same("whether it is attained", &is_attained, &fairly)?;
                let cross = |one: i64, other: i64| i128::from(one) * i128::from(other);
                (cross(numerator, bound.1) > cross(bound.0, denominator), reached)
            }
            other => return Err(format!("no worst rate is {other:?}")),
        };
        let Some(trace) = trace else { return Err("a rate that is not shown".to_owned()) };
        let count = |_: Word, arrow: &Arrow| arrow.counts[meter];
        let lap = self.lap(trace, &calm, &Course { keep: &|_, _| true, count: &count });
        let reached = if lap.is_fair { Reached::Fairly } else { Reached::Unfairly };
        same("how the rate is reached", &reached(lap.faults), &expected)?;
        let is_shown = match worst {
            Some(Worst::Ratio { numerator, denominator, .. }) => {
                u128::from(lap.counted) * denominator as u128
                    == u128::from(lap.ticks) * numerator as u128
            }
            _ => lap.ticks == 0,
        };
        expect(is_shown && lap.counted > 0, || format!("a turn does not show {worst:?}"))?;
        match verdict {
            Verdict::Fails { .. } => expect(exceeds, || "fails, but it is no more".to_owned()),
            verdict => {
                expect(!exceeds, || format!("it is more, found {verdict:?}"))?;
                self.kept(verdict, breaks)
            }
        }
    }

    fn recovers_agrees(&self, answer: &Answer, within: Option<i64>) -> Result<(), Disagreement> {
        let health = self.health.expect("who asks for recovery says what is healthy");
        let calm = health.calm(&self.textbook);
        let is_unwell = |state: Word| health.is_unwell(&self.textbook, state);
        let steps = |state: Word, _: &Arrow| u64::from(is_unwell(state));
        let course = Course { keep: &|_, _| true, count: &steps };
        let never = self.textbook.expected(&calm, &course, &self.curable(&course));
        if let Some(faults) = never.trap.or(never.storm) {
            let Verdict::Fails { evidence: Evidence::Trace(trace), worst: None, storm: None } =
                &answer.verdict
            else {
                return Err(format!("it never recovers, found {:?}", answer.verdict));
            };
            let lap = self.lap(trace, &calm, &course);
            let found = (lap.faults, lap.counted > 0, lap.is_fair);
            return same("the loop that never recovers", &found, &(faults, true, true));
        }
        let ticks = |state: Word, arrow: &Arrow| match calm.contains(&state) && is_unwell(state) {
            true => arrow.counts[0],
            false => 0,
        };
        let figures: Vec<FigureId> = health.calm.into_iter().chain([health.healthy]).collect();
        let unbounded = answer.notes.iter().find_map(|note| match note {
            Note::Unbounded(trace) => Some(trace),
            _ => None,
        });
        let Some(trace) = unbounded else {
            return self.sum_agrees(answer, &ticks, within.unwrap_or(i64::MAX), &figures);
        };
        let course = Course { keep: &|_, _| true, count: &ticks };
        let expected = ExpectedTotal::new(&self.textbook, &course, &self.curable(&course));
        self.by_faults_agree(answer, &expected.by_faults)?;
        same("that there is no bound", &(within, expected.most), &(None, None))?;
        let lap = self.lap(trace, &self.textbook.all(), &course);
        let found = (lap.counted > 0, lap.is_fair);
        same("the loop that puts recovery off", &found, &(true, expected.endless.storm.is_some()))?;
        self.kept(&answer.verdict, self.breaks(&figures))
    }

    fn always_possible_agrees(
        &self,
        verdict: &Verdict,
        goal: FigureId,
    ) -> Result<(), Disagreement> {
        let curable = self.textbook.curable(goal);
        let costs = cheapest(&self.textbook, &self.textbook.starts, |role| {
            Some(u32::from(role == Role::Fault))
        });
        let trapped = self.textbook.states.iter().filter(|state| !curable.contains(state));
        match (trapped.map(|state| costs[state]).min(), verdict) {
            (Some(cost), Verdict::Fails { evidence: Evidence::Trace(trace), .. }) => {
                let (walked, end) = self.textbook.walk_path(&self.book.trace(trace));
                let faults = walked.iter().filter(|(_, arrow)| self.is_fault(arrow)).count();
                same("the way into the trap", &(faults as u32, walked.len()), &cost)?;
                expect(!curable.contains(&end), || "it is no trap".to_owned())
            }
            (Some(_), verdict) => Err(format!("there is a trap, found {verdict:?}")),
            (None, verdict) => self.kept(verdict, self.breaks(&[goal])),
        }
    }

    fn temporal_agrees(&self, verdict: &Verdict, formula: &Formula) -> Result<(), Disagreement> {
        let Some(fewest) = violation(&self.textbook, formula) else {
            return self.kept(verdict, self.breaks(&figures_of(formula)));
        };
        let Verdict::Fails { evidence: Evidence::Trace(trace), worst: None, storm: None } = verdict
        else {
            return Err(format!("it is violated, found {verdict:?}"));
        };
        let trace = self.book.trace(trace);
        let execution = Execution::of(&self.textbook, &trace);
        let satisfies = execution.satisfies(&self.book.system, formula, 0);
        let found = (execution.is_fair(&self.textbook), satisfies);
        same("whether what is shown is fair and satisfies the formula", &found, &(true, false))?;
        let everywhere = self.textbook.all();
        let course = Course { keep: &|_, _| true, count: &|_, _| 0 };
        let faults = self.textbook.check_lasso(&trace, &everywhere, &course).faults;
        let is_least = fewest.at_all <= faults && fewest.in_all.is_none_or(|most| faults <= most);
        expect(is_least, || format!("{faults} faults lead in, and {} are enough", fewest.at_all))
    }
}

fn has(answer: &Answer, wanted: fn(&Note) -> bool) -> bool {
    answer.notes.iter().any(wanted)
}

fn number(meter: Meter) -> usize {
    match meter {
        Meter::Tick => 0,
        Meter::Declared(id) => 1 + id.index(),
    }
}

fn shown(verdict: &Verdict) -> Option<&Replayed> {
    verdict.trace()
}

fn counted(walked: &[(Word, Arrow)], count: &Count<'_>) -> i64 {
    let counts = walked.iter().map(|(state, arrow)| count(*state, arrow));
    counts.fold(0, u64::saturating_add).try_into().unwrap_or(i64::MAX)
}

/// Whether a claim is about more than single states.
fn is_about_executions(claim: &Claim) -> bool {
    let of_states = [Claim::Always, Claim::Never, Claim::Possible].map(|make| make(FigureId(0)));
    let is_peak = matches!(claim, Claim::Peak(..));
    let same_kind = |one: &Claim| std::mem::discriminant(one) == std::mem::discriminant(claim);
    !is_peak && !of_states.iter().any(same_kind)
}

pub fn figures_of(formula: &Formula) -> Vec<FigureId> {
    match formula {
        Formula::Holds(figure) => vec![*figure],
        Formula::Not(one)
        | Formula::Always(one)
        | Formula::Eventually(one)
        | Formula::Next(one) => figures_of(one),
        Formula::And(one, other)
        | Formula::Or(one, other)
        | Formula::Implies(one, other)
        | Formula::Until(one, other)
        | Formula::LeadsTo(one, other) => [figures_of(one), figures_of(other)].concat(),
    }
}

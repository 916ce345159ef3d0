//! Judges every claim about one exploration, one line for each kind, and certifies what it shows.
//!
//! A finding becomes evidence only after the reference meaning has walked its trace and agreed about
//! its end: that the predicate is as said in the last state, that the loop closes, is fair, counts,
//! and stays where the claim looks. A disagreement is a bug of the tool, and ends the run as one.

mod quantities;

pub use quantities::meter_id;

use super::FigureBreach;
use super::answer::{Evidence, Ground, Reason, Storm, Verdict, Worst};
use super::calm::calm_behind_fault;
use super::regions::{NoReturn, Prospect, RegionsQuestion, regions, states_of};
use super::safety::{FirstState, first_where, peak};
use super::stopped_time::stopped_time;
use super::storm::{StormFinding, StormQuestion, storm};
use super::temporal::word::Word as Repeating;
use super::temporal::{Outcome, temporal};
use crate::base::Id;
use crate::explore::{
    Edges, Exploration, Graph, Interrupted, Limit, Observer, StateId, Stop, Unfinished,
};
use crate::model::{Claim, Formula, Meter, Values};
use crate::system::{Breach, FigureId, MeterId, Quotient, System, Word};
use crate::trace::Trace;
use crate::trace::rebuild::rebuild;
use crate::trace::replay::{Ending, Meaning, Replayed, replay};

/// All that judging needs to know beside the exploration.
pub struct Judge<'a> {
    /// The plain meaning, which walks every trace.
    pub meaning: &'a dyn Meaning,
    /// A packed state as the plain meaning sees it.
    pub decode: &'a dyn Fn(&[Word]) -> Values,
    /// What was explored, if that is the model up to renaming.
    pub quotient: Option<&'a Quotient<'a>>,
    /// Goes round the loop of a trace until it closes in the model, where less than that was explored.
    pub closing: Option<&'a dyn Fn(&Trace) -> Trace>,
    /// When the trigger is over; absent if the model does not say so.
    pub calm: Option<FigureId>,
    /// What recovering means, if the model says so.
    pub healthy: Option<FigureId>,
}

/// What is known after one exploration.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// One answer for each claim, in their order.
    pub answers: Vec<Answer>,
    /// The ways in which the model breaks its own rules.
    pub breaches: Vec<BreachFinding>,
    /// Where time stops, if it does.
    pub stopped: Option<StoppedFinding>,
    /// An assumption that breaches: nothing was explored.
    pub start_breach: Option<Breach>,
    /// The assumptions leave no start: nothing was explored.
    pub no_start: bool,
    /// From how many calm states recovery is sure, possible, or out of reach, the best first.
    pub regions: Vec<Region>,
    /// Why that is not known, if it was asked and is not.
    pub regions_unknown: Option<Reason>,
    /// A fault can happen, and no calm state lies behind one: claims about calm states say nothing.
    pub never_calm_again: bool,
}

/// The calm states from which recovery stands alike.
#[derive(Clone, Debug)]
pub struct Region {
    /// How it stands.
    pub prospect: Prospect,
    /// How many states there are.
    pub state_count: usize,
    /// The fewest faults that lead to one.
    pub faults: u32,
    /// A trace to that one.
    pub trace: Replayed,
}

/// The answer to one claim, with what is to be said beside it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer.
    pub verdict: Verdict,
    /// What is to be said beside it.
    pub notes: Vec<Note>,
    /// Where the failing trace passes the point of no return, if the model says what healthy is.
    pub no_return: Option<NoReturn>,
}

/// Something to be said beside a verdict.
#[derive(Clone, Debug)]
pub enum Note {
    /// It holds, but a loop that puts off something owed counts for ever: there is no bound.
    UnfairLoop(Replayed),
    /// It holds, but a storm that does not stay calm exists.
    StormWhileNotCalm(Replayed, Storm),
    /// It holds, but nothing ever counts on the meter.
    NeverCounted,
    /// It holds, but no state is of the kind that the claim is about.
    NoSuchStates,
    /// The most with no fault, with at most one, and so on.
    ByFaults(Vec<u64>),
    /// It holds, but there is no bound on how long it takes, while something is put off.
    Unbounded(Replayed),
    /// It holds, but time stops in so many states.
    TimeStops(usize),
    /// What shows it may be longer than it must: the search for a shortest trace was cut short.
    PerhapsLonger,
}

/// A way in which the model breaks its own rules.
#[derive(Clone, Debug)]
pub struct BreachFinding {
    /// The rule, and where.
    pub breach: Breach,
    /// A shortest trace; its last step breaches, or reading a figure in its last state does.
    pub trace: Replayed,
}

/// States from which no tick can be reached.
#[derive(Clone, Debug)]
pub struct StoppedFinding {
    /// How many there are.
    pub state_count: usize,
    /// A shortest trace to one.
    pub trace: Replayed,
}

impl Judge<'_> {
    /// Judges claims about an exploration of `system`.
    pub fn judge(
        &self,
        system: &dyn System,
        exploration: &Exploration,
        claims: &[&Claim],
        observer: &mut dyn Observer,
    ) -> Judgement {
        let mut judgement =
            Judgement { start_breach: exploration.start_breach, ..Judgement::default() };
        let is_exhausted = exploration.exhausted().is_some();
        judgement.no_start = is_exhausted && exploration.graph.state_count() == 0;
        self.collect_breaches(system, exploration, &mut judgement);
        let model_breaches = !judgement.breaches.is_empty();
        let mut session = Session {
            judge: self,
            system,
            exploration,
            observer,
            judgement,
            model_breaches,
            claim_breaches: false,
        };
        session.look_at_time();
        for claim in claims {
            let answer = session.answer(claim);
            session.judgement.answers.push(answer);
        }
        session.note_stopped_time();
        session.survey_regions();
        session.judgement
    }

    fn collect_breaches(
        &self,
        system: &dyn System,
        exploration: &Exploration,
        judgement: &mut Judgement,
    ) {
        let mut told: Vec<Breach> = Vec::new();
        for hit in &exploration.breaches {
            if told.contains(&hit.breach) {
                continue;
            }
            told.push(hit.breach);
            let mut trace = rebuild(system, &exploration.graph, hit.state);
            trace.actions.push(hit.action);
            let replayed = self.certify(&trace, Ending::Breach);
            assert_eq!(replayed.breach(), Some(hit.breach), "both meanings must breach alike");
            judgement.breaches.push(BreachFinding { breach: hit.breach, trace: replayed });
        }
    }

    /// Has the plain meaning walk a trace. That it cannot is a bug of this tool.
    pub fn certify(&self, trace: &Trace, ending: Ending) -> Replayed {
        let unfolded = self.quotient.map(|quotient| {
            let unfolded = quotient.unfold(&trace.start, &trace.actions);
            let (start, actions) = unfolded.expect("every step of a representative has its like");
            Trace { start, actions, repeats_from: trace.repeats_from }
        });
        let trace = unfolded.as_ref().unwrap_or(trace);
        let closed = self.closing.map(|closing| closing(trace));
        let trace = closed.as_ref().unwrap_or(trace);
        let start = (self.decode)(&trace.start);
        replay(self.meaning, start, trace, ending)
            .unwrap_or_else(|error| panic!("a trace was found that does not exist: {error}"))
    }

    /// The states of a graph that a trace of the model passes, if it holds them all.
    fn states_of(&self, graph: &Graph, trace: &Trace) -> Option<Vec<StateId>> {
        let Some(quotient) = self.quotient else { return states_of(graph, trace) };
        let representatives = quotient.fold(&trace.start, &trace.actions)?;
        representatives.iter().map(|words| graph.find(words)).collect()
    }

    /// Checks what a figure is in a state, by the plain meaning.
    pub(super) fn certify_figure(
        &self,
        figure: FigureId,
        state: &Values,
        wanted: Result<i64, Breach>,
    ) {
        let found = self.meaning.figure(figure, state);
        assert_eq!(found, wanted, "both meanings must read a figure alike");
    }

    /// Checks that a formula is not true of a loop, by the plain meaning.
    fn certify_violation(&self, formula: &Formula, lasso: &Replayed) {
        let repeats_from = lasso.repeats_from().expect("a loop was asked for, and walked");
        let word = Repeating { length: lasso.steps().len(), repeats_from };
        let holds = |figure, at: usize| {
            let value = self.meaning.figure(figure, &lasso.states()[at]);
            value.expect("a violation goes through states that can be read") != 0
        };
        assert!(!word.satisfies(formula, &holds), "what violates a formula must not satisfy it");
    }
}

/// One round of judging.
struct Session<'a> {
    judge: &'a Judge<'a>,
    system: &'a dyn System,
    exploration: &'a Exploration,
    observer: &'a mut dyn Observer,
    judgement: Judgement,
    /// Whether a step of the model breaches: then nothing can be said of all of it.
    model_breaches: bool,
    /// Whether the claim being judged cannot be read somewhere.
    claim_breaches: bool,
}

impl Session<'_> {
    fn answer(&mut self, claim: &Claim) -> Answer {
        let mut notes = Vec::new();
        self.claim_breaches = false;
        let verdict = match claim {
            Claim::Always(p) => self.safe(*p, false),
            Claim::Never(p) => self.safe(*p, true),
            Claim::Possible(p) => self.possible(*p),
            Claim::Peak(figure, bound) => self.peak(*figure, *bound),
            Claim::Finite(meter, when) => self.finite(*meter, *when, &mut notes),
            Claim::Total { meter, within, bound, when } => {
                self.total(*meter, *within, *bound, *when, &mut notes)
            }
            Claim::Rate { meter, numerator, denominator, when } => {
                self.rate(*meter, (*numerator, *denominator), *when)
            }
            Claim::Recovers(within) => self.recovers(*within, &mut notes),
            Claim::AlwaysPossible(goal) => self.always_possible(*goal),
            Claim::Temporal(formula) => self.temporal(formula),
        };
        let verdict = verdict.unwrap_or(Verdict::Unknown(Reason::Interrupted));
        Answer { notes, ..Answer::plain(verdict) }
    }

    /// No state in which the predicate is `bad`.
    fn safe(&mut self, predicate: FigureId, bad: bool) -> Result<Verdict, Interrupted> {
        let found = self.first_where(predicate, bad)?;
        Ok(match found {
            Some(trace) => {
                Verdict::Fails { evidence: Evidence::Trace(trace), worst: None, storm: None }
            }
            None => self.holds(None, None),
        })
    }

    fn possible(&mut self, predicate: FigureId) -> Result<Verdict, Interrupted> {
        if let Some(witness) = self.first_where(predicate, true)? {
            let witness = Some(witness);
            return Ok(Verdict::Holds { ground: Ground::Witness, worst: None, witness });
        }
        Ok(match self.holds(None, None) {
            Verdict::Holds { ground: Ground::Everything(proof), .. } => {
                let evidence = Evidence::Everything(proof);
                Verdict::Fails { evidence, worst: None, storm: None }
            }
            other => other,
        })
    }

    fn peak(&mut self, figure: FigureId, bound: i64) -> Result<Verdict, Interrupted> {
        let found = peak(self.system, self.exploration, figure, self.observer)?;
        self.note_figure_breach(found.breach);
        let Some((highest, place)) = found.highest else { return Ok(self.holds(None, None)) };
        let trace = self.judge.certify(&place.trace, Ending::State);
        self.judge.certify_figure(figure, last(&trace), Ok(highest));
        let is_complete = self.exploration.exhausted().is_some();
        let worst =
            Some(if is_complete { Worst::Exactly(highest) } else { Worst::AtLeast(highest) });
        Ok(if highest > bound {
            Verdict::Fails { evidence: Evidence::Trace(trace), worst, storm: None }
        } else {
            self.holds(worst, Some(trace))
        })
    }

    fn finite(
        &mut self,
        meter: Meter,
        when: FigureId,
        notes: &mut Vec<Note>,
    ) -> Result<Verdict, Interrupted> {
        let meter = meter_id(meter);
        let question = StormQuestion { meter, region: Some(when), healthy: self.judge.healthy };
        let graph = &self.exploration.graph;
        let found = storm(self.system, graph, question, self.observer)?;
        self.note_figure_breach(found.breach);
        if let Some(storm) = found.storm {
            let (trace, storm) = self.certify_storm(&storm, meter, Some(when), Ending::FairLoop);
            let evidence = Evidence::Trace(trace);
            return Ok(Verdict::Fails { evidence, worst: None, storm: Some(storm) });
        }
        let verdict = self.holds(None, None);
        if matches!(verdict, Verdict::Holds { .. }) {
            if graph.labels().all(|label| graph.count(label, meter) == 0) {
                notes.push(Note::NeverCounted);
            }
            let any = first_where(self.system, self.exploration, when, true, self.observer)?;
            if any.found.is_none() {
                notes.push(Note::NoSuchStates);
            }
        }
        if let Some(unfair) = found.unfair_loop {
            let trace = self.judge.certify(&unfair.trace, Ending::UnfairLoop);
            notes.push(Note::UnfairLoop(trace));
        }
        if let Some(beyond) = found.beyond_region {
            let (trace, storm) = self.certify_storm(&beyond, meter, None, Ending::FairLoop);
            notes.push(Note::StormWhileNotCalm(trace, storm));
        }
        Ok(verdict)
    }

    fn temporal(&mut self, formula: &Formula) -> Result<Verdict, Interrupted> {
        let Exploration { graph, .. } = self.exploration;
        let memory_bytes = self.exploration.memory_bytes_left();
        let found = temporal(self.system, graph, formula, memory_bytes, self.observer)?;
        self.note_figure_breach(found.breach);
        Ok(match found.outcome {
            Outcome::Kept => self.holds(None, None),
            Outcome::TooLarge => Verdict::Unknown(Reason::FormulaTooLarge),
            Outcome::NoMemory => {
                Verdict::Unknown(Reason::Unfinished(Unfinished::Limit(Limit::Memory)))
            }
            Outcome::Violated(violation) => {
                let trace = self.judge.certify(&violation.trace, Ending::FairLoop);
                self.judge.certify_violation(formula, &trace);
                Verdict::Fails { evidence: Evidence::Trace(trace), worst: None, storm: None }
            }
        })
    }

    /// A storm whose loop closes, is fair, counts, and stays in its region, by the plain meaning.
    fn certify_storm(
        &self,
        found: &StormFinding,
        meter: MeterId,
        region: Option<FigureId>,
        ending: Ending,
    ) -> (Replayed, Storm) {
        let trace = self.judge.certify(&found.trace, ending);
        let first = trace.repeats_from().expect("a loop was asked for, and walked");
        let turn = &trace.steps()[first..];
        // A turn may count more than any number tells; then it is the largest.
        let total =
            |meter: usize| turn.iter().map(|step| step.counts[meter]).fold(0, u64::saturating_add);
        let (counted, ticks) = (total(meter.index()), total(0));
        assert!(counted > 0, "the loop of a storm must count");
        assert_eq!((counted, ticks), told_turns(found, &trace), "counts must agree");
        for state in &trace.states()[first..] {
            if let Some(figure) = region {
                self.judge.certify_figure(figure, state, Ok(1));
            }
        }
        let storm = Storm {
            count_per_turn: counted,
            ticks_per_turn: ticks,
            faults: found.faults,
            fewest_faults: found.fewest_faults,
            grade: found.grade,
        };
        (trace, storm)
    }

    /// `Holds`, if everything was seen and the model keeps its own rules; the reason why not otherwise.
    fn holds(&self, worst: Option<Worst>, witness: Option<Replayed>) -> Verdict {
        match &self.exploration.stop {
            Stop::Unfinished(unfinished) => Verdict::Unknown(Reason::Unfinished(*unfinished)),
            Stop::Exhausted(_) if self.judgement.no_start => Verdict::Unknown(Reason::NoStart),
            Stop::Exhausted(_) if self.model_breaches || self.claim_breaches => {
                Verdict::Unknown(Reason::ModelBreaches)
            }
            Stop::Exhausted(proof) => {
                Verdict::Holds { ground: Ground::Everything(proof.clone()), worst, witness }
            }
        }
    }

    /// The first state in which a predicate is as wanted, certified.
    fn first_where(
        &mut self,
        predicate: FigureId,
        wanted: bool,
    ) -> Result<Option<Replayed>, Interrupted> {
        let FirstState { found, breach } =
            first_where(self.system, self.exploration, predicate, wanted, self.observer)?;
        self.note_figure_breach(breach);
        Ok(found.map(|finding| {
            let trace = self.judge.certify(&finding.trace, Ending::State);
            self.judge.certify_figure(predicate, last(&trace), Ok(i64::from(wanted)));
            trace
        }))
    }

    /// A figure that cannot be read somewhere is a finding, and no reason for its claim to hold.
    fn note_figure_breach(&mut self, found: Option<FigureBreach>) {
        let Some(found) = found else { return };
        self.claim_breaches = true;
        if self.judgement.breaches.iter().any(|one| one.breach == found.breach) {
            return;
        }
        let trace = self.judge.certify(&found.trace, Ending::State);
        self.judge.certify_figure(found.figure, last(&trace), Err(found.breach));
        self.judgement.breaches.push(BreachFinding { breach: found.breach, trace });
    }

    /// Where time stops, and whether calm ever returns.
    fn look_at_time(&mut self) {
        let graph = &self.exploration.graph;
        let is_complete = self.exploration.exhausted().is_some();
        if is_complete && let Ok(Some(found)) = stopped_time(self.system, graph, self.observer) {
            let trace = self.judge.certify(&found.trace, Ending::State);
            self.judgement.stopped = Some(StoppedFinding { state_count: found.state_count, trace });
        }
        if let (true, Edges::Everywhere, Some(calm)) =
            (is_complete, graph.edges_kept(), self.judge.calm)
        {
            let found = calm_behind_fault(self.system, graph, calm, self.observer);
            self.judgement.never_calm_again = found == Ok(Some(false));
        }
    }

    /// From where recovery is sure and from where it is possible; and where each failing trace passes
    /// the last such state. Of a graph that is not all there is, or not what was meant, nothing is said.
    fn survey_regions(&mut self) {
        let graph = &self.exploration.graph;
        let (Edges::Everywhere, Some(healthy)) = (graph.edges_kept(), self.judge.healthy) else {
            return;
        };
        self.judgement.regions_unknown = match self.exploration.stop {
            Stop::Unfinished(unfinished) => Some(Reason::Unfinished(unfinished)),
            Stop::Exhausted(_) if self.model_breaches => Some(Reason::ModelBreaches),
            Stop::Exhausted(_) => None,
        };
        if self.judgement.regions_unknown.is_some() {
            return;
        }
        let question = RegionsQuestion { calm: self.judge.calm, healthy };
        let Ok(regions) = regions(self.system, graph, question, self.observer) else {
            self.judgement.regions_unknown = Some(Reason::Interrupted);
            return;
        };
        if regions.breach.is_some() {
            self.judgement.regions_unknown = Some(Reason::ModelBreaches);
            self.note_figure_breach(regions.breach);
            return;
        }
        for found in &regions.survey {
            self.judgement.regions.push(Region {
                prospect: found.prospect,
                state_count: found.state_count,
                faults: found.faults,
                trace: self.judge.certify(&found.first.trace, Ending::State),
            });
        }
        for answer in &mut self.judgement.answers {
            if let Verdict::Fails { evidence: Evidence::Trace(trace), .. } = &answer.verdict {
                let states = self.judge.states_of(graph, trace.trace());
                answer.no_return = states.map(|states| regions.no_return(&states));
            }
        }
    }

    /// Every `holds` says in how many states time stops.
    fn note_stopped_time(&mut self) {
        let Some(stopped) = &self.judgement.stopped else { return };
        let count = stopped.state_count;
        for answer in &mut self.judgement.answers {
            if matches!(answer.verdict, Verdict::Holds { ground: Ground::Everything(_), .. }) {
                answer.notes.push(Note::TimeStops(count));
            }
        }
    }
}

pub(super) fn last(trace: &Replayed) -> &Values {
    trace.states().last().expect("a walked trace has a state")
}

/// What the told loop of a storm counts, and its ticks: it may go round more than once until it closes.
fn told_turns(found: &StormFinding, told: &Replayed) -> (u64, u64) {
    let length = |steps: usize, first: u32| steps - first as usize;
    let once = length(found.trace.actions.len(), found.trace.repeats_from.unwrap_or(0));
    let all = length(told.steps().len(), told.trace().repeats_from.unwrap_or(0));
    let turns = (all / once) as u64;
    (found.meter_per_turn.saturating_mul(turns), found.ticks_per_turn * turns)
}

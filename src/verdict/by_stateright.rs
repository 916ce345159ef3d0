//! Judges claims about single states by a search of stateright: a second opinion.
//!
//! Its walks are certified as any others are. What it says of all states rests on fingerprints, and
//! carries [`Drained`] in place of our own proof; where it stopped early, nothing is said of them.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::answer::{Evidence, Ground, Reason, Verdict, Worst};
use super::judge::{Answer, BreachFinding, Judge, Judgement, last};
use crate::explore::{Observer, Progress, Unfinished};
use crate::model::Claim;
use crate::system::stateright::{AsModel, Asked, Drained, Found, Order, Question, Walk, search};
use crate::system::{Breach, FigureId, System};
use crate::trace::Trace;
use crate::trace::replay::{Ending, Replayed};

/// What stateright made of a system, in its own numbers.
#[derive(Clone, Debug, Default)]
pub struct SecondOpinion {
    /// What is known.
    pub judgement: Judgement,
    /// Initial states.
    pub start_count: usize,
    /// Fingerprints.
    pub state_count: usize,
    /// Steps, ticks apart.
    pub step_count: u64,
    /// Ticks.
    pub tick_count: u64,
    /// How far the furthest state is from a start.
    pub depth: usize,
    /// What cut it short.
    pub cut: Option<Unfinished>,
}

impl Judge<'_> {
    /// Has stateright search a system, and judges claims by what it finds.
    pub fn ask_stateright<S: System + Clone + Send + 'static>(
        &self,
        system: S,
        claims: &[&Claim],
        observer: &mut dyn Observer,
    ) -> SecondOpinion {
        let mut inquiry =
            Inquiry { judge: self, system, observer, opinion: SecondOpinion::default() };
        let answers = inquiry.answer(claims);
        let verdicts = answers.unwrap_or_else(|broken| {
            inquiry.opinion.judgement.start_breach = Some(broken);
            inquiry.opinion.cut = Some(Unfinished::StartBreach);
            let unknown = |_| Verdict::Unknown(Reason::Unfinished(Unfinished::StartBreach));
            claims.iter().map(unknown).collect()
        });
        let answer = |verdict| Answer { verdict, notes: Vec::new(), no_return: None };
        inquiry.opinion.judgement.answers = verdicts.into_iter().map(answer).collect();
        inquiry.opinion
    }
}

/// A system being asked about.
struct Inquiry<'a, S> {
    judge: &'a Judge<'a>,
    system: S,
    observer: &'a mut dyn Observer,
    opinion: SecondOpinion,
}

/// What is known of one question.
struct Known {
    asked: Asked,
    walk: Option<Walk>,
    highest: Option<i64>,
    is_unreadable: bool,
}

impl<S: System + Clone + Send + 'static> Inquiry<'_, S> {
    fn answer(&mut self, claims: &[&Claim]) -> Result<Vec<Verdict>, Breach> {
        let asked: Vec<Asked> = claims.iter().filter_map(|claim| question(claim)).collect();
        let (known, drained) = self.ask(&asked)?;
        let shown = self.show_peaks(&known, drained.as_ref())?;
        let mut known = known.into_iter().zip(shown).collect::<VecDeque<_>>();
        let verdicts = claims.iter().map(|claim| {
            if question(claim).is_none() {
                return Verdict::Unknown(Reason::NotByStateright);
            }
            let (known, peak) = known.pop_front().expect("every question has its answer");
            self.verdict(known, peak, drained.as_ref())
        });
        Ok(verdicts.collect())
    }

    /// Asks all questions, in as many runs as that takes; the breaches that come up are findings.
    fn ask(&mut self, asked: &[Asked]) -> Result<(Vec<Known>, Option<Drained>), Breach> {
        let mut known = Vec::new();
        let mut rest = asked;
        loop {
            let (these, others) = rest.split_at(rest.len().min(AsModel::<S>::QUESTIONS_MAX));
            rest = others;
            let found = self.search(these)?;
            self.note_breaches(&found, these);
            let of_questions = found.walks.into_iter().zip(found.highest).zip(found.is_unreadable);
            let of_questions = these.iter().zip(of_questions);
            known.extend(of_questions.map(|(&asked, ((walk, highest), is_unreadable))| Known {
                asked,
                walk,
                highest,
                is_unreadable,
            }));
            if rest.is_empty() || found.drained.is_none() {
                let never =
                    |&asked| Known { asked, walk: None, highest: None, is_unreadable: false };
                known.extend(rest.iter().map(never));
                return Ok((known, found.drained));
            }
        }
    }

    /// A walk to the first state in which each peak is reached, which only a second search can show
    /// since only the first one knows how high it is.
    fn show_peaks(
        &mut self,
        known: &[Known],
        drained: Option<&Drained>,
    ) -> Result<Vec<Option<Walk>>, Breach> {
        let peak = |one: &Known| match (one.asked, one.highest) {
            (Asked::AtMost(figure, _), Some(highest)) => Some(Asked::Reaches(figure, highest)),
            _ => None,
        };
        let peaks: Vec<Asked> = known.iter().filter_map(peak).collect();
        if peaks.is_empty() || drained.is_none() {
            return Ok(known.iter().map(|_| None).collect());
        }
        let mut walks = VecDeque::new();
        for these in peaks.chunks(AsModel::<S>::QUESTIONS_MAX) {
            walks.extend(self.search(these)?.walks);
        }
        Ok(known.iter().map(|one| peak(one).and_then(|_| walks.pop_front().flatten())).collect())
    }

    fn search(&mut self, asked: &[Asked]) -> Result<Found, Breach> {
        let named =
            |(at, &asked): (usize, &Asked)| Question { name: format!("question {at}"), asked };
        let questions = asked.iter().enumerate().map(named).collect();
        let model = AsModel::new(self.system.clone(), questions)?;
        self.opinion.start_count = model.start_count();
        let found = search(model, Order::BreadthFirst, &mut |states| {
            let states = states as u64;
            self.observer.progress(Progress { states, ..Progress::default() });
            if self.observer.should_stop() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let opinion = &mut self.opinion;
        opinion.judgement.no_start = opinion.start_count == 0;
        opinion.state_count = found.state_count;
        opinion.step_count = found.step_count;
        opinion.tick_count = found.tick_count;
        opinion.depth = found.depth;
        opinion.cut = found.drained.is_none().then_some(Unfinished::Interrupted);
        Ok(found)
    }

    /// A step that breaches, and a figure that cannot be read, as findings.
    fn note_breaches(&mut self, found: &Found, asked: &[Asked]) {
        if let Some(walk) = &found.breaching {
            let mut broken = None;
            self.system.steps(&walk.last, &mut |step| {
                let breach = step.next.err().map(|breach| (step.action, breach));
                broken = broken.or(breach);
            });
            let (action, breach) = broken.expect("a step out of this state was seen to breach");
            let mut trace = trace(walk);
            trace.actions.push(action);
            let trace = self.judge.certify(&trace, Ending::Breach);
            assert_eq!(trace.breach(), Some(breach), "both meanings must breach alike");
            self.note_breach(BreachFinding { breach, trace });
        }
        if let Some(walk) = &found.unreadable {
            let read = |asked: &Asked| {
                let figure = asked.figure();
                Some((figure, self.system.read(figure, &walk.last).err()?))
            };
            let (figure, breach) =
                asked.iter().find_map(read).expect("a figure was seen to be unreadable here");
            let trace = self.judge.certify(&trace(walk), Ending::State);
            self.judge.certify_figure(figure, last(&trace), Err(breach));
            self.note_breach(BreachFinding { breach, trace });
        }
    }

    fn note_breach(&mut self, finding: BreachFinding) {
        let breaches = &mut self.opinion.judgement.breaches;
        if breaches.iter().all(|one| one.breach != finding.breach) {
            breaches.push(finding);
        }
    }

    fn verdict(&self, known: Known, peak: Option<Walk>, drained: Option<&Drained>) -> Verdict {
        let Known { asked, walk, highest, is_unreadable } = known;
        let fails =
            |trace, worst| Verdict::Fails { evidence: Evidence::Trace(trace), worst, storm: None };
        match asked {
            Asked::Always(p) | Asked::Never(p) => match walk {
                Some(walk) => {
                    let bad = i64::from(matches!(asked, Asked::Never(_)));
                    fails(self.certify(&walk, p, bad), None)
                }
                None => self.holds(is_unreadable, drained, None, None),
            },
            Asked::Sometimes(p) => match walk {
                Some(walk) => {
                    let witness = Some(self.certify(&walk, p, 1));
                    Verdict::Holds { ground: Ground::Witness, worst: None, witness }
                }
                None => refuted(self.holds(is_unreadable, drained, None, None)),
            },
            Asked::AtMost(figure, bound) | Asked::Reaches(figure, bound) => {
                let shown = match (highest, peak, walk) {
                    (Some(most), Some(peak), _) => Some((most, peak, Worst::Exactly(most))),
                    (_, _, Some(walk)) => {
                        let reached = self.system.read(figure, &walk.last);
                        reached.ok().map(|most| (most, walk, Worst::AtLeast(most)))
                    }
                    _ => None,
                };
                let Some((most, walk, worst)) = shown else {
                    return self.holds(is_unreadable, drained, None, None);
                };
                let trace = self.certify(&walk, figure, most);
                if most > bound {
                    return fails(trace, Some(worst));
                }
                self.holds(is_unreadable, drained, Some(worst), Some(trace))
            }
        }
    }

    /// `Holds`, if the search ran dry and the model keeps its own rules; the reason why not otherwise.
    fn holds(
        &self,
        is_unreadable: bool,
        drained: Option<&Drained>,
        worst: Option<Worst>,
        witness: Option<Replayed>,
    ) -> Verdict {
        let has_breaching_step =
            self.opinion.judgement.breaches.iter().any(|one| one.trace.breach().is_some());
        match drained {
            None => Verdict::Unknown(Reason::Unfinished(Unfinished::Interrupted)),
            Some(_) if self.opinion.judgement.no_start => Verdict::Unknown(Reason::NoStart),
            Some(_) if is_unreadable || has_breaching_step => {
                Verdict::Unknown(Reason::ModelBreaches)
            }
            Some(drained) => {
                Verdict::Holds { ground: Ground::Fingerprints(drained.clone()), worst, witness }
            }
        }
    }

    /// A walk that the plain meaning has walked, and in whose last state it reads the figure alike.
    fn certify(&self, walk: &Walk, figure: FigureId, value: i64) -> Replayed {
        let trace = self.judge.certify(&trace(walk), Ending::State);
        self.judge.certify_figure(figure, last(&trace), Ok(value));
        trace
    }
}

/// What stateright can be asked to decide a claim; nothing if it cannot.
fn question(claim: &Claim) -> Option<Asked> {
    match claim {
        Claim::Always(p) => Some(Asked::Always(*p)),
        Claim::Never(p) => Some(Asked::Never(*p)),
        Claim::Possible(p) => Some(Asked::Sometimes(*p)),
        Claim::Peak(figure, bound) => Some(Asked::AtMost(*figure, *bound)),
        Claim::AlwaysPossible(_)
        | Claim::Temporal(_)
        | Claim::Recovers(_)
        | Claim::Finite(..)
        | Claim::Total { .. }
        | Claim::Rate { .. } => None,
    }
}

/// That nothing speaks against there being no such state is what fails a claim that there is one.
fn refuted(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Holds { ground: Ground::Fingerprints(drained), .. } => {
            let evidence = Evidence::Fingerprints(drained);
            Verdict::Fails { evidence, worst: None, storm: None }
        }
        other => other,
    }
}

fn trace(walk: &Walk) -> Trace {
    let Walk { start, actions, .. } = walk;
    Trace { start: start.clone(), actions: actions.clone(), repeats_from: None }
}

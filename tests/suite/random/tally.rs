//! How often each kind of claim held, failed, or said nothing, in all that was generated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use squall::base::Id;
use squall::model::{Claim, Formula, Meter};
use squall::pipeline::PartOfAnswers;
use squall::system::{FigureId, Word};
use squall::verdict::Verdict;
use squall::verdict::storm::Grade;

use super::examine::{Examiner, figures_of};

/// Answers, by the kind of claim and by what the answer is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub answers: BTreeMap<&'static str, BTreeMap<Gist, usize>>,
    /// In how many graphs a rule was broken.
    pub breaching: usize,
    /// In how many graphs time stopped somewhere.
    pub stopping: usize,
    /// How many models had fewer states without what nothing reads.
    pub leaner: usize,
    /// How many models had steps that were taken in one order.
    pub ordered: usize,
    pub states: usize,
    pub graphs: usize,
}

/// What an answer is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gist {
    Holds,
    /// It holds, as what it is about never comes about.
    Idly,
    Fails,
    Storm,
    Trap,
    Unknown,
}

impl Gist {
    pub const ALL: [Gist; 6] =
        [Gist::Holds, Gist::Idly, Gist::Fails, Gist::Storm, Gist::Trap, Gist::Unknown];
}

/// Every kind of claim.
pub const KINDS: [&str; 18] = [
    "always",
    "never",
    "possible",
    "peak",
    "finite",
    "total",
    "total within",
    "rate",
    "recovers",
    "recovers within",
    "always possible",
    "eventually",
    "leads to",
    "eventually always",
    "always eventually",
    "until",
    "next",
    "nested",
];

impl Tally {
    pub fn add(&mut self, examiner: &Examiner<'_>, part: &PartOfAnswers) {
        self.graphs += 1;
        self.states += part.summary.state_count;
        self.breaching += usize::from(!part.judgement.breaches.is_empty());
        self.stopping += usize::from(part.judgement.stopped.is_some());
        for (id, answer) in part.properties.iter().zip(&part.judgement.answers) {
            let claim = &examiner.book.model.properties[*id].claim;
            let gist = match &answer.verdict {
                Verdict::Holds { .. } if is_idle(claim, examiner) => Gist::Idly,
                Verdict::Holds { .. } => Gist::Holds,
                Verdict::Fails { storm: None, .. } => Gist::Fails,
                Verdict::Fails { storm: Some(storm), .. } => match storm.grade {
                    Grade::Storm => Gist::Storm,
                    Grade::Trap => Gist::Trap,
                },
                Verdict::Unknown(_) => Gist::Unknown,
            };
            *self.answers.entry(kind(claim)).or_default().entry(gist).or_default() += 1;
        }
    }

    pub fn join(&mut self, other: Tally) {
        self.graphs += other.graphs;
        self.states += other.states;
        self.breaching += other.breaching;
        self.stopping += other.stopping;
        self.leaner += other.leaner;
        self.ordered += other.ordered;
        for (kind, gists) in other.answers {
            for (gist, count) in gists {
                *self.answers.entry(kind).or_default().entry(gist).or_default() += count;
            }
        }
    }

    pub fn count(&self, kind: &str, gists: &[Gist]) -> usize {
        let Some(found) = self.answers.get(kind) else { return 0 };
        gists.iter().filter_map(|gist| found.get(gist)).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} graphs with {} states; {} breach, in {} time stops",
            self.graphs, self.states, self.breaching, self.stopping
        )?;
        write!(f, "{:18}", "")?;
        Gist::ALL.iter().try_for_each(|gist| write!(f, "{:>9}", format!("{gist:?}")))?;
        for kind in KINDS {
            write!(f, "\n{kind:18}")?;
            Gist::ALL.iter().try_for_each(|gist| write!(f, "{:>9}", self.count(kind, &[*gist])))?;
        }
        Ok(())
    }
}

fn kind(claim: &Claim) -> &'static str {
    match claim {
        Claim::Always(_) => "always",
        Claim::Never(_) => "never",
        Claim::Possible(_) => "possible",
        Claim::Peak(..) => "peak",
        Claim::Finite(..) => "finite",
        Claim::Total { within: None, .. } => "total",
        Claim::Total { .. } => "total within",
        Claim::Rate { .. } => "rate",
        Claim::Recovers(None) => "recovers",
        Claim::Recovers(Some(_)) => "recovers within",
        Claim::AlwaysPossible(_) => "always possible",
        Claim::Temporal(formula) => kind_of_formula(formula),
    }
}

fn kind_of_formula(formula: &Formula) -> &'static str {
    let is_plain = |formula: &Formula| matches!(formula, Formula::Holds(_));
    match formula {
        Formula::Eventually(one) if is_plain(one) => "eventually",
        Formula::Next(one) if is_plain(one) => "next",
        Formula::LeadsTo(one, other) if is_plain(one) && is_plain(other) => "leads to",
        Formula::Until(one, other) if is_plain(one) && is_plain(other) => "until",
        Formula::Eventually(one) => match &**one {
            Formula::Always(one) if is_plain(one) => "eventually always",
            _ => "nested",
        },
        Formula::Always(one) => match &**one {
            Formula::Eventually(one) if is_plain(one) => "always eventually",
            _ => "nested",
        },
        _ => "nested",
    }
}

/// Whether what a claim is about never comes about: nothing counts, nobody is unwell, or what is said of
/// states is the same in all of them.
fn is_idle(claim: &Claim, examiner: &Examiner<'_>) -> bool {
    let textbook = &examiner.textbook;
    let is_constant = |figure: &FigureId| {
        let holding = textbook.all_where(*figure).len();
        holding == 0 || holding == textbook.states.len()
    };
    let never_counts = |meter: &Meter, when: &FigureId| {
        let meter = match meter {
            Meter::Tick => 0,
            Meter::Declared(id) => 1 + id.index(),
        };
        let calm: BTreeSet<Word> = textbook.all_where(*when);
        let mut arrows = examiner.book.arrows();
        !arrows.any(|(state, arrow)| calm.contains(&state) && arrow.counts[meter] > 0)
    };
    match claim {
        Claim::Always(_) | Claim::Never(_) | Claim::Possible(_) | Claim::Peak(..) => false,
        Claim::Finite(meter, when)
        | Claim::Total { meter, when, .. }
        | Claim::Rate { meter, when, .. } => never_counts(meter, when),
        Claim::Recovers(_) => examiner.is_always_well(),
        Claim::AlwaysPossible(figure) => is_constant(figure),
        Claim::Temporal(formula) => figures_of(formula).iter().all(is_constant),
    }
}

//! What mitigations are worth, in words: every claim under every set of them.

pub mod page;

use std::ops::Range;

use itertools::Itertools;

use super::compose::worst_words;
use super::words::{Ended, reason};
use super::{PropertyReport, VerdictWord};
use crate::mitigate::pareto::costs;
use crate::mitigate::{
    Cell, Effect, Front, Matrix, Minimal, Outcome, Row, Setback, Standing, front, matrix, minimal,
    pareto,
};
use crate::model::{MitigationId, Model};
use crate::pipeline::Fate;
use crate::verdict::Worst;
use crate::verdict::storm::Grade;

/// Every claim under every set of mitigations, and what follows for a design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MitigateReport {
    /// The model's name.
    pub model: String,
    /// The mitigations that are always applied.
    pub always: Vec<String>,
    /// The mitigations that are tried.
    pub mitigations: Vec<EffectReport>,
    /// The claims: name and text.
    pub properties: Vec<(String, String)>,
    /// How many mitigations are applied together at most.
    pub up_to: usize,
    /// How many different designs were explored; the other sets behave like one of them.
    pub design_count: usize,
    /// Mitigations that break what held without them.
    pub setbacks: Vec<SetbackReport>,
    /// All sets, small ones first.
    pub rows: Vec<RowReport>,
    /// The smallest sets that make a claim hold, for each claim.
    pub sufficient: Vec<Vec<SufficientReport>>,
    /// The smallest sets that make every claim hold.
    pub sufficient_for_all: Vec<SufficientReport>,
    /// What is worth its cost, for each claim; empty if no mitigation has one.
    pub fronts: Vec<FrontReport>,
    /// The least that makes every claim hold, and the sets of that cost.
    pub cheapest_for_all: Option<(u64, Vec<Vec<String>>)>,
    /// Mitigations that have no cost where others have one: sets with them are not weighed.
    pub uncosted: Vec<String>,
    /// Pairs of which each alone makes a claim hold, and so do both: one of them is redundant. For each
    /// claim.
    pub redundant: Vec<Vec<[String; 2]>>,
}

/// What a mitigation alone makes of the bare design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectReport {
    /// The mitigation.
    pub name: String,
    /// What is said about it in the model.
    pub doc: Option<String>,
    /// Whether the design behaves the same with it.
    pub changes_nothing: bool,
    /// Claims that fail without it and hold with it.
    pub mends: Vec<String>,
    /// Claims that hold without it and fail with it.
    pub breaks: Vec<String>,
    /// What becomes of each counterexample of the bare design: the claim, and a word for it.
    pub fates: Vec<(String, &'static str)>,
    /// Claims that fail without it and with it, though the counterexample is gone: there is another one.
    pub fails_anew: Vec<String>,
}

/// A mitigation that breaks what held without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetbackReport {
    /// The set under which the claims hold.
    pub before: Vec<String>,
    /// The mitigation.
    pub added: String,
    /// The claims that hold without it and fail with it.
    pub broken: Vec<String>,
    /// How many larger sets it breaks the same claims of.
    pub larger_count: usize,
    /// How the first of the claims fails, where that is told.
    pub story: Option<PropertyReport>,
}

/// A set of mitigations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowReport {
    /// The set.
    pub set: Vec<String>,
    /// `judged`, `conflict`, `wrong`, `no_start` or `not_run`.
    pub status: &'static str,
    /// The earlier set that behaves the same, if there is one.
    pub same_as: Option<Vec<String>>,
    /// What its mitigations cost together, if that is known.
    pub cost: Option<u64>,
    /// A cell for each claim; empty if it was not judged.
    pub cells: Vec<CellReport>,
    /// The states of each exploration; the second one is with operators.
    pub states: Vec<usize>,
    /// Whether the model breaks its own rules.
    pub breaches: bool,
}

/// What is worth its cost, for a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontReport {
    /// The cheapest first.
    pub points: Vec<PointReport>,
    /// How many sets might do better: their worst case is not known.
    pub open_count: usize,
}

/// Sets of one cost that do equally well, and better than any that costs less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointReport {
    /// What each of them costs.
    pub cost: u64,
    /// The sets.
    pub sets: Vec<Vec<String>>,
    /// The claim under the first of them.
    pub cell: CellReport,
}

/// A claim under a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellReport {
    /// The verdict.
    pub verdict: VerdictWord,
    /// Whether it counts as holding; nobody may know.
    pub is_good: Option<bool>,
    /// Why it is unknown, in words.
    pub reason: Option<String>,
    /// `loop`, `storm` or `trap`.
    pub grade: Option<&'static str>,
    /// The worst value in words.
    pub worst: Option<String>,
    /// The same as short as can be.
    pub short_worst: Option<String>,
    /// Whether nothing that can happen could have violated it.
    pub is_vacuous: bool,
    /// Whether there is a storm that does not stay calm, which the claim does not speak of.
    pub storms_while_not_calm: bool,
}

/// A smallest set that makes something hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SufficientReport {
    /// The set; empty for the bare design.
    pub set: Vec<String>,
    /// Whether every smaller set is known not to do.
    pub is_certain: bool,
    /// Additions to it that break it again, the smallest.
    pub spoiled_by: Vec<Vec<String>>,
    /// Whether every larger set is known.
    pub is_settled: bool,
    /// Whether there is a storm that does not stay calm, which the claims do not speak of.
    pub storms_while_not_calm: bool,
}

impl MitigateReport {
    /// A matrix in words. The stories of setbacks are told later.
    pub fn of(
        model: &Model,
        matrix: &Matrix,
        setbacks: &[Setback],
        effects: &[Effect],
    ) -> MitigateReport {
        let composer = Composer { model, matrix, costs: costs(matrix, model) };
        let is_weighed = composer.is_weighed();
        let claims = 0..matrix.properties.len();
        let sufficient = |row: &Row, at: usize| row.is_good(at);
        MitigateReport {
            model: model.name.clone(),
            always: names(model, |id| model.mitigations[id].applied),
            mitigations: effects.iter().map(|effect| composer.effect(effect)).collect(),
            properties: matrix
                .properties
                .iter()
                .map(|&id| (model.properties[id].name.clone(), model.properties[id].text.clone()))
                .collect(),
            up_to: matrix.up_to,
            design_count: matrix.design_count(),
            setbacks: setbacks.iter().map(|setback| composer.setback(setback)).collect(),
            rows: (0..matrix.rows.len()).map(|at| composer.row(at)).collect(),
            sufficient: claims
                .clone()
                .map(|at| {
                    composer.sufficient(&minimal(matrix, |row| sufficient(row, at)), at..at + 1)
                })
                .collect(),
            sufficient_for_all: composer
                .sufficient(&minimal(matrix, Row::is_all_good), claims.clone()),
            fronts: claims.clone().filter(|_| is_weighed).map(|at| composer.front(at)).collect(),
            cheapest_for_all: if is_weighed { composer.cheapest() } else { None },
            uncosted: names(model, |id| {
                is_weighed
                    && matrix.mitigations.contains(&id)
                    && model.mitigations[id].cost.is_none()
            }),
            redundant: claims.map(|at| composer.redundant(at)).collect(),
        }
    }

    /// The same, where it is known who would have ended the run.
    pub fn ended(mut self, ended: Ended) -> MitigateReport {
        let cells = self.rows.iter_mut().flat_map(|row| &mut row.cells);
        for reason in cells.filter_map(|cell| cell.reason.as_mut()) {
            *reason = ended.settle(reason);
        }
        self
    }

    /// Whether every set was to be tried.
    pub fn is_whole(&self) -> bool {
        self.up_to == self.mitigations.len()
    }
}

fn names(model: &Model, is_wanted: impl Fn(MitigationId) -> bool) -> Vec<String> {
    let wanted = model.mitigations.iter_with_ids().filter(|(id, _)| is_wanted(*id));
    wanted.map(|(_, one)| one.name.clone()).collect()
}

struct Composer<'a> {
    model: &'a Model,
    matrix: &'a Matrix,
    /// What each row costs.
    costs: Vec<Option<u64>>,
}

impl Composer<'_> {
    fn name(&self, id: MitigationId) -> String {
        self.model.mitigations[id].name.clone()
    }

    fn set(&self, set: &[MitigationId]) -> Vec<String> {
        set.iter().map(|&id| self.name(id)).collect()
    }

    fn claim(&self, at: usize) -> String {
        self.model.properties[self.matrix.properties[at]].name.clone()
    }

    fn claims(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<String> {
        let all = 0..self.matrix.properties.len();
        all.filter(|&at| is_wanted(at)).map(|at| self.claim(at)).collect()
    }

    fn effect(&self, effect: &Effect) -> EffectReport {
        let bare = self.matrix.bare();
        let alone = self.matrix.rows.iter().find(|row| row.set == [effect.mitigation]);
        let is = |row: Option<&Row>, at: usize| row.and_then(|row| row.is_good(at));
        let turns = |before: bool, at: usize| {
            is(Some(bare), at) == Some(before) && is(alone, at) == Some(!before)
        };
        let fails_both =
            |at: usize| is(Some(bare), at) == Some(false) && is(alone, at) == Some(false);
        let is_gone = |at: usize| {
            let property = self.matrix.properties[at];
            let mut fates = effect.fates.iter();
            fates.any(|(id, fate)| {
                *id == property && matches!(fate, Fate::Broken(_) | Fate::Averted(_))
            })
        };
        let fates = effect.fates.iter().map(|(id, fate)| {
            let word = match fate {
                Fate::Untouched => "untouched",
                Fate::Bent(_) => "bent",
                Fate::Averted(_) => "averted",
                Fate::Unclear => "unclear",
                Fate::Broken(_) => "broken",
                Fate::Impossible => "impossible",
            };
            (self.model.properties[*id].name.clone(), word)
        });
        EffectReport {
            name: self.name(effect.mitigation),
            doc: self.model.mitigations[effect.mitigation].doc.clone(),
            changes_nothing: alone
                .is_some_and(|row| matches!(row.outcome, Outcome::Run { same_as: Some(0), .. })),
            mends: self.claims(|at| turns(false, at)),
            breaks: self.claims(|at| turns(true, at)),
            fates: fates.collect(),
            fails_anew: self.claims(|at| fails_both(at) && is_gone(at)),
        }
    }

    fn setback(&self, setback: &Setback) -> SetbackReport {
        SetbackReport {
            before: self.set(&self.matrix.rows[setback.before].set),
            added: self.name(setback.added),
            broken: setback.broken.iter().map(|&at| self.claim(at)).collect(),
            larger_count: setback.larger_count,
            story: None,
        }
    }

    fn row(&self, at: usize) -> RowReport {
        let row = &self.matrix.rows[at];
        let same_as = match &row.outcome {
            Outcome::Run { same_as, .. } => same_as.map(|at| self.set(&self.matrix.rows[at].set)),
            _ => None,
        };
        let status = match &row.outcome {
            Outcome::Run { found, .. } if found.has_no_start => "no_start",
            Outcome::Run { .. } => "judged",
            Outcome::Refused(_) if row.mistakes().is_some() => "wrong",
            Outcome::Refused(_) => "conflict",
            Outcome::NotRun => "not_run",
        };
        let judged = row.judged();
        let cells = judged.map(|judged| judged.cells.iter().map(CellReport::of).collect());
        let states = judged.map(|it| it.summaries.iter().map(|one| one.state_count).collect());
        RowReport {
            set: self.set(&row.set),
            status,
            same_as,
            cost: self.costs[at].filter(|_| self.is_weighed()),
            cells: cells.unwrap_or_default(),
            states: states.unwrap_or_default(),
            breaches: judged.is_some_and(|it| it.breaches),
        }
    }

    /// Whether some mitigation that is tried has a cost.
    fn is_weighed(&self) -> bool {
        let mut tried = self.matrix.mitigations.iter();
        tried.any(|&id| self.model.mitigations[id].cost.is_some())
    }

    fn sets(&self, rows: &[usize]) -> Vec<Vec<String>> {
        rows.iter().map(|&row| self.set(&self.matrix.rows[row].set)).collect()
    }

    fn front(&self, at: usize) -> FrontReport {
        let Front { points, open_count } =
            front(self.matrix, &self.costs, |row| pareto::badness(row, at));
        let told = points.iter().filter_map(|point| {
            let judged = self.matrix.rows[point.rows[0]].judged()?;
            Some(PointReport {
                cost: point.cost,
                sets: self.sets(&point.rows),
                cell: CellReport::of(&judged.cells[at]),
            })
        });
        FrontReport { points: told.collect(), open_count }
    }

    fn cheapest(&self) -> Option<(u64, Vec<Vec<String>>)> {
        let is_good = |row: &Row| row.is_all_good() == Some(true);
        let Front { points, .. } =
            front(self.matrix, &self.costs, |row| is_good(row).then_some(()));
        points.first().map(|point| (point.cost, self.sets(&point.rows)))
    }

    fn sufficient(&self, found: &[Minimal], claims: Range<usize>) -> Vec<SufficientReport> {
        let told = found.iter().map(|one| {
            let set = &self.matrix.rows[one.row].set;
            let mut additions: Vec<Vec<MitigationId>> = Vec::new();
            for &spoiled in &one.spoiled {
                let larger = &self.matrix.rows[spoiled].set;
                let added = larger.iter().copied().filter(|id| !set.contains(id)).collect_vec();
                if !additions.iter().any(|less| less.iter().all(|id| added.contains(id))) {
                    additions.push(added);
                }
            }
            SufficientReport {
                set: self.set(set),
                is_certain: one.is_certain,
                spoiled_by: additions.iter().map(|added| self.set(added)).collect(),
                is_settled: one.is_settled,
                storms_while_not_calm: self.matrix.rows[one.row].judged().is_some_and(|judged| {
                    judged.cells[claims.clone()].iter().any(|cell| cell.storms_while_not_calm)
                }),
            }
        });
        told.collect()
    }

    fn redundant(&self, at: usize) -> Vec<[String; 2]> {
        if self.matrix.bare().is_good(at) != Some(false) {
            return Vec::new();
        }
        let places = matrix::places(self.matrix);
        let is_good = |set: &[MitigationId]| {
            places.get(set).is_some_and(|&row| self.matrix.rows[row].is_good(at) == Some(true))
        };
        let pairs = self.matrix.mitigations.iter().copied().tuple_combinations();
        let redundant = pairs
            .filter(|&(one, other)| is_good(&[one]) && is_good(&[other]) && is_good(&[one, other]));
        redundant.map(|(one, other)| [self.name(one), self.name(other)]).collect()
    }
}

impl CellReport {
    /// A cell in words.
    pub fn of(cell: &Cell) -> CellReport {
        let (verdict, reason) = match cell.standing {
            Standing::Holds => (VerdictWord::Holds, None),
            Standing::Fails => (VerdictWord::Fails, None),
            Standing::Unknown(why) => (VerdictWord::Unknown, Some(reason(why))),
        };
        let grade = match cell.storm.map(|storm| storm.grade) {
            Some(Grade::Trap) => Some("trap"),
            Some(Grade::Storm) => Some("storm"),
            None => cell.has_loop.then_some("loop"),
        };
        CellReport {
            verdict,
            is_good: cell.is_good,
            reason,
            grade,
            worst: cell.worst.map(worst_words),
            short_worst: cell.worst.map(short),
            is_vacuous: cell.is_vacuous,
            storms_while_not_calm: cell.storms_while_not_calm,
        }
    }
}

/// A worst value as short as can be.
fn short(worst: Worst) -> String {
    match worst {
        Worst::Exactly(number) => number.to_string(),
        Worst::AtLeast(number) => format!("≥{number}"),
        Worst::Ratio { numerator, denominator: 1, .. } => numerator.to_string(),
        Worst::Ratio { numerator, denominator, .. } => format!("{numerator}/{denominator}"),
        Worst::RatioAtLeast { numerator, denominator } => format!("≥{numerator}/{denominator}"),
        Worst::NoTick | Worst::Unbounded => "∞".to_owned(),
    }
}

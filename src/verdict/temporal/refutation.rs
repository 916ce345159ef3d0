//! Writes down why no fair execution violates a claim, for those who do not trust the search.
//!
//! The search is quick because it rewrites the claim and makes the automaton small, and each of these
//! tricks would have to be believed. Here the claim is taken as it stands, in the few kinds of formulas
//! that a certificate knows; the automaton is left as the translation drafts it, so that each stage says
//! what it asks for; and its product with the graph is taken apart into components, of which none may
//! be fair and bear all marks. That is another opinion on the verdict as well.

use std::collections::BTreeMap;

use super::automaton::{MOST_FIGURES, Plain, StageId, Turn};
use super::letters::Letters;
use super::normal_form::{NormalForm, Part, PartId};
use super::product::{Cut, Place, Product};
use crate::base::Id;
use crate::certificate::{self, Proof, Reason, Stage};
use crate::explore::{Edge, Graph, Interrupted, Patience, StateId};
use crate::model::Formula;
use crate::system::{FigureId, System};
use crate::verdict::net::{Course, Net};
use crate::verdict::order::{Order, Sorted};

/// What proves a claim that holds, unless that is too large.
///
/// # Panics
/// If the claim does not hold.
pub(in crate::verdict) fn refutation(
    system: &dyn System,
    graph: &Graph,
    formula: &Formula,
    memory_bytes: Option<u64>,
    patience: &mut Patience<'_>,
) -> Result<Option<Proof>, Interrupted> {
    let mut basics = Basics::default();
    basics.number(Basic::True);
    let violation = -basics.add(formula);
    let mut form = NormalForm::default();
    let mut written = Written { basics: &basics, form: &mut form, parts: BTreeMap::new() };
    let violation = written.part(violation);
    let numbers = written.parts.into_iter().map(|(number, part)| (part, number)).collect();
    if form.figures().len() > MOST_FIGURES {
        return Ok(None);
    }
    let letters = &Letters::read(system, graph, form.figures(), patience)?;
    let Ok(plain) = Plain::new(&form, violation, letters.alphabet()) else { return Ok(None) };
    let automaton = &plain.automaton;
    let begin = |state| automaton.at_start().map(|stage| Place { state, stage });
    let roots = &mut graph.states().take(graph.start_count()).filter_map(begin);
    let memory_bytes = memory_bytes.unwrap_or(u64::MAX);
    let product = match Product::new(graph, letters, automaton, roots, memory_bytes, patience) {
        Ok(product) => product,
        Err(Cut::Memory) => return Ok(None),
        Err(Cut::Interrupted) => return Err(Interrupted),
    };
    let teller = Teller { plain: &plain, numbers, letters, product: &product };
    Ok(Some(teller.tell(system, patience)?))
}

/// One of the few kinds of formulas that certificates know, over the numbers of others. What is
/// negated has the number of what is not, below 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Basic {
    True,
    Is(FigureId),
    And(i32, i32),
    /// Of a formula that is not negated.
    Next(i32),
    Until(i32, i32),
}

const TRUE: i32 = 1;

/// Formulas, numbered from 1 as certificates have it.
#[derive(Default)]
struct Basics {
    all: Vec<Basic>,
    numbers: BTreeMap<Basic, i32>,
}

impl Basics {
    fn number(&mut self, basic: Basic) -> i32 {
        *self.numbers.entry(basic).or_insert_with(|| {
            self.all.push(basic);
            self.all.len() as i32
        })
    }

    fn add(&mut self, formula: &Formula) -> i32 {
        match formula {
            Formula::Holds(figure) => self.number(Basic::Is(*figure)),
            Formula::Not(operand) => -self.add(operand),
            Formula::And(left, right) => {
                let (left, right) = (self.add(left), self.add(right));
                self.number(Basic::And(left, right))
            }
            Formula::Or(left, right) => {
                let (left, right) = (self.add(left), self.add(right));
                -self.number(Basic::And(-left, -right))
            }
            Formula::Implies(left, right) => {
                let (left, right) = (self.add(left), self.add(right));
                -self.number(Basic::And(left, -right))
            }
            Formula::Next(operand) => {
                let operand = self.add(operand);
                operand.signum() * self.number(Basic::Next(operand.abs()))
            }
            Formula::Eventually(operand) => {
                let operand = self.add(operand);
                self.number(Basic::Until(TRUE, operand))
            }
            Formula::Always(operand) => {
                let operand = self.add(operand);
                -self.number(Basic::Until(TRUE, -operand))
            }
            Formula::Until(left, right) => {
                let (left, right) = (self.add(left), self.add(right));
                self.number(Basic::Until(left, right))
            }
            Formula::LeadsTo(left, right) => {
                let (left, right) = (self.add(left), self.add(right));
                let comes = self.number(Basic::Until(TRUE, right));
                let goes_without = self.number(Basic::And(left, -comes));
                -self.number(Basic::Until(TRUE, goes_without))
            }
        }
    }
}

/// Formulas with `not` at the figures only, as the translation reads them, by their numbers.
struct Written<'a> {
    basics: &'a Basics,
    form: &'a mut NormalForm,
    parts: BTreeMap<i32, PartId>,
}

impl Written<'_> {
    fn part(&mut self, number: i32) -> PartId {
        if let Some(&part) = self.parts.get(&number) {
            return part;
        }
        let sign = number.signum();
        let is_wanted = sign > 0;
        let part = match self.basics.all[number.unsigned_abs() as usize - 1] {
            Basic::True => Part::Constant(is_wanted),
            Basic::Is(figure) => Part::Is(self.form.place(figure), is_wanted),
            Basic::Next(operand) => Part::Next(self.part(sign * operand)),
            Basic::And(left, right) => {
                let (left, right) = (self.part(sign * left), self.part(sign * right));
                if is_wanted { Part::And(left, right) } else { Part::Or(left, right) }
            }
            Basic::Until(left, right) => {
                let (left, right) = (self.part(sign * left), self.part(sign * right));
                if is_wanted { Part::Until(left, right) } else { Part::Release(left, right) }
            }
        };
        let part = self.form.intern(part);
        self.parts.insert(number, part);
        part
    }
}

/// Puts an automaton and where it reads into the words of a certificate.
struct Teller<'a> {
    plain: &'a Plain,
    /// The number of each formula.
    numbers: BTreeMap<PartId, i32>,
    letters: &'a Letters,
    product: &'a Product<'a>,
}

impl Teller<'_> {
    fn tell(&self, system: &dyn System, patience: &mut Patience<'_>) -> Result<Proof, Interrupted> {
        let mut region: Vec<StateId> =
            (0..self.product.state_count()).map(Id::from_index).collect();
        region.sort_by_key(|&place| {
            let Place { state, stage } = self.product.place(place);
            (stage, state)
        });
        let mut stages: Vec<Stage> =
            self.plain.automaton.stages().map(|stage| self.stage(stage)).collect();
        for &place in &region {
            let Place { state, stage } = self.product.place(place);
            stages[stage.index()].states.push(state.0);
        }
        let met = |from: StateId, edge: Edge| self.product.marks(from, edge);
        let course = Course { keep: &|_, _| true, needs: self.plain.automaton.marks(), met: &met };
        let order = Order {
            net: self.product,
            facts: system.facts(),
            course,
            lacks: &|missing| self.lacks(missing),
        };
        let level = |Sorted { level, fair }| {
            assert!(fair.is_empty(), "a claim that holds must not be violated");
            level
        };
        let levels = order.levels(region, patience)?.into_iter().map(level).collect();
        Ok(Proof::Temporal(stages, levels))
    }

    /// What is said of places whose edges do not bear these marks. The last mark is on every edge.
    fn lacks(&self, missing: u64) -> Option<Reason> {
        let has_no_edge = missing >> self.plain.promises.len() != 0;
        let until = self.plain.promises.get(missing.trailing_zeros() as usize);
        until.filter(|_| !has_no_edge).map(|until| Reason::Waits(self.numbers[until]))
    }

    /// A stage without the states that it reads.
    fn stage(&self, stage: StageId) -> Stage {
        let letters = 0..self.letters.alphabet().len();
        let turns = letters.map(|letter| {
            let turns = self.plain.automaton.turns(stage, letter);
            turns.iter().map(|turn| self.turn(*turn)).collect()
        });
        let formulas = &self.plain.stages[stage.index()];
        Stage {
            formulas: formulas.iter().map(|part| self.numbers[part]).collect(),
            turns: turns.collect(),
            states: Vec::new(),
        }
    }

    fn turn(&self, Turn { to, marks }: Turn) -> certificate::Turn {
        let promises = self.plain.promises.iter().enumerate();
        let put_off = promises.filter(|(mark, _)| marks >> mark & 1 == 0);
        let put_off = put_off.map(|(_, until)| self.numbers[until]).collect();
        certificate::Turn { to: to.0, put_off }
    }
}

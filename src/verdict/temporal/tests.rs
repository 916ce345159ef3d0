//! Automata against the textbook's evaluation, on all short words and many formulas.

use super::automaton::{Automaton, Letter, TooLarge};
use super::normal_form::NormalForm;
use super::word::Word;
use crate::base::Id;
use crate::model::Formula;
use crate::system::FigureId;

/// Everything that two figures can be.
const LETTERS: [Letter; 4] = [0, 1, 2, 3];

fn p() -> Formula {
    Formula::Holds(FigureId(0))
}
fn q() -> Formula {
    Formula::Holds(FigureId(1))
}
fn not(operand: Formula) -> Formula {
    Formula::Not(operand.into())
}
fn always(operand: Formula) -> Formula {
    Formula::Always(operand.into())
}
fn eventually(operand: Formula) -> Formula {
    Formula::Eventually(operand.into())
}
fn next(operand: Formula) -> Formula {
    Formula::Next(operand.into())
}
fn and(left: Formula, right: Formula) -> Formula {
    Formula::And(left.into(), right.into())
}
fn or(left: Formula, right: Formula) -> Formula {
    Formula::Or(left.into(), right.into())
}
fn implies(left: Formula, right: Formula) -> Formula {
    Formula::Implies(left.into(), right.into())
}
fn until(left: Formula, right: Formula) -> Formula {
    Formula::Until(left.into(), right.into())
}
fn leads_to(left: Formula, right: Formula) -> Formula {
    Formula::LeadsTo(left.into(), right.into())
}

/// The automaton of what violates a claim, over all letters of its figures, which are first met in order.
fn violations(claim: &Formula) -> Result<Automaton, TooLarge> {
    let mut form = NormalForm::default();
    let violation = form.add(claim, false);
    let letters: Vec<Letter> = (0..1 << form.figures().len()).collect();
    Automaton::new(&mut form, violation, &letters)
}

/// The letters of a lasso, by numbers into [`LETTERS`].
struct Lasso {
    letters: Vec<usize>,
    repeats_from: usize,
}

impl Lasso {
    fn after(&self, at: usize) -> usize {
        if at + 1 < self.letters.len() { at + 1 } else { self.repeats_from }
    }

    fn satisfies(&self, formula: &Formula) -> bool {
        let word = Word { length: self.letters.len(), repeats_from: self.repeats_from };
        let holds = |figure: FigureId, at: usize| self.letters[at] >> figure.index() & 1 == 1;
        word.satisfies(formula, &holds)
    }

    /// Whether an automaton accepts it, from its start or from any of its positions on: whether what it
    /// reaches in the product of the two has a component that bears all marks.
    fn is_accepted_by(&self, automaton: &Automaton) -> bool {
        let stages: Vec<_> = automaton.stages().collect();
        let node = |at: usize, stage: usize| at * stages.len() + stage;
        let count = self.letters.len() * stages.len();
        assert!(count <= 128, "a set of nodes is one number");
        let edges = |from: usize| {
            let (at, stage) = (from / stages.len(), stages[from % stages.len()]);
            let turns = automaton.turns(stage, self.letters[at]).iter();
            turns.map(move |turn| (node(self.after(at), turn.to.index()), turn.marks))
        };
        let reach = closure(count, &|from| edges(from).map(|(to, _)| to).collect());
        let roots = automaton.at_start().into_iter().map(|stage| node(0, stage.index()));
        let anywhere = automaton.anywhere().into_iter();
        let anywhere =
            anywhere.flat_map(|s| (0..self.letters.len()).map(move |at| node(at, s.index())));
        let reached = roots.chain(anywhere).fold(0, |all, root| all | 1 << root | reach[root]);
        (0..count).filter(|one| reached >> one & 1 == 1).any(|one| {
            let inside = |other: usize| reach[one] >> other & reach[other] >> one & 1 == 1;
            let borne = (0..count).filter(|&from| inside(from)).flat_map(&edges);
            let marks = borne.filter(|(to, _)| inside(*to)).fold(0, |all, (_, marks)| all | marks);
            inside(one) && marks == automaton.marks()
        })
    }
}

/// By node: all that it leads to.
fn closure(count: usize, targets: &dyn Fn(usize) -> Vec<usize>) -> Vec<u128> {
    let row = |from| targets(from).into_iter().fold(0, |row, to| row | 1 << to);
    let mut reach: Vec<u128> = (0..count).map(row).collect();
    for middle in 0..count {
        let onwards = reach[middle];
        for row in &mut reach {
            if *row >> middle & 1 == 1 {
                *row |= onwards;
            }
        }
    }
    reach
}

/// All lassos with up to so many positions.
fn lassos(longest: usize) -> Vec<Lasso> {
    let mut all = Vec::new();
    for length in 1..=longest {
        for number in 0..LETTERS.len().pow(length as u32) {
            let letter = |at: usize| number / LETTERS.len().pow(at as u32) % LETTERS.len();
            for repeats_from in 0..length {
                all.push(Lasso { letters: (0..length).map(letter).collect(), repeats_from });
            }
        }
    }
    all
}

/// All formulas of exactly this size over p and q, by size; the first is of size 1.
fn formulas(largest: usize) -> Vec<Vec<Formula>> {
    let mut all = vec![vec![p(), q()]];
    for size in 2..=largest {
        let mut of_size = Vec::new();
        for operand in &all[size - 2] {
            of_size.extend([not, always, eventually, next].map(|make| make(operand.clone())));
        }
        for left_size in 1..size - 1 {
            for left in &all[left_size - 1] {
                for right in &all[size - left_size - 2] {
                    let connectives = [and, or, implies, until, leads_to];
                    of_size.extend(connectives.map(|make| make(left.clone(), right.clone())));
                }
            }
        }
        all.push(of_size);
    }
    all
}

/// Compares on words whose letters are those of p and q, whichever the formula mentions first.
fn check_words(claim: &Formula, lassos: &[Lasso]) {
    // Mentions both in order, and asks for nothing.
    let both = and(or(p(), not(p())), or(q(), not(q())));
    let automaton = violations(&and(both, claim.clone())).expect("it is small");
    for lasso in lassos {
        let is_violated = !lasso.satisfies(claim);
        let shown = (&lasso.letters, lasso.repeats_from);
        assert_eq!(lasso.is_accepted_by(&automaton), is_violated, "{claim:?} on {shown:?}");
    }
}

#[test]
fn all_small_formulas_accept_the_words_that_they_should() {
    let lassos = lassos(4);
    for claim in formulas(4).iter().flatten() {
        check_words(claim, &lassos);
    }
}

#[test]
fn all_formulas_of_five_parts_accept_the_short_words_that_they_should() {
    let lassos = lassos(3);
    for claim in formulas(5).last().expect("there are sizes") {
        check_words(claim, &lassos);
    }
}

#[test]
fn nested_formulas_accept_the_words_that_they_should() {
    let steady = |formula| eventually(always(formula));
    let again = |formula| always(eventually(formula));
    let lassos = lassos(4);
    let claims = [
        implies(and(steady(p()), again(q())), again(and(p(), next(q())))),
        implies(again(p()), implies(again(q()), again(and(p(), q())))),
        implies(again(p()), leads_to(p(), q())),
        or(leads_to(p(), q()), leads_to(q(), p())),
        or(always(p()), implies(again(q()), steady(p()))),
        and(until(p(), until(q(), p())), always(until(p(), q()))),
        until(until(p(), q()), until(q(), p())),
        not(until(not(until(p(), q())), not(until(q(), p())))),
        always(implies(p(), next(until(not(p()), or(q(), always(not(p()))))))),
        implies(always(eventually(next(next(p())))), steady(implies(p(), next(p())))),
        and(again(p()), or(steady(q()), and(again(q()), again(not(q()))))),
        eventually(and(p(), next(always(or(q(), eventually(always(p()))))))),
        always(or(always(p()), always(q()))),
        eventually(and(eventually(p()), and(eventually(q()), steady(or(p(), q()))))),
    ];
    for claim in &claims {
        check_words(claim, &lassos);
    }
}

/// Expects so many stages and marks of the automaton that a claim's violations have.
fn check_size(claim: &Formula, stages: usize, marks: u32) {
    let automaton = violations(claim).expect("it is small");
    let found = (automaton.stages().count(), automaton.marks().count_ones());
    assert_eq!(found, (stages, marks), "{claim:?}");
}

#[test]
fn common_claims_have_tiny_automata() {
    let steady = |formula| eventually(always(formula));
    let again = |formula| always(eventually(formula));
    check_size(&again(p()), 1, 1);
    check_size(&steady(p()), 1, 1);
    check_size(&leads_to(p(), q()), 2, 1);
    check_size(&implies(steady(p()), steady(q())), 1, 1);
    check_size(&implies(again(p()), again(q())), 1, 1);
    check_size(&eventually(p()), 1, 1);
    check_size(&until(p(), q()), 2, 1);
    check_size(&implies(again(p()), leads_to(p(), q())), 2, 1);
    check_size(&implies(and(again(p()), again(q())), again(and(p(), q()))), 1, 2);
    check_size(&or(always(p()), always(not(p()))), 4, 1);
}

#[test]
fn a_claim_that_cannot_be_violated_has_no_automaton_at_all() {
    check_size(&or(always(p()), eventually(not(p()))), 0, 1);
    check_size(&implies(until(p(), q()), eventually(q())), 0, 1);
    check_size(&leads_to(p(), p()), 0, 1);
}

#[test]
fn many_recurring_figures_take_one_stage() {
    let again = |place| always(eventually(Formula::Holds(FigureId(place))));
    let assumptions = (1..8).map(again).reduce(and).expect("there are some");
    check_size(&implies(assumptions, eventually(always(p()))), 1, 8);
}

#[test]
fn a_formula_whose_automaton_explodes_is_refused() {
    let tower = |place| {
        let figure = || Formula::Holds(FigureId(place));
        always(implies(figure(), (0..12).fold(not(figure()), |formula, _| next(formula))))
    };
    let claim = not((0..3).map(tower).reduce(and).expect("there are some"));
    assert_eq!(violations(&claim).map(|_| ()), Err(TooLarge));
    let wide = (0..70).map(|place| eventually(Formula::Holds(FigureId(place)))).reduce(or);
    let mut form = NormalForm::default();
    let formula = form.add(&not(wide.expect("there are some")), false);
    assert_eq!(Automaton::new(&mut form, formula, &[0]).map(|_| ()), Err(TooLarge));
}

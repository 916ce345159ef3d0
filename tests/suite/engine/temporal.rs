//! Temporal claims against their definitions: enumerated executions, and sets visited for ever.

use std::collections::BTreeSet;

use squall::explore::{Edges, Interrupted, Limits, Plan, Silent, explore};
use squall::model::Formula;
use squall::system::{
    ActionFacts, ActionId, Arrow, Drawn, Facts, Fairness, FairnessId, FigureId, HandDrawn, Role,
    Strength, System, Word,
};
use squall::trace::Trace;
use squall::verdict::temporal::word::Word as Repeating;
use squall::verdict::temporal::{Outcome, TemporalAnswer, Violation, temporal};

use super::exploring::Impatient;
use super::tableau::violation;
use super::textbook::{Course, Textbook};
use super::worlds::{BREACH, Dice, Shape, explore_all, for_seeds, random_system};

const P: FigureId = FigureId(0);
const Q: FigureId = FigureId(1);

fn p() -> Formula {
    Formula::Holds(P)
}
fn q() -> Formula {
    Formula::Holds(Q)
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
fn steady(operand: Formula) -> Formula {
    eventually(always(operand))
}
fn again(operand: Formula) -> Formula {
    always(eventually(operand))
}
fn implies(left: Formula, right: Formula) -> Formula {
    Formula::Implies(left.into(), right.into())
}
fn and(left: Formula, right: Formula) -> Formula {
    Formula::And(left.into(), right.into())
}
fn or(left: Formula, right: Formula) -> Formula {
    Formula::Or(left.into(), right.into())
}
fn until(left: Formula, right: Formula) -> Formula {
    Formula::Until(left.into(), right.into())
}
fn leads_to(left: Formula, right: Formula) -> Formula {
    Formula::LeadsTo(left.into(), right.into())
}

/// An execution that repeats: the steps of the way in, then those of the cycle.
#[derive(Clone, Debug)]
pub struct Execution {
    steps: Vec<(Word, Arrow)>,
    repeats_from: usize,
}

impl Execution {
    pub fn of(book: &Textbook<'_>, trace: &Trace) -> Execution {
        let (way_in, cycle) = book.walk(trace);
        let mut state = trace.start[0];
        let mut steps = Vec::new();
        for arrow in way_in {
            let from = std::mem::replace(&mut state, arrow.next.expect("the way goes on"));
            steps.push((from, arrow));
        }
        let repeats_from = steps.len();
        steps.extend(cycle);
        Execution { steps, repeats_from }
    }

    pub fn is_fair(&self, book: &Textbook<'_>) -> bool {
        let cycle = &self.steps[self.repeats_from..];
        let taken = cycle.iter().flat_map(|(_, arrow)| book.obligations(arrow)).copied().collect();
        book.is_fair(cycle.iter().map(|(state, _)| *state).collect(), &taken)
    }

    fn can_be_read(&self, system: &dyn System) -> bool {
        let readable = |state| [P, Q].iter().all(|&figure| system.read(figure, &[state]).is_ok());
        self.steps.iter().all(|(state, _)| readable(*state))
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 < self.steps.len() { at + 1 } else { self.repeats_from }
    }

    /// The positions from one on, as far as there are different ones.
    fn from(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(at), |&at| Some(self.after(at))).take(self.steps.len())
    }

    /// The definition of what formulas mean.
    pub fn satisfies(&self, system: &dyn System, formula: &Formula, at: usize) -> bool {
        let is = |formula: &Formula, at| self.satisfies(system, formula, at);
        match formula {
            Formula::Holds(figure) => system.read(*figure, &[self.steps[at].0]) == Ok(1),
            Formula::Not(operand) => !is(operand, at),
            Formula::And(left, right) => is(left, at) && is(right, at),
            Formula::Or(left, right) => is(left, at) || is(right, at),
            Formula::Implies(left, right) => !is(left, at) || is(right, at),
            Formula::Next(operand) => is(operand, self.after(at)),
            Formula::Always(operand) => self.from(at).all(|at| is(operand, at)),
            Formula::Eventually(operand) => self.from(at).any(|at| is(operand, at)),
            Formula::Until(left, right) => {
                let mut waiting = self.from(at).take_while(|&at| is(right, at) || is(left, at));
                waiting.any(|at| is(right, at))
            }
            Formula::LeadsTo(left, right) => {
                let comes = |at| self.from(at).any(|at| is(right, at));
                self.from(at).all(|at| !is(left, at) || comes(at))
            }
        }
    }
}

/// Every execution that repeats after at most so many steps.
fn executions(book: &Textbook<'_>, starts: &[Word], most_steps: usize) -> Vec<Execution> {
    let mut all = Vec::new();
    let mut pending: Vec<(Vec<(Word, Arrow)>, Word)> =
        starts.iter().map(|&start| (Vec::new(), start)).collect();
    while let Some((steps, state)) = pending.pop() {
        for (repeats_from, (from, _)) in steps.iter().enumerate() {
            if *from == state {
                all.push(Execution { steps: steps.clone(), repeats_from });
            }
        }
        if steps.len() < most_steps {
            for arrow in book.system.arrows(state) {
                if let Ok(to) = arrow.next {
                    let mut steps = steps.clone();
                    steps.push((state, arrow.clone()));
                    pending.push((steps, to));
                }
            }
        }
    }
    all
}

fn ask(system: &HandDrawn, formula: &Formula) -> TemporalAnswer {
    let graph = explore_all(system, Edges::Everywhere).graph;
    temporal(system, &graph, formula, None, &mut Silent).expect("silence does not interrupt")
}

/// What is shown must exist, be fair, and violate the formula.
fn check_violation(book: &Textbook<'_>, formula: &Formula, found: &Violation) {
    let execution = Execution::of(book, &found.trace);
    assert!(execution.is_fair(book), "{formula:?}");
    assert!(!execution.satisfies(book.system, formula, 0), "{formula:?}");
    let way_in = &execution.steps[..execution.repeats_from];
    let faults = way_in.iter().filter(|(_, arrow)| book.role(arrow) == Role::Fault).count();
    assert_eq!(found.faults as usize, faults);
}

fn random_formula(dice: &mut Dice, depth: usize) -> Formula {
    if depth == 0 || dice.chance(1, 6) {
        return if dice.chance(1, 2) { p() } else { q() };
    }
    let unary = [not, always, eventually, next];
    let binary = [and, or, implies, until, leads_to];
    let operand = random_formula(dice, depth - 1);
    match dice.below(unary.len() + binary.len()) {
        choice if choice < unary.len() => unary[choice](operand),
        choice => binary[choice - unary.len()](operand, random_formula(dice, depth - 1)),
    }
}

#[test]
fn violations_are_found_if_and_only_if_they_exist() {
    for_seeds(4000, |dice| {
        let system = random_system(dice, &Shape { most_states: 4, copies: 1, operators: false });
        let book = Textbook::new(&system);
        let mut fair = executions(&book, &book.starts, 5);
        fair.retain(|one| one.is_fair(&book) && one.can_be_read(&system));
        for _ in 0..3 {
            let formula = random_formula(dice, 3);
            let answer = ask(&system, &formula);
            match answer.outcome {
                Outcome::Violated(found) => check_violation(&book, &formula, &found),
                Outcome::Kept => {
                    let keeps = |one: &Execution| one.satisfies(&system, &formula, 0);
                    assert!(fair.iter().all(keeps), "{formula:?}");
                }
                other => panic!("{other:?} of {formula:?}"),
            }
        }
    });
}

#[test]
fn a_tableau_finds_the_same_violations() {
    for_seeds(6000, |dice| {
        let system = random_system(dice, &Shape { most_states: 8, copies: 1, operators: false });
        let book = Textbook::new(&system);
        let formula = random_formula(dice, 3);
        let expected = violation(&book, &formula);
        match ask(&system, &formula).outcome {
            Outcome::Violated(found) => {
                let expected = expected.expect("the tableau finds it as well");
                assert!(expected.at_all <= found.faults, "{formula:?}");
                assert!(expected.in_all.is_none_or(|most| found.faults <= most), "{formula:?}");
            }
            other => assert!(expected.is_none(), "{other:?} of {formula:?}"),
        }
    });
}

#[test]
fn both_ways_to_evaluate_a_formula_agree() {
    for_seeds(1000, |dice| {
        let system = random_system(dice, &Shape { most_states: 4, copies: 1, operators: false });
        let book = Textbook::new(&system);
        for execution in executions(&book, &book.states, 4).iter().take(50) {
            let formula = random_formula(dice, 4);
            let word =
                Repeating { length: execution.steps.len(), repeats_from: execution.repeats_from };
            let holds = |figure, at: usize| system.read(figure, &[execution.steps[at].0]) == Ok(1);
            let expected = execution.satisfies(&system, &formula, 0);
            assert_eq!(word.satisfies(&formula, &holds), expected, "{formula:?}");
        }
    });
}

/// What holds in some of a set's states, or in all of them.
type Holding<'a> = &'a dyn Fn(FigureId) -> bool;

/// A claim about what happens again and again, and the sets that violate it if visited for ever.
struct Recurring {
    claim: Formula,
    violates: fn(Holding<'_>, Holding<'_>) -> bool,
}

/// Each is given what holds in some state of the set, and what holds in all of them.
fn recurring() -> [Recurring; 5] {
    [
        Recurring { claim: again(p()), violates: |some, _| !some(P) },
        Recurring { claim: steady(p()), violates: |_, all| !all(P) },
        Recurring {
            claim: implies(steady(p()), steady(q())),
            violates: |_, all| all(P) && !all(Q),
        },
        Recurring {
            claim: implies(again(p()), again(q())),
            violates: |some, _| some(P) && !some(Q),
        },
        Recurring {
            claim: implies(and(again(p()), again(not(p()))), steady(q())),
            violates: |some, all| some(P) && !all(P) && !all(Q),
        },
    ]
}

#[test]
fn recurring_claims_are_violated_by_fair_sets_with_the_fewest_faults() {
    for_seeds(10_000, |dice| {
        let system = random_system(dice, &Shape { most_states: 6, copies: 1, operators: false });
        let book = Textbook::new(&system);
        let unreadable = |&state: &Word| [P, Q].iter().any(|&f| system.read(f, &[state]).is_err());
        if book.states.iter().any(unreadable) {
            return;
        }
        let all: BTreeSet<Word> = book.states.iter().copied().collect();
        let sets = book.fair_sets(&all, &Course { keep: &|_, _| true, count: &|_, _| 1 });
        let faults = book.faults();
        for Recurring { claim, violates } in recurring() {
            let violating = sets.iter().filter(|set| {
                let some = |figure| set.iter().any(|&state| book.holds(figure, state));
                let all = |figure| set.iter().all(|&state| book.holds(figure, state));
                violates(&some, &all)
            });
            let fewest = violating.flatten().map(|state| faults[state]).min();
            let found = match ask(&system, &claim).outcome {
                Outcome::Violated(found) => {
                    check_violation(&book, &claim, &found);
                    Some(found.faults)
                }
                _ => None,
            };
            assert_eq!(found, fewest, "{claim:?}");
        }
    });
}

#[test]
fn what_violates_in_an_unfinished_graph_violates() {
    for_seeds(3000, |dice| {
        let system = random_system(dice, &Shape { most_states: 7, copies: 1, operators: false });
        let book = Textbook::new(&system);
        let limits = Limits { states: Some(1 + dice.below(4) as u64), ..Limits::NONE };
        let plan = Plan { edges: Edges::Everywhere, figures: Vec::new(), limits, workers: 1 };
        let part = explore(&system, &plan, &mut Silent);
        let formula = random_formula(dice, 3);
        let answer = temporal(&system, &part.graph, &formula, None, &mut Silent);
        if let Outcome::Violated(found) = answer.expect("no interrupt").outcome {
            check_violation(&book, &formula, &found);
        }
    });
}

const TICK: u32 = 0;
const WEAK: u32 = 1;
const OTHER: u32 = 2;
const STRONG: u32 = 3;
const MAY: u32 = 4;
const FAULT: u32 = 5;
const BREACHES: Word = Word::MAX;

/// A system that starts in 0, with p and q in the given states. Four actions owe something: the tick, two
/// weak ones and a strong one; a may action and a fault do not.
fn draw(lines: &[(usize, u32, Word)], p: &[Word], q: &[Word]) -> HandDrawn {
    let weak = Strength::Weak;
    let strengths = [weak, weak, weak, Strength::Strong].map(|strength| Fairness { strength });
    let roles = [Role::Tick, Role::Urgent, Role::Urgent, Role::Eventually, Role::May, Role::Fault];
    let owes = |action| if action < MAY { vec![FairnessId(action)] } else { Vec::new() };
    let actions = roles.into_iter().zip(0..);
    let actions = actions.map(|(role, action)| ActionFacts { role, obligations: owes(action) });
    let facts = Facts {
        actions: actions.collect(),
        fairness: strengths.into_iter().collect(),
        meter_count: 1,
    };
    let among = |set: &[Word]| (0..8).map(|state| Ok(set.contains(&state).into())).collect();
    let system = HandDrawn::new(facts).start(Drawn::State(0)).figure(among(p)).figure(among(q));
    lines.iter().fold(system, |system, &(from, action, to)| {
        let next = if to == BREACHES { Err(BREACH) } else { Ok(to) };
        let counts = vec![u64::from(action == TICK)];
        system.arrow(from, Arrow { action: ActionId(action), counts, next })
    })
}

/// Expects a way in and a cycle, by their actions; or none.
fn check(system: &HandDrawn, claim: &Formula, expected: Option<(&[u32], &[u32])>) {
    let found = match ask(system, claim).outcome {
        Outcome::Violated(found) => {
            check_violation(&Textbook::new(system), claim, &found);
            let actions: Vec<u32> = found.trace.actions.iter().map(|action| action.0).collect();
            let (way_in, cycle) = actions.split_at(found.trace.repeats_from.unwrap_or(0) as usize);
            Some((way_in.to_vec(), cycle.to_vec()))
        }
        _ => None,
    };
    assert_eq!(found, expected.map(|(way_in, cycle)| (way_in.to_vec(), cycle.to_vec())));
}

#[test]
fn each_of_several_obligations_is_owed_by_itself() {
    // Round 0 and 1 one of two obligations is discharged, and the other is enabled all along.
    let lines = [(0, WEAK, 1), (1, WEAK, 0), (0, OTHER, 2), (1, OTHER, 2), (2, TICK, 2)];
    check(&draw(&lines, &[2], &[]), &eventually(p()), None);
    let lines = [(0, WEAK, 1), (1, WEAK, 0), (0, OTHER, 2), (2, TICK, 2)];
    check(&draw(&lines, &[2], &[]), &eventually(p()), Some((&[], &[WEAK, WEAK])));
}

#[test]
fn every_start_counts_and_no_other_state_does() {
    let lines = [(0, TICK, 0), (1, TICK, 2), (2, TICK, 2)];
    let system = draw(&lines, &[0, 1], &[]);
    check(&system, &always(p()), None);
    check(&system.start(Drawn::State(1)), &always(p()), Some((&[TICK], &[TICK])));
    let system = draw(&[(0, MAY, 1), (1, TICK, 1)], &[0], &[]);
    check(&system, &p(), None);
    check(&system, &next(p()), Some((&[MAY], &[TICK])));
}

#[test]
fn fairness_is_judged_on_the_component_in_which_the_violation_stays() {
    // WEAK is taken between 0 and 1, but never while p stays false.
    let lines = [(0, MAY, 0), (0, WEAK, 1), (1, WEAK, 0)];
    check(&draw(&lines, &[1], &[]), &again(p()), None);
    // It is taken, but by a step that leaves what the automaton accepts.
    let lines = [(0, MAY, 1), (1, WEAK, 2), (2, TICK, 1), (1, MAY, 1)];
    check(&draw(&lines, &[0], &[2]), &leads_to(p(), q()), None);
}

#[test]
fn what_the_automaton_refuses_is_enabled_all_the_same() {
    let lines = [(0, MAY, 0), (0, STRONG, 1), (1, TICK, 1)];
    check(&draw(&lines, &[1], &[]), &eventually(p()), None);
    let lines = [(0, MAY, 0), (0, WEAK, BREACHES)];
    check(&draw(&lines, &[], &[]), &eventually(p()), None);
}

#[test]
fn a_step_that_changes_nothing_discharges_what_it_owes() {
    let lines = [(0, MAY, 1), (1, WEAK, 1), (1, MAY, 2), (2, TICK, 2)];
    check(&draw(&lines, &[0], &[2]), &leads_to(p(), q()), Some((&[MAY], &[WEAK])));
    let lines = [(0, MAY, 1), (1, MAY, 1), (1, WEAK, 2), (2, TICK, 2)];
    check(&draw(&lines, &[0], &[2]), &leads_to(p(), q()), None);
}

#[test]
fn a_state_that_leads_to_itself_now_leads_to_itself() {
    check(&draw(&[(0, TICK, 0)], &[0], &[0]), &leads_to(p(), q()), None);
    check(&draw(&[(0, TICK, 0)], &[0], &[]), &leads_to(p(), q()), Some((&[], &[TICK])));
}

#[test]
fn a_strong_obligation_is_owed_by_a_cycle_that_meets_it_at_times() {
    let around = |owed| [(0, MAY, 1), (1, MAY, 0), (1, owed, 2), (2, TICK, 2)];
    check(&draw(&around(STRONG), &[2], &[]), &eventually(p()), None);
    check(&draw(&around(WEAK), &[2], &[]), &eventually(p()), Some((&[], &[MAY, MAY])));
}

#[test]
fn where_time_stops_no_tick_is_owed() {
    let lines = [(0, MAY, 1), (1, WEAK, 1), (0, TICK, 0)];
    check(&draw(&lines, &[0], &[]), &again(p()), Some((&[MAY], &[WEAK])));
}

#[test]
fn an_execution_that_ends_in_a_breach_violates_nothing() {
    let lines = [(0, TICK, 0), (0, MAY, 1), (1, WEAK, BREACHES)];
    check(&draw(&lines, &[0], &[]), &always(p()), None);
}

#[test]
fn a_cycle_passes_several_marks_and_as_few_faults_as_can_be() {
    let lines = [(0, FAULT, 1), (1, MAY, 1), (0, MAY, 2), (2, MAY, 3), (3, MAY, 2), (2, TICK, 4)];
    let claim = implies(again(p()), steady(not(q())));
    check(&draw(&lines, &[1, 2], &[1, 3]), &claim, Some((&[MAY], &[MAY, MAY])));
    check(&draw(&lines, &[1, 2], &[1]), &claim, Some((&[FAULT], &[MAY])));
}

#[test]
fn states_that_cannot_be_read_are_told_and_passed_by_nobody() {
    let lines = [(0, MAY, 1), (1, MAY, 2), (2, TICK, 2)];
    let among = |set: [Result<i64, _>; 3]| set.to_vec();
    let system = draw(&lines, &[], &[]).figure(among([Ok(1), Err(BREACH), Ok(0)]));
    let claim = eventually(always(Formula::Holds(FigureId(2))));
    let answer = ask(&system, &claim);
    assert_eq!(answer.outcome, Outcome::Kept);
    let breach = answer.breach.expect("state 1 cannot be read");
    assert_eq!((breach.figure, breach.breach), (FigureId(2), BREACH));
    assert_eq!(breach.trace.actions, [ActionId(MAY)]);
}

#[test]
fn memory_and_patience_can_end_the_search() {
    let lines = [(0, MAY, 1), (1, MAY, 2), (2, TICK, 2)];
    let system = draw(&lines, &[], &[]);
    let graph = explore_all(&system, Edges::Everywhere).graph;
    let within = |bytes| {
        let found = temporal(&system, &graph, &again(p()), Some(bytes), &mut Silent);
        found.expect("no interrupt").outcome
    };
    assert_eq!(within(20), Outcome::NoMemory);
    assert!(matches!(within(1000), Outcome::Violated(_)));
    let interrupted = temporal(&system, &graph, &again(p()), None, &mut Impatient(1));
    assert_eq!(interrupted, Err(Interrupted));
}

//! Temporal claims: whether every fair execution satisfies a formula, and a lasso that does not.
//!
//! The automata-theoretic way of Vardi and Wolper (1986): the negation of the claim becomes an automaton,
//! the graph and the automaton go on together, and the claim fails if a fair component of the product
//! bears all marks of the automaton. Fairness is that of the system alone. It is judged on the product's
//! components: what is enabled in a place is what is enabled in its state, what is taken is what the
//! component's own edges take.
//!
//! No shape of formula is a special case. What makes `always eventually p`, `p leads to q` or
//! `(eventually always p) implies (eventually always q)` cheap is that their violations need not begin
//! at a start: the product is then the part of the graph where the violation goes on, once.
//!
//! A state in which a figure cannot be read belongs to no execution here, and the claim cannot hold.

mod automaton;
mod letters;
mod normal_form;
mod product;
mod refutation;
#[cfg(test)]
mod tests;

pub use crate::trace::word;

use self::automaton::{Automaton, MOST_FIGURES, StageId};
use self::letters::Letters;
use self::normal_form::NormalForm;
use self::product::{Cut, Place, Product};
pub(super) use self::refutation::refutation;
use self::word::Word;
use super::FigureBreach;
use super::fairness::fair_components;
use super::lasso::{Demand, Scene};
use super::net::{Course, Net};
use super::twists::Folded;
use super::way_in::{Cost, Terms, WayIn, faults_are_dear};
use crate::explore::{Edge, Edges, Graph, Interrupted, Observer, Patience, StateId, Words};
use crate::model::Formula;
use crate::system::{ActionId, Facts, Role, System};
use crate::trace::Trace;

/// Above this length a lasso is left as it is, since evaluating it can cost the square. By taste.
const LONGEST_TO_SHORTEN: usize = 500;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporalAnswer {
    /// A violation, if there is one.
    pub outcome: Outcome,
    /// Where a figure of the formula cannot be read.
    pub breach: Option<FigureBreach>,
}

/// Whether there is a violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No fair execution violates the formula, of those that can be read.
    Kept,
    /// This one does.
    Violated(Violation),
    /// The automaton of the formula would be too large.
    TooLarge,
    /// The product of graph and automaton would take too much memory.
    NoMemory,
}

/// A fair execution that violates a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The way in, with as few faults as lead to any violation, and the cycle.
    pub trace: Trace,
    /// The faults on the way in.
    pub faults: u32,
}

/// Looks for a fair execution that violates a formula, within so much memory beside the graph's.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn temporal(
    system: &dyn System,
    graph: &Graph,
    formula: &Formula,
    memory_bytes: Option<u64>,
    observer: &mut dyn Observer,
) -> Result<TemporalAnswer, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "temporal claims need all edges");
    let mut patience = Patience::new(observer);
    let mut form = NormalForm::default();
    let violation = form.add(formula, false);
    if form.figures().len() > MOST_FIGURES {
        return Ok(TemporalAnswer { outcome: Outcome::TooLarge, breach: None });
    }
    let letters = Letters::read(system, graph, form.figures(), &mut patience)?;
    let folded = Folded::new(system, graph);
    let outcome = match Automaton::new(&mut form, violation, letters.alphabet()) {
        Ok(automaton) => {
            let (facts, letters, automaton) = (system.facts(), &letters, &automaton);
            let folded = &folded;
            let search = Search { formula, graph, folded, facts, letters, automaton };
            search.run(memory_bytes.unwrap_or(u64::MAX), &mut patience)?
        }
        Err(automaton::TooLarge) => Outcome::TooLarge,
    };
    Ok(TemporalAnswer { outcome, breach: letters.breach })
}

/// A step of a lasso.
#[derive(Clone)]
struct Taken {
    /// The state of the graph that it leaves.
    state: StateId,
    /// That state as the system itself has it.
    place: Words,
    action: ActionId,
}

/// All that a search for a violation looks at.
struct Search<'a> {
    formula: &'a Formula,
    graph: &'a Graph,
    /// The same as a net, which knows who is who.
    folded: &'a dyn Net,
    facts: &'a Facts,
    letters: &'a Letters,
    automaton: &'a Automaton,
}

impl<'a> Search<'a> {
    fn run(&self, memory_bytes: u64, patience: &mut Patience<'_>) -> Result<Outcome, Interrupted> {
        // Where everything can be read, everything is reached, and ways are needed only to be shown.
        let known = match &self.letters.breach {
            Some(_) => Some(self.way_in(patience)?),
            None => None,
        };
        let product = match self.product(known.as_ref(), memory_bytes, patience) {
            Ok(product) => product,
            Err(Cut::Memory) => return Ok(Outcome::NoMemory),
            Err(Cut::Interrupted) => return Err(Interrupted),
        };
        let met = |from: StateId, edge: Edge| product.marks(from, edge);
        let course = Course { keep: &|_, _| true, needs: self.automaton.marks(), met: &met };
        let region = product.accepting();
        let fair = fair_components(&product, self.facts, region, course, patience)?;
        if fair.is_empty() {
            return Ok(Outcome::Kept);
        }
        let way_in = match known {
            Some(way_in) => way_in,
            None => self.way_in(patience)?,
        };
        let found = self.violation(&product, &fair, course, &way_in, patience)?;
        Ok(Outcome::Violated(found))
    }

    /// The ways to all states over states that can be read.
    fn way_in(&self, patience: &mut Patience<'_>) -> Result<WayIn<'a>, Interrupted> {
        let can_be_read = |state: StateId| self.letters.of(state).is_some();
        let starts = self.graph.states().take(self.graph.start_count());
        let roots = starts.filter(|&state| can_be_read(state)).map(|state| (Cost::FREE, state));
        let keep = |_: StateId, edge: Edge| edge.target().is_some_and(can_be_read);
        let terms = Terms { facts: self.facts, fare: faults_are_dear, keep: &keep };
        WayIn::on_terms(roots, self.graph, terms, patience)
    }

    /// The product from the starts on, and from all states that are reached.
    fn product(
        &self,
        way_in: Option<&WayIn<'_>>,
        memory_bytes: u64,
        patience: &mut Patience<'_>,
    ) -> Result<Product<'a>, Cut> {
        let Search { graph, folded, letters, automaton, .. } = *self;
        let is_reached = |&state: &StateId| way_in.is_none_or(|way_in| way_in.leads_to(state));
        let starts = graph.states().take(graph.start_count());
        let reached = graph.states().filter(is_reached);
        let begin = |stage: Option<StageId>, state| stage.map(|stage| Place { state, stage });
        let at_start = starts.filter_map(|state| begin(automaton.at_start(), state));
        let anywhere = reached.filter_map(|state| begin(automaton.anywhere(), state));
        let roots = &mut at_start.chain(anywhere);
        Product::new(folded, letters, automaton, roots, memory_bytes, patience)
    }

    /// The lasso of a violation, given where there is one.
    fn violation(
        &self,
        product: &Product<'_>,
        fair: &[Vec<StateId>],
        course: Course<'_>,
        way_in: &WayIn<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<Violation, Interrupted> {
        let (net, facts, demand) = (product, self.facts, Demand::Fair);
        let cost = |root: StateId| way_in.cost(product.place(root).state);
        let roots = product.roots().map(|root| (cost(root), root));
        let terms = Terms { facts, fare: faults_are_dear, keep: course.keep };
        let onward = WayIn::on_terms(roots, product, terms, patience)?;
        let scene = Scene { net, facts, way_in: &onward, course, demand };
        let cycle = scene.cycle(fair, patience)?.expect("what is fair has a cycle");
        let (root, rest) = onward.walk(cycle.entry());
        let (start, mut way) = way_in.walk(product.place(root).state);
        way.extend(rest);
        let trace = self.begun_early(start, cycle.trace(self.graph, (start, way)));
        let is_fault = |&&action: &&ActionId| self.facts.actions[action].role == Role::Fault;
        let way = &trace.actions[..trace.repeats_from.unwrap_or(0) as usize];
        let faults = way.iter().filter(is_fault).count() as u32;
        Ok(Violation { trace, faults })
    }

    /// A lasso with the same cycle, begun where the way in first passes it if that violates the formula
    /// too. The product takes longer now and then, for the sake of the automaton alone.
    fn begun_early(&self, start: StateId, trace: Trace) -> Trace {
        let first = trace.repeats_from.unwrap_or(0) as usize;
        if trace.actions.len() > LONGEST_TO_SHORTEN {
            return trace;
        }
        let steps = self.walk(start, &trace.actions);
        let (way, turn) = steps.split_at(first);
        let entries = way.iter().enumerate().filter_map(|(at, step)| {
            let entry = turn.iter().position(|other| other.place == step.place)?;
            Some([&way[..at], &turn[entry..], &turn[..entry]].concat())
        });
        let mut shorter = entries.map(|steps| {
            let repeats_from = steps.len() - turn.len();
            (steps, repeats_from)
        });
        let Some((steps, repeats_from)) =
            shorter.find(|(steps, repeats_from)| self.is_violated_by(steps, *repeats_from))
        else {
            return trace;
        };
        let actions: Vec<ActionId> = steps.into_iter().map(|step| step.action).collect();
        let actions = match self.folded.twists() {
            Some(twists) => twists.as_called(start, twists.unchanged(), &actions),
            None => actions,
        };
        Trace { actions, repeats_from: Some(repeats_from as u32), ..trace }
    }

    /// The steps of a trace, as the system itself takes them.
    fn walk(&self, start: StateId, actions: &[ActionId]) -> Vec<Taken> {
        let Some(twists) = self.folded.twists() else { return self.walk_as_it_is(start, actions) };
        let (mut state, mut by) = (start, twists.unchanged());
        let mut steps = Vec::new();
        for &action in actions {
            let place = twists.renamed(state, &by);
            steps.push(Taken { state, place, action: twists.renaming().action(action, &by) });
            let (target, twist) = twists.follow(state, action);
            (state, by) = (target, twist.inverse().then(&by));
        }
        steps
    }

    fn walk_as_it_is(&self, start: StateId, actions: &[ActionId]) -> Vec<Taken> {
        let mut state = start;
        let mut steps = Vec::new();
        for &action in actions {
            steps.push(Taken { state, place: self.graph.words(state), action });
            let is_it = |edge: &&Edge| self.graph.action(edge.label) == action;
            let edge = self.graph.edges(state).iter().find(is_it);
            state = edge.and_then(|edge| edge.target()).expect("a lasso goes on");
        }
        steps
    }

    fn is_violated_by(&self, steps: &[Taken], repeats_from: usize) -> bool {
        let holds = |figure, at: usize| self.letters.is(figure, steps[at].state);
        !Word { length: steps.len(), repeats_from }.satisfies(self.formula, &holds)
    }
}

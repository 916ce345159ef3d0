//! The textbook: the explicit graph of the reference meaning, and every claim spelled out over it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;

use squall::base::Id;
use squall::model::{ActionKind, FigureId, Interpreter, Model, Value, Values};
use squall::system::{ActionId, Breach};

/// A step in the graph.
pub struct Edge {
    pub action: ActionId,
    pub counts: Vec<u64>,
    /// The number of the next state, or the rule that is broken.
    pub next: Result<usize, Breach>,
}

/// Something owed: whether it is strong, and its actions.
pub struct Obligation {
    strong: bool,
    actions: BTreeSet<ActionId>,
}

/// All that can be reached, state by state in breadth-first order.
pub struct Book<'m> {
    pub model: &'m Model,
    meaning: Interpreter<'m>,
    pub states: Vec<Values>,
    pub depths: Vec<usize>,
    pub start_count: usize,
    pub edges: Vec<Vec<Edge>>,
    obligations: Vec<Obligation>,
}

impl<'m> Book<'m> {
    /// The graph, unless it has more than `most` states. With or without the steps of operators.
    pub fn of(model: &'m Model, operators: bool, most: usize) -> Option<Book<'m>> {
        let meaning = Interpreter::new(model);
        let mut book = Book {
            model,
            meaning,
            states: Vec::new(),
            depths: Vec::new(),
            start_count: 0,
            edges: Vec::new(),
            obligations: obligations(model),
        };
        let mut known: BTreeMap<Values, usize> = BTreeMap::new();
        meaning.starts(&mut |start| {
            // An assumption may be tested in parts: what one part discards, another may breach on.
            let Ok(start) = start else { return ControlFlow::Continue(()) };
            if !known.contains_key(&start) {
                known.insert(start.clone(), book.states.len());
                book.states.push(start);
                book.depths.push(0);
            }
            ControlFlow::Continue(())
        });
        book.start_count = book.states.len();
        let mut at = 0;
        while at < book.states.len() {
            let mut edges = Vec::new();
            for step in meaning.moves(&book.states[at].clone()) {
                if !operators && book.kind(step.action) == Some(ActionKind::Operator) {
                    continue;
                }
                let next = step.next.map(|next| {
                    *known.entry(next.clone()).or_insert_with(|| {
                        book.states.push(next);
                        book.depths.push(book.depths[at] + 1);
                        book.states.len() - 1
                    })
                });
                edges.push(Edge { action: step.action, counts: step.counts, next });
            }
            book.edges.push(edges);
            if book.states.len() > most {
                return None;
            }
            at += 1;
        }
        Some(book)
    }

    fn kind(&self, action: ActionId) -> Option<ActionKind> {
        Some(self.model.actions[self.model.instances.get(action)?.action].kind)
    }

    fn is_fault(&self, edge: &Edge) -> bool {
        self.kind(edge.action) == Some(ActionKind::Fault)
    }

    pub fn all_edges(&self) -> impl Iterator<Item = (usize, &Edge)> {
        self.edges.iter().enumerate().flat_map(|(at, edges)| edges.iter().map(move |e| (at, e)))
    }

    /// Every way in which a step breaks a rule.
    pub fn breaches(&self) -> BTreeSet<Breach> {
        self.all_edges().filter_map(|(_, edge)| edge.next.err()).collect()
    }

    /// The value of a figure in each state, as a number.
    pub fn figure(&self, figure: FigureId) -> Vec<Result<i64, Breach>> {
        let read = |state| self.meaning.figure(figure, state).map(|value| as_number(&value));
        self.states.iter().map(read).collect()
    }

    /// The states from which a goal can be reached, by a fixpoint.
    pub fn can_reach(
        &self,
        goal: impl Fn(usize) -> bool,
        is_wanted: impl Fn(&Edge) -> bool,
    ) -> Vec<bool> {
        let mut reaching: Vec<bool> = (0..self.states.len()).map(goal).collect();
        loop {
            let mut grown = false;
            for at in 0..self.states.len() {
                let leads = |edge: &Edge| is_wanted(edge) && edge.next.is_ok_and(|it| reaching[it]);
                if !reaching[at] && self.edges[at].iter().any(leads) {
                    reaching[at] = true;
                    grown = true;
                }
            }
            if !grown {
                return reaching;
            }
        }
    }

    /// In how many states time has stopped.
    pub fn stopped(&self) -> usize {
        let ticks = |at: usize| self.edges[at].iter().any(|edge| edge.action == ActionId::TICK);
        self.can_reach(ticks, |_| true).into_iter().filter(|&moves| !moves).count()
    }

    /// The fewest faults on the way to each state.
    pub fn faults(&self) -> Vec<u32> {
        let mut faults = vec![u32::MAX; self.states.len()];
        faults[..self.start_count].fill(0);
        let mut changed = true;
        while changed {
            changed = false;
            for (at, edge) in self.all_edges() {
                let Ok(next) = edge.next else { continue };
                let cost = faults[at].saturating_add(u32::from(self.is_fault(edge)));
                if faults[at] != u32::MAX && cost < faults[next] {
                    faults[next] = cost;
                    changed = true;
                }
            }
        }
        faults
    }

    /// The states from which a healthy one, or one that cannot be read, is reached without a fault.
    pub fn curable(&self, healthy: FigureId) -> Vec<bool> {
        let read = self.figure(healthy);
        self.can_reach(|at| read[at] != Ok(0), |edge| !self.is_fault(edge))
    }

    /// Whether a calm state can be reached behind a fault; none if no fault happens.
    pub fn calm_behind_fault(&self, calm: FigureId) -> Option<bool> {
        let read = self.figure(calm);
        let to_calm = self.can_reach(|at| read[at] == Ok(1), |_| true);
        let mut behind =
            self.all_edges().filter(|(_, edge)| self.is_fault(edge)).map(|(_, edge)| edge.next);
        let mut any = false;
        let found = behind.any(|next| {
            any = true;
            next.is_ok_and(|next| to_calm[next])
        });
        any.then_some(found)
    }

    /// The sets of states, as large as can be, in which a fair execution stays for ever that counts.
    pub fn fair_counting(&self, region: &[bool], meter: usize) -> Vec<Vec<usize>> {
        self.fair_sets(region, &|_| true, &|edge| edge.counts[meter] > 0)
    }

    /// The states from which a fair execution without a further fault stops counting.
    pub fn stoppable(&self, meter: usize) -> Vec<bool> {
        let is_quiet = |edge: &Edge| !self.is_fault(edge) && edge.counts[meter] == 0;
        let everywhere = vec![true; self.states.len()];
        let ends = self.fair_sets(&everywhere, &is_quiet, &|_| true);
        self.can_reach(|at| ends.iter().any(|set| set.contains(&at)), |edge| !self.is_fault(edge))
    }

    /// The largest sets in which a fair execution stays for ever by the steps that may be taken, and takes
    /// one that is needed again and again. What is enabled is judged on all steps.
    fn fair_sets(
        &self,
        region: &[bool],
        may_take: &dyn Fn(&Edge) -> bool,
        is_needed: &dyn Fn(&Edge) -> bool,
    ) -> Vec<Vec<usize>> {
        let mut found = Vec::new();
        for component in self.components(region, may_take) {
            let own = || self.own_edges(&component).filter(|edge| may_take(edge));
            if !own().any(is_needed) {
                continue;
            }
            let enabled = |owed: &Obligation, at: usize| {
                self.edges[at].iter().any(|edge| owed.actions.contains(&edge.action))
            };
            let missed = self
                .obligations
                .iter()
                .filter(|owed| !own().any(|edge| owed.actions.contains(&edge.action)));
            let missed: Vec<&Obligation> = missed.collect();
            let is_lost =
                |owed: &&Obligation| !owed.strong && component.iter().all(|&at| enabled(owed, at));
            if missed.iter().any(is_lost) {
                continue;
            }
            let strong = || missed.iter().filter(|owed| owed.strong);
            let to_leave = |at: usize| strong().any(|owed| enabled(owed, at));
            if component.iter().any(|&at| to_leave(at)) {
                let stays = |at: usize| component.contains(&at) && !to_leave(at);
                let rest: Vec<bool> = (0..region.len()).map(stays).collect();
                found.extend(self.fair_sets(&rest, may_take, is_needed));
            } else {
                found.push(component);
            }
        }
        found
    }

    /// Whether a cycle in the region counts, fair or not.
    pub fn is_counted(&self, region: &[bool], meter: usize) -> bool {
        let counts =
            |component: &Vec<usize>| self.own_edges(component).any(|edge| edge.counts[meter] > 0);
        self.components(region, &|_| true).iter().any(counts)
    }

    fn own_edges<'s>(&'s self, component: &'s [usize]) -> impl Iterator<Item = &'s Edge> {
        let edges = component.iter().flat_map(|&at| &self.edges[at]);
        edges.filter(|edge| edge.next.is_ok_and(|next| component.contains(&next)))
    }

    /// Strongly connected sets in a region: what is reached from a state and reaches it, there.
    fn components(&self, region: &[bool], may_take: &dyn Fn(&Edge) -> bool) -> Vec<Vec<usize>> {
        let forward: Vec<Vec<bool>> =
            (0..region.len()).map(|at| self.reached_from(at, region, may_take)).collect();
        let mut done = vec![false; region.len()];
        let mut components = Vec::new();
        for at in 0..region.len() {
            if !region[at] || done[at] {
                continue;
            }
            let both = |other: &usize| *other == at || forward[at][*other] && forward[*other][at];
            let component: Vec<usize> = (0..region.len()).filter(both).collect();
            component.iter().for_each(|&one| done[one] = true);
            components.push(component);
        }
        components
    }

    fn reached_from(
        &self,
        start: usize,
        region: &[bool],
        may_take: &dyn Fn(&Edge) -> bool,
    ) -> Vec<bool> {
        let mut reached = vec![false; region.len()];
        if !region[start] {
            return reached;
        }
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            let taken = self.edges[at].iter().filter(|edge| may_take(edge));
            for next in taken.filter_map(|edge| edge.next.ok()) {
                if region[next] && !reached[next] {
                    reached[next] = true;
                    queue.push_back(next);
                }
            }
        }
        reached
    }
}

/// A scalar as the engine reads it.
pub fn as_number(value: &Value) -> i64 {
    match value {
        Value::Bool(truth) => i64::from(*truth),
        Value::Number(number) => *number,
        Value::Enum(_, rank) | Value::Instance(_, rank) | Value::Control(_, rank) => (*rank).into(),
        _ => -1,
    }
}

/// All that is owed, read off the contract: the tick; each `action` and `eventually action`, for each
/// machine instance; and for each instance of a `fair` machine, any step of its own.
fn obligations(model: &Model) -> Vec<Obligation> {
    let mut all =
        vec![Obligation { strong: false, actions: BTreeSet::from([ActionId::from_index(0)]) }];
    let mut of: BTreeMap<(usize, usize, u32), Obligation> = BTreeMap::new();
    for (id, instance) in model.instances.iter() {
        let action = &model.actions[instance.action];
        let is_owed = matches!(action.kind, ActionKind::Urgent | ActionKind::Eventually);
        if is_owed {
            let key = (0, instance.action.index(), instance.index);
            let empty = Obligation { strong: action.strong, actions: BTreeSet::new() };
            of.entry(key).or_insert(empty).actions.insert(id);
        }
        if let Some(machine) = action.machine
            && model.machines[machine].fair
            && (is_owed || action.kind == ActionKind::May)
        {
            let key = (1, machine.index(), instance.index);
            let empty = Obligation { strong: false, actions: BTreeSet::new() };
            of.entry(key).or_insert(empty).actions.insert(id);
        }
    }
    all.extend(of.into_values());
    all
}

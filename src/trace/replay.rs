//! Walks a trace in the reference meaning; the only source of `Replayed`.
//!
//! The idea of proof checkers for SAT solvers: what finds a trace is fast and complicated, so nothing that
//! it found is shown before something slow and simple has walked it. It is walked from the start, each
//! step is looked up among the moves of the reference meaning, and where a trace is to repeat, the cycle
//! must close and keep every promise of fairness. What is owed is worked out here on its own from the
//! model, not taken from the facts of the compiled system.

use std::fmt;

use super::Trace;
use crate::base::IdVec;
use crate::model::{ActionKind, Interpreter, MachineId, Model, Move, Value, Values};
use crate::system::{ActionId, Breach, FairnessId, FigureId, Strength};

/// A plain meaning of a model, in which traces are walked.
pub trait Meaning {
    /// Whether the model can start in a state.
    fn is_start(&self, values: &Values) -> Result<bool, Breach>;

    /// Every step out of a state, at most one for each action.
    fn moves(&self, values: &Values) -> Vec<Move>;

    /// The step of one action out of a state, if it is enabled there.
    fn step(&self, action: ActionId, values: &Values) -> Option<Move> {
        self.moves(values).into_iter().find(|step| step.action == action)
    }

    /// Everything that must not be put off forever.
    fn obligations(&self) -> IdVec<FairnessId, Obligation>;

    /// The value of a figure in a state, as a number; a predicate is 0 or 1.
    fn figure(&self, figure: FigureId, values: &Values) -> Result<i64, Breach>;
}

/// Something that must not be put off forever: enabled where one of its actions is, and discharged by
/// taking one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// How strong it is.
    pub strength: Strength,
    /// Its actions, ascending.
    pub actions: Vec<ActionId>,
}

/// How a trace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// In its last state.
    State,
    /// With a step that breaches.
    Breach,
    /// In a cycle that puts nothing off that is owed.
    FairLoop,
    /// In a cycle that puts off something that is owed.
    UnfairLoop,
}

/// A trace that the reference meaning has walked. Only [`replay`] can make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    trace: Trace,
    states: Vec<Values>,
    taken: Vec<Taken>,
    breach: Option<Breach>,
    put_off: Vec<FairnessId>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The action instance.
    pub action: ActionId,
    /// How much it counts: ticks first, then each meter of the model.
    pub counts: Vec<u64>,
}

impl Replayed {
    /// The trace that was walked.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
    /// The state before each step, and the one after the last, unless that one breaches.
    pub fn states(&self) -> &[Values] {
        &self.states
    }
    /// The steps, one that breaches included.
    pub fn steps(&self) -> &[Taken] {
        &self.taken
    }
    /// The first step of the cycle, if it ends in one: the last state is the one before that step.
    pub fn repeats_from(&self) -> Option<usize> {
        self.trace.repeats_from.map(|first| first as usize)
    }
    /// The rule that its last step breaks, if it ends so.
    pub fn breach(&self) -> Option<Breach> {
        self.breach
    }
    /// What its cycle puts off, if it ends in an unfair one.
    pub fn put_off(&self) -> &[FairnessId] {
        &self.put_off
    }
}

/// A trace that the reference meaning does not have: the tool is wrong, never its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError {
    /// After how many steps it differs.
    pub step: usize,
    /// What differs.
    pub difference: Difference,
}

/// How a trace and the reference meaning differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The model cannot start there.
    NotAStart,
    /// An initial value or assumption breaches there.
    StartBreaches(Breach),
    /// The action is not enabled.
    NotEnabled(ActionId),
    /// The action breaches where it should lead on.
    Breaches(ActionId, Breach),
    /// No step breaches, and the last one should.
    NoBreach,
    /// It repeats and should not, or the other way round, or from a step that it does not have.
    WrongEnding,
    /// The state after the last step is not the one before the first step of the cycle.
    NotClosed,
    /// The cycle should be fair and puts this off.
    PutsOff(Vec<FairnessId>),
    /// The cycle should put something off, and is fair.
    PutsNothingOff,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the trace differs from the reference meaning after {} steps: ", self.step)?;
        match &self.difference {
            Difference::NotAStart => write!(f, "the model cannot start there"),
            Difference::StartBreaches(breach) => write!(f, "the start breaches {breach:?}"),
            Difference::NotEnabled(action) => write!(f, "action {} is not enabled", action.0),
            Difference::Breaches(action, breach) => {
                write!(f, "action {} breaches {breach:?}", action.0)
            }
            Difference::NoBreach => write!(f, "the last step should breach"),
            Difference::WrongEnding => write!(f, "it does not repeat where it should, or does"),
            Difference::NotClosed => write!(f, "the cycle does not close"),
            Difference::PutsOff(owed) => write!(f, "the cycle puts off obligations {owed:?}"),
            Difference::PutsNothingOff => write!(f, "the cycle should put something off"),
        }
    }
}

impl std::error::Error for ReplayError {}

/// Walks a trace from its start, given as the reference meaning sees it, to an ending of this kind.
pub fn replay(
    meaning: &dyn Meaning,
    start: Values,
    trace: &Trace,
    ends_in: Ending,
) -> Result<Replayed, ReplayError> {
    let step_count = trace.actions.len();
    check_shape(trace, ends_in)
        .map_err(|difference| ReplayError { step: step_count, difference })?;
    check_start(meaning, &start).map_err(|difference| ReplayError { step: 0, difference })?;
    let mut walk = Walk { meaning, states: vec![start], taken: Vec::new(), breach: None };
    for (step, &action) in trace.actions.iter().enumerate() {
        let is_last = step + 1 == step_count;
        let may_breach = is_last && ends_in == Ending::Breach;
        walk.take(action, may_breach).map_err(|difference| ReplayError { step, difference })?;
    }
    let put_off = walk
        .check_ending(trace, ends_in)
        .map_err(|difference| ReplayError { step: step_count, difference })?;
    let Walk { states, taken, breach, .. } = walk;
    Ok(Replayed { trace: trace.clone(), states, taken, breach, put_off })
}

/// A trace repeats if and only if it should, from one of its steps.
fn check_shape(trace: &Trace, ends_in: Ending) -> Result<(), Difference> {
    let fits = match (ends_in, trace.repeats_from) {
        (Ending::State | Ending::Breach, None) => true,
        (Ending::FairLoop | Ending::UnfairLoop, Some(first)) => {
            (first as usize) < trace.actions.len()
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(Difference::WrongEnding) }
}

fn check_start(meaning: &dyn Meaning, start: &Values) -> Result<(), Difference> {
    match meaning.is_start(start) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Difference::NotAStart),
        Err(breach) => Err(Difference::StartBreaches(breach)),
    }
}

/// How far a trace has been walked.
struct Walk<'m> {
    meaning: &'m dyn Meaning,
    // Invariant: never empty; one more than `taken`, or as many if the last step breached.
    states: Vec<Values>,
    taken: Vec<Taken>,
    breach: Option<Breach>,
}

impl Walk<'_> {
    fn last(&self) -> &Values {
        self.states.last().expect("a walk has its start")
    }

    fn take(&mut self, action: ActionId, may_breach: bool) -> Result<(), Difference> {
        let Some(step) = self.meaning.step(action, self.last()) else {
            return Err(Difference::NotEnabled(action));
        };
        self.taken.push(Taken { action, counts: step.counts });
        match step.next {
            Ok(next) => self.states.push(next),
            Err(breach) if may_breach => self.breach = Some(breach),
            Err(breach) => return Err(Difference::Breaches(action, breach)),
        }
        Ok(())
    }

    /// Whether it ends as it should; and what its cycle puts off.
    fn check_ending(&self, trace: &Trace, ends_in: Ending) -> Result<Vec<FairnessId>, Difference> {
        let Some(first) = trace.repeats_from else {
            let breaches = self.breach.is_some() || ends_in != Ending::Breach;
            return if breaches { Ok(Vec::new()) } else { Err(Difference::NoBreach) };
        };
        let first = first as usize;
        if self.last() != &self.states[first] {
            return Err(Difference::NotClosed);
        }
        let put_off = self.put_off_from(first);
        match (ends_in, put_off.is_empty()) {
            (Ending::FairLoop, false) => Err(Difference::PutsOff(put_off)),
            (Ending::UnfairLoop, true) => Err(Difference::PutsNothingOff),
            _ => Ok(put_off),
        }
    }

    /// What the cycle from step `first` to the end puts off. What is weak is put off if it is enabled in
    /// every state of the cycle, what is strong if it is enabled in some, and no step discharges it.
    fn put_off_from(&self, first: usize) -> Vec<FairnessId> {
        let cycle = &self.states[first..self.taken.len()];
        let enabled_in = |state: &Values| -> Vec<ActionId> {
            self.meaning.moves(state).iter().map(|step| step.action).collect()
        };
        let enabled: Vec<Vec<ActionId>> = cycle.iter().map(enabled_in).collect();
        let is_put_off = |obligation: &Obligation| {
            let is_its = |action: &ActionId| obligation.actions.contains(action);
            let mut is_enabled = enabled.iter().map(|actions| actions.iter().any(is_its));
            let is_owed = match obligation.strength {
                Strength::Weak => is_enabled.all(|enabled| enabled),
                Strength::Strong => is_enabled.any(|enabled| enabled),
            };
            is_owed && !self.taken[first..].iter().any(|taken| is_its(&taken.action))
        };
        let obligations = self.meaning.obligations();
        let put_off = obligations.iter_with_ids().filter(|(_, one)| is_put_off(one));
        put_off.map(|(id, _)| id).collect()
    }
}

impl Meaning for Interpreter<'_> {
    fn figure(&self, figure: FigureId, values: &Values) -> Result<i64, Breach> {
        Interpreter::figure(self, figure, values).map(|value| match value {
            Value::Bool(truth) => i64::from(truth),
            Value::Number(number) => number,
            other => unreachable!("claims ask for predicates and numbers, not for {other:?}"),
        })
    }

    fn is_start(&self, values: &Values) -> Result<bool, Breach> {
        Interpreter::is_start(self, values)
    }

    fn moves(&self, values: &Values) -> Vec<Move> {
        Interpreter::moves(self, values)
    }

    fn step(&self, action: ActionId, values: &Values) -> Option<Move> {
        Interpreter::step(self, action, values)
    }

    /// The tick is owed; so is, for each machine instance that has it (once if it stands outside),
    /// every `action` and `eventually action`, over all its parameters together; and so is, for each
    /// instance of a `fair` machine, some step of its own.
    fn obligations(&self) -> IdVec<FairnessId, Obligation> {
        let model = self.model();
        let tick = Obligation { strength: Strength::Weak, actions: vec![ActionId(0)] };
        let mut obligations = vec![tick];
        for (id, action) in model.actions.iter_with_ids() {
            if !matches!(action.kind, ActionKind::Urgent | ActionKind::Eventually) {
                continue;
            }
            let strength = if action.strong { Strength::Strong } else { Strength::Weak };
            for index in 0..action.machine.map_or(1, |machine| model.machines[machine].count) {
                let own = model.instances.iter();
                let own = own.filter(|(_, one)| one.action == id && one.index == index);
                let actions = own.map(|(action, _)| action).collect();
                obligations.push(Obligation { strength, actions });
            }
        }
        for (machine, declared) in model.machines.iter_with_ids().filter(|(_, one)| one.fair) {
            for index in 0..declared.count {
                let actions = steps_of_its_own(model, machine, index);
                obligations.push(Obligation { strength: Strength::Weak, actions });
            }
        }
        obligations.into_iter().collect()
    }
}

/// The action instances of a machine's instance that are neither faults nor the operators'.
fn steps_of_its_own(model: &Model, machine: MachineId, index: u32) -> Vec<ActionId> {
    let own = model.instances.iter().filter(|(_, instance)| {
        let action = &model.actions[instance.action];
        action.machine == Some(machine)
            && instance.index == index
            && !matches!(action.kind, ActionKind::Fault | ActionKind::Operator)
    });
    own.map(|(id, _)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::model::{Action, ActionInstances, LocalId, Machine, Parameter, Type, Value};
    use crate::system::Rule;

    /// A meaning that is a list of edges between numbered states: from, action, to (none breaches).
    struct Drawn {
        edges: &'static [(i64, u32, Option<i64>)],
        obligations: &'static [(Strength, &'static [u32])],
    }

    const BREACH: Breach = Breach {
        rule: Rule::Range,
        place: Span { source: crate::base::SourceId(0), start: 3, end: 4 },
    };

    fn state(number: i64) -> Values {
        vec![Value::Number(number)]
    }

    impl Meaning for Drawn {
        fn figure(&self, _: FigureId, _: &Values) -> Result<i64, Breach> {
            Err(BREACH)
        }
        fn is_start(&self, values: &Values) -> Result<bool, Breach> {
            if *values == state(-1) { Err(BREACH) } else { Ok(*values == state(0)) }
        }
        fn moves(&self, values: &Values) -> Vec<Move> {
            let out = self.edges.iter().filter(|(from, ..)| *values == state(*from));
            let step = |&(_, action, to): &(i64, u32, Option<i64>)| Move {
                action: ActionId(action),
                counts: vec![u64::from(action == 0)],
                next: to.map(state).ok_or(BREACH),
            };
            out.map(step).collect()
        }
        fn obligations(&self) -> IdVec<FairnessId, Obligation> {
            let obligation = |&(strength, actions): &(Strength, &[u32])| Obligation {
                strength,
                actions: actions.iter().map(|&action| ActionId(action)).collect(),
            };
            self.obligations.iter().map(obligation).collect()
        }
    }

    /// The tick (0) goes 0 → 1 → 2 → 1; action 1 leaves state 1 for 2; action 2 breaches in state 2.
    const SQUARE: &[(i64, u32, Option<i64>)] =
        &[(0, 0, Some(1)), (1, 0, Some(2)), (1, 1, Some(2)), (2, 0, Some(1)), (2, 2, None)];

    fn walk(
        obligations: &'static [(Strength, &'static [u32])],
        start: i64,
        (actions, repeats_from): (&[u32], Option<u32>),
        ends_in: Ending,
    ) -> Result<Replayed, ReplayError> {
        let actions = actions.iter().map(|&action| ActionId(action)).collect();
        let trace = Trace { start: Vec::new(), actions, repeats_from };
        replay(&Drawn { edges: SQUARE, obligations }, state(start), &trace, ends_in)
    }

    fn check_differs(
        start: i64,
        trace: (&[u32], Option<u32>),
        ends_in: Ending,
        (step, difference): (usize, Difference),
    ) {
        assert_eq!(walk(&[], start, trace, ends_in), Err(ReplayError { step, difference }));
    }

    /// `expected` is what the cycle of states 1 and 2 puts off.
    fn check_put_off(obligations: &'static [(Strength, &'static [u32])], expected: &[u32]) {
        let expected: Vec<FairnessId> = expected.iter().map(|&id| FairnessId(id)).collect();
        let lasso: (&[u32], _) = (&[0, 0, 0], Some(1));
        let (fair, unfair) = (
            walk(obligations, 0, lasso, Ending::FairLoop),
            walk(obligations, 0, lasso, Ending::UnfairLoop),
        );
        let differs = |difference| Err(ReplayError { step: 3, difference });
        if expected.is_empty() {
            assert_eq!(fair.map(|replayed| replayed.repeats_from()), Ok(Some(1)));
            assert_eq!(unfair, differs(Difference::PutsNothingOff));
        } else {
            assert_eq!(fair, differs(Difference::PutsOff(expected.clone())));
            assert_eq!(unfair.map(|replayed| replayed.put_off().to_vec()), Ok(expected));
        }
    }

    #[test]
    fn a_trace_is_walked_state_by_state() {
        let replayed = walk(&[], 0, (&[0, 1], None), Ending::State).expect("it is one");
        assert_eq!(replayed.states(), [state(0), state(1), state(2)]);
        let taken = |action, ticks| Taken { action: ActionId(action), counts: vec![ticks] };
        assert_eq!(replayed.steps(), [taken(0, 1), taken(1, 0)]);
        assert_eq!((replayed.breach(), replayed.repeats_from()), (None, None));
    }

    #[test]
    fn a_trace_starts_where_the_model_does() {
        check_differs(1, (&[0], None), Ending::State, (0, Difference::NotAStart));
        check_differs(-1, (&[0], None), Ending::State, (0, Difference::StartBreaches(BREACH)));
    }

    #[test]
    fn every_step_is_enabled_and_leads_on() {
        let not_enabled = Difference::NotEnabled(ActionId(1));
        check_differs(0, (&[0, 0, 1], None), Ending::State, (2, not_enabled));
        let breaches = Difference::Breaches(ActionId(2), BREACH);
        check_differs(0, (&[0, 0, 2], None), Ending::State, (2, breaches.clone()));
        check_differs(0, (&[0, 0, 2, 0], None), Ending::Breach, (2, breaches));
    }

    #[test]
    fn a_breach_is_the_last_step() {
        let replayed = walk(&[], 0, (&[0, 0, 2], None), Ending::Breach).expect("it is one");
        assert_eq!(replayed.breach(), Some(BREACH));
        assert_eq!((replayed.states().len(), replayed.steps().len()), (3, 3));
        check_differs(0, (&[0, 0], None), Ending::Breach, (2, Difference::NoBreach));
        check_differs(0, (&[], None), Ending::Breach, (0, Difference::NoBreach));
    }

    #[test]
    fn a_cycle_closes() {
        check_differs(0, (&[0, 0, 0], Some(0)), Ending::FairLoop, (3, Difference::NotClosed));
        check_differs(0, (&[0, 0], Some(1)), Ending::FairLoop, (2, Difference::NotClosed));
    }

    #[test]
    fn a_trace_repeats_just_when_its_ending_does() {
        check_differs(0, (&[0, 0], None), Ending::FairLoop, (2, Difference::WrongEnding));
        check_differs(0, (&[0, 0, 0], Some(1)), Ending::State, (3, Difference::WrongEnding));
        check_differs(0, (&[0, 0], Some(2)), Ending::UnfairLoop, (2, Difference::WrongEnding));
    }

    #[test]
    fn what_is_weak_is_put_off_where_it_is_enabled_all_along() {
        check_put_off(&[(Strength::Weak, &[1])], &[]);
        check_put_off(&[(Strength::Weak, &[1, 2])], &[0]);
    }

    #[test]
    fn what_is_strong_is_put_off_where_it_is_enabled_at_times() {
        check_put_off(&[(Strength::Strong, &[1])], &[0]);
        check_put_off(&[(Strength::Strong, &[3])], &[]);
    }

    #[test]
    fn what_is_owed_follows_from_the_model() {
        let owed = |strength, actions: &[u32]| Obligation {
            strength,
            actions: actions.iter().map(|&action| ActionId(action)).collect(),
        };
        let expected = [
            owed(Strength::Weak, &[0]),
            owed(Strength::Weak, &[1, 2]),
            owed(Strength::Strong, &[3]),
            owed(Strength::Strong, &[4]),
            owed(Strength::Weak, &[3, 5]),
            owed(Strength::Weak, &[4, 6]),
        ];
        let model = owing_model();
        assert_eq!(Interpreter::new(&model).obligations().iter().as_slice(), expected);
    }

    /// An `action` outside machines over a truth value; and in a fair machine of two instances a
    /// strong `eventually action`, a `may action`, a fault and an operator's action.
    fn owing_model() -> Model {
        let mut model = Model::default();
        let machine = model.machines.push(Machine {
            name: "machine".into(),
            count: 2,
            single: false,
            fair: true,
            states: Vec::new(),
        });
        let over_truth = Parameter { local: LocalId(0), ty: Type::Bool, filter: None };
        model.actions.push(action(None, ActionKind::Urgent, vec![over_truth]));
        for kind in
            [ActionKind::Eventually, ActionKind::May, ActionKind::Fault, ActionKind::Operator]
        {
            model.actions.push(action(Some(machine), kind, Vec::new()));
        }
        model.instances = ActionInstances::of(&model);
        model
    }

    fn action(machine: Option<MachineId>, kind: ActionKind, parameters: Vec<Parameter>) -> Action {
        Action {
            name: "action".into(),
            doc: Vec::new(),
            span: Span::default(),
            machine,
            kind,
            strong: kind == ActionKind::Eventually,
            parameters,
            budget: None,
            from: None,
            to: None,
            guard: None,
            body: Vec::new(),
            locals: Vec::new(),
        }
    }

    #[test]
    fn one_step_of_its_actions_discharges_an_obligation() {
        check_put_off(&[(Strength::Weak, &[0]), (Strength::Strong, &[0, 1, 2])], &[]);
    }
}

//! Turns a typed model into a system of packed states: `compile(&Model) -> Compiled`.
//!
//! The state is laid out in bits (`layout`), guards and bodies are lowered to instructions for each action
//! instance (`lower`, `program`), and a machine runs them (`machine`). For each state all guards are judged
//! first, on the state as it is; then the bodies of those that hold run one after the other, each
//! undone before the next.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

mod arithmetic;
mod facts;
mod frame;
mod jit;
mod joint;
mod layout;
mod legend;
mod lower;
mod machine;
mod program;
mod reduction;
mod start;
mod symmetry;
mod turns;

#[cfg(test)]
mod agreement;

pub use legend::Legend;
pub use reduction::{Lean, Question, confluent, lean};
pub use symmetry::Symmetry;

use crate::model::Model;
use crate::system::{ActionId, Breach, Facts, FigureId, Start, Step, Stepper, Steps, System, Word};
use jit::{Native, NativeStepper};
use layout::{Layout, NONE};
use lower::Lowering;
use machine::Machine;
use program::{ActionGroup, Haste, Program};
use start::Starts;

/// A compiled model.
#[derive(Debug)]
pub struct Compiled {
    layout: Layout,
    program: Program,
    starts: Starts,
    facts: Facts,
    legend: Legend,
    /// Tells this model's machines from those of others, in the store that each thread has.
    number: u64,
    evaluator: Evaluator,
    /// How many states steppers have enumerated the steps of.
    expanded: AtomicU64,
    /// Machine code, once it is worth having; none where there can be none.
    native: OnceLock<Option<Native>>,
}

/// How guards, effects and figures are evaluated. The answers are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluator {
    /// By machine code, once so many states were expanded.
    NativeAfter(u64),
    /// By a machine that interprets instructions.
    Interpreted,
}

impl Evaluator {
    /// Machine code as soon as it pays: setting it up takes as long as interpreting some thousand states.
    pub const ADAPTIVE: Evaluator = Evaluator::NativeAfter(4000);
    /// Machine code from the first state on.
    pub const NATIVE: Evaluator = Evaluator::NativeAfter(0);
}

/// Compiles a model.
pub fn compile(model: &Model) -> Compiled {
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    let mut layout = Layout::of(model);
    let mut lowering = Lowering::new(model, &layout);
    let starts = Starts::of(model, &layout, &mut lowering);
    lowering.actions();
    lowering.tick();
    lowering.figures();
    lowering.resets(&starts.slots);
    let program = lowering.finish();
    layout.set_dead(&starts.slots);
    let legend = Legend::new(layout.clone(), model.cells.len());
    let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
    Compiled {
        layout,
        program,
        starts,
        facts: facts::facts(model),
        legend,
        number,
        evaluator: Evaluator::ADAPTIVE,
        expanded: AtomicU64::new(0),
        native: OnceLock::new(),
    }
}

impl Compiled {
    /// What packed states mean.
    pub fn legend(&self) -> &Legend {
        &self.legend
    }

    /// The same, evaluated in another way.
    pub fn evaluated(self, evaluator: Evaluator) -> Compiled {
        Compiled { evaluator, native: OnceLock::new(), ..self }
    }

    /// How it is evaluated.
    pub fn evaluator(&self) -> Evaluator {
        self.evaluator
    }

    /// Machine code, if it is worth having by now.
    fn native(&self) -> Option<&Native> {
        let Evaluator::NativeAfter(states) = self.evaluator else { return None };
        if self.expanded.load(Ordering::Relaxed) < states {
            return None;
        }
        self.native.get_or_init(|| Native::generate(self)).as_ref()
    }

    /// What a figure is, by what its register holds.
    fn figure_value(&self, figure: FigureId, value: i64) -> i64 {
        if self.program.figures[figure].may_be_none && value == NONE { -1 } else { value }
    }

    /// What a figure is, by generated code where there is some.
    #[inline]
    fn read_with(
        &self,
        native: Option<&Native>,
        machine: &mut Machine,
        figure: FigureId,
        state: &[Word],
    ) -> Result<i64, Breach> {
        let value = native.and_then(|native| native.read(self, machine, figure, state));
        let value = value.unwrap_or_else(|| self.interpret(machine, figure, state))?;
        Ok(self.figure_value(figure, value))
    }

    /// What is in the register of a figure after its routine.
    fn interpret(
        &self,
        machine: &mut Machine,
        figure: FigureId,
        state: &[Word],
    ) -> Result<i64, Breach> {
        machine.show(state, &self.layout);
        let figure = self.program.figures[figure];
        if let Some(register) = figure.resting {
            let is_resting = self.is_resting(machine);
            machine.frame.set(register, i64::from(is_resting));
        }
        machine.run(&self.program, figure.routine)?;
        Ok(machine.frame.get(figure.value))
    }

    /// Runs `work` on one of this thread's machines for this model.
    ///
    /// The visitor of `steps` may ask for a figure, so a machine is taken out of the store while it works.
    fn with_machine<T>(&self, work: impl FnOnce(&mut Machine) -> T) -> T {
        let stored = MACHINES.with_borrow_mut(|machines| {
            let at = machines.iter().rposition(|(number, _)| *number == self.number)?;
            Some(machines.remove(at).1)
        });
        let mut machine = stored.unwrap_or_else(|| {
            Box::new(Machine::new(&self.program, &self.layout, self.facts.meter_count))
        });
        let result = work(&mut machine);
        MACHINES.with_borrow_mut(|machines| {
            if machines.len() == STORED_MACHINES {
                machines.remove(0);
            }
            machines.push((self.number, machine));
        });
        result
    }

    /// Judges an action group's guards, and appends which instances are enabled, with their breaches.
    fn judge(&self, group: &ActionGroup, machine: &mut Machine, enabled: &mut Vec<Enabled>) {
        if let Some((slot, states)) = &group.from
            && !states.has(machine.frame.at(i64::from(*slot)))
        {
            return;
        }
        if group.budget.is_some_and(|slot| machine.frame.at(i64::from(slot)) == 0) {
            return;
        }
        let shared = group.shared_guard.map_or(Ok(true), |it| machine.run(&self.program, it));
        if shared == Ok(false) {
            return;
        }
        for instance in &group.instances {
            let ask = |machine: &mut Machine| match (
                machine.lane(&self.program, instance)?,
                instance.guard,
            ) {
                (Some(holds), _) => Ok(holds),
                (None, Some(guard)) => machine.run(&self.program, guard),
                (None, None) => Ok(true),
            };
            let next = match shared.and_then(|_| ask(machine)) {
                Ok(true) => Ok(instance.body),
                Ok(false) => continue,
                Err(breach) => Err(breach),
            };
            enabled.push(Enabled { action: instance.id, next });
        }
    }

    /// Whether nothing is owed and a tick changes nothing.
    fn is_resting(&self, machine: &mut Machine) -> bool {
        let mut enabled = std::mem::take(&mut machine.enabled);
        enabled.clear();
        for group in self.program.groups.iter().filter(|group| group.haste != Haste::Never) {
            self.judge(group, machine, &mut enabled);
            if !enabled.is_empty() {
                break;
            }
        }
        let is_idle = enabled.is_empty();
        machine.enabled = enabled;
        if !is_idle {
            return false;
        }
        let ticked = machine.run(&self.program, self.program.tick);
        let is_resting = ticked.is_ok() && {
            machine.pack(&self.program, &self.layout);
            machine.is_unchanged()
        };
        machine.undo();
        is_resting
    }

    /// Runs what one action does, and visits the step.
    fn step(&self, enabled: Enabled, machine: &mut Machine, visit: &mut dyn FnMut(Step<'_>)) {
        let Enabled { action, next } = enabled;
        let done = next.and_then(|body| machine.run(&self.program, body));
        if action == TICK {
            machine.count_tick();
        }
        match done {
            Ok(_) => {
                machine.pack(&self.program, &self.layout);
                let (successor, counts) = machine.step();
                visit(Step { action, counts, next: Ok(successor) });
            }
            Err(breach) => {
                visit(Step { action, counts: machine.without_counts(), next: Err(breach) });
            }
        }
        machine.undo();
    }
}

/// The tick's id.
const TICK: ActionId = ActionId(0);

/// How many machines a thread keeps. Chosen by taste: a matrix of mitigations has some models at once.
const STORED_MACHINES: usize = 8;

thread_local! {
    /// The machines that this thread does not use right now, with the numbers of their models.
    static MACHINES: RefCell<Vec<(u64, Box<Machine>)>> = const { RefCell::new(Vec::new()) };
}

/// An enabled action instance: its body, or the breach of its guard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Enabled {
    action: ActionId,
    next: Result<program::Position, Breach>,
}

impl System for Compiled {
    fn width(&self) -> usize {
        self.layout.width()
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        let mut machine = Machine::new(&self.program, &self.layout, self.facts.meter_count);
        self.starts.visit(&self.program, &self.layout, &mut machine, visit);
    }

    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        self.with_machine(|machine| {
            machine.show(state, &self.layout);
            let mut enabled = std::mem::take(&mut machine.enabled);
            enabled.clear();
            let mut time_passes = true;
            for group in &self.program.groups {
                let before = enabled.len();
                self.judge(group, machine, &mut enabled);
                time_passes &= group.haste != Haste::Urgent || enabled.len() == before;
            }
            if time_passes {
                let tick = Enabled { action: TICK, next: Ok(self.program.tick) };
                self.step(tick, machine, visit);
            }
            enabled.iter().for_each(|&one| self.step(one, machine, visit));
            machine.enabled = enabled;
        });
    }

    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.with_machine(|machine| self.read_with(self.native(), machine, figure, state))
    }

    fn stepper(&self) -> Box<dyn Stepper + '_> {
        Box::new(Adaptive { compiled: self, native: None, interpreted: 0 })
    }
}

/// Interprets until machine code is worth having.
struct Adaptive<'c> {
    compiled: &'c Compiled,
    native: Option<NativeStepper<'c>>,
    /// States enumerated since the others were told.
    interpreted: u64,
}

/// After how many states the number of all is looked at. By taste.
const STATES_BETWEEN_LOOKS: u64 = 64;

impl Stepper for Adaptive<'_> {
    fn steps(&mut self, state: &[Word], steps: &mut Steps) {
        if let Some(native) = &mut self.native {
            return native.steps(state, steps);
        }
        if self.interpreted.is_multiple_of(STATES_BETWEEN_LOOKS) {
            self.compiled.expanded.fetch_add(self.interpreted, Ordering::Relaxed);
            self.interpreted = 0;
            if let Some(native) = self.compiled.native() {
                self.native = Some(NativeStepper::new(self.compiled, native));
                return self.steps(state, steps);
            }
        }
        self.interpreted += 1;
        steps.clear();
        self.compiled.steps(state, &mut |step| steps.push(step));
    }

    fn read(&mut self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        match &mut self.native {
            Some(native) => native.read(figure, state),
            None => self.compiled.read(figure, state),
        }
    }
}

impl Drop for Adaptive<'_> {
    fn drop(&mut self) {
        self.compiled.expanded.fetch_add(self.interpreted, Ordering::Relaxed);
    }
}

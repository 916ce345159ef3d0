//! Machine code for a program: the same answers as the machine that interprets it, an order of
//! magnitude sooner.
//!
//! Cranelift translates guards, effects, derived values and figures, instruction by instruction, for the
//! processor we run on. What it is given is the program that the machine runs, so there is one lowering
//! and one meaning; the few instructions that are rare or long are left to the machine, routine by
//! routine, on the same frame. Generated code writes the steps of a state as records into a buffer,
//! which we read: it never calls the visitor.
//!
//! Setting up takes about a tenth of a millisecond for each action instance, so it pays only after
//! some thousand states; see `Compiled::stepper`.

mod context;
mod emit;
mod function;
mod survey;

use std::collections::BTreeMap;
use std::sync::Mutex;

use cranelift_codegen::Context as CodeContext;
use cranelift_codegen::ir::{AbiParam, FuncRef, Signature, types::I64};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{ArenaMemoryProvider, JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, ModuleError, default_libcall_names};

use self::context::{Context, Generated, YES, breach_of};
use self::emit::Writer;
use self::function::Callbacks;
use self::survey::Survey;
use super::Compiled;
use super::machine::Machine;
use super::program::{ActionGroup, InstanceCode};
use crate::base::IdVec;
use crate::system::{ActionId, Breach, FigureId, Shape, Stepper, Steps, Word};

/// How many instructions one function may have, about; longer ones take more than their share of time
/// to translate. By taste.
const FUNCTION_LENGTH: usize = 1200;

/// Address space for code, reserved but not used: functions that call each other must not be far apart.
const CODE_BYTES: usize = 256 << 20;

/// Machine code for one program.
pub(super) struct Native {
    unpacking: Generated,
    all_steps: Generated,
    derivations: Vec<Generated>,
    /// None for figures left to the machine.
    figures: IdVec<FigureId, Option<Generated>>,
    /// How many records one state can take.
    most_records: usize,
    shape: Shape,
    /// Keeps the code; freed with it.
    module: Mutex<Option<JITModule>>,
}

impl std::fmt::Debug for Native {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Native").field("most_records", &self.most_records).finish()
    }
}

impl Native {
    /// Generates code; none if this processor or this system does not let us.
    pub(super) fn generate(compiled: &Compiled) -> Option<Native> {
        Generator::new(compiled)?.run(compiled).ok()
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        let module = self.module.get_mut().unwrap_or_else(|broken| broken.into_inner()).take();
        if let Some(module) = module {
            // SAFETY: the functions are called only through this value, which is going away.
            #[allow(unsafe_code)]
            unsafe {
                module.free_memory();
            }
        }
    }
}

/// Code that is being generated.
struct Generator {
    module: JITModule,
    code: CodeContext,
    scratch: FunctionBuilderContext,
    signature: Signature,
    ask: FuncId,
    step: FuncId,
    shape: Shape,
}

impl Generator {
    fn new(compiled: &Compiled) -> Option<Generator> {
        let mut flags = settings::builder();
        for (name, value) in [
            ("use_colocated_libcalls", "false"),
            ("is_pic", "false"),
            ("opt_level", "speed"),
            ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ] {
            flags.set(name, value).ok()?;
        }
        let isa = cranelift_native::builder().ok()?.finish(settings::Flags::new(flags)).ok()?;
        let mut builder = JITBuilder::with_isa(isa, default_libcall_names());
        builder.symbol("ask", context::ask as *const u8);
        builder.symbol("step", context::step as *const u8);
        builder.memory_provider(Box::new(ArenaMemoryProvider::new_with_size(CODE_BYTES).ok()?));
        let mut module = JITModule::new(builder);
        let mut signature = module.make_signature();
        signature.params.extend([AbiParam::new(I64); 2]);
        signature.returns.push(AbiParam::new(I64));
        let ask = module.declare_function("ask", Linkage::Import, &signature).ok()?;
        let step = module.declare_function("step", Linkage::Import, &signature).ok()?;
        let code = module.make_context();
        let scratch = FunctionBuilderContext::new();
        let shape = Shape::of(compiled);
        Some(Generator { module, code, scratch, signature, ask, step, shape })
    }

    fn run(mut self, compiled: &Compiled) -> Result<Native, Box<ModuleError>> {
        let program = &compiled.program;
        let survey = Survey::of(program, &compiled.layout);
        let unpacking = self.sure_function(&survey, &[], |writer, _, _| writer.unpacking())?;
        let tick = self.sure_function(&survey, &[], |writer, callbacks, _| {
            writer.unguarded_step(ActionId::TICK.0, program.tick, callbacks);
        })?;
        let mut of_groups = Vec::new();
        for group in &program.groups {
            for instances in parts(group, &survey) {
                of_groups.push(self.sure_function(&survey, &[], |writer, callbacks, _| {
                    writer.steps(group, instances, callbacks);
                })?);
            }
        }
        let called = [&[tick], &of_groups[..]].concat();
        let all_steps = self.sure_function(&survey, &called, |writer, _, called| {
            let mut functions = called[1..].iter().copied();
            let groups = program.groups.iter().map(|group| {
                (group, functions.by_ref().take(parts(group, &survey).len()).collect())
            });
            writer.all_steps(&groups.collect::<Vec<_>>(), called[0]);
        })?;
        let mut derivations = BTreeMap::new();
        for (derived, known) in program.derived.iter_with_ids() {
            if let Some(routine) = known.routine.filter(|_| !known.is_spare) {
                let write =
                    |writer: &mut Writer<'_, '_>, _, _: &_| writer.derivation(derived, routine);
                let function = self.function(&survey, &[], write)?;
                derivations.insert(derived, function);
            }
        }
        let mut figures: IdVec<FigureId, Option<FuncId>> = IdVec::new();
        for figure in program.figures.ids() {
            figures.push(self.function(&survey, &[], |writer, _, _| writer.figure(figure))?);
        }
        self.module.finalize_definitions().map_err(Box::new)?;

        let Generator { module, shape, .. } = self;
        let found = |id: Option<FuncId>| id.map(|id| generated(&module, id));
        let instances: usize = program.groups.iter().map(|group| group.instances.len()).sum();
        Ok(Native {
            unpacking: generated(&module, unpacking),
            all_steps: generated(&module, all_steps),
            derivations: program
                .derived
                .ids()
                .map(|id| found(derivations.get(&id).copied().flatten()).unwrap_or(context::derive))
                .collect(),
            figures: figures.iter().map(|&id| found(id)).collect(),
            most_records: instances + 1,
            shape,
            module: Mutex::new(Some(module)),
        })
    }

    /// Generates a function that `write` writes.
    fn sure_function(
        &mut self,
        survey: &Survey<'_>,
        called: &[FuncId],
        write: impl FnOnce(&mut Writer<'_, '_>, Callbacks, &[FuncRef]),
    ) -> Result<FuncId, Box<ModuleError>> {
        let function = self.function(survey, called, |writer, callbacks, called| {
            write(writer, callbacks, called);
            Some(())
        })?;
        Ok(function.expect("it is always written"))
    }

    /// Generates a function that `write` writes, and that calls these others; none if it finds that it
    /// cannot.
    fn function(
        &mut self,
        survey: &Survey<'_>,
        called: &[FuncId],
        write: impl FnOnce(&mut Writer<'_, '_>, Callbacks, &[FuncRef]) -> Option<()>,
    ) -> Result<Option<FuncId>, Box<ModuleError>> {
        self.code.func.signature = self.signature.clone();
        let mut builder = FunctionBuilder::new(&mut self.code.func, &mut self.scratch);
        let callbacks = Callbacks {
            ask: self.module.declare_func_in_func(self.ask, builder.func),
            step: self.module.declare_func_in_func(self.step, builder.func),
        };
        let refer = |&id: &FuncId| self.module.declare_func_in_func(id, builder.func);
        let called: Vec<FuncRef> = called.iter().map(refer).collect();
        let mut writer = Writer::begin(survey, &mut builder, self.shape);
        let written = write(&mut writer, callbacks, &called);
        if written.is_none() {
            // What was written so far is thrown away.
            self.scratch = FunctionBuilderContext::new();
            self.module.clear_context(&mut self.code);
            return Ok(None);
        }
        builder.seal_all_blocks();
        builder.finalize(self.module.target_config());
        let id = self.module.declare_anonymous_function(&self.signature).map_err(Box::new)?;
        self.module.define_function(id, &mut self.code).map_err(Box::new)?;
        self.module.clear_context(&mut self.code);
        Ok(Some(id))
    }
}

/// The function behind an id.
fn generated(module: &JITModule, id: FuncId) -> Generated {
    let address = module.get_finalized_function(id);
    // SAFETY: every function was declared with the one signature, which is that of `Generated`.
    #[allow(unsafe_code)]
    unsafe {
        std::mem::transmute::<*const u8, Generated>(address)
    }
}

/// A group's instances, cut so that no function becomes too long.
fn parts<'g>(group: &'g ActionGroup, survey: &Survey<'_>) -> Vec<&'g [InstanceCode]> {
    let length = |instance: &InstanceCode| {
        let guard = instance.guard.filter(|_| instance.lane.is_none());
        let guard = guard.map_or(0, |guard| survey.extent(guard).positions.len());
        guard + survey.extent(instance.body).positions.len()
    };
    let (mut parts, mut start, mut taken) = (Vec::new(), 0, 0);
    for (at, instance) in group.instances.iter().enumerate() {
        if taken > 0 && taken + length(instance) > FUNCTION_LENGTH {
            parts.push(&group.instances[start..at]);
            (start, taken) = (at, 0);
        }
        taken += length(instance);
    }
    parts.push(&group.instances[start..]);
    parts
}

impl Native {
    /// Lets `run` run generated code on a state.
    #[inline]
    #[allow(unsafe_code)]
    fn on<T>(
        &self,
        compiled: &Compiled,
        machine: &mut Machine,
        (state, records): (&[Word], *mut u64),
        run: impl FnOnce(*mut Context) -> T,
    ) -> T {
        assert_eq!(state.len(), self.shape.width, "a state of another system");
        let is_fresh = machine.begin(state);
        let epoch = machine.frame.epoch();
        let machine: *mut Machine = machine;
        // SAFETY: the context's pointers are good until `run` returns, and until then what they point to
        // is reached through them alone. Slots, registers, derived values and fields are those of the
        // program that the code was generated from.
        unsafe {
            let mut context = Context {
                registers: (*machine).frame.registers_mut().as_mut_ptr(),
                state: state.as_ptr(),
                cursor: records,
                end: records,
                breaches: 0,
                derived_in: (*machine).derived_in.as_mut_ptr(),
                epoch,
                derivations: self.derivations.as_ptr(),
                value: 0,
                machine,
                compiled,
            };
            let context = &raw mut context;
            if is_fresh {
                (self.unpacking)(context, 0);
            }
            run(context)
        }
    }

    /// The value in the register of a figure; none if it is left to the machine.
    #[inline]
    pub(super) fn read(
        &self,
        compiled: &Compiled,
        machine: &mut Machine,
        figure: FigureId,
        state: &[Word],
    ) -> Option<Result<i64, Breach>> {
        let function = self.figures[figure]?;
        let nowhere = std::ptr::null_mut();
        // SAFETY: see `on`; a figure writes no records.
        #[allow(unsafe_code)]
        let (status, value) = self.on(compiled, machine, (state, nowhere), |context| unsafe {
            (function(context, 0), (*context).value)
        });
        Some(breach_of(status, compiled, machine).map_or(Ok(value), Err))
    }
}

/// What one worker runs generated code with.
pub(super) struct NativeStepper<'c> {
    compiled: &'c Compiled,
    native: &'c Native,
    machine: Box<Machine>,
}

impl<'c> NativeStepper<'c> {
    pub(super) fn new(compiled: &'c Compiled, native: &'c Native) -> NativeStepper<'c> {
        let machine = Machine::new(&compiled.program, &compiled.layout, native.shape.meters);
        NativeStepper { compiled, native, machine: Box::new(machine) }
    }
}

impl Stepper for NativeStepper<'_> {
    #[allow(unsafe_code)]
    fn steps(&mut self, state: &[Word], steps: &mut Steps) {
        let NativeStepper { compiled, native, machine } = self;
        assert_eq!(steps.shape(), native.shape, "a buffer for another system");
        let length = native.shape.length();
        // The first record is the tick's.
        let first = steps.room(native.most_records).as_mut_ptr();
        let (records, breaches) = native.on(compiled, machine, (state, first), |context| {
            // SAFETY: see `on`; the buffer has room for a tick and a record of each instance.
            unsafe {
                (*context).cursor = first.add(length);
                let time_passes = (native.all_steps)(context, first as u64) == YES;
                let end = (*context).end.offset_from(first) as usize;
                (if time_passes { 0 } else { length }..end, (*context).breaches != 0)
            }
        });
        if breaches {
            steps.write_breaching(records, |status| {
                breach_of(status, compiled, machine).expect("a breach has a status of its own")
            });
        } else {
            steps.write(records);
        }
    }

    fn read(&mut self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.compiled.read_with(Some(self.native), &mut self.machine, figure, state)
    }
}

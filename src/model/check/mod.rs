//! From trees to a typed model: binds every name, gives every expression its type, proves ranges.
//!
//! Parameters are fixed first, so that every size is a number from then on; then types, machines,
//! variables and definitions; then what happens and what is claimed. Each part that is wrong gets
//! its diagnostic and is left out (`None`), and whatever depends on it stays silent.

mod call;
mod claim;
mod collection;
mod constants;
mod declaration;
mod expression;
mod name;
mod operator;
mod statement;
mod turns;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use super::names::{Space, Symbol};
use super::{ActionInstances, Cells, Enum, Machine, Model, Named, Setting, Settings};
use super::{LocalId, MachineId, Type, Value, errors};
use crate::base::{Diagnostic, Id, IdVec, Source, Span};
use crate::syntax::ast::{self, DeclarationKind as Kind};

/// The most action instances, leaves of the state, or values of a domain that a model may have.
pub(super) const SIZE_MAX: u64 = 200_000;

/// All that checking knows; one pass after the other adds to it.
pub(super) struct Checker<'a> {
    pub(super) sources: &'a [Source],
    pub(super) settings: &'a Settings,
    pub(super) model: Model,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) declared: Declared<'a>,
    pub(super) global: Space,
    pub(super) members: IdVec<MachineId, Space>,
    pub(super) meters: BTreeMap<String, (super::ModelMeterId, bool)>,
    pub(super) parameter_values: Vec<Progress<Value>>,
    pub(super) named_types: Vec<Progress<Type>>,
    pub(super) variable_types: Vec<Option<Type>>,
    pub(super) definition_types: Vec<Progress<Type>>,
    /// Where each variable was read, and where written: for warnings.
    pub(super) is_read: Vec<bool>,
    /// The names of variables that turns of unordered loops may see outside their ranges.
    pub(super) accumulated: BTreeSet<String>,
    /// Of `calm` and `healthy`, what is being written out where it is named.
    pub(super) inlining: Vec<String>,
}

/// Something computed when it is first needed.
#[derive(Clone, Debug)]
pub(super) enum Progress<T> {
    /// Not yet.
    Todo,
    /// Being computed: needing it again is a circle.
    Doing,
    /// It is wrong, and that has been said.
    Failed,
    /// Computed.
    Done(T),
}

/// The declarations of all files, by kind, in order.
#[derive(Default)]
pub(super) struct Declared<'a> {
    pub(super) model_name: Option<&'a ast::Name>,
    pub(super) parameters: Vec<DeclaredParameter<'a>>,
    pub(super) types: Vec<(&'a ast::Name, &'a ast::Type)>,
    pub(super) mitigations: Vec<DeclaredMitigation<'a>>,
    pub(super) machines: Vec<(&'a ast::Name, Option<&'a ast::Expression>)>,
    pub(super) states: Vec<Option<(Span, &'a [ast::Name])>>,
    pub(super) variables: Vec<DeclaredVariable<'a>>,
    pub(super) definitions: Vec<DeclaredDefinition<'a>>,
    pub(super) actions: Vec<(Option<MachineId>, Option<&'a ast::Doc>, &'a ast::Action)>,
    pub(super) on_ticks: Vec<(Option<MachineId>, Span, &'a ast::Block)>,
    pub(super) assumptions: Vec<&'a ast::Expression>,
    pub(super) calm: Option<(Span, &'a ast::Expression)>,
    pub(super) healthy: Option<(Span, &'a ast::Expression)>,
    pub(super) watches: Vec<(&'a ast::Name, &'a ast::Expression)>,
    pub(super) properties: Vec<DeclaredProperty<'a>>,
    pub(super) expectations: Vec<(Span, &'a Kind)>,
}

pub(super) struct DeclaredParameter<'a> {
    pub(super) name: &'a ast::Name,
    pub(super) doc: Option<String>,
    pub(super) value: &'a ast::Expression,
    pub(super) range: Option<&'a (ast::Expression, ast::Expression)>,
}

#[derive(Clone, Copy)]
pub(super) struct DeclaredMitigation<'a> {
    pub(super) name: &'a ast::Name,
    pub(super) cost: Option<&'a ast::Expression>,
    pub(super) changes: &'a [(ast::Name, ast::Expression)],
}

pub(super) struct DeclaredVariable<'a> {
    pub(super) machine: Option<MachineId>,
    pub(super) name: &'a ast::Name,
    pub(super) ty: &'a ast::Type,
    pub(super) initial: &'a ast::Initial,
    pub(super) alive: Option<&'a [ast::Name]>,
}

pub(super) struct DeclaredDefinition<'a> {
    pub(super) machine: Option<MachineId>,
    pub(super) name: &'a ast::Name,
    pub(super) parameters: &'a [ast::Parameter],
    pub(super) value: &'a ast::Expression,
}

pub(super) struct DeclaredProperty<'a> {
    pub(super) name: &'a ast::Name,
    pub(super) doc: Option<String>,
    pub(super) span: Span,
    pub(super) claim: &'a ast::Claim,
    pub(super) with_operators: bool,
}

/// What an expression or statement can see.
pub(super) struct Scope {
    /// The machine of `self`.
    pub(super) machine: Option<MachineId>,
    /// All locals so far, in or out of sight.
    pub(super) locals: Vec<super::Local>,
    /// The locals in sight, the innermost last.
    pub(super) visible: Vec<(String, LocalId)>,
    /// What is allowed here.
    pub(super) place: Place,
    /// The own control states in which this is evaluated, where an arrow fixes them.
    pub(super) own_states: Option<Vec<u32>>,
    /// The own control state that the action leads to.
    pub(super) target: Option<u32>,
    /// How many locals existed before the innermost unordered loop, if inside one.
    pub(super) loop_locals: Option<usize>,
    /// Whether it may be read in a turn of an unordered loop: a definition may as well.
    pub(super) in_turn: bool,
}

/// Where an expression stands, which decides what it may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A parameter, a size, a bound: no state.
    Constant,
    /// An initial value: the index, and other variables' initial values.
    Initial,
    /// An assumption: the state, and the index.
    Assumption,
    /// A figure over one state: `resting` as well.
    Figure,
    /// An action, a tick block or a definition: the state.
    Behaviour,
}

impl Scope {
    pub(super) fn new(place: Place, machine: Option<MachineId>) -> Scope {
        Scope {
            machine,
            locals: Vec::new(),
            visible: Vec::new(),
            place,
            own_states: None,
            target: None,
            loop_locals: None,
            in_turn: false,
        }
    }
}

/// Checks the trees of a model and its libraries.
pub(super) fn check<'a>(
    sources: &'a [Source],
    files: &'a [ast::File],
    settings: &'a Settings,
) -> (Model, Vec<Diagnostic>) {
    let mut checker = Checker {
        sources,
        settings,
        model: Model::default(),
        diagnostics: Vec::new(),
        declared: Declared::default(),
        global: Space::default(),
        members: IdVec::new(),
        meters: BTreeMap::new(),
        parameter_values: Vec::new(),
        named_types: Vec::new(),
        variable_types: Vec::new(),
        definition_types: Vec::new(),
        is_read: Vec::new(),
        accumulated: BTreeSet::new(),
        inlining: Vec::new(),
    };
    checker.collect(files);
    checker.collect_accumulated();
    checker.settle_parameters();
    checker.settle_machines();
    checker.settle_types();
    checker.settle_variables();
    checker.settle_definitions();
    checker.settle_initial_values();
    checker.settle_actions();
    checker.settle_claims();
    if !checker.has_errors() {
        checker.limit_sizes();
    }
    if !checker.has_errors() {
        checker.warn();
        checker.model.cells = Cells::of(&checker.model);
        checker.model.instances = ActionInstances::of(&checker.model);
    }
    (checker.model, checker.diagnostics)
}

impl<'a> Checker<'a> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|one| one.severity == crate::base::Severity::Error)
    }

    /// Declares every name of every file, libraries before what uses them.
    fn collect(&mut self, files: &'a [ast::File]) {
        for file in files.iter().rev() {
            for declaration in &file.declarations {
                self.collect_declaration(None, declaration);
            }
        }
        let Some(model) = files.first() else { return };
        self.model.name = model.name.text.clone();
        self.model.doc = model.doc.as_ref().map(doc_text);
        self.declared.model_name = Some(&model.name);
    }

    fn collect_accumulated(&mut self) {
        for (_, _, action) in &self.declared.actions {
            turns::collect_accumulated(&action.body, false, &mut self.accumulated);
        }
        for (machine, _, block) in &self.declared.on_ticks {
            turns::collect_accumulated(block, machine.is_some(), &mut self.accumulated);
        }
    }

    fn collect_declaration(
        &mut self,
        machine: Option<MachineId>,
        declaration: &'a ast::Declaration,
    ) {
        let doc = declaration.doc.as_ref();
        let span = declaration.span;
        match &declaration.kind {
            Kind::Parameter { .. }
            | Kind::Type { .. }
            | Kind::Mitigation { .. }
            | Kind::Enum { .. }
            | Kind::Machine { .. }
            | Kind::Meter { .. }
            | Kind::Assume(_)
            | Kind::Calm(_)
            | Kind::Healthy(_)
            | Kind::Watch { .. }
            | Kind::Property { .. }
            | Kind::Expect { .. }
                if machine.is_some() =>
            {
                self.report(errors::misplaced(
                    "this declaration",
                    "inside a machine",
                    span,
                    "move it outside; a machine holds states, variables, definitions, actions and `on tick`",
                ));
            }
            Kind::Parameter { name, value, range } => {
                let id = self.declared.parameters.len();
                self.declare(None, name, Symbol::Parameter(Id::from_index(id)));
                let doc = doc.map(doc_text);
                let range = range.as_ref();
                self.declared.parameters.push(DeclaredParameter { name, doc, value, range });
            }
            Kind::Type { name, ty } => {
                self.declare(None, name, Symbol::Type(self.declared.types.len()));
                self.declared.types.push((name, ty));
            }
            Kind::Mitigation { name, cost, changes } => {
                let id = self.model.mitigations.push(super::Mitigation {
                    name: name.text.clone(),
                    doc: doc.map(doc_text),
                    applied: self.settings.mitigations.contains(&name.text),
                    cost: None,
                });
                self.declare(None, name, Symbol::Mitigation(id));
                let cost = cost.as_ref();
                self.declared.mitigations.push(DeclaredMitigation { name, cost, changes });
            }
            Kind::Enum { name, values } => {
                self.refuse_repeats(values);
                let values = values.iter().map(|value| value.text.clone()).collect();
                let id = self.model.enums.push(Enum { name: name.text.clone(), values });
                self.declare(None, name, Symbol::Enum(id));
            }
            Kind::Machine { fair, name, count, members } => {
                let id = self.model.machines.push(Machine {
                    name: name.text.clone(),
                    count: 1,
                    single: count.is_none(),
                    fair: *fair,
                    states: Vec::new(),
                });
                self.members.push(Space::default());
                self.declare(None, name, Symbol::Machine(id));
                self.declared.machines.push((name, count.as_ref()));
                self.declared.states.push(None);
                for member in members {
                    self.collect_declaration(Some(id), member);
                }
            }
            Kind::States { states } => self.collect_states(machine, span, states),
            Kind::Variable { name, ty, initial, alive } => {
                let id = self.declared.variables.len();
                self.declare(machine, name, Symbol::Variable(Id::from_index(id)));
                let alive = alive.as_deref();
                let variable = DeclaredVariable { machine, name, ty, initial, alive };
                self.declared.variables.push(variable);
            }
            Kind::Definition { name, parameters, value } => {
                let id = self.declared.definitions.len();
                self.declare(machine, name, Symbol::Definition(Id::from_index(id)));
                let definition = DeclaredDefinition { machine, name, parameters, value };
                self.declared.definitions.push(definition);
            }
            Kind::Action(action) => {
                self.declare(machine, &action.name, Symbol::Action);
                self.declared.actions.push((machine, doc, action));
            }
            Kind::OnTick { body } => self.declared.on_ticks.push((machine, span, body)),
            Kind::Meter { name } => self.collect_meter(name, doc),
            Kind::Assume(predicate) => self.declared.assumptions.push(predicate),
            Kind::Calm(predicate) => match self.declared.calm {
                Some((earlier, _)) => self.report(errors::only_one("calm", span, earlier)),
                None => self.declared.calm = Some((span, predicate)),
            },
            Kind::Healthy(predicate) => match self.declared.healthy {
                Some((earlier, _)) => self.report(errors::only_one("healthy", span, earlier)),
                None => self.declared.healthy = Some((span, predicate)),
            },
            Kind::Watch { name, value } => {
                let earlier = self.declared.watches.iter().find(|(one, _)| one.text == name.text);
                match earlier {
                    Some((one, _)) => {
                        self.report(errors::declared_twice(&name.text, name.span, one.span))
                    }
                    None => self.declared.watches.push((name, value)),
                }
            }
            Kind::Property { name, claim, with_operators } => {
                let earlier =
                    self.declared.properties.iter().find(|one| one.name.text == name.text);
                if let Some(earlier) = earlier {
                    let earlier = earlier.name.span;
                    self.report(errors::declared_twice(&name.text, name.span, earlier));
                    return;
                }
                let (doc, with_operators) = (doc.map(doc_text), with_operators.is_some());
                let property = DeclaredProperty { name, doc, span, claim, with_operators };
                self.declared.properties.push(property);
            }
            Kind::Expect { .. } => self.declared.expectations.push((span, &declaration.kind)),
            Kind::Error => {}
        }
    }

    fn collect_states(&mut self, machine: Option<MachineId>, span: Span, states: &'a [ast::Name]) {
        let Some(machine) = machine else {
            let help = "declare a machine and put its states inside";
            self.report(errors::misplaced("`state`", "outside a machine", span, help));
            return;
        };
        if let Some((earlier, _)) = self.declared.states[machine.index()] {
            self.report(errors::only_one("state", span, earlier));
            return;
        }
        self.refuse_repeats(states);
        self.declared.states[machine.index()] = Some((span, states));
        self.model.machines[machine].states = states.iter().map(|name| name.text.clone()).collect();
    }

    fn collect_meter(&mut self, name: &'a ast::Name, doc: Option<&'a ast::Doc>) {
        if name.text == "tick" {
            let message = "`tick` is a meter that is always there";
            self.report(errors::bad_setting(name.span, message, "remove the declaration"));
            return;
        }
        if let Some(&(earlier, _)) = self.meters.get(&name.text) {
            let earlier = self.model.meters[earlier].span;
            self.report(errors::declared_twice(&name.text, name.span, earlier));
            return;
        }
        let doc = doc.map(doc_text);
        let id = self.model.meters.push(Named { name: name.text.clone(), doc, span: name.span });
        self.meters.insert(name.text.clone(), (id, false));
    }

    fn declare(&mut self, machine: Option<MachineId>, name: &ast::Name, symbol: Symbol) {
        let space = match machine {
            Some(machine) => &mut self.members[machine],
            None => &mut self.global,
        };
        if let Err(earlier) = space.declare(&name.text, symbol, name.span) {
            self.report(errors::declared_twice(&name.text, name.span, earlier));
        }
    }

    fn refuse_repeats(&mut self, names: &[ast::Name]) {
        for (at, name) in names.iter().enumerate() {
            if let Some(earlier) = names[..at].iter().find(|earlier| earlier.text == name.text) {
                self.report(errors::declared_twice(&name.text, name.span, earlier.span));
            }
        }
    }

    /// Refuses models whose tables would not fit, before anybody builds them.
    fn limit_sizes(&mut self) {
        let mut total = 0_u64;
        for (id, action) in self.model.actions.iter_with_ids() {
            let count = ActionInstances::count(&self.model, action);
            total = total.saturating_add(count);
            if total > SIZE_MAX {
                let what = format!("action instances up to `{}`", action.name);
                let span = self.model.actions[id].span;
                self.diagnostics.push(errors::too_many(&what, total, SIZE_MAX, span));
                return;
            }
        }
        let mut total = 0_u64;
        for variable in self.model.variables.iter() {
            let owners = variable.machine.map_or(1, |id| u64::from(self.model.machines[id].count));
            let leaves = self.leaf_count(&variable.ty);
            total = total.saturating_add(owners.saturating_mul(leaves));
            if total > SIZE_MAX {
                let what = format!("parts of the state up to `{}`", variable.name);
                self.diagnostics.push(errors::too_many(&what, total, SIZE_MAX, variable.span));
                return;
            }
        }
    }

    fn leaf_count(&self, ty: &Type) -> u64 {
        match ty {
            Type::Array { index, element } => {
                index.value_count(&self.model).saturating_mul(self.leaf_count(element))
            }
            Type::Queue { capacity, .. } => u64::from(*capacity) + 1,
            _ => 1,
        }
    }

    pub(super) fn text(&self, span: Span) -> &'a str {
        let source = self.sources.iter().find(|source| source.id == span.source);
        source.map_or("", |source| source.slice(span))
    }

    /// How a type is called in messages.
    pub(super) fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "a bool".to_owned(),
            Type::Number(_) => "a number".to_owned(),
            Type::Enum(id) => format!("a value of `{}`", self.model.enums[*id].name),
            Type::Instance(id) => format!("an instance of `{}`", self.model.machines[*id].name),
            Type::Optional(inner) if **inner == Type::Nothing => "`none`".to_owned(),
            Type::Optional(inner) => format!("{} or `none`", self.type_name(inner)),
            Type::Nothing => "nothing".to_owned(),
            Type::Set(_) => "a set".to_owned(),
            Type::Array { .. } => "an array".to_owned(),
            Type::Queue { .. } => "a queue".to_owned(),
        }
    }
}

/// Documentation as one text, its lines joined.
pub(super) fn doc_text(doc: &ast::Doc) -> String {
    itertools::Itertools::join(&mut doc.lines.iter().map(|line| line.text.trim()), " ")
}

/// The value that a setting from outside stands for, given the type that the parameter has.
pub(super) fn setting_value(setting: &Setting, default: &Value, model: &Model) -> Option<Value> {
    let text = match setting {
        Setting::Value(value) => return Some(value.clone()),
        Setting::Text(text) => text.trim(),
    };
    match default {
        Value::Number(_) => text.parse().ok().map(Value::Number),
        Value::Bool(_) => text.parse().ok().map(Value::Bool),
        Value::Enum(id, _) => {
            let name = text.rsplit('.').next().unwrap_or(text);
            let rank = model.enums[*id].values.iter().position(|value| value == name)?;
            Some(Value::Enum(*id, rank as u32))
        }
        _ => None,
    }
}

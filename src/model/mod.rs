//! The typed form of a model for one choice of parameters and mitigations, and its plain meaning.

pub mod action;
pub mod cells;
mod check;
mod constant;
mod errors;
pub mod expression;
pub mod interpret;
mod names;
pub mod property;
mod ranges;
pub mod types;
pub mod value;

pub use action::{
    Action, ActionKind, Budget, DocPiece, Local, OnTick, Parameter, Place, Statement, StatementKind,
};
pub use cells::{ActionInstance, ActionInstances, Cell, CellId, Cells};
pub use expression::{Binary, Expression, ExpressionKind, Quantifier};
pub use interpret::{Interpreter, Move, Obstacle, Part};
pub use names::nearest;
pub use property::{Claim, Expectation, Figure, Formula, Meter, Outcome, Property, Watch};
pub use types::{Edge, Interval, Type};
pub use value::{Value, Values};

pub use crate::system::FigureId;

use crate::base::hash::hash_words;
use crate::base::{Diagnostic, IdVec, Severity, Source, Span};
use crate::syntax::ast;

/// What the front end learned; never a `Result`, because half a model is worth showing.
#[derive(Clone, Debug)]
pub struct Analysis {
    model: Option<Model>,
    /// Everything there is to say about the text, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Analysis {
    /// The model, if nothing is wrong with it; the diagnostics otherwise.
    pub fn into_model(self) -> Result<Model, Vec<Diagnostic>> {
        self.model.ok_or(self.diagnostics)
    }
    /// The model, if nothing is wrong with it.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }
}

/// What is chosen outside the text: which mitigations are applied, which parameters are set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The names of the mitigations to apply.
    pub mitigations: Vec<String>,
    /// Parameters with the values they are to have; the last one wins.
    pub parameters: Vec<(String, Setting)>,
}

/// A value for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// As a person writes it.
    Text(String),
    /// As the model itself computes it.
    Value(Value),
}

/// Checks a model (the first file) with the libraries that it uses (the others).
pub fn analyse(sources: &[Source], files: &[ast::File], settings: &Settings) -> Analysis {
    let (model, mut diagnostics) = check::check(sources, files, settings);
    diagnostics.sort_by_key(|one| (one.primary.0, one.severity, one.code));
    diagnostics.dedup();
    let is_sound = diagnostics.iter().all(|one| one.severity == Severity::Warning);
    Analysis { model: is_sound.then_some(model), diagnostics }
}

crate::id!(
    /// A declared enum.
    EnumId
);
crate::id!(
    /// A declared machine.
    MachineId
);
crate::id!(
    /// A declared variable.
    VariableId
);
crate::id!(
    /// A declared definition.
    DefinitionId
);
crate::id!(
    /// A declared action (not one of its instances).
    ActionDefinitionId
);
crate::id!(
    /// A declared meter (the tick is not one of them).
    ModelMeterId
);
crate::id!(
    /// A declared parameter.
    ParameterId
);
crate::id!(
    /// A declared mitigation.
    MitigationId
);
crate::id!(
    /// A declared property.
    PropertyId
);
crate::id!(
    /// A name that is local to an action, definition, tick block or figure.
    LocalId
);

/// A model with all its parameters fixed.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// What is said about it before its first word.
    pub doc: Option<String>,
    /// Its parameters with the values they have here.
    pub parameters: IdVec<ParameterId, ModelParameter>,
    /// Its mitigations, and which are applied here.
    pub mitigations: IdVec<MitigationId, Mitigation>,
    /// Its enums.
    pub enums: IdVec<EnumId, Enum>,
    /// Its machines.
    pub machines: IdVec<MachineId, Machine>,
    /// Its variables, of all machines and outside.
    pub variables: IdVec<VariableId, Variable>,
    /// Its definitions.
    pub definitions: IdVec<DefinitionId, Definition>,
    /// Its actions.
    pub actions: IdVec<ActionDefinitionId, Action>,
    /// What each unit of time does: blocks outside machines and inside, each kind in file order.
    pub on_tick: Vec<OnTick>,
    /// Its meters.
    pub meters: IdVec<ModelMeterId, Named>,
    /// Its assumptions about the initial states, in file order.
    pub assumptions: Vec<Figure>,
    /// Every predicate and number over one state that something asks for.
    pub figures: IdVec<FigureId, Figure>,
    /// `calm when p`; the figure `true` if it is not declared.
    pub calm: Option<FigureId>,
    /// Whether the file declares `calm`.
    pub calm_declared: bool,
    /// `healthy when p`.
    pub healthy: Option<FigureId>,
    /// The figures that traces show.
    pub watches: Vec<Watch>,
    /// Its properties.
    pub properties: IdVec<PropertyId, Property>,
    /// What the file itself promises.
    pub expectations: Vec<Expectation>,
    /// What a state is made of.
    pub cells: Cells,
    /// All action instances.
    pub instances: ActionInstances,
}

impl Model {
    /// Whether it behaves like another configuration of the same text: everything that has a part in
    /// what happens and what is claimed is the same.
    pub fn behaves_like(&self, other: &Model) -> bool {
        self.machines == other.machines
            && self.variables == other.variables
            && self.definitions == other.definitions
            && self.actions == other.actions
            && self.on_tick == other.on_tick
            && self.assumptions == other.assumptions
            && self.figures == other.figures
            && self.properties == other.properties
            && self.cells == other.cells
            && self.instances == other.instances
    }

    /// A number that is the same for models that behave alike, and seldom for others.
    pub fn look(&self) -> u64 {
        let parts = (&self.machines, &self.variables, &self.definitions, &self.actions);
        let others = (&self.on_tick, &self.assumptions, &self.figures, &self.properties);
        let text = format!("{parts:?}{others:?}");
        let words = text
            .as_bytes()
            .chunks(8)
            .map(|chunk| chunk.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte)));
        hash_words(&words.collect::<Vec<_>>())
    }
}

/// A parameter with the value it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelParameter {
    /// Its name.
    pub name: String,
    /// What is said about it.
    pub doc: Option<String>,
    /// The value it has here.
    pub value: Value,
    /// Its legal range, if it declares one.
    pub range: Option<(i64, i64)>,
}

/// A mitigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mitigation {
    /// Its name.
    pub name: String,
    /// What is said about it.
    pub doc: Option<String>,
    /// Whether it is applied here.
    pub applied: bool,
    /// What it costs, in a unit of the author's choice, with the parameters as they are here.
    pub cost: Option<u64>,
}

/// A name with its documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What is said about it.
    pub doc: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// Its name.
    pub name: String,
    /// Its values' names, in order.
    pub values: Vec<String>,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// How many instances it has, at least one.
    pub count: u32,
    /// Whether it was declared without a count, so that its name is its instance as well.
    pub single: bool,
    /// Whether process fairness is asked for.
    pub fair: bool,
    /// Its control states' names, the first is the initial one; may be empty.
    pub states: Vec<String>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// The machine whose instances have it; none outside.
    pub machine: Option<MachineId>,
    /// Its type.
    pub ty: Type,
    /// How it starts.
    pub initial: Initial,
    /// The control states in which it has a meaning, by position; none for all. Then `initial` is
    /// a constant.
    pub alive: Option<Vec<u32>>,
}

/// How a variable starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Initial {
    /// With this value; may read `self`, and variables that are not `any`, without cycles.
    Value(Expression),
    /// With every value of its type that the assumptions allow. Only scalars, sets and arrays of them.
    Any,
}

/// A derived value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// The machine whose instances have it; none outside.
    pub machine: Option<MachineId>,
    /// How many of its locals are parameters (they come first).
    pub parameter_count: usize,
    /// Everything that is local to it.
    pub locals: Vec<Local>,
    /// What it stands for.
    pub value: Expression,
}

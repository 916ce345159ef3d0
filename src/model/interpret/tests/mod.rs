//! Small models built by hand, each clause of the meaning with its literal outcome.

mod expressions;
mod loops;
mod starts;
mod statements;
mod steps;
mod texts;

use std::ops::ControlFlow;

use super::*;
use crate::base::{SourceId, Span};
use crate::model::{
    Action, ActionDefinitionId, ActionInstances, Binary, Cells, Edge, Expression, ExpressionKind,
    Figure, Initial, Interval, LocalId, Machine, ModelMeterId, Named, OnTick, Parameter, Place,
    Statement, StatementKind, Type, VariableId,
};

/// The place of what was built with this number.
fn span(at: usize) -> Span {
    Span::new(SourceId(0), at, at + 1)
}

fn expression(kind: ExpressionKind) -> Expression {
    Expression { span: span(0), ty: Type::Nothing, kind }
}

fn at(place: usize, expression: Expression) -> Expression {
    Expression { span: span(place), ..expression }
}

fn constant(value: Value) -> Expression {
    expression(ExpressionKind::Constant(value))
}

fn number(value: i64) -> Expression {
    constant(Value::Number(value))
}

fn truth(value: bool) -> Expression {
    constant(Value::Bool(value))
}

fn own() -> Expression {
    expression(ExpressionKind::SelfInstance)
}

fn local(id: u32) -> Expression {
    expression(ExpressionKind::Local(LocalId(id)))
}

fn binary(operator: Binary, left: Expression, right: Expression) -> Expression {
    expression(ExpressionKind::Binary(operator, Box::new(left), Box::new(right)))
}

fn is(instance: Expression, states: &[u32]) -> Expression {
    expression(ExpressionKind::Is(Box::new(instance), states.to_vec()))
}

/// Breaches `Division` at 99.
fn breaching() -> Expression {
    at(99, binary(Binary::Equal, at(99, binary(Binary::Divide, number(1), number(0))), number(0)))
}

fn statement(place: usize, kind: StatementKind) -> Statement {
    Statement { span: span(place), kind }
}

fn when(condition: Expression, then: Vec<Statement>) -> Statement {
    statement(0, StatementKind::If { branches: vec![(condition, then)], otherwise: Vec::new() })
}

fn control(place: usize, instance: Expression, control: u32) -> Statement {
    statement(place, StatementKind::SetControl { instance, control })
}

fn count(place: usize, amount: Option<i64>) -> Statement {
    statement(place, StatementKind::Count(ModelMeterId(0), amount.map(number)))
}

/// `for` over a type; the value of each turn is the given local.
fn each(local: u32, domain: Type, body: Vec<Statement>) -> Statement {
    statement(50, StatementKind::For { local: LocalId(local), domain, filter: None, body })
}

fn range(low: i64, high: i64) -> Type {
    Type::number(low, high)
}

fn edged(low: i64, high: i64, edge: Edge) -> Type {
    Type::Number(Interval { low, high, edge })
}

fn set_of(domain: Type) -> Type {
    Type::Set(Box::new(domain))
}

fn queue_of(element: Type, capacity: u32) -> Type {
    Type::Queue { element: Box::new(element), capacity }
}

fn array_of(index: Type, element: Type) -> Type {
    Type::Array { index: Box::new(index), element: Box::new(element) }
}

fn numbers(items: &[i64]) -> Vec<Value> {
    items.iter().map(|&item| Value::Number(item)).collect()
}

fn set(items: &[i64]) -> Value {
    Value::Set(numbers(items).into_iter().collect())
}

/// A model in the making, with one meter.
struct World {
    model: Model,
}

impl World {
    fn new() -> World {
        let mut model = Model::default();
        model.meters.push(Named { name: "m".into(), doc: None, span: span(0) });
        World { model }
    }

    fn machine(&mut self, count: u32, states: &[&str]) -> MachineId {
        self.model.machines.push(Machine {
            name: "machine".into(),
            count,
            single: false,
            fair: false,
            states: states.iter().map(|state| state.to_string()).collect(),
        })
    }

    fn variable(&mut self, machine: Option<MachineId>, ty: Type, initial: Value) -> VariableId {
        self.model.variables.push(Variable {
            name: "variable".into(),
            span: span(0),
            machine,
            ty,
            initial: Initial::Value(constant(initial)),
            alive: None,
        })
    }

    /// A variable outside machines.
    fn global(&mut self, ty: Type, initial: Value) -> VariableId {
        self.variable(None, ty, initial)
    }

    /// `var …: 0..9 = initial while alive`
    fn number_while(&mut self, machine: MachineId, initial: i64, alive: &[u32]) -> VariableId {
        let id = self.variable(Some(machine), range(0, 9), Value::Number(initial));
        self.model.variables[id].alive = Some(alive.to_vec());
        id
    }

    fn action(
        &mut self,
        machine: Option<MachineId>,
        kind: ActionKind,
        body: Vec<Statement>,
    ) -> ActionDefinitionId {
        self.model.actions.push(Action {
            name: "action".into(),
            doc: Vec::new(),
            span: span(0),
            machine,
            kind,
            strong: false,
            parameters: Vec::new(),
            budget: None,
            from: None,
            to: None,
            guard: None,
            body,
            locals: Vec::new(),
        })
    }

    fn parameter(&mut self, action: ActionDefinitionId, ty: Type, filter: Option<Expression>) {
        let parameters = &mut self.model.actions[action].parameters;
        let local = LocalId::from_index(parameters.len());
        parameters.push(Parameter { local, ty, filter });
    }

    fn on_tick(&mut self, machine: Option<MachineId>, body: Vec<Statement>) {
        self.model.on_tick.push(OnTick { machine, span: span(0), body, locals: Vec::new() });
    }

    fn figure(&mut self, expression: Expression) -> FigureId {
        self.model.figures.push(Figure { expression, locals: Vec::new() })
    }

    fn read(&self, variable: VariableId) -> Expression {
        let ty = self.model.variables[variable].ty.clone();
        Expression { ty, ..expression(ExpressionKind::Variable { variable, owner: None }) }
    }

    fn read_of(&self, owner: Expression, variable: VariableId) -> Expression {
        let owner = Some(Box::new(owner));
        let ty = self.model.variables[variable].ty.clone();
        Expression { ty, ..expression(ExpressionKind::Variable { variable, owner }) }
    }

    fn place(&self, variable: VariableId) -> Place {
        let ty = self.model.variables[variable].ty.clone();
        Place { variable, owner: None, indices: Vec::new(), ty, span: span(70) }
    }

    fn place_of(&self, owner: Expression, variable: VariableId) -> Place {
        Place { owner: Some(owner), ..self.place(variable) }
    }

    fn place_at(&self, variable: VariableId, index: Expression) -> Place {
        let Type::Array { element, .. } = self.model.variables[variable].ty.clone() else {
            panic!("it is no array");
        };
        Place { indices: vec![index], ty: *element, ..self.place(variable) }
    }

    fn assign(&self, place: usize, variable: VariableId, value: Expression) -> Statement {
        statement(place, StatementKind::Assign(self.place(variable), value))
    }

    fn add(&self, place: usize, variable: VariableId, amount: i64) -> Statement {
        statement(place, StatementKind::Add(self.place(variable), number(amount)))
    }

    fn insert(&self, place: usize, variable: VariableId, element: i64) -> Statement {
        statement(place, StatementKind::AddToSet(self.place(variable), number(element)))
    }

    fn remove(&self, place: usize, variable: VariableId, element: i64) -> Statement {
        statement(place, StatementKind::RemoveFromSet(self.place(variable), number(element)))
    }

    fn push(&self, place: usize, variable: VariableId, element: i64) -> Statement {
        statement(place, StatementKind::Push(self.place(variable), number(element)))
    }

    fn finished(&self) -> Model {
        let mut model = self.model.clone();
        model.cells = Cells::of(&model);
        model.instances = ActionInstances::of(&model);
        model
    }
}

/// All states that a model can start in, and breaches, one a line.
fn starts(model: &Model) -> Vec<String> {
    let mut all = Vec::new();
    Interpreter::new(model).starts(&mut |start| {
        all.push(show_next(&start));
        ControlFlow::Continue(())
    });
    all
}

/// The only state that a model can start in.
fn start(model: &Model) -> Values {
    let mut found = Vec::new();
    Interpreter::new(model).starts(&mut |start| {
        found.push(start.expect("the start does not breach"));
        ControlFlow::Continue(())
    });
    let [start] = &found[..] else { panic!("{} starts", found.len()) };
    start.clone()
}

fn show(value: &Value) -> String {
    let all = |items: &mut dyn Iterator<Item = &Value>| -> String {
        items.map(show).collect::<Vec<_>>().join(",")
    };
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Enum(id, position) => format!("e{}.{position}", id.0),
        Value::Instance(id, index) => format!("m{}.{index}", id.0),
        Value::Control(_, position) => format!("@{position}"),
        Value::None => "none".into(),
        Value::Set(elements) => format!("{{{}}}", all(&mut elements.iter())),
        Value::Array(items) => format!("[{}]", all(&mut items.iter())),
        Value::Queue(items) => format!("<{}>", all(&mut items.iter())),
    }
}

fn show_breach(breach: Breach) -> String {
    format!("{:?} at {}", breach.rule, breach.place.start)
}

fn show_next(next: &Result<Values, Breach>) -> String {
    match next {
        Ok(values) => values.iter().map(show).collect::<Vec<_>>().join(" "),
        Err(breach) => show_breach(*breach),
    }
}

/// What each step from the start counts on the meter, and leads to: `action: state +count`.
fn moves(model: &Model, state: &Values) -> Vec<String> {
    let step = |step: &Move| {
        let counted = if step.counts[1] > 0 { format!(" +{}", step.counts[1]) } else { "".into() };
        format!("{}: {}{counted}", step.action.0, show_next(&step.next))
    };
    Interpreter::new(model).moves(state).iter().map(step).collect()
}

/// Runs a body once from the start, outside machines.
fn check_run(world: &mut World, body: Vec<Statement>, expected: &str) {
    world.action(None, ActionKind::Urgent, body);
    let model = world.finished();
    let expected = format!("{}: {expected}", model.actions.len());
    assert_eq!(moves(&model, &start(&model)).last(), Some(&expected));
}

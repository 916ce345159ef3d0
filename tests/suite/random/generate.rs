//! Random small models as texts: all valid, or nearly so, of every part of the language.

use super::tree::{Node, Text};
use crate::engine::worlds::Dice;

/// A type as the generator knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    Bool,
    Range(i64, i64),
    Saturating(i64, i64),
    Timer(i64),
    Enum(usize),
    Instance(usize),
    Optional(Box<Ty>),
    Set(Box<Ty>),
    Queue(Box<Ty>, usize),
    Array(Box<Ty>, Box<Ty>),
}

impl Ty {
    fn is_number(&self) -> bool {
        matches!(self, Ty::Range(..) | Ty::Saturating(..) | Ty::Timer(_))
    }

    /// What an expression of this type can be read as.
    fn is_like(&self, other: &Ty) -> bool {
        match (self, other) {
            (Ty::Set(one), Ty::Set(other)) | (Ty::Queue(one, _), Ty::Queue(other, _)) => {
                one.is_like(other)
            }
            (Ty::Optional(one), Ty::Optional(other)) => one.is_like(other),
            (Ty::Array(..), Ty::Array(..)) => self == other,
            (Ty::Optional(inner), plain) => inner.is_like(plain),
            (one, other) if one.is_number() => other.is_number(),
            (one, other) => one == other,
        }
    }
}

struct Variable {
    name: String,
    ty: Ty,
    /// The control states in which it has a meaning.
    alive: Option<Vec<usize>>,
}

struct Definition {
    name: String,
    parameters: Vec<Ty>,
    result: Ty,
}

#[derive(Default)]
struct Machine {
    name: String,
    /// None for a single one.
    count: Option<usize>,
    states: Vec<String>,
    variables: Vec<Variable>,
    definitions: Vec<Definition>,
}

/// What an expression or statement can name.
#[derive(Clone, Default)]
struct Scope {
    own: Option<usize>,
    /// Where an action starts, if that is restricted.
    from: Option<Vec<usize>>,
    has_arrow: bool,
    locals: Vec<(String, Ty)>,
    is_figure: bool,
    is_assumption: bool,
}

/// Makes one model.
pub fn generate(dice: &mut Dice) -> Text {
    let mut generator = Generator {
        dice,
        machines: Vec::new(),
        globals: Vec::new(),
        definitions: Vec::new(),
        fresh: 0,
        anys: 0,
    };
    generator.model()
}

struct Generator<'d> {
    dice: &'d mut Dice,
    machines: Vec<Machine>,
    globals: Vec<Variable>,
    definitions: Vec<Definition>,
    fresh: usize,
    /// How many variables start with `any` value.
    anys: usize,
}

const ENUM: &str = "Mode";
const VALUES: [&str; 3] = ["low", "mid", "high"];
const STATES: [&str; 3] = ["up", "down", "lost"];

/// Declarations.
impl Generator<'_> {
    fn model(&mut self) -> Text {
        let mut top = vec![Node::line("param extent = 2"), Node::line("mitigation guard_rail")];
        top.push(Node::line("type Bit = 0..1"));
        top.push(Node::line(format!("enum {ENUM} {{ {} }}", VALUES.join(", "))));
        let machine_count = 1 + self.dice.below(2);
        for index in 0..machine_count {
            let count = [None, Some(2), Some(2), Some(3)][self.dice.below(4)];
            let states = STATES[..[0, 2, 2, 3][self.dice.below(4)]].iter();
            let states = states.map(|one| format!("{one}{}", ["", "_b"][index])).collect();
            let name = ["Node", "Disk"][index].to_owned();
            self.machines.push(Machine { name, count, states, ..Machine::default() });
        }
        for _ in 0..self.dice.below(3) {
            let (variable, line) = self.variable(None, "g");
            self.globals.push(variable);
            top.push(line);
        }
        let mut members: Vec<Vec<Node>> = Vec::new();
        for index in 0..machine_count {
            members.push(self.variables_of(index));
        }
        top.push(Node::line("meter work"));
        top.push(Node::line("meter waste"));
        for owner in std::iter::once(None).chain((0..machine_count).map(Some)) {
            for _ in 0..self.dice.below(2) {
                let node = self.definition(owner);
                match owner {
                    None => top.push(node),
                    Some(index) => members[index].push(node),
                }
            }
        }
        for owner in std::iter::once(None).chain((0..machine_count).map(Some)) {
            let most = if owner.is_none() { 2 } else { 4 };
            for _ in 0..self.dice.below(most) {
                let node = self.action(owner);
                match owner {
                    None => top.push(node),
                    Some(index) => members[index].push(node),
                }
            }
            if self.dice.chance(1, 3) {
                let mut scope = Scope { own: owner, ..Scope::default() };
                let node = Node::block("on tick", self.statements(&mut scope, 2, 2));
                match owner {
                    None => top.push(node),
                    Some(index) => members[index].push(node),
                }
            }
        }
        for (index, members) in members.into_iter().enumerate() {
            let fair = if self.dice.chance(1, 3) { "fair " } else { "" };
            let machine = &self.machines[index];
            let count = machine.count.map_or(String::new(), |count| format!(" * {count}"));
            let head = format!("{fair}machine {}{count}", machine.name);
            top.push(Node::block(head, members));
        }
        self.claims(&mut top);
        Text(top)
    }

    fn variables_of(&mut self, index: usize) -> Vec<Node> {
        let mut members = Vec::new();
        if !self.machines[index].states.is_empty() {
            let states = self.machines[index].states.join(", ");
            members.push(Node::line(format!("state {states}")));
        }
        for _ in 0..1 + self.dice.below(2) {
            let (variable, line) = self.variable(Some(index), ["v", "w"][index]);
            self.machines[index].variables.push(variable);
            members.push(line);
        }
        members
    }

    fn variable(&mut self, owner: Option<usize>, prefix: &str) -> (Variable, Node) {
        let name = self.fresh_name(prefix);
        let ty = self.variable_type();
        let states = owner.map_or(Vec::new(), |index| self.machines[index].states.clone());
        let is_scoped = !states.is_empty() && self.dice.chance(1, 3) && has_default(&ty);
        let alive = is_scoped.then(|| self.some_of(states.len()));
        let scope = alive.as_ref().map_or(String::new(), |alive| {
            let names: Vec<&str> = alive.iter().map(|&at| states[at].as_str()).collect();
            format!(" while {}", names.join(" | "))
        });
        let initial = self.initial(&ty, owner, is_scoped);
        let line = format!("var {name}: {}{initial}{scope}", self.type_text(&ty));
        (Variable { name, ty, alive }, Node::line(line))
    }

    fn initial(&mut self, ty: &Ty, owner: Option<usize>, is_scoped: bool) -> String {
        let may_be_any = !is_scoped && self.anys < 1 && !matches!(ty, Ty::Queue(..));
        if may_be_any && self.dice.chance(1, 4) {
            self.anys += 1;
            return " = any".to_owned();
        }
        match ty {
            Ty::Instance(machine) => {
                let count = self.machines[*machine].count.unwrap_or(1);
                let name = &self.machines[*machine].name;
                match owner {
                    Some(_) if self.dice.chance(1, 2) => {
                        format!(" = {name}((self.index + 1) mod {count})")
                    }
                    _ => format!(" = {name}({})", self.dice.below(count)),
                }
            }
            Ty::Array(_, element) if !has_default(element) => {
                format!("{} ", self.initial(element, owner, true))
            }
            Ty::Range(low, high) | Ty::Saturating(low, high) if self.dice.chance(1, 2) => {
                format!(" = {}", low + self.dice.below((high - low + 1) as usize) as i64)
            }
            Ty::Timer(high) if self.dice.chance(1, 2) => format!(" = {high}"),
            _ => String::new(),
        }
    }

    fn variable_type(&mut self) -> Ty {
        match self.dice.below(16) {
            0 | 1 => Ty::Bool,
            2..=4 => Ty::Range(-(self.dice.below(2) as i64), 1 + self.dice.below(2) as i64),
            5 => Ty::Saturating(0, 2),
            6 | 7 => Ty::Timer(1 + self.dice.below(2) as i64),
            8 => Ty::Enum(0),
            9 => self.instance(),
            10 | 11 => Ty::Optional(Box::new(self.scalar())),
            12 => Ty::Set(Box::new(self.scalar())),
            13 => Ty::Queue(Box::new(self.scalar()), 1 + self.dice.below(2)),
            14 => {
                let element = match self.dice.below(5) {
                    0 => Ty::Timer(1),
                    1 => Ty::Queue(Box::new(Ty::Bool), 1),
                    2 => Ty::Optional(Box::new(self.instance())),
                    _ => self.scalar(),
                };
                Ty::Array(Box::new(self.scalar()), Box::new(element))
            }
            _ => Ty::Range(0, 1),
        }
    }

    fn scalar(&mut self) -> Ty {
        match self.dice.below(5) {
            0 => Ty::Bool,
            1 => Ty::Enum(0),
            2 => Ty::Range(0, 1),
            _ => self.instance(),
        }
    }

    fn instance(&mut self) -> Ty {
        Ty::Instance(self.dice.below(self.machines.len()))
    }

    /// What can be chosen or gone through.
    fn domain(&mut self) -> Ty {
        match self.dice.below(6) {
            0 => Ty::Optional(Box::new(self.scalar())),
            1 => Ty::Range(-1, 1),
            2 | 3 => self.instance(),
            _ => self.scalar(),
        }
    }

    fn type_text(&self, ty: &Ty) -> String {
        match ty {
            Ty::Bool => "bool".to_owned(),
            Ty::Range(low, high) => format!("{low}..{high}"),
            Ty::Saturating(low, high) => format!("{low}..{high} saturating"),
            Ty::Timer(high) => format!("timer({high})"),
            Ty::Enum(_) => ENUM.to_owned(),
            Ty::Instance(machine) => self.machines[*machine].name.clone(),
            Ty::Optional(inner) => match **inner {
                Ty::Range(..) => "Bit?".to_owned(),
                _ => format!("{}?", self.type_text(inner)),
            },
            Ty::Set(inner) => format!("set of {}", self.type_text(inner)),
            Ty::Queue(inner, most) => format!("queue of {} max {most}", self.type_text(inner)),
            Ty::Array(index, element) => {
                format!("[{}] {}", self.type_text(index), self.type_text(element))
            }
        }
    }

    fn fresh_name(&mut self, prefix: &str) -> String {
        self.fresh += 1;
        format!("{prefix}{}", self.fresh)
    }

    /// At least one of the first so many, ascending.
    fn some_of(&mut self, count: usize) -> Vec<usize> {
        let first = self.dice.below(count);
        (0..count).filter(|&at| at == first || self.dice.chance(1, 3)).collect()
    }

    fn definition(&mut self, owner: Option<usize>) -> Node {
        let name = self.fresh_name("d");
        let result = [Ty::Bool, Ty::Range(0, 9), self.instance()][self.dice.below(3)].clone();
        let parameters: Vec<Ty> = (0..self.dice.below(2)).map(|_| self.domain()).collect();
        let mut scope = Scope { own: owner, ..Scope::default() };
        let parameter_texts: Vec<String> = parameters
            .iter()
            .map(|ty| {
                let local = self.fresh_name("p");
                scope.locals.push((local.clone(), ty.clone()));
                format!("{local}: {}", self.type_text(ty))
            })
            .collect();
        let value = self.expression(&result, &scope, 3);
        let Some(value) = value else { return Node::line("// nothing to define") };
        let list = match parameter_texts.len() {
            0 => String::new(),
            _ => format!("({})", parameter_texts.join(", ")),
        };
        let line = format!("def {name}{list} = {value}");
        let definition = Definition { name, parameters, result };
        match owner {
            None => self.definitions.push(definition),
            Some(index) => self.machines[index].definitions.push(definition),
        }
        Node::line(line)
    }

    fn action(&mut self, owner: Option<usize>) -> Node {
        let kind =
            ["action", "eventually action", "may action", "may action", "fault", "operator action"]
                [self.dice.below(6)];
        let is_owed = matches!(kind, "action" | "eventually action");
        let strong = if is_owed && self.dice.chance(1, 4) { "strong " } else { "" };
        let mut scope = Scope { own: owner, ..Scope::default() };
        let name = self.fresh_name("act");
        let parameters = self.parameters(&mut scope);
        let has_budget = kind == "fault" || !is_owed && self.dice.chance(1, 2);
        let each = if owner.is_some() && self.dice.chance(1, 3) { " each" } else { "" };
        let budget = match has_budget {
            true => format!(" at most {}{each}", 1 + self.dice.below(2)),
            false => String::new(),
        };
        let arrow = self.arrow(&mut scope);
        let guard = match self.dice.chance(2, 3) {
            true => format!(" when {}", self.truth(&scope, 2)),
            false => String::new(),
        };
        let head = format!("{strong}{kind} {name}{parameters}{budget}{arrow}{guard}");
        let body = self.statements(&mut scope, 3, 2);
        Node::block(head, body)
    }

    fn parameters(&mut self, scope: &mut Scope) -> String {
        let count = [0, 0, 1, 1, 2][self.dice.below(5)];
        let texts: Vec<String> = (0..count)
            .map(|_| {
                let (name, ty) = (self.fresh_name("p"), self.domain());
                scope.locals.push((name.clone(), ty.clone()));
                let filter = match self.dice.chance(1, 3) {
                    true => format!(" where {}", self.truth(scope, 1)),
                    false => String::new(),
                };
                format!("{name}: {}{filter}", self.type_text(&ty))
            })
            .collect();
        if texts.is_empty() { String::new() } else { format!("({})", texts.join(", ")) }
    }

    fn arrow(&mut self, scope: &mut Scope) -> String {
        let Some(states) = scope.own.map(|index| self.machines[index].states.clone()) else {
            return String::new();
        };
        if states.is_empty() || self.dice.chance(1, 4) {
            return String::new();
        }
        let from = self.some_of(states.len());
        let names: Vec<&str> = from.iter().map(|&at| states[at].as_str()).collect();
        scope.from = Some(from);
        let mut text = format!(": {}", names.join(" | "));
        if self.dice.chance(2, 3) {
            scope.has_arrow = true;
            text += &format!(" -> {}", states[self.dice.below(states.len())]);
        }
        text
    }

    fn claims(&mut self, top: &mut Vec<Node>) {
        let figure = Scope { is_figure: true, ..Scope::default() };
        let assumption = Scope { is_assumption: true, ..Scope::default() };
        if self.dice.chance(1, 3) {
            let assumed = self.truth(&assumption, 2);
            top.push(Node::line(format!("assume {assumed}")));
        }
        if self.dice.chance(1, 2) {
            let calm = self.truth(&figure, 1);
            top.push(Node::line(format!("calm when {calm}")));
        }
        if self.dice.chance(1, 2) {
            let healthy = self.truth(&figure, 1);
            top.push(Node::line(format!("healthy when {healthy}")));
        }
        let watched = self.number(&figure, 2);
        top.push(Node::line(format!("watch seen = {watched}")));
        for _ in 0..1 + self.dice.below(4) {
            let name = self.fresh_name("claim");
            let claim = match self.dice.below(13) {
                0 => format!("always {}", self.truth(&figure, 2)),
                1 => format!("never {}", self.truth(&figure, 2)),
                2 => format!("possible {}", self.truth(&figure, 2)),
                3 => format!("peak {} <= {}", self.number(&figure, 2), self.dice.below(4)),
                4 => "finite work".to_owned(),
                5 => "finite waste".to_owned(),
                6 => "finite work when true".to_owned(),
                7 => "finite tick".to_owned(),
                8 => format!("always eventually {}", self.truth(&figure, 1)),
                9 => format!("eventually always {}", self.truth(&figure, 1)),
                10 => {
                    let (one, other) = (self.truth(&figure, 1), self.truth(&figure, 1));
                    format!("{one} leads to {other}")
                }
                11 => {
                    let (one, other) = (self.truth(&figure, 1), self.truth(&figure, 1));
                    format!("next ({one} until {other})")
                }
                _ => format!("finite work when {}", self.truth(&figure, 2)),
            };
            let operators = if self.dice.chance(1, 3) { " with operators" } else { "" };
            top.push(Node::line(format!("property {name}: {claim}{operators}")));
        }
    }
}

fn has_default(ty: &Ty) -> bool {
    match ty {
        Ty::Instance(_) => false,
        Ty::Array(_, element) => has_default(element),
        _ => true,
    }
}

/// Statements.
impl Generator<'_> {
    fn statements(&mut self, scope: &mut Scope, most: usize, depth: usize) -> Vec<Node> {
        let visible = scope.locals.len();
        let count = self.dice.below(most + 1);
        let nodes = (0..count).flat_map(|_| self.statement(scope, depth)).collect();
        scope.locals.truncate(visible);
        nodes
    }

    fn statement(&mut self, scope: &mut Scope, depth: usize) -> Vec<Node> {
        match self.dice.below(if depth == 0 { 10 } else { 15 }) {
            0..=6 => self.change(scope).into_iter().collect(),
            7 | 8 => {
                let meter = ["work", "waste"][self.dice.below(2)];
                vec![match self.dice.chance(1, 4) {
                    true => Node::line(format!("count {meter} += {}", self.number(scope, 1))),
                    false => Node::line(format!("count {meter}")),
                }]
            }
            9 => self.control(scope).into_iter().collect(),
            10 => {
                let ty = self.domain();
                let Some(value) = self.expression(&ty, scope, 1) else { return Vec::new() };
                let name = self.fresh_name("x");
                scope.locals.push((name.clone(), ty));
                vec![Node::line(format!("let {name} = {value}"))]
            }
            11 | 12 => {
                let condition = self.truth(scope, 2);
                let then = self.statements(scope, 2, depth - 1);
                let mut nodes = vec![Node::block(format!("if {condition}"), then)];
                if self.dice.chance(1, 2) {
                    nodes.push(Node::block("else", self.statements(scope, 2, depth - 1)));
                }
                nodes
            }
            _ => {
                let (name, ty) = (self.fresh_name("i"), self.domain());
                let visible = scope.locals.len();
                scope.locals.push((name.clone(), ty.clone()));
                let filter = match self.dice.chance(1, 3) {
                    true => format!(" where {}", self.truth(scope, 1)),
                    false => String::new(),
                };
                let body = self.statements(scope, 3, depth - 1);
                scope.locals.truncate(visible);
                vec![Node::block(format!("for {name}: {}{filter}", self.type_text(&ty)), body)]
            }
        }
    }

    /// A statement that changes a variable.
    fn change(&mut self, scope: &Scope) -> Option<Node> {
        let places = self.places(scope, true);
        if places.is_empty() {
            return None;
        }
        let (mut place, mut ty) = places[self.dice.below(places.len())].clone();
        while let Ty::Array(index, element) = ty.clone()
            && self.dice.chance(5, 6)
        {
            let index = self.expression(&index, scope, 1)?;
            (place, ty) = (format!("{place}[{index}]"), *element);
        }
        let line = match &ty {
            ty if ty.is_number() => match self.dice.below(4) {
                0 => format!("{place} += {}", self.number(scope, 1)),
                1 => format!("{place} -= {}", self.number(scope, 1)),
                2 => format!("{place} = {}", self.small_number(scope, ty)),
                _ => format!("{place} = {}", self.number(scope, 2)),
            },
            Ty::Set(element) => match self.dice.below(5) {
                0 | 1 => format!("add({place}, {})", self.expression(element, scope, 1)?),
                2 | 3 => format!("remove({place}, {})", self.expression(element, scope, 1)?),
                _ => format!("{place} = {}", self.expression(&ty, scope, 1)?),
            },
            Ty::Queue(element, _) => match self.dice.below(6) {
                0 | 1 => format!("push({place}, {})", self.expression(element, scope, 1)?),
                2 => format!("remove({place}, {})", self.expression(element, scope, 1)?),
                3 => format!("pop_first({place})"),
                4 => format!("pop_last({place})"),
                _ => format!("{place} = {}", self.expression(&ty, scope, 1)?),
            },
            ty => format!("{place} = {}", self.expression(ty, scope, 2)?),
        };
        Some(Node::line(line))
    }

    fn small_number(&mut self, scope: &Scope, ty: &Ty) -> String {
        let (low, high) = match ty {
            Ty::Range(low, high) | Ty::Saturating(low, high) => (*low, *high),
            _ => (0, 1),
        };
        format!("min(max({}, {low}), {high})", self.number(scope, 1))
    }

    fn control(&mut self, scope: &Scope) -> Option<Node> {
        let machine = self.dice.below(self.machines.len());
        if self.machines[machine].states.is_empty() {
            return None;
        }
        let instance = self.instance_of(machine, scope, 1)?;
        if instance == "self" && scope.has_arrow {
            return None;
        }
        let states = &self.machines[machine].states;
        let state = &states[self.dice.below(states.len())];
        Some(Node::line(format!("{instance}.state = {state}")))
    }
}

/// Expressions.
impl Generator<'_> {
    /// Everything that can be read, or changed, without a quantifier.
    fn places(&self, scope: &Scope, to_change: bool) -> Vec<(String, Ty)> {
        let mut places: Vec<(String, Ty)> = Vec::new();
        let global = self.globals.iter().map(|one| (one.name.clone(), one.ty.clone()));
        places.extend(global);
        let mut instances: Vec<(String, usize)> = Vec::new();
        for (name, ty) in &scope.locals {
            match ty {
                Ty::Instance(machine) => instances.push((name.clone(), *machine)),
                Ty::Optional(inner) => {
                    if let Ty::Instance(machine) = **inner {
                        instances.push((name.clone(), machine));
                    }
                }
                _ => {}
            }
            if !to_change {
                places.push((name.clone(), ty.clone()));
            }
        }
        for (index, machine) in self.machines.iter().enumerate() {
            if machine.count.is_none() {
                instances.push((machine.name.clone(), index));
            }
        }
        for (name, machine) in instances {
            let fields = self.machines[machine].variables.iter();
            places.extend(fields.map(|one| (format!("{name}.{}", one.name), one.ty.clone())));
        }
        let own = scope.own.map_or(&[][..], |index| &self.machines[index].variables);
        let lives = |one: &&Variable| match (&one.alive, &scope.from) {
            (Some(alive), Some(from)) => from.iter().any(|state| alive.contains(state)),
            _ => true,
        };
        places.extend(own.iter().filter(lives).map(|one| (one.name.clone(), one.ty.clone())));
        places
    }

    /// Something that can be read as the given type.
    fn place_like(&mut self, wanted: &Ty, scope: &Scope, depth: usize) -> Option<String> {
        let all = self.places(scope, false);
        let fits = |ty: &Ty| match ty {
            Ty::Array(_, element) if depth > 0 => ty.is_like(wanted) || element.is_like(wanted),
            ty => ty.is_like(wanted),
        };
        let fitting: Vec<_> = all.into_iter().filter(|(_, ty)| fits(ty)).collect();
        if fitting.is_empty() {
            return None;
        }
        let (place, ty) = fitting[self.dice.below(fitting.len())].clone();
        match ty {
            Ty::Array(index, _) if !ty_is_array(wanted) => {
                let index = self.expression(&index, scope, depth - 1)?;
                Some(format!("{place}[{index}]"))
            }
            _ => Some(place),
        }
    }

    fn call(&mut self, wanted: &Ty, scope: &Scope, depth: usize) -> Option<String> {
        let mut all: Vec<(String, Vec<Ty>, Ty)> = Vec::new();
        let known = |prefix: &str, one: &Definition| {
            (format!("{prefix}{}", one.name), one.parameters.clone(), one.result.clone())
        };
        all.extend(self.definitions.iter().map(|one| known("", one)));
        if let Some(index) = scope.own {
            all.extend(self.machines[index].definitions.iter().map(|one| known("", one)));
        }
        for (name, ty) in &scope.locals {
            if let Ty::Instance(machine) = ty {
                let members = self.machines[*machine].definitions.iter();
                all.extend(members.map(|one| known(&format!("{name}."), one)));
            }
        }
        all.retain(|(_, _, result)| result.is_like(wanted));
        if all.is_empty() || scope.is_assumption {
            return None;
        }
        let (name, parameters, _) = all[self.dice.below(all.len())].clone();
        let mut arguments = Vec::new();
        for ty in &parameters {
            arguments.push(match ty {
                Ty::Range(..) => self.small_number(scope, ty),
                Ty::Optional(inner) if inner.is_number() => "none".to_owned(),
                _ => self.expression(ty, scope, depth.saturating_sub(1))?,
            });
        }
        Some(match arguments.is_empty() {
            true => name,
            false => format!("{name}({})", arguments.join(", ")),
        })
    }

    fn expression(&mut self, ty: &Ty, scope: &Scope, depth: usize) -> Option<String> {
        let plain = match ty {
            Ty::Bool => return Some(self.truth(scope, depth)),
            ty if ty.is_number() => return Some(self.number(scope, depth)),
            Ty::Instance(machine) => return self.instance_of(*machine, scope, depth),
            Ty::Enum(_) => Some(format!("{ENUM}.{}", VALUES[self.dice.below(VALUES.len())])),
            Ty::Optional(inner) => match self.dice.chance(1, 3) {
                true => Some("none".to_owned()),
                false => self.expression(inner, scope, depth.min(1)),
            },
            Ty::Set(element) | Ty::Queue(element, _) => {
                let count = self.dice.below(3);
                let elements: Option<Vec<String>> =
                    (0..count).map(|_| self.expression(element, scope, 0)).collect();
                let elements = elements?.join(", ");
                Some(match ty {
                    Ty::Set(_) => format!("{{{elements}}}"),
                    _ => format!("[{elements}]"),
                })
            }
            _ => None,
        };
        let place = match self.dice.chance(1, 2) || plain.is_none() {
            true => self.place_like(ty, scope, depth),
            false => None,
        };
        let value = place.or(plain)?;
        if depth > 0 && matches!(ty, Ty::Enum(_)) && self.dice.chance(1, 6) {
            let other = format!("{ENUM}.{}", VALUES[self.dice.below(VALUES.len())]);
            return Some(format!("(if {} then {value} else {other})", self.truth(scope, 0)));
        }
        Some(value)
    }

    fn instance_of(&mut self, machine: usize, scope: &Scope, depth: usize) -> Option<String> {
        let mut all = Vec::new();
        if scope.own == Some(machine) {
            all.push("self".to_owned());
        }
        if self.machines[machine].count.is_none() {
            all.push(self.machines[machine].name.clone());
        }
        if scope.is_assumption {
            let count = self.machines[machine].count.unwrap_or(1);
            let at = self.dice.below(count);
            all.push(format!("{}({at})", self.machines[machine].name));
        }
        let wanted = Ty::Instance(machine);
        all.extend(self.place_like(&wanted, scope, depth));
        if depth > 0 && self.dice.chance(1, 4) {
            all.extend(self.call(&wanted, scope, depth));
        }
        if all.is_empty() {
            return None;
        }
        let at = self.dice.below(all.len());
        Some(all.swap_remove(at))
    }

    fn truth(&mut self, scope: &Scope, depth: usize) -> String {
        if depth == 0 {
            return self.plain_truth(scope);
        }
        let below = depth - 1;
        match self.dice.below(13) {
            0 => format!("({} and {})", self.truth(scope, below), self.truth(scope, below)),
            1 => format!("({} or {})", self.truth(scope, below), self.truth(scope, below)),
            2 => format!("({} implies {})", self.truth(scope, below), self.truth(scope, below)),
            3 => format!("(not {})", self.truth(scope, below)),
            4 | 5 => {
                let word = ["all", "some", "no"][self.dice.below(3)];
                let (head, inner) = self.binder(scope, below);
                format!("({word} {head}: {})", self.truth(&inner, below))
            }
            6 => {
                let (one, low) = (self.number(scope, below), self.dice.below(3) as i64 - 1);
                format!("({one} in {low}..{})", self.number(scope, 0))
            }
            7 => self.membership(scope).unwrap_or_else(|| self.plain_truth(scope)),
            8 => self.call(&Ty::Bool, scope, below).unwrap_or_else(|| self.plain_truth(scope)),
            9 if scope.is_figure => "resting".to_owned(),
            10 => {
                let condition = self.truth(scope, below);
                let (then, otherwise) = (self.truth(scope, below), self.truth(scope, below));
                format!("(if {condition} then {then} else {otherwise})")
            }
            _ => self.plain_truth(scope),
        }
    }

    /// `x: T where p`, and what can be named behind it.
    fn binder(&mut self, scope: &Scope, depth: usize) -> (String, Scope) {
        let (name, ty) = (self.fresh_name("q"), self.domain());
        let mut inner = scope.clone();
        inner.locals.push((name.clone(), ty.clone()));
        let filter = match self.dice.chance(1, 2) {
            true => format!(" where {}", self.truth(&inner, depth)),
            false => String::new(),
        };
        (format!("{name}: {}{filter}", self.type_text(&ty)), inner)
    }

    fn membership(&mut self, scope: &Scope) -> Option<String> {
        let places = self.places(scope, false);
        let sets: Vec<_> = places
            .into_iter()
            .filter_map(|(name, ty)| match ty {
                Ty::Set(element) => Some((name, *element)),
                _ => None,
            })
            .collect();
        if sets.is_empty() {
            return None;
        }
        let (set, element) = sets[self.dice.below(sets.len())].clone();
        Some(format!("({} in {set})", self.expression(&element, scope, 1)?))
    }

    fn plain_truth(&mut self, scope: &Scope) -> String {
        for _ in 0..4 {
            let found = match self.dice.below(7) {
                0 => self.place_like(&Ty::Bool, scope, 1),
                1 | 2 => {
                    let sign = ["<", "<=", ">", ">=", "==", "!="][self.dice.below(6)];
                    Some(format!("({} {sign} {})", self.number(scope, 0), self.number(scope, 0)))
                }
                3 => self.control_test(scope),
                4 => self.any_comparison(scope),
                5 => Some("guard_rail".to_owned()),
                _ => self.control_test(scope),
            };
            if let Some(found) = found {
                return found;
            }
        }
        ["true", "false"][self.dice.below(2)].to_owned()
    }

    fn control_test(&mut self, scope: &Scope) -> Option<String> {
        let machine = self.dice.below(self.machines.len());
        let count = self.machines[machine].states.len();
        if count == 0 {
            return None;
        }
        let instance = self.instance_of(machine, scope, 1)?;
        let some = self.some_of(count);
        let names: Vec<&str> =
            some.iter().map(|&at| self.machines[machine].states[at].as_str()).collect();
        Some(format!("({instance} is {})", names.join(" | ")))
    }

    /// Two values of one type, whatever it is.
    fn any_comparison(&mut self, scope: &Scope) -> Option<String> {
        let places = self.places(scope, false);
        if places.is_empty() {
            return None;
        }
        let (place, ty) = places[self.dice.below(places.len())].clone();
        let sign = ["==", "!="][self.dice.below(2)];
        let optional = Ty::Optional(Box::new(ty.clone()));
        let is_scalar = !matches!(ty, Ty::Set(_) | Ty::Queue(..) | Ty::Array(..) | Ty::Optional(_));
        let other = match is_scalar && self.dice.chance(1, 3) {
            true => self.place_like(&optional, scope, 0).or_else(|| Some("none".to_owned())),
            false => self.expression(&ty, scope, 1),
        };
        Some(format!("({place} {sign} {})", other?))
    }

    fn number(&mut self, scope: &Scope, depth: usize) -> String {
        if depth == 0 {
            return self.plain_number(scope);
        }
        let below = depth - 1;
        match self.dice.below(13) {
            0 | 1 => {
                let sign = ["+", "-", "*", "/", "mod", "+"][self.dice.below(6)];
                format!("({} {sign} {})", self.number(scope, below), self.number(scope, below))
            }
            2 => format!("({} ^ {})", self.number(scope, below), self.plain_number(scope)),
            3 => format!("(-{})", self.number(scope, below)),
            4 => {
                let word = ["min", "max"][self.dice.below(2)];
                format!("{word}({}, {})", self.number(scope, below), self.number(scope, below))
            }
            5 | 6 => {
                let (head, inner) = self.binder(scope, below);
                match self.dice.chance(1, 2) {
                    true => format!("(count {head})"),
                    false => format!("(sum {head}: {})", self.number(&inner, below)),
                }
            }
            7 => self.sized(scope).unwrap_or_else(|| self.plain_number(scope)),
            8 => {
                let condition = self.truth(scope, below);
                let (then, otherwise) = (self.number(scope, below), self.number(scope, below));
                format!("(if {condition} then {then} else {otherwise})")
            }
            9 => {
                let wanted = Ty::Range(0, 9);
                self.call(&wanted, scope, below).unwrap_or_else(|| self.plain_number(scope))
            }
            _ => self.plain_number(scope),
        }
    }

    /// A number that a set or a queue gives.
    fn sized(&mut self, scope: &Scope) -> Option<String> {
        let places = self.places(scope, false);
        let some: Vec<_> =
            places.iter().filter(|(_, ty)| matches!(ty, Ty::Set(_) | Ty::Queue(..))).collect();
        if some.is_empty() {
            return None;
        }
        Some(match some[self.dice.below(some.len())] {
            (name, Ty::Set(_)) => format!("size({name})"),
            (name, Ty::Queue(element, _)) if element.is_number() => {
                let word = ["first", "last", "length"][self.dice.below(3)];
                format!("{word}({name})")
            }
            (name, _) => format!("length({name})"),
        })
    }

    fn plain_number(&mut self, scope: &Scope) -> String {
        match self.dice.below(12) {
            0 => "extent".to_owned(),
            1..=4 => (self.dice.below(4)).to_string(),
            5 if self.dice.chance(1, 10) => "9223372036854775807".to_owned(),
            _ => {
                let place = self.place_like(&Ty::Range(0, 1), scope, 1);
                place.unwrap_or_else(|| self.dice.below(3).to_string())
            }
        }
    }
}

fn ty_is_array(ty: &Ty) -> bool {
    matches!(ty, Ty::Array(..))
}

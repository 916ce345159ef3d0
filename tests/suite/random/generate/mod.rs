//! Random small models as texts: all valid, or nearly so, of every part of the language.

mod claims; // assumptions, calm and healthy, and every kind of claim
mod expressions; // truths, numbers and other values
mod statements; // what a step does

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
}

fn has_default(ty: &Ty) -> bool {
    match ty {
        Ty::Instance(_) => false,
        Ty::Array(_, element) => has_default(element),
        _ => true,
    }
}

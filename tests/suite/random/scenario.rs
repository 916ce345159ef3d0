//! Random small systems that mostly keep their own rules: clients, servers and a guard with control
//! states, timers, flags and budgets, which wait for each other, fail, retry and recover.
//!
//! `generate.rs` knows all of the language, so most of its models break a rule somewhere, and what they
//! claim is seldom about anything. These models are about something.

use super::claims::{Speaker, claim};
use super::tree::{Node, Text};
use crate::engine::worlds::Dice;

/// Makes one model.
pub fn scenario(dice: &mut Dice) -> Text {
    let mut writer = Writer { dice, parties: Vec::new(), fresh: 0 };
    writer.model()
}

struct Writer<'d> {
    dice: &'d mut Dice,
    parties: Vec<Party>,
    fresh: usize,
}

/// A machine.
struct Party {
    name: &'static str,
    states: &'static [&'static str],
    /// None for a single one.
    count: Option<usize>,
    variables: Vec<Variable>,
}

/// What an instance may keep.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Variable {
    /// `wait`, which has a meaning in some control states, or in all.
    Timer(Option<Vec<usize>>),
    /// `tries`, which counts up to two.
    Tries,
    /// `flag`.
    Flag,
    /// `peer`, an instance of that machine.
    Peer(usize),
    /// `held`, an instance of that machine or none.
    Held(usize),
}

/// What an action can name.
struct Scope {
    own: usize,
    /// Where it starts.
    from: Vec<usize>,
    to: Option<usize>,
    /// `p`, an instance of that machine.
    parameter: Option<usize>,
}

const PARTIES: [(&str, &[&str]); 3] = [
    ("Client", &["idle", "waiting", "failed"]),
    ("Server", &["up", "busy", "down"]),
    ("Guard", &["quiet", "alert"]),
];

const KINDS: [&str; 13] = [
    "action",
    "action",
    "strong action",
    "eventually action",
    "eventually action",
    "eventually action",
    "strong eventually action",
    "may action",
    "may action",
    "may action",
    "fault",
    "fault",
    "operator action",
];

impl Writer<'_> {
    fn model(&mut self) -> Text {
        let mut top = vec![
            Node::line("param patience = 1"),
            Node::line("param mishaps = 1"),
            Node::line("mitigation back_off"),
            Node::line("mitigation headroom { patience = 2 }"),
            Node::line("enum Mode { low, high }"),
            Node::line("meter work"),
            Node::line("meter waste"),
            Node::line("var load: 0..2 saturating"),
            Node::line("var mode: Mode"),
        ];
        if self.dice.chance(1, 4) {
            let applied = ["back_off", "headroom"][self.dice.below(2)];
            top.insert(0, Node::line(format!("//: with {applied}")));
        }
        let (first, last) =
            [(0, 1), (0, 2), (0, 2), (1, 2), (1, 3), (1, 3), (0, 3)][self.dice.below(7)];
        for &(name, states) in &PARTIES[first..last] {
            let count = [None, None, Some(2), Some(2), Some(2), Some(3)][self.dice.below(6)];
            let count = if name == "Guard" { None } else { count };
            let states = &states[..2 + self.dice.below(states.len() - 1)];
            self.parties.push(Party { name, states, count, variables: Vec::new() });
        }
        for own in 0..self.parties.len() {
            let party = self.party(own);
            top.push(party);
        }
        if self.dice.chance(1, 5) {
            top.push(Node::block("on tick", vec![self.outside()]));
        }
        self.promises(&mut top);
        Text(top)
    }

    fn promises(&mut self, top: &mut Vec<Node>) {
        if self.dice.chance(1, 2) {
            let calm = self.predicate(1);
            top.push(Node::line(format!("calm when {calm}")));
        }
        let is_healthy = self.dice.chance(3, 4);
        if is_healthy {
            let healthy = match self.dice.chance(1, 2) {
                true => self.predicate(1),
                false => self.at_rest(),
            };
            top.push(Node::line(format!("healthy when {healthy}")));
        }
        for number in 1..4 + self.dice.below(4) {
            let claim = claim(self, is_healthy);
            top.push(Node::line(format!("property claim{number}: {claim}")));
        }
    }

    /// That all of a party, or all but one, are as they were in the beginning.
    fn at_rest(&mut self) -> String {
        let Party { name, states, count, .. } = self.parties[self.dice.below(self.parties.len())];
        let first = states[0];
        match count {
            None => format!("({name} is {first})"),
            Some(_) => match self.dice.below(3) {
                0 => format!("(some x: {name}: x is {first})"),
                1 => format!("(all x: {name}: x is {first})"),
                _ => format!("(count x: {name} where not (x is {first})) <= 1"),
            },
        }
    }

    fn party(&mut self, own: usize) -> Node {
        let states = self.parties[own].states;
        let mut members = vec![Node::line(format!("state {}", states.join(", ")))];
        for _ in 0..self.dice.below(3) {
            let variable = self.variable(own);
            if let Some(line) = self.declare(own, &variable) {
                members.push(Node::line(line));
                self.parties[own].variables.push(variable);
            }
        }
        // Most machines can come back to each of their states.
        let around = if self.dice.chance(4, 5) { states.len() } else { 0 };
        for at in 0..around {
            let action = self.action(own, vec![at], Some((at + 1) % states.len()));
            members.push(action);
        }
        for _ in 0..1 + self.dice.below(3) {
            let from = self.some_of(states.len());
            let to = self.dice.chance(2, 3).then(|| self.dice.below(states.len()));
            let action = self.action(own, from, to);
            members.push(action);
        }
        if self.dice.chance(1, 4) {
            let all = (0..states.len()).collect();
            let scope = Scope { own, from: all, to: None, parameter: None };
            let body = self.body(&scope, 2);
            members.push(Node::block("on tick", body));
        }
        let fair = if self.dice.chance(1, 3) { "fair " } else { "" };
        let count = self.parties[own].count.map_or(String::new(), |count| format!(" * {count}"));
        Node::block(format!("{fair}machine {}{count}", self.parties[own].name), members)
    }

    fn variable(&mut self, own: usize) -> Variable {
        let other = self.dice.below(self.parties.len());
        match self.dice.below(7) {
            0 | 1 => Variable::Timer(None),
            2 => Variable::Timer(Some(self.some_of(self.parties[own].states.len()))),
            3 => Variable::Tries,
            4 => Variable::Flag,
            5 => Variable::Peer(other),
            _ => Variable::Held(other),
        }
    }

    /// Its declaration, unless there is one of its name.
    fn declare(&mut self, own: usize, variable: &Variable) -> Option<String> {
        let name = |one: &Variable| std::mem::discriminant(one);
        if self.parties[own].variables.iter().any(|one| name(one) == name(variable)) {
            return None;
        }
        Some(match variable {
            Variable::Timer(None) => {
                format!("var wait: timer(patience){}", ["", " = patience"][self.dice.below(2)])
            }
            Variable::Timer(Some(alive)) => {
                let alive = self.states(own, alive);
                let value = self.dice.below(2);
                format!("var wait: timer(patience) = {value} while {alive}")
            }
            Variable::Tries => "var tries: 0..2 saturating".to_owned(),
            Variable::Flag => "var flag: bool".to_owned(),
            Variable::Peer(other) => {
                let (name, count) = (self.parties[*other].name, self.parties[*other].count);
                match (self.dice.below(3), count.unwrap_or(1)) {
                    (0, _) => format!("var peer: {name} = any"),
                    (_, count) => {
                        let step = self.dice.below(2);
                        format!("var peer: {name} = {name}((self.index + {step}) mod {count})")
                    }
                }
            }
            Variable::Held(other) => format!("var held: {}?", self.parties[*other].name),
        })
    }

    fn action(&mut self, own: usize, from: Vec<usize>, to: Option<usize>) -> Node {
        self.fresh += 1;
        // Urgent steps that change nothing keep time from passing; a few of them are enough.
        let stays = to.is_none_or(|to| from.contains(&to));
        let first = if stays && self.dice.chance(7, 8) { 3 } else { 0 };
        let kind = KINDS[first + self.dice.below(KINDS.len() - first)];
        let parameter = self.dice.chance(1, 4).then(|| self.dice.below(self.parties.len()));
        let scope = Scope { own, from, to, parameter };
        let mut head = format!("{kind} act{}", self.fresh);
        if let Some(other) = parameter {
            let name = self.parties[other].name;
            let state = self.parties[other].states[self.dice.below(2)];
            let filter = ["".to_owned(), format!(" where p is {state}")];
            head += &format!("(p: {name}{})", filter[self.dice.below(2)]);
        }
        let is_rare = matches!(kind, "may action" | "operator action");
        if kind == "fault" || is_rare && self.dice.chance(1, 3) {
            let each = ["", " each"][self.dice.below(2)];
            head += &format!(" at most {}{each}", ["1", "2", "mishaps"][self.dice.below(3)]);
        }
        head += &format!(": {}", self.states(own, &scope.from));
        if let Some(to) = to {
            head += &format!(" -> {}", self.parties[own].states[to]);
        }
        if self.dice.chance(1, 2) {
            head += &format!(" when {}", self.guard(&scope));
        }
        let body = self.body(&scope, 3);
        Node::block(head, body)
    }

    fn states(&self, own: usize, some: &[usize]) -> String {
        let names: Vec<&str> = some.iter().map(|&at| self.parties[own].states[at]).collect();
        names.join(" | ")
    }

    /// At least one of the first so many, ascending.
    fn some_of(&mut self, count: usize) -> Vec<usize> {
        let first = self.dice.below(count);
        (0..count).filter(|&at| at == first || self.dice.chance(1, 4)).collect()
    }

    /// What an action may wait for.
    fn guard(&mut self, scope: &Scope) -> String {
        let applied = ["back_off", "not back_off"][self.dice.below(2)].to_owned();
        let mut atoms = vec![self.observation(), self.observation(), applied];
        let has = |writer: &Self, name: &str| writer.instance_atoms(scope, name);
        atoms.extend(has(self, "self"));
        if scope.parameter.is_some() {
            atoms.extend(has(self, "p"));
        }
        let one = atoms.swap_remove(self.dice.below(atoms.len()));
        if self.dice.chance(2, 3) {
            return one;
        }
        let between = ["and", "or"][self.dice.below(2)];
        format!("{one} {between} {}", atoms[self.dice.below(atoms.len())])
    }

    /// What can be said of `self`, whose timer may have no meaning, or of `p`.
    fn instance_atoms(&self, scope: &Scope, name: &str) -> Vec<String> {
        let own = if name == "self" { scope.own } else { scope.parameter.unwrap_or(scope.own) };
        let mut atoms = Vec::new();
        for variable in &self.parties[own].variables {
            let lives = match variable {
                Variable::Timer(Some(alive)) => {
                    name == "self" && scope.from.iter().all(|state| alive.contains(state))
                }
                _ => true,
            };
            let about: Vec<String> = match variable {
                Variable::Timer(_) => vec!["{}.wait == 0".into(), "{}.wait > 0".into()],
                Variable::Tries => vec!["{}.tries < 2".into(), "{}.tries == 2".into()],
                Variable::Flag => vec!["{}.flag".into(), "not {}.flag".into()],
                Variable::Peer(other) => {
                    let states = self.parties[*other].states.iter();
                    states.map(|state| format!("{{}}.peer is {state}")).collect()
                }
                Variable::Held(other) => {
                    let state = self.parties[*other].states[0];
                    let is = format!("{{}}.held is {state}");
                    vec!["{}.held == none".into(), "{}.held != none".into(), is]
                }
            };
            atoms.extend(about.iter().filter(|_| lives).map(|text| text.replace("{}", name)));
        }
        atoms
    }

    /// What anybody can see.
    fn observation(&mut self) -> String {
        let party = &self.parties[self.dice.below(self.parties.len())];
        let state = party.states[self.dice.below(party.states.len())];
        let name = party.name;
        match (self.dice.below(8), party.count) {
            (0, _) => ["load == 0", "load < 2", "load >= 2"][self.dice.below(3)].to_owned(),
            (1, _) => ["mode == low", "mode == high"][self.dice.below(2)].to_owned(),
            (_, None) => format!("{name} is {state}"),
            (2 | 3, _) => {
                let sign = [">=", "<", "=="][self.dice.below(3)];
                format!("(count x: {name} where x is {state}) {sign} {}", 1 + self.dice.below(2))
            }
            _ => {
                let word = ["some", "no", "all"][self.dice.below(3)];
                format!("({word} x: {name}: x is {state})")
            }
        }
    }

    fn body(&mut self, scope: &Scope, most: usize) -> Vec<Node> {
        let counts = self.dice.chance(1, 2).then(|| self.count());
        let others = (0..self.dice.below(most)).map(|_| self.statement(scope, 1));
        counts.into_iter().chain(others).collect()
    }

    fn statement(&mut self, scope: &Scope, depth: usize) -> Node {
        match self.dice.below(if depth == 0 { 7 } else { 10 }) {
            0 => self.count(),
            1 | 2 => self.outside(),
            3..=6 => self.change(scope),
            7 | 8 => {
                let guard = self.guard(scope);
                Node::block(format!("if {guard}"), vec![self.statement(scope, 0)])
            }
            _ => {
                let other = self.dice.below(self.parties.len());
                let (name, states) = (self.parties[other].name, self.parties[other].states);
                if scope.to.is_some() && other == scope.own {
                    return Node::line("count work");
                }
                let from = states[self.dice.below(states.len())];
                let to = states[self.dice.below(states.len())];
                let body = vec![Node::line(format!("x.state = {to}")), Node::line("count waste")];
                Node::block(format!("for x: {name} where x is {from}"), body)
            }
        }
    }

    fn count(&mut self) -> Node {
        let lines = ["count work", "count work += 2", "count waste", "count waste"];
        Node::line(lines[self.dice.below(lines.len())])
    }

    /// Changes something that belongs to nobody.
    fn outside(&mut self) -> Node {
        let lines = ["load += 1", "load -= 1", "load = 0", "mode = low", "mode = high"];
        Node::line(lines[self.dice.below(lines.len())])
    }

    /// Changes something of `self` or `p`.
    fn change(&mut self, scope: &Scope) -> Node {
        let (name, own) = match scope.parameter {
            Some(other) if self.dice.chance(1, 2) => ("p", other),
            _ => ("self", scope.own),
        };
        let states = self.parties[own].states;
        if name == "p" && own != scope.own && self.dice.chance(1, 2) {
            let state = states[self.dice.below(states.len())];
            return Node::line(format!("p.state = {state}"));
        }
        if self.parties[own].variables.is_empty() {
            return self.outside();
        }
        let at = self.dice.below(self.parties[own].variables.len());
        let variable = self.parties[own].variables[at].clone();
        Node::line(match variable {
            Variable::Timer(_) => {
                format!("{name}.wait = {}", ["0", "1", "patience"][self.dice.below(3)])
            }
            Variable::Tries => {
                format!("{name}.tries {}", ["+= 1", "+= 1", "-= 1", "= 0"][self.dice.below(4)])
            }
            Variable::Flag => {
                format!("{name}.flag = {}", ["true", "false", "not self.flag"][self.dice.below(2)])
            }
            Variable::Peer(other) => {
                let states = self.parties[other].states;
                let state = states[self.dice.below(states.len())];
                match scope.parameter {
                    Some(parameter) if parameter == other => format!("{name}.peer = p"),
                    _ if scope.to.is_none() || other != scope.own => {
                        format!("{name}.peer.state = {state}")
                    }
                    _ => "count work".to_owned(),
                }
            }
            Variable::Held(other) => match scope.parameter {
                Some(parameter) if parameter == other => format!("{name}.held = p"),
                _ => format!("{name}.held = none"),
            },
        })
    }
}

impl Speaker for Writer<'_> {
    fn dice(&mut self) -> &mut Dice {
        self.dice
    }

    fn predicate(&mut self, depth: usize) -> String {
        let one = self.observation();
        if depth == 0 || self.dice.chance(2, 3) {
            return format!("({one})");
        }
        match self.dice.below(4) {
            0 => format!("(not ({one}))"),
            1 => format!("(({one}) and {})", self.predicate(depth - 1)),
            2 => format!("(({one}) or {})", self.predicate(depth - 1)),
            _ => format!("(({one}) implies {})", self.predicate(depth - 1)),
        }
    }

    fn amount(&mut self) -> String {
        let party = &self.parties[self.dice.below(self.parties.len())];
        let state = party.states[self.dice.below(party.states.len())];
        match self.dice.below(3) {
            0 => "load".to_owned(),
            _ => format!("(count x: {} where x is {state})", party.name),
        }
    }
}

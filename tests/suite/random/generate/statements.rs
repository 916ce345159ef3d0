//! What the steps of a random model do.

use super::super::tree::Node;
use super::{Generator, Scope, Ty};

impl Generator<'_> {
    pub(super) fn statements(&mut self, scope: &mut Scope, most: usize, depth: usize) -> Vec<Node> {
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
            Ty::Optional(inner) if inner.is_number() && self.dice.chance(1, 3) => {
                format!("{place} {} {}", ["+=", "-="][self.dice.below(2)], self.number(scope, 0))
            }
            ty => format!("{place} = {}", self.expression(ty, scope, 2)?),
        };
        Some(Node::line(line))
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

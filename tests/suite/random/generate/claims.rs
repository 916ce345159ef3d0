//! What a random model claims.

use super::super::claims::{Speaker, claim};
use super::super::tree::Node;
use super::{Generator, Scope};
use crate::engine::worlds::Dice;

impl Generator<'_> {
    pub(super) fn claims(&mut self, top: &mut Vec<Node>) {
        let assumption = Scope { is_assumption: true, ..Scope::default() };
        if self.dice.chance(1, 3) {
            let assumed = self.truth(&assumption, 2);
            top.push(Node::line(format!("assume {assumed}")));
        }
        if self.dice.chance(1, 2) {
            let calm = self.predicate(1);
            top.push(Node::line(format!("calm when {calm}")));
        }
        let is_healthy = self.dice.chance(2, 3);
        if is_healthy {
            let healthy = self.predicate(1);
            top.push(Node::line(format!("healthy when {healthy}")));
        }
        let watched = self.amount();
        top.push(Node::line(format!("watch seen = {watched}")));
        for _ in 0..2 + self.dice.below(4) {
            let name = self.fresh_name("claim");
            let claim = claim(self, is_healthy);
            top.push(Node::line(format!("property {name}: {claim}")));
        }
    }
}

impl Speaker for Generator<'_> {
    fn dice(&mut self) -> &mut Dice {
        self.dice
    }

    fn predicate(&mut self, depth: usize) -> String {
        self.truth(&Scope { is_figure: true, ..Scope::default() }, depth)
    }

    fn amount(&mut self) -> String {
        self.number(&Scope { is_figure: true, ..Scope::default() }, 2)
    }
}

//! How blocks and statements are laid out.

use super::Formatter;
use super::layout::Layout;
use super::rows::Row;
use crate::syntax::ast::{AssignOperator, Block, Expression, Statement, StatementKind};

impl Formatter<'_> {
    /// A block whose opening brace has been written, and its closing brace.
    pub fn block(&mut self, block: &Block) {
        self.inside(block.span.end - 1, |formatter| {
            for statement in &block.statements {
                formatter.statement(statement);
            }
        });
        self.rows.push(Row::text(self.indent, "}"));
    }

    /// A head with its block, both on one line if the block is plain and all of it fits.
    pub fn head_and_block(&mut self, head: impl FnOnce(&mut Self) -> Layout, block: &Block) {
        let plain = self.plain_block(block);
        let head = head(self);
        let line = head.on_one_line().zip(plain.as_ref());
        let line = line.map(|(head, plain)| format!("{head} {plain}"));
        match line.filter(|line| self.fits(line)) {
            Some(line) => self.rows.push(Row::text(self.indent, line)),
            None if plain.is_some() && block.statements.is_empty() => {
                self.push_before(&head, " { }");
                self.rows.push(Row::text(self.indent, "{ }"));
            }
            None => {
                self.push_opening(&head);
                self.block(block);
            }
        }
    }

    /// `{ }` or `{ statement }`, if the block is no more than that.
    fn plain_block(&mut self, block: &Block) -> Option<String> {
        if self.has_comment_before(block.span.end) {
            return None;
        }
        match block.statements.as_slice() {
            [] => Some("{ }".to_string()),
            [only] => self.plain_statement(only)?.on_one_line().map(|text| format!("{{ {text} }}")),
            _ => None,
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.begin(statement.span);
        if let Some(plain) = self.plain_statement(statement) {
            self.push(&plain);
        }
        match &statement.kind {
            StatementKind::If { branches, otherwise } => {
                self.branches(branches, otherwise.as_ref())
            }
            StatementKind::For { name, ty, filter, body } => {
                let binding = ["for ", &name.text];
                self.head_and_block(|this| this.binding(&binding, ty, filter.as_ref()), body);
            }
            _ => {}
        }
        self.finish(statement.span);
    }

    /// A statement without a block.
    fn plain_statement(&mut self, statement: &Statement) -> Option<Layout> {
        Some(match &statement.kind {
            StatementKind::Assign { place, operator, value } => {
                let sign = match operator {
                    AssignOperator::Set => " =",
                    AssignOperator::Add => " +=",
                    AssignOperator::Subtract => " -=",
                };
                let place = self.expression(place);
                Layout::All(vec![place, self.assigned(sign, value)])
            }
            StatementKind::Count { meter, amount } => {
                let meter = Layout::text(format!("count {}", meter.text));
                let amount = amount.as_ref().map(|amount| self.assigned(" +=", amount));
                Layout::All(std::iter::once(meter).chain(amount).collect())
            }
            StatementKind::Let { name, value } => {
                let name = Layout::text(format!("let {}", name.text));
                Layout::All(vec![name, self.assigned(" =", value)])
            }
            StatementKind::Call { function, arguments } => {
                let arguments = self.expressions("(", arguments, ")", statement.span.end);
                Layout::All(vec![Layout::text(&function.text), arguments])
            }
            StatementKind::If { .. } | StatementKind::For { .. } | StatementKind::Error => {
                return None;
            }
        })
    }

    /// `if p { … } else if q { … } else { … }`
    fn branches(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>) {
        if let ([(condition, block)], None) = (branches, otherwise) {
            return self.head_and_block(|this| this.hanging("if", condition), block);
        }
        if let Some(line) = self.one_line_choice(branches, otherwise) {
            return self.rows.push(Row::text(self.indent, line));
        }
        for (index, (condition, block)) in branches.iter().enumerate() {
            let word = if index == 0 { "if" } else { self.after_brace("} else if") };
            let head = self.hanging(word, condition);
            self.push_opening(&head);
            self.block(block);
        }
        if let Some(block) = otherwise {
            let words = self.after_brace("} else {");
            self.rows.push(Row::text(self.indent, words));
            self.block(block);
        }
    }

    /// Takes back the row of a closing brace, for words that stand on the same row.
    fn after_brace(&mut self, words: &'static str) -> &'static str {
        self.rows.pop();
        words
    }

    /// `if p { a } else { b }`, if that fits on a line.
    fn one_line_choice(
        &mut self,
        branches: &[(Expression, Block)],
        otherwise: Option<&Block>,
    ) -> Option<String> {
        let ([(condition, then)], Some(otherwise)) = (branches, otherwise) else { return None };
        if self.has_comment_before(otherwise.span.end) {
            return None;
        }
        let condition = self.expression(condition).on_one_line()?;
        let (then, otherwise) = (self.plain_block(then)?, self.plain_block(otherwise)?);
        let line = format!("if {condition} {then} else {otherwise}");
        self.fits(&line).then_some(line)
    }
}

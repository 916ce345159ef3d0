//! How expressions and types are laid out.

use super::Formatter;
use super::layout::Layout;
use crate::syntax::ast::{
    Expression, ExpressionKind, Infix, Name, Prefix, Quantifier, Type, TypeKind,
};
use crate::syntax::grammar::Level;

impl Formatter<'_> {
    /// `= value`, broken behind the sign unless the value begins with something to break itself.
    pub fn assigned(&mut self, sign: &str, value: &Expression) -> Layout {
        let comments = self.inner_comments(value.span.start);
        if breaks_by_itself(value) {
            return Layout::All(vec![
                Layout::text(format!("{sign} ")),
                comments,
                self.expression(value),
            ]);
        }
        let value = Layout::indent(vec![comments, Layout::Space, self.expression(value)]);
        Layout::group(vec![Layout::text(sign), value])
    }

    /// A word and its expression, whose further lines are set in.
    pub fn hanging(&mut self, word: &str, value: &Expression) -> Layout {
        let word = Layout::text(format!("{word} "));
        let comments = self.inner_comments(value.span.start);
        let layout = vec![comments, self.expression(value)];
        match breaks_by_itself(value) {
            true => Layout::All(vec![word, Layout::All(layout)]),
            false => Layout::All(vec![word, Layout::indent(layout)]),
        }
    }

    /// An expression.
    pub fn expression(&mut self, expression: &Expression) -> Layout {
        if !expression.parenthesised {
            return self.bare(expression);
        }
        let inner = Layout::indent(vec![Layout::Nothing, self.bare(expression)]);
        let comments = self.inner_comments(expression.span.end - 1);
        Layout::group(vec![Layout::text("("), inner, comments, Layout::Nothing, Layout::text(")")])
    }

    /// An expression without its own parentheses.
    fn bare(&mut self, expression: &Expression) -> Layout {
        let end = expression.span.end - u32::from(expression.parenthesised);
        match &expression.kind {
            ExpressionKind::Number(number) => Layout::text(number.to_string()),
            ExpressionKind::Bool(value) => Layout::text(value.to_string()),
            ExpressionKind::None => Layout::text("none"),
            ExpressionKind::SelfInstance => Layout::text("self"),
            ExpressionKind::Resting => Layout::text("resting"),
            ExpressionKind::Name(name) => Layout::text(name),
            ExpressionKind::Field { base, field } => {
                Layout::All(vec![self.expression(base), Layout::text(format!(".{}", field.text))])
            }
            ExpressionKind::Element { base, index } => {
                let base = self.expression(base);
                let index = self.expression(index);
                Layout::All(vec![base, Layout::text("["), index, Layout::text("]")])
            }
            ExpressionKind::Call { function, arguments } => {
                let function = self.expression(function);
                Layout::All(vec![function, self.expressions("(", arguments, ")", end)])
            }
            ExpressionKind::Set(items) => self.expressions("{", items, "}", end),
            ExpressionKind::Queue(items) => self.expressions("[", items, "]", end),
            ExpressionKind::Prefix { operator, operand } => {
                Layout::All(vec![Layout::text(prefix(*operator)), self.expression(operand)])
            }
            ExpressionKind::Infix { operator, .. } => self.chain(expression, *operator),
            ExpressionKind::Is { subject, states } => {
                let states = format!(" is {}", alternatives(states));
                Layout::All(vec![self.expression(subject), Layout::text(states)])
            }
            ExpressionKind::In { element, set, high } => {
                let element = self.expression(element);
                let set = self.expression(set);
                let high = high.as_ref().map(|high| self.bound(high));
                let high = Layout::All(high.into_iter().collect());
                Layout::All(vec![element, Layout::text(" in "), set, high])
            }
            ExpressionKind::If { .. } => {
                let mut parts = Vec::new();
                self.conditional(expression, &mut parts);
                Layout::group(parts)
            }
            ExpressionKind::Quantifier { quantifier, name, ty, filter, body } => {
                let head =
                    self.binding(&[word(*quantifier), " ", &name.text], ty, filter.as_deref());
                let Some(body) = body else { return head };
                let comments = self.inner_comments(body.span.start);
                let body = Layout::indent(vec![comments, Layout::Space, self.expression(body)]);
                Layout::group(vec![head, Layout::text(":"), body])
            }
            ExpressionKind::Error => Layout::text(""),
        }
    }

    /// `..high`
    pub fn bound(&mut self, high: &Expression) -> Layout {
        Layout::All(vec![Layout::text(".."), self.expression(high)])
    }

    /// Operands of the same level, which break together behind their operators.
    fn chain(&mut self, expression: &Expression, operator: Infix) -> Layout {
        let mut links = Vec::new();
        collect(expression, Level::of(operator), &mut links);
        let mut parts = Vec::new();
        for (operand, operator) in links {
            let tighter = matches!(operand.kind, ExpressionKind::Infix { .. });
            let operand = self.expression(operand);
            // The further lines of a tighter operator are set in, so that one sees what it binds.
            parts.push(if tighter { Layout::indent(vec![operand]) } else { operand });
            let Some((operator, next)) = operator else { continue };
            parts.push(Layout::text(format!(" {}", infix(operator))));
            parts.push(self.inner_comments(next));
            parts.push(match operator {
                // A power is never broken, it would look like a multiplication.
                Infix::Power => Layout::text(" "),
                _ => Layout::Space,
            });
        }
        Layout::group(parts)
    }

    /// `if p then a else b`, where a further `if` behind `else` stays in line.
    fn conditional(&mut self, expression: &Expression, parts: &mut Vec<Layout>) {
        let ExpressionKind::If { condition, then, otherwise } = &expression.kind else { return };
        parts.push(Layout::text("if "));
        parts.push(self.inner_comments(condition.span.start));
        parts.push(self.expression(condition));
        parts.push(Layout::text(" then"));
        let comments = self.inner_comments(then.span.start);
        parts.push(Layout::indent(vec![comments, Layout::Space, self.expression(then)]));
        parts.push(self.inner_comments(otherwise.span.start));
        parts.push(Layout::Space);
        let further = matches!(otherwise.kind, ExpressionKind::If { .. });
        if further && !otherwise.parenthesised {
            parts.push(Layout::text("else "));
            self.conditional(otherwise, parts);
        } else {
            parts.push(Layout::text("else"));
            parts.push(Layout::indent(vec![Layout::Space, self.expression(otherwise)]));
        }
    }

    /// `NAME: T [where p]`
    pub fn binding(&mut self, name: &[&str], ty: &Type, filter: Option<&Expression>) -> Layout {
        let mut parts = vec![Layout::text(name.concat()), Layout::text(": "), self.ty(ty)];
        if let Some(filter) = filter {
            parts.push(Layout::text(" where "));
            parts.push(self.expression(filter));
        }
        Layout::All(parts)
    }

    /// Expressions in brackets.
    pub fn expressions(
        &mut self,
        open: &str,
        items: &[Expression],
        close: &str,
        end: u32,
    ) -> Layout {
        let sides = Sides { open, close, inner: Layout::Nothing, end };
        self.list(sides, items, |item| item.span.start, Formatter::expression)
    }

    /// A list on one line, or one item a line.
    pub fn list<Item>(
        &mut self,
        sides: Sides,
        items: &[Item],
        start: impl Fn(&Item) -> u32,
        write: impl Fn(&mut Self, &Item) -> Layout,
    ) -> Layout {
        let mut parts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            parts.push(self.inner_comments(start(item)));
            parts.push(if index == 0 { sides.inner.clone() } else { Layout::Space });
            parts.push(write(self, item));
            if index + 1 < items.len() {
                parts.push(Layout::text(","));
            }
        }
        parts.push(self.inner_comments(sides.end - 1));
        let inner = Layout::indent(parts);
        let last = if items.is_empty() { Layout::Nothing } else { sides.inner };
        Layout::group(vec![Layout::text(sides.open), inner, last, Layout::text(sides.close)])
    }

    /// A type.
    pub fn ty(&mut self, ty: &Type) -> Layout {
        match &ty.kind {
            TypeKind::Bool => Layout::text("bool"),
            TypeKind::Range { low, high, saturating } => {
                let low = self.expression(low);
                let high = self.bound(high);
                let word = if *saturating { " saturating" } else { "" };
                Layout::All(vec![low, high, Layout::text(word)])
            }
            TypeKind::Name(name) => Layout::text(name),
            TypeKind::Optional(inner) => Layout::All(vec![self.ty(inner), Layout::text("?")]),
            TypeKind::Set(element) => Layout::All(vec![Layout::text("set of "), self.ty(element)]),
            TypeKind::Array { index, element } => {
                let index = self.ty(index);
                Layout::All(vec![Layout::text("["), index, Layout::text("] "), self.ty(element)])
            }
            TypeKind::Queue { element, capacity } => {
                let element = self.ty(element);
                let capacity = self.expression(capacity);
                Layout::All(vec![
                    Layout::text("queue of "),
                    element,
                    Layout::text(" max "),
                    capacity,
                ])
            }
            TypeKind::Timer(full) => {
                Layout::All(vec![Layout::text("timer("), self.expression(full), Layout::text(")")])
            }
            TypeKind::Error => Layout::text(""),
        }
    }
}

/// What stands around a list.
pub struct Sides<'a> {
    /// The opening sign.
    pub open: &'a str,
    /// The closing sign.
    pub close: &'a str,
    /// What stands directly inside both.
    pub inner: Layout,
    /// Where the closing sign ends.
    pub end: u32,
}

/// Whether it is better to break inside an expression than before it.
fn breaks_by_itself(expression: &Expression) -> bool {
    use ExpressionKind::*;
    expression.parenthesised
        || matches!(expression.kind, Set(_) | Queue(_) | Call { .. } | Quantifier { .. })
}

/// The operands of a chain, each with the operator behind it and where the next operand begins.
fn collect<'a>(
    expression: &'a Expression,
    level: Level,
    links: &mut Vec<(&'a Expression, Option<(Infix, u32)>)>,
) {
    let ExpressionKind::Infix { operator, left, right } = &expression.kind else { return };
    let continues = |side: &Expression| match side.kind {
        ExpressionKind::Infix { operator, .. } => {
            Level::of(operator) == level && !side.parenthesised
        }
        _ => false,
    };
    let behind = Some((*operator, right.span.start));
    if continues(left) {
        collect(left, level, links);
        links.last_mut().expect("a chain has a last operand").1 = behind;
    } else {
        links.push((left, behind));
    }
    if continues(right) {
        collect(right, level, links);
    } else {
        links.push((right, None));
    }
}

/// `a | b | c`
pub fn alternatives(names: &[Name]) -> String {
    names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(" | ")
}

fn word(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::All => "all",
        Quantifier::Some => "some",
        Quantifier::No => "no",
        Quantifier::Count => "count",
        Quantifier::Sum => "sum",
    }
}

fn prefix(operator: Prefix) -> &'static str {
    match operator {
        Prefix::Not => "not ",
        Prefix::Negate => "-",
        Prefix::Always => "always ",
        Prefix::Never => "never ",
        Prefix::Eventually => "eventually ",
        Prefix::Next => "next ",
    }
}

fn infix(operator: Infix) -> &'static str {
    match operator {
        Infix::Implies => "implies",
        Infix::Or => "or",
        Infix::And => "and",
        Infix::Equal => "==",
        Infix::Different => "!=",
        Infix::Less => "<",
        Infix::AtMost => "<=",
        Infix::Greater => ">",
        Infix::AtLeast => ">=",
        Infix::Add => "+",
        Infix::Subtract => "-",
        Infix::Multiply => "*",
        Infix::Divide => "/",
        Infix::Modulo => "mod",
        Infix::Power => "^",
        Infix::Until => "until",
        Infix::LeadsTo => "leads to",
    }
}

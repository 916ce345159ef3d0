//! How declarations are laid out.

use super::Formatter;
use super::expression::{Sides, alternatives};
use super::layout::Layout;
use super::rows::{Row, RowKind};
use crate::syntax::ast::*;

/// A declaration without a block: its cells, and with which neighbours they are aligned.
struct Cells {
    kind: Option<RowKind>,
    cells: Vec<Layout>,
}

impl Cells {
    fn one(cell: Layout) -> Cells {
        Cells { kind: None, cells: vec![cell] }
    }

    fn aligned(kind: RowKind, cells: Vec<Layout>) -> Cells {
        Cells { kind: Some(kind), cells }
    }
}

impl Formatter<'_> {
    /// A declaration with what is said about it.
    pub fn declaration(&mut self, declaration: &Declaration) {
        self.begin(declaration.span);
        let first_row = self.rows.len();
        let doc = self.take_doc_behind(declaration.doc.as_ref());
        match &declaration.kind {
            DeclarationKind::Machine { fair, name, count, members } => {
                let fair = if *fair { "fair " } else { "" };
                let mut head = vec![Layout::text(format!("{fair}machine {}", name.text))];
                if let Some(count) = count {
                    head.extend([Layout::text(" * "), self.expression(count)]);
                }
                self.machine(Layout::All(head), members, declaration.span.end);
            }
            DeclarationKind::Action(action) => self.action(action),
            DeclarationKind::OnTick { body } => {
                self.head_and_block(|_| Layout::text("on tick"), body);
            }
            DeclarationKind::Mitigation { name, cost, changes } if !changes.is_empty() => {
                let head = self.mitigation_head(name, cost.as_ref());
                self.mitigation(head, changes, declaration.span.end);
            }
            _ => {
                let cells = self.cells(declaration);
                self.push_cells(cells);
            }
        }
        self.put_doc_behind(doc, first_row);
        self.finish(declaration.span);
    }

    /// Cells in a row of their kind, or on several rows if they do not fit into one.
    fn push_cells(&mut self, Cells { kind, cells }: Cells) {
        let texts: Option<Vec<String>> = cells.iter().map(Layout::on_one_line).collect();
        match texts.filter(|texts| self.fits(&texts.join(" "))) {
            Some(cells) => {
                self.rows.push(Row { indent: self.indent, cells, kind, comment: None });
            }
            None => {
                let mut parts = Vec::new();
                for cell in cells {
                    if !parts.is_empty() {
                        parts.push(Layout::text(" "));
                    }
                    parts.push(cell);
                }
                self.push(&Layout::All(parts));
            }
        }
    }

    /// The cells of a declaration without a block.
    fn cells(&mut self, declaration: &Declaration) -> Cells {
        use DeclarationKind::*;
        let head = |word: &str, name: &Name| Layout::text(format!("{word} {}", name.text));
        match &declaration.kind {
            Parameter { name, value, range } => {
                let mut cell = vec![self.assigned("=", value)];
                if let Some((low, high)) = range {
                    cell.extend([Layout::text(" in "), self.expression(low), self.bound(high)]);
                }
                Cells::aligned(RowKind::Parameter, vec![head("param", name), Layout::All(cell)])
            }
            Type { name, ty } => {
                let cell = Layout::All(vec![Layout::text("= "), self.ty(ty)]);
                Cells::aligned(RowKind::Type, vec![head("type", name), cell])
            }
            Mitigation { name, cost, .. } => {
                let head = self.mitigation_head(name, cost.as_ref());
                Cells::aligned(RowKind::Mitigation, vec![head])
            }
            Enum { name, values } => {
                let cell = self.values(values, declaration.span.end);
                Cells::aligned(RowKind::Enum, vec![head("enum", name), cell])
            }
            States { states } => Cells::one(self.states(states)),
            Variable { name, ty, initial, alive } => {
                self.variable(name, ty, initial, alive.as_deref())
            }
            Definition { name, parameters, value } => {
                let mut cell = vec![head("def", name)];
                cell.push(self.parameters(parameters));
                let value = self.assigned("=", value);
                Cells::aligned(RowKind::Definition, vec![Layout::All(cell), value])
            }
            Meter { name } => Cells::one(head("meter", name)),
            Assume(p) => Cells::one(self.hanging("assume", p)),
            Calm(p) => self.condition("calm", p),
            Healthy(p) => self.condition("healthy", p),
            Watch { name, value } => {
                let value = self.assigned("=", value);
                Cells::aligned(RowKind::Watch, vec![head("watch", name), value])
            }
            Property { name, claim, with_operators } => {
                let operators = if with_operators.is_some() { " with operators" } else { "" };
                let claim = Layout::All(vec![self.claim(claim), Layout::text(operators)]);
                let head = Layout::text(format!("property {}:", name.text));
                Cells::aligned(RowKind::Property, vec![head, claim])
            }
            Expect { property, outcome, mitigations, settings } => {
                Cells::one(self.expectation(property, outcome, mitigations, settings))
            }
            Machine { .. } | Action(_) | OnTick { .. } | Error => Cells::one(Layout::text("")),
        }
    }

    fn machine(&mut self, head: Layout, members: &[Declaration], end: u32) {
        if members.is_empty() && !self.has_comment_before(end) {
            let opened = Layout::All(vec![head, Layout::text(" { }")]);
            return self.push(&opened);
        }
        self.push_opening(&head);
        self.inside(end - 1, |formatter| {
            for member in members {
                formatter.declaration(member);
            }
        });
        self.rows.push(Row::text(self.indent, "}"));
    }

    fn mitigation_head(&mut self, name: &Name, cost: Option<&Expression>) -> Layout {
        let mut head = vec![Layout::text(format!("mitigation {}", name.text))];
        if let Some(cost) = cost {
            head.extend([Layout::Space, self.hanging("cost", cost)]);
        }
        Layout::All(head)
    }

    /// One change stays on the line of its mitigation, several stand one below the other.
    fn mitigation(&mut self, head: Layout, changes: &[(Name, Expression)], end: u32) {
        if let ([(parameter, value)], false) = (changes, self.has_comment_before(end)) {
            let value = self.assigned(&format!("{} =", parameter.text), value);
            if let (Some(head), Some(change)) = (head.on_one_line(), value.on_one_line()) {
                let cells = vec![head, format!("{{ {change} }}")];
                if self.fits(&cells.join(" ")) {
                    let kind = Some(RowKind::Mitigation);
                    return self.rows.push(Row { indent: self.indent, cells, kind, comment: None });
                }
            }
        }
        self.push_opening(&head);
        self.inside(end - 1, |formatter| {
            for (parameter, value) in changes {
                let span = parameter.span.to(value.span);
                formatter.begin(span);
                let value = formatter.assigned(&format!("{} =", parameter.text), value);
                formatter.push(&value);
                formatter.finish(span);
            }
        });
        self.rows.push(Row::text(self.indent, "}"));
    }

    /// `{ a, b }`
    fn values(&mut self, values: &[Name], end: u32) -> Layout {
        let inner = if values.is_empty() { Layout::Nothing } else { Layout::Space };
        let sides = Sides { open: "{", close: "}", inner, end };
        self.list(sides, values, |name| name.span.start, |_, name| Layout::text(&name.text))
    }

    /// `state a, b`
    fn states(&mut self, states: &[Name]) -> Layout {
        let mut parts = vec![Layout::text("state ")];
        for (index, state) in states.iter().enumerate() {
            if index > 0 {
                parts.push(Layout::text(","));
                parts.push(self.inner_comments(state.span.start));
                parts.push(Layout::Space);
            }
            parts.push(Layout::text(&state.text));
        }
        Layout::group(vec![Layout::indent(parts)])
    }

    fn variable(
        &mut self,
        name: &Name,
        ty: &Type,
        initial: &Initial,
        alive: Option<&[Name]>,
    ) -> Cells {
        let mut cell = vec![self.ty(ty)];
        match initial {
            Initial::Default => {}
            Initial::Value(value) => cell.push(self.assigned(" =", value)),
            Initial::Any(_) => cell.push(Layout::text(" = any")),
        }
        let mut cells = vec![Layout::text(format!("var {}:", name.text)), Layout::All(cell)];
        let alive = alive.map(|alive| Layout::text(format!("while {}", alternatives(alive))));
        cells.extend(alive);
        Cells::aligned(RowKind::Variable, cells)
    }

    /// `calm when p`
    fn condition(&mut self, word: &str, p: &Expression) -> Cells {
        let condition = self.hanging("when", p);
        Cells::aligned(RowKind::Condition, vec![Layout::text(word), condition])
    }

    /// `(a: T where p, b: U)`, or nothing.
    fn parameters(&mut self, parameters: &[Parameter]) -> Layout {
        let Some(last) = parameters.last() else { return Layout::text("") };
        let end = last.filter.as_ref().map_or(last.ty.span.end, |filter| filter.span.end);
        let sides = Sides { open: "(", close: ")", inner: Layout::Nothing, end: end + 1 };
        let start = |parameter: &Parameter| parameter.name.span.start;
        self.list(sides, parameters, start, |formatter, Parameter { name, ty, filter }| {
            formatter.binding(&[&name.text], ty, filter.as_ref())
        })
    }

    fn action(&mut self, action: &Action) {
        if action.body.statements.is_empty() {
            return self.head_and_block(|formatter| formatter.action_head(action), &action.body);
        }
        let head = self.action_head(action);
        self.push_opening(&head);
        self.block(&action.body);
    }

    /// All of an action but its body; if it does not fit on one line, the guard has one of its own.
    fn action_head(&mut self, action: &Action) -> Layout {
        let strong = if action.strong.is_some() { "strong " } else { "" };
        let kind = match action.kind {
            ActionKind::Urgent => "action",
            ActionKind::Eventually => "eventually action",
            ActionKind::May => "may action",
            ActionKind::Fault => "fault",
            ActionKind::Operator => "operator action",
        };
        let mut parts = vec![Layout::text(format!("{strong}{kind} {}", action.name.text))];
        parts.push(self.parameters(&action.parameters));
        if let Some(budget) = &action.budget {
            let each = if budget.each { " each" } else { "" };
            parts.extend([Layout::text(" at most "), self.expression(&budget.limit)]);
            parts.push(Layout::text(each));
        }
        if !action.from.is_empty() {
            let to = action.to.as_ref().map_or(String::new(), |to| format!(" -> {}", to.text));
            parts.push(Layout::text(format!(": {}{to}", alternatives(&action.from))));
        }
        if let Some(guard) = &action.guard {
            let comments = self.inner_comments(guard.span.start);
            let guard = self.hanging("when", guard);
            parts.push(Layout::indent(vec![comments, Layout::Space, guard]));
        }
        Layout::group(parts)
    }

    fn claim(&mut self, claim: &Claim) -> Layout {
        match claim {
            Claim::Formula(p) => Layout::indent(vec![self.expression(p)]),
            Claim::Possible(p) => self.hanging("possible", p),
            Claim::AlwaysPossible(p) => self.hanging("always possible", p),
            Claim::Recovers { within } => {
                Layout::All(vec![Layout::text("recovers"), self.within(within.as_ref())])
            }
            Claim::Finite { meter, when } => {
                let meter = Layout::text(format!("finite {}", meter.text));
                Layout::All(vec![meter, self.when(when.as_ref())])
            }
            Claim::Total { meter, within, bound, when } => {
                let meter = Layout::text(format!("total {}", meter.text));
                let within = self.within(within.as_ref());
                let bound = self.hanging(" <=", bound);
                Layout::All(vec![meter, within, bound, self.when(when.as_ref())])
            }
            Claim::Rate { meter, bound, when } => {
                let meter = Layout::text(format!("rate {}", meter.text));
                let bound = self.hanging(" <=", bound);
                Layout::All(vec![meter, bound, self.when(when.as_ref())])
            }
            Claim::Peak { figure, bound } => {
                let figure = self.hanging("peak", figure);
                Layout::All(vec![figure, self.hanging(" <=", bound)])
            }
            Claim::Error => Layout::text(""),
        }
    }

    fn within(&mut self, ticks: Option<&Expression>) -> Layout {
        let Some(ticks) = ticks else { return Layout::text("") };
        Layout::All(vec![self.hanging(" within", ticks), Layout::text(" ticks")])
    }

    fn when(&mut self, p: Option<&Expression>) -> Layout {
        let Some(p) = p else { return Layout::text("") };
        let comments = self.inner_comments(p.span.start);
        let when = Layout::indent(vec![comments, Layout::Space, self.hanging("when", p)]);
        Layout::group(vec![when])
    }

    /// `expect p fails with a, b where x = 1`
    fn expectation(
        &mut self,
        property: &Name,
        outcome: &Outcome,
        mitigations: &[Name],
        settings: &[(Name, Expression)],
    ) -> Layout {
        let mut parts = vec![Layout::text(format!("expect {} ", property.text))];
        parts.push(match outcome {
            Outcome::Holds => Layout::text("holds"),
            Outcome::Fails => Layout::text("fails"),
            Outcome::Unknown => Layout::text("unknown"),
            Outcome::Worst(value) => self.hanging("==", value),
        });
        if !mitigations.is_empty() {
            let names: Vec<&str> = mitigations.iter().map(|name| name.text.as_str()).collect();
            let with = Layout::text(format!("with {}", names.join(", ")));
            parts.push(Layout::indent(vec![Layout::Space, with]));
        }
        for (index, (name, value)) in settings.iter().enumerate() {
            let word = if index == 0 { "where " } else { "" };
            let comma = if index + 1 < settings.len() { "," } else { "" };
            let comments = self.inner_comments(name.span.start);
            let setting = self.hanging(&format!("{word}{} =", name.text), value);
            let setting =
                Layout::indent(vec![comments, Layout::Space, setting, Layout::text(comma)]);
            parts.push(if index == 0 { setting } else { Layout::indent(vec![setting]) });
        }
        Layout::group(parts)
    }
}

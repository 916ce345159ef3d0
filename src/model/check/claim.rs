//! Assumptions, figures, properties and what the file itself promises.

use super::{Checker, Place, Scope, setting_value};
use crate::base::{Id, Span};
use crate::model::action::Local;
use crate::model::expression::{Binary, Expression, ExpressionKind, Quantifier};
use crate::model::names::{Symbol, nearest};
use crate::model::property::{
    Claim, Expectation, Figure, Formula, Meter, Outcome, Property, Watch,
};
use crate::model::{FigureId, ModelMeterId, ParameterId, PropertyId, Setting, Type, Value, errors};
use crate::syntax::ast::{self, ExpressionKind as Ast};

impl<'a> Checker<'a> {
    /// Everything that asks about states and behaviour.
    pub(super) fn settle_claims(&mut self) {
        for predicate in self.declared.assumptions.clone() {
            let mut scope = Scope::new(Place::Assumption, None);
            if let Some(expression) = self.truth(&mut scope, predicate) {
                self.model.assumptions.push(Figure { expression, locals: scope.locals });
            }
        }
        self.model.calm = match self.declared.calm {
            Some((_, predicate)) => self.predicate(predicate),
            None => Some(self.certainty()),
        };
        self.model.calm_declared = self.declared.calm.is_some();
        self.model.healthy =
            self.declared.healthy.and_then(|(_, predicate)| self.predicate(predicate));
        for (name, value) in self.declared.watches.clone() {
            let mut scope = Scope::new(Place::Figure, None);
            let Some(expression) = self.expression(&mut scope, value, None) else { continue };
            if !expression.ty.is_scalar() {
                let found = self.type_name(&expression.ty);
                self.report(errors::wrong_type(value.span, &found, "a simple value to watch"));
                continue;
            }
            let figure = self.model.figures.push(Figure { expression, locals: scope.locals });
            self.model.watches.push(Watch { name: name.text.clone(), figure });
        }
        self.properties();
        for (span, expectation) in self.declared.expectations.clone() {
            self.expectation(span, expectation);
        }
    }

    fn certainty(&mut self) -> FigureId {
        let kind = ExpressionKind::Constant(Value::Bool(true));
        let expression = Expression { span: Span::default(), ty: Type::Bool, kind };
        self.model.figures.push(Figure { expression, locals: Vec::<Local>::new() })
    }

    /// A predicate over one state.
    fn predicate(&mut self, expression: &'a ast::Expression) -> Option<FigureId> {
        let mut scope = Scope::new(Place::Figure, None);
        let expression = self.truth(&mut scope, expression)?;
        Some(self.model.figures.push(Figure { expression, locals: scope.locals }))
    }

    fn properties(&mut self) {
        for index in 0..self.declared.properties.len() {
            let declared = &self.declared.properties[index];
            let (name, span, claim) = (declared.name, declared.span, declared.claim);
            let (doc, with_operators) = (declared.doc.clone(), declared.with_operators);
            let typed = self.claim(claim, name);
            let text = one_line(self.text(span));
            let text = text.split_once(':').map_or("", |(_, claim)| claim.trim()).to_owned();
            // A claim that is wrong keeps its place, so that expectations find their property.
            let claim = typed.unwrap_or(Claim::Recovers(None));
            let premise = self.premise_of(&claim);
            self.model.properties.push(Property {
                name: name.text.clone(),
                doc,
                span: name.span,
                text,
                claim,
                premise,
                with_operators,
            });
        }
    }

    /// The figure that must be true in some state for an `always` to be about anything.
    fn premise_of(&mut self, claim: &Claim) -> Option<FigureId> {
        let Claim::Always(figure) = claim else { return None };
        let Figure { expression, locals } = self.model.figures[*figure].clone();
        let expression = premise(&expression)?;
        Some(self.model.figures.push(Figure { expression, locals }))
    }

    fn claim(&mut self, claim: &'a ast::Claim, name: &ast::Name) -> Option<Claim> {
        match claim {
            ast::Claim::Formula(formula) => self.formula_claim(formula),
            ast::Claim::Possible(p) => Some(Claim::Possible(self.predicate(p)?)),
            ast::Claim::AlwaysPossible(p) => Some(Claim::AlwaysPossible(self.predicate(p)?)),
            ast::Claim::Recovers { within } => {
                if self.declared.healthy.is_none() {
                    let message = "`recovers` needs to know what healthy is";
                    let help = "declare it: `healthy when …`";
                    self.report(errors::bad_setting(name.span, message, help));
                }
                let within = match within {
                    None => None,
                    Some(within) => {
                        Some(self.constant_between("the bound", within, 0, i64::MAX)?)
                    }
                };
                Some(Claim::Recovers(within))
            }
            ast::Claim::Finite { meter, when } => {
                let (meter, when) = (self.claim_meter(meter), self.when(when.as_ref()));
                Some(Claim::Finite(meter?, when?))
            }
            ast::Claim::Total { meter, within, bound, when } => {
                let (meter, when) = (self.claim_meter(meter), self.when(when.as_ref()));
                let bound = self.constant_between("the bound", bound, 0, i64::MAX);
                let within = match within {
                    None => None,
                    Some(within) => {
                        Some(self.constant_between("the window", within, 0, i64::MAX)?)
                    }
                };
                Some(Claim::Total { meter: meter?, within, bound: bound?, when: when? })
            }
            ast::Claim::Rate { meter, bound, when } => {
                let (meter, when) = (self.claim_meter(meter), self.when(when.as_ref()));
                let (numerator, denominator) = self.fraction(bound)?;
                if numerator < 0 {
                    let (what, must) = ("the numerator of the bound", "0 or more");
                    self.report(errors::number_must_be(what, numerator, must, bound.span));
                    return None;
                }
                Some(Claim::Rate { meter: meter?, numerator, denominator, when: when? })
            }
            ast::Claim::Peak { figure, bound } => {
                let mut scope = Scope::new(Place::Figure, None);
                let expression = self.number(&mut scope, figure);
                let bound = self.constant_number(bound);
                let figure = Figure { expression: expression?, locals: scope.locals };
                Some(Claim::Peak(self.model.figures.push(figure), bound?))
            }
            ast::Claim::Error => None,
        }
    }

    fn when(&mut self, when: Option<&'a ast::Expression>) -> Option<FigureId> {
        match when {
            Some(predicate) => self.predicate(predicate),
            None => self.model.calm,
        }
    }

    fn claim_meter(&mut self, meter: &ast::Name) -> Option<Meter> {
        if meter.text == "tick" {
            return Some(Meter::Tick);
        }
        self.meter_named(meter).map(Meter::Declared)
    }

    /// The meter that a `count` counts.
    pub(super) fn meter(&mut self, meter: &ast::Name) -> Option<ModelMeterId> {
        if meter.text == "tick" {
            let message = "`tick` counts itself";
            let help = "declare a meter of your own to count something else";
            self.report(errors::bad_setting(meter.span, message, help));
            return None;
        }
        let id = self.meter_named(meter)?;
        if let Some((_, is_counted)) = self.meters.get_mut(&meter.text) {
            *is_counted = true;
        }
        Some(id)
    }

    fn meter_named(&mut self, meter: &ast::Name) -> Option<ModelMeterId> {
        if let Some((id, _)) = self.meters.get(&meter.text) {
            return Some(*id);
        }
        let near = nearest(&meter.text, self.meters.keys().map(String::as_str)).map(str::to_owned);
        self.report(errors::unknown_of_kind("meter", &meter.text, meter.span, near.as_deref()));
        None
    }

    fn formula_claim(&mut self, formula: &'a ast::Expression) -> Option<Claim> {
        match &formula.kind {
            Ast::Prefix { operator: ast::Prefix::Always, operand } if !is_temporal(operand) => {
                Some(Claim::Always(self.predicate(operand)?))
            }
            Ast::Prefix { operator: ast::Prefix::Never, operand } if !is_temporal(operand) => {
                Some(Claim::Never(self.predicate(operand)?))
            }
            Ast::Error => None,
            _ if !is_temporal(formula) => {
                self.report(errors::not_temporal(formula.span));
                None
            }
            _ => {
                self.warn_first_state_only(formula);
                self.formula(formula).map(Claim::Temporal)
            }
        }
    }

    /// `always a and b` is `(always a) and b`: say so where the second part has no time in it.
    fn warn_first_state_only(&mut self, formula: &'a ast::Expression) {
        let mut pending = vec![formula];
        while let Some(one) = pending.pop() {
            let Ast::Infix { operator, left, right } = &one.kind else { continue };
            let connects =
                matches!(operator, ast::Infix::And | ast::Infix::Or | ast::Infix::Implies);
            if !connects {
                continue;
            }
            if let (Ast::Prefix { operator, .. }, false, false) =
                (&left.kind, left.parenthesised, is_temporal(right))
            {
                let operator = match operator {
                    ast::Prefix::Always => "always",
                    ast::Prefix::Never => "never",
                    ast::Prefix::Eventually => "eventually",
                    ast::Prefix::Next => "next",
                    ast::Prefix::Not | ast::Prefix::Negate => continue,
                };
                self.report(errors::judged_at_start_only(right.span, operator));
            }
            pending.push(left);
            pending.push(right);
        }
    }

    fn formula(&mut self, formula: &'a ast::Expression) -> Option<Formula> {
        if !is_temporal(formula) {
            return Some(Formula::Holds(self.predicate(formula)?));
        }
        let boxed = |formula: Formula| Box::new(formula);
        match &formula.kind {
            Ast::Prefix { operator, operand } => {
                let inner = boxed(self.formula(operand)?);
                match operator {
                    ast::Prefix::Not => Some(Formula::Not(inner)),
                    ast::Prefix::Always => Some(Formula::Always(inner)),
                    ast::Prefix::Never => Some(Formula::Always(boxed(Formula::Not(inner)))),
                    ast::Prefix::Eventually => Some(Formula::Eventually(inner)),
                    ast::Prefix::Next => Some(Formula::Next(inner)),
                    ast::Prefix::Negate => {
                        self.report(errors::wrong_type(formula.span, "a claim", "a number"));
                        None
                    }
                }
            }
            Ast::Infix { operator, left, right } => {
                let (left, right) = (self.formula(left), self.formula(right));
                let (left, right) = (boxed(left?), boxed(right?));
                match operator {
                    ast::Infix::And => Some(Formula::And(left, right)),
                    ast::Infix::Or => Some(Formula::Or(left, right)),
                    ast::Infix::Implies => Some(Formula::Implies(left, right)),
                    ast::Infix::Until => Some(Formula::Until(left, right)),
                    ast::Infix::LeadsTo => Some(Formula::LeadsTo(left, right)),
                    _ => {
                        self.report(errors::wrong_type(formula.span, "a claim", "a value"));
                        None
                    }
                }
            }
            _ => {
                let help = "write the quantifier out as several claims, or take the temporal \
                            operator outside of it";
                let what = "a temporal operator";
                self.report(errors::misplaced(what, "inside this expression", formula.span, help));
                None
            }
        }
    }

    /// An exact fraction in lowest terms: a number, or one number divided by another.
    fn fraction(&mut self, expression: &'a ast::Expression) -> Option<(i64, i64)> {
        let Ast::Infix { operator: ast::Infix::Divide, left, right } = &expression.kind else {
            return Some((self.constant_number(expression)?, 1));
        };
        let (numerator, denominator) = (self.constant_number(left), self.constant_number(right));
        let (numerator, denominator) = (numerator?, denominator?);
        if denominator <= 0 {
            let what = "the denominator";
            self.report(errors::number_must_be(what, denominator, "positive", right.span));
            return None;
        }
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        // The divisor is at most the denominator, which is a positive i64.
        let divisor = divisor.max(1) as i64;
        Some((numerator / divisor, denominator / divisor))
    }

    fn expectation(&mut self, span: Span, declared: &'a ast::DeclarationKind) {
        let ast::DeclarationKind::Expect { property, outcome, mitigations, settings } = declared
        else {
            unreachable!("only expectations are collected here")
        };
        let all = || self.declared.properties.iter().map(|one| one.name.text.as_str());
        let Some(position) = all().position(|one| one == property.text) else {
            let near = nearest(&property.text, all()).map(str::to_owned);
            let error =
                errors::unknown_of_kind("property", &property.text, property.span, near.as_deref());
            self.report(error);
            return;
        };
        let id = PropertyId::from_index(position);
        let outcome = match outcome {
            ast::Outcome::Holds => Some(Outcome::Holds),
            ast::Outcome::Fails => Some(Outcome::Fails),
            ast::Outcome::Unknown => Some(Outcome::Unknown),
            ast::Outcome::Worst(value) => {
                let has_worst = matches!(
                    self.model.properties[id].claim,
                    Claim::Peak(..) | Claim::Total { .. } | Claim::Rate { .. } | Claim::Recovers(_)
                );
                if !has_worst {
                    self.report(errors::cannot_expect_value(value.span, property));
                }
                self.fraction(value)
                    .map(|(numerator, denominator)| Outcome::Worst { numerator, denominator })
            }
        };
        let mitigations = self.expected_mitigations(mitigations);
        let settings = settings.iter().map(|(name, value)| self.expected_setting(name, value));
        let settings = settings.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>();
        let (Some(outcome), Some(mitigations), Some(mut settings)) =
            (outcome, mitigations, settings)
        else {
            return;
        };
        settings.sort_by_key(|(parameter, _)| *parameter);
        let text = one_line(self.text(span));
        self.model.expectations.push(Expectation {
            span,
            text,
            property: id,
            outcome,
            mitigations,
            settings,
        });
    }

    fn expected_mitigations(
        &mut self,
        names: &[ast::Name],
    ) -> Option<Vec<crate::model::MitigationId>> {
        let mut ids = Vec::new();
        for name in names {
            match self.global.find(&name.text).map(|entry| entry.symbol) {
                Some(Symbol::Mitigation(id)) => ids.push(id),
                _ => {
                    let all = self.model.mitigations.iter().map(|one| one.name.as_str());
                    let near = nearest(&name.text, all).map(str::to_owned);
                    let error = errors::unknown_of_kind(
                        "mitigation",
                        &name.text,
                        name.span,
                        near.as_deref(),
                    );
                    self.report(error);
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        (ids.len() <= names.len() && !names.is_empty() || names.is_empty()).then_some(ids)
    }

    fn expected_setting(
        &mut self,
        name: &'a ast::Name,
        value: &'a ast::Expression,
    ) -> Option<(ParameterId, Value)> {
        let Some(Symbol::Parameter(id)) = self.global.find(&name.text).map(|entry| entry.symbol)
        else {
            let all = self.declared.parameters.iter().map(|one| one.name.text.as_str());
            let near = nearest(&name.text, all).map(str::to_owned);
            let error = errors::unknown_of_kind("param", &name.text, name.span, near.as_deref());
            self.report(error);
            return None;
        };
        let current = self.parameter_value(id, name.span)?;
        let expected = match &current {
            Value::Enum(id, _) => Type::Enum(*id),
            Value::Bool(_) => Type::Bool,
            _ => Type::number(i64::MIN, i64::MAX),
        };
        let value_found = self.constant(value, Some(&expected))?;
        if std::mem::discriminant(&value_found) != std::mem::discriminant(&current) {
            let wanted = self.type_name(&expected);
            let found = format!("`{}`", self.text(value.span));
            self.report(errors::wrong_type(value.span, &found, &wanted));
            return None;
        }
        let fitting = setting_value(&Setting::Value(value_found), &current, &self.model)?;
        if let (Value::Number(number), Some(range)) = (&fitting, self.model.parameters[id].range)
            && !(range.0..=range.1).contains(number)
        {
            let error = errors::parameter_out_of_range(&name.text, *number, range, value.span);
            self.report(error);
            return None;
        }
        Some((id, fitting))
    }
}

/// What an implication, or a quantifier over what passes a filter, is about; none if it is about
/// every state anyway.
fn premise(expression: &Expression) -> Option<Expression> {
    let span = expression.span;
    let kind = match &expression.kind {
        ExpressionKind::Binary(Binary::Implies, left, right) => match premise(right) {
            None => return Some((**left).clone()),
            Some(right) => ExpressionKind::Binary(Binary::And, left.clone(), Box::new(right)),
        },
        ExpressionKind::Quantifier { quantifier: Quantifier::All, local, domain, filter, body } => {
            let inner = body.as_ref().and_then(|body| premise(body));
            if inner.is_none() && filter.is_none() {
                return None;
            }
            let truth = ExpressionKind::Constant(Value::Bool(true));
            let inner = inner.unwrap_or(Expression { span, ty: Type::Bool, kind: truth });
            ExpressionKind::Quantifier {
                quantifier: Quantifier::Some,
                local: *local,
                domain: domain.clone(),
                filter: filter.clone(),
                body: Some(Box::new(inner)),
            }
        }
        _ => return None,
    };
    Some(Expression { span, ty: Type::Bool, kind })
}

/// Whether a temporal operator stands anywhere in it.
fn is_temporal(expression: &ast::Expression) -> bool {
    match &expression.kind {
        Ast::Prefix { operator, operand } => {
            !matches!(operator, ast::Prefix::Not | ast::Prefix::Negate) || is_temporal(operand)
        }
        Ast::Infix { operator, left, right } => {
            matches!(operator, ast::Infix::Until | ast::Infix::LeadsTo)
                || is_temporal(left)
                || is_temporal(right)
        }
        Ast::Quantifier { body: Some(body), .. } => is_temporal(body),
        Ast::If { condition, then, otherwise } => {
            is_temporal(condition) || is_temporal(then) || is_temporal(otherwise)
        }
        _ => false,
    }
}

/// A stretch of source on one line, without comments.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or("").trim());
    let words = lines.flat_map(str::split_whitespace);
    itertools::Itertools::join(&mut words.into_iter(), " ")
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

//! Parameters, mitigations and settings: which value wins, and every constant expression.
//!
//! Settings win over mitigations, mitigations over defaults; a parameter is evaluated when it is
//! first needed, so bodies and dependent defaults see all overrides.

use super::{Checker, DeclaredMitigation, Place, Progress, Scope, setting_value};
use crate::base::{Id, Span};
use crate::model::constant::{self, NoConstant};
use crate::model::names::{Symbol, nearest};
use crate::model::{ModelParameter, ParameterId, Type, Value, errors};
use crate::syntax::ast;

impl<'a> Checker<'a> {
    /// Gives every parameter its value, and refuses settings that do not fit.
    pub(super) fn settle_parameters(&mut self) {
        self.parameter_values = vec![Progress::Todo; self.declared.parameters.len()];
        self.refuse_unknown_settings();
        for index in 0..self.declared.parameters.len() {
            let id = ParameterId::from_index(index);
            let value = self.parameter_value(id, self.declared.parameters[index].name.span);
            let range = self.parameter_range(id, value.as_ref());
            let declared = &self.declared.parameters[index];
            self.model.parameters.push(ModelParameter {
                name: declared.name.text.clone(),
                doc: declared.doc.clone(),
                value: value.unwrap_or(Value::Bool(false)),
                range,
            });
        }
        self.check_mitigation_bodies();
    }

    fn refuse_unknown_settings(&mut self) {
        let Some(name) = self.declared.model_name else { return };
        let settings = self.settings;
        for wanted in &settings.mitigations {
            let all = || self.model.mitigations.iter().map(|one| one.name.as_str());
            if !all().any(|one| one == wanted) {
                let message = format!("the model has no mitigation `{wanted}`");
                let list = all().collect::<Vec<_>>().join(", ");
                let help = match nearest(wanted, all()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if list.is_empty() => "it declares none".to_owned(),
                    None => format!("its mitigations are {list}"),
                };
                self.report(errors::bad_setting(name.span, message, help));
            }
        }
        for (wanted, _) in &settings.parameters {
            let all = || self.declared.parameters.iter().map(|one| one.name.text.as_str());
            if !all().any(|one| one == wanted) {
                let message = format!("the model has no parameter `{wanted}`");
                let help = match nearest(wanted, all()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("its parameters are {}", all().collect::<Vec<_>>().join(", ")),
                };
                self.report(errors::bad_setting(name.span, message, help));
            }
        }
    }

    /// The value of a parameter, computed when first needed.
    pub(super) fn parameter_value(&mut self, id: ParameterId, user: Span) -> Option<Value> {
        let index = id.index();
        match &self.parameter_values[index] {
            Progress::Done(value) => return Some(value.clone()),
            Progress::Failed => return None,
            Progress::Doing => {
                let name = self.declared.parameters[index].name.text.clone();
                self.report(errors::depends_on_itself("parameter", &name, user));
                return None;
            }
            Progress::Todo => self.parameter_values[index] = Progress::Doing,
        }
        let value = self.compute_parameter(index);
        self.parameter_values[index] = match &value {
            Some(value) => Progress::Done(value.clone()),
            None => Progress::Failed,
        };
        value
    }

    fn compute_parameter(&mut self, index: usize) -> Option<Value> {
        let declared = &self.declared.parameters[index];
        let (name, default) = (declared.name, declared.value);
        let settings = self.settings;
        let setting = settings.parameters.iter().rev().find(|(one, _)| *one == name.text);
        let mitigated = self.mitigated_value(name);
        if let (None, Some(value)) = (setting, mitigated) {
            return value;
        }
        let default_value = self.constant(default, None)?;
        let Some((_, setting)) = setting else { return Some(default_value) };
        let value = setting_value(setting, &default_value, &self.model);
        if value.is_none() {
            let wanted = match default_value {
                Value::Number(_) => "a whole number",
                Value::Bool(_) => "true or false",
                _ => "one of the enum's values",
            };
            let message = format!("parameter `{}` cannot be set to that", name.text);
            self.report(errors::bad_setting(name.span, message, format!("give it {wanted}")));
        }
        // Nothing else is wrong for that.
        Some(value.unwrap_or(default_value))
    }

    /// What the applied mitigations make of a parameter: nothing, or a value (or an error).
    fn mitigated_value(&mut self, name: &ast::Name) -> Option<Option<Value>> {
        let mut found: Option<(Option<Value>, &'a ast::Name)> = None;
        for (index, declared) in self.declared.mitigations.clone().into_iter().enumerate() {
            let DeclaredMitigation { name: mitigation, changes, .. } = declared;
            let is_applied = self.model.mitigations[Id::from_index(index)].applied;
            let change = changes.iter().find(|(parameter, _)| parameter.text == name.text);
            let (true, Some((_, expression))) = (is_applied, change) else { continue };
            let value = self.constant(expression, None);
            match &found {
                Some((Some(earlier), by)) if value.as_ref().is_some_and(|new| new != earlier) => {
                    let (first, second) =
                        ((&*by.text, by.span), (&*mitigation.text, mitigation.span));
                    self.report(errors::conflicting_mitigations(&name.text, first, second));
                    return Some(Some(earlier.clone()));
                }
                _ => found = Some((value, mitigation)),
            }
        }
        found.map(|(value, _)| value)
    }

    fn parameter_range(&mut self, id: ParameterId, value: Option<&Value>) -> Option<(i64, i64)> {
        let declared = &self.declared.parameters[id.index()];
        let (name, (low, high)) = (declared.name, declared.range?);
        let span = low.span.to(high.span);
        let (low, high) = (self.constant_number(low), self.constant_number(high));
        let (low, high) = (low?, high?);
        if low > high {
            self.report(errors::empty_range(low, high, span));
            return None;
        }
        match value {
            Some(Value::Number(value)) if !(low..=high).contains(value) => {
                let error = match self.mitigation_of(name) {
                    Some((mitigation, expression)) => errors::mitigation_out_of_range(
                        (&mitigation.text, &name.text),
                        *value,
                        (low, high),
                        expression.span,
                    ),
                    None => {
                        errors::parameter_out_of_range(&name.text, *value, (low, high), name.span)
                    }
                };
                self.report(error.also(span, "its range"));
            }
            Some(Value::Number(_)) | None => {}
            Some(_) => self.report(errors::wrong_type(
                span,
                "a range of numbers",
                "no range, as the parameter is no number,",
            )),
        }
        Some((low, high))
    }

    /// The applied mitigation from which a parameter has its value, and the value as written.
    fn mitigation_of(&self, name: &ast::Name) -> Option<(&'a ast::Name, &'a ast::Expression)> {
        if self.settings.parameters.iter().any(|(one, _)| *one == name.text) {
            return None;
        }
        let mitigations = self.declared.mitigations.iter().zip(self.model.mitigations.iter());
        let mut applied = mitigations.filter(|(_, one)| one.applied);
        applied.find_map(|(declared, _)| {
            let change = declared.changes.iter().find(|(one, _)| one.text == name.text);
            change.map(|(_, expression)| (declared.name, expression))
        })
    }

    /// What a mitigation that is not applied makes of a parameter, if that depends on nothing, must lie in
    /// the parameter's range.
    fn check_mitigated_value(
        &mut self,
        mitigation: &ast::Name,
        (id, parameter): (ParameterId, &ast::Name),
        expression: &'a ast::Expression,
        value: &Value,
    ) {
        let Some((low, high)) = self.declared.parameters[id.index()].range else { return };
        let depends = [expression, low, high].iter().any(|one| !is_fixed(one));
        let range = self.model.parameters[id].range.filter(|_| !depends);
        if let (Some(range), Value::Number(value)) = (range, value)
            && !(range.0..=range.1).contains(value)
        {
            let names = (&*mitigation.text, &*parameter.text);
            let error = errors::mitigation_out_of_range(names, *value, range, expression.span);
            self.report(error.also(low.span.to(high.span), "its range"));
        }
    }

    /// What a mitigation costs: a number that is not negative.
    fn cost(&mut self, cost: &'a ast::Expression) -> Option<u64> {
        let number = self.constant_number(cost)?;
        if number < 0 {
            self.report(errors::negative_cost(cost.span, number));
        }
        u64::try_from(number).ok()
    }

    /// The bodies of mitigations that are not applied must make sense as well.
    fn check_mitigation_bodies(&mut self) {
        for (index, declared) in self.declared.mitigations.clone().into_iter().enumerate() {
            let (mitigation, changes) = (declared.name, declared.changes);
            self.model.mitigations[Id::from_index(index)].cost =
                declared.cost.and_then(|cost| self.cost(cost));
            let is_applied = self.model.mitigations[Id::from_index(index)].applied;
            for (at, (name, expression)) in changes.iter().enumerate() {
                if let Some((earlier, _)) =
                    changes[..at].iter().find(|(one, _)| one.text == name.text)
                {
                    self.report(errors::declared_twice(&name.text, name.span, earlier.span));
                }
                let Some(Symbol::Parameter(id)) = self.global.refer(&name.text) else {
                    let names = self.declared.parameters.iter().map(|one| one.name.text.as_str());
                    let near = nearest(&name.text, names).map(str::to_owned);
                    let error =
                        errors::unknown_of_kind("param", &name.text, name.span, near.as_deref());
                    self.report(error);
                    continue;
                };
                if is_applied {
                    continue;
                }
                let value = self.constant(expression, None);
                let (Some(value), Some(current)) = (value, self.parameter_value(id, name.span))
                else {
                    continue;
                };
                if std::mem::discriminant(&value) != std::mem::discriminant(&current) {
                    let found = self.text(expression.span).to_owned();
                    self.report(errors::wrong_type(
                        expression.span,
                        &format!("`{found}`"),
                        "a value like the parameter's default",
                    ));
                }
                self.check_mitigated_value(mitigation, (id, name), expression, &value);
            }
        }
    }

    /// The value of a constant expression.
    pub(super) fn constant(
        &mut self,
        expression: &'a ast::Expression,
        expected: Option<&Type>,
    ) -> Option<Value> {
        let mut scope = Scope::new(Place::Constant, None);
        let typed = self.expression(&mut scope, expression, expected)?;
        let why = match constant::evaluate(&typed) {
            Ok(value) => return Some(value),
            Err(NoConstant::ReadsState) => {
                self.report(errors::not_constant(expression.span));
                return None;
            }
            Err(NoConstant::Overflow) => "leaves the range of 64-bit numbers",
            Err(NoConstant::Division) => "divides by zero, or raises to a negative power",
        };
        self.report(errors::constant_breaches(expression.span, why));
        None
    }

    /// The value of a constant number.
    pub(super) fn constant_number(&mut self, expression: &'a ast::Expression) -> Option<i64> {
        let value = self.constant(expression, Some(&Type::number(i64::MIN, i64::MAX)))?;
        match value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The value of a constant number between two others.
    pub(super) fn constant_between(
        &mut self,
        what: &str,
        expression: &'a ast::Expression,
        low: i64,
        high: i64,
    ) -> Option<i64> {
        let value = self.constant_number(expression)?;
        if (low..=high).contains(&value) {
            return Some(value);
        }
        let must = format!("from {low} to {high}");
        self.report(errors::number_must_be(what, value, &must, expression.span));
        None
    }
}

/// Whether a constant is made of numbers alone, so that no choice can change it.
fn is_fixed(expression: &ast::Expression) -> bool {
    match &expression.kind {
        ast::ExpressionKind::Number(_) => true,
        ast::ExpressionKind::Prefix { operand, .. } => is_fixed(operand),
        ast::ExpressionKind::Infix { left, right, .. } => is_fixed(left) && is_fixed(right),
        _ => false,
    }
}

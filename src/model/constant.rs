//! The value of an expression that reads no state: parameters, sizes, bounds.

use super::expression::{Binary, Expression, ExpressionKind as Kind};
use super::ranges::floor_divide;
use super::value::Value;

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoConstant {
    /// It reads the state.
    ReadsState,
    /// A number leaves 64 bits.
    Overflow,
    /// It divides by zero, or raises to a negative power.
    Division,
}

/// The value of an expression that reads no state.
pub fn evaluate(expression: &Expression) -> Result<Value, NoConstant> {
    let both = |left: &Expression, right: &Expression| Ok((evaluate(left)?, evaluate(right)?));
    match &expression.kind {
        Kind::Constant(value) => Ok(value.clone()),
        Kind::Not(inner) => Ok(Value::Bool(!truth(inner)?)),
        Kind::Negate(inner) => {
            number(inner)?.checked_neg().map(Value::Number).ok_or(NoConstant::Overflow)
        }
        Kind::Binary(Binary::And, left, right) => Ok(Value::Bool(truth(left)? && truth(right)?)),
        Kind::Binary(Binary::Or, left, right) => Ok(Value::Bool(truth(left)? || truth(right)?)),
        Kind::Binary(Binary::Implies, left, right) => {
            Ok(Value::Bool(!truth(left)? || truth(right)?))
        }
        Kind::Binary(Binary::Equal, left, right) => {
            both(left, right).map(|(a, b)| Value::Bool(a == b))
        }
        Kind::Binary(Binary::Different, left, right) => {
            both(left, right).map(|(a, b)| Value::Bool(a != b))
        }
        Kind::Binary(operator, left, right) => combine(*operator, number(left)?, number(right)?),
        Kind::If(condition, then, otherwise) => {
            if truth(condition)? {
                evaluate(then)
            } else {
                evaluate(otherwise)
            }
        }
        Kind::Within(value, low, high) => {
            let (value, low, high) = (number(value)?, number(low)?, number(high)?);
            Ok(Value::Bool(low <= value && value <= high))
        }
        Kind::Min(all) => fold(all, i64::min),
        Kind::Max(all) => fold(all, i64::max),
        Kind::SetOf(all) => all.iter().map(evaluate).collect::<Result<_, _>>().map(Value::Set),
        Kind::ArrayOf(all) => all.iter().map(evaluate).collect::<Result<_, _>>().map(Value::Array),
        Kind::QueueOf(all) => all.iter().map(evaluate).collect::<Result<_, _>>().map(Value::Queue),
        _ => Err(NoConstant::ReadsState),
    }
}

fn combine(operator: Binary, left: i64, right: i64) -> Result<Value, NoConstant> {
    let checked = |result: Option<i64>| result.map(Value::Number).ok_or(NoConstant::Overflow);
    let divided = |result: i128| checked(i64::try_from(result).ok());
    match operator {
        Binary::Less => Ok(Value::Bool(left < right)),
        Binary::AtMost => Ok(Value::Bool(left <= right)),
        Binary::Greater => Ok(Value::Bool(left > right)),
        Binary::AtLeast => Ok(Value::Bool(left >= right)),
        Binary::Add => checked(left.checked_add(right)),
        Binary::Subtract => checked(left.checked_sub(right)),
        Binary::Multiply => checked(left.checked_mul(right)),
        Binary::Divide | Binary::Modulo if right == 0 => Err(NoConstant::Division),
        Binary::Divide => divided(floor_divide(left.into(), right.into())),
        Binary::Modulo => {
            let quotient = floor_divide(left.into(), right.into());
            divided(i128::from(left) - i128::from(right) * quotient)
        }
        Binary::Power => match u32::try_from(right) {
            Ok(exponent) => checked(left.checked_pow(exponent)),
            Err(_) if right < 0 => Err(NoConstant::Division),
            Err(_) => checked((-1..=1).contains(&left).then(|| left.pow(2 + (right % 2) as u32))),
        },
        Binary::Implies | Binary::Or | Binary::And | Binary::Equal | Binary::Different => {
            unreachable!("judged before its operands are numbers")
        }
    }
}

fn fold(all: &[Expression], choose: fn(i64, i64) -> i64) -> Result<Value, NoConstant> {
    let numbers = all.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    numbers.into_iter().reduce(choose).map(Value::Number).ok_or(NoConstant::ReadsState)
}

fn number(expression: &Expression) -> Result<i64, NoConstant> {
    match evaluate(expression)? {
        Value::Number(number) => Ok(number),
        _ => Err(NoConstant::ReadsState),
    }
}

fn truth(expression: &Expression) -> Result<bool, NoConstant> {
    match evaluate(expression)? {
        Value::Bool(truth) => Ok(truth),
        _ => Err(NoConstant::ReadsState),
    }
}

//! Arithmetic on 64-bit numbers, with the rule that is broken where there is no result.
//!
//! Used twice: to fold constants while lowering, and by the machine.

use crate::system::Rule;

/// What an operation yields, or the rule that it breaks.
pub type Outcome = Result<i64, Rule>;

/// `left + right`
pub fn add(left: i64, right: i64) -> Outcome {
    left.checked_add(right).ok_or(Rule::Overflow)
}

/// `left - right`
pub fn subtract(left: i64, right: i64) -> Outcome {
    left.checked_sub(right).ok_or(Rule::Overflow)
}

/// `left * right`
pub fn multiply(left: i64, right: i64) -> Outcome {
    left.checked_mul(right).ok_or(Rule::Overflow)
}

/// `left / right`, rounded down.
pub fn divide(left: i64, right: i64) -> Outcome {
    if right == 0 {
        return Err(Rule::Division);
    }
    let quotient = left.checked_div(right).ok_or(Rule::Overflow)?;
    let rounds_up = left % right != 0 && (left < 0) != (right < 0);
    Ok(quotient - i64::from(rounds_up))
}

/// `left mod right`, with the sign of `right`.
pub fn modulo(left: i64, right: i64) -> Outcome {
    match right {
        0 => Err(Rule::Division),
        // The hardware traps on the lowest number by -1, whose remainder is plainly 0.
        -1 => Ok(0),
        _ => {
            let remainder = left % right;
            let wrong_sign = remainder != 0 && (remainder < 0) != (right < 0);
            Ok(if wrong_sign { remainder + right } else { remainder })
        }
    }
}

/// `base ^ exponent`
pub fn power(base: i64, exponent: i64) -> Outcome {
    match (base, u32::try_from(exponent)) {
        _ if exponent < 0 => Err(Rule::Division),
        (0 | 1, _) => Ok(if exponent == 0 { 1 } else { base }),
        (-1, _) => Ok(if exponent % 2 == 0 { 1 } else { -1 }),
        (_, Ok(exponent)) => base.checked_pow(exponent).ok_or(Rule::Overflow),
        (_, Err(_)) => Err(Rule::Overflow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_rounds_down_and_modulo_has_the_sign_of_the_divisor() {
        for (left, right, quotient, remainder) in
            [(7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1), (6, -2, -3, 0)]
        {
            assert_eq!(divide(left, right), Ok(quotient), "{left} / {right}");
            assert_eq!(modulo(left, right), Ok(remainder), "{left} mod {right}");
        }
        assert_eq!(divide(i64::MIN, -1), Err(Rule::Overflow));
        assert_eq!(modulo(i64::MIN, -1), Ok(0));
        assert_eq!(divide(1, 0), Err(Rule::Division));
    }

    #[test]
    fn powers_of_small_bases_have_no_limit() {
        assert_eq!(power(2, 62), Ok(1 << 62));
        assert_eq!(power(2, 63), Err(Rule::Overflow));
        assert_eq!(power(-1, i64::MAX), Ok(-1));
        assert_eq!(power(0, 0), Ok(1));
        assert_eq!(power(3, -1), Err(Rule::Division));
    }
}

//! Properties, their claims, and what the file itself expects of them.

use super::expression::{additive, expression, formula};
use super::names;
use crate::syntax::ast::{Claim, DeclarationKind, Expression, Name, Outcome};
use crate::syntax::errors;
use crate::syntax::parser::Parser;
use crate::syntax::token::TokenKind as T;

/// `'property' NAME ':' claim ['with' 'operators']`
pub fn property(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let name = parser.name("the property's name")?;
    if !parser.expect(T::Colon) {
        return None;
    }
    let claim = claim(parser);
    let start = parser.span();
    let with_operators = !parser.is_lost() && parser.eat_names("with", "operators");
    let with_operators = with_operators.then(|| parser.span_since(start));
    Some(DeclarationKind::Property { name, claim, with_operators })
}

/// A claim. Its first word decides, so a formula that begins with a variable named `rate` or the
/// like has that in parentheses.
fn claim(parser: &mut Parser) -> Claim {
    match (parser.kind(), parser.text()) {
        (T::Name, "possible") => {
            parser.take();
            Claim::Possible(expression(parser))
        }
        (T::Always, _) if parser.text_after() == "possible" => {
            parser.take();
            parser.take();
            Claim::AlwaysPossible(expression(parser))
        }
        (T::Name, "recovers") => recovers(parser),
        (T::Name, "finite") => finite(parser).unwrap_or(Claim::Error),
        (T::Name, "total") => total(parser).unwrap_or(Claim::Error),
        (T::Name, "rate") => rate(parser).unwrap_or(Claim::Error),
        (T::Name, "peak") => peak(parser).unwrap_or(Claim::Error),
        _ => Claim::Formula(formula(parser)),
    }
}

/// `'recovers' ['within' n 'ticks']`
fn recovers(parser: &mut Parser) -> Claim {
    parser.take();
    if parser.at_name("in") {
        parser.report(errors::recovers_in(parser.span()));
        parser.take();
        let ticks = additive(parser);
        let _ = parser.eat_name("ticks") || parser.eat_name("tick");
        return Claim::Recovers { within: Some(ticks) };
    }
    Claim::Recovers { within: within(parser) }
}

/// `'finite' METER ['when' p]`
fn finite(parser: &mut Parser) -> Option<Claim> {
    let meter = meter(parser)?;
    if matches!(parser.kind(), T::AtMost | T::Less | T::Equal | T::Assign) {
        parser.report(errors::finite_with_bound(parser.span(), &meter.text));
        parser.take();
        additive(parser);
    }
    Some(Claim::Finite { meter, when: when(parser) })
}

/// `'total' METER ['within' n 'ticks'] '<=' bound ['when' p]`
fn total(parser: &mut Parser) -> Option<Claim> {
    let meter = meter(parser)?;
    let within = within(parser);
    let bound = bound(parser, "total m")?;
    Some(Claim::Total { meter, within, bound, when: when(parser) })
}

/// `'rate' METER '<=' bound ['when' p]`
fn rate(parser: &mut Parser) -> Option<Claim> {
    let meter = meter(parser)?;
    let bound = bound(parser, "rate m")?;
    Some(Claim::Rate { meter, bound, when: when(parser) })
}

/// `'peak' figure '<=' bound`
fn peak(parser: &mut Parser) -> Option<Claim> {
    parser.take();
    let figure = additive(parser);
    Some(Claim::Peak { figure, bound: bound(parser, "peak e")? })
}

/// The word of the claim, and the meter it is about.
fn meter(parser: &mut Parser) -> Option<Name> {
    parser.take();
    parser.name("a meter")
}

/// `['within' n 'ticks']`
fn within(parser: &mut Parser) -> Option<Expression> {
    if !parser.eat_name("within") {
        return None;
    }
    let ticks = additive(parser);
    if !parser.eat_name("ticks") {
        parser.fail(errors::expected_token(parser.span(), "`ticks`", parser.found()));
    }
    Some(ticks)
}

/// `'<=' bound`
fn bound(parser: &mut Parser, claim: &str) -> Option<Expression> {
    if !parser.at(T::AtMost) && (parser.starts_line() || parser.at(T::End)) {
        parser.fail(errors::no_bound(parser.previous_span(), claim));
        return None;
    }
    if !parser.eat(T::AtMost) {
        parser.fail(errors::missing_bound(parser.span(), claim, parser.found()));
        return None;
    }
    Some(additive(parser))
}

/// `['when' p]`
fn when(parser: &mut Parser) -> Option<Expression> {
    (!parser.is_lost() && parser.eat(T::When)).then(|| expression(parser))
}

/// `'expect' PROPERTY ('holds' | 'fails' | 'unknown' | '==' value) ['with' NAME (',' NAME)*]
/// ['where' NAME '=' value (',' …)*]`, the last two in any order.
pub fn expect(parser: &mut Parser) -> Option<DeclarationKind> {
    parser.take();
    let property = parser.name("a property's name")?;
    let outcome = outcome(parser)?;
    let (mut mitigations, mut settings) = (Vec::new(), Vec::new());
    while !parser.is_lost() {
        if parser.eat_name("with") {
            mitigations.extend(names(parser, T::Comma, "a mitigation"));
        } else if parser.eat(T::Where) {
            settings.extend(all_settings(parser));
        } else {
            break;
        }
    }
    Some(DeclarationKind::Expect { property, outcome, mitigations, settings })
}

/// `'holds' | 'fails' | 'unknown' | '==' value`
fn outcome(parser: &mut Parser) -> Option<Outcome> {
    let outcome = match (parser.kind(), parser.text()) {
        (T::Name, "holds") => Outcome::Holds,
        (T::Name, "fails") => Outcome::Fails,
        (T::Name, "unknown") => Outcome::Unknown,
        (T::Equal, _) => {
            parser.take();
            return Some(Outcome::Worst(additive(parser)));
        }
        (T::Assign, _) => {
            parser.report(errors::assignment_for_comparison(parser.span()));
            parser.take();
            return Some(Outcome::Worst(additive(parser)));
        }
        _ => {
            parser.fail(errors::expected_outcome(parser.span(), parser.found()));
            return None;
        }
    };
    parser.take();
    Some(outcome)
}

/// `NAME '=' value (',' NAME '=' value)*`
fn all_settings(parser: &mut Parser) -> Vec<(Name, Expression)> {
    let mut settings = Vec::new();
    loop {
        settings.extend(setting(parser));
        if parser.is_lost() || !parser.eat(T::Comma) {
            return settings;
        }
    }
}

/// `NAME '=' value`
fn setting(parser: &mut Parser) -> Option<(Name, Expression)> {
    let name = parser.name("a parameter")?;
    if parser.at(T::Equal) {
        parser.report(errors::comparison_for_assignment(parser.span()));
        parser.read_as(T::Assign);
    }
    parser.expect(T::Assign).then(|| (name, additive(parser)))
}

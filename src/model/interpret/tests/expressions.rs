//! What expressions are worth.

use super::*;
use crate::model::{Definition, Quantifier};

fn boxed(expression: Expression) -> Box<Expression> {
    Box::new(expression)
}

/// The value of an expression over the start of `world`, or its breach.
fn check_in(world: &mut World, expression: Expression, expected: &str) {
    let figure = world.figure(expression);
    let model = world.finished();
    let value = Interpreter::new(&model).figure(figure, &start(&model));
    assert_eq!(value.map_or_else(show_breach, |value| show(&value)), expected);
}

fn check(expression: Expression, expected: &str) {
    check_in(&mut World::new(), expression, expected);
}

fn check_binary(left: i64, operator: Binary, right: i64, expected: &str) {
    check(at(7, binary(operator, number(left), number(right))), expected);
}

fn quantified(
    quantifier: Quantifier,
    filter: Option<Expression>,
    body: Option<Expression>,
) -> Expression {
    at(
        8,
        expression(ExpressionKind::Quantifier {
            quantifier,
            local: LocalId(3),
            domain: range(1, 3),
            filter: filter.map(boxed),
            body: body.map(boxed),
        }),
    )
}

#[test]
fn arithmetic_is_exact_or_overflows() {
    check_binary(2, Binary::Add, 3, "5");
    check_binary(2, Binary::Subtract, 3, "-1");
    check_binary(2, Binary::Multiply, 3, "6");
    check_binary(i64::MAX, Binary::Add, 1, "Overflow at 7");
    check_binary(i64::MIN, Binary::Subtract, 1, "Overflow at 7");
    check_binary(i64::MAX, Binary::Multiply, 2, "Overflow at 7");
    check(at(7, expression(ExpressionKind::Negate(boxed(number(4))))), "-4");
    check(at(7, expression(ExpressionKind::Negate(boxed(number(i64::MIN))))), "Overflow at 7");
}

#[test]
fn division_rounds_down() {
    check_binary(7, Binary::Divide, 2, "3");
    check_binary(-7, Binary::Divide, 2, "-4");
    check_binary(7, Binary::Divide, -2, "-4");
    check_binary(-7, Binary::Divide, -2, "3");
    check_binary(-6, Binary::Divide, 2, "-3");
    check_binary(1, Binary::Divide, 0, "Division at 7");
    check_binary(i64::MIN, Binary::Divide, -1, "Overflow at 7");
}

#[test]
fn modulo_has_the_sign_of_the_divisor() {
    check_binary(7, Binary::Modulo, 3, "1");
    check_binary(-7, Binary::Modulo, 3, "2");
    check_binary(7, Binary::Modulo, -3, "-2");
    check_binary(-7, Binary::Modulo, -3, "-1");
    check_binary(1, Binary::Modulo, 0, "Division at 7");
    check_binary(i64::MIN, Binary::Modulo, -1, "0");
}

#[test]
fn powers_have_exponents_from_zero() {
    check_binary(2, Binary::Power, 10, "1024");
    check_binary(0, Binary::Power, 0, "1");
    check_binary(-1, Binary::Power, i64::MAX, "-1");
    check_binary(-2, Binary::Power, 63, "-9223372036854775808");
    check_binary(2, Binary::Power, 63, "Overflow at 7");
    check_binary(2, Binary::Power, -1, "Division at 7");
}

#[test]
fn comparisons() {
    check_binary(1, Binary::Less, 2, "true");
    check_binary(2, Binary::AtMost, 2, "true");
    check_binary(2, Binary::Greater, 2, "false");
    check_binary(2, Binary::AtLeast, 3, "false");
    check_binary(2, Binary::Equal, 2, "true");
    check_binary(2, Binary::Different, 2, "false");
    check(binary(Binary::Equal, constant(Value::None), constant(Value::None)), "true");
    check(binary(Binary::Equal, constant(Value::None), number(0)), "false");
    check(binary(Binary::Equal, constant(set(&[1, 2])), constant(set(&[2, 1]))), "true");
}

#[test]
fn connectives_stop_where_the_left_side_decides() {
    for (operator, decides, other) in [
        (Binary::And, false, "true"),
        (Binary::Or, true, "false"),
        (Binary::Implies, false, "false"),
    ] {
        let decided = if operator == Binary::And { "false" } else { "true" };
        check(binary(operator, truth(decides), breaching()), decided);
        check(binary(operator, truth(!decides), breaching()), "Division at 99");
        check(binary(operator, truth(!decides), truth(other == "true")), other);
    }
}

#[test]
fn both_sides_are_judged_from_the_left() {
    let left = at(5, binary(Binary::Power, number(0), number(-1)));
    check(binary(Binary::Add, left, breaching()), "Division at 5");
}

#[test]
fn only_the_chosen_branch_is_judged() {
    let choose = |condition| {
        let (then, otherwise) = (boxed(number(1)), boxed(breaching()));
        expression(ExpressionKind::If(boxed(truth(condition)), then, otherwise))
    };
    check(choose(true), "1");
    check(choose(false), "Division at 99");
}

#[test]
fn quantifiers() {
    let is_two = || Some(binary(Binary::Equal, local(3), number(2)));
    check(quantified(Quantifier::All, None, is_two()), "false");
    check(quantified(Quantifier::All, is_two(), is_two()), "true");
    check(quantified(Quantifier::Some, None, is_two()), "true");
    check(quantified(Quantifier::No, None, is_two()), "false");
    check(quantified(Quantifier::Count, is_two(), None), "1");
    check(quantified(Quantifier::Count, None, None), "3");
    check(quantified(Quantifier::Sum, None, Some(local(3))), "6");
    check(quantified(Quantifier::Sum, None, Some(number(i64::MAX))), "Overflow at 8");
    check(quantified(Quantifier::All, Some(truth(false)), Some(breaching())), "true");
}

#[test]
fn a_quantifier_judges_even_what_cannot_change_its_answer() {
    let below_three_or_breach = || {
        let fine = binary(Binary::Less, local(3), number(3));
        let in_bad_turn =
            expression(ExpressionKind::If(boxed(fine), boxed(truth(true)), boxed(breaching())));
        Some(in_bad_turn)
    };
    check(quantified(Quantifier::Some, None, below_three_or_breach()), "Division at 99");
    check(quantified(Quantifier::No, None, below_three_or_breach()), "Division at 99");
}

#[test]
fn none_is_a_value_only_to_compare() {
    let demand = |value| at(6, expression(ExpressionKind::Demand(boxed(constant(value)))));
    check(demand(Value::Number(4)), "4");
    check(demand(Value::None), "NoneRead at 6");
    check(is(constant(Value::None), &[0]), "false");
}

#[test]
fn instances() {
    let mut world = World::new();
    let machine = world.machine(2, &["a", "b"]);
    let instance = |index| constant(Value::Instance(machine, index));
    let number_of = |index| {
        let place = boxed(number(index));
        at(6, expression(ExpressionKind::InstanceAt(machine, place)))
    };
    check_in(&mut world, is(instance(1), &[0, 1]), "true");
    check_in(&mut world, is(instance(1), &[1]), "false");
    check_in(&mut world, number_of(1), "m0.1");
    check_in(&mut world, number_of(2), "Range at 6");
    check_in(&mut world, number_of(-1), "Range at 6");
    check_in(&mut world, expression(ExpressionKind::IndexOf(boxed(instance(1)))), "1");
}

#[test]
fn sets_and_ranges() {
    let contains = |element: Value| {
        let (set, element) = (boxed(constant(set(&[1, 3]))), boxed(constant(element)));
        expression(ExpressionKind::Contains { set, element })
    };
    check(contains(Value::Number(3)), "true");
    check(contains(Value::Number(2)), "false");
    check(contains(Value::Number(1_000)), "false");
    check(contains(Value::None), "false");
    check(expression(ExpressionKind::SetOf(vec![number(2), number(1), number(2)])), "{1,2}");
    check(expression(ExpressionKind::Size(boxed(constant(set(&[1, 3]))))), "2");
    let within = |value, low, high| expression(ExpressionKind::Within(value, low, high));
    let from_one_to_three =
        |value| within(boxed(number(value)), boxed(number(1)), boxed(number(3)));
    check(from_one_to_three(1), "true");
    check(from_one_to_three(3), "true");
    check(from_one_to_three(4), "false");
    check(within(boxed(number(0)), boxed(number(1)), boxed(breaching())), "Division at 99");
}

#[test]
fn queues() {
    let ask = |kind: fn(Box<Expression>) -> ExpressionKind, items: &[i64]| {
        at(6, expression(kind(boxed(constant(Value::Queue(numbers(items)))))))
    };
    check(ask(ExpressionKind::First, &[4, 5]), "4");
    check(ask(ExpressionKind::Last, &[4, 5]), "5");
    check(ask(ExpressionKind::Length, &[4, 5]), "2");
    check(ask(ExpressionKind::First, &[]), "QueueEmpty at 6");
    check(ask(ExpressionKind::Last, &[]), "QueueEmpty at 6");
    check(expression(ExpressionKind::QueueOf(vec![number(2), number(1)])), "<2,1>");
}

#[test]
fn least_and_most_judge_all() {
    check(expression(ExpressionKind::Min(vec![number(2), number(1), number(3)])), "1");
    check(expression(ExpressionKind::Max(vec![number(2), number(3), number(1)])), "3");
    check(expression(ExpressionKind::Min(vec![number(2), breaching()])), "Division at 99");
}

#[test]
fn elements_are_found_by_rank() {
    let mut world = World::new();
    let items = world.global(array_of(range(2, 4), range(0, 9)), Value::Array(numbers(&[7, 8, 9])));
    let array = world.read(items);
    let element = |index| {
        let (array, index) = (boxed(array.clone()), boxed(number(index)));
        at(6, expression(ExpressionKind::Element { array, index }))
    };
    check_in(&mut world, element(2), "7");
    check_in(&mut world, element(4), "9");
    check_in(&mut world, element(1), "Range at 6");
    check_in(&mut world, element(5), "Range at 6");
}

#[test]
fn a_variable_with_while_has_a_meaning_in_its_states_only() {
    let mut world = World::new();
    let machine = world.machine(1, &["a", "b"]);
    let (here, elsewhere) =
        (world.number_while(machine, 3, &[0]), world.number_while(machine, 4, &[1]));
    let instance = || constant(Value::Instance(machine, 0));
    let (read, misread) = (world.read_of(instance(), here), world.read_of(instance(), elsewhere));
    check_in(&mut world, at(6, read), "3");
    check_in(&mut world, at(6, misread), "Meaningless at 6");
}

#[test]
fn a_definition_sees_its_owner_and_its_arguments() {
    let mut world = World::new();
    let machine = world.machine(2, &[]);
    let both = expression(ExpressionKind::SetOf(vec![own(), local(1), local(0)]));
    let definition = world.model.definitions.push(Definition {
        name: "both".into(),
        machine: Some(machine),
        parameter_count: 2,
        locals: Vec::new(),
        value: both,
    });
    let call = |first: Expression, arguments: Vec<Expression>| {
        expression(ExpressionKind::Call { definition, owner: Some(boxed(first)), arguments })
    };
    let owner = || constant(Value::Instance(machine, 1));
    check_in(&mut world, call(owner(), vec![number(5), number(6)]), "{5,6,m0.1}");
    let bad_owner = at(6, expression(ExpressionKind::InstanceAt(machine, boxed(number(9)))));
    check_in(&mut world, call(bad_owner, vec![breaching(), number(6)]), "Range at 6");
    let bad_value = at(7, binary(Binary::Power, number(0), number(-1)));
    check_in(&mut world, call(owner(), vec![breaching(), bad_value]), "Division at 99");
}

#[test]
fn nesting_is_no_danger() {
    let mut deep = truth(true);
    for _ in 0..1_000 {
        deep = expression(ExpressionKind::Not(boxed(deep)));
    }
    check(deep, "true");
}

//! Where a model can start.

use super::*;
use crate::model::Budget;

fn check(world: &World, expected: &[&str]) {
    let model = world.finished();
    assert_eq!(starts(&model), expected);
    // Each of them is a start when asked, too.
    let interpreter = Interpreter::new(&model);
    interpreter.starts(&mut |start| {
        if let Ok(values) = start {
            assert_eq!(interpreter.is_start(&values), Ok(true));
        }
        ControlFlow::Continue(())
    });
}

fn starts_with(world: &mut World, variable: VariableId, initial: Expression) {
    world.model.variables[variable].initial = Initial::Value(initial);
}

fn assume(world: &mut World, expression: Expression) {
    world.model.assumptions.push(Figure { expression, locals: Vec::new() });
}

#[test]
fn control_states_start_with_the_first_and_budgets_full() {
    let mut world = World::new();
    let machine = world.machine(2, &["a", "b"]);
    world.variable(Some(machine), range(0, 9), Value::Number(7));
    world.global(Type::Bool, Value::Bool(true));
    let shared = world.action(Some(machine), ActionKind::Fault, Vec::new());
    world.model.actions[shared].budget = Some(Budget { limit: 3, each: false });
    let own = world.action(Some(machine), ActionKind::Fault, Vec::new());
    world.model.actions[own].budget = Some(Budget { limit: 4, each: true });
    check(&world, &["true @0 7 @0 7 3 4 4"]);
}

#[test]
fn initial_values_read_self_and_each_other() {
    let mut world = World::new();
    let machine = world.machine(2, &[]);
    let first = world.variable(Some(machine), range(0, 9), Value::Number(0));
    let second = world.variable(Some(machine), range(0, 9), Value::Number(3));
    let index = expression(ExpressionKind::IndexOf(Box::new(own())));
    let sum = binary(Binary::Add, world.read_of(own(), second), index);
    starts_with(&mut world, first, sum);
    check(&world, &["3 3 4 3"]);
}

#[test]
fn an_initial_value_out_of_range_breaches() {
    let mut world = World::new();
    let any = world.global(Type::Bool, Value::Bool(false));
    world.model.variables[any].initial = Initial::Any;
    let x = world.global(range(0, 9), Value::Number(0));
    starts_with(&mut world, x, at(6, number(10)));
    check(&world, &["Range at 6"]);
    let model = world.finished();
    let state = vec![Value::Bool(true), Value::Number(9)];
    let judged = Interpreter::new(&model).is_start(&state).map_err(show_breach);
    assert_eq!(judged, Err("Range at 6".into()));
}

#[test]
fn any_takes_every_value_of_its_type() {
    let mut world = World::new();
    for ty in [range(1, 2), set_of(Type::Bool), array_of(Type::Bool, range(3, 4))] {
        let id = world.global(ty, Value::None);
        world.model.variables[id].initial = Initial::Any;
    }
    let all = starts(&world.finished());
    assert_eq!(all.len(), 2 * 4 * 4);
    assert_eq!((all[0].as_str(), all[1].as_str()), ("1 {} [3,3]", "1 {} [3,4]"));
    assert_eq!(all[31], "2 {false,true} [4,4]");
    check(&world, &all.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_false_part_of_an_assumption_discards_whatever_else_breaches() {
    let mut world = World::new();
    let x = world.global(range(1, 3), Value::None);
    world.model.variables[x].initial = Initial::Any;
    let x = world.read(x);
    assume(&mut world, binary(Binary::Different, x.clone(), number(2)));
    let half = at(6, binary(Binary::Divide, number(6), binary(Binary::Subtract, x, number(2))));
    assume(&mut world, binary(Binary::Greater, half, number(0)));
    // 1 makes the second false; 2 would make it breach, but the first one discards it.
    check(&world, &["3"]);
    world.model.assumptions.swap(0, 1);
    check(&world, &["3"]);
    world.model.assumptions.pop();
    check(&world, &["Division at 6", "3"]);
}

#[test]
fn a_state_with_other_values_is_no_start() {
    let mut world = World::new();
    let machine = world.machine(1, &["a", "b"]);
    world.variable(Some(machine), range(0, 3), Value::Number(1));
    let any = world.variable(Some(machine), set_of(range(0, 3)), Value::None);
    world.model.variables[any].initial = Initial::Any;
    let model = world.finished();
    let is_start = |control, x: i64, any: &[i64]| {
        let state = vec![Value::Control(machine, control), Value::Number(x), set(any)];
        Interpreter::new(&model).is_start(&state)
    };
    assert_eq!(is_start(0, 1, &[0, 3]), Ok(true));
    assert_eq!(is_start(1, 1, &[0, 3]), Ok(false));
    assert_eq!(is_start(0, 2, &[0, 3]), Ok(false));
    assert_eq!(is_start(0, 1, &[0, 4]), Ok(false));
    assert_eq!(Interpreter::new(&model).is_start(&Vec::new()), Ok(false));
}

//! What statements do in a plain sequence.

use super::*;

#[test]
fn statements_see_the_ones_before() {
    let mut world = World::new();
    let x = world.global(range(0, 9), Value::Number(1));
    let y = world.global(range(0, 9), Value::Number(0));
    let body = vec![world.add(1, x, 2), world.assign(2, y, world.read(x)), world.add(3, x, 1)];
    check_run(&mut world, body, "4 3");
}

#[test]
fn what_leaves_its_range_breaches_or_is_clamped() {
    for (edge, value, expected) in [
        (Edge::Breach, 3, "3"),
        (Edge::Breach, 4, "Range at 5"),
        (Edge::Timer, 4, "Range at 5"),
        (Edge::Clamp, 4, "3"),
        (Edge::Clamp, -4, "0"),
    ] {
        for ty in [edged(0, 3, edge), Type::Optional(Box::new(edged(0, 3, edge)))] {
            let mut world = World::new();
            let x = world.global(ty, Value::Number(0));
            let body = vec![world.assign(5, x, number(value))];
            check_run(&mut world, body, expected);
        }
        let mut world = World::new();
        let x = world.global(edged(0, 3, edge), Value::Number(0));
        let body = vec![world.add(5, x, value)];
        check_run(&mut world, body, expected);
    }
}

#[test]
fn none_may_be_assigned() {
    let mut world = World::new();
    let x = world.global(Type::Optional(Box::new(range(0, 3))), Value::Number(1));
    let body = vec![world.assign(5, x, constant(Value::None))];
    check_run(&mut world, body, "none");
}

#[test]
fn subtracting_and_overflowing() {
    let mut world = World::new();
    let x = world.global(Type::Number(Interval::ALL), Value::Number(1));
    let subtract = |amount| statement(5, StatementKind::Subtract(world.place(x), number(amount)));
    let (fine, far) = (subtract(3), subtract(i64::MIN));
    let add = world.add(6, x, i64::MAX);
    check_run(&mut world, vec![fine.clone()], "-2");
    check_run(&mut world, vec![fine.clone(), fine, far], "9223372036854775803");
    check_run(&mut world, vec![add], "Overflow at 6");
}

#[test]
fn the_value_comes_before_the_owner_and_the_indices() {
    let mut world = World::new();
    let machine = world.machine(1, &[]);
    let x = world.variable(
        Some(machine),
        array_of(range(0, 1), range(0, 9)),
        Value::Array(numbers(&[0, 0])),
    );
    let bad_owner = || at(6, expression(ExpressionKind::Demand(Box::new(constant(Value::None)))));
    let bad_index = || number(2);
    let assign = |owner, index, value| {
        let place = Place { owner: Some(owner), ..world.place_at(x, index) };
        vec![statement(5, StatementKind::Assign(place, value))]
    };
    let owner = || constant(Value::Instance(machine, 0));
    let all_bad = assign(bad_owner(), bad_index(), breaching());
    let two_bad = assign(bad_owner(), bad_index(), number(1));
    let one_bad = assign(owner(), bad_index(), number(10));
    let range_last = assign(owner(), number(1), number(10));
    let fine = assign(owner(), number(1), number(8));
    check_run(&mut world, all_bad, "Division at 99");
    check_run(&mut world, two_bad, "NoneRead at 6");
    check_run(&mut world, one_bad, "Range at 70");
    check_run(&mut world, range_last, "Range at 5");
    check_run(&mut world, fine, "[0,8]");
}

#[test]
fn an_array_is_assigned_element_by_element() {
    let mut world = World::new();
    let wide = world.global(array_of(range(0, 1), range(0, 9)), Value::Array(numbers(&[3, 7])));
    let small = array_of(range(0, 1), edged(0, 5, Edge::Clamp));
    let narrow = world.global(small, Value::Array(numbers(&[0, 0])));
    let body = vec![world.assign(5, narrow, world.read(wide))];
    check_run(&mut world, body, "[3,7] [3,5]");
}

#[test]
fn counting() {
    let mut world = World::new();
    check_run(&mut world, vec![count(5, None), count(6, Some(3)), count(7, Some(0))], " +4");
    check_run(&mut world, vec![count(5, None), count(6, Some(-1))], "NegativeCount at 6");
    let most = || count(5, Some(i64::MAX));
    check_run(&mut world, vec![most(), most(), most()], "Overflow at 5");
}

#[test]
fn one_branch_runs() {
    let mut world = World::new();
    let x = world.global(range(0, 9), Value::Number(0));
    let choose = |first, second| {
        let branches = vec![
            (truth(first), vec![world.assign(1, x, number(1))]),
            (second, vec![world.assign(2, x, number(2))]),
        ];
        let otherwise = vec![world.assign(3, x, number(3))];
        vec![statement(0, StatementKind::If { branches, otherwise })]
    };
    let (one, two) = (choose(true, breaching()), choose(false, truth(true)));
    let (three, bad) = (choose(false, truth(false)), choose(false, breaching()));
    check_run(&mut world, one, "1");
    check_run(&mut world, two, "2");
    check_run(&mut world, three, "3");
    check_run(&mut world, bad, "Division at 99");
}

#[test]
fn a_let_keeps_its_value() {
    let mut world = World::new();
    let x = world.global(range(0, 9), Value::Number(4));
    let body = vec![
        statement(1, StatementKind::Let(LocalId(0), world.read(x))),
        world.assign(2, x, number(0)),
        statement(3, StatementKind::Add(world.place(x), binary(Binary::Add, local(0), number(1)))),
    ];
    check_run(&mut world, body, "5");
}

#[test]
fn queues_are_pushed_and_popped() {
    let mut world = World::new();
    let queue = world.global(queue_of(range(0, 9), 2), Value::Queue(Vec::new()));
    let push = |element| world.push(5, queue, element);
    let pop_first = || statement(6, StatementKind::PopFirst(world.place(queue)));
    let pop_last = || statement(7, StatementKind::PopLast(world.place(queue)));
    let remove =
        |element| statement(8, StatementKind::RemoveFromQueue(world.place(queue), number(element)));
    for (body, expected) in [
        (vec![push(1), push(2)], "<1,2>"),
        (vec![push(1), push(2), push(3)], "QueueFull at 5"),
        (vec![push(10)], "Range at 5"),
        (vec![push(1), push(2), pop_first()], "<2>"),
        (vec![push(1), push(2), pop_last()], "<1>"),
        (vec![pop_first()], "QueueEmpty at 6"),
        (vec![pop_last()], "QueueEmpty at 7"),
        (vec![push(1), push(1), remove(1)], "<1>"),
        (vec![push(1), remove(2)], "<1>"),
    ] {
        let mut world = World { model: world.model.clone() };
        check_run(&mut world, body, expected);
    }
}

#[test]
fn sets_gain_and_lose_elements() {
    let mut world = World::new();
    let x = world.global(set_of(range(0, 5)), set(&[1]));
    let body = vec![world.insert(1, x, 2), world.insert(2, x, 2), world.remove(3, x, 1)];
    check_run(&mut world, body, "{2}");
    let body = vec![world.insert(4, x, 6)];
    check_run(&mut world, body, "Range at 4");
    let body = vec![world.remove(4, x, 3), world.remove(4, x, 6)];
    check_run(&mut world, body, "{1}");
    let body = vec![world.assign(5, x, constant(set(&[0, 6])))];
    check_run(&mut world, body, "Range at 5");
}

#[test]
fn a_control_state_is_set_at_once() {
    let mut world = World::new();
    let machine = world.machine(2, &["a", "b"]);
    let x = world.global(range(0, 9), Value::Number(0));
    let second = || constant(Value::Instance(machine, 1));
    let body = vec![control(1, second(), 1), when(is(second(), &[1]), vec![world.add(2, x, 1)])];
    check_run(&mut world, body, "1 @0 @1");
}

#[test]
fn what_has_no_meaning_can_be_assigned_but_not_changed() {
    let mut world = World::new();
    let machine = world.machine(1, &["a", "b"]);
    let x = world.number_while(machine, 0, &[1]);
    let owner = || constant(Value::Instance(machine, 0));
    let place = || world.place_of(owner(), x);
    let assign = |value| statement(5, StatementKind::Assign(place(), number(value)));
    let add = || statement(6, StatementKind::Add(place(), number(1)));
    let enter = || control(7, owner(), 1);
    for (body, expected) in [
        (vec![assign(3)], "@0 0"),
        (vec![assign(10)], "Range at 5"),
        (vec![assign(3), enter()], "@1 3"),
        (vec![add(), enter()], "Meaningless at 70"),
        (vec![enter(), add()], "@1 1"),
        (vec![enter(), add(), control(8, owner(), 0)], "@0 0"),
    ] {
        let mut world = World { model: world.model.clone() };
        check_run(&mut world, body, expected);
    }
}

#[test]
fn the_value_is_evaluated_before_the_meaning_is_asked_for() {
    let mut world = World::new();
    let machine = world.machine(1, &["a", "b"]);
    let x = world.number_while(machine, 0, &[1]);
    let place = world.place_of(constant(Value::Instance(machine, 0)), x);
    let body = vec![statement(5, StatementKind::Add(place, breaching()))];
    check_run(&mut world, body, "Division at 99");
}

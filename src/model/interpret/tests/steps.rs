//! Which steps a state has, and where they lead.

use super::*;
use crate::model::Budget;

fn check(world: &World, expected: &[&str]) {
    let model = world.finished();
    assert_eq!(moves(&model, &start(&model)), expected);
}

/// The steps of the state after taking these steps from the start.
fn check_after(world: &World, actions: &[u32], expected: &[&str]) {
    let model = world.finished();
    let mut state = start(&model);
    for &action in actions {
        let mut steps = Interpreter::new(&model).moves(&state).into_iter();
        let step = steps.find(|step| step.action == ActionId(action)).expect("it is enabled");
        state = step.next.expect("it does not breach");
    }
    assert_eq!(moves(&model, &state), expected);
}

#[test]
fn a_model_without_actions_ticks() {
    check(&World::new(), &["0: "]);
}

#[test]
fn steps_come_in_order_the_last_parameter_fastest() {
    let mut world = World::new();
    let machine = world.machine(2, &[]);
    let x = world.global(range(0, 99), Value::Number(0));
    let both = binary(Binary::Add, binary(Binary::Multiply, number(10), local(0)), local(1));
    let body = vec![world.assign(1, x, both)];
    let action = world.action(Some(machine), ActionKind::May, body);
    world.parameter(action, range(1, 2), None);
    world.parameter(action, range(3, 4), None);
    let expected = ["0: 0", "1: 13", "2: 14", "3: 23", "4: 24", "5: 13", "6: 14", "7: 23", "8: 24"];
    check(&world, &expected);
}

#[test]
fn time_does_not_pass_while_an_urgent_action_is_enabled() {
    for (kind, expected) in [
        (ActionKind::Urgent, vec!["1: "]),
        (ActionKind::Eventually, vec!["0: ", "1: "]),
        (ActionKind::May, vec!["0: ", "1: "]),
        (ActionKind::Fault, vec!["0: ", "1: "]),
        (ActionKind::Operator, vec!["0: ", "1: "]),
    ] {
        let mut world = World::new();
        world.action(None, kind, Vec::new());
        check(&world, &expected);
    }
    let mut world = World::new();
    let action = world.action(None, ActionKind::Urgent, Vec::new());
    world.model.actions[action].guard = Some(truth(false));
    check(&world, &["0: "]);
}

#[test]
fn an_urgent_action_that_breaches_is_enabled() {
    let mut world = World::new();
    let action = world.action(None, ActionKind::Urgent, Vec::new());
    world.model.actions[action].guard = Some(breaching());
    check(&world, &["1: Division at 99"]);
}

#[test]
fn a_breach_in_the_body_leads_nowhere_and_counts_nothing() {
    let mut world = World::new();
    let x = world.global(range(0, 3), Value::Number(0));
    let body = vec![count(1, None), world.add(2, x, 4)];
    world.action(None, ActionKind::May, body);
    check(&world, &["0: 0", "1: Range at 2"]);
}

#[test]
fn an_arrow_starts_where_it_says_and_is_followed_after_the_body() {
    let mut world = World::new();
    let machine = world.machine(2, &["a", "b"]);
    let x = world.global(range(0, 9), Value::Number(0));
    let still_there = when(is(own(), &[0]), vec![world.add(1, x, 1)]);
    let there = world.action(Some(machine), ActionKind::May, vec![still_there]);
    world.model.actions[there].from = Some(vec![0]);
    world.model.actions[there].to = Some(1);
    let back = world.action(Some(machine), ActionKind::May, Vec::new());
    world.model.actions[back].from = Some(vec![1]);
    world.model.actions[back].to = Some(0);
    check(&world, &["0: 0 @0 @0", "1: 1 @1 @0", "2: 1 @0 @1"]);
    check_after(&world, &[1], &["0: 1 @1 @0", "2: 2 @1 @1", "3: 1 @0 @0"]);
}

#[test]
fn what_comes_first_decides_whether_an_action_is_enabled() {
    let with = |from, left, filters: [Expression; 2], guard| {
        let mut world = World::new();
        let machine = world.machine(1, &["a", "b"]);
        let action = world.action(Some(machine), ActionKind::Urgent, Vec::new());
        for filter in filters {
            world.parameter(action, range(7, 7), Some(filter));
        }
        let declared = &mut world.model.actions[action];
        declared.from = Some(vec![from]);
        declared.budget = Some(Budget { limit: left, each: false });
        declared.guard = Some(guard);
        world
    };
    let at_place = |place| at(place, binary(Binary::Divide, number(1), number(0)));
    let (yes, no) = (|| truth(true), || truth(false));
    check(&with(1, 1, [at_place(1), at_place(2)], at_place(3)), &["0: @0 1"]);
    check(&with(0, 0, [at_place(1), at_place(2)], at_place(3)), &["0: @0 0"]);
    check(&with(0, 1, [at_place(1), at_place(2)], at_place(3)), &["1: Division at 1"]);
    check(&with(0, 1, [no(), at_place(2)], at_place(3)), &["0: @0 1"]);
    check(&with(0, 1, [yes(), at_place(2)], at_place(3)), &["1: Division at 2"]);
    check(&with(0, 1, [yes(), no()], at_place(3)), &["0: @0 1"]);
    check(&with(0, 1, [yes(), yes()], at_place(3)), &["1: Division at 3"]);
    check(&with(0, 1, [yes(), yes()], no()), &["0: @0 1"]);
    check(&with(0, 1, [yes(), yes()], yes()), &["1: @0 0"]);
}

#[test]
fn a_filter_reads_the_parameters_before_it() {
    let mut world = World::new();
    let action = world.action(None, ActionKind::Urgent, Vec::new());
    world.parameter(action, range(1, 2), None);
    world.parameter(action, range(1, 2), Some(binary(Binary::Different, local(0), local(1))));
    check(&world, &["2: ", "3: "]);
}

#[test]
fn a_budget_is_shared_or_each_has_its_own() {
    let with = |each| {
        let mut world = World::new();
        let machine = world.machine(2, &[]);
        let action = world.action(Some(machine), ActionKind::Fault, Vec::new());
        world.model.actions[action].budget = Some(Budget { limit: 1, each });
        world
    };
    check(&with(false), &["0: 1", "1: 0", "2: 0"]);
    check_after(&with(false), &[1], &["0: 0"]);
    check(&with(true), &["0: 1 1", "1: 0 1", "2: 1 0"]);
    check_after(&with(true), &[1], &["0: 0 1", "2: 0 0"]);
}

#[test]
fn what_loses_its_meaning_goes_back_to_its_initial_value() {
    let mut world = World::new();
    let machine = world.machine(2, &["a", "b"]);
    let x = world.number_while(machine, 3, &[1]);
    let enter = statement(1, StatementKind::Assign(world.place_of(own(), x), number(8)));
    let enter = world.action(Some(machine), ActionKind::May, vec![enter]);
    world.model.actions[enter].from = Some(vec![0]);
    world.model.actions[enter].to = Some(1);
    // Whoever leaves, and by whoever's step.
    let all_leave = each(0, Type::Instance(machine), vec![control(2, local(0), 0)]);
    world.action(None, ActionKind::May, vec![all_leave]);
    check(&world, &["0: @0 3 @0 3", "1: @1 8 @0 3", "2: @0 3 @1 8", "3: @0 3 @0 3"]);
    let expected = ["0: @1 8 @1 8", "3: @0 3 @0 3"];
    check_after(&world, &[1, 2], &expected);
}

#[test]
fn a_tick_runs_timers_down_to_zero() {
    let mut world = World::new();
    let timer = || edged(0, 5, Edge::Timer);
    world.global(timer(), Value::Number(2));
    world.global(timer(), Value::Number(0));
    world.global(range(0, 5), Value::Number(2));
    world.global(array_of(Type::Bool, timer()), Value::Array(numbers(&[0, 3])));
    world.global(Type::Optional(Box::new(timer())), Value::Number(1));
    world.global(Type::Optional(Box::new(timer())), Value::None);
    check(&world, &["0: 1 0 2 [0,2] 0 none"]);
}

#[test]
fn a_timer_runs_only_where_it_has_a_meaning() {
    let mut world = World::new();
    let machine = world.machine(1, &["a", "b"]);
    for alive in [0, 1] {
        let id = world.variable(Some(machine), edged(0, 5, Edge::Timer), Value::Number(4));
        world.model.variables[id].alive = Some(vec![alive]);
    }
    check(&world, &["0: @0 3 4"]);
}

#[test]
fn a_timer_that_loses_its_meaning_on_a_tick_is_full_again() {
    let mut world = World::new();
    let machine = world.machine(1, &["a", "b"]);
    let id = world.variable(Some(machine), edged(0, 5, Edge::Timer), Value::Number(4));
    world.model.variables[id].alive = Some(vec![0]);
    world.on_tick(Some(machine), vec![control(1, own(), 1)]);
    check(&world, &["0: @1 4"]);
}

#[test]
fn blocks_outside_machines_come_first_and_see_timers_run_down() {
    let mut world = World::new();
    let timer = world.global(edged(0, 9, Edge::Timer), Value::Number(3));
    let x = world.global(range(0, 9), Value::Number(0));
    let machine = world.machine(2, &[]);
    let y = world.variable(Some(machine), range(0, 99), Value::Number(0));
    let copy = statement(1, StatementKind::Assign(world.place_of(own(), y), world.read(x)));
    world.on_tick(Some(machine), vec![copy]);
    let take = world.assign(2, x, world.read(timer));
    world.on_tick(None, vec![take]);
    let add = world.add(3, x, 5);
    world.on_tick(None, vec![add, count(4, None)]);
    check(&world, &["0: 2 7 7 7 +1"]);
}

#[test]
fn blocks_of_machines_are_turns_of_one_loop() {
    let mut world = World::new();
    let x = world.global(range(0, 9), Value::Number(0));
    let one = world.machine(2, &[]);
    let other = world.machine(1, &[]);
    let sees = |world: &World, value| {
        let seen = binary(Binary::Equal, world.read(x), number(value));
        when(seen, vec![count(9, None)])
    };
    // Both blocks of a machine are one turn: the second sees what the first has done.
    let body = vec![sees(&world, 0), world.add(1, x, 6)];
    world.on_tick(Some(one), body);
    let body = vec![sees(&world, 6), world.add(2, x, -4)];
    world.on_tick(Some(one), body);
    let body = vec![sees(&world, 0), world.add(3, x, 1)];
    world.on_tick(Some(other), body);
    check(&world, &["0: 5 +5"]);
    let body = vec![world.assign(4, x, number(5))];
    world.on_tick(Some(other), body);
    check(&world, &["0: Conflict at 1"]);
}

#[test]
fn a_tick_counts_itself() {
    let mut world = World::new();
    world.action(None, ActionKind::May, vec![count(1, Some(2))]);
    world.on_tick(None, vec![count(2, Some(3))]);
    let model = world.finished();
    let moves = Interpreter::new(&model).moves(&start(&model));
    let counts: Vec<_> = moves.iter().map(|step| step.counts.as_slice()).collect();
    assert_eq!(counts, [[1, 3], [0, 2]]);
}

#[test]
fn resting() {
    let with = |kind, guard, ticks: Vec<Statement>| {
        let mut world = World::new();
        world.global(edged(0, 3, Edge::Timer), Value::Number(0));
        let action = world.action(None, kind, Vec::new());
        world.model.actions[action].guard = Some(guard);
        world.on_tick(None, ticks);
        let figure = world.figure(expression(ExpressionKind::Resting));
        let model = world.finished();
        Interpreter::new(&model).figure(figure, &start(&model))
    };
    let rests = Ok(Value::Bool(true));
    let owes = Ok(Value::Bool(false));
    assert_eq!(with(ActionKind::Urgent, truth(false), vec![]), rests);
    assert_eq!(with(ActionKind::Urgent, truth(true), vec![]), owes);
    assert_eq!(with(ActionKind::Eventually, truth(true), vec![]), owes);
    assert_eq!(with(ActionKind::Eventually, breaching(), vec![]), owes);
    assert_eq!(with(ActionKind::May, truth(true), vec![]), rests);
    assert_eq!(with(ActionKind::Operator, truth(true), vec![]), rests);
    let timer = VariableId(0);
    let change = |value| {
        let ty = edged(0, 3, Edge::Timer);
        let place = Place { variable: timer, owner: None, indices: vec![], ty, span: span(70) };
        vec![statement(1, StatementKind::Assign(place, number(value)))]
    };
    assert_eq!(with(ActionKind::May, truth(true), change(1)), owes);
    assert_eq!(with(ActionKind::May, truth(true), change(4)), owes);
    assert_eq!(with(ActionKind::May, truth(true), vec![count(1, None)]), rests);
}

#[test]
fn a_documented_action_shows_the_state_before_its_step() {
    let mut world = World::new();
    let machine = world.machine(1, &["a", "b"]);
    let there = world.number_while(machine, 4, &[0]);
    let away = world.number_while(machine, 4, &[1]);
    let (there, away) = (world.read_of(own(), there), world.read_of(own(), away));
    let action = world.action(Some(machine), ActionKind::May, Vec::new());
    world.parameter(action, range(7, 8), None);
    let text = |text: &str| DocPiece::Text(text.into());
    world.model.actions[action].doc = vec![
        DocPiece::Shown(own()),
        text(" takes "),
        DocPiece::Shown(local(0)),
        text(" of "),
        DocPiece::Shown(there),
        text("/"),
        DocPiece::Shown(away),
    ];
    world.action(None, ActionKind::May, Vec::new());
    let model = world.finished();
    let fill = |action| Interpreter::new(&model).fill_doc(ActionId(action), &start(&model), &show);
    assert_eq!(fill(2), Some("m0.0 takes 8 of 4/none".into()));
    assert_eq!((fill(0), fill(3)), (None, None));
}

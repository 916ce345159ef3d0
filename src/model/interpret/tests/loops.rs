//! Loops: with an order over numbers and names, without one over instances.

use super::*;

/// A world with a machine of three instances, and a number, a clamped number, an array, a set, a queue.
struct Loops {
    world: World,
    machine: MachineId,
    number: VariableId,
    clamped: VariableId,
    array: VariableId,
    set: VariableId,
    queue: VariableId,
}

fn loops() -> Loops {
    let mut world = World::new();
    let machine = world.machine(3, &["a", "b", "c"]);
    let number = world.global(range(0, 9), Value::Number(5));
    let clamped = world.global(edged(0, 9, Edge::Clamp), Value::Number(5));
    let array = array_of(range(0, 1), range(0, 9));
    let array = world.global(array, Value::Array(numbers(&[5, 5])));
    let set = world.global(set_of(range(0, 9)), set(&[5]));
    let queue = world.global(queue_of(range(0, 9), 3), Value::Queue(numbers(&[5])));
    Loops { world, machine, number, clamped, array, set, queue }
}

/// What a body does, as `number clamped array set queue` and the three control states.
const START: &str = "5 5 [5,5] {5} <5> @0 @0 @0";

impl Loops {
    fn instance(&self, index: u32) -> Expression {
        constant(Value::Instance(self.machine, index))
    }

    /// `for` over the machine, each turn with statements of its own.
    fn turns(&self, of: [Vec<Statement>; 3]) -> Statement {
        self.turns_with(0, of)
    }

    fn turns_with(&self, id: u32, of: [Vec<Statement>; 3]) -> Statement {
        let is_turn = |index| binary(Binary::Equal, local(id), self.instance(index));
        let body = of.into_iter().zip(0..).map(|(body, index)| when(is_turn(index), body));
        each(id, Type::Instance(self.machine), body.collect())
    }

    fn assign_element(&self, place: usize, index: i64, value: i64) -> Statement {
        let element = self.world.place_at(self.array, number(index));
        statement(place, StatementKind::Assign(element, number(value)))
    }

    fn assign_set(&self, place: usize, items: &[i64]) -> Statement {
        self.world.assign(place, self.set, constant(set(items)))
    }
}

/// Runs what `body` makes of the world of loops.
fn check(body: impl FnOnce(&Loops) -> Vec<Statement>, expected: &str) {
    let mut loops = loops();
    let body = body(&loops);
    check_run(&mut loops.world, body, expected);
}

/// Runs one unordered loop, turn by turn.
fn check_turns(turns: impl FnOnce(&Loops) -> [Vec<Statement>; 3], expected: &str) {
    check(|loops| vec![loops.turns(turns(loops))], expected);
}

#[test]
fn turns_over_numbers_see_the_ones_before() {
    let double_and_add = |loops: &Loops| {
        let (x, turn) = (loops.world.read(loops.clamped), local(0));
        let value = binary(Binary::Subtract, binary(Binary::Multiply, number(2), x), turn);
        vec![each(0, range(4, 6), vec![loops.world.assign(1, loops.clamped, value)])]
    };
    // 2 · 5 − 4 = 6; 2 · 6 − 5 = 7; 2 · 7 − 6 = 8.
    check(double_and_add, "5 8 [5,5] {5} <5> @0 @0 @0");
}

#[test]
fn turns_over_numbers_are_judged_one_by_one() {
    let add = |amounts: [i64; 2]| {
        move |loops: &Loops| {
            let turn = |at: i64, amount: i64| {
                let is_turn = binary(Binary::Equal, local(0), number(at));
                when(is_turn, vec![loops.world.add(1, loops.number, amount)])
            };
            vec![each(0, range(0, 1), vec![turn(0, amounts[0]), turn(1, amounts[1])])]
        }
    };
    check(add([4, -2]), "7 5 [5,5] {5} <5> @0 @0 @0");
    check(add([5, -2]), "Range at 1");
}

#[test]
fn optional_numbers_have_an_order_and_optional_instances_none() {
    let plus_five_minus_three = |loops: &Loops, domain: Type, first: Expression| {
        let is_first = binary(Binary::Equal, local(0), first);
        let otherwise = vec![loops.world.add(2, loops.clamped, -3)];
        let branches = vec![(is_first, vec![loops.world.add(1, loops.clamped, 7)])];
        let body = vec![statement(0, StatementKind::If { branches, otherwise })];
        vec![each(0, Type::Optional(Box::new(domain)), body)]
    };
    // 5 + 7 is clamped to 9 before 3 is taken away.
    check(
        |loops| plus_five_minus_three(loops, range(1, 1), number(1)),
        "5 6 [5,5] {5} <5> @0 @0 @0",
    );
    // 5 + 7 − 3 − 3 − 3, clamped once.
    check(
        |loops| plus_five_minus_three(loops, Type::Instance(loops.machine), loops.instance(0)),
        "5 3 [5,5] {5} <5> @0 @0 @0",
    );
}

#[test]
fn a_filter_leaves_turns_out() {
    check(
        |loops| {
            let filter = Some(binary(Binary::Different, local(0), loops.instance(1)));
            let (local, domain) = (LocalId(0), Type::Instance(loops.machine));
            let body = vec![loops.world.add(1, loops.number, 2), count(2, None)];
            vec![statement(0, StatementKind::For { local, domain, filter, body })]
        },
        "9 5 [5,5] {5} <5> @0 @0 @0 +2",
    );
    check(
        |loops| {
            let (filter, local) = (Some(breaching()), LocalId(0));
            let domain = Type::Instance(loops.machine);
            vec![statement(0, StatementKind::For { local, domain, filter, body: Vec::new() })]
        },
        "Division at 99",
    );
}

#[test]
fn what_turns_add_is_summed_and_judged_once() {
    let add = |loops: &Loops, amounts: [i64; 3]| {
        let add = |at, amount| vec![loops.world.add(at, loops.number, amount)];
        [add(1, amounts[0]), add(2, amounts[1]), add(3, amounts[2])]
    };
    check_turns(|loops| add(loops, [9, -8, 1]), "7 5 [5,5] {5} <5> @0 @0 @0");
    check_turns(|loops| add(loops, [0, 0, 0]), START);
    check_turns(|loops| add(loops, [2, 2, 1]), "Range at 1");
    check_turns(|loops| add(loops, [-2, -2, -2]), "Range at 1");
}

#[test]
fn what_turns_add_is_clamped_once() {
    let add = |loops: &Loops, amounts: [i64; 3]| {
        let add = |at, amount| vec![loops.world.add(at, loops.clamped, amount)];
        [add(1, amounts[0]), add(2, amounts[1]), add(3, amounts[2])]
    };
    check_turns(|loops| add(loops, [9, -8, 1]), "5 7 [5,5] {5} <5> @0 @0 @0");
    check_turns(|loops| add(loops, [9, 9, 9]), "5 9 [5,5] {5} <5> @0 @0 @0");
}

#[test]
fn a_turn_sees_its_own_additions_unclamped_and_no_other_turn() {
    check_turns(
        |loops| {
            let add = || loops.world.add(1, loops.clamped, 7);
            let sees = |value| {
                let seen = binary(Binary::Equal, loops.world.read(loops.clamped), number(value));
                when(seen, vec![count(2, None)])
            };
            [vec![sees(5), add(), sees(12)], vec![sees(5), add(), add(), sees(19)], vec![sees(5)]]
        },
        "5 9 [5,5] {5} <5> @0 @0 @0 +5",
    );
}

#[test]
fn adding_overflows_where_it_happens() {
    check_turns(
        |loops| {
            let add = || loops.world.add(1, loops.clamped, i64::MAX);
            [vec![], vec![add()], vec![]]
        },
        "Overflow at 1",
    );
    check_turns(
        |loops| {
            let add = |at| vec![loops.world.add(at, loops.clamped, i64::MAX - 5)];
            [vec![], add(1), add(2)]
        },
        "Overflow at 1",
    );
}

#[test]
fn one_turn_may_assign() {
    check_turns(
        |loops| [vec![], vec![loops.world.assign(1, loops.number, number(7))], vec![]],
        "7 5 [5,5] {5} <5> @0 @0 @0",
    );
    check_turns(
        |loops| [vec![], vec![loops.world.assign(1, loops.number, number(10))], vec![]],
        "Range at 1",
    );
}

#[test]
fn two_turns_may_not_even_if_they_agree() {
    check_turns(
        |loops| {
            let assign = |at| vec![loops.world.assign(at, loops.number, number(7))];
            [assign(1), vec![], assign(2)]
        },
        "Conflict at 1",
    );
}

#[test]
fn one_turn_may_not_assign_what_another_adds_to() {
    check_turns(
        |loops| {
            let assign = vec![loops.world.assign(2, loops.number, number(7))];
            [vec![loops.world.add(1, loops.number, 1)], assign, vec![]]
        },
        "Conflict at 1",
    );
}

#[test]
fn assigning_forgets_what_the_turn_has_added() {
    check_turns(
        |loops| {
            let (add, assign) = (
                loops.world.add(1, loops.number, 100),
                loops.world.assign(2, loops.number, number(7)),
            );
            [vec![add, assign], vec![], vec![]]
        },
        "7 5 [5,5] {5} <5> @0 @0 @0",
    );
}

#[test]
fn adding_to_what_the_turn_has_assigned_is_judged_at_once() {
    let assign_and_add = |amounts: &'static [i64]| {
        move |loops: &Loops| {
            let mut body = vec![loops.world.assign(1, loops.number, number(7))];
            body.extend(amounts.iter().map(|&amount| loops.world.add(2, loops.number, amount)));
            [vec![], body, vec![]]
        }
    };
    check_turns(assign_and_add(&[2, -1]), "8 5 [5,5] {5} <5> @0 @0 @0");
    check_turns(assign_and_add(&[3, -1]), "Range at 2");
}

#[test]
fn a_conflict_stands_at_the_first_touch_even_if_it_was_forgotten() {
    check_turns(
        |loops| {
            let assign = |at| loops.world.assign(at, loops.number, number(7));
            [vec![loops.world.add(1, loops.number, 1), assign(2)], vec![assign(3)], vec![]]
        },
        "Conflict at 1",
    );
}

#[test]
fn elements_of_an_array_are_apart() {
    check_turns(
        |loops| {
            let assign = |at, index| vec![loops.assign_element(at, index, 7)];
            [assign(1, 0), assign(2, 1), vec![]]
        },
        "5 5 [7,7] {5} <5> @0 @0 @0",
    );
    check_turns(
        |loops| {
            let assign = |at, index| vec![loops.assign_element(at, index, 7)];
            [assign(1, 1), assign(2, 1), vec![]]
        },
        "Conflict at 1",
    );
    check_turns(
        |loops| {
            let other = constant(Value::Array(numbers(&[1, 2])));
            let whole = vec![loops.world.assign(1, loops.array, other)];
            [whole, vec![loops.assign_element(2, 1, 7)], vec![]]
        },
        "Conflict at 1",
    );
}

#[test]
fn control_states_are_assigned() {
    check_turns(
        |_| {
            let set = |at, state| vec![control(at, local(0), state)];
            [set(1, 1), set(2, 2), vec![]]
        },
        "5 5 [5,5] {5} <5> @1 @2 @0",
    );
    check_turns(
        |loops| {
            let set = |at| vec![control(at, loops.instance(2), 1)];
            [set(1), set(2), vec![]]
        },
        "Conflict at 1",
    );
}

#[test]
fn elements_of_a_set_are_apart_and_may_agree() {
    check_turns(
        |loops| {
            let insert = |at, element| loops.world.insert(at, loops.set, element);
            let remove = vec![loops.world.remove(3, loops.set, 5)];
            [vec![insert(1, 1)], vec![insert(2, 1), insert(2, 2)], remove]
        },
        "5 5 [5,5] {1,2} <5> @0 @0 @0",
    );
    check_turns(
        |loops| {
            let (insert, remove) =
                (loops.world.insert(1, loops.set, 5), loops.world.remove(2, loops.set, 5));
            [vec![insert], vec![remove], vec![]]
        },
        "Conflict at 1",
    );
}

#[test]
fn the_last_that_a_turn_does_to_an_element_counts() {
    check_turns(
        |loops| {
            let (insert, remove) =
                (loops.world.insert(1, loops.set, 5), loops.world.remove(2, loops.set, 5));
            [vec![insert, remove.clone()], vec![remove], vec![]]
        },
        "5 5 [5,5] {} <5> @0 @0 @0",
    );
}

#[test]
fn a_set_is_assigned_by_one_turn_that_is_alone_with_it() {
    check_turns(
        |loops| {
            let (before, after) =
                (loops.world.insert(1, loops.set, 1), loops.world.insert(3, loops.set, 3));
            [vec![before, loops.assign_set(2, &[2]), after], vec![], vec![]]
        },
        "5 5 [5,5] {2,3} <5> @0 @0 @0",
    );
    check_turns(
        |loops| [vec![loops.assign_set(1, &[2])], vec![loops.assign_set(2, &[2])], vec![]],
        "Conflict at 1",
    );
    check_turns(
        |loops| {
            let insert = loops.world.insert(1, loops.set, 9);
            [
                vec![insert, loops.world.insert(2, loops.set, 0)],
                vec![],
                vec![loops.assign_set(3, &[9])],
            ]
        },
        "Conflict at 1",
    );
}

#[test]
fn a_queue_is_assigned_whatever_is_done_to_it() {
    check_turns(
        |loops| {
            let push = |element| loops.world.push(1, loops.queue, element);
            [vec![], vec![push(6), push(7)], vec![]]
        },
        "5 5 [5,5] {5} <5,6,7> @0 @0 @0",
    );
    check_turns(
        |loops| {
            let push = vec![loops.world.push(1, loops.queue, 6)];
            let place = loops.world.place(loops.queue);
            let remove = statement(2, StatementKind::RemoveFromQueue(place, number(0)));
            [push, vec![], vec![remove]]
        },
        "Conflict at 1",
    );
}

#[test]
fn the_first_turn_that_breaches_wins_before_any_merge() {
    check_turns(
        |loops| {
            let assign = |at, value| loops.world.assign(at, loops.number, number(value));
            [vec![assign(1, 1)], vec![assign(2, 10)], vec![assign(3, 10)]]
        },
        "Range at 2",
    );
}

#[test]
fn the_first_location_that_breaches_wins_the_merge() {
    check_turns(
        |loops| {
            let conflict = |at| loops.assign_element(at, 0, 7);
            let add = |at| loops.world.add(at, loops.number, 3);
            [vec![conflict(1), add(2)], vec![conflict(3), add(4)], vec![]]
        },
        "Range at 2",
    );
    check_turns(
        |loops| {
            let assign = |at, index| loops.assign_element(at, index, 7);
            [vec![assign(1, 1), assign(2, 0)], vec![assign(3, 1), assign(4, 0)], vec![]]
        },
        "Conflict at 2",
    );
}

#[test]
fn an_inner_loop_adds_to_what_its_turn_has_added() {
    // Each of three turns adds 1, and three times −1 from within: 5 + 3 · (1 − 3) = −1.
    let nested = |amount| {
        move |loops: &Loops| {
            let inner = vec![loops.world.add(2, loops.number, amount)];
            let inner = each(1, Type::Instance(loops.machine), inner);
            vec![each(
                0,
                Type::Instance(loops.machine),
                vec![loops.world.add(1, loops.number, 1), inner],
            )]
        }
    };
    check(nested(-1), "Range at 1");
    check(nested(0), "8 5 [5,5] {5} <5> @0 @0 @0");
}

#[test]
fn an_inner_loop_sees_what_its_turn_sees() {
    check_turns(
        |loops| {
            let sees = binary(Binary::Equal, loops.world.read(loops.number), number(105));
            let inner =
                each(1, Type::Instance(loops.machine), vec![when(sees, vec![count(2, None)])]);
            let add = |amount| loops.world.add(1, loops.number, amount);
            [vec![add(100), inner], vec![add(-100)], vec![]]
        },
        "5 5 [5,5] {5} <5> @0 @0 @0 +3",
    );
}

#[test]
fn an_inner_loop_is_judged_where_its_turn_has_assigned() {
    let inner = |amounts: [i64; 3]| {
        move |loops: &Loops| {
            let add = |at, amount| vec![loops.world.add(at, loops.number, amount)];
            let inner = [add(2, amounts[0]), add(3, amounts[1]), add(4, amounts[2])];
            let assign = loops.world.assign(1, loops.number, number(7));
            [vec![assign, loops.turns_with(1, inner)], vec![], vec![]]
        }
    };
    check_turns(inner([9, -8, 1]), "9 5 [5,5] {5} <5> @0 @0 @0");
    check_turns(inner([1, 1, 1]), "Range at 2");
}

#[test]
fn what_an_inner_loop_assigns_its_turn_assigns() {
    check_turns(
        |loops| {
            let assign = loops.world.assign(2, loops.number, number(7));
            let inner = loops.turns_with(1, [vec![], vec![assign], vec![]]);
            [vec![inner], vec![loops.world.add(3, loops.number, 1)], vec![]]
        },
        "Conflict at 2",
    );
    check_turns(
        |loops| {
            let insert = |at, element| vec![loops.world.insert(at, loops.set, element)];
            let inner = loops.turns_with(1, [insert(2, 8), insert(3, 1), vec![]]);
            [vec![inner], vec![loops.assign_set(4, &[])], vec![]]
        },
        "Conflict at 2",
    );
    check_turns(
        |loops| {
            let insert = |at, element| vec![loops.world.insert(at, loops.set, element)];
            let inner = loops.turns_with(1, [insert(2, 8), insert(3, 1), vec![]]);
            [vec![loops.assign_set(4, &[7]), inner], vec![], vec![]]
        },
        "5 5 [5,5] {1,7,8} <5> @0 @0 @0",
    );
}

#[test]
fn turns_count_together() {
    check(
        |loops| vec![each(0, Type::Instance(loops.machine), vec![count(1, Some(2))])],
        "5 5 [5,5] {5} <5> @0 @0 @0 +6",
    );
}

#[test]
fn a_turn_sees_the_control_states_that_it_sets() {
    let mut world = World::new();
    let machine = world.machine(2, &["a", "b"]);
    let x = world.number_while(machine, 0, &[1]);
    let body = vec![
        control(1, local(0), 1),
        statement(2, StatementKind::Add(world.place_of(local(0), x), number(4))),
    ];
    check_run(&mut world, vec![each(0, Type::Instance(machine), body)], "@1 4 @1 4");
}

//! Texts for every kind of type, expression, action and start.

use super::*;

#[test]
fn the_flagship() {
    let flagship = include_str!("../../syntax/flagship.squall");
    let text = flagship.split_once("model ebs_2011").expect("it names its model").1;
    let smaller =
        text.replace("nodes     = 4", "nodes     = 2").replace("volumes   = 4", "volumes   = 2");
    check(&smaller);
    for mitigation in ["reattach", "back_off", "headroom", "no_race", "wide_secondary"] {
        let applied = smaller.replace(&format!("mitigation {mitigation}"), "mitigation unused");
        let applied = applied.replace("{ slots = 4 }", "");
        let _ = applied;
    }
}

#[test]
fn scalars_of_all_types() {
    check(
        "enum Colour { red, green, blue }
         machine Node * 2 { state up, down
           var colour: Colour = green
           var other: Node? = none
           var level: -2..3 = 0
           var flag: bool
           var small: 5..5
           action paint(c: Colour): up -> down when colour != c { colour = c level = if c == red then -2 else level + 1 }
           action link(n: Node?): down -> up when other != n { other = n flag = n == none }
           may action toggle when flag implies level > 0 { flag = not flag level = small - 4 }
         }
         watch linked = count n: Node where n.other != none and n.other is up
         watch colour_of = if Node2.flag then 1 else 0"
            .replace("Node2.flag", "(some n: Node: n.flag)")
            .as_str(),
    );
}

#[test]
fn numbers_are_added_divided_and_raised_with_their_breaches() {
    check_breaching(
        "var a: -4..4 = 0
         var b: -4..4 = 1
         var big: 0..9 = 9
         may action walk_a(d: -1..1): when true { a += d }
         may action walk_b(d: -1..1) { b += d }
         action divide when a mod 3 == 1 { b = a / b }
         action modulo when a / 2 == -1 { b = a mod b }
         action power when a == 2 { b = min(2 ^ b, 4) }
         action overflow when a == -4 { big = max(0, 9223372036854775807 - b * 9223372036854775807) mod 10 }
         action negate when a == 3 { b = -b - a }"
            .replace("walk_a(d: -1..1): when true", "walk_a(d: -1..1)")
            .as_str(),
    );
}

#[test]
fn sets_are_masks_over_their_domain() {
    check_breaching(
        "machine Node * 3 { var seen: set of Node = {} }
         var chosen: set of 2..5 = {3}
         var odd: set of (Node?) = {}
         may action see(a: Node, b: Node) { add(a.seen, b) }
         may action forget(a: Node, b: Node) when size(a.seen) > 1 { remove(a.seen, b) }
         may action take(x: 0..6) { add(chosen, x) }
         may action drop(x: 0..6) { remove(chosen, x) }
         may action assign(x: 1..5) when chosen == {2, 3} { chosen = {x, 4} }
         watch sizes = size(chosen) + size({1, 2, 1})
         watch has = if 3 in chosen and not (9 in chosen) then 1 else 0
         watch same = if chosen == {3, 2} or {100, 3} == chosen then 1 else 0
         watch both = count n: Node where n in n.seen"
            .replace("set of (Node?)", "set of 0..3")
            .as_str(),
    );
}

#[test]
fn queues_are_bounded_and_in_order() {
    check_breaching(
        "var line: queue of 1..3 max 3 = []
         var spare: queue of 0..2 max 2 = [1]
         may action push_one(x: 0..3) { push(line, x) }
         may action first_out when length(line) != 1 { pop_first(line) }
         may action last_out when length(line) > 0 { pop_last(line) }
         may action weed(x: 1..4) { remove(line, x) }
         may action copy { spare = line }
         may action fill when first(line) == last(line) { spare = [2, first(line)] }
         watch ends = if length(line) > 0 then first(line) * 10 + last(line) else 0
         watch same = if line == spare then 1 else if line == [1, 2] then 2 else 0",
    );
}

#[test]
fn arrays_are_indexed_by_any_finite_type() {
    check_breaching(
        "enum Zone { east, west }
         machine Node * 2 { var at: Zone = east
           var load: [Zone] 0..2
           may action move_to(z: Zone) { at = z load[z] = load[at] + 1 }
         }
         var grid: [0..1] [Zone] bool
         var owner: [Zone] Node?
         var lines: [1..2] queue of 0..1 max 1
         var groups: [bool] set of 0..2
         may action mark(x: 0..2, z: Zone) { grid[x][z] = not grid[x][z] }
         may action own(z: Zone, n: Node?) { owner[z] = n }
         may action enqueue(x: 1..2) { push(lines[x], x - 1) }
         may action swap { lines[1] = lines[2] grid[0] = grid[1] }
         may action group(b: bool, x: 0..2) when not (x in groups[b]) { add(groups[b], x) }
         watch total = sum n: Node: sum z: Zone: n.load[z]
         watch equal = if grid[0] == grid[1] then 1 else 0",
    );
}

#[test]
fn dynamic_receivers_follow_references() {
    check(
        "machine Router * 2 { var busy: bool  var after: Router = Router(1 - self.index) }
         machine Node * 3 { state up, down
           var router: Router = Router(self.index mod 2)
           var peer: Node? = none
           def online = self is up and not router.busy
           def far = router.after.busy
           action fall: up -> down when router.busy { peer = none }
           action rise: down -> up when not router.after.busy and not router.busy { }
           may action join(n: Node) when n != self and n.online and peer == none { peer = n  n.router.after = router }
           may action part when peer != none and not peer.online { peer.router = router peer = none }
         }
         may action toggle(r: Router) { r.after.busy = not r.after.busy }
         watch online = count n: Node where n.online
         watch far = count n: Node where n.far",
    );
}

#[test]
fn reading_none_breaches() {
    check_breaching(
        "type Small = 0..2
         machine Node * 2 { state up, down
           var peer: Node? = none
           var size_of: Small? = none
           may action link(n: Node) { peer = n }
           may action drop { peer = none size_of = none }
           may action grow { size_of = 1 }
           action follow: up -> down when peer is up { peer.peer = self }
           action gain: down -> up when size_of < 2 { size_of = size_of + 1 }
         }",
    );
}

#[test]
fn timers_and_while_variables_reset_and_breach() {
    check_breaching(
        "machine Call * 2 { state idle, waiting, late
           var wait: timer(2) = 2 while waiting | late
           var tries: 0..2 saturating = 0 while waiting
           var alarms: [0..1] timer(1)
           var maybe: timer(2)? = none
           may action begin: idle -> waiting { tries = 1 alarms[0] = 1 }
           action retry: waiting when wait == 0 and tries < 2 { wait = 2 tries += 1 count tried }
           action give_up: waiting -> late when wait == 0 and tries == 2 { wait = 1 }
           eventually action end: late -> idle when wait == 0 { maybe = 2 }
           may action peek(c: Call) when self is idle { if c.tries > 1 { alarms[1] = 1 } }
           may action reach(c: Call): late when c != self { c.tries += 1 }
         }
         meter tried
         property rests: always possible resting",
    );
}

#[test]
fn budgets_are_shared_or_for_each() {
    check(
        "machine Node * 2 { state up, down
           fault crash at most 3: up -> down { }
           fault slow at most 1 each { hits += 1 }
           var hits: 0..1 saturating = 0
           operator action repair at most 2: down -> up { }
           strong eventually action restart: down -> up { }
         }
         fault cut(n: Node) at most 2: when n is up { n.state = down }"
            .replace("at most 2: when", "at most 2 when")
            .as_str(),
    );
}

#[test]
fn filters_breach_before_guards_do() {
    check_breaching(
        "var zero: 0..2 = 0
         machine Node * 2 { var peer: Node? = none
           action go(x: 0..2 where x / zero > 0, y: 0..1 where y < x) when peer.peer == none and y > 0 { zero = x }
           may action meet(n: Node where n != self) { peer = n } }
         may action set_zero(x: 0..2) { zero = x }",
    );
}

#[test]
fn quantifiers_judge_every_value_that_passes() {
    check_breaching(
        "machine Node * 3 { state up, down
           var peer: Node? = none
           may action link(n: Node) { peer = n }
           may action flip: up -> down { } }
         action all_up when all n: Node where n != n.peer: n is down or n.peer is down { }
         action no_pair when no n: Node where n is up: some m: Node: m.peer == n and n.peer == m { }
         action down(x: 0..1) when (count n: Node where n is down and n.peer.peer == n) > x { }
         watch linked = sum n: Node where n.peer != none: 2 - (count m: Node where m.peer == n)",
    );
}

#[test]
fn definitions_take_arguments_first() {
    check_breaching(
        "enum Colour { red, green }
         machine Node * 3 { state up, down
           var colour: Colour = red
           var level: 0..3 = 0
           def same(c: Colour, n: Node) = colour == c and n.colour == c
           def weight = level * 2 + (count n: Node where n.same(colour, self))
           def heavier(n: Node) = weight > n.weight
           def share(x: 0..3) = 6 / x + (sum n: Node: n.level)
           may action paint(c: Colour) when colour != c { colour = c }
           may action raise when level < 3 and no n: Node: n.heavier(self) { level += 1 }
           action fall: up -> down when share(level) > 5 { level = min(3, share(level) - 5) }
           may action rise: down -> up { level = 0 }
         }
         watch heaviest = max(0, sum n: Node where (all m: Node: not m.heavier(n)): n.weight)",
    );
}

#[test]
fn starts_are_all_that_the_assumptions_allow() {
    check(
        "machine Node * 2 { var group: set of 0..1 = any  var level: 0..2 = any  var peer: Node? = any }
         var grid: [0..1] bool = any
         var base: 0..9 = 4
         var twice: 0..9 = base * 2
         may action nothing when grid[0] { }
         assume all n: Node: n.level < 2 and (n.peer != none implies n.peer != n)
         assume (all n: Node: size(n.group) == n.level) and (grid[0] implies grid[1])
         assume (sum n: Node: n.level) <= 1",
    );
}

#[test]
fn large_loops_are_not_unrolled() {
    check(
        "machine Cell * 30 { state off, lit
           var near: 0..29 = 0
           action light: off -> lit when near > 0 and (count c: Cell where c is lit) < 2 { for c: Cell { c.near = 29 - c.near } }
         }
         action first when all c: Cell: c is off { for i: 0..40 { for c: Cell where c is off and c.near < 29 { c.near += if i < 1 then 1 else 0 } } }
         watch paired = count c: Cell where c is lit and (some d: Cell: d != c and d is lit and d.near == c.near)
         watch sum_of = sum c: Cell: sum d: Cell: c.near * d.near
         on tick { }",
    );
}

//! Texts for every kind of statement, and for loops with and without order.

use super::*;

#[test]
fn statements_run_in_order() {
    check_breaching(
        "machine Node * 2 { state up, down, lost
           var level: 0..3 = 0
           var half: 0..3 saturating = 0
           may action climb { let old = level  level += 1  half += old - 1  if old == 1 { half = 3 } else if half == 3 { level = 0 } else { count bad += old } }
           action sink: up -> down when half > 2 { half -= 5  let x = half  half = x + 1 }
           may action send(n: Node): down { n.state = lost  if n is lost { level = 0 } }
           may action back: lost -> up { if self is lost { level -= 1 } }
           may action negative when level == 2 { count bad += half - level }
         }
         meter bad",
    );
}

#[test]
fn ordered_loops_see_the_turns_before() {
    check(
        "enum Step { one, two, three }
         var cells: [0..3] 0..9
         may action ripple when cells[0] < 4 { cells[0] += 1  for i: 0..2 where cells[i] < 9 { cells[i + 1] = cells[i] } }
         may action steps when cells[3] < 3 { for s: Step { cells[3] += if s == two then 1 else 0 } }
         may action both { for b: bool { for i: 0..1 { let j = i + (if b then 2 else 0)  cells[j] = min(9, cells[j] + j) } } }",
    );
}

#[test]
fn unordered_turns_accumulate_and_assign() {
    check_breaching(
        "machine Node * 3 { state up, down
           var level: 0..4 = 1
           var total: 0..3 saturating = 0
           var peer: Node? = none
           may action link(n: Node) when peer == none { peer = n }
           may action spread { for n: Node where n != self { n.level -= 1  level += 1 } }
           may action gather: up -> down { for n: Node { total += n.level  if n.total > 2 { n.total = 0 } } }
           may action swap: down -> up { for n: Node { n.level = peer.level  if n is down { n.state = up } } }
           may action clash { for n: Node where n.peer != none { n.peer.level = 2 } }
           may action mixed { for n: Node { if n == self { level = 3 level += 1 } else { if total > 0 { level += 1 } } } }
           may action counting { for n: Node where n.level > 1 { count seen += n.level  level -= 1 } }
         }
         meter seen",
    );
}

#[test]
fn loops_nest_inside_turns() {
    check_breaching(
        "machine Node * 2 { var level: 0..5 = 0  var total: 0..9 saturating = 0
           may action nested { for n: Node { for m: Node { n.level += 1  m.total += n.level } } }
           may action assigned { for n: Node { n.level = 2  for m: Node { n.level += 1 } } }
           may action clash { for n: Node { for m: Node { m.level = 1 } } }
           may action inner { for n: Node where n != self { for m: Node? { if m == none { level -= 1 } else { m.total += 2 } } } }
           may action ordered { for n: Node { for i: 0..2 { n.level += 1  if n.level > 2 { n.level = 0 } } } }
         }",
    );
}

#[test]
fn sets_and_queues_in_turns() {
    check_breaching(
        "machine Node * 3 { var seen: set of Node  var line: queue of Node max 2 }
         var all_seen: set of Node
         var log: queue of Node max 3
         may action gather(x: Node) { for n: Node where n in n.seen or n == x { add(all_seen, n)  remove(all_seen, x) } }
         may action see(a: Node, b: Node) { add(a.seen, b) }
         may action spread(a: Node) { for n: Node where n != a { n.seen = a.seen  if a in n.seen { add(n.seen, n) } } }
         may action whole { for n: Node where n in all_seen { all_seen = {n} } }
         may action part(a: Node) { for n: Node { if n == a { all_seen = {} } else { if n in a.seen { add(all_seen, n) } } } }
         may action queue_up { for n: Node where n in n.seen { push(log, n)  push(n.line, n) } }
         may action own_line { for n: Node { push(n.line, n)  if length(n.line) > 1 { pop_first(n.line) } } }
         may action clear { for n: Node where length(n.line) > 0 { remove(n.line, n)  log = [] } }",
    );
}

#[test]
fn ticks_run_blocks_outside_first_then_all_instances() {
    check_breaching(
        "var clock: 0..3 = 0
         var load: 0..6 saturating = 0
         machine Node * 3 { state up, down
           var level: 0..2 = 0
           var left: timer(2) = 2 while down
           on tick { if self is up { level += 1 load += level } }
           on tick { let before = level  if before == 2 { self.state = down level = 0 count fell } }
           action up_again: down -> up when left == 0 { }
           may action clear { level = 0 }
         }
         machine Other * 2 { var seen: 0..3 saturating = 0 on tick { seen = load mod 4  if load > 5 { load = 0 } } }
         on tick { clock = (clock + 1) mod 4 }
         on tick { if clock == 3 { load -= 1 } }
         meter fell
         watch at_rest = if (some n: Node: n is down) then 1 else 0
         property rest: possible resting",
    );
}

#[test]
fn control_states_are_locations_too() {
    check_breaching(
        "machine Node * 3 { state a, b, c
           may action one(n: Node) { for m: Node where m != self { if m == n { m.state = b } } }
           may action all_of: a -> b { for m: Node where m != self { m.state = c } }
           may action clash(n: Node) { for m: Node where m is b { n.state = a } }
         }",
    );
}

//! Texts whose conditions are judged for all values of a name at once, and where that has to be given up.

use super::*;

/// How many action instances are lanes of a column.
fn lanes(text: &str) -> usize {
    let compiled = compile(&model_of(text));
    let instances = compiled.program.groups.iter().flat_map(|group| &group.instances);
    instances.filter(|instance| instance.lane.is_some()).count()
}

/// Compares both meanings of a text of whose action instances so many are lanes.
fn check_lanes(expected: usize, text: &str) {
    assert_eq!(lanes(text), expected, "{text}");
    check(text);
}

fn check_breaching_lanes(expected: usize, text: &str) {
    assert_eq!(lanes(text), expected, "{text}");
    check_breaching(text);
}

#[test]
fn conditions_of_all_kinds_have_lanes() {
    check_lanes(
        24,
        "enum Colour { red, green, blue }
         machine Node * 3 { state up, down, gone
           var colour: Colour = green
           var peer: Node? = none
           var load: 0..3 = 0
           may action fall: up -> down when load > 0 or (some n: Node: n.peer == self) { }
           may action rise: down -> up when not (all n: Node: n is down implies n.load >= load) { }
           may action work: up { load = load + 1 - 2 * (load / 2) }
           may action link(n: Node): up when n != self and n.peer != self and (n is up or n.load == 1) {
             peer = n
           }
           may action paint(c: Colour): up
             when (count n: Node where n.colour == c) < 2 and (colour != c or c == blue) and ((c != red) == (load > 0))
           {
             colour = c
           }
           may action unlink(n: Node): up | down
             when peer == n and (no m: Node where m != n: m.peer == n) and (colour == red implies n is up)
           { peer = none }
         }",
    );
}

#[test]
fn numbers_are_compared_in_their_lanes() {
    for operator in ["<", "<=", ">", ">=", "==", "!="] {
        check_lanes(
            8,
            &"machine Node * 4 { var load: 0..3 = 0  var pair: Node? = none
                def used = load + (count n: Node where n.pair == self)
                def total = used + (sum n: Node where n != self: n.load)
              }
              var most: 0..5 = 2
              may action fill(n: Node) when n.used OP most and n.total + most <= 9 { n.load = 3 - n.load }
              may action pair(n: Node) when n.used OP 1 or most OP n.total { n.pair = n }
              may action raise when most < 5 { most += 1 }"
                .replace("OP", operator),
        );
    }
}

#[test]
fn parameters_may_be_numbers_enums_and_truths() {
    check_lanes(
        13,
        "enum Colour { red, green, blue }
         var low: 3..7 = 5
         var flag: bool
         var seen: Colour? = none
         def apart(a: 3..7, b: 3..7) = (if a < b then b - a else a - b) >= 2
         may action move(x: 3..7) when apart(low, x) and (flag or x != 4) { low = x }
         may action show(c: Colour) when seen != c and (low == 3 implies c != red) { seen = c }
         may action set(b: bool) when flag != b and (b or low > 4) { flag = b }
         may action pick(x: 3..7) when x == low and flag { low = 3  seen = none }",
    );
}

#[test]
fn what_is_the_same_in_all_lanes_keeps_the_rest_from_being_judged() {
    check_lanes(
        6,
        "machine Node * 3 { state up, down
           var peer: Node? = none
           var load: 0..2 = 0 while up
           may action toggle: up -> down { }
           may action back: down -> up { peer = none }
           may action fill: up when load < 2 { load += 1 }
         }
         var chosen: Node? = none
         may action choose(n: Node) when chosen == none or (n != chosen and chosen is up and chosen.load > 0) {
           chosen = n
         }
         may action link(n: Node)
           when chosen != none and n != chosen and (some m: Node where m is up: m.load == 1 and m != n)
         { n.peer = chosen }",
    );
}

#[test]
fn a_column_that_judges_too_much_gives_up() {
    // Judged for all nodes, the receiver's peer is read even where the first condition fails.
    check_breaching_lanes(
        9,
        "machine Node * 3 { var flag: bool  var peer: Node? = none
           def ready(n: Node) = n.flag and n != self and not peer.flag and (count m: Node where m.flag) < 3
           may action go(n: Node) when ready(n) { n.flag = false }
           may action toggle { flag = not flag }
           may action link when flag { peer = self }
           may action unlink when not flag { peer = none }
         }
         watch ready_pairs = count n: Node where (some m: Node: n.flag and m.ready(n))",
    );
}

#[test]
fn where_lanes_alone_would_breach_values_are_judged_one_by_one() {
    check_breaching_lanes(
        0,
        "machine Node * 3 { var flag: bool  var peer: Node? = none
           may action toggle { flag = not flag }
           may action link when flag { peer = self }
           may action unlink when not flag { peer = none }
         }
         may action go(n: Node) when n.flag and n.peer.flag and (count m: Node where m.flag) < 3 {
           n.flag = false
         }",
    );
}

#[test]
fn too_many_or_too_large_for_a_word() {
    // The loads do not fit into lanes, but what is asked of them does.
    check_lanes(
        3,
        "machine Node * 3 { var load: 0..100 = 0 }
         var crowd: 0..70 = 0
         may action fill(n: Node) when n.load * 2 <= 100 - (sum m: Node: m.load) { n.load = min(100, 40 + n.load) }
         may action jump(x: 0..70) when x != crowd and (crowd == 0 or x mod 35 == 0) { crowd = x }",
    );
}

//! Layouts as they should be, and what formatting must never change.

use super::format;
use crate::base::{Source, SourceId};
use crate::syntax::parse;

const FLAGSHIP: &str = include_str!("../flagship.squall");

/// Every production once.
const EVERYTHING: &str = r#"// first
library everything /// of it
use "a.squall" // one
use "b.squall"
type T = set of [0..n - 1] Node?
type U = queue of (a)..b saturating max 3 type V = timer(n) type W = bool
param p = (a in b) in 0..if a then 1 else 2
enum E {a, b,} enum F { }
mitigation none_at_all { } mitigation many { a = 1 b = {} }
fair machine M * n + 1 { state a, b on tick { if x { y = 1 } else { z = 2 } } }
machine N { }
strong eventually action f(x: T where x in {1, 2}, y: 0..3) at most n each: a | b -> c when not (p) { }
may action g { if a { } else if b { x += 1 y -= 2 } else { } for v: V where v.up { count m += 2 count n } }
operator action h: a { let x = a[1].b(c, [])[2] push(q, e) pop_first(q) v.state = up }
fault i { if a { x = 1 } else { for v: V { } } }
def d = if a then b else if c then d else (if e then f else g)
def e(a: T, b: U) = -(2 ^ -a ^ b) * --c mod 3 / 4 - (d - e) - f implies a implies (b implies c)
def f = sum x: T where p: all y: U: no z: V: some a: W: count b: X where c is d | e
assume x != none or y <= 1 and z >= 2 or true and false or resting or self.x < 1 or a > calm
calm when true healthy when not healthy
watch w = x in 1..2
property a: always (p) and next q until eventually r leads to never s with operators
property b: always possible p with operators
property c: possible p property d: recovers within 3 * n ticks property e: recovers
property f: total m within 3 ticks <= 2 when p property g: rate tick <= 1 / 2 property h: peak a + b <= 3
property i: finite m when x
expect a == 1 / 2 where x = 1, y = true with a, b expect b unknown
"#;

fn source(text: &str) -> Source {
    Source::new(SourceId(0), "test", text)
}

fn formatted(text: &str) -> String {
    format(&source(text)).unwrap_or_else(|diagnostics| panic!("{text}\n{diagnostics:?}"))
}

/// The tree without its places.
fn tree(text: &str) -> String {
    let tree = format!("{:?}", parse(&source(text)).file);
    let mut parts = tree.split("Span { source: SourceId(0), ");
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |all, part| all + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// All comments, each line without the blanks around it.
fn comments(text: &str) -> Vec<String> {
    let source = source(text);
    let lexed = crate::syntax::lexer::lex(&source);
    let mut comments: Vec<String> = lexed
        .comments
        .iter()
        .map(|comment| {
            let text = &source.text[comment.start as usize..comment.end as usize];
            text.trim_start_matches('/').trim().to_string()
        })
        .collect();
    comments.sort();
    comments
}

/// What holds for every text: formatting keeps the tree and the comments, and a second time nothing.
fn check_kept(text: &str) -> String {
    let once = formatted(text);
    assert_eq!(tree(&once), tree(text), "the tree of\n{once}");
    assert_eq!(comments(&once), comments(text), "the comments of\n{once}");
    assert_eq!(formatted(&once), once, "formatted twice");
    let wide = once.lines().find(|line| {
        let code = line.split("//").next().unwrap_or(line);
        code.trim_end().chars().count() > 100
    });
    assert_eq!(wide, None);
    once
}

fn check(text: &str, expected: &str) {
    assert_eq!(check_kept(&format!("model m\n{text}")), format!("model m\n{expected}"));
}

#[test]
fn the_flagship_is_as_it_should_be() {
    assert_eq!(check_kept(FLAGSHIP), FLAGSHIP);
}

#[test]
fn everything_is_kept() {
    let text = check_kept(EVERYTHING);
    assert!(text.contains("\ntype U = queue of (a)..b saturating max 3\ntype V = timer(n)\n"));
}

#[test]
fn blanks_do_not_matter() {
    let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let squeezed: Vec<String> = FLAGSHIP.lines().map(squeeze).collect();
    assert_eq!(formatted(&squeezed.join("\r\n")), FLAGSHIP);
}

#[test]
fn comments_may_stand_between_any_two_tokens() {
    // A step that hits other tokens in both texts keeps this fast; every token was tried once.
    for text in [FLAGSHIP, EVERYTHING] {
        let tokens = crate::syntax::lexer::lex(&source(text)).tokens;
        for token in tokens.iter().step_by(7) {
            for inserted in [" // c\n", "\n// c\n// d\n", "\n\n", " // c\n\n// d\n"] {
                let (before, after) = text.split_at(token.start as usize);
                check_kept(&format!("{before}{inserted}{after}"));
            }
        }
    }
}

#[test]
fn mistakes_are_not_laid_out() {
    let found = format(&source("model m\nparam a = ")).expect_err("a value is missing");
    assert_eq!(found[0].code.0, "expected-expression");
}

#[test]
fn at_most_one_blank_line_stays() {
    check("\n\n\n\nmeter a\nmeter b\n\n\n\nmeter c\n\n\n", "\nmeter a\nmeter b\n\nmeter c\n");
    check("machine A {\n\n\n  state a\n\n\n  state b\n\n}", {
        "machine A {\n  state a\n\n  state b\n}\n"
    });
}

#[test]
fn comments_stay_in_place() {
    check("// a\nmeter a // b\n// c\n\n// d\nmeter bcd // e\n// f", {
        "// a\nmeter a  // b\n// c\n\n// d\nmeter bcd  // e\n// f\n"
    });
    check("machine A { // a\n// b\nstate a // c\n// d\n} // e\n", {
        "machine A {  // a\n  // b\n  state a  // c\n  // d\n}  // e\n"
    });
    check("on tick { if a { // b\nx = 1 } // c\nelse { // d\ny = 2 } }", {
        "on tick {\n  if a {  // b\n    x = 1\n  } else {  // c\n    // d\n    y = 2\n  }\n}\n"
    });
    check(
        "enum E {\na, // first\nb // second\n}",
        "enum E {\n  a,  // first\n  b   // second\n}\n",
    );
    check("def d = a // one\nand b // two\n// three\nand c", {
        "def d =\n  a and  // one\n  b and  // two\n  // three\n  c\n"
    });
    check("///a\n///  b\nmeter a ///c", "/// a\n///  b\nmeter a  // c\n");
}

#[test]
fn bodies_of_one_statement_stay_on_the_line() {
    check("on tick {x=1} on tick {x=1 y=2} on tick { }", {
        "on tick { x = 1 }\non tick {\n  x = 1\n  y = 2\n}\non tick { }\n"
    });
    check(
        "on tick { if a {x=1} if b {if c {}} if d {x=1} else {} for v:V where v.up {count m} }",
        {
            "on tick {\n  if a { x = 1 }\n  if b {\n    if c { }\n  }\n  if d { x = 1 } else { }\n  \
         for v: V where v.up { count m }\n}\n"
        },
    );
    check("action a{} action b{x=1}", "action a { }\naction b {\n  x = 1\n}\n");
    check("on tick { if a {} else if b {x=1} else {y=2} }", {
        "on tick {\n  if a {\n  } else if b {\n    x = 1\n  } else {\n    y = 2\n  }\n}\n"
    });
    check("mitigation a  cost 2*n{x=1} mitigation d cost 3 mitigation bc{x=1 y=2}", {
        "mitigation a cost 2 * n { x = 1 }\nmitigation d cost 3\nmitigation bc {\n  x = 1\n  y = 2\n}\n"
    });
}

/// `LONG` stands for a name of thirty letters.
fn check_long(text: &str, expected: &str) {
    let long = "abcdefghij".repeat(3);
    check(&text.replace("LONG", &long), &expected.replace("LONG", &long));
}

#[test]
fn long_lines_break_behind_their_loosest_operators() {
    check_long("def d = LONG * 2 + LONG == 1 and a or LONG", {
        "def d =\n  LONG * 2 + LONG == 1 and a or\n  LONG\n"
    });
    check_long("def d = LONG * 2 + LONG == 1 and LONG + 3 <= 4 or LONG", {
        "def d =\n  LONG * 2 + LONG == 1 and\n    LONG + 3 <= 4 or\n  LONG\n"
    });
    check_long("def d = f(LONG, LONG, LONG)", "def d = f(\n  LONG,\n  LONG,\n  LONG\n)\n");
    check_long("def d(a: LONG, b: LONG, c: LONG) = 1", {
        "def d(\n  a: LONG,\n  b: LONG,\n  c: LONG\n) = 1\n"
    });
    check_long("watch w = if LONG then LONG else if a then b else LONG", {
        "watch w =\n  if LONG then\n    LONG\n  else if a then\n    b\n  else\n    LONG\n"
    });
    check_long("assume all v: LONG: v.LONG + LONG == 3 * a", {
        "assume all v: LONG:\n  v.LONG + LONG == 3 * a\n"
    });
    check_long("action a: b -> c when LONG and LONG and bcdefgh { }", {
        "action a: b -> c\n  when LONG and LONG and bcdefgh\n{ }\n"
    });
    check_long("expect p holds with LONG, LONG, b where LONG = 1, b = 2", {
        "expect p holds\n  with LONG, LONG, b\n  where LONG = 1,\n    b = 2\n"
    });
}

#[test]
fn the_deepest_trees_are_laid_out() {
    let nest = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(90), close.repeat(90))
    };
    let texts = [
        format!("model m def d = {}", nest("f(a + ", "b", ")")),
        format!("model m def d = {}", nest("if a then b else ", "c", "")),
        format!("model m on tick {{ {} }}", nest("if a { ", "x = 1 ", "} ")),
    ];
    for text in texts {
        let run = move || assert_eq!(tree(&formatted(&text)), tree(&text));
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run);
        assert!(thread.expect("a thread can be started").join().is_ok());
    }
}

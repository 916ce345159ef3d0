//! What each production makes of its text, and each mistake of its message.

use crate::base::{Source, SourceId};
use crate::syntax::ast::*;
use crate::syntax::{Parsed, parse};

fn parsed(text: &str) -> Parsed {
    parse(&Source::new(SourceId(0), "test", text))
}

/// Declarations in the sketch below; the text must have no mistakes.
fn check(text: &str, expected: &str) {
    let parsed = parsed(&format!("model m\n{text}"));
    assert_eq!(parsed.diagnostics, [], "{text}");
    let all: Vec<String> = parsed.file.declarations.iter().map(declaration).collect();
    assert_eq!(all.join("; "), expected);
}

/// An expression in the sketch below, where every operator stands in brackets.
fn check_expression(text: &str, expected: &str) {
    check(&format!("def d = {text}"), &format!("def d() {expected}"));
}

/// Messages as code, line and column, and the text of the place.
fn check_mistakes(text: &str, expected: &[&str]) {
    let text = format!("model m\n{text}");
    let source = Source::new(SourceId(0), "test", text);
    let found = parse(&source).diagnostics.into_iter().map(|diagnostic| {
        let span = diagnostic.primary.0;
        let (line, column) = source.line_and_column(span.start);
        assert!(diagnostic.help.is_some() || diagnostic.code.0 == "expected-token");
        format!("{} {line}:{column} {}", diagnostic.code.0, source.slice(span))
    });
    assert_eq!(found.collect::<Vec<_>>(), expected, "{}", source.text);
}

fn names(names: &[Name], separator: &str) -> String {
    names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(separator)
}

fn maybe<T>(part: &Option<T>, word: &str, sketch: impl Fn(&T) -> String) -> String {
    part.as_ref().map_or(String::new(), |part| format!(" {word} {}", sketch(part)))
}

fn pairs(pairs: &[(Name, Expression)]) -> String {
    let pair = |(name, value): &(Name, Expression)| format!("{}={}", name.text, expression(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join(", ")
}

fn declaration(declaration: &Declaration) -> String {
    use DeclarationKind::*;
    match &declaration.kind {
        Parameter { name, value, range } => {
            let range =
                maybe(range, "in", |(low, high)| expression(low) + ".." + &expression(high));
            format!("param {} {}{range}", name.text, expression(value))
        }
        Type { name, ty: meant } => format!("type {} {}", name.text, ty(meant)),
        Mitigation { name, cost, changes } => {
            let cost = cost.as_ref().map(|cost| format!("cost {} ", expression(cost)));
            let changes = pairs(changes);
            format!("mitigation {} {}{{{changes}}}", name.text, cost.unwrap_or_default())
        }
        Enum { name, values } => format!("enum {} {{{}}}", name.text, names(values, ", ")),
        Machine { fair, name, count, members } => {
            let members: Vec<String> = members.iter().map(self::declaration).collect();
            let (fair, count) = (if *fair { "fair " } else { "" }, maybe(count, "*", expression));
            format!("{fair}machine {}{count} {{{}}}", name.text, members.join("; "))
        }
        States { states } => format!("state {}", names(states, ", ")),
        Variable { name, ty: of, initial, alive } => {
            let initial = match initial {
                Initial::Default => String::new(),
                Initial::Any(_) => " = any".to_string(),
                Initial::Value(value) => format!(" = {}", expression(value)),
            };
            let alive = maybe(alive, "while", |states| names(states, "|"));
            format!("var {} {}{initial}{alive}", name.text, ty(of))
        }
        Definition { name, parameters: all, value } => {
            format!("def {}({}) {}", name.text, parameters(all), expression(value))
        }
        Action(action) => self::action(action),
        OnTick { body } => format!("on tick {}", block(body)),
        Meter { name } => format!("meter {}", name.text),
        Assume(p) => format!("assume {}", expression(p)),
        Calm(p) => format!("calm {}", expression(p)),
        Healthy(p) => format!("healthy {}", expression(p)),
        Watch { name, value } => format!("watch {} {}", name.text, expression(value)),
        Property { name, claim, with_operators } => {
            let operators = if with_operators.is_some() { " with operators" } else { "" };
            format!("property {}: {}{operators}", name.text, self::claim(claim))
        }
        Expect { property, outcome, mitigations, settings } => {
            let outcome = match outcome {
                Outcome::Holds => "holds".to_string(),
                Outcome::Fails => "fails".to_string(),
                Outcome::Unknown => "unknown".to_string(),
                Outcome::Worst(value) => format!("== {}", expression(value)),
            };
            let (with, settings) = (names(mitigations, ", "), pairs(settings));
            format!("expect {} {outcome} with [{with}] where [{settings}]", property.text)
        }
        Error => "error".to_string(),
    }
}

fn parameters(parameters: &[Parameter]) -> String {
    let sketch = |parameter: &Parameter| {
        let filter = maybe(&parameter.filter, "where", expression);
        format!("{}: {}{filter}", parameter.name.text, ty(&parameter.ty))
    };
    parameters.iter().map(sketch).collect::<Vec<_>>().join(", ")
}

fn action(action: &Action) -> String {
    let strong = if action.strong.is_some() { "strong " } else { "" };
    let budget = maybe(&action.budget, "at most", |budget| {
        expression(&budget.limit) + if budget.each { " each" } else { "" }
    });
    let from = names(&action.from, "|");
    let to = maybe(&action.to, "->", |to| to.text.clone());
    let guard = maybe(&action.guard, "when", expression);
    let (kind, name, parameters) = (action.kind, &action.name.text, parameters(&action.parameters));
    format!(
        "{strong}{kind:?} {name}({parameters}){budget} : {from}{to}{guard} {}",
        block(&action.body)
    )
}

fn block(block: &Block) -> String {
    let all: Vec<String> = block.statements.iter().map(statement).collect();
    format!("{{{}}}", all.join("; "))
}

fn statement(statement: &Statement) -> String {
    match &statement.kind {
        StatementKind::Assign { place, operator, value } => {
            format!("{operator:?} {} {}", expression(place), expression(value))
        }
        StatementKind::Count { meter, amount } => {
            format!("count {}{}", meter.text, maybe(amount, "by", expression))
        }
        StatementKind::Let { name, value } => format!("let {} {}", name.text, expression(value)),
        StatementKind::If { branches, otherwise } => {
            let branch =
                |(p, then): &(Expression, Block)| format!("if {} {}", expression(p), block(then));
            let branches: Vec<String> = branches.iter().map(branch).collect();
            format!("{}{}", branches.join(" "), maybe(otherwise, "else", block))
        }
        StatementKind::For { name, ty: over, filter, body } => {
            let filter = maybe(filter, "where", expression);
            format!("for {}: {}{filter} {}", name.text, ty(over), block(body))
        }
        StatementKind::Call { function, arguments } => {
            format!("call {}({})", function.text, expressions(arguments))
        }
        StatementKind::Error => "error".to_string(),
    }
}

fn claim(claim: &Claim) -> String {
    match claim {
        Claim::Formula(p) => format!("formula {}", expression(p)),
        Claim::Possible(p) => format!("possible {}", expression(p)),
        Claim::AlwaysPossible(p) => format!("always possible {}", expression(p)),
        Claim::Recovers { within } => format!("recovers{}", maybe(within, "within", expression)),
        Claim::Finite { meter, when } => {
            format!("finite {}{}", meter.text, maybe(when, "when", expression))
        }
        Claim::Total { meter, within, bound, when } => {
            let (within, when) =
                (maybe(within, "within", expression), maybe(when, "when", expression));
            format!("total {}{within} <= {}{when}", meter.text, expression(bound))
        }
        Claim::Rate { meter, bound, when } => {
            format!(
                "rate {} <= {}{}",
                meter.text,
                expression(bound),
                maybe(when, "when", expression)
            )
        }
        Claim::Peak { figure, bound } => {
            format!("peak {} <= {}", expression(figure), expression(bound))
        }
        Claim::Error => "error".to_string(),
    }
}

fn ty(of: &Type) -> String {
    match &of.kind {
        TypeKind::Bool => "bool".to_string(),
        TypeKind::Range { low, high, saturating } => {
            let saturating = if *saturating { " saturating" } else { "" };
            format!("{}..{}{saturating}", expression(low), expression(high))
        }
        TypeKind::Name(name) => name.clone(),
        TypeKind::Optional(inner) => format!("optional({})", ty(inner)),
        TypeKind::Set(element) => format!("set({})", ty(element)),
        TypeKind::Array { index, element } => format!("array({}, {})", ty(index), ty(element)),
        TypeKind::Queue { element, capacity } => {
            format!("queue({}, {})", ty(element), expression(capacity))
        }
        TypeKind::Timer(full) => format!("timer({})", expression(full)),
        TypeKind::Error => "error".to_string(),
    }
}

fn expressions(all: &[Expression]) -> String {
    all.iter().map(expression).collect::<Vec<_>>().join(", ")
}

fn expression(of: &Expression) -> String {
    let sketch = match &of.kind {
        ExpressionKind::Number(number) => number.to_string(),
        ExpressionKind::Bool(value) => value.to_string(),
        ExpressionKind::None => "none".to_string(),
        ExpressionKind::SelfInstance => "self".to_string(),
        ExpressionKind::Resting => "resting".to_string(),
        ExpressionKind::Name(name) => name.clone(),
        ExpressionKind::Field { base, field } => format!("{}.{}", expression(base), field.text),
        ExpressionKind::Element { base, index } => {
            format!("{}[{}]", expression(base), expression(index))
        }
        ExpressionKind::Call { function, arguments } => {
            format!("{}({})", expression(function), expressions(arguments))
        }
        ExpressionKind::Set(items) => format!("{{{}}}", expressions(items)),
        ExpressionKind::Queue(items) => format!("[{}]", expressions(items)),
        ExpressionKind::Prefix { operator, operand } => {
            format!("<{operator:?} {}>", expression(operand))
        }
        ExpressionKind::Infix { operator, left, right } => {
            format!("<{} {operator:?} {}>", expression(left), expression(right))
        }
        ExpressionKind::Is { subject, states } => {
            format!("<{} is {}>", expression(subject), names(states, "|"))
        }
        ExpressionKind::In { element, set, high } => {
            let high =
                high.as_ref().map_or(String::new(), |high| format!("..{}", expression(high)));
            format!("<{} in {}{high}>", expression(element), expression(set))
        }
        ExpressionKind::If { condition, then, otherwise } => {
            let (then, otherwise) = (expression(then), expression(otherwise));
            format!("<if {} then {then} else {otherwise}>", expression(condition))
        }
        ExpressionKind::Quantifier { quantifier, name, ty: over, filter, body } => {
            let filter = maybe(filter, "where", |filter| expression(filter));
            let body = maybe(body, ":", |body| expression(body));
            format!("<{quantifier:?} {}: {}{filter}{body}>", name.text, ty(over))
        }
        ExpressionKind::Error => "error".to_string(),
    };
    if of.parenthesised { format!("({sketch})") } else { sketch }
}

#[test]
fn the_flagship_parses() {
    let parsed = parsed(include_str!("../flagship.squall"));
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.file.name.text, "ebs_2011");
    assert_eq!(parsed.file.doc.map(|doc| doc.lines.len()), Some(4));
    assert_eq!(parsed.file.declarations.len(), 37);
}

#[test]
fn files_have_a_kind_a_name_and_libraries() {
    let parsed =
        parsed("/// Parts.\nlibrary parts\nuse \"a/b.squall\"\nuse \"c.squall\"\nmeter m\n");
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.file.kind, FileKind::Library);
    let paths: Vec<&str> = parsed.file.uses.iter().map(|line| line.path.text.as_str()).collect();
    assert_eq!(paths, ["a/b.squall", "c.squall"]);
}

#[test]
fn operators_bind_as_the_contract_says() {
    check_expression("a implies b implies c", "<a Implies <b Implies c>>");
    check_expression("a or b and not c == d", "<a Or <b And <Not <c Equal d>>>>");
    check_expression("a - b - c * d mod e", "<<a Subtract b> Subtract <<c Multiply d> Modulo e>>");
    check_expression("-a ^ 2 * b", "<<Negate <a Power 2>> Multiply b>");
    check_expression("2 ^ -a ^ b", "<2 Power <Negate <a Power b>>>");
    check_expression("a - -b / --c", "<a Subtract <<Negate b> Divide <Negate <Negate c>>>>");
    check_expression("not not a is b | c", "<Not <Not <a is b|c>>>");
    check_expression("x + 1 in 0..n - 1 and y in s", {
        "<<<x Add 1> in 0..<n Subtract 1>> And <y in s>>"
    });
    check_expression("((a or b)) and c", "<(<a Or b>) And c>");
    check_expression("a <= b or a >= b or a != b or a < b or a > b", {
        "<<<<<a AtMost b> Or <a AtLeast b>> Or <a Different b>> Or <a Less b>> Or <a Greater b>>"
    });
}

#[test]
fn quantifiers_and_conditions_reach_far_right() {
    check_expression("a and all x: T where p: x and b", "<a And <All x: T where p : <x And b>>>");
    check_expression("n - count v: V where v.a + 1 == 2", {
        "<n Subtract <Count v: V where <<v.a Add 1> Equal 2>>>"
    });
    check_expression("sum i: 0..n - 1: a[i] + 1", "<Sum i: 0..<n Subtract 1> : <a[i] Add 1>>");
    check_expression("no x: T: some y: U: x == y", "<No x: T : <Some y: U : <x Equal y>>>");
    check_expression("count v: V", "<Count v: V>");
    check_expression("1 + if p then a else if q then b else c + d", {
        "<1 Add <if p then a else <if q then b else <c Add d>>>>"
    });
}

#[test]
fn operands_are_names_calls_fields_and_collections() {
    check_expression("a.b.state[i + 1].count(x, {1, 2,}, [], {})", {
        "a.b.state[<i Add 1>].count(x, {1, 2}, [], {})"
    });
    check_expression("min(a, 1) + Node(self.index mod 2).x", {
        "<min(a, 1) Add Node(<self.index Modulo 2>).x>"
    });
    check_expression("calm and healthy or resting and none == true", {
        "<<calm And healthy> Or <resting And <none Equal true>>>"
    });
}

#[test]
fn words_that_are_not_reserved_are_names() {
    for word in
        ["in", "max", "first", "of", "ticks", "leads", "to", "holds", "unknown", "each", "tick"]
    {
        check(&format!("var {word}: bool"), &format!("var {word} bool"));
        check(&format!("def d = 1 + {word}"), &format!("def d() <1 Add {word}>"));
    }
    check("on tick { a = b\n in = 3\n set = 4 }", "on tick {Set a b; Set in 3; Set set 4}");
}

#[test]
fn types() {
    check("var a: bool var b: 0..n - 1 saturating = 0", {
        "var a bool; var b 0..<n Subtract 1> saturating = 0"
    });
    check("var a: Node? = none var b: set of T? var c: [0..2] [T] 0..1?", {
        "var a optional(Node) = none; var b set(optional(T)); var c array(0..2, array(T, optional(0..1)))"
    });
    check("var q: queue of 0..3 max n + 1 = [] var t: timer(4) = any while up | down", {
        "var q queue(0..3, <n Add 1>) = []; var t timer(4) = any while up|down"
    });
}

#[test]
fn small_declarations() {
    check("param a = 4 in 2..n + 1 param b = (x in s) param c = f(x in s) in 0..1", {
        "param a 4 in 2..<n Add 1>; param b (<x in s>); param c f(<x in s>) in 0..1"
    });
    check("mitigation a mitigation b cost 2 * n { } mitigation c { x = 1 + 2 y = true }", {
        "mitigation a {}; mitigation b cost <2 Multiply n> {}; mitigation c {x=<1 Add 2>, y=true}"
    });
    check("enum E { a, b, } type T = E?", "enum E {a, b}; type T optional(E)");
    check("def f = 1 def g(a: T, b: 0..3) = a", "def f() 1; def g(a: T, b: 0..3) a");
    check("meter m assume p calm when p healthy when q watch w = 3", {
        "meter m; assume p; calm p; healthy q; watch w 3"
    });
}

#[test]
fn machines() {
    check("fair machine A * n + 1 { state a, b var x: bool on tick { } }", {
        "fair machine A * <n Add 1> {state a, b; var x bool; on tick {}}"
    });
    check("machine A { }", "machine A {}");
}

#[test]
fn actions() {
    check("action a { } may action b { } operator action c { } strong eventually action d { }", {
        "Urgent a() :  {}; May b() :  {}; Operator c() :  {}; strong Eventually d() :  {}"
    });
    check("fault f(x: T where x.up, y: 0..2) at most n + 1 each: a | b -> c when p { x = 1 }", {
        "Fault f(x: T where x.up, y: 0..2) at most <n Add 1> each : a|b -> c when p {Set x 1}"
    });
    check("may action f at most 2: a { }", "May f() at most 2 : a {}");
}

#[test]
fn statements() {
    check("on tick { x = 1 a[i].state += 2 self.x -= 3 v.state = up let y = x }", {
        "on tick {Set x 1; Add a[i].state 2; Subtract self.x 3; Set v.state up; let y x}"
    });
    check("on tick { count m count m += 2 push(q, e) remove(q, e) }", {
        "on tick {count m; count m by 2; call push(q, e); call remove(q, e)}"
    });
    check("on tick { if a { } else if b { x = 1 } else { y = 2 } if c == {1} { } }", {
        "on tick {if a {} if b {Set x 1} else {Set y 2}; if <c Equal {1}> {}}"
    });
    check("on tick { for v: Node where v.up { v.x = 1 } for i: 0..n { } }", {
        "on tick {for v: Node where v.up {Set v.x 1}; for i: 0..n {}}"
    });
}

#[test]
fn claims() {
    check("property a: always p and q property b: always possible p", {
        "property a: formula <<Always p> And q>; property b: always possible p"
    });
    check("property a: possible p == q with operators property b: never (p)", {
        "property a: possible <p Equal q> with operators; property b: formula <Never (p)>"
    });
    check("property a: p until q until r leads to eventually next s leads to t", {
        "property a: formula <<p Until <q Until r>> LeadsTo <<Eventually <Next s>> LeadsTo t>>"
    });
    check(
        "property a: recovers property b: recovers within 2 * n ticks property c: finite tick when p",
        {
            "property a: recovers; property b: recovers within <2 Multiply n>; property c: finite tick when p"
        },
    );
    check("property a: total m within 3 ticks <= k + 1 when p property b: total m <= 2", {
        "property a: total m within 3 <= <k Add 1> when p; property b: total m <= 2"
    });
    check("property a: rate m <= 1 / 2 when true property b: peak a + b <= 3", {
        "property a: rate m <= <1 Divide 2> when true; property b: peak <a Add b> <= 3"
    });
}

#[test]
fn expectations() {
    check("expect p holds expect p fails with a, b expect p unknown where x = 1, y = true", {
        "expect p holds with [] where []; expect p fails with [a, b] where []; \
         expect p unknown with [] where [x=1, y=true]"
    });
    check("expect p == 1 / 2 where x = 1 with a", {
        "expect p == <1 Divide 2> with [a] where [x=1]"
    });
}

#[test]
fn slips_of_the_hand_have_messages_of_their_own() {
    check_mistakes("def a = b = c", &["assignment-for-comparison 2:11 ="]);
    check_mistakes("on tick { x == 3 }", &["comparison-for-assignment 2:13 =="]);
    check_mistakes(
        "def d = !a && b || c => d % 2 & e",
        &[
            "foreign-operator 2:9 !",
            "foreign-operator 2:12 &&",
            "foreign-operator 2:17 ||",
            "foreign-operator 2:22 =>",
            "foreign-operator 2:27 %",
            "foreign-operator 2:31 &",
        ],
    );
    check_mistakes(
        "on tick { x = 1; y = 2, }\nmeter m;",
        &["needless-separator 2:16 ;", "needless-separator 2:23 ,", "needless-separator 3:8 ;"],
    );
    check_mistakes("def d = a < b <= c == d and e", &["chained-comparison 2:15 <="]);
    check_mistakes("def d = p ? a : b\nmeter m", &["foreign-operator 2:11 ?"]);
    check_mistakes("def d = a == not b", &["loose-prefix 2:14 not"]);
    check_mistakes(
        "def d = if p a else b\ndef e = if p then a",
        &["missing-then 2:14 a", "missing-else 3:9 if"],
    );
    check_mistakes("def d = if p { a } else { b }", &["missing-then 2:14 {"]);
    check_mistakes(
        "enum E { a b }\nmachine M { state a b, c }",
        &["missing-comma 2:12 b", "missing-comma 3:21 b"],
    );
    check_mistakes("var x: T??", &["doubly-optional 2:10 ?"]);
}

#[test]
fn words_and_names() {
    check_mistakes(
        "var state: bool\ndef count = 1\non tick { operator = 3 }",
        &["reserved-word 2:5 state", "reserved-word 3:5 count", "reserved-word 4:11 operator"],
    );
    check_mistakes(
        "fault { }\nfault: a -> b { }\naction",
        &["missing-name 2:1 fault", "missing-name 3:1 fault", "expected-name 4:7 "],
    );
    check_mistakes(
        "var\ndef x = 3\nparam 3 = 4",
        &["expected-name 3:1 def", "expected-name 4:7 3"],
    );
    check_mistakes(
        "machin A { var x: bool }\nparm x = 3\nbananas a { b { c } }\nmeter m",
        &[
            "expected-declaration 2:1 machin",
            "expected-declaration 3:1 parm",
            "expected-declaration 4:1 bananas",
        ],
    );
}

#[test]
fn actions_say_what_they_lack() {
    check_mistakes(
        "action a\naction b: x -> y when p\nmeter m",
        &["missing-body 2:8 a", "missing-body 3:23 p"],
    );
    check_mistakes(
        "action a: x -> { }\naction b -> x { }\naction c: x -> when p { }\naction d: when p { }",
        &[
            "missing-state 2:13 ->",
            "missing-state 3:10 ->",
            "missing-state 4:13 ->",
            "missing-state 5:9 :",
        ],
    );
    check_mistakes(
        "action a when p: x { y = ) }\nmeter m",
        &["unexpected-in-action 2:16 :", "expected-expression 2:26 )"],
    );
    check_mistakes(
        "may fault a { }\nstrong machine B { }",
        &["expected-token 2:5 fault", "expected-token 3:8 machine"],
    );
    check_mistakes(
        "on tock { x == 1 }",
        &["expected-token 2:4 tock", "comparison-for-assignment 2:13 =="],
    );
}

#[test]
fn statements_stand_in_braces() {
    check_mistakes(
        "on tick {\nif a x = 1\nelse if b y = 2\nelse z = 3\nfor v: V w = 4\nif a then x = 1 }",
        &[
            "missing-braces 3:4 a",
            "missing-braces 4:9 b",
            "missing-braces 5:1 else",
            "missing-braces 6:8 V",
            "missing-braces 7:4 a",
        ],
    );
    check_mistakes(
        "on tick {\nx\n3 = x\nf(x) = 2\ny z\nv.f(x)\nw = 1 }",
        &[
            "statement-without-effect 3:1 x",
            "expected-statement 4:1 3",
            "not-a-place 5:1 f(x)",
            "expected-token 6:3 z",
            "statement-without-effect 7:1 v.f(x)",
        ],
    );
}

#[test]
fn braces_are_missed_where_they_belong() {
    check_mistakes(
        "machine A {\n  action a {\n    x = 1\n  action b { }\n}\nmeter m",
        &["unclosed-brace 3:12 {"],
    );
    check_mistakes("machine A {\n  state a\nmachine B { state b }", &["unclosed-brace 2:11 {"]);
    check_mistakes("machine A {\n  on tick { if a { if b {", &["unclosed-brace 3:25 {"]);
    check_mistakes("mitigation a { x = 1\nmeter m", &["unclosed-brace 2:14 {"]);
    check_mistakes("machine A { } }\nmeter m", &["stray-brace 2:15 }"]);
    check_mistakes(
        "machine A {\n  meter m\n}\nstate a",
        &["misplaced-declaration 3:3 meter", "misplaced-declaration 5:1 state"],
    );
}

#[test]
fn headers_and_uses_come_first() {
    let codes = |text: &str| {
        let found = parsed(text).diagnostics;
        found.iter().map(|diagnostic| diagnostic.code.0).collect::<Vec<_>>()
    };
    assert_eq!(codes(""), ["missing-header"]);
    assert_eq!(codes("param a = 1"), ["missing-header"]);
    assert_eq!(codes("model"), ["expected-name"]);
    assert_eq!(codes("model a b\nmeter m"), ["expected-token"]);
    assert_eq!(codes("model a\nuse b\nuse \"c\" d"), ["expected-token", "expected-token"]);
    check_mistakes("meter a\nuse \"b\"\nmodel c", &["late-use 3:1 use", "second-header 4:1 model"]);
}

#[test]
fn time_is_spoken_of_in_claims_only() {
    check_mistakes(
        "def d = always a\nassume p until q\nhealthy when p leads to q",
        &[
            "temporal-outside-claim 2:9 always",
            "temporal-outside-claim 3:10 until",
            "temporal-outside-claim 4:16 leads",
        ],
    );
    check_mistakes(
        "property a: finite m when next p\nproperty b: a == always b",
        &["temporal-outside-claim 2:27 next", "loose-prefix 3:18 always"],
    );
}

#[test]
fn properties_say_what_they_lack() {
    check_mistakes(
        "property a: total m\nproperty b: peak x < 3\nproperty c: recovers within 3\nmeter m",
        &["missing-bound 2:19 m", "missing-bound 3:20 <", "expected-token 5:1 meter"],
    );
    check_mistakes(
        "property a: finite\nexpect a\nexpect b = 3\nexpect c holds where x == 1",
        &[
            "expected-name 3:1 expect",
            "expected-outcome 4:1 expect",
            "assignment-for-comparison 4:10 =",
            "comparison-for-assignment 5:24 ==",
        ],
    );
}

#[test]
fn values_and_types_are_missed() {
    check_mistakes(
        "param a =\nparam b = (1 + )\nparam c = 99999999999999999999 @",
        &[
            "expected-expression 3:1 param",
            "expected-expression 3:16 )",
            "number-too-large 4:11 99999999999999999999",
            "unknown-character 4:32 @",
        ],
    );
    check_mistakes(
        "var a: =\nvar b: 3\nvar c: queue of T\ndef d(x: T where x) = \"a\"",
        &[
            "expected-type 2:8 =",
            "expected-type 3:8 3",
            "expected-token 5:1 def",
            "filtered-definition 5:18 x",
            "expected-expression 5:23 \"a\"",
        ],
    );
}

#[test]
fn documentation_belongs_to_what_follows_or_stands_before() {
    let text = "model m\n/// one\n///  two\nmeter a /// stray\nmeter b ///three\nmachine C { /// four\n}\n/// stray";
    let parsed = parsed(text);
    let docs: Vec<String> = parsed
        .file
        .declarations
        .iter()
        .map(|declaration| {
            declaration
                .doc
                .as_ref()
                .map_or(String::new(), |doc| format!("{} {}", names(&doc.lines, "/"), doc.trailing))
        })
        .collect();
    assert_eq!(docs, ["one/ two false", "three true", "four true"]);
    let codes =
        parsed.diagnostics.iter().map(|diagnostic| (diagnostic.code.0, diagnostic.severity));
    let warning = ("stray-documentation", crate::base::Severity::Warning);
    assert_eq!(codes.collect::<Vec<_>>(), [warning, warning]);
}

#[test]
fn ten_mistakes_give_ten_messages() {
    check_mistakes(
        "param a = 1 +\nvar count: bool\ndef b = c = d\nmachine M * {\n  state a b\n  fault at most 3 { }\n  \
         action x: a -> { y == 2 }\n  action z: a\n}\nproperty p: total m < 3\n}\nexpect q maybe\n",
        &[
            "expected-expression 3:1 var",
            "reserved-word 3:5 count",
            "assignment-for-comparison 4:11 =",
            "expected-expression 5:13 {",
            "missing-comma 6:11 b",
            "missing-name 7:3 fault",
            "missing-state 8:15 ->",
            "comparison-for-assignment 8:22 ==",
            "missing-body 9:13 a",
            "missing-bound 11:21 <",
            "stray-brace 12:1 }",
            "expected-outcome 13:10 maybe",
        ],
    );
}

/// Must end, on half of a thread's stack, with few messages, the first of this kind.
fn check_nasty(text: String, expected: &str) {
    let beginning: String = text.chars().take(60).collect();
    let run = move || parsed(&text).diagnostics;
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run);
    let found = thread.expect("a thread can be started").join().expect("nothing panics");
    assert_eq!(found.first().map(|diagnostic| diagnostic.code.0), Some(expected), "{beginning}");
    assert!(found.len() <= 101, "{} messages", found.len());
}

#[test]
fn no_depth_is_too_much() {
    let deep = |before: &str, part: &str, after: &str| {
        check_nasty(format!("{before}{}{after}", part.repeat(100_000)), "nested-too-deeply");
    };
    for part in
        ["(", "[", "not ", "-", "a^", "a implies ", "if a then ", "if ", "a[", "f(", "a + (", "{"]
    {
        deep("model m def d = ", part, "1");
    }
    for part in ["a + ", "a or ", "a * ", "a.", "a == (", "all x: T: ", "all x: (", "2 - -"] {
        deep("model m def d = ", part, "1");
    }
    deep("model m def d = a", "[1]", "");
    deep("model m def d = a", "()", "");
    deep("model m def d = a", ".b", "");
    deep("model m property p: ", "p until ", "q");
    deep("model m property p: ", "always ", "q");
    deep("model m on tick { ", "if a { ", "");
    deep("model m on tick { ", "for x: T { ", "");
    check_nasty("model m on tick { ".to_string() + &"if a ".repeat(100_000), "missing-braces");
    for part in ["set of ", "[", "[T] ", "queue of ", "timer(", "("] {
        deep("model m var x: ", part, "T");
    }
}

#[test]
fn deep_trees_within_the_limit_are_fine() {
    let parens = format!("def d = {}1{}", "(".repeat(150), ")".repeat(150));
    check(&parens, &format!("def d() {}1{}", "(", ")"));
    let chain = format!("model m\ndef d = a{}", " + a".repeat(150));
    assert_eq!(parsed(&chain).diagnostics, []);
}

#[test]
fn no_text_is_too_strange() {
    let binary: String =
        (0..20_000_u32).filter_map(|n| char::from_u32(n * 7919 % 0x3000)).collect();
    check_nasty(binary, "unknown-character");
    check_nasty("model m\n".to_string() + &"}\n".repeat(100_000), "stray-brace");
    check_nasty("model m\n".to_string() + &"machine A {\n".repeat(100_000), "unclosed-brace");
    check_nasty(
        "model m\n".to_string() + &"  machine A {".repeat(100_000),
        "misplaced-declaration",
    );
    check_nasty("model m def d = a".to_string() + &" < a".repeat(100_000), "chained-comparison");
    check_nasty(
        "model m on tick { ".to_string() + &"x = ( ".repeat(100_000),
        "assignment-for-comparison",
    );
    check_nasty("model m\n".to_string() + &"/// a\n".repeat(100_000), "stray-documentation");
    check_nasty("\"".repeat(99_999), "missing-header");
}

#[test]
fn messages_beyond_the_limit_are_counted() {
    let found = parsed(&("model m\n".to_string() + &"param = 1\n".repeat(150))).diagnostics;
    assert_eq!(found.len(), 101);
    assert_eq!(found[100].code.0, "too-many-errors");
    assert_eq!(found[100].message, "50 more messages not shown");
}

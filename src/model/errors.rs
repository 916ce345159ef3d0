//! Every diagnostic of the front end behind the parser, as one constructor function each.

use crate::base::{Diagnostic, Span};
use crate::syntax::ast;

/// A help that suggests a near name, or says what there is.
fn suggestion(near: Option<&str>, otherwise: impl Into<String>) -> String {
    near.map_or_else(|| otherwise.into(), |near| format!("did you mean `{near}`?"))
}

/// A name that nothing declares.
pub fn unknown_name(name: &str, span: Span, near: Option<&str>) -> Diagnostic {
    Diagnostic::error("unknown-name", span, format!("nothing here is called `{name}`"))
        .help(suggestion(near, "declare it, or correct the name"))
}

/// A name that only traces give to an instance.
pub fn named_as_in_traces(name: &str, span: Span, machine: &str, at: Option<u32>) -> Diagnostic {
    let help = match at {
        Some(index) => format!("write `{machine}({index})`: here instances are counted from 0"),
        None => format!(
            "only traces number the instances of `{machine}`; ask for some or all of them, like \
             `some x: {machine}: …`"
        ),
    };
    Diagnostic::error("unknown-name", span, format!("nothing here is called `{name}`")).help(help)
}

/// A control state compared like a value.
pub fn compared_control(span: Span, subject: &str, state: &str, is_equal: bool) -> Diagnostic {
    let ours = match is_equal {
        true => format!("{subject} is {state}"),
        false => format!("not ({subject} is {state})"),
    };
    Diagnostic::error("compared-control-state", span, "a control state is asked for with `is`")
        .help(format!("write `{ours}`"))
}

/// A control state read like a variable.
pub fn read_control(span: Span) -> Diagnostic {
    Diagnostic::error("unknown-member", span, "a control state is no value that can be read")
        .help("ask for it with `is`, as in `self is up | down`")
}

/// A type name that nothing declares.
pub fn unknown_type(name: &str, span: Span, near: Option<&str>) -> Diagnostic {
    Diagnostic::error("unknown-type", span, format!("there is no type `{name}`")).help(suggestion(
        near,
        "a type is `bool`, `low..high`, the name of an enum, machine or type, `T?`, `set of T`, \
         `[I] T`, `queue of T max n` or `timer(max)`",
    ))
}

/// A member that a machine does not have.
pub fn unknown_member(name: &str, span: Span, machine: &str, near: Option<&str>) -> Diagnostic {
    let message = format!("machine `{machine}` has no variable or definition `{name}`");
    Diagnostic::error("unknown-member", span, message)
        .help(suggestion(near, format!("declare it inside `machine {machine}`")))
}

/// A control state that a machine does not have.
pub fn unknown_state(name: &str, span: Span, machine: &str, states: &[String]) -> Diagnostic {
    let near = super::names::nearest(name, states.iter().map(String::as_str));
    let all = if states.is_empty() {
        format!("`{machine}` declares no states: add `state {name}`")
    } else {
        format!("its states are {}", states.join(", "))
    };
    Diagnostic::error("unknown-state", span, format!("machine `{machine}` has no state `{name}`"))
        .help(suggestion(near, all))
}

/// A value that an enum does not have.
pub fn unknown_value(name: &str, span: Span, of: &str, values: &[String]) -> Diagnostic {
    let near = super::names::nearest(name, values.iter().map(String::as_str));
    Diagnostic::error("unknown-value", span, format!("enum `{of}` has no value `{name}`"))
        .help(suggestion(near, format!("its values are {}", values.join(", "))))
}

/// A name of a kind of its own (meter, property, …) that nothing declares.
pub fn unknown_of_kind(kind: &str, name: &str, span: Span, near: Option<&str>) -> Diagnostic {
    Diagnostic::error("unknown-name", span, format!("there is no {kind} `{name}`"))
        .help(suggestion(near, format!("declare it with `{kind} {name}`, or correct the name")))
}

/// The same name twice in one scope.
pub fn declared_twice(name: &str, span: Span, earlier: Span) -> Diagnostic {
    Diagnostic::error("declared-twice", span, format!("`{name}` is declared twice"))
        .label("again here")
        .also(earlier, "first declared here")
        .help("rename one of them")
}

/// A local name that hides another local name.
pub fn shadowed_local(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("declared-twice", span, format!("`{name}` already has a meaning here"))
        .help("choose another name; local names do not hide each other")
}

/// More than one `calm`, `healthy` or `state`.
pub fn only_one(what: &str, span: Span, earlier: Span) -> Diagnostic {
    Diagnostic::error("only-one", span, format!("there can be only one `{what}` here"))
        .also(earlier, "the other one is here")
        .help("join them into one")
}

/// A declaration where it cannot stand.
pub fn misplaced(what: &str, place: &str, span: Span, help: &str) -> Diagnostic {
    Diagnostic::error("misplaced", span, format!("{what} cannot stand {place}")).help(help)
}

/// An expression of the wrong type.
pub fn wrong_type(span: Span, found: &str, wanted: &str) -> Diagnostic {
    Diagnostic::error("wrong-type", span, format!("this is {found}, but {wanted} is wanted here"))
}

/// Two sides that cannot be compared or joined.
pub fn different_types(span: Span, left: (Span, &str), right: (Span, &str)) -> Diagnostic {
    Diagnostic::error("different-types", span, "the two sides have different types")
        .also(left.0, format!("this is {}", left.1))
        .also(right.0, format!("this is {}", right.1))
}

/// Instances used for more than being told apart.
pub fn instances_have_no_order(span: Span, machine: &str) -> Diagnostic {
    let message = format!("instances of `{machine}` have no order and no number");
    Diagnostic::error("interchangeable", span, message).help(
        "instances of a machine are interchangeable: they are compared with `==`, chosen and \
         counted; where an order is meant, use a range like `0..n`",
    )
}

/// `.index` or `Node(i)` where instances are interchangeable.
pub fn index_outside_start(span: Span, what: &str) -> Diagnostic {
    let message = format!("{what} may stand only in initial values and in `assume`");
    Diagnostic::error("interchangeable", span, message).help(
        "instances are interchangeable once the system runs; give them a variable over a range, \
         like `var place: 0..n = self.index`, and use that",
    )
}

/// A recursion among parameters, types, definitions or initial values.
pub fn depends_on_itself(what: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("depends-on-itself", span, format!("{what} `{name}` depends on itself"))
        .help("break the circle")
}

/// A constant that reads the state.
pub fn not_constant(span: Span) -> Diagnostic {
    Diagnostic::error("not-constant", span, "this must be a constant")
        .help("it may use numbers, parameters and mitigations, but nothing that changes")
}

/// A constant that cannot be computed.
pub fn constant_breaches(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("constant-breaches", span, format!("this constant {why}"))
}

/// A parameter outside the range it declares.
pub fn parameter_out_of_range(name: &str, value: i64, range: (i64, i64), span: Span) -> Diagnostic {
    let message = format!("parameter `{name}` is {value}, outside {}..{}", range.0, range.1);
    Diagnostic::error("parameter-range", span, message)
        .help("choose a value in its range, or widen the range")
}

/// A mitigation that takes a parameter out of the range it declares.
pub fn mitigation_out_of_range(
    names: (&str, &str),
    value: i64,
    range: (i64, i64),
    span: Span,
) -> Diagnostic {
    let (mitigation, parameter) = names;
    let message = format!(
        "mitigation `{mitigation}` makes `{parameter}` {value}, outside {}..{}",
        range.0, range.1
    );
    Diagnostic::error("parameter-range", span, message)
        .help("choose a value in the range of the parameter, or widen the range")
}

/// A range whose ends are the wrong way round.
pub fn empty_range(low: i64, high: i64, span: Span) -> Diagnostic {
    Diagnostic::error("empty-range", span, format!("the range {low}..{high} is empty"))
        .help("the first number of a range is the lower one")
}

/// A number that must lie between others.
pub fn number_must_be(what: &str, value: i64, must: &str, span: Span) -> Diagnostic {
    Diagnostic::error("bad-number", span, format!("{what} is {value}, but must be {must}"))
}

/// A type that cannot stand where it does.
pub fn type_not_allowed(span: Span, message: impl Into<String>, help: &str) -> Diagnostic {
    Diagnostic::error("type-not-allowed", span, message).help(help)
}

/// A value that never fits.
pub fn never_fits(span: Span, value: (i64, i64), range: (i64, i64)) -> Diagnostic {
    let shown = |(low, high): (i64, i64)| {
        if low == high { format!("{low}") } else { format!("{low}..{high}") }
    };
    let message = format!("this is always {}, outside {}", shown(value), shown(range));
    Diagnostic::error("out-of-range", span, message)
        .help("widen the range of the variable, or add `saturating` to clamp the value")
}

/// An argument that is not shown to fit its parameter.
pub fn argument_may_not_fit(span: Span, value: (i64, i64), range: (i64, i64)) -> Diagnostic {
    let message = format!(
        "this can be {}..{}, but the parameter takes {}..{}",
        value.0, value.1, range.0, range.1
    );
    Diagnostic::error("out-of-range", span, message)
        .help("clamp it with `min` and `max`, or widen the parameter's range")
}

/// A variable read in control states in which it has no meaning.
pub fn meaningless_read(name: &str, span: Span, from: &str, declared: Span) -> Diagnostic {
    let message = format!("`{name}` has no meaning in {from}, where this action starts");
    Diagnostic::error("no-meaning", span, message)
        .also(declared, "its `while` says where it has one")
        .help("read it where the machine is in one of those states, or extend the `while`")
}

/// A variable written where neither the start nor the target of the action gives it a meaning.
pub fn meaningless_write(name: &str, span: Span, declared: Span) -> Diagnostic {
    let message = format!("this value of `{name}` is lost at once");
    Diagnostic::warning("no-meaning", span, message)
        .also(declared, "its `while` does not cover where this action leads")
        .help("leave the assignment out, or extend the `while`")
}

/// Something assigned that is no variable.
pub fn not_assignable(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("not-assignable", span, format!("{what} cannot be assigned"))
        .help("only variables, their elements, and `v.state` can")
}

/// An action with an arrow that sets its own control state as well.
pub fn own_state_assigned(span: Span) -> Diagnostic {
    Diagnostic::error("own-state", span, "an action with an arrow may not assign its own state")
        .help("leave the arrow's target out, or this assignment")
}

/// A mitigation that pays.
pub fn negative_cost(span: Span, number: i64) -> Diagnostic {
    Diagnostic::error("cost", span, format!("a mitigation cannot cost {number}"))
        .help("a cost is a whole number from 0 on, in a unit of your choice, like weeks of work")
}

/// Two applied mitigations that want different values.
pub fn conflicting_mitigations(
    parameter: &str,
    first: (&str, Span),
    second: (&str, Span),
) -> Diagnostic {
    let message =
        format!("mitigations `{}` and `{}` give `{parameter}` different values", first.0, second.0);
    Diagnostic::error("conflict", second.1, message)
        .also(first.1, format!("`{}` is set here", first.0))
        .help("apply one of them, or set the parameter itself")
}

/// A setting from outside that does not fit the model.
pub fn bad_setting(span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
    Diagnostic::error("bad-setting", span, message).help(help)
}

/// A wrong number of arguments.
pub fn argument_count(name: &str, wanted: &str, found: usize, span: Span) -> Diagnostic {
    let message = format!(
        "`{name}` takes {wanted}, but {found} {} given",
        if found == 1 { "is" } else { "are" }
    );
    Diagnostic::error("argument-count", span, message)
}

/// A machine's name used as one instance.
pub fn machine_is_not_one(name: &str, count: u32, span: Span) -> Diagnostic {
    let message = format!("`{name}` is a machine with {count} instances, not one of them");
    Diagnostic::error("not-one-instance", span, message)
        .help(format!("choose one with a parameter or quantifier, like `all x: {name}: …`"))
}

/// Too much of something.
pub fn too_many(what: &str, count: u64, limit: u64, span: Span) -> Diagnostic {
    let count = if count == u64::MAX { "more than 10^19".to_owned() } else { count.to_string() };
    Diagnostic::error("too-large", span, format!("{what}: {count}, but the limit is {limit}"))
        .help("use smaller ranges or fewer instances")
}

/// A budget where there can be none, or none where there must be one.
pub fn budget(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::error("budget", span, message).help(help)
}

/// A temporal operator outside claims, or a claim that is none.
pub fn not_temporal(span: Span) -> Diagnostic {
    Diagnostic::error("not-a-claim", span, "this says nothing about time")
        .help("begin with `always`, `never`, `possible` or another claim")
}

/// A part of a claim that is judged in the first state only.
pub fn judged_at_start_only(span: Span, operator: &str) -> Diagnostic {
    let message = "this part is judged in the first state only".to_owned();
    Diagnostic::warning("first-state-only", span, message).help(format!(
        "`{operator}` reaches no further than `not` would; write `{operator} (… )` around all it is about"
    ))
}

/// A place in a documentation text that cannot be filled in.
pub fn unknown_in_doc(name: &str, span: Span, near: Option<&str>) -> Diagnostic {
    let message = format!("`{{{name}}}` cannot be filled in");
    Diagnostic::warning("unknown-in-doc", span, message)
        .help(suggestion(near, "it may name a parameter of the action, `self`, or a variable"))
}

/// A declaration that nothing uses.
pub fn unused(what: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("unused", span, format!("{what} `{name}` is never used"))
        .help("remove it, or use it")
}

/// A variable that is written but never read.
pub fn never_read(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("unused", span, format!("variable `{name}` is never read"))
        .help("it only multiplies the states; remove it, or read it")
}

/// A control state that nothing leads to.
pub fn unreachable_state(machine: &str, state: &str, span: Span) -> Diagnostic {
    let message = format!("nothing ever leads to state `{state}` of `{machine}`");
    Diagnostic::warning("unreachable-state", span, message)
        .help("add an action that leads to it, or remove it")
}

/// A `calm` that the system itself can end.
pub fn calm_reads_own(what: &str, span: Span, writer: (&str, Span)) -> Diagnostic {
    let message =
        format!("`calm` reads {what}, which the system's own steps write and no fault does");
    Diagnostic::warning("calm-not-outside", span, message)
        .also(writer.1, format!("`{}` writes it", writer.0))
        .help("a storm that disturbs `calm` would be hidden: let `calm` speak of the trigger only")
}

/// Turns of an unordered loop that assign the same variable.
pub fn turns_assign_the_same(name: &str, span: Span) -> Diagnostic {
    let message = format!("two turns of this loop that both assign `{name}` breach");
    Diagnostic::warning("same-for-all-turns", span, message).help(
        "turns over instances have no order: accumulate with `+=`, or ask with `some` or `count` \
         outside the loop",
    )
}

/// A property that is judged twice under one name, or an expectation about nothing.
pub fn cannot_expect_value(span: Span, claim: &ast::Name) -> Diagnostic {
    let message = format!("`{}` has no worst value", claim.text);
    Diagnostic::error("no-worst-value", span, message)
        .help("only `peak`, `total`, `rate` and `recovers` have one; expect `holds` or `fails`")
}

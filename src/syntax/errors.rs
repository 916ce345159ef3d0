//! Every diagnostic of this room: one constructor function each, with code, place and the way out.

use crate::base::{Diagnostic, SourceId, Span};
use crate::syntax::token::TokenKind;

/// So many messages about one text are shown; a taste, not a measurement.
const MESSAGE_LIMIT: usize = 100;

/// What was reported, at most [`MESSAGE_LIMIT`] of it; the rest is only counted.
#[derive(Default)]
pub struct Reported {
    kept: Vec<Diagnostic>,
    left_out: usize,
    last_place: Span,
}

impl Reported {
    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.last_place = self.last_place.max(diagnostic.primary.0);
        if self.kept.len() < MESSAGE_LIMIT {
            self.kept.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    /// All messages in the order of the text, one for each place, and how many more there would be.
    pub fn into_diagnostics(mut self, source: SourceId) -> Vec<Diagnostic> {
        self.kept.sort_by_key(|diagnostic| (diagnostic.primary.0.start, diagnostic.severity));
        self.kept.dedup_by_key(|diagnostic| diagnostic.primary.0.start);
        let left_out = self.left_out + self.kept.len().saturating_sub(MESSAGE_LIMIT);
        self.kept.truncate(MESSAGE_LIMIT);
        if left_out > 0 {
            self.kept.push(too_many(Span { source, ..self.last_place }, left_out));
        }
        self.kept
    }
}

/// How a message calls a token.
fn called(kind: TokenKind, text: &str) -> String {
    match kind {
        TokenKind::End => "the end of the file".to_string(),
        _ => {
            let short: String = text.chars().take(40).collect();
            let dots = if short.len() < text.len() { "…" } else { "" };
            format!("`{short}{dots}`")
        }
    }
}

/// More mistakes than anybody reads at once.
fn too_many(last: Span, left_out: usize) -> Diagnostic {
    let messages = if left_out == 1 { "message" } else { "messages" };
    Diagnostic::error("too-many-errors", last, format!("{left_out} more {messages} not shown"))
        .help("fix the first ones and check again; is this a squall model at all?")
}

// Characters and tokens.

/// Characters that no squall text has outside comments and quotes; whether a name ends before them, and the
/// letter behind them.
pub fn unknown_characters(span: Span, text: &str, around: (bool, Option<char>)) -> Diagnostic {
    let first = text.chars().next().unwrap_or(' ');
    let escaped = |letter: char| match letter {
        '\\' | '\'' | '"' => letter.to_string(),
        _ => letter.escape_debug().to_string(),
    };
    let shown: String = text.chars().take(10).map(escaped).collect();
    let help = match first {
        '\'' if around.0 => "write `x = e`: to the left of `=` stands what the value is afterwards",
        '\\' if around.1 == Some('E') => "write `some x: T: p`",
        '\\' if around.1 == Some('A') => "write `all x: T: p`",
        '\\' if around.1 == Some('i') => "write `in`; a quantifier is written `all x: T: p`",
        '#' => "a comment begins with `//`, documentation with `///`",
        '≤' => "write `<=`",
        '≥' => "write `>=`",
        '≠' => "write `!=`",
        '→' => "write `->`",
        '\'' | '`' | '“' | '”' => "names stand without quotes",
        '∧' => "write `and`",
        '∨' => "write `or`",
        '¬' | '~' => "write `not`",
        _ if first.is_alphabetic() => "names are made of the letters a to z, digits and `_`",
        _ => "remove it; other characters may stand in comments only",
    };
    Diagnostic::error("unknown-character", span, format!("`{shown}` means nothing here")).help(help)
}

/// A quote that its line does not close.
pub fn unclosed_text(span: Span) -> Diagnostic {
    Diagnostic::error("unclosed-text", span, "this text has no closing quote")
        .help("end it with `\"` on the same line")
}

/// A number with a fraction or letters; `text` begins with its digits.
pub fn malformed_number(span: Span, text: &str, digits: usize) -> Diagnostic {
    let help = match text.as_bytes().get(digits) {
        Some(b'.') => "numbers are whole; a fraction is written as a division, like `1 / 2`",
        Some(b'_') => "the digits of a number stand together, like `1000`",
        _ => "a name begins with a letter; between a number and a name stands an operator",
    };
    Diagnostic::error("malformed-number", span, "this is neither a number nor a name").help(help)
}

/// A number beyond 64 bits.
pub fn number_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("number-too-large", span, "this number is too large")
        .help("numbers go up to 9223372036854775807")
}

/// Something else stands where a certain token must stand.
pub fn expected_token(span: Span, wanted: &str, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected {wanted}, found {}", called(found.0, found.1));
    Diagnostic::error("expected-token", span, message)
}

/// Two things of a list without a comma between them.
pub fn missing_comma(span: Span) -> Diagnostic {
    Diagnostic::error("missing-comma", span, "a comma is missing before this")
        .help("separate the parts of a list by `,`")
}

/// `;` or `,` where nothing separates.
pub fn separator(span: Span, sign: &str) -> Diagnostic {
    Diagnostic::error("needless-separator", span, format!("`{sign}` separates nothing here"))
        .help("remove it: declarations and statements stand one after the other")
}

// Names.

/// No name where there must be one.
pub fn expected_name(span: Span, what: &str, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected {what}, found {}", called(found.0, found.1));
    Diagnostic::error("expected-name", span, message)
        .help("a name begins with a letter and goes on with letters, digits and `_`")
}

/// A declaration without its name.
pub fn missing_name(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("missing-name", span, format!("this `{word}` has no name"))
        .help(format!("write a name behind it, like `{word} crash …`"))
}

/// A reserved word where a name must be.
pub fn reserved_word(span: Span, word: &str) -> Diagnostic {
    let message = format!("`{word}` is a word of the language and cannot be a name");
    Diagnostic::error("reserved-word", span, message)
        .help(format!("choose another name, like `{word}_` or a longer one"))
}

/// `->` or `:` without a control state.
pub fn missing_state(span: Span, sign: &str) -> Diagnostic {
    Diagnostic::error("missing-state", span, format!("no control state stands behind `{sign}`"))
        .help("name the states: `: from -> to`, `: one | other -> to`, or `: from` to stay there")
}

// Braces.

/// A brace that nothing closes.
pub fn unclosed_brace(open: Span, noticed: Span) -> Diagnostic {
    Diagnostic::error("unclosed-brace", open, "this `{` is never closed")
        .also(noticed, "its `}` is missing before this")
        .help("write the `}` where the part ends")
}

/// A brace that closes nothing.
pub fn stray_brace(span: Span) -> Diagnostic {
    Diagnostic::error("stray-brace", span, "this `}` closes nothing")
        .help("remove it, or look for a `}` too many above")
}

/// An action without `{ … }`.
pub fn missing_body(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("missing-body", span, format!("this {word} has no body"))
        .help("end it with `{ … }`, or with `{ }` if nothing but the control state changes")
}

/// A statement where a block must be.
pub fn missing_braces(span: Span, after: &str) -> Diagnostic {
    Diagnostic::error("missing-braces", span, format!("`{{` is missing behind {after}"))
        .help("what belongs to `if`, `else` and `for` stands in braces: `if p { … } else { … }`")
}

// Declarations.

/// A file that does not say what it is.
pub fn missing_header(span: Span) -> Diagnostic {
    Diagnostic::error("missing-header", span, "the file does not begin with its kind and name")
        .help("write `model NAME` in the first line, or `library NAME` for parts that models use")
}

/// A second `model` or `library`.
pub fn second_header(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("second-header", span, format!("`{word}` may only begin the file"))
        .help("put each model into a file of its own")
}

/// `use` behind a declaration.
pub fn late_use(span: Span) -> Diagnostic {
    Diagnostic::error("late-use", span, "`use` stands behind a declaration")
        .help("move it up, directly below the first line")
}

/// Nothing that begins a declaration.
pub fn expected_declaration(
    span: Span,
    found: (TokenKind, &str),
    guess: Option<&'static str>,
) -> Diagnostic {
    let message = format!("expected a declaration, found {}", called(found.0, found.1));
    let error = Diagnostic::error("expected-declaration", span, message);
    match guess {
        Some(word) => error.help(format!("did you mean `{word}`?")),
        None => error.help(
            "a declaration begins with a word like `param`, `machine`, `action` or `property`",
        ),
    }
}

/// A declaration that belongs to the top level, in a machine.
pub fn inside_machine(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("misplaced-declaration", span, format!("`{word}` cannot stand in a machine"))
        .help("move it out; a machine has `state`, `var`, `def`, actions, faults and `on tick`")
}

/// `state` at the top level.
pub fn outside_machine(span: Span) -> Diagnostic {
    Diagnostic::error("misplaced-declaration", span, "`state` can only stand in a machine")
        .help("move it into the machine whose states these are; or is a `}` too many above?")
}

/// `where` in the parameters of a definition.
pub fn filtered_definition(span: Span) -> Diagnostic {
    Diagnostic::error("filtered-definition", span, "the parameters of a definition have no `where`")
        .help("write the condition into the definition itself")
}

/// A declaration of another language.
pub fn foreign_declaration(span: Span, word: &str, ours: &str) -> Diagnostic {
    let message = format!("`{word}` begins no declaration here");
    Diagnostic::error("expected-declaration", span, message).help(format!("write `{ours}`"))
}

/// Documentation of nothing.
pub fn stray_documentation(span: Span) -> Diagnostic {
    Diagnostic::warning("stray-documentation", span, "this documentation belongs to nothing")
        .help("`///` stands before a declaration or behind its first line; elsewhere write `//`")
}

// Actions and statements.

/// Something in the head of an action that is unknown, or in the wrong order.
pub fn unexpected_in_head(span: Span, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected the body of this action, found {}", called(found.0, found.1));
    Diagnostic::error("unexpected-in-action", span, message).help(
        "the order is `action NAME(x: T, …) at most k each : from -> to when guard { … }`, \
         where all between the name and the body may be left out",
    )
}

/// `on tick` and something else than its body.
pub fn unexpected_on_tick(span: Span, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected the body of `on tick`, found {}", called(found.0, found.1));
    Diagnostic::error("unexpected-in-action", span, message)
        .help("write `on tick { … }`, with `if p { … }` inside for a condition")
}

/// `if` for `when`.
pub fn if_for_when(span: Span) -> Diagnostic {
    Diagnostic::error("foreign-operator", span, "`if` begins no guard here").help("write `when`")
}

/// Nothing that begins a statement.
pub fn expected_statement(span: Span, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected a statement, found {}", called(found.0, found.1));
    Diagnostic::error("expected-statement", span, message).help(
        "statements are `x = e`, `x += e`, `x -= e`, `count m`, `let`, `if`, `for`, \
             and calls like `push(q, e)`",
    )
}

/// A place without anything that changes it.
pub fn statement_without_effect(span: Span) -> Diagnostic {
    Diagnostic::error("statement-without-effect", span, "this statement does nothing")
        .help("assign with `=`, `+=` or `-=`, or call something like `push(q, e)`")
}

/// An assignment to what is no place.
pub fn not_a_place(span: Span) -> Diagnostic {
    Diagnostic::error("not-a-place", span, "this cannot be assigned to")
        .help("assign to a variable, like `x = …`, `node.x = …` or `x[i] = …`")
}

/// `==` for `=`.
pub fn comparison_for_assignment(span: Span) -> Diagnostic {
    Diagnostic::error("comparison-for-assignment", span, "`==` compares, and changes nothing")
        .help("assign with `=`")
}

// Expressions.

/// Nothing that begins an expression.
pub fn expected_expression(span: Span, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected an expression, found {}", called(found.0, found.1));
    let error = Diagnostic::error("expected-expression", span, message);
    match found.0 {
        TokenKind::Text => error.help("only the path of a `use` stands in quotes"),
        kind if kind.is_word() => {
            error.help("a value is missing before this; a word of the language cannot be a name")
        }
        _ => error.help("write a value here: a number, a name, or something in parentheses"),
    }
}

/// Nothing that can be a type.
pub fn expected_type(span: Span, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected a type, found {}", called(found.0, found.1));
    Diagnostic::error("expected-type", span, message).help(
        "types are `bool`, a range like `0..3`, a name, `T?`, `set of T`, `[T] U`, \
         `queue of T max n`, `timer(n)`",
    )
}

/// `T??`.
pub fn doubly_optional(span: Span) -> Diagnostic {
    Diagnostic::error("doubly-optional", span, "this type is optional already")
        .help("one `?` is enough: there is only one `none`")
}

/// `=` for `==`.
pub fn assignment_for_comparison(span: Span) -> Diagnostic {
    Diagnostic::error(
        "assignment-for-comparison",
        span,
        "`=` assigns, and cannot stand in an expression",
    )
    .help("compare with `==`")
}

/// An operator of another language.
pub fn foreign_operator(span: Span, foreign: &str, ours: &str) -> Diagnostic {
    Diagnostic::error("foreign-operator", span, format!("`{foreign}` is no operator here"))
        .help(format!("write `{ours}`"))
}

/// `p ? a : b`.
pub fn foreign_condition(span: Span) -> Diagnostic {
    Diagnostic::error("foreign-operator", span, "`?` is no operator here")
        .help("write `if p then a else b`")
}

/// `a < b < c`.
pub fn chained_comparison(span: Span) -> Diagnostic {
    Diagnostic::error("chained-comparison", span, "comparisons do not chain")
        .help("write `a < b and b < c`, or put one of the comparisons in parentheses")
}

/// `a == not b`, `a + always b`.
pub fn loose_prefix(span: Span, word: &str) -> Diagnostic {
    let message = format!("`{word}` binds looser than the operator before it");
    Diagnostic::error("loose-prefix", span, message)
        .help(format!("put it in parentheses: `({word} …)`"))
}

/// `x is not a`, where `a` is a name, or something else.
pub fn is_not(span: Span, name: Option<&str>) -> Diagnostic {
    let help = match name {
        Some(name) => format!("write `not (… is {name})`, or compare values with `!=`"),
        None => "compare values with `!=`; `is` asks for a control state".to_owned(),
    };
    Diagnostic::error("is-not", span, "`is not` is no operator").help(help)
}

/// An if-expression without `then`.
pub fn missing_then(span: Span) -> Diagnostic {
    Diagnostic::error("missing-then", span, "`then` is missing before this")
        .help("a conditional expression is written `if p then a else b`, without braces")
}

/// An if-expression without `else`.
pub fn missing_else(span: Span) -> Diagnostic {
    Diagnostic::error("missing-else", span, "this conditional expression has no `else`")
        .help("an expression needs a value in both cases: `if p then a else b`")
}

/// `always`, `until` and their like where only one state is looked at.
pub fn temporal_outside_claim(span: Span, word: &str) -> Diagnostic {
    let message = format!("`{word}` speaks about time, which only the claim of a property can");
    Diagnostic::error("temporal-outside-claim", span, message)
        .help("move it into a `property`, as in `property p: always …`")
}

/// A tree too high for any pass behind this one.
pub fn nested_too_deeply(span: Span, limit: usize) -> Diagnostic {
    let message = format!("this is nested more than {limit} levels deep");
    Diagnostic::error("nested-too-deeply", span, message)
        .help("give the inner parts names with `def` or `let`")
}

// Properties.

/// Nothing that an `expect` can promise.
pub fn expected_outcome(span: Span, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected a verdict, found {}", called(found.0, found.1));
    Diagnostic::error("expected-outcome", span, message)
        .help("write `holds`, `fails`, `unknown` or `== value`")
}

/// A claim about a bound, with nothing behind what is bounded.
pub fn no_bound(span: Span, claim: &str) -> Diagnostic {
    Diagnostic::error("missing-bound", span, "a bound is missing behind this")
        .help(format!("write `{claim} … <= bound`"))
}

/// `finite m <= k`.
pub fn finite_with_bound(span: Span, meter: &str) -> Diagnostic {
    Diagnostic::error("needless-bound", span, "`finite` asks for no bound")
        .help(format!("write `total {meter} <= …` to bound the number, or leave the bound out"))
}

/// `recovers in n`.
pub fn recovers_in(span: Span) -> Diagnostic {
    Diagnostic::error("foreign-operator", span, "`in` is no word of this claim")
        .help("write `recovers within n ticks`")
}

/// A claim about a bound without `<=`.
pub fn missing_bound(span: Span, claim: &str, found: (TokenKind, &str)) -> Diagnostic {
    let message = format!("expected `<=`, found {}", called(found.0, found.1));
    Diagnostic::error("missing-bound", span, message).help(format!("write `{claim} … <= bound`"))
}

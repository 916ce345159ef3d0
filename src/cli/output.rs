//! Where words go: results to stdout, everything else to stderr, colour only where a terminal wants it.

use std::io::{ErrorKind, Write};

use anyhow::Context;
use itertools::Itertools;

/// Writes a result. A reader that went away is no error: there is nobody left to tell.
pub fn result(text: &str) -> anyhow::Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("cannot write to the standard output"),
    }
}

/// Writes what is beside the result.
pub fn note(text: &str) {
    // Where stderr is closed there is no place to complain.
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// The command line of this run, as a shell would take it.
pub fn command_line() -> String {
    let arguments = std::env::args_os().skip(1);
    let quoted = arguments.map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once("squall".to_owned()).chain(quoted).join(" ")
}

/// A word as a shell would take it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        let all = ["models/a.squall", "n=3", "a b", "it's", ""].map(quoted);
        assert_eq!(all, ["models/a.squall", "n=3", "'a b'", r"'it'\''s'", "''"]);
    }
}

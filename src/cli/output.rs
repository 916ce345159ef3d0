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
    shell_line(std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()))
}

/// The same without some options and their values.
pub fn command_line_without(options: &[&str]) -> String {
    let mut is_value = false;
    let arguments = std::env::args_os().skip(1);
    shell_line(arguments.map(|argument| argument.to_string_lossy().into_owned()).filter(
        |argument| {
            let mut rests = options.iter().filter_map(|option| argument.strip_prefix(option));
            let is_given = rests.any(|rest| rest.is_empty() || rest.starts_with('='));
            let is_left_out = is_value || is_given;
            is_value = is_given && options.contains(&argument.as_str());
            !is_left_out
        },
    ))
}

fn shell_line(arguments: impl Iterator<Item = String>) -> String {
    std::iter::once("squall".to_owned()).chain(arguments.map(|word| quoted(&word))).join(" ")
}

/// A word as a shell would take it.
pub fn quoted(word: &str) -> String {
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

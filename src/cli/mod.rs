//! The command line: the only place, beside the editor and the browser, that knows of files, clocks
//! and terminals.

mod args;
mod audit;
mod check;
mod diff;
mod exit;
mod explore;
mod find;
mod format;
mod load;
mod memory;
mod mitigate;
mod output;
mod progress;
mod property;
mod rescue;
mod simulate;
mod sweep;
mod test;
mod trace;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::Parser;

use self::args::{Arguments, Command, OutputFormat};
use self::exit::Exit;
use crate::base::{Diagnostic, Source};
use crate::report::{diagnostic, json};

/// Does what the arguments say; the first is the name of the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    exit::own_up_to_bugs();
    let command = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments.command,
        Err(answer) => {
            // Where nobody listens, there is nobody to tell.
            let _ = answer.print();
            return ExitCode::from(answer.exit_code() as u8);
        }
    };
    let (format, outcome) = match &command {
        Command::Check(arguments) => (arguments.output.format, check::check(arguments)),
        Command::Audit(arguments) => (OutputFormat::Text, audit::audit(arguments)),
        Command::Test(arguments) => (arguments.output.format, test::test(arguments)),
        Command::Diff(arguments) => (arguments.output.format, diff::diff(arguments)),
        Command::Mitigate(arguments) => (arguments.output.format, mitigate::mitigate(arguments)),
        Command::Sweep(arguments) => (arguments.format.of_refusal(), sweep::sweep(arguments)),
        Command::Why(arguments) => (arguments.output.format, why::why(arguments)),
        Command::Simulate(arguments) => (arguments.output.format, simulate::simulate(arguments)),
        Command::Rescue(arguments) => (arguments.output.format, rescue::rescue(arguments)),
        Command::Explore(arguments) => (OutputFormat::Text, explore::explore(arguments)),
        Command::Format(arguments) => (OutputFormat::Text, format::format(arguments)),
    };
    outcome.unwrap_or_else(|error| refuse(&error, format)).into()
}

/// Draws diagnostics where a person reads them.
fn tell_diagnostics(sources: &[Source], diagnostics: &[Diagnostic]) {
    output::note(&diagnostic::draw(sources, diagnostics));
}

/// Says what the world refused.
fn tell_error(error: &anyhow::Error) {
    const ERROR: Style = AnsiColor::Red.on_default().bold();
    output::note(&format!("{ERROR}error{ERROR:#}: {error:#}\n"));
}

/// The world said no: what, on which path, why.
fn refuse(error: &anyhow::Error, format: OutputFormat) -> Exit {
    tell_error(error);
    if format == OutputFormat::Json {
        // The document repeats what stderr says; if it cannot be written, that is enough.
        let _ = output::result(&json::refusal(&format!("{error:#}"), Exit::Wrong.code()));
    }
    Exit::Wrong
}

//! Turns arguments into a call of the command line, and its answer into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    squall::cli::run(std::env::args_os())
}

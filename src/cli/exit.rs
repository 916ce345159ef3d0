//! What a run ends with: one meaning for each exit code, and what happens when the tool itself is wrong.

use std::panic::PanicHookInfo;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::Accept;
use super::output;
use crate::report::{FindingKind, Grade, Report, StormReport, VerdictWord};

/// How a run ends; the worse, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All claims hold, or everything is as expected.
    Fine,
    /// Something is unknown: a limit, an interrupt, a question that is not supported.
    Unknown,
    /// A claim fails, an expectation is wrong, or the model breaks its own rules.
    Fails,
    /// The call or the text of a model is wrong.
    Wrong,
}

impl Exit {
    /// What a report amounts to, where storms up to a grade are forgiven.
    pub fn of(report: &Report, accept: Accept) -> Exit {
        let properties = report.properties.iter().map(|property| match property.verdict {
            VerdictWord::Holds if accept == Accept::None && property.has_loop() => Exit::Fails,
            VerdictWord::Holds => Exit::Fine,
            VerdictWord::Unknown => Exit::Unknown,
            VerdictWord::Fails if accept == Accept::Storm => match &property.storm {
                Some(StormReport { grade: Grade::Storm, is_whole: true, .. }) => Exit::Fine,
                // It may be a trap.
                Some(StormReport { grade: Grade::Storm, .. }) => Exit::Unknown,
                _ => Exit::Fails,
            },
            VerdictWord::Fails => Exit::Fails,
        });
        let findings = report.findings.iter().map(|finding| match finding.kind {
            FindingKind::Breach => Exit::Fails,
            FindingKind::TimeStops => Exit::Fine,
        });
        // A limit matters as far as it keeps from an answer; where nothing is asked, it always does.
        let is_asked = !report.properties.is_empty();
        let cuts = report.explored.iter().filter(|one| !is_asked && one.cut.is_some());
        let cuts = cuts.map(|_| Exit::Unknown);
        let errors = report.errors.iter().map(|_| Exit::Wrong);
        properties.chain(findings).chain(cuts).chain(errors).max().unwrap_or(Exit::Fine)
    }

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::Fails => 1,
            Exit::Wrong => 2,
            Exit::Unknown => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Makes a panic say that the tool is wrong, and what to send; the run then ends with code 101.
pub fn own_up_to_bugs() {
    static IS_TOLD: AtomicBool = AtomicBool::new(false);
    std::panic::set_hook(Box::new(|panic| {
        // A worker that panics takes the main thread with it: the first one says what happened.
        if !IS_TOLD.swap(true, Ordering::SeqCst) {
            output::note(&bug(panic));
        }
    }));
}

fn bug(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map(|place| format!("\n  at {place}")).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message");
    format!(
        "squall has a bug and had to stop; your model is not to blame.\n\n  {message}{place}\n  \
         squall {}: {}\n\nPlease report it: send these lines, the model and the libraries it uses.\n",
        env!("CARGO_PKG_VERSION"),
        output::command_line(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_is_worse_than_failing_is_worse_than_unknown() {
        let mut all = [Exit::Wrong, Exit::Fine, Exit::Fails, Exit::Unknown];
        all.sort();
        assert_eq!(all.map(Exit::code), [0, 3, 1, 2]);
    }
}

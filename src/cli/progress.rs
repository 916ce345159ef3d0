//! Watches a run from outside: the clock, Ctrl-C, and one line of progress where a person may be looking.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::explore::{Observer, Progress};
use crate::report::number::{duration, grouped, memory};
use crate::report::words::Ended;

/// How often Ctrl-C was pressed.
static INTERRUPTS: AtomicU32 = AtomicU32::new(0);

/// How long a line of progress stays, and how long a run stays silent at first. By taste.
const BETWEEN_LINES: Duration = Duration::from_millis(250);

/// What a shell sees of a program that was ended by Ctrl-C.
const ENDED_BY_INTERRUPT: i32 = 130;

/// Lets the first Ctrl-C end the run with what is known so far, and the second one end it at once.
pub fn catch_interrupts() {
    let pressed = || match INTERRUPTS.fetch_add(1, Ordering::SeqCst) {
        0 => {}
        _ => std::process::exit(ENDED_BY_INTERRUPT),
    };
    // Where no handler can be set, Ctrl-C ends the program as it always does.
    let _ = ctrlc::set_handler(pressed);
}

/// Whether Ctrl-C was pressed.
pub fn is_interrupted() -> bool {
    INTERRUPTS.load(Ordering::SeqCst) > 0
}

/// An observer that looks at the clock.
pub struct Watch {
    started: Instant,
    /// When the line was last changed.
    shown: Instant,
    /// How long the run took, once it is over.
    seconds: f64,
    timeout: Option<Duration>,
    line: ProgressBar,
    memory_bytes: u64,
    is_out_of_time: bool,
}

impl Watch {
    /// Starts the clock. Progress is shown behind `title` where stderr is a terminal.
    pub fn start(timeout: Option<Duration>, title: &str) -> Watch {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{prefix}{wide_msg}");
        line.set_style(style.expect("a template without mistakes"));
        line.set_prefix(title.to_owned());
        let now = Instant::now();
        Watch {
            started: now,
            shown: now,
            seconds: 0.0,
            timeout,
            line,
            memory_bytes: 0,
            is_out_of_time: false,
        }
    }

    /// Stops the clock and removes the line of progress.
    pub fn finish(&mut self) {
        self.seconds = self.started.elapsed().as_secs_f64();
        self.line.finish_and_clear();
    }

    /// Who ended the run, if somebody did.
    pub fn ended(&self) -> Ended {
        if self.is_out_of_time { Ended::OutOfTime } else { Ended::Interrupted }
    }

    /// Says on stderr what the run took, and who ended it if somebody did.
    pub fn tell(&self) {
        if is_interrupted() {
            output::note("interrupted: the numbers are those reached by then\n");
        } else if self.is_out_of_time {
            output::note("out of time: the numbers are those reached by then\n");
        }
        let time = duration(self.seconds);
        output::note(&match self.memory_bytes {
            // Another engine does not say what it takes.
            0 => format!("took {time}\n"),
            bytes => format!("took {time}, and {} for states and steps\n", memory(bytes)),
        });
    }
}

impl Observer for Watch {
    fn progress(&mut self, progress: Progress) {
        self.memory_bytes = self.memory_bytes.max(progress.memory_bytes);
        if self.line.is_hidden() || self.shown.elapsed() < BETWEEN_LINES {
            return;
        }
        self.shown = Instant::now();
        let seconds = self.started.elapsed().as_secs_f64();
        self.line.set_message(format!(
            "{} states, {} states/s, frontier {}, depth {}, {}",
            grouped(progress.states),
            grouped((progress.states as f64 / seconds) as u64),
            grouped(progress.frontier),
            grouped(progress.depth),
            memory(progress.memory_bytes),
        ));
    }

    fn should_stop(&mut self) -> bool {
        self.is_out_of_time |= self.timeout.is_some_and(|limit| self.started.elapsed() >= limit);
        self.is_out_of_time || is_interrupted()
    }
}

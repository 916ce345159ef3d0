//! One point of a sweep with a clock of its own, and the line that says how many are done.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::base::Source;
use crate::cli::progress::is_interrupted;
use crate::explore::{Limits, Observer, Progress};
use crate::mitigate::sweep::{Effort, Grid, judge};
use crate::model::Settings;
use crate::report::sweep::PointReport;
use crate::report::words::Ended;

/// What all points have in common.
pub struct Judging<'a> {
    /// The texts.
    pub sources: &'a [Source],
    /// What is chosen for all points.
    pub everywhere: &'a Settings,
    /// The claims, by name.
    pub properties: &'a [String],
    /// How far to explore at each.
    pub limits: Limits,
    /// How long each may take.
    pub timeout: Option<Duration>,
}

/// What was found at a point.
pub struct Found {
    /// It in words.
    pub report: PointReport,
    /// Whether it will be the same the next time: neither the clock nor a key press had a part in it.
    pub is_repeatable: bool,
}

impl Judging<'_> {
    /// Judges a point with so many threads.
    pub fn judge(&self, grid: &Grid, point: usize, workers: usize) -> Found {
        let mut clock =
            Clock { started: Instant::now(), timeout: self.timeout, has_stopped: false };
        let interrupted = || Found { report: PointReport::NotReached, is_repeatable: false };
        if is_interrupted() {
            return interrupted();
        }
        let settings = grid.settings(self.everywhere, point);
        let effort = Effort { limits: self.limits.clone(), workers };
        let outcome = judge(self.sources, &settings, self.properties, &effort, &mut clock);
        match clock.has_stopped && is_interrupted() {
            true => interrupted(),
            false => Found {
                report: PointReport::of(&outcome).ended(Ended::OutOfTime),
                is_repeatable: !clock.has_stopped,
            },
        }
    }
}

/// Ends a point when its time is over, and every point at Ctrl-C.
struct Clock {
    started: Instant,
    timeout: Option<Duration>,
    has_stopped: bool,
}

impl Observer for Clock {
    fn progress(&mut self, _progress: Progress) {}

    fn should_stop(&mut self) -> bool {
        let is_late = self.timeout.is_some_and(|limit| self.started.elapsed() >= limit);
        self.has_stopped |= is_late || is_interrupted();
        self.has_stopped
    }
}

/// One line that says how many points are done, where a person may be looking.
pub struct Counter {
    line: ProgressBar,
}

impl Counter {
    /// Starts with so many points done.
    pub fn start(point_count: usize, done_count: usize) -> Counter {
        let target = ProgressDrawTarget::stderr();
        let line = ProgressBar::with_draw_target(Some(point_count as u64), target);
        let style = ProgressStyle::with_template("{pos} of {len} points, {elapsed}");
        line.set_style(style.expect("a template without mistakes"));
        line.set_position(done_count as u64);
        Counter { line }
    }

    /// One more is done.
    pub fn advance(&mut self) {
        self.line.inc(1);
    }

    /// Removes the line.
    pub fn finish(&mut self) {
        self.line.finish_and_clear();
    }
}

//! Progress, as calls, and the one way to end a run from outside; silence is an observer too.

/// Who watches a run, and may end it. Asked often, so it should answer fast.
pub trait Observer {
    /// Hears how far the exploration is.
    fn progress(&mut self, progress: Progress);
    /// Whether to stop here: a time limit, a key press.
    fn should_stop(&mut self) -> bool;
}

/// How far an exploration is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// States known.
    pub states: u64,
    /// Steps seen, ticks included.
    pub steps: u64,
    /// States known whose steps are still to be seen.
    pub frontier: u64,
    /// The number of the last level.
    pub depth: u64,
    /// The modelled memory.
    pub memory_bytes: u64,
}

/// Watches nothing and never stops a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn progress(&mut self, _progress: Progress) {}
    fn should_stop(&mut self) -> bool {
        false
    }
}

/// The observer asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

/// Counts work, and asks the observer every so often whether to go on.
pub struct Patience<'a> {
    observer: &'a mut dyn Observer,
    spent: u32,
}

impl<'a> Patience<'a> {
    /// Between two questions, in small units of work; by taste: well below a millisecond.
    const INTERVAL: u32 = 4096;

    /// A counter that asks at once, and then now and then.
    pub fn new(observer: &'a mut dyn Observer) -> Patience<'a> {
        Patience { observer, spent: Self::INTERVAL }
    }

    /// One more unit of work.
    pub fn spend(&mut self) -> Result<(), Interrupted> {
        self.spent += 1;
        if self.spent < Self::INTERVAL {
            return Ok(());
        }
        self.spent = 0;
        if self.observer.should_stop() { Err(Interrupted) } else { Ok(()) }
    }
}

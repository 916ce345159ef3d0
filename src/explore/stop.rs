//! Why an exploration ended, and the proof that it saw everything, which only this folder can make.

/// Why an exploration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Every reachable state was visited.
    Exhausted(Exhausted),
    /// It was cut short.
    Unfinished(Unfinished),
}

/// Proof that every reachable state was visited, and every step out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted {
    // Private, so that no other folder can claim it.
    seal: (),
}

impl Exhausted {
    pub(super) fn new() -> Exhausted {
        Exhausted { seal: () }
    }
}

/// What cut an exploration short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// One of our own limits, which repeats exactly.
    Limit(Limit),
    /// Somebody outside: a clock or a key press.
    Interrupted,
    /// An assumption breaches on a candidate for a start: nobody knows what the starts are.
    StartBreach,
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The number of states.
    States,
    /// The number of levels.
    Depth,
    /// The modelled memory.
    Memory,
}

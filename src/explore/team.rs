//! Threads that take jobs until none is left.

use std::cell::OnceCell;
use std::sync::{Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Some workers, one of which is whoever calls.
pub(super) struct Team {
    workers: usize,
    /// All others, once there was something to share; none if the system grants no threads.
    others: OnceCell<Option<ThreadPool>>,
}

/// Jobs that workers take one after the other.
pub(super) struct Jobs<I>(Mutex<I>);

impl<J: Iterator> Jobs<J> {
    pub(super) fn new(jobs: impl IntoIterator<IntoIter = J>) -> Jobs<J> {
        Jobs(Mutex::new(jobs.into_iter()))
    }

    /// The next job, if any is left.
    pub(super) fn next(&self) -> Option<J::Item> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}

impl Team {
    /// So many workers, at least two.
    pub(super) fn new(workers: usize) -> Team {
        Team { workers, others: OnceCell::new() }
    }

    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    /// Lets everybody take jobs.
    pub(super) fn share<J: Send>(
        &self,
        jobs: impl IntoIterator<Item = J, IntoIter: Send>,
        work: impl Fn(J) + Sync,
    ) {
        let jobs = Jobs::new(jobs);
        let run = || {
            while let Some(job) = jobs.next() {
                work(job);
            }
        };
        self.work(run, run);
    }

    /// Lets the others do one thing, each of them once, while whoever calls does another.
    pub(super) fn work(&self, others: impl Fn() + Sync, own: impl FnOnce()) {
        let hire = || ThreadPoolBuilder::new().num_threads(self.workers - 1).build().ok();
        match self.others.get_or_init(hire) {
            None => own(),
            Some(pool) => pool.in_place_scope(|scope| {
                for _ in 1..self.workers {
                    scope.spawn(|_| others());
                }
                own();
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn every_job_is_done_once() {
        for workers in [2, 7] {
            let team = Team::new(workers);
            for count in [0, 1, 1000] {
                let sum = AtomicU64::new(0);
                team.share(1..=count, |job| {
                    sum.fetch_add(job, Ordering::Relaxed);
                });
                assert_eq!(sum.into_inner(), count * (count + 1) / 2);
            }
        }
    }
}

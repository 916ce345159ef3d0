//! Runs many configurations of one text: those that are provably the same once, the rest in parallel.
//!
//! The text is read once. Two configurations whose typed models are equal in everything that has a part in
//! what happens and what is claimed ([`Model::behaves_like`]) are one run: a mitigation that changes
//! nothing beside another one costs nothing. The runs are handed to threads as these become free; each
//! explores alone, and what it finds is kept at its place, so that no result depends on their number.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use itertools::Itertools;

use crate::base::{Diagnostic, Source};
use crate::explore::{Limits, Observer, Progress};
use crate::model::{Model, PropertyId, Settings};
use crate::pipeline::{Answers, Prepared, Request, Texts, run};

/// What is asked of every configuration.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// The text: the model, then its libraries.
    pub sources: &'a [Source],
    /// The configurations.
    pub configurations: &'a [Settings],
    /// The properties to judge; every configuration of a text has the same.
    pub properties: &'a [PropertyId],
    /// How far to explore each configuration.
    pub limits: Limits,
    /// How many threads there are, for all of them together.
    pub threads: usize,
}

/// What became of a configuration.
#[derive(Clone, Debug)]
pub enum Outcome<T> {
    /// It was explored, and this is what was wanted of it.
    Run {
        /// What was wanted.
        found: T,
        /// The first configuration that behaves like this one, if that is an earlier one.
        same_as: Option<usize>,
    },
    /// The text is wrong in this configuration.
    Refused(Vec<Diagnostic>),
    /// The end came before its turn.
    NotRun,
}

/// A typed model with its warnings.
type Understood = (Model, Vec<Diagnostic>);

impl Batch<'_> {
    /// Runs them, and keeps of each what `digest` makes of it, in their order.
    pub fn run<T: Clone + Send>(
        &self,
        digest: impl Fn(&Prepared, &Answers) -> T + Sync,
        observer: &mut (dyn Observer + Send),
    ) -> Vec<Outcome<T>> {
        let observer = Mutex::new(observer);
        let (classes, members) = self.classes();
        let workers = (self.threads / classes.len().max(1)).max(1);
        let request =
            Request { properties: self.properties.to_vec(), limits: self.limits.clone(), workers };
        let found = in_parallel(classes, self.threads, |(model, warnings)| {
            let mut observer = Shared(&observer);
            if observer.should_stop() {
                return None;
            }
            let prepared = Prepared::of(model, warnings);
            let answers = run(&prepared, &request, &mut observer);
            Some(digest(&prepared, &answers))
        });
        let mut first: Vec<Option<usize>> = vec![None; found.len()];
        let outcomes = members.into_iter().enumerate().map(|(at, member)| match member {
            Err(diagnostics) => Outcome::Refused(diagnostics),
            Ok(class) => {
                let same_as = first[class];
                first[class].get_or_insert(at);
                match found[class].clone() {
                    Some(found) => Outcome::Run { found, same_as },
                    None => Outcome::NotRun,
                }
            }
        });
        outcomes.collect()
    }

    /// One model of each kind that behaves alike, and which kind each configuration is of.
    fn classes(&self) -> (Vec<Understood>, Vec<Result<usize, Vec<Diagnostic>>>) {
        let texts = Texts::read(self.sources);
        let mut classes: Vec<Understood> = Vec::new();
        let mut members = Vec::new();
        // Only models that look alike are compared.
        let mut by_look: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for some in self.configurations.chunks(CHUNK) {
            let understood = in_parallel(some.iter().collect_vec(), self.threads, |settings| {
                let (model, warnings) = texts.understand(settings)?;
                let look = model.look();
                Ok((look, model, warnings))
            });
            for one in understood {
                members.push(one.map(|(look, model, warnings)| {
                    let alike = by_look.entry(look).or_default();
                    let is_known = |at: &&usize| classes[**at].0.behaves_like(&model);
                    if let Some(&known) = alike.iter().find(is_known) {
                        return known;
                    }
                    alike.push(classes.len());
                    classes.push((model, warnings));
                    classes.len() - 1
                }));
            }
        }
        (classes, members)
    }
}

/// So many configurations are understood at a time, so that few models are kept that turn out to be
/// known. By taste.
const CHUNK: usize = 64;

/// The observer of all runs, as each of them sees it.
struct Shared<'a, 'o>(&'a Mutex<&'o mut (dyn Observer + Send)>);

impl Observer for Shared<'_, '_> {
    fn progress(&mut self, progress: Progress) {
        self.0.lock().expect("no observer panics").progress(progress);
    }
    fn should_stop(&mut self) -> bool {
        self.0.lock().expect("no observer panics").should_stop()
    }
}

/// The work of each item, in their order; threads take the next item when they are free.
pub fn in_parallel<I: Send, T: Send>(
    items: Vec<I>,
    threads: usize,
    work: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let workers = threads.min(items.len());
    let items = items.into_iter().map(|item| Mutex::new(Some(item))).collect_vec();
    let next = AtomicUsize::new(0);
    let labour = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            let item = item.lock().expect("it is taken once").take();
            done.push((at, work(item.expect("it is taken once"))));
        }
    };
    let done = std::thread::scope(|scope| {
        let others = (1..workers).map(|_| scope.spawn(labour)).collect_vec();
        let mut done = labour();
        for other in others {
            // A bug in one of them is told where it happened, and ends them all.
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.into_iter().sorted_by_key(|(at, _)| *at).map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_keeps_its_order() {
        for threads in [0, 1, 3, 200] {
            let squares = in_parallel((0..100_u64).collect(), threads, |number| number * number);
            assert_eq!(squares, (0..100).map(|number| number * number).collect_vec());
        }
        assert_eq!(in_parallel(Vec::<u8>::new(), 4, |it| it), Vec::<u8>::new());
    }
}

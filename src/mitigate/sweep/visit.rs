//! Points in parallel: each is judged by one of several threads, and heard of as soon as it is done.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Judges the points in as many threads, and hands each with what was found to `done`, in the calling
/// thread and in any order. The first error of `done` ends the visit once the points under way are
/// judged, and is returned.
pub fn visit<T: Send, E>(
    points: &[usize],
    threads: usize,
    judge: impl Fn(usize) -> T + Sync,
    mut done: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads.clamp(1, points.len().max(1)) {
            let (sender, next, judge) = (sender.clone(), &next, &judge);
            scope.spawn(move || {
                while let Some(&point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Where nobody listens any more, there is nothing left to do.
                    if sender.send((point, judge(point))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        receiver.into_iter().try_for_each(|(point, found)| done(point, found))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_visited_once_by_any_number_of_threads() {
        let points: Vec<usize> = (10..60).collect();
        for threads in [0, 1, 2, 7, 100] {
            let mut found = Vec::new();
            let heard: Result<(), ()> = visit(
                &points,
                threads,
                |point| point * point,
                |point, square| {
                    found.push((point, square));
                    Ok(())
                },
            );
            assert_eq!(heard, Ok(()));
            found.sort_unstable();
            let expected: Vec<_> = points.iter().map(|&point| (point, point * point)).collect();
            assert_eq!(found, expected);
        }
        assert_eq!(visit(&[], 2, |_| (), |_, ()| Err("nothing is done")), Ok(()));
    }

    #[test]
    fn an_error_ends_the_visit() {
        let mut heard = 0;
        let outcome = visit(
            &[1, 2, 3, 4, 5, 6, 7, 8],
            2,
            |point| point,
            |_, _| {
                heard += 1;
                if heard == 2 { Err("full") } else { Ok(()) }
            },
        );
        assert_eq!((outcome, heard), (Err("full"), 2));
    }
}

//! The steps out of one state, one behind the other in a buffer that is filled again and again.
//!
//! Each is a record of words: its action, and above it the number of its breach if it breaches; the next
//! state; and how much it counts on each meter. A stepper fills the buffer, and whoever explores reads
//! it, so nobody is called for each step.

use std::ops::Range;

use super::{ActionId, Breach, Step, System, Word};

/// The steps out of one state, in ascending [`ActionId`].
#[derive(Clone, Debug, Default)]
pub struct Steps {
    shape: Shape,
    /// Longer than all records where more were there before.
    words: Vec<Word>,
    /// Between which of the words the records are.
    records: Range<usize>,
    breaches: Vec<Breach>,
}

/// How a step lies in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Words in a state.
    pub width: usize,
    /// Meters, that of the ticks included.
    pub meters: usize,
}

/// Where the number of a breach begins in the first word of a record.
const BREACH: u32 = 32;

impl Shape {
    /// The shape of a system's steps.
    pub fn of(system: &dyn System) -> Shape {
        Shape { width: system.width(), meters: system.facts().meter_count }
    }

    /// Words in a record.
    pub fn length(self) -> usize {
        1 + self.width + self.meters
    }

    /// The first word of the record of a step that breaches with this number, or with none if it is 0.
    pub fn head(action: ActionId, breach: u64) -> Word {
        Word::from(action.0) | breach << BREACH
    }
}

impl Steps {
    /// No steps, of this shape.
    pub fn new(shape: Shape) -> Steps {
        Steps { shape, ..Steps::default() }
    }

    /// How each step lies in memory.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.records.len() / self.shape.length()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Forgets all steps.
    pub fn clear(&mut self) {
        self.records = 0..0;
        self.breaches.clear();
    }

    /// A further step, whose action is not less than those before.
    pub fn push(&mut self, step: Step<'_>) {
        self.words.truncate(self.records.end);
        let breach = step.next.err().map_or(0, |breach| {
            self.breaches.push(breach);
            self.breaches.len() as u64
        });
        self.words.push(Shape::head(step.action, breach));
        match step.next {
            Ok(next) => self.words.extend_from_slice(next),
            Err(_) => self.words.resize(self.words.len() + self.shape.width, 0),
        }
        self.words.extend_from_slice(step.counts);
        self.records.end = self.words.len();
    }

    /// All steps, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Step<'_>> {
        let (length, width) = (self.shape.length(), self.shape.width);
        let mut rest = &self.words[self.records.clone()];
        // Chunks of a slice would be counted first, by a division that takes as long as a step.
        std::iter::from_fn(move || {
            let (record, others) = rest.split_at_checked(length)?;
            rest = others;
            let (next, counts) = record[1..].split_at(width);
            let breach = (record[0] >> BREACH).checked_sub(1);
            let next = breach.map_or(Ok(next), |number| Err(self.breaches[number as usize]));
            Some(Step { action: ActionId(record[0] as u32), counts, next })
        })
    }

    /// All steps, in order, if none breaches: the action, and the first `WIDTH` words of the state that it
    /// leads to. The same as above, but it pays to know this much.
    #[inline]
    pub fn iter_sound<const WIDTH: usize>(
        &self,
    ) -> Option<impl Iterator<Item = (ActionId, &[Word; WIDTH])>> {
        let others = self.shape.length() - 1;
        let mut rest = &self.words[self.records.clone()];
        self.breaches.is_empty().then(|| {
            std::iter::from_fn(move || {
                let (&head, record) = rest.split_first()?;
                let next = record.first_chunk()?;
                rest = record.get(others..)?;
                Some((ActionId(head as u32), next))
            })
        })
    }

    /// Keeps the steps of some actions.
    pub fn retain(&mut self, is_kept: impl Fn(ActionId) -> bool) {
        let length = self.shape.length();
        let mut end = self.records.start;
        for record in self.records.clone().step_by(length) {
            if is_kept(ActionId(self.words[record] as u32)) {
                self.words.copy_within(record..record + length, end);
                end += length;
            }
        }
        self.records.end = end;
    }

    /// Changes the states that steps lead to.
    pub fn redirect(&mut self, mut change: impl FnMut(&mut [Word])) {
        let width = self.shape.width;
        for record in self.words[self.records.clone()].chunks_exact_mut(self.shape.length()) {
            if record[0] >> BREACH == 0 {
                change(&mut record[1..=width]);
            }
        }
    }

    /// Room for so many records, for a stepper that writes them itself; [`Steps::write`] says which of
    /// the words are records.
    pub fn room(&mut self, records: usize) -> &mut [Word] {
        let length = records * self.shape.length();
        if self.words.len() < length {
            self.words.resize(length, 0);
        }
        &mut self.words
    }

    /// These of the words are records now, none of which breaches.
    pub fn write(&mut self, records: Range<usize>) {
        self.records = records;
        self.breaches.clear();
    }

    /// The same, where some breach, with numbers of the stepper's own.
    pub fn write_breaching(&mut self, records: Range<usize>, breach_of: impl Fn(u64) -> Breach) {
        self.write(records.clone());
        for record in self.words[records].chunks_exact_mut(self.shape.length()) {
            if record[0] >> BREACH != 0 {
                self.breaches.push(breach_of(record[0] >> BREACH));
                let number = self.breaches.len() as u64;
                record[0] = Shape::head(ActionId(record[0] as u32), number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SourceId, Span};
    use crate::system::Rule;

    const SHAPE: Shape = Shape { width: 2, meters: 1 };

    fn place(number: u64) -> Span {
        Span::new(SourceId(0), number as usize, number as usize + 1)
    }

    fn breach() -> Breach {
        Breach { rule: Rule::Foreign, place: place(1) }
    }

    type Told = (u32, Vec<u64>, Result<Vec<Word>, Breach>);

    /// As much of the steps as can be compared.
    fn told(steps: &Steps) -> Vec<Told> {
        let tell =
            |step: Step<'_>| (step.action.0, step.counts.to_vec(), step.next.map(<[Word]>::to_vec));
        steps.iter().map(tell).collect()
    }

    #[test]
    fn what_was_pushed_is_told_and_can_be_changed() {
        let mut steps = Steps::new(SHAPE);
        steps.push(Step { action: ActionId(0), counts: &[1], next: Ok(&[7, 8]) });
        steps.push(Step { action: ActionId(3), counts: &[0], next: Err(breach()) });
        steps.push(Step { action: ActionId(9), counts: &[4], next: Ok(&[5, 6]) });
        let last = (9, vec![4], Ok(vec![5, 6]));
        let all = [(0, vec![1], Ok(vec![7, 8])), (3, vec![0], Err(breach())), last.clone()];
        assert_eq!((told(&steps), steps.len()), (all.to_vec(), 3));
        steps.redirect(|next| next.reverse());
        assert_eq!(told(&steps)[0].2, Ok(vec![8, 7]));
        assert_eq!(told(&steps)[1].2, Err(breach()));
        steps.redirect(|next| next.reverse());
        steps.retain(|action| action.0 > 0);
        assert_eq!(told(&steps), all[1..]);
        steps.retain(|action| action.0 > 3);
        assert_eq!(told(&steps), [last]);
        steps.clear();
        assert!(steps.is_empty() && told(&steps).is_empty());
    }

    #[test]
    fn records_may_be_written_from_elsewhere() {
        let mut steps = Steps::new(SHAPE);
        let room = steps.room(3);
        room[4..12].copy_from_slice(&[2, 7, 8, 1, Shape::head(ActionId(5), 77), 0, 0, 0]);
        let of_number = |number| Breach { rule: Rule::Range, place: place(number) };
        steps.write_breaching(4..12, of_number);
        let expected = Err(of_number(77));
        assert_eq!(told(&steps), [(2, vec![1], Ok(vec![7, 8])), (5, vec![0], expected)]);
        steps.write(4..8);
        assert_eq!(told(&steps), [(2, vec![1], Ok(vec![7, 8]))]);
    }
}

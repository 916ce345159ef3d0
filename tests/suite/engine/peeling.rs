//! Where a fair execution can stay for ever, in worlds too large to try every set of states.
//!
//! The textbook way for strong fairness (Emerson and Lei, 1987): of each strongly connected part, what
//! owes something that no step of its own discharges is peeled off, until nothing is owed or nothing is
//! left. `textbook.rs` has the definition, and a test there says that both find the same.

use squall::system::Strength;

/// Numbered places, the steps between them, and what is owed.
pub struct Ground {
    /// By place.
    pub steps: Vec<Vec<Stride>>,
    pub owed: Vec<Owed>,
}

/// A step that can be taken for ever.
#[derive(Clone)]
pub struct Stride {
    pub next: usize,
    /// What it discharges, by number.
    pub meets: Vec<usize>,
}

/// Something owed.
#[derive(Clone)]
pub struct Owed {
    pub strength: Strength,
    /// By place: whether it is enabled there.
    pub enabled: Vec<bool>,
}

impl Ground {
    /// The same without some steps, given by place and step.
    pub fn without(&self, left_out: &[Vec<bool>]) -> Ground {
        let kept = |(steps, left_out): (&Vec<Stride>, &Vec<bool>)| {
            let kept = steps.iter().zip(left_out).filter(|(_, left_out)| !**left_out);
            kept.map(|(step, _)| step.clone()).collect()
        };
        let steps = self.steps.iter().zip(left_out).map(kept).collect();
        Ground { steps, owed: self.owed.clone() }
    }

    /// The largest sets of these places that a fair execution visits for ever.
    pub fn fair_sets(&self, places: &[usize]) -> Vec<Vec<usize>> {
        let mut found = Vec::new();
        let mut pending = vec![places.to_vec()];
        while let Some(places) = pending.pop() {
            for component in self.components(&places) {
                match self.fate(&component) {
                    Fate::Fair => found.push(component),
                    Fate::Lost => {}
                    Fate::Without(rest) => pending.push(rest),
                }
            }
        }
        found.sort();
        found
    }

    fn fate(&self, component: &[usize]) -> Fate {
        let inside = |next: usize| component.binary_search(&next).is_ok();
        let steps = component.iter().flat_map(|&place| &self.steps[place]);
        let mut met = vec![false; self.owed.len()];
        let mut moves = false;
        for step in steps.filter(|step| inside(step.next)) {
            moves = true;
            step.meets.iter().for_each(|&owed| met[owed] = true);
        }
        let missed = || self.owed.iter().zip(&met).filter(|(_, met)| !**met).map(|(owed, _)| owed);
        let is_put_off = |owed: &Owed| {
            owed.strength == Strength::Weak && component.iter().all(|&place| owed.enabled[place])
        };
        if !moves || missed().any(is_put_off) {
            return Fate::Lost;
        }
        let is_left = |place: &usize| {
            missed().any(|owed| owed.strength == Strength::Strong && owed.enabled[*place])
        };
        let rest: Vec<usize> = component.iter().copied().filter(|place| !is_left(place)).collect();
        if rest.len() == component.len() { Fate::Fair } else { Fate::Without(rest) }
    }

    /// The strongly connected parts of a set of places, each ascending (Kosaraju's two searches).
    fn components(&self, places: &[usize]) -> Vec<Vec<usize>> {
        let mut inside = vec![false; self.steps.len()];
        places.iter().for_each(|&place| inside[place] = true);
        let mut back: Vec<Vec<usize>> = vec![Vec::new(); self.steps.len()];
        for &place in places {
            let within = self.steps[place].iter().filter(|step| inside[step.next]);
            within.for_each(|step| back[step.next].push(place));
        }
        let mut order = Vec::new();
        let mut open = inside.clone();
        for &place in places {
            self.finish(place, &mut open, &mut order);
        }
        let mut components = Vec::new();
        for &first in order.iter().rev() {
            let mut component = Vec::new();
            let mut pending = vec![first];
            while let Some(place) = pending.pop() {
                if std::mem::take(&mut inside[place]) {
                    component.push(place);
                    pending.extend(&back[place]);
                }
            }
            if !component.is_empty() {
                component.sort_unstable();
                components.push(component);
            }
        }
        components
    }

    /// Notes all that is reached from a place through open ones, each behind what it leads to.
    fn finish(&self, place: usize, open: &mut [bool], order: &mut Vec<usize>) {
        if !std::mem::take(&mut open[place]) {
            return;
        }
        let mut way = vec![(place, 0)];
        while let Some((place, at)) = way.last_mut() {
            match self.steps[*place].get(*at) {
                Some(step) => {
                    *at += 1;
                    if std::mem::take(&mut open[step.next]) {
                        way.push((step.next, 0));
                    }
                }
                None => {
                    order.push(*place);
                    way.pop();
                }
            }
        }
    }
}

/// What becomes of a strongly connected part.
enum Fate {
    /// A fair execution can visit all of it for ever.
    Fair,
    /// No execution that stays in it is fair.
    Lost,
    /// One that is fair stays in these places.
    Without(Vec<usize>),
}

//! Random systems in which things can be renamed.

use std::collections::BTreeMap;
use std::ops::Range;

use squall::base::Id;
use squall::system::{
    ActionFacts, ActionId, Arrow, Drawn, Facts, Fairness, FairnessId, HandDrawn, Permutation,
    Renamer, Renaming, Role, Strength, Word,
};

use super::worlds::Dice;

/// A state: something that is common to all, what each thing is, and a thing that is pointed at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Picture {
    common: usize,
    own: Vec<usize>,
    pointed: Option<usize>,
}

/// A system of some things, which no step and no figure tells apart; and how they are renamed.
pub struct World {
    pub system: HandDrawn,
    pub names: Names,
}

/// How the states of a world, its actions and its obligations are renamed.
pub struct Names {
    things: usize,
    commons: usize,
    kinds: usize,
    /// The renamings that are tried to find a representative; all of them, unless some states are to have
    /// several.
    tried: Vec<Permutation>,
    /// By action: its family, and which things it names.
    actions: Vec<(usize, Vec<usize>)>,
    /// By obligation: the first of its family, and the thing that it is owed to.
    owners: Vec<Option<(usize, usize)>>,
}

impl Names {
    fn picture(&self, state: Word) -> Picture {
        let mut rest = state as usize;
        let mut digit = |base: usize| {
            let digit = rest % base;
            rest /= base;
            digit
        };
        let common = digit(self.commons);
        let own = (0..self.things).map(|_| digit(self.kinds)).collect();
        Picture { common, own, pointed: digit(self.things + 1).checked_sub(1) }
    }

    fn state(&self, picture: &Picture) -> Word {
        let pointed = picture.pointed.map_or(0, |thing| thing + 1);
        let own = picture.own.iter().rev();
        let digits = own.fold(pointed, |state, &own| state * self.kinds + own);
        (digits * self.commons + picture.common) as Word
    }

    fn state_count(&self) -> usize {
        self.commons * self.kinds.pow(self.things as u32) * (self.things + 1)
    }

    fn rename_state(&self, state: Word, by: &Permutation) -> Word {
        let picture = self.picture(state);
        let back = by.inverse();
        self.state(&Picture {
            common: picture.common,
            own: (0..self.things).map(|thing| picture.own[back.of(thing)]).collect(),
            pointed: picture.pointed.map(|thing| by.of(thing)),
        })
    }

    fn represent(&self, state: Word) -> (Word, &Permutation) {
        let renamed = self.tried.iter().map(|by| (self.rename_state(state, by), by));
        renamed.min().expect("some renaming is tried")
    }
}

impl Renaming for Names {
    fn renamer(&self) -> Box<dyn Renamer + '_> {
        Box::new(Namer { names: self, last: Permutation::identity(self.things) })
    }
    fn thing_count(&self) -> usize {
        self.things
    }
    fn peers(&self, _: usize) -> Range<usize> {
        0..self.things
    }
    fn action(&self, action: ActionId, by: &Permutation) -> ActionId {
        let (family, named) = &self.actions[action.index()];
        let renamed = (*family, named.iter().map(|&thing| by.of(thing)).collect());
        let at = self.actions.iter().position(|one| *one == renamed);
        ActionId::from_index(at.expect("an action exists for all things"))
    }
    fn owner(&self, owed: FairnessId) -> Option<usize> {
        self.owners[owed.index()].map(|(_, thing)| thing)
    }
    fn owed_to(&self, owed: FairnessId, owner: usize) -> FairnessId {
        self.owners[owed.index()].map_or(owed, |(first, _)| FairnessId::from_index(first + owner))
    }
}

struct Namer<'a> {
    names: &'a Names,
    last: Permutation,
}

impl Renamer for Namer<'_> {
    fn represent(&mut self, state: &mut [Word]) {
        let (least, by) = self.names.represent(state[0]);
        (state[0], self.last) = (least, by.clone());
    }
    fn last(&self) -> Permutation {
        self.last.clone()
    }
    fn rename(&mut self, state: &mut [Word], by: &Permutation) {
        state[0] = self.names.rename_state(state[0], by);
    }
}

/// Every order of so many things.
fn permutations(count: usize) -> Vec<Permutation> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..count {
        let longer = |one: &Vec<usize>| {
            let left = (0..count).filter(|thing| !one.contains(thing));
            left.map(|thing| [&one[..], &[thing]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.into_iter().map(|places| Permutation::from_places(places.into_iter())).collect()
}

/// A world of two to four things, with weak and strong obligations to each, and to each for several of
/// its actions. If states may have several representatives, not every renaming is tried.
pub fn random_world(dice: &mut Dice, is_exact: bool) -> World {
    let things = 2 + dice.below(3);
    let all = permutations(things);
    let is_tried = |at: usize, dice: &mut Dice| at == 0 || is_exact || dice.chance(1, 2);
    let tried = (0..all.len()).filter(|&at| is_tried(at, dice)).collect::<Vec<_>>();
    let tried = tried.into_iter().map(|at| all[at].clone()).collect();
    let (commons, kinds) = (1 + dice.below(2), 1 + dice.below(3));
    let (actions, owners) = (Vec::new(), Vec::new());
    let mut names = Names { things, commons, kinds, tried, actions, owners };
    let facts = random_facts(dice, &mut names);
    let mut system = HandDrawn::new(facts);
    let start = dice.below(names.state_count()) as Word;
    system = system.start(Drawn::State(start));
    let mut known = orbit(&names, &all, start);
    for _ in 0..3 + dice.below(12) {
        let from = known[dice.below(known.len())];
        let action = ActionId::from_index(dice.below(names.actions.len()));
        let next = match dice.chance(1, 3) {
            true => known[dice.below(known.len())],
            false => dice.below(names.state_count()) as Word,
        };
        let counts = vec![u64::from(action == ActionId::TICK), u64::from(dice.chance(1, 3))];
        if let Some(drawn) = with_step(&names, &all, &system, (from, action, next), &counts) {
            system = drawn;
            known.extend(orbit(&names, &all, next));
            known.sort_unstable();
            known.dedup();
        }
    }
    for likely in [8, 3] {
        let mut truths = BTreeMap::new();
        let values = (0..names.state_count() as Word).map(|state| {
            let least = orbit(&names, &all, state)[0];
            let truth = truths.entry(least).or_insert_with(|| dice.chance(likely, 10));
            Ok(i64::from(*truth))
        });
        let values = values.collect();
        system = system.figure(values);
    }
    World { system, names }
}

/// All states that one can be renamed to.
fn orbit(names: &Names, all: &[Permutation], state: Word) -> Vec<Word> {
    let mut orbit: Vec<Word> = all.iter().map(|by| names.rename_state(state, by)).collect();
    orbit.sort_unstable();
    orbit.dedup();
    orbit
}

/// The same with a further step and all that it can be renamed to; none if an action would lead to two
/// states then.
fn with_step(
    names: &Names,
    all: &[Permutation],
    system: &HandDrawn,
    (from, action, next): (Word, ActionId, Word),
    counts: &[u64],
) -> Option<HandDrawn> {
    let mut steps = BTreeMap::new();
    for by in all {
        let from = names.rename_state(from, by);
        let (action, next) = (names.action(action, by), names.rename_state(next, by));
        let is_known = system.arrows(from).iter().any(|arrow| arrow.action == action);
        if is_known || *steps.entry((from, action)).or_insert(next) != next {
            return None;
        }
    }
    let system = system.clone();
    Some(steps.into_iter().fold(system, |system, ((from, action), next)| {
        let arrow = Arrow { action, counts: counts.to_vec(), next: Ok(next) };
        system.arrow(from as usize, arrow)
    }))
}

fn random_facts(dice: &mut Dice, names: &mut Names) -> Facts {
    let things = names.things;
    let mut facts = Facts { meter_count: 2, ..Facts::default() };
    let owe = |facts: &mut Facts, owners: &mut Vec<_>, strength, to_each: bool| {
        let first = facts.fairness.len();
        for thing in 0..if to_each { things } else { 1 } {
            facts.fairness.push(Fairness { strength });
            owners.push(to_each.then_some((first, thing)));
        }
        first
    };
    let tick = owe(&mut facts, &mut names.owners, Strength::Weak, false);
    let process = owe(&mut facts, &mut names.owners, Strength::Weak, true);
    let mut families = vec![(0, Role::Tick, vec![FairnessId::from_index(tick)], false)];
    for _ in 0..1 + dice.below(3) {
        let role = [Role::Urgent, Role::Eventually, Role::May, Role::Fault][dice.below(4)];
        let named = dice.below(3);
        let strength = if dice.chance(1, 2) { Strength::Weak } else { Strength::Strong };
        let mut obligations = Vec::new();
        let is_fair = named > 0 && role != Role::Fault && dice.chance(1, 3);
        if is_fair {
            obligations.push(FairnessId::from_index(process));
        }
        if !matches!(role, Role::May | Role::Fault) {
            let own = owe(&mut facts, &mut names.owners, strength, named > 0);
            obligations.push(FairnessId::from_index(own));
        }
        families.push((named, role, obligations, named > 0));
    }
    for (family, (named, role, first, is_owned)) in families.into_iter().enumerate() {
        for number in 0..things.pow(named as u32) {
            let things_named: Vec<usize> =
                (0..named as u32).map(|at| number / things.pow(at) % things).collect();
            let owner = if is_owned { things_named[0] } else { 0 };
            let obligations =
                first.iter().map(|owed| FairnessId::from_index(owed.index() + owner)).collect();
            facts.actions.push(ActionFacts { role, obligations });
            names.actions.push((family, things_named));
        }
    }
    facts
}

//! Re-mirroring after traffic shifts for stateright, by hand.

use stateright::{Model, Property};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Mirrored,
    Searching { failed: bool },
    Copying { target: u8 },
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Volume {
    place: Place,
    primary: Option<u8>,
    mirror: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    shifts: u8,
    /// One bit a node.
    cut: u8,
    down: u8,
    volumes: Vec<Volume>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Shift(u8),
    RollBack,
    Crash(u8),
    Claim(u8, u8),
    Fail(u8),
    Done(u8),
}

/// The family's parameters.
pub struct Remirror {
    pub nodes: u8,
    pub slots: usize,
    pub volumes: u8,
    pub cuts: u32,
    pub shifts: u8,
    pub crashes: u32,
}

fn has(set: u8, node: u8) -> bool {
    set >> node & 1 == 1
}

impl State {
    fn used(&self, node: u8) -> usize {
        let of = |volume: &Volume| {
            usize::from(volume.primary == Some(node))
                + usize::from(volume.mirror == Some(node))
                + usize::from(volume.place == Place::Copying { target: node })
        };
        self.volumes.iter().map(of).sum()
    }
}

impl Remirror {
    fn is_eligible(&self, state: &State, volume: &Volume, node: u8) -> bool {
        !has(state.down, node)
            && volume.primary != Some(node)
            && volume.mirror != Some(node)
            && !has(state.cut, node)
            && volume.primary.is_some_and(|primary| !has(state.cut, primary))
            && state.used(node) < self.slots
    }
}

impl Model for Remirror {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let volume = |index: u8| Volume {
            place: Place::Mirrored,
            primary: Some(index % self.nodes),
            mirror: Some((index + 1 + index / self.nodes % (self.nodes - 1)) % self.nodes),
        };
        let volumes = (0..self.volumes).map(volume).collect();
        vec![State { shifts: 0, cut: 0, down: 0, volumes }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.shifts < self.shifts && state.cut.count_ones() < self.cuts {
            actions
                .extend((0..self.nodes).filter(|&node| !has(state.cut, node)).map(Action::Shift));
        }
        if state.cut != 0 {
            actions.push(Action::RollBack);
        }
        if state.down.count_ones() < self.crashes {
            let crashes = |&node: &u8| {
                let failing = Place::Searching { failed: true };
                let is_failing =
                    |volume: &Volume| volume.primary == Some(node) && volume.place == failing;
                !has(state.down, node) && state.volumes.iter().any(is_failing)
            };
            actions.extend((0..self.nodes).filter(crashes).map(Action::Crash));
        }
        for (index, volume) in (0..).zip(&state.volumes) {
            match volume.place {
                Place::Searching { .. } => {
                    let before = actions.len();
                    let eligible =
                        (0..self.nodes).filter(|&it| self.is_eligible(state, volume, it));
                    actions.extend(eligible.map(|node| Action::Claim(index, node)));
                    if actions.len() == before {
                        actions.push(Action::Fail(index));
                    }
                }
                Place::Copying { target } => {
                    let reaches = volume.primary.is_some_and(|primary| !has(state.cut, primary));
                    if reaches && !has(state.cut, target) {
                        actions.push(Action::Done(index));
                    }
                }
                Place::Mirrored | Place::Lost => {}
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Shift(node) => {
                next.cut |= 1 << node;
                next.shifts += 1;
                for volume in &mut next.volumes {
                    let is_on = volume.primary == Some(node) || volume.mirror == Some(node);
                    if volume.place == Place::Mirrored && is_on {
                        volume.place = Place::Searching { failed: false };
                    }
                }
            }
            Action::RollBack => next.cut = 0,
            Action::Crash(node) => {
                next.down |= 1 << node;
                next.volumes.iter_mut().for_each(|volume| crash(volume, node));
            }
            Action::Claim(index, node) => {
                next.volumes[index as usize].place = Place::Copying { target: node };
            }
            Action::Fail(index) => {
                let volume = &mut next.volumes[index as usize];
                let failed = volume.place == Place::Searching { failed: true };
                volume.place = Place::Searching { failed: !failed };
            }
            Action::Done(index) => {
                let volume = &mut next.volumes[index as usize];
                let Place::Copying { target } = volume.place else { return None };
                volume.mirror = Some(target);
                volume.place = Place::Mirrored;
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Remirror>> {
        vec![Property::always("within", |model: &Remirror, state: &State| {
            (0..model.nodes).all(|node| state.used(node) <= model.slots)
        })]
    }
}

fn crash(volume: &mut Volume, node: u8) {
    let searching = Place::Searching { failed: false };
    if volume.primary == Some(node) && volume.place == Place::Mirrored {
        *volume = Volume { place: searching, primary: volume.mirror, mirror: None };
    } else if volume.primary == Some(node) {
        *volume = Volume { place: Place::Lost, primary: None, mirror: None };
    } else if volume.mirror == Some(node) {
        volume.mirror = None;
        if volume.place == Place::Mirrored {
            volume.place = searching;
        }
    } else if volume.place == (Place::Copying { target: node }) {
        volume.place = searching;
    }
}

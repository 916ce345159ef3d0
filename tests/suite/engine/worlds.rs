//! Dice, and the worlds they make.

use squall::base::{SourceId, Span};
use squall::explore::{Edges, Exploration, Limits, Plan, Silent, explore};
use squall::system::{
    ActionFacts, ActionId, Arrow, Breach, Drawn, Facts, Fairness, FairnessId, HandDrawn, Role,
    Rule, Strength, System,
};

/// A random sequence that its seed determines (splitmix64, by Steele, Lea and Flood, 2014).
pub struct Dice(u64);

impl Dice {
    pub fn from_seed(seed: u64) -> Dice {
        Dice(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }

    /// True in `of` out of `all` cases.
    pub fn chance(&mut self, of: usize, all: usize) -> bool {
        self.below(all) < of
    }
}

/// Runs a test on many seeds, and says which one failed.
pub fn for_seeds(count: u64, test: impl Fn(&mut Dice)) {
    let first = std::env::var("SQUALL_SEED").ok().map(|seed| seed.parse::<u64>());
    let seeds = match first {
        Some(seed) => {
            let seed = seed.expect("SQUALL_SEED is a number");
            seed..seed + 1
        }
        None => 0..count,
    };
    for seed in seeds {
        let run = std::panic::AssertUnwindSafe(|| test(&mut Dice::from_seed(seed)));
        if let Err(panic) = std::panic::catch_unwind(run) {
            eprintln!("failed with SQUALL_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

/// A breach of no importance.
pub const BREACH: Breach =
    Breach { rule: Rule::Foreign, place: Span { source: SourceId(0), start: 0, end: 0 } };

/// How a random world is to look.
pub struct Shape {
    pub most_states: usize,
    /// Each obligation is declared this many times.
    pub copies: usize,
    /// Whether operators may act.
    pub operators: bool,
}

impl Shape {
    /// At most so many states, obligations declared once, and no operators.
    pub fn small(most_states: usize) -> Shape {
        Shape { most_states, copies: 1, operators: false }
    }
}

/// A random system with two meters, the predicates 0 and 1, and the figure 2.
pub fn random_system(dice: &mut Dice, shape: &Shape) -> HandDrawn {
    let state_count = 1 + dice.below(shape.most_states);
    let facts = random_facts(dice, shape);
    let action_count = facts.actions.len();
    let density = 1 + dice.below(4);
    let mut system = HandDrawn::new(facts);
    for _ in 0..1 + dice.below(2) {
        system = system.start(Drawn::State(dice.below(state_count) as u64));
    }
    for state in 0..state_count {
        for action in (0..action_count as u32).map(ActionId) {
            if dice.chance(density, 6) {
                system = system.arrow(state, random_arrow(dice, action, state_count));
            }
        }
    }
    for likely in [7, 3] {
        system = system.figure((0..state_count).map(|_| random_truth(dice, likely)).collect());
    }
    system.figure((0..state_count).map(|_| Ok(dice.below(9) as i64 - 4)).collect())
}

fn random_truth(dice: &mut Dice, likely: usize) -> Result<i64, Breach> {
    if dice.chance(1, 40) { Err(BREACH) } else { Ok(i64::from(dice.chance(likely, 10))) }
}

fn random_arrow(dice: &mut Dice, action: ActionId, state_count: usize) -> Arrow {
    let breaches = dice.chance(1, 25);
    let next = if breaches { Err(BREACH) } else { Ok(dice.below(state_count) as u64) };
    let counted = if dice.chance(1, 3) { 1 + dice.below(3) as u64 } else { 0 };
    let counts = vec![u64::from(action == ActionId::TICK), counted];
    Arrow { action, counts, next }
}

fn random_facts(dice: &mut Dice, shape: &Shape) -> Facts {
    let copies = shape.copies;
    let mut facts = Facts { meter_count: 2, ..Facts::default() };
    let obligation_count = dice.below(4);
    let strengths: Vec<Strength> = (0..obligation_count)
        .map(|_| if dice.chance(1, 2) { Strength::Weak } else { Strength::Strong })
        .collect();
    for _ in 0..copies {
        for &strength in &strengths {
            facts.fairness.push(Fairness { strength });
        }
    }
    for action in 0..1 + dice.below(5) {
        let rare = if shape.operators { Role::Operator } else { Role::Fault };
        let others = [Role::Urgent, Role::Eventually, Role::May, Role::Fault, rare];
        let role = if action == 0 { Role::Tick } else { others[dice.below(others.len())] };
        let may_owe = role != Role::Operator;
        let owes: Vec<bool> = strengths.iter().map(|_| may_owe && dice.chance(1, 3)).collect();
        let ids = (0..copies * obligation_count).filter(|id| owes[id % obligation_count]);
        let obligations = ids.map(|id| FairnessId(id as u32)).collect();
        facts.actions.push(ActionFacts { role, obligations });
    }
    facts
}

/// Explores to the end.
pub fn explore_all(system: &dyn System, edges: Edges) -> Exploration {
    explore(
        system,
        &Plan { edges, figures: Vec::new(), limits: Limits::NONE, workers: 1 },
        &mut Silent,
    )
}

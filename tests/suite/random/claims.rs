//! Random claims of every kind, about whatever the speaker can say.

use crate::engine::worlds::Dice;

/// Who writes a model, and knows what can be said of it.
pub trait Speaker {
    fn dice(&mut self) -> &mut Dice;

    /// Something that is true or false of a state.
    fn predicate(&mut self, depth: usize) -> String;

    /// A number that a state has.
    fn amount(&mut self) -> String;
}

/// What a property says, behind its name.
pub fn claim(speaker: &mut dyn Speaker, is_healthy: bool) -> String {
    let claim = match speaker.dice().below(22) {
        0 => format!("always {}", speaker.predicate(2)),
        1 => format!("never {}", speaker.predicate(2)),
        2 => format!("possible {}", speaker.predicate(2)),
        3 => format!("peak {} <= {}", speaker.amount(), speaker.dice().below(4)),
        4 | 5 => format!("finite {}{}", meter(speaker), when(speaker)),
        6 | 7 => {
            let bound = speaker.dice().below(7);
            format!("total {} <= {bound}{}", meter(speaker), when(speaker))
        }
        8 => {
            let (ticks, bound) = (speaker.dice().below(4), speaker.dice().below(5));
            let (meter, when) = (meter(speaker), when(speaker));
            format!("total {meter} within {ticks} ticks <= {bound}{when}")
        }
        9 | 10 => {
            let bound = ["0", "1/3", "1/2", "1", "3/2", "2", "4"][speaker.dice().below(7)];
            format!("rate {} <= {bound}{}", meter(speaker), when(speaker))
        }
        11 | 12 if is_healthy => "recovers".to_owned(),
        13 | 14 if is_healthy => format!("recovers within {} ticks", speaker.dice().below(8)),
        11..=15 => format!("always possible {}", speaker.predicate(1)),
        _ => temporal(speaker),
    };
    match speaker.dice().chance(1, 3) {
        true => format!("{claim} with operators"),
        false => claim,
    }
}

fn meter(speaker: &mut dyn Speaker) -> &'static str {
    ["work", "work", "waste", "waste", "tick"][speaker.dice().below(5)]
}

fn when(speaker: &mut dyn Speaker) -> String {
    match speaker.dice().below(5) {
        0 => " when true".to_owned(),
        1 => format!(" when {}", speaker.predicate(1)),
        _ => String::new(),
    }
}

fn temporal(speaker: &mut dyn Speaker) -> String {
    let (one, other) = (speaker.predicate(1), speaker.predicate(1));
    match speaker.dice().below(13) {
        0 => format!("eventually {one}"),
        1 | 2 => format!("eventually always {one}"),
        3 => format!("always eventually {one}"),
        4 => format!("{one} leads to {other}"),
        5 => format!("{one} until {other}"),
        6 | 7 => format!("next {one}"),
        8 | 9 => format!("next ({one} or {other})"),
        _ => {
            let is_about_time = |text: &String| TIME.iter().any(|word| text.contains(word));
            let tries = (0..6).map(|_| formula(speaker, 3));
            tries.into_iter().find(is_about_time).unwrap_or_else(|| format!("always {one}"))
        }
    }
}

const TIME: [&str; 5] = ["always ", "eventually ", "next ", " until ", " leads to "];

fn formula(speaker: &mut dyn Speaker, depth: usize) -> String {
    if depth == 0 || speaker.dice().chance(1, 8) {
        return speaker.predicate(0);
    }
    let one = formula(speaker, depth - 1);
    match speaker.dice().below(10) {
        kind @ 0..=3 => format!("({} {one})", ["not", "always", "eventually", "next"][kind]),
        kind => {
            let between = ["and", "or", "implies", "until", "leads to", "and"][kind - 4];
            format!("({one} {between} {})", formula(speaker, depth - 1))
        }
    }
}

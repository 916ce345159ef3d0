//! Recovery, traps, regions and rescues, against their definitions.

use std::collections::{BTreeMap, BTreeSet};

use squall::explore::{Edges, Exploration, Silent};
use squall::system::{Arrow, FigureId, HandDrawn, Role, System, Word};
use squall::verdict::possible::always_possible;
use squall::verdict::recovery::{RecoveryQuestion, recovery};
use squall::verdict::regions::{NoReturn, Prospect, Regions, RegionsQuestion, regions, states_of};
use squall::verdict::rescue::{Rescue, RescuePlan};

use super::textbook::{Course, Textbook};
use super::totals::check_total;
use super::worlds::{Shape, explore_all, for_seeds, random_system};

const CALM: FigureId = FigureId(0);
const HEALTHY: FigureId = FigureId(1);

/// When the trigger is over and what is healthy; calm is everywhere if nobody says where.
#[derive(Clone, Copy)]
pub struct Health {
    pub calm: Option<FigureId>,
    pub healthy: FigureId,
}

const HEALTH: Health = Health { calm: Some(CALM), healthy: HEALTHY };

impl Health {
    pub fn is_unwell(self, book: &Textbook<'_>, state: Word) -> bool {
        book.system.read(self.healthy, &[state]) == Ok(0)
    }

    pub fn calm(self, book: &Textbook<'_>) -> BTreeSet<Word> {
        self.calm.map_or_else(|| book.all(), |calm| book.all_where(calm))
    }
}

fn is_unwell(book: &Textbook<'_>, state: Word) -> bool {
    HEALTH.is_unwell(book, state)
}

fn check_recovery(system: &HandDrawn) {
    let exploration = explore_all(system, Edges::Everywhere);
    let book = Textbook::new(system);
    let calm = book.all_where(CALM);
    let question = RecoveryQuestion { calm: Some(CALM), healthy: HEALTHY };
    let answer = recovery(system, &exploration.graph, question, &mut Silent).expect("no interrupt");
    let steps = |state: Word, _: &Arrow| u64::from(is_unwell(&book, state));
    let course = Course { keep: &|_, _| true, count: &steps };
    let expected = book.expected(&calm, &course, &book.curable(HEALTHY));
    book.check_storm(answer.never.as_ref(), &expected, &calm, &course);
    let ticks = |state: Word, arrow: &Arrow| {
        if calm.contains(&state) && is_unwell(&book, state) { arrow.counts[0] } else { 0 }
    };
    let course = Course { keep: &|_, _| true, count: &ticks };
    check_total(&book, &answer.time, &answer.time_by_faults, &course);
}

/// The cheapest way to each state, by relaxing until nothing changes: dear steps, then all steps.
pub fn cheapest(
    book: &Textbook<'_>,
    from: &[Word],
    price: impl Fn(Role) -> Option<u32>,
) -> BTreeMap<Word, (u32, usize)> {
    let mut costs: BTreeMap<Word, (u32, usize)> =
        from.iter().map(|&state| (state, (0, 0))).collect();
    loop {
        let before = costs.clone();
        for &state in &book.states {
            let Some(&(dear, steps)) = costs.get(&state) else { continue };
            for (_, arrow) in book.arrows_from(state) {
                let (Ok(next), Some(price)) = (arrow.next, price(book.role(arrow))) else {
                    continue;
                };
                let cost = (dear + price, steps + 1);
                let known = costs.entry(next).or_insert(cost);
                *known = cost.min(*known);
            }
        }
        if costs == before {
            return costs;
        }
    }
}

fn check_possible(system: &HandDrawn) {
    let exploration = explore_all(system, Edges::Everywhere);
    let book = Textbook::new(system);
    let answer =
        always_possible(system, &exploration.graph, HEALTHY, &mut Silent).expect("no interrupt");
    let curable = book.curable(HEALTHY);
    let costs = cheapest(&book, &book.starts, |role| Some(u32::from(role == Role::Fault)));
    let trapped = book.states.iter().filter(|state| !curable.contains(state));
    let costs: Vec<(u32, usize)> = trapped.map(|state| costs[state]).collect();
    assert_eq!(answer.traps.as_ref().map_or(0, |traps| traps.state_count), costs.len());
    let Some(traps) = answer.traps else { return };
    let (steps, end) = book.walk_path(&traps.first.trace);
    assert_eq!(Some((traps.faults, steps.len())), costs.into_iter().min());
    assert_eq!(*exploration.graph.words(traps.first.state), [end]);
    assert!(!curable.contains(&end) && steps.iter().all(|(state, _)| curable.contains(state)));
}

fn is_quiet(book: &Textbook<'_>, arrow: &Arrow) -> bool {
    !matches!(book.role(arrow), Role::Fault | Role::Operator)
}

/// The states from which a fair execution that stays calm, once it is, is unhealthy for ever again, and
/// passes no state that saves it.
fn failing(book: &Textbook<'_>, health: Health, saved: &BTreeSet<Word>) -> BTreeSet<Word> {
    let calm = health.calm(book);
    let open: BTreeSet<Word> = calm.difference(saved).copied().collect();
    let count = |state: Word, _: &Arrow| u64::from(health.is_unwell(book, state));
    let course = Course { keep: &|_, arrow| is_quiet(book, arrow), count: &count };
    let mut failing: BTreeSet<Word> =
        book.fair_sets(&open, &course).into_iter().flatten().collect();
    loop {
        let before = failing.len();
        for &state in &book.states {
            let leads_on = |(_, arrow): (Word, &Arrow)| {
                let Ok(next) = arrow.next else { return false };
                let leaves_calm = calm.contains(&state) && !calm.contains(&next);
                is_quiet(book, arrow) && !leaves_calm && failing.contains(&next)
            };
            if !saved.contains(&state) && book.arrows_from(state).any(leads_on) {
                failing.insert(state);
            }
        }
        if failing.len() == before {
            return failing;
        }
    }
}

pub fn prospects(book: &Textbook<'_>, health: Health) -> BTreeMap<Word, Prospect> {
    let is_goal = |state| !health.is_unwell(book, state);
    let failing = failing(book, health, &BTreeSet::new());
    let possible = book.can_reach(is_goal, |arrow| is_quiet(book, arrow));
    let helped = book.can_reach(is_goal, |arrow| book.role(arrow) != Role::Fault);
    let prospect = |state| match state {
        state if possible.contains(&state) && !failing.contains(&state) => Prospect::Sure,
        state if possible.contains(&state) => Prospect::WithLuck,
        state if helped.contains(&state) => Prospect::NeedsOperators,
        _ => Prospect::OutOfReach,
    };
    book.states.iter().map(|&state| (state, prospect(state))).collect()
}

fn check_regions(book: &Textbook<'_>, exploration: &Exploration, found: &Regions) {
    let graph = &exploration.graph;
    let prospects = prospects(book, HEALTH);
    for state in graph.states() {
        assert_eq!(found.prospect(state), prospects[&graph.words(state)[0]]);
    }
    let price = |role| match role {
        Role::Operator => None,
        role => Some(u32::from(role == Role::Fault)),
    };
    let costs = cheapest(book, &book.starts, price);
    let calm = book.all_where(CALM);
    for prospect in Prospect::ALL {
        let of_prospect = |&&state: &&Word| calm.contains(&state) && prospects[&state] == prospect;
        let costs: Vec<_> =
            book.states.iter().filter(of_prospect).filter_map(|state| costs.get(state)).collect();
        let finding = found.survey.iter().find(|finding| finding.prospect == prospect);
        assert_eq!(finding.map_or(0, |finding| finding.state_count), costs.len());
        let Some(finding) = finding else { continue };
        let (steps, end) = book.walk_path(&finding.first.trace);
        assert_eq!(Some(&&(finding.faults, steps.len())), costs.iter().min());
        assert!(prospects[&end] == prospect && calm.contains(&end));
        assert!(steps.iter().all(|(_, arrow)| book.role(arrow) != Role::Operator));
        check_no_return(exploration, found, finding.first.trace.clone(), &prospects);
    }
}

fn check_no_return(
    exploration: &Exploration,
    found: &Regions,
    trace: squall::trace::Trace,
    prospects: &BTreeMap<Word, Prospect>,
) {
    let graph = &exploration.graph;
    let states = states_of(graph, &trace).expect("the trace is in the graph");
    let passed: Vec<Prospect> =
        states.iter().map(|&state| prospects[&graph.words(state)[0]]).collect();
    assert_eq!(found.no_return(&states), no_return(&passed));
}

/// Where states of these prospects pass the point of no return.
pub fn no_return(passed: &[Prospect]) -> NoReturn {
    let last = |some: &[Prospect]| passed.iter().rposition(|prospect| some.contains(prospect));
    let last_possible = last(&[Prospect::Sure, Prospect::WithLuck]);
    NoReturn { last_sure: last(&[Prospect::Sure]), last_possible }
}

/// The fewest interventions that guarantee recovery, by the definition.
fn ranks(book: &Textbook<'_>) -> BTreeMap<Word, u32> {
    let sure =
        prospects(book, HEALTH).into_iter().filter(|(_, prospect)| *prospect == Prospect::Sure);
    let mut ranks: BTreeMap<Word, u32> = sure.map(|(state, _)| (state, 0)).collect();
    for rank in 1.. {
        let helps = |(_, arrow): (Word, &Arrow)| {
            let leads = arrow.next.is_ok_and(|next| ranks.contains_key(&next));
            leads && book.role(arrow) == Role::Operator
        };
        let is_saved =
            |state: &Word| ranks.contains_key(state) || book.arrows_from(*state).any(helps);
        let saved: BTreeSet<Word> = book.states.iter().copied().filter(is_saved).collect();
        let failing = failing(book, HEALTH, &saved);
        let coming = book.can_reach(|state| saved.contains(&state), |arrow| is_quiet(book, arrow));
        let before = ranks.len();
        coming.difference(&failing).for_each(|&state| {
            ranks.entry(state).or_insert(rank);
        });
        if ranks.len() == before {
            return ranks;
        }
    }
    unreachable!("there are more numbers than states")
}

fn check_rescue(book: &Textbook<'_>, exploration: &Exploration, regions: &Regions) {
    let graph = &exploration.graph;
    let rescue = Rescue::new(book.system, graph, regions, &mut Silent).expect("no interrupt");
    let ranks = ranks(book);
    let price = |role| match role {
        Role::Fault => None,
        role => Some(u32::from(role == Role::Operator)),
    };
    for state in graph.states() {
        let word = graph.words(state)[0];
        assert_eq!(rescue.rank(state), ranks.get(&word).copied());
        let advice = rescue.advice(state, &mut Silent).expect("no interrupt");
        let costs = cheapest(book, &[word], price);
        let nearest = |is_goal: &dyn Fn(&Word) -> bool| {
            costs.iter().filter(|(state, _)| is_goal(state)).map(|(_, &cost)| cost).min()
        };
        let is_sure = |state: &Word| ranks.get(state) == Some(&0);
        let shape = |plan: &RescuePlan| (plan.interventions, plan.actions.len());
        assert_eq!(advice.cooperative.as_ref().map(shape), nearest(&is_sure));
        assert_eq!(advice.hopeful.as_ref().map(shape), nearest(&|state| !is_unwell(book, *state)));
        assert_eq!(advice.hopeful.is_some(), regions.prospect(state) != Prospect::OutOfReach);
        assert_eq!(advice.guaranteed.is_some(), ranks.contains_key(&word));
        for plan in [&advice.cooperative, &advice.guaranteed].into_iter().flatten() {
            assert!(is_sure(&book.walk_from(word, &plan.actions).1));
        }
        if let Some(plan) = &advice.hopeful {
            assert!(!is_unwell(book, book.walk_from(word, &plan.actions).1));
        }
        if let Some(plan) = &advice.guaranteed {
            assert_eq!(Some(&plan.interventions), ranks.get(&word));
            let (steps, _) = book.walk_from(word, &plan.actions);
            let helped = steps.iter().filter(|(_, arrow)| book.role(arrow) == Role::Operator);
            assert!(helped.count() <= plan.interventions as usize);
        }
        if let Some((action, target)) = rescue.intervention(state) {
            assert_eq!(book.walk_from(word, &[action]).1, graph.words(target)[0]);
            assert!(ranks[&graph.words(target)[0]] < ranks[&word]);
        }
    }
    let calm = book.all_where(CALM);
    for (rank, &count) in rescue.state_counts().iter().enumerate() {
        let expected =
            ranks.iter().filter(|(state, of)| calm.contains(state) && **of == rank as u32);
        assert_eq!(count, expected.count());
    }
    let prospects = prospects(book, HEALTH);
    let hopeless = calm.iter().filter(|state| prospects[state] == Prospect::OutOfReach);
    assert_eq!(rescue.hopeless_count(), hopeless.count());
}

#[test]
fn recovery_fails_by_fair_sets_and_takes_the_ticks_of_a_search_that_counts() {
    for_seeds(6000, |dice| check_recovery(&random_system(dice, &Shape::small(6))));
}

#[test]
fn a_goal_is_out_of_reach_where_no_way_without_a_fault_leads_to_it() {
    for_seeds(6000, |dice| check_possible(&random_system(dice, &Shape::small(10))));
}

#[test]
fn regions_and_ranks_are_those_of_fair_sets() {
    for_seeds(6000, |dice| {
        let system = random_system(dice, &Shape { operators: true, ..Shape::small(6) });
        let exploration = explore_all(&system, Edges::Everywhere);
        let book = Textbook::new(&system);
        let question = RegionsQuestion { calm: Some(CALM), healthy: HEALTHY };
        let found =
            regions(&system, &exploration.graph, question, &mut Silent).expect("no interrupt");
        check_regions(&book, &exploration, &found);
        check_rescue(&book, &exploration, &found);
    });
}

//! Representatives compared with renamings done by hand, on values: every renaming of a state has the
//! representative of the state (which is one of them), takes the same steps up to renaming, and reads the same.

use itertools::Itertools;

use super::*;
use crate::compile::Symmetry;
use crate::model::{Cell, MachineId, Type};
use crate::system::Renaming;

/// New numbers for the instances of each machine that can be renamed.
type Names = Vec<(MachineId, Vec<u32>)>;

/// Compares on these states of a model; returns how many renamings were tried.
pub(super) fn compare(model: &Model, compiled: &Compiled, states: &[Vec<Word>]) -> usize {
    let Some(symmetry) = Symmetry::of(model, compiled) else { return 0 };
    let mut renamer = symmetry.renamer();
    let mut represent = |state: &[Word]| {
        let mut state = state.to_vec();
        renamer.represent(&mut state);
        state
    };
    let mut tried = 0;
    for state in states {
        let values = compiled.legend().values(state);
        let representative = represent(state);
        assert_eq!(represent(&representative), representative, "it represents itself");
        let renamings = renamings(&symmetry);
        let mut is_among_them = renamings.len() >= MOST_RENAMINGS;
        for names in renamings {
            let renamed: Values = rename_state(&values, &names, model);
            let words = compiled.legend().state(&renamed).expect("a renamed state is a state");
            assert_eq!(represent(&words), representative, "{values:?} renamed {renamed:?}");
            is_among_them |= words == representative;
            let mut steps = |state: &[Word]| {
                let mut found = Vec::new();
                compiled.steps(state, &mut |step| {
                    let next = step.next.map(&mut represent).map_err(|breach| breach.rule);
                    found.push((step.counts.to_vec(), next));
                });
                found.sort();
                found
            };
            assert_eq!(steps(state), steps(&words), "steps out of {values:?} and {renamed:?}");
            for figure in model.figures.ids() {
                let read = |state| compiled.read(figure, state).map_err(|breach| breach.rule);
                let is_plain = !matches!(
                    model.figures[figure].expression.ty,
                    Type::Instance(_) | Type::Optional(_)
                );
                assert!(!is_plain || read(state) == read(&words), "{figure:?} of {values:?}");
            }
            tried += 1;
        }
        assert!(is_among_them, "what represents {values:?} is no renaming of it");
    }
    tried
}

/// So many renamings of one state are tried one by one.
const MOST_RENAMINGS: usize = 48;

/// All renamings; or the first ones, where there are very many.
fn renamings(symmetry: &Symmetry) -> Vec<Names> {
    let of_machine = |(machine, count): (MachineId, usize)| {
        let orders = (0..count as u32).permutations(count);
        orders.take(MOST_RENAMINGS).map(move |names| (machine, names)).collect::<Vec<_>>()
    };
    symmetry.machines().map(of_machine).multi_cartesian_product().take(MOST_RENAMINGS).collect()
}

fn new_name(machine: MachineId, index: u32, names: &Names) -> u32 {
    let of_machine = names.iter().find(|(renamed, _)| *renamed == machine);
    of_machine.map_or(index, |(_, names)| names[index as usize])
}

fn rename_state(values: &Values, names: &Names, model: &Model) -> Values {
    let mut renamed = values.clone();
    for ((id, cell), value) in model.cells.iter().zip(values) {
        let (to, ty) = match cell {
            Cell::Control(machine, index) => {
                (model.cells.control(machine, new_name(machine, index, names)), None)
            }
            Cell::Variable(variable, index) => {
                let declared = &model.variables[variable];
                let to = declared.machine.zip(index).map(|(machine, index)| {
                    model.cells.variable(variable, new_name(machine, index, names))
                });
                (to, Some(&declared.ty))
            }
            Cell::Budget(action, index) => {
                let to = model.actions[action].machine.zip(index).and_then(|(machine, index)| {
                    model.cells.budget(action, new_name(machine, index, names))
                });
                (to, None)
            }
        };
        let to = to.unwrap_or(id);
        renamed[to.0 as usize] = match ty {
            Some(ty) => rename(value, ty, names),
            None => value.clone(),
        };
    }
    renamed
}

fn rename(value: &Value, ty: &Type, names: &Names) -> Value {
    let each = |values: &[Value]| values.iter().map(|value| rename(value, ty, names)).collect();
    match value {
        Value::Instance(machine, index) => {
            Value::Instance(*machine, new_name(*machine, *index, names))
        }
        Value::Set(members) => {
            Value::Set(members.iter().map(|member| rename(member, ty, names)).collect())
        }
        Value::Queue(elements) => Value::Queue(each(elements)),
        Value::Array(elements) => {
            let Type::Array { index, element } = ty else { unreachable!("an array has its type") };
            let mut renamed = elements.clone();
            for (rank, value) in (0..).zip(elements) {
                let to = match **index {
                    Type::Instance(machine) => new_name(machine, rank, names),
                    Type::Optional(ref inner) => match **inner {
                        Type::Instance(machine) if (rank as usize) < elements.len() - 1 => {
                            new_name(machine, rank, names)
                        }
                        _ => rank,
                    },
                    _ => rank,
                };
                renamed[to as usize] = rename(value, element, names);
            }
            Value::Array(renamed)
        }
        other => other.clone(),
    }
}

#[test]
fn instances_that_point_at_each_other() {
    let text = "machine Node * 3 {
                  state up, down
                  var peer: Node? = none while up
                  var known: set of Node
                  may action point(n: Node): up when n != self {
                    peer = n
                    add(known, n)
                  }
                  may action fall at most 1: up -> down { }
                  may action rise: down -> up { }
                }
                machine Job * 2 {
                  var place: Node? = none
                  var late: queue of Node max 2
                  may action go(n: Node where n is up) when place != n and length(late) < 2 {
                    place = n
                    push(late, n)
                  }
                  may action rest when length(late) > 0 {
                    pop_first(late)
                    place = none
                  }
                }
                var room: [Node] 0..1 = 1
                may action take(n: Node where room[n] > 0) { room[n] = 0 }
                watch pairs = count n: Node where some m: Node: m is up and n in m.known";
    let found = agreement(text);
    assert!(found.renamings > 500, "only {} renamings", found.renamings);
}

//! Which names are declared where, and which name may have been meant.

use std::collections::BTreeMap;

use super::{DefinitionId, EnumId, MachineId, MitigationId, ParameterId, VariableId};
use crate::base::Span;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// A parameter.
    Parameter(ParameterId),
    /// A mitigation: as a value, whether it is applied.
    Mitigation(MitigationId),
    /// A named type, by its position among them.
    Type(usize),
    /// An enum.
    Enum(EnumId),
    /// A machine.
    Machine(MachineId),
    /// A variable, of a machine or outside.
    Variable(VariableId),
    /// A definition, of a machine or outside.
    Definition(DefinitionId),
    /// An action, which no expression can name.
    Action,
}

/// A declared name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it stands for.
    pub symbol: Symbol,
    /// Where it is declared.
    pub span: Span,
    /// Whether anything refers to it.
    pub is_used: bool,
}

/// The names of one scope.
#[derive(Clone, Debug, Default)]
pub struct Space {
    entries: BTreeMap<String, Entry>,
}

impl Space {
    /// Declares a name; if it is taken, returns where.
    pub fn declare(&mut self, name: &str, symbol: Symbol, span: Span) -> Result<(), Span> {
        if let Some(earlier) = self.entries.get(name) {
            return Err(earlier.span);
        }
        self.entries.insert(name.to_owned(), Entry { symbol, span, is_used: false });
        Ok(())
    }

    /// What a name stands for here, noting that something refers to it.
    pub fn refer(&mut self, name: &str) -> Option<Symbol> {
        let entry = self.entries.get_mut(name)?;
        entry.is_used = true;
        Some(entry.symbol)
    }

    /// What a name stands for here.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// All names, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }
}

/// The candidate nearest to a name, if it is near enough to have been meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = (name.chars().count() / 3).clamp(1, 3);
    let scored = candidates.into_iter().map(|candidate| (distance(name, candidate), candidate));
    scored.filter(|&(distance, _)| distance <= tolerance).min().map(|(_, candidate)| candidate)
}

/// How many insertions, deletions, replacements and swaps of neighbours lead from one to the other
/// (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, &a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in to.iter().enumerate() {
            let mut best = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a == to[j - 1] && from[i - 1] == b {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let candidates = ["mirror", "former", "primary", "free"];
        assert_eq!(nearest("miror", candidates), Some("mirror"));
        assert_eq!(nearest("fromer", candidates), Some("former"));
        assert_eq!(nearest("fre", candidates), Some("free"));
        assert_eq!(nearest("volume", candidates), None);
    }
}

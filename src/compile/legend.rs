//! What packed states mean: the value of each cell, and back.

use super::layout::{self, Layout};
use crate::base::Id;
use crate::model::{CellId, Values};
use crate::system::Word;

/// The way between packed states and values.
#[derive(Clone, Debug)]
pub struct Legend {
    layout: Layout,
    cell_count: usize,
}

impl Legend {
    /// The legend of a layout with so many cells.
    pub fn new(layout: Layout, cell_count: usize) -> Legend {
        Legend { layout, cell_count }
    }

    /// The value of each cell, in the order of the model's cells.
    pub fn values(&self, state: &[Word]) -> Values {
        let mut slots = vec![0; self.layout.slot_count() as usize];
        self.layout.unpack(state, &mut slots);
        let cells = (0..self.cell_count).map(|at| self.layout.place(CellId::from_index(at)));
        cells
            .map(|(base, shape)| {
                let until = base + shape.slot_count();
                layout::decode(&slots[base as usize..until as usize], shape)
            })
            .collect()
    }

    /// The packed state with these values; none if one of them is not of its cell's type.
    pub fn state(&self, values: &Values) -> Option<Vec<Word>> {
        if values.len() != self.cell_count {
            return None;
        }
        let mut slots = Vec::with_capacity(self.layout.slot_count() as usize);
        for (at, value) in values.iter().enumerate() {
            slots.extend(layout::encode(value, self.layout.place(CellId::from_index(at)).1)?);
        }
        let mut words = vec![0; self.layout.width()];
        self.layout.pack_all(&slots, &mut words);
        Some(words)
    }
}

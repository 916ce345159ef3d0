//! One routine under construction: its code, its labels and its temporaries.
//!
//! Code that cannot be reached is never emitted, so a guard whose first conjunct is false for a constant
//! instance vanishes. Labels are ids until the routine is finished; then they become positions.

use crate::base::Id;
use crate::compile::program::{Instruction, Position, Register};

crate::id!(
    /// A place in the routine to jump to.
    Label
);

/// A routine under construction.
#[derive(Debug, Default)]
pub struct Routine {
    code: Vec<Instruction>,
    labels: Vec<LabelState>,
    /// Whether nothing jumps or falls to the place where the next instruction would go.
    unreachable: bool,
    /// Temporaries that the routine may use, in the order in which it takes them.
    pub pool: Vec<Register>,
    /// How many of them are in use.
    pub used: usize,
    /// Which slots it reads, in ranges; perhaps more than it does.
    pub reads: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct LabelState {
    jumped_to: bool,
    position: Option<usize>,
}

impl Routine {
    /// An empty routine that may use these temporaries.
    pub fn with_pool(pool: Vec<Register>) -> Routine {
        Routine { pool, ..Routine::default() }
    }

    /// Appends an instruction, if it can be reached.
    pub fn emit(&mut self, mut instruction: Instruction) {
        if self.unreachable {
            return;
        }
        if let Some(target) = instruction.target_mut() {
            self.labels[target.index()].jumped_to = true;
        }
        self.unreachable = instruction.is_end();
        self.code.push(instruction);
    }

    /// Whether an instruction emitted next could run.
    pub fn is_reachable(&self) -> bool {
        !self.unreachable
    }
    /// Whether there is no code yet.
    pub fn is_empty(&self) -> bool {
        self.code.is_empty()
    }
    /// Whether all the code there is is one jump.
    pub fn is_only_jump(&self) -> bool {
        matches!(self.code[..], [Instruction::Jump(_)])
    }

    /// A label that is not placed yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(LabelState::default());
        Label::from_index(self.labels.len() - 1)
    }
    /// Jumps to a label.
    pub fn jump(&mut self, label: Label) {
        self.emit(Instruction::Jump(target(label)));
    }
    /// Whether something jumps to a label.
    pub fn is_jumped_to(&self, label: Label) -> bool {
        self.labels[label.index()].jumped_to
    }

    /// Puts a label where the next instruction goes.
    pub fn place(&mut self, label: Label) {
        self.drop_jump_to(label);
        self.labels[label.index()].position = Some(self.code.len());
        if self.is_jumped_to(label) {
            self.unreachable = false;
        }
    }

    /// A jump to the place right behind it does nothing.
    fn drop_jump_to(&mut self, label: Label) {
        let end = self.code.len();
        let ends_here = |state: &LabelState| state.position == Some(end);
        let is_jump = self.code.last() == Some(&Instruction::Jump(target(label)));
        if is_jump && !self.labels.iter().any(ends_here) {
            self.code.pop();
            self.unreachable = false;
        }
    }

    /// The code, if it begins at the given position, with labels turned into positions.
    pub fn finish(self, start: usize) -> Vec<Instruction> {
        let mut code = self.code;
        for instruction in &mut code {
            if let Some(to) = instruction.target_mut() {
                let position = self.labels[to.index()].position;
                *to = Position::from_index(start + position.expect("every label is placed"));
            }
        }
        code
    }
}

/// A label as the target of a jump that is not finished.
pub fn target(label: Label) -> Position {
    Position(label.0)
}

//! What would have helped: one model in many configurations, and what each of them is worth.
//!
//! Nothing here supposes that a further mitigation can only help. A design change may take away the step
//! that ended a storm, or make room for a new loop; so every set of mitigations is a run of its own, and
//! what is said of a set was seen of that very set.

pub mod batch;
pub mod effect;
pub mod matrix;
pub mod minimal;
pub mod pareto;
pub mod sweep;

pub use batch::{Batch, Outcome};
pub use effect::{Effect, effects};
pub use matrix::{Cell, Forgiven, Matrix, Plan, Row, Standing, matrix};
pub use minimal::{Minimal, Setback, minimal, setbacks};
pub use pareto::{Front, front};

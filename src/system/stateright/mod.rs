//! Both bridges to the crate `stateright`: any system as one of its models, for its checkers and its
//! Explorer; and any of its models as a system, for our storms.
//!
//! What to know about stateright 0.31, and what is done about it here:
//!
//! - Properties are bare function pointers with static names. Ours are known at run time only, so a
//!   table of instances of one function stands in for them, and the names are leaked.
//! - A run that is cut short passes. Nothing here sets a timeout or a target: [`search`] runs until
//!   nothing is left, or says that it was interrupted.
//! - A state on which every property is decided is not expanded, a run ends once each has a
//!   discovery, and a model without properties is not explored. So there is always one property that
//!   no state decides.
//! - Later discoveries replace earlier ones, which makes paths of breadth-first search longer than
//!   they need to be. So each property is reported once, and fine from then on.
//! - States are told apart by 64-bit fingerprints: two states with one fingerprint are one. What rests
//!   on such a search says so: see [`Drained`].
//! - `eventually` looks at the ends of paths only, and misses everything that goes round in circles.
//!   It is never used here.

mod as_model;
mod as_system;
mod metered;
mod numbered;
mod search;

pub use as_model::{AsModel, Asked, Labelled, Packed, Question, Telling};
pub use as_system::{Cut, Indexed, Taken};
pub use metered::{Kind, Metered, Owed};
pub use search::{Drained, Found, Order, Walk, search};

//! The one ordinary test binary.

mod engine; // exploration and verdicts against textbook searches on small worlds
mod temporal; // temporal claims from text to verdict

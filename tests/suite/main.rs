//! The one ordinary test binary.

mod engine; // exploration and verdicts against textbook searches on small worlds
mod random; // generated model texts, all meanings and verdicts against each other

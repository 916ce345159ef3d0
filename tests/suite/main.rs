//! The one ordinary test binary.

mod cli; // the command line as a person or a script meets it
mod engine; // exploration and verdicts against textbook searches on small worlds
mod random; // generated model texts, all meanings and verdicts against each other

//! The one ordinary test binary.

mod cli; // the command line as a person or a script meets it
mod docs;
mod engine; // exploration and verdicts against textbook searches on small worlds // what the documents say is so
mod engine; // exploration and verdicts against textbook searches on small worlds
mod stateright; // both bridges to stateright

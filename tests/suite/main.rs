//! The one ordinary test binary.

mod cli; // the command line as a person or a script meets it
mod docs; // what the documents say is so
mod engine; // exploration and verdicts against textbook searches on small worlds
mod random; // generated models: two meanings, and a textbook search
mod stateright; // both bridges to stateright
mod temporal; // temporal claims from text to verdict

//! The one ordinary test binary.

mod certificate; // certificates: accepted as written, refused when forged
mod cli; // the command line as a person or a script meets it
mod compact; // states told apart by fingerprints
mod diff; // two versions of a design
mod docs; // what the documents say is so
mod engine; // exploration and verdicts against textbook searches on small worlds
mod explain; // explanations of traces, and questions why
mod first_steps; // what somebody who knows only the README must be told
mod fuzz; // mangled texts, which nothing may panic on
mod mitigate; // every claim under every set of mitigations
mod quiet; // panics that are findings
mod random; // generated model texts, all meanings and verdicts against each other
mod reduction; // exploring without what nothing reads
mod rescue; // plans of operators, and what a build forgives
mod sanity; // what is odd about a model, and the fairness in force
mod saved; // saved traces, walked again
mod stateright; // both bridges to stateright
mod sweep; // sweeps: against checks of single points, resumed, in any number of threads
mod symmetry; // exploring up to renaming of instances
mod temporal; // temporal claims from text to verdict
mod tidy; // rules about our own files that nothing else checks
mod traps; // known ways to go wrong, by number, and what keeps us from each
mod unfinished; // what limits leave unknown

//! What knows nothing about models: source text, diagnostics, typed indices and the one hash.
//!
//! A thing may live here if two rooms need it and it could serve any other program as well.

pub mod diagnostic;
pub mod hash;
pub mod id;
pub mod source;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use id::{Id, IdVec};
pub use source::{Source, SourceId, Span};

//! Text to tree. It cannot fail: there is always a tree, perhaps with diagnostics.

pub mod ast;

//! Exploration to findings.

//! Any text: read, checked, laid out, compiled; nothing may panic, and the layout is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../suite/fuzz/survive.rs"]
mod survive;

fuzz_target!(|text: &str| survive::survive(text));

//! What every text must survive, whatever it says; shared with the fuzz target.

use squall::base::{Severity, Source, SourceId};
use squall::compile::compile;
use squall::model::{Settings, analyse};
use squall::report::diagnostic;
use squall::syntax::{format, parse};

/// Reads, checks, lays out and compiles a text, and draws what is wrong with it.
///
/// # Panics
/// If anything on the way does, or the layout of a text is not itself a text with that layout.
pub fn survive(text: &str) {
    let source = Source::new(SourceId(0), "any.squall", text);
    let sources = [source.clone()];
    let parsed = parse(&source);
    let is_readable = parsed.diagnostics.iter().all(|one| one.severity == Severity::Warning);
    let analysis = analyse(&sources, &[parsed.file], &Settings::default());
    let told = [parsed.diagnostics, analysis.diagnostics.clone()].concat();
    let drawn = diagnostic::draw(&sources, &told);
    assert_eq!(drawn.is_empty(), told.is_empty(), "what is wrong is drawn");
    let laid_out = format(&source);
    assert_eq!(laid_out.is_ok(), is_readable, "what can be read has a layout");
    let Ok(laid_out) = laid_out else { return };
    let again = Source::new(SourceId(0), "any.squall", laid_out.as_str());
    assert_eq!(format(&again).as_deref(), Ok(laid_out.as_str()), "a layout stays as it is");
    let is_model = analysis.model().is_some();
    let read_again =
        analyse(std::slice::from_ref(&again), &[parse(&again).file], &Settings::default());
    assert_eq!(read_again.model().is_some(), is_model, "a layout means what the text means");
    if let Some(model) = analysis.model() {
        let compiled = compile(model);
        let others = read_again.model().map(|model| model.cells.len());
        assert_eq!(Some(model.cells.len()), others);
        drop(compiled);
    }
}

use squall::base::*;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let s = Source::new(SourceId(0), path.clone(), std::fs::read_to_string(&path).unwrap());
    let p = squall::syntax::parse(&s);
    for d in &p.diagnostics {
        println!(
            "{} {:?} {} {:?}",
            d.code.0,
            s.line_and_column(d.primary.0.start),
            d.message,
            d.help
        );
    }
    let sources = [s];
    let files = [p.file];
    let a = squall::model::analyse(&sources, &files, &Default::default());
    for d in &a.diagnostics {
        println!(
            "{:?} {} {:?} {} | {:?} | {:?}",
            d.severity,
            d.code.0,
            sources[0].line_and_column(d.primary.0.start),
            d.message,
            d.secondary.iter().map(|x| &x.1).collect::<Vec<_>>(),
            d.help
        );
    }
    if let Some(m) = a.model() {
        println!(
            "ok: {} vars {} actions {} instances {} cells",
            m.variables.len(),
            m.actions.len(),
            m.instances.len(),
            m.cells.len()
        );
    }
}

//! What a case file says: why it exists, how it is to be configured, and what must happen.
//!
//! A case begins with a paragraph in `//` lines. `//: with back_off` and `//: set nodes = 3` configure it,
//! `//: library parts.squall` adds a library that lies beside it. Each `//= ` line is a fact that all
//! treatments must find.

use std::path::{Path, PathBuf};

use squall::base::{Diagnostic, Severity, Source, SourceId, Span};
use squall::explore::{Limits, Silent};
use squall::model::{Setting, Settings};
use squall::pipeline::{Answers, Operators, Prepared, Request, Summary, prepare, run};
use squall::trace::replay::Replayed;
use squall::verdict::storm::Grade;
use squall::verdict::{Answer, Evidence, Note, Reason, Verdict, Worst};

/// A case file.
pub struct Case {
    pub path: PathBuf,
    /// Folder and name, like `storm/retry-without-budget`.
    pub name: String,
    pub is_library: bool,
    /// The model, then its libraries.
    pub sources: Vec<Source>,
    pub settings: Settings,
    /// What must happen.
    pub facts: Vec<String>,
}

impl Case {
    pub fn read(path: &Path) -> Case {
        let text = std::fs::read_to_string(path).expect("a case can be read");
        let folder = path.parent().expect("a file lies in a folder");
        let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = format!(
            "{}/{}",
            stem(folder).unwrap_or_default(),
            stem(path).expect("a file has a name")
        );
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut sources = vec![Source::new(SourceId(0), file.unwrap_or_default(), text.as_str())];
        let mut settings = Settings::default();
        for line in text.lines().filter_map(|line| line.strip_prefix("//: ")) {
            match line.split_once(' ') {
                Some(("with", names)) => {
                    settings.mitigations.extend(names.split(", ").map(str::to_owned));
                }
                Some(("set", setting)) => {
                    let (name, value) = setting.split_once(" = ").expect("`set NAME = VALUE`");
                    let value = Setting::Text(value.to_owned());
                    settings.parameters.push((name.to_owned(), value));
                }
                Some(("library", name)) => {
                    let library = std::fs::read_to_string(folder.join(name))
                        .expect("the library lies beside the case");
                    let id = SourceId(sources.len() as u16);
                    sources.push(Source::new(id, name, library));
                }
                _ => panic!("{name}: `//: {line}` says nothing"),
            }
        }
        let facts = text.lines().filter_map(|line| line.strip_prefix("//= "));
        let facts = facts.map(str::to_owned).collect();
        let is_library = text.lines().any(|line| line.starts_with("library "));
        Case { path: path.to_owned(), name, is_library, sources, settings, facts }
    }

    /// The model's own text.
    pub fn text(&self) -> &str {
        &self.sources[0].text
    }

    /// The same case with its model laid out anew.
    pub fn with_text(&self, text: String) -> Case {
        let mut sources = self.sources.clone();
        sources[0] = Source::new(SourceId(0), sources[0].name.as_str(), text);
        Case {
            path: self.path.clone(),
            name: self.name.clone(),
            is_library: false,
            sources,
            settings: self.settings.clone(),
            facts: self.facts.clone(),
        }
    }

    pub fn prepare(&self) -> Result<Prepared, Vec<Diagnostic>> {
        prepare(&self.sources, &self.settings)
    }
}

/// Puts what happens into the file as what must happen, for a person to judge.
pub fn rewrite(case: &Case) {
    let facts = facts_of(case, 1);
    if facts == case.facts {
        return;
    }
    let mut lines: Vec<String> =
        case.text().lines().filter(|line| !line.starts_with("//=")).map(str::to_owned).collect();
    let is_header = |line: &String| line.starts_with("//") && !line.starts_with("///");
    let header = lines.iter().position(|line| !is_header(line)).unwrap_or(lines.len());
    lines.splice(header..header, facts.iter().map(|fact| format!("//= {fact}")));
    let mut text = lines.join("\n");
    text.push('\n');
    std::fs::write(&case.path, text).expect("a case can be written");
}

/// Everything that happens, checked with so many workers.
pub fn facts_of(case: &Case, workers: usize) -> Vec<String> {
    match case.prepare() {
        Err(diagnostics) => diagnostics.iter().map(|one| diagnostic_fact(case, one)).collect(),
        Ok(prepared) => {
            let warnings = prepared.warnings.iter().map(|one| diagnostic_fact(case, one));
            let answers = answers(&prepared, workers, Limits::NONE);
            warnings.chain(answer_facts(case, &prepared, &answers)).collect()
        }
    }
}

/// All properties judged.
pub fn answers(prepared: &Prepared, workers: usize, limits: Limits) -> Answers {
    let properties = prepared.model.properties.ids().collect();
    run(prepared, &Request { properties, limits, workers }, &mut Silent)
}

/// What a diagnostic is and which words it is about.
fn diagnostic_fact(case: &Case, diagnostic: &Diagnostic) -> String {
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{kind} {} at `{}`", diagnostic.code.0, words_at(case, diagnostic.primary.0))
}

/// The first words of a place, on one line, blanks apart.
pub fn words_at(case: &Case, span: Span) -> String {
    let source = case.sources.iter().find(|source| source.id == span.source);
    let words = source.map_or("", |source| source.slice(span));
    let line: Vec<&str> = words.split_whitespace().collect();
    line.join(" ").chars().take(60).collect()
}

pub fn breach_fact(case: &Case, breach: squall::system::Breach, steps: usize) -> String {
    format!(
        "breach {:?} at `{}` after {}",
        breach.rule,
        words_at(case, breach.place),
        counted(steps)
    )
}

fn counted(steps: usize) -> String {
    format!("{steps} {}", if steps == 1 { "step" } else { "steps" })
}

pub fn answer_facts(case: &Case, prepared: &Prepared, answers: &Answers) -> Vec<String> {
    let mut facts = Vec::new();
    for part in &answers.parts {
        let judgement = &part.judgement;
        facts.push(summary_fact(part.operators, &part.summary));
        if let Some(breach) = judgement.start_breach {
            facts.push(breach_fact(case, breach, 0));
        }
        for found in &judgement.breaches {
            facts.push(breach_fact(case, found.breach, found.trace.steps().len()));
        }
        if let Some(stopped) = &judgement.stopped {
            let steps = counted(stopped.trace.steps().len());
            facts
                .push(format!("time stops in {} states, first after {steps}", stopped.state_count));
        }
        if judgement.never_calm_again {
            facts.push("never calm again".to_owned());
        }
    }
    for (id, answer) in answers.by_property() {
        facts.extend(property_facts(&prepared.model.properties[id].name, answer));
    }
    facts
}

pub fn summary_fact(operators: Operators, summary: &Summary) -> String {
    let who = if operators == Operators::Present { "with operators: " } else { "" };
    let Summary { start_count, state_count, step_count, tick_count, depth, .. } = summary;
    format!(
        "{who}starts {start_count}, states {state_count}, steps {step_count}, ticks {tick_count}, depth {depth}"
    )
}

fn property_facts(name: &str, answer: &Answer) -> Vec<String> {
    let mut facts = vec![format!("{name} {}", verdict_words(&answer.verdict))];
    for note in &answer.notes {
        let words = match note {
            Note::UnfairLoop(trace) => format!("an unfair loop counts, {}", lasso_words(trace)),
            Note::StormWhileNotCalm(trace, _) => {
                format!("a storm while not calm, {}", lasso_words(trace))
            }
            Note::TimeStops(_) => continue,
            other => format!("{other:?}"),
        };
        facts.push(format!("{name} notes: {words}"));
    }
    facts
}

fn verdict_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Holds { worst, witness, .. } => {
            let witness = witness.as_ref().map(|trace| counted(trace.steps().len()));
            let witness = witness.map_or(String::new(), |steps| format!(" shown after {steps}"));
            format!("holds{witness}{}", worst_words(*worst))
        }
        Verdict::Fails { evidence, worst, storm } => {
            let shown = match evidence {
                Evidence::Everything(_) => " everywhere".to_owned(),
                Evidence::Fingerprints(_) => " by fingerprints".to_owned(),
                Evidence::Trace(trace) => match storm {
                    None if trace.repeats_from().is_some() => format!(": {}", lasso_words(trace)),
                    None => format!(" after {}", counted(trace.steps().len())),
                    Some(storm) => format!(
                        ": {} with {} of {} faults, {}, {} in {} ticks",
                        match storm.grade {
                            Grade::Storm => "storm",
                            Grade::Trap => "trap",
                        },
                        storm.faults,
                        storm.fewest_faults,
                        lasso_words(trace),
                        storm.count_per_turn,
                        storm.ticks_per_turn
                    ),
                },
            };
            format!("fails{shown}{}", worst_words(*worst))
        }
        Verdict::Unknown(reason) => match reason {
            Reason::ModelBreaches => "unknown: the model breaches".to_owned(),
            Reason::NotSupported => "unknown: not supported yet".to_owned(),
            other => format!("unknown: {other:?}"),
        },
    }
}

fn lasso_words(trace: &Replayed) -> String {
    let first = trace.repeats_from().unwrap_or(trace.steps().len());
    format!("{first} in and {} around", trace.steps().len() - first)
}

fn worst_words(worst: Option<Worst>) -> String {
    match worst {
        None => String::new(),
        Some(Worst::Exactly(most)) => format!(", worst {most}"),
        Some(Worst::AtLeast(most)) => format!(", worst at least {most}"),
        Some(Worst::Ratio { numerator, denominator, is_attained }) => {
            let how = if is_attained { "" } else { " approached" };
            format!(", worst {numerator}/{denominator}{how}")
        }
        Some(Worst::RatioAtLeast { numerator, denominator }) => {
            format!(", worst at least {numerator}/{denominator}")
        }
        Some(Worst::NoTick) => ", worst in no time".to_owned(),
        Some(Worst::Unbounded) => ", worst unbounded".to_owned(),
    }
}

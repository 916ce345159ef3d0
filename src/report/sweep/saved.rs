//! What a sweep found so far, in a file that only grows: a line that says what was asked, and one for
//! each point as soon as it is known, in the order in which points became known.
//!
//! A point is named by its own values alone, so a sweep over more values, or over the same in another
//! order, finds it again. A line without an end was cut off in the middle, and counts for nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::PointReport;

/// What was asked at every point: what any answer may depend on, but the point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The version of the program that asks.
    pub squall: String,
    /// The model's name.
    pub model: String,
    /// A hash of its text and those of its libraries.
    pub text: String,
    /// The mitigations that are applied.
    pub mitigations: Vec<String>,
    /// The parameters that are set.
    pub settings: Vec<(String, String)>,
    /// The claims, by name.
    pub properties: Vec<String>,
    /// The most states to see.
    pub max_states: Option<u64>,
    /// How far to go from the start.
    pub max_depth: Option<u64>,
    /// The most memory to use, in bytes.
    pub max_memory: Option<u64>,
}

/// The points known so far, by their values.
pub type Known = BTreeMap<BTreeMap<String, String>, PointReport>;

#[derive(Serialize, Deserialize)]
struct Line {
    at: BTreeMap<String, String>,
    found: PointReport,
}

/// Why a file is of no use to a sweep.
#[derive(Debug)]
pub enum Unusable {
    /// A line is none of ours; its number, from 1.
    Foreign(usize, serde_json::Error),
    /// The text of the model is another one.
    OtherText,
    /// It answers another question: in what the two differ, in the file and here.
    OtherQuestion(&'static str, String, String),
    /// It says two things of one point; the number of the second line.
    Contradiction(usize),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Foreign(line, error) => {
                write!(f, "line {line} is not what `squall sweep --resume` writes: {error}")
            }
            Unusable::OtherText => {
                write!(f, "the model, or a library it uses, has changed since it was written")
            }
            Unusable::OtherQuestion(what, theirs, ours) => {
                write!(f, "it is of another sweep: its {what} is {theirs}, and not {ours}")
            }
            Unusable::Contradiction(line) => {
                write!(f, "line {line} says something else of a point than a line before it")
            }
        }
    }
}

impl std::error::Error for Unusable {}

impl Question {
    /// The first line of a file.
    pub fn line(&self) -> String {
        line(self)
    }

    /// What a file that answers this question knows, by its whole lines.
    pub fn known(&self, text: &str) -> Result<Known, Unusable> {
        let mut known = Known::new();
        for (index, line) in text.lines().enumerate() {
            let foreign = |error| Unusable::Foreign(index + 1, error);
            if index == 0 {
                self.must_be(&serde_json::from_str(line).map_err(foreign)?)?;
                continue;
            }
            let Line { at, found } = serde_json::from_str(line).map_err(foreign)?;
            if let PointReport::Judged(cells) = &found
                && cells.len() != self.properties.len()
            {
                let error = serde::de::Error::custom("it has not one cell for each property");
                return Err(foreign(error));
            }
            if known.get(&at).is_some_and(|earlier| *earlier != found) {
                return Err(Unusable::Contradiction(index + 1));
            }
            known.insert(at, found);
        }
        Ok(known)
    }

    /// Refuses another question, by the first difference that matters.
    fn must_be(&self, theirs: &Question) -> Result<(), Unusable> {
        let list = |words: &[String]| match words {
            [] => "none".to_owned(),
            words => words.join(", "),
        };
        let settings = |pairs: &[(String, String)]| {
            list(&pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>())
        };
        let limit = |limit: Option<u64>| limit.map_or("none".to_owned(), |limit| limit.to_string());
        let of = |question: &Question| {
            [
                ("model", question.model.clone()),
                ("choice of mitigations", list(&question.mitigations)),
                ("choice of parameters", settings(&question.settings)),
                ("choice of properties", list(&question.properties)),
                ("limit on states", limit(question.max_states)),
                ("limit on depth", limit(question.max_depth)),
                ("limit on memory", limit(question.max_memory)),
                ("version of squall", question.squall.clone()),
            ]
        };
        let different = of(theirs).into_iter().zip(of(self)).find(|(theirs, ours)| theirs != ours);
        match different {
            None if theirs.text != self.text => Err(Unusable::OtherText),
            None => Ok(()),
            Some(((what, theirs), (_, ours))) => Err(Unusable::OtherQuestion(what, theirs, ours)),
        }
    }
}

/// The line of a point with these values.
pub fn point_line(at: &BTreeMap<String, String>, found: &PointReport) -> String {
    line(&Line { at: at.clone(), found: found.clone() })
}

/// The lines of a file that have an end.
pub fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte == b'\n');
    &bytes[..end.map_or(0, |end| end + 1)]
}

fn line(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string(value).expect("strings and numbers only");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question {
            squall: "1".to_owned(),
            model: "m".to_owned(),
            text: "0f".to_owned(),
            mitigations: Vec::new(),
            settings: Vec::new(),
            properties: vec!["p".to_owned()],
            max_states: None,
            max_depth: None,
            max_memory: None,
        }
    }

    fn at(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("n".to_owned(), value.to_owned())])
    }

    fn refusal(text: &str) -> String {
        question().known(text).expect_err("it is refused").to_string()
    }

    #[test]
    fn what_was_written_is_read_and_a_torn_line_is_not() {
        let refused = PointReport::Refused { because: "so".to_owned() };
        let text = [
            question().line(),
            point_line(&at("1"), &PointReport::NoStart),
            point_line(&at("2"), &refused),
        ]
        .concat();
        let known = question().known(&text).expect("it is ours");
        let expected = Known::from([(at("1"), PointReport::NoStart), (at("2"), refused)]);
        assert_eq!(known, expected);
        let torn = whole_lines(&text.as_bytes()[..text.len() - 4]);
        let torn = str::from_utf8(torn).expect("whole lines are text");
        assert_eq!(question().known(torn).expect("it is ours").len(), 1);
        assert_eq!(whole_lines(b"no end"), b"");
        assert_eq!(question().known("").expect("nothing is no harm").len(), 0);
    }

    #[test]
    fn another_question_is_refused_by_what_is_different() {
        let other = |change: fn(&mut Question)| {
            let mut other = question();
            change(&mut other);
            refusal(&other.line())
        };
        assert_eq!(
            other(|it| it.model = "n".to_owned()),
            "it is of another sweep: its model is n, and not m"
        );
        assert!(other(|it| it.text = "10".to_owned()).contains("has changed since"));
        assert!(
            other(|it| it.max_states = Some(9)).contains("its limit on states is 9, and not none")
        );
        assert!(other(|it| it.properties.clear()).contains("properties is none, and not p"));
        assert!(other(|it| it.squall = "2".to_owned()).contains("version of squall is 2"));
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        assert!(refusal("{}\n").starts_with("line 1 is not what"));
        let text = question().line() + "what\n";
        assert!(refusal(&text).starts_with("line 2 is not what"));
        let text = question().line() + &point_line(&at("1"), &PointReport::Judged(Vec::new()));
        assert!(refusal(&text).contains("not one cell for each property"));
        let text = [
            question().line(),
            point_line(&at("1"), &PointReport::NoStart),
            point_line(&at("1"), &PointReport::Refused { because: String::new() }),
        ]
        .concat();
        assert!(refusal(&text).starts_with("line 3 says something else"));
    }
}

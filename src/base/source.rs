//! Source text, places in it, and the way from a byte offset to a line and a column.

/// Which of the texts of one run: the model itself is number 0, libraries follow in order of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// A stretch of source text, in bytes: `start` included, `end` not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text it is in.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from its parts.
    pub fn new(source: SourceId, start: usize, end: usize) -> Span {
        // Texts above 16 MB are refused on loading, so offsets fit.
        Span { source, start: start as u32, end: end as u32 }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// One text, with the name it is reported under.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its number in this run.
    pub id: SourceId,
    /// What messages call it, usually its path as given.
    pub name: String,
    /// The text itself.
    pub text: String,
    line_starts: Vec<u32>,
}

impl Source {
    /// A source from its number, name and text.
    pub fn new(id: SourceId, name: impl Into<String>, text: impl Into<String>) -> Source {
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect();
        Source { id, name: name.into(), text, line_starts }
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    pub fn line_and_column(&self, offset: u32) -> (usize, usize) {
        let line_index = self.line_starts.partition_point(|&start| start <= offset) - 1;
        let start = self.line_starts[line_index] as usize;
        let until = (offset as usize).min(self.text.len());
        let column = self.text.get(start..until).map_or(0, |before| before.chars().count());
        (line_index + 1, column + 1)
    }

    /// The text of a span; empty if the span is not of this source.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let source = Source::new(SourceId(0), "a.squall", "model a\nparam é = 1\n");
        assert_eq!(source.line_and_column(0), (1, 1));
        let at_equals = source.text.find('=').expect("the text has one") as u32;
        assert_eq!(source.line_and_column(at_equals), (2, 9));
    }
}

//! Text to tokens, with comments and documentation beside them.

use crate::base::{Source, Span};
use crate::syntax::errors::{self, Reported};
use crate::syntax::token::{Comment, Token, TokenKind};

/// What a text is made of.
pub struct Lexed {
    /// Its tokens; the last is `End`.
    pub tokens: Vec<Token>,
    /// Its comments and documentation, in order.
    pub comments: Vec<Comment>,
    /// What could not be read.
    pub reported: Reported,
}

/// Cuts a text into tokens. Every byte is looked at a bounded number of times.
pub fn lex(source: &Source) -> Lexed {
    let lexed = Lexed { tokens: Vec::new(), comments: Vec::new(), reported: Reported::default() };
    let mut lexer = Lexer { source, at: 0, line: 0, lexed };
    while lexer.next_token() {}
    let end = source.text.len() as u32;
    lexer.lexed.tokens.push(Token { kind: TokenKind::End, start: end, end, line: lexer.line });
    lexer.lexed
}

struct Lexer<'s> {
    source: &'s Source,
    at: usize,
    line: u32,
    lexed: Lexed,
}

impl Lexer<'_> {
    /// Reads one token, comment or blank; false at the end of the text.
    fn next_token(&mut self) -> bool {
        let rest = &self.source.text[self.at..];
        let Some(first) = rest.chars().next() else { return false };
        match first {
            '\n' => {
                self.at += 1;
                self.line += 1;
            }
            _ if is_blank(first) => self.at += first.len_utf8(),
            '/' if rest.starts_with("//") => self.comment(rest),
            '"' => self.text(rest),
            '0'..='9' => self.number(rest),
            _ if first.is_ascii_alphabetic() || first == '_' => self.word(rest),
            _ => match TokenKind::sign(rest) {
                Some(sign) => {
                    self.push(sign, sign.text().map_or(1, str::len));
                }
                None => self.unknown(rest),
            },
        }
        true
    }

    fn push(&mut self, kind: TokenKind, length: usize) -> Span {
        let (start, end) = (self.at, self.at + length);
        self.at = end;
        let token = Token { kind, start: start as u32, end: end as u32, line: self.line };
        self.lexed.tokens.push(token);
        Span::new(self.source.id, start, end)
    }

    /// `// …` or `/// …`, to the end of the line.
    fn comment(&mut self, rest: &str) {
        let line = rest.split('\n').next().unwrap_or(rest);
        let text = line.trim_end();
        self.lexed.comments.push(Comment {
            start: self.at as u32,
            end: (self.at + text.len()) as u32,
            line: self.line,
            documents: text.starts_with("///") && !text.starts_with("////"),
            trailing: self.lexed.tokens.last().is_some_and(|last| last.line == self.line),
        });
        self.at += line.len();
    }

    /// `"…"`, on one line.
    fn text(&mut self, rest: &str) {
        let line = rest.split('\n').next().unwrap_or(rest).trim_end();
        match line[1..].find('"') {
            Some(length) => {
                self.push(TokenKind::Text, length + 2);
            }
            None => {
                let span = self.push(TokenKind::Unknown, line.len());
                self.lexed.reported.push(errors::unclosed_text(span));
            }
        }
    }

    /// `0`, `12`; letters and fractions that stick to it make it unreadable.
    fn number(&mut self, rest: &str) {
        let digits = length_while(rest, |letter| letter.is_ascii_digit());
        let after = &rest[digits..];
        let fraction = match after.strip_prefix('.') {
            Some(places) if places.starts_with(|place: char| place.is_ascii_digit()) => {
                1 + length_while(places, is_name_letter)
            }
            _ => length_while(after, is_name_letter),
        };
        let span = self.push(TokenKind::Number, digits + fraction);
        if fraction > 0 {
            self.lexed.reported.push(errors::malformed_number(span, rest, digits));
        }
    }

    fn word(&mut self, rest: &str) {
        let length = length_while(rest, is_name_letter);
        let kind = TokenKind::word(&rest[..length]).unwrap_or(TokenKind::Name);
        self.push(kind, length);
    }

    /// A run of characters that mean nothing is one token and one message.
    fn unknown(&mut self, rest: &str) {
        let length = length_while(rest, |letter| {
            !letter.is_ascii_alphanumeric()
                && letter != '_'
                && letter != '"'
                && !is_blank(letter)
                && letter != '\n'
                && TokenKind::sign(letter.encode_utf8(&mut [0; 4])).is_none()
        });
        let span = self.push(TokenKind::Unknown, length);
        let before = &self.source.text[..span.start as usize];
        let stem = before.trim_end_matches(is_name_letter);
        let touches_name = stem.len() < before.len() && !stem.ends_with('\'');
        let around = (touches_name, rest[length..].chars().next());
        self.lexed.reported.push(errors::unknown_characters(span, &rest[..length], around));
    }
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Blanks other than a line's end; a byte order mark is one too.
fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\u{feff}')
}

fn length_while(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !belongs(letter)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SourceId;

    /// Tokens as kind and text, comments at the end, then the codes of what was reported.
    fn check(text: &str, expected: &str) {
        let source = Source::new(SourceId(0), "test", text);
        let lexed = lex(&source);
        let slice = |start: u32, end: u32| &text[start as usize..end as usize];
        let tokens = lexed.tokens.iter().filter(|token| token.kind != TokenKind::End).map(
            |token| match token.kind {
                kind if kind.text().is_some() => slice(token.start, token.end).to_string(),
                kind => format!("{kind:?}({})", slice(token.start, token.end)),
            },
        );
        let comments = lexed.comments.iter().map(|comment| {
            let place = if comment.trailing { "behind" } else { "alone" };
            let kind = if comment.documents { "doc" } else { "comment" };
            format!("{place} {kind}<{}>", slice(comment.start, comment.end))
        });
        let found = lexed.reported.into_diagnostics(source.id);
        let codes = found.iter().map(|diagnostic| diagnostic.code.0.to_string());
        let all: Vec<String> = tokens.chain(comments).chain(codes).collect();
        assert_eq!(all.join(" "), expected);
    }

    #[test]
    fn words_numbers_and_signs() {
        check("param a_1=12..3", "param Name(a_1) = Number(12) .. Number(3)");
        check("a->b a-b a-=b", "Name(a) -> Name(b) Name(a) - Name(b) Name(a) -= Name(b)");
        check("use \"a b.squall\"", "use Text(\"a b.squall\")");
    }

    #[test]
    fn comments_know_whether_they_stand_alone() {
        check("// one  \na /// two\n//// four", {
            "Name(a) alone comment<// one> behind doc</// two> alone comment<//// four>"
        });
        check("a // b\r\nc", "Name(a) Name(c) behind comment<// b>");
    }

    #[test]
    fn what_means_nothing_is_said_once_for_each_run() {
        check("a @@ b § c", {
            "Name(a) Unknown(@@) Name(b) Unknown(§) Name(c) unknown-character unknown-character"
        });
        check("\u{feff}a\u{0}", "Name(a) Unknown(\u{0}) unknown-character");
        check("\"abc\nd", "Unknown(\"abc) Name(d) unclosed-text");
    }

    #[test]
    fn numbers_are_whole() {
        check("0.5 3x", "Number(0.5) Number(3x) malformed-number malformed-number");
        check("0..5", "Number(0) .. Number(5)");
    }
}

//! The kinds of token, and the reserved words.

/// One token: what it is and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// Its line, from 0.
    pub line: u32,
}

/// A comment or a line of documentation: no token, but not forgotten either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its first slash.
    pub start: u32,
    /// One past its last byte that is not blank.
    pub end: u32,
    /// Its line, from 0.
    pub line: u32,
    /// Whether it has exactly three slashes.
    pub documents: bool,
    /// Whether a token stands before it on its line.
    pub trailing: bool,
}

/// Declares the kinds of token whose text is always the same.
macro_rules! fixed_tokens {
    (words [$($word:ident $word_text:literal)*] signs [$($sign:ident $sign_text:literal)*]) => {
        /// What a token is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // Their names say it.
        pub enum TokenKind {
            /// A name, or a word that is special in some places only.
            Name,
            /// A number.
            Number,
            /// Text in quotes.
            Text,
            /// Characters that mean nothing here; the lexer has said so.
            Unknown,
            /// The end of the file.
            End,
            $($word,)*
            $($sign,)*
        }

        impl TokenKind {
            /// All reserved words.
            pub const WORDS: &[TokenKind] = &[$(TokenKind::$word),*];

            /// How it is written, if it is always written the same.
            pub fn text(self) -> Option<&'static str> {
                match self {
                    $(TokenKind::$word => Some($word_text),)*
                    $(TokenKind::$sign => Some($sign_text),)*
                    _ => None,
                }
            }

            /// The reserved word that is written like this.
            pub fn word(text: &str) -> Option<TokenKind> {
                match text {
                    $($word_text => Some(TokenKind::$word),)*
                    _ => None,
                }
            }

            /// The longest sign that `text` begins with.
            pub fn sign(text: &str) -> Option<TokenKind> {
                // Longer signs come first in the table.
                $(if text.starts_with($sign_text) { return Some(TokenKind::$sign); })*
                None
            }
        }
    };
}

fixed_tokens! {
    words [
        // Words that begin a declaration.
        Model "model" Library "library" Use "use" Param "param" Type "type"
        Mitigation "mitigation" Enum "enum" Fair "fair" Machine "machine" State "state"
        Var "var" Def "def" Strong "strong" Eventually "eventually" May "may"
        Operator "operator" Action "action" Fault "fault" On "on" Meter "meter"
        Assume "assume" Calm "calm" Healthy "healthy" Watch "watch" Property "property"
        Expect "expect"
        // Words that begin a statement or an expression.
        Count "count" Let "let" If "if" For "for" All "all" Some "some" No "no" Sum "sum"
        True "true" False "false" None "none" SelfInstance "self" Resting "resting"
        // Operators.
        Implies "implies" Or "or" And "and" Not "not" Is "is" Mod "mod" Always "always"
        Never "never" Next "next" Until "until"
        // Words that go on where an expression has ended.
        Then "then" Else "else" Where "where" When "when" While "while"
    ]
    signs [
        DotDot ".." Equal "==" Different "!=" AtMost "<=" AtLeast ">=" AddAssign "+="
        SubtractAssign "-=" Arrow "->" FatArrow "=>" AndAnd "&&" OrOr "||"
        Wedge "/\\" Vee "\\/" WavyArrow "~>" Diamond "<>" Becomes ":=" OpenBrace "{"
        CloseBrace "}" OpenParen "(" CloseParen ")" OpenBracket "[" CloseBracket "]"
        Comma "," Colon ":" Dot "." Question "?" Bar "|" Assign "=" Less "<" Greater ">"
        Plus "+" Minus "-" Star "*" Slash "/" Caret "^"
        // What other languages write; each has a message of its own.
        Semicolon ";" Exclamation "!" Ampersand "&" Percent "%"
    ]
}

impl TokenKind {
    /// Whether it is a reserved word.
    pub fn is_word(self) -> bool {
        self.text().is_some_and(|text| text.starts_with(|first: char| first.is_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::TokenKind;

    #[test]
    fn every_reserved_word_is_found_by_its_text() {
        for &word in TokenKind::WORDS {
            let text = word.text().expect("a word has a text");
            assert!(word.is_word(), "{text}");
            assert_eq!(TokenKind::word(text), Some(word));
        }
        assert!(!TokenKind::Plus.is_word() && !TokenKind::Name.is_word());
    }

    #[test]
    fn the_longest_sign_wins() {
        assert_eq!(TokenKind::sign("-> a"), Some(TokenKind::Arrow));
        assert_eq!(TokenKind::sign("-a"), Some(TokenKind::Minus));
        assert_eq!(TokenKind::sign("..2"), Some(TokenKind::DotDot));
        assert_eq!(TokenKind::sign("@"), None);
    }
}

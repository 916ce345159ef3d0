//! Layouts as they should be, and what formatting must never change.

use super::format;
use crate::base::{Source, SourceId};
use crate::syntax::parse;

fn source(text: &str) -> Source {
    Source::new(SourceId(0), "test", text)
}

fn formatted(text: &str) -> String {
    format(&source(text)).unwrap_or_else(|diagnostics| panic!("{text}\n{diagnostics:?}"))
}

/// The tree without its places.
fn tree(text: &str) -> String {
    let tree = format!("{:?}", parse(&source(text)).file);
    let mut parts = tree.split("Span { source: SourceId(0), ");
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |all, part| all + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// All comments, each line without the blanks around it.
fn comments(text: &str) -> Vec<String> {
    let source = source(text);
    let lexed = crate::syntax::lexer::lex(&source);
    let mut comments: Vec<String> = lexed
        .comments
        .iter()
        .map(|comment| {
            let text = &source.text[comment.start as usize..comment.end as usize];
            text.trim_start_matches('/').trim().to_string()
        })
        .collect();
    comments.sort();
    comments
}

/// What holds for every text: formatting keeps the tree and the comments, and a second time nothing.
fn check_kept(text: &str) -> String {
    let once = formatted(text);
    assert_eq!(tree(&once), tree(text), "the tree of\n{once}");
    assert_eq!(comments(&once), comments(text), "the comments of\n{once}");
    assert_eq!(formatted(&once), once, "formatted twice");
    let wide = once.lines().find(|line| {
        let code = line.split("//").next().unwrap_or(line);
        code.trim_end().chars().count() > 100
    });
    assert_eq!(wide, None);
    once
}

fn check(text: &str, expected: &str) {
    assert_eq!(check_kept(&format!("model m\n{text}")), format!("model m\n{expected}"));
}

#[test]
fn the_flagship() {
    let text = include_str!("../flagship.squall");
    let formatted = check_kept(text);
    println!("{formatted}");
}

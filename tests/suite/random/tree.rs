//! A model text as a tree of lines and blocks, so that a failing one can be made smaller.

use std::fmt;

/// A line, or a head with what stands in braces behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub head: String,
    pub children: Option<Vec<Node>>,
}

impl Node {
    pub fn line(head: impl Into<String>) -> Node {
        Node { head: head.into(), children: None }
    }

    pub fn block(head: impl Into<String>, children: Vec<Node>) -> Node {
        Node { head: head.into(), children: Some(children) }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        let Some(children) = &self.children else {
            return writeln!(f, "{:indent$}{}", "", self.head);
        };
        writeln!(f, "{:indent$}{} {{", "", self.head)?;
        children.iter().try_for_each(|child| child.write(f, indent + 2))?;
        writeln!(f, "{:indent$}}}", "")
    }
}

/// A whole model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub Vec<Node>);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "model generated")?;
        self.0.iter().try_for_each(|node| node.write(f, 0))
    }
}

/// The smallest text found that still fails, by leaving out and simplifying until nothing more goes.
///
/// `fails` says whether a text fails in the same way. Every round tries each change once.
pub fn shrink(mut text: Text, fails: &dyn Fn(&Text) -> bool) -> Text {
    loop {
        let before = text.clone();
        text = shrink_nodes(text, fails);
        text = shrink_heads(text, fails);
        if text == before {
            return text;
        }
    }
}

/// Tries to leave out every node, and to put the children of a block in its place.
fn shrink_nodes(mut text: Text, fails: &dyn Fn(&Text) -> bool) -> Text {
    let mut at = 0;
    while at < count(&text.0) {
        let smaller = [Vec::new(), children_of(&text.0, at)].into_iter().find_map(|instead| {
            let mut candidate = text.clone();
            replace(&mut candidate.0, &mut at.clone(), &instead);
            (candidate != text && fails(&candidate)).then_some(candidate)
        });
        match smaller {
            Some(smaller) => text = smaller,
            None => at += 1,
        }
    }
    text
}

fn shrink_heads(mut text: Text, fails: &dyn Fn(&Text) -> bool) -> Text {
    let mut at = 0;
    while at < count(&text.0) {
        let node = node_at(&text.0, &mut at.clone()).expect("it is counted");
        let simpler = simpler_heads(&node.head).into_iter().find_map(|head| {
            let mut candidate = text.clone();
            let instead = [Node { head, children: node.children.clone() }];
            replace(&mut candidate.0, &mut at.clone(), &instead);
            fails(&candidate).then_some(candidate)
        });
        match simpler {
            Some(simpler) => text = simpler,
            None => at += 1,
        }
    }
    text
}

fn count(nodes: &[Node]) -> usize {
    nodes.iter().map(|node| 1 + node.children.as_deref().map_or(0, count)).sum()
}

/// The node with a number, in the order of the text.
fn node_at(nodes: &[Node], at: &mut usize) -> Option<Node> {
    for node in nodes {
        if *at == 0 {
            return Some(node.clone());
        }
        *at -= 1;
        if let Some(found) = node.children.as_deref().and_then(|all| node_at(all, at)) {
            return Some(found);
        }
    }
    None
}

fn children_of(nodes: &[Node], at: usize) -> Vec<Node> {
    node_at(nodes, &mut at.clone()).and_then(|node| node.children).unwrap_or_default()
}

/// Puts other nodes in the place of the one with a number; whether it was found.
fn replace(nodes: &mut Vec<Node>, at: &mut usize, instead: &[Node]) -> bool {
    for position in 0..nodes.len() {
        if *at == 0 {
            nodes.splice(position..=position, instead.iter().cloned());
            return true;
        }
        *at -= 1;
        if let Some(children) = &mut nodes[position].children
            && replace(children, at, instead)
        {
            return true;
        }
    }
    false
}

/// Shorter or plainer forms of a line: each group in parentheses gives way to a group inside it or to a
/// constant, and each clause is left out.
fn simpler_heads(head: &str) -> Vec<String> {
    let mut simpler = Vec::new();
    for clause in ["strong ", "fair ", " saturating", " each", " with operators"] {
        if head.contains(clause) {
            simpler.push(head.replacen(clause, "", 1));
        }
    }
    for clause in [" when ", " at most ", " while ", " where ", " = any", ": "] {
        if let Some(at) = head.find(clause) {
            simpler.push(head[..at].to_owned());
        }
    }
    let groups = groups(head);
    for &(start, end) in &groups {
        let with = |instead: &str| format!("{}{instead}{}", &head[..start], &head[end..]);
        let inside = groups.iter().filter(|(s, e)| start < *s && *e < end);
        simpler.extend(inside.map(|&(s, e)| with(&head[s..e])));
        if end - start > 3 {
            simpler.extend(["", "true", "false", "0", "1", "none"].map(with));
        }
    }
    simpler
}

/// Where parentheses open and close, the widest first.
fn groups(head: &str) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut groups = Vec::new();
    for (at, sign) in head.char_indices() {
        match sign {
            '(' => open.push(at),
            ')' => groups.extend(open.pop().map(|start| (start, at + 1))),
            _ => {}
        }
    }
    groups.sort_by_key(|(start, end)| (start.wrapping_sub(*end), *start));
    groups
}

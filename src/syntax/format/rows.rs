//! The rows of a formatted text, and the columns in which neighbouring rows stand.

use super::layout::{Line, WIDTH};

/// A name so much longer than the shortest of its neighbours stands out of their column, so that it
/// does not push the others away. A taste.
const NAME_SLACK: usize = 8;

/// The same for the text before a comment.
const COMMENT_SLACK: usize = 40;

/// One row: a line of text, or a blank one.
#[derive(Debug, Default)]
pub struct Row {
    /// How far it is set in.
    pub indent: usize,
    /// Its text, in cells that may be aligned with those of its neighbours; none in a blank row.
    pub cells: Vec<String>,
    /// Which rows it is aligned with, if any.
    pub kind: Option<RowKind>,
    /// The comment at its end.
    pub comment: Option<String>,
}

/// Rows of the same kind that stand together are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names say it.
pub enum RowKind {
    Parameter,
    Type,
    Mitigation,
    Enum,
    Variable,
    Definition,
    Condition,
    Watch,
    Property,
}

impl Row {
    /// A row of plain text.
    pub fn text(indent: usize, text: impl Into<String>) -> Row {
        Row { indent, cells: vec![text.into()], ..Row::default() }
    }

    /// The rows of a line. It has room for one comment; others follow below.
    pub fn of_line(line: Line) -> Vec<Row> {
        let mut suffixes = line.suffixes.into_iter();
        let mut row = Row::text(line.indent, line.text);
        if row.cells[0].is_empty() {
            row.cells[0].extend(suffixes.next());
        } else {
            row.comment = suffixes.next();
        }
        let below = suffixes.map(|comment| Row::text(line.indent, comment));
        std::iter::once(row).chain(below).collect()
    }

    /// Whether a comment may stand behind it.
    pub fn has_room(&self) -> bool {
        self.comment.is_none() && !self.cells.first().is_none_or(|cell| cell.starts_with("//"))
    }

    fn is_blank(&self) -> bool {
        self.cells.is_empty()
    }

    /// Its width without a comment.
    fn width(&self) -> usize {
        let blanks = self.cells.len().saturating_sub(1);
        self.indent + blanks + self.cells.iter().map(|cell| width(cell)).sum::<usize>()
    }
}

/// All rows as text, in columns.
pub fn write(mut rows: Vec<Row>) -> String {
    let together = |one: &Row, other: &Row| {
        one.kind.is_some() && one.kind == other.kind && one.indent == other.indent
    };
    rows.chunk_by_mut(together).for_each(align_cells);
    let together =
        |one: &Row, other: &Row| !one.is_blank() && !other.is_blank() && one.indent == other.indent;
    rows.chunk_by_mut(together).for_each(align_comments);
    let mut text = String::new();
    for row in &rows {
        let mut line = " ".repeat(row.indent) + &row.cells.join(" ");
        line.extend(row.comment.as_deref());
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Pads every cell that has another one behind it to the width of its column.
fn align_cells(rows: &mut [Row]) {
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    for column in 0..columns.saturating_sub(1) {
        let widths = rows.iter().filter(|row| row.cells.len() > column + 1);
        let widths = widths.map(|row| width(&row.cells[column]));
        let target = common_width(widths, NAME_SLACK);
        for row in rows.iter_mut().filter(|row| row.cells.len() > column + 1) {
            let missing = target.saturating_sub(width(&row.cells[column]));
            if row.width() + missing <= WIDTH {
                row.cells[column].push_str(&" ".repeat(missing));
            }
        }
    }
}

/// Puts two blanks or more before every comment, so that they stand in a column.
fn align_comments(rows: &mut [Row]) {
    let widths = rows.iter().filter(|row| row.comment.is_some()).map(Row::width);
    let target = common_width(widths, COMMENT_SLACK) + 2;
    for row in rows {
        let missing = target.saturating_sub(row.width()).max(2);
        if let Some(comment) = &mut row.comment {
            comment.insert_str(0, &" ".repeat(missing));
        }
    }
}

/// The largest width that is not much larger than the smallest.
fn common_width(widths: impl Iterator<Item = usize> + Clone, slack: usize) -> usize {
    let smallest = widths.clone().min().unwrap_or(0);
    widths.filter(|&width| width <= smallest + slack).max().unwrap_or(0)
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str], comment: Option<&str>) -> Row {
        Row {
            cells: cells.iter().map(|cell| cell.to_string()).collect(),
            kind: Some(RowKind::Watch),
            comment: comment.map(str::to_string),
            ..Row::default()
        }
    }

    fn check(rows: Vec<Row>, expected: &[&str]) {
        assert_eq!(write(rows).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn cells_and_comments_stand_in_columns() {
        let rows = vec![
            row(&["a", "= 1"], Some("// x")),
            row(&["abc", "= 22"], None),
            row(&["b"], Some("// y")),
        ];
        check(rows, &["a   = 1  // x", "abc = 22", "b        // y"]);
    }

    #[test]
    fn a_long_name_does_not_push_the_others() {
        let rows = vec![
            row(&["a", "= 1"], None),
            row(&["abcdefghijkl", "= 2"], None),
            row(&["ab", "= 3"], None),
        ];
        check(rows, &["a  = 1", "abcdefghijkl = 2", "ab = 3"]);
    }

    #[test]
    fn a_blank_row_ends_a_column() {
        let rows = vec![row(&["a", "= 1"], None), Row::default(), row(&["ab", "= 3"], None)];
        check(rows, &["a = 1", "", "ab = 3"]);
    }
}

//! A table in the terminal, which is Markdown as well.

use std::fmt;

/// Rows of cells below a head, each column as wide as its widest cell.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Table {
        Table {
            rows: vec![head.into_iter().map(Into::into).collect()],
        }
    }

    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                write!(f, "| {cell:width$} ", width = self.width(column))?;
            }
            writeln!(f, "|")?;
            if index == 0 {
                for column in 0..row.len() {
                    write!(f, "|{}", "-".repeat(self.width(column) + 2))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["beside", "file"]);
        table.push(["axum 0.8", "ok"]);
        let expected = "\
| beside   | file |
|----------|------|
| axum 0.8 | ok   |
";
        assert_eq!(table.to_string(), expected);
    }
}

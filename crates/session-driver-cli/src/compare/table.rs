//! The table.

use std::mem;
use std::path::Path;

use super::measure::longest_turn;
use super::proof::QUICK;
use super::{Comparison, Row};
use crate::failure::Failure;
use crate::output::Output;
use crate::screen::{count, grouped};

/// Longer names of drivers lose their beginning.
const WIDEST_NAME: usize = 44;

/// The table: a block for each operation, and in it a line for each driver. Each method prints its
/// part at once; for programs there is no table, and nothing is printed.
pub(super) struct Table {
    /// How wide the drivers' names are.
    width: usize,
}

impl Table {
    /// Prints what stands over the blocks.
    pub(super) fn begin(
        comparison: &Comparison,
        place: Option<&Path>,
        output: &mut Output,
    ) -> Result<Table, Failure> {
        let names = comparison.drivers.iter();
        let names = names.map(|row| row.url.chars().count());
        let width = names.max().unwrap_or(0).clamp("driver".len(), WIDEST_NAME);
        let titles = format!("{:>14}  {:>10}  {:>10}", "per second", "p50", "p99");
        for line in [
            heading(comparison, place),
            String::new(),
            format!("{:14}  {:width$}  {titles}", "", "driver"),
        ] {
            print(&line, output)?;
        }
        Ok(Table { width })
    }

    /// A block with this title, whose lines come one by one.
    pub(super) fn block<'a>(&self, title: &'a str) -> Block<'a> {
        Block {
            title,
            width: self.width,
        }
    }

    /// Prints what the stores take of the disk.
    pub(super) fn sizes(
        &self,
        comparison: &Comparison,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let mut block = self.block("on disk");
        for row in &comparison.drivers {
            let size = row.bytes_on_disk.map(bytes);
            block.line(row, size.map(|size| format!("{size:>14}")), output)?;
        }
        if !is_cut(comparison) {
            return Ok(());
        }
        let mut block = self.block("sessions");
        for row in &comparison.drivers {
            let sessions = grouped(row.sessions as u64);
            block.line(row, Some(format!("{sessions:>14}")), output)?;
        }
        Ok(())
    }

    /// Prints how many rules were passed, in the whole proof or the quick one.
    pub(super) fn rules(
        &self,
        comparison: &Comparison,
        whole: bool,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let mut block = self.block(if whole { "rules passed" } else { "quick rules" });
        for row in &comparison.drivers {
            block.line(row, rules(row), output)?;
        }
        Ok(())
    }

    /// Prints what stands below the blocks.
    pub(super) fn end(
        &self,
        comparison: &Comparison,
        whole: bool,
        output: &mut Output,
    ) -> Result<(), Failure> {
        print("", output)?;
        if is_cut(comparison) {
            let seconds = longest_turn(comparison.sessions).as_secs();
            print(
                &format!("a driver with fewer sessions had created no more after {seconds} s"),
                output,
            )?;
        }
        if !whole {
            let seconds = QUICK.as_secs();
            print(
                &format!(
                    "quick rules: as far as {seconds} s reach, a fifth of the rounds where chance \
                     decides; all: --prove"
                ),
                output,
            )?;
        }
        if let Some(programs) = &comparison.programs {
            print(&programs.verdict(comparison.seed), output)?;
        }
        print(
            "traverse and sweep are counted by session: a call's time is shared among those it \
             handled",
            output,
        )
    }
}

/// Lines under one title, which stands before the first of them.
pub(super) struct Block<'a> {
    title: &'a str,
    width: usize,
}

impl Block<'_> {
    /// Prints what an operation costs a driver.
    pub(super) fn operation(
        &mut self,
        row: &Row,
        operation: &str,
        output: &mut Output,
    ) -> Result<(), Failure> {
        self.line(row, speed(row, operation), output)
    }

    fn line(
        &mut self,
        row: &Row,
        cells: Option<String>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let (title, width) = (mem::take(&mut self.title), self.width);
        let cells = cells.unwrap_or_else(|| format!("{:>14}", "-"));
        let name = short(&row.url);
        print(&format!("{title:14}  {name:width$}  {cells}"), output)
    }
}

fn print(line: &str, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return Ok(());
    }
    output.line_now(line)
}

/// Whether a driver had no time for all sessions.
fn is_cut(comparison: &Comparison) -> bool {
    let mut rows = comparison.drivers.iter();
    rows.any(|row| row.sessions < comparison.sessions)
}

fn heading(comparison: &Comparison, place: Option<&Path>) -> String {
    let sessions = count(comparison.sessions as u64, "session");
    let payload = bytes(comparison.payload_bytes as u64);
    let threads = count(comparison.threads as u64, "thread");
    let place = place.map_or_else(
        || "beside the stores".into(),
        |place| format!("in {}", place.display()),
    );
    format!("{sessions} with {payload} of payload, {threads}, {place}")
}

fn speed(row: &Row, operation: &str) -> Option<String> {
    let measured = row
        .operations
        .iter()
        .find(|measured| measured.operation == operation)?;
    Some(format!(
        "{:>14}  {:>10}  {:>10}",
        grouped(measured.per_second.round() as u64),
        time(measured.p50_ns),
        time(measured.p99_ns)
    ))
}

fn rules(row: &Row) -> Option<String> {
    let rules = row.rules.as_ref()?;
    let mut text = format!(
        "{:>14}",
        format!("{}/{}", rules.passed, rules.passed + rules.failed)
    );
    for (number, what) in [
        (rules.untested, "untested"),
        (rules.skipped, "skipped"),
        (rules.not_reached, "not reached"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    Some(text)
}

/// The end of a name tells more than its beginning.
fn short(name: &str) -> String {
    let length = name.chars().count();
    if length <= WIDEST_NAME {
        return name.into();
    }
    let end: String = name.chars().skip(length - WIDEST_NAME + 1).collect();
    format!("…{end}")
}

/// Three digits and a unit.
fn time(nanoseconds: u64) -> String {
    in_units(nanoseconds as f64, 1000.0, &["ns", "µs", "ms", "s"])
}

fn bytes(bytes: u64) -> String {
    in_units(bytes as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
}

fn in_units(mut number: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while number >= 999.5 && unit + 1 < units.len() {
        number /= step;
        unit += 1;
    }
    let digits = match number {
        _ if unit == 0 => 0,
        small if small < 9.995 => 2,
        middle if middle < 99.95 => 1,
        _ => 0,
    };
    format!("{number:.digits$} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (nanoseconds, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (14_240, "14.2 µs"),
            (999_499, "999 µs"),
            (999_501, "1.00 ms"),
            (2_500_000_000, "2.50 s"),
        ] {
            assert_eq!(time(nanoseconds), text);
        }
        assert_eq!(bytes(3 * 1024 * 1024 / 2), "1.50 MiB");
    }

    #[test]
    fn long_names_lose_their_beginning() {
        let name = format!("file:/{}/sessions", "x".repeat(60));
        let short = short(&name);
        assert!(short.starts_with('…') && short.ends_with("x/sessions"));
        assert_eq!(short.chars().count(), WIDEST_NAME);
    }
}

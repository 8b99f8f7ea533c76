//! The table.

use std::path::Path;

use super::bench::PHASES;
use super::measure::TOO_LONG_FOR_ONE;
use super::{Comparison, Row};
use crate::failure::Failure;
use crate::output::Output;
use crate::screen::{count, grouped};

/// Longer names of drivers lose their beginning.
const WIDEST_NAME: usize = 44;

/// Prints what was found: a block for each operation, and in it a line for each driver.
pub(super) fn print(
    comparison: &Comparison,
    place: Option<&Path>,
    output: &mut Output,
) -> Result<(), Failure> {
    let drivers = &comparison.drivers;
    let names = drivers.iter().map(|row| row.url.chars().count());
    let width = names.max().unwrap_or(0).clamp("driver".len(), WIDEST_NAME);
    output.line(heading(comparison, place))?;
    output.line("")?;
    let titles = format!("{:>14}  {:>10}  {:>10}", "per second", "p50", "p99");
    output.line(format!("{:14}  {:width$}  {titles}", "", "driver"))?;
    let mut block = |title: &str, cells: &dyn Fn(&Row) -> Option<String>| {
        let mut title = title;
        for row in drivers {
            let cells = cells(row).unwrap_or_else(|| format!("{:>14}", "-"));
            output.line(format!("{title:14}  {:width$}  {cells}", short(&row.url)))?;
            title = "";
        }
        Ok::<(), Failure>(())
    };
    for (operation, _) in PHASES {
        block(operation, &|row| speed(row, operation))?;
    }
    block("on disk", &|row| {
        Some(format!("{:>14}", bytes(row.bytes_on_disk?)))
    })?;
    block("rules passed", &rules)?;
    let cut = drivers.iter().any(|row| row.sessions < comparison.sessions);
    if cut {
        block("sessions", &|row| {
            Some(format!("{:>14}", grouped(row.sessions as u64)))
        })?;
    }
    output.line("")?;
    if cut {
        let seconds = TOO_LONG_FOR_ONE.as_secs();
        output.line(format!(
            "a driver with fewer sessions had created no more after {seconds} s"
        ))?;
    }
    if let Some(programs) = &comparison.programs {
        output.line(programs.verdict(comparison.seed))?;
    }
    output.line(
        "traverse and sweep are counted by session: a call's time is shared among those it handled",
    )
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
    for (number, what) in [(rules.untested, "untested"), (rules.skipped, "skipped")] {
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

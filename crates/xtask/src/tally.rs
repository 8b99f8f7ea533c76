//! How many tests passed, by the closing lines of the test harnesses.

use std::fmt;

/// The counts of all closing lines, such as
/// `test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; …`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Adds the counts of the closing lines in what a harness has printed.
    pub(crate) fn add(&mut self, printed: &str) {
        for line in printed.lines() {
            let Some(result) = line.strip_prefix("test result: ") else {
                continue;
            };
            let counts = result.split_once(". ").map_or("", |(_, counts)| counts);
            for count in counts.split("; ") {
                let Some((number, what)) = count.split_once(' ') else {
                    continue;
                };
                let number = number.parse().unwrap_or(0);
                match what {
                    "passed" => self.passed += number,
                    "failed" => self.failed += number,
                    "ignored" => self.ignored += number,
                    _ => {}
                }
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            passed,
            failed,
            ignored,
        } = self;
        write!(f, "{passed} passed; {failed} failed; {ignored} ignored")
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn closing_lines_are_added_and_other_lines_are_not() {
        let mut tally = Tally::default();
        tally.add(
            "running 3 tests\ntest a ... ok\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered \
             out; finished in 0.01s\n\ntest result: FAILED. 4 passed; 5 failed; 0 ignored; 0 measured; 0 filtered out\n",
        );
        assert_eq!(tally.to_string(), "6 passed; 5 failed; 1 ignored");
    }
}

//! `cargo xtask fit`: whether the library crates fit into the programs people have already.
//!
//! Each part writes throw-away packages below `target/fit`, outside the workspace, and runs cargo
//! in them, which needs the network. What is promised and fails is a failure of the command; a part
//! that cannot run for want of a toolchain or of the advisory database is left out, and the summary
//! says so.

mod advisories;
mod beside;
pub(crate) mod compatibility;
mod cost;
mod minimal;
mod neighbours;
mod ours;
mod packages;
mod program;
mod redis;
mod suites;
mod systems;
mod table;
mod toolchain;

pub(crate) use self::ours::OURS;
pub(crate) use self::program::tree_size;
use crate::step::Stopped;

/// One thing the command looks at.
struct Part {
    name: &'static str,
    run: fn(&Selection) -> Result<Failures, Stopped>,
}

/// In the order in which they run: the quick ones first.
const PARTS: [Part; 9] = [
    part("resolve", |selection| beside::resolve(&selection.beside)),
    part("advisories", |_| advisories::run()),
    part("minimal", |_| minimal::run()),
    part("rust", |_| systems::rust()),
    part("systems", |_| systems::run()),
    part("cost", |_| cost::run()),
    part("packages", |_| packages::run()),
    part("suites", |_| suites::run()),
    part("build", |selection| beside::build(&selection.beside)),
];

const fn part(name: &'static str, run: fn(&Selection) -> Result<Failures, Stopped>) -> Part {
    Part { name, run }
}

/// Which parts run, and beside which neighbours.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    parts: Vec<&'static str>,
    beside: String,
}

impl Selection {
    /// Reads `[PART…] [--beside TEXT]`; `None` is another command line.
    pub(crate) fn parse(arguments: &[&str]) -> Option<Selection> {
        let mut selection = Selection::default();
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            if argument == "--beside" {
                selection.beside = (*arguments.next()?).to_owned();
            } else if let Some(text) = argument.strip_prefix("--beside=") {
                selection.beside = text.to_owned();
            } else {
                let part = PARTS.iter().find(|part| part.name == argument)?;
                selection.parts.push(part.name);
            }
        }
        // Other parts have no neighbours.
        let has_neighbours = selection.has("resolve") || selection.has("build");
        (selection.beside.is_empty() || has_neighbours).then_some(selection)
    }

    /// These parts, beside all neighbours.
    pub(crate) fn of(parts: &[&'static str]) -> Selection {
        Selection {
            parts: parts.to_vec(),
            beside: String::new(),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.parts.is_empty() || self.parts.contains(&name)
    }
}

/// Runs the selected parts, all of them where none is named.
pub(crate) fn run(selection: &Selection) -> Result<(), Stopped> {
    let mut failures = Failures::default();
    for part in PARTS.iter().filter(|part| selection.has(part.name)) {
        println!("\n==> fit: {}", part.name);
        match (part.run)(selection) {
            Ok(found) => failures.add(found),
            Err(stopped) => {
                // What failed before is not to be lost.
                let _ = failures.summary();
                return Err(stopped);
            }
        }
    }
    failures.summary()
}

/// The cell of a table for what was promised and failed.
const FAILS: &str = "FAILS";

/// What was promised and failed, and what was not looked at.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    failed: Vec<(String, String)>,
    left_out: Vec<String>,
}

impl Failures {
    /// The cell of a table for how something ended; a failure is kept for the summary.
    pub(crate) fn cell(&mut self, what: &str, good: &str, ended: Result<(), String>) -> String {
        match ended {
            Ok(()) => good.to_owned(),
            Err(reason) => {
                self.failed.push((what.to_owned(), reason));
                FAILS.to_owned()
            }
        }
    }

    /// Says that something was not looked at.
    pub(crate) fn leave_out(&mut self, what: &str, reason: &str) {
        self.left_out.push(format!("{what}: {reason}"));
    }

    fn add(&mut self, more: Failures) {
        self.failed.extend(more.failed);
        self.left_out.extend(more.left_out);
    }

    fn summary(self) -> Result<(), Stopped> {
        println!();
        for (what, reason) in &self.failed {
            println!("FAILED: {what}\n{}\n", last_lines(reason));
        }
        for reason in &self.left_out {
            println!("NOT DONE: {reason}");
        }
        match self.failed.len() {
            0 => Ok(()),
            count => Err(Stopped(format!(
                "{count} of the promised combinations failed; each is named above"
            ))),
        }
    }
}

/// Says what runs now, for each program takes seconds to minutes.
pub(crate) fn say(text: &str) {
    println!("    {text}");
}

/// The end of what cargo printed, where the reason stands.
fn last_lines(text: &str) -> String {
    const LINES: usize = 40;
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::Selection;

    #[test]
    fn parts_and_a_neighbour_are_read_and_other_words_are_refused() {
        let selection = Selection::parse(&["resolve", "--beside", "sqlx", "cost"]);
        let selection = selection.expect("a selection");
        assert!(selection.has("resolve") && selection.has("cost"));
        assert!(!selection.has("build"));
        assert_eq!(selection.beside, "sqlx");
        assert!(Selection::parse(&[]).is_some_and(|all| all.has("build")));
        assert_eq!(Selection::parse(&["bild"]), None);
        assert_eq!(Selection::parse(&["--beside"]), None);
        assert_eq!(Selection::parse(&["cost", "--beside", "sqlx"]), None);
    }
}

//! Which driver passes which rules, from the reports that the suites' runs have left.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use session_driver_conformance::{Proof, Rule, rules};

/// Subjects that are no drivers of ours: the suite's own means.
const MEANS: [&str; 1] = ["dump"];

/// How the outcome of a rule begins that only a process with more rights can try.
const LACKS_A_RIGHT: &str = "this process can";

/// What became of each rule, by the rule's id.
type Outcomes = BTreeMap<String, String>;

/// The table of all drivers whose suites have left a report in this directory. A rule that was
/// not tried for want of a right is unobserved; where the table is to be `compared` with one that
/// was made with more rights, it counts as passed.
///
/// # Panics
/// When there is none, or one of a run that did not try every rule there is.
pub(crate) fn table(reports: &Path, compared: bool) -> String {
    let runs = runs(reports, compared);
    let total = rules().count();
    let others: Vec<String> = rules()
        .filter(is_for_others)
        .map(|rule| rule.id.to_owned())
        .collect();
    let mut text = format!(
        "Of {total} rules, {} bind drivers:\n\n| driver |",
        total - others.len()
    );
    let columns = [
        ("passed", "passed"),
        ("failed", "failed"),
        ("skipped", "skipped"),
        ("unobserved", "unobserved"),
        ("not_applicable", "not applicable"),
        ("untested", "untested"),
    ];
    for (_, title) in columns {
        text += &format!(" {title} |");
    }
    text += &format!("\n|---|{}\n", "--:|".repeat(columns.len()));
    for (driver, outcomes) in &runs {
        text += &format!("| {driver} |");
        for (outcome, _) in columns {
            text += &format!(" {} |", with(outcomes, outcome).len());
        }
        text += "\n";
    }
    text += "\nWhat is not passed, by driver:\n\n| driver | unobserved, skipped or failed | not applicable |\n|---|---|---|\n";
    for (driver, outcomes) in &runs {
        let left: Vec<String> = ["failed", "skipped", "unobserved"]
            .iter()
            .flat_map(|outcome| with(outcomes, outcome))
            .collect();
        let beside = with(outcomes, "not_applicable");
        text += &format!("| {driver} | {} | {} |\n", listed(&left), listed(&beside));
    }
    let untested: Vec<String> = rules()
        .filter(|rule| matches!(rule.proof, Proof::Untested(_)))
        .map(|rule| rule.id.to_owned())
        .collect();
    text += &format!("\nUntested, for every driver: {}. ", listed(&untested));
    text += &format!(
        "Rules for others than drivers, each proven by tests that conformance/SPEC.md names: {}.",
        listed(&others)
    );
    text
}

/// How many rules a driver passes of those that bind it, as the first of these tables has it.
///
/// # Panics
/// When the driver has no row.
pub(crate) fn passed(tables: &str, driver: &str) -> String {
    let begin = format!("| {driver} | ");
    let row = tables.lines().find_map(|line| line.strip_prefix(&begin));
    let row = row.unwrap_or_else(|| panic!("the matrix has no row of {driver}"));
    let counts: Vec<usize> = row
        .split('|')
        .filter_map(|cell| cell.trim().parse().ok())
        .collect();
    let [
        passed,
        failed,
        skipped,
        unobserved,
        _not_applicable,
        untested,
    ] = counts[..]
    else {
        panic!("the matrix has other columns: {row}");
    };
    let binding = passed + failed + skipped + unobserved + untested;
    format!("{passed} of {binding}")
}

fn is_for_others(rule: &&'static Rule) -> bool {
    matches!(rule.proof, Proof::Elsewhere(..))
}

fn runs(reports: &Path, compared: bool) -> BTreeMap<String, Outcomes> {
    let directory = fs::read_dir(reports);
    let entries = directory.unwrap_or_else(|error| {
        panic!(
            "no reports in {}: {error}; `cargo xtask test` leaves them",
            reports.display()
        )
    });
    let paths = entries.map(|entry| entry.expect("a readable directory").path());
    let jsons = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let runs: BTreeMap<String, Outcomes> = jsons
        .map(|path| run(&path, compared))
        .filter(|(driver, _)| !MEANS.contains(&driver.as_str()))
        .collect();
    assert!(
        !runs.is_empty(),
        "there is no report in {}",
        reports.display()
    );
    runs
}

/// The subject's name, and its outcomes.
fn run(path: &Path, compared: bool) -> (String, Outcomes) {
    let text = fs::read_to_string(path).expect("a readable report");
    let report: Value = serde_json::from_str(&text).expect("a report is JSON");
    let subject = report["subject"]
        .as_str()
        .expect("a report names its subject");
    let tried = report["rules"].as_array().expect("a report has rules");
    for rule in rules() {
        let known = tried.iter().find(|tried| tried["rule"] == rule.id);
        let tried_cases = known.and_then(|known| known["cases"].as_array());
        let tried_names = tried_cases.into_iter().flatten().map(|case| &case["case"]);
        assert!(
            known.is_some() && tried_names.eq(rule.cases().iter().map(|case| case.name)),
            "the report of {subject} is not of a whole run of this suite: {} is missing, or a part of it",
            rule.id
        );
    }
    let outcome = |rule: &Value| {
        let text = |name: &str| rule[name].as_str().expect("a text").to_owned();
        let lacks_a_right = rule["reason"]
            .as_str()
            .is_some_and(|reason| reason.starts_with(LACKS_A_RIGHT));
        match compared && lacks_a_right {
            true => (text("rule"), "passed".into()),
            false => (text("rule"), text("outcome")),
        }
    };
    (subject.to_owned(), tried.iter().map(outcome).collect())
}

/// The rules that ended so, in the specification's order.
fn with(outcomes: &Outcomes, wanted: &str) -> Vec<String> {
    let ended = |id: &&str| outcomes.get(*id).is_some_and(|outcome| outcome == wanted);
    let drivers = rules().filter(|rule| !is_for_others(rule));
    let ids = drivers.map(|rule| rule.id);
    ids.filter(ended).map(str::to_owned).collect()
}

fn listed(rules: &[String]) -> String {
    match rules {
        [] => "none".into(),
        rules => rules.join(", "),
    }
}

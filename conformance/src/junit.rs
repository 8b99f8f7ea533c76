//! A report as JUnit XML, as continuous integration servers read it
//! (<https://github.com/testmoapp/junitxml>).

use std::fmt::Write as _;
use std::time::Duration;

use crate::report::{CaseReport, Outcome, Report, RuleReport};

/// One test suite, whose test cases are named by their rules.
pub(crate) fn document(report: &Report) -> String {
    let tests: Vec<String> = report.rules.iter().flat_map(of_rule).collect();
    let cases = || report.rules.iter().flat_map(|rule| &rule.cases);
    let failed = cases().filter(|case| matches!(case.outcome, Outcome::Failed(_)));
    let passed = cases().filter(|case| case.outcome == Outcome::Passed);
    let failures = failed.count();
    let skipped = tests.len() - failures - passed.count();
    let time: Duration = cases().map(|case| case.took).sum();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n\
         <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time:.3}\">\n\
         <properties><property name=\"seed\" value=\"{seed}\"/></properties>\n\
         {body}</testsuite>\n\
         </testsuites>\n",
        name = escaped(&report.subject),
        tests = tests.len(),
        time = time.as_secs_f64(),
        seed = report.seed,
        body = tests.concat(),
    )
}

fn of_rule(rule: &RuleReport) -> Vec<String> {
    if let (Outcome::Untested(reason) | Outcome::NotApplicable(reason), []) =
        (&rule.outcome, &*rule.cases)
    {
        let how = match rule.outcome {
            Outcome::Untested(_) => "untested",
            _ => "not applicable",
        };
        let skipped = skipped(how, reason);
        return vec![test(rule.rule, how, Duration::ZERO, &skipped)];
    }
    rule.cases.iter().map(|case| of_case(rule, case)).collect()
}

fn of_case(rule: &RuleReport, case: &CaseReport) -> String {
    let body = match &case.outcome {
        Outcome::Passed => String::new(),
        Outcome::Failed(seen) => {
            let text = case.explain();
            let text = text.as_deref().unwrap_or(seen);
            let (rule, text) = (escaped(rule.text), escaped(text));
            format!("<failure message=\"{rule}\">{text}</failure>\n")
        }
        Outcome::Skipped(reason) => skipped("skipped", reason),
        Outcome::Unobserved(reason) => skipped("unobserved", reason),
        Outcome::NotApplicable(reason) => skipped("not applicable", reason),
        Outcome::Untested(reason) => skipped("untested", reason),
    };
    let measured = case.measured.iter().map(|line| escaped(line));
    let measured: Vec<String> = measured.collect();
    let body = match &*measured {
        [] => body,
        lines => format!("{body}<system-out>{}</system-out>\n", lines.join("\n")),
    };
    test(case.rule, case.case, case.took, &body)
}

fn skipped(how: &str, reason: &str) -> String {
    format!("<skipped message=\"{how}: {}\"/>\n", escaped(reason))
}

fn test(rule: &str, case: &str, took: Duration, body: &str) -> String {
    let time = took.as_secs_f64();
    let mut text = format!("<testcase classname=\"{rule}\" name=\"{case}\" time=\"{time:.3}\"");
    text.push_str(if body.is_empty() { "/>\n" } else { ">\n" });
    if !body.is_empty() {
        text.push_str(body);
        text.push_str("</testcase>\n");
    }
    text
}

/// Text for an attribute or an element. What XML 1.0 has no place for becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // An attribute's white space would be read as blanks.
            '\n' | '\t' | '\r' => drop(write!(escaped, "&#{};", u32::from(c))),
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Evidence, Level, Proof, Rule};
    use crate::spec;

    fn report(outcomes: [Outcome; 3]) -> Report {
        let rule = spec::rules().find(|rule| rule.cases().len() >= 3);
        let rule = rule.expect("a rule with three cases");
        let cases = rule.cases().iter().zip(outcomes);
        let cases = cases.map(|(case, outcome)| CaseReport {
            rule: rule.id,
            case: case.name,
            outcome,
            measured: vec![],
            seed: 7,
            took: Duration::from_millis(1_500),
        });
        Report {
            subject: "mine & <yours>".into(),
            seed: 7,
            rounds: 1,
            stopped: false,
            rules: vec![RuleReport::new(rule, cases.collect())],
        }
    }

    #[test]
    fn every_case_is_counted_once() {
        let failed = Outcome::Failed("it said \"no\" \u{1} &\nwent".into());
        let skipped = Outcome::Unobserved("no hook".into());
        let xml = document(&report([Outcome::Passed, failed, skipped]));
        assert!(
            xml.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"4.500\"")
        );
        assert!(xml.contains("name=\"mine &amp; &lt;yours&gt;\""), "{xml}");
        assert!(
            xml.contains("it said &quot;no&quot; \u{FFFD} &amp;&#10;went"),
            "{xml}"
        );
        assert!(xml.contains("message=\"unobserved: no hook\""), "{xml}");
        assert_eq!(xml.matches("<testcase ").count(), 3);
    }

    #[test]
    fn an_untested_rule_is_a_skipped_test_with_its_reason() {
        static RULE: Rule = Rule {
            id: "DUR-0",
            level: Level::Must,
            evidence: Evidence::Deterministic,
            text: "A disk that lies is found out.",
            intent: "Nobody notices.",
            provenance: &[],
            needs: &[],
            proof: Proof::Untested("no such disk could be had"),
        };
        let xml = document(&Report {
            subject: "mine".into(),
            seed: 7,
            rounds: 1,
            stopped: false,
            rules: vec![RuleReport::new(&RULE, vec![])],
        });
        assert!(
            xml.contains("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""),
            "{xml}"
        );
        assert!(xml.contains("message=\"untested: "), "{xml}");
    }
}

//! What a run of the suite found.

use std::time::Duration;

use serde::Serialize;

use crate::hint::hint;
use crate::rule::{Evidence, Level, Proof, Rule, elsewhere};
use crate::spec;

/// What became of a case, or of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "snake_case")]
pub enum Outcome {
    /// It held.
    Passed,
    /// It was broken; the text says what was seen.
    Failed(String),
    /// It binds the driver and was not tried; the text says why.
    Skipped(String),
    /// It binds the driver and needs a hook that the subject has not got, or a right that the process
    /// has not got; the text says which.
    Unobserved(String),
    /// It does not bind the driver: by what the driver declares, or because it is a rule for others;
    /// the text says which.
    NotApplicable(String),
    /// The suite has no case for it; the text says why.
    Untested(String),
}

/// One case that was run.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// The rule it belongs to.
    pub rule: &'static str,
    /// The case's name.
    pub case: &'static str,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What it measured, a line each, which is no part of the verdict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<String>,
    /// The seed of the run.
    pub seed: u64,
    /// How long it took.
    pub took: Duration,
}

impl CaseReport {
    /// What a failed case says to the driver's author: the rule, its intent, what was seen, where
    /// the cause usually lies, and how to see it again. `None` when it did not fail.
    #[must_use]
    pub fn explain(&self) -> Option<String> {
        let Outcome::Failed(seen) = &self.outcome else {
            return None;
        };
        let rule = spec::rules().find(|rule| rule.id == self.rule)?;
        let (id, level, text, intent) = (rule.id, rule.level, rule.text, rule.intent);
        let (case, seed) = (self.case, self.seed);
        let mut lines = format!("{id} ({level}): {text}\n  why:  {intent}\n  seen: {seen}\n");
        if let Some(hint) = hint(id) {
            lines.push_str(&format!("  look: {hint}\n"));
        }
        lines.push_str(&format!(
            "  case: {case}, seed {seed} (SESSION_DRIVER_SEED={seed} repeats it)"
        ));
        Some(lines)
    }
}

/// One rule, with what its cases said.
#[derive(Clone, Debug, Serialize)]
pub struct RuleReport {
    /// The rule's id.
    pub rule: &'static str,
    /// How strictly it binds.
    pub level: Level,
    /// What a pass of its cases is worth.
    pub evidence: Evidence,
    /// The rule's sentence.
    pub text: &'static str,
    /// What goes wrong in the world where it is broken.
    pub intent: &'static str,
    /// Where the cause usually lies when it is broken; `None` while the rule has no cases.
    pub hint: Option<&'static str>,
    /// Failed if a case failed; passed if the tried ones passed; skipped if none was tried that
    /// could bind the driver.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The rule's cases.
    pub cases: Vec<CaseReport>,
}

/// A whole run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The subject's name.
    pub subject: String,
    /// The seed of the run.
    pub seed: u64,
    /// How often the stochastic rules were tried, each time with another seed: once, and more often
    /// in a [soak](crate::Budget::Soak).
    pub rounds: u64,
    /// Whether the caller of [`run`](crate::run) stopped it before the end.
    pub stopped: bool,
    /// Every rule that was tried, in the specification's order.
    pub rules: Vec<RuleReport>,
}

impl RuleReport {
    pub(crate) fn new(rule: &Rule, cases: Vec<CaseReport>) -> RuleReport {
        RuleReport {
            rule: rule.id,
            level: rule.level,
            evidence: rule.evidence,
            text: rule.text,
            intent: rule.intent,
            hint: hint(rule.id),
            outcome: combined(rule, &cases),
            cases,
        }
    }

    /// Takes over what a case said when it was tried once more.
    pub(crate) fn replace(&mut self, case: CaseReport) {
        if let Some(known) = self.cases.iter_mut().find(|known| known.case == case.case) {
            *known = case;
            self.outcome = together(&self.cases);
        }
    }
}

fn combined(rule: &Rule, cases: &[CaseReport]) -> Outcome {
    match rule.proof {
        Proof::Elsewhere(whom, tests) => Outcome::NotApplicable(elsewhere(whom, tests)),
        Proof::Untested(reason) => Outcome::Untested(reason.into()),
        Proof::Cases(_) => together(cases),
    }
}

fn together(cases: &[CaseReport]) -> Outcome {
    let of = |wanted: fn(&Outcome) -> bool| {
        cases
            .iter()
            .map(|case| &case.outcome)
            .find(|outcome| wanted(outcome))
    };
    of(|outcome| matches!(outcome, Outcome::Failed(_)))
        .or_else(|| of(|outcome| matches!(outcome, Outcome::Passed)))
        .or_else(|| of(|outcome| matches!(outcome, Outcome::Skipped(_))))
        .or_else(|| of(|outcome| matches!(outcome, Outcome::Unobserved(_))))
        .or_else(|| of(|_| true))
        .cloned()
        .unwrap_or(Outcome::Passed)
}

impl Report {
    /// How many rules passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Passed))
    }

    /// How many rules failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    /// How many rules bind the driver and were skipped, each with a reason in its report.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Skipped(_)))
    }

    /// How many rules bind the driver and could not be observed, each with the hook that is missing.
    #[must_use]
    pub fn unobserved(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Unobserved(_)))
    }

    /// How many rules do not bind the driver, each with the reason.
    #[must_use]
    pub fn not_applicable(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::NotApplicable(_)))
    }

    /// How many rules have no case.
    #[must_use]
    pub fn untested(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Untested(_)))
    }

    /// Whether no rule that was tried is broken. Says nothing of the untested, the unobserved and the
    /// skipped: print their counts beside it.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.failed() == 0
    }

    /// Whether the driver may be called conforming, as far as the suite can see (rule CAP-3): the
    /// run was not stopped, no rule is broken, and none with the level MUST that binds it was
    /// skipped. The untested and the unobserved are counted beside it.
    #[must_use]
    pub fn is_conforming(&self) -> bool {
        let skipped = |rule: &RuleReport| matches!(rule.outcome, Outcome::Skipped(_));
        let leaves_out = |rule: &RuleReport| rule.level == Level::Must && skipped(rule);
        !self.stopped && self.is_clean() && !self.rules.iter().any(leaves_out)
    }

    fn count(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        self.rules
            .iter()
            .filter(|rule| wanted(&rule.outcome))
            .count()
    }
}

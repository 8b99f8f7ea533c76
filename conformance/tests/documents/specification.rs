//! The rules as a document.

use std::fmt::Write as _;

use session_driver_conformance::{Evidence, Need, Proof, Rule, Test, rules};

const HEAD: &str = "\
# The rules

<!-- Made from conformance/src/spec by `cargo xtask docs`; change it there. -->

What every session driver keeps, as the suite has it: each rule's sentence, what goes wrong in the world where it is
broken, where the rule comes from, and the cases that prove it. The terms are those of the contract, `SessionDriver` in `crates/session-driver/src/driver.rs`.

**D**: the case finds the fault every time. **S**: it may miss the fault, and never invents one. **F**: it needs a hook of
the subject, or makes a fault of its own. MUST, SHOULD and MAY are those of RFC 2119. A rule that needs capabilities binds
the drivers that declare them.
";

/// The whole of `conformance/SPEC.md`.
pub(crate) fn document() -> String {
    let mut text = HEAD.to_owned();
    let all: Vec<&Rule> = rules().collect();
    let proven = |wanted: fn(&Proof) -> bool| all.iter().filter(|rule| wanted(&rule.proof)).count();
    let untested = proven(|proof| matches!(proof, Proof::Untested(_)));
    let elsewhere = proven(|proof| matches!(proof, Proof::Elsewhere(..)));
    let cases: usize = all.iter().map(|rule| rule.cases().len()).sum();
    let (rules, tested) = (all.len(), all.len() - untested - elsewhere);
    writeln!(
        text,
        "\n{rules} rules; {tested} of them have cases, {cases} in all; {elsewhere} bind no driver and are proven by tests \
         elsewhere in this repository; {untested} untested."
    )
    .expect("a String takes all");
    let mut family = "";
    for rule in all {
        if rule.family() != family {
            family = rule.family();
            text += &format!("\n## {family} {}\n", subject_of(family));
        }
        text += &entry(rule);
    }
    text
}

fn subject_of(family: &str) -> &str {
    match family {
        "RET" => "retrieve",
        "STO" => "store",
        "CAS" => "versions",
        "RES" => "no resurrection",
        "REM" => "remove",
        "ROT" => "rotate",
        "TRV" => "traverse",
        "EXP" => "expiry",
        "SWP" => "sweep",
        "ID" => "identifiers",
        "PAY" => "payload",
        "DUR" => "durability",
        "ATM" => "atomicity",
        "ISO" => "isolation",
        "CON" => "concurrency",
        "ERR" => "errors",
        "HYG" => "hygiene",
        "CAP" => "claims",
        other => panic!("the family {other} has no title"),
    }
}

fn entry(rule: &Rule) -> String {
    let Rule {
        id,
        level,
        evidence,
        text,
        intent,
        provenance,
        needs,
        ..
    } = rule;
    let mut entry = format!("\n### {id}\n\n{level} · {}", kind(*evidence));
    for need in *needs {
        entry += &format!(" · needs {}", capability(*need));
    }
    entry += &format!("\n\n{text}\n\n*Why:* {intent}\n\n");
    let sources: Vec<String> = provenance.iter().map(ToString::to_string).collect();
    entry += &format!("*From:* {}.\n\n", sources.join("; "));
    match rule.proof {
        Proof::Elsewhere(whom, tests) => {
            entry += &format!("*A rule for {whom}*, which these tests prove:\n\n");
            for Test { file, name } in tests {
                entry += &format!("- `{name}` in [`{file}`](../{file})\n");
            }
        }
        Proof::Untested(reason) => entry += &format!("*Untested:* {reason}.\n"),
        Proof::Cases(cases) => {
            for case in cases {
                entry += &format!("- `{}`\n", case.name);
            }
        }
    }
    entry
}

fn kind(evidence: Evidence) -> String {
    let word = match evidence {
        Evidence::Deterministic => "deterministic",
        Evidence::Stochastic => "stochastic",
        Evidence::Fault => "with a fault or a hook",
    };
    format!("{evidence} ({word})")
}

fn capability(need: Need) -> &'static str {
    match need {
        Need::Persistent => "`persistent`",
        Need::Embedded => "`embedded`",
        Need::SharedByProcesses => "`sharing >= Process`",
        Need::SurvivesKill => "`durability >= Process`",
        Need::SurvivesPowerLoss => "`durability = Power`",
        Need::AtomicRotate => "`atomic_rotate`",
        Need::ExpiryBySweep => "no `native_expiry`",
        Need::ReadableIds => "`readable_ids`",
        Need::HashedIds => "`hashed_ids`",
    }
}

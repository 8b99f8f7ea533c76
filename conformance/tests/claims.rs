//! CAP-3, a rule for the suite itself: what it skips it names with a reason, and what it does not
//! prove it does not count as passed.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use session_driver::{Error, ErrorKind, MemoryDriver, Operation};
use session_driver_conformance::{
    BoxError, MemorySubject, Options, Outcome, Place, Proof, Report, Setup, Subject, Test, rules,
    run,
};

/// A run of the deterministic part of the families that this file looks at.
fn report(filter: &str) -> Report {
    let options = Options {
        filter: Some(filter.into()),
        seed: Some(7),
        ..Options::default()
    };
    run(MemorySubject::default(), &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .expect("the memory driver opens")
}

#[test]
fn a_skipped_rule_is_named_with_its_reason() {
    for family in ["DUR", "CON-2", "HYG-7"] {
        let report = report(family);
        let left_out = report.skipped() + report.not_applicable();
        assert!(left_out > 0, "{family}: the memory driver has none of it");
        for rule in &report.rules {
            if let Outcome::Skipped(reason)
            | Outcome::Unobserved(reason)
            | Outcome::NotApplicable(reason)
            | Outcome::Untested(reason) = &rule.outcome
            {
                assert!(reason.len() > 10, "{}: {reason:?} is no reason", rule.rule);
            }
        }
    }
}

#[test]
fn a_capability_that_is_not_declared_is_the_reason() {
    let report = report("DUR-1");
    let due = Outcome::NotApplicable("the driver does not declare persistent".into());
    assert_eq!(report.rules[0].outcome, due);
}

#[test]
fn what_is_not_proven_is_not_counted_as_passed() {
    let report = report("ERR");
    let counted = report.passed()
        + report.failed()
        + report.skipped()
        + report.unobserved()
        + report.not_applicable()
        + report.untested();
    assert_eq!(counted, report.rules.len());
    for rule in &report.rules {
        let proven = rule
            .cases
            .iter()
            .any(|case| case.outcome == Outcome::Passed);
        assert_eq!(rule.outcome == Outcome::Passed, proven, "{}", rule.rule);
    }
}

/// A subject that opens one namespace alone, so that ISO-1 cannot be tried.
struct Rigid(MemorySubject);

impl Subject for Rigid {
    type Driver = MemoryDriver;

    fn name(&self) -> String {
        "rigid".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.0.place()
    }

    fn open(&self, place: &Place, setup: &Setup) -> session_driver::Result<MemoryDriver> {
        match setup.namespace {
            Some(_) => Err(Error::new(ErrorKind::Unsupported, Operation::Open, "rigid")),
            None => self.0.open(place, setup),
        }
    }
}

#[test]
fn who_skips_a_rule_that_binds_is_not_called_conforming() {
    let options = Options {
        filter: Some("ISO-1".into()),
        ..Options::default()
    };
    let rigid = run(Rigid(MemorySubject::default()), &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .expect("a run");
    assert!(
        rigid.is_clean() && !rigid.is_conforming(),
        "{:?}",
        rigid.rules
    );
    assert!(report("ISO-1").is_conforming());
    // By the capability's leave: the memory driver is not persistent.
    assert!(report("DUR-1").is_conforming());
}

#[test]
fn what_does_not_bind_a_driver_is_not_unobserved() {
    let report = report("ERR-8");
    assert_eq!((report.unobserved(), report.not_applicable()), (0, 1));
    assert!(report.is_conforming());
}

#[test]
fn without_child_processes_their_cases_say_so() {
    let report = report("HYG-6");
    let Outcome::Skipped(reason) = &report.rules[0].outcome else {
        panic!("HYG-6 needs a child process: {:?}", report.rules[0].outcome);
    };
    assert!(
        reason.contains("session_driver_conformance::main!"),
        "{reason}"
    );
}

/// The repository's root.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the suite is a member").to_owned()
}

#[test]
fn the_tests_that_prove_a_rule_elsewhere_exist() {
    for rule in rules() {
        let Proof::Elsewhere(_, tests) = rule.proof else {
            continue;
        };
        assert!(!tests.is_empty(), "{}: no test proves it", rule.id);
        for Test { file, name } in tests {
            let text = fs::read_to_string(root().join(file));
            let text = text.unwrap_or_else(|error| panic!("{}: {file}: {error}", rule.id));
            let subjects = [
                format!("session_driver_conformance::main!({name}"),
                format!(".against({name}("),
            ];
            let lines: Vec<&str> = text.lines().collect();
            let stands_at = lines
                .iter()
                .position(|line| line.contains(&format!("fn {name}(")));
            let is_a_test = stands_at
                .is_some_and(|at| lines[at.saturating_sub(2)..at].concat().contains("test"));
            assert!(
                is_a_test || subjects.iter().any(|subject| text.contains(subject)),
                "{}: {name} is no test in {file}",
                rule.id
            );
        }
    }
}

/// CAP-2: who wraps a driver of any type, and is a driver himself, goes through the suite in the
/// tests of his own crate. Pointers are the exception: the suite drives all through them.
#[test]
fn every_layer_and_bridge_is_a_subject_of_the_suite() {
    let mut wrappers = BTreeSet::new();
    for member in sources(&root().join("crates")) {
        let text = fs::read_to_string(&member).expect("a readable source");
        let Some(name) = text.lines().find_map(wrapper) else {
            continue;
        };
        let within = |part: &str| member.components().any(|known| known.as_os_str() == part);
        if !within("src") {
            continue;
        }
        let home = member.ancestors().find(|home| home.ends_with("src"));
        let home = home.and_then(Path::parent).expect("a crate's directory");
        let proven = sources(&home.join("tests")).into_iter().any(|test| {
            let test = fs::read_to_string(test).expect("a readable test");
            test.contains("session_driver_conformance::main") && test.contains(name)
        });
        assert!(
            proven,
            "{name} of {} goes through the suite in no test",
            home.display()
        );
        wrappers.insert(name.to_owned());
    }
    assert!(wrappers.len() >= 2, "these wrap drivers: {wrappers:?}");
}

/// The type that this line makes a driver around another one.
fn wrapper(line: &str) -> Option<&str> {
    let (generics, rest) = line
        .trim_start()
        .strip_prefix("impl<")?
        .split_once("SessionDriver for ")?;
    let (name, _) = rest.split_once('<')?;
    (generics.contains("SessionDriver") && !name.contains('$')).then_some(name)
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn rules_and_cases_have_names_of_their_own() {
    let mut names = BTreeSet::new();
    for rule in rules() {
        assert!(
            names.insert(rule.id.to_owned()),
            "{} is used twice",
            rule.id
        );
        assert!(
            !rule.provenance.is_empty(),
            "{} comes from nowhere",
            rule.id
        );
        if let Proof::Untested(reason) = rule.proof {
            assert!(reason.len() > 10, "{}: {reason:?} is no reason", rule.id);
        }
        for case in rule.cases() {
            let name = format!("{} {}", rule.id, case.name);
            assert!(
                names.insert(name),
                "{} {} is used twice",
                rule.id,
                case.name
            );
        }
    }
}

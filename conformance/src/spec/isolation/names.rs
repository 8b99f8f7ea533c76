//! ISO: the names of namespaces.

use session_driver::{Precondition, SessionDriver, SessionId};

use crate::case::{Context, Verdict, cases, ensure};
use crate::expect::payload;
use crate::neighbours::Neighbours;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::{UNLIMITED, drained, visits};
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, id, until};

pub(super) const ISO_2: Rule = Rule {
    id: "ISO-2",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "ISO-1 holds for names that are prefixes of each other together with ids that hold the delimiter, for \
           metacharacters, case variants, names of the driver's own indexes, nested directories; a name that cannot be \
           kept apart is refused at open.",
    intent: "A key `s:` + `x:1` is the key `s:x:` + `1`; a table `A` is the table `a`; a pattern `a_*` finds `ab`.",
    provenance: &[
        Provenance::Ancestor(
            "Catalyst::Plugin::Session::Store keeps several kinds of data under `prefix:id`",
        ),
        Provenance::Own(
            "SQLite folds the case of quoted names, and an index of one table can have the name of another",
        ),
    ],
    needs: &[],
    proof: cases![
        names_that_are_prefixes_are_kept_apart,
        names_with_metacharacters_are_kept_apart,
        case_variants_are_kept_apart,
        names_like_the_drivers_own_are_kept_apart,
        nested_names_are_kept_apart
    ],
};

/// Ids that fill the gap between two names, and plain ones.
const IDS: [&str; 14] = [
    "1", "x:1", ":x:1", "x:", "/m/1", "m/1", "m", "1]", "index", "expires", "a", "A", "..", "*",
];

fn names_that_are_prefixes_are_kept_apart(context: &Context) -> Verdict {
    keeps_apart(
        context,
        &[
            ("s:", "s:x:"),
            ("s", "s:x"),
            ("s", "s:"),
            ("t", "t2"),
            ("s/", "s"),
        ],
    )
}

fn names_with_metacharacters_are_kept_apart(context: &Context) -> Verdict {
    keeps_apart(
        context,
        &[
            ("s[1]", "s1"),
            ("*", "a"),
            ("a?", "ab"),
            ("a_", "ab"),
            ("a%", "abc"),
            ("a\\", "a"),
            ("{a}", "a"),
            ("a\"b", "ab"),
            ("a'--", "a"),
            ("a b", "ab"),
            ("a%20b", "a b"),
        ],
    )
}

fn case_variants_are_kept_apart(context: &Context) -> Verdict {
    keeps_apart(
        context,
        &[("A", "a"), ("Sessions", "SESSIONS"), ("\u{e9}", "e\u{301}")],
    )
}

fn names_like_the_drivers_own_are_kept_apart(context: &Context) -> Verdict {
    keeps_apart(
        context,
        &[
            ("a", "a_expires"),
            ("a", "a_expires_at"),
            ("a", "a_index"),
            ("a", "a:expires"),
            ("index", "lock"),
            ("sqlite_master", "a"),
            ("__sled__default", "a"),
            ("00", "0"),
            ("", "a"),
        ],
    )
}

fn nested_names_are_kept_apart(context: &Context) -> Verdict {
    keeps_apart(
        context,
        &[
            ("n", "n/m"),
            ("n/m", "n"),
            ("n", "n/../n2"),
            (".", "n"),
            ("..", "n"),
            ("n", "./n"),
            ("n", "n/"),
        ],
    )
}

fn keeps_apart(context: &Context, pairs: &[(&str, &str)]) -> Verdict {
    for (one, other) in pairs {
        match Neighbours::open(context, [Some(*one), Some(*other)])? {
            Ok(both) => {
                fill_and_empty(&both, one, other)?;
                fill_and_empty(&both.swapped(), other, one)?;
            }
            Err(_) => {
                a_refusal_disturbs_nothing(context, one, other)?;
                a_refusal_disturbs_nothing(context, other, one)?;
            }
        }
    }
    Ok(())
}

/// Opens the one namespace, if it can be opened, and then the other, which may be refused but must
/// not harm the one.
fn a_refusal_disturbs_nothing(context: &Context, one: &str, other: &str) -> Verdict {
    let (place, who) = (context.place()?, id("1"));
    let Ok(first) = context.open_raw(&place, &Setup::in_namespace(one)) else {
        return Ok(());
    };
    first.store(&who, forever(one.as_bytes()), Precondition::Any, NOW)?;
    let when = format!("in namespace {one:?} after {other:?} was refused");
    drop(context.open_raw(&place, &Setup::in_namespace(other)));
    payload(&*first, &who, one.as_bytes(), &when)
}

/// Fills the first namespace with ids, looks for them in the second, fills and empties the second,
/// and looks into the first again.
fn fill_and_empty(both: &Neighbours<'_>, one: &str, other: &str) -> Verdict {
    let ids = IDS.map(id);
    let names = format!("namespace {one:?} beside {other:?}");
    both.visit(0, |first| {
        for who in &ids {
            first.store(who, until(one.as_bytes(), 1_000), Precondition::Any, NOW)?;
        }
        Ok(())
    })?;
    both.visit(1, |second| {
        for who in &ids {
            let found = second.retrieve(who, NOW)?;
            ensure!(
                found.is_none(),
                "a record of {names} is seen in the other under the id {who:?}"
            );
        }
        let seen = visits(second, NOW)?.len();
        ensure!(seen == 0, "{seen} ids of {names} are visited in the other");
        for who in &ids {
            second.store(who, until(b"other", 500), Precondition::Absent, NOW)?;
        }
        drained(second, at(1_000), UNLIMITED)?;
        for who in &ids {
            second.store(who, forever(b"other"), Precondition::Any, NOW)?;
            second.remove(who, NOW)?;
        }
        Ok(())
    })?;
    both.visit(0, |first| {
        let readable = first.capabilities().readable_ids;
        let mut seen: Vec<SessionId> = visits(first, NOW)?;
        let (mut due, count) = (ids.to_vec(), seen.len());
        seen.sort();
        due.sort();
        ensure!(
            if readable {
                seen == due
            } else {
                count == due.len()
            },
            "the ids of {names} are not the {} stored there: a traversal visits {count}",
            due.len()
        );
        for who in &ids {
            payload(first, who, one.as_bytes(), &format!("in {names}"))?;
            first.remove(who, NOW)?;
        }
        Ok(())
    })
}

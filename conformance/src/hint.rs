//! Where the cause usually lies when a rule is broken, for the author of the driver.

/// What to look at first when a driver breaks this rule; `None` for rules without cases.
pub(crate) fn hint(rule: &str) -> Option<&'static str> {
    let found = HINTS.iter().find(|(known, _)| *known == rule);
    found.map(|(_, hint)| *hint)
}

/// In the specification's order.
const HINTS: &[(&str, &str)] = &[
    (
        "RET-1",
        "how the engine says `no such key`: a missing file, row or table is Ok(None), also in a store that is still empty",
    ),
    (
        "RET-2",
        "what is written beside the payload and how it is read back: the deadline to the millisecond, `None` as never, the version that store returned; a touch writes where retrieve reads",
    ),
    (
        "RET-3",
        "writes on the reading path: a lazy insert, an access time, a sliding expiry, a delete of what has expired that hits its successor",
    ),
    (
        "RET-4",
        "tests such as `is_empty` that stand for `absent`: presence is a matter of the key or the row, not of its content",
    ),
    (
        "STO-1",
        "caches and buffers of one instance, and transactions that are committed after the answer",
    ),
    (
        "STO-2",
        "the order of check and write: let the engine refuse (`create_new`, `on conflict do nothing`, NX) and map that to AlreadyExists",
    ),
    (
        "STO-3",
        "the check for existence: it has to ask `is it live at now`, and to replace what has expired in the same step",
    ),
    (
        "STO-4",
        "a gap between `is it there` and the write: both belong into one step of the engine, or under one lock that all instances and processes share",
    ),
    (
        "STO-5",
        "partial writes such as `update payload`: write payload and deadline always, and `None` as none, also over a record that had one",
    ),
    (
        "STO-6",
        "the number of rows or keys that a conditional write changed: none means NotFound; an upsert is wrong here",
    ),
    (
        "STO-7",
        "whether `Any` goes through an insert or an update alone: it needs an upsert",
    ),
    (
        "CAS-1",
        "where versions come from: `old + 1` and timestamps repeat; draw 64 random bits (`Version::random`), or keep a counter for the whole store that survives removes and reopening",
    ),
    (
        "CAS-2",
        "`Precondition::check` with the version of the live record, or `None`, in the same step as the write; an expired record counts as absent",
    ),
    (
        "CAS-3",
        "a gap between the comparison of versions and the write: compare and write in one step of the engine, or under a lock that every instance and process takes",
    ),
    (
        "CAS-4",
        "a touch that goes through store's code and draws a new version there: it changes the deadline alone",
    ),
    (
        "RES-1",
        "`Present`, `Version` and touch through an upsert: they change what is there and never insert",
    ),
    (
        "RES-2",
        "a touch or a conditional store that reads, lets go, and writes: the write has to find the record still there, in one step",
    ),
    (
        "RES-3",
        "what an instance remembers (cache, open file, pending write): it has to notice that another handle removed or replaced the record",
    ),
    (
        "REM-1",
        "removes that are queued or mark only: the record is absent for every handle when remove returns",
    ),
    (
        "REM-2",
        "what remove answers: `true` only if what it took away was live at `now`; it takes away what has expired, too, and an unknown id is `false`, not an error",
    ),
    (
        "REM-3",
        "whether remove decodes the record first: damage is no reason to keep it, and the answer is `true`",
    ),
    (
        "REM-4",
        "who says `true`: the one whose delete changed something (rows affected, unlink that succeeded), not the one who had looked before",
    ),
    (
        "ROT-1",
        "what is carried over: payload and deadline unchanged, the version as `rotate_keeps_version` declares, and it is the one that retrieve then shows",
    ),
    (
        "ROT-2",
        "the checks before anything changes: `from` absent or expired is None; then a live `to`, `from` itself included, is AlreadyExists, and an expired `to` is none",
    ),
    (
        "ROT-3",
        "the order of the two changes: create `to`, then remove `from`, and take with you what was stored in between; with atomic_rotate both in one transaction",
    ),
    (
        "ROT-4",
        "a rotate that goes on after `from` was removed: it has to notice, and to take `to` back",
    ),
    (
        "ROT-5",
        "what a crash between the two changes leaves: `to` is whole before `from` goes",
    ),
    (
        "TRV-1",
        "the filter and the cursor: visit what is live at the given `now`, each id once, over the borders of pages and shards",
    ),
    (
        "TRV-2",
        "cursors by position (OFFSET, an index into a list, a directory's own order under change): continue behind the last key, and remember what was visited where the engine repeats",
    ),
    (
        "TRV-3",
        "what happens to an id that vanishes between listing and visit: pass it over; and one that came back is not visited again",
    ),
    (
        "TRV-4",
        "a lock, transaction or connection that is held while the visitor runs: copy a page of ids, let go, then visit",
    ),
    (
        "TRV-5",
        "what is released after the loop and not by a destructor: a visitor may break or panic",
    ),
    (
        "TRV-6",
        "how a name becomes an id again: decode it back to the very bytes, and pass over what is no name of yours",
    ),
    (
        "TRV-7",
        "a list of all records read before the first visit: read ids alone, a page at a time, and declare `traverse_bytes_per_id`",
    ),
    (
        "EXP-1",
        "the comparison, and in which unit: `session_driver::is_live`, everywhere, on milliseconds: live while `now < expires_at`, dead from that very millisecond on",
    ),
    (
        "EXP-2",
        "operations that count on a sweep to have run, and `never` stored as 0 or as a far date",
    ),
    (
        "EXP-3",
        "a store or touch with a deadline at or before `now`: it removes what is there, instead of writing a record that an earlier `now` still finds",
    ),
    (
        "EXP-4",
        "the type and the range of the stored deadline: seconds, 32 bits, floating point, a date format; and sums such as `deadline + slack` that overflow",
    ),
    (
        "EXP-5",
        "rounding, in either direction: keep all milliseconds, and judge by the number that retrieve reports",
    ),
    (
        "EXP-6",
        "a touch that reads the whole record and writes it back: write the deadline alone, or only if nothing was stored in between",
    ),
    (
        "EXP-7",
        "whether touch asks if the record is live at `now` before it moves the deadline",
    ),
    (
        "EXP-8",
        "clocks: `SystemTime::now`, SQL's `now()` and the engine's own TTL are for housekeeping, with the slack; what is live follows from the argument alone",
    ),
    (
        "EXP-9",
        "what depends on `now` growing: versions made of time, sorted logs, `max(now, last)`; and what was discarded has to be gone for an earlier `now`",
    ),
    (
        "SWP-1",
        "the sweep's condition (`expires_at <= now`, not null) and its count: the rows it deleted itself",
    ),
    (
        "SWP-2",
        "the limit, and `more`: remove at most so many, say `true` while something due may be left, and begin the next call where it is, not at the beginning",
    ),
    (
        "SWP-3",
        "a gap between reading the deadline and the delete: the delete has to check again, in one step or under the record's lock",
    ),
    (
        "SWP-4",
        "two sweeps that meet: what the other one has removed already is neither an error nor yours to count",
    ),
    (
        "SWP-5",
        "locks and transactions that a sweep holds from its first record to its last, and whole tables that it rewrites: sweep in small steps, and let others in between",
    ),
    (
        "SWP-6",
        "what is written beside a record (index entry, lock file, temp file): whoever removes the record removes it, too, and the sweep what a crash has left",
    ),
    (
        "ID-1",
        "how an id becomes a name: encode it, so that every byte and every length fits where it is stored; encoding may double the length",
    ),
    (
        "ID-2",
        "ids put together with paths, patterns or queries: encode them, or bind them as parameters",
    ),
    (
        "ID-3",
        "folding and cutting: a case-insensitive file system or collation, base64 in file names, a column that is too short, a search by prefix",
    ),
    (
        "ID-4",
        "a derived Debug, a path or key in an error's text, and messages of libraries that quote what they choke on",
    ),
    (
        "ID-5",
        "every place that the id goes to: key, index, file name, log, journal; only its digest may",
    ),
    (
        "ID-7",
        "`Present` and `Version` stores, touches and rotates of an absent id: each is refused or answers that there is none, and leaves no record behind",
    ),
    (
        "PAY-1",
        "how the payload is stored: as bytes with a length; not as text, not up to a delimiter or a NUL, and nothing decided by what it looks like",
    ),
    (
        "PAY-2",
        "where the maximum is checked: first, before anything is written; and it is the one that the descriptor declares",
    ),
    (
        "DUR-1",
        "what is kept in memory alone until close: all of payload, deadline and version is written before the answer",
    ),
    (
        "DUR-2",
        "when success is said: after the engine has taken the data (write, commit, flush), not when they are queued; or declare less durability",
    ),
    (
        "DUR-3",
        "the order of the syncs: the data, then the directory or log that names them, then the answer",
    ),
    (
        "DUR-4",
        "files written in place: a kill leaves half of one. Write a temp file and rename it, or let a checksum tell; and let the open clear what is left",
    ),
    (
        "DUR-5",
        "meaning kept outside names and contents: modification times, owners, inode numbers, absolute paths",
    ),
    (
        "DUR-6",
        "the format number: a new layout gets a new one, and the old one is still read",
    ),
    (
        "ATM-1",
        "a reader that sees a write in progress: payload, deadline and version are replaced in one step (rename, transaction, one value), or are read under the writer's lock",
    ),
    (
        "ATM-2",
        "a replace by delete and insert, or truncate and write: between the two a reader finds nothing",
    ),
    (
        "ATM-3",
        "changes made before the last check: check all, then change, and roll back what failed half-way",
    ),
    (
        "ISO-1",
        "queries, listings and sweeps without the namespace in their condition",
    ),
    (
        "ISO-2",
        "how namespace and id are joined: with a length or an escaped delimiter; names that patterns, cases or nesting would confuse are refused at open",
    ),
    (
        "ISO-3",
        "what a listing takes for a record, and what a clean-up removes: only names that the driver itself would write",
    ),
    (
        "ISO-4",
        "state kept per instance: a lock, cache or counter that the second instance on the same backend does not share",
    ),
    (
        "CON-1",
        "of a program, its last step and what the steps before it leave behind; of a history, the last answer and the operation that ran beside it: some check and its write are two steps",
    ),
    (
        "CON-2",
        "locks that only threads see: a Mutex does not keep another process out; use the engine's transactions or file locks, or declare sharing Instance and answer Locked",
    ),
    (
        "CON-3",
        "the engine's `busy` and `deadlock` answers: try again within `contention_bound`, then say Busy; locks are always taken in one order",
    ),
    (
        "CON-4",
        "what a dropped future leaves half done: a connection with an unread answer, an open transaction",
    ),
    (
        "CON-5",
        "the set-up: creating directories, tables or markers has to succeed when another opener did it a moment before",
    ),
    (
        "ERR-1",
        "the mapping of the engine's errors: each to its kind, with `Operation` and the driver's name, and the engine's error as the source",
    ),
    (
        "ERR-2",
        "`unwrap_or_default`, `ok()` and `if let Ok(..)` on the reading path: a fault is an error, never an empty store",
    ),
    (
        "ERR-3",
        "what one bad record does to the others, and to what replaces it: Corrupt for its own id, Any and remove still work, traverse visits it, sweep leaves it",
    ),
    (
        "ERR-4",
        "timeouts on connect and on every answer within `outage_bound`, and a connection that is made anew after a fault",
    ),
    (
        "ERR-5",
        "retries after a write was sent: the answer is Indeterminate, and the driver does not send it again",
    ),
    (
        "ERR-6",
        "the check of the format number before anything is written, `Any` included",
    ),
    (
        "ERR-7",
        "writes into a directory that was unlinked, and `create_dir_all` or `create if not exists` after the open",
    ),
    (
        "ERR-8",
        "the mapping of EROFS, EACCES and ENOSPC, and reads that write something, too",
    ),
    (
        "HYG-1",
        "what every operation opens and nobody closes: descriptors, threads, connections, entries in a map of locks",
    ),
    (
        "HYG-2",
        "names of temp and lock files: a few that are used again, and a clean-up that knows the dead from the living",
    ),
    (
        "HYG-3",
        "the mode at creation (`OpenOptionsExt::mode`, `DirBuilderExt::mode`): the default depends on the umask, and a chmod afterwards is late",
    ),
    (
        "HYG-4",
        "what is never given back: journals, old generations of records, freed pages; and the engine's limits at which it evicts",
    ),
    (
        "HYG-5",
        "a background thread that outlives drop and still holds the files, and prints or process-wide settings",
    ),
    (
        "HYG-6",
        "descriptors opened without O_CLOEXEC, by the engine or through a C interface",
    ),
    (
        "HYG-7",
        "what the open looks at before it uses a directory: its owner, its mode, and whether it is empty or has the driver's marker",
    ),
    (
        "HYG-8",
        "`File::open`, `read` or `metadata` by descriptor on a file that the engine has open, such as for a backup, a size or a mode: use paths, or the engine's own means",
    ),
    (
        "CAP-1",
        "`capabilities`: it answers the same for the instance's whole life, and declares no bound or maximum below what the rules allow",
    ),
    (
        "CAP-4",
        "what is declared whatever the configuration, and what open tries: take a lock once and heed its error, ask for the journal mode that was got, and refuse with the reason",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    #[test]
    fn every_rule_with_cases_has_a_hint() {
        for rule in spec::rules().filter(|rule| !rule.cases().is_empty()) {
            assert!(hint(rule.id).is_some(), "{} has no hint", rule.id);
        }
    }

    #[test]
    fn hints_stand_in_the_order_of_the_rules() {
        let rules: Vec<&str> = spec::rules().map(|rule| rule.id).collect();
        let place = |(id, _): &(&str, &str)| {
            let found = rules.iter().position(|rule| rule == id);
            found.unwrap_or_else(|| panic!("{id} is no rule"))
        };
        let places: Vec<usize> = HINTS.iter().map(place).collect();
        assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
    }
}

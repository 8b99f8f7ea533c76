//! What the command line can say.

#[cfg(feature = "prove")]
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use session_driver::SessionId;

use crate::duration;

/// Imports, exports, lists, changes, verifies and compares session stores.
#[derive(Debug, Parser)]
#[command(name = "session-driver", version, max_term_width = 100, after_help = STORES)]
pub(crate) struct Arguments {
    /// Print results for programs: JSON, a value a line
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const STORES: &str = "\
Stores are named by URLs:
  memory:                    in memory, gone when the command ends
  file:PATH                  a directory, not on Windows; in PATH, write ? as %3F and % as %25
    ?durability=power        what is acknowledged survives a power loss (default: process)
    &wait-timeout=DURATION   how long to wait for others, such as 500ms
    &shards=N                subdirectories of a new store, 1 to 256
  sqlite:PATH                a database
    ?table=NAME              the table of the sessions (default: sessions)
    &durability=power        as above
    &wait-timeout=DURATION   how long to wait for others
  sled:PATH                  a directory, for one process at a time, not on Windows
    ?tree=NAME               the tree of the sessions (default: sessions)
    &durability=none         flush now and then, not before each answer (default: process)
    &flush-every=DURATION    how often, then
  redis://[USER:PASSWORD@]HOST[:PORT][/DB]             a server of Redis or Valkey
  unix:PATH[?db=N&user=USER&pass=PASSWORD]             a server's socket, not on Windows
  redis-sentinel://HOST,HOST/SERVICE[/DB]              a server that Sentinel watches
  redis-cluster://HOST,HOST                            a cluster
  rediss:, rediss-sentinel:, rediss-cluster:           the same with TLS
    ?prefix=TEXT             what the keys begin with (default: session:)
    &wait-timeout=DURATION   how long to wait for an answer
    &connect-timeout=DURATION, &pool-size=N, &ttl-slack=DURATION
    &root-certificates=FILE  the authorities to trust with TLS (default: the system's)
    &durability=process      what the server's operator promises (default: none)
  &max-payload-bytes=N       the largest payload taken, with any store

Exit status: 0 all done, 1 something failed, 2 the command line is wrong, 130 interrupted.

Examples:
  session-driver import file:sessions dump.jsonl
  session-driver list --long file:sessions
  session-driver sweep file:/srv/shop/sessions
  session-driver export file:old | session-driver import 'sqlite:new.db?durability=power' -
  session-driver compare";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(Import),
    Export(Export),
    List(List),
    Show(Show),
    Remove(Remove),
    Touch(Touch),
    Sweep(Sweep),
    #[cfg_attr(not(feature = "prove"), command(hide = true))]
    Verify(Verify),
    #[cfg_attr(not(feature = "prove"), command(hide = true))]
    Compare(Compare),
}

/// Store sessions from JSON Lines.
///
/// Each line is an object with `id`, `expires_at_ms` (milliseconds since 1970, or null for never)
/// and `payload_base64`; other fields are ignored. A session that is there already is replaced, so
/// an import can be run again. Sessions that have expired are counted and not stored.
///
/// A line that is no session is reported with its number and left out; the exit status is then 1.
///
/// With --json: {"stored": N, "expired": N, "rejected": N}
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The store; it is made if it does not exist
    pub(crate) url: String,
    /// The file to read, - for standard input
    pub(crate) file: PathBuf,
    /// Stop at the first line that is no session
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Write all live sessions as JSON Lines, as `import` reads them.
///
/// The lines are in no order. A session that cannot be read is reported and left out; the exit
/// status is then 1. FILE is written aside, readable by you alone (on Windows by those who may read
/// its directory), and takes its name when it is whole.
///
/// With --json and FILE: {"exported": N, "damaged": N}
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The store
    pub(crate) url: String,
    /// The file to write, standard output if not given or -
    pub(crate) file: Option<PathBuf>,
}

/// List the ids of the live sessions.
///
/// Whoever knows an id is logged in: mind who can see the list.
///
/// With --json a line is {"id": TEXT}, with --long {"id": TEXT, "expires_at_ms": N or null,
/// "bytes": N, "version": HEX}
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The store
    pub(crate) url: String,
    /// Also show when each expires, and the size of its payload
    #[arg(long, short)]
    pub(crate) long: bool,
}

/// Show one session: deadline, size, codec, and the payload as text or in hexadecimal.
///
/// With --json: {"id": TEXT, "expires_at_ms": N or null, "bytes": N, "version": HEX, "codec": TEXT
/// or null, "payload_base64": TEXT}
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The store
    pub(crate) url: String,
    /// The session; put -- before an id that begins with -
    pub(crate) id: SessionId,
}

/// Remove sessions: whoever holds them is logged out.
///
/// An id under which there is no session is reported, the others are removed, and the exit status
/// is then 1.
///
/// With --json: {"removed": N, "absent": N}
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The store
    pub(crate) url: String,
    /// The sessions; put -- before the first if one begins with -
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<SessionId>,
}

/// Change when a session expires.
///
/// If there is no such session the exit status is 1.
///
/// With --json: {"touched": BOOL, "expires_at_ms": N or null}
#[derive(Debug, Args)]
pub(crate) struct Touch {
    /// The store
    pub(crate) url: String,
    /// The session; put -- before an id that begins with -
    pub(crate) id: SessionId,
    #[command(flatten)]
    pub(crate) expiry: Expiry,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Expiry {
    /// Let it expire so long from now: 90s, 15m, 2h, 1d12h, 2w
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) ttl: Option<Duration>,
    /// Let it never expire
    #[arg(long)]
    pub(crate) never: bool,
}

/// Remove all expired sessions.
///
/// With --json: {"removed": N}
#[derive(Debug, Args)]
pub(crate) struct Sweep {
    /// The store
    pub(crate) url: String,
}

/// Prove the store's driver against the rules of the contract, with the options of the URL, where
/// the store is.
///
/// The suite works in temporary places beside the store, which need not exist, and never on its
/// sessions. If a rule is broken the exit status is 1. Ctrl-C stops it after the case at hand,
/// removes the temporary places and ends with the exit status 130; a second one ends it at once,
/// and says what may be left.
///
/// With --json: {"url": TEXT, "passed": N, "failed": N, "skipped": N, "unobserved": N,
/// "not_applicable": N, "untested": N, "conforming": true or false, "report": the suite's report}
#[cfg(feature = "prove")]
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The store
    pub(crate) url: String,
    /// Only the rules whose id begins so, such as RES or RES-2
    #[arg(long, value_name = "RULE")]
    pub(crate) filter: Option<String>,
    /// Repeat the run that had this seed
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// A fifth of the rounds where chance decides
    #[arg(long, conflicts_with = "soak")]
    pub(crate) quick: bool,
    /// Go on with other seeds, where chance decides, until so much time is over: 10m, 1h
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) soak: Option<Duration>,
}

/// Measure drivers side by side, with sample sessions, and prove them against the rules.
///
/// Each driver stores the sample, gives it back byte for byte, and is timed at every operation;
/// each line of the table is printed once it is measured. Then all drivers are proven against the
/// rules, quickly or with --prove in full, and answer the same random programs, step by step.
/// Without URLs these are all the drivers that need no server, and Redis if one answers on its
/// usual port, 127.0.0.1:6379. Drivers work in temporary places beside the stores that are named,
/// never on their sessions. Rules that need several processes are left to `verify`. If bytes or
/// answers differ, a rule is broken or an operation fails, the exit status is 1.
///
/// Ctrl-C stops the comparison after the step at hand, removes the temporary places and ends with
/// the exit status 130; a second one ends it at once, and says what may be left.
///
/// With --json: {"sessions": N, "payload_bytes": N, "threads": N, "seed": N, "programs":
/// {"drivers": N, "played": N, "difference": TEXT or null, "accused": [TEXT]} or null, "drivers":
/// [{"url": TEXT, "sessions": N, "rules": {"quick": BOOL, "passed": N, "failed": N, "skipped": N,
/// "not_applicable": N, "untested": N, "not_reached": N, "seed": N} or null, "operations":
/// [{"operation": TEXT, "calls": N, "per_second": X, "p50_ns": N, "p99_ns": N}], "bytes_on_disk": N
/// or null, "failures": [TEXT]}]}
#[cfg(feature = "prove")]
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The stores beside which to work
    pub(crate) urls: Vec<String>,
    /// How many sessions to store, 10 million at most
    #[arg(long, value_name = "N", default_value = "2000", value_parser = sessions)]
    pub(crate) sessions: usize,
    /// How many threads work at once, each on sessions of its own
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) threads: NonZeroUsize,
    /// Prove all rules in full, however long it takes; without it no case begins after 15 s, and
    /// races have a fifth of their rounds
    #[arg(long)]
    pub(crate) prove: bool,
    /// Only prove the rules whose id begins so, such as RES or RES-2
    #[arg(long, value_name = "RULE")]
    pub(crate) filter: Option<String>,
    /// How many random programs to play on all drivers, where there are several [default: up to 40
    /// within 5 s, with --prove 40]
    #[arg(long, value_name = "N")]
    pub(crate) programs: Option<usize>,
    /// Repeat the run that had this seed
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Where to work when no URL is given [default: the directory for temporary files]
    #[arg(long, conflicts_with = "urls")]
    pub(crate) dir: Option<PathBuf>,
}

/// What follows a command that this build does not have.
#[cfg(not(feature = "prove"))]
#[derive(Debug, Args)]
pub(crate) struct LeftOut {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<String>,
}

#[cfg(not(feature = "prove"))]
pub(crate) use self::{LeftOut as Verify, LeftOut as Compare};

/// They are all in memory while they are measured.
#[cfg(feature = "prove")]
fn sessions(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=10_000_000) => Ok(count),
        _ => Err("write a number from 1 to 10000000".into()),
    }
}

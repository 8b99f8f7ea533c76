//! The scripts that run within the server, each judging a record and changing it at one instant.

use std::fmt::Write as _;
use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use redis::Value;
use session_driver::{ErrorKind, Timestamp};
use session_driver_envelope::PREAMBLE;
use sha1::{Digest as _, Sha1};

use crate::fault::{Attempt, Fault};

/// A script, known to the server by its SHA-1.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) body: String,
    pub(crate) sha: String,
}

pub(crate) static STORE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/store.lua")));
pub(crate) static TOUCH: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/touch.lua")));
pub(crate) static REMOVE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/remove.lua")));
pub(crate) static ROTATE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/rotate.lua")));
pub(crate) static CLAIM: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/claim.lua")));
pub(crate) static TAKE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("scripts/take.lua")));

impl Script {
    fn new(text: &str) -> Script {
        let mut body = String::from("local PREAMBLE = '");
        for byte in PREAMBLE {
            // Writing to a string does not fail.
            let _ = write!(body, "\\{byte:03}");
        }
        body.push_str("'\n");
        body.push_str(include_str!("scripts/judge.lua"));
        body.push_str(text);
        let sha = HEXLOWER.encode(&Sha1::digest(&body));
        Script { body, sha }
    }
}

/// `now` as the scripts take it.
pub(crate) fn instant(now: Timestamp) -> [u8; 8] {
    now.as_millis().to_be_bytes()
}

/// What a script found or did; the numbers stand in `scripts/judge.lua`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Absent,
    Done,
    Live,
    Expired,
    Corrupt,
    Newer,
    Missing,
    Conflict,
    Claimed,
}

impl Verdict {
    const ALL: [Verdict; 9] = [
        Verdict::Absent,
        Verdict::Done,
        Verdict::Live,
        Verdict::Expired,
        Verdict::Corrupt,
        Verdict::Newer,
        Verdict::Missing,
        Verdict::Conflict,
        Verdict::Claimed,
    ];

    /// What a script's reply says.
    ///
    /// # Errors
    /// Indeterminate when it says nothing that the scripts say: they may have done anything.
    pub(crate) fn of(reply: &Value) -> Attempt<Verdict> {
        let number = match reply {
            Value::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        number
            .and_then(|number| Verdict::ALL.get(number).copied())
            .ok_or_else(|| Fault::of_a_strange_reply().indeterminate())
    }

    /// The kind of a verdict that is a refusal.
    pub(crate) fn refusal(self) -> Fault {
        Fault::from(match self {
            Verdict::Live => ErrorKind::AlreadyExists,
            Verdict::Missing => ErrorKind::NotFound,
            Verdict::Conflict => ErrorKind::Conflict,
            Verdict::Claimed => ErrorKind::Busy,
            Verdict::Corrupt => ErrorKind::Corrupt,
            Verdict::Newer => ErrorKind::Incompatible,
            Verdict::Absent | Verdict::Done | Verdict::Expired => {
                return Fault::of_a_strange_reply().indeterminate();
            }
        })
    }
}

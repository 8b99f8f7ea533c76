//! CAP: faults that show in what is claimed.

use std::time::Duration;

use session_driver::Capabilities;

use crate::dump_driver::{Conduct, HONEST};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "changes-its-mind",
        fault: "declares what the server said last: a layer that asked at the start relies on what is no longer so",
        breaks: &["CAP-1"],
        sometimes: &[],
        conduct: Conduct {
            capabilities: |dump| Capabilities {
                atomic_rotate: dump.turn() < 4,
                ..(HONEST.capabilities)(dump)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "finds-out-late-that-there-are-no-locks",
        fault: "opens wherever it can write, and takes its first lock with the first change: on a network disk without locks that is at night",
        breaks: &["CAP-4"],
        sometimes: &[],
        conduct: Conduct {
            opened: |_| Ok(()),
            ..HONEST
        },
    },
    Saboteur {
        name: "short-slack",
        fault: "lets the engine expire records a second after the deadline: a host whose clock runs fast loses sessions",
        breaks: &["CAP-1"],
        sometimes: &[],
        conduct: Conduct {
            capabilities: |dump| Capabilities {
                native_expiry: Some(Duration::from_secs(1)),
                ..(HONEST.capabilities)(dump)
            },
            ..HONEST
        },
    },
];

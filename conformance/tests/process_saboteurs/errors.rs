//! ERR: faults that show in what a failure says.

use session_driver::{Error, ErrorKind, Operation};

use crate::dump_driver::{Conduct, HONEST, error, operations};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "every-failure-is-a-retrieve",
        fault: "wraps its errors in one place, which does not know the operation",
        breaks: &["ERR-1"],
        sometimes: &[],
        conduct: Conduct {
            store: |dump, id, record, when, now| {
                operations::store(dump, id, record, when, now)
                    .map_err(|cause| error(cause.kind(), Operation::Retrieve))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "conflict-for-every-refusal",
        fault: "answers a rotate onto a live id with Conflict, for which callers read again and try again, for ever",
        breaks: &["ERR-1", "ATM-3"],
        sometimes: &[],
        conduct: Conduct {
            rotate: |dump, from, to, now| {
                operations::rotate(dump, from, to, now)
                    .map_err(|_| error(ErrorKind::Conflict, Operation::Rotate))
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "two-names-for-one-driver",
        fault: "names its inner library in some errors and itself in others: a log cannot be searched",
        breaks: &["ERR-1"],
        sometimes: &[],
        conduct: Conduct {
            rotate: |dump, from, to, now| {
                operations::rotate(dump, from, to, now)
                    .map_err(|cause| Error::new(cause.kind(), cause.operation(), "library"))
            },
            ..HONEST
        },
    },
];

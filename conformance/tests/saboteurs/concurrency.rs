//! CON: faults of contention that need no process.

use std::sync::atomic::Ordering;

use session_driver::{ErrorKind, Operation};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{error, hold, pause};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "rotates-wait-for-each-other",
        fault: "locks the old id and then the new one: two rotates that cross never end",
        breaks: &["CON-3"],
        rotate: |handle, from, to, now| {
            let (first, second) = match from < to {
                true => (&handle.notes.lock, &handle.shared().lock),
                false => (&handle.shared().lock, &handle.notes.lock),
            };
            let _first = hold(first);
            pause();
            let _second = hold(second);
            honest::rotate(handle, from, to, now)
        },
        ..HONEST
    },
    Saboteur {
        name: "contention-is-a-permanent-error",
        fault: "passes \"database is locked\" on as it came: kind Other, which nobody tries again",
        breaks: &["CON-3", "CAS-1"],
        store: |handle, id, record, when, now| {
            let writers = &handle.shared().number;
            let alone = writers.fetch_add(1, Ordering::SeqCst) == 0;
            pause();
            let outcome = match alone {
                true => honest::store(handle, id, record, when, now),
                false => Err(error(ErrorKind::Other, Operation::Store)),
            };
            writers.fetch_sub(1, Ordering::SeqCst);
            outcome
        },
        ..HONEST
    },
    Saboteur {
        name: "first-opens-make-two-stores",
        fault: "looks whether there is a store, and makes one: of several workers that start together each has its own",
        breaks: &["CON-5", "ISO-1"],
        open: |opening| {
            if let Some(made) = opening.made() {
                return Ok(made);
            }
            pause();
            Ok(format!("{}/{}", honest::open(opening)?, opening.number))
        },
        ..HONEST
    },
];

//! TRV-4, TRV-5, TRV-7: what a traversal keeps while its visitor runs, and after.

use std::sync::atomic::Ordering;
use std::time::Duration;

use session_driver::{Capabilities, ErrorKind, Operation, SessionId};

use crate::honest;
use crate::saboteur::{HONEST, Saboteur};
use crate::shelf::{error, hold};

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "traverse-keeps-its-lock-while-visiting",
        fault: "holds a mutex around the visits: a visitor that removes waits for itself for ever (CGI::Session's find removes from within)",
        breaks: &["TRV-4", "TRV-7"],
        remove: |handle, id, now| {
            let _writer = hold(&handle.shared().lock);
            honest::remove(handle, id, now)
        },
        traverse: |handle, now, visit| {
            let _reader = hold(&handle.shared().lock);
            honest::traverse(handle, now, visit)
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-keeps-its-cursor-when-stopped",
        fault: "closes its cursor after the last visit and nowhere else: once a visitor breaks or panics, every sweep is Busy",
        breaks: &["TRV-5", "TRV-4", "TRV-7"],
        capabilities: |handle| Capabilities {
            contention_bound: Duration::from_millis(100),
            ..honest::capabilities(handle)
        },
        traverse: |handle, now, visit| {
            let cursors = &handle.shared().number;
            cursors.fetch_add(1, Ordering::SeqCst);
            for id in handle.live_ids(now) {
                if visit(&id).is_break() {
                    return Ok(());
                }
            }
            cursors.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        },
        sweep: |handle, now, limit| {
            if handle.shared().number.load(Ordering::SeqCst) > 0 {
                return Err(error(ErrorKind::Busy, Operation::Sweep));
            }
            honest::sweep(handle, now, limit)
        },
        ..HONEST
    },
    Saboteur {
        name: "traverse-keeps-its-lock-when-the-visitor-panics",
        fault: "unlocks by hand when the visits are over, which a panic jumps over: the next traversal is Busy",
        breaks: &["TRV-5", "TRV-4", "TRV-7"],
        capabilities: |handle| Capabilities {
            contention_bound: Duration::from_millis(100),
            ..honest::capabilities(handle)
        },
        traverse: |handle, now, visit| {
            let panicked = &handle.shared().number;
            if panicked.load(Ordering::SeqCst) > 0 {
                return Err(error(ErrorKind::Busy, Operation::Traverse));
            }
            let mut guarded = |id: &SessionId| {
                panicked.fetch_add(1, Ordering::SeqCst);
                let outcome = visit(id);
                panicked.fetch_sub(1, Ordering::SeqCst);
                outcome
            };
            honest::traverse(handle, now, &mut guarded)
        },
        ..HONEST
    },
];

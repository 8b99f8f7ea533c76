//! One operation, from its begin to its end.

use std::thread;
use std::time::Instant;

use session_driver::{Error, ErrorKind, NewRecord, Record, Result};
use tracing::field::Empty;
use tracing::{Span, debug_span, warn};

use super::measures;

/// Watches an operation, and tells of it when it is dropped itself: so a future that is given up and
/// a driver that panics are told of as well, and not as a success.
#[derive(Debug)]
pub(super) struct Watch {
    driver: &'static str,
    operation: &'static str,
    span: Span,
    begin: Instant,
    /// What was seen of it last.
    seen: Seen,
    is_fault: bool,
    has_ended: bool,
}

/// What may be told of an operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) outcome: &'static str,
    pub(super) bytes: Option<usize>,
    pub(super) records: Option<u64>,
}

impl Watch {
    pub(super) fn begin(driver: &'static str, operation: &'static str) -> Watch {
        Watch {
            driver,
            operation,
            span: debug_span!(
                "session_store",
                driver,
                operation,
                outcome = Empty,
                bytes = Empty,
                records = Empty,
                latency_us = Empty,
            ),
            begin: Instant::now(),
            seen: Seen::DROPPED,
            is_fault: false,
            has_ended: false,
        }
    }

    /// The span of the operation, for what goes on in it.
    #[cfg(feature = "async")]
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(super) fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        self.span.in_scope(work)
    }

    /// Ends the operation with its answer, of which `seen` may be told if it is a success.
    pub(super) fn end<T>(mut self, answer: Result<T>, seen: impl FnOnce(&T) -> Seen) -> Result<T> {
        match &answer {
            Ok(answer) => self.note(seen(answer)),
            Err(error) => self.fail(error),
        }
        self.has_ended = true;
        answer
    }

    /// Takes note of how the operation stands, if that is how it ends.
    pub(super) fn note(&mut self, seen: Seen) {
        self.seen = seen;
    }

    pub(super) fn fail(&mut self, error: &Error) {
        self.seen = Seen::of(name(error.kind()));
        self.is_fault = !is_answer(error.kind());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let latency = self.begin.elapsed();
        let Seen {
            outcome,
            bytes,
            records,
        } = match thread::panicking() && !self.has_ended {
            true => Seen::of("panicked"),
            false => self.seen,
        };
        self.span.record("outcome", outcome);
        self.span.record("bytes", bytes);
        self.span.record("records", records);
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.span.record("latency_us", micros);
        if self.is_fault {
            let (driver, operation) = (self.driver, self.operation);
            warn!(parent: &self.span, driver, operation, outcome, "a session store operation failed");
        }
        measures::record(self.driver, self.operation, outcome, bytes, latency);
    }
}

impl Seen {
    /// The caller did not wait for the end.
    pub(super) const DROPPED: Seen = Seen::of("dropped");

    const fn of(outcome: &'static str) -> Seen {
        Seen {
            outcome,
            bytes: None,
            records: None,
        }
    }

    /// Whether the id was live.
    pub(super) fn was(live: bool) -> Seen {
        Seen::of(if live { "live" } else { "absent" })
    }

    pub(super) fn retrieved(found: Option<&Record>) -> Seen {
        Seen {
            bytes: found.map(|record| record.payload.len()),
            ..Seen::was(found.is_some())
        }
    }

    pub(super) fn stored(record: NewRecord<'_>) -> Seen {
        Seen {
            bytes: Some(record.payload.len()),
            ..Seen::of("done")
        }
    }

    /// That many were visited or swept.
    pub(super) fn records(count: u64) -> Seen {
        Seen {
            records: Some(count),
            ..Seen::of("done")
        }
    }
}

/// Whether the error is an answer that its caller had asked for, and no fault.
fn is_answer(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::AlreadyExists | ErrorKind::NotFound | ErrorKind::Conflict
    )
}

fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidDeadline => "invalid_deadline",
        ErrorKind::PayloadTooLarge => "payload_too_large",
        ErrorKind::AlreadyExists => "already_exists",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Corrupt => "corrupt",
        ErrorKind::Incompatible => "incompatible",
        ErrorKind::Busy => "busy",
        ErrorKind::Locked => "locked",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Indeterminate => "indeterminate",
        ErrorKind::PermissionDenied => "permission_denied",
        ErrorKind::StorageFull => "storage_full",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Other => "other",
    }
}

//! Time that passes when a test says so. Each test has its own, for it runs on one thread.

use std::cell::Cell;

use session_driver_actix::session_driver::Timestamp;

thread_local! {
    static MILLIS: Cell<i64> = const { Cell::new(1_700_000_000_000) };
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(MILLIS.get()).expect("an instant after 1970")
}

pub(crate) fn advance(millis: i64) {
    MILLIS.set(MILLIS.get() + millis);
}

//! A clock that stands still until a test moves it; each test thread has its own.

use std::cell::Cell;
use std::time::Duration;

use session_driver::Timestamp;

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_000_000) };
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(NOW.get()).expect("the clock stays after 1970")
}

pub(crate) fn advance(by: Duration) {
    let millis = i64::try_from(by.as_millis()).expect("tests do not last that long");
    NOW.set(NOW.get() + millis);
}

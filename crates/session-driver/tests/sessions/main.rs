//! What the users' face promises, over drivers that behave and drivers that are rigged.

mod clock;
mod expiry;
mod find;
mod rigged;
mod rotate;
mod save;
mod secrets;

use std::rc::Rc;
use std::sync::Arc;

use session_driver::{MemoryDriver, SessionDriver, Sessions};

/// Sessions of a number, in memory, for the tests that care for neither.
fn counters() -> Sessions<u32, MemoryDriver> {
    Sessions::new(MemoryDriver::new())
}

#[test]
fn a_handle_is_shared_between_threads_whatever_its_value_and_over_any_driver() {
    fn check<S: Clone + Send + Sync>(_: &S) {}
    check(&Sessions::<Rc<u32>, _>::new(MemoryDriver::new()));

    let driver: Arc<dyn SessionDriver> = Arc::new(MemoryDriver::new());
    let sessions = Sessions::<u32, _>::new(driver);
    check(&sessions);
    let session = sessions.create(7).expect("created");
    assert_eq!(
        *sessions
            .retrieve(session.id())
            .expect("read")
            .expect("live"),
        7
    );
}

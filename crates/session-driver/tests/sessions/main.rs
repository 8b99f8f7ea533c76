//! What the users' face promises, over drivers that behave and drivers that are rigged.

mod adapter;
mod all;
mod clock;
mod create_at;
mod expiry;
mod find;
mod rigged;
mod rotate;
mod save;
mod secrets;

use std::rc::Rc;
use std::sync::Arc;

use session_driver::{Codec, CodecError, CodecErrorKind, MemoryDriver, SessionDriver, Sessions};

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

/// A codec of the user's own.
struct BigEndian;

impl Codec<u32> for BigEndian {
    const TAG: u8 = 200;

    fn encode(&self, value: &u32, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
        bytes.extend(value.to_be_bytes());
        Ok(())
    }

    fn decode(&self, bytes: &[u8]) -> Result<u32, CodecError> {
        let bytes = bytes
            .try_into()
            .map_err(|_| CodecError::new(CodecErrorKind::Corrupt, "a number has four bytes"))?;
        Ok(u32::from_be_bytes(bytes))
    }
}

#[test]
fn a_handle_needs_none_of_the_codecs_that_are_features() {
    let sessions = Sessions::new_with_codec(MemoryDriver::new(), BigEndian);
    let session = sessions.create(7).expect("created");
    let updated = sessions.update(session.id(), |number| *number += 1);
    assert!(updated.expect("updated").is_some());
    let read = sessions.retrieve(session.id()).expect("read");
    assert_eq!(read.expect("live").into_inner(), 8);
}

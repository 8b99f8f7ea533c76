//! The layers one by one, beyond what the suite asks of every driver.

mod encrypted;
mod hashed;
mod puppet;
mod together;
mod traced;

use session_driver_layers::session_driver::{NewRecord, SessionId, Timestamp};

const NOW: Timestamp = match Timestamp::from_millis(1_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

fn id(text: &str) -> SessionId {
    SessionId::parse(text).expect("visible ASCII")
}

fn forever(payload: &[u8]) -> NewRecord<'_> {
    NewRecord {
        payload,
        expires_at: None,
    }
}

//! The ids, instants and payloads that cases are made of.

use session_driver::{NewRecord, SessionId, Timestamp};

/// The instant at which most cases stand.
pub(crate) const NOW: Timestamp = match Timestamp::from_millis(1_800_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

/// The instant so many milliseconds after [`NOW`], or before it.
///
/// Cases hold no virtual instant longer than a native TTL's slack (60 s or more), so that no
/// backend's own clock interferes.
pub(crate) const fn at(millis: i64) -> Timestamp {
    shifted(NOW, millis)
}

/// The instant so many milliseconds after `instant`, or before it, as far as the type goes.
pub(crate) const fn shifted(instant: Timestamp, millis: i64) -> Timestamp {
    match Timestamp::from_millis(instant.as_millis().saturating_add(millis)) {
        Some(instant) => instant,
        None => Timestamp::MIN,
    }
}

/// An id of this text.
///
/// # Panics
/// If the text is no valid id: a case's own mistake.
pub(crate) fn id(text: &str) -> SessionId {
    SessionId::parse(text).expect("a case uses valid ids")
}

/// A random id of 1 to 128 visible bytes.
pub(crate) fn random_id(rng: &mut fastrand::Rng) -> SessionId {
    let length = rng.usize(8..=128);
    id(&(0..length)
        .map(|_| char::from(rng.u8(0x21..=0x7E)))
        .collect::<String>())
}

/// A record that never expires.
pub(crate) fn forever(payload: &[u8]) -> NewRecord<'_> {
    NewRecord {
        payload,
        expires_at: None,
    }
}

/// A record with this deadline, counted from [`NOW`] in milliseconds.
pub(crate) fn until(payload: &[u8], millis: i64) -> NewRecord<'_> {
    NewRecord {
        payload,
        expires_at: Some(at(millis)),
    }
}

/// A record with this payload and deadline.
pub(crate) fn record(payload: &[u8], expires_at: Option<Timestamp>) -> NewRecord<'_> {
    NewRecord {
        payload,
        expires_at,
    }
}

/// So many ids that begin with `prefix`.
pub(crate) fn ids(prefix: &str, count: usize) -> Vec<SessionId> {
    (0..count)
        .map(|number| id(&format!("{prefix}-{number}")))
        .collect()
}

/// Bytes that say who wrote them, `length` of them, so that a mixture of two can be told: every
/// eight bytes repeat `mark`.
pub(crate) fn marked(mark: u64, length: usize) -> Vec<u8> {
    let mut bytes = mark.to_le_bytes().repeat(length.div_ceil(8));
    bytes.truncate(length);
    bytes
}

/// The mark of a payload made by [`marked`], or `None` when it is a mixture or a prefix of less
/// than eight bytes.
pub(crate) fn mark_of(payload: &[u8]) -> Option<u64> {
    let mark = u64::from_le_bytes(payload.get(..8)?.try_into().ok()?);
    (payload == marked(mark, payload.len())).then_some(mark)
}

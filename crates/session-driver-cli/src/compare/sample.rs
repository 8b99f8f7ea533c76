//! The sessions that drivers are compared with: real payloads of five session systems, as often as
//! it takes.

use std::sync::Arc;

use session_driver::{SessionId, Timestamp, Version, is_live};

use crate::failure::Failure;
use crate::jsonl::{self, Entry};

/// Written by PHP, Django, express-session and CGI::Session (two serializers), with made-up
/// content.
const LINES: &str = include_str!("../../data/sample.jsonl");

/// The instant at which the sample is looked at: drivers read no clock, so it does not grow old.
pub(super) const NOW: Timestamp = match Timestamp::from_millis(1_770_000_000_000) {
    Some(now) => now,
    None => Timestamp::MIN,
};

/// A session as it should be found in the store.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) payload: Payload,
    pub(super) expires_at: Option<Timestamp>,
    /// The version of the last store, once there was one.
    pub(super) version: Option<Version>,
    /// How often it was rotated.
    pub(super) rotations: u64,
    /// What all its ids begin with.
    stem: String,
}

impl Session {
    /// The id for the next rotation.
    pub(super) fn next_id(&mut self) -> Result<SessionId, Failure> {
        self.rotations += 1;
        parse(&format!("{}~{}", self.stem, self.rotations))
    }
}

/// The bytes of a session. Those of the sample are in memory once, however many sessions and
/// drivers have them.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    sample: Arc<[u8]>,
    /// What the sample's first bytes were changed to.
    stamp: Option<[u8; 8]>,
}

impl Payload {
    pub(super) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = self.sample.to_vec();
        for (byte, new) in bytes.iter_mut().zip(self.stamp.into_iter().flatten()) {
            *byte = new;
        }
        bytes
    }

    pub(super) fn len(&self) -> usize {
        self.sample.len()
    }

    /// Changes the first bytes, each time that `change` is another.
    pub(super) fn change(&mut self, change: u64) {
        self.stamp = Some(change.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    }
}

/// So many live sessions: the sample's, then the same again under other ids.
pub(super) fn sessions(count: usize) -> Result<Vec<Session>, Failure> {
    let entries: Vec<Entry> = LINES
        .lines()
        .map(|line| jsonl::parse(line.as_bytes()))
        .filter(|entry| {
            entry
                .as_ref()
                .map_or(true, |entry| is_live(entry.expires_at, NOW))
        })
        .collect::<Result<_, _>>()
        .map_err(|rejection| Failure::because("the sample is damaged", &rejection))?;
    let entries: Vec<(Entry, Payload)> = entries.into_iter().map(with_payload).collect();
    let rounds = (0_usize..).flat_map(|round| entries.iter().map(move |entry| (round, entry)));
    rounds
        .take(if entries.is_empty() { 0 } else { count })
        .map(|(round, (entry, payload))| {
            let stem = format!("{}.{round}", entry.id.as_str());
            Ok(Session {
                id: parse(&stem)?,
                payload: payload.clone(),
                expires_at: entry.expires_at,
                version: None,
                rotations: 0,
                stem,
            })
        })
        .collect()
}

fn with_payload(entry: Entry) -> (Entry, Payload) {
    let payload = Payload {
        sample: entry.payload.as_slice().into(),
        stamp: None,
    };
    (entry, payload)
}

fn parse(text: &str) -> Result<SessionId, Failure> {
    SessionId::parse(text)
        .map_err(|error| Failure::because("the sample has an id that is too long", &error))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_sample_covers_what_it_should() {
        let entries: Vec<Entry> = LINES
            .lines()
            .map(|line| jsonl::parse(line.as_bytes()).expect("a session"))
            .collect();
        let expired = entries
            .iter()
            .filter(|entry| !is_live(entry.expires_at, NOW));
        let eternal = entries.iter().filter(|entry| entry.expires_at.is_none());
        assert_eq!(
            (entries.len(), expired.count(), eternal.count()),
            (113, 10, 25)
        );
        for writer in ["php", "django", "express", "file/default", "file/storable"] {
            assert!(LINES.contains(writer), "{writer}");
        }
        assert!(LINES.len() < 400_000);
    }

    #[test]
    fn repeated_sessions_have_ids_of_their_own() {
        let Ok(sessions) = sessions(500) else {
            panic!("no sample")
        };
        let ids: HashSet<&SessionId> = sessions.iter().map(|session| &session.id).collect();
        assert_eq!(ids.len(), 500);
    }

    #[test]
    fn a_changed_payload_keeps_its_length_and_differs_in_its_first_bytes() {
        let mut payload = Payload {
            sample: [7; 20].into(),
            stamp: None,
        };
        assert_eq!(payload.to_vec(), [7; 20]);
        payload.change(1);
        let once = payload.to_vec();
        payload.change(2);
        let twice = payload.to_vec();
        assert!(once[..8] != twice[..8] && once[8..] == [7; 12]);
        assert_eq!((twice.len(), payload.len()), (20, 20));
    }
}

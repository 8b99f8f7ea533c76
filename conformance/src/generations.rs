//! Records whose parts tell to which store they belong, so that a mixture of two shows.

use std::collections::HashMap;

use session_driver::{Record, Timestamp, Version};

use crate::call::{Call, Payload, When};
use crate::case::{Stop, Verdict, ensure};
use crate::workload::{NOW, at};

/// Payload lengths that follow one another: shorter and longer than the last, none, and longer than
/// all before.
const LENGTHS: [usize; 8] = [40, 1_000, 0, 300, 5_000, 16, 20_000, 60_000];

/// Deadlines of stores lie this far after [`NOW`] and more, in milliseconds; those of touches
/// farther.
const STORED: i64 = 10_000;
const TOUCHED: i64 = 30_000;

/// How many generations have deadlines of their own, before they begin anew.
const DEADLINES: u64 = 20_000;

/// The payload of a generation.
pub(crate) fn payload(generation: u64) -> Payload {
    Payload::new(generation, LENGTHS[generation as usize % LENGTHS.len()])
}

/// The deadline of a generation.
pub(crate) fn deadline(generation: u64) -> Timestamp {
    at(STORED + (generation % DEADLINES) as i64)
}

/// Whether a generation without bytes has this deadline. Generations are fewer than deadlines.
fn is_of_an_empty_generation(instant: Timestamp) -> bool {
    let generation = instant.as_millis() - at(STORED).as_millis();
    u64::try_from(generation).is_ok_and(|generation| payload(generation).length == 0)
}

/// A deadline that no generation has.
pub(crate) fn touched(turn: u64) -> Timestamp {
    at(TOUCHED + (turn % DEADLINES) as i64)
}

/// The store of a generation, as a child process performs it.
pub(crate) fn store(id: &str, generation: u64) -> Call {
    Call::Store {
        id: id.into(),
        payload: payload(generation),
        expires_at: Some(deadline(generation).as_millis()),
        when: When::Any,
        now: NOW.as_millis(),
    }
}

/// What readers saw of one id's generations.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    versions: HashMap<Payload, Version>,
    generations: HashMap<Version, Payload>,
}

impl Readings {
    /// Takes a record that was read.
    ///
    /// # Errors
    /// Failed when its parts do not belong together.
    pub(crate) fn take(&mut self, record: &Record) -> Verdict {
        let length = record.payload.len();
        let Some(payload) = Payload::of(&record.payload) else {
            return Err(Stop::Failed(format!(
                "a read gives {length} bytes that are a mixture or a part of payloads"
            )));
        };
        ensure!(
            payload.length == 0 || payload == self::payload(payload.mark),
            "a read gives {length} bytes of the payload of generation {}, which had more or less",
            payload.mark
        );
        let of_a_touch = record
            .expires_at
            .is_some_and(|instant| instant >= at(TOUCHED));
        let fits = if payload.length == 0 {
            record.expires_at.is_some_and(is_of_an_empty_generation)
        } else {
            record.expires_at == Some(deadline(payload.mark))
        };
        ensure!(
            of_a_touch || fits,
            "a read gives the {length} bytes of one generation with the deadline {:?} of another",
            record.expires_at
        );
        let same = *self.generations.entry(record.version).or_insert(payload);
        if payload.length == 0 {
            // All empty payloads are equal, so only their versions tell them apart.
            ensure!(
                same.length == 0,
                "a read gives no bytes with the version of a longer payload"
            );
            return Ok(());
        }
        let version = *self.versions.entry(payload).or_insert(record.version);
        ensure!(
            version == record.version && same == payload,
            "reads give one payload with two versions, or one version with two payloads"
        );
        Ok(())
    }
}

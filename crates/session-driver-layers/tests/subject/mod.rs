//! A driver with layers around it, as the suite sees it.

use std::env;
use std::ops::ControlFlow;
use std::process::ExitCode;

use session_driver_conformance::{
    Archive, BoxError, Contents, EarlierStore, Place, Planted, Setup, Subject,
};
use session_driver_layers::session_driver::{
    MemoryDriver, NewRecord, Precondition, Record, Result, SessionDriver, SessionId, Timestamp,
};
use session_driver_layers::{Hashed, Key, KeyRing};

/// The subject of the driver beneath, whose hooks look beneath the layers, too.
pub(crate) struct Layered<S: Subject, D> {
    beneath: S,
    layers: &'static str,
    wrap: fn(S::Driver) -> D,
    hashes: bool,
    seals: bool,
}

/// By how many bytes [`Encrypted`](session_driver_layers::Encrypted) makes a payload longer.
const OVERHEAD: usize = 56;

impl<S: Subject, D: SessionDriver + 'static> Layered<S, D> {
    /// Layers, named for the report, that leave ids and payloads as they are.
    pub(crate) fn new(layers: &'static str, wrap: fn(S::Driver) -> D, beneath: S) -> Self {
        Layered {
            beneath,
            layers,
            wrap,
            hashes: false,
            seals: false,
        }
    }

    /// [`Hashed`] is one of them.
    pub(crate) fn hashing(self) -> Self {
        Layered {
            hashes: true,
            ..self
        }
    }

    /// `Encrypted` is one of them.
    pub(crate) fn sealing(self) -> Self {
        Layered {
            seals: true,
            ..self
        }
    }

    /// The record beneath, live or not, as its driver gives it.
    fn sealed(&self, place: &Place, id: &SessionId) -> Result<(S::Driver, Option<Record>)> {
        let driver = self.beneath.open(place, &Setup::default())?;
        let record = driver.retrieve(&self.known_as(id), Timestamp::MIN)?;
        Ok((driver, record))
    }

    /// Under what name the driver beneath knows an id.
    fn known_as(&self, id: &SessionId) -> SessionId {
        match self.hashes {
            true => digest(id),
            false => id.clone(),
        }
    }
}

pub(crate) fn keys() -> KeyRing {
    KeyRing::new(Key::new(2, &[2; 32])).opening(Key::new(1, &[1; 32]))
}

/// What [`Hashed`] makes of an id, as a driver beneath it shows.
fn digest(id: &SessionId) -> SessionId {
    let (beneath, now) = (MemoryDriver::new(), Timestamp::MIN);
    let record = NewRecord {
        payload: b"",
        expires_at: None,
    };
    let stored = Hashed::new(&beneath).store(id, record, Precondition::Any, now);
    stored.expect("the memory driver stores");
    let mut shown = None;
    let visited = beneath.traverse(now, &mut |id| {
        shown = Some(id.clone());
        ControlFlow::Break(())
    });
    visited.expect("the memory driver traverses");
    shown.expect("what was stored is visited")
}

impl<S: Subject, D: SessionDriver + 'static> Subject for Layered<S, D> {
    type Driver = D;

    fn name(&self) -> String {
        format!("{}, {}", self.beneath.name(), self.layers)
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.beneath.place()
    }

    /// A maximum is meant for what comes to the layers.
    fn open(&self, place: &Place, setup: &Setup) -> Result<D> {
        let mut setup = setup.clone();
        if self.seals {
            setup.max_payload_bytes = setup.max_payload_bytes.map(|bytes| bytes + OVERHEAD);
        }
        self.beneath.open(place, &setup).map(self.wrap)
    }

    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        self.beneath.contents(place)
    }

    fn add_foreign(&self, place: &Place) -> Result<(), BoxError> {
        self.beneath.add_foreign(place)
    }

    /// Where payloads are sealed, the seal, which the driver beneath does not judge.
    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        if self.seals {
            let (_, record) = self.sealed(place, id)?;
            return Ok(record.map(|record| record.payload));
        }
        self.beneath.raw(place, &self.known_as(id))
    }

    /// Bytes take the place of the seal, so that the layer meets them, and not the driver beneath.
    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        let who = self.known_as(id);
        let Planted::Bytes(payload) = what else {
            return self.beneath.plant(place, &who, what);
        };
        if !self.seals {
            return self.beneath.plant(place, &who, what);
        }
        let (driver, record) = self.sealed(place, id)?;
        let expires_at = record.ok_or("there is no such record")?.expires_at;
        let damaged = NewRecord {
            payload,
            expires_at,
        };
        driver.store(&who, damaged, Precondition::Any, Timestamp::MIN)?;
        Ok(())
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        self.beneath.make_newer(place)
    }

    /// SQLite's, as these layers filled it. Where ids and payloads are left as they are, the driver
    /// beneath has them.
    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        let format_1: Archive = match (self.hashes, self.seals) {
            (false, false) => return self.beneath.earlier_stores(),
            (true, false) => include_str!("../earlier/hashed-1.txt"),
            (false, true) => include_str!("../earlier/encrypted-1.txt"),
            (true, true) => include_str!("../earlier/hashed-encrypted-1.txt"),
        }
        .parse()?;
        Ok(vec![format_1.in_files()?])
    }
}

/// Runs the suite against one subject after another, each of which answers for itself:
/// `SESSION_DRIVER_SUBJECT=encrypted` runs it against those with that in their names alone. A child
/// process plays the part of the subject it was started for.
#[derive(Debug, Default)]
pub(crate) struct Suites {
    has_failed: bool,
}

impl Suites {
    pub(crate) fn against(mut self, subject: impl Subject) -> Suites {
        let name = subject.name();
        let is_meant = match env::var("SESSION_DRIVER_CHILD") {
            Ok(part) => part == name,
            Err(_) => {
                let part = env::var("SESSION_DRIVER_SUBJECT").unwrap_or_default();
                name.contains(&part)
            }
        };
        if is_meant {
            let ended = session_driver_conformance::main(subject);
            self.has_failed |= ended != ExitCode::SUCCESS;
        }
        self
    }

    pub(crate) fn end(self) -> ExitCode {
        match self.has_failed {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        }
    }
}

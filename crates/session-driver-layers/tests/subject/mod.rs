//! A driver with layers around it, as the suite sees it.

use std::env;
use std::ops::ControlFlow;
use std::process::ExitCode;

use session_driver_conformance::{BoxError, Contents, Place, Planted, Setup, Subject};
use session_driver_layers::Hashed;
use session_driver_layers::session_driver::{
    MemoryDriver, NewRecord, Precondition, Result, SessionDriver, SessionId, Timestamp,
};

/// The subject of the driver beneath, whose hooks look beneath the layers, too.
pub(crate) struct Layered<S: Subject, D> {
    beneath: S,
    layers: &'static str,
    wrap: fn(S::Driver) -> D,
    hashes: bool,
}

impl<S: Subject, D: SessionDriver + 'static> Layered<S, D> {
    /// Layers, named for the report, that leave ids and payloads as they are.
    pub(crate) fn new(layers: &'static str, wrap: fn(S::Driver) -> D, beneath: S) -> Self {
        Layered {
            beneath,
            layers,
            wrap,
            hashes: false,
        }
    }

    /// [`Hashed`] is one of them.
    pub(crate) fn hashing(self) -> Self {
        Layered {
            hashes: true,
            ..self
        }
    }

    /// Under what name the driver beneath knows an id.
    fn known_as(&self, id: &SessionId) -> SessionId {
        match self.hashes {
            true => digest(id),
            false => id.clone(),
        }
    }
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

    fn open(&self, place: &Place, setup: &Setup) -> Result<D> {
        self.beneath.open(place, setup).map(self.wrap)
    }

    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        self.beneath.contents(place)
    }

    fn add_foreign(&self, place: &Place) -> Result<(), BoxError> {
        self.beneath.add_foreign(place)
    }

    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        self.beneath.raw(place, &self.known_as(id))
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        self.beneath.plant(place, &self.known_as(id), what)
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        self.beneath.make_newer(place)
    }
}

/// Runs the suite against one subject after another, each of which answers for itself. A child
/// process plays the part of the one it was started for.
#[derive(Debug, Default)]
pub(crate) struct Suites {
    has_failed: bool,
}

impl Suites {
    pub(crate) fn against(mut self, subject: impl Subject) -> Suites {
        let part = env::var("SESSION_DRIVER_CHILD");
        if part.is_err() || part == Ok(subject.name()) {
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

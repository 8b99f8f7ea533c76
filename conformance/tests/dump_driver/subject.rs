//! The driver as a subject.

use session_driver::Result;
use session_driver_conformance::{BoxError, Place, Setup, Subject};

use super::{Conduct, Dump};

/// The dump driver, honest or not.
#[derive(Clone, Copy)]
pub(crate) struct DumpSubject {
    /// By which a child process knows whose part it plays.
    pub(crate) name: &'static str,
    pub(crate) conduct: &'static Conduct,
}

impl Subject for DumpSubject {
    type Driver = Dump;

    fn name(&self) -> String {
        self.name.into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        Place::in_temporary_directory()
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<Dump> {
        let namespace = setup.namespace.as_deref();
        let root = place.path().into();
        Dump::open(self.conduct, root, namespace, setup.max_payload_bytes)
    }
}

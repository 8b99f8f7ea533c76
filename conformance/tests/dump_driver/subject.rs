//! The driver as a subject.

use std::fs;
use std::path::PathBuf;

use session_driver::{Result, SessionId};
use session_driver_conformance::{
    Archive, BoxError, Cannot, EarlierStore, Place, Planted, Setup, Subject,
};

use super::records::{frames, join, newer};
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
        Dump::open(self.conduct, place.path().into(), setup)
    }

    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        Ok(frames(&fs::read(self.dump(place)?)?)?.remove(id.as_str()))
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        let mut frames = frames(&fs::read(self.dump(place)?)?)?;
        let body = frames
            .get_mut(id.as_str())
            .ok_or("there is no such record")?;
        *body = match what {
            Planted::Bytes(bytes) => bytes.to_vec(),
            Planted::NewerFormat => newer(body),
            _ => return Err(Cannot::because("all that is in a dump has bytes").into()),
        };
        Ok(fs::write(self.dump(place)?, join(&frames))?)
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        let mut bytes = fs::read(self.dump(place)?)?;
        bytes[b"dump ".len()] = b'2';
        Ok(fs::write(self.dump(place)?, bytes)?)
    }

    /// One file in its directory, as the driver wrote it from the beginning.
    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        let archive: Archive = include_str!("earlier.txt").parse()?;
        Ok(vec![archive.in_files()?])
    }
}

impl DumpSubject {
    fn dump(&self, place: &Place) -> Result<PathBuf> {
        Ok(place.path().join((self.conduct.folder)(None)?).join("dump"))
    }
}

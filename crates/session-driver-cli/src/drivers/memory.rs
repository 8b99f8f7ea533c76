//! `memory:`, a store that ends with the command.

use std::io;

use session_driver::MemoryDriver;
use session_driver_conformance::{BoxError, MemorySubject, Place, Setup, Subject};

use super::{Driver, Store};
use crate::failure::Failure;
use crate::url::Url;

pub(super) const PARAMETERS: &[&str] = &[];

#[derive(Debug, Default)]
pub(super) struct MemoryStore {
    places: MemorySubject,
}

impl MemoryStore {
    pub(super) fn locate(url: &Url<'_>) -> Result<MemoryStore, Failure> {
        if url.place.is_empty() {
            Ok(MemoryStore::default())
        } else {
            Err(Failure::usage("memory: has no path").next("write memory: alone"))
        }
    }
}

impl Store for MemoryStore {
    fn is_missing(&self) -> Option<String> {
        None
    }

    fn open(&self, _create: bool, _warn: &mut dyn FnMut(String)) -> session_driver::Result<Driver> {
        Ok(Box::new(MemoryDriver::new()))
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.places.place()
    }

    fn open_in(&self, place: &Place, setup: &Setup) -> session_driver::Result<Driver> {
        Ok(Box::new(Subject::open(&self.places, place, setup)?))
    }

    fn bytes_in(&self, _place: &Place) -> io::Result<Option<u64>> {
        Ok(None)
    }
}

//! A saboteur as a subject of the suite.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use session_driver::Result;
use session_driver_conformance::{BoxError, Place, Setup, Subject};

use crate::saboteur::Saboteur;
use crate::shelf::{Handle, Shelf, hold};

/// What saboteurs declare as their maximum: the least that PAY-1 allows, for the sake of speed.
const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// The shelves of one saboteur. A place is a number; [`Saboteur::open`] says which shelf that
/// means.
pub(crate) struct Suspect {
    saboteur: &'static Saboteur,
    places: AtomicU64,
    openings: AtomicU64,
    shelves: Mutex<HashMap<String, Arc<Shelf>>>,
    /// The first shelf of each place.
    made: Mutex<HashMap<String, String>>,
}

/// What is asked of [`Saboteur::open`].
pub(crate) struct Opening<'a> {
    pub(crate) locator: &'a str,
    pub(crate) namespace: Option<&'a str>,
    /// How many were opened before, in whatever place.
    pub(crate) number: u64,
    suspect: &'a Suspect,
}

impl Opening<'_> {
    /// The shelf that an opening of the place before this one made.
    pub(crate) fn made(&self) -> Option<String> {
        hold(&self.suspect.made).get(self.locator).cloned()
    }
}

impl Suspect {
    pub(crate) fn new(saboteur: &'static Saboteur) -> Suspect {
        Suspect {
            saboteur,
            places: AtomicU64::new(0),
            openings: AtomicU64::new(0),
            shelves: Mutex::default(),
            made: Mutex::default(),
        }
    }
}

impl Subject for Suspect {
    type Driver = Handle;

    fn name(&self) -> String {
        self.saboteur.name.into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        let number = self.places.fetch_add(1, Ordering::Relaxed);
        Ok(Place::borrowed(number.to_string()))
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<Handle> {
        let name = (self.saboteur.open)(&Opening {
            locator: place.locator(),
            namespace: setup.namespace.as_deref(),
            number: self.openings.fetch_add(1, Ordering::Relaxed),
            suspect: self,
        })?;
        hold(&self.made)
            .entry(place.locator().into())
            .or_insert_with(|| name.clone());
        let shelf = Arc::clone(hold(&self.shelves).entry(name).or_default());
        let maximum = setup.max_payload_bytes.unwrap_or(MAX_PAYLOAD_BYTES);
        let namespace = setup.namespace.clone().unwrap_or_default();
        Ok(Handle::new(self.saboteur, shelf, namespace, maximum))
    }
}

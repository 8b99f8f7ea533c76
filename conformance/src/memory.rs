//! The memory driver as a subject.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_driver::{MemoryDriver, Result};

use crate::place::Place;
use crate::subject::{BoxError, Setup, Subject};

/// The memory driver as a subject: a place is a number, under which the driver is found again as
/// long as there is the place, and a namespace is a driver of its own.
#[derive(Debug, Default)]
pub struct MemorySubject {
    next: AtomicU64,
    drivers: Drivers,
}

/// The drivers by the locators of their places, and their namespaces.
type ByPlace = HashMap<(String, Option<String>), MemoryDriver>;

#[derive(Clone, Debug, Default)]
struct Drivers(Arc<Mutex<ByPlace>>);

/// Keeps the drivers of a place until it is dropped.
struct Kept {
    locator: String,
    drivers: Drivers,
}

impl Subject for MemorySubject {
    type Driver = MemoryDriver;

    fn name(&self) -> String {
        "memory".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        let locator = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let kept = Kept {
            locator: locator.clone(),
            drivers: self.drivers.clone(),
        };
        Ok(Place::new(locator, kept))
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<MemoryDriver> {
        let key = (place.locator().to_owned(), setup.namespace.clone());
        let driver = self.drivers.lock().entry(key).or_default().clone();
        Ok(match setup.max_payload_bytes {
            Some(bytes) => driver.with_max_payload_bytes(bytes),
            None => driver,
        })
    }
}

impl Drivers {
    fn lock(&self) -> MutexGuard<'_, ByPlace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut drivers = self.drivers.lock();
        drivers.retain(|(locator, _), _| *locator != self.locator);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_place_holds_goes_with_it() {
        let subject = MemorySubject::default();
        let (one, two) = (
            subject.place().expect("a place"),
            subject.place().expect("a place"),
        );
        for place in [&one, &two] {
            for namespace in [None, Some("other".to_owned())] {
                let setup = Setup {
                    namespace,
                    ..Setup::default()
                };
                subject.open(place, &setup).expect("a driver");
            }
        }
        assert_eq!(subject.drivers.lock().len(), 4);
        drop(one);
        assert_eq!(subject.drivers.lock().len(), 2);
        drop(two);
        assert!(subject.drivers.lock().is_empty());
    }
}

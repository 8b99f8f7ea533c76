//! The memory driver with a fault that takes four steps to see: an id that was rotated away and back
//! cannot be renewed.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_driver::{
    Capabilities, MemoryDriver, NewRecord, Precondition, Record, Result, SessionDriver, SessionId,
    Swept, Timestamp, Version,
};
use session_driver_conformance::{BoxError, Place, Setup, Subject};

/// The driver, whose clones share their records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forgetful {
    driver: MemoryDriver,
    rotated_away: Arc<Mutex<HashSet<SessionId>>>,
}

impl Forgetful {
    fn rotated_away(&self) -> MutexGuard<'_, HashSet<SessionId>> {
        self.rotated_away
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionDriver for Forgetful {
    fn capabilities(&self) -> Capabilities {
        self.driver.capabilities()
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        self.driver.retrieve(id, now)
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        let version = self.driver.store(id, record, when, now)?;
        self.rotated_away().remove(id);
        Ok(version)
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        let forgotten = self.rotated_away().contains(id);
        Ok(!forgotten && self.driver.touch(id, expires_at, now)?)
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        self.driver.remove(id, now)
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        let version = self.driver.rotate(from, to, now)?;
        if version.is_some() {
            self.rotated_away().insert(from.clone());
        }
        Ok(version)
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        self.driver.traverse(now, visit)
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        self.driver.sweep(now, limit)
    }
}

/// The driver as a subject: a place is a driver, of which every opening is a clone.
#[derive(Debug, Default)]
pub(crate) struct ForgetfulSubject {
    drivers: Mutex<Vec<Forgetful>>,
}

impl Subject for ForgetfulSubject {
    type Driver = Forgetful;

    fn name(&self) -> String {
        "forgetful".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        let mut drivers = self.drivers.lock().unwrap_or_else(PoisonError::into_inner);
        drivers.push(Forgetful::default());
        Ok(Place::borrowed((drivers.len() - 1).to_string()))
    }

    fn open(&self, place: &Place, _: &Setup) -> Result<Forgetful> {
        let drivers = self.drivers.lock().unwrap_or_else(PoisonError::into_inner);
        let number: usize = place.locator().parse().expect("a place is a number");
        Ok(drivers[number].clone())
    }
}

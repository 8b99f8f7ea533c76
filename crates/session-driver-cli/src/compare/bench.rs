//! What a driver is put through: each operation in turn, and a look at every byte.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use session_driver::{NewRecord, Precondition, SessionDriver, SessionId};

use super::measure::{Measured, Turns, each, timed};
use super::sample::{NOW, Session};
use crate::failure::Failure;
use crate::interrupt;
use crate::target::Driver;

/// Measures one operation; `None` if there was nothing to measure.
pub(super) type Phase = fn(&mut Bench) -> Result<Option<Measured>, Failure>;

/// The operations in their order.
pub(super) const PHASES: &[(&str, Phase)] = &[
    ("create", |bench| bench.create()),
    ("retrieve", |bench| bench.retrieve()),
    ("update", |bench| bench.update()),
    ("touch", |bench| bench.touch()),
    ("rotate", |bench| bench.rotate()),
    (FULLEST, |bench| bench.traverse()),
    ("sweep", |bench| bench.sweep()),
    ("remove", |bench| bench.remove()),
];

/// After it the store is full and well used, and its size worth telling.
pub(super) const FULLEST: &str = "traverse";

/// How many sessions one sweep removes.
const SWEPT_AT_ONCE: NonZeroUsize = NonZeroUsize::new(50).expect("50 is not zero");

/// A driver and the sessions that should be in its store.
pub(super) struct Bench {
    driver: Driver,
    sessions: Vec<Session>,
    threads: usize,
    /// Counts changes, for no two may be alike: some engines pass over a write of what is there.
    changes: AtomicU64,
}

impl Bench {
    pub(super) fn new(driver: Driver, sessions: Vec<Session>, threads: usize) -> Bench {
        Bench {
            driver,
            sessions,
            threads,
            changes: AtomicU64::new(1),
        }
    }

    /// How many sessions there are.
    pub(super) fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn create(&mut self) -> Result<Option<Measured>, Failure> {
        let measured = self.measure("create", Turns::One, |driver, _, session| {
            let record = NewRecord {
                payload: &session.payload.to_vec(),
                expires_at: session.expires_at,
            };
            let (took, version) =
                timed(|| driver.store(&session.id, record, Precondition::Absent, NOW));
            session.version = Some(version?);
            Ok(took)
        })?;
        // Where time was up, the comparison goes on with those that are there.
        self.sessions.retain(|session| session.version.is_some());
        self.check()?;
        Ok(measured)
    }

    fn retrieve(&mut self) -> Result<Option<Measured>, Failure> {
        self.measure("retrieve", Turns::Many, |driver, _, session| {
            compare(driver, session)
        })
    }

    fn update(&mut self) -> Result<Option<Measured>, Failure> {
        let measured = self.measure("update", Turns::Many, |driver, change, session| {
            session.payload.change(change);
            let record = NewRecord {
                payload: &session.payload.to_vec(),
                expires_at: session.expires_at,
            };
            let when = session
                .version
                .map_or(Precondition::Present, Precondition::Version);
            let (took, version) = timed(|| driver.store(&session.id, record, when, NOW));
            session.version = Some(version?);
            Ok(took)
        })?;
        self.check()?;
        Ok(measured)
    }

    fn touch(&mut self) -> Result<Option<Measured>, Failure> {
        let measured = self.measure("touch", Turns::Many, |driver, change, session| {
            let deadline = Some(
                NOW.saturating_add(Duration::from_secs(86_400) + Duration::from_millis(change)),
            );
            let (took, touched) = timed(|| driver.touch(&session.id, deadline, NOW));
            session.expires_at = deadline;
            if touched? { Ok(took) } else { Err(lost()) }
        })?;
        self.check()?;
        Ok(measured)
    }

    fn rotate(&mut self) -> Result<Option<Measured>, Failure> {
        let measured = self.measure("rotate", Turns::Many, |driver, _, session| {
            let to = session.next_id()?;
            let (took, version) = timed(|| driver.rotate(&session.id, &to, NOW));
            session.version = Some(version?.ok_or_else(lost)?);
            session.id = to;
            Ok(took)
        })?;
        self.check()?;
        Ok(measured)
    }

    fn traverse(&mut self) -> Result<Option<Measured>, Failure> {
        let expected: HashSet<&SessionId> =
            self.sessions.iter().map(|session| &session.id).collect();
        let times = each(&mut [()], 1, Turns::Many, |()| {
            let mut seen = Vec::with_capacity(expected.len());
            let (took, end) = timed(|| {
                self.driver.traverse(NOW, &mut |id| {
                    seen.push(id.clone());
                    ControlFlow::Continue(())
                })
            });
            end?;
            let all = self
                .driver
                .capabilities()
                .readable_ids
                .then(|| seen.iter().collect::<HashSet<_>>());
            if seen.len() != expected.len() || all.is_some_and(|all| all != expected) {
                return Err(Failure::failed(
                    "a traversal did not visit each session once",
                ));
            }
            Ok(shared(took, seen.len()))
        })?;
        Ok(Measured::new("traverse", times, 1))
    }

    fn sweep(&mut self) -> Result<Option<Measured>, Failure> {
        let soon = NOW.saturating_add(Duration::from_millis(1));
        let expiring = self.sessions.split_off(self.sessions.len() / 2);
        for session in &expiring {
            interrupt::check()?;
            if !self.driver.touch(&session.id, Some(soon), NOW)? {
                return Err(lost());
            }
        }
        let (mut times, mut removed) = (Vec::new(), 0);
        loop {
            interrupt::check()?;
            let (took, swept) = timed(|| self.driver.sweep(soon, SWEPT_AT_ONCE));
            let swept = swept?;
            removed += swept.removed;
            if swept.removed > 0 {
                times.push(shared(took, swept.removed as usize));
            }
            if !swept.more {
                break;
            }
        }
        if self.driver.capabilities().native_expiry.is_none() && removed != expiring.len() as u64 {
            return Err(Failure::failed("a sweep did not remove what had expired"));
        }
        self.check()?;
        Ok(Measured::new("sweep", times, 1))
    }

    fn remove(&mut self) -> Result<Option<Measured>, Failure> {
        self.measure("remove", Turns::One, |driver, _, session| {
            let (took, removed) = timed(|| driver.remove(&session.id, NOW));
            if removed? { Ok(took) } else { Err(lost()) }
        })
    }

    fn measure(
        &mut self,
        operation: &'static str,
        turns: Turns,
        step: impl Fn(&dyn SessionDriver, u64, &mut Session) -> Result<Duration, Failure> + Sync,
    ) -> Result<Option<Measured>, Failure> {
        let (driver, changes) = (&*self.driver, &self.changes);
        let times = each(&mut self.sessions, self.threads, turns, |session| {
            step(driver, changes.fetch_add(1, Ordering::Relaxed), session)
        })?;
        Ok(Measured::new(
            operation,
            times,
            self.threads.min(self.sessions.len()),
        ))
    }

    /// Reads all sessions, to see that they are what they should be.
    fn check(&self) -> Result<(), Failure> {
        self.sessions.iter().try_for_each(|session| {
            interrupt::check()?;
            compare(&*self.driver, session).map(|_| ())
        })
    }
}

/// Retrieves a session, and fails unless it is what it should be.
fn compare(driver: &dyn SessionDriver, session: &Session) -> Result<Duration, Failure> {
    let (took, record) = timed(|| driver.retrieve(&session.id, NOW));
    let record = record?.ok_or_else(lost)?;
    if record.payload != session.payload.to_vec() {
        return Err(Failure::failed("a payload came back with other bytes"));
    }
    if record.expires_at != session.expires_at {
        return Err(Failure::failed("a deadline came back as another"));
    }
    Ok(took)
}

fn lost() -> Failure {
    Failure::failed("a session that should be there is absent")
}

/// A call's time, shared among the sessions it handled.
fn shared(took: Duration, sessions: usize) -> Duration {
    took / u32::try_from(sessions).unwrap_or(u32::MAX).max(1)
}

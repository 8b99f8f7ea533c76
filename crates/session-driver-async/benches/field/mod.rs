//! What is measured: one driver, called in every way.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use session_driver_async::session_driver::{
    NewRecord, Precondition, SessionDriver, SessionId, Timestamp,
};
use session_driver_async::{AsyncSessionDriver, Blocking};
use tokio::task::{block_in_place, spawn_blocking};

use crate::Way;

const NOW: Timestamp = Timestamp::MIN;
const SESSIONS: usize = 1_000;
const PAYLOAD_LEN: usize = 1024;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Retrieve,
    Overwrite,
}

pub(crate) trait Driver: SessionDriver + 'static {}

impl<D: SessionDriver + 'static> Driver for D {}

/// A thousand sessions of 1 KiB, and a counter that makes every payload another.
pub(crate) struct Field<D> {
    driver: Arc<D>,
    bridge: Arc<Blocking<Arc<D>>>,
    inline: Arc<Blocking<Arc<D>>>,
    ids: Arc<[SessionId]>,
    counter: Arc<AtomicU64>,
}

impl<D: Driver> Field<D> {
    pub(crate) fn new(driver: D) -> Field<D> {
        let driver = Arc::new(driver);
        let ids = (0..SESSIONS).map(|_| SessionId::generate().expect("an id"));
        let builder = Blocking::builder(Arc::clone(&driver));
        let field = Field {
            bridge: Arc::new(builder.clone().build()),
            inline: Arc::new(builder.run_quick_ones_inline().build()),
            driver,
            ids: ids.collect(),
            counter: Arc::default(),
        };
        // Twice, so that in files every session has both its slots.
        (0..2 * SESSIONS).for_each(|_| field.call(Operation::Overwrite));
        field
    }

    /// The calls of one task.
    pub(crate) async fn calls(self, way: Way, operation: Operation, count: usize) {
        for _ in 0..count {
            match way {
                Way::Direct => self.call(operation),
                Way::Bridge => self.bridged(&self.bridge, operation).await,
                Way::BridgeInline => self.bridged(&self.inline, operation).await,
                Way::SpawnBlocking => {
                    let field = self.clone();
                    let call = spawn_blocking(move || field.call(operation));
                    call.await.expect("no call panics");
                }
                Way::BlockInPlace => block_in_place(|| self.call(operation)),
            }
        }
    }

    fn call(&self, operation: Operation) {
        let (id, payload) = self.next();
        match operation {
            Operation::Retrieve => {
                let found = self.driver.retrieve(id, NOW).expect("a read");
                black_box(found.expect("live"));
            }
            Operation::Overwrite => {
                let stored = self
                    .driver
                    .store(id, record(&payload), Precondition::Any, NOW);
                stored.expect("a store");
            }
        }
    }

    async fn bridged(&self, bridge: &Blocking<Arc<D>>, operation: Operation) {
        let (id, payload) = self.next();
        match operation {
            Operation::Retrieve => {
                let found = bridge.retrieve(id, NOW).await.expect("a read");
                black_box(found.expect("live"));
            }
            Operation::Overwrite => {
                let stored = bridge.store(id, record(&payload), Precondition::Any, NOW);
                stored.await.expect("a store");
            }
        }
    }

    fn next(&self) -> (&SessionId, [u8; PAYLOAD_LEN]) {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut payload = [b'x'; PAYLOAD_LEN];
        payload[..8].copy_from_slice(&count.to_le_bytes());
        (&self.ids[count as usize % SESSIONS], payload)
    }
}

fn record(payload: &[u8]) -> NewRecord<'_> {
    NewRecord {
        payload,
        expires_at: None,
    }
}

impl<D> Clone for Field<D> {
    fn clone(&self) -> Field<D> {
        Field {
            driver: Arc::clone(&self.driver),
            bridge: Arc::clone(&self.bridge),
            inline: Arc::clone(&self.inline),
            ids: Arc::clone(&self.ids),
            counter: Arc::clone(&self.counter),
        }
    }
}

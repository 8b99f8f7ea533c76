//! The drivers under test, each over a place of its own.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};

use redis_test_server::{Options, Server, installed_or_skip};
use session_driver_actix::DriverStore;
use session_driver_actix::session_driver::{
    MemoryDriver, NewRecord, Precondition, Record, SessionDriver, SessionId, Timestamp, Version,
};
use session_driver_actix::session_driver_async::{AsyncSessionDriver, Blocking};
use session_driver_file::FileDriver;
use session_driver_redis::{AsyncRedisDriver, RedisDriver};
use session_driver_sled::SledDriver;
use session_driver_sqlite::SqliteDriver;
use tempfile::TempDir;

use crate::clock;

pub(crate) type Driver = Arc<dyn AsyncSessionDriver>;

pub(crate) type Store = DriverStore<Driver>;

/// A driver, and the directory it is to lose.
pub(crate) struct Subject {
    pub(crate) driver: Driver,
    _directory: Option<TempDir>,
}

pub(crate) async fn memory(_: &str) -> Option<Subject> {
    Some(Subject::over(MemoryDriver::new(), None))
}

pub(crate) async fn file(_: &str) -> Option<Subject> {
    let directory = directory();
    let driver = FileDriver::open(directory.path().join("sessions")).expect("an open driver");
    Some(Subject::over(driver, Some(directory)))
}

pub(crate) async fn sqlite(_: &str) -> Option<Subject> {
    let directory = directory();
    let driver = SqliteDriver::open(directory.path().join("sessions.db")).expect("an open driver");
    Some(Subject::over(driver, Some(directory)))
}

pub(crate) async fn sled(_: &str) -> Option<Subject> {
    let directory = directory();
    let driver = SledDriver::open(directory.path().join("sessions")).expect("an open driver");
    Some(Subject::over(driver, Some(directory)))
}

pub(crate) async fn redis(case: &str) -> Option<Subject> {
    let driver = RedisDriver::builder(&redis_url(case)?).prefix(prefix());
    Some(Subject::over(driver.open().expect("an open driver"), None))
}

pub(crate) async fn redis_async(case: &str) -> Option<Subject> {
    let driver = AsyncRedisDriver::builder(&redis_url(case)?).prefix(prefix());
    Some(Subject {
        driver: Arc::new(driver.open().await.expect("an open driver")),
        _directory: None,
    })
}

/// A private server that all cases share; `None` without a program to start one.
fn redis_url(case: &str) -> Option<String> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    installed_or_skip(case)?;
    let server = SERVER.get_or_init(|| Server::start(&Options::new()).expect("a server"));
    Some(server.url())
}

/// What nobody else's keys begin with.
fn prefix() -> String {
    format!("{:016x}:", Version::random().expect("randomness").to_bits())
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

impl Subject {
    fn over(driver: impl SessionDriver + 'static, directory: Option<TempDir>) -> Subject {
        Subject {
            driver: Arc::new(Blocking::new(driver)),
            _directory: directory,
        }
    }

    /// A store over the driver, by the test's clock.
    pub(crate) fn store(&self) -> Store {
        DriverStore::new(Arc::clone(&self.driver)).with_clock(clock::now)
    }

    /// What is stored under `id` and live.
    pub(crate) async fn record(&self, id: &SessionId) -> Option<Record> {
        let record = self.driver.retrieve(id, clock::now()).await;
        record.expect("a driver that works")
    }

    /// Stores these bytes under `id`, whatever is there.
    pub(crate) async fn plant(&self, id: &SessionId, payload: &[u8]) {
        let record = NewRecord {
            payload,
            expires_at: None,
        };
        let when = Precondition::Any;
        let stored = self.driver.store(id, record, when, clock::now()).await;
        stored.expect("a driver that works");
    }

    /// The ids of all that is stored, expired or not.
    pub(crate) async fn ids(&self) -> Vec<SessionId> {
        let mut stream = self.driver.traverse(Timestamp::MIN);
        let mut ids = Vec::new();
        while let Some(id) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
            ids.push(id.expect("a driver that works"));
        }
        ids
    }

    pub(crate) async fn close(self) {
        self.driver.close().await;
    }
}

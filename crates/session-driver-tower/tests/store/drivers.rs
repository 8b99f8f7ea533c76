//! Every driver, each in a place of its own.

use std::any::Any;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use redis_test_server::{Available, Options, Server, available_or_skip};
use session_driver_file::FileDriver;
use session_driver_redis::RedisDriver;
use session_driver_sled::SledDriver;
use session_driver_sqlite::SqliteDriver;
use session_driver_tower::DriverStore;
use session_driver_tower::session_driver::{MemoryDriver, SessionDriver, SessionId, Timestamp};
use session_driver_tower::session_driver_async::Blocking;
use tempfile::TempDir;

pub(crate) type Store = DriverStore<Blocking<Arc<dyn SessionDriver>>>;

/// A driver with nothing in it, and what keeps its backend there.
pub(crate) struct Place {
    pub(crate) driver: Arc<dyn SessionDriver>,
    _backend: Box<dyn Any>,
}

impl Place {
    fn new(driver: impl SessionDriver + 'static, backend: impl Any) -> Place {
        Place {
            driver: Arc::new(driver),
            _backend: Box::new(backend),
        }
    }

    pub(crate) fn store(&self) -> Store {
        DriverStore::blocking(Arc::clone(&self.driver))
    }

    /// Everything that is stored, expired or not.
    pub(crate) fn stored(&self) -> HashSet<SessionId> {
        let mut ids = HashSet::new();
        self.driver
            .traverse(Timestamp::MIN, &mut |id| {
                ids.insert(id.clone());
                ControlFlow::Continue(())
            })
            .expect("a traversal");
        ids
    }
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

pub(crate) fn memory() -> Option<Place> {
    Some(Place::new(MemoryDriver::new(), ()))
}

pub(crate) fn file() -> Option<Place> {
    let directory = directory();
    let driver = FileDriver::open(directory.path().join("sessions")).expect("an open driver");
    Some(Place::new(driver, directory))
}

pub(crate) fn sqlite() -> Option<Place> {
    let directory = directory();
    let driver = SqliteDriver::open(directory.path().join("app.db")).expect("an open driver");
    Some(Place::new(driver, directory))
}

pub(crate) fn sled() -> Option<Place> {
    let directory = directory();
    let driver = SledDriver::open(directory.path().join("sessions")).expect("an open driver");
    Some(Place::new(driver, directory))
}

pub(crate) fn redis() -> Option<Place> {
    let (url, server) = match available_or_skip("tower-sessions over Redis")? {
        Available::Installed(_) => {
            let server = Server::start(&Options::new()).expect("a server");
            (server.url(), Some(server))
        }
        Available::Url(url) => (url, None),
    };
    let prefix = SessionId::generate().expect("randomness");
    let driver = RedisDriver::builder(&url).prefix(format!("{}:", prefix.as_str()));
    Some(Place::new(driver.open().expect("an open driver"), server))
}

/// Makes tests of functions that take a [`Place`]: one for each and every driver.
macro_rules! with_every_driver {
    ($($test:ident),+ $(,)?) => {
        with_every_driver! { memory: $($test)+ }
        with_every_driver! { file: $($test)+ }
        with_every_driver! { sqlite: $($test)+ }
        with_every_driver! { sled: $($test)+ }
        with_every_driver! { redis: $($test)+ }
    };
    ($driver:ident: $($test:ident)+) => {
        mod $driver {
            $(
                #[tokio::test]
                async fn $test() {
                    if let Some(place) = crate::drivers::$driver() {
                        super::$test(place).await;
                    }
                }
            )+
        }
    };
}

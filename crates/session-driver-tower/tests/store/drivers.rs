//! Every driver, each in a place of its own.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::{Arc, OnceLock};

use redis_test_server::{Available, Options, Server, available_or_skip};
use session_driver_file::FileDriver;
use session_driver_redis::{AsyncRedisDriver, RedisDriver, RedisDriverBuilder};
use session_driver_sled::SledDriver;
use session_driver_sqlite::SqliteDriver;
use session_driver_tower::DriverStore;
use session_driver_tower::session_driver::{MemoryDriver, SessionDriver, SessionId, Timestamp};
use session_driver_tower::session_driver_async::{AsyncSessionDriver, Blocking};
use tempfile::TempDir;

pub(crate) type Driver = Arc<dyn AsyncSessionDriver>;

pub(crate) type Store = DriverStore<Driver>;

/// A driver with nothing in it, and what keeps its backend there.
pub(crate) struct Place {
    pub(crate) driver: Driver,
    backend: Backend,
    _directory: Option<TempDir>,
}

enum Backend {
    Blocking(Arc<dyn SessionDriver>),
    Redis(Box<RedisDriverBuilder<AsyncRedisDriver>>),
}

impl Backend {
    async fn open(&self) -> Driver {
        match self {
            Backend::Blocking(driver) => Arc::new(Blocking::new(Arc::clone(driver))),
            Backend::Redis(builder) => {
                let driver = RedisDriverBuilder::clone(builder).open().await;
                Arc::new(driver.expect("an open driver"))
            }
        }
    }
}

impl Place {
    async fn new(backend: Backend, directory: Option<TempDir>) -> Option<Place> {
        Some(Place {
            driver: backend.open().await,
            backend,
            _directory: directory,
        })
    }

    async fn blocking(
        driver: impl SessionDriver + 'static,
        directory: Option<TempDir>,
    ) -> Option<Place> {
        Place::new(Backend::Blocking(Arc::new(driver)), directory).await
    }

    pub(crate) fn store(&self) -> Store {
        DriverStore::new(Arc::clone(&self.driver))
    }

    /// A store over the same backend that can be closed for itself.
    pub(crate) async fn another_store(&self) -> Store {
        DriverStore::new(self.backend.open().await)
    }

    /// Everything that is stored, expired or not.
    pub(crate) async fn stored(&self) -> HashSet<SessionId> {
        let mut traversal = self.driver.traverse(Timestamp::MIN);
        let mut ids = HashSet::new();
        while let Some(id) = poll_fn(|context| traversal.as_mut().poll_next(context)).await {
            ids.insert(id.expect("a traversal"));
        }
        ids
    }
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

pub(crate) async fn memory() -> Option<Place> {
    Place::blocking(MemoryDriver::new(), None).await
}

pub(crate) async fn file() -> Option<Place> {
    let directory = directory();
    let driver = FileDriver::open(directory.path().join("sessions")).expect("an open driver");
    Place::blocking(driver, Some(directory)).await
}

pub(crate) async fn sqlite() -> Option<Place> {
    let directory = directory();
    let driver = SqliteDriver::open(directory.path().join("app.db")).expect("an open driver");
    Place::blocking(driver, Some(directory)).await
}

pub(crate) async fn sled() -> Option<Place> {
    let directory = directory();
    let driver = SledDriver::open(directory.path().join("sessions")).expect("an open driver");
    Place::blocking(driver, Some(directory)).await
}

pub(crate) async fn redis() -> Option<Place> {
    let driver = RedisDriver::builder(redis_url()?).prefix(prefix()).open();
    Place::blocking(driver.expect("an open driver"), None).await
}

pub(crate) async fn redis_async() -> Option<Place> {
    let builder = AsyncRedisDriver::builder(redis_url()?).prefix(prefix());
    Place::new(Backend::Redis(Box::new(builder)), None).await
}

/// A server that all tests share; `None` where there is none.
fn redis_url() -> Option<&'static str> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static URL: OnceLock<Option<String>> = OnceLock::new();
    let url = URL.get_or_init(|| match available_or_skip("tower-sessions over Redis")? {
        Available::Installed(_) => {
            let start = || Server::start(&Options::new()).expect("a server");
            Some(SERVER.get_or_init(start).url())
        }
        Available::Url(url) => Some(url),
    });
    url.as_deref()
}

/// What nobody else's keys begin with.
fn prefix() -> String {
    let prefix = SessionId::generate().expect("randomness");
    format!("{}:", prefix.as_str())
}

/// Makes tests of functions that take a [`Place`]: one for each and every driver.
macro_rules! with_every_driver {
    ($($test:ident),+ $(,)?) => {
        with_driver! { memory: $($test)+ }
        with_driver! { file: $($test)+ }
        with_driver! { sqlite: $($test)+ }
        with_driver! { sled: $($test)+ }
        with_driver! { redis: $($test)+ }
        with_driver! { redis_async: $($test)+ }
    };
}

/// Makes tests of functions that take a [`Place`], for one driver.
macro_rules! with_driver {
    ($driver:ident: $($test:ident)+) => {
        mod $driver {
            $(
                #[tokio::test]
                async fn $test() {
                    if let Some(place) = crate::drivers::$driver().await {
                        super::$test(place).await;
                    }
                }
            )+
        }
    };
}

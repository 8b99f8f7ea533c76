//! The drivers that URLs can name.

use std::fmt;
use std::sync::Arc;

use session_driver::SessionDriver;
#[cfg(feature = "async")]
use session_driver::{Error, ErrorKind, Operation};
#[cfg(feature = "async")]
use session_driver_async::{AsyncSessionDriver, Blocking, BoxFuture};

use crate::builtin;
use crate::error::{OpenError, UrlError};
use crate::url::StoreUrl;

/// An open driver, and what its operator should be told.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened<D = Box<dyn SessionDriver>> {
    /// The driver.
    pub driver: D,
    /// What was found while it was opened that can lose sessions, such as a server that drops keys
    /// when its memory is full; each says what to do.
    pub warnings: Vec<String>,
}

impl<D> Opened<D> {
    /// A driver without warnings.
    #[must_use]
    pub fn new(driver: D) -> Opened<D> {
        Opened {
            driver,
            warnings: Vec::new(),
        }
    }

    /// The same driver with these warnings.
    #[must_use]
    pub fn with_warnings(self, warnings: Vec<String>) -> Opened<D> {
        Opened { warnings, ..self }
    }
}

/// A kind of store that URLs can name: implement it to [register](Drivers::register) a driver of
/// your own.
pub trait UrlDriver: fmt::Debug + Send + Sync {
    /// The schemes of its URLs, such as `["postgres", "postgresql"]`.
    fn schemes(&self) -> &[&str];

    /// The parameters that its URLs may have. Any other is refused before
    /// [`prepare`](UrlDriver::prepare) is called.
    fn parameters(&self) -> &[&str];

    /// Reads a URL. It opens nothing.
    ///
    /// # Errors
    /// The URL is wrong; the error shows no password.
    fn prepare(&self, url: &StoreUrl) -> Result<Box<dyn Unopened>, UrlError>;
}

/// A driver's settings, as a URL has them: the builder of a driver that is yet to be opened.
pub trait Unopened: fmt::Debug + Send {
    /// Opens the store.
    ///
    /// # Errors
    /// The driver's own.
    fn open(self: Box<Self>) -> session_driver::Result<Opened>;

    /// Opens the store for tasks. By default [`open`](Unopened::open) runs on one of the threads
    /// that tokio keeps for what blocks, and [`Blocking`] bridges the driver.
    ///
    /// # Errors
    /// The driver's own; Unsupported outside a tokio runtime.
    #[cfg(feature = "async")]
    fn open_async(
        self: Box<Self>,
    ) -> BoxFuture<'static, session_driver::Result<Opened<Box<dyn AsyncSessionDriver>>>>
    where
        Self: 'static,
    {
        Box::pin(async move {
            let failed = |kind| Error::new(kind, Operation::Open, "url");
            let runtime = tokio::runtime::Handle::try_current()
                .map_err(|error| failed(ErrorKind::Unsupported).with_source(error))?;
            let opened = runtime.spawn_blocking(|| self.open()).await;
            let opened = opened.map_err(|error| failed(ErrorKind::Other).with_source(error))??;
            Ok(Opened {
                driver: Box::new(Blocking::new(opened.driver)) as Box<dyn AsyncSessionDriver>,
                warnings: opened.warnings,
            })
        })
    }
}

/// The drivers that URLs can name, by their schemes.
///
/// ```
/// use session_driver_url::session_driver::{self, MemoryDriver};
/// use session_driver_url::{Drivers, Opened, StoreUrl, Unopened, UrlDriver, UrlError};
///
/// /// `forgetful:`, in memory.
/// #[derive(Debug)]
/// struct Forgetful;
///
/// impl UrlDriver for Forgetful {
///     fn schemes(&self) -> &[&str] {
///         &["forgetful"]
///     }
///
///     fn parameters(&self) -> &[&str] {
///         &["max-payload-bytes"]
///     }
///
///     fn prepare(&self, url: &StoreUrl) -> Result<Box<dyn Unopened>, UrlError> {
///         Ok(Box::new(Settings(url.number("max-payload-bytes")?)))
///     }
/// }
///
/// #[derive(Debug)]
/// struct Settings(Option<usize>);
///
/// impl Unopened for Settings {
///     fn open(self: Box<Self>) -> session_driver::Result<Opened> {
///         let mut driver = MemoryDriver::new();
///         if let Some(bytes) = self.0 {
///             driver = driver.with_max_payload_bytes(bytes);
///         }
///         Ok(Opened::new(Box::new(driver)))
///     }
/// }
///
/// let mut drivers = Drivers::built_in();
/// drivers.register(Forgetful);
/// let driver = drivers.open("forgetful:?max-payload-bytes=100000")?;
/// assert_eq!(driver.capabilities().max_payload_bytes, 100_000);
/// # Ok::<(), session_driver_url::OpenError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Drivers(Vec<Arc<dyn UrlDriver>>);

impl Default for Drivers {
    fn default() -> Drivers {
        Drivers::built_in()
    }
}

impl Drivers {
    /// The driver in memory, and those whose features are enabled.
    #[must_use]
    pub fn built_in() -> Drivers {
        Drivers(builtin::all())
    }

    /// No driver, to [register](Drivers::register) some.
    #[must_use]
    pub fn none() -> Drivers {
        Drivers(Vec::new())
    }

    /// Adds a driver. Its schemes go before those of the drivers that are there.
    pub fn register(&mut self, driver: impl UrlDriver + 'static) {
        self.0.insert(0, Arc::new(driver));
    }

    /// The schemes that can be opened.
    pub fn schemes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|driver| driver.schemes()).copied()
    }

    /// The parameters that URLs of a scheme may have; `None` when no driver has the scheme.
    #[must_use]
    pub fn parameters(&self, scheme: &str) -> Option<&[&str]> {
        self.of(scheme).map(|driver| driver.parameters())
    }

    /// Reads a URL, and opens nothing: to refuse a wrong one early, or to see the
    /// [warnings](Opened::warnings) of an open.
    ///
    /// # Errors
    /// No driver has the scheme, or its driver has no such parameter or value.
    pub fn prepare(&self, url: &StoreUrl) -> Result<Box<dyn Unopened>, UrlError> {
        let scheme = url.scheme();
        let driver = self.of(scheme).ok_or_else(|| self.unknown(scheme))?;
        let known = driver.parameters();
        if let Some(name) = url.parameters().find(|name| !known.contains(name)) {
            let what = format!("{scheme}: has no parameter `{name}`");
            return Err(UrlError::new(what).with_advice(match known {
                [] => "it takes none".into(),
                known => format!("its parameters are {}", known.join(", ")),
            }));
        }
        driver.prepare(url)
    }

    /// Opens the store that a URL names, and makes it if there is none.
    ///
    /// # Errors
    /// - [`OpenError::Url`] when the URL names no store; nothing is opened.
    /// - [`OpenError::Driver`] when its driver does not open it.
    pub fn open(&self, url: &str) -> Result<Box<dyn SessionDriver>, OpenError> {
        let url: StoreUrl = url.parse()?;
        let opened = self.prepare(&url)?.open();
        let opened = opened.map_err(|source| OpenError::Driver {
            url: url.to_string(),
            source,
        })?;
        Ok(opened.driver)
    }

    /// Opens the store that a URL names for tasks, and makes it if there is none.
    ///
    /// # Errors
    /// Like [`open`](Drivers::open); the driver's error is Unsupported outside a tokio runtime.
    #[cfg(feature = "async")]
    pub async fn open_async(&self, url: &str) -> Result<Box<dyn AsyncSessionDriver>, OpenError> {
        let url: StoreUrl = url.parse()?;
        let opened = self.prepare(&url)?.open_async().await;
        let opened = opened.map_err(|source| OpenError::Driver {
            url: url.to_string(),
            source,
        })?;
        Ok(opened.driver)
    }

    fn of(&self, scheme: &str) -> Option<&Arc<dyn UrlDriver>> {
        let mut drivers = self.0.iter();
        drivers.find(|driver| driver.schemes().contains(&scheme))
    }

    fn unknown(&self, scheme: &str) -> UrlError {
        let known: Vec<String> = self.schemes().map(|known| format!("{known}:")).collect();
        let what = builtin::why_left_out(scheme)
            .unwrap_or_else(|| format!("no driver has URLs that begin with `{scheme}:`"));
        UrlError::new(what).with_advice(format!("known are {}", known.join(", ")))
    }
}

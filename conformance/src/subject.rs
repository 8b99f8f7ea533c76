//! What is tested: how to make a backend for a driver, and how to open it.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use session_driver::{MemoryDriver, Result, SessionDriver};

/// A cause of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A driver under test.
///
/// [`MemorySubject`] is an example without a backend outside the process. A driver that keeps its
/// sessions in a directory needs no more than this:
///
/// ```
/// use session_driver_conformance::{BoxError, Place, Setup, Subject};
/// # use session_driver::{MemoryDriver as MyDriver, Result};
///
/// struct MySubject;
///
/// impl Subject for MySubject {
///     type Driver = MyDriver;
///
///     fn name(&self) -> String {
///         "mine".into()
///     }
///
///     fn place(&self) -> Result<Place, BoxError> {
///         Place::in_temporary_directory()
///     }
///
///     fn open(&self, place: &Place, _setup: &Setup) -> Result<MyDriver> {
///         // for example: MyDriver::open(place.path())
/// #       let _ = place;
///         Ok(MyDriver::new())
///     }
/// }
/// ```
pub trait Subject: Send + Sync + 'static {
    /// The driver's type.
    type Driver: SessionDriver + 'static;

    /// The name under which reports speak of it.
    fn name(&self) -> String;

    /// Makes a new, empty place for a backend, which no other case uses. It goes when the [`Place`]
    /// is dropped.
    ///
    /// # Errors
    /// Whatever keeps it from being made; the cases that need a place then fail.
    fn place(&self) -> Result<Place, BoxError>;

    /// Opens the backend in `place`, which may be new, open already, or written by an earlier
    /// driver or another process.
    ///
    /// # Errors
    /// Unsupported when the driver cannot be opened as `setup` says (the cases that need it are
    /// then skipped by name), else the driver's own.
    fn open(&self, place: &Place, setup: &Setup) -> Result<Self::Driver>;
}

/// Where the backend of one case is: a text that any process can open it by, and what keeps it
/// alive.
pub struct Place {
    locator: String,
    _guard: Option<Box<dyn Any + Send + Sync>>,
}

impl Place {
    /// A place that goes when `guard` is dropped.
    #[must_use]
    pub fn new(locator: impl Into<String>, guard: impl Any + Send + Sync) -> Place {
        Place {
            locator: locator.into(),
            _guard: Some(Box::new(guard)),
        }
    }

    /// A place that another process keeps alive.
    #[must_use]
    pub fn borrowed(locator: impl Into<String>) -> Place {
        Place {
            locator: locator.into(),
            _guard: None,
        }
    }

    /// A place in a temporary directory of its own; the locator is a path in it at which nothing
    /// exists yet.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn in_temporary_directory() -> Result<Place, BoxError> {
        let directory = tempfile::Builder::new()
            .prefix("session-driver-")
            .tempdir()?;
        let path = directory.path().join("store");
        let locator = path
            .to_str()
            .ok_or("the temporary directory's name is not UTF-8")?;
        Ok(Place::new(locator, directory))
    }

    /// The text that names the backend.
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// The text as a path.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        self.locator.as_ref()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("locator", &self.locator)
            .finish_non_exhaustive()
    }
}

/// How a case wants a driver opened. Where a field is `None` the driver's default is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setup {
    /// The namespace within the place's backend: a directory beside others, a table, a key prefix,
    /// a tree. Any text may be asked for; one that the driver cannot keep apart is to be refused
    /// with an error other than Unsupported.
    pub namespace: Option<String>,
    /// A maximum for payloads, in bytes, below the driver's own.
    pub max_payload_bytes: Option<usize>,
}

impl Setup {
    /// Asks for a namespace.
    #[must_use]
    pub fn in_namespace(name: impl Into<String>) -> Setup {
        Setup {
            namespace: Some(name.into()),
            ..Setup::default()
        }
    }

    /// Asks for a lower maximum.
    #[must_use]
    pub fn with_max_payload_bytes(bytes: usize) -> Setup {
        Setup {
            max_payload_bytes: Some(bytes),
            ..Setup::default()
        }
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setup {
                namespace: Some(_), ..
            } => f.write_str("a namespace of choice"),
            Setup {
                max_payload_bytes: Some(_),
                ..
            } => f.write_str("a lowered payload maximum"),
            _ => f.write_str("the default setup"),
        }
    }
}

/// A subject whose driver's type is hidden, so that the cases are compiled once.
pub(crate) trait AnySubject: Send + Sync {
    fn name(&self) -> String;
    fn place(&self) -> Result<Place, BoxError>;
    fn open(&self, place: &Place, setup: &Setup) -> Result<Box<dyn SessionDriver>>;
}

impl<S: Subject> AnySubject for S {
    fn name(&self) -> String {
        Subject::name(self)
    }

    fn place(&self) -> Result<Place, BoxError> {
        Subject::place(self)
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<Box<dyn SessionDriver>> {
        Ok(Box::new(Subject::open(self, place, setup)?))
    }
}

impl fmt::Debug for dyn AnySubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({})", self.name())
    }
}

/// The memory driver as a subject: a place is a number, under which the driver is found again, and
/// a namespace is a driver of its own.
#[derive(Debug, Default)]
pub struct MemorySubject {
    next: AtomicU64,
    drivers: Mutex<HashMap<(String, Option<String>), MemoryDriver>>,
}

impl Subject for MemorySubject {
    type Driver = MemoryDriver;

    fn name(&self) -> String {
        "memory".into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        Ok(Place::borrowed(
            self.next.fetch_add(1, Ordering::Relaxed).to_string(),
        ))
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<MemoryDriver> {
        let key = (place.locator().to_owned(), setup.namespace.clone());
        let mut drivers = self.drivers.lock().unwrap_or_else(PoisonError::into_inner);
        let driver = drivers.entry(key).or_default().clone();
        Ok(match setup.max_payload_bytes {
            Some(bytes) => driver.with_max_payload_bytes(bytes),
            None => driver,
        })
    }
}

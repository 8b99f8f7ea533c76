//! A case: a function that tries a driver and says what it saw.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use session_driver::{Capabilities, ErrorKind, Record, SessionDriver, SessionId, Timestamp};

use crate::budget::Budget;
use crate::patient::Patient;
use crate::place::Place;
use crate::rule::Need;
use crate::subject::{AnySubject, Setup};

/// One way to prove a rule.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The function's name: a statement about the driver.
    pub name: &'static str,
    /// Tries the driver.
    pub run: fn(&Context) -> Verdict,
}

/// What a case ends with.
pub type Verdict = Result<(), Stop>;

/// Why a case ended before its last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The driver broke the rule; the text says what was seen.
    Failed(String),
    /// The case could not be tried; the text says why.
    Skipped(String),
    /// The case needs a hook that the subject has not got, or a right that the process has not got;
    /// the text says which.
    Unobserved(String),
    /// The rule does not bind the driver by what it declares; the text says which capability.
    NotApplicable(String),
}

impl From<session_driver::Error> for Stop {
    /// An operation that the case relies on failed.
    fn from(error: session_driver::Error) -> Stop {
        let mut text = format!("{:?} where success was due: {error}", error.kind());
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            text.push_str(&format!(": {next}"));
            cause = next.source();
        }
        Stop::Failed(text)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Stop::Failed(text)
        | Stop::Skipped(text)
        | Stop::Unobserved(text)
        | Stop::NotApplicable(text)) = self;
        f.write_str(text)
    }
}

/// Ends a case with what was seen unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($seen:tt)+) => {
        if !$condition {
            return Err($crate::case::Stop::Failed(format!($($seen)+)));
        }
    };
}
pub(crate) use ensure;

/// Ends a case unless the two are equal; `what` names the thing that was compared.
macro_rules! ensure_eq {
    ($seen:expr, $due:expr, $($what:tt)+) => {{
        let (seen, due) = (&$seen, &$due);
        if seen != due {
            let what = format!($($what)+);
            return Err($crate::case::Stop::Failed(format!("{what}: got {seen:?}, not {due:?}")));
        }
    }};
}
pub(crate) use ensure_eq;

/// The list of a rule's cases: functions, named as they are.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        $crate::rule::Proof::Cases(&[$($crate::case::Case { name: stringify!($case), run: $case }),+])
    };
}
pub(crate) use cases;

/// The live record under `id`, which the case has reason to expect.
pub(crate) fn live_record(
    driver: &dyn SessionDriver,
    id: &SessionId,
    now: Timestamp,
) -> Result<Record, Stop> {
    let found = driver.retrieve(id, now)?;
    found.ok_or_else(|| Stop::Failed("a record that should be live is absent".into()))
}

/// What a case is given: the subject, a seed, and the ways to open the driver.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) subject: Arc<dyn AnySubject>,
    pub(crate) capabilities: Capabilities,
    pub(crate) seed: u64,
    pub(crate) processes: bool,
    pub(crate) case_limit: Duration,
    pub(crate) budget: Budget,
    pub(crate) measured: Measured,
}

/// What a case has measured, a line each.
pub(crate) type Measured = Arc<Mutex<Vec<String>>>;

impl Context {
    /// What the driver under test declares.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The seed of this run; a case derives all its randomness from it.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A generator of this run's random numbers.
    #[must_use]
    pub fn rng(&self) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed)
    }

    /// How many rounds this run has where `ordinary` are usual: fewer in a quick one.
    #[must_use]
    pub fn rounds(&self, ordinary: usize) -> usize {
        self.budget.rounds(ordinary)
    }

    /// How long a race of this run goes on where `ordinary` is usual: shorter in a quick one.
    #[must_use]
    pub fn span(&self, ordinary: Duration) -> Duration {
        self.budget.span(ordinary)
    }

    /// Puts a line into the report: what a case has measured, and judges not.
    pub fn measured(&self, line: impl Into<String>) {
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        measured.push(line.into());
    }

    /// Goes on only with a driver that declares the capability.
    ///
    /// # Errors
    /// NotApplicable when it does not.
    pub fn needs(&self, need: Need) -> Verdict {
        match need.missing(&self.capabilities) {
            Some(reason) => Err(Stop::NotApplicable(reason.into())),
            None => Ok(()),
        }
    }

    /// A new, empty backend, opened.
    ///
    /// # Errors
    /// Failed when the subject or the driver fails to make one.
    pub fn fresh(&self) -> Result<Fixture, Stop> {
        self.fresh_with(&Setup::default())
    }

    /// A new, empty backend, opened as `setup` says.
    ///
    /// # Errors
    /// Skipped when the subject cannot open it that way, Failed when it fails.
    pub fn fresh_with(&self, setup: &Setup) -> Result<Fixture, Stop> {
        let place = self.place()?;
        let driver = self.open(&place, setup)?;
        Ok(Fixture {
            context: self.clone(),
            place: Arc::new(place),
            driver,
        })
    }

    /// A new place for a backend; nothing is opened yet.
    ///
    /// # Errors
    /// Failed when the subject has none.
    pub fn place(&self) -> Result<Place, Stop> {
        self.subject.place().map_err(|error| {
            Stop::Failed(format!("the subject has no place for a backend: {error}"))
        })
    }

    /// Opens the backend in `place`. The driver tries a retryable Busy again within the declared
    /// bound.
    ///
    /// # Errors
    /// Skipped when the subject cannot open it that way, Failed when it fails.
    pub fn open(&self, place: &Place, setup: &Setup) -> Result<Driver, Stop> {
        match self.subject.open(place, setup) {
            Ok(driver) => Ok(Box::new(Patient::new(driver))),
            Err(error) if error.kind() == ErrorKind::Unsupported => Err(Stop::Skipped(format!(
                "the subject cannot open the driver with {setup}"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the backend in `place` and gives the driver's own answer, Busy included.
    ///
    /// # Errors
    /// The driver's.
    pub fn open_raw(&self, place: &Place, setup: &Setup) -> session_driver::Result<Driver> {
        self.subject.open(place, setup)
    }
}

/// A driver whose type the cases need not know.
pub type Driver = Box<dyn SessionDriver>;

/// A backend of a case's own, and a driver opened on it, which it derefs to.
#[derive(Debug)]
pub struct Fixture {
    context: Context,
    place: Arc<Place>,
    driver: Driver,
}

impl Fixture {
    /// Where the backend is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Another instance on the same backend, or `None` when the driver says Locked (rule ISO-4
    /// allows it).
    ///
    /// # Errors
    /// Failed when it can be opened for another reason.
    pub fn another(&self) -> Result<Option<Driver>, Stop> {
        match self.context.open_raw(&self.place, &Setup::default()) {
            Ok(driver) => Ok(Some(Box::new(Patient::new(driver)))),
            Err(error) if error.kind() == ErrorKind::Locked => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Another instance on the same backend.
    ///
    /// # Errors
    /// NotApplicable when the driver says Locked, which rule ISO-4 allows; Failed when it cannot be
    /// opened for another reason.
    pub fn second(&self) -> Result<Driver, Stop> {
        let locked =
            || Stop::NotApplicable("the driver refuses a second instance with Locked".into());
        self.another()?.ok_or_else(locked)
    }

    /// Closes the driver and gives the place, which still holds the backend.
    #[must_use]
    pub fn close(self) -> Arc<Place> {
        drop(self.driver);
        self.place
    }

    /// Closes the driver and opens the backend again.
    ///
    /// # Errors
    /// Failed when it cannot be opened.
    pub fn reopen(self) -> Result<Fixture, Stop> {
        let Fixture {
            context,
            place,
            driver,
        } = self;
        drop(driver);
        let driver = context.open(&place, &Setup::default())?;
        Ok(Fixture {
            context,
            place,
            driver,
        })
    }
}

impl Deref for Fixture {
    type Target = dyn SessionDriver;

    fn deref(&self) -> &Self::Target {
        &*self.driver
    }
}

//! What is tested: how to make a backend for a driver, and how to open it.

use std::fmt;
use std::time::Duration;

use session_driver::{Durability, Record, Result, SessionDriver, SessionId};

use crate::hook::{Cannot, Contents, Planted, add_foreign_files, files_below};
use crate::place::Place;
use crate::proxy::Proxy;

/// A cause of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A driver under test.
///
/// [`MemorySubject`](crate::MemorySubject) is an example without a backend outside the process. A driver that keeps its
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
///
/// # Hooks
/// Some rules speak of what lies beneath the driver: damage, a server's end, foreign data. They are
/// tried through the methods below [`open`](Subject::open), each of which may be left out: what it
/// would show is then *unobserved*, and counted beside the conforming rules. A hook may answer
/// [`Cannot`] to a part of what it is asked for. No hook is asked while the suite has a driver open
/// in the place, so a hook may open the engine itself. Hooks concern the default namespace alone.
///
/// | hook | a backend in files | a server | rules |
/// |---|---|---|---|
/// | [`contents`](Subject::contents) | comes by itself; rows and index entries of an engine are yours | its keys or rows | HYG-2, ID-5, ISO-3, SWP-6 |
/// | [`add_foreign`](Subject::add_foreign) | comes by itself; other tables or trees of an engine are yours | other keys or tables | ISO-3, TRV-6 |
/// | [`raw`](Subject::raw), [`plant`](Subject::plant) | the session's file, row or value | its value or row | ERR-2, ERR-3, ERR-6, ISO-3, REM-3 |
/// | [`make_newer`](Subject::make_newer) | the store's marker or format number | | ERR-6 |
/// | [`earlier_stores`](Subject::earlier_stores) | an [`Archive`](crate::Archive) for each format | the same | DUR-6 |
/// | [`kept_for`](Subject::kept_for) | | the time to live of a key | EXP-8, SWP-6 |
/// | [`place_behind_proxy`](Subject::place_behind_proxy) | | three lines with [`Proxy`] | ERR-4, ERR-5 |
///
/// What comes by itself comes to places that say in which [directory](Place::directory) their files
/// are, as those of [`Place::in_temporary_directory`] do. Such places are all that the rules about
/// modes, links, full disks and directories that vanish need (ERR-4, ERR-7, ERR-8, HYG-3): the
/// suite also makes some itself and has them opened. A disk of its own it can only mount as root.
/// Failed reads and failed syncs (ERR-2, ERR-5, DUR-3) it brings about in a child process on Linux,
/// where a driver of durability Power opens with a [`Setup`] that asks for it.
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

    /// All that the backend in `place` holds, by name: its files, rows, keys and index entries,
    /// what foreign programs put there included. If not given: the files in the
    /// [place's directory](Place::directory). An engine that keeps many records in one file gives
    /// a row or an entry each, and may add the file.
    ///
    /// # Errors
    /// [`Cannot`], or why the backend cannot be looked at.
    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        let Some(directory) = place.directory() else {
            return Err(Cannot::without("contents"));
        };
        let contents = files_below(directory)?;
        if contents.is_empty() {
            let reason = "the driver keeps nothing in the directory of its place";
            return Err(Cannot::because(reason).into());
        }
        Ok(contents)
    }

    /// Puts data of another program into the backend, as near to the driver's own as can be,
    /// without touching a place that an id may have: keys that begin alike, a table or tree beside,
    /// rows or files that are named otherwise than any id's. [`contents`](Subject::contents) shows
    /// them. If not given: files in every directory of the [place](Place::directory), whose names
    /// hold spaces.
    ///
    /// # Errors
    /// [`Cannot`], or why it was not done.
    fn add_foreign(&self, place: &Place) -> Result<(), BoxError> {
        match place.directory() {
            Some(directory) => Ok(add_foreign_files(directory)?),
            None => Err(Cannot::without("add_foreign")),
        }
    }

    /// The bytes that are stored at this id's own place, `None` when nothing is: the content of its
    /// file, its value, the columns of its row one after another. Leave out what the driver does
    /// not vouch for: damage to any of these bytes must be noticed, or make no difference.
    ///
    /// # Errors
    /// [`Cannot`], or why they cannot be read.
    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        let _ = (place, id);
        Err(Cannot::without("raw"))
    }

    /// Puts something at this id's own place, instead of what [`raw`](Subject::raw) gives; a record
    /// was stored there before. Answer [`Cannot`] to the kinds that the backend excludes.
    ///
    /// # Errors
    /// [`Cannot`], or why it was not done.
    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        let _ = (place, id, what);
        Err(Cannot::without("plant"))
    }

    /// Makes the store in `place` one of a newer format than the driver knows, sound apart from
    /// that: the number in its marker, header or pragma.
    ///
    /// # Errors
    /// [`Cannot`], or why it was not done.
    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        let _ = place;
        Err(Cannot::without("make_newer"))
    }

    /// Stores as earlier releases of the driver wrote them, each in a new place of its own: one for
    /// each format that was ever released, that of today included. An [`Archive`](crate::Archive)
    /// keeps one as text.
    ///
    /// # Errors
    /// [`Cannot`], or why they were not made.
    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        Err(Cannot::without("earlier_stores"))
    }

    /// How much longer the backend itself will keep what is stored under this id: the time to live
    /// of its key or row; `None` when it keeps it until somebody removes it. For drivers that
    /// declare native expiry.
    ///
    /// # Errors
    /// [`Cannot`], or why it cannot be told.
    fn kept_for(&self, place: &Place, id: &SessionId) -> Result<Option<Duration>, BoxError> {
        let _ = (place, id);
        Err(Cannot::without("kept_for"))
    }

    /// A new place, as [`place`](Subject::place) makes it, whose driver reaches its server through
    /// a proxy, by which the suite cuts it off and loses answers:
    /// `let proxy = Proxy::to(server)?;` and a locator with `proxy.address()` in the place of
    /// the server's.
    ///
    /// # Errors
    /// [`Cannot`], or why there is none.
    fn place_behind_proxy(&self) -> Result<(Place, Proxy), BoxError> {
        Err(Cannot::without("place_behind_proxy"))
    }
}

/// A store that an earlier release wrote.
#[derive(Debug)]
pub struct EarlierStore {
    /// Where it is.
    pub place: Place,
    /// The records that must be found in it, and no others.
    pub records: Vec<(SessionId, Record)>,
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
    /// What a success shall survive. What the driver then declares is what it is held to.
    pub durability: Option<Durability>,
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

    /// Asks for a durability.
    #[must_use]
    pub fn with_durability(durability: Durability) -> Setup {
        Setup {
            durability: Some(durability),
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
            Setup {
                durability: Some(_),
                ..
            } => f.write_str("a durability of choice"),
            _ => f.write_str("the default setup"),
        }
    }
}

/// A subject whose driver's type is hidden, so that the cases are compiled once.
pub(crate) trait AnySubject: Send + Sync {
    fn name(&self) -> String;
    fn place(&self) -> Result<Place, BoxError>;
    fn open(&self, place: &Place, setup: &Setup) -> Result<Box<dyn SessionDriver>>;
    fn contents(&self, place: &Place) -> Result<Contents, BoxError>;
    fn add_foreign(&self, place: &Place) -> Result<(), BoxError>;
    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError>;
    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError>;
    fn make_newer(&self, place: &Place) -> Result<(), BoxError>;
    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError>;
    fn kept_for(&self, place: &Place, id: &SessionId) -> Result<Option<Duration>, BoxError>;
    fn place_behind_proxy(&self) -> Result<(Place, Proxy), BoxError>;
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

    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        Subject::contents(self, place)
    }

    fn add_foreign(&self, place: &Place) -> Result<(), BoxError> {
        Subject::add_foreign(self, place)
    }

    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        Subject::raw(self, place, id)
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        Subject::plant(self, place, id, what)
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        Subject::make_newer(self, place)
    }

    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        Subject::earlier_stores(self)
    }

    fn kept_for(&self, place: &Place, id: &SessionId) -> Result<Option<Duration>, BoxError> {
        Subject::kept_for(self, place, id)
    }

    fn place_behind_proxy(&self) -> Result<(Place, Proxy), BoxError> {
        Subject::place_behind_proxy(self)
    }
}

impl fmt::Debug for dyn AnySubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({})", self.name())
    }
}

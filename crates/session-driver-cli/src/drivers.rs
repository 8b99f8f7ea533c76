//! The one file that names all drivers: which URLs they have, and how to open them.

mod directory;
#[cfg(unix)]
mod file;
mod memory;
mod options;
mod redis;
#[cfg(unix)]
mod sled;
mod sqlite;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use session_driver::{Durability, SessionDriver};
use session_driver_conformance::{BoxError, Place, Setup, Subject};

#[cfg(unix)]
use self::file::FileStore;
use self::memory::MemoryStore;
use self::redis::RedisStore;
#[cfg(unix)]
use self::sled::SledStore;
use self::sqlite::SqliteStore;
use crate::failure::Failure;
use crate::output::Output;
use crate::url::Url;

/// A driver whose type the commands need not know.
pub(crate) type Driver = Box<dyn SessionDriver>;

/// The drivers, by the schemes of their URLs.
const KNOWN: &[Known] = &[
    Known {
        schemes: &["memory"],
        parameters: memory::PARAMETERS,
        locate: |url| Ok(Arc::new(MemoryStore::locate(url)?)),
    },
    #[cfg(unix)]
    Known {
        schemes: &["file"],
        parameters: file::PARAMETERS,
        locate: |url| Ok(Arc::new(FileStore::locate(url)?)),
    },
    Known {
        schemes: &["sqlite"],
        parameters: sqlite::PARAMETERS,
        locate: |url| Ok(Arc::new(SqliteStore::locate(url)?)),
    },
    #[cfg(unix)]
    Known {
        schemes: &["sled"],
        parameters: sled::PARAMETERS,
        locate: |url| Ok(Arc::new(SledStore::locate(url)?)),
    },
    Known {
        schemes: redis::SCHEMES,
        parameters: redis::PARAMETERS,
        locate: |url| Ok(Arc::new(RedisStore::locate(url)?)),
    },
];

/// The schemes whose drivers do not exist on this system.
#[cfg(unix)]
const ELSEWHERE: &[&str] = &[];
#[cfg(not(unix))]
const ELSEWHERE: &[&str] = &["file", "sled"];

/// Removes what an interrupted process had to leave, as this line of it says; if that fails, says
/// what may be left.
pub(crate) fn clear(bequest: &str) -> Result<(), String> {
    redis::clear(bequest)
}

/// One driver: what its URLs look like, and the store that one of them names.
struct Known {
    schemes: &'static [&'static str],
    parameters: &'static [&'static str],
    locate: fn(&Url<'_>) -> Result<Arc<dyn Store>, Failure>,
}

/// What the tool asks of a store beyond the driver's contract.
trait Store: fmt::Debug + Send + Sync {
    /// Why opening it would make a new store; `None` when there is one.
    fn is_missing(&self) -> Option<String>;

    /// Opens the store, and makes it if there is none and it may `create` one. What the operator
    /// should know of it, the driver's warnings, goes to `warn`.
    fn open(&self, create: bool, warn: &mut dyn FnMut(String)) -> session_driver::Result<Driver>;

    /// A new, empty place beside the store, where the suite and the benchmark work.
    fn place(&self) -> Result<Place, BoxError>;

    /// Opens what is in such a place, with the options of the store.
    fn open_in(&self, place: &Place, setup: &Setup) -> session_driver::Result<Driver>;

    /// How much of the disk such a place takes, if it is on one.
    fn bytes_in(&self, place: &Place) -> io::Result<Option<u64>>;
}

/// A store as the user names it. As a subject of the suite it is a driver with the store's options
/// in places beside the store.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    name: String,
    store: Arc<dyn Store>,
}

impl Target {
    /// The store that `url` names. Nothing is opened yet.
    pub(crate) fn locate(url: &str) -> Result<Target, Failure> {
        let parts = Url::parse(url)?;
        let known = KNOWN
            .iter()
            .find(|known| known.schemes.contains(&parts.scheme))
            .ok_or_else(|| unknown(parts.scheme))?;
        parts.check_parameters(known.parameters)?;
        Ok(Target {
            name: parts.without_secrets(),
            store: (known.locate)(&parts)?,
        })
    }

    /// The drivers that need no server, each in the ways worth comparing, with stores in
    /// `directory`.
    pub(crate) fn without_server(directory: &Path) -> Vec<Target> {
        let target = |name: &str, store: Arc<dyn Store>| Target {
            name: name.into(),
            store,
        };
        #[cfg(unix)]
        let file = |durability| FileStore::in_directory(directory, durability);
        let sqlite = |durability| SqliteStore::in_directory(directory, durability);
        vec![
            target("memory:", Arc::new(MemoryStore::default())),
            #[cfg(unix)]
            target("file:", Arc::new(file(Durability::Process))),
            #[cfg(unix)]
            target("file:?durability=power", Arc::new(file(Durability::Power))),
            target("sqlite:", Arc::new(sqlite(Durability::Process))),
            target(
                "sqlite:?durability=power",
                Arc::new(sqlite(Durability::Power)),
            ),
            #[cfg(unix)]
            target("sled:", Arc::new(SledStore::in_directory(directory))),
        ]
    }

    /// The Redis server of this host, if one answers where they usually do.
    pub(crate) fn usual_server() -> Option<Target> {
        let target = Target::locate(redis::USUAL_SERVER).ok()?;
        redis::answers(redis::USUAL_SERVER).then_some(target)
    }

    /// The target of this name in the process that started this one: a URL, or one of those that
    /// need no server.
    pub(crate) fn named(name: &str) -> Option<Target> {
        let mut known = Target::without_server(Path::new(".")).into_iter();
        known
            .find(|target| target.name == name)
            .or_else(|| Target::locate(name).ok())
    }

    /// Opens the store, and makes it if there is none. The driver's warnings are noted.
    pub(crate) fn open_or_create(&self, output: &Output) -> Result<Driver, Failure> {
        self.open(true, output)
    }

    fn open(&self, create: bool, output: &Output) -> Result<Driver, Failure> {
        let mut warn = |warning| output.note(format!("warning: {warning}"));
        Ok(self.store.open(create, &mut warn)?)
    }

    /// Opens the store, which must be there: to look at a store must not make one.
    pub(crate) fn open_existing(&self, output: &Output) -> Result<Driver, Failure> {
        match self.store.is_missing() {
            None => self.open(false, output),
            Some(why) => {
                Err(Failure::failed(why).next("check the URL; `import` makes a new store"))
            }
        }
    }

    /// How much of the disk a place takes, if it is on one.
    pub(crate) fn bytes_in(&self, place: &Place) -> io::Result<Option<u64>> {
        self.store.bytes_in(place)
    }
}

/// What is said of a URL that no driver has.
fn unknown(scheme: &str) -> Failure {
    let what = match ELSEWHERE.contains(&scheme) {
        true => format!("`{scheme}:` needs a Unix system: its driver does not run on this one"),
        false => format!("no driver has URLs that begin with `{scheme}:`"),
    };
    let schemes = KNOWN.iter().flat_map(|known| known.schemes);
    let schemes: Vec<String> = schemes.map(|scheme| format!("{scheme}:")).collect();
    Failure::usage(what).next(format!("known are {}", schemes.join(", ")))
}

impl Subject for Target {
    type Driver = Driver;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.store.place()
    }

    fn open(&self, place: &Place, setup: &Setup) -> session_driver::Result<Driver> {
        self.store.open_in(place, setup)
    }
}

//! The one file that names all drivers: which URLs they have, and how to open them.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use session_driver::{Durability, Error, ErrorKind, MemoryDriver, Operation, SessionDriver};
use session_driver_conformance::{BoxError, MemorySubject, Place, Setup, Subject};
use session_driver_file::FileDriver;

use crate::duration;
use crate::failure::Failure;
use crate::scratch;
use crate::url::Url;

/// A driver whose type the commands need not know.
pub(crate) type Driver = Box<dyn SessionDriver>;

/// The drivers, by the schemes of their URLs.
const KNOWN: &[Known] = &[
    Known {
        scheme: "memory",
        parameters: &[],
        locate: |url| {
            if !url.path.as_os_str().is_empty() {
                return Err(Failure::usage("memory: has no path").next("write memory: alone"));
            }
            Ok(Arc::new(MemoryStore::default()))
        },
    },
    Known {
        scheme: "file",
        parameters: &["durability", "lock-timeout", "max-payload", "shards"],
        locate: |url| Ok(Arc::new(FileStore::locate(url)?)),
    },
];

/// One driver: what its URLs look like, and the store that one of them names.
struct Known {
    scheme: &'static str,
    parameters: &'static [&'static str],
    locate: fn(&Url<'_>) -> Result<Arc<dyn Store>, Failure>,
}

/// What the tool asks of a store beyond the driver's contract.
trait Store: fmt::Debug + Send + Sync {
    /// Why opening it would make a new store; `None` when there is one.
    fn is_missing(&self) -> Option<String>;

    /// Opens the store, and makes it if there is none.
    fn open(&self) -> session_driver::Result<Driver>;

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
            .find(|known| known.scheme == parts.scheme)
            .ok_or_else(|| {
                let schemes: Vec<String> = KNOWN
                    .iter()
                    .map(|known| format!("{}:", known.scheme))
                    .collect();
                Failure::usage(format!(
                    "no driver has URLs that begin with `{}:`",
                    parts.scheme
                ))
                .next(format!("known are {}", schemes.join(", ")))
            })?;
        parts.check_parameters(known.parameters)?;
        Ok(Target {
            name: url.into(),
            store: (known.locate)(&parts)?,
        })
    }

    /// The drivers that need no server, each in the ways worth comparing, with stores in
    /// `directory`.
    pub(crate) fn without_server(directory: &Path) -> Vec<Target> {
        let file = |name: &str, durability| Target {
            name: name.into(),
            store: Arc::new(FileStore {
                path: directory.join("sessions"),
                durability,
                ..FileStore::default()
            }),
        };
        vec![
            Target {
                name: "memory:".into(),
                store: Arc::new(MemoryStore::default()),
            },
            file("file:", None),
            file("file:?durability=power", Some(Durability::Power)),
        ]
    }

    /// The target of this name in the process that started this one: a URL, or one of those that
    /// need no server.
    pub(crate) fn named(name: &str) -> Option<Target> {
        let mut known = Target::without_server(Path::new(".")).into_iter();
        known
            .find(|target| target.name == name)
            .or_else(|| Target::locate(name).ok())
    }

    /// Opens the store, and makes it if there is none.
    pub(crate) fn open_or_create(&self) -> Result<Driver, Failure> {
        Ok(self.store.open()?)
    }

    /// Opens the store, which must be there: to look at a store must not make one.
    pub(crate) fn open_existing(&self) -> Result<Driver, Failure> {
        match self.store.is_missing() {
            None => self.open_or_create(),
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

/// `memory:`, a store that ends with the command.
#[derive(Debug, Default)]
struct MemoryStore {
    places: MemorySubject,
}

impl Store for MemoryStore {
    fn is_missing(&self) -> Option<String> {
        None
    }

    fn open(&self) -> session_driver::Result<Driver> {
        Ok(Box::new(MemoryDriver::new()))
    }

    fn place(&self) -> Result<Place, BoxError> {
        self.places.place()
    }

    fn open_in(&self, place: &Place, setup: &Setup) -> session_driver::Result<Driver> {
        Ok(Box::new(Subject::open(&self.places, place, setup)?))
    }

    fn bytes_in(&self, _place: &Place) -> io::Result<Option<u64>> {
        Ok(None)
    }
}

/// `file:PATH`, a directory.
#[derive(Clone, Debug, Default)]
struct FileStore {
    path: PathBuf,
    durability: Option<Durability>,
    max_payload_bytes: Option<usize>,
    shards: Option<u16>,
    lock_timeout: Option<Duration>,
}

impl FileStore {
    fn locate(url: &Url<'_>) -> Result<FileStore, Failure> {
        if url.path.as_os_str().is_empty() {
            return Err(Failure::usage("file: needs the path of a directory")
                .next("write file:/srv/shop/sessions"));
        }
        Ok(FileStore {
            path: url.path.clone(),
            durability: url.parameter("durability", |value| match value {
                "process" => Ok(Durability::Process),
                "power" => Ok(Durability::Power),
                other => Err(format!("`{other}` is neither process nor power")),
            })?,
            max_payload_bytes: url.parameter("max-payload", |value| {
                value
                    .parse()
                    .map_err(|_| format!("`{value}` is no number of bytes"))
            })?,
            shards: url.parameter("shards", |value| {
                let number = value.parse().ok();
                number
                    .filter(|number| (1..=256).contains(number))
                    .ok_or_else(|| format!("`{value}` is no number from 1 to 256"))
            })?,
            lock_timeout: url.parameter("lock-timeout", duration::parse)?,
        })
    }

    fn open_at(&self, path: &Path, setup: &Setup) -> session_driver::Result<Driver> {
        let mut builder = FileDriver::builder(path);
        if let Some(durability) = setup.durability.or(self.durability) {
            builder = builder.durability(durability);
        }
        if let Some(bytes) = setup.max_payload_bytes.or(self.max_payload_bytes) {
            builder = builder.max_payload_bytes(bytes);
        }
        if let Some(shards) = self.shards {
            builder = builder.shards(shards);
        }
        if let Some(timeout) = self.lock_timeout {
            builder = builder.lock_timeout(timeout);
        }
        Ok(Box::new(builder.open()?))
    }
}

impl Store for FileStore {
    fn is_missing(&self) -> Option<String> {
        let path = self.path.display();
        match fs::read_dir(&self.path) {
            Ok(mut entries) => entries
                .next()
                .is_none()
                .then(|| format!("{path} is empty: it holds no store")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(format!("{path} does not exist"))
            }
            // The driver has better words for everything else.
            Err(_) => None,
        }
    }

    fn open(&self) -> session_driver::Result<Driver> {
        self.open_at(&self.path, &Setup::default())
    }

    fn place(&self) -> Result<Place, BoxError> {
        let parent = self
            .path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = scratch::Directory::inside(parent.unwrap_or(Path::new(".")))?;
        let path = directory.path().join("sessions");
        let locator = path.to_str().ok_or("the path of the store is not UTF-8")?;
        let files = directory.path().to_owned();
        Ok(Place::borrowed(locator).with_files_in(files, directory))
    }

    fn open_in(&self, place: &Place, setup: &Setup) -> session_driver::Result<Driver> {
        let path = match setup.namespace.as_deref() {
            None => place.path().to_owned(),
            // A namespace is a directory beside others, so its name must be that of one directory.
            Some("" | "." | "..") => return Err(unfit()),
            Some(name) if name.contains(['/', '\0']) => return Err(unfit()),
            Some(name) => place.path().with_file_name(format!("{name}.sessions")),
        };
        self.open_at(&path, setup)
    }

    fn bytes_in(&self, place: &Place) -> io::Result<Option<u64>> {
        bytes_below(place.path()).map(Some)
    }
}

fn unfit() -> Error {
    Error::new(ErrorKind::Other, Operation::Open, "file")
        .with_source("this name cannot be that of a directory")
}

/// What a directory and all that is in it take of the disk.
fn bytes_below(path: &Path) -> io::Result<u64> {
    const BLOCK: u64 = 512;
    let metadata = fs::symlink_metadata(path)?;
    let mut bytes = metadata.blocks() * BLOCK;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            bytes += bytes_below(&entry?.path())?;
        }
    }
    Ok(bytes)
}

//! A store as a subject of the suite, and of a comparison: its driver, with the options of its URL, in
//! temporary places beside the store.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use session_driver::{Durability, Error, ErrorKind, Operation, SessionId, Timestamp};
use session_driver_conformance::{BoxError, MemorySubject, Place, Setup, Subject};
use session_driver_url::{Drivers, StoreUrl};

use crate::scratch::{self, Cleanup};
use crate::target::{Driver, Target};

/// What the keys on a server begin with, in the URL of a store that names nothing else.
const USUAL_PREFIX: &str = "session:";

/// A store whose driver is proven and measured.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    name: String,
    url: StoreUrl,
    kind: Kind,
}

/// Where a driver keeps its sessions, and so where a place for it is made.
#[derive(Clone, Debug)]
enum Kind {
    Memory(Arc<MemorySubject>),
    /// At a path.
    Embedded,
    /// Under a key prefix. These were opened here, and have to be cleared.
    Server(Arc<Mutex<BTreeSet<String>>>),
}

impl Candidate {
    /// The driver of this store.
    pub(crate) fn beside(target: Target) -> Candidate {
        Candidate::named(target.url.to_string(), target)
    }

    fn named(name: String, target: Target) -> Candidate {
        let kind = match target.url.scheme() {
            "memory" => Kind::Memory(Arc::default()),
            "file" | "sled" | "sqlite" => Kind::Embedded,
            _ => Kind::Server(Arc::default()),
        };
        Candidate {
            name,
            url: target.url,
            kind,
        }
    }

    /// The drivers that need no server, each in the ways worth comparing, with stores in
    /// `directory`.
    pub(crate) fn without_server(directory: &Path) -> Vec<Candidate> {
        const NAMES: &[&str] = &[
            "memory:",
            #[cfg(unix)]
            "file:",
            #[cfg(unix)]
            "file:?durability=power",
            "sqlite:",
            "sqlite:?durability=power",
            #[cfg(unix)]
            "sled:",
        ];
        let candidate = |name: &&str| {
            let url: StoreUrl = name.parse().ok()?;
            let url = match url.scheme() {
                "memory" => url,
                _ => url.with_path(&directory.join("sessions")),
            };
            Some(Candidate::named((*name).into(), Target { url }))
        };
        NAMES.iter().filter_map(candidate).collect()
    }

    /// The candidate of this name in the process that started this one: a URL, or one of those that
    /// need no server.
    pub(crate) fn in_a_child(name: &str) -> Option<Candidate> {
        let known = Candidate::without_server(Path::new("."));
        let mut known = known.into_iter();
        known
            .find(|candidate| candidate.name == name)
            .or_else(|| Target::locate(name).ok().map(Candidate::beside))
    }

    /// How much of the disk a place takes, if it is on one.
    pub(crate) fn bytes_in(&self, place: &Place) -> io::Result<Option<u64>> {
        match self.kind {
            Kind::Embedded => bytes_below(place.path().parent().unwrap_or(place.path())).map(Some),
            _ => Ok(None),
        }
    }

    /// A prefix beside the store's. The locator is a whole URL, as the process that opens it may know
    /// the store's without its password only.
    fn place_on_a_server(&self, opened: &Arc<Mutex<BTreeSet<String>>>) -> Result<Place, BoxError> {
        let of_store = self.url.parameter("prefix").unwrap_or(USUAL_PREFIX);
        let prefix = format!("{of_store}beside-{}:", SessionId::generate()?.as_str());
        let url = self.url.clone().with_parameter("prefix", &prefix);
        let locator = url.to_string_with_secrets();
        let place = ServerPlace {
            url,
            prefix,
            opened: Arc::clone(opened),
        };
        let what = format!("the keys that begin with `{}` on the server", place.prefix);
        let cleanup = Cleanup::on_server(what, move || place.clear());
        Ok(Place::new(locator, cleanup))
    }
}

/// A prefix on a server, and what was opened below it.
#[derive(Debug)]
struct ServerPlace {
    url: StoreUrl,
    prefix: String,
    opened: Arc<Mutex<BTreeSet<String>>>,
}

impl ServerPlace {
    /// The stores in the place. Another process that this one started may have opened the first.
    fn stores(&self) -> Vec<StoreUrl> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let below = opened
            .iter()
            .filter(|&prefix| prefix.starts_with(&self.prefix) && *prefix != self.prefix);
        let prefixes = below.chain([&self.prefix]);
        let url = |prefix: &String| self.url.clone().with_parameter("prefix", prefix);
        prefixes.map(url).collect()
    }

    /// Removes all that was stored in the place, and says whether it is gone. What cannot be
    /// removed, because the server is gone, stays there.
    fn clear(&self) -> bool {
        let mut is_gone = true;
        for url in self.stores() {
            is_gone &= clear(&url).is_ok();
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|prefix| !prefix.starts_with(&self.prefix));
        is_gone
    }
}

impl Subject for Candidate {
    type Driver = Driver;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn place(&self) -> Result<Place, BoxError> {
        match &self.kind {
            Kind::Memory(places) => places.place(),
            Kind::Embedded => place_beside(&self.url.path()?),
            Kind::Server(opened) => self.place_on_a_server(opened),
        }
    }

    fn open(&self, place: &Place, setup: &Setup) -> session_driver::Result<Driver> {
        let mut url = match &self.kind {
            Kind::Memory(places) => {
                let mut setup = setup.clone();
                let maximum = self.url.number("max-payload-bytes").map_err(failed)?;
                setup.max_payload_bytes = setup.max_payload_bytes.or(maximum);
                return Ok(Box::new(Subject::open(&**places, place, &setup)?));
            }
            Kind::Embedded => self.url.clone().with_path(place.path()),
            Kind::Server(_) => place.locator().parse().map_err(failed)?,
        };
        if let Some(name) = &setup.namespace {
            url = in_namespace(url, place, name)?;
        }
        if let Some(durability) = setup.durability {
            url = url.with_parameter("durability", word(durability));
        }
        if let Some(bytes) = setup.max_payload_bytes {
            url = url.with_parameter("max-payload-bytes", bytes.to_string());
        }
        let driver = Drivers::built_in()
            .prepare(&url)
            .map_err(failed)?
            .open()?
            .driver;
        if let (Kind::Server(opened), Some(prefix)) = (&self.kind, url.parameter("prefix")) {
            let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.insert(prefix.into());
        }
        Ok(driver)
    }
}

/// Where a driver keeps the sessions of this namespace.
fn in_namespace(url: StoreUrl, place: &Place, name: &str) -> session_driver::Result<StoreUrl> {
    Ok(match url.scheme() {
        "sqlite" => url.with_parameter("table", name),
        "sled" => url.with_parameter("tree", name),
        // A directory beside others, so the name must be that of one directory.
        "file" if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) => {
            return Err(failed("this name cannot be that of a directory"));
        }
        "file" => url.with_path(&place.path().with_file_name(format!("{name}.sessions"))),
        _ => {
            let prefix = url.parameter("prefix").unwrap_or(USUAL_PREFIX);
            let prefix = format!("{prefix}{name}:");
            url.with_parameter("prefix", prefix)
        }
    })
}

fn word(durability: Durability) -> &'static str {
    match durability {
        Durability::None => "none",
        Durability::Process => "process",
        Durability::Power => "power",
    }
}

fn failed(cause: impl Into<BoxError>) -> Error {
    Error::new(ErrorKind::Other, Operation::Open, "url").with_source(cause)
}

/// Removes all that a store holds, expired or not. One session that cannot be removed does not keep
/// the others.
fn clear(url: &StoreUrl) -> Result<(), BoxError> {
    let driver = Drivers::built_in().prepare(url)?.open()?.driver;
    let mut ids: Vec<SessionId> = Vec::new();
    driver.traverse(Timestamp::MIN, &mut |id| {
        ids.push(id.clone());
        ControlFlow::Continue(())
    })?;
    let mut outcome = Ok(());
    for id in &ids {
        if let Err(error) = driver.remove(id, Timestamp::MIN) {
            outcome = Err(error.into());
        }
    }
    outcome
}

/// A place with nothing in it beside the store at `path`.
fn place_beside(path: &Path) -> Result<Place, BoxError> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let directory = scratch::Directory::inside(parent.unwrap_or(Path::new(".")))?;
    let path = directory.path().join("sessions");
    let locator = path.to_str().ok_or("the path of the store is not UTF-8")?;
    let files = directory.path().to_owned();
    Ok(Place::borrowed(locator).with_files_in(files, directory))
}

/// What a directory and all that is in it take of the disk.
fn bytes_below(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    let mut bytes = bytes_of(&metadata);
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            bytes += bytes_below(&entry?.path())?;
        }
    }
    Ok(bytes)
}

#[cfg(unix)]
fn bytes_of(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;

    const BLOCK: u64 = 512;
    metadata.blocks() * BLOCK
}

/// Elsewhere how long it is: what it takes is not told.
#[cfg(not(unix))]
fn bytes_of(metadata: &Metadata) -> u64 {
    metadata.len()
}

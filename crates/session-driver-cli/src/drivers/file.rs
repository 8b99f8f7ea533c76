//! `file:PATH`, a directory.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use session_driver::{Durability, Error, ErrorKind, Operation};
use session_driver_conformance::{BoxError, Place, Setup};
use session_driver_file::FileDriver;

use super::{Driver, Store, directory, options};
use crate::failure::Failure;
use crate::url::Url;

pub(super) const PARAMETERS: &[&str] = &["durability", "lock-timeout", "max-payload", "shards"];

#[derive(Debug, Default)]
pub(super) struct FileStore {
    path: PathBuf,
    durability: Option<Durability>,
    max_payload_bytes: Option<usize>,
    shards: Option<u16>,
    lock_timeout: Option<Duration>,
}

impl FileStore {
    pub(super) fn locate(url: &Url<'_>) -> Result<FileStore, Failure> {
        Ok(FileStore {
            path: directory::path(url, "directory", "/srv/shop/sessions")?,
            durability: options::durability(url, &[Durability::Process, Durability::Power])?,
            max_payload_bytes: options::max_payload(url)?,
            shards: url.parameter("shards", |value| {
                let number = value.parse().ok();
                number
                    .filter(|number| (1..=256).contains(number))
                    .ok_or_else(|| format!("`{value}` is no number from 1 to 256"))
            })?,
            lock_timeout: options::time(url, "lock-timeout")?,
        })
    }

    pub(super) fn in_directory(directory: &Path, durability: Durability) -> FileStore {
        FileStore {
            path: directory.join("sessions"),
            durability: Some(durability),
            ..FileStore::default()
        }
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
        directory::is_missing(&self.path)
    }

    fn open(&self, _create: bool, _warn: &mut dyn FnMut(String)) -> session_driver::Result<Driver> {
        self.open_at(&self.path, &Setup::default())
    }

    fn place(&self) -> Result<Place, BoxError> {
        directory::place_beside(&self.path)
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
        directory::bytes_around(place)
    }
}

fn unfit() -> Error {
    Error::new(ErrorKind::Other, Operation::Open, "file")
        .with_source("this name cannot be that of a directory")
}

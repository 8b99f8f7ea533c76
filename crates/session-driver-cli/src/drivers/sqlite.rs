//! `sqlite:PATH`, a table in a database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use session_driver::Durability;
use session_driver_conformance::{BoxError, Place, Setup};
use session_driver_sqlite::SqliteDriver;

use super::{Driver, Store, directory, options};
use crate::failure::Failure;
use crate::url::Url;

pub(super) const PARAMETERS: &[&str] = &["busy-timeout", "durability", "max-payload", "table"];

#[derive(Debug, Default)]
pub(super) struct SqliteStore {
    path: PathBuf,
    table: Option<String>,
    durability: Option<Durability>,
    busy_timeout: Option<Duration>,
    max_payload_bytes: Option<usize>,
}

impl SqliteStore {
    pub(super) fn locate(url: &Url<'_>) -> Result<SqliteStore, Failure> {
        Ok(SqliteStore {
            path: directory::path(url, "database", "/srv/shop/sessions.db")?,
            table: options::text(url, "table")?,
            durability: options::durability(url, &[Durability::Process, Durability::Power])?,
            busy_timeout: options::time(url, "busy-timeout")?,
            max_payload_bytes: options::max_payload(url)?,
        })
    }

    pub(super) fn in_directory(directory: &Path, durability: Durability) -> SqliteStore {
        SqliteStore {
            path: directory.join("sessions.db"),
            durability: Some(durability),
            ..SqliteStore::default()
        }
    }

    fn open_at(&self, path: &Path, create: bool, setup: &Setup) -> session_driver::Result<Driver> {
        let mut builder = SqliteDriver::builder(path).create(create);
        if let Some(table) = setup.namespace.as_ref().or(self.table.as_ref()) {
            builder = builder.table(table);
        }
        if let Some(durability) = setup.durability.or(self.durability) {
            builder = builder.durability(durability);
        }
        if let Some(timeout) = self.busy_timeout {
            builder = builder.busy_timeout(timeout);
        }
        if let Some(bytes) = setup.max_payload_bytes.or(self.max_payload_bytes) {
            builder = builder.max_payload_bytes(bytes);
        }
        Ok(Box::new(builder.open()?))
    }
}

impl Store for SqliteStore {
    fn is_missing(&self) -> Option<String> {
        let path = self.path.display();
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_file() && metadata.len() == 0 => {
                Some(format!("{path} is empty: it holds no store"))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(format!("{path} does not exist"))
            }
            // The driver has better words for everything else.
            Ok(_) | Err(_) => None,
        }
    }

    fn open(&self, create: bool, _warn: &mut dyn FnMut(String)) -> session_driver::Result<Driver> {
        self.open_at(&self.path, create, &Setup::default())
    }

    fn place(&self) -> Result<Place, BoxError> {
        directory::place_beside(&self.path)
    }

    fn open_in(&self, place: &Place, setup: &Setup) -> session_driver::Result<Driver> {
        self.open_at(place.path(), true, setup)
    }

    fn bytes_in(&self, place: &Place) -> io::Result<Option<u64>> {
        directory::bytes_around(place)
    }
}

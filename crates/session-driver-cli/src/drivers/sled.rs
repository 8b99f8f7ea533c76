//! `sled:PATH`, a directory that one process has open at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use session_driver::Durability;
use session_driver_conformance::{BoxError, Place, Setup};
use session_driver_sled::SledDriver;

use super::{Driver, Store, directory, options};
use crate::failure::Failure;
use crate::url::Url;

pub(super) const PARAMETERS: &[&str] = &["durability", "flush-every", "max-payload", "tree"];

#[derive(Debug, Default)]
pub(super) struct SledStore {
    path: PathBuf,
    tree: Option<String>,
    durability: Option<Durability>,
    flush_every: Option<Duration>,
    max_payload_bytes: Option<usize>,
}

impl SledStore {
    pub(super) fn locate(url: &Url<'_>) -> Result<SledStore, Failure> {
        Ok(SledStore {
            path: directory::path(url, "directory", "/srv/shop/sessions.sled")?,
            tree: options::text(url, "tree")?,
            durability: options::durability(url, &[Durability::None, Durability::Process])?,
            flush_every: options::time(url, "flush-every")?,
            max_payload_bytes: options::max_payload(url)?,
        })
    }

    pub(super) fn in_directory(directory: &Path) -> SledStore {
        SledStore {
            path: directory.join("sessions.sled"),
            ..SledStore::default()
        }
    }

    fn open_at(&self, path: &Path, create: bool, setup: &Setup) -> session_driver::Result<Driver> {
        let mut builder = SledDriver::builder(path).create(create);
        if let Some(tree) = setup.namespace.as_ref().or(self.tree.as_ref()) {
            builder = builder.tree(tree);
        }
        if let Some(durability) = setup.durability.or(self.durability) {
            builder = builder.durability(durability);
        }
        if let Some(interval) = self.flush_every {
            builder = builder.flush_every(interval);
        }
        if let Some(bytes) = setup.max_payload_bytes.or(self.max_payload_bytes) {
            builder = builder.max_payload_bytes(bytes);
        }
        Ok(Box::new(builder.open()?))
    }
}

impl Store for SledStore {
    fn is_missing(&self) -> Option<String> {
        directory::is_missing(&self.path)
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

//! The sled driver as the suite opens it, and what lies beneath.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use session_driver_conformance::{
    Archive, BoxError, Cannot, Contents, EarlierStore, Place, Planted, Setup, Subject,
};
use session_driver_sled::SledDriver;
use session_driver_sled::session_driver::{Durability, Result, SessionId};
use sled::Db;

/// A store with this durability; a namespace is a tree.
pub(crate) struct Trees(pub(crate) Durability);

impl Subject for Trees {
    type Driver = SledDriver;

    fn name(&self) -> String {
        match self.0 {
            Durability::None => "sled-unflushed".into(),
            Durability::Process | Durability::Power => "sled".into(),
        }
    }

    fn place(&self) -> Result<Place, BoxError> {
        Place::in_temporary_directory()
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<SledDriver> {
        let mut builder = SledDriver::builder(place.path()).durability(self.0);
        if let Some(name) = &setup.namespace {
            builder = builder.tree(name);
        }
        if let Some(bytes) = setup.max_payload_bytes {
            builder = builder.max_payload_bytes(bytes);
        }
        builder.open()
    }

    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        let db = engine(place)?;
        let mut contents = Contents::new();
        for name in db.tree_names() {
            for entry in &db.open_tree(&name)? {
                let (key, value) = entry?;
                contents.insert([&name[..], b" ", &key].concat(), value.to_vec());
            }
        }
        Ok(contents)
    }

    fn add_foreign(&self, place: &Place) -> Result<(), BoxError> {
        fs::write(place.path().join("read me"), "not the driver's")?;
        let db = engine(place)?;
        for tree in ["sessions of another program", "session", "sessions_expires"] {
            db.open_tree(tree)?.insert("live", "not the driver's")?;
        }
        let sessions = db.open_tree(TREE)?;
        let keys = [
            &b"not an id"[..],
            b"",
            b"\x80",
            b"\xFF",
            b"\xFF0000000",
            b"\xFF00000000a b",
        ];
        for key in keys {
            sessions.insert(key, "not the driver's")?;
        }
        Ok(())
    }

    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        let value = engine(place)?.open_tree(TREE)?.get(id.as_bytes())?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        let sessions = engine(place)?.open_tree(TREE)?;
        let bytes = match what {
            Planted::Bytes(bytes) => bytes.to_vec(),
            Planted::NewerFormat => {
                let value = sessions.get(id.as_bytes())?;
                of_a_newer_format(value.ok_or("the session has no value")?.to_vec())
            }
            _ => return Err(Cannot::because("a value in sled is always bytes").into()),
        };
        sessions.insert(id.as_bytes(), bytes)?;
        Ok(())
    }

    fn make_newer(&self, place: &Place) -> Result<(), BoxError> {
        let marker = place.path().join("session-driver-sled.format");
        let text = fs::read_to_string(&marker)?.replace("format 1", "format 2");
        Ok(fs::write(marker, text)?)
    }

    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        let format_1: Archive = include_str!("../earlier/format-1.txt").parse()?;
        Ok(vec![format_1.in_files()?])
    }
}

/// The tree of a driver that was not told another.
const TREE: &str = "sessions";

/// Opens the store without the driver, once the threads of whoever had it open before are gone.
fn engine(place: &Place) -> Result<Db, BoxError> {
    let begin = Instant::now();
    loop {
        match sled::open(place.path().join("sled")) {
            Err(sled::Error::Io(_)) if begin.elapsed() < Duration::from_secs(5) => {
                thread::sleep(Duration::from_millis(1));
            }
            opened => return Ok(opened?),
        }
    }
}

/// The format stands behind the magic number, and the check over both behind that.
fn of_a_newer_format(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[7] = 2;
    let check = crc32fast::hash(&bytes[..8]);
    bytes[8..12].copy_from_slice(&check.to_be_bytes());
    bytes
}

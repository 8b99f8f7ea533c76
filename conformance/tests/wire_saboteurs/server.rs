//! A server that keeps sessions in memory, and what one says to it: a request is a line of JSON,
//! and so is its answer.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde::{Deserialize, Serialize};
use session_driver::{
    ErrorKind, MemoryDriver, NewRecord, Precondition, Record, Result, SessionDriver, SessionId,
    Timestamp, Version,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    Retrieve(String, i64),
    Store(String, Vec<u8>, Option<i64>, When, i64),
    Touch(String, Option<i64>, i64),
    Remove(String, i64),
    Rotate(String, String, i64),
    List(i64),
    Sweep(i64, usize),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum When {
    Any,
    Absent,
    Present,
    Version(u64),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Found(Option<(Vec<u8>, Option<i64>, u64)>),
    Stored(u64),
    Was(bool),
    Rotated(Option<u64>),
    Listed(Vec<String>),
    Swept(u64, bool),
    AlreadyExists,
    NotFound,
    Conflict,
    Other,
}

/// Listens until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start() -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let (driver, over) = (MemoryDriver::new(), Arc::clone(&ended));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let driver = driver.clone();
                // A client that hangs up ends its thread.
                thread::spawn(move || serve(&client, &driver));
            }
        });
        Ok(Server { address, ended })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(client: &TcpStream, driver: &MemoryDriver) -> io::Result<()> {
    client.set_nodelay(true)?;
    for line in BufReader::new(client).lines() {
        let request = serde_json::from_str(&line?)?;
        let answer = answer(driver, request).unwrap_or_else(|error| match error.kind() {
            ErrorKind::AlreadyExists => Answer::AlreadyExists,
            ErrorKind::NotFound => Answer::NotFound,
            ErrorKind::Conflict => Answer::Conflict,
            _ => Answer::Other,
        });
        let mut client = client;
        client.write_all(format!("{}\n", serde_json::to_string(&answer)?).as_bytes())?;
    }
    Ok(())
}

fn answer(driver: &MemoryDriver, request: Request) -> Result<Answer> {
    Ok(match request {
        Request::Retrieve(who, now) => {
            let parts = |record: Record| {
                let deadline = record.expires_at.map(Timestamp::as_millis);
                (record.payload, deadline, record.version.to_bits())
            };
            Answer::Found(driver.retrieve(&id(&who), at(now))?.map(parts))
        }
        Request::Store(who, payload, deadline, when, now) => {
            let when = match when {
                When::Any => Precondition::Any,
                When::Absent => Precondition::Absent,
                When::Present => Precondition::Present,
                When::Version(bits) => Precondition::Version(Version::from_bits(bits)),
            };
            let record = NewRecord {
                payload: &payload,
                expires_at: deadline.map(at),
            };
            let version = driver.store(&id(&who), record, when, at(now))?;
            Answer::Stored(version.to_bits())
        }
        Request::Touch(who, deadline, now) => {
            Answer::Was(driver.touch(&id(&who), deadline.map(at), at(now))?)
        }
        Request::Remove(who, now) => Answer::Was(driver.remove(&id(&who), at(now))?),
        Request::Rotate(from, to, now) => {
            let version = driver.rotate(&id(&from), &id(&to), at(now))?;
            Answer::Rotated(version.map(Version::to_bits))
        }
        Request::List(now) => {
            let mut listed = vec![];
            driver.traverse(at(now), &mut |id| {
                listed.push(id.as_str().to_owned());
                ControlFlow::Continue(())
            })?;
            Answer::Listed(listed)
        }
        Request::Sweep(now, limit) => {
            let limit = NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MAX);
            let swept = driver.sweep(at(now), limit)?;
            Answer::Swept(swept.removed, swept.more)
        }
    })
}

/// What a driver sent is valid.
fn id(text: &str) -> SessionId {
    SessionId::parse(text).expect("a valid id")
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap_or(Timestamp::MIN)
}

//! A driver of that server: one connection, which is given up after any failure.

use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session_driver::{
    Capabilities, Error, ErrorKind, NewRecord, Operation, Precondition, Record, Result,
    SessionDriver, SessionId, Sharing, Swept, Timestamp, Version,
};
use session_driver_conformance::{BoxError, Place, Proxy, Setup, Subject};

use crate::saboteur::Saboteur;
use crate::server::{Answer, Request, Server, When};

/// How long an honest one waits for an answer: long enough for a busy machine to give it.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) struct Remote {
    saboteur: &'static Saboteur,
    address: SocketAddr,
    max_payload_bytes: usize,
    connection: Mutex<Option<TcpStream>>,
    /// For saboteurs: what they want to send once more.
    pub(crate) unsent: Mutex<Option<Request>>,
}

impl Remote {
    pub(crate) fn connection(&self) -> MutexGuard<'_, Option<TcpStream>> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request and waits for its answer, over the kept connection or a new one.
    pub(crate) fn say(
        &self,
        request: &Request,
        timeout: Duration,
        kept: &mut Option<TcpStream>,
    ) -> io::Result<Answer> {
        let connection = match kept.take() {
            Some(connection) => connection,
            None => TcpStream::connect_timeout(&self.address, timeout)?,
        };
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(timeout))?;
        (&connection).write_all(format!("{}\n", serde_json::to_string(request)?).as_bytes())?;
        let mut line = String::new();
        if BufReader::new(&connection).read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let answer = serde_json::from_str(&line)?;
        *kept = Some(connection);
        Ok(answer)
    }

    fn ask(&self, operation: Operation, request: &Request) -> Result<Answer> {
        match (self.saboteur.ask)(self, operation, request)? {
            Answer::AlreadyExists => Err(error(ErrorKind::AlreadyExists, operation)),
            Answer::NotFound => Err(error(ErrorKind::NotFound, operation)),
            Answer::Conflict => Err(error(ErrorKind::Conflict, operation)),
            answer => Ok(answer),
        }
    }
}

/// What every honest one does.
pub(crate) fn ask(remote: &Remote, operation: Operation, request: &Request) -> Result<Answer> {
    remote
        .say(request, TIMEOUT, &mut remote.connection())
        .map_err(|_| error(of_a_lost_answer(request), operation))
}

/// A write may have been sent.
pub(crate) fn of_a_lost_answer(request: &Request) -> ErrorKind {
    match request {
        Request::Retrieve(..) | Request::List(_) => ErrorKind::Unavailable,
        _ => ErrorKind::Indeterminate,
    }
}

pub(crate) fn error(kind: ErrorKind, operation: Operation) -> Error {
    Error::new(kind, operation, "remote")
}

fn unexpected<T>(operation: Operation) -> Result<T> {
    Err(error(ErrorKind::Other, operation))
}

fn millis(deadline: Option<Timestamp>) -> Option<i64> {
    deadline.map(Timestamp::as_millis)
}

impl SessionDriver for Remote {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            persistent: true,
            embedded: false,
            sharing: Sharing::Host,
            atomic_rotate: true,
            rotate_keeps_version: true,
            max_payload_bytes: self.max_payload_bytes,
            outage_bound: Duration::from_secs(1),
            ..Capabilities::MINIMAL
        }
    }

    fn retrieve(&self, id: &SessionId, now: Timestamp) -> Result<Option<Record>> {
        let request = Request::Retrieve(id.as_str().into(), now.as_millis());
        let Answer::Found(found) = self.ask(Operation::Retrieve, &request)? else {
            return unexpected(Operation::Retrieve);
        };
        Ok(found.map(|(payload, deadline, version)| Record {
            payload,
            expires_at: deadline.and_then(Timestamp::from_millis),
            version: Version::from_bits(version),
        }))
    }

    fn store(
        &self,
        id: &SessionId,
        record: NewRecord<'_>,
        when: Precondition,
        now: Timestamp,
    ) -> Result<Version> {
        if record.payload.len() > self.max_payload_bytes {
            return Err(error(ErrorKind::PayloadTooLarge, Operation::Store));
        }
        let when = match when {
            Precondition::Any => When::Any,
            Precondition::Absent => When::Absent,
            Precondition::Present => When::Present,
            Precondition::Version(version) => When::Version(version.to_bits()),
        };
        let (payload, deadline) = (record.payload.to_vec(), millis(record.expires_at));
        let request = Request::Store(id.as_str().into(), payload, deadline, when, now.as_millis());
        match self.ask(Operation::Store, &request)? {
            Answer::Stored(version) => Ok(Version::from_bits(version)),
            _ => unexpected(Operation::Store),
        }
    }

    fn touch(&self, id: &SessionId, expires_at: Option<Timestamp>, now: Timestamp) -> Result<bool> {
        let request = Request::Touch(id.as_str().into(), millis(expires_at), now.as_millis());
        match self.ask(Operation::Touch, &request)? {
            Answer::Was(live) => Ok(live),
            _ => unexpected(Operation::Touch),
        }
    }

    fn remove(&self, id: &SessionId, now: Timestamp) -> Result<bool> {
        let request = Request::Remove(id.as_str().into(), now.as_millis());
        match self.ask(Operation::Remove, &request)? {
            Answer::Was(live) => Ok(live),
            _ => unexpected(Operation::Remove),
        }
    }

    fn rotate(&self, from: &SessionId, to: &SessionId, now: Timestamp) -> Result<Option<Version>> {
        let (from, to) = (from.as_str().into(), to.as_str().into());
        let request = Request::Rotate(from, to, now.as_millis());
        match self.ask(Operation::Rotate, &request)? {
            Answer::Rotated(version) => Ok(version.map(Version::from_bits)),
            _ => unexpected(Operation::Rotate),
        }
    }

    fn traverse(
        &self,
        now: Timestamp,
        visit: &mut dyn FnMut(&SessionId) -> ControlFlow<()>,
    ) -> Result<()> {
        let request = Request::List(now.as_millis());
        let Answer::Listed(listed) = self.ask(Operation::Traverse, &request)? else {
            return unexpected(Operation::Traverse);
        };
        let ids = listed.iter().filter_map(|id| SessionId::parse(id).ok());
        // Whether the visitor breaks or comes to the end is all the same.
        let _ = ids.into_iter().try_for_each(|id| visit(&id));
        Ok(())
    }

    fn sweep(&self, now: Timestamp, limit: NonZeroUsize) -> Result<Swept> {
        let request = Request::Sweep(now.as_millis(), limit.get());
        match self.ask(Operation::Sweep, &request)? {
            Answer::Swept(removed, more) => Ok(Swept { removed, more }),
            _ => unexpected(Operation::Sweep),
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

/// The driver as a subject: a place is a server, and a locator its address.
pub(crate) struct RemoteSubject(pub(crate) &'static Saboteur);

impl Subject for RemoteSubject {
    type Driver = Remote;

    fn name(&self) -> String {
        self.0.name.into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        let server = Server::start()?;
        Ok(Place::new(server.address().to_string(), server))
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<Remote> {
        let wrong = || error(ErrorKind::Unsupported, Operation::Open);
        if setup.namespace.is_some() {
            return Err(wrong());
        }
        Ok(Remote {
            saboteur: self.0,
            address: place.locator().parse().map_err(|_| wrong())?,
            max_payload_bytes: setup.max_payload_bytes.unwrap_or(64 * 1024),
            connection: Mutex::default(),
            unsent: Mutex::default(),
        })
    }

    fn place_behind_proxy(&self) -> Result<(Place, Proxy), BoxError> {
        let server = Server::start()?;
        let proxy = Proxy::to(server.address())?;
        Ok((Place::new(proxy.address().to_string(), server), proxy))
    }
}

//! What can go wrong below an operation, before it is known which operation it was.

use std::error::Error as StdError;
use std::{fmt, io};

use redis::{RedisError, ServerError};
use session_driver::{Error, ErrorKind, Operation};

use crate::url::Address;

/// The driver's name in errors.
const DRIVER: &str = "redis";

/// What the codes at the beginning of a server's error mean. The rest of its text is never passed
/// on: it may quote keys and values (rule ID-4).
const CODES: [(&str, ErrorKind); 20] = [
    ("LOADING", ErrorKind::Unavailable),
    ("MASTERDOWN", ErrorKind::Unavailable),
    ("READONLY", ErrorKind::Unavailable),
    ("NOREPLICAS", ErrorKind::Unavailable),
    ("CLUSTERDOWN", ErrorKind::Unavailable),
    ("TRYAGAIN", ErrorKind::Unavailable),
    ("MOVED", ErrorKind::Unavailable),
    ("ASK", ErrorKind::Unavailable),
    ("UNBLOCKED", ErrorKind::Unavailable),
    ("OOM", ErrorKind::StorageFull),
    ("MISCONF", ErrorKind::StorageFull),
    ("NOAUTH", ErrorKind::PermissionDenied),
    ("WRONGPASS", ErrorKind::PermissionDenied),
    ("NOPERM", ErrorKind::PermissionDenied),
    ("DENIED", ErrorKind::PermissionDenied),
    ("BUSY", ErrorKind::Busy),
    ("WRONGTYPE", ErrorKind::Corrupt),
    ("CROSSSLOT", ErrorKind::Unsupported),
    ("NOSCRIPT", ErrorKind::Other),
    ("NOPROTO", ErrorKind::Unsupported),
];

type Source = Box<dyn StdError + Send + Sync>;

/// A failure that has its kind and cause, and gets its operation from the method it leaves by.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    source: Option<Source>,
    /// The server that the cause comes from, where it is one server's.
    server: Option<Address>,
}

/// A cause, and the server that it comes from: the host and the port of the URL, or of what a
/// cluster or a sentinel says, and never the credentials.
#[derive(Debug)]
struct ServerFault {
    server: Address,
    source: Source,
}

pub(crate) type Attempt<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn new(kind: ErrorKind, source: impl Into<Source>) -> Fault {
        Fault {
            kind,
            source: Some(source.into()),
            server: None,
        }
    }

    /// A reply that no server gives to what was asked.
    pub(crate) fn of_a_strange_reply() -> Fault {
        Fault::new(ErrorKind::Other, "the server's reply is not understood")
    }

    pub(crate) fn of_a_lost_connection() -> Fault {
        Fault::new(ErrorKind::Unavailable, "the connection was lost")
    }

    pub(crate) fn of_silence() -> Fault {
        Fault::new(ErrorKind::Unavailable, "no answer within the timeout")
    }

    /// The same, to be told to another caller who has met it, too.
    #[cfg(feature = "async-plain")]
    pub(crate) fn again(&self) -> Fault {
        Fault {
            kind: self.kind,
            source: self.source.as_ref().map(|source| source.to_string().into()),
            server: self.server.clone(),
        }
    }

    /// The same, from this server unless it names one.
    pub(crate) fn at(self, server: &Address) -> Fault {
        let server = self.server.or_else(|| Some(server.clone()));
        Fault { server, ..self }
    }

    /// The same cause, of a write that may have happened (rule ERR-5).
    pub(crate) fn indeterminate(self) -> Fault {
        Fault {
            kind: ErrorKind::Indeterminate,
            ..self
        }
    }

    /// The same cause, of what turns out to have changed nothing.
    pub(crate) fn unavailable(self) -> Fault {
        Fault {
            kind: ErrorKind::Unavailable,
            ..self
        }
    }

    pub(crate) fn during(self, operation: Operation) -> Error {
        let error = Error::new(self.kind, operation, DRIVER);
        match (self.source, self.server) {
            (Some(source), Some(server)) => error.with_source(ServerFault { server, source }),
            (Some(source), None) => error.with_source(source),
            (None, _) => error,
        }
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "server {}", self.server)
    }
}

impl StdError for ServerFault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// For an operation's `map_err`.
pub(crate) fn during(operation: Operation) -> impl FnOnce(Fault) -> Error {
    move |fault| fault.during(operation)
}

impl From<ErrorKind> for Fault {
    fn from(kind: ErrorKind) -> Fault {
        Fault {
            kind,
            source: None,
            server: None,
        }
    }
}

/// A connection that cannot be made, or was lost.
impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            // What rustls says of a certificate that it does not trust; time does not heal it.
            io::ErrorKind::InvalidData => ErrorKind::Other,
            _ => ErrorKind::Unavailable,
        };
        Fault::new(kind, error)
    }
}

/// A reply that did not come, or is none.
impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Fault {
        if error.is_timeout() {
            Fault::of_silence()
        } else if error.is_io_error() {
            Fault::of_a_lost_connection()
        } else {
            Fault::of_a_strange_reply()
        }
    }
}

/// What a server refuses to do. It has changed nothing.
impl From<&ServerError> for Fault {
    fn from(error: &ServerError) -> Fault {
        let details = error.details().unwrap_or_default();
        if let Some((code, kind)) = code_of(error.code(), details) {
            return Fault::new(kind, format!("the server answers {code}"));
        }
        if details.starts_with("max number of clients") {
            return Fault::new(ErrorKind::Busy, "the server has too many clients");
        }
        if details.starts_with("AUTH <password> called without") {
            let reason = "a password was given, and the server has none for this user";
            return Fault::new(ErrorKind::PermissionDenied, reason);
        }
        if details.starts_with("unknown command") {
            return Fault::new(ErrorKind::Unsupported, "the server lacks a command");
        }
        if details.starts_with("DB index") || details.starts_with("invalid DB index") {
            return Fault::new(ErrorKind::Unsupported, "the server has no such database");
        }
        Fault::new(ErrorKind::Other, "the server answers with an error")
    }
}

/// The known code of an error. Servers before 7.0 wrap those that come up within a script into the
/// text of another.
fn code_of(code: &str, details: &str) -> Option<(&'static str, ErrorKind)> {
    let known = |word: &str| CODES.into_iter().find(|(code, _)| *code == word);
    known(code).or_else(|| {
        let is_wrapped = details.starts_with("Error running script");
        let mut words = details.split([' ', '-']).filter(|_| is_wrapped);
        words.find_map(known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::Value;

    fn kind_of(reply: &str) -> ErrorKind {
        match redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => Fault::from(&error).kind,
            other => panic!("no error: {other:?}"),
        }
    }

    #[test]
    fn the_code_of_an_error_gives_its_kind() {
        for (reply, kind) in [
            (
                "LOADING Redis is loading the dataset in memory",
                ErrorKind::Unavailable,
            ),
            (
                "READONLY You can't write against a read only replica.",
                ErrorKind::Unavailable,
            ),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                ErrorKind::StorageFull,
            ),
            (
                "NOAUTH Authentication required.",
                ErrorKind::PermissionDenied,
            ),
            ("BUSY Redis is busy running a script.", ErrorKind::Busy),
            ("WRONGTYPE Operation against a key", ErrorKind::Corrupt),
            (
                "ERR AUTH <password> called without any password configured for the default user.",
                ErrorKind::PermissionDenied,
            ),
            (
                "WRONGPASS invalid username-password pair or user is disabled.",
                ErrorKind::PermissionDenied,
            ),
            ("ERR max number of clients reached", ErrorKind::Busy),
            ("ERR unknown command 'GETRANGE'", ErrorKind::Unsupported),
            ("ERR something new", ErrorKind::Other),
        ] {
            assert_eq!(kind_of(reply), kind, "{reply}");
        }
    }

    #[test]
    fn an_older_server_wraps_the_error_of_a_script() {
        let readonly = "ERR Error running script (call to f_1): @user_script:9: @user_script: 9: -READONLY You can't";
        assert_eq!(kind_of(readonly), ErrorKind::Unavailable);
        let wrong_type = "ERR Error running script (call to f_1): @user_script:9: WRONGTYPE Operation against a key";
        assert_eq!(kind_of(wrong_type), ErrorKind::Corrupt);
    }

    #[test]
    fn id_4_what_a_server_quotes_is_not_passed_on() {
        let reply = "-NOPERM User u has no permissions to access the 'session:secret' key\r\n";
        let Ok(Value::ServerError(error)) = redis::parse_redis_value(reply.as_bytes()) else {
            panic!("no error");
        };
        let error = Fault::from(&error).during(Operation::Retrieve);
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }

    #[test]
    fn the_first_server_that_is_named_stays() {
        let at = |port| Address::Tcp {
            host: "example.org".into(),
            port,
        };
        let fault = Fault::of_silence()
            .at(&at(7000))
            .unavailable()
            .at(&at(7001));
        let error = fault.during(Operation::Retrieve);
        let server = error.source().expect("a cause");
        assert_eq!(server.to_string(), "server example.org:7000");
        let cause = server.source().expect("a cause of the cause");
        assert_eq!(cause.to_string(), "no answer within the timeout");
    }
}

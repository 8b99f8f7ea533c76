//! What can go wrong below an operation, before it is known which operation it was.

use rustix::io::Errno;
use session_driver::{Error, ErrorKind, Operation};

use crate::platform;

/// The driver's name in errors.
const DRIVER: &str = "file";

/// A failure that has its kind and cause, and gets its operation from the method it leaves by.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

pub(crate) type Attempt<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn new(
        kind: ErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Fault {
        Fault {
            kind,
            source: Some(source.into()),
        }
    }

    /// Whether it is the record's bytes that are at fault, and not the store.
    pub(crate) fn is_of_the_record(&self) -> bool {
        matches!(self.kind, ErrorKind::Corrupt | ErrorKind::Incompatible)
    }

    /// The same cause, of a write that may have happened (rule ERR-5).
    pub(crate) fn indeterminate(self) -> Fault {
        Fault {
            kind: ErrorKind::Indeterminate,
            ..self
        }
    }

    pub(crate) fn during(self, operation: Operation) -> Error {
        let error = Error::new(self.kind, operation, DRIVER);
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

impl From<ErrorKind> for Fault {
    fn from(kind: ErrorKind) -> Fault {
        Fault { kind, source: None }
    }
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Fault {
        let kind = match errno {
            Errno::ACCESS | Errno::PERM | Errno::ROFS => ErrorKind::PermissionDenied,
            Errno::NOSPC | Errno::DQUOT | Errno::FBIG => ErrorKind::StorageFull,
            Errno::IO | Errno::NODEV | Errno::STALE => ErrorKind::Unavailable,
            // Where a missing file is an answer it was taken for one already; here a directory is
            // missing.
            Errno::NOENT => ErrorKind::Unavailable,
            // Out of descriptors or memory: of this process or the system, and only for now.
            Errno::MFILE | Errno::NFILE | Errno::NOMEM => ErrorKind::Unavailable,
            // A link, directory or device stands where a session's file should be.
            Errno::LOOP | Errno::ISDIR | Errno::NXIO | Errno::SPIPE => ErrorKind::Corrupt,
            // A file stands where a directory should be.
            Errno::NOTDIR => ErrorKind::Incompatible,
            other if platform::NOT_A_FILE.contains(&other) => ErrorKind::Corrupt,
            _ => ErrorKind::Other,
        };
        Fault {
            kind,
            source: Some(Box::new(std::io::Error::from(errno))),
        }
    }
}

//! What can go wrong below an operation, before it is known which operation it was.

use std::io;

use rustix::io::Errno;
use session_driver::{Error, ErrorKind, Operation};
use session_driver_envelope::EnvelopeError;

/// The driver's name in errors.
const DRIVER: &str = "sled";

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

impl From<EnvelopeError> for Fault {
    fn from(error: EnvelopeError) -> Fault {
        Fault::new(error.kind(), error)
    }
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Fault {
        io::Error::from(errno).into()
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        use io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::PermissionDenied,
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => ErrorKind::StorageFull,
            // A file stands where a directory should be, or the reverse.
            Io::NotADirectory | Io::IsADirectory => ErrorKind::Incompatible,
            _ => ErrorKind::Unavailable,
        };
        Fault::new(kind, error)
    }
}

/// The engine's messages may quote what it choked on, so its errors are told in other words.
impl From<sled::Error> for Fault {
    fn from(error: sled::Error) -> Fault {
        match error {
            sled::Error::Io(error) => match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code).into(),
                None => io::Error::from(error.kind()).into(),
            },
            sled::Error::Corruption { .. } => {
                Fault::new(ErrorKind::Corrupt, "sled found damage in its own files")
            }
            sled::Error::Unsupported(_) => Fault::new(
                ErrorKind::Incompatible,
                "the files are of another release of sled, or were made with other settings",
            ),
            sled::Error::CollectionNotFound(_) => {
                Fault::new(ErrorKind::Unavailable, "sled lost the tree")
            }
            sled::Error::ReportableBug(_) => Fault::new(
                ErrorKind::Unavailable,
                "sled has stopped after a fault of its own",
            ),
        }
    }
}

//! What can go wrong below an operation, before it is known which operation it was.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use rusqlite::ffi;
use session_driver::{Error, ErrorKind, Operation};

/// The driver's name in errors.
const DRIVER: &str = "sqlite";

/// A failure that has its kind and cause, and gets its operation from the method it leaves by. It
/// can be cloned, for those who shared a transaction share its failure.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    cause: Cause,
}

#[derive(Clone, Debug)]
enum Cause {
    None,
    /// What SQLite said. Its code alone: its messages may quote.
    Engine(ffi::Error),
    Other(Arc<dyn StdError + Send + Sync>),
}

pub(crate) type Attempt<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn new(
        kind: ErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Fault {
        Fault {
            kind,
            cause: Cause::Other(Arc::from(source.into())),
        }
    }

    /// Whether SQLite failed, which may have ended the transaction, and not a precondition.
    pub(crate) fn is_of_the_engine(&self) -> bool {
        matches!(self.cause, Cause::Engine(_))
    }

    /// Whether the statement itself is at fault: SQLite's `SQLITE_ERROR`, as when a table or column
    /// is missing.
    pub(crate) fn is_of_the_statement(&self) -> bool {
        matches!(&self.cause, Cause::Engine(error) if error.extended_code & 0xFF == ffi::SQLITE_ERROR)
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
        match self.cause {
            Cause::None => error,
            Cause::Engine(source) => error.with_source(source),
            Cause::Other(source) => error.with_source(source),
        }
    }
}

impl From<ErrorKind> for Fault {
    fn from(kind: ErrorKind) -> Fault {
        Fault {
            kind,
            cause: Cause::None,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        if let Some(engine) = engine_error(&error) {
            return Fault {
                kind: kind_of(engine.extended_code),
                cause: Cause::Engine(*engine),
            };
        }
        match error {
            // A value of another type than its column's, or none where one must be.
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => {
                Fault::new(ErrorKind::Corrupt, "a column holds no value of its type")
            }
            _ => Fault::new(ErrorKind::Other, "SQLite was not used as it should be"),
        }
    }
}

/// SQLite's extended result code, if it was SQLite that failed.
pub(crate) fn code_of(error: &rusqlite::Error) -> Option<i32> {
    engine_error(error).map(|engine| engine.extended_code)
}

/// What SQLite reported. It is found by its type, because rusqlite has a variant for errors in the
/// text of a statement (`SqlInputError`) only with some of its features.
fn engine_error(error: &rusqlite::Error) -> Option<&ffi::Error> {
    error.source()?.downcast_ref()
}

/// The kind for one of SQLite's result codes (<https://www.sqlite.org/rescode.html>).
fn kind_of(code: i32) -> ErrorKind {
    match code {
        ffi::SQLITE_READONLY_DBMOVED => return ErrorKind::Unavailable,
        // The index of the write-ahead log could not grow.
        ffi::SQLITE_IOERR_SHMSIZE => return ErrorKind::StorageFull,
        _ => {}
    }
    match code & 0xFF {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_PROTOCOL => ErrorKind::Busy,
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM | ffi::SQLITE_AUTH => ErrorKind::PermissionDenied,
        ffi::SQLITE_FULL => ErrorKind::StorageFull,
        ffi::SQLITE_CORRUPT => ErrorKind::Corrupt,
        ffi::SQLITE_NOTADB => ErrorKind::Incompatible,
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_IOERR | ffi::SQLITE_NOMEM => ErrorKind::Unavailable,
        ffi::SQLITE_TOOBIG => ErrorKind::PayloadTooLarge,
        ffi::SQLITE_NOLFS => ErrorKind::Unsupported,
        _ => ErrorKind::Other,
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::new(kind_of_io(&error), error)
    }
}

/// The kind for what the operating system reported of a file.
pub(crate) fn kind_of_io(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ErrorKind::PermissionDenied
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::StorageFull,
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => ErrorKind::Incompatible,
        io::ErrorKind::NotFound
        | io::ErrorKind::StaleNetworkFileHandle
        | io::ErrorKind::OutOfMemory => ErrorKind::Unavailable,
        _ if is_outage(error) => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}

/// Whether the disk failed or is gone, or too many files are open: `io::ErrorKind` does not say so.
#[cfg(unix)]
fn is_outage(error: &io::Error) -> bool {
    use rustix::io::Errno;

    let errno = Errno::from_io_error(error);
    matches!(
        errno,
        Some(Errno::IO | Errno::NODEV | Errno::MFILE | Errno::NFILE)
    )
}

/// Whether the disk failed or is gone, or too many files are open: `io::ErrorKind` does not say so.
#[cfg(windows)]
fn is_outage(error: &io::Error) -> bool {
    const TOO_MANY_OPEN_FILES: i32 = 4;
    const NOT_READY: i32 = 21;
    const DEV_NOT_EXIST: i32 = 55;
    const IO_DEVICE: i32 = 1117;

    let code = error.raw_os_error();
    matches!(
        code,
        Some(TOO_MANY_OPEN_FILES | NOT_READY | DEV_NOT_EXIST | IO_DEVICE)
    )
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn what_the_system_reports_has_its_kind() {
        for (errno, kind) in [
            (Errno::ACCESS, ErrorKind::PermissionDenied),
            (Errno::PERM, ErrorKind::PermissionDenied),
            (Errno::ROFS, ErrorKind::PermissionDenied),
            (Errno::NOSPC, ErrorKind::StorageFull),
            (Errno::DQUOT, ErrorKind::StorageFull),
            (Errno::NOTDIR, ErrorKind::Incompatible),
            (Errno::NOENT, ErrorKind::Unavailable),
            (Errno::IO, ErrorKind::Unavailable),
            (Errno::NODEV, ErrorKind::Unavailable),
            (Errno::STALE, ErrorKind::Unavailable),
            (Errno::MFILE, ErrorKind::Unavailable),
            (Errno::NFILE, ErrorKind::Unavailable),
            (Errno::NOMEM, ErrorKind::Unavailable),
            (Errno::INVAL, ErrorKind::Other),
        ] {
            let fault = Fault::from(io::Error::from(errno));
            assert_eq!(fault.kind, kind, "{errno:?}");
        }
    }
}

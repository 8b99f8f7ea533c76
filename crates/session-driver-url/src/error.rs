//! Why a URL opens no store.

use std::fmt;

use session_driver::{Error, ErrorKind};

/// A URL that names no store: what is wrong with it, and what to write.
///
/// It shows nothing of a URL that may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct UrlError {
    what: String,
    advice: Option<String>,
}

impl UrlError {
    /// Says what is wrong. `what` must hold no secret of the URL.
    #[must_use]
    pub fn new(what: impl Into<String>) -> UrlError {
        UrlError {
            what: what.into(),
            advice: None,
        }
    }

    /// The same error with what to do, such as `write sqlite:sessions.db`.
    #[must_use]
    pub fn with_advice(self, advice: impl Into<String>) -> UrlError {
        UrlError {
            advice: Some(advice.into()),
            ..self
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

/// Like `Display`: a `main` that returns the error prints this.
impl fmt::Debug for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for UrlError {}

/// Why a store was not opened. `Display` says what to do, `Debug` its causes, too: a `main` that
/// returns the error prints that. Neither shows a password.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL names no store. Nothing was opened.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The driver did not open the store that the URL names.
    #[error("{url} cannot be opened: {}{}", .source.kind(), advice(.source.kind()))]
    Driver {
        /// The URL, with `***` in the place of a password.
        url: String,
        /// The driver's error.
        source: Error,
    },
}

impl fmt::Debug for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// What to do about a driver's error, after a separator.
fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => {
            "; check the user and password in the URL of a server, the owner and mode of files"
        }
        ErrorKind::Unavailable => {
            "; check that the server answers, or that the path exists and may be made"
        }
        ErrorKind::Incompatible => "; check that the URL names a store of this driver and release",
        ErrorKind::Corrupt => "; restore the store from a backup",
        ErrorKind::Locked => "; stop the process that has the store open",
        ErrorKind::Busy => "; open it again when other processes use it less",
        ErrorKind::StorageFull => "; free some space",
        ErrorKind::Unsupported => "; change what the cause names, in the URL or on the server",
        _ => "",
    }
}

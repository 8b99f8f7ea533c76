//! How a command ends: as asked, in part, or not at all.

use std::error::Error as StdError;
use std::io;
use std::process::ExitCode;

use session_driver::{Error, ErrorKind};
use session_driver_url::UrlError;

use crate::interrupt::INTERRUPTED;

/// How a command that ran to its end did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// All that was asked for is done.
    Complete,
    /// A part could not be done, and was told of on the way.
    Incomplete,
}

impl Finish {
    /// Complete if nothing was left out.
    pub(crate) fn complete_if(whole: bool) -> Finish {
        if whole {
            Finish::Complete
        } else {
            Finish::Incomplete
        }
    }
}

/// Why a command ended before its time.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    /// What went wrong.
    pub(crate) what: String,
    /// What to do next.
    pub(crate) next: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Usage,
    Failed,
    /// The user asked it to stop.
    Interrupted,
    /// Whoever read the output has read enough: `session-driver list … | head`.
    ReaderGone,
}

impl Failure {
    /// The command line asks for something that does not exist.
    pub(crate) fn usage(what: impl Into<String>) -> Failure {
        Failure::new(Kind::Usage, what)
    }

    /// What was asked for did not work.
    pub(crate) fn failed(what: impl Into<String>) -> Failure {
        Failure::new(Kind::Failed, what)
    }

    /// The command stopped because a signal asked it to.
    pub(crate) fn interrupted() -> Failure {
        Failure::new(Kind::Interrupted, "interrupted")
    }

    /// What was asked for did not work, because of this.
    pub(crate) fn because(what: &str, cause: &(dyn StdError + 'static)) -> Failure {
        Failure::failed(format!("{what}: {}", chain(cause)))
    }

    /// Writing to standard output did not work.
    pub(crate) fn output(error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Failure::new(Kind::ReaderGone, "the output was closed")
        } else {
            Failure::because("the output cannot be written", error)
        }
    }

    /// The same failure with what to do next.
    pub(crate) fn next(self, next: impl Into<String>) -> Failure {
        Failure {
            next: Some(next.into()),
            ..self
        }
    }

    /// Whether nobody needs to be told.
    pub(crate) fn is_quiet(&self) -> bool {
        self.kind == Kind::ReaderGone
    }

    /// Whether a signal asked the command to stop.
    pub(crate) fn is_interrupt(&self) -> bool {
        self.kind == Kind::Interrupted
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::ReaderGone => ExitCode::SUCCESS,
            Kind::Failed => ExitCode::FAILURE,
            Kind::Usage => ExitCode::from(2),
            Kind::Interrupted => ExitCode::from(INTERRUPTED),
        }
    }

    fn new(kind: Kind, what: impl Into<String>) -> Failure {
        Failure {
            kind,
            what: what.into(),
            next: None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let failure = Failure::failed(chain(&error));
        match advice(error.kind()) {
            Some(next) => failure.next(next),
            None => failure,
        }
    }
}

impl From<UrlError> for Failure {
    fn from(error: UrlError) -> Failure {
        let failure = Failure::usage(error.what());
        match error.advice() {
            Some(next) => failure.next(next),
            None => failure,
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

fn advice(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::Corrupt => {
            "`remove` discards a damaged session; a store that is damaged as such has to come from a copy"
        }
        ErrorKind::Incompatible => {
            "check that the URL names the right store, and that this is the newest session-driver"
        }
        ErrorKind::PermissionDenied => {
            "a server may want another password; a store on a disk must belong to the user who runs this, and \
             nobody else may write to it"
        }
        ErrorKind::Locked => "another process has the store open: stop it and run this again",
        ErrorKind::Busy => "run this again when the store is less busy",
        ErrorKind::Unavailable => {
            "check that the place the URL names exists and answers, and run this again"
        }
        ErrorKind::StorageFull => "free some space, and run this again",
        ErrorKind::Indeterminate => "look at the store before you run this again",
        ErrorKind::InvalidDeadline
        | ErrorKind::PayloadTooLarge
        | ErrorKind::AlreadyExists
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Unsupported
        | ErrorKind::Other => return None,
    })
}

//! What can go wrong with a test's servers.

use std::io;
use std::time::Duration;

/// The result of what a test does with its servers.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the test's surroundings, and not of what is tested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no server that could be started.
    #[error("neither redis-server nor valkey-server is on PATH")]
    Missing,
    /// The operating system refused something.
    #[error("cannot {attempt}")]
    Io {
        /// What was tried, in the infinitive.
        attempt: &'static str,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A server ended while it started, or did not answer in time.
    #[error("the server {verdict}; its log ends with:\n{log}")]
    NotStarted {
        /// What it did instead.
        verdict: String,
        /// The last lines that it wrote.
        log: String,
    },
    /// A server answered with an error.
    #[error("the server refuses {command}: {message}")]
    Refused {
        /// The first words of the command.
        command: String,
        /// The server's answer, beginning with its code.
        message: String,
    },
    /// A server answered something that makes no sense here.
    #[error("the server answers {command} with {reply}")]
    Unexpected {
        /// The first words of the command.
        command: String,
        /// What came.
        reply: String,
    },
    /// A state that was waited for did not come.
    #[error("{state} did not come about within {within:?}; last seen: {seen}")]
    NotReached {
        /// What was waited for.
        state: &'static str,
        /// How long.
        within: Duration,
        /// What was there instead.
        seen: String,
    },
}

impl Error {
    /// Makes an [`Io`](Error::Io) of the operating system's answer to an attempt.
    pub(crate) fn io(attempt: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Io { attempt, source }
    }
}

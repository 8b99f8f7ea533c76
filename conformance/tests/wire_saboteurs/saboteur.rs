//! A saboteur: the driver of the server with another way to ask.

use std::sync::PoisonError;
use std::time::Duration;

use session_driver::{ErrorKind, Operation, Result};

use crate::remote::{Remote, RemoteSubject, TIMEOUT, ask, error, of_a_lost_answer};
use crate::server::{Answer, Request};

/// A driver with one fault.
pub(crate) struct Saboteur {
    /// The name of its test.
    pub(crate) name: &'static str,
    /// What it does wrong, and who did so in the wild.
    pub(crate) fault: &'static str,
    /// The rules it breaks, first those it is written for: each of those that try it must accuse it,
    /// and no other may.
    pub(crate) breaks: &'static [&'static str],
    /// Rules that accuse it in some runs and not in others, for it breaks them by chance.
    pub(crate) sometimes: &'static [&'static str],
    /// Sends a request and gives the answer.
    pub(crate) ask: fn(&Remote, Operation, &Request) -> Result<Answer>,
}

impl Saboteur {
    pub(crate) fn subject(&'static self) -> RemoteSubject {
        RemoteSubject(self)
    }
}

pub(crate) static HONEST: Saboteur = Saboteur {
    name: "honest",
    fault: "none: what the others are before their fault",
    breaks: &[],
    sometimes: &[],
    ask,
};

pub(crate) static SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "sends-it-twice",
        fault: "sends a request again when its answer is lost, as clients with a retry policy do: a remove answers false, a create AlreadyExists",
        breaks: &["ERR-5"],
        sometimes: &[],
        ask: |remote, operation, request| {
            let mut kept = remote.connection();
            let again = |_| remote.say(request, TIMEOUT, &mut None);
            remote
                .say(request, TIMEOUT, &mut kept)
                .or_else(again)
                .map_err(|_| error(of_a_lost_answer(request), operation))
        },
    },
    Saboteur {
        name: "sends-it-again-later",
        fault: "queues what was not answered and sends it with the next request: a logout in between is undone",
        breaks: &["ERR-5"],
        sometimes: &[],
        ask: |remote, operation, request| {
            let mut unsent = remote.unsent.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(late) = unsent.take() {
                // Lost again it is queued no more.
                let _ = remote.say(&late, TIMEOUT, &mut remote.connection());
            }
            let answer = ask(remote, operation, request);
            let lost = matches!(&answer, Err(error) if error.kind() == ErrorKind::Indeterminate);
            *unsent = lost.then(|| request.clone());
            answer
        },
    },
    Saboteur {
        name: "lost-is-unavailable",
        fault: "calls a write that it sent Unavailable, which says that nothing happened: the caller sends it twice",
        breaks: &["ERR-5"],
        sometimes: &[],
        ask: |remote, operation, request| {
            ask(remote, operation, request).map_err(|_| error(ErrorKind::Unavailable, operation))
        },
    },
    Saboteur {
        name: "down-is-no-session",
        fault: "answers that there is no session when nobody answers it: a restart of the server logs everybody out",
        breaks: &["ERR-4"],
        sometimes: &[],
        ask: |remote, operation, request| match (ask(remote, operation, request), request) {
            (Err(_), Request::Retrieve(..)) => Ok(Answer::Found(None)),
            (answer, _) => answer,
        },
    },
    Saboteur {
        name: "removes-whom-it-cannot-reach",
        fault: "answers a remove with false when nobody answers it: the user is told that he is logged out",
        breaks: &["ERR-4"],
        sometimes: &[],
        ask: |remote, operation, request| match (ask(remote, operation, request), request) {
            (Err(_), Request::Remove(..)) => Ok(Answer::Was(false)),
            (answer, _) => answer,
        },
    },
    Saboteur {
        name: "waits-longer-than-it-says",
        fault: "has a timeout of its library's choice: a server that hangs holds every request",
        breaks: &["ERR-4"],
        sometimes: &[],
        ask: |remote, operation, request| {
            remote
                .say(request, Duration::from_secs(5), &mut remote.connection())
                .map_err(|_| error(of_a_lost_answer(request), operation))
        },
    },
    Saboteur {
        name: "never-comes-back",
        fault: "connects once: the server's restart takes a restart of all its clients",
        breaks: &["ERR-4"],
        sometimes: &[],
        ask: |remote, operation, request| {
            let mut unsent = remote.unsent.lock().unwrap_or_else(PoisonError::into_inner);
            if unsent.is_some() {
                return Err(error(ErrorKind::Unavailable, operation));
            }
            let answer = ask(remote, operation, request);
            if answer.is_err() {
                *unsent = Some(request.clone());
            }
            answer
        },
    },
];

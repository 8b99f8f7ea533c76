//! How long a connection may be silent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// When something last went forward. The socket has so long to take the next bytes, and the server to
/// send the next ones when a reply is due; that others are sent meanwhile is no sign of life.
pub(super) struct Clock {
    limit: Duration,
    sending: Option<Instant>,
    listening: Option<Instant>,
    /// Is set seldom: it goes off at times with nothing due, and not anew for each command.
    alarm: Pin<Box<Sleep>>,
}

impl Clock {
    pub(super) fn new(limit: Duration) -> Clock {
        Clock {
            limit,
            sending: None,
            listening: None,
            alarm: Box::pin(sleep(limit)),
        }
    }

    /// There are bytes to be sent.
    pub(super) fn begin_to_send(&mut self) {
        self.sending.get_or_insert_with(Instant::now);
    }

    pub(super) fn sent_some(&mut self) {
        self.sending = Some(Instant::now());
    }

    pub(super) fn sent_all(&mut self) {
        self.sending = None;
    }

    /// Whether a reply is due.
    pub(super) fn expect(&mut self, is_due: bool) {
        match is_due {
            true => {
                self.listening.get_or_insert_with(Instant::now);
            }
            false => self.listening = None,
        }
    }

    pub(super) fn heard(&mut self) {
        if let Some(listening) = &mut self.listening {
            *listening = Instant::now();
        }
    }

    /// Ready when the silence has lasted too long.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let since = [self.sending, self.listening].into_iter().flatten().min();
        let Some(since) = since else {
            return Poll::Pending;
        };
        let due = since + self.limit;
        loop {
            if self.alarm.is_elapsed() || self.alarm.deadline() > due {
                if Instant::now() >= due {
                    return Poll::Ready(());
                }
                self.alarm.as_mut().reset(due);
            }
            ready!(self.alarm.as_mut().poll(context));
        }
    }
}

//! A connection's task: it sends what many callers ask for, and hands the replies out in order.
//!
//! Replies come in the order of the commands, so that one whose caller has gone is taken out of the
//! stream and dropped: nobody else gets it.

mod clock;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use redis::Value;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::codec::Decoder as _;

use self::clock::Clock;
use super::dial::Stream;
use crate::dialer::Dialer;
use crate::fault::{Attempt, Fault};
use crate::network::Failure;
use crate::url::Address;

/// About how many bytes are read, or gathered to be sent, at once.
const CHUNK: usize = 64 * 1024;

/// Commands to send at once, and who waits for their replies.
pub(super) struct Order {
    pub(super) packed: Vec<u8>,
    pub(super) count: usize,
    pub(super) reply: oneshot::Sender<Result<Vec<Value>, Failure>>,
}

/// Connects, and carries orders until the connection fails, nobody can give any more, or all is
/// over. Those that wait are told.
pub(super) async fn keep(
    dialer: Arc<Dialer>,
    address: Address,
    mut orders: mpsc::Receiver<Order>,
    mut is_over: watch::Receiver<bool>,
) {
    let mut over = pin!(is_over.wait_for(|is_over| *is_over));
    let mut carried = pin!(carry(&dialer, &address, &mut orders));
    poll_fn(|context| match over.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => carried.as_mut().poll(context),
    })
    .await;
}

async fn carry(dialer: &Dialer, address: &Address, orders: &mut mpsc::Receiver<Order>) {
    let fault = match Stream::to_server(dialer, address).await {
        Ok(stream) => {
            let mut line = Line::new(stream, dialer);
            let fault = poll_fn(|context| line.poll(context, orders)).await;
            // Before anyone is told, so that whoever asks again at once asks another connection.
            orders.close();
            line.fail(&fault);
            fault
        }
        Err(fault) => fault,
    };
    orders.close();
    while let Some(order) = orders.recv().await {
        // Its caller may have gone.
        let _ = order.reply.send(Err(Failure::Unsent(fault.again())));
    }
}

/// An introduced connection.
struct Line {
    stream: Stream,
    read: Box<[u8]>,
    /// What is to be sent, from `sent` on.
    outgoing: Vec<u8>,
    sent: usize,
    /// Whether some of what was sent is still held back by TLS.
    is_flushed: bool,
    /// Whether the server may have hung up unnoticed, for nothing was under way.
    is_doubtful: bool,
    /// Places in the stream of all bytes: up to where it was sent, and is to be sent.
    sent_to: u64,
    end: u64,
    waiting: VecDeque<Waiting>,
    clock: Clock,
}

/// An order that is on its way.
struct Waiting {
    /// Where its bytes end in the stream of all bytes.
    end: u64,
    count: usize,
    replies: Vec<Value>,
    reply: oneshot::Sender<Result<Vec<Value>, Failure>>,
}

impl Line {
    fn new(stream: Stream, dialer: &Dialer) -> Line {
        Line {
            stream,
            read: vec![0; CHUNK].into(),
            outgoing: vec![],
            sent: 0,
            is_flushed: true,
            is_doubtful: true,
            sent_to: 0,
            end: 0,
            waiting: VecDeque::new(),
            clock: Clock::new(dialer.wait_timeout),
        }
    }

    /// Reads and writes what can be; ready with the reason for which it is of no use any more.
    ///
    /// What there is to be read is read before anything is sent: a server that has hung up is noticed
    /// while an order can still be sent elsewhere.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        orders: &mut mpsc::Receiver<Order>,
    ) -> Poll<Fault> {
        loop {
            match self.poll_read(context) {
                Poll::Ready(Ok(())) => continue,
                Poll::Ready(Err(fault)) => return Poll::Ready(fault),
                Poll::Pending => {}
            }
            if let Poll::Ready(fault) = self.poll_take(context, orders) {
                return Poll::Ready(fault);
            }
            match self.poll_write(context) {
                // There may be more to be taken.
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Err(fault)) => return Poll::Ready(fault),
                Poll::Ready(Ok(false)) | Poll::Pending => break,
            }
        }
        self.clock.poll(context).map(|()| Fault::of_silence())
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Attempt<()>> {
        let mut read = ReadBuf::new(&mut self.read);
        ready!(Pin::new(&mut self.stream.socket).poll_read(context, &mut read))?;
        if read.filled().is_empty() {
            return Poll::Ready(Err(Fault::of_a_lost_connection()));
        }
        self.stream.bytes.extend_from_slice(read.filled());
        self.clock.heard();
        while !self.stream.bytes.is_empty() {
            match self.stream.codec.decode(&mut self.stream.bytes)? {
                Some(value) => self.hand_out(value)?,
                None => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn hand_out(&mut self, value: Value) -> Attempt<()> {
        let Some(first) = self.waiting.front_mut() else {
            return Err(match value {
                // A server that is full says so unasked.
                Value::ServerError(error) => Fault::from(&error),
                _ => Fault::of_a_strange_reply(),
            });
        };
        first.replies.push(value);
        if first.replies.len() < first.count {
            return Ok(());
        }
        if let Some(done) = self.waiting.pop_front() {
            // Its caller may have gone.
            let _ = done.reply.send(Ok(done.replies));
            self.listen();
        }
        Ok(())
    }

    /// Takes orders until there is enough to send.
    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        orders: &mut mpsc::Receiver<Order>,
    ) -> Poll<Fault> {
        while self.outgoing.len() < CHUNK {
            match orders.poll_recv(context) {
                Poll::Ready(Some(order)) => self.take(order),
                // Nobody can give any more, and so nobody waits.
                Poll::Ready(None) => return Poll::Ready(Fault::of_a_lost_connection()),
                Poll::Pending => break,
            }
        }
        Poll::Pending
    }

    fn take(&mut self, order: Order) {
        if order.reply.is_closed() {
            // Its caller has gone before anything was sent: it does not happen.
            return;
        }
        self.is_doubtful |= self.waiting.is_empty();
        self.end += order.packed.len() as u64;
        self.waiting.push_back(Waiting {
            end: self.end,
            count: order.count,
            replies: Vec::with_capacity(order.count),
            reply: order.reply,
        });
        match self.outgoing.is_empty() {
            true => self.outgoing = order.packed,
            false => self.outgoing.extend_from_slice(&order.packed),
        }
        self.clock.begin_to_send();
    }

    /// Sends what was taken; true when something was and nothing is left.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Attempt<bool>> {
        if self.outgoing.is_empty() && self.is_flushed {
            return Poll::Ready(Ok(false));
        }
        // If there is something to be read after all, the runtime has not noticed it yet: it will.
        if self.is_doubtful && !self.stream.socket.is_quiet() {
            return Poll::Pending;
        }
        self.is_doubtful = false;
        while self.sent < self.outgoing.len() {
            let left = &self.outgoing[self.sent..];
            let count = ready!(Pin::new(&mut self.stream.socket).poll_write(context, left))?;
            if count == 0 {
                return Poll::Ready(Err(Fault::of_a_lost_connection()));
            }
            self.sent += count;
            self.sent_to += count as u64;
            self.is_flushed = false;
            self.clock.sent_some();
            self.listen();
        }
        self.outgoing.clear();
        self.sent = 0;
        ready!(Pin::new(&mut self.stream.socket).poll_flush(context))?;
        self.is_flushed = true;
        self.clock.sent_all();
        Poll::Ready(Ok(true))
    }

    /// Expects a reply from now on if the oldest order was sent in full.
    fn listen(&mut self) {
        let first = self.waiting.front();
        let is_due = first.is_some_and(|first| first.end <= self.sent_to);
        self.clock.expect(is_due);
    }

    /// Tells those who wait why there is no reply. A server acts on whole commands only: what was not
    /// sent to its end will not happen.
    fn fail(&mut self, fault: &Fault) {
        for order in self.waiting.drain(..) {
            let fault = fault.again();
            let failure = match order.end <= self.sent_to {
                true => Failure::Unanswered(fault),
                false => Failure::Unsent(fault),
            };
            // Its caller may have gone.
            let _ = order.reply.send(Err(failure));
        }
    }
}

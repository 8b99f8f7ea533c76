//! Whether a socket has anything to be read.

use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

/// What there is to be read on a connection on which no reply is due.
pub(crate) enum Peeked {
    Nothing,
    Words,
    /// The server has hung up, or the connection is broken.
    End,
}

/// Looks without taking, and without waiting.
pub(crate) fn peek(socket: impl AsFd) -> Peeked {
    let mut byte = [0; 1];
    match recv(socket, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Err(Errno::AGAIN) => Peeked::Nothing,
        Ok((1.., _)) => Peeked::Words,
        Ok(_) | Err(_) => Peeked::End,
    }
}

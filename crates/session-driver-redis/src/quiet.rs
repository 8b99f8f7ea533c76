//! Whether a socket has anything to be read: how a connection that the server has closed is noticed
//! before a command is sent on it.

use std::io;
use std::mem::MaybeUninit;

use socket2::SockRef;

/// What there is to be read on a connection on which no reply is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Peeked {
    Nothing,
    Words,
    /// The server has hung up, or the connection is broken.
    End,
}

/// Looks without taking and without waiting, on a socket whose calls wait.
pub(crate) fn peek<'s>(socket: impl Into<SockRef<'s>>) -> Peeked {
    judge(system::peek_waiting(&socket.into()))
}

/// Looks without taking, on a socket whose calls never wait.
#[cfg(feature = "async-plain")]
pub(crate) fn peek_nonblocking<'s>(socket: impl Into<SockRef<'s>>) -> Peeked {
    judge(system::peek_nonblocking(&socket.into()))
}

fn judge(peeked: io::Result<usize>) -> Peeked {
    match peeked {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Peeked::Nothing,
        Ok(1..) => Peeked::Words,
        Ok(_) | Err(_) => Peeked::End,
    }
}

/// One system call, whatever the mode of the socket.
#[cfg(unix)]
mod system {
    use super::*;

    pub(super) fn peek_waiting(socket: &SockRef<'_>) -> io::Result<usize> {
        let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
        socket.recv_with_flags(&mut [MaybeUninit::uninit()], flags)
    }

    #[cfg(feature = "async-plain")]
    pub(super) use peek_waiting as peek_nonblocking;
}

/// Windows has no flag for one call that does not wait, so the mode of the socket changes for it. No
/// other thread uses the socket meanwhile.
#[cfg(any(not(unix), test))]
mod portable {
    use super::*;

    pub(super) fn peek_waiting(socket: &SockRef<'_>) -> io::Result<usize> {
        socket.set_nonblocking(true)?;
        let peeked = peek_nonblocking(socket);
        socket.set_nonblocking(false)?;
        peeked
    }

    pub(super) fn peek_nonblocking(socket: &SockRef<'_>) -> io::Result<usize> {
        socket.peek(&mut [MaybeUninit::uninit()])
    }
}

#[cfg(not(unix))]
use portable as system;

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let address = listener.local_addr().expect("its address");
        let near = TcpStream::connect(address).expect("a connection");
        let (far, _) = listener.accept().expect("its other end");
        (near, far)
    }

    fn looks_without_taking_or_waiting(peek: fn(&SockRef<'_>) -> io::Result<usize>) {
        let (mut near, mut far) = pair();
        let look = |near: &TcpStream| judge(peek(&SockRef::from(near)));
        assert_eq!(look(&near), Peeked::Nothing);
        far.write_all(b"words").expect("sent");
        // Waits for them, so that they are there; and for them alone.
        near.peek(&mut [0]).expect("words");
        assert_eq!(look(&near), Peeked::Words);
        let mut words = [0; 5];
        near.read_exact(&mut words).expect("the same words");
        assert_eq!(&words, b"words");
        assert_eq!(look(&near), Peeked::Nothing);
        far.shutdown(Shutdown::Both).expect("hung up");
        assert_eq!(near.peek(&mut [0]).expect("the end"), 0);
        assert_eq!(look(&near), Peeked::End);
    }

    #[test]
    fn the_systems_way_looks_without_taking_or_waiting() {
        looks_without_taking_or_waiting(system::peek_waiting);
    }

    #[test]
    fn the_portable_way_looks_without_taking_or_waiting() {
        looks_without_taking_or_waiting(portable::peek_waiting);
    }
}

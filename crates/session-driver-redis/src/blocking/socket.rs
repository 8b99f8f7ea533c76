//! A socket to a server: TCP, TLS over TCP, or a unix socket.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "tls")]
use rustls::{ClientConnection, StreamOwned};

use super::undisturbed::Undisturbed;
use crate::quiet::{Peeked, peek};
use crate::tls::ClientTls;
#[cfg(feature = "tls")]
use crate::tls::name_of;
use crate::url::Address;

pub(super) enum Socket {
    Tcp(Undisturbed<TcpStream>),
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
    #[cfg(unix)]
    Unix(Undisturbed<UnixStream>),
}

#[cfg(feature = "tls")]
type TlsStream = StreamOwned<ClientConnection, Undisturbed<TcpStream>>;

impl Socket {
    /// Connects; what is sent and what is read then has `timeout` each.
    pub(super) fn connect(
        address: &Address,
        tls: Option<&ClientTls>,
        connect_timeout: Duration,
        timeout: Duration,
    ) -> io::Result<Socket> {
        match address {
            Address::Tcp { host, port } => {
                let stream = connect_tcp(host, *port, connect_timeout)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                let tcp = Undisturbed { stream, timeout };
                match tls {
                    Some(tls) => shake_hands(tls, host, tcp),
                    None => Ok(Socket::Tcp(tcp)),
                }
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let stream = connect_unix(path, connect_timeout)?;
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                Ok(Socket::Unix(Undisturbed { stream, timeout }))
            }
        }
    }

    /// Whether the server still has the connection open and has nothing to say that nobody asked
    /// for. It costs one system call and no round trip.
    pub(super) fn is_quiet(&mut self) -> bool {
        let peeked = match self {
            Socket::Tcp(tcp) => peek(&tcp.stream),
            #[cfg(feature = "tls")]
            Socket::Tls(tls) => peek(&tls.sock.stream),
            #[cfg(unix)]
            Socket::Unix(unix) => peek(&unix.stream),
        };
        match (peeked, self) {
            (Peeked::Nothing, _) => true,
            // Session tickets come unasked.
            #[cfg(feature = "tls")]
            (Peeked::Words, Socket::Tls(tls)) => is_without_words(tls),
            (Peeked::Words | Peeked::End, _) => false,
        }
    }
}

#[cfg(feature = "tls")]
fn shake_hands(tls: &ClientTls, host: &str, mut tcp: Undisturbed<TcpStream>) -> io::Result<Socket> {
    let name = name_of(host)?;
    let mut session = ClientConnection::new(tls.clone(), name).map_err(io::Error::other)?;
    while session.is_handshaking() {
        session.complete_io(&mut tcp)?;
    }
    Ok(Socket::Tls(Box::new(StreamOwned::new(session, tcp))))
}

#[cfg(not(feature = "tls"))]
fn shake_hands(tls: &ClientTls, _: &str, _: Undisturbed<TcpStream>) -> io::Result<Socket> {
    match *tls {}
}

/// Whether what there is to read on a TLS connection is neither a word of the server nor its
/// farewell. A record that is not there in full is waited for.
#[cfg(feature = "tls")]
fn is_without_words(tls: &mut TlsStream) -> bool {
    if tls.conn.read_tls(&mut tls.sock).is_err() {
        return false;
    }
    tls.conn
        .process_new_packets()
        .is_ok_and(|state| state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed())
}

/// Tries each of the host's addresses.
fn connect_tcp(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Connects; while the queue of a server that does not accept is full, the system waits for so long
/// as sending may take.
#[cfg(target_os = "linux")]
fn connect_unix(path: &Path, timeout: Duration) -> io::Result<UnixStream> {
    use std::os::fd::OwnedFd;

    use socket2::{Domain, SockAddr, Type};

    use super::undisturbed::go_on;

    let address = SockAddr::unix(path)?;
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_write_timeout(Some(timeout))?;
    go_on(timeout, || match socket.connect(&address) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(io::ErrorKind::TimedOut.into())
        }
        outcome => outcome,
    })?;
    Ok(UnixStream::from(OwnedFd::from(socket)))
}

/// Connects; elsewhere a full queue refuses at once.
#[cfg(all(unix, not(target_os = "linux")))]
fn connect_unix(path: &Path, _: Duration) -> io::Result<UnixStream> {
    UnixStream::connect(path)
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(tcp) => tcp.read(into),
            #[cfg(feature = "tls")]
            Socket::Tls(tls) => tls.read(into),
            #[cfg(unix)]
            Socket::Unix(unix) => unix.read(into),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(tcp) => tcp.write(bytes),
            #[cfg(feature = "tls")]
            Socket::Tls(tls) => tls.write(bytes),
            #[cfg(unix)]
            Socket::Unix(unix) => unix.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Socket::Tcp(tcp) => tcp.flush(),
            #[cfg(feature = "tls")]
            Socket::Tls(tls) => tls.flush(),
            #[cfg(unix)]
            Socket::Unix(unix) => unix.flush(),
        }
    }
}

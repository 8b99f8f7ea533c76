//! A socket to a server: TCP, TLS over TCP, or a unix socket.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::undisturbed::{Undisturbed, go_on};
use crate::quiet::{Peeked, peek};
use crate::url::Address;

pub(super) enum Socket {
    Tcp(Undisturbed<TcpStream>),
    Tls(Box<TlsStream>),
    Unix(Undisturbed<UnixStream>),
}

type TlsStream = StreamOwned<ClientConnection, Undisturbed<TcpStream>>;

impl Socket {
    /// Connects; what is sent and what is read then has `timeout` each.
    pub(super) fn connect(
        address: &Address,
        tls: Option<&Arc<ClientConfig>>,
        connect_timeout: Duration,
        timeout: Duration,
    ) -> io::Result<Socket> {
        let (host, port) = match address {
            Address::Unix(path) => {
                let stream = connect_unix(path, connect_timeout)?;
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                return Ok(Socket::Unix(Undisturbed { stream, timeout }));
            }
            Address::Tcp { host, port } => (host.as_str(), *port),
        };
        let stream = connect_tcp(host, port, connect_timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        let mut tcp = Undisturbed { stream, timeout };
        let Some(tls) = tls else {
            return Ok(Socket::Tcp(tcp));
        };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut session = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut tcp)?;
        }
        Ok(Socket::Tls(Box::new(StreamOwned::new(session, tcp))))
    }

    /// Whether the server still has the connection open and has nothing to say that nobody asked
    /// for. It costs one system call and no round trip.
    pub(super) fn is_quiet(&mut self) -> bool {
        let peeked = match self {
            Socket::Tcp(tcp) => peek(&tcp.stream),
            Socket::Unix(unix) => peek(&unix.stream),
            Socket::Tls(tls) => peek(&tls.sock.stream),
        };
        match (peeked, self) {
            (Peeked::Nothing, _) => true,
            // Session tickets come unasked.
            (Peeked::Words, Socket::Tls(tls)) => is_without_words(tls),
            (Peeked::Words | Peeked::End, _) => false,
        }
    }
}

/// Whether what there is to read on a TLS connection is neither a word of the server nor its
/// farewell. A record that is not there in full is waited for.
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
    use rustix::io::Errno;
    use rustix::net::sockopt::{Timeout, set_socket_timeout};
    use rustix::net::{
        AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with,
    };

    let address = SocketAddrUnix::new(path)?;
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Send, Some(timeout))?;
    go_on(timeout, || match connect(&socket, &address) {
        Err(Errno::AGAIN) => Err(io::ErrorKind::TimedOut.into()),
        outcome => Ok(outcome?),
    })?;
    Ok(UnixStream::from(socket))
}

/// Connects; elsewhere a full queue refuses at once.
#[cfg(not(target_os = "linux"))]
fn connect_unix(path: &Path, _: Duration) -> io::Result<UnixStream> {
    UnixStream::connect(path)
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(tcp) => tcp.read(into),
            Socket::Tls(tls) => tls.read(into),
            Socket::Unix(unix) => unix.read(into),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(tcp) => tcp.write(bytes),
            Socket::Tls(tls) => tls.write(bytes),
            Socket::Unix(unix) => unix.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Socket::Tcp(tcp) => tcp.flush(),
            Socket::Tls(tls) => tls.flush(),
            Socket::Unix(unix) => unix.flush(),
        }
    }
}

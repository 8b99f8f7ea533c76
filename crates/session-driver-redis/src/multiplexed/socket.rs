//! A socket to a server: TCP, TLS over TCP, or a unix socket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::quiet::{Peeked, peek};
use crate::url::Address;

pub(super) enum Socket {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Unix(UnixStream),
}

impl Socket {
    /// Connects to one of the host's addresses, and shakes hands where there is TLS; the host's name
    /// to be looked up, each address and the hands have so long each.
    pub(super) async fn connect(
        address: &Address,
        tls: Option<&Arc<ClientConfig>>,
        limit: Duration,
    ) -> io::Result<Socket> {
        let (host, port) = match address {
            Address::Unix(path) => {
                return Ok(Socket::Unix(
                    timeout(limit, UnixStream::connect(path)).await??,
                ));
            }
            Address::Tcp { host, port } => (host.as_str(), *port),
        };
        let tcp = connect_tcp(host, port, limit).await?;
        tcp.set_nodelay(true)?;
        let Some(tls) = tls else {
            return Ok(Socket::Tcp(tcp));
        };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let hands = TlsConnector::from(Arc::clone(tls)).connect(name, tcp);
        Ok(Socket::Tls(Box::new(timeout(limit, hands).await??)))
    }

    /// Whether the server still has the connection open, and there is nothing to be read. It costs
    /// one system call and no round trip.
    pub(super) fn is_quiet(&self) -> bool {
        let peeked = match self {
            Socket::Tcp(tcp) => peek(tcp),
            Socket::Tls(tls) => peek(tls.get_ref().0),
            Socket::Unix(unix) => peek(unix),
        };
        matches!(peeked, Peeked::Nothing)
    }
}

/// Tries each of the host's addresses.
async fn connect_tcp(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in timeout(limit, lookup_host((host, port))).await?? {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => failure = error,
            Err(elapsed) => failure = elapsed.into(),
        }
    }
    Err(failure)
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_read(context, into),
            Socket::Tls(tls) => Pin::new(tls).poll_read(context, into),
            Socket::Unix(unix) => Pin::new(unix).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Socket::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
            Socket::Unix(unix) => Pin::new(unix).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_flush(context),
            Socket::Tls(tls) => Pin::new(tls).poll_flush(context),
            Socket::Unix(unix) => Pin::new(unix).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_shutdown(context),
            Socket::Tls(tls) => Pin::new(tls).poll_shutdown(context),
            Socket::Unix(unix) => Pin::new(unix).poll_shutdown(context),
        }
    }
}

//! A socket to a server: TCP, TLS over TCP, or a unix socket.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
#[cfg(feature = "async")]
use tokio_rustls::client::TlsStream;

use crate::quiet::{Peeked, peek_nonblocking};
use crate::tls::ClientTls;
use crate::url::Address;

pub(super) enum Socket {
    Tcp(TcpStream),
    #[cfg(feature = "async")]
    Tls(Box<TlsStream<TcpStream>>),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// Connects to one of the host's addresses, and shakes hands where there is TLS; the host's name
    /// to be looked up, each address and the hands have so long each.
    pub(super) async fn connect(
        address: &Address,
        tls: Option<&ClientTls>,
        limit: Duration,
    ) -> io::Result<Socket> {
        match address {
            Address::Tcp { host, port } => {
                let tcp = connect_tcp(host, *port, limit).await?;
                tcp.set_nodelay(true)?;
                match tls {
                    Some(tls) => timeout(limit, shake_hands(tls, host, tcp)).await?,
                    None => Ok(Socket::Tcp(tcp)),
                }
            }
            #[cfg(unix)]
            Address::Unix(path) => Ok(Socket::Unix(
                timeout(limit, UnixStream::connect(path)).await??,
            )),
        }
    }

    /// Whether the server still has the connection open, and there is nothing to be read. It costs
    /// one system call and no round trip.
    pub(super) fn is_quiet(&self) -> bool {
        let peeked = match self {
            Socket::Tcp(tcp) => peek_nonblocking(tcp),
            #[cfg(feature = "async")]
            Socket::Tls(tls) => peek_nonblocking(tls.get_ref().0),
            #[cfg(unix)]
            Socket::Unix(unix) => peek_nonblocking(unix),
        };
        matches!(peeked, Peeked::Nothing)
    }
}

#[cfg(feature = "async")]
async fn shake_hands(tls: &ClientTls, host: &str, tcp: TcpStream) -> io::Result<Socket> {
    let connector = tokio_rustls::TlsConnector::from(tls.clone());
    let stream = connector.connect(crate::tls::name_of(host)?, tcp).await?;
    Ok(Socket::Tls(Box::new(stream)))
}

/// Comes to nothing, and is not called: without the feature, TLS is refused at open.
#[cfg(not(feature = "async"))]
async fn shake_hands(_: &ClientTls, _: &str, _: TcpStream) -> io::Result<Socket> {
    Err(io::ErrorKind::Unsupported.into())
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
            #[cfg(feature = "async")]
            Socket::Tls(tls) => Pin::new(tls).poll_read(context, into),
            #[cfg(unix)]
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
            #[cfg(feature = "async")]
            Socket::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
            #[cfg(unix)]
            Socket::Unix(unix) => Pin::new(unix).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_flush(context),
            #[cfg(feature = "async")]
            Socket::Tls(tls) => Pin::new(tls).poll_flush(context),
            #[cfg(unix)]
            Socket::Unix(unix) => Pin::new(unix).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_shutdown(context),
            #[cfg(feature = "async")]
            Socket::Tls(tls) => Pin::new(tls).poll_shutdown(context),
            #[cfg(unix)]
            Socket::Unix(unix) => Pin::new(unix).poll_shutdown(context),
        }
    }
}

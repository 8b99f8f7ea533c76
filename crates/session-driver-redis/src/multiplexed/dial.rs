//! A new connection, until it is introduced.

use bytes::BytesMut;
use redis::{Value, ValueCodec};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_util::codec::Decoder as _;

use super::socket::Socket;
use crate::dialer::{Dialer, Wire};
use crate::fault::{Attempt, Fault};
use crate::network::Failure;
use crate::url::Address;

/// A socket, and what was read from it and is no whole reply yet.
pub(super) struct Stream {
    pub(super) socket: Socket,
    pub(super) codec: ValueCodec,
    pub(super) bytes: BytesMut,
}

impl Stream {
    /// Connects to a server, and introduces itself.
    pub(super) async fn to_server(dialer: &Dialer, address: &Address) -> Attempt<Stream> {
        let mut stream = Stream::new(dialer, address).await?;
        let introduced = timeout(dialer.wait_timeout, dialer.introduce(&mut stream)).await;
        introduced.unwrap_or_else(|_| Err(Fault::of_silence()))?;
        Ok(stream)
    }

    /// Connects to a sentinel, and introduces itself.
    pub(super) async fn to_sentinel(dialer: &Dialer, address: &Address) -> Attempt<Stream> {
        let mut stream = Stream::new(dialer, address).await?;
        let introduced = timeout(
            dialer.wait_timeout,
            dialer.introduce_to_sentinel(&mut stream),
        )
        .await;
        introduced.unwrap_or_else(|_| Err(Fault::of_silence()))?;
        Ok(stream)
    }

    async fn new(dialer: &Dialer, address: &Address) -> Attempt<Stream> {
        let (tls, limit) = (dialer.tls.as_ref(), dialer.connect_timeout);
        Ok(Stream {
            socket: Socket::connect(address, tls, limit).await?,
            codec: ValueCodec::default(),
            bytes: BytesMut::new(),
        })
    }

    async fn receive(&mut self) -> Attempt<Value> {
        loop {
            if let Some(value) = self.codec.decode(&mut self.bytes)? {
                return Ok(value);
            }
            if self.socket.read_buf(&mut self.bytes).await? == 0 {
                return Err(Fault::of_a_lost_connection());
            }
        }
    }
}

impl Wire for Stream {
    async fn call(&mut self, packed: &[u8]) -> Result<Value, Failure> {
        let sent = async {
            self.socket.write_all(packed).await?;
            self.socket.flush().await
        };
        sent.await
            .map_err(|error| Failure::Unsent(Fault::from(error)))?;
        match self.receive().await.map_err(Failure::Unanswered)? {
            Value::ServerError(error) => Err(Failure::Refused(error)),
            value => Ok(value),
        }
    }
}

//! A client for control commands: as much of RESP2 as they need.
//!
//! The protocol: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Result};

/// How long an answer may take: longer than any server here is made to sleep.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer that is not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A status, such as OK.
    Simple(String),
    /// A number.
    Integer(i64),
    /// A string of bytes.
    Bulk(Vec<u8>),
    /// Nothing, where a string or an array could be.
    Nil,
    /// A list. An error within it is a [`Simple`](Reply::Simple).
    Array(Vec<Reply>),
}

impl Reply {
    /// The text of a status, string or number; of anything else none.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Reply::Simple(text) => Some(text.clone()),
            Reply::Integer(number) => Some(number.to_string()),
            Reply::Bulk(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Reply::Nil | Reply::Array(_) => None,
        }
    }

    /// The elements of a list; of anything else none.
    #[must_use]
    pub fn elements(&self) -> &[Reply] {
        match self {
            Reply::Array(elements) => elements,
            _ => &[],
        }
    }
}

/// A connection to a server, of one's own where a command must be under way while another is sent.
#[derive(Debug)]
pub struct Connection<S = UnixStream> {
    stream: BufReader<S>,
    command: String,
}

impl Connection {
    pub(crate) fn unix(socket: &Path) -> io::Result<Connection> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Connection::new(stream))
    }
}

impl Connection<TcpStream> {
    /// Connects to a port of this machine.
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when nobody listens there.
    pub fn tcp(port: u16) -> Result<Connection<TcpStream>> {
        let connect = || {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(Connection::new(stream))
        };
        connect().map_err(Error::io("connect to a port"))
    }
}

impl<S: Read + Write> Connection<S> {
    fn new(stream: S) -> Connection<S> {
        Connection {
            stream: BufReader::new(stream),
            command: String::new(),
        }
    }

    /// Sends a command and waits for its answer, at most 30 seconds.
    ///
    /// # Errors
    ///
    /// [`Refused`](Error::Refused) when the answer is an error; [`Io`](Error::Io) when none comes,
    /// or one that is no RESP2: of no more use is the connection then.
    pub fn command<A: AsRef<[u8]>>(&mut self, words: &[A]) -> Result<Reply> {
        self.send(words)?;
        self.receive()
    }

    /// Sends a command, and leaves its answer to [`receive`](Connection::receive).
    ///
    /// # Errors
    ///
    /// [`Io`](Error::Io) when the connection is lost.
    pub fn send<A: AsRef<[u8]>>(&mut self, words: &[A]) -> Result<()> {
        let first = words.iter().take(2).map(AsRef::as_ref);
        self.command = String::from_utf8_lossy(&first.collect::<Vec<_>>().join(&b' ')).into();
        let mut message = format!("*{}\r\n", words.len()).into_bytes();
        for word in words.iter().map(AsRef::as_ref) {
            message.extend(format!("${}\r\n", word.len()).bytes());
            message.extend(word);
            message.extend(b"\r\n");
        }
        let sent = self.stream.get_mut().write_all(&message);
        sent.map_err(Error::io("send a command"))
    }

    /// Waits for the answer to the oldest command that has none, at most 30 seconds.
    ///
    /// # Errors
    ///
    /// As [`command`](Connection::command).
    pub fn receive(&mut self) -> Result<Reply> {
        let reply = read(&mut self.stream).map_err(Error::io("receive an answer"))?;
        reply.map_err(|message| Error::Refused {
            command: self.command.clone(),
            message,
        })
    }
}

/// A reply, or the message of an error reply.
fn read(stream: &mut impl BufRead) -> io::Result<std::result::Result<Reply, String>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = line.trim_end();
    let (kind, rest) = line.split_at_checked(1).ok_or_else(|| garbled(line))?;
    let number = || rest.parse::<i64>().map_err(|_| garbled(line));
    Ok(Ok(match kind {
        "+" => Reply::Simple(rest.into()),
        "-" => return Ok(Err(rest.into())),
        ":" => Reply::Integer(number()?),
        "$" | "*" if number()? < 0 => Reply::Nil,
        "$" => {
            let length = usize::try_from(number()?).map_err(io::Error::other)?;
            let mut bytes = vec![0; length + 2];
            stream.read_exact(&mut bytes)?;
            bytes.truncate(length);
            Reply::Bulk(bytes)
        }
        "*" => {
            let element = |_| Ok(read(stream)?.unwrap_or_else(Reply::Simple));
            Reply::Array((0..number()?).map(element).collect::<io::Result<_>>()?)
        }
        _ => return Err(garbled(line)),
    }))
}

fn garbled(line: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{line:?} begins no RESP2 reply"),
    )
}

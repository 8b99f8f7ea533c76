//! Servers as the suite's subject: a place is a prefix of its own on servers that all cases share.

mod alone;
mod cluster;
mod sentinel;

use std::sync::OnceLock;
use std::time::Duration;

use redis::{Cmd, ErrorKind, ServerErrorKind, Value, cmd};
use session_driver_conformance::{
    Archive, BoxError, Cannot, Contents, EarlierStore, Place, Planted, Proxy, Setup, Subject,
};
use session_driver_redis::session_driver::{Result, SessionDriver, SessionId, Version};
use session_driver_redis::{RedisDriver, RedisDriverBuilder};

/// Servers under test, started when the first place is made: a child process never starts any.
pub(crate) struct Redis<D> {
    name: &'static str,
    start: fn() -> Result<Servers, BoxError>,
    open: fn(RedisDriverBuilder) -> Result<D>,
    servers: OnceLock<Servers>,
}

/// Servers that run.
pub(crate) struct Servers {
    /// What the driver is opened with.
    pub(crate) url: String,
    /// Every server that keeps records, for what is done behind the driver's back.
    pub(crate) nodes: Vec<redis::Client>,
    /// Puts a proxy between a driver and servers like these.
    pub(crate) behind_proxy: Box<dyn Fn() -> Result<Behind, BoxError> + Send + Sync>,
    /// What keeps them alive.
    pub(crate) _guard: Box<dyn Send + Sync>,
}

/// Servers that a driver reaches through a proxy alone.
pub(crate) struct Behind {
    pub(crate) url: String,
    pub(crate) proxy: Proxy,
    pub(crate) nodes: Vec<redis::Client>,
    /// What keeps them alive, where they are not those that all cases share.
    pub(crate) guard: Box<dyn Send + Sync>,
}

impl<D> Redis<D> {
    pub(crate) fn new(
        name: &'static str,
        start: fn() -> Result<Servers, BoxError>,
        open: fn(RedisDriverBuilder) -> Result<D>,
    ) -> Redis<D> {
        let servers = OnceLock::new();
        Redis {
            name,
            start,
            open,
            servers,
        }
    }

    fn servers(&self) -> Result<&Servers, BoxError> {
        if self.servers.get().is_none() {
            // The suite makes its first place before it has threads.
            let _ = self.servers.set((self.start)()?);
        }
        Ok(self.servers.get().expect("servers were just started"))
    }

    fn place_at(&self, url: &str) -> Result<Place, BoxError> {
        let (prefix, nodes) = (random_prefix()?, self.servers()?.nodes.clone());
        Ok(Place::new(
            format!("{url} {prefix}"),
            Cleared(Keys { nodes, prefix }),
        ))
    }

    fn keys(&self, place: &Place) -> Result<Keys, BoxError> {
        Ok(Keys {
            nodes: self.servers()?.nodes.clone(),
            prefix: url_and_prefix(place).1.into(),
        })
    }
}

impl<D: SessionDriver + 'static> Subject for Redis<D> {
    type Driver = D;

    fn name(&self) -> String {
        self.name.into()
    }

    fn place(&self) -> Result<Place, BoxError> {
        let url = self.servers()?.url.clone();
        self.place_at(&url)
    }

    fn open(&self, place: &Place, setup: &Setup) -> Result<D> {
        let (url, prefix) = url_and_prefix(place);
        let prefix = match &setup.namespace {
            Some(name) => format!("{prefix}{name}:"),
            None => prefix.into(),
        };
        let builder = RedisDriver::builder(url).prefix(prefix);
        (self.open)(match setup.max_payload_bytes {
            Some(bytes) => builder.max_payload_bytes(bytes),
            None => builder,
        })
    }

    fn contents(&self, place: &Place) -> Result<Contents, BoxError> {
        self.keys(place)?.contents()
    }

    fn add_foreign(&self, place: &Place) -> Result<(), BoxError> {
        let keys = self.keys(place)?;
        for name in ["a b", "%3a", "100%", "sub:space", ""] {
            let key = keys.key(name.as_bytes());
            keys.command(cmd("SET").arg(&key).arg("not the driver's"))?;
        }
        let list = keys.key(b"a list");
        keys.command(cmd("RPUSH").arg(list).arg("not the driver's, either"))?;
        Ok(())
    }

    fn raw(&self, place: &Place, id: &SessionId) -> Result<Option<Vec<u8>>, BoxError> {
        let keys = self.keys(place)?;
        match keys.command(cmd("GET").arg(keys.key_of(id)))? {
            Value::BulkString(bytes) => Ok(Some(bytes)),
            _ => Ok(None),
        }
    }

    fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Result<(), BoxError> {
        let keys = self.keys(place)?;
        let key = keys.key_of(id);
        let bytes = match what {
            Planted::Bytes(bytes) => bytes.to_vec(),
            Planted::NewerFormat => {
                let raw = self.raw(place, id)?;
                of_a_newer_format(raw.ok_or("the session has no key")?)
            }
            Planted::AnotherKind => {
                keys.command(cmd("DEL").arg(&key))?;
                keys.command(cmd("RPUSH").arg(&key).arg("a list"))?;
                return Ok(());
            }
            _ => return Err(Cannot::because("the subject does not know what to plant").into()),
        };
        keys.command(cmd("SET").arg(&key).arg(bytes))?;
        Ok(())
    }

    fn make_newer(&self, _place: &Place) -> Result<(), BoxError> {
        Err(Cannot::because("a prefix has no format, only its records have").into())
    }

    /// The values, without a time to live: that is the server's, and not of their format.
    fn earlier_stores(&self) -> Result<Vec<EarlierStore>, BoxError> {
        let format_1: Archive = include_str!("../earlier/format-1.txt").parse()?;
        let place = self.place()?;
        let keys = self.keys(&place)?;
        for (name, value) in &format_1.entries {
            let key = keys.key_of(&SessionId::parse(str::from_utf8(name)?)?);
            keys.command(cmd("SET").arg(key).arg(&value[..]))?;
        }
        let records = format_1.records;
        Ok(vec![EarlierStore { place, records }])
    }

    fn kept_for(&self, place: &Place, id: &SessionId) -> Result<Option<Duration>, BoxError> {
        let keys = self.keys(place)?;
        match keys.command(cmd("PTTL").arg(keys.key_of(id)))? {
            Value::Int(-1) => Ok(None),
            Value::Int(millis @ 0..) => Ok(Some(Duration::from_millis(millis.unsigned_abs()))),
            other => Err(format!("the session has no key: {other:?}").into()),
        }
    }

    fn place_behind_proxy(&self) -> Result<(Place, Proxy), BoxError> {
        let Behind {
            url,
            proxy,
            nodes,
            guard,
        } = (self.servers()?.behind_proxy)()?;
        let prefix = random_prefix()?;
        let locator = format!("{url} {prefix}");
        let keys = Cleared(Keys { nodes, prefix });
        Ok((Place::new(locator, (keys, guard)), proxy))
    }
}

fn random_prefix() -> Result<String> {
    Ok(format!("{:016x}:", Version::random()?.to_bits()))
}

fn url_and_prefix(place: &Place) -> (&str, &str) {
    place
        .locator()
        .split_once(' ')
        .expect("a locator made above")
}

/// The format stands behind the magic number, and the check over both behind that.
fn of_a_newer_format(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[7] = 2;
    let check = crc32fast::hash(&bytes[..8]);
    bytes[8..12].copy_from_slice(&check.to_be_bytes());
    bytes
}

/// The keys of one place.
struct Keys {
    nodes: Vec<redis::Client>,
    prefix: String,
}

impl Keys {
    fn key(&self, name: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), name].concat()
    }

    fn key_of(&self, id: &SessionId) -> Vec<u8> {
        let escaped = id.as_str().replace('%', "%25").replace(':', "%3A");
        let escaped = escaped.replace('{', "%7B").replace('}', "%7D");
        self.key(escaped.as_bytes())
    }

    /// Asks one server after the other until one has the key.
    fn command(&self, command: &Cmd) -> Result<Value, BoxError> {
        for node in &self.nodes {
            match command.query(&mut node.get_connection()?) {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::Moved) => {}
                outcome => return Ok(outcome?),
            }
        }
        Err("no server has the key".into())
    }

    fn contents(&self) -> Result<Contents, BoxError> {
        let mut contents = Contents::new();
        for node in &self.nodes {
            let mut connection = node.get_connection()?;
            for key in self.names(&mut connection)? {
                let bytes: redis::RedisResult<Vec<u8>> =
                    cmd("DUMP").arg(&key).query(&mut connection);
                contents.insert(key, bytes?);
            }
        }
        Ok(contents)
    }

    fn names(&self, connection: &mut redis::Connection) -> Result<Vec<Vec<u8>>, BoxError> {
        let (mut cursor, mut names) = (0_u64, vec![]);
        loop {
            let mut scan = cmd("SCAN");
            scan.arg(cursor)
                .arg("MATCH")
                .arg(format!("{}*", self.prefix));
            let page: Vec<Vec<u8>>;
            (cursor, page) = scan.arg("COUNT").arg(1000).query(connection)?;
            names.extend(page);
            if cursor == 0 {
                return Ok(names);
            }
        }
    }

    fn clear(&self) -> Result<(), BoxError> {
        for node in &self.nodes {
            let mut connection = node.get_connection()?;
            for key in self.names(&mut connection)? {
                let _: Value = cmd("DEL").arg(key).query(&mut connection)?;
            }
        }
        Ok(())
    }
}

/// Keys that go with their place.
struct Cleared(Keys);

impl Drop for Cleared {
    fn drop(&mut self) {
        // What is left behind is on a server that ends with the tests, or in nobody's way.
        let _ = self.0.clear();
    }
}

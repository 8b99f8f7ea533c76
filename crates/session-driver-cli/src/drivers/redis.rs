//! `redis://HOST` and its kin: a key prefix on a server, behind Sentinel, or on a cluster.

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use session_driver::{Durability, Result, SessionDriver, SessionId, Timestamp};
use session_driver_conformance::{BoxError, Place, Setup};
use session_driver_redis::RedisDriver;

use super::{Driver, Store, options};
use crate::failure::Failure;
use crate::scratch::Cleanup;
use crate::url::Url;

pub(super) const SCHEMES: &[&str] = &["redis", "rediss", "unix", "redis-sentinel", "redis-cluster"];

pub(super) const PARAMETERS: &[&str] = &[
    "connect-timeout",
    "db",
    "durability",
    "max-payload",
    "pass",
    "pool-size",
    "prefix",
    "timeout",
    "ttl-slack",
    "user",
];

/// The parameters that are the server's, not the tool's, and stay in the URL.
const OF_THE_SERVER: &[&str] = &["db", "pass", "user"];

/// Where a Redis server usually answers.
pub(super) const USUAL_SERVER: &str = "redis://127.0.0.1:6379";

/// The prefix of a store whose URL names none, as the driver has it.
const USUAL_PREFIX: &str = "session:";

/// Whether a server that sessions can be kept on answers at once.
pub(super) fn answers(url: &str) -> bool {
    let builder = RedisDriver::builder(url).connect_timeout(Duration::from_millis(250));
    builder.open().is_ok()
}

#[derive(Clone, Debug)]
pub(super) struct RedisStore {
    url: String,
    prefix: String,
    pool_size: Option<usize>,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    ttl_slack: Option<Duration>,
    durability: Option<Durability>,
    max_payload_bytes: Option<usize>,
    /// The prefixes that places use, to be cleared when a place goes.
    in_places: Arc<Mutex<BTreeSet<String>>>,
}

impl RedisStore {
    pub(super) fn locate(url: &Url<'_>) -> Result<RedisStore, Failure> {
        let durabilities = [Durability::None, Durability::Process, Durability::Power];
        Ok(RedisStore {
            url: url.with_parameters(OF_THE_SERVER),
            prefix: options::text(url, "prefix")?.unwrap_or_else(|| USUAL_PREFIX.into()),
            pool_size: url.parameter("pool-size", |value| {
                let number = value.parse().ok();
                number
                    .filter(|number| *number > 0)
                    .ok_or_else(|| format!("`{value}` is no number of connections"))
            })?,
            connect_timeout: options::time(url, "connect-timeout")?,
            timeout: options::time(url, "timeout")?,
            ttl_slack: options::time(url, "ttl-slack")?,
            durability: options::durability(url, &durabilities)?,
            max_payload_bytes: options::max_payload(url)?,
            in_places: Arc::default(),
        })
    }

    fn open_at(&self, url: &str, prefix: &str, setup: &Setup) -> Result<RedisDriver> {
        let mut builder = RedisDriver::builder(url).prefix(prefix);
        if let Some(connections) = self.pool_size {
            builder = builder.pool_size(connections);
        }
        if let Some(timeout) = self.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(slack) = self.ttl_slack {
            builder = builder.ttl_slack(slack);
        }
        if let Some(durability) = setup.durability.or(self.durability) {
            builder = builder.durability(durability);
        }
        if let Some(bytes) = setup.max_payload_bytes.or(self.max_payload_bytes) {
            builder = builder.max_payload_bytes(bytes);
        }
        builder.open()
    }

    fn in_places(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.in_places
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The prefixes that are used in the place of this prefix.
    fn prefixes_in(&self, place: &str) -> Vec<String> {
        let in_places = self.in_places();
        let of_place = in_places.iter().filter(|prefix| prefix.starts_with(place));
        of_place.cloned().collect()
    }

    /// Removes all that was stored in the place of this prefix. What cannot be removed, for the
    /// server is gone, is left to it.
    fn clear(&self, place: &str) {
        for prefix in self.prefixes_in(place) {
            let _ = self
                .open_at(&self.url, &prefix, &Setup::default())
                .and_then(|driver| remove_all(&driver));
            self.in_places().remove(&prefix);
        }
    }

    /// What there is to be removed, for this program started anew. A place that was not opened here
    /// may have been opened by a process that this one started.
    fn bequest(&self, place: &str) -> Vec<String> {
        let mut prefixes = self.prefixes_in(place);
        if !prefixes.iter().any(|prefix| prefix == place) {
            prefixes.push(place.into());
        }
        let remains = prefixes.into_iter().map(|prefix| Remains {
            url: self.url.clone(),
            prefix,
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
        });
        let lines = remains.map(|remains| serde_json::to_string(&remains));
        lines.filter_map(Result::ok).collect()
    }
}

/// Keys on a server that an interrupted process had to leave, and how it reached them.
#[derive(Debug, Serialize, Deserialize)]
struct Remains {
    url: String,
    prefix: String,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
}

/// How often the keys of an interrupted process are looked for at most: until none is found twice,
/// for the processes that it started end after it.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Removes what a line of [`bequest`](RedisStore::bequest) names; if that fails, says what may be
/// left.
pub(super) fn clear(bequest: &str) -> Result<(), String> {
    let remains: Remains = serde_json::from_str(bequest).map_err(|error| error.to_string())?;
    let mut builder = RedisDriver::builder(&remains.url).prefix(&remains.prefix);
    if let Some(timeout) = remains.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    if let Some(timeout) = remains.timeout {
        builder = builder.timeout(timeout);
    }
    let cleared = builder.open().and_then(|driver| {
        let mut was_empty = false;
        for _ in 0..LOOKS {
            let is_empty = remove_all(&driver)? == 0;
            if is_empty && was_empty {
                break;
            }
            was_empty = is_empty;
            thread::sleep(BETWEEN_LOOKS);
        }
        Ok(())
    });
    cleared.map_err(|error| {
        let prefix = &remains.prefix;
        format!("keys that begin with `{prefix}` may be left on the server: {error}")
    })
}

/// Removes all that there is, and gives how many sessions that were. One that cannot be removed does
/// not keep the others.
fn remove_all(driver: &RedisDriver) -> Result<usize> {
    let mut ids: Vec<SessionId> = Vec::new();
    driver.traverse(Timestamp::MIN, &mut |id| {
        ids.push(id.clone());
        ControlFlow::Continue(())
    })?;
    let mut outcome = Ok(ids.len());
    for id in &ids {
        if let Err(error) = driver.remove(id, Timestamp::MIN) {
            outcome = Err(error);
        }
    }
    outcome
}

impl Store for RedisStore {
    fn is_missing(&self) -> Option<String> {
        None
    }

    fn open(&self, _create: bool, warn: &mut dyn FnMut(String)) -> Result<Driver> {
        let driver = self.open_at(&self.url, &self.prefix, &Setup::default())?;
        for warning in driver.warnings() {
            warn(warning.to_string());
        }
        Ok(Box::new(driver))
    }

    /// A prefix beside the store's. The locator holds the whole URL, for the process that opens it
    /// may know it without its password only.
    fn place(&self) -> Result<Place, BoxError> {
        let prefix = format!("{}beside-{}:", self.prefix, SessionId::generate()?.as_str());
        let locator = format!("{} {prefix}", self.url);
        let (store, heir, inherited) = (self.clone(), self.clone(), prefix.clone());
        Ok(Place::new(
            locator,
            Cleanup::on_server(
                move || store.clear(&prefix),
                move || heir.bequest(&inherited),
            ),
        ))
    }

    fn open_in(&self, place: &Place, setup: &Setup) -> Result<Driver> {
        let (url, prefix) = place.locator().split_once(' ').unwrap_or_default();
        let prefix = match &setup.namespace {
            Some(name) => format!("{prefix}{name}:"),
            None => prefix.into(),
        };
        let driver = self.open_at(url, &prefix, setup)?;
        self.in_places().insert(prefix);
        Ok(Box::new(driver))
    }

    fn bytes_in(&self, _place: &Place) -> io::Result<Option<u64>> {
        Ok(None)
    }
}

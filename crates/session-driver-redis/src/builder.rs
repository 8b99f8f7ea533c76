//! How a store is opened.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use session_driver::{DEFAULT_MAX_PAYLOAD_BYTES, Durability, ErrorKind, Operation, Result};

use crate::blocking::{Pools, RedisDriver, at_once};
use crate::dialer::Dialer;
use crate::fault::{Attempt, Fault, during};
use crate::inspection::inspect;
use crate::key::Keyspace;
#[cfg(feature = "async-plain")]
use crate::multiplexed::{AsyncRedisDriver, Lines};
use crate::network::Network;
use crate::servers::Servers;
use crate::store::{Settings, Store};
use crate::tls;
use crate::url::{Target, Topology, WrongUrl};
use crate::value;

const PREFIX: &str = "session:";
const POOL_SIZE: usize = 16;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const WAIT_TIMEOUT: Duration = Duration::from_secs(2);

/// The longest timeout, so that clocks and durations can express whatever is reckoned from it.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

/// The least that rule EXP-8 allows.
const TTL_SLACK: Duration = Duration::from_secs(60);

/// Settings of a driver that is yet to be opened: `D` is [`RedisDriver`], or with the feature `async`
/// `AsyncRedisDriver`. Both have the same settings.
///
/// ```no_run
/// use session_driver_redis::{RedisDriver, session_driver::Durability};
///
/// let driver = RedisDriver::builder("redis-sentinel://one,two,three/sessions")
///     .prefix("shop:session:")
///     .durability(Durability::Process)
///     .open()?;
/// for warning in driver.warnings() {
///     eprintln!("{warning}");
/// }
/// # Ok::<(), session_driver_redis::session_driver::Error>(())
/// ```
pub struct RedisDriverBuilder<D = RedisDriver> {
    target: Result<Target, WrongUrl>,
    prefix: String,
    pool_size: usize,
    connect_timeout: Duration,
    wait_timeout: Duration,
    ttl_slack: Duration,
    durability: Durability,
    max_payload_bytes: usize,
    root_certificates: Option<Vec<u8>>,
    opens: PhantomData<fn() -> D>,
}

impl<D> RedisDriverBuilder<D> {
    pub(crate) fn new(url: &str) -> RedisDriverBuilder<D> {
        RedisDriverBuilder {
            target: Target::parse(url),
            prefix: PREFIX.into(),
            pool_size: POOL_SIZE,
            connect_timeout: CONNECT_TIMEOUT,
            wait_timeout: WAIT_TIMEOUT,
            ttl_slack: TTL_SLACK,
            durability: Durability::None,
            max_payload_bytes: DEFAULT_MAX_PAYLOAD_BYTES,
            root_certificates: None,
            opens: PhantomData,
        }
    }

    /// What the keys begin with. It ends with a colon. Default: `session:`.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> RedisDriverBuilder<D> {
        RedisDriverBuilder {
            prefix: prefix.into(),
            ..self
        }
    }

    /// How many connections to each server there may be at once. They are made when they are needed;
    /// a caller that finds all of them in use waits. The async driver has one connection, whatever is
    /// set here. Default: 16.
    #[must_use]
    pub fn pool_size(self, pool_size: usize) -> RedisDriverBuilder<D> {
        RedisDriverBuilder { pool_size, ..self }
    }

    /// How long connecting to one address of a server may take, a year at most. Looking up a host's
    /// name is not included. Default: 2 s.
    #[must_use]
    pub fn connect_timeout(self, connect_timeout: Duration) -> RedisDriverBuilder<D> {
        RedisDriverBuilder {
            connect_timeout,
            ..self
        }
    }

    /// How long sending a command, and waiting for its reply, may take each; also how long an
    /// operation waits for a connection of the pool before it fails with Busy. A year at most.
    /// Default: 2 s.
    #[must_use]
    pub fn wait_timeout(self, wait_timeout: Duration) -> RedisDriverBuilder<D> {
        RedisDriverBuilder {
            wait_timeout,
            ..self
        }
    }

    /// How long after its deadline a session's key stays: the hosts' clocks may differ by so much. A
    /// minute at least, which is the default.
    #[must_use]
    pub fn ttl_slack(self, ttl_slack: Duration) -> RedisDriverBuilder<D> {
        RedisDriverBuilder { ttl_slack, ..self }
    }

    /// What an acknowledged operation survives, as you have set up the servers.
    /// [`Process`](Durability::Process) and [`Power`](Durability::Power) both need `appendonly yes`
    /// and `appendfsync always`: with `everysec` a write can be acknowledged before it is in the file.
    /// Default: [`None`](Durability::None).
    #[must_use]
    pub fn durability(self, durability: Durability) -> RedisDriverBuilder<D> {
        RedisDriverBuilder { durability, ..self }
    }

    /// The largest payload that is stored, in bytes, a little less than 512 MiB at most. The servers'
    /// `proto-max-bulk-len` has to allow it.
    /// Default: [`DEFAULT_MAX_PAYLOAD_BYTES`](session_driver::DEFAULT_MAX_PAYLOAD_BYTES), 16 MiB and
    /// room for layers.
    #[must_use]
    pub fn max_payload_bytes(self, max_payload_bytes: usize) -> RedisDriverBuilder<D> {
        RedisDriverBuilder {
            max_payload_bytes,
            ..self
        }
    }

    /// The authorities to trust when the URL asks for TLS, as certificates in PEM. Default: those of
    /// the system.
    #[must_use]
    pub fn root_certificates(self, pem: impl Into<Vec<u8>>) -> RedisDriverBuilder<D> {
        RedisDriverBuilder {
            root_certificates: Some(pem.into()),
            ..self
        }
    }

    async fn try_open<N: Network>(
        self,
        network: impl FnOnce(Arc<Dialer>) -> N,
    ) -> Attempt<Store<N>> {
        let unsupported = |reason: &'static str| Fault::new(ErrorKind::Unsupported, reason);
        let target = self.target.map_err(unsupported)?;
        let Some(keyspace) = Keyspace::new(&self.prefix) else {
            return Err(unsupported("the key prefix must end with a colon"));
        };
        let is_cluster = matches!(target.topology, Topology::Cluster(_));
        if is_cluster && !keyspace.is_fit_for_a_cluster() {
            return Err(unsupported(
                "a prefix with a closing brace must have a hash tag in a cluster",
            ));
        }
        if self.pool_size == 0 {
            return Err(unsupported("the pool must have a connection"));
        }
        for timeout in [self.connect_timeout, self.wait_timeout] {
            if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
                return Err(unsupported(
                    "a timeout must be more than zero, and a year at most",
                ));
            }
        }
        if self.ttl_slack < TTL_SLACK {
            return Err(unsupported("the slack must be a minute or more"));
        }
        if self.max_payload_bytes > value::MAX_PAYLOAD_BYTES {
            return Err(unsupported("the payload maximum must be less than 512 MiB"));
        }
        let dialer = Dialer {
            tls: match target.tls {
                true => Some(tls::configuration(self.root_certificates.as_deref())?),
                false => None,
            },
            login: target.login,
            connect_timeout: self.connect_timeout,
            wait_timeout: self.wait_timeout,
            masters_only: matches!(target.topology, Topology::Sentinel { .. }),
        };
        let network = network(Arc::new(dialer));
        let servers = Servers::new(target.topology, network, self.wait_timeout);
        Ok(Store {
            warnings: inspect(&servers, self.durability).await?,
            servers,
            keyspace,
            settings: Settings {
                connect_timeout: self.connect_timeout,
                wait_timeout: self.wait_timeout,
                ttl_slack: self.ttl_slack,
                durability: self.durability,
                max_payload_bytes: self.max_payload_bytes,
            },
        })
    }
}

impl RedisDriverBuilder<RedisDriver> {
    /// Connects to the servers and inspects them; nothing is written. Each address of a cluster, and
    /// each sentinel, is given the timeouts, until one answers.
    ///
    /// # Errors
    /// - Unsupported when the URL is none of this driver's, names a unix socket on a system that is no
    ///   unix, or asks for TLS without the feature `tls`; when an option is out of range, a certificate
    ///   cannot be read, or a server is older than 6.2.
    /// - Unavailable when a server cannot be reached, is loading, or is no master where the URL names
    ///   sentinels.
    /// - PermissionDenied when it does not take the password.
    /// - Other when its certificate is not to be trusted.
    pub fn open(self) -> Result<RedisDriver> {
        let pool_size = self.pool_size;
        let network = |dialer| Pools { dialer, pool_size };
        at_once(self.try_open(network))
            .map(RedisDriver::new)
            .map_err(during(Operation::Open))
    }
}

#[cfg(feature = "async-plain")]
impl RedisDriverBuilder<RedisDriver> {
    /// The same settings for the async driver.
    #[must_use]
    pub fn into_async(self) -> RedisDriverBuilder<AsyncRedisDriver> {
        RedisDriverBuilder {
            target: self.target,
            prefix: self.prefix,
            pool_size: self.pool_size,
            connect_timeout: self.connect_timeout,
            wait_timeout: self.wait_timeout,
            ttl_slack: self.ttl_slack,
            durability: self.durability,
            max_payload_bytes: self.max_payload_bytes,
            root_certificates: self.root_certificates,
            opens: PhantomData,
        }
    }
}

#[cfg(feature = "async-plain")]
impl RedisDriverBuilder<AsyncRedisDriver> {
    /// Connects to the servers and inspects them, without blocking the thread; nothing is written.
    ///
    /// # Errors
    /// Like [`RedisDriver`]'s [`open`](RedisDriverBuilder::open); Unsupported also outside a tokio
    /// runtime, and for TLS without the feature `async` (with `async-plain` alone).
    ///
    /// # Panics
    /// On a tokio runtime without I/O or time, as every operation does.
    pub async fn open(self) -> Result<AsyncRedisDriver> {
        #[cfg(not(feature = "async"))]
        if self.target.as_ref().is_ok_and(|target| target.tls) {
            let reason = "the URL asks for TLS: enable the feature `async` of session-driver-redis";
            return Err(Fault::new(ErrorKind::Unsupported, reason).during(Operation::Open));
        }
        let store = self.try_open(Lines::new).await;
        store
            .map(AsyncRedisDriver::new)
            .map_err(during(Operation::Open))
    }
}

impl<D> Clone for RedisDriverBuilder<D> {
    fn clone(&self) -> RedisDriverBuilder<D> {
        RedisDriverBuilder {
            target: self.target.clone(),
            prefix: self.prefix.clone(),
            root_certificates: self.root_certificates.clone(),
            ..*self
        }
    }
}

impl<D> fmt::Debug for RedisDriverBuilder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisDriverBuilder")
            .field("target", &self.target)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(any(
    not(feature = "tls"),
    all(feature = "async-plain", not(feature = "async"))
))]
mod tests {
    use super::*;

    /// Nothing listens there, and nothing is asked.
    const URL: &str = "rediss://127.0.0.1:1";

    fn assert_names<T>(feature: &str, opened: Result<T>) {
        let Err(error) = opened else {
            panic!("opened");
        };
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let source = std::error::Error::source(&error).expect("a reason");
        assert!(source.to_string().contains(feature), "{source}");
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_without_its_feature_is_refused_with_the_features_name() {
        assert_names("`tls`", RedisDriver::open(URL));
    }

    #[cfg(feature = "async-plain")]
    #[test]
    fn async_tls_without_its_feature_is_refused_with_the_features_name() {
        assert_names("`async`", at_once(AsyncRedisDriver::open(URL)));
    }
}

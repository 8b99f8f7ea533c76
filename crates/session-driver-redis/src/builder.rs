//! How a store is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_driver::{Durability, ErrorKind, Operation, Result};

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
const TIMEOUT: Duration = Duration::from_secs(2);

/// The longest timeout, so that clocks and durations can express whatever is reckoned from it.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 3600);

/// The least that rule EXP-8 allows.
const TTL_SLACK: Duration = Duration::from_secs(60);

/// 16 MiB, and room for what layers add.
const MAX_PAYLOAD_BYTES: usize = 16 * 1024 * 1024 + 64 * 1024;

/// Settings of a driver that is yet to be opened: a [`RedisDriver`], or with the feature `async` an
/// `AsyncRedisDriver`.
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
#[derive(Clone)]
pub struct RedisDriverBuilder {
    target: Result<Target, WrongUrl>,
    prefix: String,
    pool_size: usize,
    connect_timeout: Duration,
    timeout: Duration,
    ttl_slack: Duration,
    durability: Durability,
    max_payload_bytes: usize,
    root_certificates: Option<Vec<u8>>,
}

impl RedisDriverBuilder {
    pub(crate) fn new(url: &str) -> RedisDriverBuilder {
        RedisDriverBuilder {
            target: Target::parse(url),
            prefix: PREFIX.into(),
            pool_size: POOL_SIZE,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
            ttl_slack: TTL_SLACK,
            durability: Durability::None,
            max_payload_bytes: MAX_PAYLOAD_BYTES,
            root_certificates: None,
        }
    }

    /// What the keys begin with, `session:` if not said. It ends with a colon.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> RedisDriverBuilder {
        RedisDriverBuilder {
            prefix: prefix.into(),
            ..self
        }
    }

    /// How many connections to each server there may be at once, 16 if not said. They are made when
    /// they are needed; whoever finds all of them in use waits. The async driver has one, whatever is
    /// said here.
    #[must_use]
    pub fn pool_size(self, pool_size: usize) -> RedisDriverBuilder {
        RedisDriverBuilder { pool_size, ..self }
    }

    /// How long connecting to one address of a server may take, 2 seconds if not said and a year at
    /// most. How long its name takes to be looked up is the system's matter.
    #[must_use]
    pub fn connect_timeout(self, connect_timeout: Duration) -> RedisDriverBuilder {
        RedisDriverBuilder {
            connect_timeout: connect_timeout.min(LONGEST_TIMEOUT),
            ..self
        }
    }

    /// How long sending a command, and waiting for its reply, may take each; also how long an
    /// operation waits for a connection of the pool before it is Busy. 2 seconds if not said, a year at
    /// most.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> RedisDriverBuilder {
        RedisDriverBuilder {
            timeout: timeout.min(LONGEST_TIMEOUT),
            ..self
        }
    }

    /// How long after its deadline a session's key stays, at least a minute and a minute if not
    /// said: the hosts' clocks may differ by so much.
    #[must_use]
    pub fn ttl_slack(self, ttl_slack: Duration) -> RedisDriverBuilder {
        RedisDriverBuilder { ttl_slack, ..self }
    }

    /// What an acknowledged operation survives, as you have set up the servers:
    /// [`None`](Durability::None) if not said. [`Process`](Durability::Process) and
    /// [`Power`](Durability::Power) both need `appendonly yes` and `appendfsync always`: with
    /// `everysec` a write can be acknowledged before it is in the file.
    #[must_use]
    pub fn durability(self, durability: Durability) -> RedisDriverBuilder {
        RedisDriverBuilder { durability, ..self }
    }

    /// The largest payload that is stored, in bytes: a little less than 512 MiB at most, 16 MiB and
    /// some room for layers if not said. The servers' `proto-max-bulk-len` has to allow it.
    #[must_use]
    pub fn max_payload_bytes(self, max_payload_bytes: usize) -> RedisDriverBuilder {
        RedisDriverBuilder {
            max_payload_bytes,
            ..self
        }
    }

    /// Whom to trust when the URL asks for TLS, as certificates in PEM: the authorities of the
    /// system if not said.
    #[must_use]
    pub fn root_certificates(self, pem: impl Into<Vec<u8>>) -> RedisDriverBuilder {
        RedisDriverBuilder {
            root_certificates: Some(pem.into()),
            ..self
        }
    }

    /// Reaches the servers, and looks at them; nothing is written. Each address of a cluster, and each
    /// sentinel, is given the timeouts, until one answers.
    ///
    /// # Errors
    /// Unsupported when the URL is none of this driver's, names a unix socket on a system that is no
    /// unix, or asks for TLS without the feature `tls`; when an option is out of range, a certificate
    /// cannot be read, or a server is older than 6.2; Unavailable when a server cannot be reached,
    /// is loading, or is no master where the URL names sentinels; PermissionDenied when it does not
    /// take the password; Other when its certificate is not to be trusted.
    pub fn open(self) -> Result<RedisDriver> {
        let pool_size = self.pool_size;
        let network = |dialer| Pools { dialer, pool_size };
        at_once(self.try_open(network))
            .map(RedisDriver::new)
            .map_err(during(Operation::Open))
    }

    /// Reaches the servers, and looks at them, for tasks that yield; nothing is written.
    ///
    /// # Errors
    /// As [`open`](RedisDriverBuilder::open); Unsupported also where there is no tokio runtime, and
    /// for TLS without the feature `async` (with `async-plain` alone).
    ///
    /// # Panics
    /// On a tokio runtime without I/O or time, as every operation does.
    #[cfg(feature = "async-plain")]
    pub async fn open_async(self) -> Result<AsyncRedisDriver> {
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
        if self.connect_timeout.is_zero() || self.timeout.is_zero() {
            return Err(unsupported("a timeout must not be zero"));
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
            timeout: self.timeout,
            masters_only: matches!(target.topology, Topology::Sentinel { .. }),
        };
        let network = network(Arc::new(dialer));
        let servers = Servers::new(target.topology, network, self.timeout);
        Ok(Store {
            warnings: inspect(&servers, self.durability).await?,
            servers,
            keyspace,
            settings: Settings {
                connect_timeout: self.connect_timeout,
                timeout: self.timeout,
                ttl_slack: self.ttl_slack,
                durability: self.durability,
                max_payload_bytes: self.max_payload_bytes,
            },
        })
    }
}

impl fmt::Debug for RedisDriverBuilder {
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

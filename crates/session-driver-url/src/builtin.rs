//! The schemes of our own drivers.

use std::sync::Arc;

use session_driver::{MemoryDriver, Result};

use crate::drivers::{Opened, Unopened, UrlDriver};
use crate::error::UrlError;
use crate::url::StoreUrl;

/// The drivers whose features are enabled, on a system that they run on.
pub(crate) fn all() -> Vec<Arc<dyn UrlDriver>> {
    vec![
        Arc::new(Memory),
        #[cfg(all(feature = "file", unix))]
        Arc::new(embedded::File),
        #[cfg(feature = "sqlite")]
        Arc::new(embedded::Sqlite),
        #[cfg(all(feature = "sled", unix))]
        Arc::new(embedded::Sled),
        #[cfg(feature = "redis")]
        Arc::new(redis::Redis),
    ]
}

/// Why one of our schemes is not among [`all`].
pub(crate) fn why_left_out(scheme: &str) -> Option<String> {
    let feature = match scheme {
        "file" | "sled" if !cfg!(unix) => {
            return Some(format!(
                "`{scheme}:` needs a unix: its driver does not run here"
            ));
        }
        "file" | "sled" | "sqlite" => scheme,
        _ if is_of_redis(scheme) => "redis",
        _ => return None,
    };
    Some(format!(
        "`{scheme}:` needs the feature `{feature}` of session-driver-url"
    ))
}

/// The schemes are written out, as the driver that lists them may be left out.
fn is_of_redis(scheme: &str) -> bool {
    let schemes = [
        "redis",
        "rediss",
        "valkey",
        "valkeys",
        "unix",
        "redis+unix",
        "valkey+unix",
        "redis-sentinel",
        "rediss-sentinel",
        "redis-cluster",
        "rediss-cluster",
    ];
    schemes.contains(&scheme)
}

/// Calls a builder's method with a value if there is one.
#[cfg(any(
    feature = "file",
    feature = "sqlite",
    feature = "sled",
    feature = "redis"
))]
macro_rules! set {
    ($builder:ident.$method:ident($value:expr)) => {
        if let Some(value) = $value {
            $builder = $builder.$method(value);
        }
    };
}

/// `memory:`, whose sessions end with the driver.
#[derive(Debug)]
struct Memory;

impl UrlDriver for Memory {
    fn schemes(&self) -> &[&str] {
        &["memory"]
    }

    fn parameters(&self) -> &[&str] {
        &["max-payload-bytes"]
    }

    fn prepare(&self, url: &StoreUrl) -> Result<Box<dyn Unopened>, UrlError> {
        if !url.place().is_empty() {
            return Err(UrlError::new("memory: has no path").with_advice("write memory: alone"));
        }
        let driver = MemoryDriver::new();
        Ok(Box::new(match url.number("max-payload-bytes")? {
            Some(bytes) => driver.with_max_payload_bytes(bytes),
            None => driver,
        }))
    }
}

impl Unopened for MemoryDriver {
    fn open(self: Box<Self>) -> Result<Opened> {
        Ok(Opened::new(self))
    }
}

/// Drivers whose stores are at a path.
#[cfg(any(feature = "file", feature = "sqlite", feature = "sled"))]
mod embedded {
    use super::*;

    /// A driver at a path: its scheme, its crate's types, and its parameters.
    macro_rules! embedded {
        (
            $(#[$on:meta])* $name:ident, $scheme:literal, $driver:path, $builder:path,
            { $($parameter:literal => $read:ident $method:ident),+ $(,)? }
        ) => {
            $(#[$on])*
            #[derive(Debug)]
            pub(super) struct $name;

            $(#[$on])*
            impl UrlDriver for $name {
                fn schemes(&self) -> &[&str] {
                    &[$scheme]
                }

                fn parameters(&self) -> &[&str] {
                    &[$($parameter),+]
                }

                fn prepare(&self, url: &StoreUrl) -> Result<Box<dyn Unopened>, UrlError> {
                    use $driver as Driver;

                    let mut builder = Driver::builder(url.path()?);
                    $(set!(builder.$method(url.$read($parameter)?));)+
                    Ok(Box::new(builder))
                }
            }

            $(#[$on])*
            impl Unopened for $builder {
                fn open(self: Box<Self>) -> Result<Opened> {
                    Ok(Opened::new(Box::new((*self).open()?)))
                }
            }
        };
    }

    embedded!(
        #[cfg(all(feature = "file", unix))]
        File, "file", session_driver_file::FileDriver, session_driver_file::FileDriverBuilder,
        {
            "create" => boolean create,
            "durability" => durability durability,
            "max-payload-bytes" => number max_payload_bytes,
            "shards" => number shards,
            "wait-timeout" => duration wait_timeout,
        }
    );

    embedded!(
        #[cfg(feature = "sqlite")]
        Sqlite, "sqlite",
        session_driver_sqlite::SqliteDriver, session_driver_sqlite::SqliteDriverBuilder,
        {
            "create" => boolean create,
            "durability" => durability durability,
            "max-payload-bytes" => number max_payload_bytes,
            "table" => text table,
            "wait-timeout" => duration wait_timeout,
        }
    );

    embedded!(
        #[cfg(all(feature = "sled", unix))]
        Sled, "sled", session_driver_sled::SledDriver, session_driver_sled::SledDriverBuilder,
        {
            "create" => boolean create,
            "durability" => durability durability,
            "flush-every" => duration flush_every,
            "max-payload-bytes" => number max_payload_bytes,
            "tree" => text tree,
        }
    );
}

#[cfg(feature = "redis")]
mod redis {
    #[cfg(feature = "async")]
    use session_driver_async::{AsyncSessionDriver, BoxFuture};
    use session_driver_redis::{RedisDriver, RedisDriverBuilder, SCHEMES, Warning};

    use super::*;

    /// The parameters that belong to the server's own URL.
    const OF_THE_SERVER: &[&str] = &["db", "pass", "user"];

    #[derive(Debug)]
    pub(super) struct Redis;

    impl UrlDriver for Redis {
        fn schemes(&self) -> &[&str] {
            SCHEMES
        }

        fn parameters(&self) -> &[&str] {
            &[
                "connect-timeout",
                "db",
                "durability",
                "max-payload-bytes",
                "pass",
                "pool-size",
                "prefix",
                "root-certificates",
                "ttl-slack",
                "user",
                "wait-timeout",
            ]
        }

        fn prepare(&self, url: &StoreUrl) -> Result<Box<dyn Unopened>, UrlError> {
            if !url.scheme().contains("unix") {
                refuse_parameters_of_sockets(url)?;
            }
            let server = url.clone().with_only(OF_THE_SERVER);
            let mut builder = RedisDriver::builder(&server.to_string_with_secrets());
            set!(builder.connect_timeout(url.duration("connect-timeout")?));
            set!(builder.durability(url.durability("durability")?));
            set!(builder.max_payload_bytes(url.number("max-payload-bytes")?));
            set!(builder.pool_size(url.number("pool-size")?));
            set!(builder.prefix(url.text("prefix")?));
            set!(
                builder.root_certificates(url.parameter_as("root-certificates", |path| {
                    std::fs::read(path).map_err(|error| format!("`{path}` cannot be read: {error}"))
                })?)
            );
            set!(builder.ttl_slack(url.duration("ttl-slack")?));
            set!(builder.wait_timeout(url.duration("wait-timeout")?));
            Ok(Box::new(builder))
        }
    }

    impl Unopened for RedisDriverBuilder<RedisDriver> {
        fn open(self: Box<Self>) -> Result<Opened> {
            let driver = (*self).open()?;
            let warnings = texts(driver.warnings());
            Ok(Opened::new(Box::new(driver) as Box<_>).with_warnings(warnings))
        }

        #[cfg(feature = "async")]
        fn open_async(
            self: Box<Self>,
        ) -> BoxFuture<'static, Result<Opened<Box<dyn AsyncSessionDriver>>>> {
            Box::pin(async move {
                let driver = (*self).into_async().open().await?;
                let warnings = texts(driver.warnings());
                Ok(Opened::new(Box::new(driver) as Box<_>).with_warnings(warnings))
            })
        }
    }

    /// A server's own login stands before its host, and its database behind it.
    fn refuse_parameters_of_sockets(url: &StoreUrl) -> Result<(), UrlError> {
        let mut found = OF_THE_SERVER
            .iter()
            .filter(|name| url.parameter(name).is_some());
        let Some(name) = found.next() else {
            return Ok(());
        };
        let scheme = url.scheme();
        let what = format!("the parameter `{name}` of {scheme}: is for unix sockets alone");
        let advice = format!("write {scheme}://USER:PASSWORD@HOST/DB");
        Err(UrlError::new(what).with_advice(advice))
    }

    fn texts(warnings: &[Warning]) -> Vec<String> {
        warnings.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_that_was_left_out_is_told_its_feature() {
        assert_eq!(why_left_out("mine"), None);
        for scheme in ["file", "sqlite", "sled", "redis", "rediss-cluster"] {
            let why = why_left_out(scheme).expect("one of ours");
            assert!(why.contains("feature") || why.contains("unix"), "{why}");
        }
    }

    #[cfg(feature = "redis")]
    #[test]
    fn all_schemes_of_the_redis_driver_are_known_without_it() {
        for scheme in session_driver_redis::SCHEMES {
            assert!(is_of_redis(scheme), "{scheme}");
        }
    }
}

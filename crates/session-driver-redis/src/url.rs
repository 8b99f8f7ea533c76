//! URLs: which servers, and how to be let in.

use std::fmt;
#[cfg(unix)]
use std::path::PathBuf;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

/// The schemes of the URLs that the driver takes.
pub const SCHEMES: &[&str] = &[
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

/// The port of a sentinel where none is said.
const SENTINEL_PORT: u16 = 26379;

/// What a URL says.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) topology: Topology,
    pub(crate) login: Login,
    pub(crate) tls: bool,
}

/// Which servers there are, and how the one to ask is found.
#[derive(Clone, Debug)]
pub(crate) enum Topology {
    /// This one.
    Standalone(Address),
    /// The master that these name for the service.
    Sentinel {
        sentinels: Vec<Address>,
        service: String,
    },
    /// The masters of the cluster that these belong to.
    Cluster(Vec<Address>),
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    Tcp {
        host: String,
        port: u16,
    },
    #[cfg(unix)]
    Unix(PathBuf),
}

/// What a new connection has to say. `Debug` shows no password.
#[derive(Clone, Default)]
pub(crate) struct Login {
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: i64,
}

/// As in a URL: an IPv6 address stands in brackets.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
            #[cfg(unix)]
            Address::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// Why a URL is none of this driver's. It quotes nothing of it, for it may hold a password.
pub(crate) type WrongUrl = &'static str;

impl Target {
    /// Reads a URL; the crate's documentation lists the forms.
    pub(crate) fn parse(url: &str) -> Result<Target, WrongUrl> {
        let (scheme, rest) = url
            .split_once(':')
            .ok_or("the URL has no scheme; it begins like redis://")?;
        if rest.contains('#') {
            return Err("the URL has a fragment (#...), which means nothing here");
        }
        let tls = matches!(
            scheme,
            "rediss" | "valkeys" | "rediss-sentinel" | "rediss-cluster"
        );
        let (topology, login) = match scheme {
            "redis" | "valkey" | "rediss" | "valkeys" => {
                let (address, login) = one(&format!("redis:{rest}"))?;
                (Topology::Standalone(address), login)
            }
            #[cfg(not(unix))]
            "unix" | "redis+unix" | "valkey+unix" => {
                return Err("the URL names a unix socket, which this driver uses on unix alone");
            }
            #[cfg(unix)]
            "unix" | "redis+unix" | "valkey+unix" => {
                let (address, login) = one(&format!("unix:{rest}"))?;
                (Topology::Standalone(address), login)
            }
            "redis-sentinel" | "rediss-sentinel" => {
                let (authority, path) = authority_and_path(rest)?;
                let (service, database) = path.split_once('/').unwrap_or((path, ""));
                if service.is_empty() {
                    return Err("the URL names no service: redis-sentinel://HOST,HOST/SERVICE");
                }
                let (sentinels, login) = several(authority, database, Some(SENTINEL_PORT))?;
                let service = service.to_owned();
                (Topology::Sentinel { sentinels, service }, login)
            }
            "redis-cluster" | "rediss-cluster" => {
                let (authority, path) = authority_and_path(rest)?;
                let (seeds, login) = several(authority, path, None)?;
                if login.database != 0 {
                    return Err("a cluster has no database but 0");
                }
                (Topology::Cluster(seeds), login)
            }
            _ => {
                return Err(
                    "the URL's scheme is none of redis, rediss, valkey, valkeys, unix, redis+unix, \
                     valkey+unix, redis-sentinel, rediss-sentinel, redis-cluster, rediss-cluster",
                );
            }
        };
        Ok(Target {
            topology,
            login,
            tls,
        })
    }
}

fn authority_and_path(rest: &str) -> Result<(&str, &str), WrongUrl> {
    let rest = rest
        .strip_prefix("//")
        .ok_or("the URL names no host after ://")?;
    if rest.contains('?') {
        return Err("the URL has a query (?...), which means nothing here");
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    Ok((authority, path.trim_end_matches('/')))
}

/// `user:password@host:port,host:port`: the credentials hold for all.
fn several(
    authority: &str,
    database: &str,
    default_port: Option<u16>,
) -> Result<(Vec<Address>, Login), WrongUrl> {
    let (credentials, hosts) = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), authority),
    };
    let mut addresses = vec![];
    let mut login = Login::default();
    for host in hosts.split(',') {
        let port = match default_port {
            Some(port) if !has_port(host) => format!(":{port}"),
            _ => String::new(),
        };
        let (address, found) = one(&format!("redis://{credentials}{host}{port}/{database}"))?;
        addresses.push(address);
        login = found;
    }
    Ok((addresses, login))
}

/// Whether a host is followed by a port; the colons of an IPv6 address stand in brackets.
fn has_port(host: &str) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(_, port)| !port.contains(']'))
}

fn one(url: &str) -> Result<(Address, Login), WrongUrl> {
    let info: ConnectionInfo = url
        .into_connection_info()
        .map_err(|_| "the URL's host, port, path, credentials or database cannot be read")?;
    let address = match info.addr() {
        ConnectionAddr::Tcp(host, port) => Address::Tcp {
            host: host.clone(),
            port: *port,
        },
        #[cfg(unix)]
        ConnectionAddr::Unix(path) => Address::Unix(path.clone()),
        _ => return Err("the URL's address is of a kind this driver does not know"),
    };
    let settings = info.redis_settings();
    Ok((
        address,
        Login {
            username: settings.username().map(Into::into),
            password: settings.password().map(Into::into),
            database: settings.db(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        let host = host.into();
        Address::Tcp { host, port }
    }

    fn parsed(url: &str) -> Target {
        Target::parse(url).unwrap_or_else(|wrong| panic!("{url}: {wrong}"))
    }

    #[test]
    fn a_url_names_one_server() {
        let target = parsed("rediss://ana:p%40ss@example.org:7000/3");
        assert!(target.tls);
        assert_eq!(target.login.username.as_deref(), Some("ana"));
        assert_eq!(target.login.password.as_deref(), Some("p@ss"));
        assert_eq!(target.login.database, 3);
        match target.topology {
            Topology::Standalone(address) => assert_eq!(address, tcp("example.org", 7000)),
            other => panic!("{other:?}"),
        }
        match parsed("unix:///run/redis.sock?db=2").topology {
            Topology::Standalone(address) => {
                assert_eq!(address, Address::Unix("/run/redis.sock".into()));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_url_names_sentinels_and_their_service() {
        let target = parsed("redis-sentinel://:secret@one,two:7001,[::1]/main/2");
        assert_eq!(target.login.password.as_deref(), Some("secret"));
        assert_eq!(target.login.database, 2);
        match target.topology {
            Topology::Sentinel { sentinels, service } => {
                let due = [tcp("one", 26379), tcp("two", 7001), tcp("::1", 26379)];
                assert_eq!(sentinels, due);
                assert_eq!(service, "main");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_url_names_some_of_a_cluster() {
        match parsed("redis-cluster://one:7000,two").topology {
            Topology::Cluster(seeds) => assert_eq!(seeds, [tcp("one", 7000), tcp("two", 6379)]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_scheme_is_told_which_there_are() {
        let wrong = Target::parse("http://localhost").expect_err("of no server");
        let (_, told) = wrong.split_once("none of ").expect("a list");
        assert_eq!(told.split(", ").collect::<Vec<_>>(), SCHEMES);
        for scheme in SCHEMES {
            let wrong = Target::parse(&format!("{scheme}:")).err();
            assert!(
                !wrong.is_some_and(|wrong| wrong.contains("none of")),
                "{scheme}"
            );
        }
    }

    #[test]
    fn a_wrong_url_is_told_without_its_secret() {
        for url in [
            "",
            "localhost",
            "http://:secret@localhost",
            "redis://:secret@localhost:port",
            "redis://:secret@localhost/0#insecure",
            "redis-sentinel://:secret@localhost",
            "redis-sentinel://:secret@localhost/",
            "redis-cluster://:secret@localhost/1",
            "redis-cluster:localhost",
            "redis-cluster://",
            "redis-cluster://one,,two",
        ] {
            let wrong = Target::parse(url).expect_err(url);
            assert!(!wrong.contains("secret"), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_shown_as_in_a_url() {
        assert_eq!(tcp("example.org", 7000).to_string(), "example.org:7000");
        assert_eq!(tcp("::1", 6379).to_string(), "[::1]:6379");
        #[cfg(unix)]
        assert_eq!(
            Address::Unix("/run/redis.sock".into()).to_string(),
            "/run/redis.sock"
        );
    }

    #[test]
    fn debug_shows_no_password() {
        let shown = format!("{:?}", parsed("redis://ana:secret@localhost"));
        assert!(!shown.contains("secret"), "{shown}");
    }
}

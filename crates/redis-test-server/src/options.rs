//! How a server is started.

use std::path::{Path, PathBuf};

use crate::binary::Binary;
use crate::server::socket;

/// When a server that keeps its data syncs what it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendFsync {
    /// Before it answers.
    Always,
    /// Once a second: what it answered is in the kernel, which outlives `kill -9`.
    EverySecond,
}

/// The files of a server that speaks TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The server's certificate and those that vouch for it, PEM.
    pub certificate: PathBuf,
    /// The key of the certificate, PEM.
    pub key: PathBuf,
    /// The certificates of those whose clients are let in, PEM: if given, a client must show one.
    pub client_authority: Option<PathBuf>,
}

/// Settings of a [`Server`](crate::Server) that is yet to be started: if nothing is said, one on a
/// unix socket alone, that keeps nothing.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) tcp: bool,
    pub(crate) tls: Option<Tls>,
    pub(crate) password: Option<String>,
    append_only: Option<AppendFsync>,
    arguments: Vec<String>,
}

impl Options {
    /// The settings if nothing is said.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// Listens on a free port of 127.0.0.1 too; the [`url`](crate::Server::url) then names it.
    #[must_use]
    pub fn tcp(self) -> Options {
        Options { tcp: true, ..self }
    }

    /// Listens on a free port of 127.0.0.1 too and speaks TLS there.
    #[must_use]
    pub fn tls(self, tls: Tls) -> Options {
        Options {
            tls: Some(tls),
            ..self
        }
    }

    /// Keeps the data in an append-only file: a [`restart`](crate::Server::restart) finds it again.
    #[must_use]
    pub fn append_only(self, fsync: AppendFsync) -> Options {
        Options {
            append_only: Some(fsync),
            ..self
        }
    }

    /// Asks every client for a password, which has letters and digits only, since it stands in the
    /// URL.
    #[must_use]
    pub fn password(self, password: &str) -> Options {
        Options {
            password: Some(password.into()),
            ..self
        }
    }

    /// How much memory the data may take (such as `4mb`), and what the server does when that is
    /// reached: the name of a policy, such as `noeviction` or `allkeys-lru`.
    #[must_use]
    pub fn max_memory(self, limit: &str, policy: &str) -> Options {
        self.argument("--maxmemory", &[limit])
            .argument("--maxmemory-policy", &[policy])
    }

    /// Copies the server at a port of this machine.
    #[must_use]
    pub fn replica_of(self, port: u16) -> Options {
        self.argument("--replicaof", &["127.0.0.1", &port.to_string()])
    }

    /// Any other setting: its name with two dashes, and its values.
    #[must_use]
    pub fn argument(mut self, name: &str, values: &[&str]) -> Options {
        self.arguments.push(name.into());
        self.arguments
            .extend(values.iter().copied().map(String::from));
        self
    }

    pub(crate) fn has_port(&self) -> bool {
        self.tcp || self.tls.is_some()
    }

    /// The command line of a server in this directory.
    pub(crate) fn arguments(
        &self,
        binary: &Binary,
        port: Option<u16>,
        directory: &Path,
    ) -> Vec<String> {
        let port = port.unwrap_or(0).to_string();
        let mut list = Options::new()
            .argument("--bind", &["127.0.0.1"])
            .argument("--unixsocket", &[&socket(directory).to_string_lossy()])
            .argument("--dir", &[&directory.to_string_lossy()])
            .argument("--save", &[""]);
        list = match &self.tls {
            None => list.argument("--port", &[&port]),
            Some(tls) => tls.arguments(list, &port),
        };
        list = match self.append_only {
            None => list.argument("--appendonly", &["no"]),
            Some(fsync) => list
                .argument("--appendonly", &["yes"])
                .argument("--appendfsync", &[fsync.name()]),
        };
        if let Some(password) = &self.password {
            list = list
                .argument("--requirepass", &[password])
                .argument("--masterauth", &[password]);
        }
        // Before 7.0 the option is unknown, and every client may use DEBUG.
        if binary.major() >= 7 {
            list = list.argument("--enable-debug-command", &["yes"]);
        }
        list.arguments.extend(self.arguments.iter().cloned());
        list.arguments
    }
}

impl Tls {
    /// The files in this crate: a certificate for `localhost` and 127.0.0.1, until 2126, which
    /// [`authority`](Tls::authority) vouches for. Its key is public, so that it is worth nothing.
    #[must_use]
    pub fn localhost() -> Tls {
        Tls {
            certificate: in_this_crate("server.pem"),
            key: in_this_crate("server.key"),
            client_authority: None,
        }
    }

    /// The certificate that clients of [`localhost`](Tls::localhost) have to trust, PEM; nobody has
    /// its key any more.
    #[must_use]
    pub fn authority() -> PathBuf {
        in_this_crate("authority.pem")
    }

    fn arguments(&self, list: Options, port: &str) -> Options {
        let list = list
            .argument("--port", &["0"])
            .argument("--tls-port", &[port])
            .argument("--tls-cert-file", &[&self.certificate.to_string_lossy()])
            .argument("--tls-key-file", &[&self.key.to_string_lossy()]);
        match &self.client_authority {
            None => list.argument("--tls-auth-clients", &["no"]),
            Some(path) => list.argument("--tls-ca-cert-file", &[&path.to_string_lossy()]),
        }
    }
}

impl AppendFsync {
    fn name(self) -> &'static str {
        match self {
            AppendFsync::Always => "always",
            AppendFsync::EverySecond => "everysec",
        }
    }
}

fn in_this_crate(file: &str) -> PathBuf {
    let certificates = Path::new(env!("CARGO_MANIFEST_DIR")).join("certificates");
    certificates.join(file)
}

//! A store: a namespace on servers, and the settings of its driver.

use std::time::Duration;

use session_driver::{Capabilities, Durability, Sharing};

use crate::key::Keyspace;
use crate::network::Network;
use crate::servers::Servers;
use crate::warning::Warning;

/// What the operations work on, whichever face they are called through.
#[derive(Debug)]
pub(crate) struct Store<N: Network> {
    pub(crate) servers: Servers<N>,
    pub(crate) keyspace: Keyspace,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) settings: Settings,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) connect_timeout: Duration,
    pub(crate) wait_timeout: Duration,
    pub(crate) ttl_slack: Duration,
    pub(crate) durability: Durability,
    pub(crate) max_payload_bytes: usize,
}

impl<N: Network> Store<N> {
    pub(crate) fn capabilities(&self) -> Capabilities {
        let settings = &self.settings;
        let alone = !self.servers.is_cluster();
        let sentinels = self.servers.sentinels() as u32;
        Capabilities {
            persistent: true,
            embedded: false,
            sharing: Sharing::Host,
            native_expiry: Some(settings.ttl_slack),
            atomic_rotate: alone,
            rotate_keeps_version: true,
            durability: settings.durability,
            max_payload_bytes: settings.max_payload_bytes,
            contention_bound: settings.wait_timeout,
            // All sentinels may hang one after the other; a command may fail late, and be sent to
            // another server once more.
            outage_bound: (settings.connect_timeout + 2 * settings.wait_timeout) * (sentinels + 2),
            traverse_bytes_per_id: 256,
            ..Capabilities::MINIMAL
        }
    }
}

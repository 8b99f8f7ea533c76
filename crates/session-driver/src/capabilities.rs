//! What a driver promises beyond the rules that hold for all, as data.

use std::time::Duration;

/// The largest payload, in bytes, that a driver stores unless it is configured otherwise: 16 MiB for
/// the application, and 64 KiB for what layers add.
pub const DEFAULT_MAX_PAYLOAD_BYTES: usize = 16 * 1024 * 1024 + 64 * 1024;

/// What one driver instance, as it is configured, promises; every field is named by a rule (CAP-1).
///
/// The conformance suite holds a driver to what it declares, and documents and comparisons read it.
/// Write one with struct update syntax over [`Capabilities::MINIMAL`], so that a later field does
/// not break the driver:
///
/// ```
/// use session_driver::{Capabilities, Durability};
///
/// let declared = Capabilities { persistent: true, durability: Durability::Process, ..Capabilities::MINIMAL };
/// assert!(declared.durability >= Durability::Process);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Records outlive the driver instance: closing and reopening shows them (DUR-1).
    pub persistent: bool,
    /// The data live in the caller's process or file system, not in a server (DUR-2, DUR-5).
    pub embedded: bool,
    /// Who may have the backend open at once (CON-2).
    pub sharing: Sharing,
    /// The backend removes expired records itself, no sooner than this long after the deadline
    /// (EXP-8, SWP-2, SWP-6). `None`: only sweep does.
    pub native_expiry: Option<Duration>,
    /// An observer never sees both ids of a rotate live (ROT-3).
    pub atomic_rotate: bool,
    /// A rotated record keeps its version (ROT-1).
    pub rotate_keeps_version: bool,
    /// How long a rotate that was cut short may leave both ids live (ROT-5). `None`: until one of
    /// them expires or is removed. Means nothing with `atomic_rotate`.
    pub rotate_overlap: Option<Duration>,
    /// A traversal shows the ids that were stored, not digests of them (TRV-6).
    pub readable_ids: bool,
    /// The ids cannot be found in the backend's bytes (ID-5).
    pub hashed_ids: bool,
    /// What a success survives (DUR-2, DUR-3).
    pub durability: Durability,
    /// The largest payload, in bytes; at least 64 KiB unless configured lower (PAY-1, PAY-2).
    pub max_payload_bytes: usize,
    /// How long contention may keep an operation before it answers Busy (CON-3).
    pub contention_bound: Duration,
    /// How long an operation may take to say that the backend is gone or was replaced (ERR-4,
    /// ERR-7).
    pub outage_bound: Duration,
    /// The memory a traversal holds between visits, in bytes for each id in the namespace (TRV-7).
    pub traverse_bytes_per_id: usize,
    /// Disk and memory stay within this many times the largest live volume, each record counted as
    /// its payload and 4 KiB (HYG-4).
    pub space_factor: u32,
}

impl Capabilities {
    /// Promises as little as the rules allow: the base to build a driver's own descriptor on.
    pub const MINIMAL: Capabilities = Capabilities {
        persistent: false,
        embedded: true,
        sharing: Sharing::Instance,
        native_expiry: None,
        atomic_rotate: false,
        rotate_keeps_version: false,
        rotate_overlap: None,
        readable_ids: true,
        hashed_ids: false,
        durability: Durability::None,
        max_payload_bytes: 64 * 1024,
        contention_bound: Duration::from_secs(5),
        outage_bound: Duration::from_secs(5),
        traverse_bytes_per_id: 512,
        space_factor: 16,
    };
}

/// Who may have one backend open at once, from fewest to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sharing {
    /// One instance, and clones of it. Another opener of what is there gets Locked; where nothing is
    /// kept outside the instance, it has a store of its own.
    Instance,
    /// Instances in any process of one host.
    Process,
    /// Instances on any host that reaches the backend.
    Host,
}

/// What an acknowledged operation survives, from least to most.
///
/// A driver's builder takes any of the three. One that the engine exceeds at no cost is raised to what
/// the engine gives, and [`Capabilities::durability`] says so; one that the engine cannot give makes
/// the open fail with [`Unsupported`](crate::ErrorKind::Unsupported). It is never lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Durability {
    /// Nothing is promised once the process that holds the data ends.
    None,
    /// The sudden death (`kill -9`) of the process that holds the data.
    Process,
    /// The loss of power wherever the data lie.
    Power,
}

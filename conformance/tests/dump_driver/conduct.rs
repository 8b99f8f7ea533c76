//! The steps of the driver, each of which a saboteur may replace.

use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;

use session_driver::{
    Capabilities, ErrorKind, NewRecord, Operation, Precondition, Record, Result, SessionId,
    Sharing, Swept, Timestamp, Version,
};

use super::files::{self, Alone};
use super::{Dump, Records, error, operations};

/// How a dump driver does what it does: `Conduct { save: |..| .., ..HONEST }` replaces a step.
pub(crate) struct Conduct {
    /// Looks at the directory before anything is made in it.
    pub(crate) admit: fn(&Path) -> Result<()>,
    /// The directory of a namespace.
    pub(crate) folder: fn(Option<&str>) -> Result<String>,
    /// The last step of an open, and what a drop does.
    pub(crate) opened: fn(&Dump) -> Result<()>,
    pub(crate) closed: fn(&Dump),
    /// Waits until no other thread or process changes anything.
    pub(crate) alone: fn(&Dump) -> io::Result<Alone>,
    /// Reads all records, and replaces them.
    pub(crate) load: fn(&Dump) -> io::Result<Records>,
    pub(crate) save: fn(&Dump, &Records) -> io::Result<()>,
    pub(crate) capabilities: fn(&Dump) -> Capabilities,
    pub(crate) retrieve: fn(&Dump, &SessionId, Timestamp) -> Result<Option<Record>>,
    pub(crate) store:
        fn(&Dump, &SessionId, NewRecord<'_>, Precondition, Timestamp) -> Result<Version>,
    pub(crate) touch: fn(&Dump, &SessionId, Option<Timestamp>, Timestamp) -> Result<bool>,
    pub(crate) remove: fn(&Dump, &SessionId, Timestamp) -> Result<bool>,
    pub(crate) rotate: fn(&Dump, &SessionId, &SessionId, Timestamp) -> Result<Option<Version>>,
    pub(crate) traverse: fn(&Dump, Timestamp, Visit<'_>) -> Result<()>,
    pub(crate) sweep: fn(&Dump, Timestamp, NonZeroUsize) -> Result<Swept>,
}

/// What a traversal calls for each id.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&SessionId) -> ControlFlow<()>;

/// The conduct that keeps every rule.
pub(crate) const HONEST: Conduct = Conduct {
    admit,
    folder,
    opened,
    closed: |_| (),
    alone: files::alone,
    load: files::load,
    save: files::save,
    capabilities,
    retrieve: operations::retrieve,
    store: operations::store,
    touch: operations::touch,
    remove: operations::remove,
    rotate: operations::rotate,
    traverse: operations::traverse,
    sweep: operations::sweep,
};

fn admit(root: &Path) -> Result<()> {
    let refusal = match files::is_foreign(root) {
        Ok(None) => return Ok(()),
        Ok(Some(reason)) => error(ErrorKind::Incompatible, Operation::Open).with_source(reason),
        Err(cause) => error(ErrorKind::Other, Operation::Open).with_source(cause),
    };
    Err(refusal)
}

/// Tries the lock, which a file system may not have.
fn opened(dump: &Dump) -> Result<()> {
    let failed = |cause| error(ErrorKind::Other, Operation::Open).with_source(cause);
    (dump.conduct.alone)(dump).map(drop).map_err(failed)
}

/// The name in hex, of one case and without separators.
fn folder(namespace: Option<&str>) -> Result<String> {
    let Some(name) = namespace else {
        return Ok(files::PREFIX.into());
    };
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{hex}", files::PREFIX))
}

fn capabilities(dump: &Dump) -> Capabilities {
    Capabilities {
        persistent: true,
        sharing: Sharing::Process,
        durability: dump.durability,
        atomic_rotate: true,
        rotate_keeps_version: true,
        max_payload_bytes: dump.max_payload_bytes,
        ..Capabilities::MINIMAL
    }
}

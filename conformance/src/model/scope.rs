//! What a model is about.

use session_driver::Capabilities;

/// The ids that operations name, and what the driver promises beyond the rules that hold for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) ids: Vec<String>,
    pub(crate) promises: Promises,
}

/// The capabilities that decide which answers are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Promises {
    pub(crate) atomic_rotate: bool,
    pub(crate) rotate_keeps_version: bool,
    pub(crate) readable_ids: bool,
    pub(crate) native_expiry: bool,
}

impl From<&Capabilities> for Promises {
    fn from(capabilities: &Capabilities) -> Promises {
        Promises {
            atomic_rotate: capabilities.atomic_rotate,
            rotate_keeps_version: capabilities.rotate_keeps_version,
            readable_ids: capabilities.readable_ids,
            native_expiry: capabilities.native_expiry.is_some(),
        }
    }
}

impl Scope {
    /// Where an id stands among the others; every id that is asked for is one of them.
    pub(crate) fn place(&self, id: &str) -> usize {
        let place = self.ids.iter().position(|known| known == id);
        place.expect("a scope has all the ids of its operations")
    }
}

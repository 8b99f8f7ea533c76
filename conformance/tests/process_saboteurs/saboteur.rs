//! A saboteur: the dump driver with one step replaced.

use crate::dump_driver::{Conduct, DumpSubject};

/// A dump driver with one fault.
pub(crate) struct Saboteur {
    /// The name of its test, and of the part its children play.
    pub(crate) name: &'static str,
    /// What it does wrong, and who did so in the wild.
    pub(crate) fault: &'static str,
    /// The rules it breaks, first those it is written for: each of those that try it must accuse it,
    /// and no other may.
    pub(crate) breaks: &'static [&'static str],
    /// Rules that accuse it in some runs and not in others, for it breaks them by chance.
    pub(crate) sometimes: &'static [&'static str],
    pub(crate) conduct: Conduct,
}

impl Saboteur {
    pub(crate) fn subject(&'static self) -> DumpSubject {
        DumpSubject {
            name: self.name,
            conduct: &self.conduct,
        }
    }
}

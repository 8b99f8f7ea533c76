//! What the serialization libraries leave open to hostile bytes, closed in one place for all
//! codecs.
//!
//! [`Limited`] goes around a serde `Serializer` or `Deserializer`, and around everything within it,
//! and adds:
//! - **depth**: at most [`MAX_DEPTH`] levels. bincode has no limit; rmp-serde does not count enums,
//!   so that `{"Node": {"Node": ..` of a few hundred kilobytes overflows the stack;
//! - **no elements of no size**: where a unit takes no bytes, a claimed length of 2⁶⁰ units would
//!   loop for years. Each element of a sequence and each entry of a map must read something;
//! - **no memory for claims**: strings and bytes are borrowed, not filled into a buffer of the
//!   claimed length (as bincode does), and no length is passed on to a `with_capacity` that exceeds
//!   the bytes there are.
//!
//! Encoding refuses what decoding would refuse, and what would silently come back as something
//! else.

mod decode;
mod encode;
mod parts;
mod visit;

use std::cell::Cell;
use std::fmt;

/// How many sequences, maps, structs, options, newtypes and enums may stand within each other.
const MAX_DEPTH: usize = 100;

/// The formats differ in what takes no bytes and in what cannot be expressed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "the codecs are features, and each has its own")]
pub(super) enum Format {
    MessagePack,
    Bincode,
    Json,
}

/// What is known of one encoding or decoding as a whole.
pub(super) struct Meter {
    format: Format,
    /// The bytes to decode.
    length: usize,
    /// How many values that take at least a byte were met.
    met: Cell<usize>,
}

impl Meter {
    pub(super) fn new(format: Format, length: usize) -> Meter {
        Meter {
            format,
            length,
            met: Cell::new(0),
        }
    }

    /// A value that takes at least a byte in every format.
    #[inline]
    fn meet(&self) {
        self.met.set(self.met.get() + 1);
    }

    /// A unit or a frame of known length, which takes bytes only where the format describes itself.
    #[inline]
    fn meet_frame(&self) {
        if self.format != Format::Bincode {
            self.meet();
        }
    }
}

/// Something of serde's with the limits that hold inside it.
pub(super) struct Limited<'a, X> {
    inner: X,
    limits: Limits<'a>,
}

#[derive(Clone, Copy)]
struct Limits<'a> {
    meter: &'a Meter,
    levels_left: usize,
}

impl<'a, X> Limited<'a, X> {
    pub(super) fn new(inner: X, meter: &'a Meter) -> Limited<'a, X> {
        Limits {
            meter,
            levels_left: MAX_DEPTH,
        }
        .around(inner)
    }
}

impl<'a> Limits<'a> {
    fn around<X>(self, inner: X) -> Limited<'a, X> {
        Limited {
            inner,
            limits: self,
        }
    }

    /// The limits one level further in, if there is one.
    #[inline]
    fn inside(self) -> Result<Limits<'a>, Refused> {
        let levels_left = self.levels_left.checked_sub(1).ok_or(Refused::TooDeep)?;
        Ok(Limits {
            levels_left,
            ..self
        })
    }

    #[inline]
    fn met(self) -> usize {
        self.meter.met.get()
    }

    /// Holds when a value that takes bytes was met since `before`.
    #[inline]
    fn check_size(self, before: usize) -> Result<(), Refused> {
        if self.met() == before {
            Err(Refused::NoSize)
        } else {
            Ok(())
        }
    }
}

/// Why a limit refuses; serde's errors are made of it.
enum Refused {
    TooDeep,
    NoSize,
    Skipped,
    NotFinite,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::TooDeep => "nested too deep",
            Refused::NoSize => "an element of no size",
            Refused::Skipped => "a skipped field",
            Refused::NotFinite => "a number that is not finite",
        })
    }
}

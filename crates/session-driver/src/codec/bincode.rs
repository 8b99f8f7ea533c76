//! Bincode: compact, for those who keep a schema number.

use std::marker::PhantomData;

use bincode::config;
use bincode::enc::write::Writer;
use bincode::error::{DecodeError, EncodeError};
use bincode::serde::{encode_into_writer, seed_decode_from_slice};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::limits::{Format, Limited, Meter};
use super::{Codec, CodecError};

/// Encodes as [bincode](https://docs.rs/bincode/2), which has neither names nor types, behind a
/// schema number of yours.
///
/// It saves the bytes of the names, and knows nothing of what it holds: two fields of one type,
/// reordered, would swap their values without an error. So **count the schema number up with every
/// change to `T` and what is in it**; a session of another number is
/// [`Incompatible`](super::CodecErrorKind::Incompatible) and never decoded by chance.
///
/// Some of serde's ways need names or types and do not work: `flatten` and a skipping
/// `skip_serializing_if` are refused when encoding; `untagged`, `tag`, `skip_serializing` alone and
/// `serde_json::Value` are not noticed before decoding, so try a round trip of `T` in a test.
/// Elements of no size (`Vec<()>`) are refused both ways, for a claimed length of them costs no
/// bytes. Values nest at most 100 deep, where each sequence, map, struct, option, newtype and enum
/// counts for one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bincode {
    schema: u32,
}

impl Bincode {
    /// The codec for this generation of the session's type.
    #[must_use]
    pub const fn new(schema: u32) -> Bincode {
        Bincode { schema }
    }
}

impl<T: Serialize + DeserializeOwned> Codec<T> for Bincode {
    const TAG: u8 = 2;

    fn encode(&self, value: &T, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
        bytes.extend_from_slice(&self.schema.to_le_bytes());
        let meter = Meter::new(Format::Bincode, 0);
        encode_into_writer(
            Limited::new(value, &meter),
            Append(bytes),
            config::standard(),
        )
        .map_err(|_| CodecError::unencodable("bincode: the value cannot be encoded"))
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError> {
        let (schema, body) = bytes
            .split_first_chunk()
            .ok_or(CodecError::corrupt("bincode: the bytes end early"))?;
        if u32::from_le_bytes(*schema) != self.schema {
            return Err(CodecError::incompatible(
                "bincode: the schema number is another",
            ));
        }
        let meter = Meter::new(Format::Bincode, body.len());
        let seed = Limited::new(PhantomData, &meter);
        let (value, read) = seed_decode_from_slice(seed, body, config::standard())
            .map_err(|error| judge(&error))?;
        if read == body.len() {
            Ok(value)
        } else {
            Err(CodecError::corrupt("bincode: bytes are left over"))
        }
    }
}

/// Where the schema is the right one, bytes that do not fit it are damaged.
fn judge(error: &DecodeError) -> CodecError {
    match error {
        DecodeError::UnexpectedEnd { .. } => CodecError::corrupt("bincode: the bytes end early"),
        DecodeError::Serde(_) => {
            CodecError::incompatible("bincode: the type needs a codec that stores names or types")
        }
        _ => CodecError::corrupt("bincode: the bytes do not fit the schema"),
    }
}

struct Append<'a>(&'a mut Vec<u8>);

impl Writer for Append<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

//! MessagePack with field names: the default, because sessions outlive deploys.

use std::marker::PhantomData;

use rmp_serde::decode::Error;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize, Serialize};

use super::limits::{Format, Limited, Meter};
use super::{Codec, CodecError};

/// Encodes as [MessagePack](https://msgpack.org) with the names of fields and variants.
///
/// A session that is stored survives a deploy that adds a field (with `#[serde(default)]`), drops
/// one, or reorders them. One that lacks a field without a default, or holds another type in it, is
/// [`Incompatible`](super::CodecErrorKind::Incompatible).
///
/// MessagePack has one `nil`: `Some(None)` and `Some(())` come back as `None`. Values nest at most
/// 100 deep, where each sequence, map, struct, option, newtype and enum counts for one level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessagePack;

impl<T: Serialize + DeserializeOwned> Codec<T> for MessagePack {
    const TAG: u8 = 1;

    fn encode(&self, value: &T, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
        let meter = Meter::new(Format::MessagePack, 0);
        let mut serializer = rmp_serde::Serializer::new(bytes).with_struct_map();
        Limited::new(value, &meter)
            .serialize(&mut serializer)
            .map_err(|_| CodecError::unencodable("MessagePack: the value cannot be encoded"))
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError> {
        let meter = Meter::new(Format::MessagePack, bytes.len());
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
        let value = Limited::new(PhantomData, &meter)
            .deserialize(&mut deserializer)
            .map_err(|error| judge(&error))?;
        // A unit reads one marker and never descends, so it misses its marker at the end of the
        // bytes and nowhere else.
        match <()>::deserialize(&mut deserializer) {
            Err(Error::InvalidMarkerRead(_)) => Ok(value),
            _ => Err(CodecError::corrupt("MessagePack: bytes are left over")),
        }
    }
}

fn judge(error: &Error) -> CodecError {
    match error {
        Error::InvalidMarkerRead(_) | Error::InvalidDataRead(_) => {
            CodecError::corrupt("MessagePack: the bytes end early")
        }
        Error::Utf8Error(_) | Error::Uncategorized(_) => {
            CodecError::corrupt("MessagePack: a string is not UTF-8")
        }
        Error::Syntax(message) if message.starts_with("missing field") => {
            CodecError::incompatible("MessagePack: a field without a default is missing")
        }
        _ => CodecError::incompatible("MessagePack: a value has another type or variant"),
    }
}

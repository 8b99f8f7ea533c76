//! JSON, for sessions that other programs read.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::error::{Category, Error};

use super::limits::{Format, Limited, Meter};
use super::{Codec, CodecError};

/// Encodes as JSON with the names of fields and variants, so that other programs and people can
/// read it.
///
/// A stored session survives deploys as under [`MessagePack`](crate::MessagePack), for more time
/// and space. JSON has one `null` (`Some(None)` comes back as `None`), no NaN and no infinity (they
/// are refused), and keys of maps must be strings, numbers, booleans or unit variants. Values nest
/// at most 100 deep, where each sequence, map, struct, option, newtype and enum counts for one
/// level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json;

impl<T: Serialize + DeserializeOwned> Codec<T> for Json {
    const TAG: u8 = 3;

    fn encode(&self, value: &T, bytes: &mut Vec<u8>) -> Result<(), CodecError> {
        let meter = Meter::new(Format::Json, 0);
        Limited::new(value, &meter)
            .serialize(&mut serde_json::Serializer::new(bytes))
            .map_err(|_| CodecError::unencodable("JSON: the value cannot be encoded"))
    }

    fn decode(&self, bytes: &[u8]) -> Result<T, CodecError> {
        let meter = Meter::new(Format::Json, bytes.len());
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let value = Limited::new(PhantomData, &meter)
            .deserialize(&mut deserializer)
            .map_err(|error| judge(&error))?;
        deserializer
            .end()
            .map_err(|_| CodecError::corrupt("JSON: bytes are left over"))?;
        Ok(value)
    }
}

fn judge(error: &Error) -> CodecError {
    match error.classify() {
        Category::Eof => CodecError::corrupt("JSON: the bytes end early"),
        Category::Syntax | Category::Io => CodecError::corrupt("JSON: the bytes are no JSON"),
        Category::Data if error.to_string().starts_with("missing field") => {
            CodecError::incompatible("JSON: a field without a default is missing")
        }
        Category::Data => CodecError::incompatible("JSON: a value has another type or variant"),
    }
}

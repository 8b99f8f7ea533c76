//! What the codecs promise: values come back, deploys lose nobody, hostile bytes do no harm.

mod deploys;
mod hostile;
mod round_trips;

use session_driver::{Codec, CodecError, CodecErrorKind};

fn encode<T>(codec: &impl Codec<T>, value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    codec.encode(value, &mut bytes).expect("it can be encoded");
    bytes
}

fn refused<T>(result: Result<T, CodecError>) -> Option<CodecErrorKind> {
    result.err().map(|error| error.kind())
}

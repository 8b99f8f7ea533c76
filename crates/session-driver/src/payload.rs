//! What the handle stores: the session's own expiry rule, then its encoded value.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | [`MARK`] |
//! | 1 | [`Codec::TAG`] |
//! | 1 | the rule: 0 the handle's, 1 a ttl, 2 an instant, 3 never |
//! | 8 | after rule 1 and 2 alone: milliseconds, little-endian |
//! | the rest | the encoded value |

use crate::codec::{Codec, CodecError, CodecErrorKind};
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::expiry::Expiry;
use crate::time::Timestamp;

/// Tells our payloads from foreign ones, such as imported text: `0xC1` occurs nowhere in UTF-8
/// ([RFC 3629], section 1), and it is the one byte that starts no [MessagePack] value ("never
/// used").
///
/// [RFC 3629]: https://www.rfc-editor.org/rfc/rfc3629#section-1
/// [MessagePack]: https://github.com/msgpack/msgpack/blob/master/spec.md#formats
const MARK: u8 = 0xC1;

const _: () = assert!(
    matches!(MARK, 0xC0 | 0xC1 | 0xF5..=0xFF),
    "this byte may occur in UTF-8"
);

/// Room for most sessions, so that the payload seldom grows while it is encoded.
const USUAL_BYTES: usize = 1024;

const FOLLOWS_HANDLE: u8 = 0;
const TTL: u8 = 1;
const AT: u8 = 2;
const NEVER: u8 = 3;

/// The payload of a session with its own expiry rule, if it has one.
///
/// # Errors
/// InvalidDeadline when the rule's ttl is more than the header holds, Other when the codec cannot
/// encode the value.
pub(crate) fn encode<T, C: Codec<T>>(
    codec: &C,
    value: &T,
    expiry: Option<Expiry>,
) -> Result<Vec<u8>> {
    let mut payload = Vec::with_capacity(USUAL_BYTES);
    payload.extend_from_slice(&[MARK, C::TAG]);
    match expiry {
        None => payload.push(FOLLOWS_HANDLE),
        Some(Expiry::Ttl(ttl)) => {
            // A ttl has the range of an instant, so it is written as one: so long after the epoch.
            let end = Timestamp::MIN.checked_add(ttl);
            push(
                &mut payload,
                TTL,
                end.ok_or_else(|| failure(ErrorKind::InvalidDeadline, Operation::Store))?,
            );
        }
        Some(Expiry::At(deadline)) => push(&mut payload, AT, deadline),
        Some(Expiry::Never) => payload.push(NEVER),
    }
    codec
        .encode(value, &mut payload)
        .map_err(|error| codec_failure(error, Operation::Store))?;
    Ok(payload)
}

fn push(payload: &mut Vec<u8>, rule: u8, instant: Timestamp) {
    payload.push(rule);
    payload.extend_from_slice(&instant.as_millis().to_le_bytes());
}

/// The value in a payload, and the session's own expiry rule, if it has one.
///
/// # Errors
/// Incompatible or Corrupt.
pub(crate) fn decode<T, C: Codec<T>>(codec: &C, payload: &[u8]) -> Result<(T, Option<Expiry>)> {
    split(payload, C::TAG)
        .and_then(|(expiry, body)| Ok((codec.decode(body)?, expiry)))
        .map_err(|error| codec_failure(error, Operation::Retrieve))
}

/// The session's own expiry rule alone, for a touch: the value is not decoded.
///
/// # Errors
/// Incompatible or Corrupt.
pub(crate) fn expiry<T, C: Codec<T>>(payload: &[u8]) -> Result<Option<Expiry>> {
    split(payload, C::TAG)
        .map(|(expiry, _)| expiry)
        .map_err(|error| codec_failure(error, Operation::Touch))
}

fn split(payload: &[u8], expected_tag: u8) -> Result<(Option<Expiry>, &[u8]), CodecError> {
    const CUT: CodecError = CodecError::corrupt("the payload's header ends early");

    let [MARK, rest @ ..] = payload else {
        return Err(CodecError::incompatible("the payload is not a session's"));
    };
    let (&tag, rest) = rest.split_first().ok_or(CUT)?;
    if tag != expected_tag {
        return Err(CodecError::incompatible("the payload is of another codec"));
    }
    let (&rule, rest) = rest.split_first().ok_or(CUT)?;
    match rule {
        FOLLOWS_HANDLE => Ok((None, rest)),
        NEVER => Ok((Some(Expiry::Never), rest)),
        TTL | AT => {
            let (millis, rest) = rest.split_first_chunk().ok_or(CUT)?;
            let instant = Timestamp::from_millis(i64::from_le_bytes(*millis))
                .ok_or(CodecError::corrupt("the payload's header holds no instant"))?;
            let expiry = if rule == AT {
                Expiry::At(instant)
            } else {
                Expiry::Ttl(instant.saturating_duration_since(Timestamp::MIN))
            };
            Ok((Some(expiry), rest))
        }
        _ => Err(CodecError::incompatible(
            "the payload's expiry rule is of a newer release",
        )),
    }
}

/// An error that the handle finds, not the driver.
pub(crate) fn failure(kind: ErrorKind, operation: Operation) -> Error {
    Error::new(kind, operation, "session-driver")
}

fn codec_failure(error: CodecError, operation: Operation) -> Error {
    let kind = match error.kind() {
        CodecErrorKind::Unencodable => ErrorKind::Other,
        CodecErrorKind::Corrupt => ErrorKind::Corrupt,
        CodecErrorKind::Incompatible => ErrorKind::Incompatible,
    };
    failure(kind, operation).with_source(error)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::codec::MessagePack;

    fn decode_kind(payload: &[u8]) -> Result<Option<Expiry>, ErrorKind> {
        decode::<u8, _>(&MessagePack, payload)
            .map(|(_, expiry)| expiry)
            .map_err(|error| error.kind())
    }

    #[test]
    fn every_rule_comes_back() {
        let at = |millis| Timestamp::from_millis(millis).expect("not negative");
        for rule in [
            None,
            Some(Expiry::Never),
            Some(Expiry::At(Timestamp::MIN)),
            Some(Expiry::At(Timestamp::MAX)),
            Some(Expiry::At(at(1_750_000_000_000))),
            Some(Expiry::Ttl(Duration::ZERO)),
            Some(Expiry::Ttl(Duration::from_millis(i64::MAX as u64))),
        ] {
            let payload = encode(&MessagePack, &7_u8, rule).expect("it can be encoded");
            assert_eq!(decode_kind(&payload), Ok(rule));
            assert_eq!(expiry::<u8, MessagePack>(&payload).expect("our own"), rule);
        }
    }

    #[test]
    fn a_ttl_the_header_cannot_hold_is_refused() {
        let longer = Duration::from_millis(i64::MAX as u64 + 1);
        let refused = encode(&MessagePack, &7_u8, Some(Expiry::Ttl(longer)));
        assert_eq!(
            refused.map_err(|error| error.kind()),
            Err(ErrorKind::InvalidDeadline)
        );
    }

    #[test]
    fn foreign_bytes_are_incompatible_and_cut_headers_corrupt() {
        for foreign in [
            &b""[..],
            b"\x07",
            b"{\"user\":7}",
            b"user|i:7;",
            b"\x80\x04\x95",
            b"\xC1\x02\x00\x07",
            b"\xC1\x01\x04\x07",
        ] {
            assert_eq!(decode_kind(foreign), Err(ErrorKind::Incompatible));
        }
        let whole = encode(&MessagePack, &7_u8, Some(Expiry::At(Timestamp::MAX))).expect("encodes");
        for cut in 1..whole.len() {
            assert_eq!(
                decode_kind(&whole[..cut]),
                Err(ErrorKind::Corrupt),
                "cut to {cut}"
            );
        }
        let mut before_the_epoch = whole;
        before_the_epoch[10] = 0xFF;
        assert_eq!(decode_kind(&before_the_epoch), Err(ErrorKind::Corrupt));
    }
}

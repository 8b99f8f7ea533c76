//! Payloads, to be looked at.

use session_driver::{Codec, Json, MessagePack};

use crate::screen::printable;

/// That of `session_driver::Bincode`, which is known without being built.
const BINCODE: u8 = 2;
const JSON: u8 = <Json as Codec<()>>::TAG;
const MESSAGE_PACK: u8 = <MessagePack as Codec<()>>::TAG;

/// Which codec of `session_driver` the payload seems to be written by.
pub(crate) fn codec(payload: &[u8]) -> Option<String> {
    let (tag, encoded) = typed(payload)?;
    Some(match (tag, encoded) {
        (MESSAGE_PACK, _) => "MessagePack".into(),
        (BINCODE, [a, b, c, d, ..]) => {
            format!("Bincode, schema {}", u32::from_le_bytes([*a, *b, *c, *d]))
        }
        (BINCODE, _) => "Bincode, cut short".into(),
        (JSON, _) => "JSON".into(),
        (other, _) => format!("number {other}"),
    })
}

/// The codec's tag and the encoded value, if the payload is one that `Sessions` stores: a mark, the
/// tag, a rule of expiry (which may have eight bytes more), the value.
fn typed(payload: &[u8]) -> Option<(u8, &[u8])> {
    match payload {
        [0xC1, tag, 0 | 3, encoded @ ..] => Some((*tag, encoded)),
        [0xC1, tag, 1 | 2, rest @ ..] => Some((*tag, rest.get(8..)?)),
        _ => None,
    }
}

/// The payload in lines that are safe on a terminal: text as text, everything else in hexadecimal.
pub(crate) fn lines(payload: &[u8]) -> Box<dyn Iterator<Item = String> + '_> {
    let body = match typed(payload) {
        Some((JSON, text)) => text,
        _ => payload,
    };
    match str::from_utf8(body) {
        Ok(text) if is_text(text) => Box::new(text.split('\n').map(printable)),
        _ => {
            let rows = payload.chunks(16).enumerate();
            Box::new(rows.map(|(row, bytes)| dump(row * 16, bytes)))
        }
    }
}

/// Whether more than nine in ten characters are not controls: some systems put a stray one into
/// text.
fn is_text(text: &str) -> bool {
    let controls = text
        .chars()
        .filter(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'));
    controls.count() * 10 <= text.chars().count()
}

fn dump(offset: usize, bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let (left, right) = digits.split_at(digits.len().min(8));
    let text: String = bytes
        .iter()
        .map(|&byte| {
            if byte.is_ascii_graphic() || byte == b' ' {
                char::from(byte)
            } else {
                '.'
            }
        })
        .collect();
    format!(
        "{offset:08x}  {:23}  {:23}  {text}",
        left.join(" "),
        right.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use session_driver::{Bincode, MemoryDriver, SessionDriver, Sessions, Timestamp};

    use super::*;

    fn shown(payload: &[u8]) -> Vec<String> {
        lines(payload).collect()
    }

    #[test]
    fn text_is_shown_as_text_without_its_controls() {
        assert_eq!(
            shown("a\nb \u{1b} ö and more".as_bytes()),
            ["a", "b \\u{1b} ö and more"]
        );
        assert_eq!(shown(b"\xC1\x03\x00{\"a\": 1}"), ["{\"a\": 1}"]);
    }

    #[test]
    fn the_rest_is_dumped() {
        assert_eq!(
            shown(b"\xFFPHP session \x1b[2J!"),
            [
                "00000000  ff 50 48 50 20 73 65 73  73 69 6f 6e 20 1b 5b 32  .PHP session .[2",
                "00000010  4a 21                                             J!",
            ]
        );
    }

    #[test]
    fn our_codecs_are_known_by_their_tags() {
        for (payload, due) in [
            (&b"\xC1\x01\x00\x80"[..], Some("MessagePack")),
            (b"\xC1\x01\x0112345678\x80", Some("MessagePack")),
            (b"\xC1\x02\x03\x07\0\0\0", Some("Bincode, schema 7")),
            (b"\xC1\x02\x00\x07", Some("Bincode, cut short")),
            (b"\xC1\xC8\x00", Some("number 200")),
            (b"\xC1\x01\x011234567", None),
            (b"\xC1\x01", None),
            (b"{}", None),
            (b"", None),
        ] {
            assert_eq!(codec(payload).as_deref(), due, "{payload:?}");
        }
    }

    #[test]
    fn what_the_handle_stores_is_recognised() -> session_driver::Result<()> {
        let driver = MemoryDriver::new();
        let sessions = Sessions::<Vec<u8>, _>::new(&driver).with_codec(Bincode::new(258));
        let session = sessions.create(vec![7])?;
        let record = driver.retrieve(session.id(), Timestamp::now())?;
        let payload = record.map(|record| record.payload).unwrap_or_default();
        assert_eq!(codec(&payload).as_deref(), Some("Bincode, schema 258"));
        Ok(())
    }
}

//! Sessions as JSON Lines: an object a line, with `id`, `expires_at_ms` and `payload_base64`.

use std::fmt;
use std::io::{self, Write};

use data_encoding::BASE64;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Serialize, de};
use serde_json::error::Category;
use serde_json::value::RawValue;
use session_driver::{InvalidId, Record, SessionId, Timestamp};

/// What a line says. It has no `Debug`: an id is a secret, and so is a payload.
pub(crate) struct Entry {
    pub(crate) id: SessionId,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) payload: Vec<u8>,
}

/// Why a line is no session. Nothing of what the line holds is in the text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("it is not UTF-8")]
    NotText,
    #[error("it is no JSON (column {column})")]
    NotJson { column: usize },
    #[error("it is no JSON object")]
    NotAnObject,
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("`{0}` stands there twice")]
    Repeated(&'static str),
    #[error("`{0}` is no text")]
    NotAString(&'static str),
    #[error("`id`: {0}")]
    Id(#[from] InvalidId),
    #[error(
        "`expires_at_ms` is neither null nor a whole number from 0 to {}",
        i64::MAX
    )]
    Deadline,
    #[error("`payload_base64` is no base64 (byte {position})")]
    Base64 { position: usize },
}

const ID: &str = "id";
const EXPIRES_AT: &str = "expires_at_ms";
const PAYLOAD: &str = "payload_base64";

/// Reads one line.
pub(crate) fn parse(line: &[u8]) -> Result<Entry, Rejection> {
    let line = str::from_utf8(line).map_err(|_| Rejection::NotText)?;
    let fields: Fields<'_> =
        serde_json::from_str(line).map_err(|error| match error.classify() {
            Category::Data => Rejection::NotAnObject,
            Category::Io | Category::Syntax | Category::Eof => Rejection::NotJson {
                column: error.column(),
            },
        })?;
    if let Some(name) = fields.repeated {
        return Err(Rejection::Repeated(name));
    }
    let payload = string(fields.payload, PAYLOAD)?;
    Ok(Entry {
        id: SessionId::parse(&string(fields.id, ID)?)?,
        expires_at: deadline(fields.expires_at)?,
        payload: BASE64
            .decode(payload.as_bytes())
            .map_err(|error| Rejection::Base64 {
                position: error.position,
            })?,
    })
}

/// Writes one line.
pub(crate) fn print(id: &SessionId, record: &Record, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        id: &'a str,
        expires_at_ms: Option<i64>,
        payload_base64: &'a str,
    }
    let line = Line {
        id: id.as_str(),
        expires_at_ms: record.expires_at.map(Timestamp::as_millis),
        payload_base64: &BASE64.encode(&record.payload),
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

fn string(value: Option<&RawValue>, name: &'static str) -> Result<String, Rejection> {
    let value = value.ok_or(Rejection::Missing(name))?;
    serde_json::from_str(value.get()).map_err(|_| Rejection::NotAString(name))
}

fn deadline(value: Option<&RawValue>) -> Result<Option<Timestamp>, Rejection> {
    let value = value.ok_or(Rejection::Missing(EXPIRES_AT))?;
    let millis: Option<i64> = serde_json::from_str(value.get()).map_err(|_| Rejection::Deadline)?;
    millis
        .map(|millis| Timestamp::from_millis(millis).ok_or(Rejection::Deadline))
        .transpose()
}

/// The fields as they stand there. They are judged by `parse`: the messages of serde quote what
/// they do not like, and this is secret.
#[derive(Default)]
struct Fields<'a> {
    id: Option<&'a RawValue>,
    expires_at: Option<&'a RawValue>,
    payload: Option<&'a RawValue>,
    repeated: Option<&'static str>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'a>, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<Key>()? {
            let (name, field) = match key {
                Key::Id => (ID, &mut fields.id),
                Key::ExpiresAt => (EXPIRES_AT, &mut fields.expires_at),
                Key::Payload => (PAYLOAD, &mut fields.payload),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if field.replace(map.next_value()?).is_some() {
                fields.repeated = Some(name);
            }
        }
        Ok(fields)
    }
}

enum Key {
    Id,
    ExpiresAt,
    Payload,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Key, E> {
                Ok(match name {
                    ID => Key::Id,
                    EXPIRES_AT => Key::ExpiresAt,
                    PAYLOAD => Key::Payload,
                    _ => Key::Other,
                })
            }
        }

        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use session_driver::Version;

    use super::*;

    fn rejection(line: &str) -> Rejection {
        match parse(line.as_bytes()) {
            Ok(_) => panic!("{line} was taken"),
            Err(rejection) => rejection,
        }
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for (id, deadline, payload) in [
            ("\"\\/", None, vec![]),
            ("-a", Some(Timestamp::MIN), vec![0; 3]),
            ("~", Some(Timestamp::MAX), (0..=255).collect()),
        ] {
            let id = SessionId::parse(id).expect("a valid id");
            let record = Record {
                payload,
                expires_at: deadline,
                version: Version::from_bits(1),
            };
            let mut line = Vec::new();
            print(&id, &record, &mut line).expect("memory takes all");
            assert_eq!(line.pop(), Some(b'\n'));
            let Ok(entry) = parse(&line) else {
                panic!("what was printed is refused")
            };
            assert_eq!(
                (entry.id, entry.expires_at, entry.payload),
                (id, deadline, record.payload)
            );
        }
    }

    #[test]
    fn other_fields_order_space_and_escapes_do_not_matter() {
        let line = r#" {"from": {"id": [1]}, "payload_base64": "\/\/8=", "expires_at_ms":5,"id":"\u0061"} "#;
        let Ok(entry) = parse(line.as_bytes()) else {
            panic!("a session is refused")
        };
        assert_eq!((entry.id.as_str(), entry.payload), ("a", vec![0xFF, 0xFF]));
    }

    #[test]
    fn each_fault_has_its_reason() {
        use Rejection::*;
        for (line, due) in [
            ("{", NotJson { column: 1 }),
            ("", NotJson { column: 0 }),
            ("null", NotAnObject),
            (r#"["a",null,""]"#, NotAnObject),
            (r#""secret""#, NotAnObject),
            (r#"{"expires_at_ms":1,"payload_base64":""}"#, Missing(ID)),
            (r#"{"id":"a","payload_base64":""}"#, Missing(EXPIRES_AT)),
            (r#"{"id":"a","expires_at_ms":1}"#, Missing(PAYLOAD)),
            (
                r#"{"id":"a","id":"a","expires_at_ms":1,"payload_base64":""}"#,
                Repeated(ID),
            ),
            (
                r#"{"id":7,"expires_at_ms":1,"payload_base64":""}"#,
                NotAString(ID),
            ),
            (
                r#"{"id":null,"expires_at_ms":1,"payload_base64":""}"#,
                NotAString(ID),
            ),
            (
                r#"{"id":"","expires_at_ms":1,"payload_base64":""}"#,
                Id(InvalidId::Empty),
            ),
            (
                r#"{"id":"a","expires_at_ms":-1,"payload_base64":""}"#,
                Deadline,
            ),
            (
                r#"{"id":"a","expires_at_ms":1.5,"payload_base64":""}"#,
                Deadline,
            ),
            (
                r#"{"id":"a","expires_at_ms":"1","payload_base64":""}"#,
                Deadline,
            ),
            (
                r#"{"id":"a","expires_at_ms":9223372036854775808,"payload_base64":""}"#,
                Deadline,
            ),
            (
                r#"{"id":"a","expires_at_ms":1,"payload_base64":"AA"}"#,
                Base64 { position: 0 },
            ),
            (
                r#"{"id":"a","expires_at_ms":1,"payload_base64":[]}"#,
                NotAString(PAYLOAD),
            ),
        ] {
            assert_eq!(rejection(line), due, "{line}");
        }
        assert!(matches!(parse(b"\xFF"), Err(NotText)));
    }

    #[test]
    fn id_4_no_reason_quotes_the_line() {
        for line in [
            r#""hunter2""#,
            r#"{"id":"hunter2 ","expires_at_ms":1,"payload_base64":""}"#,
            r#"{"id":"a","expires_at_ms":"hunter2","payload_base64":""}"#,
            r#"{"id":"a","expires_at_ms":1,"payload_base64":"hunter2!"}"#,
            r#"{"id":"a","expires_at_ms":1,"payload_base64":"hunter2"#,
        ] {
            assert!(!rejection(line).to_string().contains("hunter"), "{line}");
        }
    }
}

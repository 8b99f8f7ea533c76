//! Rule ID-4: neither id nor payload in any `Debug`, `Display` or `source()`.

use serde::{Deserialize, Serialize, Serializer, de, ser};
use session_driver::{Bincode, Codec, Error, ErrorKind, Json, MemoryDriver, MessagePack, Sessions};

const SECRET: &str = "hunter2";

/// Everything that a log could show of an error.
fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        shown += &format!(" {error} {error:?} {error:#?}");
        cause = error.source();
    }
    shown
}

#[derive(Serialize, Deserialize)]
struct Login {
    password: String,
}

/// Chokes on the secret in as many ways as serde has.
#[derive(Serialize, Deserialize)]
struct Number {
    password: u64,
}

#[derive(Serialize, Deserialize)]
struct Choice {
    password: Color,
}

#[derive(Serialize, Deserialize)]
enum Color {
    Red,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {}

#[derive(Serialize)]
struct Refusing {
    password: String,
}

impl<'de> Deserialize<'de> for Refusing {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Refusing, D::Error> {
        let login = Login::deserialize(deserializer)?;
        Err(de::Error::custom(format!("{} will not do", login.password)))
    }
}

fn errors_of<C, T>(codec: C) -> Error
where
    C: Codec<Login> + Codec<T> + Copy,
{
    let driver = MemoryDriver::new();
    let stored = Sessions::<Login, _>::new(&driver).with_codec(codec);
    let id = stored
        .create(Login {
            password: SECRET.into(),
        })
        .expect("created")
        .id()
        .clone();
    let error = Sessions::<T, _>::new(&driver)
        .with_codec(codec)
        .retrieve(&id)
        .expect_err("it is a login");
    assert!(matches!(
        error.kind(),
        ErrorKind::Incompatible | ErrorKind::Corrupt
    ));
    assert!(std::error::Error::source(&error).is_some());
    assert!(!shown(&error).contains(id.as_str()));
    error
}

#[test]
fn id_4_what_cannot_be_decoded_is_not_quoted() {
    fn all<C>(codec: C) -> [Error; 4]
    where
        C: Codec<Login> + Codec<Number> + Codec<Choice> + Codec<Strict> + Codec<Refusing> + Copy,
    {
        [
            errors_of::<C, Number>(codec),
            errors_of::<C, Choice>(codec),
            errors_of::<C, Strict>(codec),
            errors_of::<C, Refusing>(codec),
        ]
    }
    for error in [all(MessagePack), all(Json), all(Bincode::new(1))]
        .iter()
        .flatten()
    {
        assert!(!shown(error).contains(SECRET), "{}", shown(error));
    }
}

struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom(format!("{SECRET} cannot be written")))
    }
}

impl<'de> Deserialize<'de> for Unwritable {
    fn deserialize<D: de::Deserializer<'de>>(_: D) -> Result<Unwritable, D::Error> {
        Ok(Unwritable)
    }
}

#[test]
fn id_4_what_cannot_be_encoded_is_not_quoted() {
    let sessions = Sessions::<Unwritable, _>::new(MemoryDriver::new());
    let errors = [
        sessions
            .create(Unwritable)
            .expect_err("it cannot be written"),
        sessions
            .clone()
            .with_codec(Json)
            .create(Unwritable)
            .expect_err("nor as JSON"),
        sessions
            .with_codec(Bincode::new(1))
            .create(Unwritable)
            .expect_err("nor as bincode"),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Other);
        assert!(!shown(&error).contains(SECRET), "{}", shown(&error));
    }
}

#[test]
fn id_4_debug_shows_neither_id_nor_value() {
    let sessions = Sessions::<Login, _>::new(MemoryDriver::new());
    let session = sessions
        .create(Login {
            password: SECRET.into(),
        })
        .expect("created");
    for shown in [
        format!("{session:?} {session:#?}"),
        format!("{sessions:?} {sessions:#?}"),
    ] {
        assert!(
            !shown.contains(SECRET) && !shown.contains(session.id().as_str()),
            "{shown}"
        );
    }
}

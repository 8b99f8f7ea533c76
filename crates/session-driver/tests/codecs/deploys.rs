//! A stored session outlives the program that stored it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use session_driver::{
    Bincode, Codec, ErrorKind, Json, MemoryDriver, MessagePack, Result, Sessions,
};

/// What the program of yesterday stored.
#[derive(Serialize, Deserialize)]
struct Yesterday {
    user: String,
    admin: bool,
    verified: bool,
    cart: Vec<u32>,
}

fn yesterday() -> Yesterday {
    Yesterday {
        user: "ada".into(),
        admin: false,
        verified: true,
        cart: vec![1, 2],
    }
}

/// What the program of today, with another type and perhaps another codec, makes of it.
fn read_today<T, C: Codec<Yesterday>>(old: C, new: impl Codec<T>) -> Result<T> {
    let driver = MemoryDriver::new();
    let stored = Sessions::<Yesterday, _>::new(&driver)
        .with_codec(old)
        .create(yesterday())?;
    let sessions = Sessions::<T, _>::new(&driver).with_codec(new);
    Ok(sessions.retrieve(stored.id())?.expect("live").into_inner())
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn cause<T>(result: Result<T>) -> String {
    let error = result.err().expect("it is refused");
    std::error::Error::source(&error)
        .expect("with a cause")
        .to_string()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reordered {
    verified: bool,
    cart: Vec<u32>,
    admin: bool,
    user: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Extended {
    #[serde(default)]
    locale: Option<String>,
    user: String,
    admin: bool,
    verified: bool,
    cart: Vec<u32>,
    #[serde(default)]
    visits: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reduced {
    user: String,
    verified: bool,
}

#[derive(Serialize, Deserialize)]
struct Demanding {
    user: String,
    tenant: String,
}

#[derive(Serialize, Deserialize)]
struct Retyped {
    user: u64,
}

fn deploys_lose_nobody<C>(codec: C)
where
    C: Codec<Yesterday> + Codec<Reordered> + Codec<Extended> + Codec<Reduced> + Copy,
{
    let Yesterday {
        user,
        admin,
        verified,
        cart,
    } = yesterday();
    assert_eq!(
        read_today::<Reordered, C>(codec, codec).expect("fields moved"),
        Reordered {
            verified,
            cart: cart.clone(),
            admin,
            user: user.clone()
        }
    );
    assert_eq!(
        read_today::<Extended, C>(codec, codec).expect("fields were added"),
        Extended {
            locale: None,
            user: user.clone(),
            admin,
            verified,
            cart,
            visits: 0
        }
    );
    assert_eq!(
        read_today::<Reduced, C>(codec, codec).expect("fields were dropped"),
        Reduced { user, verified }
    );
}

#[test]
fn sessions_survive_deploys_where_fields_have_names() {
    deploys_lose_nobody(MessagePack);
    deploys_lose_nobody(Json);
}

#[test]
fn a_session_that_lacks_a_field_or_holds_another_type_is_incompatible() {
    fn check<T: DeserializeOwned + Serialize>() {
        assert_eq!(
            kind(read_today::<T, _>(MessagePack, MessagePack)),
            Some(ErrorKind::Incompatible)
        );
        assert_eq!(
            kind(read_today::<T, _>(Json, Json)),
            Some(ErrorKind::Incompatible)
        );
    }
    check::<Demanding>();
    check::<Retyped>();

    let error = cause(read_today::<Demanding, _>(MessagePack, MessagePack));
    assert_eq!(error, "MessagePack: a field without a default is missing");
    let error = cause(read_today::<Retyped, _>(Json, Json));
    assert_eq!(error, "JSON: a value has another type or variant");
}

#[test]
fn another_schema_number_is_incompatible_and_never_garbage() {
    let same = read_today::<Yesterday, _>(Bincode::new(1), Bincode::new(1));
    assert!(same.is_ok_and(|session| !session.admin && session.verified));
    for schema in [0, 2, u32::MAX] {
        let new = Bincode::new(schema);
        let answers = [
            kind(read_today::<Yesterday, _>(Bincode::new(1), new)),
            kind(read_today::<Reordered, _>(Bincode::new(1), new)),
            kind(read_today::<Extended, _>(Bincode::new(1), new)),
            kind(read_today::<Reduced, _>(Bincode::new(1), new)),
        ];
        assert_eq!(answers, [Some(ErrorKind::Incompatible); 4]);
    }
}

#[test]
fn another_codec_is_incompatible_and_the_session_stays() {
    let bincode = Bincode::new(1);
    let answers = [
        kind(read_today::<Yesterday, _>(MessagePack, Json)),
        kind(read_today::<Yesterday, _>(MessagePack, bincode)),
        kind(read_today::<Yesterday, _>(Json, MessagePack)),
        kind(read_today::<Yesterday, _>(Json, bincode)),
        kind(read_today::<Yesterday, _>(bincode, MessagePack)),
        kind(read_today::<Yesterday, _>(bincode, Json)),
    ];
    assert_eq!(answers, [Some(ErrorKind::Incompatible); 6]);

    let sessions = Sessions::<Yesterday, _>::new(MemoryDriver::new());
    let id = sessions.create(yesterday()).expect("created").id().clone();
    let as_json = sessions.clone().with_codec(Json);
    assert_eq!(
        kind(as_json.update(&id, |_| ())),
        Some(ErrorKind::Incompatible)
    );
    assert_eq!(kind(as_json.touch(&id)), Some(ErrorKind::Incompatible));
    assert!(sessions.retrieve(&id).expect("read").is_some());
}

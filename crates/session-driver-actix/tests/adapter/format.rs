//! The stored format. Sessions that were stored before a service moved to another version of
//! actix-session are read after it.

use super::actix_session::storage::SessionStore;
use serde_json::{Map, Value, json};
use session_driver_actix::State;
use session_driver_actix::session_driver::Json;

use super::storage::{HOUR, id, key};
use crate::subject::{Subject, memory};

/// What the adapter's first release stored of [`state`] with a ttl of an hour, as MessagePack.
const MESSAGE_PACK: &[u8] = b"\xc1\x01\x01\x80\xee6\x00\x00\x00\x00\x00\x86\
    \xa4user\xa8\"ferris\"\
    \xa4most\xb418446744073709551615\
    \xa6basket\xbf[{\"tea\":\"oolong\",\"grams\":62.5}]\
    \xa7nothing\xa4null\
    \xa7Gr\xc3\xb6\xc3\x9fe\xb4\"\\u0000 \\\"\xc3\xa9\\\" \xf0\x9f\xa6\x80\"\
    \xa6visits\xa13";

/// The same by the codec `Json`.
const JSON: &[u8] = b"\xc1\x03\x01\x80\xee6\x00\x00\x00\x00\x00{\
    \"user\":\"\\\"ferris\\\"\",\
    \"most\":\"18446744073709551615\",\
    \"basket\":\"[{\\\"tea\\\":\\\"oolong\\\",\\\"grams\\\":62.5}]\",\
    \"nothing\":\"null\",\
    \"Gr\xc3\xb6\xc3\x9fe\":\"\\\"\\\\u0000 \\\\\\\"\xc3\xa9\\\\\\\" \xf0\x9f\xa6\x80\\\"\",\
    \"visits\":\"3\"}";

/// The state of actix-session 0.10 and 0.11.
fn state() -> State {
    let texts = [
        ("user", r#""ferris""#),
        ("visits", "3"),
        ("basket", r#"[{"tea":"oolong","grams":62.5}]"#),
        ("nothing", "null"),
        ("most", "18446744073709551615"),
        ("Größe", r#""\u0000 \"é\" 🦀""#),
    ];
    texts
        .into_iter()
        .map(|(key, text)| (key.to_owned(), text.to_owned()))
        .collect()
}

/// The same as a version of actix-session holds it whose state is a map of values.
fn values() -> Map<String, Value> {
    let Value::Object(values) = json!({
        "user": "ferris",
        "visits": 3,
        "basket": [{"tea": "oolong", "grams": 62.5}],
        "nothing": null,
        "most": u64::MAX,
        "Größe": "\0 \"é\" 🦀",
    }) else {
        unreachable!("an object")
    };
    values
}

/// What an adapter for such a version does at a load.
fn parsed(state: State) -> serde_json::Result<Map<String, Value>> {
    let parse = |(key, text): (String, String)| Ok((key, serde_json::from_str(&text)?));
    state.into_iter().map(parse).collect()
}

/// What an adapter for such a version does at a save.
fn printed(values: Map<String, Value>) -> State {
    let print = |(key, value): (String, Value)| (key, value.to_string());
    values.into_iter().map(print).collect()
}

async fn planted(payload: &[u8]) -> Subject {
    let subject = memory("").await.expect("memory");
    subject.plant(&id(&key("kept")), payload).await;
    subject
}

#[actix_web::test]
async fn what_the_first_release_stored_is_read() {
    let store = planted(MESSAGE_PACK).await.store();
    let loaded = store.load(&key("kept")).await.expect("a load");
    assert_eq!(loaded, Some(state()));

    let store = planted(JSON).await.store().with_codec(Json);
    let loaded = store.load(&key("kept")).await.expect("a load");
    assert_eq!(loaded, Some(state()));
}

/// A map has no order, so the payloads are compared as the bytes in them.
#[actix_web::test]
async fn what_is_stored_is_what_the_first_release_stored() {
    let subject = memory("").await.expect("memory");
    for (payload, key) in [
        (MESSAGE_PACK, subject.store().save(state(), &HOUR).await),
        (
            JSON,
            subject.store().with_codec(Json).save(state(), &HOUR).await,
        ),
    ] {
        let stored = subject.record(&id(&key.expect("a save"))).await;
        let [mut stored, mut expected] =
            [&stored.expect("a record").payload, payload].map(<[u8]>::to_vec);
        stored.sort_unstable();
        expected.sort_unstable();
        assert_eq!(stored, expected);
    }
}

#[actix_web::test]
async fn a_state_of_values_is_made_of_what_the_first_release_stored_and_back() {
    let store = planted(MESSAGE_PACK).await.store();
    let loaded = store.load(&key("kept")).await.expect("a load");
    let converted = parsed(loaded.expect("a session")).expect("texts of JSON");
    assert_eq!(converted, values());
    assert_eq!(parsed(printed(converted)).expect("texts of JSON"), values());
}

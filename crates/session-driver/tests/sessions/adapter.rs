//! What the module for adapters stores and reads is what a handle stores and reads.

use std::time::Duration;

use session_driver::adapter::{FreshIds, RecordCodec};
use session_driver::{
    Error, ErrorKind, Expiry, Json, MemoryDriver, MessagePack, Operation, Precondition,
    SessionDriver, SessionId, Sessions, Timestamp,
};

use crate::clock::now;

const HOUR: Duration = Duration::from_secs(3600);

fn records() -> RecordCodec<String, MessagePack> {
    RecordCodec::new(MessagePack).with_clock(now)
}

fn sessions(driver: &MemoryDriver) -> Sessions<String, &MemoryDriver> {
    Sessions::new(driver).with_clock(now)
}

#[test]
fn a_handle_reads_what_an_adapter_encodes_and_follows_its_rule() {
    let driver = MemoryDriver::new();
    let id = SessionId::parse("a-token-of-the-framework").expect("a valid id");
    let rule = Expiry::At(now().saturating_add(HOUR));
    let encoded = records()
        .encode(&"tea".to_owned(), Some(rule), now())
        .expect("encoded");
    driver
        .store(&id, encoded.as_new_record(), Precondition::Absent, now())
        .expect("stored");

    let sessions = sessions(&driver);
    let mut session = sessions.retrieve(&id).expect("read").expect("live");
    assert_eq!((session.as_str(), session.expiry()), ("tea", Some(rule)));
    session.push_str(" and milk");
    sessions.save(&mut session).expect("saved");
    assert_eq!(session.expires_at(), Some(now().saturating_add(HOUR)));
}

#[test]
fn an_adapter_decodes_what_a_handle_stores() {
    let driver = MemoryDriver::new();
    let rule = Expiry::Ttl(HOUR);
    let session = sessions(&driver)
        .create_with("tea".to_owned(), rule)
        .expect("created");
    let record = driver
        .retrieve(session.id(), now())
        .expect("read")
        .expect("live");
    let records = records();
    assert_eq!(records.stored_expiry(&record).expect("ours"), Some(rule));
    let found = records.decode(session.id(), record).expect("decoded");
    assert_eq!(found.id(), session.id());
    assert_eq!(found.version(), session.version());
    assert_eq!(found.expires_at(), session.expires_at());
    assert_eq!(found.into_inner(), "tea");
}

#[test]
fn a_record_of_another_codec_or_program_is_incompatible() {
    let driver = MemoryDriver::new();
    let session = sessions(&driver)
        .with_codec(Json)
        .create("tea".to_owned())
        .expect("created");
    let record = driver
        .retrieve(session.id(), now())
        .expect("read")
        .expect("live");
    let records = records();
    for error in [
        records.stored_expiry(&record).expect_err("JSON"),
        records.decode(session.id(), record).expect_err("JSON"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Incompatible);
    }
}

#[test]
fn a_deadline_follows_the_sessions_own_rule_or_else_the_default_one() {
    let records = records();
    let by_default = now().saturating_add(14 * 24 * HOUR);
    let deadline = |records: &RecordCodec<_, _>, own| records.touch_deadline(own, now()).ok();
    assert_eq!(deadline(&records, None), Some(Some(by_default)));
    assert_eq!(deadline(&records, Some(Expiry::Never)), Some(None));
    let hourly = records.clone().with_expiry(Expiry::Ttl(HOUR));
    assert_eq!(
        deadline(&hourly, None),
        Some(Some(now().saturating_add(HOUR)))
    );

    let endless = Some(Expiry::Ttl(Duration::MAX));
    let touched = records.touch_deadline(endless, now());
    let error = touched.expect_err("past the end of time");
    assert_eq!(error.kind(), ErrorKind::InvalidDeadline);
    assert_eq!(error.operation(), Operation::Touch);
    let value = "tea".to_owned();
    let encoded = records.encode(&value, Some(Expiry::Ttl(HOUR)), Timestamp::MAX);
    let error = encoded.expect_err("past the end of time");
    assert_eq!(error.kind(), ErrorKind::InvalidDeadline);
    assert_eq!(error.operation(), Operation::Store);
}

#[test]
fn id_4_debug_of_an_encoded_record_does_not_show_its_payload() {
    let encoded = records().encode(&"secret".to_owned(), None, now());
    let shown = format!("{:?}", encoded.expect("encoded"));
    assert!(shown.contains("bytes]"), "{shown}");
    assert!(
        !shown.contains("secret") && !shown.contains("115"),
        "{shown}"
    );
}

#[test]
fn fresh_ids_are_tried_eight_times_and_for_no_other_error() {
    let error = |kind| Error::new(kind, Operation::Store, "test");
    let mut ids = FreshIds::default();
    let mut tried = Vec::new();
    let last = loop {
        tried.push(ids.next_id().expect("random"));
        if let Err(error) = ids.retry_if_taken(error(ErrorKind::AlreadyExists)) {
            break error;
        }
    };
    assert_eq!(last.kind(), ErrorKind::AlreadyExists);
    tried.sort();
    tried.dedup();
    assert_eq!(tried.len(), 8);

    let mut ids = FreshIds::default();
    ids.next_id().expect("random");
    let refused = ids.retry_if_taken(error(ErrorKind::Busy));
    assert_eq!(refused.expect_err("not taken").kind(), ErrorKind::Busy);
}

//! Spans and metrics: what they say, and what they never say.

mod listener;

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::task::{Context, Waker};

use listener::Listener;
use session_driver_async::{AsyncSessionDriver, Blocking};
use session_driver_layers::Traced;
use session_driver_layers::session_driver::{
    ErrorKind, MemoryDriver, Precondition, SessionDriver, Timestamp, Version,
};
use tokio::runtime::Builder;

use crate::puppet::Puppet;
use crate::{NOW, forever, id};

const SECRET_ID: &str = "the-id-of-ana";
const OTHER_ID: &str = "the-next-id-of-ana";
const SECRET_PAYLOAD: &[u8] = b"what ana keeps";
const LIMIT: NonZeroUsize = NonZeroUsize::MIN;

/// What is heard of every operation once, with all its outcomes that are no fault.
const OUTCOMES: [&str; 13] = [
    "retrieve: absent",
    "store: done",
    "store: already_exists",
    "store: conflict",
    "retrieve: live",
    "touch: live",
    "rotate: live",
    "rotate: absent",
    "traverse: done",
    "sweep: done",
    "remove: live",
    "remove: absent",
    "store: not_found",
];

/// Calls every operation.
fn use_all(driver: &impl SessionDriver) {
    let (who, to) = (id(SECRET_ID), id(OTHER_ID));
    let new = forever(SECRET_PAYLOAD);
    let stale = Precondition::Version(Version::from_bits(0));
    let _ = driver.retrieve(&who, NOW);
    let _ = driver.store(&who, new, Precondition::Absent, NOW);
    let _ = driver.store(&who, new, Precondition::Absent, NOW);
    let _ = driver.store(&who, new, stale, NOW);
    let _ = driver.retrieve(&who, NOW);
    let _ = driver.touch(&who, None, NOW);
    let _ = driver.rotate(&who, &to, NOW);
    let _ = driver.rotate(&who, &to, NOW);
    let _ = driver.traverse(NOW, &mut |_| ControlFlow::Break(()));
    let _ = driver.sweep(NOW, LIMIT);
    let _ = driver.remove(&to, NOW);
    let _ = driver.remove(&to, NOW);
    let _ = driver.store(&who, new, Precondition::Present, NOW);
}

async fn use_all_async(driver: &impl AsyncSessionDriver) {
    let (who, to) = (id(SECRET_ID), id(OTHER_ID));
    let new = forever(SECRET_PAYLOAD);
    let stale = Precondition::Version(Version::from_bits(0));
    let _ = driver.retrieve(&who, NOW).await;
    let _ = driver.store(&who, new, Precondition::Absent, NOW).await;
    let _ = driver.store(&who, new, Precondition::Absent, NOW).await;
    let _ = driver.store(&who, new, stale, NOW).await;
    let _ = driver.retrieve(&who, NOW).await;
    let _ = driver.touch(&who, None, NOW).await;
    let _ = driver.rotate(&who, &to, NOW).await;
    let _ = driver.rotate(&who, &to, NOW).await;
    let mut ids = driver.traverse(NOW);
    while poll_fn(|context| ids.as_mut().poll_next(context))
        .await
        .is_some()
    {}
    drop(ids);
    let _ = driver.sweep(NOW, LIMIT).await;
    let _ = driver.remove(&to, NOW).await;
    let _ = driver.remove(&to, NOW).await;
    let _ = driver.store(&who, new, Precondition::Present, NOW).await;
}

/// The listener has heard every operation, and no secret.
fn has_heard_all_but_the_secrets(listener: &Listener) {
    assert_eq!(listener.outcomes(), OUTCOMES);
    assert_eq!(listener.events(), 0, "none of these is a fault");
    let length = Some(SECRET_PAYLOAD.len().to_string());
    assert_eq!(listener.spans("bytes")[1], length);
    assert_eq!(listener.spans("bytes")[4], length);
    assert_eq!(listener.spans("records")[8].as_deref(), Some("1"));
    for span in 0..OUTCOMES.len() {
        assert!(listener.spans("latency_us")[span].is_some());
        assert_eq!(listener.spans("driver")[span].as_deref(), Some("memory"));
    }
    let seconds = listener.measured(&["session_driver_operation_seconds", "driver=memory"]);
    assert_eq!(seconds.len(), OUTCOMES.len());
    let conflicts = ["operation=store", "outcome=conflict"];
    assert_eq!(listener.measured(&conflicts).len(), 1);
    let bytes = listener.measured(&["session_driver_payload_bytes"]);
    assert_eq!(bytes, [SECRET_PAYLOAD.len() as f64; 2]);

    let text = listener.text();
    let payload = String::from_utf8_lossy(SECRET_PAYLOAD);
    for secret in [
        SECRET_ID,
        OTHER_ID,
        &payload,
        "ana",
        &format!("{SECRET_PAYLOAD:?}"),
    ] {
        assert!(!text.contains(secret), "{secret} is told: {text}");
    }
}

#[test]
fn id_4_every_operation_is_told_and_no_id_and_no_payload() {
    let listener = Listener::default();
    let traced = Traced::new(MemoryDriver::new(), "memory");
    listener.hear(|| use_all(&traced));
    has_heard_all_but_the_secrets(&listener);
}

#[test]
fn id_4_nor_of_an_async_driver() {
    let listener = Listener::default();
    let traced = Traced::new(Blocking::new(MemoryDriver::new()), "memory");
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    listener.hear(|| runtime.block_on(use_all_async(&traced)));
    has_heard_all_but_the_secrets(&listener);
}

#[test]
fn a_failure_is_told_by_the_name_of_its_kind() {
    use ErrorKind::*;
    let kinds = [
        InvalidDeadline,
        PayloadTooLarge,
        AlreadyExists,
        NotFound,
        Conflict,
        Corrupt,
        Incompatible,
        Busy,
        Locked,
        Unavailable,
        Indeterminate,
        PermissionDenied,
        StorageFull,
        Unsupported,
        Other,
    ];
    for kind in kinds {
        let (listener, puppet) = (Listener::default(), Puppet::new());
        puppet.pull(move |_| Err(kind));
        let traced = Traced::new(puppet, "puppet");
        let failed = listener.hear(|| traced.retrieve(&id(SECRET_ID), NOW));
        assert_eq!(failed.expect_err("it fails").kind(), kind);
        let told = listener.spans("outcome")[0].clone().expect("an outcome");
        assert_eq!(told.replace('_', ""), format!("{kind:?}").to_lowercase());
        let is_answer = matches!(kind, AlreadyExists | NotFound | Conflict);
        assert_eq!(listener.events(), usize::from(!is_answer), "{kind:?}");
        let outcome = format!("outcome={told}");
        assert_eq!(
            listener.measured(&["operation=retrieve", &outcome]).len(),
            1
        );
    }
}

#[test]
fn a_panic_is_no_success() {
    let (listener, puppet) = (Listener::default(), Puppet::new());
    let traced = Traced::new(puppet.clone(), "puppet");
    let stored = traced.store(&id(SECRET_ID), forever(b""), Precondition::Any, NOW);
    stored.expect("it is not pulled yet");
    let visitor = AssertUnwindSafe(|| {
        listener.hear(|| traced.traverse(NOW, &mut |_| panic!("of the visitor")))
    });
    assert!(catch_unwind(visitor).is_err());
    puppet.pull(|_| panic!("of the driver"));
    let driver = AssertUnwindSafe(|| listener.hear(|| traced.remove(&id(SECRET_ID), NOW)));
    assert!(catch_unwind(driver).is_err());
    assert_eq!(
        listener.outcomes(),
        ["traverse: panicked", "remove: panicked"]
    );
    assert_eq!(listener.measured(&["seconds", "outcome=panicked"]).len(), 2);
    assert_eq!(listener.measured(&["seconds"]).len(), 2);
}

#[test]
fn a_dropped_future_is_no_success() {
    let (listener, puppet) = (Listener::default(), Puppet::new());
    let (release, held) = mpsc::channel::<()>();
    puppet.pull(move |_| {
        let _ = held.recv();
        Ok(())
    });
    let traced = Traced::new(Blocking::new(puppet), "puppet");
    let who = id(SECRET_ID);
    listener.hear(|| {
        let mut context = Context::from_waker(Waker::noop());
        let mut removal = traced.remove(&who, NOW);
        assert!(removal.as_mut().poll(&mut context).is_pending());
        let mut ids = traced.traverse(NOW);
        assert!(ids.as_mut().poll_next(&mut context).is_pending());
        // Not polled, so not begun, and not told of.
        drop(traced.retrieve(&who, Timestamp::MIN));
    });
    assert_eq!(
        listener.outcomes(),
        ["remove: dropped", "traverse: dropped"]
    );
    assert_eq!(listener.measured(&["seconds", "outcome=dropped"]).len(), 2);
    drop(release);
}

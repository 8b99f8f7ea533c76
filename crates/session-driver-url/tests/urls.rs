//! Stores of every driver, opened by URL.

#![cfg(all(
    unix,
    feature = "file",
    feature = "redis",
    feature = "sled",
    feature = "sqlite"
))]

use std::error::Error;
use std::fs;
use std::iter;

use redis_test_server::{Options, Server, installed_or_skip};
use session_driver_url::session_driver::{Durability, ErrorKind, Session, Sessions};
use session_driver_url::{Drivers, OpenError, StoreUrl, open};
use tempfile::TempDir;

/// URLs of each driver with places below a directory, and a Redis server if there is one.
struct Stores {
    directory: TempDir,
    server: Option<Server>,
}

impl Stores {
    fn new(test: &str) -> Stores {
        let server = installed_or_skip(test)
            .map(|_| Server::start(&Options::new().tcp()).expect("a server"));
        Stores {
            directory: tempfile::tempdir().expect("a directory"),
            server,
        }
    }

    fn at(&self, scheme: &str, name: &str) -> String {
        format!("{scheme}:{}/{name}", self.directory.path().display())
    }

    fn urls(&self) -> Vec<String> {
        let mut urls = vec![
            "memory:?max-payload-bytes=70000".to_owned(),
            self.at(
                "file",
                "files?shards=8&wait-timeout=2s&max-payload-bytes=70000",
            ),
            self.at(
                "sqlite",
                "s.db?table=logins&wait-timeout=1m&max-payload-bytes=70000",
            ),
            self.at(
                "sled",
                "sled?tree=admins&flush-every=1s&max-payload-bytes=70000",
            ),
        ];
        urls.extend(self.server.iter().map(|server| {
            format!(
                "{}?prefix=shop:&pool-size=2&connect-timeout=1s&wait-timeout=1s&ttl-slack=2m\
                 &max-payload-bytes=70000",
                server.url()
            )
        }));
        urls
    }
}

/// All that an error says, its causes included.
fn told(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    let lines: Vec<String> = causes.map(ToString::to_string).collect();
    let told = lines.join(": ");
    // A `main` that returns the error prints its `Debug`.
    assert_eq!(told, format!("{error:?}"));
    told
}

fn told_of(url: &str) -> String {
    told(&refusal(url))
}

fn refusal(url: &str) -> OpenError {
    match open(url) {
        Ok(driver) => panic!("{url} was opened: {driver:?}"),
        Err(error) => error,
    }
}

#[test]
fn one_program_runs_over_every_driver() {
    let stores = Stores::new("every driver");
    for url in stores.urls() {
        let driver = open(&url).unwrap_or_else(|error| panic!("{url}: {}", told(&error)));
        assert_eq!(driver.capabilities().max_payload_bytes, 70_000, "{url}");
        let sessions = Sessions::<Vec<String>, _>::new(driver);
        let session = sessions.create(vec!["tea".into()]).expect("a session");
        let changed = sessions.update(session.id(), |items| items.push("milk".into()));
        changed.expect("an update");
        let found = sessions.retrieve(session.id()).expect("a retrieve");
        assert_eq!(
            found.map(Session::into_inner).expect("a session"),
            ["tea", "milk"]
        );
    }
}

#[test]
fn a_store_outlives_its_driver() {
    let stores = Stores::new("reopening");
    for url in stores.urls().into_iter().skip(1) {
        let sessions = Sessions::<String, _>::new(open(&url).expect("a new store"));
        let id = sessions
            .create("x".to_owned())
            .expect("a session")
            .id()
            .clone();
        drop(sessions);
        let sessions = Sessions::<String, _>::new(open(&url).expect("the store"));
        assert!(
            sessions.retrieve(&id).expect("a retrieve").is_some(),
            "{url}"
        );
    }
}

#[test]
fn a_durability_is_raised_or_refused_never_lowered() {
    let stores = Stores::new("durability");
    let given = |url: &str| open(url).map(|driver| driver.capabilities().durability);
    for scheme in ["file", "sqlite"] {
        for (asked, due) in [
            ("none", Durability::Process),
            ("process", Durability::Process),
            ("power", Durability::Power),
        ] {
            let url = stores.at(scheme, &format!("{scheme}-{asked}?durability={asked}"));
            assert_eq!(given(&url).expect("a store"), due, "{url}");
        }
    }
    let url = stores.at("sled", "trees?durability=none");
    assert_eq!(given(&url).expect("a store"), Durability::None);
    match refusal(&stores.at("sled", "other?durability=power")) {
        OpenError::Driver { source, .. } => assert_eq!(source.kind(), ErrorKind::Unsupported),
        other => panic!("{other:?}"),
    }
    assert!(!stores.directory.path().join("other").exists());
}

#[test]
fn with_create_false_nothing_is_made() {
    let stores = Stores::new("create");
    for scheme in ["file", "sqlite", "sled"] {
        let refused = refusal(&stores.at(scheme, "none?create=false"));
        let told = told(&refused);
        assert!(
            told.contains("there is no") && told.contains("none"),
            "{told}"
        );
        match refused {
            OpenError::Driver { source, .. } => assert_eq!(source.kind(), ErrorKind::Unavailable),
            other => panic!("{other:?}"),
        }
    }
    let entries = fs::read_dir(stores.directory.path()).expect("the directory");
    assert_eq!(entries.count(), 0);
}

#[test]
fn an_option_out_of_range_is_refused_and_nothing_is_made() {
    let stores = Stores::new("ranges");
    for (scheme, option) in [
        ("file", "shards=0"),
        ("file", "shards=257"),
        ("file", "max-payload-bytes=536870913"),
        ("sqlite", "max-payload-bytes=536870913"),
        ("sqlite", "table=sqlite_x"),
        ("sled", "flush-every=1us"),
        ("sled", "max-payload-bytes=536870913"),
    ] {
        let refused = refusal(&stores.at(scheme, &format!("none?{option}")));
        assert!(
            matches!(refused, OpenError::Driver { .. }),
            "{option}: {refused:?}"
        );
    }
    for option in [
        "pool-size=0",
        "wait-timeout=0s",
        "wait-timeout=400d",
        "prefix=x",
    ] {
        let refused = refusal(&format!("redis://127.0.0.1:1?{option}"));
        let told = told(&refused);
        let due = "cannot do this as it is configured";
        assert!(told.contains(due), "{option}: {told}");
    }
    let entries = fs::read_dir(stores.directory.path()).expect("the directory");
    assert_eq!(entries.count(), 0);
}

#[test]
fn a_wrong_url_is_told_what_is_known() {
    for (url, text) in [
        (
            "mongo:x",
            "known are memory:, file:, sqlite:, sled:, redis:, rediss:, valkey:, valkeys:, unix:, \
             redis+unix:, valkey+unix:, redis-sentinel:, rediss-sentinel:, redis-cluster:, \
             rediss-cluster:",
        ),
        ("sessions", "for a directory write file:PATH"),
        ("memory:x", "write memory: alone"),
        (
            "sqlite:x?tree=a",
            "its parameters are create, durability, max-payload-bytes, table, wait-timeout",
        ),
        (
            "redis://localhost?pass=a",
            "write redis://USER:PASSWORD@HOST/DB",
        ),
        (
            "redis://localhost?table=a",
            "its parameters are connect-timeout",
        ),
        (
            "rediss://localhost?root-certificates=/no/file",
            "`/no/file` cannot be read",
        ),
        ("file:x?create=maybe", "neither `true` nor `false`"),
    ] {
        let refused = refusal(url);
        assert!(matches!(refused, OpenError::Url(_)), "{url}: {refused:?}");
        assert!(refused.to_string().contains(text), "{refused}");
    }
}

#[test]
fn every_scheme_of_redis_reaches_its_driver() {
    for scheme in session_driver_redis::SCHEMES {
        let url = match *scheme {
            scheme if scheme.contains("unix") => format!("{scheme}:/no/such/socket"),
            scheme if scheme.contains("sentinel") => format!("{scheme}://127.0.0.1:1/main"),
            scheme => format!("{scheme}://127.0.0.1:1"),
        };
        match refusal(&url) {
            OpenError::Driver { source, .. } => {
                assert_eq!(source.kind(), ErrorKind::Unavailable, "{url}: {source:?}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let stores = Stores::new("a password");
    let Some(server) = &stores.server else {
        return;
    };
    let set = ["CONFIG", "SET", "requirepass", "right"];
    server.command(&set).expect("a password");
    let url = server.url().replacen("redis://", "redis://:hunter2@", 1);
    let refused = refusal(&url);
    let told = told(&refused);
    assert!(!told.contains("hunter2"), "{told}");
    assert!(told.contains("redis://:***@127.0.0.1"), "{told}");
    assert!(told.contains("check the user and password"), "{told}");
    // Without the colon the password stands where the user should.
    let shown = told_of(&url.replacen(":hunter2", "hunter2", 1));
    assert!(!shown.contains("hunter2"), "{shown}");
    let url: StoreUrl = url.parse().expect("a URL");
    let unopened = Drivers::built_in().prepare(&url).expect("a known URL");
    assert!(!format!("{url:?} {unopened:?}").contains("hunter2"));
}

#[test]
fn what_can_lose_sessions_is_told() {
    let stores = Stores::new("warnings");
    let Some(server) = &stores.server else {
        return;
    };
    for set in [["maxmemory-policy", "allkeys-lru"], ["maxmemory", "100mb"]] {
        let set = ["CONFIG", "SET", set[0], set[1]];
        server.command(&set).expect("a setting");
    }
    let url: StoreUrl = server.url().parse().expect("a URL");
    let unopened = Drivers::built_in().prepare(&url).expect("a known URL");
    let opened = unopened.open().expect("an open driver");
    assert!(
        opened
            .warnings
            .iter()
            .any(|warning| warning.contains("noeviction")),
        "{opened:?}"
    );
}

#[cfg(feature = "async")]
#[tokio::test]
async fn every_driver_is_opened_for_tasks() {
    use session_driver_url::open_async;
    use session_driver_url::session_driver_async::{AsyncSessionDriver as _, AsyncSessions};

    let stores = Stores::new("tasks");
    for url in stores.urls() {
        let driver = open_async(&url)
            .await
            .unwrap_or_else(|error| panic!("{}", told(&error)));
        assert_eq!(driver.capabilities().max_payload_bytes, 70_000, "{url}");
        let sessions = AsyncSessions::<String, _>::new(&driver);
        let session = sessions
            .create("hello".to_owned())
            .await
            .expect("a session");
        let found = sessions.retrieve(session.id()).await.expect("a retrieve");
        assert!(found.is_some(), "{url}");
        driver.close().await;
    }
}

#[cfg(feature = "async")]
#[test]
fn without_a_runtime_a_driver_for_tasks_is_unsupported() {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    let mut opening = pin!(session_driver_url::open_async("memory:"));
    let opened = opening
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(OpenError::Driver { source, .. })) = opened else {
        panic!("not refused at once");
    };
    assert_eq!(source.kind(), ErrorKind::Unsupported);
}

//! The library crates, and for each a function that stores a session and reads it.

/// A library crate of this workspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ours {
    /// Its column in the tables.
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    /// Where it is, from the root of the workspace.
    pub(crate) directory: &'static str,
    /// The features asked for beside the default ones.
    pub(crate) features: &'static [&'static str],
    /// The lowest toolchain it is promised to compile with.
    pub(crate) rust_version: &'static str,
    /// What the function below needs beside the crate.
    pub(crate) needs: &'static [&'static str],
    /// The body of a function that panics unless a session that was stored is read back.
    /// `directory` is an empty directory, `redis` the URL of a Redis server.
    pub(crate) round_trip: &'static str,
}

const TOKIO: &str = r#"tokio = { version = "1", features = ["macros", "rt", "time"] }"#;

pub(crate) const OURS: [Ours; 11] = [
    Ours {
        name: "core",
        package: "session-driver",
        directory: "crates/session-driver",
        features: &[],
        rust_version: "1.85",
        needs: &[],
        round_trip: r#"
    use session_driver::{MemoryDriver, Sessions};
    let sessions = Sessions::<String, _>::new(MemoryDriver::new());
    let stored = sessions.create("ana".into()).unwrap();
    assert_eq!(*sessions.retrieve(stored.id()).unwrap().unwrap(), "ana");
"#,
    },
    Ours {
        name: "envelope",
        package: "session-driver-envelope",
        directory: "crates/session-driver-envelope",
        features: &[],
        rust_version: "1.85",
        needs: &[],
        round_trip: r#"
    assert!(session_driver_envelope::decode(&[]).is_err());
"#,
    },
    Ours {
        name: "async",
        package: "session-driver-async",
        directory: "crates/session-driver-async",
        features: &[],
        rust_version: "1.85",
        needs: &[TOKIO, SESSION_DRIVER],
        round_trip: r#"
    use session_driver_async::{AsyncSessions, Blocking};
    block_on(async {
        let driver = Blocking::new(session_driver::MemoryDriver::new());
        let sessions = AsyncSessions::<String, _>::new(driver);
        let stored = sessions.create("ana".into()).await.unwrap();
        assert_eq!(*sessions.retrieve(stored.id()).await.unwrap().unwrap(), "ana");
    });
"#,
    },
    Ours {
        name: "file",
        package: "session-driver-file",
        directory: "crates/session-driver-file",
        features: &[],
        rust_version: "1.85",
        needs: &[],
        round_trip: r#"
    use session_driver_file::{FileDriver, session_driver::Sessions};
    let driver = FileDriver::open(directory.join("file")).unwrap();
    let sessions = Sessions::<String, _>::new(driver);
    let stored = sessions.create("ana".into()).unwrap();
    assert_eq!(*sessions.retrieve(stored.id()).unwrap().unwrap(), "ana");
"#,
    },
    Ours {
        name: "sqlite",
        package: "session-driver-sqlite",
        directory: "crates/session-driver-sqlite",
        features: &[],
        rust_version: "1.85",
        needs: &[],
        round_trip: r#"
    use session_driver_sqlite::{SqliteDriver, session_driver::Sessions};
    let driver = SqliteDriver::open(directory.join("sessions.db")).unwrap();
    let sessions = Sessions::<String, _>::new(driver);
    let stored = sessions.create("ana".into()).unwrap();
    assert_eq!(*sessions.retrieve(stored.id()).unwrap().unwrap(), "ana");
"#,
    },
    Ours {
        name: "sled",
        package: "session-driver-sled",
        directory: "crates/session-driver-sled",
        features: &[],
        rust_version: "1.85",
        needs: &[],
        round_trip: r#"
    use session_driver_sled::{SledDriver, session_driver::Sessions};
    let driver = SledDriver::open(directory.join("sled")).unwrap();
    let sessions = Sessions::<String, _>::new(driver);
    let stored = sessions.create("ana".into()).unwrap();
    assert_eq!(*sessions.retrieve(stored.id()).unwrap().unwrap(), "ana");
"#,
    },
    Ours {
        name: "redis",
        package: "session-driver-redis",
        directory: "crates/session-driver-redis",
        features: &["async"],
        rust_version: "1.88",
        needs: &[TOKIO],
        round_trip: r#"
    use session_driver_redis::{RedisDriver, session_driver::Sessions};
    let driver = RedisDriver::open(redis).unwrap();
    let sessions = Sessions::<String, _>::new(driver);
    let stored = sessions.create("ana".into()).unwrap();
    assert_eq!(*sessions.retrieve(stored.id()).unwrap().unwrap(), "ana");
"#,
    },
    Ours {
        name: "url",
        package: "session-driver-url",
        directory: "crates/session-driver-url",
        // Not redis, which needs a newer Rust.
        features: &["async", "file", "sqlite"],
        rust_version: "1.85",
        needs: &[],
        round_trip: r#"
    use session_driver_url::{open, session_driver::Sessions};
    for url in ["file:by-url", "sqlite:by-url.db"] {
        let (scheme, name) = url.split_once(':').unwrap();
        let url = format!("{scheme}:{}/{name}", directory.display());
        let sessions = Sessions::<String, _>::new(open(&url).unwrap());
        let stored = sessions.create("ana".into()).unwrap();
        assert_eq!(*sessions.retrieve(stored.id()).unwrap().unwrap(), "ana");
    }
"#,
    },
    Ours {
        name: "layers",
        package: "session-driver-layers",
        directory: "crates/session-driver-layers",
        features: &["async", "encrypted", "hashed", "traced"],
        rust_version: "1.85",
        needs: &[SESSION_DRIVER],
        round_trip: r#"
    use session_driver::{MemoryDriver, Sessions};
    use session_driver_layers::Hashed;
    let sessions = Sessions::<String, _>::new(Hashed::new(MemoryDriver::new()));
    let stored = sessions.create("ana".into()).unwrap();
    assert_eq!(*sessions.retrieve(stored.id()).unwrap().unwrap(), "ana");
"#,
    },
    Ours {
        name: "tower",
        package: "session-driver-tower",
        directory: "crates/session-driver-tower",
        features: &[],
        rust_version: "1.85",
        needs: &[TOKIO, r#"tower-sessions = "0.15""#],
        round_trip: TOWER,
    },
    Ours {
        name: "actix",
        package: "session-driver-actix",
        directory: "crates/session-driver-actix",
        features: &[],
        rust_version: "1.85",
        needs: &[
            r#"actix-session = "0.11""#,
            r#"actix-web = { version = "4", default-features = false, features = ["macros"] }"#,
        ],
        round_trip: ACTIX,
    },
];

/// The core, for programs whose own crate does not hand it on.
const SESSION_DRIVER: &str = "session-driver = { path = \"ROOT/crates/session-driver\" }";

/// `SESSIONS` stands for the path of tower-sessions, which others hand on under their own name.
const TOWER: &str = r#"
    use std::collections::HashMap;
    use SESSIONS::session::{Id, Record};
    use SESSIONS::{SessionManagerLayer, SessionStore, cookie::time::OffsetDateTime};
    use session_driver_tower::{DriverStore, session_driver::MemoryDriver};
    let store = DriverStore::blocking(MemoryDriver::new());
    let _layer = SessionManagerLayer::new(store.clone());
    block_on(async {
        let mut record = Record {
            id: Id(0),
            data: HashMap::from([("user".to_owned(), "ana".into())]),
            expiry_date: OffsetDateTime::from_unix_timestamp(4_000_000_000).unwrap(),
        };
        store.create(&mut record).await.unwrap();
        assert_eq!(store.load(&record.id).await.unwrap().unwrap().data, record.data);
    });
"#;

const ACTIX: &str = r#"
    use std::collections::HashMap;
    use actix_session::{SessionMiddleware, storage::SessionStore};
    use actix_web::cookie::{Key, time::Duration};
    use session_driver_actix::{DriverStore, session_driver::MemoryDriver};
    let store = DriverStore::blocking(MemoryDriver::new());
    let _middleware = SessionMiddleware::new(store.clone(), Key::generate());
    actix_web::rt::System::new().block_on(async {
        let state = HashMap::from([("user".to_owned(), "\"ana\"".to_owned())]);
        let key = store.save(state.clone(), &Duration::hours(1)).await.unwrap();
        assert_eq!(store.load(&key).await.unwrap(), Some(state));
    });
"#;

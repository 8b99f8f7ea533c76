//! What services have in their graphs already: each crate of ours must resolve beside each of it.

/// Dependencies of a service beside ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neighbour {
    pub(crate) name: &'static str,
    /// Lines of its `[dependencies]`.
    pub(crate) dependencies: &'static [&'static str],
    /// Code that names each dependency, so that it is linked.
    pub(crate) uses: &'static str,
    /// Which tower-sessions it is on, and by which path the program reaches that.
    pub(crate) tower: Tower,
    /// Which actix-session it is on.
    pub(crate) actix: Actix,
}

/// The two tower-sessions that the adapter serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tower {
    /// The newest, which the adapter's default feature serves.
    Newest,
    /// 0.14, at this path of the program.
    V0_14 { at: &'static str },
}

/// The two actix-session that the adapter serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actix {
    /// The newest, which the adapter's default feature serves.
    Newest,
    /// 0.10.
    V0_10,
}

impl Neighbour {
    /// The feature of this adapter of ours that serves what the neighbour is on; `None` where the
    /// default one does.
    pub(crate) fn feature(&self, adapter: &str) -> Option<&'static str> {
        match adapter {
            "tower" if self.tower != Tower::Newest => Some("tower-sessions-0_14"),
            "actix" if self.actix != Actix::Newest => Some("actix-session-0_10"),
            _ => None,
        }
    }
}

const fn library(
    name: &'static str,
    dependencies: &'static [&'static str],
    uses: &'static str,
) -> Neighbour {
    Neighbour {
        name,
        dependencies,
        uses,
        tower: Tower::Newest,
        actix: Actix::Newest,
    }
}

pub(crate) const NEIGHBOURS: &[Neighbour] = &[
    library("nothing", &[], ""),
    library(
        "sqlx 0.8 (sqlite)",
        &[r#"sqlx = { version = "0.8", features = ["runtime-tokio", "sqlite"] }"#],
        "use sqlx as _;",
    ),
    library(
        "sqlx 0.8 (postgres alone)",
        &[
            r#"sqlx = { version = "0.8", default-features = false, features = ["runtime-tokio", "postgres"] }"#,
        ],
        "use sqlx as _;",
    ),
    library(
        "sqlx 0.8 (default features)",
        &[r#"sqlx = "0.8""#],
        "use sqlx as _;",
    ),
    library(
        "sqlx 0.9 (sqlite)",
        &[r#"sqlx = { version = "0.9", features = ["runtime-tokio", "sqlite"] }"#],
        "use sqlx as _;",
    ),
    library(
        "sqlx 0.9 (postgres alone)",
        &[
            r#"sqlx = { version = "0.9", default-features = false, features = ["runtime-tokio", "postgres"] }"#,
        ],
        "use sqlx as _;",
    ),
    library(
        "sqlx 0.9 (default features)",
        &[r#"sqlx = "0.9""#],
        "use sqlx as _;",
    ),
    library(
        "diesel 2.3 (sqlite)",
        &[r#"diesel = { version = "2.3", features = ["sqlite"] }"#],
        "use diesel as _;",
    ),
    library(
        "sea-orm 1.1 (sqlite)",
        &[r#"sea-orm = { version = "1.1", features = ["sqlx-sqlite", "runtime-tokio"] }"#],
        "use sea_orm as _;",
    ),
    library(
        "sea-orm 1.1 (postgres alone)",
        &[r#"sea-orm = { version = "1.1", features = ["sqlx-postgres", "runtime-tokio"] }"#],
        "use sea_orm as _;",
    ),
    library(
        "sea-orm 2.0 (sqlite)",
        &[r#"sea-orm = { version = "2.0", features = ["sqlx-sqlite", "runtime-tokio"] }"#],
        "use sea_orm as _;",
    ),
    Neighbour {
        name: "tower-sessions-sqlx-store 0.15",
        dependencies: &[
            r#"tower-sessions-sqlx-store = { version = "0.15", features = ["sqlite"] }"#,
            r#"tower-sessions = "0.14""#,
        ],
        uses: "use tower_sessions_sqlx_store as _;",
        tower: Tower::V0_14 {
            at: "tower_sessions",
        },
        actix: Actix::Newest,
    },
    library(
        "rusqlite 0.32",
        &[r#"rusqlite = "0.32""#],
        "use rusqlite as _;",
    ),
    library(
        "rusqlite 0.34",
        &[r#"rusqlite = "0.34""#],
        "use rusqlite as _;",
    ),
    library(
        "rusqlite 0.37",
        &[r#"rusqlite = "0.37""#],
        "use rusqlite as _;",
    ),
    library(
        "rusqlite 0.39",
        &[r#"rusqlite = "0.39""#],
        "use rusqlite as _;",
    ),
    library(
        "rusqlite 0.41",
        &[r#"rusqlite = "0.41""#],
        "use rusqlite as _;",
    ),
    library(
        "rusqlite 0.43",
        &[r#"rusqlite = "0.43""#],
        "use rusqlite as _;",
    ),
    library(
        "tokio-rusqlite 0.6",
        &[r#"tokio-rusqlite = "0.6""#],
        "use tokio_rusqlite as _;",
    ),
    library(
        "tokio-rusqlite 0.8",
        &[r#"tokio-rusqlite = "0.8""#],
        "use tokio_rusqlite as _;",
    ),
    library(
        "deadpool-sqlite 0.12",
        &[r#"deadpool-sqlite = "0.12""#],
        "use deadpool_sqlite as _;",
    ),
    library(
        "deadpool-sqlite 0.14",
        &[r#"deadpool-sqlite = "0.14""#],
        "use deadpool_sqlite as _;",
    ),
    library(
        "r2d2_sqlite 0.35",
        &[r#"r2d2_sqlite = "0.35""#],
        "use r2d2_sqlite as _;",
    ),
    library("redis 0.32", &[r#"redis = "0.32""#], "use redis as _;"),
    library("redis 1", &[r#"redis = "1""#], "use redis as _;"),
    library("axum 0.8", &[r#"axum = "0.8""#], "use axum as _;"),
    Neighbour {
        name: "axum-login 0.18",
        dependencies: &[r#"axum-login = "0.18""#],
        uses: "use axum_login as _;",
        tower: Tower::V0_14 {
            at: "axum_login::tower_sessions",
        },
        actix: Actix::Newest,
    },
    Neighbour {
        name: "tower-sessions-redis-store 0.16",
        dependencies: &[
            r#"tower-sessions-redis-store = "0.16""#,
            r#"tower-sessions = "0.14""#,
        ],
        uses: "use tower_sessions_redis_store as _;",
        tower: Tower::V0_14 {
            at: "tower_sessions",
        },
        actix: Actix::Newest,
    },
    Neighbour {
        name: "axum-oidc 0.6",
        dependencies: &[r#"axum-oidc = "0.6""#, r#"tower-sessions = "0.14""#],
        uses: "use axum_oidc as _;",
        tower: Tower::V0_14 {
            at: "tower_sessions",
        },
        actix: Actix::Newest,
    },
    Neighbour {
        name: "axum-messages 0.8",
        dependencies: &[r#"axum-messages = "0.8""#, r#"tower-sessions = "0.14""#],
        uses: "use axum_messages as _;",
        tower: Tower::V0_14 {
            at: "tower_sessions",
        },
        actix: Actix::Newest,
    },
    library(
        "actix-web 4",
        &[r#"actix-web = "4""#],
        "use actix_web as _;",
    ),
    Neighbour {
        name: "actix-session 0.10",
        dependencies: &[r#"actix-web = "4""#, r#"actix-session = "0.10""#],
        uses: "",
        tower: Tower::Newest,
        actix: Actix::V0_10,
    },
];

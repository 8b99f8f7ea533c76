//! tower-sessions-sqlx-store with SQLite, measured: in the database that the first argument names,
//! with as many connections as the second says.

use std::env;

use session_driver_peers_measure::{V14, serve};
use tower_sessions_sqlx_store::SqliteStore;
use tower_sessions_sqlx_store::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};

fn main() {
    let path = env::args().nth(1).expect("a path");
    let connections = env::args().nth(2).expect("a number of connections");
    let connections = connections.parse().expect("a number");
    serve(async || {
        // The store sets neither; SQLite's own are a rollback journal and FULL.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().max_connections(connections);
        let pool = pool.connect_with(options).await.expect("a connection");
        let store = SqliteStore::new(pool);
        store.migrate().await.expect("a table");
        V14(store)
    });
}

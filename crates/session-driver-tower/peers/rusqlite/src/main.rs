//! tower-sessions-rusqlite-store, measured: in the database that the first argument names.

use std::env;

use session_driver_peers_measure::{V15, serve};
use tower_sessions_rusqlite_store::RusqliteStore;
use tower_sessions_rusqlite_store::tokio_rusqlite::Connection;

fn main() {
    let path = env::args().nth(1).expect("a path");
    serve(async || {
        let connection = Connection::open(path).await.expect("a connection");
        // The store sets neither; SQLite's own are a rollback journal and FULL.
        let set = connection.call(|connection| {
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "normal")
        });
        set.await.expect("the settings");
        let store = RusqliteStore::new(connection);
        store.migrate().await.expect("a table");
        V15(store)
    });
}

//! The stores that can be linked into one program: ours, and the published ones without SQLite.

use std::path::PathBuf;

use session_driver_file::FileDriver;
use session_driver_peers_measure::{V14, V15, serve};
use session_driver_redis::{AsyncRedisDriver, RedisDriver};
use session_driver_sqlite::SqliteDriver;
use session_driver_tower::DriverStore;
use session_driver_tower::session_driver::Json;
use tower_sessions_file_store::FileSessionStorage;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};

/// As in the documentation of tower-sessions-redis-store.
const CONNECTIONS: usize = 6;

/// Measures the store with this name, over this file, directory or URL.
pub(crate) fn serve_store(name: &str, place: &str) {
    match name {
        "sqlite" => serve(async || {
            let driver = SqliteDriver::open(place).expect("an open driver");
            V15(DriverStore::blocking(driver))
        }),
        "file" => serve(async || {
            let driver = FileDriver::open(place).expect("an open driver");
            V15(DriverStore::blocking(driver).with_codec(Json))
        }),
        "redis" => serve(async || {
            let driver = RedisDriver::builder(place).prefix("blocking:");
            V15(DriverStore::blocking(
                driver.open().expect("an open driver"),
            ))
        }),
        "redis-async" => serve(async || {
            let driver = AsyncRedisDriver::builder(place).prefix("async:");
            V15(DriverStore::new(
                driver.open().await.expect("an open driver"),
            ))
        }),
        "their-file" => {
            serve(async || V15(FileSessionStorage::new_in_folder(PathBuf::from(place))))
        }
        "their-redis" => serve(async || {
            let config = Config::from_url(place).expect("a URL");
            let pool = Pool::new(config, None, None, None, CONNECTIONS).expect("a pool");
            let _running = pool.connect();
            pool.wait_for_connect().await.expect("a connection");
            V14(RedisStore::new(pool))
        }),
        _ => panic!("no such store: {name}"),
    }
}

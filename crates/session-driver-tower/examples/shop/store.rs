//! Which driver a URL names.

use std::error::Error;

use session_driver_file::FileDriver;
use session_driver_redis::RedisDriver;
use session_driver_sled::SledDriver;
use session_driver_sqlite::SqliteDriver;
use session_driver_tower::session_driver::{MemoryDriver, SessionDriver};

/// Opens the store that `url` names, and makes it if there is none.
///
/// # Errors
/// The URL is of no driver, or the driver's error.
pub(crate) fn open(url: &str) -> Result<Box<dyn SessionDriver>, Box<dyn Error + Send + Sync>> {
    let (scheme, path) = url.split_once(':').ok_or("a store is named by a URL")?;
    Ok(match scheme {
        "memory" => Box::new(MemoryDriver::new()),
        "file" => Box::new(FileDriver::open(path)?),
        "sqlite" => Box::new(SqliteDriver::open(path)?),
        "sled" => Box::new(SledDriver::open(path)?),
        "redis" | "rediss" | "unix" | "redis-sentinel" | "redis-cluster" => {
            Box::new(RedisDriver::open(url)?)
        }
        _ => return Err(format!("no driver has URLs that begin with `{scheme}:`").into()),
    })
}

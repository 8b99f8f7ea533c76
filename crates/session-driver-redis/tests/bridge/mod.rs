//! The async driver as a blocking one.

#![allow(dead_code, reason = "each suite has a runtime of its kind")]

use session_driver_async::BlockOn;
use session_driver_redis::session_driver::Result;
use session_driver_redis::{AsyncRedisDriver, RedisDriverBuilder};
use tokio::runtime::Builder;

/// Opens it on a runtime that has a thread of its own.
pub(crate) fn open(builder: RedisDriverBuilder) -> Result<BlockOn<AsyncRedisDriver>> {
    on(Builder::new_multi_thread().worker_threads(1), builder)
}

/// Opens it on a runtime that runs only while an operation waits.
pub(crate) fn open_without_threads(
    builder: RedisDriverBuilder,
) -> Result<BlockOn<AsyncRedisDriver>> {
    on(&mut Builder::new_current_thread(), builder)
}

fn on(runtime: &mut Builder, builder: RedisDriverBuilder) -> Result<BlockOn<AsyncRedisDriver>> {
    let runtime = runtime.enable_all().build().expect("a runtime");
    let driver = runtime.block_on(builder.into_async().open())?;
    Ok(BlockOn::new(driver, runtime))
}

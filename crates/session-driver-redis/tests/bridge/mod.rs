//! The async driver as a blocking one.

use session_driver_async::BlockOn;
use session_driver_redis::session_driver::Result;
use session_driver_redis::{AsyncRedisDriver, RedisDriverBuilder};
use tokio::runtime::Builder;

/// Opens it on a runtime that has a thread of its own.
pub(crate) fn open(builder: RedisDriverBuilder) -> Result<BlockOn<AsyncRedisDriver>> {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let driver = runtime.block_on(builder.open_async())?;
    Ok(BlockOn::new(driver, runtime))
}

//! The driver against the whole suite, on a master that sentinels watch.

mod subject;

use std::process::ExitCode;

use redis_test_server::installed_or_skip;
use session_driver_redis::{RedisDriver, RedisDriverBuilder};
use subject::{Redis, Servers};

fn main() -> ExitCode {
    if installed_or_skip("the conformance suite on Redis behind sentinels").is_none() {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new(
        "redis-sentinel",
        Servers::behind_sentinels,
        RedisDriverBuilder::<RedisDriver>::open,
    ))
}

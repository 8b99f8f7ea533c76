//! The driver against the whole suite, on one server.

mod subject;

use std::process::ExitCode;

use redis_test_server::available_or_skip;
use session_driver_redis::{RedisDriver, RedisDriverBuilder};
use subject::{Redis, Servers};

fn main() -> ExitCode {
    if available_or_skip("the conformance suite on one Redis server").is_none() {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new(
        "redis",
        Servers::alone,
        RedisDriverBuilder::<RedisDriver>::open,
    ))
}

//! The driver against the whole suite, on a cluster of three masters.

mod subject;

use std::process::ExitCode;

use redis_test_server::installed_or_skip;
use session_driver_redis::{RedisDriver, RedisDriverBuilder};
use subject::{Redis, Servers};

fn main() -> ExitCode {
    if installed_or_skip("the conformance suite on a Redis cluster").is_none() {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new(
        "redis-cluster",
        Servers::in_a_cluster,
        RedisDriverBuilder::<RedisDriver>::open,
    ))
}

//! The async driver, through the bridge for callers that block, against the whole suite, on a master that sentinels watch.

mod bridge;
mod subject;

use std::process::ExitCode;

use redis_test_server::installed_or_skip;
use subject::{Redis, Servers};

fn main() -> ExitCode {
    if installed_or_skip("the conformance suite of the async driver on Redis behind sentinels")
        .is_none()
    {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new(
        "redis-sentinel-async",
        Servers::behind_sentinels,
        bridge::open,
    ))
}

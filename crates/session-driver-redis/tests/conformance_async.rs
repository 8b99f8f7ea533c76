//! The async driver, through the bridge for callers that block, against the whole suite, on one server.

mod bridge;
mod subject;

use std::process::ExitCode;

use redis_test_server::available_or_skip;
use subject::{Redis, Servers};

fn main() -> ExitCode {
    if available_or_skip("the conformance suite of the async driver on one Redis server").is_none()
    {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new("redis-async", Servers::alone, bridge::open))
}

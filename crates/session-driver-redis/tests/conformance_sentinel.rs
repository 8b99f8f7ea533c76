//! The driver against the whole suite, on a master that sentinels watch.

mod subject;

use std::process::ExitCode;

use redis_test_server::{Sentinels, installed_or_skip};
use session_driver_conformance::BoxError;
use subject::{Redis, Servers};

fn start() -> Result<Servers, BoxError> {
    let sentinels = Sentinels::start()?;
    let master = &sentinels.servers()[sentinels.master()?];
    Ok(Servers {
        url: sentinels.url(),
        nodes: vec![redis::Client::open(master.url())?],
        address: None,
        _guard: Box::new(sentinels),
    })
}

fn main() -> ExitCode {
    if installed_or_skip("the conformance suite on Redis behind sentinels").is_none() {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new("redis-sentinel", start))
}

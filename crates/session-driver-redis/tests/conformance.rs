//! The driver against the whole suite, on one server.

mod subject;

use std::process::ExitCode;

use redis_test_server::{Available, Options, Server, available, available_or_skip};
use session_driver_conformance::BoxError;
use subject::{Redis, Servers};

fn start() -> Result<Servers, BoxError> {
    if let Available::Url(url) = available()? {
        return Ok(Servers {
            nodes: vec![redis::Client::open(&*url)?],
            address: None,
            _guard: Box::new(()),
            url,
        });
    }
    let server = Server::start(&Options::new().tcp())?;
    Ok(Servers {
        url: format!("unix://{}", server.socket().display()),
        nodes: vec![redis::Client::open(server.url())?],
        address: Some(([127, 0, 0, 1], server.port()).into()),
        _guard: Box::new(server),
    })
}

fn main() -> ExitCode {
    if available_or_skip("the conformance suite on one Redis server").is_none() {
        return ExitCode::SUCCESS;
    }
    session_driver_conformance::main(Redis::new("redis", start))
}

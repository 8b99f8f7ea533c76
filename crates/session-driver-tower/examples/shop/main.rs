//! A small shop to try: sessions of tower-sessions in any driver, baskets in `AsyncSessions` over
//! the same one.
//!
//! `cargo run --release -p session-driver-tower --example shop -- --help`

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to who started it"
)]

mod site;

use std::error::Error;
use std::iter;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use tokio::net::TcpListener;

/// A small shop to try: sessions, logins and baskets in any driver.
#[derive(Parser)]
struct Arguments {
    /// Where sessions and baskets are kept: memory:, file:DIRECTORY, sqlite:FILE, sled:DIRECTORY, or
    /// the URL of a Redis server, with parameters as session-driver-url has them
    #[arg(long, value_name = "URL", default_value = "sqlite:shop.db")]
    store: String,
    /// The address to serve; on any other than this host's own the cookie asks for HTTPS
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    match open_until_interrupted(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let causes = iter::successors(error.source(), |&cause| cause.source());
            let message = causes.fold(error.to_string(), |message, cause| {
                format!("{message}: {cause}")
            });
            eprintln!("The shop stays closed. {message}");
            ExitCode::FAILURE
        }
    }
}

async fn open_until_interrupted(arguments: &Arguments) -> Result<(), Box<dyn Error + Send + Sync>> {
    let driver = session_driver_url::open(&arguments.store)?;
    let listener = TcpListener::bind(arguments.listen).await?;
    println!("The shop is open at http://{}", listener.local_addr()?);
    println!("Ctrl-C closes it.");
    let totals = site::serve(listener, driver, interrupted()).await?;
    println!(
        "Closed. Expired records that were swept: {}.",
        totals.removed
    );
    Ok(())
}

/// Ends when the shop is to close. Where signals cannot be heard, it closes at once rather than
/// never.
async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("Ctrl-C cannot be heard: {error}");
    }
}

//! The servers do what tests of a driver count on.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod cluster;
mod proxy;
mod sentinel;
mod standalone;
mod tls;
mod watchdog;

//! The adapter under tower-sessions' own layer and beside its published stores' own tests, with
//! every driver.

#[macro_use]
mod drivers;

mod app;
mod caching;
mod cookies;
mod double;
mod expiry;
mod faults;
mod records;
mod sharing;

#![doc = include_str!("../README.md")]

mod date;
mod error;
mod key;
mod store;

pub use session_driver;
pub use session_driver_async;

pub use crate::store::{Data, DriverStore, OnVanished};

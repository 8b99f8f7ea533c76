#![doc = include_str!("../README.md")]

mod failure;
mod store;
mod vanished;

pub use session_driver;
pub use session_driver_async;

pub use crate::store::DriverStore;
pub use crate::vanished::Vanished;

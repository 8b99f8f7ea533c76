#![doc = include_str!("../README.md")]

mod failure;
mod on_vanished;
mod store;

pub use session_driver;
pub use session_driver_async;

pub use crate::on_vanished::OnVanished;
pub use crate::store::{DriverStore, State};

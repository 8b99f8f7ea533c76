#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "tower-sessions-0_14", feature = "tower-sessions-0_15")))]
compile_error!(
    "session-driver-tower needs the feature of at least one version of tower-sessions: \
     `tower-sessions-0_15` (on by default) or `tower-sessions-0_14` (for axum-login 0.18)"
);

mod calls;
mod date;
mod failure;
mod key;
mod store;
mod versions;

pub use session_driver;
pub use session_driver_async;

pub use crate::store::{Data, DriverStore, OnVanished};

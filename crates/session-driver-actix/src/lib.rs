#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "actix-session-0_10", feature = "actix-session-0_11")))]
compile_error!(
    "session-driver-actix needs the feature of at least one version of actix-session: \
     `actix-session-0_11` (on by default) or `actix-session-0_10`"
);

mod calls;
mod failure;
mod on_vanished;
mod store;
mod versions;

pub use session_driver;
pub use session_driver_async;

pub use crate::on_vanished::OnVanished;
pub use crate::store::{DriverStore, State};

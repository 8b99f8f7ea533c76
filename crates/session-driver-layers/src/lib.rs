#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "encrypted")]
mod encrypted;
#[cfg(feature = "hashed")]
mod hashed;
#[cfg(feature = "traced")]
mod traced;

pub use session_driver;

#[cfg(feature = "encrypted")]
pub use crate::encrypted::{Encrypted, Key, KeyRing};
#[cfg(feature = "hashed")]
pub use crate::hashed::Hashed;
#[cfg(feature = "traced")]
pub use crate::traced::Traced;

//! Session storage for Rust services: the contract.
#![doc = ""]

mod capabilities;
mod driver;
mod error;
mod id;
mod memory;
mod precondition;
mod record;
mod time;

pub use crate::capabilities::{Capabilities, Durability, Sharing};
pub use crate::driver::{SessionDriver, Swept};
pub use crate::error::{Error, ErrorKind, Operation, Result};
pub use crate::id::{InvalidId, MAX_ID_LEN, SessionId};
pub use crate::memory::MemoryDriver;
pub use crate::precondition::Precondition;
pub use crate::record::{NewRecord, Record, Version};
pub use crate::time::{Timestamp, is_live};

//! Sessions in files.

mod builder;
mod driver;
mod fault;
mod image;
mod lock;
mod marker;
mod name;
mod root;
mod session_file;
mod shard;
mod slot;
mod sweep;

pub use session_driver;

pub use crate::builder::FileDriverBuilder;
pub use crate::driver::FileDriver;

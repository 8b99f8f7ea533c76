//! Child processes: the test binary runs itself again, and its child does what the parent asks
//! through a pipe.
//!
//! One request is a line on the child's stdin, one answer a line on its stdout. The parent drives,
//! so all instants are the parent's; the child answers after an operation returned and not before;
//! what is not an answer was written by the driver. A child ends when its stdin does, so it never
//! outlives the parent, and [`Child`] kills it when dropped.

mod census;
mod filter;
mod parent;
mod role;
mod wire;

pub(crate) use parent::{Child, unexpected};
pub(crate) use role::run_if_child;
pub(crate) use wire::{Answer, Calls, Request, Wish};

/// Set in a child's environment, to the name of the subject it is to open.
pub(crate) const VARIABLE: &str = "SESSION_DRIVER_CHILD";

//! Linearizability: whether the answers of concurrent operations can be explained by some order of
//! them, one after another.
//!
//! [`history`] is what was asked and answered, and when; [`model`] is what one operation may do to
//! a few ids; [`checker`] searches for an order (Wing and Gong's search, with Lowe's memory of the
//! states it has been in); [`script`] makes the operations.

mod checker;
mod history;
mod model;
mod script;

pub(crate) use checker::check;
pub(crate) use history::{Event, History};
pub(crate) use script::Script;

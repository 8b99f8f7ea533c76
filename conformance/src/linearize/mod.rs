//! Linearizability: whether the answers of concurrent operations can be explained by some order of
//! them, one after another.
//!
//! [`history`] is what was asked and answered, and when; [`checker`] searches for an order that the
//! [`model`](crate::model) explains; [`shrink`] makes a history that has none short; [`text`] writes
//! one and [`parse`] reads it; [`script`] makes the operations.
//!
//! What is printed of a violation is the history, as a test of the answers. A race cannot be made to
//! happen again, so there is no test of the driver to paste: the run's seed repeats the calls, and the
//! fault shows when their race is lost again.
//!
//! # Why the search is our own
//! It is that of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's memory
//! of the states it has been in ("Testing for linearizability", 2017): some eighty lines. The crates
//! that offer it (`stateright`, `todc-utils`) ask for a specification that gives one next state and
//! one answer for each operation. Ours gives several, for the contract leaves drivers a choice, and
//! takes several steps for one operation where the contract does not call it atomic.

mod checker;
mod history;
mod parse;
mod script;
mod shrink;
mod text;

pub(crate) use checker::check;
pub(crate) use history::Event;
pub use history::History;
pub(crate) use script::Script;

//! The model of the contract: what one operation may do to a few ids, and what answer is due.
//!
//! There is one, for histories of concurrent operations ([`linearize`](crate::linearize)) and for
//! programs of one operation after another ([`sequence`](crate::sequence)). It is not a function
//! from a state to the next, as models mostly are, for the contract leaves a driver some choice: an
//! operation given a `now` at which a record is expired may discard it for good, or may not; and a
//! rotate that is not atomic, or a sweep, takes several steps, between which others take theirs. So
//! a [`State`] has several [`Outcome`]s, each a step with the answer that is due, if it is the last.

mod due;
mod rotate;
mod scope;
mod state;

pub(crate) use due::Due;
pub(crate) use scope::{Promises, Scope};
pub(crate) use state::{Kept, State};

//! The operations, a file each, named and ordered as in the trait.

mod remove;
mod retrieve;
mod rotate;
mod store;
mod sweep;
mod touch;
mod traverse;

//! The examples of the repository's README, compiled by `cargo test --doc -p xtask`, which runs those
//! that need no server.

/// The README as documentation, while its examples are tested.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

//! The example of the repository's README, compiled and run by `cargo test --doc -p xtask`.

/// The README as documentation, while its examples are tested.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

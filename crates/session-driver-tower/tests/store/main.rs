//! The adapter under tower-sessions' own layer and beside its published stores' own tests, with
//! every driver; for each version of tower-sessions whose feature is on.

#![allow(
    clippy::duplicate_mod,
    reason = "each version of tower-sessions runs the same tests"
)]

#[cfg(all(feature = "tower-sessions-0_14", feature = "tower-sessions-0_15"))]
mod both_versions;
mod double;
#[macro_use]
mod drivers;

#[path = "."]
#[cfg(feature = "tower-sessions-0_15")]
mod tower_sessions_0_15 {
    use ::tower_sessions;

    mod app;
    mod caching;
    mod cookies;
    mod expiry;
    mod faults;
    pub(crate) mod records;
    mod sharing;
}

// Two drivers are enough here: the tests above show that all of them behave the same.
#[path = "."]
#[cfg(feature = "tower-sessions-0_14")]
mod tower_sessions_0_14 {
    use ::tower_sessions_0_14 as tower_sessions;

    macro_rules! with_every_driver {
        ($($test:ident),+ $(,)?) => {
            with_driver! { memory: $($test)+ }
            with_driver! { sqlite: $($test)+ }
        };
    }

    mod app;
    mod caching;
    mod cookies;
    mod expiry;
    mod faults;
    pub(crate) mod records;
    mod sharing;
}

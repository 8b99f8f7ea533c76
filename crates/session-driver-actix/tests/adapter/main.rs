//! The adapter by itself and under actix-session's middleware, with every driver; for each version
//! of actix-session whose feature is on.

#![allow(
    clippy::duplicate_mod,
    reason = "each version of actix-session runs the same tests"
)]

/// A module for each driver, in which each of these cases is a test of its own.
macro_rules! with_every_driver {
    ($($case:ident),+ $(,)?) => {
        with_drivers!([$($case)+] memory file sqlite sled redis redis_async);
    };
}

/// A module for each of these drivers, in which each of these cases is a test of its own.
macro_rules! with_drivers {
    ($cases:tt $($driver:ident)+) => {
        $(with_drivers!(@ $driver $cases);)+
    };
    (@ $driver:ident [$($case:ident)+]) => {
        mod $driver {$(
            #[actix_web::test]
            async fn $case() {
                let name = concat!(stringify!($case), " in Redis");
                if let Some(subject) = crate::subject::$driver(name).await {
                    super::$case(&subject).await;
                    subject.close().await;
                }
            }
        )+}
    };
}

#[cfg(all(feature = "actix-session-0_10", feature = "actix-session-0_11"))]
mod both_versions;
mod clock;
mod rigged;
mod subject;

#[path = "."]
#[cfg(feature = "actix-session-0_11")]
mod actix_session_0_11 {
    use ::actix_session;

    mod corrupt;
    mod down;
    mod flow;
    mod format;
    mod server;
    mod shop;
    mod state;
    pub(crate) mod storage;
    mod ttl;
    mod vanished;
}

// Two drivers are enough here: the tests above show that all of them behave the same.
#[path = "."]
#[cfg(feature = "actix-session-0_10")]
mod actix_session_0_10 {
    use ::actix_session_0_10 as actix_session;

    macro_rules! with_every_driver {
        ($($case:ident),+ $(,)?) => {
            with_drivers!([$($case)+] memory sqlite);
        };
    }

    mod corrupt;
    mod down;
    mod flow;
    mod format;
    mod server;
    mod shop;
    mod state;
    pub(crate) mod storage;
    mod ttl;
    mod vanished;
}

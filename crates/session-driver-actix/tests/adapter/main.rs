//! The adapter by itself and under actix-session's middleware, with every driver.

/// A module for each driver, in which each of these cases is a test of its own.
macro_rules! with_every_driver {
    ($($case:ident),+ $(,)?) => {
        with_every_driver!([$($case)+] memory file sqlite sled redis redis_async);
    };
    ($cases:tt $($driver:ident)+) => {
        $(with_every_driver!(@ $driver $cases);)+
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

mod clock;
mod rigged;
mod shop;
mod subject;

mod corrupt;
mod down;
mod flow;
mod server;
mod state;
mod storage;
mod ttl;
mod vanished;

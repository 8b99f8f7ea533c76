//! An async driver under blocking callers.

use std::ops::ControlFlow;
use std::sync::Arc;

use session_driver_async::session_driver::{ErrorKind, MemoryDriver, Precondition, SessionDriver};
use session_driver_async::{BlockOn, Blocking};
use tokio::runtime::{Builder, Runtime};

use crate::{NOW, id, record};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

fn bridged() -> BlockOn<Blocking<MemoryDriver>> {
    BlockOn::new(Blocking::new(MemoryDriver::new()), runtime())
}

#[test]
fn on_a_thread_of_a_runtime_every_operation_is_unsupported_and_none_panics() {
    let driver = bridged();
    let (a, b, limit) = (id("a"), id("b"), std::num::NonZeroUsize::MIN);
    driver
        .store(&a, record(b"1"), Precondition::Absent, NOW)
        .expect("stored");
    runtime().block_on(async {
        let errors = [
            driver.retrieve(&a, NOW).expect_err("it would block"),
            driver
                .store(&a, record(b"2"), Precondition::Any, NOW)
                .expect_err("it would block"),
            driver.touch(&a, None, NOW).expect_err("it would block"),
            driver.remove(&a, NOW).expect_err("it would block"),
            driver.rotate(&a, &b, NOW).expect_err("it would block"),
            driver
                .traverse(NOW, &mut |_| panic!("nothing is visited"))
                .expect_err("it would block"),
            driver.sweep(NOW, limit).expect_err("it would block"),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Unsupported);
        }
    });
    let found = driver.retrieve(&a, NOW).expect("read").expect("live");
    assert_eq!(found.payload, b"1");
}

#[test]
fn it_may_be_dropped_anywhere() {
    let driver = bridged();
    driver.retrieve(&id("a"), NOW).expect("read");
    runtime().block_on(async move { drop(driver) });
    drop(bridged());
}

#[test]
fn under_the_other_bridge_it_works_on_a_runtime_again() {
    let driver = Blocking::new(bridged());
    let found = runtime().block_on(async {
        use session_driver_async::AsyncSessionDriver;
        driver.retrieve(&id("a"), NOW).await
    });
    assert_eq!(found.expect("read"), None);
}

#[test]
fn the_visitor_may_call_any_operation_from_many_threads() {
    let driver = Arc::new(bridged());
    for count in 0..20 {
        let id = id(&count.to_string());
        let stored = driver.store(&id, record(b""), Precondition::Absent, NOW);
        stored.expect("stored");
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut visits = 0;
                let traversed = driver.traverse(NOW, &mut |id| {
                    visits += 1;
                    driver.retrieve(id, NOW).expect("read").expect("live");
                    ControlFlow::Continue(())
                });
                traversed.expect("traversed");
                assert_eq!(visits, 20);
            });
        }
    });
}

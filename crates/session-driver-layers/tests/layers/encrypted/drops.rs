//! Rotates whose futures are dropped half-way.

use std::sync::mpsc;
use std::task::{Context, Waker};

use session_driver_async::{AsyncSessionDriver, Blocking};
use session_driver_layers::session_driver::{ErrorKind, MemoryDriver, Operation};
use tokio::runtime::Builder;

use super::{kind, payload, sealed_over, store};
use crate::puppet::Puppet;
use crate::{NOW, forever, id};

#[test]
fn con_4_a_rotate_that_is_dropped_between_its_halves_is_finished_and_close_waits_for_it() {
    let (puppet, from, to) = (Puppet::new(), id("from"), id("to"));
    let others = sealed_over(puppet.memory.clone());
    store(&others, &from, forever(b"kept"));
    let (reached, half_way) = mpsc::channel();
    let (go_on, held) = mpsc::channel::<()>();
    let mut stores = 0;
    puppet.pull(move |called| {
        stores += usize::from(called == Operation::Store);
        if called == Operation::Store && stores == 2 {
            reached.send(()).expect("the test listens");
            held.recv().expect("the test lets go");
        }
        Ok(())
    });
    let runtime = Builder::new_multi_thread().worker_threads(1).build();
    let runtime = runtime.expect("a runtime");
    let driver = sealed_over(Blocking::new(puppet));
    {
        let _entered = runtime.enter();
        let mut rotate = driver.rotate(&from, &to, NOW);
        let mut context = Context::from_waker(Waker::noop());
        assert!(rotate.as_mut().poll(&mut context).is_pending());
        half_way.recv().expect("the rotate gets there");
        assert_eq!(payload(&others, &from).as_deref(), Some(&b"kept"[..]));
        assert_eq!(payload(&others, &to).as_deref(), Some(&b"kept"[..]));
    }
    go_on.send(()).expect("the rotate waits");
    runtime.block_on(driver.close());
    assert_eq!(payload(&others, &from), None);
    assert_eq!(payload(&others, &to).as_deref(), Some(&b"kept"[..]));
    let after = runtime.block_on(driver.rotate(&to, &from, NOW));
    assert_eq!(kind(after), Some(ErrorKind::Unavailable));
}

#[test]
fn con_4_a_rotate_that_is_dropped_before_its_first_poll_does_nothing() {
    let (memory, from, to) = (MemoryDriver::new(), id("from"), id("to"));
    let others = sealed_over(memory.clone());
    store(&others, &from, forever(b"kept"));
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let driver = sealed_over(Blocking::new(memory));
    drop(driver.rotate(&from, &to, NOW));
    runtime.block_on(driver.close());
    assert_eq!(payload(&others, &from).as_deref(), Some(&b"kept"[..]));
    assert_eq!(payload(&others, &to), None);
}

#[test]
fn without_a_runtime_a_rotate_is_unsupported() {
    let driver = sealed_over(Blocking::new(MemoryDriver::new()));
    let (from, to) = (id("from"), id("to"));
    let mut rotate = driver.rotate(&from, &to, NOW);
    let mut context = Context::from_waker(Waker::noop());
    match rotate.as_mut().poll(&mut context) {
        std::task::Poll::Ready(outcome) => assert_eq!(kind(outcome), Some(ErrorKind::Unsupported)),
        std::task::Poll::Pending => panic!("there is nothing to wait for"),
    }
}

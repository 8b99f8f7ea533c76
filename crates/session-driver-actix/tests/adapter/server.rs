//! A server with two workers, each a runtime of one thread, over real sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::actix_session::SessionMiddleware;
use super::actix_session::storage::SessionStore;
use actix_web::cookie::{Key, time};
use actix_web::dev::ServerHandle;
use actix_web::rt::{spawn, task::spawn_blocking};
use actix_web::{App, HttpServer, web};
use session_driver_actix::DriverStore;
use session_driver_actix::session_driver::{MemoryDriver, Timestamp};
use session_driver_actix::session_driver_async::{Blocking, Sweeper};

use super::shop;
use crate::subject::Subject;

with_every_driver!(workers_share_sessions_and_lose_none);

/// Clients that are there at once, each with a session of its own.
const CLIENTS: u32 = 8;

const ROUNDS: u32 = 10;

async fn workers_share_sessions_and_lose_none(subject: &Subject) {
    let (address, server) = start(subject.store().with_clock(Timestamp::now));
    crowd(address).await;
    server.stop(true).await;
    assert_eq!(subject.ids().await.len(), CLIENTS as usize);
}

#[actix_web::test]
async fn a_driver_that_runs_quick_operations_inline_serves_workers_too() {
    let driver = Blocking::builder(MemoryDriver::new()).run_quick_ones_inline();
    let (address, server) = start(DriverStore::new(driver.build()));
    crowd(address).await;
    server.stop(true).await;
}

#[actix_web::test]
async fn a_blocking_driver_needs_one_call() {
    let (address, server) = start(DriverStore::blocking(MemoryDriver::new()));
    crowd(address).await;
    server.stop(true).await;
}

#[actix_web::test]
async fn a_sweeper_runs_on_the_runtime_of_actix() {
    let store = DriverStore::blocking(MemoryDriver::new());
    let state = super::storage::state(&[("a", "1")]);
    let week_ago: fn() -> Timestamp =
        || Timestamp::now().saturating_sub(Duration::from_secs(7 * 24 * 60 * 60));
    let past = store.clone().with_clock(week_ago);
    past.save(state.clone(), &time::Duration::HOUR)
        .await
        .expect("a save");
    let live = store
        .save(state, &time::Duration::HOUR)
        .await
        .expect("a save");

    let (told, mut rounds) = tokio::sync::mpsc::unbounded_channel();
    let sweeping = Sweeper::new(Arc::clone(store.driver()))
        .with_interval(Duration::from_millis(1))
        .with_observer(move |round| {
            // Nobody waits for it any more when the test has ended.
            let _ = told.send(round.removed);
        })
        .start();
    assert_eq!(rounds.recv().await, Some(1));
    let totals = sweeping.stop().await;
    assert_eq!((totals.removed, totals.errors), (1, 0));
    assert!(store.load(&live).await.expect("a load").is_some());
}

fn start<A, C>(store: DriverStore<A, C>) -> (SocketAddr, ServerHandle)
where
    DriverStore<A, C>: SessionStore + Clone + Send + 'static,
{
    let key = Key::generate();
    let server = HttpServer::new(move || {
        App::new()
            .wrap(SessionMiddleware::new(store.clone(), key.clone()))
            .route("/count", web::to(shop::count))
    });
    let server = server.workers(2).disable_signals();
    let server = server.bind(("127.0.0.1", 0)).expect("a loopback port");
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    spawn(server);
    (address, handle)
}

/// Each client counts its own visits, on a connection of its own each time, so that the workers
/// take turns.
async fn crowd(address: SocketAddr) {
    let visits = spawn_blocking(move || {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| thread::spawn(move || client(address)))
            .collect();
        let joined = clients
            .into_iter()
            .map(|client| client.join().expect("no panic"));
        joined.collect::<Vec<_>>()
    });
    let due = format!("nobody {ROUNDS}");
    for last in visits.await.expect("no panic") {
        assert_eq!(last, due);
    }
}

/// What one client is told last.
fn client(address: SocketAddr) -> String {
    let (mut cookie, mut body) = (String::new(), String::new());
    for _ in 0..ROUNDS {
        let mut stream = TcpStream::connect(address).expect("a connection");
        write!(
            stream,
            "GET /count HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, text) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let set = head
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "));
        let set = set.expect("a cookie, for the session was changed");
        cookie = set.split(';').next().unwrap_or_default().to_owned();
        body = text.to_owned();
    }
    body
}

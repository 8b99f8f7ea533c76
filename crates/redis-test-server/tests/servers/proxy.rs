//! What a proxy lets through, and what not.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use redis_test_server::{Connection, Error, Options, Proxy, Reply, Server, installed_or_skip};

/// A server, a proxy before it, and a client that has been answered through it.
fn surroundings() -> (Server, Proxy, Connection<TcpStream>) {
    let server = Server::start(&Options::new()).unwrap();
    let proxy = Proxy::start(&server).unwrap();
    let mut client = Connection::tcp(proxy.port()).unwrap();
    assert_eq!(
        client.command(&["INCR", "count"]).unwrap(),
        Reply::Integer(1)
    );
    (server, proxy, client)
}

fn count(server: &Server) -> String {
    server.command(&["GET", "count"]).unwrap().text().unwrap()
}

#[test]
fn an_answer_that_is_cut_off_was_given() {
    let Some(_) = installed_or_skip("a proxy that cuts an answer off") else {
        return;
    };
    let (server, proxy, mut client) = surroundings();
    proxy.cut_after_request();
    assert!(proxy.is_armed());
    let lost = client.command(&["INCR", "count"]);
    assert!(matches!(lost, Err(Error::Io { .. })));
    assert_eq!(count(&server), "2");
    assert!(!proxy.is_armed());
    let mut next = Connection::tcp(proxy.port()).unwrap();
    assert_eq!(next.command(&["INCR", "count"]).unwrap(), Reply::Integer(3));
}

#[test]
fn the_answer_to_a_large_request_is_cut_off_when_all_of_it_has_arrived() {
    let Some(_) = installed_or_skip("a proxy that cuts the answer to a large request off") else {
        return;
    };
    let (server, proxy, mut client) = surroundings();
    let value = vec![b'x'; 8 << 20];
    proxy.cut_after_request();
    let lost = client.command(&[b"SET", b"key", &value[..]]);
    assert!(matches!(lost, Err(Error::Io { .. })));
    let length = server.command(&["STRLEN", "key"]).unwrap();
    assert_eq!(length, Reply::Integer(8 << 20));
}

#[test]
fn a_request_that_is_swallowed_never_arrives() {
    let Some(_) = installed_or_skip("a proxy that swallows a request") else {
        return;
    };
    let (server, proxy, mut client) = surroundings();
    proxy.swallow_request();
    let lost = client.command(&["INCR", "count"]);
    assert!(matches!(lost, Err(Error::Io { .. })));
    assert!(!proxy.is_armed());
    assert_eq!(count(&server), "1");
}

#[test]
fn an_answer_that_is_held_back_comes_late() {
    let Some(_) = installed_or_skip("a proxy that holds answers back") else {
        return;
    };
    let (_server, proxy, mut client) = surroundings();
    let delay = Duration::from_millis(50);
    proxy.delay(delay);
    let begin = Instant::now();
    assert_eq!(
        client.command(&["INCR", "count"]).unwrap(),
        Reply::Integer(2)
    );
    assert!(begin.elapsed() >= delay);
    // Nobody waits for an hour: neither the one who ends the delay nor the one who drops it.
    proxy.delay(Duration::from_secs(3600));
    client.send(&["INCR", "count"]).unwrap();
    proxy.delay(Duration::ZERO);
    assert_eq!(client.receive().unwrap(), Reply::Integer(3));
    proxy.delay(Duration::from_secs(3600));
    client.send(&["INCR", "count"]).unwrap();
    drop(proxy);
    assert!(client.receive().is_err());
}

#[test]
fn a_proxy_that_refuses_has_no_connections_until_it_accepts_again() {
    let Some(_) = installed_or_skip("a proxy that refuses") else {
        return;
    };
    let (_server, mut proxy, mut client) = surroundings();
    let url = proxy.url();
    proxy.refuse();
    assert!(client.command(&["PING"]).is_err());
    assert!(Connection::tcp(proxy.port()).is_err());
    proxy.accept().unwrap();
    assert_eq!(proxy.url(), url);
    let mut client = Connection::tcp(proxy.port()).unwrap();
    assert_eq!(
        client.command(&["INCR", "count"]).unwrap(),
        Reply::Integer(2)
    );
}

#[test]
fn a_proxy_outlives_a_restart_of_its_server() {
    let Some(_) = installed_or_skip("a proxy before a server that is restarted") else {
        return;
    };
    let (mut server, proxy, mut client) = surroundings();
    server.kill().unwrap();
    assert!(client.command(&["PING"]).is_err());
    let mut nobody = Connection::tcp(proxy.port()).unwrap();
    assert!(nobody.command(&["PING"]).is_err());
    server.restart().unwrap();
    let mut client = Connection::tcp(proxy.port()).unwrap();
    assert_eq!(
        client.command(&["INCR", "count"]).unwrap(),
        Reply::Integer(1)
    );
}

//! One server, started in each way there is.

use redis_test_server::{
    AppendFsync, Connection, Error, Options, Reply, Server, installed_or_skip,
};

fn text(server: &Server, words: &[&str]) -> String {
    server.command(words).unwrap().text().unwrap()
}

#[test]
fn a_server_without_options_listens_on_its_socket_alone() {
    let Some(_) = installed_or_skip("a server on a socket") else {
        return;
    };
    let server = Server::start(&Options::new()).unwrap();
    assert_eq!(text(&server, &["PING"]), "PONG");
    assert_eq!(
        server.url(),
        format!("unix://{}", server.socket().display())
    );
    let ports = server.command(&["CONFIG", "GET", "port"]).unwrap();
    assert_eq!(ports.elements()[1], Reply::Bulk(b"0".to_vec()));
}

#[test]
fn a_server_with_a_port_listens_on_loopback() {
    let Some(_) = installed_or_skip("a server with a port") else {
        return;
    };
    let server = Server::start(&Options::new().tcp()).unwrap();
    let mut connection = Connection::tcp(server.port()).unwrap();
    let set = connection.command(&["SET", "key", "value"]).unwrap();
    assert_eq!(set, Reply::Simple("OK".into()));
    assert_eq!(text(&server, &["GET", "key"]), "value");
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
}

#[test]
fn a_dropped_server_is_gone_with_its_files() {
    let Some(_) = installed_or_skip("the end of a server") else {
        return;
    };
    let server = Server::start(&Options::new().tcp()).unwrap();
    let (port, directory) = (server.port(), server.directory().to_owned());
    assert!(directory.exists());
    drop(server);
    assert!(!directory.exists());
    assert!(Connection::tcp(port).is_err());
}

#[test]
fn servers_started_at_once_get_ports_of_their_own() {
    let Some(_) = installed_or_skip("servers started at once") else {
        return;
    };
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let start = || Server::start(&Options::new().tcp()).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for server in &servers {
        let mut connection = Connection::tcp(server.port()).unwrap();
        let info = connection.command(&["INFO", "server"]).unwrap();
        let process = format!("process_id:{}", server.process_id());
        assert!(info.text().unwrap().contains(&process));
    }
}

#[test]
fn a_restarted_server_has_what_it_appended_and_nothing_else() {
    let Some(_) = installed_or_skip("the restart of a server") else {
        return;
    };
    let appending = Options::new().tcp().append_only(AppendFsync::Always);
    for (options, kept) in [(appending, 1), (Options::new().tcp(), 0)] {
        let mut server = Server::start(&options).unwrap();
        let url = server.url();
        server.command(&["SET", "key", "value"]).unwrap();
        server.kill().unwrap();
        assert!(matches!(server.command(&["PING"]), Err(Error::Io { .. })));
        server.restart().unwrap();
        assert_eq!(server.url(), url);
        let found = server.command(&["EXISTS", "key"]).unwrap();
        assert_eq!(found, Reply::Integer(kept));
    }
}

#[test]
fn a_server_with_a_password_asks_for_it() {
    let Some(_) = installed_or_skip("a server with a password") else {
        return;
    };
    let server = Server::start(&Options::new().tcp().password("secret")).unwrap();
    assert_eq!(text(&server, &["PING"]), "PONG");
    let url = format!("redis://:secret@127.0.0.1:{}", server.port());
    assert_eq!(server.url(), url);
    let mut stranger = Connection::tcp(server.port()).unwrap();
    let refusal = stranger.command(&["PING"]).unwrap_err();
    assert!(refusal.to_string().contains("NOAUTH"), "{refusal}");
}

#[test]
fn a_full_server_refuses_what_does_not_fit() {
    let Some(_) = installed_or_skip("a full server") else {
        return;
    };
    let server = Server::start(&Options::new().max_memory("4mb", "noeviction")).unwrap();
    let value = vec![b'x'; 100_000];
    let store = |number: u8| server.command(&[b"SET", &[number][..], &value]);
    let refusal = (0..100).find_map(|number| store(number).err()).unwrap();
    assert!(refusal.to_string().contains("OOM"), "{refusal}");
}

#[test]
fn a_replica_copies_and_refuses_writes() {
    let Some(_) = installed_or_skip("a replica") else {
        return;
    };
    let master = Server::start(&Options::new().tcp()).unwrap();
    let replica = Server::start(&Options::new().tcp().replica_of(master.port())).unwrap();
    let refusal = replica.command(&["SET", "key", "value"]).unwrap_err();
    assert!(refusal.to_string().contains("READONLY"), "{refusal}");
}

#[test]
fn a_paused_server_answers_when_it_is_resumed() {
    let Some(_) = installed_or_skip("a paused server") else {
        return;
    };
    let server = Server::start(&Options::new()).unwrap();
    let mut connection = server.connect().unwrap();
    server.pause().unwrap();
    connection.send(&["INCR", "count"]).unwrap();
    let state = std::fs::read_to_string(format!("/proc/{}/stat", server.process_id()));
    if let Ok(state) = state {
        assert!(state.contains(") T "), "{state}");
    }
    server.resume().unwrap();
    assert_eq!(connection.receive().unwrap(), Reply::Integer(1));
}

#[test]
fn a_server_can_be_made_to_sleep() {
    let Some(_) = installed_or_skip("a sleeping server") else {
        return;
    };
    let server = Server::start(&Options::new()).unwrap();
    let slept = server.command(&["DEBUG", "SLEEP", "0.05"]).unwrap();
    assert_eq!(slept, Reply::Simple("OK".into()));
}

#[test]
fn a_server_that_does_not_start_says_why() {
    let Some(_) = installed_or_skip("a server that does not start") else {
        return;
    };
    let options = Options::new().argument("--no-such-option", &["1"]);
    let error = Server::start(&options).unwrap_err();
    assert!(matches!(error, Error::NotStarted { .. }));
    assert!(error.to_string().contains("no-such-option"), "{error}");
}

//! No server outlives the process of its test.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use redis_test_server::{Options, Server, installed_or_skip};

/// Set for the process that is to be killed.
const VICTIM: &str = "REDIS_TEST_SERVER_VICTIM";

/// The watchdog needs as long as a shell does; this is for a machine that is busy.
const BOUND: Duration = Duration::from_secs(30);

#[test]
fn a_killed_process_leaves_no_server_and_no_files() {
    if std::env::var_os(VICTIM).is_some() {
        return hold_a_server();
    }
    let Some(_) = installed_or_skip("the watchdog") else {
        return;
    };
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("watchdog::a_killed_process_leaves_no_server_and_no_files")
        .env(VICTIM, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stderr.take().unwrap()).lines();
    let directory = lines
        .find_map(|line| line.unwrap().strip_prefix("server in ").map(String::from))
        .unwrap();
    let directory = Path::new(&directory);
    // A connection says when its server is gone; the process table may keep the dead for a while.
    let mut connection = UnixStream::connect(directory.join("socket")).unwrap();
    connection.set_read_timeout(Some(BOUND)).unwrap();

    victim.kill().unwrap();
    victim.wait().unwrap();
    match connection.read(&mut [0]) {
        Ok(0) => {}
        // The server had not taken note of the connection yet.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("the server is still there: {other:?}"),
    }
    let begin = Instant::now();
    while directory.exists() {
        assert!(
            begin.elapsed() < BOUND,
            "the server's files are still there"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// The part of the process that is killed.
#[expect(clippy::print_stderr, reason = "the parent reads where the server is")]
fn hold_a_server() {
    let server = Server::start(&Options::new()).unwrap();
    eprintln!("server in {}", server.directory().display());
    // Until the parent is gone, or kills us.
    let _ = std::io::stdin().lines().next();
}

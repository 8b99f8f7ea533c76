//! `verify` and `compare`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::tool::{Ended, Tool, line};

#[test]
fn verify_proves_rules_beside_the_store() {
    let tool = Tool::holding(&line("a", None, b"x"));
    for url in ["file:store", "file:not-there-yet", "memory:"] {
        let ended = tool
            .run(&["verify", url, "--filter", "RET", "--seed", "7"])
            .success();
        let lines: Vec<&str> = ended.stdout.lines().collect();
        assert_eq!(lines[0], "passed    RET-1", "{url}");
        assert!(lines[4].ends_with("(seed 7)"), "{lines:?}");
        assert!(lines[5].starts_with("conforming"), "{lines:?}");
    }
    assert_eq!(tool.names("."), ["store"]);
    assert_eq!(tool.run(&["list", "file:store"]).stdout, "a\n");

    let ended = tool
        .run(&["--json", "verify", "memory:", "--filter", "RET-1"])
        .success();
    let json = &ended.json()[0];
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &0.into()));
    assert_eq!(json["conforming"], true);
    assert_eq!(json["report"]["rules"][0]["rule"], "RET-1");

    for command in ["verify", "compare"] {
        tool.run(&[command, "memory:", "--filter", "NONE"])
            .usage("no rule's id begins with");
    }
    tool.run(&["compare", "memory:", "--sessions", "10000001"])
        .usage("from 1 to 10000000");
    tool.run(&["verify", "file:no/where"])
        .failure("beside the store");
}

#[test]
fn compare_measures_beside_the_stores_and_leaves_nothing() {
    let tool = Tool::holding(&line("a", None, b"x"));
    let ended = tool
        .run(&[
            "compare",
            "--sessions",
            "150",
            "--filter",
            "RET",
            "--threads",
            "2",
            "--programs",
            "40",
            "file:store",
            "memory:",
        ])
        .success();
    for text in [
        "150 sessions",
        "2 threads",
        "retrieve",
        "p99",
        "on disk",
        "quick rules",
        "all: --prove",
        "2 drivers answered 40 random programs alike",
    ] {
        assert!(
            ended.stdout.contains(text),
            "{text} is not in {}",
            ended.stdout
        );
    }
    assert!(
        ended.stdout.lines().all(|line| line.chars().count() <= 100),
        "{}",
        ended.stdout
    );
    assert_eq!(tool.names("."), ["store"]);
    assert_eq!(tool.run(&["list", "file:store"]).stdout, "a\n");
}

#[test]
fn compare_prints_json() {
    let tool = Tool::new();
    let ended = tool
        .run(&[
            "--json",
            "compare",
            "--sessions",
            "10",
            "--filter",
            "RET",
            "memory:",
        ])
        .success();
    let json = &ended.json()[0];
    let driver = &json["drivers"][0];
    assert_eq!(
        (&json["sessions"], &driver["url"]),
        (&10.into(), &"memory:".into())
    );
    assert!(json["programs"].is_null(), "there is nobody to differ from");
    assert_eq!(driver["failures"], serde_json::json!([]));
    assert_eq!(driver["rules"]["quick"], true);
    assert_eq!(driver["rules"]["not_reached"], 0);
    let operations = driver["operations"].as_array().expect("a list");
    let names: Vec<&str> = operations
        .iter()
        .filter_map(|found| found["operation"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "create", "retrieve", "update", "touch", "rotate", "traverse", "sweep", "remove"
        ]
    );
    assert!(
        operations
            .iter()
            .all(|found| found["p99_ns"].as_u64() >= found["p50_ns"].as_u64())
    );
}

#[test]
fn compare_proves_in_full_on_request() {
    let tool = Tool::new();
    let arguments = [
        "compare",
        "--prove",
        "--sessions",
        "10",
        "--filter",
        "RET",
        "memory:",
    ];
    let ended = tool.run(&arguments).success();
    assert!(ended.stdout.contains("rules passed"), "{ended:?}");
    assert!(!ended.stdout.contains("quick rules"), "{ended:?}");
    let ended = tool.run(&[&["--json"], &arguments[..]].concat()).success();
    assert_eq!(ended.json()[0]["drivers"][0]["rules"]["quick"], false);
}

#[test]
fn compare_that_cannot_begin_leaves_nothing() {
    let tool = Tool::new();
    tool.run(&["compare", "--dir", "nowhere"])
        .failure("choose another with --dir");
    tool.run(&["compare", "--dir", ".", "memory:"])
        .usage("cannot be used with");
    tool.run(&["compare", "--sessions", "0"])
        .usage("--sessions");
    let ended = tool
        .run(&[
            "compare",
            "--sessions",
            "3",
            "--filter",
            "RET",
            "file:no/where",
        ])
        .failure("no place beside the store");
    assert!(ended.stdout.contains("file:no/where"), "{ended:?}");
    assert!(tool.names(".").is_empty());
}

#[test]
fn compare_goes_on_without_a_store_that_cannot_be_opened() {
    let tool = Tool::new();
    let ended = tool
        .run(&[
            "compare",
            "--sessions",
            "3",
            "--filter",
            "RET",
            "--programs",
            "2",
            "file:no/where",
            "memory:",
            "file:store",
        ])
        .failure("no place beside the store");
    assert!(
        ended
            .stdout
            .contains("2 drivers answered 2 random programs alike"),
        "{ended:?}"
    );
}

#[test]
fn compare_prints_what_it_has_measured_and_an_interrupt_leaves_nothing() {
    let tool = Tool::new();
    let mut child = tool.start(&["compare", "--dir", ".", "--sessions", "20000"]);
    let stdout = child.stdout.take().expect("a pipe");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let measured = lines.find(|line| line.starts_with("create"));
    assert!(measured.is_some_and(|line| line.contains("memory:")));
    assert_eq!(tool.names(".").len(), 1, "the comparison goes on");
    interrupt(&child);
    let ended = Ended::of(child).interrupted();
    assert!(ended.stderr.contains("/.session-driver-"), "{ended:?}");
    assert!(!ended.stderr.contains("left"), "{ended:?}");
    assert_eq!(lines.find(|line| line.contains("rules")), None);
    assert!(tool.names(".").is_empty(), "{:?}", tool.names("."));
}

#[test]
fn an_interrupted_verify_finishes_its_case_and_leaves_nothing() {
    let tool = Tool::new();
    for filter in ["CON", "DUR"] {
        let child = tool.start(&["verify", "file:store", "--filter", filter]);
        await_true(|| !tool.names(".").is_empty());
        interrupt(&child);
        let ended = Ended::of(child).interrupted();
        assert!(
            ended.stderr.contains("press Ctrl-C again to stop at once"),
            "{ended:?}"
        );
        assert!(!ended.stderr.contains("left"), "{ended:?}");
        assert!(
            ended.stdout.contains("the run was interrupted"),
            "{ended:?}"
        );
        assert!(tool.names(".").is_empty(), "{:?}", tool.names("."));
    }
}

/// The case waits for a server that does not answer.
#[test]
fn a_second_interrupt_ends_the_tool_at_once() {
    let Some(_) = redis_test_server::installed_or_skip("a server that does not answer") else {
        return;
    };
    let options = redis_test_server::Options::new().tcp();
    let server = redis_test_server::Server::start(&options).expect("a server");
    let url = format!("{}?wait-timeout=10m", server.url());
    let tool = Tool::new();
    let mut child = tool.start(&["verify", &url, "--filter", "CON-1"]);
    await_true(|| keys(&server) > 0);
    server.pause().expect("it stops to answer");
    let stderr = child.stderr.take().expect("a pipe");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    interrupt(&child);
    let finishing = lines.find(|line| line.starts_with("finishing CON-1 on redis:"));
    assert!(finishing.is_some());
    interrupt(&child);
    Ended::of(child).interrupted_at_once();
    let words: Vec<String> = lines.collect();
    assert_eq!(words[0], "stopped at once");
    assert!(words[1].starts_with("  may be left: the keys that begin with `session:beside-"));
}

/// Whatever its threads and the processes that it started are writing, and while it clears itself.
#[test]
fn an_interrupt_leaves_no_key_on_a_server() {
    let Some(_) = redis_test_server::installed_or_skip("an interrupt while keys are written")
    else {
        return;
    };
    let options = redis_test_server::Options::new().tcp();
    let server = redis_test_server::Server::start(&options).expect("a server");
    let url = server.url();
    let tool = Tool::new();
    for (arguments, many) in [
        (vec!["compare", "--sessions", "100000", &url], 1_000),
        (vec!["verify", "--filter", "CON", &url], 1),
        (
            vec!["compare", "--sessions", "3000", "--filter", "RET-1", &url],
            3_000,
        ),
        (vec!["verify", "--filter", "DUR", &url], 1),
    ] {
        let child = tool.start(&arguments);
        await_true(|| keys(&server) >= many);
        interrupt(&child);
        let ended = Ended::of(child).interrupted();
        let removed = "  removed: the keys that begin with `session:beside-";
        assert!(ended.stderr.contains(removed), "{arguments:?}: {ended:?}");
        assert_eq!(keys(&server), 0, "{arguments:?}");
    }
}

#[test]
fn an_interrupted_export_leaves_no_file() {
    let payload = vec![b'x'; 300_000];
    let lines: Vec<String> = (0..30)
        .map(|number| line(&format!("session-{number}"), None, &payload))
        .collect();
    let tool = Tool::holding(&lines.concat());
    let child = tool.start(&["export", "file:store", "out"]);
    await_true(|| tool.names(".").len() > 1);
    interrupt(&child);
    Ended::of(child).interrupted();
    assert_eq!(tool.names("."), ["store"]);
}

fn keys(server: &redis_test_server::Server) -> i64 {
    match server.command(&["DBSIZE"]) {
        Ok(redis_test_server::Reply::Integer(keys)) => keys,
        other => panic!("DBSIZE: {other:?}"),
    }
}

fn await_true(condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "the tool does nothing"
        );
        thread::sleep(Duration::from_millis(1));
    }
}

fn interrupt(child: &Child) {
    let kill = format!("kill -INT {}", child.id());
    let sent = Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.expect("a shell").success());
}

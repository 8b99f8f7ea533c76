//! `import` and `export`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::tool::{SAMPLE, Tool, files_below, line};

/// Deadline and payload by id, as the lines have them.
fn sessions(lines: &str) -> BTreeMap<String, (Value, Value)> {
    let parsed = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    parsed
        .map(|mut value: Value| {
            let id = value["id"].as_str().expect("an id").to_owned();
            (
                id,
                (
                    value["expires_at_ms"].take(),
                    value["payload_base64"].take(),
                ),
            )
        })
        .collect()
}

fn live_sample() -> BTreeMap<String, (Value, Value)> {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    let now = since_epoch.as_millis();
    let mut live = sessions(SAMPLE);
    live.retain(|_, (deadline, _)| {
        deadline
            .as_u64()
            .is_none_or(|deadline| u128::from(deadline) > now)
    });
    live
}

#[test]
fn an_export_gives_back_what_was_imported() {
    let tool = Tool::new();
    fs::write(tool.path("in.jsonl"), SAMPLE).expect("a file");
    let live = live_sample();
    let expired = SAMPLE.lines().count() - live.len();
    let ended = tool.run(&["import", "file:store", "in.jsonl"]).success();
    let due = format!(
        "{} sessions stored, {expired} expired, 0 rejected\n",
        live.len()
    );
    assert_eq!(ended.stdout, due);

    let ended = tool.run(&["export", "file:store"]).success();
    assert_eq!(sessions(&ended.stdout), live);

    tool.run(&["export", "file:store", "out.jsonl"]).success();
    let out = fs::read_to_string(tool.path("out.jsonl")).expect("the export");
    assert_eq!(sessions(&out), live);
    assert_eq!(tool.names("."), ["in.jsonl", "out.jsonl", "store"]);

    let copy = tool
        .feed(
            &[
                "--json",
                "import",
                "file:copy?durability=power&shards=4",
                "-",
            ],
            &out,
        )
        .success();
    assert_eq!(
        copy.json(),
        [json!({ "stored": live.len(), "expired": 0, "rejected": 0 })]
    );
    assert_eq!(sessions(&tool.run(&["export", "file:copy"]).stdout), live);
}

#[test]
fn every_driver_gives_back_what_was_imported() {
    let tool = Tool::new();
    for url in [
        "sqlite:store.db",
        "sqlite:store.db?table=other%20sessions&durability=power&wait-timeout=1s",
        "sled:store.sled",
        "sled:store.sled?tree=other&durability=none&flush-every=50ms",
    ] {
        gives_back_what_was_imported(&tool, url);
    }
}

#[test]
fn redis_gives_back_what_was_imported() {
    let Some(_) = redis_test_server::installed_or_skip("import into Redis and export") else {
        return;
    };
    let options = redis_test_server::Options::new().tcp();
    let server = redis_test_server::Server::start(&options).expect("a server");
    let tool = Tool::new();
    gives_back_what_was_imported(&tool, &server.url());
    let shop = format!(
        "{}?prefix=shop:&wait-timeout=2s&pool-size=2&ttl-slack=2m",
        server.url()
    );
    assert_eq!(tool.run(&["list", &shop]).success().stdout, "");
    gives_back_what_was_imported(&tool, &shop);
}

/// Into an empty store and out again, and from there into another.
fn gives_back_what_was_imported(tool: &Tool, url: &str) {
    let live = live_sample();
    let ended = tool.feed(&["import", url, "-"], SAMPLE).success();
    let due = format!("{} sessions stored, ", live.len());
    assert!(ended.stdout.starts_with(&due), "{url}: {ended:?}");
    let out = tool.run(&["export", url]).success().stdout;
    assert_eq!(sessions(&out), live, "{url}");
    let copy = format!("file:copy of {}", url.replace(['/', '?'], " "));
    tool.feed(&["import", &copy, "-"], &out).success();
    let copied = tool.run(&["export", &copy]).success().stdout;
    assert_eq!(sessions(&copied), live, "{url}");
}

#[test]
fn an_import_can_be_run_again_and_replaces() {
    let tool = Tool::holding(&(line("a", None, b"one") + &line("b", None, b"two")));
    tool.feed(
        &["import", "file:store", "-"],
        line("a", Some(i64::MAX), b"three"),
    )
    .success();
    let out = tool.run(&["export", "file:store"]).success().stdout;
    assert_eq!(
        sessions(&out),
        sessions(&(line("a", Some(i64::MAX), b"three") + &line("b", None, b"two")))
    );
}

#[test]
fn memory_takes_an_import_and_forgets_it() {
    let tool = Tool::new();
    let ended = tool.feed(&["import", "memory:", "-"], SAMPLE).success();
    assert!(ended.stdout.contains("0 rejected"));
    assert!(tool.names(".").is_empty());
}

#[test]
fn bad_lines_are_told_of_and_the_others_go_in() {
    let tool = Tool::new();
    let input = [
        line("good", None, b"x"),
        "{\"id\": \"hunter2\n".into(),
        "\n".into(),
        line("hunter2 ", None, b"x"),
        "{\"id\":\"c\",\"payload_base64\":\"\"}\n".into(),
        line("last", None, b""),
    ]
    .concat();
    let ended = tool.feed(&["import", "file:store", "-"], &input);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stdout, "2 sessions stored, 0 expired, 3 rejected\n");
    let told: Vec<&str> = ended.stderr.lines().collect();
    assert!(told[0].starts_with("line 2: it is no JSON"), "{told:?}");
    assert!(
        told[1].starts_with("line 4: `id`: a session id is visible ASCII"),
        "{told:?}"
    );
    assert_eq!(told[2..], ["line 5: `expires_at_ms` is missing"]);
    assert!(!ended.stderr.contains("hunter"), "an id is shown");
}

#[test]
fn strict_stops_at_the_first_bad_line() {
    let tool = Tool::new();
    let input = line("a", None, b"x") + "nonsense\n" + &line("b", None, b"x");
    let ended = tool.feed(&["import", "--strict", "file:store", "-"], &input);
    let ended = ended.failure("before the import stopped: 1 session stored, 0 expired, 1 rejected");
    assert!(ended.stderr.contains("line 2: it is no JSON"));
    assert_eq!(tool.run(&["list", "file:store"]).stdout, "a\n");
}

#[test]
fn a_payload_over_the_maximum_is_a_bad_line_and_so_is_an_endless_one() {
    let tool = Tool::new();
    let endless = format!("{{\"id\":\"{}\"}}\n", "x".repeat(1_000_000));
    let input = line("big", None, &[7; 1001]) + &endless + &line("fits", None, &[7; 1000]);
    let ended = tool.feed(
        &["import", "file:store?max-payload-bytes=1000", "-"],
        &input,
    );
    let ended = ended.failure("line 1: file: store failed: the payload is larger");
    assert!(
        ended.stderr.contains("line 2: it is longer than"),
        "{ended:?}"
    );
    assert_eq!(tool.run(&["list", "file:store"]).stdout, "fits\n");
}

#[test]
fn a_missing_input_makes_no_store() {
    let tool = Tool::new();
    tool.run(&["import", "file:store", "nothing.jsonl"])
        .failure("nothing.jsonl cannot be read");
    assert!(tool.names(".").is_empty());
}

#[test]
fn an_exported_file_is_private_and_replaces_what_had_its_name() {
    let tool = Tool::holding(&line("a", None, b"x"));
    fs::write(tool.path("old.jsonl"), "old").expect("a file");
    symlink("old.jsonl", tool.path("link.jsonl")).expect("a link");
    let ended = tool
        .run(&["--json", "export", "file:store", "link.jsonl"])
        .success();
    assert_eq!(ended.json(), [json!({ "exported": 1, "damaged": 0 })]);
    let metadata = fs::metadata(tool.path("old.jsonl")).expect("the export");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_to_string(tool.path("link.jsonl")).expect("the export"),
        line("a", None, b"x")
    );
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let tool = Tool::holding(&line("a", None, b"x"));
    tool.run(&["export", "file:store", "/dev/null"])
        .usage("not a regular file");
    tool.run(&["export", "file:store", "store"])
        .usage("not a regular file");
    tool.run(&["export", "file:store", "nowhere/out"])
        .failure("nowhere/out cannot be written");
}

#[test]
fn a_damaged_session_is_told_of_and_left_out() {
    let tool =
        Tool::holding(&(line("a", None, b"a payload to be damaged") + &line("b", None, b"x")));
    damage(&tool, b"to be damaged");
    let ended = tool.run(&["--json", "export", "file:store", "out.jsonl"]);
    assert_eq!(
        (ended.code, ended.json()),
        (Some(1), vec![json!({ "exported": 1, "damaged": 1 })])
    );
    assert!(
        ended.stderr.contains("a session is left out: "),
        "{ended:?}"
    );
    assert_eq!(
        fs::read_to_string(tool.path("out.jsonl")).expect("the export"),
        line("b", None, b"x")
    );
    tool.run(&["show", "file:store", "a"]).failure("damaged");
    let listed = tool
        .run(&["list", "--long", "file:store"])
        .failure("cannot be read");
    assert!(listed.stdout.contains("damaged"), "{listed:?}");
    tool.run(&["remove", "file:store", "a"]).success();
    tool.run(&["export", "file:store"]).success();
}

/// Changes a byte of the file that holds these.
fn damage(tool: &Tool, marker: &[u8]) {
    for path in files_below(&tool.path("store")) {
        let mut bytes = fs::read(&path).expect("a file");
        if let Some(place) = bytes.windows(marker.len()).position(|part| part == marker) {
            bytes[place] ^= 1;
            fs::write(&path, bytes).expect("a file");
            return;
        }
    }
    panic!("no file holds the payload");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let tool = Tool::holding(SAMPLE);
    for arguments in [
        &["export", "file:store"][..],
        &["list", "--long", "file:store"],
    ] {
        let mut child = tool.start(arguments);
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the tool ends");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("error"),
            "{output:?}"
        );
    }
}

#[test]
fn what_was_not_done_counts_when_nobody_reads_of_it() {
    let tool = Tool::holding(SAMPLE);
    fs::write(tool.path("bad.jsonl"), "{}\n").expect("a file");
    for (arguments, told) in [
        (&["import", "file:store", "bad.jsonl"][..], "line 1"),
        (&["remove", "file:store", "nobody"], "nobody"),
    ] {
        let mut child = tool.start(arguments);
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the tool ends");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(told), "{output:?}");
    }
}

//! `list`, `show`, `remove`, `touch` and `sweep`.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::tool::{Tool, line};

const YEAR_2200: i64 = 7_258_118_400_000;

#[test]
fn list_names_the_live_sessions() {
    let tool = Tool::holding(&(line("a", None, b"x") + &line("b", Some(YEAR_2200), b"12345")));
    let mut ids: Vec<String> = tool
        .run(&["list", "file:store"])
        .success()
        .stdout
        .lines()
        .map(Into::into)
        .collect();
    ids.sort();
    assert_eq!(ids, ["a", "b"]);

    let long = tool.run(&["list", "--long", "file:store"]).success().stdout;
    assert!(
        long.starts_with("  EXPIRES IN         BYTES  ID\n"),
        "{long}"
    );
    assert!(long.contains("       never             1  a\n"), "{long}");
    assert!(long.contains("             5  b\n"), "{long}");

    let json = tool
        .run(&["list", "--json", "-l", "file:store"])
        .success()
        .json();
    let b = json
        .iter()
        .find(|line| line["id"] == "b")
        .expect("b is listed");
    assert_eq!(
        (&b["expires_at_ms"], &b["bytes"]),
        (&json!(YEAR_2200), &json!(5))
    );
    assert_eq!(b["version"].as_str().map(str::len), Some(16));
}

#[test]
fn show_keeps_control_characters_from_the_terminal() {
    let hostile = "text \u{1b}]0;title\u{7}\r\n\u{9b}2J \u{202e}codec    JSON and more text";
    let tool = Tool::holding(
        &(line("a", Some(YEAR_2200), hostile.as_bytes()) + &line("b", None, b"\xFF\x1b[2J\x07")),
    );
    for id in ["a", "b"] {
        let shown = tool.run(&["show", "file:store", id]).success().stdout;
        let control = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!shown.contains(control), "{shown:?}");
    }
    let shown = tool.run(&["show", "file:store", "a"]).stdout;
    assert!(
        shown.contains("size     52 bytes\n") && shown.contains("\\u{1b}]0;title"),
        "{shown}"
    );
    let shown = tool
        .run(&["--json", "show", "file:store", "b"])
        .success()
        .json();
    assert_eq!(shown[0]["payload_base64"], "/xtbMkoH");
    assert_eq!(shown[0]["codec"], json!(null));
    tool.run(&["show", "file:store", "c"])
        .failure("no live session");
}

#[test]
fn remove_says_which_were_not_there() {
    let tool =
        Tool::holding(&(line("-a", None, b"x") + &line("b", None, b"x") + &line("c", None, b"x")));
    tool.run(&["remove", "file:store", "-a"])
        .usage("unexpected argument");
    let ended = tool.run(&["remove", "file:store", "--", "-a", "gone", "b"]);
    let ended = ended.failure("there is no live session gone");
    assert_eq!(ended.stdout, "2 sessions removed, 1 absent\n");
    let ended = tool.run(&["--json", "remove", "file:store", "c"]).success();
    assert_eq!(ended.json(), [json!({ "removed": 1, "absent": 0 })]);
    assert_eq!(tool.run(&["list", "file:store"]).success().stdout, "");
    tool.run(&["remove", "file:store", "two words"])
        .usage("visible ASCII");
}

#[test]
fn touch_moves_the_deadline() {
    let tool = Tool::holding(&line("-a", Some(YEAR_2200), b"x"));
    let ended = tool
        .run(&["touch", "--never", "file:store", "--", "-a"])
        .success();
    assert_eq!(ended.stdout, "expires never\n");
    assert!(
        tool.run(&["show", "file:store", "--", "-a"])
            .stdout
            .starts_with("expires  never\n")
    );
    let ended = tool
        .run(&["touch", "--ttl", "1d12h", "file:store", "--", "-a"])
        .success();
    assert_eq!(ended.stdout, "expires in 1d 12h\n");
    let ended = tool.run(&["touch", "--json", "--ttl", "2h", "file:store", "b"]);
    assert_eq!(
        (ended.code, ended.json()),
        (
            Some(1),
            vec![json!({ "touched": false, "expires_at_ms": null })]
        )
    );
    tool.run(&["touch", "--never", "file:store", "b"])
        .failure("no live session");
    tool.run(&["touch", "file:store", "b"]).usage("--ttl");
    tool.run(&["touch", "--ttl", "2h", "--never", "file:store", "b"])
        .usage("--never");
    tool.run(&["touch", "--ttl", "soon", "file:store", "b"])
        .usage("length of time");
    tool.run(&["touch", "--ttl", "0s", "file:store", "b"])
        .usage("use `remove`");
    tool.run(&["touch", "--ttl", "999999999999w", "file:store", "b"])
        .usage("");
}

#[test]
fn sweep_removes_what_has_expired() {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let soon = since_epoch.expect("a clock").as_millis() as i64 + 1_000;
    let sessions: String = (0..450)
        .map(|number| line(&format!("s{number}"), Some(soon), b"x"))
        .collect();
    let tool = Tool::new();
    let input = sessions + &line("eternal", None, b"x");
    let imported = tool
        .feed(&["--json", "import", "file:store", "-"], input)
        .success();
    thread::sleep(Duration::from_millis(1_100));
    let due = imported.json()[0]["stored"].as_u64().expect("a number") - 1;
    let swept = tool.run(&["--json", "sweep", "file:store"]).success();
    assert_eq!(swept.json(), [json!({ "removed": due })]);
    let again = tool.run(&["sweep", "file:store"]).success();
    assert_eq!(again.stdout, "0 sessions removed\n");
    assert_eq!(tool.run(&["list", "file:store"]).stdout, "eternal\n");
}

//! Which stores can be named, and what is not done to those that are not there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::tool::{Tool, line};

#[test]
fn a_wrong_url_is_a_usage_error_that_names_the_right_ones() {
    let tool = Tool::new();
    for (url, text) in [
        (
            "mongo:x",
            "known are memory:, file:, sqlite:, sled:, redis:, rediss:, valkey:, valkeys:, unix:",
        ),
        ("store", "write file:PATH"),
        ("memory:x", "memory: has no path"),
        ("memory:?a=b", "its parameters are max-payload-bytes"),
        ("file:", "needs a path"),
        ("file:?durability=power", "needs a path"),
        (
            "file:store?color=red",
            "its parameters are create, durability, max-payload-bytes, shards, wait-timeout",
        ),
        ("file:store?shards=1&shards=2", "`shards` twice"),
        ("file:store?shards=65536", "not a number in its range"),
        (
            "file:store?durability=maybe",
            "`maybe` is not one of none, process, power",
        ),
        ("file:store?max-payload-bytes=-1", "not a number"),
        ("file:store?wait-timeout=1", "not a length of time"),
        ("file:st%re", "written %25"),
        ("file://host/store", "no host"),
        ("sqlite:", "needs a path"),
        ("sqlite:db?table=", "it is empty"),
        ("sqlite:db?tree=a", "its parameters are create, durability"),
        ("sled:", "needs a path"),
        ("sled:db?flush-every=1", "not a length of time"),
        ("redis://127.0.0.1?pool-size=-1", "not a number"),
        ("redis://127.0.0.1?prefix=", "it is empty"),
        (
            "redis://127.0.0.1?table=a",
            "its parameters are connect-timeout",
        ),
    ] {
        for command in ["list", "sweep", "export", "verify", "compare"] {
            tool.run(&[command, url]).usage(text);
        }
        tool.run(&["import", url, "-"]).usage(text);
    }
    assert!(tool.names(".").is_empty());
}

#[test]
fn every_parameter_is_understood() {
    let tool = Tool::new();
    let url = "file:st%3Fre?durability=process&wait-timeout=250ms&max-payload-bytes=2000&shards=8";
    tool.feed(&["import", url, "-"], line("a", None, b"x"))
        .success();
    assert_eq!(tool.names("."), ["st?re"]);
    assert_eq!(tool.run(&["list", "file:st%3fre"]).success().stdout, "a\n");
    let absolute = format!("file://{}", tool.path("st%3Fre").display());
    assert_eq!(tool.run(&["list", &absolute]).success().stdout, "a\n");
}

#[test]
fn looking_at_a_store_that_is_not_there_makes_none() {
    let tool = Tool::new();
    fs::create_dir(tool.path("empty")).expect("a directory");
    for arguments in [
        &["list", "file:none"][..],
        &["show", "file:none", "a"],
        &["export", "file:none"],
        &["export", "file:none", "out"],
        &["remove", "file:none", "a"],
        &["touch", "--never", "file:none", "a"],
        &["sweep", "file:none"],
    ] {
        tool.run(arguments).failure("there is no session store in");
    }
    for (url, text) in [
        ("file:empty", "there is no session store in"),
        ("sled:empty", "there is no session store in"),
        ("sled:none", "there is no session store in"),
        ("sqlite:none.db", "there is no database in"),
    ] {
        let ended = tool.run(&["list", url]).failure(text);
        assert!(ended.stderr.contains("`import` makes"), "{ended:?}");
    }
    tool.run(&["import", "file:no/where", "-"])
        .failure("open failed");
    assert_eq!(tool.names("."), ["empty"]);
    assert!(tool.names("empty").is_empty());
}

#[test]
fn a_table_or_tree_that_is_not_there_is_not_made() {
    let tool = Tool::new();
    for (url, typo, why) in [
        ("sqlite:db", "sqlite:db?table=typo", "no table of sessions"),
        ("sled:trees", "sled:trees?tree=typo", "no tree of this name"),
    ] {
        tool.feed(&["import", url, "-"], line("a", None, b"x"))
            .success();
        for _ in 0..2 {
            tool.run(&["list", typo]).failure(why);
        }
        assert_eq!(tool.run(&["list", url]).success().stdout, "a\n");
    }
}

#[test]
fn an_option_that_the_driver_refuses_makes_nothing() {
    let tool = Tool::new();
    for (url, text) in [
        ("file:store?shards=0", "must be 1 to 256"),
        ("file:store?shards=257", "must be 1 to 256"),
        (
            "sled:store?durability=power",
            "does not survive a loss of power",
        ),
        ("redis://127.0.0.1?pool-size=0", "must have a connection"),
        ("redis://127.0.0.1?wait-timeout=400d", "a year at most"),
    ] {
        tool.run(&["import", url, "-"]).failure(text);
    }
    assert!(tool.names(".").is_empty());
}

#[test]
fn somebody_elses_directory_is_left_alone() {
    let tool = Tool::new();
    fs::create_dir(tool.path("foreign")).expect("a directory");
    fs::write(tool.path("foreign/letter"), "dear").expect("a file");
    for arguments in [
        &["list", "file:foreign"][..],
        &["import", "file:foreign", "-"],
    ] {
        tool.feed(arguments, line("a", None, b"x"))
            .failure("open failed");
    }
    assert_eq!(tool.names("foreign"), ["letter"]);
}

#[test]
fn a_store_that_others_may_write_to_is_refused() {
    let tool = Tool::holding(&line("a", None, b"x"));
    fs::set_permissions(tool.path("store"), Permissions::from_mode(0o777)).expect("own directory");
    tool.run(&["list", "file:store"])
        .failure("access was refused");
}

#[test]
fn exit_status_and_help() {
    let tool = Tool::new();
    tool.run(&[]).usage("Usage");
    tool.run(&["frobnicate"]).usage("unrecognized subcommand");
    for command in [
        "import", "export", "list", "show", "remove", "touch", "sweep", "verify", "compare",
    ] {
        let help = tool.run(&[command, "--help"]).success().stdout;
        assert!(help.contains("With --json"), "{help}");
    }
    let help = tool.run(&["--help"]).success().stdout;
    assert!(
        help.contains("file:PATH") && help.contains("Exit status"),
        "{help}"
    );
}

#[test]
fn a_url_that_is_not_understood_is_not_shown_for_it_may_hold_a_password() {
    let tool = Tool::new();
    for url in [
        "redis://ana:hidden?word@127.0.0.1:1",
        "redis://ana:hidden%zzword@127.0.0.1:1",
        "unix:/x?pass=hidden%zzword",
    ] {
        let ended = tool.run(&["list", url]);
        assert_ne!(ended.code, Some(0), "{url}");
        for part in ["hidden", "word@", "zzword"] {
            assert!(!ended.stderr.contains(part), "{ended:?}");
        }
    }
}

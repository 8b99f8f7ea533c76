//! A failover, asked for and needed.

use redis_test_server::{Reply, Sentinels, installed_or_skip};

#[test]
fn another_server_becomes_master_when_it_is_asked_for_and_when_the_master_dies() {
    let Some(_) = installed_or_skip("a Sentinel group") else {
        return;
    };
    let mut group = Sentinels::start().unwrap();
    let ports: Vec<String> = group
        .sentinels()
        .iter()
        .map(|one| one.port().to_string())
        .collect();
    assert_eq!(
        group.url(),
        format!(
            "redis-sentinel://127.0.0.1:{}/mymaster",
            ports.join(",127.0.0.1:")
        )
    );
    let first = group.master().unwrap();
    assert_eq!(first, 0);
    let mut connection = group.servers()[first].connect().unwrap();
    connection.command(&["SET", "key", "value"]).unwrap();
    let copies = connection.command(&["WAIT", "2", "30000"]).unwrap();
    assert_eq!(copies, Reply::Integer(2));

    let second = group.fail_over().unwrap();
    assert_ne!(second, first);
    group.wait_until_well().unwrap();
    assert_eq!(group.master().unwrap(), second);
    let refusal = group.servers()[first]
        .command(&["SET", "key", "other"])
        .unwrap_err();
    assert!(refusal.to_string().contains("READONLY"), "{refusal}");

    assert_eq!(group.kill_master().unwrap(), second);
    let third = group.wait_until_promoted(second).unwrap();
    assert_ne!(third, second);
    let kept = group.servers()[third].command(&["GET", "key"]).unwrap();
    assert_eq!(kept, Reply::Bulk(b"value".to_vec()));

    group.restart(second).unwrap();
    group.wait_until_well().unwrap();
    assert_eq!(group.master().unwrap(), third);
}

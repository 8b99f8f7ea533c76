//! A cluster, its slots, and its nodes' failures.

use redis_test_server::{AppendFsync, Cluster, Options, Reply, Server, installed_or_skip};

const KEYS: usize = 25;

#[test]
fn a_cluster_serves_every_slot_and_moves_one_under_its_clients() {
    let Some(_) = installed_or_skip("a cluster") else {
        return;
    };
    let cluster = Cluster::start(3).unwrap();
    let ports: Vec<u16> = cluster.nodes().iter().map(Server::port).collect();
    assert_eq!(
        cluster.url(),
        format!(
            "redis-cluster://127.0.0.1:{},127.0.0.1:{},127.0.0.1:{}",
            ports[0], ports[1], ports[2]
        )
    );
    assert_eq!(cluster.owner_of(0).unwrap(), 0);
    assert_eq!(cluster.owner_of(16_383).unwrap(), 2);

    let slot = cluster.slot_of("{tag}").unwrap();
    let from = cluster.owner_of(slot).unwrap();
    let to = (from + 1) % 3;
    for number in 0..KEYS {
        let key = format!("{{tag}}{number}");
        cluster.nodes()[from].command(&["SET", &key, "x"]).unwrap();
    }

    cluster.begin_move(slot, to).unwrap();
    let ask = cluster.nodes()[from].command(&["GET", "{tag}new"]);
    let ask = ask.unwrap_err().to_string();
    assert!(
        ask.contains(&format!("ASK {slot} 127.0.0.1:{}", ports[to])),
        "{ask}"
    );
    while cluster.move_some_keys(slot, to).unwrap() {}
    cluster.finish_move(slot, to).unwrap();

    assert_eq!(cluster.owner_of(slot).unwrap(), to);
    let moved = cluster.nodes()[from].command(&["GET", "{tag}0"]);
    let moved = moved.unwrap_err().to_string();
    assert!(
        moved.contains(&format!("MOVED {slot} 127.0.0.1:{}", ports[to])),
        "{moved}"
    );
    let count = ["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()];
    let count = cluster.nodes()[to].command(&count).unwrap();
    assert_eq!(count.text().unwrap(), KEYS.to_string());
    cluster.move_slot(slot, from).unwrap();
    let back = cluster.nodes()[from].command(&["GET", "{tag}0"]).unwrap();
    assert_eq!(back, Reply::Bulk(b"x".to_vec()));
    cluster.wait_until_ok().unwrap();
}

#[test]
fn a_cluster_notices_a_dead_node_and_takes_it_back() {
    let Some(_) = installed_or_skip("a cluster with a dead node") else {
        return;
    };
    let options = Options::new().append_only(AppendFsync::Always);
    let mut cluster = Cluster::start_with(3, &options).unwrap();
    cluster.nodes()[2].command(&["SET", "foo", "kept"]).unwrap();
    cluster.kill(2).unwrap();
    cluster.wait_until_down().unwrap();
    let refusal = cluster.nodes()[0].command(&["GET", "hello"]).unwrap_err();
    assert!(refusal.to_string().contains("CLUSTERDOWN"), "{refusal}");
    cluster.restart(2).unwrap();
    let kept = cluster.nodes()[2].command(&["GET", "foo"]).unwrap();
    assert_eq!(kept, Reply::Bulk(b"kept".to_vec()));
}

//! Masters that hang while other servers do not.

mod session;

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use redis_test_server::{Cluster, Sentinels, installed_or_skip};
use session::{Driver, FACES, NOW, Open, kind, put};
use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::ErrorKind;

fn opened(open: Open, url: &str) -> Driver {
    let builder = RedisDriver::builder(url).wait_timeout(Duration::from_millis(300));
    open(builder).expect("an open driver")
}

#[test]
fn a_driver_leaves_a_master_that_hangs_when_another_one_is_named() {
    let Some(_) = installed_or_skip("a hanging master") else {
        return;
    };
    for open in FACES {
        let sentinels = Sentinels::start().expect("sentinels");
        let driver = opened(open, &sentinels.url());
        put(&*driver, "one", b"x").expect("a store");
        let old = sentinels.master().expect("a master");
        sentinels.servers()[old].pause().expect("a stop");
        let silence = Duration::from_secs(1);
        sentinels.suspect_after(silence).expect("a setting");
        assert!(kind(put(&*driver, "one", b"lost")).is_some());
        sentinels.wait_until_promoted(old).expect("a new master");
        let begin = Instant::now();
        while let Some(kind) = kind(put(&*driver, "one", b"after")) {
            assert_eq!(kind, ErrorKind::Unavailable);
            assert!(begin.elapsed() < Duration::from_secs(30), "it stays");
        }
    }
}

#[test]
fn a_master_of_a_cluster_that_hangs_does_not_hide_the_others() {
    let Some(_) = installed_or_skip("a hanging master of a cluster") else {
        return;
    };
    for open in FACES {
        let cluster = Cluster::start(3).expect("a cluster");
        let driver = opened(open, &cluster.url());
        let owner_of = |name: &str| {
            let slot = cluster.slot_of(&format!("session:{name}"));
            slot.and_then(|slot| cluster.owner_of(slot))
        };
        let names: Vec<(usize, String)> = (0..30)
            .map(|number| number.to_string())
            .map(|name| (owner_of(&name).expect("an owner"), name))
            .collect();
        let limit = 1.try_into().expect("one is not zero");
        for (hanging, node) in cluster.nodes().iter().enumerate() {
            node.pause().expect("a stop");
            let swept = driver.sweep(NOW, limit);
            assert_eq!(kind(swept), Some(ErrorKind::Unavailable));
            let others = names.iter().filter(|(owner, _)| *owner != hanging);
            let failures = others.filter_map(|(_, name)| kind(put(&*driver, name, b"x")));
            let failures: Vec<_> = failures.collect();
            // It may be asked for the map, as a master and as one that the URL names.
            assert!(failures.len() <= 2, "{failures:?}");
            node.resume().expect("a continuation");
        }
    }
}

/// The first of the URL's addresses, as it stands when the driver is opened: a port where somebody
/// listens and never says anything.
#[test]
fn an_address_that_hangs_does_not_keep_a_cluster_from_being_opened() {
    let Some(_) = installed_or_skip("a hanging address of a cluster") else {
        return;
    };
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let silent = silent.local_addr().expect("an address");
    let cluster = Cluster::start(3).expect("a cluster");
    let before = format!("redis-cluster://{silent},{silent},");
    let url = cluster.url().replacen("redis-cluster://", &before, 1);
    for open in FACES {
        let driver = opened(open, &url);
        put(&*driver, "one", b"x").expect("a store");
    }
}

//! Masters that change, and keys that move from one to another.

mod session;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use redis_test_server::{Cluster, Sentinels, installed_or_skip};
use session::{Driver, FACES, NOW, Open, forever, id, kind, payload, put};
use session_driver_redis::RedisDriver;
use session_driver_redis::session_driver::{
    ErrorKind, Precondition, Result, SessionDriver, SessionId,
};

/// Longer than the sentinels need to make another server the master.
const FAILOVER: Duration = Duration::from_secs(90);

fn opened(open: Open, url: &str) -> Driver {
    opened_with(open, url, "session:")
}

fn opened_with(open: Open, url: &str, prefix: &str) -> Driver {
    let builder = RedisDriver::builder(url).prefix(prefix);
    let builder = builder.wait_timeout(Duration::from_secs(1));
    open(builder).expect("an open driver")
}

/// Its braces have all sessions in one slot.
const ONE_SLOT: &str = "{tag}:session:";

/// What a failover may answer: nothing was done, or nobody knows.
fn is_of_an_outage(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Indeterminate)
}

#[test]
fn a_driver_follows_the_sentinels_to_another_master() {
    let Some(_) = installed_or_skip("a failover") else {
        return;
    };
    for open in FACES {
        let mut sentinels = Sentinels::start().expect("sentinels");
        let driver = opened(open, &sentinels.url());
        put(&*driver, "one", b"before").expect("a store");
        let old = sentinels.kill_master().expect("a killed master");
        assert!(kind(put(&*driver, "one", b"lost")).is_some_and(is_of_an_outage));
        sentinels.wait_until_promoted(old).expect("a new master");
        put(&*driver, "one", b"after").expect("a store on the new master");
        let after = payload(&*driver, "one").expect("a retrieve");
        assert_eq!(after.as_deref(), Some(&b"after"[..]));
    }
}

#[test]
fn while_a_master_is_replaced_nothing_older_is_read_from_it() {
    let Some(_) = installed_or_skip("a planned failover") else {
        return;
    };
    for open in FACES {
        let sentinels = Sentinels::start().expect("sentinels");
        let driver = opened(open, &sentinels.url());
        sentinels.fail_over().expect("a new master");
        sentinels
            .wait_until_well()
            .expect("the old one as its replica");
        let begin = Instant::now();
        // The connections to the old master are gone, or it refuses to write.
        for number in 0..100_u32 {
            let written = number.to_be_bytes();
            while let Some(kind) = kind(put(&*driver, "counter", &written)) {
                assert!(is_of_an_outage(kind), "{kind:?}");
                assert!(begin.elapsed() < FAILOVER, "no master is found");
            }
            let read = payload(&*driver, "counter").expect("a retrieve");
            assert_eq!(read.as_deref(), Some(&written[..]));
        }
    }
}

#[test]
fn a_session_stays_itself_while_its_slot_moves() {
    let Some(_) = installed_or_skip("a resharded slot") else {
        return;
    };
    for open in FACES {
        let cluster = Cluster::start(3).expect("a cluster");
        let driver = opened_with(open, &cluster.url(), ONE_SLOT);
        let names: Vec<String> = (0..200).map(|number| format!("{number}")).collect();
        for name in &names {
            put(&*driver, name, b"0").expect("a store");
        }
        let slot = cluster.slot_of("{tag}:session:0").expect("a slot");
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut round = 0_u32;
                while !done.load(Ordering::Relaxed) || round < 3 {
                    round += 1;
                    for name in &names {
                        one_more(&*driver, name, round);
                    }
                }
                round
            });
            for _ in 0..3 {
                let owner = cluster.owner_of(slot).expect("an owner");
                let to = (owner + 1) % 3;
                cluster.begin_move(slot, to).expect("a beginning");
                while cluster.move_some_keys(slot, to).expect("some keys") {}
                cluster.finish_move(slot, to).expect("an end");
            }
            done.store(true, Ordering::Relaxed);
            let rounds = writer.join().expect("a writer that saw nothing wrong");
            for name in &names {
                let last = payload(&*driver, name).expect("a retrieve");
                assert_eq!(last, Some(rounds.to_string().into_bytes()), "{name}");
            }
        });
    }
}

/// Reads a session, finds what was written last, and writes the next.
fn one_more(driver: &dyn SessionDriver, name: &str, round: u32) {
    let record = until_served(|| driver.retrieve(&id(name), NOW));
    let record = record.expect("a session that nobody removed");
    assert_eq!(record.payload, (round - 1).to_string().into_bytes());
    let next = round.to_string().into_bytes();
    let when = Precondition::Version(record.version);
    until_served(|| driver.store(&id(name), forever(&next), when, NOW));
    assert!(until_served(|| driver.touch(&id(name), None, NOW)));
}

/// A server may know of a move later than others.
fn until_served<T>(operation: impl Fn() -> Result<T>) -> T {
    let begin = Instant::now();
    loop {
        match operation() {
            Ok(value) => return value,
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                assert!(begin.elapsed() < Duration::from_secs(10), "{error}");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_traversal_misses_nothing_while_a_slot_moves() {
    let Some(_) = installed_or_skip("a traversal of a resharded cluster") else {
        return;
    };
    for open in FACES {
        let cluster = Cluster::start(3).expect("a cluster");
        let driver = opened_with(open, &cluster.url(), ONE_SLOT);
        let all: HashSet<SessionId> = (0..3500).map(|number| id(&format!("{number}"))).collect();
        for id in &all {
            let stored = driver.store(id, forever(b"x"), Precondition::Absent, NOW);
            stored.expect("a store");
        }
        let slot = cluster.slot_of("{tag}:session:0").expect("a slot");
        for move_number in 0..3 {
            let to = (cluster.owner_of(slot).expect("an owner") + 1) % 3;
            let mut seen = HashSet::new();
            let mut moved = false;
            let outcome = driver.traverse(NOW, &mut |id| {
                assert!(seen.insert(id.clone()), "an id is visited twice");
                // At another time in each round.
                if !moved && seen.len() > 1 + move_number * 1200 {
                    moved = true;
                    cluster.move_slot(slot, to).expect("a move");
                }
                ControlFlow::Continue(())
            });
            outcome.expect("a traversal that began again");
            assert!(moved);
            assert_eq!(seen, all);
        }
        // While a slot is on its way for good, nobody can vouch for it.
        let to = (cluster.owner_of(slot).expect("an owner") + 1) % 3;
        cluster.begin_move(slot, to).expect("a beginning");
        cluster.move_some_keys(slot, to).expect("some keys");
        let outcome = driver.traverse(NOW, &mut |_| ControlFlow::Continue(()));
        assert_eq!(kind(outcome), Some(ErrorKind::Unavailable));
    }
}

#[test]
fn a_cluster_without_a_master_serves_again_when_it_is_back() {
    let Some(_) = installed_or_skip("a killed master of a cluster") else {
        return;
    };
    for open in FACES {
        let mut cluster = Cluster::start(3).expect("a cluster");
        let driver = opened(open, &cluster.url());
        let names: Vec<String> = (0..30).map(|number| number.to_string()).collect();
        for name in &names {
            put(&*driver, name, b"x").expect("a store");
        }
        cluster.kill(1).expect("a kill");
        cluster
            .wait_until_down()
            .expect("a cluster that misses slots");
        for name in &names {
            let refused = kind(put(&*driver, name, b"y"));
            assert!(refused.is_some_and(is_of_an_outage), "{refused:?}");
        }
        let outcome = driver.traverse(NOW, &mut |_| ControlFlow::Continue(()));
        assert_eq!(kind(outcome), Some(ErrorKind::Unavailable));
        cluster.restart(1).expect("a restart");
        for name in &names {
            until_served(|| put(&*driver, name, b"z"));
        }
    }
}

#[test]
fn a_key_that_is_on_its_way_is_asked_for_and_its_script_brought_along() {
    let Some(_) = installed_or_skip("a key on its way") else {
        return;
    };
    for open in FACES {
        let cluster = Cluster::start(3).expect("a cluster");
        let driver = opened_with(open, &cluster.url(), ONE_SLOT);
        put(&*driver, "1", b"x").expect("a store");
        let slot = cluster.slot_of("{tag}:session:1").expect("a slot");
        let to = (cluster.owner_of(slot).expect("an owner") + 1) % 3;
        cluster.begin_move(slot, to).expect("a beginning");
        while cluster.move_some_keys(slot, to).expect("some keys") {}
        for node in cluster.nodes() {
            node.command(&["SCRIPT", "FLUSH"]).expect("a flush");
        }
        assert!(driver.touch(&id("1"), None, NOW).expect("a touch"));
        put(&*driver, "2", b"y").expect("a store of a new key");
        let moved = driver.rotate(&id("1"), &id("3"), NOW);
        assert!(moved.expect("a rotate").is_some());
        assert_eq!(payload(&*driver, "1").expect("a retrieve"), None);
        let moved = payload(&*driver, "3").expect("a retrieve");
        assert_eq!(moved.as_deref(), Some(&b"x"[..]));
    }
}

#[test]
fn who_wants_to_change_a_session_waits_for_its_rotate() {
    let Some(_) = installed_or_skip("a claimed session") else {
        return;
    };
    for open in FACES {
        let cluster = Cluster::start(3).expect("a cluster");
        let driver = opened(open, &cluster.url());
        put(&*driver, "one", b"x").expect("a store");
        let claim = "{session:one} is rotating";
        let owner = cluster
            .slot_of(claim)
            .and_then(|slot| cluster.owner_of(slot));
        let owner = &cluster.nodes()[owner.expect("an owner")];

        // The one who rotates is gone: its claim ends by itself.
        let lapsing = ["SET", claim, "rotating", "PX", "200"];
        owner.command(&lapsing).expect("a claim");
        assert!(driver.touch(&id("one"), None, NOW).expect("a touch"));

        owner.command(&["SET", claim, "rotating"]).expect("a claim");
        assert_eq!(kind(put(&*driver, "one", b"y")), Some(ErrorKind::Busy));
        assert_eq!(
            kind(driver.touch(&id("one"), None, NOW)),
            Some(ErrorKind::Busy)
        );
        assert_eq!(kind(driver.remove(&id("one"), NOW)), Some(ErrorKind::Busy));
        let rotate = driver.rotate(&id("one"), &id("two"), NOW);
        assert_eq!(kind(rotate), Some(ErrorKind::Busy));
        let kept = payload(&*driver, "one").expect("a retrieve");
        assert_eq!(kept.as_deref(), Some(&b"x"[..]));
        let mut seen = vec![];
        let outcome = driver.traverse(NOW, &mut |id| {
            seen.push(id.clone());
            ControlFlow::Continue(())
        });
        outcome.expect("a traversal");
        assert_eq!(seen, [id("one")]);

        owner.command(&["DEL", claim]).expect("an end");
        let moved = driver.rotate(&id("one"), &id("two"), NOW);
        assert!(moved.expect("a rotate").is_some());
        put(&*driver, "one", b"z").expect("a store after the rotate");
    }
}

//! The checker against histories made by hand.

use std::time::Duration;

use session_driver::Capabilities;

use super::*;
use crate::call::{Call, Payload, Refusal, Reply, Seen, When};

fn event(lane: usize, from: u64, to: u64, call: Call, reply: Reply) -> Event {
    Event {
        lane,
        call,
        invoked: Duration::from_micros(from),
        answered: Some((Duration::from_micros(to), reply)),
    }
}

fn unanswered(lane: usize, from: u64, call: Call) -> Event {
    Event {
        lane,
        call,
        invoked: Duration::from_micros(from),
        answered: None,
    }
}

fn history(atomic_rotate: bool, events: Vec<Event>) -> History {
    let capabilities = Capabilities {
        atomic_rotate,
        rotate_keeps_version: true,
        ..Capabilities::MINIMAL
    };
    History::new(events, &capabilities)
}

fn store(id: &str, mark: u64, when: When) -> Call {
    store_until(id, mark, when, None)
}

fn store_until(id: &str, mark: u64, when: When, expires_at: Option<i64>) -> Call {
    let (id, payload) = (id.into(), Payload::new(mark, 8));
    Call::Store {
        id,
        payload,
        expires_at,
        when,
        now: 0,
    }
}

fn retrieve(id: &str, now: i64) -> Call {
    Call::Retrieve { id: id.into(), now }
}

fn touch(id: &str, deadline: i64) -> Call {
    Call::Touch {
        id: id.into(),
        expires_at: Some(deadline),
        now: 0,
    }
}

fn remove(id: &str) -> Call {
    Call::Remove {
        id: id.into(),
        now: 0,
    }
}

fn rotate(from: &str, to: &str) -> Call {
    let (from, to) = (from.into(), to.into());
    Call::Rotate { from, to, now: 0 }
}

fn found(mark: u64, version: u64) -> Reply {
    found_until(mark, version, None)
}

fn found_until(mark: u64, version: u64, expires_at: Option<i64>) -> Reply {
    let payload = Some(Payload::new(mark, 8));
    Reply::Found(Some(Seen {
        payload,
        expires_at,
        version,
    }))
}

fn refused(refusal: Refusal) -> Reply {
    Reply::Refused(refusal, String::new())
}

/// Histories that have an order: with and without an atomic rotate.
fn accepted(atomic_rotate: bool, events: Vec<Event>) {
    let history = history(atomic_rotate, events);
    assert_eq!(check(&history, "by hand"), Ok(()));
}

fn blamed(atomic_rotate: bool, events: Vec<Event>) -> String {
    check(&history(atomic_rotate, events), "by hand").expect_err("no order explains it")
}

#[test]
fn a_read_beside_a_store_may_see_it_or_not() {
    for seen in [Reply::Found(None), found(1, 1)] {
        accepted(
            true,
            vec![
                event(0, 0, 10, store("a", 1, When::Any), Reply::Stored(1)),
                event(1, 5, 15, retrieve("a", 0), seen),
            ],
        );
    }
}

#[test]
fn a_stale_read_is_found_and_the_answer_blamed() {
    let text = blamed(
        true,
        vec![
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 3, store("a", 2, When::Any), Reply::Stored(2)),
            event(1, 4, 5, retrieve("a", 0), found(1, 1)),
            event(1, 6, 7, retrieve("a", 0), found(2, 2)),
        ],
    );
    assert!(text.contains("no order of 3 operations"), "{text}");
    // The read that came to pass first is to blame; the one after it does not matter.
    assert!(
        text.ends_with(
            "
            1   1..2     store id-1 1x8 until never when any at 0 => stored 1
            1   3..4     store id-1 2x8 until never when any at 0 => stored 2
            2   5..6     retrieve id-1 at 0 => found 1x8 until never version 1
        \".parse().unwrap();
        assert!(!history.is_linearizable());
    }"
        ),
        "{text}"
    );
}

#[test]
fn two_reads_must_not_go_back() {
    blamed(
        true,
        vec![
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 20, store("a", 2, When::Any), Reply::Stored(2)),
            event(1, 3, 5, retrieve("a", 0), found(2, 2)),
            event(2, 6, 7, retrieve("a", 0), found(1, 1)),
        ],
    );
}

#[test]
fn a_lost_update_is_found() {
    blamed(
        true,
        vec![
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 9, store("a", 2, When::Version(1)), Reply::Stored(2)),
            event(1, 2, 9, store("a", 3, When::Version(1)), Reply::Stored(3)),
        ],
    );
    accepted(
        true,
        vec![
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 9, store("a", 2, When::Version(1)), Reply::Stored(2)),
            event(
                1,
                2,
                9,
                store("a", 3, When::Version(1)),
                refused(Refusal::Conflict),
            ),
        ],
    );
}

#[test]
fn a_resurrection_after_a_remove_is_found() {
    let begin = [
        event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
        event(0, 2, 3, remove("a"), Reply::Was(true)),
    ];
    for (call, reply) in [
        (store("a", 2, When::Present), Reply::Stored(2)),
        (touch("a", 9), Reply::Was(true)),
        (retrieve("a", 0), found(1, 1)),
    ] {
        let mut events = begin.to_vec();
        events.push(event(1, 4, 5, call, reply));
        blamed(true, events);
    }
    // A save that began before the remove ended may come first.
    accepted(
        true,
        vec![
            begin[0].clone(),
            event(1, 2, 9, store("a", 2, When::Present), Reply::Stored(2)),
            event(0, 3, 8, remove("a"), Reply::Was(true)),
            event(0, 10, 11, retrieve("a", 0), Reply::Found(None)),
        ],
    );
}

#[test]
fn a_double_remove_is_found() {
    blamed(
        true,
        vec![
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 9, remove("a"), Reply::Was(true)),
            event(1, 2, 9, remove("a"), Reply::Was(true)),
        ],
    );
}

#[test]
fn both_ids_of_a_rotate_are_never_absent() {
    for atomic_rotate in [true, false] {
        blamed(
            atomic_rotate,
            vec![
                event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
                event(0, 2, 20, rotate("a", "b"), Reply::Rotated(Some(1))),
                event(1, 3, 4, retrieve("a", 0), Reply::Found(None)),
                event(1, 5, 6, retrieve("b", 0), Reply::Found(None)),
            ],
        );
    }
}

#[test]
fn both_ids_of_a_rotate_are_live_without_the_capability_alone() {
    let events = vec![
        event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
        event(0, 2, 20, rotate("a", "b"), Reply::Rotated(Some(1))),
        event(1, 3, 4, retrieve("b", 0), found(1, 1)),
        event(1, 5, 6, retrieve("a", 0), found(1, 1)),
    ];
    accepted(false, events.clone());
    blamed(true, events);
}

#[test]
fn a_rotate_loses_neither_an_update_nor_a_remove() {
    for (call, reply) in [
        (store("a", 2, When::Present), Reply::Stored(2)),
        (remove("a"), Reply::Was(true)),
    ] {
        blamed(
            false,
            vec![
                event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
                event(0, 2, 20, rotate("a", "b"), Reply::Rotated(Some(1))),
                event(1, 2, 20, call.clone(), reply.clone()),
                event(1, 21, 22, retrieve("b", 0), found(1, 1)),
            ],
        );
    }
}

#[test]
fn a_rotate_that_loses_to_a_remove_takes_its_copy_back() {
    accepted(
        false,
        vec![
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 20, rotate("a", "b"), Reply::Rotated(None)),
            event(1, 3, 4, retrieve("b", 0), found(1, 1)),
            event(1, 5, 6, remove("a"), Reply::Was(true)),
            event(1, 21, 22, retrieve("b", 0), Reply::Found(None)),
        ],
    );
}

/// What an `Encrypted` layer did: it had read `a` before it was removed, or stored anew, and stored the
/// copy after that. Both ids may be live for a moment; a copy that is late does not stay either.
#[test]
fn a_copy_may_come_late_and_is_taken_back() {
    for (call, reply) in [
        (store("a", 2, When::Present), Reply::Stored(2)),
        (remove("a"), Reply::Was(true)),
    ] {
        let was_removed = matches!(call, Call::Remove { .. });
        let (rotated, after) = match was_removed {
            true => (None, Reply::Found(None)),
            false => (Some(2), found(2, 2)),
        };
        let begin = [
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 20, rotate("a", "b"), Reply::Rotated(rotated)),
            event(1, 3, 4, call, reply),
            event(1, 5, 6, retrieve("b", 0), Reply::Found(None)),
            event(1, 7, 8, retrieve("b", 0), found(1, 1)),
        ];
        let end = |seen| event(1, 21, 22, retrieve("b", 0), seen);
        let with = |last| begin.iter().cloned().chain([last]).collect::<Vec<_>>();
        accepted(false, with(end(after)));
        blamed(false, with(end(found(1, 1))));
    }
}

/// The same where `b` was live when `a` was read, and went before the copy was stored.
#[test]
fn a_copy_may_come_late_where_another_record_has_gone() {
    let begin = [
        event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
        event(0, 2, 3, store("b", 2, When::Any), Reply::Stored(2)),
        event(0, 4, 20, rotate("a", "b"), Reply::Rotated(None)),
        event(1, 5, 6, remove("a"), Reply::Was(true)),
        event(1, 7, 8, remove("b"), Reply::Was(true)),
        event(1, 9, 10, retrieve("b", 0), found(1, 1)),
    ];
    let end = |seen| event(1, 21, 22, retrieve("b", 0), seen);
    let with = |last| begin.iter().cloned().chain([last]).collect::<Vec<_>>();
    accepted(false, with(end(Reply::Found(None))));
    blamed(false, with(end(found(1, 1))));
}

/// Somebody stored the very bytes that the copy has, and a driver whose rotates give new versions
/// leaves what is not its copy.
#[test]
fn a_record_that_looks_like_the_copy_it_replaced_is_not_taken_back() {
    let begin = [
        event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
        event(0, 2, 20, rotate("a", "b"), refused(Refusal::AlreadyExists)),
        event(1, 3, 4, store("b", 1, When::Present), Reply::Stored(2)),
        event(1, 5, 6, touch("a", 9), Reply::Was(true)),
    ];
    for (seen, has_an_order) in [(found(1, 2), true), (Reply::Found(None), false)] {
        let mut events = begin.to_vec();
        events.push(event(1, 21, 22, retrieve("b", 0), seen));
        let history = History::new(events, &Capabilities::MINIMAL);
        assert_eq!(history.is_linearizable(), has_an_order);
    }
}

/// `a` looks as it did when it was copied, and yet has been touched twice: a driver that compares
/// more than what callers see begins again.
#[test]
fn a_rotate_may_begin_again_after_touches_there_and_back() {
    accepted(
        false,
        vec![
            event(
                0,
                0,
                1,
                store_until("a", 1, When::Any, Some(9)),
                Reply::Stored(1),
            ),
            event(0, 2, 20, rotate("a", "b"), Reply::Rotated(Some(1))),
            event(1, 3, 4, retrieve("b", 0), found_until(1, 1, Some(9))),
            event(1, 5, 6, touch("a", 8), Reply::Was(true)),
            event(1, 7, 8, touch("a", 9), Reply::Was(true)),
            event(1, 9, 10, retrieve("b", 0), found_until(1, 1, Some(9))),
            event(1, 11, 12, retrieve("b", 0), Reply::Found(None)),
            event(1, 21, 22, retrieve("b", 0), found_until(1, 1, Some(9))),
        ],
    );
}

#[test]
fn an_unanswered_operation_happens_late_or_never_but_not_twice() {
    let begin = [
        event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
        unanswered(1, 2, store("a", 2, When::Any)),
    ];
    for late in [found(1, 1), found(2, 7)] {
        let mut events = begin.to_vec();
        events.push(event(0, 3, 4, retrieve("a", 0), found(1, 1)));
        events.push(event(0, 5, 6, retrieve("a", 0), late));
        accepted(true, events);
    }
    let mut events = begin.to_vec();
    events.push(event(0, 3, 4, retrieve("a", 0), found(2, 7)));
    events.push(event(0, 5, 6, remove("a"), Reply::Was(true)));
    events.push(event(0, 7, 8, retrieve("a", 0), found(2, 7)));
    blamed(true, events);
}

#[test]
fn a_later_now_may_discard_for_good_and_nothing_else_may() {
    let begin = [event(
        0,
        0,
        1,
        store_until("a", 1, When::Any, Some(50)),
        Reply::Stored(1),
    )];
    for sees in [Reply::Found(None), found_until(1, 1, Some(50))] {
        let mut events = begin.to_vec();
        events.push(event(1, 2, 3, retrieve("a", 60), Reply::Found(None)));
        events.push(event(0, 4, 5, retrieve("a", 0), sees));
        accepted(true, events);
    }
    let mut events = begin.to_vec();
    events.push(event(1, 2, 3, retrieve("a", 49), Reply::Found(None)));
    blamed(true, events);
}

#[test]
fn a_torn_record_is_found() {
    for torn in [found_until(1, 2, None), found_until(2, 2, Some(7))] {
        blamed(
            true,
            vec![
                event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
                event(0, 2, 9, store("a", 2, When::Any), Reply::Stored(2)),
                event(1, 3, 8, retrieve("a", 0), torn),
            ],
        );
    }
}

#[test]
fn what_does_not_matter_for_a_violation_is_left_out_and_what_does_is_not() {
    let text = blamed(
        true,
        vec![
            event(7, 0, 1, store("x", 9, When::Any), Reply::Stored(9)),
            event(3, 0, 1, store("y", 8, When::Any), Reply::Stored(8)),
            event(3, 2, 3, retrieve("y", 0), found(8, 8)),
            event(7, 4, 9, remove("x"), Reply::Was(true)),
            event(3, 5, 6, touch("y", 9), Reply::Was(true)),
            event(5, 10, 12, store("x", 7, When::Present), Reply::Stored(7)),
        ],
    );
    assert!(text.contains("no order of 3 operations"), "{text}");
    assert!(text.contains("remove id-1 at 0 => was true"), "{text}");
    assert!(!text.contains("id-2"), "{text}");
}

#[test]
fn a_repeated_version_is_found() {
    blamed(
        true,
        vec![
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 3, store("b", 2, When::Any), Reply::Stored(1)),
        ],
    );
}

#[test]
fn a_sweep_discards_one_record_after_the_other() {
    let begin = [
        event(
            0,
            0,
            1,
            store_until("a", 1, When::Any, Some(50)),
            Reply::Stored(1),
        ),
        event(
            0,
            2,
            3,
            store_until("b", 2, When::Any, Some(50)),
            Reply::Stored(2),
        ),
        event(
            1,
            4,
            20,
            Call::Sweep {
                now: 60,
                limit: None,
            },
            Reply::Swept {
                removed: 2,
                more: false,
            },
        ),
        event(0, 5, 6, retrieve("a", 0), Reply::Found(None)),
        event(0, 7, 8, retrieve("b", 0), found_until(2, 2, Some(50))),
    ];
    accepted(true, begin.to_vec());
    let mut events = begin.to_vec();
    events.push(event(
        0,
        9,
        10,
        retrieve("a", 0),
        found_until(1, 1, Some(50)),
    ));
    blamed(true, events);
}

#[test]
fn what_is_pasted_is_read_and_has_no_order() {
    let text = blamed(
        false,
        vec![
            event(0, 0, 1, store("a", 1, When::Any), Reply::Stored(1)),
            event(0, 2, 20, rotate("a", "b"), Reply::Rotated(Some(1))),
            event(1, 3, 4, retrieve("a", 0), Reply::Found(None)),
            event(1, 5, 6, retrieve("b", 0), Reply::Found(None)),
        ],
    );
    let literal = text.split('"').nth(1).expect("the history is a literal");
    let pasted: History = literal.parse().expect("it is well written");
    assert!(!pasted.is_linearizable());
    assert_eq!(pasted.events().count(), 4);
    assert!(text.contains(".parse().unwrap();") && text.contains("#[test]"));
}

//! What others do between the two halves of a rotate, and what fails there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use session_driver_layers::session_driver::{
    ErrorKind, Operation, Precondition, SessionDriver, SessionId,
};

use super::{at, found, kind, payload, sealed_over, store, until};
use crate::puppet::Puppet;
use crate::{NOW, forever, id};

/// A driver beneath, `from` live in it, and whoever uses it beside the rotate.
struct Scene {
    puppet: Puppet,
    from: SessionId,
    to: SessionId,
}

impl Scene {
    fn new() -> Scene {
        let scene = Scene {
            puppet: Puppet::new(),
            from: id("from"),
            to: id("to"),
        };
        store(&scene.others(), &scene.from, until(b"old", at(9)));
        scene
    }

    /// The same store, past the puppet.
    fn others(&self) -> impl SessionDriver + use<> {
        sealed_over(self.puppet.memory.clone())
    }

    /// Has them act, or the call fail, before the call with this number, counted from 0 among those
    /// of the operation.
    fn before(
        &self,
        operation: Operation,
        number: usize,
        act: impl Fn(&dyn SessionDriver) -> Result<(), ErrorKind> + Send + 'static,
    ) {
        let (others, count) = (self.others(), AtomicUsize::new(0));
        self.puppet.pull(move |called| {
            match called == operation && count.fetch_add(1, Ordering::Relaxed) == number {
                true => act(&others),
                false => Ok(()),
            }
        });
    }

    fn rotate(&self) -> Result<bool, ErrorKind> {
        let driver = sealed_over(self.puppet.clone());
        let rotated = driver.rotate(&self.from, &self.to, NOW);
        let rotated = rotated.map_err(|error| error.kind())?;
        let version = found(&self.others(), &self.to).map(|record| record.version);
        assert!(rotated.is_none() || rotated == version);
        Ok(rotated.is_some())
    }

    /// What is live at last under `from` and under `to`.
    fn left(&self) -> [Option<Vec<u8>>; 2] {
        let others = self.others();
        [&self.from, &self.to].map(|who| payload(&others, who))
    }
}

fn old() -> Option<Vec<u8>> {
    Some(b"old".to_vec())
}

fn new() -> Option<Vec<u8>> {
    Some(b"new".to_vec())
}

/// The first store of a rotate is the copy, the second removes `from`.
const REMOVAL: usize = 1;

#[test]
fn a_rotate_seals_anew_and_gives_a_new_version() {
    let scene = Scene::new();
    let before = found(&scene.others(), &scene.from).expect("a record");
    assert_eq!(scene.rotate(), Ok(true));
    let after = found(&scene.others(), &scene.to).expect("a record");
    assert_ne!(after.version, before.version);
    assert_eq!(after.expires_at, before.expires_at);
    assert_eq!(scene.left(), [None, old()]);
}

#[test]
fn rot_4_a_remove_between_the_halves_leaves_neither() {
    let scene = Scene::new();
    let from = scene.from.clone();
    scene.before(Operation::Store, REMOVAL, move |others| {
        assert!(others.remove(&from, NOW).expect("a remove"));
        Ok(())
    });
    assert_eq!(scene.rotate(), Ok(false));
    assert_eq!(scene.left(), [None, None]);
}

#[test]
fn rot_4_neither_is_left_when_the_copy_was_touched_meanwhile() {
    // At 0 milliseconds the copy is expired for the rotate's own instant, and live before it.
    for deadline in [Some(at(7)), None, Some(at(0))] {
        let scene = Scene::new();
        let (from, to) = (scene.from.clone(), scene.to.clone());
        scene.before(Operation::Store, REMOVAL, move |others| {
            assert!(others.touch(&to, deadline, at(-1)).expect("a touch"));
            assert!(others.remove(&from, NOW).expect("a remove"));
            Ok(())
        });
        assert_eq!(scene.rotate(), Ok(false));
        assert_eq!(scene.left(), [None, None]);
        let earlier = scene.others().retrieve(&scene.to, at(-1));
        assert_eq!(earlier.expect("a read"), None, "touched to {deadline:?}");
    }
}

#[test]
fn rot_4_nor_when_it_is_touched_while_it_is_taken_back() {
    let scene = Scene::new();
    let (from, to) = (scene.from.clone(), scene.to.clone());
    let stores = Arc::new(AtomicUsize::new(0));
    let others = scene.others();
    scene.puppet.pull(move |called| {
        if called == Operation::Store {
            match stores.fetch_add(1, Ordering::Relaxed) {
                0 => {}
                1 => assert!(others.remove(&from, NOW).expect("a remove")),
                // The first attempts to take the copy back.
                2..6 => assert!(others.touch(&to, None, NOW).expect("a touch")),
                _ => {}
            }
        }
        Ok(())
    });
    assert_eq!(scene.rotate(), Ok(false));
    assert_eq!(scene.left(), [None, None]);
}

#[test]
fn rot_3_what_was_stored_or_touched_between_the_halves_is_moved() {
    let scene = Scene::new();
    let from = scene.from.clone();
    scene.before(Operation::Store, REMOVAL, move |others| {
        store(&others, &from, until(b"new", at(5)));
        assert!(others.touch(&from, Some(at(8)), NOW).expect("a touch"));
        Ok(())
    });
    assert_eq!(scene.rotate(), Ok(true));
    assert_eq!(scene.left(), [None, new()]);
    let moved = found(&scene.others(), &scene.to).expect("a record");
    assert_eq!(moved.expires_at, Some(at(8)));
}

#[test]
fn a_record_that_replaced_the_copy_stays() {
    let scene = Scene::new();
    let (from, to) = (scene.from.clone(), scene.to.clone());
    scene.before(Operation::Store, REMOVAL, move |others| {
        store(&others, &to, forever(b"new"));
        assert!(others.remove(&from, NOW).expect("a remove"));
        Ok(())
    });
    assert_eq!(scene.rotate(), Ok(false));
    assert_eq!(scene.left(), [None, new()]);
}

#[test]
fn rot_2_a_from_that_went_before_to_came_to_be_is_absent() {
    let scene = Scene::new();
    let (from, to) = (scene.from.clone(), scene.to.clone());
    scene.before(Operation::Store, 0, move |others| {
        assert!(others.remove(&from, NOW).expect("a remove"));
        store(&others, &to, forever(b"new"));
        Ok(())
    });
    assert_eq!(scene.rotate(), Ok(false));
    assert_eq!(scene.left(), [None, new()]);
}

#[test]
fn rot_2_a_live_to_is_refused_and_so_is_from_itself() {
    let scene = Scene::new();
    store(&scene.others(), &scene.to, forever(b"new"));
    assert_eq!(scene.rotate(), Err(ErrorKind::AlreadyExists));
    assert_eq!(scene.left(), [old(), new()]);
    let driver = sealed_over(scene.puppet.clone());
    let onto_itself = driver.rotate(&scene.from, &scene.from, NOW);
    assert_eq!(kind(onto_itself), Some(ErrorKind::AlreadyExists));
    assert_eq!(scene.left(), [old(), new()]);
}

#[test]
fn a_copy_that_cannot_be_stored_changes_nothing() {
    for kind in [
        ErrorKind::StorageFull,
        ErrorKind::Busy,
        ErrorKind::Indeterminate,
    ] {
        let scene = Scene::new();
        scene.before(Operation::Store, 0, move |_| Err(kind));
        assert_eq!(scene.rotate(), Err(kind));
        assert_eq!(scene.left(), [old(), None]);
    }
}

#[test]
fn atm_3_the_copy_is_taken_back_when_from_cannot_be_removed() {
    for kind in [
        ErrorKind::Unavailable,
        ErrorKind::Busy,
        ErrorKind::StorageFull,
    ] {
        let scene = Scene::new();
        scene.before(Operation::Store, REMOVAL, move |_| Err(kind));
        assert_eq!(scene.rotate(), Err(kind));
        assert_eq!(scene.left(), [old(), None]);
    }
}

#[test]
fn atm_3_a_copy_that_cannot_be_taken_back_is_indeterminate() {
    let scene = Scene::new();
    let stores = AtomicUsize::new(0);
    scene.puppet.pull(move |called| {
        let is_late = called == Operation::Store && stores.fetch_add(1, Ordering::Relaxed) > 0;
        match is_late {
            true => Err(ErrorKind::Unavailable),
            false => Ok(()),
        }
    });
    assert_eq!(scene.rotate(), Err(ErrorKind::Indeterminate));
    assert_eq!(scene.left(), [old(), old()]);
}

#[test]
fn a_from_that_may_be_gone_leaves_the_copy() {
    let scene = Scene::new();
    let from = scene.from.clone();
    scene.before(Operation::Store, REMOVAL, move |others| {
        assert!(others.remove(&from, NOW).expect("a remove"));
        Err(ErrorKind::Indeterminate)
    });
    assert_eq!(scene.rotate(), Err(ErrorKind::Indeterminate));
    assert_eq!(scene.left(), [None, old()]);
}

#[test]
fn a_touch_or_save_that_fails_beneath_says_how_and_changes_nothing() {
    for due in [
        ErrorKind::Unavailable,
        ErrorKind::StorageFull,
        ErrorKind::Indeterminate,
    ] {
        let scene = Scene::new();
        let driver = sealed_over(scene.puppet.clone());
        let before = found(&scene.others(), &scene.from);
        scene.before(Operation::Store, 0, move |_| Err(due));
        assert_eq!(kind(driver.touch(&scene.from, None, NOW)), Some(due));
        scene.before(Operation::Store, 0, move |_| Err(due));
        let saved = driver.store(&scene.from, forever(b"new"), Precondition::Present, NOW);
        assert_eq!(kind(saved), Some(due));
        assert_eq!(found(&scene.others(), &scene.from), before);
    }
}

#[test]
fn who_is_overtaken_begins_again() {
    let scene = Scene::new();
    let driver = sealed_over(scene.puppet.clone());
    let from = scene.from.clone();
    scene.before(Operation::Store, 0, move |others| {
        store(&others, &from, until(b"new", at(5)));
        Ok(())
    });
    assert!(
        driver
            .touch(&scene.from, Some(at(7)), NOW)
            .expect("a touch")
    );
    let touched = found(&scene.others(), &scene.from).expect("a record");
    assert_eq!(
        (touched.payload, touched.expires_at),
        (b"new".to_vec(), Some(at(7)))
    );

    let from = scene.from.clone();
    scene.before(Operation::Store, 0, move |others| {
        assert!(others.touch(&from, Some(at(8)), NOW).expect("a touch"));
        Ok(())
    });
    let when = Precondition::Version(touched.version);
    let saved = driver.store(&scene.from, forever(b"old"), when, NOW);
    saved.expect("a touch is no store");

    let from = scene.from.clone();
    scene.before(Operation::Store, 0, move |others| {
        assert!(others.remove(&from, NOW).expect("a remove"));
        Ok(())
    });
    let saved = driver.store(&scene.from, forever(b"new"), Precondition::Present, NOW);
    assert_eq!(kind(saved), Some(ErrorKind::NotFound));
    assert_eq!(scene.left(), [None, None]);
}

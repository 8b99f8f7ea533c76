//! A driver's whole day in short: every operation, with success and with refusals.

use std::ops::ControlFlow;

use session_driver::{ErrorKind, Precondition, SessionDriver};

use crate::case::{Verdict, ensure};
use crate::expect::refused;
use crate::steps::UNLIMITED;
use crate::workload::{NOW, at, forever, id, until};

/// The rounds after which a sweep and a traversal come, which cost a pass each.
const BETWEEN_SWEEPS: u32 = 32;

/// Uses all operations, on ids of its own that are absent before and after.
pub(crate) fn use_all_operations(driver: &dyn SessionDriver, seed: u64, times: u32) -> Verdict {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..times).try_for_each(|time| {
        if time % BETWEEN_SWEEPS == 0 {
            driver.store(&id("due"), until(b"due", 1), Precondition::Any, NOW)?;
            driver.sweep(at(1), UNLIMITED)?;
            // A sweep leaves it to a backend that expires records itself.
            driver.remove(&id("due"), at(1))?;
            driver.traverse(NOW, &mut |_| ControlFlow::Break(()))?;
        }
        use_once(driver, &mut rng)
    })
}

fn use_once(driver: &dyn SessionDriver, rng: &mut fastrand::Rng) -> Verdict {
    let name = rng.u64(..);
    let (who, elsewhere) = (id(&format!("{name}")), id(&format!("{name}-elsewhere")));
    let payload = vec![rng.u8(..); rng.usize(..4096)];
    let first = driver.store(&who, forever(&payload), Precondition::Absent, NOW)?;
    ensure!(
        driver.retrieve(&who, NOW)?.is_some(),
        "a record that was just stored is absent"
    );
    ensure!(
        driver.touch(&who, Some(at(20_000)), NOW)?,
        "the touch of a live id answers false"
    );
    let second = driver.store(
        &who,
        until(&payload, 9_000),
        Precondition::Version(first),
        NOW,
    )?;
    for (when, kind) in [
        (Precondition::Absent, ErrorKind::AlreadyExists),
        (Precondition::Version(first), ErrorKind::Conflict),
    ] {
        refused(
            driver.store(&who, forever(b""), when, NOW),
            kind,
            "a store that is refused",
        )?;
    }
    let missing = driver.store(&elsewhere, forever(b""), Precondition::Present, NOW);
    refused(missing, ErrorKind::NotFound, "a store onto an absent id")?;
    ensure!(
        driver.retrieve(&elsewhere, NOW)?.is_none(),
        "an id that was never stored is live"
    );
    ensure!(
        driver.rotate(&who, &elsewhere, NOW)?.is_some(),
        "the rotate of a live id answers None"
    );
    ensure!(
        driver.remove(&elsewhere, NOW)?,
        "the remove of a live id answers false"
    );
    let gone = driver.store(&elsewhere, forever(b""), Precondition::Version(second), NOW);
    refused(gone, ErrorKind::NotFound, "a store onto a removed id")?;
    driver.store(&who, until(&payload, -1), Precondition::Any, at(-2))?;
    driver.remove(&who, NOW)?;
    Ok(())
}

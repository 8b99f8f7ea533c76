//! The ways in which an id can be absent.

use session_driver::{Precondition, SessionDriver, SessionId, Version};

use crate::case::{Stop, ensure};
use crate::steps::{UNLIMITED, drained};
use crate::workload::{NOW, at, forever, id, until};

/// Why an id is absent at [`NOW`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    NeverStored,
    Removed,
    RotatedAway,
    /// Its deadline is [`NOW`], and nothing has discarded it yet.
    Expired,
    Swept,
    /// Stored with a deadline that had passed.
    StoredDead,
    /// Touched to a deadline that had passed.
    TouchedDead,
}

impl Absence {
    pub(crate) const ALL: [Absence; 7] = [
        Absence::NeverStored,
        Absence::Removed,
        Absence::RotatedAway,
        Absence::Expired,
        Absence::Swept,
        Absence::StoredDead,
        Absence::TouchedDead,
    ];

    /// What is stored under an id before it becomes absent.
    pub(crate) const PAYLOAD: &'static [u8] = b"of the time before it was absent";

    /// Makes the id absent at [`NOW`] in this way, and gives the version that its record had.
    pub(crate) fn bring_about(
        self,
        driver: &dyn SessionDriver,
        who: &SessionId,
    ) -> Result<Option<Version>, Stop> {
        if self == Absence::NeverStored {
            return Ok(None);
        }
        let expires = matches!(self, Absence::Expired | Absence::Swept);
        let version = if expires {
            driver.store(
                who,
                until(Absence::PAYLOAD, 0),
                Precondition::Any,
                at(-1_000),
            )?
        } else {
            driver.store(who, forever(Absence::PAYLOAD), Precondition::Any, NOW)?
        };
        match self {
            Absence::NeverStored | Absence::Expired => {}
            Absence::Swept => {
                drained(driver, NOW, UNLIMITED)?;
            }
            Absence::Removed => {
                ensure!(
                    driver.remove(who, NOW)?,
                    "the remove of a live id answers false"
                );
            }
            Absence::RotatedAway => {
                let to = elsewhere(who);
                let moved = driver.rotate(who, &to, NOW)?;
                ensure!(moved.is_some(), "the rotate of a live id answers None");
                driver.remove(&to, NOW)?;
            }
            Absence::StoredDead => {
                let dead = until(Absence::PAYLOAD, 0);
                driver.store(who, dead, Precondition::Present, NOW)?;
            }
            Absence::TouchedDead => {
                let touched = driver.touch(who, Some(NOW), NOW)?;
                ensure!(touched, "the touch of a live id answers false");
            }
        }
        Ok(Some(version))
    }

    /// Whether a record may still lie under the id, which an earlier `now` shows.
    pub(crate) fn may_remain(self) -> bool {
        // A backend that expires records itself need not sweep them.
        matches!(self, Absence::Expired | Absence::Swept)
    }
}

fn elsewhere(who: &SessionId) -> SessionId {
    let kept = &who.as_str()[..who.as_str().len().min(100)];
    id(&format!("{kept}-elsewhere"))
}

//! Data of other programs, beside a driver's own.

use session_driver::ErrorKind;

use crate::case::{Context, Driver, Stop, Verdict, ensure};
use crate::hook::Contents;
use crate::place::Place;
use crate::subject::Setup;

/// What was put into a backend and is not the driver's.
#[derive(Debug)]
pub(crate) struct Foreign {
    planted: Contents,
}

impl Foreign {
    /// Puts foreign data into the backend, which nobody has open.
    ///
    /// # Errors
    /// Unobserved when the subject cannot.
    pub(crate) fn plant(context: &Context, place: &Place) -> Result<Foreign, Stop> {
        let before = context.contents(place)?;
        context.add_foreign(place)?;
        let mut planted = context.contents(place)?;
        planted.retain(|name, _| !before.contains_key(name));
        ensure!(
            !planted.is_empty(),
            "the hook `add_foreign` adds nothing that the hook `contents` shows"
        );
        Ok(Foreign { planted })
    }

    /// Opens the store beside the foreign data.
    ///
    /// # Errors
    /// NotApplicable when the driver refuses to, which rule HYG-7 allows, and leaves them.
    pub(crate) fn open_beside(&self, context: &Context, place: &Place) -> Result<Driver, Stop> {
        match context.open_raw(place, &Setup::default()).map(drop) {
            Err(error) if error.kind() == ErrorKind::Incompatible => {
                self.is_left(context, place)?;
                let reason = "the driver opens no store that lies beside another program's data";
                Err(Stop::NotApplicable(reason.into()))
            }
            _ => context.open(place, &Setup::default()),
        }
    }

    /// It is as it was; nobody has the backend open.
    pub(crate) fn is_left(&self, context: &Context, place: &Place) -> Verdict {
        let contents = context.contents(place)?;
        for (name, bytes) in &self.planted {
            let name_shown = String::from_utf8_lossy(name);
            let Some(found) = contents.get(name) else {
                return Err(Stop::Failed(format!(
                    "the driver took away foreign data, {name_shown:?}"
                )));
            };
            ensure!(
                found == bytes,
                "the driver changed foreign data, {name_shown:?}"
            );
        }
        Ok(())
    }
}

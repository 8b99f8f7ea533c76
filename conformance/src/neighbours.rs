//! Two namespaces in one backend.

use session_driver::{ErrorKind, SessionDriver};

use crate::case::{Context, Driver, Stop, Verdict};
use crate::patient::{Patient, patiently};
use crate::place::Place;
use crate::subject::Setup;

/// Two namespaces of one backend: both open, or one after the other where the driver lets nobody
/// else in.
#[derive(Debug)]
pub(crate) struct Neighbours<'a> {
    context: &'a Context,
    place: Place,
    setups: [Setup; 2],
    open: [Option<Driver>; 2],
}

/// A namespace that the driver refuses to open, beside the other or by itself.
#[derive(Debug)]
pub(crate) struct Refused;

impl<'a> Neighbours<'a> {
    /// Opens two namespaces of a new backend; `None` is the driver's own.
    ///
    /// # Errors
    /// Skipped when the subject has no namespaces, or lets none be opened beside another and keeps
    /// none.
    pub(crate) fn open(
        context: &'a Context,
        names: [Option<&str>; 2],
    ) -> Result<Result<Neighbours<'a>, Refused>, Stop> {
        let setup = |name: Option<&str>| name.map_or_else(Setup::default, Setup::in_namespace);
        let mut neighbours = Neighbours {
            context,
            place: context.place()?,
            setups: names.map(setup),
            open: [None, None],
        };
        for which in [0, 1] {
            match neighbours.enter(which) {
                Ok(driver) => neighbours.open[which] = Some(driver),
                Err(error) if error.kind() == ErrorKind::Unsupported => {
                    let reason = "the subject cannot open the driver with a namespace of choice";
                    return Err(Stop::Skipped(reason.into()));
                }
                Err(error) if error.kind() == ErrorKind::Locked && which == 1 => {
                    neighbours.alternate()?;
                }
                Err(_) => return Ok(Err(Refused)),
            }
        }
        Ok(Ok(neighbours))
    }

    /// Does something in one of them.
    pub(crate) fn visit(
        &self,
        which: usize,
        act: impl FnOnce(&dyn SessionDriver) -> Verdict,
    ) -> Verdict {
        match &self.open[which] {
            Some(driver) => act(driver),
            None => act(&self.enter(which)?),
        }
    }

    /// The two in the other order.
    pub(crate) fn swapped(self) -> Self {
        let ([first, second], [one, other]) = (self.setups, self.open);
        Neighbours {
            setups: [second, first],
            open: [other, one],
            ..self
        }
    }

    fn alternate(&mut self) -> Verdict {
        if !self.context.capabilities.persistent {
            let reason = "the driver opens one namespace at a time and keeps none";
            return Err(Stop::Skipped(reason.into()));
        }
        self.open = [None, None];
        Ok(())
    }

    fn enter(&self, which: usize) -> session_driver::Result<Driver> {
        let bound = self.context.capabilities.contention_bound;
        let open = || self.context.open_raw(&self.place, &self.setups[which]);
        Ok(Box::new(Patient::new(patiently(bound, open)?)))
    }
}

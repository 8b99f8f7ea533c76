//! All drivers through all operations: each operation on one driver after the other, so that what
//! is to be compared is measured within seconds, and stands on the screen as soon as it is.

use std::time::Duration;

use session_driver_conformance::{Place, Setup, Subject};

use super::bench::{self, Bench};
use super::forecast::Forecast;
use super::sample::Session;
use super::table::Table;
use super::{Comparison, Row};
use crate::failure::{Failure, chain};
use crate::output::Output;
use crate::subject::Candidate;

/// How long an operation on a driver should take, for the forecast, which its pace soon corrects.
const OPERATION: Duration = Duration::from_millis(400);

/// A driver in a place beside its store. The driver goes before the place.
struct Entrant {
    bench: Bench,
    place: Place,
}

/// How long it should take to measure so many drivers.
pub(super) fn plan(drivers: usize) -> Duration {
    OPERATION * u32::try_from(drivers * bench::PHASES.len()).unwrap_or(u32::MAX)
}

/// Measures all drivers, and prints each line of the table once it is known. What fails on a driver
/// is noted in its row, and ends its part in the contest.
///
/// # Errors
/// When it is interrupted, or the output fails.
pub(super) fn hold(
    targets: &[Candidate],
    sessions: &[Session],
    comparison: &mut Comparison,
    table: &Table,
    forecast: &Forecast,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut entrants = Vec::new();
    for (target, row) in targets.iter().zip(&mut comparison.drivers) {
        let entrant = Entrant::enter(target, sessions.to_vec(), comparison.threads);
        entrants.push(noted(entrant, row)?);
    }
    let mut done = Duration::ZERO;
    for (operation, phase) in bench::PHASES {
        let mut block = table.block(operation);
        let contest = targets.iter().zip(&mut entrants);
        for ((target, entrant), row) in contest.zip(&mut comparison.drivers) {
            output.progress().say(format!("{operation}  {}", row.url));
            if let Some(entered) = entrant {
                let end = entered.perform(operation, *phase, target, row);
                if noted(end, row)?.is_none() {
                    *entrant = None;
                }
            }
            block.operation(row, operation, output)?;
            done += OPERATION;
            forecast.reach(done, output.progress());
        }
    }
    table.sizes(comparison, output)
}

/// What came of a step; a failure goes into the row, unless it is an interrupt.
fn noted<T>(outcome: Result<T, Failure>, row: &mut Row) -> Result<Option<T>, Failure> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(failure) if failure.is_interrupt() => Err(failure),
        Err(failure) => {
            row.failures.push(failure.what);
            Ok(None)
        }
    }
}

impl Entrant {
    fn enter(
        target: &Candidate,
        sessions: Vec<Session>,
        threads: usize,
    ) -> Result<Entrant, Failure> {
        let place = target.place().map_err(|error| {
            Failure::failed(format!(
                "there is no place beside the store: {}",
                chain(&*error)
            ))
        })?;
        let driver = target.open(&place, &Setup::default())?;
        Ok(Entrant {
            bench: Bench::new(driver, sessions, threads),
            place,
        })
    }

    fn perform(
        &mut self,
        operation: &str,
        phase: bench::Phase,
        target: &Candidate,
        row: &mut Row,
    ) -> Result<(), Failure> {
        row.operations.extend(phase(&mut self.bench)?);
        row.sessions = row.sessions.max(self.bench.sessions());
        if operation == bench::FULLEST {
            row.bytes_on_disk = target
                .bytes_in(&self.place)
                .map_err(|error| Failure::because("the store's size cannot be read", &error))?;
        }
        Ok(())
    }
}

//! ATM: readers beside writers.

use std::time::{Duration, Instant};

use session_driver::{Precondition, SessionDriver, SessionId};

use crate::call::Call;
use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::child::{Child, Request};
use crate::generations::{self, Readings};
use crate::race::{handles, meanwhile};
use crate::rule::{Evidence, Level, Need, Provenance, Rule};
use crate::subject::Setup;
use crate::workload::{NOW, id};

pub(super) const ATM_1: Rule = Rule {
    id: "ATM-1",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "A reader sees payload, expires_at and version of one store (expires_at of a later touch), never a mixture, a \
           prefix, or the emptiness of a write in progress.",
    intent: "A published file store answers `no session` to a third of the reads under a writer.",
    provenance: &[Provenance::Fault(
        "a published file store answers `no session` to a third of the reads under a writer",
    )],
    needs: &[],
    proof: cases![
        a_reader_beside_stores_sees_whole_records,
        a_reader_beside_stores_and_touches_sees_whole_records,
        a_reader_in_another_instance_sees_whole_records,
        a_reader_beside_another_process_sees_whole_records
    ],
};

/// How long readers and writers race.
const RACE: Duration = Duration::from_millis(400);

fn a_reader_beside_stores_sees_whole_records(context: &Context) -> Verdict {
    let store = context.fresh()?;
    races(context, &*store, &*store, &[Write::Store])
}

fn a_reader_beside_stores_and_touches_sees_whole_records(context: &Context) -> Verdict {
    let store = context.fresh()?;
    races(context, &*store, &*store, &[Write::Store, Write::Touch])
}

fn a_reader_in_another_instance_sees_whole_records(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let [writing, reading] = handles(&store, &other);
    races(context, writing, reading, &[Write::Store, Write::Touch])
}

fn a_reader_beside_another_process_sees_whole_records(context: &Context) -> Verdict {
    beside_another_process(context, |reading, who, readings| {
        reading
            .retrieve(who, NOW)?
            .map_or(Ok(()), |found| readings.take(&found))
    })
}

pub(super) const ATM_2: Rule = Rule {
    id: "ATM-2",
    level: Level::Must,
    evidence: Evidence::Stochastic,
    text: "While a live record is overwritten or touched, a reader does not find it absent.",
    intent: "One request in a thousand shows a logged-in user the login page.",
    provenance: &[Provenance::Fault(
        "a published file store answers `no session` to a third of the reads under a writer",
    )],
    needs: &[],
    proof: cases![
        a_reader_beside_stores_always_finds_the_record,
        a_reader_beside_touches_always_finds_the_record,
        a_reader_in_another_instance_always_finds_the_record,
        a_reader_beside_another_process_always_finds_the_record
    ],
};

fn a_reader_beside_stores_always_finds_the_record(context: &Context) -> Verdict {
    let store = context.fresh()?;
    always_finds(context, &*store, &*store, &[Write::Store, Write::Store])
}

fn a_reader_beside_touches_always_finds_the_record(context: &Context) -> Verdict {
    let store = context.fresh()?;
    always_finds(context, &*store, &*store, &[Write::Touch, Write::Touch])
}

fn a_reader_in_another_instance_always_finds_the_record(context: &Context) -> Verdict {
    let store = context.fresh()?;
    let other = store.another()?;
    let [writing, reading] = handles(&store, &other);
    always_finds(context, writing, reading, &[Write::Store, Write::Touch])
}

fn a_reader_beside_another_process_always_finds_the_record(context: &Context) -> Verdict {
    beside_another_process(context, |reading, who, _| {
        ensure!(
            reading.retrieve(who, NOW)?.is_some(),
            "a live record is absent while another process overwrites it"
        );
        Ok(())
    })
}

/// What a writer does to the one record, again and again.
#[derive(Clone, Copy)]
enum Write {
    Store,
    Touch,
}

impl Write {
    fn perform(
        self,
        driver: &dyn SessionDriver,
        who: &SessionId,
        worker: usize,
        turn: u64,
    ) -> Verdict {
        let number = 1 + 3 * turn + worker as u64;
        match self {
            Write::Store => {
                let payload = generations::payload(number).bytes();
                let record = session_driver::NewRecord {
                    payload: &payload,
                    expires_at: Some(generations::deadline(number)),
                };
                driver.store(who, record, Precondition::Any, NOW)?;
            }
            Write::Touch => {
                driver.touch(who, Some(generations::touched(number)), NOW)?;
            }
        }
        Ok(())
    }
}

/// The worker who makes the record, before the others begin.
const FIRST: usize = 2;

fn races(
    context: &Context,
    writing: &dyn SessionDriver,
    reading: &dyn SessionDriver,
    writes: &[Write],
) -> Verdict {
    let (who, mut readings) = (id("raced"), Readings::default());
    Write::Store.perform(writing, &who, FIRST, 0)?;
    let disturb = |worker: usize, turn| writes[worker].perform(writing, &who, worker, turn);
    meanwhile(writes.len(), disturb, || {
        let begin = Instant::now();
        while begin.elapsed() < context.span(RACE) {
            if let Some(found) = reading.retrieve(&who, NOW)? {
                readings.take(&found)?;
            }
        }
        Ok(())
    })
}

fn always_finds(
    context: &Context,
    writing: &dyn SessionDriver,
    reading: &dyn SessionDriver,
    writes: &[Write],
) -> Verdict {
    let who = id("raced");
    Write::Store.perform(writing, &who, FIRST, 0)?;
    let disturb = |worker: usize, turn| writes[worker].perform(writing, &who, worker, turn);
    meanwhile(writes.len(), disturb, || {
        let (begin, mut reads) = (Instant::now(), 0_u64);
        while begin.elapsed() < context.span(RACE) {
            reads += 1;
            let found = reading.retrieve(&who, NOW)?;
            ensure!(
                found.is_some(),
                "a live record is absent in read {reads}, while it is overwritten or touched"
            );
        }
        Ok(())
    })
}

/// Reads a record for as long as a child process needs to overwrite it some hundred times.
fn beside_another_process(
    context: &Context,
    mut read: impl FnMut(&dyn SessionDriver, &SessionId, &mut Readings) -> Verdict,
) -> Verdict {
    context.needs(Need::SharedByProcesses)?;
    let place = context.place()?;
    let mut child = Child::spawn(context)?;
    let reading = context.open(&place, &Setup::default())?;
    child.open(0, &place)?;
    child.perform(generations::store("raced", 1))?;
    let calls: Vec<Call> = (2..400)
        .map(|number| generations::store("raced", number))
        .collect();
    let requests: Vec<Request> = calls
        .into_iter()
        .map(|call| Request::perform(0, call))
        .collect();
    child
        .try_send(&requests)
        .map_err(|error| Stop::Failed(format!("the child process is gone: {error}")))?;
    let (who, mut readings, begin) = (id("raced"), Readings::default(), Instant::now());
    while begin.elapsed() < context.span(RACE) {
        read(&*reading, &who, &mut readings)?;
    }
    Ok(())
}

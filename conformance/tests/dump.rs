//! A driver that processes share against the whole suite: its process and durability rules accuse
//! no honest driver.

#[allow(
    dead_code,
    reason = "the seams of the driver are for the saboteurs beside it"
)]
mod dump_driver;

use dump_driver::{DumpSubject, HONEST};

session_driver_conformance::main!(DumpSubject {
    name: "dump",
    conduct: &HONEST,
});

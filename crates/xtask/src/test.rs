//! `cargo xtask test`: everything that can be run to see whether the code is right.

use crate::step::{Steps, Stopped, cargo};

pub(crate) fn run() -> Result<(), Stopped> {
    println!("The tests need nothing beyond the Rust toolchain; nothing is installed.");
    let mut steps = Steps::default();
    steps.run("tests", &mut cargo(&["test", "--workspace"]))?;
    steps.summary();
    Ok(())
}

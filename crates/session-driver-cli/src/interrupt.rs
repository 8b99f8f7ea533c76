//! Ctrl-C, SIGTERM and SIGHUP.
//!
//! The first of them asks the command to stop. The command notices at its next step, returns, and
//! so drops what it made beside a store, which [removes](crate::scratch) it. The second ends the
//! process at once. Commands that have nothing to clean up do not [`watch`]: there a signal ends
//! the process as in any program.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;
use crate::{progress, scratch};

/// The exit status of an interrupted command.
pub(crate) const INTERRUPTED: u8 = 130;

/// How many signals have come.
static SIGNALS: AtomicU32 = AtomicU32::new(0);

/// The long steps that are under way, by the order in which they began.
static UNDER_WAY: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());

/// Has the signals ask the command to stop from now on.
pub(crate) fn watch() {
    // Without a handler a signal ends the process at once, as in most programs.
    let _ = ctrlc::set_handler(on_signal);
}

/// Whether the command should stop.
pub(crate) fn is_requested() -> bool {
    SIGNALS.load(Ordering::Relaxed) > 0
}

/// Fails once the command should stop.
pub(crate) fn check() -> Result<(), Failure> {
    if is_requested() {
        return Err(Failure::interrupted());
    }
    Ok(())
}

/// A step that cannot be stopped half-way, until this is dropped.
#[derive(Debug)]
pub(crate) struct LongStep(u64);

impl LongStep {
    /// `what` follows the word "finishing".
    pub(crate) fn begin(what: String) -> LongStep {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        under_way().insert(number, what);
        LongStep(number)
    }
}

impl Drop for LongStep {
    fn drop(&mut self) {
        under_way().remove(&self.0);
    }
}

/// Runs on a thread of its own.
fn on_signal() {
    if SIGNALS.fetch_add(1, Ordering::Relaxed) > 0 {
        let mut lines = vec!["stopped at once".into()];
        let existing = scratch::existing().into_iter();
        lines.extend(existing.map(|what| format!("  may be left: {what}")));
        progress::exit_with_lines(&lines, INTERRUPTED);
    }
    let steps: Vec<String> = under_way().values().cloned().collect();
    let what = match &*steps {
        [] => "stopping".into(),
        steps => format!("finishing {}", steps.join(", ")),
    };
    progress::write_line(&format!("{what}; press Ctrl-C again to stop at once"));
}

fn under_way() -> MutexGuard<'static, BTreeMap<u64, String>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Progress on standard error, if that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar or a turning wheel; it vanishes when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows nothing.
    pub(crate) fn none() -> Progress {
        Progress(ProgressBar::hidden())
    }

    /// A bar from none to `total` bytes.
    pub(crate) fn of_bytes(total: u64) -> Progress {
        Progress::new(Some(total), "{bar:30} {bytes}/{total_bytes} {msg}")
    }

    /// A turning wheel, for work whose end is not known.
    pub(crate) fn wheel() -> Progress {
        Progress::new(None, "{spinner} {msg}")
    }

    pub(crate) fn advance_to(&self, position: u64) {
        self.0.set_position(position);
    }

    pub(crate) fn say(&self, text: impl Into<String>) {
        if !self.0.is_hidden() {
            self.0.set_message(text.into());
        }
    }

    /// Runs `write` with the bar out of the way.
    pub(crate) fn suspend(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    fn new(total: Option<u64>, template: &str) -> Progress {
        // indicatif draws to standard error only if it is a terminal.
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

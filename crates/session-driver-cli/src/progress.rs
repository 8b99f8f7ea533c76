//! Progress on standard error, if that is a terminal.

use std::fmt;
use std::io::{self, Write as _};
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::screen;

/// What is on the screen, for all threads that write to it: the bar has to make way.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// A bar or a spinner; it vanishes when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    time_left: Arc<Mutex<TimeLeft>>,
}

impl Progress {
    /// Shows nothing.
    pub(crate) fn none() -> Progress {
        Progress {
            bar: ProgressBar::hidden(),
            time_left: Arc::new(Mutex::new(TimeLeft::none())),
        }
    }

    /// A bar from none to `total` bytes.
    pub(crate) fn of_bytes(total: u64) -> Progress {
        Progress::new(Some(total), "{bar:30} {bytes}/{total_bytes} {msg}")
    }

    /// A bar from none to `total` cases of the suite.
    pub(crate) fn of_cases(total: u64) -> Progress {
        Progress::new(Some(total), "{bar:30} {pos}/{len} {msg}")
    }

    /// A bar for work that is measured in time, here `total` milliseconds, and whose rest is
    /// [estimated](Progress::expect_end_in).
    pub(crate) fn of_time(total: u64) -> Progress {
        Progress::new(Some(total), "{bar:30} {time_left}  {msg}")
    }

    /// A spinner, for work whose end is not known.
    pub(crate) fn spinner() -> Progress {
        Progress::new(None, "{spinner} {msg}")
    }

    pub(crate) fn advance_to(&self, position: u64) {
        self.bar.set_position(position);
    }

    pub(crate) fn advance(&self) {
        self.bar.inc(1);
    }

    pub(crate) fn say(&self, text: impl Into<String>) {
        if !self.bar.is_hidden() {
            self.bar.set_message(text.into());
        }
    }

    /// From now on the bar counts down from `estimate`.
    pub(crate) fn expect_end_in(&self, estimate: Duration) {
        *lock(&self.time_left) = TimeLeft {
            estimated_at: Instant::now(),
            estimate,
        };
    }

    fn new(total: Option<u64>, template: &str) -> Progress {
        // indicatif draws to standard error only if it is a terminal.
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let progress = Progress {
            bar,
            time_left: Arc::new(Mutex::new(TimeLeft::none())),
        };
        let time_left = Arc::clone(&progress.time_left);
        let write_time_left = move |_: &ProgressState, line: &mut dyn fmt::Write| {
            let _ = line.write_str(&lock(&time_left).in_words());
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let style = style.with_key("time_left", write_time_left);
            progress.bar.set_style(style);
        }
        progress.bar.enable_steady_tick(Duration::from_millis(100));
        *lock(&SHOWN) = Some(progress.bar.clone());
        progress
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        let mut shown = lock(&SHOWN);
        // What is shown may be another bar, in place of this one.
        if shown.as_ref().is_some_and(ProgressBar::is_finished) {
            *shown = None;
        }
    }
}

/// How long the rest takes, as was estimated at an instant.
#[derive(Clone, Copy, Debug)]
struct TimeLeft {
    estimated_at: Instant,
    estimate: Duration,
}

impl TimeLeft {
    fn none() -> TimeLeft {
        TimeLeft {
            estimated_at: Instant::now(),
            estimate: Duration::ZERO,
        }
    }

    fn in_words(self) -> String {
        let left = self.estimate.saturating_sub(self.estimated_at.elapsed());
        match left.as_secs_f64().ceil() {
            0.0 => "longer than estimated".into(),
            seconds => format!("about {seconds} s left"),
        }
    }
}

/// Writes a line to standard error, from any thread, with what is shown out of the way.
pub(crate) fn write_line(text: &str) {
    out_of_the_way(|| write(text));
}

/// Writes lines to standard error and ends the process, with what is shown gone.
pub(crate) fn exit_with_lines(lines: &[String], status: u8) {
    out_of_the_way(|| {
        lines.iter().for_each(|line| write(line));
        process::exit(status.into())
    });
}

fn write(text: &str) {
    // If standard error is closed, no user looks.
    let _ = writeln!(io::stderr(), "{}", screen::printable(text));
}

/// Runs `write` with what is shown out of the way.
pub(crate) fn out_of_the_way<T>(write: impl FnOnce() -> T) -> T {
    let shown = lock(&SHOWN).clone();
    match shown {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_counted_down() {
        let mut time_left = TimeLeft::none();
        assert_eq!(time_left.in_words(), "longer than estimated");
        time_left.estimate = Duration::from_secs(3_000);
        assert_eq!(time_left.in_words(), "about 3000 s left");
    }
}

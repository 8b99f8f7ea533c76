//! The one way out: results to standard output, notes and progress to standard error.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::failure::Failure;
use crate::progress::{self, Progress};
use crate::scratch;

/// Where a command writes to, for people or for programs.
pub(crate) struct Output {
    stdout: BufWriter<io::Stdout>,
    json: bool,
    /// The command does nothing but show, and ends when nobody looks any more. What others have
    /// done counts whether anybody reads of it or not.
    ends_with_reader: bool,
    progress: Progress,
}

impl Output {
    pub(crate) fn new(json: bool) -> Output {
        Output {
            stdout: BufWriter::new(io::stdout()),
            json,
            ends_with_reader: false,
            progress: Progress::none(),
        }
    }

    /// Ends the command once nobody reads standard output any more: `session-driver list … | head`.
    pub(crate) fn end_with_reader(&mut self) {
        self.ends_with_reader = true;
    }

    /// Whether results are for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// One line for people.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        let written = writeln!(self.stdout, "{}", text.as_ref());
        self.judge(written)
    }

    /// One line for programs: a JSON value.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let written = serde_json::to_writer(&mut self.stdout, value)
            .map_err(io::Error::from)
            .and_then(|()| self.stdout.write_all(b"\n"));
        self.judge(written)
    }

    /// The closing words: `value` for programs, else `text`.
    pub(crate) fn closing(
        &mut self,
        value: &impl Serialize,
        text: impl AsRef<str>,
    ) -> Result<(), Failure> {
        if self.json {
            self.json(value)
        } else {
            self.line(text)
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let written = self.stdout.flush();
        self.judge(written)
    }

    fn judge(&self, written: io::Result<()>) -> Result<(), Failure> {
        match written.map_err(|error| Failure::output(&error)) {
            Err(failure) if failure.is_quiet() && !self.ends_with_reader => Ok(()),
            judged => judged,
        }
    }

    /// One line for people, which is on the screen at once.
    pub(crate) fn line_now(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.line(text)?;
        let written = progress::out_of_the_way(|| self.stdout.flush());
        self.judge(written)
    }

    /// A line on standard error.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        progress::write_line(text.as_ref());
    }

    /// Tells why the command ended, after what it had to say before.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.progress = Progress::none();
        if failure.is_quiet() {
            return;
        }
        // Where standard output fails as well, the failure below is the one to tell of.
        let _ = self.stdout.flush();
        if failure.is_interrupt() {
            self.note(&failure.what);
            for what in scratch::removed() {
                self.note(format!("  removed: {what}"));
            }
            for what in scratch::existing() {
                self.note(format!("  may be left: {what}"));
            }
            return;
        }
        self.note(format!("error: {}", failure.what));
        if let Some(next) = &failure.next {
            self.note(format!("  {next}"));
        }
    }

    /// Shows `progress` from now on, in place of what was shown.
    pub(crate) fn show(&mut self, progress: Progress) -> &Progress {
        self.progress = progress;
        &self.progress
    }

    /// What is shown.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }
}

//! Runs programs several at once, and prints what each has printed as one piece when it ends.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::step::Stopped;
use crate::tally::Tally;

/// After so long without news the running programs are named.
const SILENCE: Duration = Duration::from_secs(30);

/// A program to run.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) command: Command,
}

/// What the programs that have ended came to.
#[derive(Debug, Default)]
struct Outcome {
    ended: usize,
    failed: Vec<String>,
    tally: Tally,
}

enum Event {
    Started(usize),
    Ended(usize, Duration, io::Result<ExitStatus>),
}

/// Runs all `jobs` in their order, at most `width` at once, and leaves what each prints in a file in
/// `logs`. A program that fails stops none of the others.
///
/// # Errors
/// When one has failed, after all have ended; or when a log cannot be written or read.
pub(crate) fn run(jobs: Vec<Job>, width: usize, logs: &Path) -> Result<(), Stopped> {
    let mut outcome = Outcome::default();
    fs::create_dir_all(logs).map_err(|error| unusable(logs, &error))?;
    let names: Vec<String> = jobs.iter().map(|job| job.name.clone()).collect();
    let path = |number: usize| log(logs, &names[number]);
    let mut queue = VecDeque::new();
    for (number, mut job) in jobs.into_iter().enumerate() {
        let path = path(number);
        // A file, not a pipe: a process that a test left behind would keep a pipe open.
        let file = File::create(&path).map_err(|error| unusable(&path, &error))?;
        let twin = file.try_clone().map_err(|error| unusable(&path, &error))?;
        job.command.stdout(file).stderr(twin);
        queue.push_back((number, job.command));
    }
    let queue = Mutex::new(queue);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..width {
            let (queue, sender) = (&queue, sender.clone());
            scope.spawn(move || work(queue, &sender));
        }
        drop(sender);
        let mut running: Vec<(usize, Instant)> = vec![];
        loop {
            match receiver.recv_timeout(SILENCE) {
                Ok(Event::Started(number)) => running.push((number, Instant::now())),
                Ok(Event::Ended(number, took, status)) => {
                    running.retain(|(other, _)| *other != number);
                    outcome.add(&names[number], took, status, &path(number))?;
                }
                Err(RecvTimeoutError::Timeout) => {
                    say_what_runs(&running, &names, names.len() - outcome.ended);
                }
                Err(RecvTimeoutError::Disconnected) => return outcome.end(),
            }
        }
    })
}

/// Runs one program after another until the queue is empty.
fn work(queue: &Mutex<VecDeque<(usize, Command)>>, events: &Sender<Event>) {
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some((number, mut command)) = next else {
            return;
        };
        let begin = Instant::now();
        // The receiver is gone only after an error, which ends the command.
        let _ = events.send(Event::Started(number));
        let status = command.status();
        let _ = events.send(Event::Ended(number, begin.elapsed(), status));
    }
}

impl Outcome {
    /// Tells what became of all of them.
    ///
    /// # Errors
    /// When one has failed.
    fn end(&self) -> Result<(), Stopped> {
        println!("\n{} test programs: {}", self.ended, self.tally);
        match self.failed[..] {
            [] => Ok(()),
            _ => Err(Stopped(format!(
                "{} of {} test programs failed, and what each printed is above: {}",
                self.failed.len(),
                self.ended,
                self.failed.join(", ")
            ))),
        }
    }

    fn add(
        &mut self,
        name: &str,
        took: Duration,
        status: io::Result<ExitStatus>,
        log: &Path,
    ) -> Result<(), Stopped> {
        let printed = fs::read(log).map_err(|error| unusable(log, &error))?;
        let printed = String::from_utf8_lossy(&printed);
        let ended = match status {
            Ok(status) if status.success() => "passed".to_owned(),
            Ok(status) => format!("FAILED ({status})"),
            Err(error) => format!("FAILED: it cannot be started: {error}"),
        };
        let seconds = took.as_secs_f64();
        println!("\n--> {name}\n{}", printed.trim_end());
        println!("    {name}: {ended}, {seconds:.1} s");
        self.ended += 1;
        self.tally.add(&printed);
        if ended != "passed" {
            self.failed.push(name.to_owned());
        }
        Ok(())
    }
}

fn say_what_runs(running: &[(usize, Instant)], names: &[String], left: usize) {
    let running: Vec<String> = running
        .iter()
        .map(|(number, begin)| format!("{} ({} s)", names[*number], begin.elapsed().as_secs()))
        .collect();
    println!("    … {left} to go; running: {}", running.join(", "));
}

fn log(logs: &Path, name: &str) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    logs.join(format!("{}.log", name.trim_end_matches('-')))
}

fn unusable(path: &Path, error: &io::Error) -> Stopped {
    Stopped(format!("{} cannot be used: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::process::Command;

    use super::{Job, run};

    fn shell(name: &str, script: &str) -> Job {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let name = name.to_owned();
        Job { name, command }
    }

    #[test]
    fn a_failure_is_named_and_stops_none_of_the_others() {
        let logs = env::temp_dir().join(format!("xtask-jobs-{}", std::process::id()));
        let jobs = vec![
            shell("first (unit tests)", "echo seen; exit 3"),
            shell("second", "echo out; echo err >&2"),
        ];
        let stopped = run(jobs, 1, &logs).expect_err("the first fails");
        assert!(stopped.0.starts_with("1 of 2 "), "{}", stopped.0);
        assert!(stopped.0.ends_with(": first (unit tests)"), "{}", stopped.0);
        let log = |name: &str| fs::read_to_string(logs.join(name)).expect("a log");
        assert_eq!(log("first--unit-tests.log"), "seen\n");
        assert_eq!(log("second.log"), "out\nerr\n");
        run(vec![shell("third", "true")], 2, &logs).expect("it passes");
        fs::remove_dir_all(logs).expect("the logs are removed");
    }

    #[test]
    fn a_program_that_cannot_be_started_has_failed() {
        let logs = env::temp_dir().join(format!("xtask-jobs-none-{}", std::process::id()));
        let (name, command) = ("missing".to_owned(), Command::new("/no/such/program"));
        let stopped = run(vec![Job { name, command }], 1, &logs).expect_err("there is none");
        assert!(stopped.0.ends_with(": missing"), "{}", stopped.0);
        fs::remove_dir_all(logs).expect("the logs are removed");
    }
}

//! The parent's side.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{self, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::call::{Call, Reply};
use crate::case::{Context, Stop};
use crate::child::VARIABLE;
use crate::child::census::Census;
use crate::child::wire::{Answer, Answered, Calls, Fate, MARKER, Request, Wish};
use crate::place::Place;

/// A child that says nothing for so long is taken for dead.
const SILENCE: Duration = Duration::from_secs(60);

/// A process with the subject under test. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    process: process::Child,
    stdin: Option<ChildStdin>,
    answers: Receiver<(Instant, Answered)>,
    /// What the driver wrote to stdout, and to stderr.
    printed: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    /// How long an open may answer Busy.
    bound: Duration,
}

/// What a child left behind.
#[derive(Debug)]
pub(crate) struct Last {
    /// The answers it gave that nobody had asked for yet.
    pub(crate) answers: Vec<(Instant, Answered)>,
    /// What the driver wrote to stdout and stderr.
    pub(crate) printed: String,
}

impl Child {
    /// Starts a process that listens.
    ///
    /// # Errors
    /// Skipped where the suite cannot run its binary again.
    pub(crate) fn spawn(context: &Context) -> Result<Child, Stop> {
        Child::start(context, Command::new)
    }

    /// Starts a process with this umask, in octal.
    ///
    /// # Errors
    /// Skipped where the suite cannot run its binary again.
    pub(crate) fn spawn_with_umask(context: &Context, umask: &str) -> Result<Child, Stop> {
        Child::start(context, |binary| {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", "umask \"$1\" && exec \"$0\""]);
            shell.arg(binary).arg(umask);
            shell
        })
    }

    fn start(context: &Context, command: impl FnOnce(PathBuf) -> Command) -> Result<Child, Stop> {
        if !context.processes {
            return Err(Stop::Skipped(
                "needs child processes: run it from a test binary made with session_driver_conformance::main!".into(),
            ));
        }
        let started = std::env::current_exe().and_then(|binary| {
            command(binary)
                .env(VARIABLE, context.subject.name())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        });
        let process = started.map_err(|error| {
            Stop::Skipped(format!("no child process could be started: {error}"))
        })?;
        let mut child = Child::listen_to(process, context.capabilities.contention_bound);
        match child.receive()? {
            (_, 0, Answer::Ready) => Ok(child),
            (.., other) => Err(unexpected(&other)),
        }
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    fn listen_to(mut process: process::Child, bound: Duration) -> Child {
        let (sender, answers) = mpsc::channel();
        let printed = Arc::default();
        let mut readers = vec![];
        if let Some(stdout) = process.stdout.take() {
            let printed = Arc::clone(&printed);
            readers.push(thread::spawn(move || {
                read_answers(stdout, &sender, &printed);
            }));
        }
        if let Some(stderr) = process.stderr.take() {
            let printed = Arc::clone(&printed);
            readers.push(thread::spawn(move || read_prints(stderr, &printed)));
        }
        Child {
            stdin: process.stdin.take(),
            process,
            answers,
            printed,
            readers,
            bound,
        }
    }

    /// Asks, without waiting for the answer.
    pub(crate) fn send(&mut self, request: &Request) -> Result<(), Stop> {
        self.try_send(std::slice::from_ref(request))
            .map_err(|error| Stop::Failed(format!("the child is gone: {error}; {}", self.words())))
    }

    /// Asks for all of these, which takes as long as the child needs to get to the last few.
    pub(crate) fn try_send(&mut self, requests: &[Request]) -> std::io::Result<()> {
        let mut lines = String::new();
        for request in requests {
            lines.push_str(&serde_json::to_string(request)?);
            lines.push('\n');
        }
        match &mut self.stdin {
            Some(stdin) => stdin.write_all(lines.as_bytes()),
            None => Ok(()),
        }
    }

    /// Waits for the next answer: when it came, on which lane, and what it says.
    pub(crate) fn receive(&mut self) -> Result<(Instant, usize, Answer), Stop> {
        match self.answers.recv_timeout(SILENCE) {
            Ok((when, Answered { lane, answer })) => Ok((when, lane, answer)),
            Err(RecvTimeoutError::Timeout) => Err(Stop::Failed(format!(
                "a child process did not answer within {} s; is there a deadlock?",
                SILENCE.as_secs()
            ))),
            Err(RecvTimeoutError::Disconnected) => Err(Stop::Failed(format!(
                "a child process with the driver ended by itself: {}",
                self.words()
            ))),
        }
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Answer, Stop> {
        self.send(request)?;
        Ok(self.receive()?.2)
    }

    /// The request to open the backend in `place` on a lane.
    pub(crate) fn opening(&self, lane: usize, place: &Place) -> Request {
        self.opening_for(lane, place, false)
    }

    fn opening_for(&self, lane: usize, place: &Place, for_power: bool) -> Request {
        let wish = Wish::Open {
            locator: place.locator().into(),
            bound: self.bound,
            for_power,
        };
        Request::of(lane, wish)
    }

    /// Opens the backend in `place` on a lane, where success is due.
    pub(crate) fn open(&mut self, lane: usize, place: &Place) -> Result<(), Stop> {
        let request = self.opening(lane, place);
        self.opened_by(&request)
    }

    /// Opens the backend in `place` on lane 0 with durability Power, where success is due.
    pub(crate) fn open_for_power(&mut self, place: &Place) -> Result<(), Stop> {
        let request = self.opening_for(0, place, true);
        self.opened_by(&request)
    }

    fn opened_by(&mut self, request: &Request) -> Result<(), Stop> {
        match self.ask(request)? {
            Answer::Opened(Ok(())) => Ok(()),
            Answer::Opened(Err((_, text))) => Err(Stop::Failed(format!(
                "a child process cannot open it: {text}"
            ))),
            other => Err(unexpected(&other)),
        }
    }

    /// Performs an operation on lane 0.
    pub(crate) fn perform(&mut self, call: Call) -> Result<Reply, Stop> {
        match self.ask(&Request::perform(0, call))? {
            Answer::Performed(reply) => Ok(reply),
            other => Err(unexpected(&other)),
        }
    }

    /// Has system calls of the process fail from now on.
    ///
    /// # Errors
    /// Unobserved where they cannot be filtered.
    pub(crate) fn fail(&mut self, calls: Calls) -> Result<(), Stop> {
        self.filter(calls, Fate::Fail)
    }

    /// Has system calls end the process from now on.
    ///
    /// # Errors
    /// Unobserved where they cannot be filtered.
    pub(crate) fn end_at(&mut self, calls: Calls) -> Result<(), Stop> {
        self.filter(calls, Fate::EndTheProcess)
    }

    fn filter(&mut self, calls: Calls, fate: Fate) -> Result<(), Stop> {
        match self.ask(&Request::of(0, Wish::Filter(calls, fate)))? {
            Answer::Used(Err(reason)) => Err(Stop::Unobserved(reason)),
            other => done(other),
        }
    }

    /// Asks, and gives the answer, or `None` when the process ends instead.
    pub(crate) fn ask_for_the_last_time(
        &mut self,
        request: &Request,
    ) -> Result<Option<Answer>, Stop> {
        self.send(request)?;
        self.receive_or_end()
    }

    /// The next answer, or `None` when the process ends instead.
    pub(crate) fn receive_or_end(&mut self) -> Result<Option<Answer>, Stop> {
        match self.answers.recv_timeout(SILENCE) {
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Ok((_, answered)) => Ok(Some(answered.answer)),
            Err(RecvTimeoutError::Timeout) => Err(Stop::Failed(
                "a child process neither answered nor ended".into(),
            )),
        }
    }

    /// Closes, or uses, the driver of lane 0.
    pub(crate) fn wish(&mut self, wish: Wish) -> Result<(), Stop> {
        let answer = self.ask(&Request::of(0, wish))?;
        done(answer)
    }

    /// Waits for the answer to a wish that was sent before.
    pub(crate) fn done(&mut self) -> Result<(), Stop> {
        done(self.receive()?.2)
    }

    /// Counts what the process holds.
    ///
    /// # Errors
    /// Unobserved where there is no `/proc` as Linux has it.
    pub(crate) fn count(&mut self) -> Result<Census, Stop> {
        match self.ask(&Request::of(1, Wish::Count))? {
            Answer::Counted(Some(census)) => Ok(census),
            Answer::Counted(None) => Err(no_proc()),
            other => Err(unexpected(&other)),
        }
    }

    /// Counts what the process holds while lane 0 is busy with `wish`, and waits until that is
    /// done.
    ///
    /// # Errors
    /// Unobserved where there is no `/proc` as Linux has it.
    pub(crate) fn count_during(&mut self, wish: Wish) -> Result<Census, Stop> {
        self.send(&Request::of(0, wish))?;
        self.send(&Request::of(1, Wish::Count))?;
        let mut census = None;
        for _ in 0..2 {
            match self.receive()?.2 {
                Answer::Counted(Some(counted)) => census = Some(counted),
                Answer::Counted(None) => {}
                other => done(other)?,
            }
        }
        census.ok_or_else(no_proc)
    }

    /// Ends the process at once (SIGKILL), and says what it had answered by then.
    pub(crate) fn kill(mut self) -> Last {
        self.end();
        self.last()
    }

    /// Lets the process end by itself.
    pub(crate) fn finish(mut self) -> Last {
        self.stdin = None;
        // Its readers end when it has ended, and its answers with them.
        self.last()
    }

    fn last(&mut self) -> Last {
        let answers = self.answers.iter().collect();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        Last {
            answers,
            printed: self.words(),
        }
    }

    fn words(&self) -> String {
        self.printed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn end(&mut self) {
        // A process that has ended already cannot be killed, and that is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end();
    }
}

fn read_answers(
    stdout: ChildStdout,
    answers: &Sender<(Instant, Answered)>,
    printed: &Mutex<String>,
) {
    for line in BufReader::new(stdout).split(b'\n') {
        let Ok(line) = line else { return };
        let line = String::from_utf8_lossy(&line);
        let (stray, answer) = line.split_once(MARKER).unwrap_or((&line, ""));
        match serde_json::from_str(answer) {
            // The receiver is gone only when nobody wants to know any more.
            Ok(answered) => drop(answers.send((Instant::now(), answered))),
            Err(_) if answer.is_empty() => {}
            Err(_) => return, // cut off by a kill
        }
        if !stray.is_empty() || answer.is_empty() {
            hold(printed).push_str(&format!("{stray}\n"));
        }
    }
}

fn read_prints(mut stderr: ChildStderr, printed: &Mutex<String>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer) {
        hold(printed).push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}

fn hold(printed: &Mutex<String>) -> std::sync::MutexGuard<'_, String> {
    printed.lock().unwrap_or_else(PoisonError::into_inner)
}

fn done(answer: Answer) -> Result<(), Stop> {
    match answer {
        Answer::Closed | Answer::Used(Ok(())) => Ok(()),
        other => Err(unexpected(&other)),
    }
}

fn no_proc() -> Stop {
    Stop::Unobserved(
        "what a process holds is read from /proc, which only Linux has as needed".into(),
    )
}

/// A child that answers another question than it was asked.
pub(crate) fn unexpected(answer: &Answer) -> Stop {
    Stop::Failed(match answer {
        Answer::Used(Err(text)) => text.clone(),
        other => format!("the child process answers {other:?} to another question"),
    })
}

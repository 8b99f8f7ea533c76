//! A process that measures one store.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// How a worker is started.
pub(crate) struct Launch(io::Result<Command>);

impl Launch {
    /// This program, with these arguments.
    pub(crate) fn here(arguments: &[&str]) -> Launch {
        Launch(env::current_exe().map(|program| {
            let mut command = Command::new(program);
            command.args(arguments);
            command
        }))
    }

    /// The program of a workspace below this one, which is built first.
    pub(crate) fn elsewhere(workspace: &str, arguments: &[&str]) -> Launch {
        Launch(target().map(|target| {
            let mut command = Command::new(env!("CARGO"));
            let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join(workspace)
                .join("Cargo.toml");
            command
                .args(["run", "--release", "--locked", "--manifest-path"])
                .arg(manifest)
                .arg("--target-dir")
                .arg(target)
                .arg("--")
                .args(arguments);
            command
        }))
    }
}

/// Where this program was built: `TARGET/release/PROGRAM`.
fn target() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2);
    Ok(target.expect("the program is in a directory").to_owned())
}

/// Ends when it is dropped.
pub(crate) struct Worker {
    process: Child,
    // `None` only while it is dropped.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    pub(crate) fn start(launch: Launch) -> io::Result<Worker> {
        let mut process = launch
            .0?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let answers = process.stdout.take().expect("a pipe");
        Ok(Worker {
            questions: process.stdin.take(),
            answers: BufReader::new(answers),
            process,
        })
    }

    pub(crate) fn ask(&mut self, question: &str) -> io::Result<String> {
        let questions = self.questions.as_mut().expect("it is not being dropped");
        writeln!(questions, "{question}")?;
        let mut answer = String::new();
        match self.answers.read_line(&mut answer)? {
            0 => Err(io::Error::other("a worker has ended: see above")),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.questions = None;
        // It ends when there is no more to read; if it failed, it has said so itself.
        let _ = self.process.wait();
    }
}

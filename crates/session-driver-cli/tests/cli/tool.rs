//! The tool in a directory of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The sample of real sessions that the tool holds.
pub(crate) const SAMPLE: &str = include_str!("../../data/sample.jsonl");

/// Runs the tool; what it makes goes when this is dropped.
pub(crate) struct Tool(TempDir);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tool {
    pub(crate) fn new() -> Tool {
        Tool(tempfile::tempdir().expect("a directory for the test"))
    }

    /// A tool that has imported these lines into `file:store`.
    pub(crate) fn holding(lines: &str) -> Tool {
        let tool = Tool::new();
        tool.feed(&["import", "file:store", "-"], lines).success();
        tool
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The names in a directory, in order.
    pub(crate) fn names(&self, directory: &str) -> Vec<String> {
        let entries = self.path(directory).read_dir().expect("a directory");
        let mut names: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.feed(arguments, "")
    }

    /// Runs the tool with `input` on its standard input.
    pub(crate) fn feed(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
        let mut child = self.start(arguments);
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.as_ref().to_vec();
        // The tool may end before it has read all.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let ended = Ended::of(child);
        writer.join().expect("the writer ends");
        ended
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_session-driver"))
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tool starts")
    }
}

impl Ended {
    /// Waits for the end; what was read of the output before is not in it.
    pub(crate) fn of(child: Child) -> Ended {
        let output = child.wait_with_output().expect("the tool ends");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    #[track_caller]
    pub(crate) fn success(self) -> Ended {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The exit status is 1, and standard error says this.
    #[track_caller]
    pub(crate) fn failure(self, text: &str) -> Ended {
        self.ends(1, text)
    }

    /// The exit status is 2, and standard error says this.
    #[track_caller]
    pub(crate) fn usage(self, text: &str) -> Ended {
        self.ends(2, text)
    }

    /// A signal ended it, after it had cleaned up.
    #[track_caller]
    pub(crate) fn interrupted(self) -> Ended {
        self.ends(130, "interrupted")
    }

    /// A second signal ended it.
    #[track_caller]
    pub(crate) fn interrupted_at_once(self) -> Ended {
        self.ends(130, "")
    }

    #[track_caller]
    fn ends(self, code: i32, text: &str) -> Ended {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.contains(text), "{text:?} is not in {self:?}");
        self
    }

    /// Standard output as JSON values, one a line.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

/// One line as an export has it.
pub(crate) fn line(id: &str, expires_at: Option<i64>, payload: &[u8]) -> String {
    let payload = data_encoding::BASE64.encode(payload);
    let [id, expires_at] = [Value::from(id), Value::from(expires_at)];
    format!("{{\"id\":{id},\"expires_at_ms\":{expires_at},\"payload_base64\":\"{payload}\"}}\n")
}

/// All files below a directory.
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in directory.read_dir().expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

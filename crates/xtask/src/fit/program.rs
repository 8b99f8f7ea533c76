//! A throw-away package that depends on this workspace's crates as a stranger's would: by itself,
//! outside the workspace, with a lock file of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::step::{Stopped, cargo, root};

/// A package below `target/fit`, written again in each run.
#[derive(Debug)]
pub(crate) struct Program {
    directory: PathBuf,
}

/// How a run of cargo ended: what it printed on standard error if it failed.
pub(crate) type Ended = Result<(), String>;

impl Program {
    /// Writes a package of this name with these `[dependencies]`, one a line, and this `main.rs`.
    ///
    /// The lock file of an earlier run is removed: what a user gets today is what counts.
    pub(crate) fn write(
        name: &str,
        rust_version: &str,
        dependencies: &[String],
        main: &str,
    ) -> Result<Program, Stopped> {
        let manifest = format!(
            "[package]\nname = \"fit\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
             rust-version = \"{rust_version}\"\npublish = false\n\n\
             # Not a member of the workspace around it.\n[workspace]\n\n\
             [dependencies]\n{}\n",
            dependencies.join("\n"),
        );
        Program::with_manifest(name, &manifest, main)
    }

    /// Like [`write`](Program::write), with the whole manifest given.
    pub(crate) fn with_manifest(
        name: &str,
        manifest: &str,
        main: &str,
    ) -> Result<Program, Stopped> {
        let directory = home().join("programs").join(name);
        let failed = |error| unwritable(&directory, &error);
        fs::create_dir_all(directory.join("src")).map_err(failed)?;
        match fs::remove_file(directory.join("Cargo.lock")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::write(directory.join("Cargo.toml"), manifest).map_err(failed)?;
        fs::write(directory.join("src/main.rs"), main).map_err(failed)?;
        Ok(Program { directory })
    }

    /// Cargo in this package. Dependencies that several programs share are compiled once.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(arguments);
        command
            .current_dir(&self.directory)
            .env("CARGO_TARGET_DIR", home().join("target"))
            .env("CARGO_TERM_COLOR", "never")
            // What is compiled once and run once.
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "false");
        command
    }

    /// Makes the lock file: fails where the dependencies cannot stand in one graph.
    pub(crate) fn resolve(&self) -> Ended {
        quiet(&mut self.cargo(&["generate-lockfile"]))
    }

    /// How many packages the program's graph has on this system, itself left out.
    pub(crate) fn package_count(&self) -> Result<usize, String> {
        Ok(tree_size(&mut self.cargo(&["tree"]))?.saturating_sub(1))
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }
}

/// How many packages `cargo tree -e normal` shows for one package, that one included.
pub(crate) fn tree_size(tree: &mut Command) -> Result<usize, String> {
    tree.args(["--edges=normal", "--prefix=none", "--format={p}"]);
    let output = output(tree)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut packages: Vec<&str> = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    packages.sort_unstable();
    packages.dedup();
    Ok(packages.len())
}

/// Where all that `cargo xtask fit` writes goes.
pub(crate) fn home() -> PathBuf {
    root().join("target").join("fit")
}

/// Runs a command and gives what it printed on standard error if it failed.
pub(crate) fn quiet(command: &mut Command) -> Ended {
    output(command).map(drop)
}

/// Runs a command and gives its output; what it printed on standard error if it failed.
pub(crate) fn output(command: &mut Command) -> Result<Output, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} cannot be started: {error}", program_of(command)))?;
    if output.status.success() {
        return Ok(output);
    }
    // Tests tell of their failures on standard output, cargo of its own on standard error.
    let printed = [output.stdout, output.stderr].concat();
    Err(format!(
        "{}: {}\n{}",
        program_of(command),
        output.status,
        String::from_utf8_lossy(&printed)
    ))
}

/// Makes a file with this text below [`home`].
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Stopped> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| unwritable(path, &error))
}

fn program_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let arguments: Vec<_> = command
        .get_args()
        .map(|word| word.to_string_lossy())
        .collect();
    format!("{name} {}", arguments.join(" "))
}

fn unwritable(path: &Path, error: &io::Error) -> Stopped {
    Stopped(format!("{} cannot be written: {error}", path.display()))
}

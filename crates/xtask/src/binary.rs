//! Test binaries, built by cargo and run as `cargo test` runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::redis;
use crate::step::{Steps, Stopped};

/// A built test binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestBinary {
    name: String,
    executable: PathBuf,
    /// The directory of its package.
    directory: PathBuf,
}

impl TestBinary {
    /// Has `cargo test --no-run` build what it selects, and lists it in cargo's order.
    pub(crate) fn build(cargo: &mut Command, steps: &mut Steps) -> Result<Vec<Self>, Stopped> {
        cargo.args(["--no-run", "--message-format=json-render-diagnostics"]);
        let messages = steps.read("build", cargo)?;
        Ok(messages.lines().filter_map(Self::from_message).collect())
    }

    /// Reads the message about a built program
    /// (<https://doc.rust-lang.org/cargo/reference/external-tools.html>). `None` for other messages
    /// and for programs that are no tests, such as the tool that its tests start.
    fn from_message(message: &str) -> Option<TestBinary> {
        let (_, profile) = message.split_once("\"profile\":{")?;
        if !profile.split('}').next()?.contains("\"test\":true") {
            return None;
        }
        let (_, target) = message.split_once("\"target\":{")?;
        let manifest = PathBuf::from(text(message, "manifest_path")?);
        let package = package(text(message, "package_id")?)?;
        let target_name = text(target, "name")?;
        let name = match target.starts_with("\"kind\":[\"test\"]") {
            true => format!("{package} {target_name}"),
            false => format!("{package} (unit tests)"),
        };
        Some(TestBinary {
            name,
            executable: text(message, "executable")?.into(),
            directory: manifest.parent()?.into(),
        })
    }

    /// Such as `session-driver-sqlite conformance_power`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The binary as `cargo test` runs it, in the directory of its package. A missing Redis server
    /// makes its tests fail.
    pub(crate) fn command(&self) -> Command {
        let (required, yes) = redis::REQUIRED;
        let mut command = Command::new(&self.executable);
        command
            .env("CARGO_MANIFEST_DIR", &self.directory)
            .env(required, yes)
            .current_dir(&self.directory)
            .stdin(Stdio::null());
        command
    }
}

/// The first text of this name in a JSON object. Cargo escapes nothing in the names and paths here.
fn text<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}

/// The package that an id names: `path+file:///…/conformance#session-driver-conformance@0.1.0`, or
/// `path+file:///…/xtask#0.1.0` where the directory has the package's name
/// (<https://doc.rust-lang.org/cargo/reference/pkgid-spec.html>).
fn package(id: &str) -> Option<&str> {
    let (place, rest) = id.split_once('#')?;
    match rest.split_once('@') {
        Some((name, _)) => Some(name),
        None => Path::new(place).file_name()?.to_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::TestBinary;

    fn message(id: &str, kind: &str, is_test: bool) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","manifest_path":"/w/conformance/Cargo.toml","target":{{"kind":["{kind}"],"crate_types":["bin"],"name":"memory","src_path":"/w/conformance/tests/memory.rs","test":true}},"profile":{{"opt_level":"0","debug_assertions":true,"test":{is_test}}},"features":[],"filenames":[],"executable":"/w/target/memory-1","fresh":true}}"#
        )
    }

    #[test]
    fn a_test_is_named_for_its_package_and_file() {
        let id = "path+file:///w/conformance#session-driver-conformance@0.1.0";
        let binary = TestBinary::from_message(&message(id, "test", true)).expect("a test");
        assert_eq!(binary.name(), "session-driver-conformance memory");
        assert_eq!(binary.directory.to_str(), Some("/w/conformance"));
        let unit = TestBinary::from_message(&message(id, "lib", true)).expect("a test");
        assert_eq!(unit.name(), "session-driver-conformance (unit tests)");
    }

    #[test]
    fn a_package_may_have_the_name_of_its_directory() {
        let id = "path+file:///w/crates/xtask#0.1.0";
        let binary = TestBinary::from_message(&message(id, "test", true)).expect("a test");
        assert_eq!(binary.name(), "xtask memory");
    }

    #[test]
    fn what_is_no_test_is_left_out() {
        let id = "path+file:///w/crates/session-driver-cli#0.1.0";
        assert_eq!(TestBinary::from_message(&message(id, "bin", false)), None);
        for other in [
            "",
            "   Compiling a",
            r#"{"reason":"build-finished","success":true}"#,
        ] {
            assert_eq!(TestBinary::from_message(other), None, "{other}");
        }
    }
}

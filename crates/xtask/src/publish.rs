//! What is published: each package as cargo makes it, a `.crate` file.

use std::path::Path;
use std::process::Command;

use crate::step::cargo;

/// The members of the workspace that are not published.
const UNPUBLISHED: [&str; 2] = ["redis-test-server", "xtask"];

/// Makes the packages of all published members, in `package` below this directory. Changes that are
/// not committed are packaged like the rest.
///
/// Cargo then compiles each package by itself, with the others' packages in place of the registry,
/// which need not have them yet; `--no-verify` leaves that out.
pub(crate) fn packages(target: &Path) -> Command {
    let mut command = cargo(&["package", "--workspace", "--locked", "--allow-dirty"]);
    for member in UNPUBLISHED {
        command.args(["--exclude", member]);
    }
    command.arg("--target-dir").arg(target);
    command
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::UNPUBLISHED;
    use crate::step::root;

    fn members() -> Vec<PathBuf> {
        let crates = fs::read_dir(root().join("crates")).expect("a readable directory");
        let mut members: Vec<PathBuf> = crates
            .map(|entry| entry.expect("a readable directory").path())
            .filter(|path| path.join("Cargo.toml").is_file())
            .collect();
        members.push(root().join("conformance"));
        members
    }

    #[test]
    fn all_members_are_published_but_those_that_say_so() {
        for member in members() {
            let manifest = fs::read_to_string(member.join("Cargo.toml")).expect("a manifest");
            let unpublished = UNPUBLISHED.iter().any(|name| member.ends_with(name));
            let says_so = manifest.lines().any(|line| line == "publish = false");
            assert_eq!(says_so, unpublished, "{}", member.display());
        }
    }

    #[test]
    fn a_published_package_has_a_readme_and_the_licences() {
        for member in members() {
            if UNPUBLISHED.iter().any(|name| member.ends_with(name)) {
                continue;
            }
            assert!(member.join("README.md").is_file(), "{}", member.display());
            for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
                let packaged = fs::read_to_string(member.join(licence)).unwrap_or_default();
                let whole = fs::read_to_string(root().join(licence)).expect("the licence");
                assert!(packaged == whole, "{licence} of {}", member.display());
            }
        }
    }
}

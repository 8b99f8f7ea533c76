//! The library crates with the oldest versions of their dependencies that they admit.
//!
//! Cargo takes the oldest versions for the members of a workspace alone, so each crate is copied
//! into a workspace of its own: the same sources, a manifest without what is for tests, and our
//! other crates where they are.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::fit::ours::{OURS, Ours};
use crate::fit::program::{home, quiet, write};
use crate::fit::table::Table;
use crate::fit::{Failures, say};
use crate::step::{Stopped, cargo, root};

/// What of the root manifest the copy has, too.
const KEPT_SECTIONS: [&str; 2] = ["[workspace.package]", "[workspace.dependencies]"];

pub(crate) fn run() -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    let mut table = Table::new(["crate", "with its oldest dependencies"]);
    for ours in &OURS {
        say(&format!("{} with its oldest dependencies", ours.package));
        let directory = home().join("minimal").join(ours.name);
        copy(ours, &directory)?;
        let mut resolve = cargo(&["generate-lockfile", "-Zdirect-minimal-versions"]);
        // The flag is unstable; only the resolver is told so, and not the compiler.
        resolve.current_dir(&directory).env("RUSTC_BOOTSTRAP", "1");
        let ended = quiet(&mut resolve).and_then(|()| {
            let mut check = cargo(&["check", "--quiet", "--all-features"]);
            let target = home().join("target");
            quiet(
                check
                    .current_dir(&directory)
                    .env("CARGO_TARGET_DIR", target),
            )
        });
        let what = format!("{} with its oldest dependencies", ours.package);
        table.push([
            ours.name.to_owned(),
            failures.cell(&what, "compiles", ended),
        ]);
    }
    println!("\n{table}");
    Ok(failures)
}

/// Makes the crate's workspace, in place of that of an earlier run.
fn copy(ours: &Ours, directory: &Path) -> Result<(), Stopped> {
    let failed = |error: std::io::Error| {
        Stopped(format!(
            "{} cannot be written: {error}",
            directory.display()
        ))
    };
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(failed)?;
    }
    let from = root().join(ours.directory);
    let manifest = fs::read_to_string(from.join("Cargo.toml")).map_err(failed)?;
    let own = sections(&manifest, |head| !is_for_tests(head));
    // A crate that names another without the workspace's table names it by its place.
    let beside = from.parent().unwrap_or(&from).display();
    let own = own.replace("path = \"../", &format!("path = \"{beside}/"));
    let manifest = fs::read_to_string(root().join("Cargo.toml")).map_err(failed)?;
    let shared = sections(&manifest, |head| KEPT_SECTIONS.contains(&head));
    let path = format!("path = \"{}/", root().display());
    let shared = shared.replace("path = \"", &path);
    let manifest = format!("{own}\n[workspace]\nresolver = \"3\"\n\n{shared}");
    write(&directory.join("Cargo.toml"), &manifest)?;
    for name in ["src", "README.md"] {
        if from.join(name).exists() {
            symlink(from.join(name), directory.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

/// Tests, and the lints of a workspace that the copy has not.
fn is_for_tests(head: &str) -> bool {
    let head = head.trim_matches(['[', ']']);
    head.ends_with("dev-dependencies") || ["test", "bench", "example", "lints"].contains(&head)
}

/// The manifest's sections whose heads are wanted.
fn sections(manifest: &str, is_wanted: impl Fn(&str) -> bool) -> String {
    let mut wanted = false;
    let mut kept = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            wanted = is_wanted(line.trim_end());
        }
        if wanted {
            kept += line;
            kept += "\n";
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{is_for_tests, sections};

    #[test]
    fn what_is_for_tests_is_left_out_of_a_manifest() {
        let manifest = "\
[package]
name = \"a\"
[dev-dependencies]
b = \"1\"
[[test]]
name = \"c\"
[dependencies]
d = \"1\"
[target.'cfg(unix)'.dev-dependencies]
e = \"1\"
";
        let kept = sections(manifest, |head| !is_for_tests(head));
        assert_eq!(kept, "[package]\nname = \"a\"\n[dependencies]\nd = \"1\"\n");
    }
}

//! Each published package, compiled from its `.crate` file outside the workspace.

use std::fs;
use std::io;
use std::path::Path;

use crate::fit::program::{home, quiet};
use crate::fit::table::Table;
use crate::fit::{Failures, say};
use crate::publish;
use crate::step::Stopped;

/// How the names of this version's packages end.
const ENDING: &str = concat!("-", env!("CARGO_PKG_VERSION"), ".crate");

/// Packages and compiles all of them, with all features, and says how large each is.
pub(crate) fn run() -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    say("each package is made, unpacked and compiled (minutes)");
    let target = home().join("target");
    let ended = quiet(publish::packages(&target).arg("--all-features"));
    let mut table = Table::new(["package", "KiB"]);
    if failures.cell("the packages", "", ended).is_empty() {
        let made = target.join("package");
        let sizes = sizes(&made);
        let sizes = sizes.map_err(|error| Stopped(format!("{}: {error}", made.display())))?;
        for (name, bytes) in sizes {
            table.push([name, bytes.div_ceil(1024).to_string()]);
        }
        println!("\nAll compile:\n\n{table}");
    }
    Ok(failures)
}

/// The packages in this directory, and how many bytes each has.
fn sizes(directory: &Path) -> io::Result<Vec<(String, u64)>> {
    let mut sizes = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if let Some(name) = entry.file_name().to_string_lossy().strip_suffix(ENDING) {
            sizes.push((name.to_owned(), entry.metadata()?.len()));
        }
    }
    sizes.sort_unstable();
    Ok(sizes)
}

//! The sentence in each library crate's README that counts the packages in its graph.

use crate::fit::{OURS, tree_size};
use crate::marks::fill;
use crate::step::{Stopped, cargo, root};

/// Writes the counts, or with `check` says whether they are as the lock file has them.
pub(crate) fn run(check: bool) -> Result<(), Stopped> {
    let mut wrong = Vec::new();
    for ours in &OURS {
        let path = root().join(ours.directory).join("README.md");
        let failed = |reason: String| Stopped(format!("{}: {reason}", path.display()));
        let arguments = ["tree", "--locked", "--package", ours.package];
        let count = tree_size(&mut cargo(&arguments)).map_err(failed)?;
        let sentence = format!(
            "`cargo tree -e normal` shows {count} packages for this crate and its default features, itself \
             included."
        );
        if fill(&path, "packages", &sentence, check)? && check {
            wrong.push(path.display().to_string());
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Stopped(format!(
            "the count of packages is not that of the lock file in {}: run `cargo xtask docs`",
            wrong.join(", ")
        ))),
    }
}

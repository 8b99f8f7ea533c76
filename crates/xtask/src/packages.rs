//! The sentence in each library crate's README that counts the packages in its graph.

use std::fs;

use crate::fit::{OURS, tree_size};
use crate::step::{Stopped, cargo, root};

const BEGIN: &str = "<!-- packages -->";
const END: &str = "<!-- /packages -->";

/// Writes the counts, or with `check` says whether they are as the lock file has them.
pub(crate) fn run(check: bool) -> Result<(), Stopped> {
    let mut wrong = Vec::new();
    for ours in &OURS {
        let path = root().join(ours.directory).join("README.md");
        let failed = |reason: String| Stopped(format!("{}: {reason}", path.display()));
        let text = fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        let arguments = ["tree", "--locked", "--package", ours.package];
        let count = tree_size(&mut cargo(&arguments)).map_err(failed)?;
        let counted = counted(&text, count)
            .ok_or_else(|| failed(format!("there is no {BEGIN}…{END} in it")))?;
        if counted == text {
            continue;
        }
        if check {
            wrong.push(path.display().to_string());
        } else {
            fs::write(&path, counted).map_err(|error| failed(error.to_string()))?;
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

/// The text with this count between the marks.
fn counted(text: &str, count: usize) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let sentence = format!(
        "`cargo tree -e normal` shows {count} packages for this crate and its default features, itself \
         included."
    );
    Some(format!("{before}{BEGIN}{sentence}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn the_count_stands_between_the_marks() {
        let text = "a <!-- packages -->old<!-- /packages --> b";
        let due = "a <!-- packages -->`cargo tree -e normal` shows 7 packages for this crate and its \
                   default features, itself included.<!-- /packages --> b";
        assert_eq!(counted(text, 7).as_deref(), Some(due));
        assert_eq!(counted(due, 7).as_deref(), Some(due));
        assert_eq!(counted("no marks", 7), None);
    }
}

//! What stands in a document between the marks `<!-- name -->` and `<!-- /name -->`.

use std::fs;
use std::path::Path;

use crate::step::Stopped;

/// Writes what is due between the marks, or with `check` only compares. True when the document says
/// something else.
pub(crate) fn fill(path: &Path, name: &str, due: &str, check: bool) -> Result<bool, Stopped> {
    let failed = |reason: String| Stopped(format!("{}: {reason}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let filled = filled(&text, name, due).ok_or_else(|| {
        failed(format!(
            "there is no <!-- {name} -->…<!-- /{name} --> in it"
        ))
    })?;
    if filled == text {
        return Ok(false);
    }
    if !check {
        fs::write(path, filled).map_err(|error| failed(error.to_string()))?;
    }
    Ok(true)
}

/// The text with what is due between the marks.
fn filled(text: &str, name: &str, due: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{due}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn what_is_due_stands_between_the_marks() {
        let text = "a <!-- packages -->old<!-- /packages --> b";
        let due = "a <!-- packages -->7 of them<!-- /packages --> b";
        assert_eq!(filled(text, "packages", "7 of them").as_deref(), Some(due));
        assert_eq!(filled(due, "packages", "7 of them").as_deref(), Some(due));
        assert_eq!(filled(text, "other", "7 of them"), None);
        assert_eq!(filled("no marks", "packages", "7 of them"), None);
    }
}

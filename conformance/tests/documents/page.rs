//! Documents of the repository that are made from data.

use std::fs;
use std::path::{Path, PathBuf};

/// Set to `write`, the tests write what they would otherwise only compare.
const MODE: &str = "SESSION_DRIVER_DOCUMENTS";

/// Whether documents are to be written, and not compared.
pub(crate) fn writes() -> bool {
    std::env::var(MODE).is_ok_and(|mode| mode == "write")
}

/// A document, by its path in the repository.
pub(crate) struct Page {
    path: PathBuf,
}

impl Page {
    pub(crate) fn at(path: &str) -> Page {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Page {
            path: root.join(path),
        }
    }

    /// All that it says.
    pub(crate) fn text(&self) -> String {
        let text = fs::read_to_string(&self.path);
        text.unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }

    /// What stands between the marks `<!-- name -->` and `<!-- /name -->`.
    #[allow(dead_code, reason = "each test that has this file makes other pages")]
    pub(crate) fn section(&self, name: &str) -> String {
        let (text, (from, to)) = (self.text(), self.marks(name));
        text[from..to].to_owned()
    }

    /// What follows `begin` in the names of the page's marks.
    #[allow(dead_code, reason = "each test that has this file makes other pages")]
    pub(crate) fn names(&self, begin: &str) -> Vec<String> {
        let (text, mark) = (self.text(), format!("<!-- {begin}"));
        let rests = text.split(&mark).skip(1);
        let names = rests.filter_map(|rest| rest.split_once(" -->"));
        names.map(|(name, _)| name.to_owned()).collect()
    }

    /// The whole page says what is due, or is written so.
    #[allow(dead_code, reason = "each test that has this file makes other pages")]
    pub(crate) fn says(&self, due: &str) {
        let said = fs::read_to_string(&self.path).unwrap_or_default();
        self.settle(&said, due, due);
    }

    /// The section says what is due, in lines of its own, or is written so.
    pub(crate) fn section_says(&self, name: &str, due: &str) {
        self.words_say(name, &format!("\n{}\n", due.trim_end()));
    }

    /// Between the marks stands what is due and nothing else, or it is written so.
    pub(crate) fn words_say(&self, name: &str, due: &str) {
        let (text, (from, to)) = (self.text(), self.marks(name));
        let whole = [&text[..from], due, &text[to..]].concat();
        self.settle(&text[from..to], due, &whole);
    }

    fn settle(&self, said: &str, due: &str, whole: &str) {
        let path = self.path.display();
        if writes() {
            fs::write(&self.path, whole).unwrap_or_else(|error| panic!("{path}: {error}"));
            return;
        }
        let differing = said
            .lines()
            .zip(due.lines())
            .find(|(said, due)| said != due);
        assert!(
            said == due,
            "{path} is not as the data have it, which `cargo xtask docs` mends; the first difference: {differing:?}"
        );
    }

    fn marks(&self, name: &str) -> (usize, usize) {
        let (text, begin, end) = (
            self.text(),
            format!("<!-- {name} -->"),
            format!("<!-- /{name} -->"),
        );
        let from = text.find(&begin).map(|at| at + begin.len());
        let marks = from.zip(text.find(&end)).filter(|(from, to)| from <= to);
        marks.unwrap_or_else(|| panic!("{} has no section {name}", self.path.display()))
    }
}

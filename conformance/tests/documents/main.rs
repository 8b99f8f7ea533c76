//! The documents that are made from data are as the data have them. `cargo xtask docs` writes them.

mod matrix;
mod page;
mod specification;

use std::path::Path;

use session_driver_conformance::rules;

use crate::page::Page;

/// Names the directory of the reports that the matrix is made from.
const MATRIX: &str = "SESSION_DRIVER_MATRIX";

#[test]
fn the_specification_is_that_of_the_code() {
    Page::at("conformance/SPEC.md").says(&specification::document());
}

/// Which rules a driver passes only a run of its suite can say, so this is compared after those
/// runs, by `cargo xtask ci`. What the matrix says of the rules themselves is compared always.
#[test]
fn the_matrix_is_that_of_the_runs() {
    let readme = Page::at("README.md");
    if let Some(reports) = std::env::var_os(MATRIX) {
        readme.section_says(
            "matrix",
            &matrix::table(Path::new(&reports), !page::writes()),
        );
    }
    let section = readme.section("matrix");
    let total = format!("Of {} rules", rules().count());
    assert!(section.contains(&total), "README.md counts other rules");
    for rule in rules().filter(|rule| rule.cases().is_empty()) {
        let untested = section.lines().last().unwrap_or_default();
        assert!(
            untested.contains(rule.id),
            "README.md does not say that {} has no cases",
            rule.id
        );
    }
}

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
/// runs, by `cargo xtask ci`. What the matrix says of the rules themselves, and what README.md
/// takes from it, between marks such as `<!-- passed file -->`, is compared always.
#[test]
fn the_matrix_is_that_of_the_runs() {
    let page = Page::at("conformance/MATRIX.md");
    if let Some(reports) = std::env::var_os(MATRIX) {
        page.section_says(
            "matrix",
            &matrix::table(Path::new(&reports), !page::writes()),
        );
    }
    let section = page.section("matrix");
    let total = format!("Of {} rules", rules().count());
    assert!(section.contains(&total), "MATRIX.md counts other rules");
    for rule in rules().filter(|rule| rule.cases().is_empty()) {
        let untested = section.lines().last().unwrap_or_default();
        assert!(
            untested.contains(rule.id),
            "MATRIX.md does not say that {} has no cases",
            rule.id
        );
    }
    let readme = Page::at("README.md");
    let drivers = readme.names("passed ");
    assert!(!drivers.is_empty(), "README.md counts no driver's rules");
    for driver in drivers {
        let passed = matrix::passed(&section, &driver);
        readme.words_say(&format!("passed {driver}"), &passed);
    }
}

/// README.md shows some rows of the bench beside tower-sessions' published stores as they stand in
/// the adapter's README, and names the one where ours is slower.
#[test]
fn the_readmes_figures_are_those_of_the_bench() {
    let bench = Page::at("crates/session-driver-tower/README.md").text();
    let figures = Page::at("README.md").section("figures");
    let rows: Vec<&str> = figures.lines().filter(|line| is_measured(line)).collect();
    assert!(!rows.is_empty(), "README.md shows no figures");
    for row in rows {
        assert!(
            bench.lines().any(|line| line == row),
            "the bench's table has no such row: {row}"
        );
    }
}

/// A row of a store, not a head or a title.
fn is_measured(line: &str) -> bool {
    line.starts_with("| session-driver-") || line.starts_with("| tower-sessions-")
}

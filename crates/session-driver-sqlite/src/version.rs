//! The SQLite library that the program runs with: rusqlite's own (feature `bundled`), or the
//! system's.

use session_driver::ErrorKind;

use crate::fault::{Attempt, Fault};

/// The oldest release that has all the driver uses: `STRICT` tables (3.37.0). Older ones are
/// `RETURNING` (3.35.0), `sqlite_schema` (3.33.0), `trusted_schema` and refusing links (3.31.0),
/// and upserts (3.24.0).
const OLDEST: i32 = 3_037_000;

/// # Errors
/// Unsupported when the library is older than the driver needs.
pub(crate) fn ensure_supported() -> Attempt<()> {
    judge(rusqlite::version_number())
}

fn judge(found: i32) -> Attempt<()> {
    if found >= OLDEST {
        return Ok(());
    }
    Err(Fault::new(
        ErrorKind::Unsupported,
        format!(
            "the program runs with SQLite {}, and {} or newer is needed; update the library, or \
             enable the feature `bundled` of session-driver-sqlite",
            dotted(found),
            dotted(OLDEST)
        ),
    ))
}

/// A version number as SQLite writes it: `major * 1_000_000 + minor * 1_000 + patch`.
fn dotted(number: i32) -> String {
    let (major, minor, patch) = (number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use session_driver::Operation;

    use super::*;

    #[test]
    fn a_library_that_is_too_old_is_unsupported_and_both_versions_are_named() {
        for found in [3_036_000, 3_034_001, 3_007_000, 2_999_999, 0] {
            let fault = judge(found).expect_err("an old library");
            assert_eq!(fault.kind, ErrorKind::Unsupported, "{found}");
        }
        let error = judge(3_034_001).expect_err("an old library");
        let error = error.during(Operation::Open);
        let source = error.source().expect("a source").to_string();
        assert!(
            source.contains("SQLite 3.34.1, and 3.37.0 or newer"),
            "{source}"
        );
    }

    #[test]
    fn newer_libraries_are_supported_and_so_is_this_one() {
        for found in [3_037_000, 3_037_002, 3_040_001, 3_054_001, 4_000_000] {
            assert!(judge(found).is_ok(), "{found}");
        }
        assert!(ensure_supported().is_ok());
    }
}

//! The installed server program.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The names of the program, the preferred one first.
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];

/// A server program on PATH that could be run.
#[derive(Clone, Debug)]
pub struct Binary {
    path: PathBuf,
    version: String,
}

impl Binary {
    /// The first `redis-server` on PATH that runs and tells its version, else the first such
    /// `valkey-server`. PATH is looked at once in the life of the process.
    #[must_use]
    pub fn find() -> Option<Binary> {
        static FOUND: OnceLock<Option<Binary>> = OnceLock::new();
        FOUND.get_or_init(search).clone()
    }

    /// Where the program is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version, such as `7.0.15`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The first number of the version.
    #[must_use]
    pub fn major(&self) -> u32 {
        let first = self.version.split('.').next().unwrap_or_default();
        first.parse().unwrap_or_default()
    }
}

fn search() -> Option<Binary> {
    let path = env::var_os("PATH")?;
    let directories: Vec<PathBuf> = env::split_paths(&path).collect();
    let candidates = NAMES.iter().flat_map(|name| {
        directories
            .iter()
            .map(move |directory| directory.join(name))
    });
    candidates
        .into_iter()
        .filter(|candidate| candidate.is_file())
        .find_map(|path| version(&path).map(|version| Binary { path, version }))
}

/// What `--version` says: `Redis server v=7.0.15 sha=…`, `Valkey server v=8.0.1 sha=…`.
fn version(path: &Path) -> Option<String> {
    let output = Command::new(path).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.split(' ').find_map(|word| word.strip_prefix("v="))?;
    Some(version.into())
}

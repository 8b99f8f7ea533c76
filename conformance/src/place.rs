//! Where the backend of a case is.

use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::subject::BoxError;

/// Where the backend of one case is: a text that any process can open it by, what keeps it alive,
/// and the directory of its files if it has any.
pub struct Place {
    locator: String,
    directory: Option<PathBuf>,
    _guard: Option<Box<dyn Any + Send + Sync>>,
}

impl Place {
    /// A place that goes when `guard` is dropped.
    #[must_use]
    pub fn new(locator: impl Into<String>, guard: impl Any + Send + Sync) -> Place {
        Place {
            locator: locator.into(),
            directory: None,
            _guard: Some(Box::new(guard)),
        }
    }

    /// A place that another process keeps alive.
    #[must_use]
    pub fn borrowed(locator: impl Into<String>) -> Place {
        Place {
            locator: locator.into(),
            directory: None,
            _guard: None,
        }
    }

    /// A place in a temporary directory of its own; the locator is a path in it at which nothing
    /// exists yet, and the directory is [that of its files](Place::directory).
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn in_temporary_directory() -> Result<Place, BoxError> {
        let directory = tempfile::Builder::new()
            .prefix("session-driver-")
            .tempdir()?;
        let path = directory.path().join("store");
        let locator = path
            .to_str()
            .ok_or("the temporary directory's name is not UTF-8")?;
        let files = directory.path().to_owned();
        Ok(Place::borrowed(locator).with_files_in(files, directory))
    }

    /// Says that the directory, which `guard` keeps, holds nothing but the files of this place's
    /// backend, and the locator is the path of something in it.
    #[must_use]
    pub fn with_files_in(
        self,
        directory: impl Into<PathBuf>,
        guard: impl Any + Send + Sync,
    ) -> Place {
        Place {
            directory: Some(directory.into()),
            _guard: Some(Box::new((self._guard, guard))),
            ..self
        }
    }

    /// The text that names the backend.
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// The text as a path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.locator.as_ref()
    }

    /// The directory that holds all files of the backend and nothing else, and was made for it; the
    /// driver makes everything in it. `None` when the backend is not kept in files.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("locator", &self.locator)
            .finish_non_exhaustive()
    }
}

//! What goes on behind a driver's back: what hooks take and give, and what they do by themselves
//! where a backend is kept in files.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use session_driver::SessionId;

use crate::case::{Context, Stop, Verdict};
use crate::place::Place;
use crate::proxy::Proxy;
use crate::subject::{BoxError, EarlierStore};

/// The answer of a hook to what its subject cannot do: `Err(Cannot::because("..").into())`. The
/// cases that need it are then unobserved, with this reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cannot {
    reason: String,
}

impl Cannot {
    /// It cannot be done for this reason.
    #[must_use]
    pub fn because(reason: impl Into<String>) -> Cannot {
        Cannot {
            reason: reason.into(),
        }
    }

    /// The subject has not got this hook.
    pub(crate) fn without(hook: &str) -> BoxError {
        Cannot::because(format!("the subject has no hook `{hook}`")).into()
    }
}

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Cannot {}

/// What the suite puts at an id's own place, instead of the record that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Planted<'a> {
    /// These bytes: parts of what [`Subject::raw`](crate::Subject::raw) gave, or garbage.
    Bytes(&'a [u8]),
    /// What cannot be a record at all: a directory for a file, a list for a Redis string, a text
    /// for a blob.
    AnotherKind,
    /// The same record as a newer version of the driver might have written it: with a format
    /// number that this one does not know, and sound apart from that.
    NewerFormat,
}

/// All that a backend holds: names of files, rows, keys or index entries, each unique, with their
/// bytes.
pub type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

/// The hooks as cases use them: what a subject cannot do is unobserved.
impl Context {
    pub(crate) fn contents(&self, place: &Place) -> Result<Contents, Stop> {
        answered("contents", self.subject.contents(place))
    }

    pub(crate) fn add_foreign(&self, place: &Place) -> Verdict {
        answered("add_foreign", self.subject.add_foreign(place))
    }

    /// What lies at the id's own place, where something is due.
    pub(crate) fn raw(&self, place: &Place, id: &SessionId) -> Result<Vec<u8>, Stop> {
        let found = answered("raw", self.subject.raw(place, id))?;
        found.ok_or_else(|| Stop::Failed("the hook `raw` finds nothing of a stored record".into()))
    }

    pub(crate) fn plant(&self, place: &Place, id: &SessionId, what: Planted<'_>) -> Verdict {
        answered("plant", self.subject.plant(place, id, what))
    }

    pub(crate) fn make_newer(&self, place: &Place) -> Verdict {
        answered("make_newer", self.subject.make_newer(place))
    }

    pub(crate) fn earlier_stores(&self) -> Result<Vec<EarlierStore>, Stop> {
        let stores = answered("earlier_stores", self.subject.earlier_stores())?;
        match stores.is_empty() {
            true => Err(Stop::Failed(
                "the hook `earlier_stores` has no store".into(),
            )),
            false => Ok(stores),
        }
    }

    pub(crate) fn kept_for(&self, place: &Place, id: &SessionId) -> Result<Option<Duration>, Stop> {
        answered("kept_for", self.subject.kept_for(place, id))
    }

    pub(crate) fn place_behind_proxy(&self) -> Result<(Place, Proxy), Stop> {
        answered("place_behind_proxy", self.subject.place_behind_proxy())
    }
}

fn answered<T>(hook: &str, answer: Result<T, BoxError>) -> Result<T, Stop> {
    answer.map_err(|error| match error.downcast::<Cannot>() {
        Ok(cannot) => Stop::Unobserved(cannot.reason),
        Err(error) => Stop::Failed(format!("the subject's hook `{hook}` fails: {error}")),
    })
}

/// The files and directories below `directory`, by their paths in it. The name of a directory ends
/// in `/`, and it has no bytes; those of a link are where it leads.
pub(crate) fn files_below(directory: &Path) -> io::Result<Contents> {
    let mut contents = Contents::new();
    gather(directory, &[], &mut contents)?;
    Ok(contents)
}

fn gather(directory: &Path, prefix: &[u8], contents: &mut Contents) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        let mut name = [prefix, entry.file_name().as_encoded_bytes()].concat();
        let bytes = if kind.is_dir() {
            name.push(b'/');
            gather(&path, &name, contents)?;
            vec![]
        } else if kind.is_symlink() {
            fs::read_link(&path)?.into_os_string().into_encoded_bytes()
        } else {
            fs::read(&path)?
        };
        contents.insert(name, bytes);
    }
    Ok(())
}

/// What no driver writes, in every directory below `directory` and in itself. The names hold
/// spaces, so that they are no ids, and most begin or end as some program's do.
pub(crate) fn add_foreign_files(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            add_foreign_files(&entry.path())?;
        }
    }
    fs::write(directory.join("read me"), "not the driver's")?;
    fs::write(directory.join(".an empty file.tmp"), "")?;
    let deeper = directory.join("lost and found");
    fs::create_dir(&deeper)?;
    fs::write(deeper.join("a b.lock"), "not the driver's, either")
}

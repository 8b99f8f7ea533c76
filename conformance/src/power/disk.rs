//! A model of a disk: what it keeps of the files below a directory.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// Which file or directory it is, whatever its name: device, number, and birth, for a number is
/// given to another file when its first one is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node {
    device: u64,
    number: u64,
    born: Option<SystemTime>,
}

/// What a disk keeps. Of a file or directory that it does not know it keeps that there is one, as
/// long as a directory that it knows names it, and nothing of what is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    nodes: HashMap<Node, Kept>,
}

#[derive(Clone, Debug)]
enum Kept {
    File(Arc<[u8]>),
    Directory(Arc<BTreeMap<OsString, Named>>),
}

/// What a name in a directory means.
#[derive(Clone, Copy, Debug)]
struct Named {
    node: Node,
    is_directory: bool,
}

impl Node {
    /// # Errors
    /// When nothing is there.
    pub(crate) fn at(path: &Path) -> io::Result<Node> {
        Ok(Node::of(&fs::metadata(path)?))
    }

    #[cfg(unix)]
    fn of(found: &Metadata) -> Node {
        use std::os::unix::fs::MetadataExt;
        Node {
            device: found.dev(),
            number: found.ino(),
            born: found.created().ok(),
        }
    }

    #[cfg(not(unix))]
    fn of(found: &Metadata) -> Node {
        Node {
            device: 0,
            number: 0,
            born: found.created().ok(),
        }
    }
}

impl Disk {
    /// All that is below a directory as it is now. What goes meanwhile is left out.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub(crate) fn below(directory: &Path) -> io::Result<Disk> {
        let mut disk = Disk::default();
        disk.keep_below(directory)?;
        Ok(disk)
    }

    fn keep_below(&mut self, directory: &Path) -> io::Result<()> {
        self.keep(directory)?;
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let kept = match fs::symlink_metadata(&path) {
                Ok(found) if found.is_dir() => self.keep_below(&path),
                Ok(found) if found.is_file() => self.keep(&path),
                _ => Ok(()),
            };
            match kept {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps one file, or the names in one directory, as they are now.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn keep(&mut self, path: &Path) -> io::Result<()> {
        let found = fs::metadata(path)?;
        let kept = if found.is_dir() {
            let mut names = BTreeMap::new();
            for entry in fs::read_dir(path)? {
                let entry = entry?;
                // A name that is gone by now was gone at the end of the listing.
                if let Ok(found) = entry.metadata() {
                    let (node, is_directory) = (Node::of(&found), found.is_dir());
                    names.insert(entry.file_name(), Named { node, is_directory });
                }
            }
            Kept::Directory(Arc::new(names))
        } else if found.is_file() {
            Kept::File(fs::read(path)?.into())
        } else {
            return Ok(()); // a pipe or a socket, which is on no disk
        };
        self.nodes.insert(Node::of(&found), kept);
        Ok(())
    }

    /// Keeps what the other keeps.
    pub(crate) fn learn(&mut self, other: Disk) {
        self.nodes.extend(other.nodes);
    }

    /// Keeps of each file and directory what this disk has, or what another one has, by chance: all
    /// that was not synced may be on a disk, or may not.
    pub(crate) fn mixed_with(&self, other: &Disk, rng: &mut fastrand::Rng) -> Disk {
        let mut mixed = self.clone();
        let mut nodes: Vec<(&Node, &Kept)> = other.nodes.iter().collect();
        nodes.sort_unstable_by_key(|(node, _)| **node);
        for (node, kept) in nodes {
            if rng.bool() {
                mixed.nodes.insert(*node, kept.clone());
            }
        }
        mixed
    }

    /// Writes what is kept below the directory `root` into an empty one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn lay_out(&self, root: Node, to: &Path) -> io::Result<()> {
        let Some(Kept::Directory(names)) = self.nodes.get(&root) else {
            return Ok(());
        };
        for (name, Named { node, is_directory }) in &**names {
            let path = to.join(name);
            if *is_directory {
                make_directory(&path)?;
                self.lay_out(*node, &path)?;
            } else {
                let bytes = match self.nodes.get(node) {
                    Some(Kept::File(bytes)) => bytes,
                    _ => &[][..],
                };
                write(&path, bytes)?;
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn make_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_keeps_what_was_synced_and_nothing_else() {
        let (from, to) = (
            tempfile::tempdir().expect("a directory"),
            tempfile::tempdir().expect("a directory"),
        );
        let at = |name: &str| from.path().join(name);
        let root = Node::at(from.path()).expect("a directory");
        fs::write(at("synced"), "first").expect("written");
        let mut disk = Disk::below(from.path()).expect("read");
        fs::write(at("synced"), "second").expect("written");
        fs::write(at("named"), "and not synced").expect("written");
        fs::create_dir(at("made")).expect("made");
        fs::write(at("made/within"), "").expect("written");
        disk.keep(from.path()).expect("read");
        fs::rename(at("named"), at("renamed")).expect("renamed");
        disk.lay_out(root, to.path()).expect("written");
        let found = |name: &str| fs::read_to_string(to.path().join(name)).ok();
        assert_eq!(found("synced").as_deref(), Some("first"));
        assert_eq!(found("named").as_deref(), Some(""));
        assert_eq!(found("renamed"), None);
        assert!(to.path().join("made").is_dir());
        assert_eq!(found("made/within"), None);
    }
}

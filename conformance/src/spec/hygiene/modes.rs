//! HYG: who may read the files, and where links lead.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use session_driver::{Precondition, SessionDriver};

use crate::case::{Context, Stop, Verdict, cases, ensure};
use crate::child::{Child, Request, Wish};
use crate::damage::{at_rest, has_a_backend};
use crate::hook::files_below;
use crate::outage::directory_of;
use crate::place::Place;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::steps::UNLIMITED;
use crate::subject::Setup;
use crate::workload::{NOW, at, forever, id, ids, marked};

pub(super) const HYG_3: Rule = Rule {
    id: "HYG-3",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "Directories and files are created 0700 and 0600 whatever the umask, wider at no moment; an engine that makes its \
           own files is enclosed in a 0700 directory or has them pre-created; links are not followed at any path the driver \
           made.",
    intent: "Another user of the host reads the session ids, or has the driver write through a link (CGI::Session CVE-2006-1279).",
    provenance: &[Provenance::Fault(
        "CGI::Session CVE-2006-1279: files of the drivers could be links of somebody else",
    )],
    needs: &[],
    proof: cases![
        nobody_else_can_read_what_is_made_whatever_the_umask,
        nothing_is_readable_by_others_for_a_moment,
        links_are_not_followed
    ],
};

/// The directory of files that the driver or its engine makes in this process.
///
/// # Errors
/// NotApplicable to a driver that makes none, Unobserved when the place does not say, and where
/// files have no modes.
fn directory_made<'a>(context: &Context, place: &'a Place) -> Result<&'a Path, Stop> {
    if !cfg!(unix) {
        let reason = "modes, and links that anybody may make, are looked for on Unix systems alone";
        return Err(Stop::Unobserved(reason.into()));
    }
    if !context.capabilities().embedded {
        let reason = "a server keeps the data, and makes its own files";
        return Err(Stop::NotApplicable(reason.into()));
    }
    has_a_backend(context)?;
    directory_of(place)
}

/// None, one that takes everything away, and one in between.
const UMASKS: [&str; 3] = ["0000", "0777", "0027"];

fn nobody_else_can_read_what_is_made_whatever_the_umask(context: &Context) -> Verdict {
    for umask in UMASKS {
        let place = context.place()?;
        let directory = directory_made(context, &place)?;
        let mut child = Child::spawn_with_umask(context, umask)?;
        child.open(0, &place)?;
        let (seed, times) = (context.seed(), 20);
        child.wish(Wish::Use { seed, times })?;
        is_private(directory, umask, "while it is open")?;
        child.wish(Wish::Close)?;
        is_private(directory, umask, "after it was closed")?;
        child.open(0, &place)?;
        child.wish(Wish::Use { seed, times })?;
    }
    Ok(())
}

/// Looks while a process makes a store. What is seen for a moment only may be missed.
fn nothing_is_readable_by_others_for_a_moment(context: &Context) -> Verdict {
    for _ in 0..20 {
        let place = context.place()?;
        let directory = directory_made(context, &place)?;
        let mut child = Child::spawn_with_umask(context, UMASKS[0])?;
        let opening = child.opening(0, &place);
        child.send(&opening)?;
        let (seed, times) = (context.seed(), 5);
        child.send(&Request::of(0, Wish::Use { seed, times }))?;
        let looking = AtomicBool::new(true);
        thread::scope(|scope| {
            let looks = scope.spawn(|| {
                while looking.load(Ordering::Relaxed) {
                    is_private(directory, UMASKS[0], "for a moment, while it is made")?;
                }
                Ok(())
            });
            let opened = child.receive().and_then(|_| child.done());
            looking.store(false, Ordering::Relaxed);
            let private = looks.join().unwrap_or(Ok(()));
            opened.and(private)
        })?;
    }
    Ok(())
}

/// What lies in the place's directory is for its owner alone: directories 0700, files 0600. What
/// lies in such a directory is enclosed, whatever its own mode.
fn is_private(directory: &Path, umask: &str, when: &str) -> Verdict {
    let Ok(entries) = fs::read_dir(directory) else {
        return Err(Stop::Failed("the directory of the place is gone".into()));
    };
    for entry in entries.flatten() {
        // What is gone by now was a temporary file.
        let Ok(found) = fs::symlink_metadata(entry.path()) else {
            continue;
        };
        let (mode, due, what) = match found.is_dir() {
            true => (mode_of(&found), 0o700, "directory"),
            false => (mode_of(&found), 0o600, "file"),
        };
        // A mode that the umask has narrowed, in the moment before it is given back, is no wider.
        let for_a_moment = when.starts_with("for a moment");
        let private = mode == due || (for_a_moment && mode & !due == 0);
        ensure!(
            private,
            "a {what} that the driver made under the umask {umask} has the mode {mode:04o}, not {due:04o}, {when}"
        );
    }
    Ok(())
}

#[cfg(unix)]
fn mode_of(found: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(found) & 0o7777
}

#[cfg(not(unix))]
fn mode_of(found: &fs::Metadata) -> u32 {
    if found.is_dir() { 0o700 } else { 0o600 }
}

/// What stands at a path that the driver made before.
#[derive(Clone, Copy, Debug)]
enum Planted {
    /// A link to the file or directory, which was moved elsewhere.
    LinkToTheSame,
    /// A link to where nothing is.
    LinkToNothing,
}

fn links_are_not_followed(context: &Context) -> Verdict {
    for planted in [Planted::LinkToTheSame, Planted::LinkToNothing] {
        for directories in [false, true] {
            let count = paths(context, directories)?.1.len();
            let most = count.min(LINKS);
            for number in 0..most {
                follows_no_link(context, planted, directories, number * count / most)?;
            }
        }
    }
    Ok(())
}

/// A store in files, at rest, and the paths of all files in its directory, or of all directories.
fn paths(context: &Context, directories: bool) -> Result<(Arc<Place>, Vec<PathBuf>), Stop> {
    let store = context.fresh()?;
    use_all(&*store);
    directory_made(context, store.place())?;
    let place = at_rest(context, store)?;
    if !place.path().is_dir() {
        let reason = "the driver keeps its store in a file, which its engine opens";
        return Err(Stop::NotApplicable(reason.into()));
    }
    let names = files_below(place.path()).map_err(broken)?.into_keys();
    let wanted = names.filter(|name| name.ends_with(b"/") == directories);
    let paths = wanted.map(|name| place.path().join(&*String::from_utf8_lossy(&name)));
    let paths = paths.collect();
    Ok((place, paths))
}

/// Uses the store, whatever it answers: what counts is where that leads.
fn use_all(store: &dyn SessionDriver) {
    for who in ids("linked", 10) {
        let _ = store.retrieve(&who, NOW);
        let _ = store.touch(&who, Some(at(9_000)), NOW);
        let _ = store.store(&who, forever(&marked(2, 900)), Precondition::Any, NOW);
        let _ = store.rotate(&who, &id("elsewhere"), NOW);
        let _ = store.remove(&id("elsewhere"), NOW);
        let _ = store.sweep(at(10_000), UNLIMITED);
        let _ = store.store(&who, forever(&marked(3, 900)), Precondition::Any, NOW);
    }
}

fn follows_no_link(
    context: &Context,
    planted: Planted,
    directories: bool,
    number: usize,
) -> Verdict {
    let (place, paths) = paths(context, directories)?;
    let Some(path) = paths.get(number) else {
        return Ok(());
    };
    // Without the slash at a directory's end, which would follow the link.
    let path: PathBuf = path.components().collect();
    let outside = tempfile::tempdir().map_err(broken)?;
    let target = outside.path().join("target");
    match planted {
        Planted::LinkToTheSame => fs::rename(&path, &target),
        Planted::LinkToNothing if directories => fs::remove_dir_all(&path),
        Planted::LinkToNothing => fs::remove_file(&path),
    }
    .and_then(|()| link(&target, &path))
    .map_err(broken)?;
    let before = files_below(outside.path()).map_err(broken)?;
    // A driver may refuse to open such a store.
    if let Ok(store) = context.open_raw(&place, &Setup::default()) {
        use_all(&*store);
    }
    let after = files_below(outside.path()).map_err(broken)?;
    ensure!(
        before == after,
        "the driver follows {planted:?}, which stands at a path that it made, and changes what is there"
    );
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The most paths that are tried in turn.
const LINKS: usize = 8;

fn broken(error: io::Error) -> Stop {
    Stop::Failed(format!("the links cannot be prepared: {error}"))
}

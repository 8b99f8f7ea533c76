//! HYG: the directory that a store is opened in.

use std::fs;
use std::path::Path;

use crate::case::{Context, Stop, Verdict, cases, ensure_eq};
use crate::place::Place;
use crate::rule::{Evidence, Level, Provenance, Rule};
use crate::subject::Setup;

pub(super) const HYG_7: Rule = Rule {
    id: "HYG-7",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "Open refuses a directory owned by another user, writable by others, or holding another program's data.",
    intent: "A store in /tmp is one that somebody else has prepared; one in the wrong directory sweeps somebody's files.",
    provenance: &[Provenance::Fault(
        "CGI::Session CVE-2006-1279: sessions in a directory that all may write to",
    )],
    needs: &[],
    proof: cases![
        a_directory_writable_by_others_is_refused,
        a_directory_of_another_user_is_refused,
        a_directory_with_foreign_files_is_refused
    ],
};

fn a_directory_writable_by_others_is_refused(context: &Context) -> Verdict {
    for mode in [0o777, 0o770, 0o1777, 0o702] {
        let place = prepared(context)?;
        set_mode(place.path(), mode)?;
        is_refused(
            context,
            &place,
            &format!("an empty directory of mode {mode:o}"),
        )?;
    }
    Ok(())
}

fn a_directory_of_another_user_is_refused(context: &Context) -> Verdict {
    let place = prepared(context)?;
    give_away(place.path())?;
    is_refused(
        context,
        &place,
        "an empty directory that belongs to another user",
    )
}

fn a_directory_with_foreign_files_is_refused(context: &Context) -> Verdict {
    let broken =
        |error: std::io::Error| Stop::Failed(format!("the directory cannot be prepared: {error}"));
    for name in ["notes.txt", "00", "a/b"] {
        let place = prepared(context)?;
        let foreign = place.path().join(name);
        let parent = foreign.parent().unwrap_or(place.path());
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&foreign, "notes"))
            .map_err(broken)?;
        is_refused(
            context,
            &place,
            &format!("a directory that holds a foreign file {name:?}"),
        )?;
        ensure_eq!(
            fs::read(&foreign).map_err(broken)?,
            b"notes",
            "a foreign file {name:?} after a refused open"
        );
    }
    Ok(())
}

/// A place at which there is an empty directory, for a driver that makes one there.
fn prepared(context: &Context) -> Result<Place, Stop> {
    if !cfg!(unix) || !context.fresh()?.place().path().is_dir() {
        let reason = "the driver keeps its store in no directory of files, or its locator does not say where";
        return Err(Stop::NotApplicable(reason.into()));
    }
    let place = context.place()?;
    if !place.path().is_dir() {
        fs::create_dir(place.path())
            .map_err(|error| Stop::Failed(format!("no directory for the store: {error}")))?;
        set_mode(place.path(), 0o700)?;
    }
    Ok(place)
}

fn is_refused(context: &Context, place: &Place, what: &str) -> Verdict {
    match context.open_raw(place, &Setup::default()) {
        Ok(_) => Err(Stop::Failed(format!("{what} is opened"))),
        Err(_) => Ok(()),
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> Verdict {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| Stop::Skipped(format!("the mode of a directory cannot be set: {error}")))
}

/// Gives the directory to the user `nobody`, which only root can do.
#[cfg(unix)]
fn give_away(path: &Path) -> Verdict {
    std::os::unix::fs::chown(path, Some(65_534), None).map_err(|error| {
        Stop::Skipped(format!(
            "a directory cannot be given to another user: {error}"
        ))
    })
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> Verdict {
    Ok(())
}

#[cfg(not(unix))]
fn give_away(_: &Path) -> Verdict {
    Ok(())
}

//! Each library crate beside each neighbour: does it resolve, and does a program with both build,
//! store a session and read it?

use std::fs;
use std::time::Instant;

use crate::fit::neighbours::{Actix, NEIGHBOURS, Neighbour, Tower};
use crate::fit::ours::{OURS, Ours};
use crate::fit::program::{Ended, Program, home, quiet};
use crate::fit::redis::Server;
use crate::fit::table::Table;
use crate::fit::{FAILS, Failures, say};
use crate::step::{Stopped, root};

/// Makes a lock file with all crates beside each neighbour.
///
/// Where all of them resolve together, so does each of them alone: its graph is a part of theirs.
/// Where they do not, each is tried alone, so that the table shows which it is.
pub(crate) fn resolve(filter: &str) -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    let names = OURS.iter().map(|ours| ours.name);
    let mut table = Table::new(["beside"].into_iter().chain(names));
    let chosen = chosen(filter)?;
    for (index, neighbour) in chosen.iter().enumerate() {
        let (name, count) = (neighbour.name, chosen.len());
        say(&format!(
            "resolves beside {name} ({} of {count})",
            index + 1
        ));
        let mut row = vec![name.to_owned()];
        let together = program(&OURS, neighbour)?.resolve();
        for ours in &OURS {
            let ended = match together {
                Ok(()) => Ok(()),
                Err(_) => program(&[*ours], neighbour)?.resolve(),
            };
            let what = format!("{} beside {name}", ours.package);
            row.push(failures.cell(&what, "resolves", ended));
        }
        if together.is_err() && row.iter().all(|cell| cell != FAILS) {
            let _ = failures.cell(&format!("all crates beside {name}"), "", together);
        }
        table.push(row);
    }
    println!("\n{table}");
    Ok(failures)
}

/// Builds and runs, for each neighbour, one program with all of our crates.
pub(crate) fn build(filter: &str) -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    let mut table = Table::new(["beside", "all library crates", "seconds"]);
    let redis = Server::start()?;
    let chosen = chosen(filter)?;
    for (index, neighbour) in chosen.iter().enumerate() {
        say(&format!(
            "builds and runs beside {} ({} of {}; a first time takes minutes)",
            neighbour.name,
            index + 1,
            chosen.len()
        ));
        let begin = Instant::now();
        let ended = build_and_run(neighbour, &redis.url())?;
        let what = format!("all crates beside {}", neighbour.name);
        let cell = failures.cell(&what, "stores and reads", ended);
        let took = begin.elapsed().as_secs();
        table.push([neighbour.name.to_owned(), cell, took.to_string()]);
    }
    println!("\n{table}");
    Ok(failures)
}

/// The neighbours that have this text in their names.
fn chosen(filter: &str) -> Result<Vec<&'static Neighbour>, Stopped> {
    let has = |neighbour: &&Neighbour| neighbour.name.contains(filter);
    let chosen: Vec<&Neighbour> = NEIGHBOURS.iter().filter(has).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = NEIGHBOURS.iter().map(|neighbour| neighbour.name).collect();
        return Err(Stopped(format!(
            "no neighbour has {filter:?} in its name; there are {}",
            names.join(", ")
        )));
    }
    Ok(chosen)
}

fn build_and_run(neighbour: &Neighbour, redis: &str) -> Result<Ended, Stopped> {
    let program = program(&OURS, neighbour)?;
    let data = home().join("data");
    match fs::remove_dir_all(&data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let path = data.display();
            return Err(Stopped(format!("{path} cannot be cleared: {error}")));
        }
        _ => {}
    }
    fs::create_dir_all(&data)
        .map_err(|error| Stopped(format!("{} cannot be made: {error}", data.display())))?;
    let mut run = program.cargo(&["run", "--quiet"]);
    Ok(quiet(run.arg("--").arg(data).arg(redis)))
}

/// A program with these crates of ours and this neighbour.
fn program(ours: &[Ours], neighbour: &Neighbour) -> Result<Program, Stopped> {
    let mut dependencies: Vec<String> = ours
        .iter()
        .map(|ours| dependency(ours, neighbour))
        .chain(ours.iter().flat_map(|ours| needs(ours, neighbour)))
        .chain(neighbour.dependencies.iter().map(|&line| line.to_owned()))
        .collect();
    // A crate that both need is named once, as the neighbour does, whose line comes last.
    dependencies.reverse();
    let mut named = Vec::new();
    dependencies.retain(|line| {
        let name = line.split([' ', '=']).next().unwrap_or_default().to_owned();
        let is_new = !named.contains(&name);
        named.push(name);
        is_new
    });
    let name = match ours {
        [one] => format!("{}-{}", one.name, slug(neighbour.name)),
        _ => format!("all-{}", slug(neighbour.name)),
    };
    Program::write(&name, "1.85", &dependencies, &source(ours, neighbour))
}

/// The line that a service writes for this crate of ours beside the neighbour.
fn dependency(ours: &Ours, neighbour: &Neighbour) -> String {
    let path = root().join(ours.directory);
    let (package, path) = (ours.package, path.display());
    match neighbour.feature(ours.name) {
        Some(feature) => format!(
            "{package} = {{ path = \"{path}\", default-features = false, features = [\"{feature}\"] }}"
        ),
        None => format!(
            "{package} = {{ path = \"{path}\", features = {:?} }}",
            ours.features
        ),
    }
}

/// What the crate's round trip needs; of frameworks in two versions, the neighbour's.
fn needs(ours: &Ours, neighbour: &Neighbour) -> Vec<String> {
    let root = root().display().to_string();
    let is_the_neighbours = |line: &str| {
        (line.starts_with("tower-sessions") && neighbour.tower != Tower::Newest)
            || (line.starts_with("actix-session") && neighbour.actix != Actix::Newest)
    };
    let lines = ours.needs.iter().filter(|line| !is_the_neighbours(line));
    lines.map(|line| line.replace("ROOT", &root)).collect()
}

fn source(ours: &[Ours], neighbour: &Neighbour) -> String {
    let mut source = format!("{}\n\n{HEAD}", neighbour.uses);
    if ours
        .iter()
        .any(|ours| ours.round_trip.contains("block_on(async"))
    {
        source += BLOCK_ON;
    }
    let mut calls = String::new();
    let sessions = match neighbour.tower {
        Tower::Newest => "tower_sessions",
        Tower::V0_14 { at } => at,
    };
    for ours in ours {
        let body = ours.round_trip.replace("SESSIONS", sessions);
        source += &format!(
            "#[allow(unused_variables)]\nfn {}(directory: &Path, redis: &str) {{{body}}}\n\n",
            function(ours)
        );
        calls += &format!("    {}(&directory, &redis);\n", function(ours));
    }
    format!("{source}fn main() {{\n{ARGUMENTS}{calls}}}\n")
}

fn function(ours: &Ours) -> String {
    format!("with_{}", ours.name)
}

const HEAD: &str = "use std::path::Path;\n\n";

const ARGUMENTS: &str = "\
    let mut arguments = std::env::args().skip(1);
    let directory = std::path::PathBuf::from(arguments.next().unwrap());
    let redis = arguments.next().unwrap();
";

const BLOCK_ON: &str = "\
fn block_on(future: impl std::future::Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap().block_on(future);
}

";

/// A name for a directory.
fn slug(name: &str) -> String {
    let simple = |character: char| match character {
        'a'..='z' | '0'..='9' | '.' => character,
        _ => '-',
    };
    let slug: String = name.chars().map(simple).collect();
    slug.trim_matches('-').to_owned()
}

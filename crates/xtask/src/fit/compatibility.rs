//! The table in the root README of what is tried here, and the line that a service writes for it.

use crate::fit::neighbours::{NEIGHBOURS, Neighbour};
use crate::fit::ours::{OURS, Ours};
use crate::marks::fill;
use crate::step::{Stopped, root};

/// Each adapter, and the crate of the services that it is for.
const WEB: [(&str, &str); 2] = [("tower", "axum"), ("actix", "actix-web")];

/// Writes the table, or with `check` says whether it is as the neighbours have it.
pub(crate) fn run(check: bool) -> Result<(), Stopped> {
    let path = root().join("README.md");
    let is_other = fill(&path, "compatibility", &format!("\n{}", table()), check)?;
    match is_other && check {
        false => Ok(()),
        true => Err(Stopped(format!(
            "{}: the table of versions is not that of `cargo xtask fit`: run `cargo xtask docs`",
            path.display()
        ))),
    }
}

fn table() -> String {
    let head = "| the service uses | its line in `[dependencies]` |\n|---|---|\n";
    let adapters: String = OURS.iter().filter_map(rows).collect();
    let libraries = libraries();
    format!(
        "{head}{adapters}| {libraries} | the driver's alone; `session-driver-sqlite` takes the SQLite \
         that they link |\n"
    )
}

/// The two rows of an adapter: its framework's newest version, and the older one with those that
/// are on it. `None` for a crate that is no adapter.
fn rows(ours: &Ours) -> Option<String> {
    let (_, web) = WEB.iter().find(|(adapter, _)| *adapter == ours.name)?;
    let web = NEIGHBOURS
        .iter()
        .find(|other| of_crate(other) == *web)?
        .name;
    let feature = NEIGHBOURS
        .iter()
        .find_map(|other| other.feature(ours.name))?;
    let (framework, older) = feature.rsplit_once('-')?;
    let newest = ours.needs.iter().find_map(|line| {
        let version = line.strip_prefix(framework)?.strip_prefix(" = \"")?;
        version.strip_suffix('"')
    })?;
    let users: Vec<&str> = NEIGHBOURS
        .iter()
        .filter(|other| other.feature(ours.name).is_some() && of_crate(other) != framework)
        .map(|other| other.name)
        .collect();
    let mut older = format!("{framework} {}", older.replace('_', "."));
    if !users.is_empty() {
        older += &format!(": {}", users.join(", "));
    }
    let (package, version) = (ours.package, version());
    Some(format!(
        "| {web} with {framework} {newest} | `{package} = \"{version}\"` |\n\
         | {older} | `{package} = {{ version = \"{version}\", default-features = false, \
         features = [\"{feature}\"] }}` |\n"
    ))
}

/// The neighbours that no adapter is for, each crate once with its versions.
fn libraries() -> String {
    let mut libraries: Vec<(&str, Vec<&str>)> = Vec::new();
    for neighbour in NEIGHBOURS {
        let mut words = neighbour.name.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        let is_web = WEB.iter().any(|(_, web)| *web == name);
        let is_bound = WEB
            .iter()
            .any(|(adapter, _)| neighbour.feature(adapter).is_some());
        if is_web || is_bound {
            continue;
        }
        match libraries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, versions)) if versions.contains(&version) => {}
            Some((_, versions)) => versions.push(version),
            None => libraries.push((name, vec![version])),
        }
    }
    let shown: Vec<String> = libraries
        .iter()
        .map(|(name, versions)| format!("{name} {}", versions.join(", ")))
        .collect();
    shown.join("; ")
}

fn of_crate(neighbour: &Neighbour) -> &'static str {
    neighbour.name.split(' ').next().unwrap_or_default()
}

/// What a dependency on a crate of this workspace asks for: all have one version.
fn version() -> &'static str {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    VERSION.rsplit_once('.').map_or(VERSION, |(minor, _)| minor)
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn each_adapter_has_two_versions_and_the_libraries_share_a_row() {
        let table = table();
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(rows.len(), 5, "{table}");
        assert!(rows[0].starts_with("| axum "), "{table}");
        assert!(rows[1].starts_with("| tower-sessions 0.14: "), "{table}");
        assert!(rows[1].contains("axum-login "), "{table}");
        assert!(rows[2].starts_with("| actix-web "), "{table}");
        assert!(rows[3].starts_with("| actix-session 0.10 |"), "{table}");
        assert!(rows[4].contains("; diesel "), "{table}");
    }
}

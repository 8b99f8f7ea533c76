//! What a security audit says of a service with one of our crates, without any exception.

use crate::fit::ours::OURS;
use crate::fit::program::{home, quiet, write};
use crate::fit::systems::alone;
use crate::fit::table::Table;
use crate::fit::{Failures, say};
use crate::step::{Steps, Stopped, cargo};
use crate::tools;

/// The one crate whose dependencies have advisories, and which: its README names them.
const EXCEPTED: (&str, &str) = ("sled", "RUSTSEC-2024-0384, RUSTSEC-2025-0057");

/// cargo-deny's settings for a service that excepts nothing.
const STRICT: &str = "[advisories]\nyanked = \"deny\"\nunmaintained = \"all\"\nunsound = \"all\"\n";

/// Looks up each crate's graph in the advisory database.
pub(crate) fn run() -> Result<Failures, Stopped> {
    let mut failures = Failures::default();
    tools::cargo_deny(&mut Steps::default())?;
    let settings = home().join("strict.toml");
    write(&settings, STRICT)?;
    let config = settings.display().to_string();
    let fetched = quiet(&mut cargo(&["deny", "--config", &config, "fetch", "db"]));
    if let Err(reason) = fetched {
        let first = reason.lines().next().unwrap_or_default();
        failures.leave_out("advisories", &format!("no advisory database: {first}"));
        return Ok(failures);
    }
    let mut table = Table::new(["crate", "advisories"]);
    for ours in &OURS {
        say(&format!("advisories for {}", ours.package));
        let program = alone(ours, "advisories")?;
        let found = program.resolve().and_then(|()| {
            let check = ["deny", "--config", &config, "check", "advisories"];
            quiet(&mut program.cargo(&check))
        });
        let (excepted, ids) = EXCEPTED;
        let cell = match found {
            Err(reason) if ours.name == excepted && known(&reason) == ids => ids.to_owned(),
            found => failures.cell(&format!("advisories for {}", ours.package), "none", found),
        };
        table.push([ours.name.to_owned(), cell]);
    }
    println!("\n{table}");
    Ok(failures)
}

/// The ids of the advisories that cargo-deny printed.
fn known(printed: &str) -> String {
    let mut ids: Vec<&str> = printed
        .split(|character: char| !character.is_ascii_alphanumeric() && character != '-')
        .filter(|word| word.starts_with("RUSTSEC-"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.join(", ")
}

//! What a process holds: descriptors, threads, and the state it shares with all its code.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The flag of a descriptor that an `exec` closes, as `/proc/self/fdinfo` shows it.
const CLOSE_ON_EXEC: u32 = 0o2_000_000;

/// A count of this process, from `/proc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Census {
    pub(crate) descriptors: BTreeMap<u32, Descriptor>,
    pub(crate) threads: usize,
    /// The working directory, the environment, the umask, what is done with signals.
    pub(crate) state: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Descriptor {
    pub(crate) target: String,
    pub(crate) close_on_exec: bool,
}

impl Census {
    /// Counts, where there is a `/proc` as Linux has it.
    pub(crate) fn take() -> Option<Census> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let field = |name: &str| {
            status.lines().find_map(|line| {
                Some(
                    line.strip_prefix(name)?
                        .strip_prefix(':')?
                        .trim()
                        .to_owned(),
                )
            })
        };
        let mut state: BTreeMap<String, String> = ["Umask", "SigBlk", "SigIgn", "SigCgt"]
            .iter()
            .filter_map(|name| Some(((*name).into(), field(name)?)))
            .collect();
        let directory = std::env::current_dir().map(|path| path.display().to_string());
        state.insert("working directory".into(), directory.unwrap_or_default());
        state.insert("environment".into(), format!("{:?}", std::env::vars_os()));
        Some(Census {
            descriptors: descriptors()?,
            threads: field("Threads")?.parse().ok()?,
            state,
        })
    }

    /// The descriptors that are here and were not there.
    pub(crate) fn since<'a>(&'a self, earlier: &Census) -> Vec<&'a Descriptor> {
        let new = self
            .descriptors
            .iter()
            .filter(|(number, _)| !earlier.descriptors.contains_key(number));
        new.map(|(_, descriptor)| descriptor).collect()
    }
}

fn descriptors() -> Option<BTreeMap<u32, Descriptor>> {
    let numbers: Vec<u32> = fs::read_dir("/proc/self/fd")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    // The descriptor of the listing itself is closed by now, and has no target any more.
    let describe = |number: u32| {
        let target: PathBuf = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{number}")).ok()?;
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
        let flags = u32::from_str_radix(flags.trim(), 8).ok()?;
        let target = target.display().to_string();
        let close_on_exec = flags & CLOSE_ON_EXEC != 0;
        Some((
            number,
            Descriptor {
                target,
                close_on_exec,
            },
        ))
    };
    Some(numbers.into_iter().filter_map(describe).collect())
}

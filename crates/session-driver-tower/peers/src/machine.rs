//! What the figures were measured on.

use std::fs;
use std::path::Path;
use std::thread;

/// How busy the machine is: the first of the load averages.
pub(crate) fn load() -> String {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    averages.split(' ').next().unwrap_or("unknown").to_owned()
}

pub(crate) fn text(directory: &Path, load_before: &str) -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let file_system = file_system(directory);
    let load = load();
    format!("{cores} cores, {file_system}; load average {load_before} before and {load} after.")
}

/// The kind of file system that this directory is on.
fn file_system(directory: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    mounts
        .filter(|(place, _)| directory.starts_with(place))
        .max_by_key(|(place, _)| place.len())
        .map_or("unknown", |(_, kind)| kind)
        .to_owned()
}

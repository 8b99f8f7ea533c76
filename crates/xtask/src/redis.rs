//! The Redis server that tests start instances of: found, or installed.

use std::env;
use std::process::Command;

use crate::step::{Steps, Stopped, works};

/// The names of the program: either will do.
const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];

/// A developer's own server, for the suites that need no more than one.
const URL: &str = "SESSION_DRIVER_REDIS_URL";

/// Makes a test that finds no server fail, where it would be skipped.
pub(crate) const REQUIRED: (&str, &str) = ("SESSION_DRIVER_REQUIRE_REDIS", "1");

/// A package manager, and how it installs a server.
struct Manager {
    program: &'static str,
    /// What it wants to be told first, if anything.
    update: Option<&'static str>,
    install: &'static [&'static str],
    /// Some systems have one of them, some the other: the first that can be installed is.
    packages: [&'static str; 2],
    /// Whether it is run by the user himself, and not by root.
    is_the_users: bool,
}

/// The first that is there is used.
const MANAGERS: [Manager; 6] = [
    Manager {
        program: "apt-get",
        update: Some("update"),
        install: &["install", "--yes", "--no-install-recommends"],
        packages: ["redis-server", "valkey-server"],
        is_the_users: false,
    },
    Manager {
        program: "dnf",
        update: None,
        install: &["install", "--assumeyes"],
        packages: ["redis", "valkey"],
        is_the_users: false,
    },
    Manager {
        program: "apk",
        update: Some("update"),
        install: &["add"],
        packages: ["redis", "valkey"],
        is_the_users: false,
    },
    Manager {
        program: "pacman",
        update: None,
        install: &["--sync", "--refresh", "--needed", "--noconfirm"],
        packages: ["redis", "valkey"],
        is_the_users: false,
    },
    Manager {
        program: "zypper",
        update: None,
        install: &["--non-interactive", "install"],
        packages: ["redis", "valkey"],
        is_the_users: false,
    },
    Manager {
        program: "brew",
        update: None,
        install: &["install"],
        packages: ["redis", "valkey"],
        is_the_users: true,
    },
];

/// Debian's packages ask questions if not told.
const QUIETLY: &str = "DEBIAN_FRONTEND=noninteractive";

/// Debian's packages start a service of their own name, now and whenever the system starts. Nobody
/// asked for one, and before this installation there was none. With or without systemd these end it.
const NO_SERVICE: [[&str; 3]; 2] = [
    ["service", PACKAGE, "stop"],
    ["update-rc.d", PACKAGE, "disable"],
];

/// Stands for the package that was installed.
const PACKAGE: &str = "PACKAGE";

/// Sees to it that there is a server program to start private instances of. The tests of failures,
/// clusters and Sentinels need one even where a developer's own server does for the rest, and so
/// with SESSION_DRIVER_REDIS_URL nothing is installed, and those tests fail without one.
pub(crate) fn server(steps: &mut Steps) -> Result<(), Stopped> {
    if let Some(path) = program() {
        println!("The tests start private instances of {path}; nothing is installed.");
        return Ok(());
    }
    if env::var_os(URL).is_some_and(|url| !url.is_empty()) {
        println!(
            "{URL} is set, and so no Redis is installed: what needs servers of its own will fail."
        );
        return Ok(());
    }
    let manager = MANAGERS
        .iter()
        .find(|manager| on_path(manager.program).is_some());
    let manager = manager.ok_or_else(|| missing("no package manager that is known here"))?;
    println!(
        "Neither redis-server nor valkey-server is on PATH: one is installed now, with {}.",
        manager.program
    );
    manager.install(steps)?;
    match program() {
        Some(_) => Ok(()),
        None => Err(missing(
            "the package that was installed has no server on PATH",
        )),
    }
}

/// Where the server program is.
pub(crate) fn program() -> Option<String> {
    SERVERS.iter().find_map(|name| on_path(name))
}

impl Manager {
    fn install(&self, steps: &mut Steps) -> Result<(), Stopped> {
        if let Some(update) = self.update {
            steps.run("install", &mut self.privileged(&[self.program, update])?)?;
        }
        let mut reason = String::new();
        for package in self.packages {
            let words = [&[self.program], self.install, &[package]].concat();
            match steps.run("install", &mut self.privileged(&words)?) {
                Ok(()) => return self.stop_service(package, steps),
                Err(Stopped(failure)) => reason = failure,
            }
        }
        Err(missing(&reason))
    }

    fn stop_service(&self, package: &str, steps: &mut Steps) -> Result<(), Stopped> {
        if self.program != "apt-get" {
            return Ok(());
        }
        for words in NO_SERVICE {
            let words = words.map(|word| if word == PACKAGE { package } else { word });
            steps.run("stop its service", &mut self.privileged(&words)?)?;
        }
        Ok(())
    }

    /// The command as root, who we are or who sudo makes us without asking for a password.
    fn privileged(&self, words: &[&str]) -> Result<Command, Stopped> {
        if self.is_the_users {
            return Ok(command(words));
        }
        // sudo clears the environment, and env sets it for what it starts.
        let as_root = [&["env", QUIETLY], words].concat();
        if is_root() {
            return Ok(command(&as_root));
        }
        if works(&mut command(&["sudo", "-n", "true"])) {
            return Ok(command(&[&["sudo", "-n"], &as_root[..]].concat()));
        }
        Err(missing(
            "installing takes root, and sudo asks for a password",
        ))
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Where a program is, in the order of PATH.
fn on_path(program: &str) -> Option<String> {
    let path = env::var_os("PATH")?;
    let mut candidates = env::split_paths(&path).map(|directory| directory.join(program));
    let found = candidates.find(|candidate| candidate.is_file())?;
    Some(found.display().to_string())
}

fn missing(reason: &str) -> Stopped {
    Stopped(format!(
        "the tests need redis-server or valkey-server, and it cannot be installed: {reason}. Install redis \
         (6.2 or newer) or valkey with your package manager and run this again, or name a server of your own in \
         {URL}: then what needs clusters, Sentinels and servers to kill still fails"
    ))
}

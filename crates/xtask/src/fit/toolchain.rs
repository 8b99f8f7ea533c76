//! Toolchains beside the one that runs this: an older Rust, and one that checks for other systems.
//!
//! A toolchain that rustup has already is used. Otherwise Debian's packages `rustc-web`,
//! `libstd-rust-web-*` and `rust-web-src` are unpacked below `target/fit/toolchains`, where they
//! touch nothing of the system. Where there is neither, the caller leaves its part out.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fit::program::{home, output, quiet, write};
use crate::fit::say;
use crate::step::Stopped;

/// A rustc, which the cargo that runs this is told to use.
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    pub(crate) rustc: PathBuf,
    /// Where it comes from, for the table's title.
    pub(crate) origin: String,
}

/// One of Debian's toolchains: `rustc-web` of this version, with the LLVM it is linked with.
struct Debian {
    version: &'static str,
    llvm: &'static str,
    has_sources: bool,
}

const OLD: Debian = Debian {
    version: "1.85",
    llvm: "libllvm19",
    has_sources: false,
};

/// Any that has the sources of the standard library will do; this is the one of Debian 12.
const CROSS: Debian = Debian {
    version: "1.96",
    llvm: "libllvm22",
    has_sources: true,
};

/// Rust 1.85, the oldest that a library crate is promised to compile with.
pub(crate) fn old() -> Result<Toolchain, String> {
    let mut which = Command::new("rustup");
    if let Ok(found) = output(which.args(["which", "rustc", "--toolchain", OLD.version])) {
        return Ok(Toolchain {
            rustc: String::from_utf8_lossy(&found.stdout).trim().into(),
            origin: format!("rustup's {}", OLD.version),
        });
    }
    OLD.unpacked().map_err(|reason| {
        format!(
            "{reason}; `rustup toolchain install {}` helps, too",
            OLD.version
        )
    })
}

/// How to check for another system.
#[derive(Clone, Debug)]
pub(crate) enum Cross {
    /// The running toolchain has the system's standard library.
    Installed,
    /// The standard library is compiled from its sources, which takes a minute for each system.
    FromSources(Toolchain),
}

impl Cross {
    /// What can check for this target.
    pub(crate) fn find(target: &str) -> Result<Cross, String> {
        let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
        if Path::new(&sysroot)
            .join("lib/rustlib")
            .join(target)
            .is_dir()
        {
            return Ok(Cross::Installed);
        }
        let unpacked = CROSS.unpacked().map(Cross::FromSources);
        unpacked.map_err(|reason| format!("{reason}; `rustup target add {target}` helps, too"))
    }

    /// Tells cargo to check for this target.
    pub(crate) fn configure(&self, command: &mut Command, target: &str) {
        command.args(["--target", target]);
        if let Cross::FromSources(toolchain) = self {
            command
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC", &toolchain.rustc)
                .env("RUSTC_BOOTSTRAP", "1");
        }
    }

    pub(crate) fn origin(&self) -> &str {
        match self {
            Cross::Installed => "the running toolchain",
            Cross::FromSources(toolchain) => &toolchain.origin,
        }
    }
}

impl Debian {
    /// Unpacks it, unless an earlier run has.
    fn unpacked(&self) -> Result<Toolchain, String> {
        let directory = home().join("toolchains").join(self.version);
        let rustc = directory.join("rustc");
        let origin = format!("Debian's {}", self.version);
        if quiet(Command::new(&rustc).arg("--version")).is_ok() {
            return Ok(Toolchain { rustc, origin });
        }
        say(&format!(
            "Rust {} is not here: Debian's packages of it are unpacked into {}",
            self.version,
            directory.display()
        ));
        fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
        let exact = self.exact_version()?;
        let mut packages = vec![
            format!("rustc-web={exact}"),
            format!("libstd-rust-web-dev={exact}"),
            format!("libstd-rust-web-{}={exact}", self.version),
            self.llvm.to_owned(),
        ];
        if self.has_sources {
            packages.push(format!("rust-web-src={exact}"));
        }
        let mut download = Command::new("apt-get");
        download.args(["download", "--quiet"]).args(&packages);
        quiet(download.current_dir(&directory))?;
        for entry in fs::read_dir(&directory).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                let mut unpack = Command::new("dpkg");
                quiet(unpack.arg("-x").arg(&path).arg(&directory))?;
                fs::remove_file(&path).map_err(|error| error.to_string())?;
            }
        }
        write_wrapper(&rustc, &directory).map_err(|Stopped(reason)| reason)?;
        quiet(Command::new(&rustc).arg("--version"))?;
        Ok(Toolchain { rustc, origin })
    }

    /// The newest of Debian's versions of this release.
    fn exact_version(&self) -> Result<String, String> {
        let found = output(Command::new("apt-cache").args(["madison", "rustc-web"]))?;
        let found = String::from_utf8_lossy(&found.stdout);
        let mut versions = found.lines().filter_map(|line| line.split('|').nth(1));
        let version = versions.find(|version| version.trim().starts_with(self.version));
        version
            .map(|version| version.trim().to_owned())
            .ok_or_else(|| format!("Debian's lists have no rustc-web {}", self.version))
    }
}

/// The compiler finds its own libraries and LLVM's below the directory, not in the system's.
fn write_wrapper(rustc: &Path, directory: &Path) -> Result<(), Stopped> {
    let libraries = directory.join("usr/lib/x86_64-linux-gnu");
    let program = directory.join("usr/bin/rustc");
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.display(),
        program.display()
    );
    write_script(rustc, &script)
}

/// A program for the C compiler and one for the archiver of other systems: for a check nothing is
/// linked, so empty objects and archives will do.
pub(crate) fn stand_ins() -> Result<(PathBuf, PathBuf), Stopped> {
    let directory = home().join("toolchains");
    let (compiler, archiver) = (directory.join("stand-in-cc"), directory.join("stand-in-ar"));
    write_script(&compiler, COMPILER)?;
    write_script(&archiver, ARCHIVER)?;
    Ok((compiler, archiver))
}

const COMPILER: &str = r#"#!/bin/sh
# Makes an empty object where a C compiler would make one; preprocesses as the system's does.
output= previous=
for word in "$@"; do
    [ "$word" = -E ] && exec cc "$@"
    [ "$previous" = -o ] && output=$word
    case $word in -o?*) output=${word#-o} ;; esac
    previous=$word
done
[ -z "$output" ] || : >"$output"
"#;

const ARCHIVER: &str = r#"#!/bin/sh
# Makes an empty archive.
for word in "$@"; do
    case $word in *.a | *.lib) : >"$word" ;; esac
done
"#;

fn write_script(path: &Path, text: &str) -> Result<(), Stopped> {
    write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(|error| Stopped(format!("{} cannot be made: {error}", path.display())))
}

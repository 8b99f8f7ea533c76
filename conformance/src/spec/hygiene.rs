//! HYG: hygiene.

mod directory;
mod process;
mod room;

use crate::rule::{Evidence, Level, Proof, Rule};

use self::directory::HYG_7;
use self::process::{HYG_1, HYG_5, HYG_6};
use self::room::HYG_4;

pub(super) const RULES: &[Rule] = &[HYG_1, HYG_2, HYG_3, HYG_4, HYG_5, HYG_6, HYG_7, HYG_8];

const HYG_2: Rule = Rule {
    id: "HYG-2",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "Temp, lock and journal files do not grow in number with operations; those of a killed process are cleared by open \
           or sweep without harming live writers.",
    intent: "A directory of a million lock files, one for each session there ever was.",
    needs: &[],
    proof: Proof::Untested("needs a hook of the subject that counts raw artefacts"),
};

const HYG_3: Rule = Rule {
    id: "HYG-3",
    level: Level::Must,
    evidence: Evidence::Fault,
    text: "Directories and files are created 0700 and 0600 whatever the umask, wider at no moment; an engine that makes its \
           own files is enclosed in a 0700 directory or has them pre-created; links are not followed at any path the driver \
           made.",
    intent: "Another user of the host reads the session ids, or has the driver write through a link (CGI::Session CVE-2006-1279).",
    needs: &[],
    proof: Proof::Untested("needs a hook of the subject that sets the umask and names its files"),
};

const HYG_8: Rule = Rule {
    id: "HYG-8",
    level: Level::Must,
    evidence: Evidence::Deterministic,
    text: "A driver, layer or the suite does not itself open or close an engine's files while the engine has them open in that \
           process.",
    intent: "Closing SQLite's `-wal` drops its POSIX locks: an acknowledged commit vanished.",
    needs: &[],
    proof: Proof::Untested(
        "who opened a file of a process cannot be told from outside; its effect would show in CON-2 and DUR-2",
    ),
};

//! HYG: hygiene.

mod directory;
mod files;
mod modes;
mod process;
mod room;

use crate::rule::{Evidence, Level, Proof, Rule};

use self::directory::HYG_7;
use self::files::HYG_2;
use self::modes::HYG_3;
use self::process::{HYG_1, HYG_5, HYG_6};
use self::room::HYG_4;

pub(super) const RULES: &[Rule] = &[HYG_1, HYG_2, HYG_3, HYG_4, HYG_5, HYG_6, HYG_7, HYG_8];

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

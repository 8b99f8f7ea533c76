//! HYG: hygiene.

mod directory;
mod files;
mod locks;
mod modes;
mod process;
mod room;

use crate::rule::Rule;

use self::directory::HYG_7;
use self::files::HYG_2;
use self::locks::HYG_8;
use self::modes::HYG_3;
use self::process::{HYG_1, HYG_5, HYG_6};
use self::room::HYG_4;

pub(super) const RULES: &[Rule] = &[HYG_1, HYG_2, HYG_3, HYG_4, HYG_5, HYG_6, HYG_7, HYG_8];

//! A rule as data: its sentence, why it stands, whom it binds, and what proves it.

use std::fmt;

use serde::Serialize;
use session_driver::{Capabilities, Durability, Sharing};

use crate::case::Case;

/// One numbered rule of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The rule's name, such as `RET-1`. Never reused.
    pub id: &'static str,
    /// How strictly it binds.
    pub level: Level,
    /// What kind of evidence its cases give.
    pub evidence: Evidence,
    /// The rule in one sentence, as a failure quotes it.
    pub text: &'static str,
    /// What goes wrong in the world where a driver breaks it.
    pub intent: &'static str,
    /// Where it comes from, at least one source.
    pub provenance: &'static [Provenance],
    /// The capabilities a driver must have declared for the rule to apply.
    pub needs: &'static [Need],
    /// Its cases, or why it has none.
    pub proof: Proof,
}

impl Rule {
    /// The part of the id before the number: `RET` of `RET-1`.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.id.split('-').next().unwrap_or(self.id)
    }

    /// The cases that prove it, none when it is untested.
    #[must_use]
    pub fn cases(&self) -> &'static [Case] {
        match self.proof {
            Proof::Cases(cases) => cases,
            Proof::Elsewhere(..) | Proof::Untested(_) => &[],
        }
    }

    /// Why the rule does not apply to a driver that declares `capabilities`; `None` when it does.
    #[must_use]
    pub fn not_applicable(&self, capabilities: &Capabilities) -> Option<&'static str> {
        self.needs
            .iter()
            .find_map(|need| need.missing(capabilities))
    }
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// A fault of a store or driver that was published.
    Fault(&'static str),
    /// A standard, a paper, a manual, or advice that is commonly given.
    Known(&'static str),
    /// The contract of this one's Perl ancestors, CGI::Session::Driver and
    /// Catalyst::Plugin::Session::Store.
    Ancestor(&'static str),
    /// The contract's own: what follows from it, or what was seen while its drivers were built.
    Own(&'static str),
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Provenance::Fault(text) => write!(f, "a published fault: {text}"),
            Provenance::Known(text) => write!(f, "known: {text}"),
            Provenance::Ancestor(text) => write!(f, "the ancestors' contract: {text}"),
            Provenance::Own(text) => write!(f, "this contract's own: {text}"),
        }
    }
}

/// How strictly a rule binds (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A driver that breaks it is not conforming.
    Must,
    /// There may be reasons to do otherwise.
    Should,
    /// Allowed; the rule says what else follows.
    May,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
        })
    }
}

/// What a passing case is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The case finds the fault every time.
    Deterministic,
    /// The case may miss the fault, and never invents one.
    Stochastic,
    /// The case needs a hook of the subject: to make a fault, plant data, or look at raw data.
    Fault,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Evidence::Deterministic => "D",
            Evidence::Stochastic => "S",
            Evidence::Fault => "F",
        })
    }
}

/// What proves a rule.
#[derive(Clone, Copy, Debug)]
pub enum Proof {
    /// These cases, all of which must pass.
    Cases(&'static [Case]),
    /// It binds what the first text names and no driver: these tests of the repository prove it.
    Elsewhere(&'static str, &'static [Test]),
    /// Nothing yet, for this reason. Such a rule is counted beside "conforming", never as passed.
    Untested(&'static str),
}

/// A test that stands outside the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its file, from the repository's root.
    pub file: &'static str,
    /// The function's name, or the subject that `main!` is given.
    pub name: &'static str,
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.name, self.file)
    }
}

/// Why a rule that is proven elsewhere does not bind a driver.
pub(crate) fn elsewhere(whom: &str, tests: &[Test]) -> String {
    let tests: Vec<String> = tests.iter().map(Test::to_string).collect();
    format!("a rule for {whom}, proven by {}", tests.join(", "))
}

/// A capability that a rule depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// `persistent`
    Persistent,
    /// `embedded`
    Embedded,
    /// `sharing >= Process`
    SharedByProcesses,
    /// `durability >= Process`
    SurvivesKill,
    /// `durability = Power`
    SurvivesPowerLoss,
    /// `atomic_rotate`
    AtomicRotate,
    /// no `native_expiry`
    ExpiryBySweep,
    /// `readable_ids`
    ReadableIds,
    /// `hashed_ids`
    HashedIds,
}

impl Need {
    /// Why a driver with these capabilities does not have it; `None` when it has.
    #[must_use]
    pub fn missing(self, capabilities: &Capabilities) -> Option<&'static str> {
        let (has, reason) = match self {
            Need::Persistent => (
                capabilities.persistent,
                "the driver does not declare persistent",
            ),
            Need::Embedded => (
                capabilities.embedded,
                "the driver does not declare embedded",
            ),
            Need::SharedByProcesses => (
                capabilities.sharing >= Sharing::Process,
                "the driver does not declare sharing among processes",
            ),
            Need::SurvivesKill => (
                capabilities.durability >= Durability::Process,
                "the driver declares durability below Process",
            ),
            Need::SurvivesPowerLoss => (
                capabilities.durability >= Durability::Power,
                "the driver declares durability below Power",
            ),
            Need::AtomicRotate => (
                capabilities.atomic_rotate,
                "the driver does not declare atomic_rotate",
            ),
            Need::ExpiryBySweep => (
                capabilities.native_expiry.is_none(),
                "the driver declares native expiry",
            ),
            Need::ReadableIds => (
                capabilities.readable_ids,
                "the driver does not declare readable_ids",
            ),
            Need::HashedIds => (
                capabilities.hashed_ids,
                "the driver does not declare hashed_ids",
            ),
        };
        (!has).then_some(reason)
    }
}

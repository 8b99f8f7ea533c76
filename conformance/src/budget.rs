//! How much time a run takes.

use std::env;
use std::time::Duration;

use crate::subject::BoxError;

/// Says how long a run takes: `quick`, `ordinary`, or how long to soak.
pub(crate) const VARIABLE: &str = "SESSION_DRIVER_BUDGET";

/// By how much a quick run is shorter.
const QUICK: u32 = 5;

/// How long the cases try that find a fault by chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Budget {
    /// A fifth of the ordinary rounds: for while one writes a driver.
    Quick,
    /// What a run before a change goes in is worth.
    #[default]
    Ordinary,
    /// An ordinary run, and then the stochastic rules again and again, each time with another seed,
    /// until this time is over.
    Soak(Duration),
}

impl Budget {
    /// What the environment variable `SESSION_DRIVER_BUDGET` asks for, as test binaries made by
    /// [`main!`](crate::main!) do: `quick`, `ordinary`, or a time to soak, such as `10m`. Default:
    /// ordinary.
    ///
    /// # Errors
    /// When it has another value.
    pub fn from_environment() -> Result<Budget, BoxError> {
        Budget::from_variable(env::var(VARIABLE).ok())
    }

    pub(crate) fn from_variable(text: Option<String>) -> Result<Budget, BoxError> {
        let Some(text) = text else {
            return Ok(Budget::Ordinary);
        };
        let budget = Budget::parse(&text);
        budget.ok_or_else(|| {
            format!("{VARIABLE} is {text:?}, and should be quick, ordinary, or a time like 10m")
                .into()
        })
    }

    /// How many rounds a race has where `ordinary` are usual, at least one of them.
    pub(crate) fn rounds(self, ordinary: usize) -> usize {
        match self {
            Budget::Quick => ordinary.div_ceil(QUICK as usize),
            Budget::Ordinary | Budget::Soak(_) => ordinary,
        }
    }

    /// How long a race goes on where `ordinary` is usual.
    pub(crate) fn span(self, ordinary: Duration) -> Duration {
        match self {
            Budget::Quick => ordinary / QUICK,
            Budget::Ordinary | Budget::Soak(_) => ordinary,
        }
    }

    /// What a person writes: `quick`, `ordinary`, or how long to soak.
    fn parse(text: &str) -> Option<Budget> {
        match text {
            "quick" => Some(Budget::Quick),
            "ordinary" => Some(Budget::Ordinary),
            _ => duration(text).map(Budget::Soak),
        }
    }
}

/// A whole number and its unit: `90s`, `10m`, `2h`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, seconds) = [("s", 1), ("m", 60), ("h", 3600)]
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    let number: u64 = number.parse().ok()?;
    number.checked_mul(*seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_run_has_fewer_rounds_and_never_none() {
        assert_eq!(Budget::Quick.rounds(300), 60);
        assert_eq!(Budget::Quick.rounds(1), 1);
        assert_eq!(Budget::Ordinary.rounds(300), 300);
        let soak = Budget::Soak(Duration::from_secs(1));
        assert_eq!(soak.span(Duration::from_secs(5)), Duration::from_secs(5));
        assert_eq!(
            Budget::Quick.span(Duration::from_secs(5)),
            Duration::from_secs(1)
        );
    }

    #[test]
    fn a_duration_is_a_number_and_its_unit() {
        assert_eq!(duration("90s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Some(Duration::from_secs(600)));
        assert_eq!(duration("2h"), Some(Duration::from_secs(7_200)));
        for text in [
            "",
            "m",
            "10",
            "10 m",
            "-1s",
            "1.5h",
            "10d",
            "99999999999999999h",
        ] {
            assert_eq!(duration(text), None, "{text:?}");
        }
        assert_eq!(Budget::parse("quick"), Some(Budget::Quick));
        assert_eq!(
            Budget::parse("1m"),
            Some(Budget::Soak(Duration::from_secs(60)))
        );
        assert_eq!(Budget::parse("slow"), None);
    }
}

//! Lengths of time as people write and read them: `90s`, `1d12h`; `4y 57d`, `3h 12m`.

use std::time::Duration;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// Numbers with units, one after the other: `90s`, `2h`, `1d12h`, `250ms`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| {
        format!(
            "`{text}` is not a length of time: write `250ms`, `90s`, `15m`, `2h`, `1d12h`, `2w`"
        )
    })
}

/// A length of time in its two largest units: `4y 57d`, `3h 12m`, `59s`.
pub(crate) fn display(duration: Duration) -> String {
    let seconds = duration.as_secs().saturating_mul(SECOND);
    let pairs = [
        ((YEAR, "y"), (DAY, "d")),
        ((DAY, "d"), (HOUR, "h")),
        ((HOUR, "h"), (MINUTE, "m")),
        ((MINUTE, "m"), (SECOND, "s")),
    ];
    for ((large, large_name), (small, small_name)) in pairs {
        if seconds >= large {
            let (whole, rest) = (seconds / large, seconds % large / small);
            return format!("{whole}{large_name} {rest}{small_name}");
        }
    }
    format!("{}s", seconds / SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_units_and_refuses_the_rest() {
        for (text, millis) in [
            ("250ms", 250),
            ("90s", 90_000),
            ("1d12h", 129_600_000),
            ("2w", 1_209_600_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "2", "h", "-2h", "2h30", "99999999999999999999s", "2ü"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shows_the_two_largest_units() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m 0s"),
            (11_520, "3h 12m"),
            (131_068_800, "4y 57d"),
        ] {
            assert_eq!(display(Duration::from_secs(seconds)), text);
        }
        assert!(display(Duration::MAX).ends_with('d'));
    }
}

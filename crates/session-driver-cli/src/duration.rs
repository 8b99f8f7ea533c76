//! Lengths of time as people write them: `90s`, `2h`, `1d12h`.

use std::time::Duration;

/// Names and milliseconds of the units, longest first.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * DAY),
    ("d", DAY),
    ("h", HOUR),
    ("m", MINUTE),
    ("s", SECOND),
    ("ms", 1),
];
const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// Numbers with units, one after the other: `90s`, `2h`, `1d12h`, `250ms`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let fault = || {
        format!("`{text}` is no length of time: write `250ms`, `90s`, `15m`, `2h`, `1d12h`, `2w`")
    };
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
        let (number, after) = rest.split_at(digits);
        let letters = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let (_, millis) = UNITS
            .into_iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(fault)?;
        let number: u64 = number.parse().map_err(|_| fault())?;
        let part = number.checked_mul(millis).map(Duration::from_millis);
        total = part
            .and_then(|part| total.checked_add(part))
            .ok_or_else(fault)?;
        rest = after;
    }
    if text.is_empty() {
        Err(fault())
    } else {
        Ok(total)
    }
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
    fn reads_numbers_with_units() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("2h", 7200),
            ("1d12h", 129_600),
            ("2w", 1_209_600),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "2",
            "h",
            "2 h",
            "-2h",
            "1.5h",
            "2h30",
            "2y",
            "99999999999999999999s",
            "18446744073709551615w",
            "2ü",
        ] {
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

//! The parameters that several drivers have.

use std::time::Duration;

use session_driver::Durability;

use crate::duration;
use crate::failure::Failure;
use crate::url::Url;

/// `durability`, one of `offered`.
pub(super) fn durability(
    url: &Url<'_>,
    offered: &[Durability],
) -> Result<Option<Durability>, Failure> {
    url.parameter("durability", |value| {
        let found = offered.iter().find(|offer| word(**offer) == value);
        found.copied().ok_or_else(|| {
            let words: Vec<&str> = offered.iter().map(|offer| word(*offer)).collect();
            format!("`{value}` is not one of {}", words.join(", "))
        })
    })
}

fn word(durability: Durability) -> &'static str {
    match durability {
        Durability::None => "none",
        Durability::Process => "process",
        Durability::Power => "power",
    }
}

/// `max-payload`, in bytes.
pub(super) fn max_payload(url: &Url<'_>) -> Result<Option<usize>, Failure> {
    url.parameter("max-payload", |value| {
        value
            .parse()
            .map_err(|_| format!("`{value}` is no number of bytes"))
    })
}

/// A length of time.
pub(super) fn time(url: &Url<'_>, key: &str) -> Result<Option<Duration>, Failure> {
    url.parameter(key, duration::parse)
}

/// Some text, which must not be empty.
pub(super) fn text(url: &Url<'_>, key: &str) -> Result<Option<String>, Failure> {
    url.parameter(key, |value| match value {
        "" => Err("it is empty".into()),
        text => Ok(text.into()),
    })
}

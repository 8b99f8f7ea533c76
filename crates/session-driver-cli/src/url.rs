//! The form of the URLs that name stores: `scheme:path?key=value&key=value`.

use std::path::PathBuf;

use crate::failure::Failure;

/// A URL taken apart, its values percent-decoded.
///
/// The place is everything between the first `:` and the first `?`, `#` and spaces included.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Url<'a> {
    pub(crate) scheme: &'a str,
    /// As it is written; [`path`](Url::path) reads it as a path.
    pub(crate) place: &'a str,
    pub(crate) parameters: Vec<(&'a str, String)>,
}

impl<'a> Url<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Url<'a>, Failure> {
        let (scheme, rest) = text.split_once(':').ok_or_else(|| {
            Failure::usage(format!(
                "`{text}` names no store: a URL begins with a scheme and `:`"
            ))
            .next(format!("for a directory write file:{text}"))
        })?;
        let (place, query) = match rest.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (rest, None),
        };
        let parameters =
            query.map_or(Ok(Vec::new()), |query| query.split('&').map(pair).collect())?;
        Ok(Url {
            scheme,
            place,
            parameters,
        })
    }

    /// The place as a path, percent-decoded: a `?` in it is written `%3F`, a `%` `%25`, and any
    /// byte may be written so; where paths are text, all bytes have to be UTF-8. `file:///srv/s` is
    /// `file:/srv/s`; a host between the slashes is refused.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        let scheme = self.scheme;
        let path = match self.place.strip_prefix("//") {
            Some(after) if !after.starts_with('/') => {
                return Err(Failure::usage(format!("{scheme}: has a path and no host"))
                    .next(format!("write {scheme}:/{after} for an absolute path, {scheme}:{after} for a relative one")));
            }
            Some(after) => after,
            None => self.place,
        };
        path_of(decode(path)?)
    }

    /// The URL with no other parameters than these.
    pub(crate) fn with_parameters(&self, keys: &[&str]) -> String {
        let mut url = format!("{}:{}", self.scheme, self.place);
        let kept = self.parameters.iter().filter(|(key, _)| keys.contains(key));
        for (place, (key, value)) in kept.enumerate() {
            let sign = if place == 0 { '?' } else { '&' };
            url.push_str(&format!("{sign}{key}={}", encode(value)));
        }
        url
    }

    /// The URL as it may be shown: with `***` in place of a password.
    pub(crate) fn without_secrets(&self) -> String {
        let mut url = self.scheme.to_owned();
        match (self.place.rsplit_once('@'), self.place.strip_prefix("//")) {
            (Some((_, host)), Some(authority)) => {
                let user = authority.split([':', '@']).next().unwrap_or_default();
                url.push_str(&format!("://{user}:***@{host}"));
            }
            _ => url.push_str(&format!(":{}", self.place)),
        }
        for (place, (key, value)) in self.parameters.iter().enumerate() {
            let sign = if place == 0 { '?' } else { '&' };
            let value = if *key == "pass" {
                "***".into()
            } else {
                encode(value)
            };
            url.push_str(&format!("{sign}{key}={value}"));
        }
        url
    }

    /// Refuses parameters that are not known or stand there twice.
    pub(crate) fn check_parameters(&self, known: &[&str]) -> Result<(), Failure> {
        for (place, (key, _)) in self.parameters.iter().enumerate() {
            let scheme = self.scheme;
            if !known.contains(key) {
                let what = format!("{scheme}: has no parameter `{key}`");
                return Err(Failure::usage(what).next(match known {
                    [] => "it takes none".into(),
                    known => format!("its parameters are {}", known.join(", ")),
                }));
            }
            if self.parameters[..place]
                .iter()
                .any(|(earlier, _)| earlier == key)
            {
                return Err(Failure::usage(format!(
                    "the parameter `{key}` of {scheme}: stands there twice"
                ))
                .next("leave one"));
            }
        }
        Ok(())
    }

    /// The value of a parameter, as `read` understands it.
    pub(crate) fn parameter<T>(
        &self,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let found = self.parameters.iter().find(|(name, _)| *name == key);
        found
            .map(|(_, value)| read(value))
            .transpose()
            .map_err(|fault| {
                Failure::usage(format!("the parameter `{key}` of {}: {fault}", self.scheme))
            })
    }
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> Result<PathBuf, Failure> {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    Ok(PathBuf::from(OsString::from_vec(bytes)))
}

/// Elsewhere a path is text.
#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> Result<PathBuf, Failure> {
    let text = String::from_utf8(bytes);
    text.map(PathBuf::from)
        .map_err(|_| Failure::usage("the path in the URL is not UTF-8"))
}

fn pair(text: &str) -> Result<(&str, String), Failure> {
    let (key, value) = text.split_once('=').ok_or_else(|| {
        // Not shown, nor is what cannot be decoded: it may be of a password.
        Failure::usage("what follows the `?` is no parameter")
            .next("write it as key=value; a ? in a path or a password is written %3F")
    })?;
    let value = String::from_utf8(decode(value)?)
        .map_err(|_| Failure::usage(format!("the value of `{key}` is not UTF-8")))?;
    Ok((key, value))
}

/// The value as it stands in a URL.
fn encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_graphic() && !b"%&?#=".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn decode(text: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) => bytes.push((high << 4 | low) as u8),
            _ => {
                return Err(Failure::usage(
                    "in the URL a % is not followed by two hexadecimal digits",
                )
                .next("a % itself is written %25"));
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> String {
        let url = Url::parse(text).expect("a URL");
        let path = url.path().expect("a path");
        path.to_str().expect("UTF-8").into()
    }

    #[test]
    fn paths_are_percent_decoded_and_else_left_alone() {
        for (text, due) in [
            ("file:a", "a"),
            ("file:/srv/s", "/srv/s"),
            ("file:///srv/s", "/srv/s"),
            ("file:a%3Fb%25c", "a?b%c"),
            ("file:a#b c:d", "a#b c:d"),
            ("memory:", ""),
        ] {
            assert_eq!(path(text), due, "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_make_a_path() {
        use std::os::unix::ffi::OsStringExt as _;

        let url = Url::parse("file:%FF").expect("a URL");
        let path = url.path().expect("a path");
        assert_eq!(path.into_os_string().into_vec(), [0xFF]);
    }

    #[test]
    fn parameters_keep_their_order_and_are_decoded() {
        let url = Url::parse("file:a?x=1&y=b%26c&z=").expect("a URL");
        let due = [("x", "1"), ("y", "b&c"), ("z", "")];
        assert_eq!(
            url.parameters,
            due.map(|(key, value)| (key, value.to_owned()))
        );
    }

    #[test]
    fn a_password_is_not_shown() {
        for (text, due) in [
            ("redis://h:1/2", "redis://h:1/2"),
            ("redis://ana:hunter2@h:1/2", "redis://ana:***@h:1/2"),
            ("redis://:hunter2@h?prefix=a", "redis://:***@h?prefix=a"),
            ("redis://:hunt@er2@h", "redis://:***@h"),
            ("unix:/s?db=1&pass=hunter2", "unix:/s?db=1&pass=***"),
            ("file:st%3Fre@home?shards=8", "file:st%3Fre@home?shards=8"),
        ] {
            let url = Url::parse(text).expect("a URL");
            assert_eq!(url.without_secrets(), due);
        }
    }

    #[test]
    fn the_servers_parameters_stay_in_its_url() {
        let url = Url::parse("unix:/s?db=1&prefix=a&pass=a%26b").expect("a URL");
        assert_eq!(
            url.with_parameters(&["db", "pass"]),
            "unix:/s?db=1&pass=a%26b"
        );
        assert_eq!(url.with_parameters(&[]), "unix:/s");
    }

    #[test]
    fn what_is_not_a_url_is_refused() {
        for text in [
            "",
            "sessions",
            "file:a?b",
            "file:a?",
            "file:a?b=1&",
            "file:a?b=%FF",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_path_is_refused() {
        for text in [
            "file:a%",
            "file:a%4",
            "file:a%zz",
            "file:%+1",
            "file://host/a",
        ] {
            let url = Url::parse(text).expect("a URL");
            assert!(url.path().is_err(), "{text}");
        }
    }
}

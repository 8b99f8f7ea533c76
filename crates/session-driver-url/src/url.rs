//! The form of the URLs that name stores: `scheme:place?name=value&name=value`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use session_driver::Durability;

use crate::error::UrlError;

/// Parameters whose values are not shown.
const SECRETS: &[&str] = &["pass", "password", "secret", "token"];

/// A URL that names a store, taken apart: `scheme:place?name=value&name=value`.
///
/// The place is everything between the first `:` and the first `?`: a path, or the address of a
/// server. The values of parameters are percent-decoded; the place is decoded by
/// [`path`](StoreUrl::path). `Display` and `Debug` show `***` for what stands before an `@`, but for
/// a user with a password, and for the parameters `pass`, `password`, `secret` and `token`.
///
/// ```
/// use session_driver_url::StoreUrl;
///
/// let url: StoreUrl = "redis://ana:secret@localhost/2?prefix=shop:".parse()?;
/// assert_eq!(url.scheme(), "redis");
/// assert_eq!(url.parameter("prefix"), Some("shop:"));
/// assert_eq!(url.to_string(), "redis://ana:***@localhost/2?prefix=shop:");
/// # Ok::<(), session_driver_url::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl {
    scheme: String,
    place: String,
    parameters: Vec<(String, String)>,
}

impl FromStr for StoreUrl {
    type Err = UrlError;

    /// Takes a URL apart. Nothing is opened, and no scheme is unknown yet.
    fn from_str(text: &str) -> Result<StoreUrl, UrlError> {
        let (scheme, rest) = text.split_once(':').ok_or_else(|| {
            UrlError::new("this is no URL of a store: one begins with a scheme and `:`")
                .with_advice("for a directory write file:PATH, for a database sqlite:PATH")
        })?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !scheme.chars().all(is_plain) {
            // It is not shown, as it may be a user, whose password follows.
            return Err(
                UrlError::new("this is no URL of a store: it begins with no scheme")
                    .with_advice("write it as scheme:place, such as redis://USER:PASSWORD@HOST"),
            );
        }
        let (place, query) = match rest.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (rest, None),
        };
        if place.starts_with("//") && !place.contains('@') && query.is_some_and(|q| q.contains('@'))
        {
            return Err(UrlError::new("the URL has a `?` before its `@`")
                .with_advice("in a user or a password a ? is written %3F"));
        }
        let mut parameters: Vec<(String, String)> = Vec::new();
        for text in query.into_iter().flat_map(|query| query.split('&')) {
            let (name, value) = pair(text)?;
            if parameters.iter().any(|(earlier, _)| *earlier == name) {
                let what = format!("{scheme}: has the parameter `{name}` twice");
                return Err(UrlError::new(what).with_advice("leave one"));
            }
            parameters.push((name, value));
        }
        Ok(StoreUrl {
            scheme: scheme.to_ascii_lowercase(),
            place: place.into(),
            parameters,
        })
    }
}

impl StoreUrl {
    /// What stands before the first `:`, in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// What stands between the first `:` and the first `?`, as it is written. It may hold a
    /// password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The place as a path, percent-decoded. In a path, `?` is written `%3F` and `%` is written
    /// `%25`. `file:///srv/x` is `file:/srv/x`.
    ///
    /// # Errors
    /// The path is empty, begins with a host, or cannot be decoded.
    pub fn path(&self) -> Result<PathBuf, UrlError> {
        let scheme = &self.scheme;
        let path = match self.place.strip_prefix("//") {
            Some(after) if !after.starts_with('/') => {
                let what = format!("{scheme}: has a path and no host");
                return Err(UrlError::new(what).with_advice(format!(
                    "write {scheme}:/{after} for an absolute path, {scheme}:{after} for a \
                     relative one"
                )));
            }
            Some(after) => after,
            None => &self.place,
        };
        if path.is_empty() {
            let what = format!("{scheme}: needs a path");
            return Err(UrlError::new(what).with_advice(format!("write {scheme}:PATH")));
        }
        path_of(decode(path)?)
    }

    /// The value of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The names of the parameters, in the order of the URL.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|(name, _)| name.as_str())
    }

    /// The value of a parameter as `read` understands it; `None` when the URL has none.
    ///
    /// # Errors
    /// What `read` says, with the parameter's name before it.
    pub fn parameter_as<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, UrlError> {
        let value = self.parameter(name).map(read).transpose();
        let scheme = &self.scheme;
        value.map_err(|fault| UrlError::new(format!("the parameter `{name}` of {scheme}: {fault}")))
    }

    /// Some text, which must not be empty.
    ///
    /// # Errors
    /// It is empty.
    pub fn text(&self, name: &str) -> Result<Option<String>, UrlError> {
        self.parameter_as(name, |value| match value {
            "" => Err("it is empty".into()),
            text => Ok(text.into()),
        })
    }

    /// A whole number, without a sign.
    ///
    /// # Errors
    /// It is something else, or larger than `T`.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, UrlError> {
        self.parameter_as(name, |value| {
            let number = value.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.then(|| value.parse().ok()).flatten();
            number.ok_or_else(|| format!("`{value}` is not a number in its range"))
        })
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// It is something else.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, UrlError> {
        self.parameter_as(name, |value| {
            let read = value.parse();
            read.map_err(|_| format!("`{value}` is neither `true` nor `false`"))
        })
    }

    /// A length of time: `250ms`, `90s`, `15m`, `1h30m`.
    ///
    /// # Errors
    /// It is something else, such as a number without a unit.
    pub fn duration(&self, name: &str) -> Result<Option<Duration>, UrlError> {
        self.parameter_as(name, |value| {
            humantime::parse_duration(value).map_err(|_| {
                format!("`{value}` is not a length of time, such as `250ms`, `90s` or `15m`")
            })
        })
    }

    /// `none`, `process` or `power`. Whether the engine gives that is the driver's to say, when it
    /// is opened.
    ///
    /// # Errors
    /// It is something else.
    pub fn durability(&self, name: &str) -> Result<Option<Durability>, UrlError> {
        self.parameter_as(name, |value| match value {
            "none" => Ok(Durability::None),
            "process" => Ok(Durability::Process),
            "power" => Ok(Durability::Power),
            _ => Err(format!("`{value}` is not one of none, process, power")),
        })
    }

    /// The same URL with this parameter, in the place of the one that it has.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: impl Into<String>) -> StoreUrl {
        let value = value.into();
        match self.parameters.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.parameters.push((name.into(), value)),
        }
        self
    }

    /// The same URL with only those of its parameters that are named.
    #[must_use]
    pub fn with_only(mut self, names: &[&str]) -> StoreUrl {
        self.parameters
            .retain(|(name, _)| names.contains(&name.as_str()));
        self
    }

    /// The same URL with this path as its place.
    #[must_use]
    pub fn with_path(self, path: &Path) -> StoreUrl {
        let mut place = String::new();
        for byte in path.as_os_str().as_encoded_bytes() {
            encode(*byte, is_plain_in_a_path, &mut place);
        }
        StoreUrl { place, ..self }
    }

    /// The whole URL, with its secrets: for what opens it, not for people.
    #[must_use]
    pub fn to_string_with_secrets(&self) -> String {
        self.written(&self.place, |_| false)
    }

    fn written(&self, place: &str, is_hidden: impl Fn(&str) -> bool) -> String {
        let mut url = format!("{}:{place}", self.scheme);
        for (number, (name, value)) in self.parameters.iter().enumerate() {
            url.push(if number == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            if is_hidden(name) {
                url.push_str("***");
            } else {
                for byte in value.bytes() {
                    encode(byte, is_plain_in_a_value, &mut url);
                }
            }
        }
        url
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_secret = |name: &str| SECRETS.contains(&name);
        f.write_str(&self.written(&without_password(&self.place), is_secret))
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

/// A place with `***` for what may be a password: what stands before the last `@`, but for a user
/// who is followed by a `:`.
fn without_password(place: &str) -> String {
    let (slashes, authority) = match place.strip_prefix("//") {
        Some(authority) => ("//", authority),
        None => ("", place),
    };
    let Some((login, host)) = authority.rsplit_once('@') else {
        return place.into();
    };
    if slashes.is_empty() && login.contains('/') {
        return place.into(); // A path.
    }
    match login.split_once(':') {
        Some((user, _)) => format!("{slashes}{user}:***@{host}"),
        // The colon may be missing, and not the password.
        None => format!("{slashes}***@{host}"),
    }
}

fn pair(text: &str) -> Result<(String, String), UrlError> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        // It is not shown, nor is what cannot be decoded: it may be of a password.
        UrlError::new("what follows the `?` is not a parameter")
            .with_advice("write it as name=value; a ? in a path or a password is written %3F")
    })?;
    let value = String::from_utf8(decode(value)?)
        .map_err(|_| UrlError::new(format!("the value of `{name}` is not UTF-8")))?;
    Ok((name.into(), value))
}

/// The bytes that a percent-encoded text stands for.
fn decode(text: &str) -> Result<Vec<u8>, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(
                UrlError::new("the URL has a `%` without two hexadecimal digits")
                    .with_advice("a percent sign itself is written %25"),
            );
        };
        bytes.push((high * 16 + low) as u8);
    }
    Ok(bytes)
}

/// Writes a byte as it is, or percent-encoded.
fn encode(byte: u8, is_plain: fn(u8) -> bool, text: &mut String) {
    if is_plain(byte) {
        text.push(char::from(byte));
    } else {
        text.push_str(&format!("%{byte:02X}"));
    }
}

fn is_plain_in_a_path(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'%' | b'?')
}

fn is_plain_in_a_value(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'%' | b'&' | b'#' | b'+')
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> Result<PathBuf, UrlError> {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    Ok(PathBuf::from(OsString::from_vec(bytes)))
}

/// Elsewhere a path is text.
#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> Result<PathBuf, UrlError> {
    let text = String::from_utf8(bytes);
    text.map(PathBuf::from)
        .map_err(|_| UrlError::new("the path in the URL is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> StoreUrl {
        text.parse().expect(text)
    }

    fn refused(text: &str) -> String {
        text.parse::<StoreUrl>().expect_err(text).to_string()
    }

    #[test]
    fn a_url_is_a_scheme_a_place_and_parameters() {
        let url = parsed("sqlite:a b#c.db?table=x%20%26&wait-timeout=1m30s");
        assert_eq!(url.scheme(), "sqlite");
        assert_eq!(parsed("SQLite:x").scheme(), "sqlite");
        assert_eq!(url.path(), Ok("a b#c.db".into()));
        assert_eq!(
            url.parameters().collect::<Vec<_>>(),
            ["table", "wait-timeout"]
        );
        assert_eq!(url.parameter("table"), Some("x &"));
        let time = url.duration("wait-timeout");
        assert_eq!(time, Ok(Some(Duration::from_secs(90))));
        assert_eq!(url.text("other"), Ok(None));
    }

    #[test]
    fn a_path_is_decoded_and_has_no_host() {
        assert_eq!(parsed("file:///srv/x").path(), Ok("/srv/x".into()));
        assert_eq!(parsed("file:/srv/%3F%25").path(), Ok("/srv/?%".into()));
        for (url, advice) in [
            ("file://host/x", "write file:/host/x for an absolute path"),
            ("file:", "write file:PATH"),
            ("file:%zz", "%25"),
        ] {
            let refused = parsed(url).path().expect_err(url).to_string();
            assert!(refused.contains(advice), "{refused}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn every_path_comes_back() {
        use std::os::unix::ffi::OsStrExt as _;

        let bytes: Vec<u8> = (1..=255).collect();
        let path = Path::new(std::ffi::OsStr::from_bytes(&bytes));
        let url = parsed("file:x?shards=8").with_path(path);
        let again = parsed(&url.to_string_with_secrets());
        assert_eq!(again.path().as_deref(), Ok(path));
        assert_eq!(again.parameter("shards"), Some("8"));
    }

    #[test]
    fn every_value_comes_back() {
        let value: String = ('\u{1}'..='\u{ff}').collect();
        let url = parsed("file:x?a=1").with_parameter("b", &value);
        let again = parsed(&url.with_parameter("a", "2").to_string_with_secrets());
        assert_eq!(again.parameter("a"), Some("2"));
        assert_eq!(again.parameter("b"), Some(value.as_str()));
    }

    #[test]
    fn what_is_no_url_is_refused_and_not_shown() {
        for (url, text) in [
            ("hunter2", "begins with a scheme"),
            ("redis://ana:hunter2?x@host", "written %3F"),
            ("unix:/x?hunter2", "not a parameter"),
            ("redis://:a?hunter2=x@host", "written %3F"),
            ("hunter2@host:6379", "begins with no scheme"),
            ("unix:/x?pass=hunter2%zz", "written %25"),
            ("unix:/x?pass=hunter2%ff", "not UTF-8"),
            ("unix:/x?pass=hunter2&pass=hunter2", "`pass` twice"),
        ] {
            let refused = refused(url);
            assert!(refused.contains(text), "{refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            ("redis://ana:a@b:c@host/1", "redis://ana:***@host/1"),
            ("redis://:secret@host", "redis://:***@host"),
            ("redis://secret@host", "redis://***@host"),
            ("redis:secret@host", "redis:***@host"),
            ("redis:ana:secret@host", "redis:ana:***@host"),
            (
                "unix:/run/x?user=ana&pass=secret",
                "unix:/run/x?user=ana&pass=***",
            ),
            ("mine:x?token=secret", "mine:x?token=***"),
            ("file:/srv/a@b", "file:/srv/a@b"),
        ] {
            let url = parsed(url);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("StoreUrl({shown})"));
        }
    }

    #[test]
    fn values_of_the_wrong_form_are_told() {
        let url = parsed("x:?n=-1&m=256&b=yes&t=1&d=maybe&e=");
        for (refused, text) in [
            (
                url.number::<u8>("n").expect_err("-1"),
                "`-1` is not a number",
            ),
            (
                url.number::<u8>("m").expect_err("256"),
                "`256` is not a number",
            ),
            (
                url.boolean("b").expect_err("yes"),
                "neither `true` nor `false`",
            ),
            (url.duration("t").expect_err("1"), "not a length of time"),
            (
                url.durability("d").expect_err("maybe"),
                "none, process, power",
            ),
            (url.text("e").expect_err("empty"), "it is empty"),
        ] {
            assert!(refused.what().contains(text), "{refused}");
        }
    }
}

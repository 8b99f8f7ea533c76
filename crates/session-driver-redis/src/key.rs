//! Keys: a namespace's prefix, and the id behind it.

use session_driver::SessionId;

use crate::servers::slots::tag_of;

/// A namespace: the keys with one prefix, which ends with a colon.
///
/// A colon within an id is written `%3A`, a percent sign `%25`, and braces `%7B` and `%7D`. The last
/// colon of a key thus ends the prefix, and no two namespaces share a key, whatever their names and
/// ids (rule ISO-2); and no id says in which slot of a cluster it is.
#[derive(Clone, Debug)]
pub(crate) struct Keyspace {
    prefix: String,
}

impl Keyspace {
    /// `None` when the prefix does not end with a colon.
    pub(crate) fn new(prefix: &str) -> Option<Keyspace> {
        prefix.ends_with(':').then(|| Keyspace {
            prefix: prefix.into(),
        })
    }

    /// The key of an id.
    pub(crate) fn key(&self, id: &SessionId) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.prefix.len() + id.as_bytes().len());
        key.extend_from_slice(self.prefix.as_bytes());
        for &byte in id.as_bytes() {
            match byte {
                b':' => key.extend_from_slice(b"%3A"),
                b'%' => key.extend_from_slice(b"%25"),
                b'{' => key.extend_from_slice(b"%7B"),
                b'}' => key.extend_from_slice(b"%7D"),
                plain => key.push(plain),
            }
        }
        key
    }

    /// The key of a claim to the record of a key, in the same slot of a cluster: the braces of a prefix
    /// say which, and an id has none. A space is in no id.
    pub(crate) fn claim(&self, key: &[u8]) -> Vec<u8> {
        match tag_of(key) {
            Some(_) => [key, b" is rotating"].concat(),
            None => [b"{", key, b"} is rotating"].concat(),
        }
    }

    /// Whether no claim would be in another slot than its record.
    pub(crate) fn is_fit_for_a_cluster(&self) -> bool {
        tag_of(self.prefix.as_bytes()).is_some() || !self.prefix.contains('}')
    }

    /// The id that a key belongs to; `None` for a key that no id of this namespace has.
    pub(crate) fn id(&self, key: &[u8]) -> Option<SessionId> {
        let escaped = key.strip_prefix(self.prefix.as_bytes())?;
        let escaped = std::str::from_utf8(escaped).ok()?;
        let plain = escaped
            .replace("%3A", ":")
            .replace("%7B", "{")
            .replace("%7D", "}")
            .replace("%25", "%");
        let id = SessionId::parse(&plain).ok()?;
        // Only what is written as this driver writes it is the place of an id.
        (self.key(&id) == key).then_some(id)
    }

    /// The pattern that SCAN finds the keys with; it finds those of longer prefixes, too.
    pub(crate) fn pattern(&self) -> Vec<u8> {
        let mut pattern = Vec::with_capacity(self.prefix.len() + 1);
        for &byte in self.prefix.as_bytes() {
            if b"*?[]^-\\".contains(&byte) {
                pattern.push(b'\\');
            }
            pattern.push(byte);
        }
        pattern.push(b'*');
        pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::slots::slot_of;

    fn keyspace(prefix: &str) -> Keyspace {
        Keyspace::new(prefix).expect("a prefix with a colon")
    }

    fn id(text: &str) -> SessionId {
        SessionId::parse(text).expect("an id")
    }

    #[test]
    fn every_id_comes_back_from_its_key() {
        let keys = keyspace("s[1]:");
        for text in [
            "plain",
            "x:1",
            "%3A",
            "%",
            "%25",
            "{a}",
            ":",
            "a%3Ab:c%%",
            "~",
            "}%7B",
        ] {
            let key = keys.key(&id(text));
            assert_eq!(keys.id(&key), Some(id(text)), "{text}");
        }
    }

    #[test]
    fn iso_2_prefixes_of_one_another_share_no_key() {
        let (short, long) = (keyspace("s:"), keyspace("s:x:"));
        assert_ne!(short.key(&id("x:1")), long.key(&id("1")));
        assert_eq!(short.id(&long.key(&id("1"))), None);
        assert_eq!(long.id(&short.key(&id("x:1"))), None);
    }

    #[test]
    fn keys_that_are_written_otherwise_are_nobodys() {
        let keys = keyspace("s:");
        for key in [
            "s:", "s:a b", "s:{a}", "s:%3a", "s:%41", "s:100%", "t:a", "s:a:b",
        ] {
            assert_eq!(keys.id(key.as_bytes()), None, "{key}");
        }
    }

    #[test]
    fn a_claim_is_in_the_slot_of_its_record_and_no_ids_place() {
        for prefix in ["s:", "a{b:", "{tag}:s:", "x{tag}y}:", "{}{a}:"] {
            let keys = keyspace(prefix);
            assert!(
                keys.is_fit_for_a_cluster() || prefix == "{}{a}:",
                "{prefix}"
            );
            for text in ["plain", "{a}", "}{", "a:b"] {
                let key = keys.key(&id(text));
                let claim = keys.claim(&key);
                if keys.is_fit_for_a_cluster() {
                    assert_eq!(slot_of(&claim), slot_of(&key), "{prefix}{text}");
                }
                assert_eq!(keys.id(&claim), None);
            }
        }
        assert!(!keyspace("a}:").is_fit_for_a_cluster());
    }

    #[test]
    fn a_pattern_takes_the_prefix_by_its_letters() {
        assert_eq!(keyspace("a*[b]?:").pattern(), br"a\*\[b\]\?:*");
    }
}

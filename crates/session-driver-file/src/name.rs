//! An id as a file name, and back.

use std::ffi::CStr;

use data_encoding::BASE32_NOPAD;
use session_driver::{MAX_ID_LEN, SessionId};

/// What a session's file name ends with; base32 has no dot, so no other file of the driver can be
/// taken for one.
const SUFFIX: &[u8] = b".s";

/// The longest name: 205 characters of base32 for 128 bytes, and the suffix. File systems allow
/// 255.
const MAX_NAME_LEN: usize = (MAX_ID_LEN * 8).div_ceil(5) + SUFFIX.len();

/// The name of a session's file, with the NUL that system calls want.
///
/// Base32 (RFC 4648) has one case, so ids that differ in case differ in name on any file system
/// (rule ID-3).
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileName {
    bytes: [u8; MAX_NAME_LEN + 1],
    len: usize,
}

impl FileName {
    pub(crate) fn of(id: &SessionId) -> FileName {
        let mut bytes = [0; MAX_NAME_LEN + 1];
        let encoded = BASE32_NOPAD.encode_len(id.as_bytes().len());
        BASE32_NOPAD.encode_mut(id.as_bytes(), &mut bytes[..encoded]);
        bytes[encoded..encoded + SUFFIX.len()].copy_from_slice(SUFFIX);
        FileName {
            bytes,
            len: encoded + SUFFIX.len(),
        }
    }

    pub(crate) fn as_c_str(&self) -> &CStr {
        // Base32 and the suffix hold no NUL, and the array ends in one.
        CStr::from_bytes_until_nul(&self.bytes[..=self.len]).unwrap_or_default()
    }
}

/// The id whose file has this name, or `None` when it is no session's file.
pub(crate) fn id_of(name: &CStr) -> Option<SessionId> {
    let encoded = name.to_bytes().strip_suffix(SUFFIX)?;
    let bytes = BASE32_NOPAD.decode(encoded).ok()?;
    SessionId::parse(std::str::from_utf8(&bytes).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> SessionId {
        SessionId::parse(text).expect("a valid id")
    }

    #[test]
    fn every_id_comes_back_from_its_name() {
        for text in [
            "a",
            "A",
            "..",
            "-",
            "CON",
            "a/b",
            "%00",
            &"~".repeat(MAX_ID_LEN),
        ] {
            let name = FileName::of(&id(text));
            assert!(
                name.len <= 255 && !name.as_c_str().to_bytes().contains(&b'/'),
                "{text}"
            );
            assert_eq!(id_of(name.as_c_str()), Some(id(text)), "{text}");
        }
    }

    #[test]
    fn other_names_are_no_sessions() {
        for name in [
            c"MFRGG",
            c"mfrgg.s",
            c".s",
            c"00.s",
            c"MFRGH.s",
            c"AA.s",
            c".new-MFRGG",
            c"EE",
        ] {
            assert_eq!(id_of(name), None, "{name:?}");
        }
    }
}

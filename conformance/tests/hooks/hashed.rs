//! ID-5: what the bytes of a backend show of ids that are declared to be hashed.

use data_encoding::{BASE64_NOPAD, HEXLOWER};
use session_driver::SessionId;
use session_driver_conformance::Outcome;

use crate::kept::Traits;
use crate::{accusation, is_lawful, outcome};

const HASHED: Traits = Traits {
    hashes: true,
    shown: None,
    expires: None,
};

#[test]
fn a_driver_that_keeps_digests_alone_passes() {
    assert_eq!(outcome(HASHED, "ID-5"), Outcome::Passed);
    is_lawful(HASHED);
}

/// What a driver writes of an id.
type Shown = fn(&SessionId) -> Vec<u8>;

#[test]
fn a_driver_that_keeps_the_id_beside_its_digest_is_accused_in_whatever_form() {
    let forms: [(&str, Shown); 3] = [
        ("as it is", |id| id.as_bytes().to_vec()),
        ("in hex", |id| HEXLOWER.encode(id.as_bytes()).into_bytes()),
        ("in base64", |id| {
            BASE64_NOPAD.encode(id.as_bytes()).into_bytes()
        }),
    ];
    for (form, shown) in forms {
        let traits = Traits {
            shown: Some(shown),
            ..HASHED
        };
        let seen = accusation(traits, "ID-5");
        assert!(seen.contains(form), "{seen}");
    }
}

#[test]
fn the_rule_does_not_bind_who_does_not_declare_it() {
    let plain = outcome(Traits::default(), "ID-5");
    assert!(matches!(plain, Outcome::NotApplicable(_)), "{plain:?}");
}

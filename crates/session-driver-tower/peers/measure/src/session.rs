//! A session as a shop has it.

use std::collections::HashMap;

use serde_json::{Value, json};

/// What tower-sessions keeps in a session, in every version.
pub(crate) type Data = HashMap<String, Value>;

/// The value that differs in every save.
const COUNT: &str = "requests";

#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub(crate) id: i128,
    pub(crate) data: Data,
}

impl Session {
    /// A session of about 1 KiB that has no id yet.
    pub(crate) fn new() -> Session {
        let items: Vec<Value> = (0..11)
            .map(|item| {
                json!({
                    "article": format!("teapot-of-cast-iron-{item:04}"),
                    "pieces": item + 1,
                    "price_in_cents": 4_990 + item,
                })
            })
            .collect();
        let pages = ["/", "/teas/black", "/teas/green", "/pots", "/basket"];
        let data = [
            (
                "user",
                json!({ "number": 1_234_567, "name": "Ada Lovelace", "mail": "ada@example.org" }),
            ),
            (
                "csrf_token",
                json!("Zk9pX3R3ZW50eS10d28gY2hhcmFjdGVycyBvZiBiYXNl"),
            ),
            ("roles", json!(["customer", "newsletter", "wholesale"])),
            ("basket", json!(items)),
            ("visited", json!(pages)),
            ("language", json!("en-GB")),
            ("has_consented", json!(true)),
            (
                "note",
                json!(
                    "Please ring twice; the bell of the front door is hard to hear from the garden."
                ),
            ),
            (COUNT, json!(0)),
        ];
        Session {
            id: 0,
            data: data.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    /// Makes the session one that was never stored before.
    pub(crate) fn change(&mut self) {
        // Of one length however often it was saved.
        let count = self.data.get_mut(COUNT).expect("a session's values");
        *count = Value::from(fastrand::u64(1 << 62..1 << 63));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_about_a_kibibyte_and_is_never_the_same() {
        let mut session = Session::new();
        session.change();
        let before = session.clone();
        session.change();
        assert_ne!(session, before);
        let text = serde_json::to_vec(&session.data).expect("a text");
        assert!((1_100..1_300).contains(&text.len()), "{}", text.len());
    }
}

//! Text that cannot play tricks on a terminal.

/// `text` with every character that does not print as itself escaped: control characters, and those
/// that turn or hide others. Lines stay lines, and tabs tabs.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\n' | '\t' | '"' | '\'' | '\\') {
            safe.push(character);
        } else {
            safe.extend(character.escape_debug());
        }
    }
    safe
}

/// A number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun: `1 session`, `2 sessions`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_terminal_is_escaped() {
        assert_eq!(
            printable("a\u{1b}[2J\r\u{7f}\u{9b}1m\u{202e}b"),
            "a\\u{1b}[2J\\r\\u{7f}\\u{9b}1m\\u{202e}b"
        );
    }

    #[test]
    fn what_prints_as_itself_stays() {
        let text = "{\"name\": \"Ana\\n\", 'ö': 北京}\n\tend";
        assert_eq!(printable(text), text);
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(count(1, "session"), "1 session");
        assert_eq!(count(0, "session"), "0 sessions");
    }
}

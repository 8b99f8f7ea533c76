//! Histories as text.

use super::*;

#[test]
fn a_history_is_read_as_it_was_written() {
    let text = "
            promises readable_ids native_expiry
            0   1..9     store a 1x8 until 5 when version 3 at 0 => refused conflict
            1   2..      store b 0x0 until never when absent at -5
            2   3..4     retrieve a at 0 => found foreign until 5 version 18446744073709551615
            2   5..6     touch a until never at 0 => was false
            2   7..8     rotate a b at 0 => rotated none
            3   7..8     rotate b '\"{}=> at 0 => rotated 4
            3   9..10    traverse at 0 => visited a '\"{}=>
            3   11..12   sweep at 9 limit 2 => swept 2 more
            3   13..14   remove a at 0 => was true";
    let read: History = text.parse().expect("it is well written");
    assert_eq!(format!("\n{read}"), text);
    for wrong in [
        "",
        "promises",
        "promises atomic_rotat",
        "promises\n0 1..2 retrieve a at 0",
        "promises\n0 1..2 retrieve a at 0 => found none none",
    ] {
        let read = wrong.parse::<History>();
        assert_eq!(read.is_ok(), wrong == "promises", "{wrong:?}");
    }
}

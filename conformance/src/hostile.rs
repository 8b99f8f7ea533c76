//! Texts that are ids, and that something somewhere takes for more or for less.

use session_driver::{MAX_ID_LEN, SessionId};

use crate::workload::id;

/// Ids that mean something to a file system, a shell, a database, a protocol, or a careless parser.
const HOSTILE: &[&str] = &[
    "CON",
    "nul",
    "aux.txt",
    "COM1",
    ".",
    "..",
    "...",
    "-",
    "--",
    "-rf",
    "~",
    "~root",
    "/",
    "//",
    "/etc/passwd",
    "a/b",
    "a/./b",
    "a//b",
    "../x",
    "../../x",
    "..\\x",
    "C:\\x",
    "x:stream",
    "x.",
    "x.tmp",
    "x.lock",
    ".hidden",
    "lost+found",
    "*",
    "?",
    "**",
    "[a-z]",
    "[",
    "]",
    "{a,b}",
    "\\",
    "\\*",
    "%",
    "_",
    "%00",
    "%2e%2e%2f",
    "%2F",
    "\\0",
    "\\x00",
    "\\n",
    "'",
    "''",
    "\"",
    "`",
    "';drop/**/table/**/sessions;--",
    "x'or'1'='1",
    "$1",
    "$(id)",
    "${HOME}",
    "`id`",
    "&&",
    "|",
    ";",
    "<>",
    "#",
    "##",
    "!",
    "@",
    "^",
    "=",
    "+",
    ",",
    ":",
    "::",
    "s:x",
    "{x}",
    "{x}:1",
    "*1",
    "$-1",
    "$3",
    ":0",
    "+OK",
    "null",
    "nil",
    "NaN",
    "true",
    "0",
    "00",
    "-1",
    "1e9",
    "0x10",
    "16",
    "9223372036854775808",
    "deleted",
    "undefined",
];

/// Valid ids that a driver may stumble over, each but once.
pub(crate) fn hostile_ids() -> Vec<SessionId> {
    let single = (0x21..=0x7E_u8).map(|byte| char::from(byte).to_string());
    let lengths = (2..=MAX_ID_LEN).map(|length| "~".repeat(length));
    let listed = HOSTILE.iter().map(ToString::to_string);
    let mut texts: Vec<String> = single.chain(lengths).chain(listed).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.iter().map(|text| id(text)).collect()
}

/// Ids of one group are equal to somebody who is careless.
pub(crate) const ALIKE: &[&[&str]] = &[
    &["abc", "ABC", "Abc", "abC", "aBc"],
    &["a", "aa", "aaa", "a-", "-a", "a.", ".a", "a~"],
    &[
        "a/b", "a//b", "a/./b", "a/b/", "/a/b", "a\\b", "a%2Fb", "a%2fb", "a_b", "a-b", "a:b",
    ],
    &["1", "01", "1.0", "1e0", "+1", "0x1", "1.", "1,0", "true"],
    &["9007199254740992", "9007199254740993", "9007199254740992.0"],
    &[
        "x", "%78", "\\x78", "&#120;", "x%00", "x\\0", "x#", "x?", "x;", "x,",
    ],
    &["k", "K", "\\k", "'k'", "\"k\"", "(k)", "[k]", "{k}"],
    &["s[1]", "s1", "s*", "s?", "s_", "s%", "s"],
    &["ss", "SS", "sS", "ii", "II", "iI"],
];

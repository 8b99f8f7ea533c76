//! Whatever the bytes are, decoding answers, soon and in little memory.

use std::collections::{BTreeMap, HashMap, LinkedList};
use std::fmt;

use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use session_driver::{Bincode, Codec, CodecErrorKind, Json, MessagePack};

use crate::{encode, refused};

const BINCODE: Bincode = Bincode::new(7);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Leaf,
    Node(Box<Tree>),
    List(Vec<Tree>),
    Pair {
        left: Option<Box<Tree>>,
        right: HashMap<String, Tree>,
    },
    Text(char, String, Vec<u8>, (f64, bool, [i32; 3])),
}

fn tree() -> Tree {
    let text = Tree::Text(
        'é',
        "hello".into(),
        vec![0, 255],
        (0.5, true, [1, -1, i32::MAX]),
    );
    Tree::List(vec![
        Tree::Leaf,
        Tree::Node(Box::new(text.clone())),
        Tree::Pair {
            left: Some(Box::new(Tree::Leaf)),
            right: HashMap::from([("key".into(), text)]),
        },
    ])
}

/// Reads the tree with every codec, and a few types that read much at will.
fn decode_all(bytes: &[u8]) {
    fn each<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
        let _: Result<T, _> = MessagePack.decode(bytes);
        let _: Result<T, _> = Json.decode(bytes);
        let _: Result<T, _> = BINCODE.decode(bytes);
    }
    each::<Tree>(bytes);
    each::<serde_json::Value>(bytes);
    each::<LinkedList<()>>(bytes);
    each::<BTreeMap<String, Vec<Option<u64>>>>(bytes);
}

/// A small generator of pseudo-random numbers (xorshift64), so that a failure repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }
}

fn encodings() -> [Vec<u8>; 3] {
    [
        encode(&MessagePack, &tree()),
        encode(&Json, &tree()),
        encode(&BINCODE, &tree()),
    ]
}

#[test]
fn cut_bytes_and_bytes_left_over_are_corrupt() {
    fn check<C: Codec<Tree>>(codec: &C) {
        let mut bytes = encode(codec, &tree());
        for cut in 0..bytes.len() {
            assert_eq!(
                refused(codec.decode(&bytes[..cut])),
                Some(CodecErrorKind::Corrupt),
                "{cut}"
            );
        }
        for extra in [0x00, 0x5D, 0x91, 0xC0, 0xC1, 0xFF] {
            bytes.push(extra);
            assert_eq!(
                refused(codec.decode(&bytes)),
                Some(CodecErrorKind::Corrupt),
                "{extra}"
            );
            bytes.pop();
        }
        assert_eq!(codec.decode(&bytes), Ok(tree()));
    }
    check(&MessagePack);
    check(&Json);
    check(&BINCODE);
}

#[test]
fn mutated_bytes_do_no_harm() {
    let mut random = Random(0x5EED);
    for whole in encodings() {
        for place in 0..whole.len() {
            for byte in [
                0x00, 0x7F, 0x80, 0xC1, 0xDD, 0xDF, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF,
            ] {
                let mut bytes = whole.clone();
                bytes[place] = byte;
                decode_all(&bytes);
            }
        }
        for _ in 0..1_000 {
            let mut bytes = whole.clone();
            for _ in 0..=random.below(4) {
                let place = random.below(bytes.len());
                bytes[place] = random.byte();
            }
            bytes.truncate(random.below(2 * whole.len()));
            decode_all(&bytes);
        }
    }
}

#[test]
fn random_bytes_do_no_harm() {
    let mut random = Random(0xFEED);
    for _ in 0..3_000 {
        let mut bytes: Vec<u8> = (0..random.below(64)).map(|_| random.byte()).collect();
        decode_all(&bytes);
        bytes.splice(0..0, 7_u32.to_le_bytes());
        decode_all(&bytes);
    }
}

/// bincode bytes of the test's schema: a length of 2⁶⁰ behind the marker of a 64-bit number.
fn claim_in_bincode() -> Vec<u8> {
    let mut bytes = 7_u32.to_le_bytes().to_vec();
    bytes.push(253);
    bytes.extend_from_slice(&(1_u64 << 60).to_le_bytes());
    bytes
}

/// A type that reserves whatever length it is told, as careless ones do.
struct Trusting;

impl Serialize for Trusting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq([0_u8; 0])
    }
}

impl<'de> Deserialize<'de> for Trusting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Trusting, D::Error> {
        deserializer.deserialize_seq(TrustingVisitor)
    }
}

#[derive(Serialize)]
struct TrustingMap;

impl<'de> Deserialize<'de> for TrustingMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TrustingMap, D::Error> {
        deserializer
            .deserialize_map(TrustingVisitor)
            .map(|_| TrustingMap)
    }
}

struct TrustingVisitor;

impl<'de> Visitor<'de> for TrustingVisitor {
    type Value = Trusting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Trusting, A::Error> {
        let mut read = Vec::with_capacity(elements.size_hint().unwrap_or(0));
        assert!(
            read.capacity() <= 16,
            "a claim of {} was believed",
            read.capacity()
        );
        while let Some(element) = elements.next_element::<u8>()? {
            read.push(element);
        }
        Ok(Trusting)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Trusting, A::Error> {
        assert!(
            entries.size_hint().unwrap_or(0) <= 16,
            "a claim was believed"
        );
        while entries.next_entry::<u8, u8>()?.is_some() {}
        Err(de::Error::custom("the entries came to an end"))
    }
}

#[test]
fn claimed_lengths_take_no_memory_and_no_time() {
    fn corrupt<T>(codec: &impl Codec<T>, bytes: &[u8]) {
        assert_eq!(refused(codec.decode(bytes)), Some(CodecErrorKind::Corrupt));
    }
    let claim = claim_in_bincode();
    corrupt::<String>(&BINCODE, &claim);
    corrupt::<Vec<u8>>(&BINCODE, &claim);
    corrupt::<Vec<String>>(&BINCODE, &claim);
    corrupt::<Vec<()>>(&BINCODE, &claim);
    corrupt::<LinkedList<()>>(&BINCODE, &claim);
    corrupt::<Vec<[(); 2]>>(&BINCODE, &claim);
    corrupt::<BTreeMap<(), ()>>(&BINCODE, &claim);
    corrupt::<BTreeMap<String, String>>(&BINCODE, &claim);
    corrupt::<Trusting>(&BINCODE, &claim);
    corrupt::<TrustingMap>(&BINCODE, &claim);

    let of_4_gib = |marker: u8| [marker, 0xFF, 0xFF, 0xFF, 0xFF];
    corrupt::<String>(&MessagePack, &of_4_gib(0xDB));
    corrupt::<Vec<u8>>(&MessagePack, &of_4_gib(0xC6));
    corrupt::<Vec<String>>(&MessagePack, &of_4_gib(0xDD));
    corrupt::<Vec<()>>(&MessagePack, &of_4_gib(0xDD));
    corrupt::<BTreeMap<String, String>>(&MessagePack, &of_4_gib(0xDF));
    corrupt::<Trusting>(&MessagePack, &of_4_gib(0xDD));
    corrupt::<TrustingMap>(&MessagePack, &of_4_gib(0xDF));
    corrupt::<serde_json::Value>(&MessagePack, &of_4_gib(0xDF));
}

/// `Some(Some(Some(..)))`: neither MessagePack nor JSON spends a byte on a level of it.
#[derive(Serialize, Deserialize)]
struct Peano(Option<Box<Peano>>);

#[test]
fn nesting_ends_before_the_stack_does() {
    const LEVELS: usize = 1_000_000;
    fn refuse<T>(codec: &impl Codec<T>, bytes: &[u8]) {
        assert!(codec.decode(bytes).is_err());
    }
    refuse::<Tree>(&MessagePack, &b"\x81\xA4Node".repeat(LEVELS));
    refuse::<Tree>(&MessagePack, &b"\x81\xA4List\x91".repeat(LEVELS));
    refuse::<serde_json::Value>(&MessagePack, &[0x91].repeat(LEVELS));
    refuse::<Peano>(&MessagePack, &[0x01]);
    refuse::<Tree>(&Json, &b"{\"Node\":".repeat(LEVELS));
    refuse::<serde_json::Value>(&Json, &b"[".repeat(LEVELS));
    refuse::<Peano>(&Json, b"1");
    let schema = 7_u32.to_le_bytes();
    refuse::<Tree>(&BINCODE, &[&schema[..], &[1].repeat(LEVELS)].concat());
    refuse::<Peano>(&BINCODE, &[&schema[..], &[1].repeat(LEVELS)].concat());
}

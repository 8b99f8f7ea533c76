//! Every shape that serde knows comes back as it was, or is refused while somebody still has it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use session_driver::{Bincode, Codec, CodecErrorKind, Json, MessagePack};

use crate::{encode, refused};

fn comes_back<T: PartialEq + Debug>(codec: &impl Codec<T>, value: &T) {
    let decoded = codec.decode(&encode(codec, value));
    assert_eq!(decoded.as_ref(), Ok(value));
}

fn comes_back_from_all<T: PartialEq + Debug + Serialize + DeserializeOwned>(value: T) {
    comes_back(&MessagePack, &value);
    comes_back(&Json, &value);
    comes_back(&Bincode::new(7), &value);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(String),
    Tuple(u8, i8),
    Struct {
        left: f64,
        right: Option<Box<Shape>>,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(Vec<u16>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tuple(bool, char, Unit);

#[test]
fn numbers_at_their_ends() {
    comes_back_from_all((u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX));
    comes_back_from_all((i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN));
    comes_back_from_all((i8::MAX, i16::MAX, i32::MAX, i64::MAX, i128::MAX, -1, 0));
    comes_back_from_all((
        f32::MIN_POSITIVE,
        f32::MAX,
        f64::MIN_POSITIVE,
        f64::MAX,
        -0.0,
        0.1 + 0.2,
    ));
}

#[test]
fn floats_come_back_to_the_bit() {
    let mut bits = 1_u64;
    for _ in 0..10_000 {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let float = f64::from_bits(bits);
        if float.is_finite() {
            comes_back_from_all(float);
        }
    }
}

#[test]
fn texts_and_bytes() {
    comes_back_from_all((
        '\0',
        'ß',
        '\u{10FFFF}',
        String::new(),
        "\u{1F980}\0".repeat(99),
    ));
    comes_back_from_all((0..=255).collect::<Vec<u8>>());
    comes_back_from_all([0_u8; 32]);
}

#[test]
fn structs_and_enums_of_every_kind() {
    comes_back_from_all((Unit, Newtype(vec![1, 2]), Tuple(true, 'x', Unit)));
    comes_back_from_all(vec![
        Shape::Unit,
        Shape::Newtype("x".into()),
        Shape::Tuple(1, -1),
        Shape::Struct {
            left: 0.5,
            right: None,
        },
        Shape::Struct {
            left: -0.5,
            right: Some(Box::new(Shape::Newtype(String::new()))),
        },
    ]);
}

#[test]
fn collections_within_each_other() {
    comes_back_from_all(BTreeMap::from([(
        "a".to_owned(),
        BTreeMap::from([(1_u32, vec![None, Some(2)])]),
    )]));
    comes_back_from_all(HashMap::<String, BTreeSet<i64>>::from([(
        "é".into(),
        (-3..3).collect(),
    )]));
    comes_back_from_all((
        Vec::<String>::new(),
        BTreeMap::<u8, u8>::new(),
        Some(Vec::<u8>::new()),
    ));
    comes_back_from_all(vec![(0_u32, ()); 3]);
}

#[test]
fn types_of_the_standard_library() {
    comes_back_from_all((
        Duration::MAX,
        SystemTime::UNIX_EPOCH + Duration::new(1 << 33, 5),
    ));
    let addresses: [IpAddr; 2] = [
        [127, 0, 0, 1].into(),
        [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
    ];
    comes_back_from_all(addresses);
}

#[test]
fn values_of_unknown_shape_where_the_format_has_types() {
    let value = json!({
        "id": u64::MAX, "low": i64::MIN, "price": 1.5, "whole": 1.0, "name": "é", "none": null,
        "list": [true, [], {}, {"deep": [{"deeper": [1]}]}],
    });
    comes_back(&MessagePack, &value);
    comes_back(&Json, &value);
    let undecodable: Result<serde_json::Value, _> =
        Bincode::new(7).decode(&encode(&Bincode::new(7), &value));
    assert_eq!(refused(undecodable), Some(CodecErrorKind::Incompatible));
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sparse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    age: u32,
    #[serde(flatten)]
    rest: BTreeMap<String, i64>,
}

#[test]
fn skipped_and_flattened_fields_where_the_format_has_names() {
    let rest = BTreeMap::from([("clicks".to_owned(), -1)]);
    for nickname in [None, Some("x".to_owned())] {
        let sparse = Sparse {
            nickname,
            age: 7,
            rest: rest.clone(),
        };
        comes_back(&MessagePack, &sparse);
        comes_back(&Json, &sparse);
    }
}

fn cannot_encode<T>(codec: &impl Codec<T>, value: &T) {
    let refusal = refused(codec.encode(value, &mut Vec::new()));
    assert_eq!(refusal, Some(CodecErrorKind::Unencodable));
}

#[derive(Serialize, Deserialize)]
struct Skipping {
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    age: u32,
}

#[test]
fn what_bincode_could_not_read_back_is_refused() {
    let codec = Bincode::new(7);
    cannot_encode(&codec, &Sparse::default());
    cannot_encode(
        &codec,
        &Skipping {
            nickname: None,
            age: 7,
        },
    );
    cannot_encode(&codec, &vec![()]);
    cannot_encode(&codec, &vec![PhantomData::<u8>; 2]);
    cannot_encode(&codec, &vec![[((), Unit)]]);
    cannot_encode(&codec, &BTreeMap::from([((), ())]));
    comes_back(&codec, &Vec::<()>::new());
    comes_back(&codec, &BTreeMap::from([((), 1_u8)]));
    comes_back(&codec, &[(); 3]);
    comes_back(&MessagePack, &vec![(); 3]);
    comes_back(&Json, &vec![(); 3]);
}

#[test]
fn what_json_cannot_express_is_refused() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        cannot_encode(&Json, &float);
        cannot_encode(&Json, &(float as f32));
        assert!(
            !MessagePack
                .decode(&encode(&MessagePack, &float))
                .is_ok_and(f64::is_finite)
        );
    }
    cannot_encode(&Json, &BTreeMap::from([(vec![1], 2)]));
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
enum Nested {
    #[default]
    Leaf,
    Node(Box<Nested>),
}

#[test]
fn what_nests_too_deep_is_refused_both_ways_at_the_same_depth() {
    fn deepest<C: Codec<Nested>>(codec: &C) -> usize {
        let mut nested = Nested::Leaf;
        for depth in 0.. {
            if codec.encode(&nested, &mut Vec::new()).is_err() {
                return depth - 1;
            }
            comes_back(codec, &nested);
            nested = Nested::Node(Box::new(nested));
        }
        unreachable!("a depth is refused")
    }
    assert_eq!(
        [
            deepest(&MessagePack),
            deepest(&Json),
            deepest(&Bincode::new(7))
        ],
        [99; 3]
    );
}

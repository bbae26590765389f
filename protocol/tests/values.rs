//! Random values and random serde types over the wire.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use bytes::Bytes;
use exciton_protocol::{
    Args, Buffer, Date, Encoded, Object, Text, Value, View, ViewKind, from_value, read_value,
    to_value, write_value,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

fn double() -> impl Strategy<Value = f64> {
    prop_oneof![any::<u64>().prop_map(f64::from_bits), any::<i32>().prop_map(f64::from), -1e3..1e3]
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        any::<String>().prop_map(Text::from),
        vec(any::<u16>(), 0..8).prop_map(|units| Text::from_utf16(&units)),
        vec(prop_oneof![0xd7f0..0xe010_u16, 0x20..0x7f_u16], 0..8)
            .prop_map(|u| Text::from_utf16(&u)),
        Just(Text::from("$")),
        Just(Text::from("__proto__")),
    ]
}

fn view() -> impl Strategy<Value = View> {
    let kind = prop::sample::select(ViewKind::ALL);
    (kind, vec(any::<u8>(), 0..64), any::<(u8, u8)>()).prop_map(
        |(kind, bytes, (offset, length))| {
            let size = kind.element_size();
            let elements = bytes.len() / size;
            let offset = usize::from(offset) % (elements + 1);
            let length = usize::from(length) % (elements - offset + 1);
            View::new(kind, bytes.into(), offset * size, length).unwrap()
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Undefined),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        double().prop_map(Value::Number),
        any::<i128>().prop_map(|number| Value::BigInt(number.into())),
        text().prop_map(Value::String),
        (-8_640_000_000_000_000_i64..=8_640_000_000_000_000).prop_map(|ms| Value::Date(ms as f64)),
        Just(Value::Date(f64::NAN)),
        vec(any::<u8>(), 0..64).prop_map(|bytes| Value::ArrayBuffer(bytes.into())),
        view().prop_map(Value::View),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((text(), inner), 0..6).prop_map(|entries| Object::from_iter(entries).into()),
        ]
    })
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    #[serde(rename = "$")]
    dollar: Option<String>,
    small: (i8, u16, char, bool),
    big: (i64, u64, i128),
    double: f64,
    float: f32,
    text: String,
    list: Vec<Choice>,
    map: BTreeMap<String, Option<u64>>,
    numbered: BTreeMap<i32, ()>,
    binary: Buffer,
    date: Date,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Choice {
    Unit,
    Newtype(u64),
    Tuple(i8, String),
    Struct { inner: Option<Box<Choice>> },
}

fn choice() -> impl Strategy<Value = Choice> {
    let leaf = prop_oneof![
        Just(Choice::Unit),
        any::<u64>().prop_map(Choice::Newtype),
        any::<(i8, String)>().prop_map(|(number, text)| Choice::Tuple(number, text)),
    ];
    leaf.prop_recursive(3, 8, 1, |inner| {
        prop::option::of(inner).prop_map(|inner| Choice::Struct { inner: inner.map(Box::new) })
    })
}

fn record() -> impl Strategy<Value = Record> {
    let scalars = (
        any::<Option<String>>(),
        any::<(i8, u16, char, bool)>(),
        any::<(i64, u64, i128)>(),
        double().prop_filter("comparable", |number| !number.is_nan()),
        any::<f32>().prop_filter("comparable", |number| !number.is_nan()),
        any::<String>(),
    );
    let rest = (
        vec(choice(), 0..4),
        btree_map(any::<String>(), any::<Option<u64>>(), 0..4),
        btree_map(any::<i32>(), Just(()), 0..4),
        vec(any::<u8>(), 0..32),
        any::<i32>(),
        value(),
    );
    (scalars, rest).prop_map(|(scalars, rest)| {
        let (dollar, small, big, double, float, text) = scalars;
        let (list, map, numbered, binary, ms, value) = rest;
        Record {
            dollar,
            small,
            big,
            double,
            float,
            text,
            list,
            map,
            numbered,
            binary: binary.into(),
            date: Date(ms.into()),
            value,
        }
    })
}

proptest! {
    #[test]
    fn a_value_comes_back_from_the_wire_as_it_went(value in value()) {
        let wire = write_value(&value, Value::DEPTH).unwrap();
        prop_assert_eq!(&read_value(&wire.text, &wire.blobs, Value::DEPTH).unwrap(), &value);
        prop_assert_eq!(&Encoded::from_serialize(&value).unwrap(), &wire);
        prop_assert_eq!(&wire.deserialize::<Value>().unwrap(), &value);
        let args = Args::from_serialize(&(&value, [&value])).unwrap();
        prop_assert_eq!(args.values().unwrap(), [value.clone(), Value::from([value.clone()])]);
        prop_assert_eq!(args.reader().unwrap().read::<Value>().unwrap(), value);
    }

    #[test]
    fn every_double_comes_back_bit_for_bit(number in double()) {
        let text = Encoded::from_serialize(&number).unwrap();
        let typed: f64 = text.deserialize().unwrap();
        let dynamic = text.to_value().unwrap().as_f64().unwrap();
        for back in [typed, dynamic] {
            prop_assert!(back.to_bits() == number.to_bits() || back.is_nan() && number.is_nan());
        }
    }

    #[test]
    fn a_struct_comes_back_through_arguments_and_through_values(record in record()) {
        let args = Args::from_serialize(&(&record, 7)).unwrap();
        let mut reader = args.reader().unwrap();
        prop_assert_eq!(&reader.read::<Record>().unwrap(), &record);
        prop_assert_eq!(reader.read::<u8>().unwrap(), 7);
        prop_assert_eq!(from_value::<Record>(to_value(&record).unwrap()).unwrap(), record);
    }

    #[test]
    fn text_means_the_same_read_at_once_and_read_by_way_of_a_value(value in value()) {
        // As serde_json has the value, so that there are tags or not as chance has it.
        let Ok(text) = serde_json::to_string(&value) else { return Ok(()) };
        let plain: serde_json::Value = serde_json::from_str(&text).unwrap();
        let wire = Encoded::from_serialize(&plain).unwrap();
        let at_once: serde_json::Value = wire.deserialize().unwrap();
        prop_assert_eq!(at_once, from_value::<serde_json::Value>(wire.to_value().unwrap()).unwrap());
    }

    #[test]
    fn no_text_makes_a_reader_panic(bytes in vec(prop::sample::select(PIECES), 0..24)) {
        let text = bytes.concat();
        let blobs = [Bytes::from_static(&[0; 8])];
        let _ = read_value(&text, &blobs, 8);
        let args = Args::new(text, blobs.to_vec());
        if let Ok(mut reader) = args.reader_with_depth(8) {
            let _ = reader.read::<Record>();
            let _ = reader.read::<BTreeMap<String, Vec<f64>>>();
            let _ = reader.rest();
        }
    }
}

const PIECES: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "d800",
    "0024",
    "\"$\":",
    "\"object\"",
    "\"entries\":",
    "\"view\"",
    "\"number\"",
    "\"v\":",
    "\"NaN\"",
    "\"blob\":",
    "\"type\":\"Int8Array\"",
    "\"offset\":",
    "\"length\":",
    "0",
    "-",
    "9007199254740993",
    "1e5",
    ".",
    "null",
    "true",
    " ",
    "é",
    "\"a\":",
    "\"a\"",
    "{\"$\":\"object\",\"entries\":[[",
    "{\"$\":\"arraybuffer\",\"blob\":0}",
    "\n",
    "\u{7f}",
    "]]}",
];

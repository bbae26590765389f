//! What serde types become on the wire.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;
use crate::value::{Buffer, Text, Value};

fn wire<T: Serialize>(value: T) -> String {
    let wire = Encoded::from_serialize(&value).unwrap();
    String::from_utf8(wire.text.to_vec()).unwrap()
}

#[derive(Serialize)]
struct Tagged {
    before: Vec<&'static str>,
    #[serde(rename = "$")]
    dollar: i32,
    after: BTreeMap<&'static str, i32>,
}

#[test]
fn a_key_that_looks_like_a_tag_is_escaped_wherever_it_stands() {
    let tagged = Tagged {
        before: vec!["a,]}", "\""],
        dollar: 1,
        after: BTreeMap::from([("$", 2), ("x", 3)]),
    };
    assert_eq!(
        wire(tagged),
        concat!(
            r#"{"$":"object","entries":[["before",["a,]}","\""]],["$",1],"#,
            r#"["after",{"$":"object","entries":[["$",2],["x",3]]}]]}"#
        )
    );
}

#[derive(Serialize)]
enum Variants {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Struct {
        a: u8,
    },
    #[serde(rename = "$")]
    Dollar(u8, u8),
}

#[test]
fn enums_are_written_as_serde_json_writes_them() {
    use Variants::*;
    let all = (Unit, Newtype(1), Tuple(1, 2), Struct { a: 1 }, Dollar(3, 4));
    assert_eq!(
        wire(all),
        concat!(
            r#"["Unit",{"Newtype":1},{"Tuple":[1,2]},{"Struct":{"a":1}},"#,
            r#"{"$":"object","entries":[["$",[3,4]]]}]"#
        )
    );
}

#[test]
fn no_number_is_rounded() {
    assert_eq!(wire((1.0, -1.5, 0.1_f32, 1e300)), "[1,-1.5,0.10000000149011612,1e+300]");
    assert_eq!(
        wire((i64::MAX, u128::MAX)),
        concat!(
            r#"[{"$":"bigint","v":"9223372036854775807"},"#,
            r#"{"$":"bigint","v":"340282366920938463463374607431768211455"}]"#
        )
    );
    assert_eq!(wire((-0.0, f32::NAN)), r#"[{"$":"number","v":"-0"},{"$":"number","v":"NaN"}]"#);
}

#[test]
fn keys_become_text_or_are_refused() {
    assert_eq!(wire(BTreeMap::from([(1, true), (-2, false)])), r#"{"-2":false,"1":true}"#);
    let lone = Value::String(Text::from_utf16(&[0xd800]));
    let map = std::iter::once((lone, 1)).map(|(k, v)| (Wrapped(k), v)).collect::<Vec<_>>();
    assert_eq!(wire(Pairs(map)), r#"{"\ud800":1}"#);
    let error = Encoded::from_serialize(&BTreeMap::from([((1, 2), 3)])).unwrap_err();
    assert_eq!(error, EncodeError::Key { found: "an array" });
    let error = Encoded::from_serialize(&Pairs(vec![(Wrapped(Value::Null), 1)])).unwrap_err();
    assert_eq!(error, EncodeError::Key { found: "a value that is no text" });
}

struct Wrapped(Value);
struct Pairs(Vec<(Wrapped, i32)>);

impl Serialize for Pairs {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (&key.0, value)))
    }
}

#[test]
fn binary_passes_without_a_copy() {
    let buffer = Buffer::from(vec![1, 2, 3]);
    let wire = Encoded::from_serialize(&(&buffer, Value::from(buffer.clone()))).unwrap();
    assert_eq!(wire.text, r#"[{"$":"arraybuffer","blob":0},{"$":"arraybuffer","blob":0}]"#);
    assert_eq!(wire.blobs[0].as_ptr(), buffer.as_ptr());
}

#[derive(Serialize)]
struct Nest(Option<Box<[Nest; 1]>>);

#[test]
fn depth_is_refused_with_both_numbers_through_serde_and_values_alike() {
    let mut value = Value::Null;
    let mut nest = Nest(None);
    for _ in 0..1_000 {
        value = Value::from(vec![value]);
        nest = Nest(Some(Box::new([nest])));
    }
    assert!(Encoded::from_serialize(&value).is_ok());
    assert!(Encoded::from_serialize(&nest).is_ok());
    let refused = Err(EncodeError::Depth { depth: 1_001, limit: 1_000 });
    assert_eq!(Encoded::from_serialize(&[value]), refused);
    assert_eq!(Encoded::from_serialize(&[nest]), refused);
}

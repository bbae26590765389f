//! Arguments read and written, and what is said of wrong ones.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::value::{Buffer, Date, Graph, Object, Text, View, ViewKind};

fn args(text: &str) -> Args {
    Args::new(Bytes::copy_from_slice(text.as_bytes()), vec![Bytes::from_static(&[0, 1, 2, 3])])
}

fn first<T: DeserializeOwned>(text: &str) -> Result<T, ArgError> {
    args(text).reader().unwrap().read()
}

fn message<T: DeserializeOwned + fmt::Debug>(text: &str) -> String {
    first::<T>(text).unwrap_err().to_string()
}

#[test]
fn arguments_are_read_one_by_one_as_their_types() {
    let args = args(r#" [ "a" , [1,2.5] , {"k":null}, {"$":"undefined"} ] "#);
    let mut reader = args.reader().unwrap();
    assert_eq!(reader.len(), 4);
    assert_eq!(reader.read::<String>().unwrap(), "a");
    assert_eq!(reader.read::<(u8, f64)>().unwrap(), (1, 2.5));
    assert_eq!(reader.read::<BTreeMap<String, Option<u8>>>().unwrap().len(), 1);
    assert_eq!(reader.read::<Option<String>>().unwrap(), None);
}

#[test]
fn a_missing_argument_is_none_or_undefined_or_an_error() {
    let args = Args::none();
    let mut reader = args.reader().unwrap();
    assert_eq!(reader.read::<Option<u8>>().unwrap(), None);
    assert_eq!(reader.read::<Value>().unwrap(), Value::Undefined);
    let error = reader.read::<String>().unwrap_err();
    assert_eq!(error.to_string(), "args[2]: expected a string, found no argument");
}

#[test]
fn what_was_not_read_comes_as_values() {
    let args = args(r#"[1,{"$":"undefined"},"x"]"#);
    let mut reader = args.reader().unwrap();
    reader.read::<u8>().unwrap();
    assert_eq!(reader.rest().unwrap(), [Value::Undefined, Value::from("x")]);
    assert_eq!(reader.rest().unwrap(), []);
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct User {
    name: String,
    ages: Vec<u8>,
}

#[test]
fn a_wrong_type_is_told_with_its_place_and_both_sides() {
    for (text, expected) in [
        (r#"["x"]"#, "args[0]: expected struct User, found the string \"x\""),
        (r#"[{"name":1}]"#, "args[0].name: expected a string, found the number 1"),
        (
            r#"[{"name":"a","ages":[1,2,256]}]"#,
            "args[0].ages[2]: expected u8, found the number 256",
        ),
        (
            r#"[{"name":"a","ages":[{"$":"undefined"}]}]"#,
            "args[0].ages[0]: expected u8, found undefined",
        ),
        (r#"[{"name":{"$":"date","v":0}}]"#, "args[0].name: expected a string, found a Date"),
        (
            r#"[{"name":"\ud800"}]"#,
            "args[0].name: expected a string, found a string with a lone surrogate",
        ),
        (r#"[{"name":"a"}]"#, "args[0]: missing field `ages`"),
    ] {
        assert_eq!(message::<User>(text), expected);
    }
}

#[test]
fn integers_are_never_rounded() {
    for (text, expected) in [
        ("[1.5]", "args[0]: expected i64, found the number 1.5"),
        (
            "[1e300]",
            "args[0]: expected i64, found the number 1e300, which may be rounded (send a BigInt)",
        ),
        (r#"[{"$":"number","v":"NaN"}]"#, "args[0]: expected i64, found the number NaN"),
        (
            r#"[{"$":"bigint","v":"9223372036854775808"}]"#,
            "args[0]: expected i64, found the number 9223372036854775808",
        ),
        (
            r#"[{"$":"bigint","v":"-9223372036854775809"}]"#,
            "args[0]: expected i64, found a BigInt out of range",
        ),
    ] {
        assert_eq!(message::<i64>(text).replace(&format!("{}", 1e300), "1e300"), expected);
    }
    assert!(message::<i64>("[9007199254740992]").ends_with("which may be rounded (send a BigInt)"));
    assert!(
        message::<u64>("[1152921504606847000]").ends_with("which may be rounded (send a BigInt)")
    );
    assert_eq!(first::<i64>("[9007199254740991]").unwrap(), 9_007_199_254_740_991);
    assert_eq!(first::<i64>(r#"[{"$":"bigint","v":"-9223372036854775808"}]"#).unwrap(), i64::MIN);
    assert_eq!(first::<u8>(r#"[{"$":"bigint","v":"7"}]"#).unwrap(), 7);
    assert_eq!(first::<i64>(r#"[{"$":"number","v":"-0"}]"#).unwrap(), 0);
    let wide = first::<u128>(r#"[{"$":"bigint","v":"340282366920938463463374607431768211455"}]"#);
    assert_eq!(wide.unwrap(), u128::MAX);
    assert_eq!(
        message::<f64>(r#"[{"$":"bigint","v":"1"}]"#),
        "args[0]: expected f64, found a BigInt"
    );
    assert!(first::<f64>(r#"[{"$":"number","v":"NaN"}]"#).unwrap().is_nan());
    assert_eq!(first::<f64>("[5]").unwrap(), 5.0);
}

#[test]
fn binary_and_dates_have_their_types() {
    let buffer = r#"[{"$":"arraybuffer","blob":0}]"#;
    let view = r#"[{"$":"view","type":"Uint16Array","blob":0,"offset":2,"length":1}]"#;
    let came = args(buffer);
    let read = came.reader().unwrap().read::<Buffer>().unwrap();
    assert_eq!(read.as_ptr(), came.blobs[0].as_ptr());
    assert_eq!(first::<Buffer>(view).unwrap().0, &[2, 3][..]);
    assert_eq!(first::<Vec<u8>>(buffer).unwrap(), [0, 1, 2, 3]);
    assert_eq!(first::<Vec<u16>>(view).unwrap(), [0x302]);
    assert_eq!(first::<Option<Buffer>>("[null]").unwrap(), None);
    assert_eq!(
        message::<Buffer>(r#"["text"]"#),
        "args[0]: expected an ArrayBuffer, a typed array or a DataView, found the string \"text\""
    );
    assert_eq!(first::<Date>(r#"[{"$":"date","v":12}]"#).unwrap(), Date(12.0));
    assert_eq!(first::<f64>(r#"[{"$":"date","v":12}]"#).unwrap(), 12.0);
    assert!(first::<Date>(r#"[{"$":"date","v":null}]"#).unwrap().0.is_nan());
    assert_eq!(message::<Date>("[true]"), "args[0]: expected a Date, found the boolean true");
}

#[test]
fn values_stand_anywhere_and_lose_nothing() {
    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Mixed {
        value: Value,
        text: Text,
        more: Vec<Option<Buffer>>,
    }
    let buffer = Bytes::from_static(&[1, 2, 3, 4]);
    let sent = Mixed {
        value: Value::from([
            Value::Undefined,
            Value::from(-0.0),
            Value::BigInt(5.into()),
            Value::Date(1.0),
            Value::View(View::new(ViewKind::Int16Array, buffer.clone(), 2, 1).unwrap()),
            Value::from(Object::from_iter([("$", Text::from_utf16(&[0xdc00]))])),
        ]),
        text: Text::from_utf16(&[0xd800, 0x61]),
        more: vec![Some(Buffer(buffer)), None],
    };
    let args = Args::from_serialize(&(&sent,)).unwrap();
    assert_eq!(args.blobs.len(), 1);
    assert_eq!(args.reader().unwrap().read::<Mixed>().unwrap(), sent);
}

#[test]
fn an_object_in_two_arguments_is_one() {
    let list = |text: &str| {
        let args = args(text);
        let mut reader = args.reader().unwrap();
        let all = reader.rest().unwrap();
        assert_eq!(args.values().unwrap(), all);
        all
    };
    let both = list(r#"[{"$":"def","v":{"a":1}},[{"$":"ref","v":0}],"ref"]"#);
    let inner = both[1].as_array().unwrap()[0].clone();
    assert!(both[0].as_shared().unwrap().same(inner.as_shared().unwrap()));

    let mut graph = Graph::new();
    let node = graph.node();
    let shared = graph.finish(node);
    let sent = Args::from_serialize(&(7, &shared, [("k", &shared)])).unwrap();
    assert_eq!(sent.text, r#"[7,{"$":"def","v":{}},[["k",{"$":"ref","v":0}]]]"#);
}

#[test]
fn an_empty_buffer_in_two_arguments_is_one_and_two_are_two() {
    let text = ["0", "0", "1"].map(|n| format!(r#"{{"$":"arraybuffer","blob":{n}}}"#)).join(",");
    let args = Args::new(format!("[{text}]"), vec![Bytes::new(); 2]);
    let read = args.reader().unwrap().rest().unwrap();
    assert_eq!(Args::from_serialize(&read).unwrap(), args);
    let own = Args::from_serialize(&(Buffer::default(), Buffer::default())).unwrap();
    assert_eq!(own.blobs.len(), 2);
}

#[test]
fn a_type_gets_a_copy_of_what_is_shared_in_each_place() {
    type Twice = (BTreeMap<String, u8>, BTreeMap<String, u8>);
    let shared = r#"[[{"$":"def","v":{"a":1}},{"$":"ref","v":0}]]"#;
    let map = BTreeMap::from([("a".to_owned(), 1)]);
    assert_eq!(first::<Twice>(shared).unwrap(), (map.clone(), map));
    let wrong = r#"[[{"$":"def","v":{"a":1}},{"b":{"$":"ref","v":0}}]]"#;
    assert_eq!(
        message::<(BTreeMap<String, u8>, BTreeMap<String, u8>)>(wrong),
        "args[0][1].b: expected u8, found an object"
    );
}

#[test]
fn a_type_can_not_hold_a_cycle() {
    let cycle = r#"[{"$":"def","v":{"a":[{"$":"ref","v":0}]}}]"#;
    assert_eq!(
        message::<serde_json::Value>(cycle),
        "args[0].a[0]: an object that contains itself, which no type can hold: take a Value"
    );
    let value = first::<Value>(cycle).unwrap();
    let error = serde_json::to_string(&value).unwrap_err();
    assert!(error.to_string().contains("an object that contains itself"), "{error}");
}

#[test]
fn a_small_text_makes_no_large_copies() {
    // Each list has the one before twice: 2^40 copies of the innermost.
    let mut bomb = "[[]".to_owned();
    for level in 0..40 {
        let inner =
            if level == 0 { "1".into() } else { format!(r#"{{"$":"ref","v":{}}}"#, level - 1) };
        bomb += &format!(r#",{{"$":"def","v":[{inner},{inner}]}}"#);
    }
    let refused = |text: &str| {
        let error = first::<serde_json::Value>(text).unwrap_err().source;
        assert_eq!(error, DecodeError::TypedCopies { limit: Value::TYPED_COPIES });
        let value = first::<Value>(text).unwrap();
        assert!(serde_json::to_string(&value).unwrap_err().to_string().contains("too many"));
    };
    refused(&format!("[{bomb}]]"));
    refused(r#"[{"$":"array","length":4294967295,"entries":[]}]"#);
    let text = format!(r#"{{"$":"def","v":["{}"]}}"#, "x".repeat(1 << 20));
    refused(&format!("[[{text}{}]]", r#",{"$":"ref","v":0}"#.repeat(300)));
}

#[test]
fn what_serde_has_no_word_for_is_read_as_what_comes_nearest() {
    let map = r#"[{"$":"map","entries":[["a",1],["b",2]]}]"#;
    let expected = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!(first::<BTreeMap<String, u8>>(map).unwrap(), expected);
    let numbered = r#"[{"$":"map","entries":[[1.5,"x"],[2,"y"]]}]"#;
    assert_eq!(
        message::<BTreeMap<u8, String>>(numbered),
        "args[0][the number 1.5]: expected u8, found the number 1.5"
    );
    assert_eq!(first::<Vec<u8>>(r#"[{"$":"set","values":[3,1]}]"#).unwrap(), [3, 1]);
    assert_eq!(first::<f64>(r#"[{"$":"boxed","v":1.5}]"#).unwrap(), 1.5);
    assert_eq!(first::<i64>(r#"[{"$":"boxed","v":{"$":"bigint","v":"7"}}]"#).unwrap(), 7);
    assert_eq!(first::<String>(r#"[{"$":"boxed","v":"s"}]"#).unwrap(), "s");
    let sparse = r#"[{"$":"array","length":3,"entries":[["1",5],["name","x"]]}]"#;
    assert_eq!(first::<Vec<Option<u8>>>(sparse).unwrap(), [None, Some(5), None]);
    let named = first::<BTreeMap<String, serde_json::Value>>(sparse).unwrap();
    assert_eq!(named["name"], "x");
    let regexp = r#"[{"$":"regexp","source":"a+","flags":"g"}]"#;
    let parts = first::<BTreeMap<String, String>>(regexp).unwrap();
    assert_eq!((parts["source"].as_str(), parts["flags"].as_str()), ("a+", "g"));

    #[derive(Debug, PartialEq, Deserialize)]
    struct Failure {
        name: String,
        message: String,
        stack: Option<String>,
        cause: Option<u8>,
    }
    let error = r#"[{"$":"error","name":"RangeError","message":"far","cause":9}]"#;
    let expected =
        Failure { name: "RangeError".into(), message: "far".into(), stack: None, cause: Some(9) };
    assert_eq!(first::<Failure>(error).unwrap(), expected);
    for (text, found) in [
        (map, "a Map"),
        (r#"[{"$":"set","values":[]}]"#, "a Set"),
        (regexp, "a RegExp"),
        (error, "the error \"RangeError: far\""),
    ] {
        assert_eq!(message::<bool>(text), format!("args[0]: expected a boolean, found {found}"));
    }
}

#[test]
fn arguments_are_tuples_and_nothing_else() {
    assert_eq!(Args::from_serialize(&()).unwrap(), Args::none());
    assert_eq!(Args::from_serialize(&("a", 1)).unwrap().text, r#"["a",1]"#);
    assert_eq!(Args::from_serialize(&vec![1]).unwrap().text, "[1]");
    assert_eq!(Args::from_serialize("a"), Err(EncodeError::NotArguments));
    assert_eq!(Args::from_serialize(&Buffer::default()), Err(EncodeError::NotArguments));
}

#[test]
fn the_list_of_arguments_is_no_level_of_theirs() {
    let mut value = Value::Null;
    for _ in 0..1_000 {
        value = Value::from(vec![value]);
    }
    let args = Args::from_serialize(&(&value, 1)).unwrap();
    assert_eq!(args.values().unwrap(), [value.clone(), 1.0.into()]);
    assert_eq!(args.reader().unwrap().read::<Value>().unwrap(), value);
    let error = args.reader_with_depth(999).unwrap().read::<Value>().unwrap_err();
    assert!(matches!(error.source, DecodeError::Depth { depth: 1_000, limit: 999, .. }));
}

#[test]
fn types_are_nested_as_deep_as_the_stack_of_a_thread_bears_and_no_deeper() {
    let read = |depth: usize| {
        let text = format!("[{}{}]", "[".repeat(depth), "]".repeat(depth));
        let read =
            move || first::<serde_json::Value>(&text).map(drop).map_err(|error| error.source);
        std::thread::Builder::new().stack_size(2 << 20).spawn(read).unwrap().join().unwrap()
    };
    assert_eq!(read(250), Ok(()));
    assert_eq!(read(251), Err(DecodeError::TypedDepth { limit: 250 }));
    assert_eq!(read(1_000), Err(DecodeError::TypedDepth { limit: 250 }));
}

#[test]
fn lists_that_are_none_are_refused() {
    for text in ["", "1", "[", "{}", "[1", "[1]]", "[1][2]", "[1}"] {
        assert!(args(text).reader().is_err() || first::<u8>(text).is_err(), "{text}");
    }
    for text in ["[,]", "[1,,2]", "[1,]"] {
        let args = args(text);
        let mut reader = args.reader().unwrap();
        let all: Result<Vec<u8>, _> = (0..reader.len()).map(|_| reader.read()).collect();
        assert!(matches!(all.unwrap_err().source, DecodeError::Syntax { .. }), "{text}");
    }
}

#[test]
fn an_answer_reads_as_a_value_and_as_a_type() {
    let answer = Encoded::from_serialize(&(u64::MAX, "x")).unwrap();
    assert_eq!(answer.deserialize::<(u64, String)>().unwrap(), (u64::MAX, "x".into()));
    assert_eq!(answer.to_value().unwrap(), Value::from([u64::MAX.into(), "x".into()]));
    assert_eq!(Encoded::undefined().to_value().unwrap(), Value::Undefined);
    assert_eq!(Encoded::undefined().deserialize::<Option<u8>>().unwrap(), None);
}

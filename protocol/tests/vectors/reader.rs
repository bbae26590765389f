//! Reads the golden vectors in Rust, on any target: give [`failures`] the text of `vectors/values.json`.

use std::collections::HashMap;

use bytes::Bytes;
use exciton_protocol::{
    Boxed, Encoded, ErrorKind, ErrorValue, Graph, GraphNode, Map, Object, RegExp, Set, Sparse,
    Text, Value, View, ViewKind, read_value, write_value,
};
use serde_json::Value as Json;

/// What the vectors say and the code doesn't do, a line each, and the number of rows that were tried.
pub fn failures(vectors: &str) -> (usize, Vec<String>) {
    let vectors: Json = serde_json::from_str(vectors).unwrap();
    let values = rows(&vectors, "values").map(|row| (row, value_row(row)));
    let refusals = rows(&vectors, "refusals").map(|row| (row, refusal_row(row)));
    let results: Vec<_> = values.chain(refusals).collect();
    let failures = results.iter().filter_map(|(row, result)| {
        let trouble = result.as_ref().err()?;
        Some(format!("{}: {trouble}", text(row, "name")))
    });
    (results.len(), failures.collect())
}

fn value_row(row: &Json) -> Result<(), String> {
    let wire = wire(row);
    let expected = described(&row["value"], &wire.blobs);
    let read = read_value(&wire.text, &wire.blobs, Value::DEPTH).map_err(|e| e.to_string())?;
    same("read", &read, &expected)?;
    // Of an empty buffer, the place says nothing.
    let place = |blob: &Bytes| (!blob.is_empty()).then_some(blob.as_ptr());
    let buffers =
        |value| Ok::<_, String>(write(value)?.blobs.iter().map(place).collect::<Vec<_>>());
    same("shared buffers", &buffers(&read)?, &buffers(&expected)?)?;

    let written = write(&expected)?;
    let again =
        read_value(&written.text, &written.blobs, Value::DEPTH).map_err(|e| e.to_string())?;
    same("written and read", &again, &expected)?;
    let typed: Value = wire.deserialize().map_err(|e| e.to_string())?;
    same("read by serde", &typed, &expected)?;
    let serialized = Encoded::from_serialize(&expected).map_err(|e| e.to_string())?;
    same("written by serde", &serialized, &written)?;
    if row["reads"] == Json::Bool(true) {
        return Ok(());
    }
    same("written", &written, &wire)
}

fn refusal_row(row: &Json) -> Result<(), String> {
    let wire = wire(row);
    match read_value(&wire.text, &wire.blobs, Value::DEPTH) {
        Ok(value) => Err(format!("read as {value:?}")),
        Err(error) => same("refused", &error.kind(), &text(row, "error")),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, should: &T) -> Result<(), String> {
    let cut = |value: &T| format!("{value:?}").chars().take(300).collect::<String>();
    if is == should {
        Ok(())
    } else {
        Err(format!("{what} {}, should be {}", cut(is), cut(should)))
    }
}

fn write(value: &Value) -> Result<Encoded, String> {
    write_value(value, Value::DEPTH).map_err(|e| e.to_string())
}

fn wire(row: &Json) -> Encoded {
    let blobs = rows(row, "blobs").map(|blob| Bytes::from(hex(blob.as_str().unwrap())));
    Encoded { text: Bytes::copy_from_slice(text(row, "text").as_bytes()), blobs: blobs.collect() }
}

fn described(value: &Json, blobs: &[Bytes]) -> Value {
    let mut build = Build { blobs, graph: Graph::new(), nodes: HashMap::new() };
    let value = build.value(value);
    match build.nodes.values().next().copied() {
        Some(any) => {
            // Keeps the shared objects until those in a clone of the value keep them.
            let _kept = build.graph.finish(any);
            value.clone()
        }
        None => value,
    }
}

struct Build<'a> {
    blobs: &'a [Bytes],
    graph: Graph,
    nodes: HashMap<u64, GraphNode>,
}

impl Build<'_> {
    fn value(&mut self, value: &Json) -> Value {
        let number = |key| usize::try_from(value[key].as_u64().unwrap()).unwrap();
        match text(value, "is") {
            "undefined" => Value::Undefined,
            "null" => Value::Null,
            "bool" => Value::Bool(value["value"].as_bool().unwrap()),
            "number" => {
                Value::Number(f64::from_bits(u64::from_str_radix(text(value, "bits"), 16).unwrap()))
            }
            "bigint" => Value::BigInt(text(value, "digits").parse().unwrap()),
            "string" => Value::String(string(value)),
            "date" => Value::Date(value["ms"].as_f64().unwrap_or(f64::NAN)),
            "arraybuffer" => Value::ArrayBuffer(self.blobs[number("buffer")].clone()),
            "view" => {
                let kind = ViewKind::from_name(text(value, "type")).unwrap();
                let buffer = self.blobs[number("buffer")].clone();
                Value::View(View::new(kind, buffer, number("offset"), number("length")).unwrap())
            }
            "array" => rows(value, "items").map(|item| self.value(item)).collect::<Vec<_>>().into(),
            "object" => self.entries(value).into_iter().collect::<Object>().into(),
            "sparse" => {
                let mut array = Sparse::new(number("length") as u32);
                for (key, item) in self.entries(value) {
                    assert!(array.insert(key, item));
                }
                array.into()
            }
            "map" => {
                let pair = |pair: &Json| (self.value(&pair[0]), self.value(&pair[1]));
                rows(value, "entries").map(pair).collect::<Map>().into()
            }
            "set" => rows(value, "values").map(|item| self.value(item)).collect::<Set>().into(),
            "regexp" => RegExp::new(text(value, "source"), text(value, "flags")).unwrap().into(),
            "error" => {
                let kind = ErrorKind::from_name(text(value, "name")).unwrap();
                let words = |key: &str| value[key].as_str().map(Text::from);
                let cause = value.get("cause").map(|cause| self.value(cause).into());
                ErrorValue { kind, message: words("message"), stack: words("stack"), cause }.into()
            }
            "boxed" => Boxed::new(self.value(&value["value"])).unwrap().into(),
            "def" => {
                let node = self.graph.node();
                self.nodes.insert(value["id"].as_u64().unwrap(), node);
                let object = self.value(&value["value"]);
                self.graph.set(node, object).unwrap();
                self.graph.link(node)
            }
            "ref" => self.graph.link(self.nodes[&value["id"].as_u64().unwrap()]),
            "nested" => {
                let mut nested = self.value(&value["inner"]);
                for _ in 0..number("depth") {
                    nested = match value["key"].as_str() {
                        Some(key) => Object::from_iter([(key, nested)]).into(),
                        None => vec![nested].into(),
                    };
                }
                nested
            }
            other => panic!("the vectors describe a {other}"),
        }
    }

    fn entries(&mut self, value: &Json) -> Vec<(Text, Value)> {
        rows(value, "entries").map(|entry| (string(&entry[0]), self.value(&entry[1]))).collect()
    }
}

fn string(described: &Json) -> Text {
    match described["units"].as_str() {
        Some(units) => {
            let units: Vec<u16> =
                hex(units).chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            Text::from_utf16(&units)
        }
        None => text(described, "text").into(),
    }
}

fn rows<'a>(json: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    json[key].as_array().unwrap().iter()
}

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json[key].as_str().unwrap()
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

//! From values to the wire.

use std::collections::HashMap;

use bytes::Bytes;
use num_bigint::BigInt;
use serde::Serialize;
use serde::ser::Error as _;

use super::container::Open;
use crate::value::lazy::Source;
use crate::value::shared::{At, Stray};
use crate::value::{
    Boxed, EncodeError, Encoded, Shared, Text, Value, View, empty, foreign, time_clip,
};

/// Writes one value. Binary is not copied.
///
/// # Errors
/// [`EncodeError::Depth`] if it is nested deeper than `depth`, [`EncodeError::BigInt`] for a BigInt beyond
/// [`Value::BIGINT_DIGITS`].
pub fn write_value(value: &Value, depth: u32) -> Result<Encoded, EncodeError> {
    let mut writer = Writer::new(depth);
    writer.value(value)?;
    Ok(writer.finish())
}

/// Wire text in the making, and the binary that it names.
#[derive(Default)]
pub(in crate::value) struct Writer {
    text: Vec<u8>,
    blobs: Vec<Bytes>,
    /// Where the bytes of each blob lie in memory, to know a buffer when it comes again.
    known: HashMap<(usize, usize), usize>,
    /// The shared objects so far, each with its number: how many were met before it.
    met: HashMap<(usize, usize), (usize, Shared)>,
    /// How often a shared object was met.
    shares: usize,
    depth: u32,
    limit: u32,
    /// The error that [`Writer::value`] ended with.
    pub failed: Option<EncodeError>,
}

impl Writer {
    pub fn new(limit: u32) -> Self {
        Writer { limit, ..Writer::default() }
    }

    pub fn finish(self) -> Encoded {
        Encoded { text: self.text.into(), blobs: self.blobs }
    }

    /// Text written so far: well-formed UTF-8.
    pub fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Goes one level down, to what begins like this. The level is left by [`Writer::leave`].
    pub fn enter(&mut self, start: &str) -> Result<(), EncodeError> {
        self.depth += 1;
        if self.depth > self.limit {
            return Err(EncodeError::Depth { depth: self.depth, limit: self.limit });
        }
        self.raw(start);
        Ok(())
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Writes a value of any depth up to the limit.
    pub fn value(&mut self, value: &Value) -> Result<(), EncodeError> {
        let outer = self.depth;
        let (text, blobs, met) = (self.text.len(), self.blobs.len(), self.met.len());
        let result = match self.walk(value) {
            Err(Trouble::Stray) => {
                // From within an arena, that only a clone keeps. Nothing of this was written.
                self.depth = outer;
                self.text.truncate(text);
                self.blobs.truncate(blobs);
                self.known.retain(|_, blob| *blob < blobs);
                self.met.retain(|_, (number, _)| *number < met);
                self.walk(&value.clone())
            }
            result => result,
        };
        let result = result.map_err(|trouble| match trouble {
            Trouble::Encode(error) => error,
            Trouble::Stray => EncodeError::custom("a reference that nothing keeps"),
        });
        result.inspect_err(|error| {
            self.depth = outer;
            self.failed = Some(error.clone());
        })
    }

    fn walk(&mut self, root: &Value) -> Result<(), Trouble> {
        let mut open: Vec<Open<'_>> = Vec::new();
        let mut next = At::outside(root);
        loop {
            let shared = if let Value::Shared(shared) = next.value {
                next = next.resolved()?;
                if next.value.is_shareable() { self.meet(shared)? } else { Meeting::Alone }
            } else {
                Meeting::Alone
            };
            if let Meeting::Again = shared {
            } else if let Some(source) = next.value.source().filter(|source| self.fits(source)) {
                self.text.extend_from_slice(&source.text);
                self.raw(if let Meeting::First = shared { "}" } else { "" });
            } else if let Some(container) = self.open(next, matches!(shared, Meeting::First))? {
                open.push(container);
            } else {
                self.leaf(next.value)?;
                self.raw(if let Meeting::First = shared { "}" } else { "" });
            }
            next = loop {
                let Some(top) = open.last_mut() else { return Ok(()) };
                if let Some(value) = top.rest.next() {
                    let at = top.at.beside(value);
                    self.between(top)?;
                    break at;
                }
                self.close(top)?;
                open.pop();
            };
        }
    }

    /// Whether a text is not too deep where it would stand.
    fn fits(&self, source: &Source) -> bool {
        self.depth.saturating_add(source.depth) <= self.limit
    }

    /// Begins what is met for the first time, or writes all of what was met before.
    fn meet(&mut self, shared: &Shared) -> Result<Meeting, EncodeError> {
        self.shares += 1;
        if let Some((number, _)) = self.met.get(&shared.id()) {
            let number = *number;
            self.raw(r#"{"$":"ref","v":"#);
            self.json(&number)?;
            self.raw("}");
            return Ok(Meeting::Again);
        }
        // Kept, so that no other object can take its place in memory as long as its number is known.
        self.met.insert(shared.id(), (self.met.len(), shared.clone()));
        self.raw(r#"{"$":"def","v":"#);
        Ok(Meeting::First)
    }

    fn leaf(&mut self, value: &Value) -> Result<(), EncodeError> {
        match value {
            Value::Undefined => self.raw(r#"{"$":"undefined"}"#),
            Value::Null => self.raw("null"),
            Value::Bool(value) => self.raw(if *value { "true" } else { "false" }),
            Value::Number(number) => self.number(*number)?,
            Value::BigInt(number) => self.bigint(number)?,
            Value::String(text) => self.string(text)?,
            Value::Date(ms) => {
                self.raw(r#"{"$":"date","v":"#);
                match time_clip(*ms) {
                    ms if ms.is_nan() => self.raw("null"),
                    ms => self.json(&(ms as i64))?,
                }
                self.raw("}");
            }
            Value::ArrayBuffer(bytes) => self.array_buffer(bytes.clone())?,
            Value::View(view) => self.view(view)?,
            Value::RegExp(regexp) => {
                self.raw(r#"{"$":"regexp","source":"#);
                self.string(regexp.source())?;
                self.raw(r#","flags":"#);
                self.json(regexp.flags())?;
                self.raw("}");
            }
            Value::Boxed(boxed) => {
                self.raw(r#"{"$":"boxed","v":"#);
                match boxed {
                    Boxed::Number(number) => self.number(*number)?,
                    Boxed::String(text) => self.string(text)?,
                    Boxed::Bool(value) => self.json(value)?,
                    Boxed::BigInt(number) => self.bigint(number)?,
                }
                self.raw("}");
            }
            // All others were opened.
            _ => {}
        }
        Ok(())
    }

    /// Whether anything since `shares` is a shared object, whose place in the text is its number.
    pub fn has_shared(&self, shares: usize) -> bool {
        self.shares > shares
    }

    pub fn shares(&self) -> usize {
        self.shares
    }

    pub fn raw(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    /// Writes what serde_json writes well: strings, and finite numbers.
    pub fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        serde_json::to_writer(&mut self.text, value).map_err(EncodeError::custom)
    }

    pub fn number(&mut self, number: f64) -> Result<(), EncodeError> {
        // Whole numbers without ".0", so that the other end can take them for integers.
        if let Some(number) = foreign::whole(number) {
            return self.json(&number);
        }
        let name = match number {
            _ if number.is_nan() => "NaN",
            f64::INFINITY => "Infinity",
            f64::NEG_INFINITY => "-Infinity",
            0.0 => "-0",
            _ => return self.json(&number),
        };
        self.raw(r#"{"$":"number","v":""#);
        self.raw(name);
        self.raw(r#""}"#);
        Ok(())
    }

    /// An integer: as a number if doubles hold it, else as a BigInt.
    pub fn integer(&mut self, number: i128) -> Result<(), EncodeError> {
        if number.unsigned_abs() <= u128::from(Value::SAFE_INTEGER) {
            self.json(&number)
        } else {
            self.digits(&number.to_string())
        }
    }

    fn bigint(&mut self, number: &BigInt) -> Result<(), EncodeError> {
        // A digit takes more than three bits. What is past that is too long without counting.
        if number.bits() / 4 > Value::BIGINT_DIGITS as u64 {
            return Err(EncodeError::bigint());
        }
        self.digits(&number.to_string())
    }

    pub fn digits(&mut self, number: &str) -> Result<(), EncodeError> {
        if number.trim_start_matches('-').len() > Value::BIGINT_DIGITS {
            return Err(EncodeError::bigint());
        }
        self.raw(r#"{"$":"bigint","v":""#);
        self.raw(number);
        self.raw(r#""}"#);
        Ok(())
    }

    pub(super) fn string(&mut self, text: &Text) -> Result<(), EncodeError> {
        let Some(text) = text.as_str() else { return self.utf16(&text.to_utf16()) };
        self.json(text)
    }

    fn utf16(&mut self, units: &[u16]) -> Result<(), EncodeError> {
        self.raw("\"");
        for unit in char::decode_utf16(units.iter().copied()) {
            match unit {
                Ok(char) => {
                    // With its quotes, which then go.
                    let start = self.text.len();
                    self.json(char.encode_utf8(&mut [0; 4]))?;
                    self.text.remove(start);
                    self.text.pop();
                }
                Err(lone) => self.raw(&format!("\\u{:04x}", lone.unpaired_surrogate())),
            }
        }
        self.raw("\"");
        Ok(())
    }

    pub fn array_buffer(&mut self, bytes: Bytes) -> Result<(), EncodeError> {
        self.raw(r#"{"$":"arraybuffer","blob":"#);
        let blob = self.blob(bytes);
        self.json(&blob)?;
        self.raw("}");
        Ok(())
    }

    fn view(&mut self, view: &View) -> Result<(), EncodeError> {
        self.raw(r#"{"$":"view","type":""#);
        self.raw(view.kind().name());
        self.raw(r#"","blob":"#);
        let blob = self.blob(view.buffer().clone());
        self.json(&blob)?;
        self.raw(r#","offset":"#);
        self.json(&view.offset())?;
        self.raw(r#","length":"#);
        self.json(&view.length())?;
        self.raw("}");
        Ok(())
    }

    /// The index of a blob. One that came before keeps its index: it is one buffer.
    fn blob(&mut self, bytes: Bytes) -> usize {
        let next = self.blobs.len();
        // All other empty buffers look the same in memory, so they stay apart.
        if empty::has_place(&bytes) {
            let known = *self.known.entry((bytes.as_ptr() as usize, bytes.len())).or_insert(next);
            if known != next {
                return known;
            }
        }
        self.blobs.push(bytes);
        next
    }
}

/// Whether a shared object was written before.
enum Meeting {
    Alone,
    First,
    Again,
}

/// What ends a walk.
enum Trouble {
    Encode(EncodeError),
    Stray,
}

impl From<EncodeError> for Trouble {
    fn from(error: EncodeError) -> Self {
        Trouble::Encode(error)
    }
}

impl From<Stray> for Trouble {
    fn from(Stray: Stray) -> Self {
        Trouble::Stray
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::{Graph, Object};

    fn text(value: impl Into<Value>) -> String {
        let wire = write_value(&value.into(), Value::DEPTH).unwrap();
        String::from_utf8(wire.text.to_vec()).unwrap()
    }

    #[test]
    fn a_buffer_that_comes_twice_is_written_once() {
        let bytes = Bytes::from(vec![1, 2, 3, 4]);
        let view = View::new(crate::ViewKind::Uint16Array, bytes.clone(), 2, 1).unwrap();
        let twice = Value::from([Value::from(bytes.clone()), Value::from(view)]);
        let wire = write_value(&twice, Value::DEPTH).unwrap();
        assert_eq!(wire.blobs.len(), 1);
        assert_eq!(wire.blobs[0].as_ptr(), bytes.as_ptr());
    }

    #[test]
    fn empty_buffers_stay_apart() {
        let empties = Value::from([Value::from(Bytes::new()), Value::from(Bytes::new())]);
        assert_eq!(write_value(&empties, Value::DEPTH).unwrap().blobs.len(), 2);
    }

    #[test]
    fn lone_surrogates_are_escaped_and_their_neighbours_written_as_ever() {
        let units: Vec<u16> = "\"\u{1}é😀".encode_utf16().chain([0xdfff]).collect();
        assert_eq!(text(Text::from_utf16(&units)), "\"\\\"\\u0001é😀\\udfff\"");
    }

    #[test]
    fn depth_is_counted_in_values_and_refused_with_both_numbers() {
        let mut value = Value::from(Object::from_iter([("$", Value::from(vec![]))]));
        assert_eq!(write_value(&value, 2).unwrap().text, r#"{"$":"object","entries":[["$",[]]]}"#);
        value = Value::from(vec![value]);
        assert_eq!(write_value(&value, 2), Err(EncodeError::Depth { depth: 3, limit: 2 }));
        assert!(write_value(&value, 3).is_ok());
    }

    #[test]
    fn a_bigint_past_the_limit_is_refused() {
        let ten = BigInt::from(10);
        let longest: BigInt = ten.pow(Value::BIGINT_DIGITS as u32) - 1;
        assert!(write_value(&Value::BigInt(-longest.clone()), 0).is_ok());
        for number in [longest.clone() + 1, longest.pow(20)] {
            assert_eq!(write_value(&Value::BigInt(number), 0), Err(EncodeError::bigint()));
        }
    }

    #[test]
    fn what_is_shared_is_written_once_and_an_object_that_is_moved_by_javascript_as_a_list() {
        let mut graph = Graph::new();
        let (root, leaf) = (graph.node(), graph.node());
        let object = [("b", graph.link(leaf)), ("1", graph.link(leaf))];
        graph.set(leaf, super::super::super::Date(5.0)).unwrap();
        let places = vec![
            Object::from_iter([("b", 1.0), ("1", 2.0)]).into(),
            Object::from_iter(object).into(),
            graph.link(root),
        ];
        graph.set(root, places).unwrap();
        let date = r#"{"$":"def","v":{"$":"date","v":5}}"#;
        let entries = format!(r#"[["b",{date}],["1",{{"$":"ref","v":1}}]]"#);
        let expected = format!(
            r#"{{"$":"def","v":[{{"b":1,"1":2}},{{"$":"object","entries":{entries}}},{{"$":"ref","v":0}}]}}"#
        );
        assert_eq!(text(graph.finish(root)), expected);
    }

    #[test]
    fn what_is_within_a_shared_object_can_be_written_on_its_own() {
        let mut graph = Graph::new();
        let node = graph.node();
        let buffer = Value::from(Bytes::from_static(&[1]));
        graph.set(node, vec![buffer, graph.link(node)]).unwrap();
        let Value::Shared(shared) = graph.finish(node) else { panic!() };
        let items = shared.get();
        let wire = write_value(&items, 5).unwrap();
        let buffer = r#"{"$":"arraybuffer","blob":0}"#;
        assert_eq!(
            wire.text,
            format!(r#"[{buffer},{{"$":"def","v":[{buffer},{{"$":"ref","v":0}}]}}]"#)
        );
        assert_eq!(wire.blobs.len(), 1);
    }
}

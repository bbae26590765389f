//! From the wire to values: a JSON reader that keeps what serde_json doesn't, and needs no stack.

mod container;
mod string;
mod tag;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::value::shared::Arena;
use crate::value::{DecodeError, Object, Text, Value};
use container::{Open, Start};

/// Reads one value: all of `text`, and the blobs that it names. Binary is not copied.
///
/// # Errors
/// [`DecodeError`] says where the text breaks the wire format, or that it is nested deeper than `depth`.
pub fn read_value(
    text: impl AsRef<[u8]>,
    blobs: &[Bytes],
    depth: u32,
) -> Result<Value, DecodeError> {
    let mut reader = Reader {
        text: text.as_ref(),
        at: 0,
        blobs,
        empties: HashMap::new(),
        limit: depth,
        arena: Arc::default(),
        shared: Vec::new(),
    };
    let value = reader.value()?;
    reader.skip_space();
    if reader.at < reader.text.len() {
        return Err(reader.syntax("more text after the value"));
    }
    if reader.shared.is_empty() {
        return Ok(value);
    }
    reader.arena.finish(reader.shared);
    // The value itself is outside of the arena: its clone refers to what is in there, and keeps it.
    Ok(value.clone())
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    blobs: &'a [Bytes],
    /// What stands for the empty ones among them.
    empties: HashMap<usize, Bytes>,
    limit: u32,
    /// Where the objects that are met again will live, and those that were read.
    arena: Arc<Arena>,
    shared: Vec<Value>,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, DecodeError> {
        let mut open: Vec<Open> = Vec::new();
        let mut level = 0;
        loop {
            let mut done = match self.start(level)? {
                Start::Open(container) => {
                    level += u32::from(container.is_level());
                    open.push(container);
                    continue;
                }
                Start::Whole(value) => value,
            };
            // Puts the value into its container, and each container that this completes into its own.
            loop {
                let Some(container) = open.pop() else { return Ok(done) };
                let is_level = container.is_level();
                match self.add(container, done)? {
                    Start::Whole(complete) => {
                        level -= u32::from(is_level);
                        done = complete;
                    }
                    Start::Open(container) => {
                        open.push(container);
                        break;
                    }
                }
            }
        }
    }

    fn start(&mut self, outer: u32) -> Result<Start, DecodeError> {
        match self.peek() {
            Some(b'[') => {
                self.level(outer)?;
                self.at += 1;
                if self.took(b']') {
                    return Ok(Start::Whole(Value::from(vec![])));
                }
                Ok(Start::Open(Open::Array(Vec::new())))
            }
            Some(b'{') => self.object(outer),
            _ => self.plain().map(Start::Whole),
        }
    }

    /// A value without brackets.
    fn plain(&mut self) -> Result<Value, DecodeError> {
        match self.peek() {
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => Ok(Value::Number(self.number()?)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(_) => Err(self.syntax("no value starts like this")),
            None => Err(self.syntax("the text ends where a value should be")),
        }
    }

    /// An object's opening, or all of a tag.
    fn object(&mut self, outer: u32) -> Result<Start, DecodeError> {
        let start = self.at;
        self.at += 1;
        if self.took(b'}') {
            self.level(outer)?;
            return Ok(Start::Whole(Object::new().into()));
        }
        let key = self.key()?;
        if key != "$" {
            self.level(outer)?;
            return Ok(Start::Open(Open::Object(Object::new(), key)));
        }
        if self.peek() != Some(b'"') {
            return Err(self.tag(start, "", "a tag's name is text"));
        }
        let name = self.string()?.to_string();
        if let Some(start) = self.open_tag(start, &name, outer)? {
            return Ok(start);
        }
        if name == "boxed" {
            return self.boxed(start).map(Start::Whole);
        }
        let members = self.members(start, &name)?;
        self.tagged(start, &name, members).map(Start::Whole)
    }

    /// Text and the colon after it.
    fn key(&mut self) -> Result<Text, DecodeError> {
        if self.peek() != Some(b'"') {
            return Err(self.syntax("an object's key is text"));
        }
        let key = self.string()?;
        self.expect(b':', "a key is followed by :")?;
        Ok(key)
    }

    fn number(&mut self) -> Result<f64, DecodeError> {
        let start = self.at;
        self.at += usize::from(self.text.get(self.at) == Some(&b'-'));
        let leading_zero = self.text.get(self.at) == Some(&b'0');
        let whole = self.digits()?;
        if leading_zero && whole > 1 {
            return Err(self.syntax("a number with a leading zero"));
        }
        let mut integer = true;
        if self.text.get(self.at) == Some(&b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            integer = false;
            self.at += 1;
            self.at += usize::from(matches!(self.text.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        let token = self.utf8(start, self.at)?;
        if integer && whole <= 15 && token != "-0" {
            // Fifteen digits fit an i64, and a double exactly.
            return Ok(token.parse::<i64>().map_or(f64::NAN, |number| number as f64));
        }
        token.parse().map_err(|_| self.syntax("a bad number"))
    }

    /// One digit or more; how many.
    fn digits(&mut self) -> Result<usize, DecodeError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.syntax("a number without digits")) } else { Ok(count) }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, DecodeError> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(self.syntax("no value starts like this"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn level(&self, outer: u32) -> Result<(), DecodeError> {
        if outer >= self.limit {
            let depth = outer.saturating_add(1);
            return Err(DecodeError::Depth { offset: self.at, depth, limit: self.limit });
        }
        Ok(())
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.text.get(self.at).copied()
    }

    /// Takes a byte if it is the next after space.
    fn took(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), DecodeError> {
        if self.took(byte) { Ok(()) } else { Err(self.syntax(what)) }
    }

    fn syntax(&self, what: &'static str) -> DecodeError {
        DecodeError::Syntax { offset: self.at.min(self.text.len()), what }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, DecodeError> {
        read_value(text, &[], Value::DEPTH)
    }

    #[test]
    fn the_key_that_comes_twice_takes_the_last_value_as_json_parse_does() {
        let value = read(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(value, Object::from_iter([("a", 3.0), ("b", 2.0)]).into());
    }

    #[test]
    fn numbers_too_big_are_infinite_as_json_parse_has_them() {
        assert_eq!(read("1e999").unwrap(), Value::Number(f64::INFINITY));
        assert_eq!(read("-0").unwrap(), Value::Number(-0.0));
    }

    #[test]
    fn halves_of_characters_meet_only_in_order() {
        assert_eq!(read(r#""\ud83d\ude00""#).unwrap(), Value::from("😀"));
        let lone = Text::from_utf16(&[0x61, 0xde00, 0xd83d, 0x62]);
        assert_eq!(read(r#""a\ude00\ud83db""#).unwrap(), Value::from(lone));
        let mixed = Text::from_utf16(&[0xd800, 0xd83d, 0xde00]);
        assert_eq!(read(r#""\ud800\ud83d\ude00""#).unwrap(), Value::from(mixed));
    }

    #[test]
    fn text_must_be_utf8_and_the_error_says_where_it_is_not() {
        let error = read_value(b"[\"ab\xff\"]", &[], 1).unwrap_err();
        assert_eq!(error, DecodeError::Syntax { offset: 4, what: "text that isn't UTF-8" });
    }

    #[test]
    fn binary_is_a_slice_of_what_came_in() {
        let blob = Bytes::from(vec![1, 2, 3, 4]);
        let value =
            read_value(r#"{"$":"arraybuffer","blob":0}"#, std::slice::from_ref(&blob), 0).unwrap();
        assert_eq!(value.as_bytes().unwrap().as_ptr(), blob.as_ptr());
    }

    #[test]
    fn depth_is_refused_at_the_limit_plus_one_with_both_numbers() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read_value(nested(1_000), &[], 1_000).is_ok());
        assert_eq!(
            read_value(nested(1_001), &[], 1_000),
            Err(DecodeError::Depth { offset: 1_000, depth: 1_001, limit: 1_000 })
        );
        assert!(matches!(
            read_value("[".repeat(200_000), &[], u32::MAX),
            Err(DecodeError::Syntax { .. })
        ));
    }

    #[test]
    fn a_bigint_past_the_limit_is_refused_with_both_numbers() {
        let text = |digits: usize| format!(r#"{{"$":"bigint","v":"-{}"}}"#, "9".repeat(digits));
        assert!(read(&text(Value::BIGINT_DIGITS)).is_ok());
        assert_eq!(
            read(&text(Value::BIGINT_DIGITS + 1)),
            Err(DecodeError::BigInt { digits: 16_385, limit: 16_384 })
        );
    }
}

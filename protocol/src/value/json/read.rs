//! From the wire to values: a JSON reader that keeps what serde_json doesn't, and needs no stack.

mod string;

use bytes::Bytes;
use num_bigint::BigInt;

use crate::value::{DecodeError, Object, Text, Value, View, ViewKind, time_clip};

/// Reads one value: all of `text`, and the blobs that it names. Binary is not copied.
///
/// # Errors
/// [`DecodeError`] says where the text breaks the wire format, or that it is nested deeper than `depth`.
pub fn read_value(
    text: impl AsRef<[u8]>,
    blobs: &[Bytes],
    depth: u32,
) -> Result<Value, DecodeError> {
    let mut reader = Reader { text: text.as_ref(), at: 0, blobs, limit: depth };
    let value = reader.value()?;
    reader.skip_space();
    if reader.at < reader.text.len() {
        return Err(reader.syntax("more text after the value"));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    blobs: &'a [Bytes],
    limit: u32,
}

/// A container that isn't read to its end.
enum Open {
    Array(Vec<Value>),
    Object(Object, Text),
    /// An object with a key `$`, written as a list of entries.
    Escaped(Object, Text),
}

/// What stands at the start of a value: all of it, or a container's opening.
enum Start {
    Whole(Value),
    Open(Open),
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Value, DecodeError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let mut done = match self.start(open.len() as u32)? {
                Start::Open(container) => {
                    open.push(container);
                    continue;
                }
                Start::Whole(value) => value,
            };
            // Puts the value into its container, and each container that this completes into its own.
            loop {
                let Some(container) = open.pop() else { return Ok(done) };
                match self.add(container, done)? {
                    Start::Whole(complete) => done = complete,
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
            Some(b'"') => Ok(Start::Whole(Value::String(self.string()?))),
            Some(b'-' | b'0'..=b'9') => Ok(Start::Whole(Value::Number(self.number()?))),
            Some(b'[') => {
                self.level(outer)?;
                self.at += 1;
                if self.took(b']') {
                    return Ok(Start::Whole(Value::from(vec![])));
                }
                Ok(Start::Open(Open::Array(Vec::new())))
            }
            Some(b'{') => self.object(outer),
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(_) => Err(self.syntax("no value starts like this")),
            None => Err(self.syntax("the text ends where a value should be")),
        }
    }

    fn add(&mut self, container: Open, value: Value) -> Result<Start, DecodeError> {
        match container {
            Open::Array(mut items) => {
                items.push(value);
                if self.took(b',') {
                    return Ok(Start::Open(Open::Array(items)));
                }
                self.expect(b']', "an array goes on with , or ends with ]")?;
                Ok(Start::Whole(items.into()))
            }
            Open::Object(mut object, key) => {
                object.insert(key, value);
                if self.took(b',') {
                    let start = self.at;
                    let key = self.key()?;
                    if key == "$" {
                        return Err(self.tag(start, "", "the key $ comes first in a tag"));
                    }
                    return Ok(Start::Open(Open::Object(object, key)));
                }
                self.expect(b'}', "an object goes on with , or ends with }")?;
                Ok(Start::Whole(object.into()))
            }
            Open::Escaped(mut object, key) => {
                let start = self.at;
                object.insert(key, value);
                if !self.took(b']') {
                    return Err(self.tag(start, "object", "an entry has a key and a value"));
                }
                if self.took(b',') {
                    let key = self.entry()?;
                    return Ok(Start::Open(Open::Escaped(object, key)));
                }
                self.end_escaped(object)
            }
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
        if name == "object" {
            self.level(outer)?;
            return self.escaped(start);
        }
        let members = self.members(start, &name)?;
        self.tagged(start, &name, members).map(Start::Whole)
    }

    /// An object with a key `$`, up to its first value.
    fn escaped(&mut self, start: usize) -> Result<Start, DecodeError> {
        let no_entries = "it has entries and nothing else";
        if !self.took(b',') {
            return Err(self.tag(start, "object", no_entries));
        }
        if self.key()? != "entries" || !self.took(b'[') {
            return Err(self.tag(start, "object", no_entries));
        }
        if self.took(b']') {
            return self.end_escaped(Object::new());
        }
        let key = self.entry()?;
        Ok(Start::Open(Open::Escaped(Object::new(), key)))
    }

    fn end_escaped(&mut self, object: Object) -> Result<Start, DecodeError> {
        let start = self.at;
        // The list's own bracket is already taken if the list is empty.
        if !object.is_empty() && !self.took(b']') || !self.took(b'}') {
            return Err(self.tag(start, "object", "it has entries and nothing else"));
        }
        Ok(Start::Whole(object.into()))
    }

    /// An entry's opening and key, up to its value.
    fn entry(&mut self) -> Result<Text, DecodeError> {
        let start = self.at;
        if !self.took(b'[') || self.peek() != Some(b'"') {
            return Err(self.tag(start, "object", "an entry is a list that starts with text"));
        }
        let key = self.string()?;
        if !self.took(b',') {
            return Err(self.tag(start, "object", "an entry has a key and a value"));
        }
        Ok(key)
    }

    /// The members of a tag after its name: text, numbers or null, to the closing brace.
    fn members(&mut self, start: usize, tag: &str) -> Result<Vec<(Text, Value)>, DecodeError> {
        let mut members: Vec<(Text, Value)> = Vec::new();
        while self.took(b',') {
            let key = self.key()?;
            let member = match self.peek() {
                Some(b'"') => Value::String(self.string()?),
                Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
                Some(b'n') => match self.word("null", Value::Null)? {
                    Start::Whole(value) => value,
                    Start::Open(_) => Value::Null,
                },
                _ => return Err(self.tag(start, tag, "its members are text, numbers or null")),
            };
            if members.iter().any(|(known, _)| *known == key) || members.len() == TAG_MEMBERS {
                return Err(self.tag(start, tag, "it has members that it should not have"));
            }
            members.push((key, member));
        }
        self.expect(b'}', "an object goes on with , or ends with }")?;
        Ok(members)
    }

    fn tagged(
        &self,
        start: usize,
        name: &str,
        members: Vec<(Text, Value)>,
    ) -> Result<Value, DecodeError> {
        let bad = |what| self.tag(start, name, what);
        let find = |key: &str| members.iter().find(|(known, _)| *known == key).map(|(_, v)| v);
        let text = |key| find(key).and_then(Value::as_str);
        let count = match name {
            "undefined" => 0,
            "number" | "bigint" | "date" | "arraybuffer" => 1,
            "view" => 4,
            _ => return Err(bad("there is no such tag")),
        };
        if members.len() != count {
            return Err(bad("it has not the members that it should have"));
        }
        match name {
            "undefined" => Ok(Value::Undefined),
            "number" => match text("v") {
                Some("NaN") => Ok(Value::Number(f64::NAN)),
                Some("Infinity") => Ok(Value::Number(f64::INFINITY)),
                Some("-Infinity") => Ok(Value::Number(f64::NEG_INFINITY)),
                Some("-0") => Ok(Value::Number(-0.0)),
                _ => Err(bad("v is NaN, Infinity, -Infinity or -0")),
            },
            "bigint" => {
                let digits = text("v").ok_or_else(|| bad("v is a whole number as text"))?;
                bigint(digits)?.ok_or_else(|| bad("v is a whole number as text")).map(Value::BigInt)
            }
            "date" => match find("v") {
                Some(Value::Null) => Ok(Value::Date(f64::NAN)),
                Some(Value::Number(ms)) => Ok(Value::Date(time_clip(*ms))),
                _ => Err(bad("v is milliseconds or null")),
            },
            "arraybuffer" => {
                let blob = find("blob").and_then(natural).ok_or_else(|| bad("blob is an index"))?;
                Ok(Value::ArrayBuffer(self.blob(blob)?))
            }
            _ => {
                let kind = text("type").and_then(ViewKind::from_name);
                let kind = kind.ok_or_else(|| bad("there is no such type of view"))?;
                let number = |key| {
                    let number = find(key).and_then(natural);
                    number.ok_or_else(|| bad("blob, offset and length are whole numbers"))
                };
                let (blob, offset, length) =
                    (number("blob")?, number("offset")?, number("length")?);
                Ok(Value::View(View::new(kind, self.blob(blob)?, offset, length)?))
            }
        }
    }

    fn blob(&self, index: usize) -> Result<Bytes, DecodeError> {
        let missing = DecodeError::Blob { index: index as u64, count: self.blobs.len() };
        self.blobs.get(index).cloned().ok_or(missing)
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

    fn word(&mut self, word: &str, value: Value) -> Result<Start, DecodeError> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(self.syntax("no value starts like this"));
        }
        self.at += word.len();
        Ok(Start::Whole(value))
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

    fn tag(&self, offset: usize, tag: &str, what: &'static str) -> DecodeError {
        let tag = tag.chars().take(TAG_CHARS).collect();
        DecodeError::Tag { offset, tag, what }
    }
}

/// An index or a length. What an address of this machine can't hold is greater than anything that is there.
fn natural(value: &Value) -> Option<usize> {
    let number = value.as_f64()?;
    // -0 is no index. Up to 2^53 - 1 a double is exact.
    let whole = number as u64;
    let exact = whole <= Value::SAFE_INTEGER && (whole as f64).to_bits() == number.to_bits();
    exact.then(|| usize::try_from(whole).unwrap_or(usize::MAX))
}

/// A BigInt from its digits as JavaScript's `toString` writes them, `None` if they are none.
fn bigint(text: &str) -> Result<Option<BigInt>, DecodeError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = match digits.as_bytes() {
        [b'0'] => text == "0",
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !canonical {
        return Ok(None);
    }
    if digits.len() > Value::BIGINT_DIGITS {
        return Err(DecodeError::BigInt { digits: digits.len(), limit: Value::BIGINT_DIGITS });
    }
    Ok(text.parse().ok())
}

/// The most members that a tag has beside its name.
const TAG_MEMBERS: usize = 4;

/// Of a bad tag's name, what an error shows.
const TAG_CHARS: usize = 64;

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

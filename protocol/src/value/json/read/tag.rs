//! Tags that hold no other values: their members, and what they stand for.

use bytes::Bytes;
use num_bigint::BigInt;

use super::Reader;
use crate::value::{
    Boxed, DecodeError, RegExp, Shared, Text, Value, View, ViewKind, empty, time_clip,
};

/// A tag's members after its name.
type Members = Vec<(Text, Value)>;

impl Reader<'_> {
    /// The members of a tag after its name: text, numbers, booleans or null, to the closing brace.
    pub(super) fn members(&mut self, start: usize, tag: &str) -> Result<Members, DecodeError> {
        let mut members = Members::new();
        while self.took(b',') {
            let key = self.key()?;
            let member = match self.peek() {
                Some(b'"' | b'-' | b'0'..=b'9' | b'n' | b't' | b'f') => self.plain()?,
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

    pub(super) fn tagged(
        &mut self,
        start: usize,
        name: &str,
        members: Members,
    ) -> Result<Value, DecodeError> {
        let bad = |what| self.tag(start, name, what);
        let find = |key: &str| members.iter().find(|(known, _)| *known == key).map(|(_, v)| v);
        let text = |key| find(key).and_then(Value::as_str);
        let count = match name {
            "undefined" => 0,
            "number" | "bigint" | "date" | "arraybuffer" | "ref" => 1,
            "regexp" => 2,
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
            "regexp" => match (find("source"), text("flags")) {
                (Some(Value::String(source)), Some(flags)) => RegExp::new(source.clone(), flags)
                    .map(Value::RegExp)
                    .ok_or_else(|| bad("there are no such flags")),
                _ => Err(bad("source and flags are text")),
            },
            "ref" => {
                let number = find("v").and_then(natural).filter(|v| *v < self.shared.len());
                let number = number.ok_or_else(|| bad("v is the number of what began before"))?;
                Ok(Value::Shared(Shared::inside(&self.arena, number)))
            }
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

    /// A primitive in an object, after the tag's name.
    pub(super) fn boxed(&mut self, start: usize) -> Result<Value, DecodeError> {
        let bad = "v is a number, text, a boolean or a BigInt";
        if !self.took(b',') || self.key()? != "v" {
            return Err(self.tag(start, "boxed", bad));
        }
        let primitive = match self.peek() {
            Some(b'{') => {
                let inner = self.at;
                self.at += 1;
                if self.key()? != "$" || self.peek() != Some(b'"') {
                    return Err(self.tag(start, "boxed", bad));
                }
                let name = self.string()?.to_string();
                let members = self.members(inner, &name)?;
                self.tagged(inner, &name, members)?
            }
            Some(b'[') => return Err(self.tag(start, "boxed", bad)),
            _ => self.plain()?,
        };
        if !self.took(b'}') {
            return Err(self.tag(start, "boxed", bad));
        }
        let boxed = Boxed::new(primitive).ok_or_else(|| self.tag(start, "boxed", bad))?;
        Ok(boxed.into())
    }

    fn blob(&mut self, index: usize) -> Result<Bytes, DecodeError> {
        let missing = DecodeError::Blob { index: index as u64, count: self.blobs.len() };
        let blob = self.blobs.get(index).ok_or(missing)?;
        if blob.is_empty() {
            return Ok(self.empties.entry(index).or_insert_with(empty::unique).clone());
        }
        Ok(blob.clone())
    }

    pub(super) fn tag(&self, offset: usize, tag: &str, what: &'static str) -> DecodeError {
        let tag = tag.chars().take(TAG_CHARS).collect();
        DecodeError::Tag { offset, tag, what }
    }
}

/// A whole number that a double holds exactly.
pub(super) fn whole(value: &Value) -> Option<u64> {
    let number = value.as_f64()?;
    // -0 is no index. Up to 2^53 - 1 a double is exact.
    let whole = number as u64;
    let exact = whole <= Value::SAFE_INTEGER && (whole as f64).to_bits() == number.to_bits();
    exact.then_some(whole)
}

/// An index or a length. What an address of this machine can't hold is greater than anything that is there.
fn natural(value: &Value) -> Option<usize> {
    whole(value).map(|whole| usize::try_from(whole).unwrap_or(usize::MAX))
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

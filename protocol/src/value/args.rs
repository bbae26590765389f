//! Arguments and answers on the wire, and reading them into serde types.

use std::fmt;
use std::mem;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::de::Missing;
use super::lazy::{Lazy, Whole};
use super::scan::scan;
use super::ser::Serializer;
use super::survey::{Elements, Known, Split};
use super::{DecodeError, EncodeError, Value, from_value, read_value, write_value};

/// The arguments of one call: a JSON array, and the binary that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// UTF-8 text of a JSON array.
    pub text: Bytes,
    /// The binary that the text names by index.
    pub blobs: Vec<Bytes>,
    pub(super) known: Known,
}

/// One value on the wire: the answer to an `invoke` or a `sendSync`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// UTF-8 text of one JSON value.
    pub text: Bytes,
    /// The binary that the text names by index.
    pub blobs: Vec<Bytes>,
}

impl Args {
    /// Arguments of a text, which is read and checked when somebody wants them.
    pub fn new(text: impl Into<Bytes>, blobs: Vec<Bytes>) -> Self {
        Self { text: text.into(), blobs, known: Known::default() }
    }

    /// Arguments of a text that a JSON reader has taken as one value.
    pub(crate) fn read(text: Bytes, blobs: Vec<Bytes>) -> Self {
        let known = Known::good(&text);
        Self { text, blobs, known }
    }

    /// No arguments.
    pub fn none() -> Self {
        Self::new(Bytes::from_static(b"[]"), Vec::new())
    }

    /// Arguments from a tuple, an array or a slice; `()` is none.
    ///
    /// # Errors
    /// [`EncodeError::NotArguments`] for a type that doesn't serialize as a sequence, and what else keeps a value
    /// from being sent.
    pub fn from_serialize<T: Serialize + ?Sized>(arguments: &T) -> Result<Self, EncodeError> {
        // The list itself is no level of the arguments in it.
        let mut serializer = Serializer::new(Value::DEPTH + 1);
        arguments.serialize(&mut serializer)?;
        let Encoded { text, blobs } = serializer.finish();
        match text.first() {
            Some(b'[') => Ok(Args::new(text, blobs)),
            _ if text == "null" => Ok(Args::none()),
            _ => Err(EncodeError::NotArguments),
        }
    }

    /// All arguments as values.
    ///
    /// # Errors
    /// [`DecodeError`] if the text breaks the wire format or an argument is nested too deep.
    pub fn values(&self) -> Result<Vec<Value>, DecodeError> {
        match read_value(&self.text, &self.blobs, Value::DEPTH + 1)? {
            Value::Array(values) => Ok(values.into_vec()),
            _ => Err(NO_LIST),
        }
    }

    /// Starts to read the arguments one by one, nested up to [`Value::DEPTH`].
    ///
    /// # Errors
    /// [`DecodeError`] if the text isn't a list.
    pub fn reader(&self) -> Result<ArgReader<'_>, DecodeError> {
        self.reader_with_depth(Value::DEPTH)
    }

    /// As [`Args::reader`], with another limit on nesting.
    ///
    /// # Errors
    /// [`DecodeError`] if the text isn't a list.
    pub fn reader_with_depth(&self, depth: u32) -> Result<ArgReader<'_>, DecodeError> {
        let elements = match self.known.elements(&self.text) {
            Some(known) => known.clone(),
            None => elements(&self.text)?,
        };
        let refer = elements.iter().any(|(_, found)| found.refers && !found.plain);
        // One empty buffer is told from another only by what reads both.
        let together = if refer || self.blobs.iter().any(Bytes::is_empty) {
            match read_value(&self.text, &self.blobs, depth.saturating_add(1))? {
                Value::Array(values) => Some(values.into_vec()),
                _ => return Err(NO_LIST),
            }
        } else {
            None
        };
        Ok(ArgReader { args: self, elements, together, position: 0, depth })
    }
}

impl Encoded {
    /// The value `undefined`.
    pub fn undefined() -> Self {
        Encoded { text: Bytes::from_static(br#"{"$":"undefined"}"#), blobs: Vec::new() }
    }

    /// A value of any serde type.
    ///
    /// # Errors
    /// [`EncodeError`] says what keeps it from being sent.
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, EncodeError> {
        let mut serializer = Serializer::new(Value::DEPTH);
        value.serialize(&mut serializer)?;
        Ok(serializer.finish())
    }

    /// A value. Binary is not copied.
    ///
    /// # Errors
    /// [`EncodeError`] says what keeps it from being sent.
    pub fn from_value(value: &Value) -> Result<Self, EncodeError> {
        write_value(value, Value::DEPTH)
    }

    /// The value with full fidelity.
    ///
    /// # Errors
    /// [`DecodeError`] if the text breaks the wire format.
    pub fn to_value(&self) -> Result<Value, DecodeError> {
        read_value(&self.text, &self.blobs, Value::DEPTH)
    }

    /// The value as a serde type.
    ///
    /// # Errors
    /// [`DecodeError`] if the text breaks the wire format, or says what was expected and what was found.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        let found = scan(&self.text, |_, _| {})?;
        typed(&Whole { text: &self.text, found, is_good: false }, &self.blobs, Value::DEPTH)
    }
}

/// Reads arguments one after the other, each as the type that its listener wants.
#[derive(Clone, Debug)]
pub struct ArgReader<'a> {
    args: &'a Args,
    elements: Elements,
    /// The arguments if they can only be read together, because one may refer to what is in another.
    together: Option<Vec<Value>>,
    position: usize,
    depth: u32,
}

impl ArgReader<'_> {
    /// The next argument. One that isn't there is `None` for an `Option` and `undefined` for a [`Value`].
    ///
    /// # Errors
    /// [`ArgError`] if it is of another type, isn't there, or breaks the wire format.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<T, ArgError> {
        let position = self.position;
        self.position += 1;
        let together = self.together.as_mut().and_then(|values| values.get_mut(position));
        let argument = match (together, self.elements.get(position)) {
            (_, None) => T::deserialize(Missing),
            (Some(value), _) => from_value(mem::take(value)),
            (None, Some((range, found))) => {
                let text = self.args.text.slice(range.clone());
                let is_good = self.args.known.is_good(&self.args.text);
                typed(&Whole { text: &text, found: *found, is_good }, &self.args.blobs, self.depth)
                    .map_err(|error| error.after(range.start))
            }
        };
        argument.map_err(|source| ArgError { position, source })
    }

    /// All arguments that were not read yet, as values.
    ///
    /// # Errors
    /// [`ArgError`] if one breaks the wire format.
    pub fn rest(&mut self) -> Result<Vec<Value>, ArgError> {
        let rest = self.position..self.elements.len();
        rest.map(|_| self.read()).collect()
    }

    /// Arguments in all.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there are no arguments at all.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}

/// An argument that couldn't be read as its listener wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgError {
    /// Which argument, from 0.
    pub position: usize,
    /// What is wrong with it.
    pub source: DecodeError,
}

impl fmt::Display for ArgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ArgError { position, source } = self;
        match source {
            // A path goes on where this one ends: args[0].user.name
            DecodeError::Mismatch(mismatch) if !mismatch.path.is_empty() => {
                write!(f, "args[{position}]{source}")
            }
            DecodeError::Custom { path, .. } | DecodeError::Cycle { path } if !path.is_empty() => {
                write!(f, "args[{position}]{source}")
            }
            _ => write!(f, "args[{position}]: {source}"),
        }
    }
}

impl std::error::Error for ArgError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Where the elements of a JSON array are, and what was found in each.
fn elements(text: &[u8]) -> Result<Elements, DecodeError> {
    let list = text.trim_ascii();
    let offset = text.len() - text.trim_ascii_start().len();
    let [b'[', .., b']'] = list else { return Err(NO_LIST) };
    let mut split = Split::all();
    scan(list, |at, found| split.mark(at, list[at], found))?;
    let end = split.end();
    let what = "more text after the list";
    let mut elements =
        split.finish(list).ok_or(DecodeError::Syntax { offset: offset + end, what })?;
    for (range, _) in &mut elements {
        *range = offset + range.start..offset + range.end;
    }
    Ok(elements)
}

/// Reads one value as a serde type: plain JSON by serde_json, which is fastest; all else, and whatever serde_json
/// refuses, by way of a [`Value`], whose errors say more.
fn typed<T: DeserializeOwned>(
    whole: &Whole<'_>,
    blobs: &[Bytes],
    depth: u32,
) -> Result<T, DecodeError> {
    let Whole { text, found, .. } = *whole;
    let is_plain = found.is_plain() && found.depth <= depth;
    if is_plain
        && text.len() >= Lazy::<()>::LEAST
        && let Ok(value) = T::deserialize(*whole)
    {
        return Ok(value);
    }
    if is_plain && let Ok(value) = serde_json::from_slice(text) {
        return Ok(value);
    }
    from_value(read_value(text, blobs, depth)?)
}

/// The error of arguments that are no list.
const NO_LIST: DecodeError = DecodeError::Syntax { offset: 0, what: "arguments are a list" };

#[cfg(test)]
mod tests;

//! Values with others in them: their openings, and what comes after each value in them.

use super::Reader;
use super::tag::whole;
use crate::value::{
    DecodeError, ErrorKind, ErrorValue, Map, Object, Set, Shared, Sparse, Text, Value,
};

/// A container that isn't read to its end.
pub(super) enum Open {
    Array(Vec<Value>),
    Object(Object, Text),
    /// An object or array written as a list of entries.
    Entries(Listed, Text),
    Map(Map, MapPlace),
    Set(Set),
    /// Before its cause.
    Error(ErrorValue),
    /// Around an object that is met again, with its number.
    Def(usize),
}

/// What a list of entries makes.
pub(super) enum Listed {
    Object(Object),
    Array(Sparse),
}

/// Where in an entry of a Map the next value stands.
pub(super) enum MapPlace {
    Key,
    Value(Value),
}

/// What stands at the start of a value: all of it, or a container's opening.
pub(super) enum Start {
    Whole(Value),
    Open(Open),
}

impl Open {
    /// Whether it is a level of nesting.
    pub fn is_level(&self) -> bool {
        !matches!(self, Open::Def(_))
    }
}

impl Listed {
    fn name(&self) -> &'static str {
        match self {
            Listed::Object(_) => "object",
            Listed::Array(_) => "array",
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Listed::Object(object) => object.is_empty(),
            Listed::Array(array) => array.entries.is_empty(),
        }
    }
}

impl Reader<'_> {
    pub(super) fn add(&mut self, container: Open, value: Value) -> Result<Start, DecodeError> {
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
            Open::Entries(listed, key) => self.add_entry(listed, key, value),
            Open::Map(map, place) => self.add_to_map(map, place, value),
            Open::Set(mut set) => {
                let start = self.at;
                if !set.insert(value) {
                    return Err(self.tag(start, "set", "a value that comes twice"));
                }
                if self.took(b',') {
                    return Ok(Start::Open(Open::Set(set)));
                }
                self.end_list(start, "set", false)?;
                Ok(Start::Whole(set.into()))
            }
            Open::Error(mut error) => {
                let start = self.at;
                error.cause = Some(value.into());
                if !self.took(b'}') {
                    return Err(self.tag(start, "error", ERROR_MEMBERS));
                }
                Ok(Start::Whole(error.into()))
            }
            Open::Def(number) => {
                let start = self.at;
                if !value.is_shareable() || !self.took(b'}') {
                    return Err(self.tag(
                        start,
                        "def",
                        "v is an object, and nothing else is there",
                    ));
                }
                self.shared[number] = value;
                Ok(Start::Whole(Value::Shared(Shared::inside(&self.arena, number))))
            }
        }
    }

    /// A tag with others in it, up to the first of them; `None` if the name is that of no such tag.
    pub(super) fn open_tag(
        &mut self,
        start: usize,
        name: &str,
        level: u32,
    ) -> Result<Option<Start>, DecodeError> {
        if !matches!(name, "object" | "array" | "map" | "set" | "error" | "def") {
            return Ok(None);
        }
        if name == "def" {
            self.member(start, name, "v")?;
            self.shared.push(Value::Undefined);
            return Ok(Some(Start::Open(Open::Def(self.shared.len() - 1))));
        }
        self.level(level)?;
        match name {
            "object" => self.listed(start, Listed::Object(Object::new())),
            "array" => {
                self.member(start, name, "length")?;
                let number = self.plain()?;
                let length = whole(&number).and_then(|length| u32::try_from(length).ok());
                let bad = || self.tag(start, name, "length is a whole number below 2^32");
                let length = length.ok_or_else(bad)?;
                self.listed(start, Listed::Array(Sparse::new(length)))
            }
            "map" => {
                self.list(start, name, "entries")?;
                if self.took(b']') {
                    self.end_list(start, name, true)?;
                    return Ok(Some(Start::Whole(Map::new().into())));
                }
                self.entry(start, name)?;
                Ok(Start::Open(Open::Map(Map::new(), MapPlace::Key)))
            }
            "set" => {
                self.list(start, name, "values")?;
                if self.took(b']') {
                    self.end_list(start, name, true)?;
                    return Ok(Some(Start::Whole(Set::new().into())));
                }
                Ok(Start::Open(Open::Set(Set::new())))
            }
            _ => self.error(start),
        }
        .map(Some)
    }

    /// The key of a tag's next member.
    fn member(&mut self, start: usize, tag: &str, key: &str) -> Result<(), DecodeError> {
        if self.took(b',') && self.key()? == key {
            return Ok(());
        }
        Err(self.tag(start, tag, "it has not the members that it should have"))
    }

    /// The key and the opening of a list.
    fn list(&mut self, start: usize, tag: &str, key: &str) -> Result<(), DecodeError> {
        self.member(start, tag, key)?;
        if self.took(b'[') {
            return Ok(());
        }
        Err(self.tag(start, tag, "it has a list and nothing else"))
    }

    /// The end of a list, unless it is already taken, and of the tag.
    fn end_list(&mut self, start: usize, tag: &str, taken: bool) -> Result<(), DecodeError> {
        if (taken || self.took(b']')) && self.took(b'}') {
            return Ok(());
        }
        Err(self.tag(start, tag, "it has a list and nothing else"))
    }

    /// A list of entries, up to its first value.
    fn listed(&mut self, start: usize, listed: Listed) -> Result<Start, DecodeError> {
        self.list(start, listed.name(), "entries")?;
        if self.took(b']') {
            return self.end_entries(listed);
        }
        let key = self.named_entry(listed.name())?;
        Ok(Start::Open(Open::Entries(listed, key)))
    }

    fn add_entry(
        &mut self,
        mut listed: Listed,
        key: Text,
        value: Value,
    ) -> Result<Start, DecodeError> {
        let start = self.at;
        let fits = match &mut listed {
            Listed::Object(object) => {
                object.insert(key, value);
                true
            }
            Listed::Array(array) => array.insert(key, value),
        };
        if !fits {
            return Err(self.tag(start, "array", "an index past the length"));
        }
        if !self.took(b']') {
            return Err(self.tag(start, listed.name(), "an entry has a key and a value"));
        }
        if self.took(b',') {
            let key = self.named_entry(listed.name())?;
            return Ok(Start::Open(Open::Entries(listed, key)));
        }
        self.end_entries(listed)
    }

    fn end_entries(&mut self, listed: Listed) -> Result<Start, DecodeError> {
        // The list's own bracket is already taken if the list is empty.
        self.end_list(self.at, listed.name(), listed.is_empty())?;
        Ok(Start::Whole(match listed {
            Listed::Object(object) => object.into(),
            Listed::Array(array) => array.into(),
        }))
    }

    /// An entry's opening.
    fn entry(&mut self, start: usize, tag: &str) -> Result<(), DecodeError> {
        if self.took(b'[') {
            return Ok(());
        }
        Err(self.tag(start, tag, "an entry is a list"))
    }

    /// An entry's opening and key, up to its value.
    fn named_entry(&mut self, tag: &'static str) -> Result<Text, DecodeError> {
        let start = self.at;
        self.entry(start, tag)?;
        if self.peek() != Some(b'"') {
            return Err(self.tag(start, tag, "an entry is a list that starts with text"));
        }
        let key = self.string()?;
        if !self.took(b',') {
            return Err(self.tag(start, tag, "an entry has a key and a value"));
        }
        Ok(key)
    }

    fn add_to_map(
        &mut self,
        mut map: Map,
        place: MapPlace,
        value: Value,
    ) -> Result<Start, DecodeError> {
        let start = self.at;
        let MapPlace::Value(key) = place else {
            if !self.took(b',') {
                return Err(self.tag(start, "map", "an entry has a key and a value"));
            }
            return Ok(Start::Open(Open::Map(map, MapPlace::Value(value))));
        };
        if map.insert(key, value).is_some() {
            return Err(self.tag(start, "map", "a key that comes twice"));
        }
        if !self.took(b']') {
            return Err(self.tag(start, "map", "an entry has a key and a value"));
        }
        if self.took(b',') {
            self.entry(start, "map")?;
            return Ok(Start::Open(Open::Map(map, MapPlace::Key)));
        }
        self.end_list(start, "map", false)?;
        Ok(Start::Whole(map.into()))
    }

    /// An error, up to its cause.
    fn error(&mut self, start: usize) -> Result<Start, DecodeError> {
        self.member(start, "error", "name")?;
        let name = self.plain()?;
        let kind = name.as_str().and_then(ErrorKind::from_name);
        let no_kind = || self.tag(start, "error", "there is no such kind of error");
        let mut error = ErrorValue { kind: kind.ok_or_else(no_kind)?, ..ErrorValue::default() };
        while self.took(b',') {
            let key = self.key()?;
            if key == "cause" {
                return Ok(Start::Open(Open::Error(error)));
            }
            let before = error.stack.is_some() || key == "message" && error.message.is_some();
            let text = if self.peek() == Some(b'"') { Some(self.string()?) } else { None };
            match (key.as_str(), text) {
                (Some("message"), Some(text)) if !before => error.message = Some(text),
                (Some("stack"), Some(text)) if !before => error.stack = Some(text),
                _ => return Err(self.tag(start, "error", ERROR_MEMBERS)),
            }
        }
        if !self.took(b'}') {
            return Err(self.tag(start, "error", ERROR_MEMBERS));
        }
        Ok(Start::Whole(error.into()))
    }
}

const ERROR_MEMBERS: &str = "it has a name, then if at all a message, a stack and a cause";

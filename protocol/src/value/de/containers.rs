//! Arrays, objects and variants, element by element.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Around, Node, key::Key};
use crate::value::{DecodeError, Map, Object, Text, Value, error};

/// Shows a visitor an array of elements that stand in `around`.
pub(super) fn sequence<'de, V: Visitor<'de>>(
    items: impl ExactSizeIterator<Item = Value>,
    around: Around,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let len = items.len();
    let mut items = Items { items, index: 0, around };
    let value = visitor.visit_seq(&mut items)?;
    // A tuple must not ignore what is left over, just as in serde_json.
    match items.items.len() {
        0 => Ok(value),
        left => Err(DecodeError::mismatch(
            format!("{} elements", len - left),
            format!("{len} elements"),
        )),
    }
}

struct Items<I> {
    items: I,
    index: usize,
    around: Around,
}

impl<'de, I: ExactSizeIterator<Item = Value>> SeqAccess<'de> for &mut Items<I> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        let item = seed
            .deserialize(Node { value: item, around: self.around.clone() })
            .map_err(|error| error.within(format_args!("[{index}]")))?;
        Ok(Some(item))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// Shows a visitor an object of values that stand in `around`.
pub(super) fn entries<'de, V: Visitor<'de>>(
    object: Object,
    around: Around,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    visitor.visit_map(Entries { entries: object.into_iter(), pending: None, around })
}

struct Entries {
    entries: indexmap::map::IntoIter<Text, Value>,
    pending: Option<(Text, Value)>,
    around: Around,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.pending = Some((key.clone(), value));
        seed.deserialize(Key(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        let (key, value) = self.pending.take().unwrap_or_default();
        let value = Node { value, around: self.around.clone() };
        seed.deserialize(value).map_err(|error| error.within(step(&key)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// Shows a visitor a Map: text as an object's keys are shown, and all other keys as what they are.
pub(super) fn pairs<'de, V: Visitor<'de>>(
    map: Map,
    around: Around,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    visitor.visit_map(Pairs { pairs: map.into_iter(), pending: None, around })
}

struct Pairs {
    pairs: std::vec::IntoIter<(Value, Value)>,
    /// How the key is called in an error, and its value.
    pending: Option<(String, Value)>,
    around: Around,
}

impl<'de> MapAccess<'de> for Pairs {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.pairs.next() else { return Ok(None) };
        match key {
            Value::String(key) => {
                self.pending = Some((step(&key), value));
                seed.deserialize(Key(key)).map(Some)
            }
            key => {
                let step = format!("[{}]", key.describe());
                self.pending = Some((step.clone(), value));
                let key = Node { value: key, around: self.around.clone() };
                seed.deserialize(key).map(Some).map_err(|error| error.within(step))
            }
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        let (step, value) = self.pending.take().unwrap_or_default();
        let value = Node { value, around: self.around.clone() };
        seed.deserialize(value).map_err(|error| error.within(step))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len())
    }
}

/// Shows a visitor a variant: its name, and what goes with it.
pub(super) fn variant<'de, V: Visitor<'de>>(
    name: Text,
    content: Option<Node>,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let step = if content.is_some() { step(&name) } else { String::new() };
    visitor.visit_enum(Variant { name, content }).map_err(|error| error.within(step))
}

struct Variant {
    name: Text,
    content: Option<Node>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = DecodeError;
    type Variant = Content;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Content), DecodeError> {
        Ok((seed.deserialize(Key(self.name))?, Content(self.content)))
    }
}

/// What goes with a variant's name.
struct Content(Option<Node>);

impl<'de> VariantAccess<'de> for Content {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        match self.0.map(|content| content.value) {
            None | Some(Value::Null | Value::Undefined) => Ok(()),
            Some(other) => Err(DecodeError::mismatch("null", other.describe())),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.0.ok_or_else(only_name)?)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.ok_or_else(only_name)?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.ok_or_else(only_name)?.deserialize_map(visitor)
    }
}

fn only_name() -> DecodeError {
    DecodeError::mismatch("the variant's content in an object", "its name alone")
}

/// One step of a path, as JavaScript writes it.
fn step(key: &Text) -> String {
    let text = key.to_string_lossy();
    let word = |char: char| char.is_alphanumeric() || char == '_' || char == '$';
    if !text.is_empty() && text.chars().all(word) && !text.starts_with(char::is_numeric) {
        format!(".{text}")
    } else {
        format!("[{}]", error::quote(&text))
    }
}

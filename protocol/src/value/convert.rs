//! Between values and serde types, without the wire.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DecodeError, EncodeError, Encoded, Value};

/// Turns any serde type into a value.
///
/// # Errors
/// [`EncodeError`] as for sending it.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, EncodeError> {
    let wire = Encoded::from_serialize(value)?;
    // Our own text can always be read.
    wire.to_value().map_err(|error| EncodeError::Custom(error.to_string()))
}

/// Turns a value into a serde type.
///
/// # Errors
/// [`DecodeError`] says what was expected and what was found.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, DecodeError> {
    T::deserialize(value)
}

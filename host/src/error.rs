//! The errors of the main process: one for handlers and applications, and one per operation.
//!
//! [`Error`] takes any other error by `?` and is what a handler rejects with. The operations themselves return their own
//! types, which implement [`std::error::Error`], so that `?` works with `anyhow` and friends too.

mod info;
mod operation;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use exciton_protocol::{Value, to_value};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

pub(crate) use info::{ErrorInfo, panic_message};
pub use operation::{HandleError, ReturnValueError, SendError};

/// `std::result::Result` with [`Error`] in the error place.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whatever went wrong in a handler or in the application.
///
/// Any error that implements [`std::error::Error`], an `anyhow::Error`, a `String` and a `&str` become one by `?` or
/// `into()`. Returned from a handler it rejects the page's `invoke`: the page sees
/// `Error invoking remote method 'x': Error: <message>`, exactly as in Electron, and who asks for more finds `code`
/// and `data` on the rejection.
///
/// For the sake of that conversion it doesn't implement [`std::error::Error`] itself, as `anyhow::Error` doesn't.
///
/// ```
/// fn read(path: &str) -> exciton::Result<String> {
///     if path.is_empty() {
///         return Err(exciton::Error::new("a path is needed").with_name("TypeError").with_code("NO_PATH"));
///     }
///     Ok(std::fs::read_to_string(path)?)
/// }
/// assert_eq!(read("").unwrap_err().code(), Some("NO_PATH"));
/// ```
pub struct Error(Box<Inner>);

/// Invariant: `message` is the text of `source`, if there is one.
struct Inner {
    name: Cow<'static, str>,
    message: String,
    code: Option<Cow<'static, str>>,
    data: Option<Value>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error with this message and JavaScript's plain name `Error`.
    pub fn new(message: impl Into<String>) -> Self {
        Self::build(message.into(), None)
    }

    fn build(message: String, source: Option<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(Inner {
            name: Cow::Borrowed("Error"),
            message,
            code: None,
            data: None,
            source,
        }))
    }

    /// Gives it a name, such as `TypeError`: the word before the colon in the page's text.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.0.name = name.into();
        self
    }

    /// Gives it a code for programs to compare, such as `ENOENT`.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Gives it data for the page. Data that can't be cloned are left out, with a warning in the log.
    #[must_use]
    pub fn with_data(mut self, data: impl Serialize) -> Self {
        match to_value(&data) {
            Ok(data) => self.0.data = Some(data),
            Err(error) => tracing::warn!(%error, "the data of an error can't be cloned"),
        }
        self
    }

    /// The name, `Error` unless set.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The code, if one was given.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The data, if some were given.
    pub fn data(&self) -> Option<&Value> {
        self.0.data.as_ref()
    }

    /// The error that this one was made from.
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// The error that this one was made from, if it is an `E`.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.source.as_deref().and_then(|source| source.downcast_ref())
    }
}

impl<E> From<E> for Error
where
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    fn from(error: E) -> Self {
        let source = error.into();
        Self::build(source.to_string(), Some(source))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// The text that a `main` which returns it prints: the message, then one line per cause.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source() {
            Some(source) => write!(f, "{}", Causes(source)),
            None => f.write_str(&self.0.message),
        }
    }
}

/// An error's message, then one line per cause.
pub(crate) struct Causes<'a>(pub &'a (dyn StdError + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// As the object that a page would see: `name`, `message`, and `code` and `data` where they are given.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        // The page gets the message alone; the causes are for the log.
        if self.source().is_some_and(|source| source.source().is_some()) {
            tracing::warn!("an error for a page: {self:?}");
        }
        let len = 2 + usize::from(self.0.code.is_some()) + usize::from(self.0.data.is_some());
        let mut object = serializer.serialize_struct("Error", len)?;
        object.serialize_field("name", &self.0.name)?;
        object.serialize_field("message", &self.0.message)?;
        if let Some(code) = &self.0.code {
            object.serialize_field("code", code)?;
        }
        if let Some(data) = &self.0.data {
            object.serialize_field("data", data)?;
        }
        object.end()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn io() -> std::io::Error {
        std::io::Error::new(std::io::ErrorKind::NotFound, "no such file")
    }

    #[test]
    fn takes_std_errors_texts_and_anyhow_by_the_question_mark() {
        fn all(which: u8) -> Result<()> {
            match which {
                0 => Err(io())?,
                1 => Err("text")?,
                2 => Err(String::from("string"))?,
                3 => Err(anyhow::Error::from(io()).context("outer"))?,
                _ => Err(Error::new("own"))?,
            }
            Ok(())
        }
        let messages: Vec<_> = (0..5).map(|which| all(which).unwrap_err().to_string()).collect();
        assert_eq!(messages, ["no such file", "text", "string", "outer", "own"]);
        assert_eq!(
            all(0).unwrap_err().downcast_ref::<std::io::Error>().unwrap().kind(),
            std::io::ErrorKind::NotFound
        );
    }

    #[test]
    fn its_debug_form_lists_the_causes_once() {
        let error = Error::from(anyhow::Error::from(io()).context("outer"));
        assert_eq!(format!("{error:?}"), "outer\n  caused by: no such file");
    }

    #[test]
    fn errors_are_small() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert!(size_of::<SendError>() <= 32);
        assert!(size_of::<HandleError>() <= 32);
        assert!(size_of::<ReturnValueError>() <= 32);
    }
}

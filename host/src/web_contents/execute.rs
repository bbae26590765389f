//! Scripts of the main process in a page.

use std::fmt;

use exciton_protocol::{DecodeError, Object, Value, from_value};
use serde::de::DeserializeOwned;

use super::WebContents;
use crate::error::SendError;

impl WebContents {
    /// Runs JavaScript in the page and waits for what it comes to: Electron's
    /// [`executeJavaScript`](https://www.electronjs.org/docs/latest/api/web-contents#contentsexecutejavascriptcode-usergesture).
    ///
    /// The value is that of the last expression; a promise is awaited. It travels by structured clone and is read as `T`:
    /// a type of yours, or [`Value`](crate::Value) for anything. A script that is sent before the page has come, or while
    /// it is parsed, runs when it is. The code runs by an indirect `eval`: in the page's global scope, where `var` and
    /// `function` make globals, as in Electron, and `let`, `const` and `class` stay the script's own, unlike in
    /// Electron. So a page with a Content-Security-Policy has to allow `'unsafe-eval'` in `script-src`.
    ///
    /// ```no_run
    /// # async fn sample(page: exciton::WebContents) -> Result<(), exciton::ExecuteError> {
    /// let links: Vec<String> = page.execute_javascript("[...document.links].map((link) => link.href)").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ExecuteError`] says whether the script threw, the page went away, or the value is no `T`.
    pub async fn execute_javascript<T: DeserializeOwned>(
        &self,
        code: &str,
    ) -> Result<T, ExecuteError> {
        let result = self.renderer.execute(code)?;
        match result.await {
            Ok(Ok(value)) => Ok(from_value(value)?),
            Ok(Err(error)) => Err(ExecuteError::Threw(ScriptError::from_value(error))),
            Err(_) => Err(ExecuteError::Gone),
        }
    }
}

/// Why a script has no result.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError {
    /// It was not sent.
    #[error(transparent)]
    NotSent(#[from] SendError),
    /// The document went away before the script was done: by a navigation, a reload, a crash, or its window's end. It may
    /// have run.
    #[error("the page went away before the script was done")]
    Gone,
    /// The script threw, its promise was rejected, or its value can't be cloned.
    #[error("{0}")]
    Threw(ScriptError),
    /// The value is of another type than the one that was asked for.
    #[error("the script's value can't be read: {0}")]
    WrongType(#[from] DecodeError),
}

/// What a script threw.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ScriptError {
    /// JavaScript's name of the error, such as `TypeError`. Empty if no error was thrown, but something else.
    pub name: String,
    /// The message; of something else than an error its text.
    pub message: String,
    /// Where it was thrown, as the browser writes it.
    pub stack: Option<String>,
}

impl ScriptError {
    /// From the page's `{name, message, stack}`.
    fn from_value(value: Value) -> Self {
        let Value::Object(error) = value else {
            return Self { name: String::new(), message: format!("{value:?}"), stack: None };
        };
        let text = |key: &str| text(&error, key);
        Self {
            name: text("name").unwrap_or_default(),
            message: text("message").unwrap_or_default(),
            stack: text("stack"),
        }
    }
}

fn text(object: &Object, key: &str) -> Option<String> {
    match object.get(key) {
        Some(Value::String(text)) => Some(text.to_string_lossy().into_owned()),
        _ => None,
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => f.write_str(&self.message),
            name => write!(f, "{name}: {}", self.message),
        }
    }
}

impl std::error::Error for ScriptError {}

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
    /// The value is that of an expression, or of the last expression after others' `;`; a promise is awaited. It travels by
    /// structured clone and is read as `T`: a type of yours, or [`Value`](crate::Value) for anything. A script that is sent
    /// before the page has come, or while it is parsed, runs when it is.
    ///
    /// The code runs in the page's global scope, as a script of its own that the page's
    /// [`ContentSecurityPolicy`](crate::ContentSecurityPolicy) lets run by its nonce: so what it declares stays, as in
    /// Electron. Unlike in Electron, a script that ends in another statement than an expression is worth `undefined`, and one
    /// that puts no `;` or `}` before its last expression too. Where there is no nonce, because the policy is another's text or
    /// none, or another server serves the page, an indirect `eval` runs it, with Electron's values; a policy of the page's own,
    /// in a `<meta>`, has to allow `'unsafe-eval'` in `script-src`.
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
        let text = |key: &str| text(&error, key).unwrap_or_default();
        let (name, mut message) = (text("name"), text("message"));
        if name == "EvalError" {
            message.push_str(HINT);
        }
        Self { name, message, stack: self::text(&error, "stack") }
    }
}

const HINT: &str = "; a page with a Content-Security-Policy of its own has to allow 'unsafe-eval' in script-src for executeJavaScript";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_stopped_by_a_policy_is_told_what_to_allow() {
        let thrown = |name: &str| {
            let object = [("name", Value::from(name)), ("message", Value::from("no"))];
            ScriptError::from_value(Value::Object(object.into_iter().collect()))
        };
        assert!(
            thrown("EvalError")
                .message
                .ends_with("'unsafe-eval' in script-src for executeJavaScript")
        );
        assert_eq!(thrown("TypeError").message, "no");
    }
}

//! Lines that arrive from elsewhere, and waiting for the one that matters.

use crate::error::{Error, Result};
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;
use tokio::sync::watch;

/// How many lines an error shows.
const SHOWN: usize = 40;

/// A growing list of lines, such as a program's output or a page's console. Clones share the list.
#[derive(Clone, Debug)]
pub struct Lines {
    what: String,
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// An empty list; `what` names its source in errors.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Lines { what: what.into(), state: watch::Sender::new(State::default()) }
    }

    /// Reads `from` to its end on a thread of its own, so that its writer never blocks, whatever the
    /// test is doing.
    pub(crate) fn read(what: impl Into<String>, from: impl Read + Send + 'static) -> Self {
        let lines = Lines::new(what);
        let writer = lines.clone();
        std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                writer.push(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
                line.clear();
            }
            writer.end();
        });
        lines
    }

    pub(crate) fn push(&self, line: impl Into<String>) {
        self.state.send_modify(|state| state.lines.push(line.into()));
    }

    pub(crate) fn extend(&self, lines: impl IntoIterator<Item = String>) {
        self.state.send_modify(|state| state.lines.extend(lines));
    }

    pub(crate) fn end(&self) {
        self.state.send_modify(|state| state.ended = true);
    }

    /// All lines so far.
    pub fn all(&self) -> Vec<String> {
        self.state.borrow().lines.clone()
    }

    /// How many lines there are so far, for use with [`Lines::wait_from`].
    pub fn len(&self) -> usize {
        self.state.borrow().lines.len()
    }

    /// Whether there is no line yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until `found` makes something of all lines so far.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `limit`, [`Error::Ended`] when no line can come any more; both show
    /// the last lines.
    pub async fn wait<T>(
        &self,
        awaited: &str,
        limit: Duration,
        found: impl Fn(&[String]) -> Option<T>,
    ) -> Result<T> {
        self.wait_from(0, awaited, limit, found).await
    }

    /// As [`Lines::wait`], and looks only at the lines from `from` on.
    ///
    /// # Errors
    /// As [`Lines::wait`].
    pub async fn wait_from<T>(
        &self,
        from: usize,
        awaited: &str,
        limit: Duration,
        found: impl Fn(&[String]) -> Option<T>,
    ) -> Result<T> {
        let mut changes = self.state.subscribe();
        let mut result = None;
        let looked = tokio::time::timeout(
            limit,
            changes.wait_for(|state| {
                result = found(state.lines.get(from..).unwrap_or_default());
                result.is_some() || state.ended
            }),
        )
        .await
        .is_ok();
        match result {
            Some(result) => Ok(result),
            None if looked => Err(Error::Ended {
                program: self.what.clone(),
                awaited: awaited.to_owned(),
                printed: self.tail(),
            }),
            None => Err(Error::Timeout {
                awaited: format!("{}: {awaited}", self.what),
                limit,
                seen: self.tail(),
            }),
        }
    }

    /// Waits until no line can come any more, at most for `limit`.
    pub(crate) async fn wait_end(&self, limit: Duration) {
        let mut changes = self.state.subscribe();
        // Whether it ended or not, what is there by then is all that is wanted.
        let _ = tokio::time::timeout(limit, changes.wait_for(|state| state.ended)).await;
    }

    /// The last lines, for an error.
    pub(crate) fn tail(&self) -> String {
        let state = self.state.borrow();
        let skipped = state.lines.len().saturating_sub(SHOWN);
        state.lines[skipped..].iter().fold(String::new(), |text, line| text + "  " + line + "\n")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_that_comes_later_is_found() {
        let lines = Lines::read("text", "one\r\ntwo\nthree".as_bytes());
        let third = lines.wait("a third", Duration::from_secs(5), |all| all.get(2).cloned()).await;
        assert_eq!(third.unwrap(), "three");
        assert_eq!(lines.all(), ["one", "two", "three"]);
    }

    #[tokio::test]
    async fn the_end_is_told_apart_from_the_time_limit() {
        let ended = Lines::read("text", "only".as_bytes());
        let error = ended.wait("more", Duration::from_secs(5), |all| all.get(1).cloned()).await;
        assert!(matches!(error, Err(Error::Ended { printed, .. }) if printed.contains("only")));
        let open = Lines::new("silence");
        let error = open.wait("more", Duration::from_millis(1), |all| all.first().cloned()).await;
        assert!(matches!(error, Err(Error::Timeout { .. })));
    }
}

//! Lines that arrive from elsewhere, and waiting for the one that matters.

mod output;

use crate::error::{Error, Result};
use output::Output;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How many lines an error shows.
const SHOWN: usize = 40;

/// A growing list of lines, such as a program's output or a page's console. Clones share the list.
#[derive(Clone, Debug)]
pub struct Lines {
    what: String,
    output: Option<Arc<Output>>,
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
        Lines { what: what.into(), output: None, state: watch::Sender::new(State::default()) }
    }

    /// Reads a pipe to its end on a thread of its own, so that its writer never blocks, whatever the
    /// test is doing.
    pub(crate) fn read(what: impl Into<String>, from: impl Into<OwnedFd>) -> Self {
        let output = Arc::new(Output::new(from.into()));
        let lines = Lines { output: Some(output.clone()), ..Lines::new(what) };
        let reader = lines.clone();
        std::thread::spawn(move || {
            while output.wait() {
                reader.catch_up();
            }
            output.take(true, |rest| reader.extend(rest));
            reader.end();
        });
        lines
    }

    /// Takes what is in the pipe already, should the reading thread not have had its turn.
    fn catch_up(&self) {
        if let Some(output) = &self.output {
            output.take(false, |lines| self.extend(lines));
        }
    }

    pub(crate) fn extend(&self, lines: impl IntoIterator<Item = String>) {
        self.state.send_modify(|state| state.lines.extend(lines));
    }

    pub(crate) fn end(&self) {
        self.state.send_modify(|state| state.ended = true);
    }

    /// All lines so far: of a program, all that it has printed by now.
    pub fn all(&self) -> Vec<String> {
        self.catch_up();
        self.state.borrow().lines.clone()
    }

    /// How many lines there are so far, for use with [`Lines::wait_from`].
    pub fn len(&self) -> usize {
        self.catch_up();
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
    use std::io::Write;

    /// A pipe that somebody has written into, and its other end.
    fn printed(text: &str) -> (std::io::PipeReader, std::io::PipeWriter) {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        (reader, writer)
    }

    #[tokio::test]
    async fn a_line_that_comes_later_is_found() {
        let (reader, mut writer) = printed("one\r\ntwo\nth");
        let lines = Lines::read("text", reader);
        let second = lines.wait("a second", Duration::from_secs(5), |all| all.get(1).cloned());
        assert_eq!(second.await.unwrap(), "two");
        writer.write_all(b"ree").unwrap();
        drop(writer);
        let third = lines.wait("a third", Duration::from_secs(5), |all| all.get(2).cloned()).await;
        assert_eq!(third.unwrap(), "three");
        assert_eq!(lines.all(), ["one", "two", "three"]);
    }

    #[test]
    fn what_has_been_printed_is_there_whoever_reads_it() {
        let (reader, mut writer) = printed("");
        let lines = Lines::read("text", reader);
        for count in 1..=5_000 {
            writer.write_all(b"line\n").unwrap();
            assert_eq!(lines.len(), count);
        }
        writer.write_all(b"last\nbegun").unwrap();
        assert_eq!(lines.all().last().unwrap(), "last");
    }

    #[tokio::test]
    async fn the_end_is_told_apart_from_the_time_limit() {
        let (reader, writer) = printed("only");
        let ended = Lines::read("text", reader);
        drop(writer);
        let error = ended.wait("more", Duration::from_secs(5), |all| all.get(1).cloned()).await;
        assert!(matches!(error, Err(Error::Ended { printed, .. }) if printed.contains("only")));
        let open = Lines::new("silence");
        let error = open.wait("more", Duration::from_millis(1), |all| all.first().cloned()).await;
        assert!(matches!(error, Err(Error::Timeout { .. })));
    }
}

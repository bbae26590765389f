//! A host: the native main process under test.

mod command;

pub use self::command::HostCommand;
use crate::error::{Error, Result};
use crate::guardian::Directory;
use crate::lines::Lines;
use crate::process::Process;
use rustix::process::Signal;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

/// How often to look whether a host has ended.
const INTERVAL: Duration = Duration::from_millis(10);

/// A running host. Dropping it kills it and all that it started.
#[derive(Debug)]
pub struct HostProcess {
    command: HostCommand,
    process: Process,
    url: String,
    address: SocketAddr,
    directory: Arc<Directory>,
}

impl HostProcess {
    /// The URL that the host printed.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL that the host printed, at another origin, such as that of a proxy before it.
    pub fn url_at(&self, origin: &str) -> String {
        let path = self.url.splitn(4, '/').nth(3).unwrap_or_default();
        format!("{}/{path}", origin.trim_end_matches('/'))
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its origin, as it printed it.
    pub fn origin(&self) -> String {
        self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
    }

    /// What it has printed to stdout since it was (re)started.
    pub fn stdout(&self) -> &Lines {
        self.process.stdout()
    }

    /// What it has printed to stderr since it was (re)started.
    pub fn stderr(&self) -> &Lines {
        self.process.stderr()
    }

    /// Waits for a line of stdout that begins with `prefix`, and returns it.
    ///
    /// # Errors
    /// When it doesn't come within `limit`, or can't come any more.
    pub async fn wait_line(&self, prefix: &str, limit: Duration) -> Result<String> {
        let awaited = format!("a line {prefix:?}");
        let found = |lines: &[String]| lines.iter().find(|line| line.starts_with(prefix)).cloned();
        self.stdout().wait(&awaited, limit, found).await
    }

    /// `kill -9`: it can't say goodbye to anybody.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM: asks it to end.
    pub fn terminate(&mut self) {
        self.process.signal(Signal::TERM);
    }

    /// SIGINT, as Ctrl-C sends it.
    pub fn interrupt(&mut self) {
        self.process.signal(Signal::INT);
    }

    /// Waits until it has ended and says how.
    ///
    /// # Errors
    /// When it hasn't within `limit`.
    pub async fn wait_exit(&mut self, limit: Duration) -> Result<ExitStatus> {
        let ended = async {
            let mut tick = tokio::time::interval(INTERVAL);
            loop {
                tick.tick().await;
                if let Some(status) = self.process.status() {
                    return status;
                }
            }
        };
        tokio::time::timeout(limit, ended).await.map_err(|_| Error::Timeout {
            awaited: "the host's end".to_owned(),
            limit,
            seen: self.process.printed(),
        })
    }

    /// Kills it if it still runs, and starts another one in its place: same program, arguments, home and
    /// port, and a new URL to enter by.
    ///
    /// # Errors
    /// As [`HostCommand::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.kill();
        let directory = Arc::clone(&self.directory);
        let (process, url) = self.command.start_in(directory, self.address.port()).await?;
        self.address = address(&url)?;
        self.process = process;
        self.url = url;
        Ok(())
    }
}

/// The address in `http://<address>/…`, or `https`.
fn address(url: &str) -> Result<SocketAddr> {
    url.strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
        .and_then(|rest| rest.split('/').next())
        .and_then(|authority| authority.replace("localhost:", "127.0.0.1:").parse().ok())
        .ok_or_else(|| Error::HostUrl(url.to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    // A host is any program that prints where it listens; these print, and say their port on the way.
    fn shell(script: &str) -> HostCommand {
        HostCommand::new("/bin/sh").args(["-c", script]).port_variable("PORT")
    }

    #[tokio::test]
    async fn the_printed_url_is_found_among_other_lines_and_moves_to_a_proxy() {
        let script = "echo starting; echo Listening on http://127.0.0.1:81/enter/x; exec sleep 99";
        let host = shell(script).start().await.unwrap();
        assert_eq!(host.url(), "http://127.0.0.1:81/enter/x");
        assert_eq!(host.origin(), "http://127.0.0.1:81");
        assert_eq!(host.url_at("http://127.0.0.1:82"), "http://127.0.0.1:82/enter/x");
    }

    #[tokio::test]
    async fn a_host_that_ends_early_shows_why() {
        let error = shell("echo no such page >&2; exit 1").start().await.unwrap_err().to_string();
        assert!(error.contains("no such page"), "{error}");
    }

    #[tokio::test]
    async fn a_restarted_host_has_its_port_and_its_home_again() {
        let script = "[ $PORT = 0 ] && PORT=4321; echo Listening on http://localhost:$PORT/; \
            cat $HOME/kept; echo kept >$HOME/kept; echo ready; exec sleep 99";
        let limit = Duration::from_secs(10);
        let mut host = shell(script).start().await.unwrap();
        host.wait_line("ready", limit).await.unwrap();
        host.restart().await.unwrap();
        host.wait_line("kept", limit).await.unwrap();
        assert_eq!(host.address().port(), 4321);
        host.terminate();
        let status = host.wait_exit(limit).await.unwrap();
        assert!(!status.success());
    }
}

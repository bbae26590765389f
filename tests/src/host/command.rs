//! How to start a host.

use super::{HostProcess, address};
use crate::error::{Error, Result};
use crate::guardian::Directory;
use crate::process::Process;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// How long a host may take to print its URL.
const START: Duration = Duration::from_secs(60);

/// Where the pages of the tests are.
const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages");

/// What a host prints before its URL when it is ready.
const LISTENING: &str = "Listening on ";

/// How a host is told its port.
#[derive(Clone, Debug)]
enum PortBy {
    Argument(OsString),
    Variable(OsString),
}

/// How to start a host. It is told to take a free port, by `--port 0` unless set otherwise.
#[derive(Clone, Debug)]
pub struct HostCommand {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    port_by: PortBy,
}

impl HostCommand {
    /// A host from a program, such as [`binary`](crate::binary) finds it.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        HostCommand {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            directory: None,
            port_by: PortBy::Argument("--port".into()),
        }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// It serves the pages of a folder in `tests/pages`, and opens no browser: `--no-open --page <folder>`.
    #[must_use]
    pub fn pages(self, folder: &str) -> Self {
        self.args(["--no-open", "--page"]).arg(Path::new(PAGES).join(folder))
    }

    /// The limits of the tests' own host, as JSON (`E2E_LIMITS`); what is left out keeps its default.
    #[must_use]
    pub fn limits(self, json: &str) -> Self {
        self.env("E2E_LIMITS", json)
    }

    /// What it says to browsers is compressed, though they are on this machine (`E2E_COMPRESSION`).
    #[must_use]
    pub fn compressed(self) -> Self {
        self.env("E2E_COMPRESSION", "always")
    }

    /// An environment variable. `HOME` and `TMPDIR` are fresh directories unless given here; they stay
    /// the same over [`HostProcess::restart`].
    #[must_use]
    pub fn env(mut self, variable: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((variable.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// The directory to start in, instead of the test's own.
    #[must_use]
    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// The argument after which the port stands, instead of `--port`.
    #[must_use]
    pub fn port_argument(mut self, name: impl AsRef<OsStr>) -> Self {
        self.port_by = PortBy::Argument(name.as_ref().to_owned());
        self
    }

    /// The environment variable that tells the port, instead of an argument.
    #[must_use]
    pub fn port_variable(mut self, name: impl AsRef<OsStr>) -> Self {
        self.port_by = PortBy::Variable(name.as_ref().to_owned());
        self
    }

    /// Starts it and waits until it says where it listens.
    ///
    /// # Errors
    /// When it can't be started, ends early, or prints no `Listening on <url>` within 60 s; its output
    /// is in the error.
    pub async fn start(self) -> Result<HostProcess> {
        let directory = Directory::new()?;
        let (process, url) = self.start_in(Arc::clone(&directory), 0).await?;
        Ok(HostProcess { address: address(&url)?, url, process, directory, command: self })
    }

    pub(super) async fn start_in(
        &self,
        directory: Arc<Directory>,
        port: u16,
    ) -> Result<(Process, String)> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        match &self.port_by {
            PortBy::Argument(name) => command.arg(name).arg(port.to_string()),
            PortBy::Variable(name) => command.env(name, port.to_string()),
        };
        command.envs(self.variables.iter().map(|(variable, value)| (variable, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let name = self.program.file_name().unwrap_or_default().to_string_lossy();
        let process = Process::start_in(&name, directory, command)?;
        let listening = process.stdout().wait("`Listening on <url>`", START, |lines| {
            let line = lines.iter().find_map(|line| line.strip_prefix(LISTENING))?;
            line.split_whitespace().next().map(str::to_owned)
        });
        match listening.await {
            Ok(url) => Ok((process, url)),
            // Why it doesn't listen stands in the other output.
            Err(Error::Ended { program, awaited, .. }) => {
                Err(Error::Ended { program, awaited, printed: process.last_words().await })
            }
            Err(Error::Timeout { awaited, limit, .. }) => {
                Err(Error::Timeout { awaited, limit, seen: process.printed() })
            }
            Err(other) => Err(other),
        }
    }
}

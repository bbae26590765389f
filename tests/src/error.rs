//! What can go wrong in the harness, told so that a failed test can be understood from its text.

use crate::Engine;
use std::path::PathBuf;
use std::time::Duration;

/// The harness's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the harness could not do what a test asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program that the tests need is not installed. Never a reason to leave a test out.
    #[error(
        "{program} is not installed: none of {tried:?} was found; install it, or name it in {variable}"
    )]
    Missing {
        /// What was looked for.
        program: &'static str,
        /// The names and paths that were tried.
        tried: Vec<String>,
        /// The environment variable that may name it.
        variable: &'static str,
    },
    /// `EXCITON_ENGINES` names something that is no engine, or nothing at all.
    #[error(
        "EXCITON_ENGINES={given:?} names no engine at {part:?}; known are chromium, firefox, webkit"
    )]
    UnknownEngine {
        /// The variable's whole value.
        given: String,
        /// The part that could not be understood.
        part: String,
    },
    /// The operating system refused something.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A program ended, or closed its output, before it did what was waited for.
    #[error("{program} ended before {awaited}; it printed:\n{printed}")]
    Ended {
        /// The program.
        program: String,
        /// What was waited for.
        awaited: String,
        /// Its last lines of output.
        printed: String,
    },
    /// Something did not happen in time.
    #[error("{awaited} did not happen within {limit:?}; seen until then:\n{seen}")]
    Timeout {
        /// What was waited for.
        awaited: String,
        /// How long.
        limit: Duration,
        /// What was seen instead.
        seen: String,
    },
    /// The driver would not give a session.
    #[error("{engine} gave no session: {source}; its driver printed:\n{printed}")]
    Session {
        /// Which engine.
        engine: Engine,
        /// The client's answer.
        source: Box<fantoccini::error::NewSessionError>,
        /// The driver's last lines of output.
        printed: String,
    },
    /// A WebDriver command failed.
    #[error("{engine}: {doing}: {source}")]
    Command {
        /// Which engine.
        engine: Engine,
        /// What was being done.
        doing: String,
        /// The driver's answer.
        source: Box<fantoccini::error::CmdError>,
    },
    /// The WebDriver BiDi connection, which carries the console, failed.
    #[error("{engine}: the console's connection: {reason}")]
    Console {
        /// Which engine.
        engine: Engine,
        /// What failed.
        reason: String,
    },
    /// `cargo build` of a program under test failed.
    #[error("cargo build -p {package} failed:\n{printed}")]
    Build {
        /// The package.
        package: String,
        /// Cargo's last lines.
        printed: String,
    },
    /// `cargo build` worked and made no program of that name.
    #[error("cargo build -p {package} made no program named {package}; looked in {looked_in:?}")]
    NoBinary {
        /// The package.
        package: String,
        /// The directory given by `EXCITON_BIN_DIR`, if that decided.
        looked_in: Option<PathBuf>,
    },
    /// A browser shows its pages with no process of its own that could be killed.
    #[error("{engine} has no process that shows a page")]
    NoRenderer {
        /// Which engine.
        engine: Engine,
    },
    /// A simulated page didn't get what it was to get.
    #[error("a simulated page: {reason}")]
    Simulated {
        /// What it got instead.
        reason: String,
    },
    /// The host printed a URL that has no loopback address and port.
    #[error("the host printed {0:?}, which has no numeric host and port")]
    HostUrl(String),
}

/// Turns an I/O error into ours, with what was being done.
pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let doing = doing.into();
    move |source| Error::Io { doing, source }
}

//! What many tests begin with: a host, a network before it that can be told to misbehave, and an entered page.

use std::path::PathBuf;
use std::time::Duration;

use crate::browser::Browser;
use crate::engine::Engine;
use crate::error::Result;
use crate::host::{HostCommand, HostProcess};
use crate::split::Split;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(120);

/// Starts `program` as the host of the pages in a folder, behind a [`Split`], and opens its first page in a browser
/// without a console. The page is connected.
///
/// # Errors
/// What keeps one of the three from starting.
pub async fn behind_split(
    engine: Engine,
    program: impl Into<PathBuf>,
    pages: &str,
) -> Result<(Split, HostProcess, Browser)> {
    let split = Split::start(None).await?;
    let command = HostCommand::new(program).args(["--no-open", "--ephemeral", "--page", pages]);
    let host = command.arg("--origin").arg(split.origin()).start().await?;
    split.set_host(host.address());
    let browser = Browser::open_unwatched(engine).await?;
    browser.goto(&host.url_at(&split.origin())).await?;
    browser.wait_until("require('electron').connection.state === 'open'", LIMIT).await?;
    Ok((split, host, browser))
}

//! What many tests begin with: a host, a network before it that can be told to misbehave, and an entered page.

use std::time::Duration;

use crate::browser::Browser;
use crate::engine::Engine;
use crate::error::Result;
use crate::host::{HostCommand, HostProcess};
use crate::split::Split;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(120);

/// For [`HostCommand::limits`]: graces that outlast any hold-up of a busy machine, so that a reload stays one however long
/// it takes.
pub const PATIENT: &str = r#"{"graceBye": 60000, "graceClosed": 60000}"#;

/// Starts a host behind a [`Split`], and opens its first page in a browser without a console. The page is connected.
///
/// # Errors
/// What keeps one of the three from starting.
pub async fn behind_split(
    engine: Engine,
    command: HostCommand,
) -> Result<(Split, HostProcess, Browser)> {
    let split = Split::start(None).await?;
    let command = command.args(["--ephemeral", "--origin"]);
    let host = command.arg(split.origin()).start().await?;
    split.set_host(host.address());
    let browser = Browser::open_unwatched(engine).await?;
    browser.goto(&host.url_at(&split.origin())).await?;
    browser.wait_until("require('electron').connection.state === 'open'", LIMIT).await?;
    Ok((split, host, browser))
}

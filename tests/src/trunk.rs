//! `trunk serve`: a page's development server, with the host behind it.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use crate::error::{Result, io};
use crate::port::listening_port;
use crate::process::Process;

/// How long Trunk may take to build and listen.
const START: Duration = Duration::from_secs(60);

/// A running `trunk serve`. Ends with its owner.
#[derive(Debug)]
pub struct TrunkServe {
    _process: Process,
    _folder: tempfile::TempDir,
    origin: String,
}

impl TrunkServe {
    /// Serves a page, `index.html`, on any free port; what it asks of `_exciton/` goes to `host`.
    pub async fn start(page: &str, host: SocketAddr) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(io("making a folder for trunk"))?;
        let config = format!(
            "[build]\ntarget = \"index.html\"\n[serve]\naddresses = [\"127.0.0.1\"]\nport = 0\n\
             [[proxy]]\nbackend = \"ws://{host}/_exciton/socket\"\nws = true\n\
             [[proxy]]\nbackend = \"http://{host}/_exciton/\"\n"
        );
        for (name, text) in [("index.html", page), ("Trunk.toml", config.as_str())] {
            std::fs::write(folder.path().join(name), text)
                .map_err(io(format!("writing {name}")))?;
        }
        let mut command = Command::new("trunk");
        command.args(["serve", "--offline"]).current_dir(folder.path());
        let mut process = Process::start("trunk", command)?;
        let port = listening_port(&mut process, START).await?;
        Ok(Self { _process: process, _folder: folder, origin: format!("http://127.0.0.1:{port}") })
    }

    /// The origin at which browsers find the page.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

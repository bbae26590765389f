//! The host that is attacked, and an honest page of it that tells how it is.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use exciton_e2e::{HostCommand, HostProcess, SimulatedBrowser, SimulatedPage};
use exciton_protocol::Epoch;

use crate::client::exchange;

pub const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/attacks");

/// What an attempt may change is compared, so nothing is to run out meanwhile.
const LASTING: &str = r#"{"graceBye": 3600000, "graceClosed": 3600000, "graceLost": 3600000}"#;

pub struct Target {
    pub host: HostProcess,
    /// Name and value of the cookie of a browser that has come in by itself.
    pub cookie: String,
    pub epoch: Epoch,
    honest: SimulatedPage,
    _folder: tempfile::TempDir,
    /// An invitation that nobody uses until the end: an attack that used it up would show then.
    witness: String,
}

/// All that an attack must not change.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
pub struct State {
    everything: String,
    /// How often a listener was reached.
    pub prizes: usize,
    /// Links with pages.
    pub links: usize,
    pub sockets: usize,
}

impl Target {
    pub async fn start() -> Target {
        Self::start_with(&[]).await
    }

    /// A host with these environment variables.
    pub async fn start_with(variables: &[(&str, &str)]) -> Target {
        let folder = tempfile::tempdir().unwrap();
        let pages = planted(folder.path());
        let mut command = HostCommand::new(PathBuf::from(env!("CARGO_BIN_EXE_e2e-host")))
            .args(["--no-open", "--page"])
            .arg(pages)
            .limits(LASTING);
        for (name, value) in variables {
            command = command.env(name, value);
        }
        let host = command.start().await.unwrap();
        let browser: Arc<SimulatedBrowser> = SimulatedBrowser::enter(host.url()).await.unwrap();
        let mut honest = browser.open().await.unwrap();
        let witness = honest.invoke::<String>("invite", ()).await.unwrap();
        let mut target = Target {
            host,
            cookie: String::new(),
            epoch: browser.epoch(),
            honest,
            witness,
            _folder: folder,
        };
        let invitation = target.invitation().await;
        target.cookie = target.spend(&invitation).await.expect("an invitation lets in");
        target
    }

    pub fn address(&self) -> SocketAddr {
        self.host.address()
    }

    pub fn fill(&self, text: &str, ticket: &str) -> String {
        let port = self.address().port();
        text.replace("{port}", &port.to_string())
            .replace("{other}", &(port ^ 1).to_string())
            .replace("{cookie}", &self.cookie)
            .replace("{value}", self.cookie.split_once('=').map_or("", |(_, value)| value))
            .replace("{ticket}", ticket)
    }

    /// A fresh invitation's address.
    pub async fn invitation(&mut self) -> String {
        self.honest.invoke("invite", ()).await.unwrap()
    }

    /// A fresh ticket.
    pub async fn ticket(&mut self) -> String {
        let url = self.invitation().await;
        url.rsplit('/').next().unwrap().to_owned()
    }

    /// Comes in as a browser does, and returns the cookie that it gets.
    pub async fn spend(&self, invitation: &str) -> Option<String> {
        let path = invitation.splitn(4, '/').nth(3).unwrap();
        let host = self.address();
        let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let answer = exchange(host, request.as_bytes()).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default();
        (answer.status == 200 && !cookie.is_empty()).then(|| cookie.to_owned())
    }

    /// How the host is now.
    pub async fn state(&mut self) -> State {
        self.honest.invoke("everything", ()).await.unwrap()
    }

    /// How the host is when no connection is left but that of the honest page.
    pub async fn settled(&mut self) -> State {
        for _ in 0..100_000 {
            let state = self.state().await;
            if state.sockets == 1 {
                return state;
            }
        }
        panic!("connections stay open");
    }

    /// The invitation that was there before all attempts still lets in, once.
    pub async fn no_ticket_was_spent(&self) {
        assert!(self.spend(&self.witness).await.is_some(), "an attempt has used an invitation up");
        assert!(self.spend(&self.witness).await.is_none(), "an invitation lets in twice");
    }
}

/// The pages in a folder of their own, with what an attacker would like to read in it and beside it.
fn planted(outer: &Path) -> PathBuf {
    let root = outer.join("root");
    for folder in ["ui", "empty", ".git"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for file in fs::read_dir(PAGES).unwrap().map(|entry| entry.unwrap().path()) {
        if file.is_file() {
            fs::copy(&file, root.join(file.file_name().unwrap())).unwrap();
        }
    }
    for file in [".env", ".git/config", "ui/.hidden", "../outside.txt"] {
        fs::write(root.join(file), HIDDEN).unwrap();
    }
    symlink(outer.join("outside.txt"), root.join("out.txt")).unwrap();
    symlink(outer, root.join("out")).unwrap();
    symlink(".env", root.join("in.txt")).unwrap();
    let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR);
    rustix::fs::mknodat(rustix::fs::CWD, root.join("pipe"), kind, mode, 0).unwrap();
    root
}

/// What stands in files that are not served.
pub const HIDDEN: &str = "what nobody is given";

//! The WebDriver servers, and what each wants to hear for a fresh headless session.

use crate::Engine;
use crate::display::display;
use crate::error::{Error, Result};
use crate::guardian::Directory;
use crate::port::listening_port;
use crate::process::Process;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a driver may take to listen, and a browser to give a session. Two busy cores and a first
/// start from a cold disk need much of it.
const START: Duration = Duration::from_secs(120);

/// How often a driver is started that finds its port taken.
const TRIES: u32 = 5;

/// A running driver with its one session. Dropping it kills driver and browser.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Process,
}

impl Driver {
    /// Starts a driver and a session with a fresh profile; with BiDi, where the engine has it, if `bidi`. The name
    /// of `resolved` leads to its address, where the engine can be told so.
    pub(crate) async fn start(
        engine: Engine,
        bidi: bool,
        resolved: Option<(&str, IpAddr)>,
    ) -> Result<(Driver, Client)> {
        let browser = engine.browser()?;
        let mut tries = 1;
        let (process, profile, port) = loop {
            match launch(engine).await {
                // Chromium's takes a free port of ::1, and ends if somebody has that of 127.0.0.1.
                Err(Error::Ended { printed, .. }) if tries < TRIES && is_of_the_port(&printed) => {
                    tries += 1;
                }
                launched => break launched?,
            }
        };
        let driver = Driver { process };
        let mut capabilities = capabilities(engine, &browser, &profile);
        if let Some((name, address)) = resolved {
            resolve(&mut capabilities, name, address);
        }
        if !bidi {
            capabilities.remove("webSocketUrl");
        }
        let connecting = async {
            let url = format!("http://127.0.0.1:{port}");
            ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&url).await
        };
        match tokio::time::timeout(START, connecting).await {
            Ok(Ok(client)) => Ok((driver, client)),
            Ok(Err(source)) => Err(Error::Session {
                engine,
                source: Box::new(source),
                printed: driver.process.printed(),
            }),
            Err(_) => Err(Error::Timeout {
                awaited: format!("{engine}'s session"),
                limit: START,
                seen: driver.process.printed(),
            }),
        }
    }

    /// Kills the processes that the browser shows its pages with.
    pub(crate) fn kill_renderers(&self, engine: Engine) -> usize {
        self.process.kill_descendants(match engine {
            Engine::Chromium => &["--type=renderer"],
            // Its fork server gives them a command line in one piece.
            Engine::Firefox => &["-contentproc", " tab\0"],
            Engine::WebKit => &["WebKitWebProcess"],
        })
    }

    /// Stops driver and browser.
    pub(crate) fn freeze(&self) {
        self.process.freeze();
    }

    /// Lets them run again.
    pub(crate) fn thaw(&self) {
        self.process.thaw();
    }

    /// The last lines that driver and browser printed.
    pub(crate) fn printed(&self) -> String {
        self.process.printed()
    }
}

/// Starts a driver in a directory of its own, and says where the browser's profile is to be and on which port it listens.
async fn launch(engine: Engine) -> Result<(Process, PathBuf, u16)> {
    let directory = Directory::new()?;
    let profile = directory.below("profile")?;
    // All three take a free port by themselves when told 0.
    let mut command = Command::new(engine.driver()?);
    match engine {
        Engine::Chromium => command.arg("--port=0"),
        Engine::Firefox => {
            command.args(["--port", "0", "--websocket-port", "0", "--profile-root"]).arg(&profile)
        }
        Engine::WebKit => command.args(["-p", "0"]).env("DISPLAY", display().await?),
    };
    let name = format!("{engine}'s driver");
    let mut process = Process::start_in(&name, directory, command)?;
    let port = listening_port(&mut process, START).await?;
    Ok((process, profile, port))
}

/// Whether a driver said at its end that somebody else has its port.
fn is_of_the_port(printed: &str) -> bool {
    printed.contains("Address already in use")
}

/// Lets a name lead to an address, as whoever owns the name can.
fn resolve(capabilities: &mut Capabilities, name: &str, address: IpAddr) {
    if let Some(Value::Array(args)) =
        capabilities.get_mut("goog:chromeOptions").map(|options| &mut options["args"])
    {
        args.push(json!(format!("--host-resolver-rules=MAP {name} {address}")));
    }
    if let Some(options) = capabilities.get_mut("moz:firefoxOptions") {
        // It counts for every name; addresses are not looked up.
        options["prefs"]["network.dns.forceResolve"] = json!(address.to_string());
    }
}

fn capabilities(engine: Engine, browser: &Path, profile: &Path) -> Capabilities {
    let timeouts = json!({ "script": 60_000, "pageLoad": 60_000, "implicit": 0 });
    let capabilities = match engine {
        Engine::Chromium => json!({
            "browserName": "chrome",
            "webSocketUrl": true,
            "timeouts": timeouts,
            // A certificate that a test has made is nobody's.
            "acceptInsecureCerts": true,
            "goog:chromeOptions": {
                "binary": browser,
                "args": [
                    "--headless",
                    // Root has no sandbox, and containers often run as root.
                    "--no-sandbox",
                    // Containers have a small /dev/shm.
                    "--disable-dev-shm-usage",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    format!("--user-data-dir={}", profile.display()),
                ],
            },
        }),
        Engine::Firefox => json!({
            "browserName": "firefox",
            "webSocketUrl": true,
            "timeouts": timeouts,
            // A certificate that a test has made is nobody's.
            "acceptInsecureCerts": true,
            "moz:firefoxOptions": {
                "binary": browser,
                "args": ["-headless"],
                "prefs": { "network.proxy.type": 0 },
            },
        }),
        // WebKitWebDriver has no BiDi and refuses a session that asks for it.
        Engine::WebKit => json!({
            "browserName": "MiniBrowser",
            "timeouts": timeouts,
            // A certificate that a test has made is nobody's.
            "acceptInsecureCerts": true,
            "webkitgtk:browserOptions": { "binary": browser, "args": ["--automation"] },
        }),
    };
    match capabilities {
        Value::Object(capabilities) => capabilities,
        _ => Capabilities::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_was_taken_is_told_from_other_ends() {
        assert!(is_of_the_port(
            "IPv4 port not available. Exiting...\n[SEVERE]: bind() failed: Address already in use (98)\n"
        ));
        assert!(!is_of_the_port("[SEVERE]: bind() failed: Permission denied (13)\n"));
    }
}

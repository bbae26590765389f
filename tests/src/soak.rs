//! Everything that can go wrong, for a while: many pages on one host, a network that never rests between them, and a host
//! that is killed again and again. What was said and what was heard is written down on both sides and compared in the end.
//!
//! The host is a process of its own, so that it can be killed: the program that calls [`Soak::run`] is started again for it
//! and calls [`Soak::host`] there.

mod host;
mod log;
mod network;
mod page;

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::log::HostLog;
use self::network::Network;
use crate::error::{Error, Result};
use crate::{HostCommand, Proxy, SimulatedBrowser};

/// How long, how wide, and from which seed.
#[derive(Debug)]
pub struct Soak {
    /// The program that is the host in a process of its own.
    pub program: PathBuf,
    /// How long the network misbehaves. What is on its way then has a minute to arrive.
    pub span: Duration,
    /// How many pages there are.
    pub pages: u64,
    /// How long a host lives, about.
    pub life: Duration,
    /// For what happens when. How fast the machine is decides, too, so a seed repeats a run in its manner only.
    pub rng: Rng,
}

/// What has happened, and what should not have.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// For how long.
    pub span: Duration,
    /// Messages that arrived: those of pages at the host, those of the host at pages.
    pub messages: u64,
    /// Connections that were cut, closed or half-opened, each time all of them.
    pub cuts: u64,
    /// How often the host was killed and started again.
    pub restarts: u64,
    /// How calls ended: answered, failed and may have run, failed and has not run.
    pub calls: [u64; 3],
    /// Links that began.
    pub links: u64,
    /// What broke a rule, in words.
    pub failures: Vec<String>,
}

impl Soak {
    /// Runs it.
    ///
    /// # Errors
    /// When it can't even begin, or the host doesn't come up again. What pages suffer is in the report.
    pub async fn run(mut self) -> Result<Report> {
        let begun = Instant::now();
        let proxy = Proxy::start(None).await?;
        let log = HostLog::new()?;
        let host = HostCommand::new(&self.program)
            .env(host::ROLE, log.path())
            .args(["--no-open", "--origin", &proxy.origin()])
            .start()
            .await?;
        proxy.set_host(host.address());
        let browser = SimulatedBrowser::enter(&host.url_at(&proxy.origin())).await?;

        let (stormy, weather) = watch::channel(true);
        let mut pages = JoinSet::new();
        for number in 0..self.pages {
            pages.spawn(page::live(number, browser.clone(), weather.clone(), self.rng.fork()));
        }
        let mut network = Network::new(proxy, host, self.life, self.rng.fork());
        network.storm(begun + self.span).await?;
        network.calm().await;
        stormy.send_replace(false);

        let mut logs = Vec::new();
        while let Some(page) = pages.join_next().await {
            logs.push(page.map_err(|error| Error::Simulated { reason: error.to_string() })??);
        }
        let mut report = log.compare(&logs)?;
        report.span = self.span;
        (report.cuts, report.restarts) = network.counts();
        Ok(report)
    }

    /// Whether this process is to be the host.
    pub fn is_host() -> bool {
        host::log_path().is_some()
    }

    /// Is the host, until it is killed.
    ///
    /// # Errors
    /// When it can't listen, or can't write its log.
    pub async fn host() -> exciton::Result<()> {
        host::host().await
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { span, messages, cuts, restarts, failures, .. } = self;
        let minutes = (span.as_secs_f64() / 0.6).round() / 100.0;
        let failures = failures.len();
        write!(
            f,
            "{minutes} minutes, {messages} messages, {cuts} cuts, {restarts} restarts, {failures} failures"
        )
    }
}

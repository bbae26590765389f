//! Pages of one simulated browser on a host of their own, and what the host's process has computed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exciton_e2e::{HostCommand, HostProcess, SimulatedBrowser, SimulatedPage};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::batch::Batch;
use crate::contender::Contender;
use crate::{Outcome, host};

/// A host, and the pages that call it.
pub struct Clients {
    browser: Arc<SimulatedBrowser>,
    pages: VecDeque<SimulatedPage>,
    host: HostProcess,
    _files: TempDir,
}

impl Clients {
    /// Starts a host whose channels have a listener and a handler each, and opens the pages.
    pub async fn start(pages: usize, channels: u64) -> Outcome<Clients> {
        let files = tempfile::tempdir()?;
        std::fs::write(files.path().join("index.html"), "<!doctype html><title>native</title>")?;
        let host = HostCommand::new(std::env::current_exe()?)
            .env(host::ROLE, Contender::ExcitonJs.name())
            .env(host::FILES, files.path())
            .env(host::CHANNELS, channels.to_string())
            .start()
            .await?;
        let browser = SimulatedBrowser::enter(host.url()).await?;
        let mut opened = VecDeque::new();
        for _ in 0..pages {
            opened.push_back(browser.open().await?);
        }
        Ok(Clients { browser, pages: opened, host, _files: files })
    }

    /// The host's process.
    pub fn host(&self) -> u32 {
        self.host.id()
    }

    /// Microseconds that the host's process has computed so far.
    pub async fn computed(&self) -> Outcome<u64> {
        Ok(self.browser.get("/cpu").await?.parse()?)
    }

    /// One batch each `pace`, of one page after the other, for so long; returns how many packets that were. What is late
    /// is made up for.
    pub async fn paced(
        &mut self,
        batches: &[Batch],
        pace: Duration,
        time: Duration,
    ) -> Outcome<u64> {
        let mut under_way = JoinSet::new();
        let mut ticks = tokio::time::interval(pace);
        let (begun, mut packets) = (Instant::now(), 0);
        for batch in batches.iter().cycle() {
            ticks.tick().await;
            if begun.elapsed() >= time {
                break;
            }
            while let Some(back) = under_way.try_join_next() {
                self.pages.push_back(back??);
            }
            let mut page = match self.pages.pop_front() {
                Some(page) => page,
                None => under_way.join_next().await.ok_or("there is no page")???,
            };
            packets += batch.packets;
            let batch = batch.clone();
            under_way.spawn(async move {
                page.exchange(&batch.text, batch.packets, batch.answers).await.map(|()| page)
            });
        }
        while let Some(back) = under_way.join_next().await {
            self.pages.push_back(back??);
        }
        Ok(packets)
    }

    /// All pages at once, each with its next batch when the one before is answered; returns how many packets that were, and
    /// how long it took.
    pub async fn busy(&mut self, batch: &Batch, time: Duration) -> Outcome<(u64, Duration)> {
        let begun = Instant::now();
        let mut under_way = JoinSet::new();
        for mut page in self.pages.drain(..) {
            let batch = batch.clone();
            under_way.spawn(async move {
                let mut packets = 0;
                while begun.elapsed() < time {
                    page.exchange(&batch.text, batch.packets, batch.answers).await?;
                    packets += batch.packets;
                }
                Ok::<_, exciton_e2e::Error>((page, packets))
            });
        }
        let mut sum = 0;
        while let Some(back) = under_way.join_next().await {
            let (page, packets) = back??;
            self.pages.push_back(page);
            sum += packets;
        }
        Ok((sum, begun.elapsed()))
    }
}

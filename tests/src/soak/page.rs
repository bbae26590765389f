//! A page that does all that a page can do, and writes down what it said and heard.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use exciton_protocol::{Encoded, LinkLost, Seq};
use fastrand::Rng;
use tokio::sync::watch;

use super::host;
use crate::error::Result;
use crate::{News, ResumingPage, SimulatedBrowser};

/// What a page said and heard.
#[derive(Debug, Default)]
pub(super) struct PageLog {
    pub(super) number: u64,
    /// Its links, one after the other.
    pub(super) links: Vec<LinkLog>,
    /// Its calls, by the numbers of their messages.
    pub(super) calls: BTreeMap<u64, Outcome>,
    /// What it saw that should not be.
    pub(super) failures: Vec<String>,
}

#[derive(Debug)]
pub(super) struct LinkLog {
    /// The messages of the page, each with the seq of its (last) packet.
    pub(super) sent: Vec<(Seq, u64)>,
    /// Messages of the host that came.
    pub(super) got: u64,
    pub(super) end: End,
}

#[derive(Debug)]
pub(super) enum End {
    Lives,
    /// All before `acked` have run, nothing from `departed` on has.
    Lost {
        acked: Seq,
        departed: Seq,
    },
    /// The document unloaded: all before `acked` have run.
    Left {
        acked: Seq,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Open,
    Answered,
    Failed {
        may_have_run: bool,
    },
    /// The document that called unloaded.
    Left,
}

struct Writer {
    page: ResumingPage,
    log: PageLog,
    next: u64,
    pending: HashMap<Seq, u64>,
    rng: Rng,
    heard: Instant,
}

/// Lives while the weather is bad, and until all has come after it.
pub(super) async fn live(
    number: u64,
    browser: Arc<SimulatedBrowser>,
    mut stormy: watch::Receiver<bool>,
    rng: Rng,
) -> Result<PageLog> {
    let log = PageLog { number, ..PageLog::default() };
    let page = ResumingPage::new(&browser);
    let heard = Instant::now();
    let mut writer = Writer { page, log, next: 0, pending: HashMap::new(), rng, heard };
    writer.begin();
    while *stormy.borrow_and_update() {
        writer.act().await?;
        let span = writer.rng.u64(1..60);
        writer.rest(Duration::from_millis(span)).await;
    }
    let end = Instant::now() + CALM;
    while !writer.is_quiet() && Instant::now() < end {
        writer.rest(Duration::from_millis(50)).await;
    }
    if !writer.is_quiet() {
        let (calls, bytes) = (writer.pending.len(), writer.page.queued_bytes());
        let what = format!("not quiet after {CALM:?}: {calls} calls, {bytes} bytes wait");
        writer.log.failures.push(what);
    }
    Ok(writer.log)
}

impl Writer {
    fn begin(&mut self) {
        self.log.links.push(LinkLog { sent: Vec::new(), got: 0, end: End::Lives });
    }

    /// The arguments that every message begins with.
    fn head(&mut self) -> (u64, u64, u64) {
        self.next += 1;
        (self.log.number, self.log.links.len() as u64 - 1, self.next)
    }

    fn said(&mut self, seq: Seq, number: u64) {
        if let Some(link) = self.log.links.last_mut() {
            link.sent.push((seq, number));
        }
    }

    async fn act(&mut self) -> Result<()> {
        if self.page.queued_bytes() > MUCH {
            return Ok(());
        }
        match self.rng.u32(..1_000) {
            0..500 => {
                let count = self.rng.u32(1..20);
                self.notes(count, 0)?;
            }
            500..506 => self.notes(10_000, 0)?,
            506..512 => {
                let size = self.rng.usize(1_000_000..4_000_000);
                self.notes(1, size)?;
            }
            512..720 => {
                for _ in 0..self.rng.u32(1..6) {
                    self.call()?;
                }
            }
            720..800 => self.ask().await?,
            800..960 => {
                let (page, link, number) = self.head();
                let count = if self.rng.u32(..50) == 0 { 5_000 } else { self.rng.u64(1..40) };
                if let Ok(seq) = self.page.send("burst", (page, link, number, count))? {
                    self.said(seq, number);
                }
            }
            // Busy with itself, it sleeps on purpose: it reads nothing, and the host has to wait.
            960..975 => {
                let span = self.rng.u64(100..3_000);
                tokio::time::sleep(Duration::from_millis(span)).await;
            }
            975..980 => self.reload(),
            _ => {}
        }
        Ok(())
    }

    fn notes(&mut self, count: u32, size: usize) -> Result<()> {
        let text = "x".repeat(size);
        for _ in 0..count {
            let (page, link, number) = self.head();
            match self.page.send("note", (page, link, number, &text))? {
                Ok(seq) => self.said(seq, number),
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn call(&mut self) -> Result<()> {
        let (page, link, number) = self.head();
        let wait = self.wait(40, 2_000);
        if let Ok(seq) = self.page.invoke("call", (page, link, number, wait))? {
            self.said(seq, number);
            self.pending.insert(seq, number);
            self.log.calls.insert(number, Outcome::Open);
        }
        Ok(())
    }

    /// How long the host thinks, in milliseconds: mostly not at all.
    fn wait(&mut self, one_in: u32, most: u64) -> u64 {
        if self.rng.u32(..one_in) == 0 { self.rng.u64(..most) } else { 0 }
    }

    async fn ask(&mut self) -> Result<()> {
        if !self.page.is_known() {
            return Ok(());
        }
        let (page, link, number) = self.head();
        let wait = self.wait(60, 7_000);
        let (seq, outcome) = self.page.send_sync("ask", (page, link, number, wait)).await?;
        self.said(seq, number);
        let outcome = match outcome {
            Ok(value) => self.answered(number, &value),
            Err(failure) => Outcome::Failed { may_have_run: failure.may_have_run },
        };
        self.log.calls.insert(number, outcome);
        self.hear();
        Ok(())
    }

    fn answered(&mut self, number: u64, value: &Encoded) -> Outcome {
        match value.deserialize::<u64>() {
            Ok(value) if value == host::answer(number) => {}
            other => self.log.failures.push(format!("call {number} was answered by {other:?}")),
        }
        Outcome::Answered
    }

    fn reload(&mut self) {
        if !self.page.is_known() {
            return;
        }
        let acked = self.page.reload();
        for (_, number) in self.pending.drain() {
            self.log.calls.insert(number, Outcome::Left);
        }
        self.close(End::Left { acked });
    }

    fn close(&mut self, end: End) {
        if let Some(link) = self.log.links.last_mut() {
            link.end = end;
        }
        self.begin();
    }

    async fn rest(&mut self, span: Duration) {
        self.page.run(Instant::now() + span).await;
        self.hear();
    }

    fn hear(&mut self) {
        while let Some(news) = self.page.next_news() {
            self.heard = Instant::now();
            match news {
                News::Message(call) => match serde_json::from_slice::<(u64,)>(&call.args.text) {
                    Ok((number,)) => self.pushed(number),
                    Err(error) => self.log.failures.push(format!("a garbled message: {error}")),
                },
                News::Answer(seq, outcome) => {
                    let Some(number) = self.pending.remove(&seq) else {
                        self.log.failures.push(format!("an answer to {seq}, which has one"));
                        continue;
                    };
                    let outcome = match outcome {
                        Ok(value) => self.answered(number, &value),
                        Err(error) => {
                            let error = String::from_utf8_lossy(&error.text).into_owned();
                            self.log.failures.push(format!("call {number} failed: {error}"));
                            Outcome::Failed { may_have_run: true }
                        }
                    };
                    self.log.calls.insert(number, outcome);
                }
                News::Lost { why, acked, departed } => {
                    for (seq, number) in self.pending.drain() {
                        let outcome = Outcome::Failed { may_have_run: seq < departed };
                        self.log.calls.insert(number, outcome);
                    }
                    if why != LinkLost::HostRestarted {
                        self.log.failures.push(format!("a link was lost: {why}"));
                    }
                    self.close(End::Lost { acked, departed });
                }
                News::Misbehaved(what) => {
                    self.log.failures.push(format!("the host misbehaved: {what}"));
                }
            }
        }
    }

    /// The host's messages are numbered on each link from 0.
    fn pushed(&mut self, number: u64) {
        let Some(link) = self.log.links.last_mut() else { return };
        if link.got != number {
            self.log.failures.push(format!("message {number} of the host came for {}", link.got));
        }
        link.got = number + 1;
    }

    fn is_quiet(&self) -> bool {
        self.page.is_idle() && self.pending.is_empty() && self.heard.elapsed() > QUIET
    }
}

/// Bytes that wait for the host before a page sends no more.
const MUCH: usize = 4 << 20;
/// How long everything may take to arrive once the network behaves.
const CALM: Duration = Duration::from_secs(60);
/// Longer than the host waits before it says anything unasked.
const QUIET: Duration = Duration::from_millis(5 * host::LATER.as_millis() as u64);

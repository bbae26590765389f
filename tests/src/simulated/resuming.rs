//! A simulated page that keeps its link as the renderer does, over the protocol's own [`PageLink`]: it reconnects, resumes,
//! repeats a request that had no answer, and begins anew when a link is over.

mod cargo;
mod conn;
mod incoming;
mod request;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exciton_protocol::{
    Call, CloseReason, Encoded, Epoch, Frame, Full, Hello, Limits, LinkId, LinkLost, Message,
    Millis, Packet, PageEvent, PageLink, PageTransmit, Seq, TabInfo, VERSION, Want,
};
use serde::Serialize;
use tokio::sync::mpsc;

use self::cargo::Cargo;
use self::conn::{Conn, Event};
pub use self::request::SyncFailure;
use super::{SimulatedBrowser, arguments};
use crate::error::Result;

/// A page with its link. All that it does it does in [`run`](Self::run) and in [`send_sync`](Self::send_sync).
#[derive(Debug)]
pub struct ResumingPage {
    browser: Arc<SimulatedBrowser>,
    limits: Limits,
    born: Instant,
    link: PageLink<Cargo>,
    /// Its epoch is the host's.
    known: bool,
    tab: TabInfo,
    conn: Option<Conn>,
    conns: u64,
    events: mpsc::Receiver<(u64, Event)>,
    sender: mpsc::Sender<(u64, Event)>,
    assembly: Vec<u8>,
    /// All packets before this one have left the page, at least once.
    departed: Seq,
    news: VecDeque<News>,
}

/// What has come of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum News {
    /// A message of the host.
    Message(Call),
    /// The answer to the invoke of that number, or its failure.
    Answer(Seq, Result<Encoded, Encoded>),
    /// The link is over, and another begins, which counts from 0.
    Lost {
        /// The reason.
        why: LinkLost,
        /// All packets before this one have run.
        acked: Seq,
        /// Packets from this one on had not left the page, and never do.
        departed: Seq,
    },
    /// The host broke a rule of the wire.
    Misbehaved(String),
}

impl ResumingPage {
    /// A page in a tab of its own. Its host need not be there.
    pub fn new(browser: &Arc<SimulatedBrowser>) -> Self {
        let (sender, events) = mpsc::channel(EVENTS);
        let born = Instant::now();
        let limits = Limits::default();
        let link = PageLink::new(random_link(), browser.epoch, limits, Millis(1));
        Self {
            browser: browser.clone(),
            limits,
            born,
            link,
            known: true,
            tab: TabInfo { nav: "navigate".to_owned(), ..TabInfo::default() },
            conn: None,
            conns: 0,
            events,
            sender,
            assembly: Vec::new(),
            departed: 0,
            news: VecDeque::new(),
        }
    }

    /// As `ipcRenderer.send(channel, ...args)`; returns the packet's number.
    ///
    /// # Errors
    /// When too much waits.
    pub fn send(&mut self, channel: &str, args: impl Serialize) -> Result<Result<Seq, Full>> {
        let call = Call::new(channel, arguments(&args)?);
        Ok(self.push(&Packet::Send(call)))
    }

    /// As `ipcRenderer.invoke(channel, ...args)`; the answer comes as [`News::Answer`].
    ///
    /// # Errors
    /// When too much waits.
    pub fn invoke(&mut self, channel: &str, args: impl Serialize) -> Result<Result<Seq, Full>> {
        let call = Call::new(channel, arguments(&args)?);
        Ok(self.push(&Packet::Invoke(call)))
    }

    fn push(&mut self, packet: &Packet) -> Result<Seq, Full> {
        let batches = Cargo::load(packet, &self.limits);
        let queued = self.link.queued_bytes() + batches.iter().map(|one| one.size).sum::<usize>();
        let cap = self.limits.outbox_bytes as usize;
        if queued > cap {
            return Err(Full { queued, cap });
        }
        for batch in batches {
            self.link.push_sync(batch);
        }
        Ok(self.link.next_seq() - 1)
    }

    /// Lives until that moment. While nobody calls it, nothing is read, as by a page that is busy with itself.
    pub async fn run(&mut self, until: Instant) {
        loop {
            self.pump();
            if Instant::now() >= until {
                return;
            }
            let due = self.link.poll_timeout().filter(|_| self.known);
            let due = due.map_or(until, |at| self.instant(at).min(until));
            tokio::select! {
                biased;
                Some((conn, event)) = self.events.recv() => self.take(conn, event),
                // The page's timer: it sleeps on purpose.
                () = tokio::time::sleep_until(due.into()) => {
                    let now = self.now();
                    if self.known {
                        self.link.handle_timeout(now, fastrand::u32(..));
                    }
                }
            }
        }
    }

    /// What has come since.
    pub fn next_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// The host is known, and has acknowledged everything.
    pub fn is_idle(&self) -> bool {
        self.known && self.link.is_open() && self.link.queued_bytes() == 0
    }

    /// Bytes that wait for the host.
    pub fn queued_bytes(&self) -> usize {
        self.link.queued_bytes()
    }

    /// Whether the page knows which host it speaks to: packets for an unknown one have not left.
    pub fn is_known(&self) -> bool {
        self.known
    }

    fn now(&self) -> Millis {
        // A test doesn't run for 500 million years.
        Millis(self.born.elapsed().as_millis() as u64 + 1)
    }

    fn instant(&self, at: Millis) -> Instant {
        self.born + Duration::from_millis(at.0.saturating_sub(1))
    }

    /// Does what the link wants.
    fn pump(&mut self) {
        while self.known
            && let Some(want) = self.link.poll_want()
        {
            match want {
                Want::Connect => self.connect(),
                Want::Probe => self.probe(),
                Want::Close(reason) => self.close(reason),
                _ => {}
            }
        }
        while self.known
            && let Some(message) = self.next_message()
        {
            // The link only writes while it believes in an open connection.
            if let Some(conn) = &self.conn {
                conn.write(&message);
            }
        }
        while let Some(event) = self.link.poll_event() {
            if let PageEvent::Lost { why, unacked } = event {
                let departed = self.departed.clamp(unacked, self.link.next_seq());
                self.news.push_back(News::Lost { why, acked: unacked, departed });
                self.begin_again();
                self.ask_for_the_host();
            }
        }
    }

    fn next_message(&mut self) -> Option<Message> {
        let now = self.now();
        let (link, epoch) = (self.link.id(), self.link.epoch());
        let frame = match self.link.poll_transmit(now)? {
            PageTransmit::Hello { attempt, ack, admitted, fresh } => {
                let (version, tab) = (VERSION, self.tab.clone());
                let hello = Hello { version, link, epoch, attempt, ack, admitted, fresh, tab };
                Frame::Hello(Box::new(hello))
            }
            PageTransmit::Data { flight, ack } => {
                let end = flight.first + Seq::from(flight.batch.count);
                self.departed = self.departed.max(end);
                flight.batch.payload.frame(flight.first, ack)
            }
            PageTransmit::Ack(ack) => Frame::Ack(ack),
            _ => Frame::Ping,
        };
        // Ids and numbers always have a text.
        frame.control().ok()
    }

    /// Another link in the same document; the host that it belongs to is still to be asked for.
    fn begin_again(&mut self) {
        self.close(CloseReason::LinkLost);
        let previous = self.link.id().to_string();
        self.tab = TabInfo { previous, left: String::new(), ..std::mem::take(&mut self.tab) };
        self.link = PageLink::new(random_link(), Epoch::from_bits(0), self.limits, self.now());
        self.known = false;
        self.departed = 0;
        self.assembly.clear();
    }

    /// The host has this epoch: what was pushed meanwhile goes into a link of it.
    fn adopt(&mut self, epoch: Epoch) {
        let mut link = PageLink::new(self.link.id(), epoch, self.limits, self.now());
        for flight in self.link.backlog(Seq::MAX) {
            link.push_sync(flight.batch.clone());
        }
        self.link = link;
        self.known = true;
    }
}

fn random_link() -> LinkId {
    LinkId::from_bits(fastrand::u128(..))
}

/// Events that wait until the page reads them; more hold up the connection.
const EVENTS: usize = 4;

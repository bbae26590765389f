//! The page's synchronous requests, and its goodbye.

use std::time::{Duration, Instant};

use exciton_protocol::{
    Call, CloseReason, Encoded, LinkLost, Packet, PageLink, Seq, SyncAnswer, SyncHead, SyncRequest,
    SyncState, TabInfo, VERSION,
};
use serde::Serialize;

use super::cargo::Cargo;
use super::{ResumingPage, arguments, random_link};
use crate::error::Result;
use crate::simulated::{SimulatedBrowser, wire};

/// Why a `sendSync` has thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncFailure {
    /// A listener may have been called.
    pub may_have_run: bool,
    /// In words.
    pub why: String,
}

impl ResumingPage {
    /// As `ipcRenderer.sendSync(channel, ...args)`: nothing else happens in the page until it is through. The inner error is
    /// what the call throws.
    ///
    /// # Errors
    /// When the arguments can't be encoded.
    pub async fn send_sync(
        &mut self,
        channel: &str,
        args: impl Serialize,
    ) -> Result<(Seq, Result<Encoded, SyncFailure>)> {
        let packet = Packet::Sync(Call::new(channel, arguments(&args)?));
        for batch in Cargo::load(&packet, &self.limits) {
            self.link.push_sync(batch);
        }
        let seq = self.link.next_seq() - 1;
        self.link.sync_begin(seq).map_err(wire("a synchronous call"))?;
        let outcome = self.exchange(seq).await;
        self.link.sync_end(seq);
        if let Err(Ended::Lost(why, _)) = &outcome {
            self.link.handle_lost(*why);
        }
        self.pump();
        let outcome = outcome.map_err(|ended| match ended {
            Ended::Lost(why, may_have_run) => SyncFailure { may_have_run, why: why.to_string() },
            Ended::Thrown(why) => SyncFailure { may_have_run: true, why },
        });
        Ok((seq, outcome))
    }

    async fn exchange(&mut self, seq: Seq) -> Result<Encoded, Ended> {
        let end = Instant::now() + Duration::from_millis(self.limits.sync_total);
        let mut pauses = PAUSES.iter();
        let mut is_first = true;
        let mut request = self.request(Some(seq), true);
        loop {
            match put(&self.browser, &request).await {
                Ok(SyncAnswer::Done { state, outcome, .. }) => {
                    self.stands(&request, state)?;
                    let text = |error: Encoded| String::from_utf8_lossy(&error.text).into_owned();
                    return outcome.map_err(|error| Ended::Thrown(text(error)));
                }
                Ok(SyncAnswer::Pending(state)) => {
                    self.stands(&request, state)?;
                    request = self.request(Some(seq), false);
                    pauses = PAUSES.iter();
                }
                Ok(SyncAnswer::Lost { why, admitted }) => {
                    return Err(Ended::Lost(why, admitted || !is_first));
                }
                Ok(_) => return Err(Ended::Thrown("no known answer".to_owned())),
                // The very same request again, after a pause that sleeps on purpose: the host skips what it has got.
                Err(why) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(Duration::from_millis(*pause)).await,
                    None => return Err(Ended::Thrown(why)),
                },
            }
            is_first = false;
            if Instant::now() >= end {
                return Err(Ended::Thrown("no answer in time".to_owned()));
            }
        }
    }

    /// Leaves, and is another document in the same tab. Returns the first packet that was not acknowledged: all before
    /// have run.
    pub fn reload(&mut self) -> Seq {
        let request = self.request(None, true);
        let acked = self.link.acked();
        self.link.handle_leave();
        self.close(CloseReason::Left);
        // Whether it comes or not, and when, is the network's business: nobody waits for it.
        let browser = self.browser.clone();
        tokio::spawn(async move { put(&browser, &request).await });
        let left = self.link.id().to_string();
        let tab = std::mem::take(&mut self.tab);
        self.tab = TabInfo { previous: left.clone(), left, nav: "reload".to_owned(), ..tab };
        self.link = PageLink::new(random_link(), self.link.epoch(), self.limits, self.now());
        self.departed = 0;
        self.assembly.clear();
        acked
    }

    fn request(&mut self, seq: Option<Seq>, with_packets: bool) -> SyncRequest {
        let (ack, got) = self.link.sync_header();
        let got = got.to_vec();
        let mut frames = Vec::new();
        if with_packets {
            for flight in self.link.backlog(seq.unwrap_or(Seq::MAX)) {
                frames.push(flight.batch.payload.frame(flight.first, ack));
            }
            self.departed = self.departed.max(seq.map_or(self.link.next_seq(), |seq| seq + 1));
        }
        let head = SyncHead {
            version: VERSION,
            link: self.link.id(),
            epoch: self.link.epoch(),
            ack,
            got,
            seq,
            fresh: self.link.is_fresh(),
            bye: seq.is_none(),
            tab: self.tab.clone(),
        };
        SyncRequest { head, frames }
    }

    /// Where the link stands, as each answer says.
    fn stands(&mut self, request: &SyncRequest, state: SyncState) -> Result<(), Ended> {
        self.tab.tab = state.tab.to_string();
        let now = self.now();
        let taken = self.link.handle_sync(state.ack, state.admitted, &request.head.got, now);
        taken.map_err(|error| Ended::Thrown(error.to_string()))
    }
}

async fn put(browser: &SimulatedBrowser, request: &SyncRequest) -> Result<SyncAnswer, String> {
    let body = request.encode().map_err(|error| error.to_string())?;
    let asked = tokio::time::timeout(LONGEST, browser.http.put("/_exciton/sync", body)).await;
    let (status, body) =
        asked.map_err(|_| "no answer".to_owned())?.map_err(|error| error.to_string())?;
    if !matches!(status, 200 | 202 | 410) {
        let text = body.split().map(|(text, _)| text).unwrap_or_default();
        return Err(format!("status {status}: {}", String::from_utf8_lossy(&text)));
    }
    SyncAnswer::decode(status, &body).map_err(|error| error.to_string())
}

enum Ended {
    /// The link is over; whether the call may have run.
    Lost(LinkLost, bool),
    Thrown(String),
}

/// Milliseconds before each further try of a request that had no answer.
const PAUSES: [u64; 6] = [0, 50, 100, 200, 400, 800];
/// A dead network would hold a request for as long as TCP does: longer than a test lasts.
const LONGEST: Duration = Duration::from_secs(8);

//! Pages that do what no renderer does: they send without regard for the host, and come back when it has had enough.

use std::time::Duration;

use exciton_protocol::{Args, Call, Frame, Hello, Packet, Seq, SyncAnswer, VERSION};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{SimulatedPage, arguments, broken};
use crate::error::Result;

/// What a flood consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As by `ipcRenderer.send`.
    Send,
    /// As by `ipcRenderer.invoke`.
    Invoke,
}

/// How long the host may stand still before it counts as not reading any more.
const STANDSTILL: Duration = Duration::from_secs(2);

/// Many messages that are the same.
#[derive(Clone, Copy, Debug)]
pub struct Flood<'a> {
    /// Sends or invokes.
    pub kind: Kind,
    /// Their channel.
    pub channel: &'a str,
    /// How many they are.
    pub count: u32,
    /// How many go in one frame.
    pub batch: u32,
    /// How many may be unacknowledged; `None` is a page that doesn't care.
    pub window: Option<u32>,
}

impl Flood<'_> {
    fn packets(&self, args: &Args, count: u32) -> Vec<Packet> {
        let call = || Call::new(self.channel, args.clone());
        let packet = || match self.kind {
            Kind::Send => Packet::Send(call()),
            Kind::Invoke => Packet::Invoke(call()),
        };
        (0..count).map(|_| packet()).collect()
    }
}

impl SimulatedPage {
    /// Writes a flood, and takes nothing of what the host sends. Returns how many messages were written before the host closed
    /// the connection, or took no more.
    ///
    /// # Errors
    /// When the arguments can't be cloned.
    pub async fn flood(&mut self, flood: &Flood<'_>, args: impl Serialize) -> Result<u32> {
        let args: Args = arguments(&args)?;
        let mut written = 0;
        while written < flood.count {
            let length = flood.batch.min(flood.count - written);
            let packets = flood.packets(&args, length);
            let data = Frame::Data { first: self.next, ack: self.wanted, packets };
            let window = flood.window.map(|window| Seq::from(window).saturating_sub(length.into()));
            if let Some(window) = window
                && self.wait_for_credit(window).await.is_err()
            {
                break;
            }
            match tokio::time::timeout(STANDSTILL, self.write(&data)).await {
                Ok(Ok(())) => {}
                _ => break,
            }
            self.next += Seq::from(length);
            written += length;
        }
        Ok(written)
    }

    /// A flood and an `ipcRenderer.sendSync` in one task, and so in one request. Returns the number of the flood's first
    /// message, and the answer.
    ///
    /// # Errors
    /// When the host gives no answer.
    pub async fn flood_and_send_sync<T: DeserializeOwned>(
        &mut self,
        flood: &Flood<'_>,
        args: impl Serialize,
        channel: &str,
        sync_args: impl Serialize,
    ) -> Result<(Seq, T)> {
        let (first, seq) = (self.next, self.next + Seq::from(flood.count));
        let mut packets = flood.packets(&arguments(&args)?, flood.count);
        packets.push(Packet::Sync(Call::new(channel, arguments(&sync_args)?)));
        self.next = seq + 1;
        let data = Frame::Data { first, ack: self.wanted, packets };
        let mut answer = self.request(Some(seq), vec![data]).await?;
        // It isn't there yet, says the host after a while: the page goes on waiting.
        while let SyncAnswer::Pending(_) = answer {
            answer = self.request(Some(seq), Vec::new()).await?;
        }
        match answer {
            SyncAnswer::Done { outcome: Ok(value), .. } => Ok((first, super::read(&value)?)),
            other => Err(broken(format!("{other:?} is no answer"))),
        }
    }

    /// Invokes by a synchronous request whose second frame leaves packets out. The host refuses the request; the call is taken.
    pub async fn invoke_before_a_gap(
        &mut self,
        channel: &str,
        args: impl Serialize,
    ) -> Result<(Seq, Result<SyncAnswer>)> {
        let (first, ack) = (self.next, self.wanted);
        self.next += 1;
        let call = Call::new(channel, arguments(&args)?);
        let frame = |first, packet| Frame::Data { first, ack, packets: vec![packet] };
        let taken = frame(first, Packet::Invoke(call.clone()));
        let frames = vec![taken, frame(first + 5, Packet::Send(call))];
        Ok((first, self.request(Some(first + 5), frames).await))
    }

    /// Reads, and forgets what it reads, until at most so many messages are unacknowledged.
    async fn wait_for_credit(&mut self, most: Seq) -> Result<()> {
        while self.next - self.consumed > most {
            let read = tokio::time::timeout(STANDSTILL, self.read()).await;
            match read.map_err(|_| broken("the host stands still".to_owned()))?? {
                Frame::Ack(ack) | Frame::Data { ack, .. } | Frame::Part { ack, .. } => {
                    self.consumed = ack;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Opens another connection of its link, as after a cut, and goes on with the first message that the host has not got.
    ///
    /// # Errors
    /// When the host doesn't welcome it.
    pub async fn come_back(&mut self) -> Result<()> {
        self.attempt += 1;
        self.socket = self.browser.connect().await?.socket;
        let hello = Hello {
            version: VERSION,
            link: self.link,
            epoch: self.browser.epoch,
            attempt: self.attempt,
            ack: self.wanted,
            admitted: self.wanted,
            fresh: false,
            tab: self.stored(),
        };
        self.write(&Frame::Hello(Box::new(hello))).await?;
        match self.read().await? {
            Frame::Welcome(welcome) => (self.next, self.consumed) = (welcome.admitted, welcome.ack),
            other => return Err(broken(format!("{other:?} is no welcome"))),
        }
        Ok(())
    }
}

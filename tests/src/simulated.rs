//! Pages without a browser: native programs that speak the wire to a real host, by the thousand.
//!
//! A [`SimulatedBrowser`] comes in by the printed address and has the cookie then; its pages open the socket as the
//! renderer does, send, invoke, ask synchronously, leave, reload, are duplicated and crash. They keep the order and answer
//! what they must; they don't reconnect, and repeat nothing: that is the renderer's own business, tried elsewhere.

mod raw;
mod request;
mod resuming;
mod rude;
mod shut_out;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, StatusCode};
use exciton_protocol::{
    Args, Call, CloseReason, Encoded, Epoch, Frame, Hello, LinkId, Message, Packet, Seq,
    SyncAnswer, SyncHead, SyncRequest, TabId, TabInfo, VERSION, close_code,
};
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as Refused, Message as Wire};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use self::request::Http;
pub use self::resuming::{News, ResumingPage, SyncFailure};
pub use self::rude::{Flood, Kind};
use crate::error::{Error, Result};

/// How long an answer of the host may take.
const ANSWER: Duration = Duration::from_secs(60);

/// After how long a host that had too many attempts is asked again, as it says itself (`Retry-After`).
const AGAIN: Duration = Duration::from_secs(1);

/// A browser that has come in: its cookie, and what it knows of the host.
#[derive(Debug)]
pub struct SimulatedBrowser {
    http: Http,
    epoch: Epoch,
}

/// What the host has said when it had nothing to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignsOfLife {
    /// WebSocket pings, which browsers answer and don't show to pages.
    pub pings: u64,
    /// Acknowledgements, which pages see.
    pub acks: u64,
}

/// A document with its link, in a tab.
#[derive(Debug)]
pub struct SimulatedPage {
    browser: Arc<SimulatedBrowser>,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    link: LinkId,
    tab: TabId,
    /// The next packet to send, and the next that is wanted.
    next: Seq,
    wanted: Seq,
    /// The host has consumed all before; only floods look.
    consumed: Seq,
    /// Of the connection: grows with each.
    attempt: u64,
    received: VecDeque<Packet>,
    signs: SignsOfLife,
    /// How many ports it has handed over.
    ports: u64,
}

impl SimulatedBrowser {
    /// Comes in by an address that the host has printed, or by an invitation.
    ///
    /// # Errors
    /// When the host doesn't let it in.
    pub async fn enter(url: &str) -> Result<Arc<SimulatedBrowser>> {
        let http = Http::enter(url).await?;
        let epoch = epoch(&http).await?;
        Ok(Arc::new(SimulatedBrowser { http, epoch }))
    }

    /// The epoch of the host that is there now.
    async fn epoch_now(&self) -> Result<Epoch> {
        epoch(&self.http).await
    }

    fn socket_request(&self) -> Result<Request<()>> {
        let mut request = self
            .http
            .url("/_exciton/socket")
            .replacen("http:", "ws:", 1)
            .into_client_request()
            .map_err(wire("the socket's address"))?;
        for (name, value) in self.http.headers() {
            let value = value.parse().map_err(wire("a header"))?;
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }

    /// The epoch that the host serves its pages with.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Opens a page in a tab of its own.
    ///
    /// # Errors
    /// When the host refuses it.
    pub async fn open(self: &Arc<Self>) -> Result<SimulatedPage> {
        self.open_in(TabInfo::default()).await
    }

    /// Opens a page that finds this in its tab's storage.
    ///
    /// # Errors
    /// When the host refuses it.
    pub async fn open_in(self: &Arc<Self>, tab: TabInfo) -> Result<SimulatedPage> {
        let mut page = self.connect().await?;
        page.hello(tab).await?;
        match page.read().await? {
            Frame::Welcome(welcome) => page.tab = welcome.tab,
            other => return Err(broken(format!("{other:?} is no welcome"))),
        }
        Ok(page)
    }

    /// Opens the socket of a page that doesn't say yet which one it is.
    ///
    /// # Errors
    /// When the host refuses it.
    pub async fn connect(self: &Arc<Self>) -> Result<SimulatedPage> {
        let socket = loop {
            let request = self.socket_request()?;
            // Without Nagle's algorithm, as browsers connect.
            match tokio_tungstenite::connect_async_with_config(request, None, true).await {
                Ok((socket, _)) => break socket,
                // Too many in this second; pages try again, too.
                Err(Refused::Http(response))
                    if response.status() == StatusCode::TOO_MANY_REQUESTS =>
                {
                    tokio::time::sleep(AGAIN).await; // sleeps on purpose: for as long as the host says
                }
                Err(error) => return Err(wire("opening a socket")(error)),
            }
        };
        Ok(SimulatedPage {
            browser: self.clone(),
            socket,
            link: LinkId::from_bits(fastrand::u128(..)),
            tab: TabId::from_bits(0),
            next: 0,
            wanted: 0,
            consumed: 0,
            attempt: 1,
            received: VecDeque::new(),
            signs: SignsOfLife::default(),
            ports: 0,
        })
    }
}

impl SimulatedPage {
    /// Says which page it is, and finds this in its tab's storage.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn hello(&mut self, tab: TabInfo) -> Result<()> {
        let tab = TabInfo { url: self.browser.http.url("/"), nav: "navigate".to_owned(), ..tab };
        let hello = Hello {
            version: VERSION,
            link: self.link,
            epoch: self.browser.epoch,
            attempt: 1,
            ack: 0,
            admitted: 0,
            fresh: true,
            tab,
        };
        self.write(&Frame::Hello(Box::new(hello))).await
    }

    /// What the page's tab has in its storage: for a copy of it, or for the next document after a crash.
    pub fn stored(&self) -> TabInfo {
        let (tab, previous) = (self.tab.to_string(), self.link.to_string());
        TabInfo { tab, previous, ..TabInfo::default() }
    }

    /// As `ipcRenderer.send(channel, ...args)`; `args` is a tuple.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, channel: &str, args: impl Serialize) -> Result<()> {
        let call = Call::new(channel, arguments(&args)?);
        self.post(Packet::Send(call)).await.map(drop)
    }

    /// As `ipcRenderer.postMessage(channel, null, ports)`: hands so many ports over, which nobody closes.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn hand_over(&mut self, channel: &str, ports: u64) -> Result<()> {
        let mut call = Call::new(channel, arguments(&((),))?);
        // A page's ports have even numbers.
        call.extra.ports = (0..ports).map(|port| 2 * (self.ports + port + 1)).collect();
        self.ports += ports;
        self.post(Packet::Send(call)).await.map(drop)
    }

    /// Tells the host itself something, as the renderer does.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn report(&mut self, name: &str, args: impl Serialize) -> Result<()> {
        let call = Call::new(name, arguments(&args)?);
        self.post(Packet::Report(call)).await.map(drop)
    }

    /// Begins an `ipcRenderer.invoke`, and returns its number.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn begin_invoke(&mut self, channel: &str, args: impl Serialize) -> Result<Seq> {
        let call = Call::new(channel, arguments(&args)?);
        self.post(Packet::Invoke(call)).await
    }

    /// As `await ipcRenderer.invoke(channel, ...args)`. What else comes meanwhile is kept for
    /// [`next_packet`](Self::next_packet).
    ///
    /// # Errors
    /// When the handler rejects, or the connection is gone.
    pub async fn invoke<T: DeserializeOwned>(
        &mut self,
        channel: &str,
        args: impl Serialize,
    ) -> Result<T> {
        let seq = self.begin_invoke(channel, args).await?;
        loop {
            let answer = self.received.iter().position(
                |packet| matches!(packet, Packet::Reply(to, _) | Packet::Fail(to, _) if *to == seq),
            );
            match answer.and_then(|at| self.received.remove(at)) {
                Some(Packet::Reply(_, value)) => return read(&value),
                Some(Packet::Fail(_, error)) => {
                    return Err(broken(String::from_utf8_lossy(&error.text).into_owned()));
                }
                _ => self.receive().await?,
            }
        }
    }

    /// As `ipcRenderer.sendSync(channel, ...args)`: by a request of its own.
    ///
    /// # Errors
    /// When the host gives no answer.
    pub async fn send_sync<T: DeserializeOwned>(
        &mut self,
        channel: &str,
        args: impl Serialize,
    ) -> Result<T> {
        let seq = self.next;
        self.next += 1;
        let packet = Packet::Sync(Call::new(channel, arguments(&args)?));
        let data = Frame::Data { first: seq, ack: self.wanted, packets: vec![packet] };
        let answer = self.request(Some(seq), vec![data]).await?;
        match answer {
            SyncAnswer::Done { outcome: Ok(value), .. } => read(&value),
            other => Err(broken(format!("{other:?} is no answer"))),
        }
    }

    /// The next packet that the host has sent: a message, an order, or an answer that nobody has waited for.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn next_packet(&mut self) -> Result<Packet> {
        loop {
            if let Some(packet) = self.received.pop_front() {
                return Ok(packet);
            }
            self.receive().await?;
        }
    }

    /// Says nothing, and takes what comes until the host has given enough signs of life.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn listen(&mut self, enough: impl Fn(SignsOfLife) -> bool) -> Result<SignsOfLife> {
        while !enough(self.signs) {
            self.receive().await?;
        }
        Ok(self.signs)
    }

    /// The page leaves: its tab is closed, or shows another site.
    ///
    /// # Errors
    /// When the host doesn't take its goodbye.
    pub async fn leave(mut self) -> Result<()> {
        self.request(None, Vec::new()).await?;
        let code = close_code(CloseReason::Left);
        self.close(code).await;
        Ok(())
    }

    /// The page leaves, and each of these arguments goes by a goodbye of its own, the last one first: nothing keeps the
    /// requests of a page that unloads in order.
    ///
    /// # Errors
    /// When the host refuses one.
    pub async fn leave_with(
        mut self,
        channel: &str,
        args: impl IntoIterator<Item = impl Serialize>,
    ) -> Result<()> {
        let mut frames = Vec::new();
        for args in args {
            let packets = vec![Packet::Send(Call::new(channel, arguments(&args)?))];
            frames.push(Frame::Data { first: self.next, ack: self.wanted, packets });
            self.next += 1;
        }
        let page = &self;
        let requests = frames.into_iter().rev().map(|frame| page.request(None, vec![frame]));
        for answer in futures_util::future::join_all(requests).await {
            if let SyncAnswer::Lost { why, .. } = answer? {
                return Err(broken(format!("the link was lost: {why}")));
            }
        }
        self.close(close_code(CloseReason::Left)).await;
        Ok(())
    }

    /// The page leaves. Returns whether the host has answered the close of its connection, as browsers expect it to.
    pub async fn close_and_listen(mut self) -> bool {
        self.close(close_code(CloseReason::Left)).await
    }

    /// The page leaves, and another document comes in its tab.
    ///
    /// # Errors
    /// When the host refuses one or the other.
    pub async fn reload(self) -> Result<SimulatedPage> {
        let browser = self.browser.clone();
        let tab = TabInfo { left: self.link.to_string(), ..self.stored() };
        self.leave().await?;
        browser.open_in(tab).await
    }

    /// A page that starts with a copy of this one's storage, in a tab of its own.
    ///
    /// # Errors
    /// When the host refuses it.
    pub async fn duplicate(&self) -> Result<SimulatedPage> {
        self.browser.open_in(self.stored()).await
    }

    /// As [`duplicate`](Self::duplicate), by `window.open`.
    ///
    /// # Errors
    /// When the host refuses it.
    pub async fn open_window(&self) -> Result<SimulatedPage> {
        self.browser.open_in(TabInfo { opener: true, ..self.stored() }).await
    }

    /// The page's process ends, and its browser closes the connection: 1001, "going away". Returns what is left in the tab.
    pub async fn crash(mut self) -> TabInfo {
        let tab = self.stored();
        self.close(1001).await;
        tab
    }

    /// The whole browser ends, or the network: the connection breaks off. Returns what is left in the tab.
    pub fn vanish(self) -> TabInfo {
        self.stored()
    }

    /// Returns whether the host has answered with a close of its own.
    async fn close(&mut self, code: u16) -> bool {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        // A connection that is gone already is as closed as can be.
        let _ = self.socket.close(Some(frame)).await;
        let mut is_answered = false;
        while let Ok(Some(Ok(said))) = tokio::time::timeout(ANSWER, self.socket.next()).await {
            is_answered |= matches!(said, Wire::Close(_));
        }
        is_answered
    }

    async fn post(&mut self, packet: Packet) -> Result<Seq> {
        let first = self.next;
        self.next += 1;
        let data = Frame::Data { first, ack: self.wanted, packets: vec![packet] };
        self.write(&data).await?;
        Ok(first)
    }

    async fn request(&self, seq: Option<Seq>, frames: Vec<Frame>) -> Result<SyncAnswer> {
        let head = SyncHead {
            version: VERSION,
            link: self.link,
            epoch: self.browser.epoch,
            ack: self.wanted,
            got: Vec::new(),
            seq,
            fresh: false,
            bye: seq.is_none(),
            tab: TabInfo::default(),
        };
        let body = SyncRequest { head, frames }.encode().map_err(wire("a request"))?;
        let (status, body) = self.browser.http.put("/_exciton/sync", body).await?;
        SyncAnswer::decode(status, &body).map_err(wire("an answer"))
    }

    async fn write(&mut self, frame: &Frame) -> Result<()> {
        let message = match frame.control().map_err(wire("a frame"))? {
            Message::Text(text) => Wire::text(std::str::from_utf8(&text).map_err(wire("a frame"))?),
            Message::Binary(bytes) => Wire::binary(bytes),
        };
        self.socket.send(message).await.map_err(wire("writing to the socket"))
    }

    /// Takes the next packets of the host, and acknowledges them.
    async fn receive(&mut self) -> Result<()> {
        let frame = self.read().await?;
        self.take(frame).await
    }

    async fn take(&mut self, frame: Frame) -> Result<()> {
        match frame {
            Frame::Data { first, packets, .. } => {
                if first != self.wanted {
                    return Err(broken(format!("packet {first} came for {}", self.wanted)));
                }
                self.wanted += packets.len() as Seq;
                self.received.extend(packets);
                self.write(&Frame::Ack(self.wanted)).await
            }
            Frame::Ack(_) => {
                self.signs.acks += 1;
                Ok(())
            }
            other => Err(broken(format!("{other:?} is not what a simulated page can take"))),
        }
    }

    async fn read(&mut self) -> Result<Frame> {
        loop {
            let message = tokio::time::timeout(ANSWER, self.socket.next()).await;
            let message = match message {
                Ok(Some(Ok(Wire::Text(text)))) => Message::Text(text.into()),
                Ok(Some(Ok(Wire::Binary(bytes)))) => Message::Binary(bytes),
                Ok(Some(Ok(Wire::Ping(_)))) => {
                    self.signs.pings += 1;
                    continue;
                }
                Ok(Some(Ok(Wire::Pong(_)))) => continue,
                Ok(other) => return Err(broken(format!("the connection has ended: {other:?}"))),
                Err(_) => return Err(broken(format!("the host is silent for {ANSWER:?}"))),
            };
            return Frame::decode(&message).map_err(wire("a frame"));
        }
    }
}

async fn epoch(http: &Http) -> Result<Epoch> {
    let facts = http.get("/_exciton/boot").await?;
    let facts: serde_json::Value = serde_json::from_str(&facts).map_err(wire("the facts"))?;
    let epoch = Epoch::parse(facts["epoch"].as_str().unwrap_or_default());
    epoch.map_err(wire("the epoch"))
}

fn arguments(args: &impl Serialize) -> Result<Args> {
    Args::from_serialize(args).map_err(wire("arguments"))
}

fn read<T: DeserializeOwned>(value: &Encoded) -> Result<T> {
    value.deserialize().map_err(wire("a value"))
}

fn broken(reason: String) -> Error {
    Error::Simulated { reason }
}

fn wire<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Error {
    move |error| broken(format!("{what}: {error}"))
}

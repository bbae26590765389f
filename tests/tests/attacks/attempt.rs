//! An attempt: a request with one wrong thing, what it is told, and the same request with that put right.

use exciton_protocol::{Args, Call, Frame, Hello, LinkId, Message, Packet, TabInfo, VERSION};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::client::{self, Answer};
use crate::request::{Base, Request, Wrong};
use crate::target::{HIDDEN, State, Target};

/// A row of a table: an attempt for each of its bases.
pub struct Row {
    pub bases: &'static [Base],
    pub name: &'static str,
    pub wrong: Wrong,
    /// What it is told; 0 if the connection is closed without a word.
    pub status: u16,
}

pub const fn row(bases: &'static [Base], name: &'static str, wrong: Wrong, status: u16) -> Row {
    Row { bases, name, wrong, status }
}

impl Row {
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.bases.iter().map(|base| format!("{base:?}: {}", self.name))
    }
}

/// Makes all attempts of a table against one host, each followed by its like with nothing wrong in it.
pub async fn make_all(rows: &[Row]) {
    let mut target = Target::start().await;
    let mut failed = Vec::new();
    for row in rows {
        for (base, name) in row.bases.iter().zip(row.names()) {
            if let Err(why) = make(&mut target, *base, row).await {
                failed.push(format!("{name}: {why}"));
            }
        }
    }
    target.no_ticket_was_spent().await;
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

async fn make(target: &mut Target, base: Base, row: &Row) -> Result<(), String> {
    let ticket = if base == Base::Enter { target.ticket().await } else { String::new() };
    let request = base.request(target, &ticket);
    let bad = request.with(row.wrong, target, &ticket);
    if bad == request.bytes() {
        return Err("nothing is wrong with it".to_owned());
    }
    let before = target.settled().await;
    let answer = client::exchange(target.address(), &bad).await;
    let after = target.state().await;
    refused(&answer, row.status, target)?;
    if before != after {
        return Err(format!("something has changed:\n  {before:?}\n  {after:?}"));
    }
    succeeds(target, base, &request).await
}

/// The answer is a refusal that says nothing to a stranger.
pub fn refused(answer: &Answer, status: u16, target: &Target) -> Result<(), String> {
    if answer.status != status {
        let text: String = answer.text().chars().take(200).collect();
        return Err(format!("is told {}, not {status}: {text}", answer.status));
    }
    for name in ["set-cookie", "access-control-allow-origin", "access-control-allow-credentials"] {
        if !answer.header(name).is_empty() {
            return Err(format!("is given {name}: {}", answer.header(name)));
        }
    }
    if answer.text().contains("<script>alert") {
        return Err("is given its own script".to_owned());
    }
    // What its body could say of the inside: the cookie, the epoch, a file.
    let (_, secret) = target.cookie.split_once('=').unwrap_or_default();
    for inside in
        [secret, &target.epoch.to_string(), HIDDEN, "readByForeigners", "What is attacked"]
    {
        if answer.text().contains(inside) {
            return Err(format!("reads {inside:?}"));
        }
    }
    // The parser's own refusals have neither a body nor a type.
    let kinds =
        [("x-content-type-options", "nosniff"), ("cross-origin-resource-policy", "same-origin")];
    for (name, value) in kinds.into_iter().filter(|_| !answer.body.is_empty()) {
        if answer.header(name) != value {
            return Err(format!("lacks {name}"));
        }
    }
    Ok(())
}

/// The request with nothing wrong in it does what it is there for.
pub async fn succeeds(target: &mut Target, base: Base, request: &Request) -> Result<(), String> {
    let before = target.state().await;
    let bytes = request.bytes();
    if base == Base::Socket {
        let (answer, stream, rest) = client::open(target.address(), &bytes).await;
        if answer.status != 101 {
            return Err(format!(
                "with nothing wrong it is told {}: {}",
                answer.status,
                answer.text()
            ));
        }
        let mut socket =
            WebSocketStream::from_partially_read(stream, rest, Role::Client, None).await;
        converse(&mut socket, target).await?;
        return reached(target, &before).await;
    }
    let answer = client::exchange(target.address(), &bytes).await;
    let (status, word) = match base {
        Base::Page => (200, "What is attacked"),
        Base::File | Base::BareFile => (200, "readByForeigners"),
        Base::Script => (200, "exciton.boot"),
        Base::Boot => (200, "epoch"),
        Base::Preferences => (200, "contextIsolation"),
        Base::Alive => (204, ""),
        Base::Sync => (202, "admitted"),
        Base::Enter => (200, "location.replace"),
        Base::Socket => unreachable!("it has had its turn"),
    };
    if answer.status != status || !answer.text().contains(word) {
        let text = answer.text();
        return Err(format!("with nothing wrong it is told {}: {text}", answer.status));
    }
    match base {
        Base::Sync => reached(target, &before).await,
        Base::Enter if answer.header("set-cookie").is_empty() => {
            Err("with nothing wrong it gets no cookie".to_owned())
        }
        _ => Ok(()),
    }
}

pub fn hello(target: &Target) -> Hello {
    Hello {
        version: VERSION,
        link: LinkId::from_bits(fastrand::u128(..)),
        epoch: target.epoch,
        attempt: 1,
        ack: 0,
        admitted: 0,
        fresh: true,
        tab: TabInfo { url: "http://127.0.0.1/".into(), ..TabInfo::default() },
    }
}

pub fn wire(frame: &Frame) -> Wire {
    match frame.control().unwrap() {
        Message::Text(text) => Wire::text(std::str::from_utf8(&text).unwrap()),
        Message::Binary(bytes) => Wire::binary(bytes),
    }
}

/// A message for the listener, as a page's first packet.
pub fn prize() -> Frame {
    let call = Call::new("prize", Args::from_serialize(&()).unwrap());
    Frame::Data { first: 0, ack: 0, packets: vec![Packet::Send(call)] }
}

async fn converse(socket: &mut WebSocketStream<TcpStream>, target: &Target) -> Result<(), String> {
    let hello = Frame::Hello(Box::new(hello(target)));
    socket.send(wire(&hello)).await.map_err(|error| error.to_string())?;
    match socket.next().await {
        Some(Ok(Wire::Text(text))) if text.contains("welcome") => {}
        other => return Err(format!("{other:?} is no welcome")),
    }
    socket.send(wire(&prize())).await.map_err(|error| error.to_string())
}

/// The listener has been called once more, by a page that wasn't there before.
pub async fn reached(target: &mut Target, before: &State) -> Result<(), String> {
    for _ in 0..100_000 {
        let now = target.state().await;
        if now.prizes > before.prizes {
            return match now.links == before.links + 1 {
                true => Ok(()),
                false => Err(format!("{} links became {}", before.links, now.links)),
            };
        }
    }
    Err("with nothing wrong it doesn't reach the listener".to_owned())
}

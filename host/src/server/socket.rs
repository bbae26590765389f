//! `/_exciton/socket`: the connection of a document's link.
//!
//! One task per connection reads and writes, and waits for no user code, so acknowledgements always flow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message as Wire, WebSocket, WebSocketUpgrade};
use axum::http::{Extensions, HeaderMap, header};
use axum::response::Response;
use exciton_protocol::{
    Attached, CloseReason, ConnId, Frame, Gone, Hello, HostTransmit, LinkLost, Message, Millis,
    Refused, VERSION, Welcome, close_code,
};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::runtime::{Handle, RuntimeFlavor};
use tracing::Instrument;

use super::deputy::attend;
use super::lasting::lasting;
use crate::document::{Document, Refusal, Way};
use crate::links::{Links, NoLink, Visit};
use crate::one_line::one_line;
use crate::server::Place;

/// The route's handler. The guard has let the request in.
pub(crate) async fn socket(
    State(links): State<Arc<Links>>,
    mut extensions: Extensions,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let origin = said_origin(&headers);
    // The extensions stay with the page, the place goes with the connection.
    let place = extensions.remove::<Arc<Place>>();
    let extensions = lasting(extensions);
    let bytes = links.limits.frame_bytes();
    upgrade
        .max_message_size(bytes)
        .max_frame_size(bytes)
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * bytes)
        .on_upgrade(move |socket| {
            let conn = links.conn();
            let span = tracing::debug_span!("connection", conn);
            async move {
                converse(links, conn, extensions, origin, socket, place).await;
            }
            .instrument(span)
        })
}

/// The origin of the page that asks, by the word of its browser. The guard has looked at it.
pub(super) fn said_origin(headers: &HeaderMap) -> String {
    let said = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    said.unwrap_or_default().to_owned()
}

async fn converse(
    links: Arc<Links>,
    conn: ConnId,
    extensions: Extensions,
    origin: String,
    mut socket: WebSocket,
    place: Option<Arc<Place>>,
) {
    let counted = links.count_socket();
    let hello = match tokio::time::timeout(span(links.limits.hello), read_hello(&mut socket)).await
    {
        Ok(Ok(hello)) => hello,
        Ok(Err(reason)) => return close(&links, socket, reason).await,
        Err(_) => return close(&links, socket, CloseReason::Silent).await,
    };
    let visit = Visit {
        link: hello.link,
        epoch: hello.epoch,
        fresh: hello.fresh,
        first: None,
        leaving: false,
        tab: &hello.tab,
        extensions: &extensions,
        origin: &origin,
    };
    let document = match links.visit(&visit) {
        Ok(document) => document,
        Err(NoLink::Lost(why)) => return lost(&links, socket, why).await,
        Err(NoLink::TooMany) => return close(&links, socket, CloseReason::Busy).await,
    };
    match attach(&links, &document, conn, &hello, &extensions) {
        Ok(_) => {}
        Err(Ended::Lost(why)) => return lost(&links, socket, why).await,
        Err(Ended::Closed(reason)) => return close(&links, socket, reason).await,
    }
    document.outgoing.notify_one();
    let (all, one) = (links.clone(), document.clone());
    let talk = async move {
        let (sink, stream) = socket.split();
        let calls = may_call();
        // What was read is answered in the same turn.
        let gone = tokio::select! {
            biased;
            gone = read(&one, conn, stream, calls) => gone,
            gone = write(&one, conn, &all, sink) => gone,
        };
        tracing::debug!(link = ?one.id, conn, ?gone, "a connection has ended");
        one.disconnected(conn, gone);
        drop((counted, place));
    };
    attend(links, document, talk).await;
}

/// Whether a task of the runtime may make calls: the runtime has another thread meanwhile.
pub(super) fn may_call() -> bool {
    let runtime = Handle::current();
    runtime.runtime_flavor() == RuntimeFlavor::MultiThread && runtime.metrics().num_workers() > 1
}

/// Why a connection goes no further.
enum Ended {
    Lost(LinkLost),
    Closed(CloseReason),
}

fn attach(
    links: &Arc<Links>,
    document: &Arc<Document>,
    conn: ConnId,
    hello: &Hello,
    extensions: &Extensions,
) -> Result<Attached, Ended> {
    let mut state = document.lock();
    if let Some(why) = state.over {
        return Err(Ended::Lost(why));
    }
    if state.retired {
        return Err(Ended::Lost(LinkLost::Replaced));
    }
    let attached =
        state.link.handle_hello(conn, hello.attempt, hello.ack, hello.admitted, document.now());
    let frozen = state.frozen;
    drop(state);
    document.heard();
    if frozen && attached.is_ok() {
        links.thaw(document, extensions);
    }
    attached.map_err(|refused| {
        Ended::Closed(match refused {
            Refused::Stale { .. } => CloseReason::Superseded,
            _ => CloseReason::Misbehaved,
        })
    })
}

async fn read_hello(socket: &mut WebSocket) -> Result<Box<Hello>, CloseReason> {
    loop {
        let message = match socket.recv().await {
            Some(Ok(Wire::Text(text))) => Message::Text(text.into()),
            Some(Ok(Wire::Ping(_) | Wire::Pong(_))) => continue,
            _ => return Err(CloseReason::Undecodable),
        };
        return match Frame::decode(&message) {
            Ok(Frame::Hello(hello)) if hello.version == VERSION => Ok(hello),
            _ => Err(CloseReason::Undecodable),
        };
    }
}

/// Takes what the page writes, until the connection ends.
async fn read(
    document: &Arc<Document>,
    conn: ConnId,
    mut stream: SplitStream<WebSocket>,
    calls: bool,
) -> Gone {
    while let Some(Ok(message)) = stream.next().await {
        let message = match message {
            Wire::Text(text) => Message::Text(text.into()),
            Wire::Binary(bytes) => Message::Binary(bytes),
            Wire::Ping(_) | Wire::Pong(_) => {
                document.lock().link.handle_life(conn, document.now());
                continue;
            }
            Wire::Close(frame) => {
                const FROZEN: u16 = close_code(CloseReason::Frozen);
                const LEFT: u16 = close_code(CloseReason::Left);
                return match frame.map(|frame| frame.code) {
                    Some(FROZEN) => {
                        document.freeze(conn);
                        Gone::Closed
                    }
                    Some(LEFT) => Gone::Bye,
                    _ => Gone::Closed,
                };
            }
        };
        if let Err(refusal) = receive(document, conn, calls, &message) {
            tracing::warn!(link = ?document.id, refusal = %one_line(&refusal), "the page's connection is closed");
            let reason = match refusal {
                Refusal::Frame(_) | Refusal::Direction(_) => CloseReason::Undecodable,
                Refusal::Misbehaved(_) | Refusal::Nested(_) | Refusal::Excess(_) => {
                    CloseReason::Misbehaved
                }
            };
            document.lock().refused = Some((conn, reason));
            document.outgoing.notify_one();
            // The writer closes the connection with the reason; what still comes is not wanted.
            while let Some(Ok(_)) = stream.next().await {}
            return Gone::Closed;
        }
    }
    Gone::Vanished
}

fn receive(
    document: &Arc<Document>,
    conn: ConnId,
    calls: bool,
    message: &Message,
) -> Result<(), Refusal> {
    let frame = Frame::decode_within(message, document.bounds())?;
    let mut state = document.lock();
    match frame {
        Frame::Ack(ack) => {
            state.link.handle_ack(conn, ack, document.now())?;
        }
        Frame::Ping => state.link.handle_ping(conn, document.now()),
        frame => document.take(&mut state, Way::Socket(conn), calls, frame, message.len())?,
    }
    drop(state);
    // An acknowledgement opens the window, a ping wants an answer.
    document.heard();
    Ok(())
}

/// Writes what the link has to say, until the connection is to be closed.
async fn write(
    document: &Arc<Document>,
    conn: ConnId,
    links: &Links,
    mut sink: SplitSink<WebSocket, Wire>,
) -> Gone {
    let mut pinged = document.now();
    loop {
        let due = match next(document, conn, links, &mut pinged) {
            Step::Write(message) => {
                if sink.feed(message).await.is_err() {
                    return Gone::Vanished;
                }
                continue;
            }
            Step::Close(messages) => {
                for message in messages {
                    let _ = sink.feed(message).await;
                }
                let _ = sink.flush().await;
                // The page's own close ends the reader, and with it this connection.
                tokio::time::sleep(span(links.limits.close)).await;
                return Gone::Closed;
            }
            Step::Wait(due) => due,
        };
        if sink.flush().await.is_err() {
            return Gone::Vanished;
        }
        let woken = document.outgoing.notified();
        match due {
            Some(at) => {
                let _ = tokio::time::timeout_at(links.clock.instant(at), woken).await;
            }
            None => woken.await,
        }
        gather(document).await;
    }
}

/// While listeners run, what they send follows in microseconds: a browser takes one message of many packets many times
/// faster than many messages of one. What a single call sends goes out at once.
async fn gather(document: &Document) {
    let since = Instant::now();
    while document.lock().is_growing() && since.elapsed() < GATHERING {
        tokio::task::yield_now().await;
    }
}

enum Step {
    Write(Wire),
    Close(Vec<Wire>),
    Wait(Option<Millis>),
}

fn next(document: &Document, conn: ConnId, links: &Links, pinged: &mut Millis) -> Step {
    let now = document.now();
    let mut state = document.lock();
    if let Some((_, reason)) = state.refused.take_if(|(refused, _)| *refused == conn) {
        return Step::Close(vec![close_message(reason)]);
    }
    let drains_until = state.drains_until(now).filter(|_| state.link.conn() == Some(conn));
    if let Some(why) = state.over.filter(|_| drains_until.is_none()) {
        return Step::Close(lost_messages(why));
    }
    match state.link.conn() {
        Some(current) if current == conn => {}
        // A later connection of the link: its writer has to be woken too.
        Some(_) => {
            document.outgoing.notify_one();
            return Step::Close(vec![close_message(CloseReason::Superseded)]);
        }
        // The browser closes the connection of a document that has gone.
        None if state.retired => return Step::Wait(None),
        None => return Step::Close(vec![close_message(CloseReason::Silent)]),
    }
    if now.since(*pinged) >= links.limits.ping {
        *pinged = now;
        return Step::Write(Wire::Ping(bytes::Bytes::new()));
    }
    let message = match state.link.poll_transmit(now) {
        Some(HostTransmit::Welcome { ack, admitted }) => {
            let tab = document.tab();
            let welcome = Welcome { epoch: links.epoch, ack, admitted, limits: links.limits, tab };
            control(&Frame::Welcome(Box::new(welcome)))
        }
        Some(HostTransmit::Data { flight, ack }) => {
            wire(flight.batch.payload.message(flight.first, ack))
        }
        Some(HostTransmit::Ack(ack)) => control(&Frame::Ack(ack)),
        Some(_) => return Step::Wait(state.link.poll_timeout()),
        None => {
            let ping = pinged.plus(links.limits.ping);
            let due = [state.link.poll_timeout(), drains_until, Some(ping)];
            return Step::Wait(due.into_iter().flatten().min());
        }
    };
    Step::Write(message)
}

fn wire(message: Message) -> Wire {
    match message {
        // Whoever made the message made it of text; checking it again is cheap beside the socket.
        Message::Text(text) => match text.clone().try_into() {
            Ok(text) => Wire::Text(text),
            Err(_) => Wire::Binary(text),
        },
        Message::Binary(bytes) => Wire::Binary(bytes),
    }
}

fn control(frame: &Frame) -> Wire {
    // Ids and numbers always have a text.
    frame.control().map_or_else(|_| Wire::Ping(bytes::Bytes::new()), wire)
}

fn lost_messages(why: LinkLost) -> Vec<Wire> {
    vec![control(&Frame::Lost(why)), close_message(CloseReason::LinkLost)]
}

fn close_message(reason: CloseReason) -> Wire {
    Wire::Close(Some(CloseFrame { code: close_code(reason), reason: "".into() }))
}

async fn close(links: &Links, mut socket: WebSocket, reason: CloseReason) {
    let _ = socket.send(close_message(reason)).await;
    drain(links, socket).await;
}

async fn lost(links: &Links, mut socket: WebSocket, why: LinkLost) {
    for message in lost_messages(why) {
        let _ = socket.send(message).await;
    }
    drain(links, socket).await;
}

/// Unread bytes would turn the close into a reset, and its code would be lost.
async fn drain(links: &Links, mut socket: WebSocket) {
    let all = async { while let Some(Ok(_)) = socket.recv().await {} };
    let _ = tokio::time::timeout(span(links.limits.close), all).await;
}

fn span(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// How long a message may wait for the packets behind it.
const GATHERING: Duration = Duration::from_micros(300);
/// What an idle connection keeps; a busy one grows it.
const BUFFER: usize = 4 * 1_024;

//! What the page is told.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use exciton_protocol::{CloseReason, ConnId, Frame, Gone, HostTransmit, Message, Millis, Welcome};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio_tungstenite::tungstenite::Message as Wire;

use super::ending::{close_message, lost_messages};
use super::span;
use super::upgrade::Socket;
use crate::document::{Document, State};
use crate::links::Links;
use crate::server::deflate::deflated;

/// Writes what the link has to say, until the connection is to be closed. `deflates`: compressed, where that makes it smaller.
pub(super) async fn write(
    document: &Arc<Document>,
    conn: ConnId,
    links: &Links,
    mut sink: SplitSink<Socket, Wire>,
    deflates: bool,
) -> Gone {
    let mut pinged = document.now();
    let mut alarm = pin!(tokio::time::sleep(span(links.limits.ping)));
    // Whether it has waited already for more to write.
    let mut gathered = false;
    loop {
        let due = match next(document, conn, links, &mut pinged, gathered) {
            Step::Write(message) => {
                // In a place of its own: a connection that compresses nothing has no room for it.
                let message = if deflates { Box::pin(deflated(message)).await } else { message };
                if sink.feed(message).await.is_err() {
                    return Gone::Vanished;
                }
                gathered = false;
                continue;
            }
            Step::Gather => {
                if sink.flush().await.is_err() {
                    return Gone::Vanished;
                }
                let _ = tokio::time::timeout(GATHERING, document.outgoing.notified()).await;
                gathered = true;
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
            Some(due) => {
                let due = links.clock.instant(due);
                // Set anew only for an earlier moment, or when it has gone off: each setting may wake the runtime's own timer.
                if alarm.is_elapsed() || due < alarm.deadline() {
                    alarm.as_mut().reset(due);
                }
                tokio::select! {
                    biased;
                    () = woken => {}
                    () = alarm.as_mut() => {}
                }
            }
            None => woken.await,
        }
        gathered = false;
    }
}

enum Step {
    Write(Wire),
    /// While listeners run, what they send follows in microseconds: a browser takes one message of many packets many times
    /// faster than many messages of one. The runner tells when it is through, or the message full.
    Gather,
    Close(Vec<Wire>),
    Wait(Option<Millis>),
}

fn next(
    document: &Document,
    conn: ConnId,
    links: &Links,
    pinged: &mut Millis,
    gathered: bool,
) -> Step {
    let mut state = document.lock();
    state.writer_looks();
    let step = step(&mut state, document, conn, links, pinged, gathered);
    if matches!(step, Step::Wait(_)) {
        state.writer_sleeps();
    }
    step
}

fn step(
    state: &mut State,
    document: &Document,
    conn: ConnId,
    links: &Links,
    pinged: &mut Millis,
    gathered: bool,
) -> Step {
    let now = document.now();
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
    if !gathered && state.gathers(now) {
        return Step::Gather;
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

pub(super) fn control(frame: &Frame) -> Wire {
    // Ids and numbers always have a text.
    frame.control().map_or_else(|_| Wire::Ping(bytes::Bytes::new()), wire)
}

/// How long a message may wait for the packets behind it, as exactly as the runtime tells time: in milliseconds.
const GATHERING: Duration = Duration::from_micros(300);

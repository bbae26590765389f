//! The page's connections, and its questions whether the host is there.

use std::time::Duration;

use axum::http::Request;
use exciton_protocol::{CloseReason, Epoch, Message, close_code};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::ResumingPage;

/// What comes from outside, with the number of the connection that it belongs to; 0 is none.
#[derive(Debug)]
pub(super) enum Event {
    Open,
    Message(Message),
    Closed,
    Alive(bool),
    /// The epoch of the host, if it answered.
    Host(Option<Epoch>),
}

/// A connection, or one that is being made.
#[derive(Debug)]
pub(super) struct Conn {
    number: u64,
    /// Browsers keep what they can't write yet, however much it is.
    outgoing: mpsc::UnboundedSender<Wire>,
    task: tokio::task::JoinHandle<()>,
}

impl Conn {
    pub(super) fn write(&self, message: &Message) {
        // The reader tells when it is gone.
        let _ = self.outgoing.send(wire(message));
    }
}

impl ResumingPage {
    pub(super) fn is_current(&self, conn: u64) -> bool {
        self.conn.as_ref().is_some_and(|current| current.number == conn)
    }

    pub(super) fn connect(&mut self) {
        self.close(CloseReason::Silent);
        self.conns += 1;
        let (number, events) = (self.conns, self.sender.clone());
        let (outgoing, written) = mpsc::unbounded_channel();
        let request = self.browser.socket_request();
        let task = tokio::spawn(async move {
            if let Ok(request) = request {
                converse(number, request, &events, written).await;
            }
            // The page may have gone.
            let _ = events.send((number, Event::Closed)).await;
        });
        self.conn = Some(Conn { number, outgoing, task });
    }

    /// Closes the connection with this reason's code, and takes no more of its events.
    pub(super) fn close(&mut self, reason: CloseReason) {
        let Some(conn) = self.conn.take() else { return };
        let frame = CloseFrame { code: close_code(reason).into(), reason: "".into() };
        let _ = conn.outgoing.send(Wire::Close(Some(frame)));
        drop(conn.outgoing);
        let mut task = conn.task;
        tokio::spawn(async move {
            // What is written by then has gone.
            if tokio::time::timeout(CLOSING, &mut task).await.is_err() {
                task.abort();
            }
        });
    }

    pub(super) fn probe(&self) {
        let (browser, events) = (self.browser.clone(), self.sender.clone());
        tokio::spawn(async move {
            let asked = tokio::time::timeout(PROBE, browser.http.get("/_exciton/alive")).await;
            let _ = events.send((0, Event::Alive(matches!(asked, Ok(Ok(_)))))).await;
        });
    }

    pub(super) fn ask_for_the_host(&self) {
        let (browser, events) = (self.browser.clone(), self.sender.clone());
        tokio::spawn(async move {
            let epoch = tokio::time::timeout(PROBE, browser.epoch_now()).await;
            let epoch = epoch.ok().and_then(Result::ok);
            // The next question comes later: it sleeps on purpose.
            if epoch.is_none() {
                tokio::time::sleep(PAUSE).await;
            }
            let _ = events.send((0, Event::Host(epoch))).await;
        });
    }
}

async fn converse(
    number: u64,
    request: Request<()>,
    events: &mpsc::Sender<(u64, Event)>,
    mut written: mpsc::UnboundedReceiver<Wire>,
) {
    // Without Nagle's algorithm, as browsers connect.
    let connected = tokio_tungstenite::connect_async_with_config(request, None, true).await;
    let Ok((socket, _)) = connected else { return };
    let (mut sink, mut stream) = socket.split();
    if events.send((number, Event::Open)).await.is_err() {
        return;
    }
    let writing = async {
        while let Some(message) = written.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
        let _ = sink.flush().await;
    };
    let reading = async {
        while let Some(Ok(message)) = stream.next().await {
            let message = match message {
                Wire::Text(text) => Message::Text(text.into()),
                Wire::Binary(bytes) => Message::Binary(bytes),
                Wire::Close(_) => break,
                _ => continue,
            };
            if events.send((number, Event::Message(message))).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = reading => {}
    }
}

fn wire(message: &Message) -> Wire {
    match message {
        Message::Text(text) => match text.clone().try_into() {
            Ok(text) => Wire::Text(text),
            Err(_) => Wire::Binary(text.clone()),
        },
        Message::Binary(bytes) => Wire::Binary(bytes.clone()),
    }
}

/// How long a connection that is given up may take to write what it has.
const CLOSING: Duration = Duration::from_secs(1);
/// How long the host may take to say that it is there.
const PROBE: Duration = Duration::from_secs(1);
/// Before it is asked again who it is.
const PAUSE: Duration = Duration::from_millis(250);

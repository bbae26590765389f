//! What the page writes.

use std::io::ErrorKind;
use std::sync::Arc;

use exciton_protocol::{CloseReason, ConnId, Frame, Gone, Message, close_code};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message as Wire};

use super::upgrade::Socket;
use crate::document::{Document, Refusal, Way};
use crate::one_line::one_line;

/// Takes what the page writes, until the connection ends.
pub(super) async fn read(
    document: &Arc<Document>,
    conn: ConnId,
    stream: &mut SplitStream<Socket>,
    calls: bool,
) -> Gone {
    while let Some(message) = stream.next().await {
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                if is_of_the_page(&error) {
                    tracing::warn!(link = ?document.id, error = %one_line(&error), "the page's connection says what no WebSocket may");
                }
                return Gone::Vanished;
            }
        };
        let message = match message {
            Wire::Text(text) => Message::Text(text.into()),
            Wire::Binary(bytes) => Message::Binary(bytes),
            Wire::Ping(_) | Wire::Pong(_) => {
                document.lock().link.handle_life(conn, document.now());
                continue;
            }
            // These are written only.
            Wire::Frame(_) => continue,
            Wire::Close(frame) => {
                const FROZEN: u16 = close_code(CloseReason::Frozen);
                const LEFT: u16 = close_code(CloseReason::Left);
                return match frame.map(|frame| u16::from(frame.code)) {
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

/// Whether it is the page's fault, and not the network's.
fn is_of_the_page(error: &Error) -> bool {
    match error {
        Error::Protocol(error) => *error != ProtocolError::ResetWithoutClosingHandshake,
        Error::Io(error) => error.kind() == ErrorKind::InvalidData,
        Error::Capacity(_) | Error::Utf8(_) => true,
        _ => false,
    }
}

fn receive(
    document: &Arc<Document>,
    conn: ConnId,
    calls: bool,
    message: &Message,
) -> Result<(), Refusal> {
    let frame = Frame::decode_lazily(message, document.bounds())?;
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

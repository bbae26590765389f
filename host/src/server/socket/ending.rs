//! How a connection ends: with the reason, and not in a hurry.

use exciton_protocol::{CloseReason, Frame, LinkLost, close_code};
use futures_util::{SinkExt, Stream, StreamExt};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message as Wire};

use super::span;
use super::upgrade::Socket;
use super::write::control;
use crate::links::Links;

pub(super) async fn close(links: &Links, mut socket: Socket, reason: CloseReason) {
    let _ = socket.send(close_message(reason)).await;
    drain(links, &mut socket).await;
}

pub(super) async fn lost(links: &Links, mut socket: Socket, why: LinkLost) {
    for message in lost_messages(why) {
        let _ = socket.send(message).await;
    }
    drain(links, &mut socket).await;
}

/// Reads on until the page has closed, too. Unread bytes would turn the close into a reset, and its code would be lost; and
/// reading is what answers a close of the page's (RFC 6455, 5.5.1).
pub(super) async fn drain(
    links: &Links,
    socket: &mut (impl Stream<Item = Result<Wire, Error>> + Unpin),
) {
    let all = async { while let Some(Ok(_)) = socket.next().await {} };
    let _ = tokio::time::timeout(span(links.limits.close), all).await;
}

pub(super) fn lost_messages(why: LinkLost) -> Vec<Wire> {
    vec![control(&Frame::Lost(why)), close_message(CloseReason::LinkLost)]
}

pub(super) fn close_message(reason: CloseReason) -> Wire {
    Wire::Close(Some(CloseFrame { code: close_code(reason).into(), reason: "".into() }))
}

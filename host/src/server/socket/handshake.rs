//! How a connection begins: with a hello that the link takes.

use std::sync::Arc;

use axum::http::Extensions;
use exciton_protocol::{
    Attached, CloseReason, ConnId, Frame, Hello, LinkLost, Message, Refused, VERSION,
};
use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message as Wire;

use super::upgrade::Socket;
use crate::document::Document;
use crate::links::Links;

pub(super) async fn read_hello(socket: &mut Socket) -> Result<Box<Hello>, CloseReason> {
    loop {
        let message = match socket.next().await {
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

/// Why a connection goes no further.
pub(super) enum Ended {
    Lost(LinkLost),
    Closed(CloseReason),
}

pub(super) fn attach(
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

//! `/_exciton/socket`: the connection of a document's link.
//!
//! One task per connection reads and writes, and waits for no user code, so acknowledgements always flow.

mod ending;
mod handshake;
mod read;
mod upgrade;
mod write;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exciton_protocol::{CloseReason, ConnId};
use futures_util::StreamExt;
use tokio::runtime::{Handle, RuntimeFlavor};
use tracing::Instrument;

use self::ending::{close, drain, lost};
use self::handshake::{Ended, attach, read_hello};
use self::read::read;
use self::upgrade::{Socket, Upgrade};
use self::write::write;
use super::deputy::{Talk, attend};
use super::lasting::lasting;
use crate::document::Document;
use crate::links::{Links, NoLink, Visit};
use crate::server::Place;

/// The route's handler. The guard has let the request in.
pub(crate) async fn socket(
    State(links): State<Arc<Links>>,
    mut extensions: Extensions,
    headers: HeaderMap,
    checked: WebSocketUpgrade,
) -> Response {
    let origin = said_origin(&headers).to_owned();
    // The extensions stay with the page, the place goes with the connection.
    let place = extensions.remove::<Arc<Place>>();
    let Some(upgrade) = Upgrade::take(&checked, &headers, &mut extensions) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let extensions = lasting(extensions);
    upgrade.answer(links.limits.frame_bytes(), move |socket| {
        let conn = links.conn();
        let span = tracing::debug_span!("connection", conn);
        // Each in a place of its own: what only the beginning needs would stay for as long as the task.
        let beginning = Box::pin(begin(links.clone(), conn, extensions, origin, socket, place));
        async move {
            let begun = beginning.await;
            if let Some((document, talk)) = begun {
                attend(links, document, talk).await;
            }
        }
        .instrument(span)
    })
}

/// The origin of the page that asks, by the word of its browser. The guard has looked at it.
pub(super) fn said_origin(headers: &HeaderMap) -> &str {
    headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default()
}

/// The document that has said hello, and the talk with it. `None` if the connection has ended before.
async fn begin(
    links: Arc<Links>,
    conn: ConnId,
    extensions: Extensions,
    origin: String,
    mut socket: Socket,
    place: Option<Arc<Place>>,
) -> Option<(Arc<Document>, Talk)> {
    let counted = links.count_socket();
    let hello = match tokio::time::timeout(span(links.limits.hello), read_hello(&mut socket)).await
    {
        Ok(Ok(hello)) => hello,
        Ok(Err(reason)) => return refuse(&links, socket, Ended::Closed(reason)).await,
        Err(_) => return refuse(&links, socket, Ended::Closed(CloseReason::Silent)).await,
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
        Err(NoLink::Lost(why)) => return refuse(&links, socket, Ended::Lost(why)).await,
        Err(NoLink::TooMany) => {
            return refuse(&links, socket, Ended::Closed(CloseReason::Busy)).await;
        }
    };
    if let Err(ended) = attach(&links, &document, conn, &hello, &extensions) {
        return refuse(&links, socket, ended).await;
    }
    document.outgoing.notify_one();
    let talk = talk(links, conn, document.clone(), socket, (counted, place));
    Some((document, Box::pin(talk)))
}

/// Reads and writes until the connection ends. `held` is what it holds so long.
async fn talk(
    links: Arc<Links>,
    conn: ConnId,
    document: Arc<Document>,
    socket: Socket,
    held: impl Send,
) {
    let deflates = socket.get_ref().is_agreed();
    let (sink, mut stream) = socket.split();
    let calls = may_call();
    // What was read is answered in the same turn.
    let gone = tokio::select! {
        biased;
        gone = read(&document, conn, &mut stream, calls) => gone,
        gone = write(&document, conn, &links, sink, deflates) => gone,
    };
    tracing::debug!(link = ?document.id, conn, ?gone, "a connection has ended");
    document.disconnected(conn, gone);
    drain(&links, &mut stream).await;
    drop(held);
}

async fn refuse<T>(links: &Links, socket: Socket, ended: Ended) -> Option<T> {
    match ended {
        Ended::Lost(why) => lost(links, socket, why).await,
        Ended::Closed(reason) => close(links, socket, reason).await,
    }
    None
}

/// Whether a task of the runtime may make calls: the runtime has another thread meanwhile.
pub(super) fn may_call() -> bool {
    let runtime = Handle::current();
    runtime.runtime_flavor() == RuntimeFlavor::MultiThread && runtime.metrics().num_workers() > 1
}

fn span(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
